#include "cli/utf8.h"

#include <stddef.h>
#include <string.h>

#include "core/utf8.h"

int cli_utf8_next(uint32_t *code, const char *text)
{
    size_t length = strnlen(text, 4);
    if (length > 0)
        return fw_utf8_next(code, text, length);
    *code = 0; /* an empty text holds its NUL */
    return 1;
}

int cli_utf8_width(const char *text)
{
    int width = 0;
    while (*text != '\0') {
        uint32_t code = 0;
        int length = cli_utf8_next(&code, text);
        width += fw_utf8_columns(code);
        text += length > 0 ? length : 1;
    }
    return width;
}

void cli_utf8_add_printable(struct fw_buffer *out, const char *text)
{
    while (*text != '\0') {
        char shown[FW_UTF8_SHOWN_SIZE];
        int columns;
        text += fw_utf8_shown(shown, &columns, text, strnlen(text, 4));
        fw_buffer_add_text(out, shown);
    }
}

void cli_utf8_add_valid(struct fw_buffer *out, const char *text)
{
    while (*text != '\0') {
        uint32_t code;
        int length = cli_utf8_next(&code, text);
        if (length == 0)
            fw_buffer_add_text(out, "\xef\xbf\xbd");
        else
            fw_buffer_add(out, text, (size_t)length);
        text += length > 0 ? length : 1;
    }
}
