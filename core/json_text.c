#include "core/json_text.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/utf8.h"

/* Text from `at` on that needs no escape. */
static size_t plain_length(struct fw_text text, size_t at, bool escape)
{
    size_t end = at;
    while (end < text.length) {
        uint32_t code = 0;
        int n = fw_utf8_next(&code, text.data + end, text.length - end);
        if (n == 0 || (escape && (code < 0x20 || code == '"' || code == '\\')))
            break;
        end += (size_t)n;
    }
    return end - at;
}

static void put(struct fw_buffer *out, struct fw_text text, bool escape)
{
    for (size_t at = 0; at < text.length;) {
        size_t plain = plain_length(text, at, escape);
        fw_buffer_add(out, text.data + at, plain);
        at += plain;
        if (at == text.length)
            return;
        unsigned char c = (unsigned char)text.data[at++];
        if (c == '"' || c == '\\')
            fw_buffer_addf(out, "\\%c", c);
        else
            fw_buffer_addf(out, "\\u%04x", c < 0x80 ? c : 0xdc00 + c);
    }
}

void fw_json_put_text(struct fw_buffer *out, struct fw_text text)
{
    fw_buffer_add(out, "\"", 1);
    put(out, text, true);
    fw_buffer_add(out, "\"", 1);
}

void fw_json_put_raw(struct fw_buffer *out, struct fw_text json)
{
    put(out, json, false);
}

void fw_json_put_double(struct fw_buffer *out, double value)
{
    char text[32];
    assert(isfinite(value));
    fw_buffer_add(out, text, (size_t)fw_text_from_double(text, value));
}

void fw_json_put_float(struct fw_buffer *out, float value)
{
    char text[32];
    assert(isfinite(value));
    fw_buffer_add(out, text, (size_t)fw_text_from_float(text, value));
}
