#include "core/status.h"

#include <stdio.h>
#include <string.h>

/* Copies `from` with control characters as \xNN; stops before a character that would not fit whole. */
static void copy_printable(char *to, size_t size, const char *from)
{
    size_t used = 0;
    for (const unsigned char *c = (const unsigned char *)from; *c != '\0'; c++) {
        if (*c < 0x20 || *c == 0x7f) {
            if (used + 4 >= size)
                break;
            used += (size_t)snprintf(to + used, size - used, "\\x%02x", *c);
        } else {
            if (used + 1 >= size)
                break;
            to[used++] = (char)*c;
        }
    }
    /* a cut must not leave half a UTF-8 character behind */
    size_t whole = used;
    while (whole > 0 && ((unsigned char)to[whole - 1] & 0xc0) == 0x80)
        whole--;
    if (whole > 0 && (unsigned char)to[whole - 1] >= 0xc0) {
        unsigned char lead = (unsigned char)to[whole - 1];
        size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
        if (whole - 1 + length > used)
            used = whole - 1;
    }
    to[used] = '\0';
}

enum fw_status fw_error_vset(struct fw_error *err, enum fw_status status, const char *format, va_list args)
{
    if (err == NULL)
        return status;
    char text[FW_ERROR_MESSAGE_SIZE];
    vsnprintf(text, sizeof text, format, args);
    err->status = status;
    copy_printable(err->message, sizeof err->message, text);
    return status;
}

enum fw_status fw_error_set(struct fw_error *err, enum fw_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fw_error_vset(err, status, format, args);
    va_end(args);
    return status;
}

struct status_row {
    int exit_code;
    const char *text;
};

static const struct status_row status_rows[] = {
#define STATUS_ROW(name, value, exit_code, text) [value] = {exit_code, text},
    FW_STATUS_LIST(STATUS_ROW)
#undef STATUS_ROW
};

_Static_assert(sizeof status_rows / sizeof status_rows[0] == FW_E_STOPPED + 1, "one row a status");

const char *fw_status_text(enum fw_status status)
{
    return status_rows[status].text;
}

int fw_status_exit_code(enum fw_status status)
{
    return status_rows[status].exit_code;
}
