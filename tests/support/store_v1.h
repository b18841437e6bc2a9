/* A trial store as the first version of the tables had it, made without the code that makes stores. */
#ifndef FW_TESTS_SUPPORT_STORE_V1_H
#define FW_TESTS_SUPPORT_STORE_V1_H

/* Makes the file: two studies, four trials, six metrics, two decisions, one artifact. */
void store_v1_make(const char *path);

#endif
