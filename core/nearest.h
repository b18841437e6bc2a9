/* "Did you mean ...?": the known name nearest to one that was not found. */
#ifndef FW_CORE_NEAREST_H
#define FW_CORE_NEAREST_H

#include <stdint.h>

/* The number of single-character insertions, deletions and replacements between two names, ASCII case not counted.
 * Names longer than 63 bytes count as far apart (64). */
int fw_edit_distance(const char *a, const char *b);

/* Index of the name nearest to `name`, or -1 when none is near enough to be a likely slip: at most a third of its
 * characters may differ, one in a short name. The first of equals wins. */
int64_t fw_nearest_name(const char *name, const char *const *known, int64_t n);

#endif
