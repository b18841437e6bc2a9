#include "core/utf8.h"

#include <stdio.h>
#include <string.h>

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

int fw_utf8_next(uint32_t *code, const char *text, size_t length)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (length == 0)
        return 0;
    unsigned char lead = (unsigned char)text[0];
    if (lead < 0x80) {
        *code = lead;
        return 1;
    }
    int n = lead >= 0xf8 ? 0 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 0;
    if (n == 0 || (size_t)n > length)
        return 0;
    uint32_t value = lead & (0x7fU >> n);
    for (int i = 1; i < n; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | ((unsigned char)text[i] & 0x3f);
    }
    if (value < smallest[n] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    *code = value;
    return n;
}

bool fw_utf8_is_unsafe(uint32_t code)
{
    static const uint32_t ranges[][2] = {{0x00, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c}, {0x200e, 0x200f},
                                         {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfff9, 0xfffb}, {0xfffe, 0xffff}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (code >= ranges[i][0] && code <= ranges[i][1])
            return true;
    }
    return false;
}

int fw_utf8_columns(uint32_t code)
{
    return WITHIN(code, no_width) ? 0 : WITHIN(code, two_columns) ? 2 : 1;
}

int fw_utf8_shown(char out[FW_UTF8_SHOWN_SIZE], int *columns, const char *text, size_t length)
{
    uint32_t code = 0;
    int n = fw_utf8_next(&code, text, length);
    if (n > 0 && !fw_utf8_is_unsafe(code)) {
        memcpy(out, text, (size_t)n);
        out[n] = '\0';
        *columns = fw_utf8_columns(code);
        return n;
    }
    *columns = n > 1 ? snprintf(out, FW_UTF8_SHOWN_SIZE, "\\u{%04x}", code)
                     : snprintf(out, FW_UTF8_SHOWN_SIZE, "\\x%02x", (unsigned char)*text);
    return n > 0 ? n : 1;
}
