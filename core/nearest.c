#include "core/nearest.h"

#include <string.h>

enum { LONGEST = 63 };

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int fw_edit_distance(const char *a, const char *b)
{
    size_t n = strlen(a);
    size_t m = strlen(b);
    if (n > LONGEST || m > LONGEST)
        return LONGEST + 1;
    int row[LONGEST + 1]; /* distances of the first i characters of a to each prefix of b */
    for (size_t j = 0; j <= m; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= n; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            int replaced = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
            int shifted = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replaced < shifted ? replaced : shifted;
        }
    }
    return row[m];
}

int64_t fw_nearest_name(const char *name, const char *const *known, int64_t n)
{
    int64_t best = -1;
    size_t length = strlen(name) > LONGEST ? LONGEST : strlen(name);
    int nearest = length < 6 ? 1 : (int)length / 3;
    for (int64_t i = 0; i < n; i++) {
        int distance = fw_edit_distance(name, known[i]);
        if (distance <= nearest - (best >= 0) && distance <= LONGEST) {
            best = i;
            nearest = distance;
        }
    }
    return best;
}
