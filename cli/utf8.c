#include "cli/utf8.h"

#include <stddef.h>
#include <string.h>

#include "core/utf8.h"

struct range {
    uint32_t first, last;
};

static bool within(uint32_t code, const struct range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    }
    return false;
}

#define WITHIN(code, ranges) within((code), (ranges), sizeof(ranges) / sizeof(ranges)[0])

/* Blocks of combining marks and of characters without width; a coarse table is enough to keep columns in line. */
static const struct range no_width[] = {{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a},
                                        {0x064b, 0x065f}, {0x0900, 0x0902}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e},
                                        {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200d}, {0x20d0, 0x20ff},
                                        {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0xe0100, 0xe01ef}};
static const struct range two_columns[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},
                                           {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
                                           {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f},
                                           {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};

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
        width += WITHIN(code, no_width) ? 0 : WITHIN(code, two_columns) ? 2 : 1;
        text += length > 0 ? length : 1;
    }
    return width;
}

void cli_utf8_add_printable(struct fw_buffer *out, const char *text)
{
    while (*text != '\0') {
        uint32_t code;
        int length = cli_utf8_next(&code, text);
        if (length == 0 || (length == 1 && fw_utf8_is_unsafe(code)))
            fw_buffer_addf(out, "\\x%02x", (unsigned char)*text);
        else if (fw_utf8_is_unsafe(code))
            fw_buffer_addf(out, "\\u{%04x}", code);
        else
            fw_buffer_add(out, text, (size_t)length);
        text += length > 0 ? length : 1;
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
