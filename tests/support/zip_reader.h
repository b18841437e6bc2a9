/* A reader of uncompressed zip archives and of .npy arrays, written from their descriptions and apart from the writer
 * under test. Every field that the formats fix is checked. */
#ifndef FW_TESTS_SUPPORT_ZIP_READER_H
#define FW_TESTS_SUPPORT_ZIP_READER_H

#include <stdint.h>

enum { ZIP_ENTRIES_MAX = 64 };

struct zip_entry {
    char name[64];
    const unsigned char *data; /* borrowed from the archive */
    uint64_t size;
};

struct zip_archive {
    int n;
    struct zip_entry entries[ZIP_ENTRIES_MAX];
};

/* Finds all entries by the central directory, and checks their local headers and checksums; fails the test otherwise.
 * zip64: whether the archive must have a ZIP64 end record. */
void zip_read(struct zip_archive *archive, const unsigned char *bytes, uint64_t size, int zip64);

struct npy_array {
    char descr[8];
    int n_dims;
    int64_t shape[3];
    const void *data; /* borrowed; on a multiple of 64 bytes after the header's start */
};

/* The array of an entry "<name>.npy"; fails the test when there is none or it is no array. */
struct npy_array npy_read(const struct zip_archive *archive, const char *name);

#endif
