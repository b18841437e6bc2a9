#include "results/drawing/short_name.h"

#include <assert.h>
#include <string.h>

#include "core/utf8.h"

static const char dots[] = "...";
#define DOTS 3

int fw_short_name(char out[FW_SHORT_NAME_SIZE], const char *name, int most)
{
    assert(most > DOTS && most <= FW_SHORT_NAME_MOST);
    size_t left = strlen(name);
    size_t length = 0;
    size_t kept = 0; /* bytes before the dots, if it comes to them */
    int columns = 0;
    int kept_columns = 0;
    while (left > 0) {
        char shown[FW_UTF8_SHOWN_SIZE];
        int wide;
        int taken = fw_utf8_shown(shown, &wide, name, left);
        size_t bytes = strlen(shown);
        /* marks without width could go on for ever: bytes end a name as well */
        if (columns + wide > most || length + bytes + sizeof dots > FW_SHORT_NAME_SIZE) {
            memcpy(out + kept, dots, sizeof dots);
            return kept_columns + DOTS;
        }
        memcpy(out + length, shown, bytes);
        length += bytes;
        columns += wide;
        if (columns <= most - DOTS) {
            kept = length;
            kept_columns = columns;
        }
        name += taken;
        left -= (size_t)taken;
    }
    out[length] = '\0';
    return columns;
}
