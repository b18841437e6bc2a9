/* What the preloaded shim writes down (shim.c): one entry a call that changed something, in order, each followed by
 * `size` bytes of data when it is a write. */
#ifndef FW_TESTS_SHIM_RECORD_H
#define FW_TESTS_SHIM_RECORD_H

enum shim_op {
    SHIM_OPEN = 1, /* an existing file; offset 0: cut to nothing, -1: kept */
    SHIM_CREATE,
    SHIM_CLOSE,
    SHIM_WRITE, /* `size` bytes at `offset` */
    SHIM_TRUNCATE,
    SHIM_SYNC, /* of a file, or of a folder when the path is that of one */
    SHIM_RENAME,
    SHIM_UNLINK
};

struct shim_entry {
    int op;           /* enum shim_op */
    int fd;           /* -1: none */
    long long offset; /* or the new length */
    long long size;   /* bytes of data that follow; 0: none */
    char path[256];   /* relative to the folder */
    char other[256];  /* of a rename: the new name */
};

#endif
