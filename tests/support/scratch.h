/* A folder of its own for each test, gone afterwards: use scratch_make and scratch_remove as a checked fixture. */
#ifndef FW_TESTS_SUPPORT_SCRATCH_H
#define FW_TESTS_SUPPORT_SCRATCH_H

/* Makes the folder. */
void scratch_make(void);

/* Removes it with all that it holds. */
void scratch_remove(void);

/* The path of a name in the folder; NULL: the folder itself. One of eight buffers that are used in turn. */
const char *scratch_path(const char *name);

#endif
