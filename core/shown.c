#include "core/shown.h"

#include "core/utf8.h"

int fw_shown_width(struct fw_text text)
{
    int width = 0;
    for (size_t at = 0; at < text.length;) {
        uint32_t code = 0;
        int n = fw_utf8_next(&code, text.data + at, text.length - at);
        width += fw_utf8_columns(code);
        at += n > 0 ? (size_t)n : 1;
    }
    return width;
}

/* Bytes from `at` on that are printable ASCII, which most texts are made of. */
static size_t plain_length(struct fw_text text, size_t at)
{
    size_t end = at;
    while (end < text.length && text.data[end] >= 0x20 && text.data[end] < 0x7f)
        end++;
    return end - at;
}

void fw_shown_add(struct fw_buffer *out, struct fw_text text)
{
    for (size_t at = 0; at < text.length;) {
        size_t plain = plain_length(text, at);
        fw_buffer_add(out, text.data + at, plain);
        at += plain;
        if (at == text.length)
            return;
        char shown[FW_UTF8_SHOWN_SIZE];
        int columns;
        at += (size_t)fw_utf8_shown(shown, &columns, text.data + at, text.length - at);
        fw_buffer_add_text(out, shown);
    }
}

void fw_shown_add_valid(struct fw_buffer *out, struct fw_text text)
{
    for (size_t at = 0; at < text.length;) {
        uint32_t code;
        int n = fw_utf8_next(&code, text.data + at, text.length - at);
        if (n == 0)
            fw_buffer_add_text(out, "\xef\xbf\xbd");
        else
            fw_buffer_add(out, text.data + at, (size_t)n);
        at += n > 0 ? (size_t)n : 1;
    }
}
