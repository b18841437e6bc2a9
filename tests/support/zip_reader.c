#include "support/zip_reader.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static uint64_t number(const unsigned char *at, int bytes)
{
    uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; i--)
        value = value << 8 | at[i];
    return value;
}

/* The sizes and the offset of an entry from a ZIP64 field, each only where the short form is full. */
static void read_extra(const unsigned char *extra, uint64_t length, uint64_t **wanted, int n)
{
    if (n == 0) {
        ck_assert_uint_eq(length, 0);
        return;
    }
    ck_assert_uint_eq(length, 4 + 8 * (uint64_t)n);
    ck_assert_uint_eq(number(extra, 2), 1);
    ck_assert_uint_eq(number(extra + 2, 2), 8 * (uint64_t)n);
    for (int i = 0; i < n; i++)
        *wanted[i] = number(extra + 4 + 8 * i, 8);
}

static void check_local(const unsigned char *local, const unsigned char *entry, struct zip_entry *out, uint64_t packed)
{
    uint64_t size = number(local + 22, 4);
    uint64_t packed_here = number(local + 18, 4);
    uint64_t *wanted[] = {&size, &packed_here};
    uint64_t name_length = number(local + 26, 2);
    ck_assert_uint_eq(number(local, 4), 0x04034b50);
    ck_assert_int_eq(memcmp(local + 6, entry + 8, 12), 0); /* flags to checksum */
    ck_assert_int_eq(memcmp(local + 30, out->name, name_length), 0);
    read_extra(local + 30 + name_length, number(local + 28, 2), wanted, size == UINT32_MAX ? 2 : 0);
    ck_assert_uint_eq(size, out->size);
    ck_assert_uint_eq(packed_here, packed);
    ck_assert_uint_eq(packed, out->size);
    out->data = local + 30 + name_length + number(local + 28, 2);
    ck_assert_uint_eq(number(local + 14, 4), crc32_z(0, out->data, out->size));
}

/* Returns the next entry of the directory. */
static const unsigned char *read_entry(struct zip_entry *out, const unsigned char *bytes, const unsigned char *entry)
{
    uint64_t packed = number(entry + 20, 4);
    uint64_t offset = number(entry + 42, 4);
    uint64_t name_length = number(entry + 28, 2);
    uint64_t extra_length = number(entry + 30, 2);
    ck_assert_uint_eq(number(entry, 4), 0x02014b50);
    ck_assert_uint_eq(number(entry + 10, 2), 0); /* stored */
    ck_assert_uint_lt(name_length, sizeof out->name);
    out->size = number(entry + 24, 4);
    snprintf(out->name, sizeof out->name, "%.*s", (int)name_length, (const char *)entry + 46);
    uint64_t *wanted[3];
    int n = 0;
    if (out->size == UINT32_MAX) {
        wanted[n++] = &out->size;
        wanted[n++] = &packed;
    }
    if (offset == UINT32_MAX)
        wanted[n++] = &offset;
    read_extra(entry + 46 + name_length, extra_length, wanted, n);
    check_local(bytes + offset, entry, out, packed);
    return entry + 46 + name_length + extra_length;
}

void zip_read(struct zip_archive *archive, const unsigned char *bytes, uint64_t size, int zip64)
{
    const unsigned char *end = bytes + size - 22;
    ck_assert_uint_ge(size, 22);
    ck_assert_uint_eq(number(end, 4), 0x06054b50);
    uint64_t n = number(end + 10, 2);
    uint64_t directory_size = number(end + 12, 4);
    uint64_t start = number(end + 16, 4);
    if (zip64) {
        const unsigned char *locator = end - 20;
        ck_assert_uint_eq(number(locator, 4), 0x07064b50);
        const unsigned char *end64 = bytes + number(locator + 8, 8);
        ck_assert_ptr_eq(end64 + 56, locator);
        ck_assert_uint_eq(number(end64, 4), 0x06064b50);
        ck_assert_uint_eq(number(end64 + 4, 8), 44);
        ck_assert_uint_eq(number(end64 + 32, 8), n);
        directory_size = number(end64 + 40, 8);
        start = number(end64 + 48, 8);
        end = end64;
    }
    ck_assert_ptr_eq(bytes + start + directory_size, end);
    ck_assert_uint_le(n, ZIP_ENTRIES_MAX);
    const unsigned char *entry = bytes + start;
    archive->n = (int)n;
    for (int i = 0; i < archive->n; i++)
        entry = read_entry(&archive->entries[i], bytes, entry);
    ck_assert_ptr_eq(entry, end);
}

static struct npy_array parse_npy(const struct zip_entry *entry)
{
    struct npy_array array = {.n_dims = 0};
    char header[512];
    uint64_t length = number(entry->data + 8, 2);
    ck_assert_int_eq(memcmp(entry->data, "\x93NUMPY\1\0", 8), 0);
    ck_assert_uint_eq((10 + length) % 64, 0);
    ck_assert_uint_lt(length, sizeof header);
    snprintf(header, sizeof header, "%.*s", (int)length, (const char *)entry->data + 10);
    ck_assert_int_eq(header[length - 1], '\n');
    int at = 0;
    ck_assert_int_eq(sscanf(header, "{'descr': '%7[^']', 'fortran_order': False, 'shape': (%n", array.descr, &at), 1);
    uint64_t bytes = number((const unsigned char *)array.descr + 2, 1) - '0';
    for (char *next = header + at; *next != ')'; next += strspn(next, ", ")) {
        array.shape[array.n_dims] = strtoll(next, &next, 10);
        bytes *= (uint64_t)array.shape[array.n_dims++];
    }
    ck_assert_uint_eq(entry->size, 10 + length + bytes);
    array.data = entry->data + 10 + length;
    return array;
}

struct npy_array npy_read(const struct zip_archive *archive, const char *name)
{
    char file[80];
    snprintf(file, sizeof file, "%s.npy", name);
    for (int i = 0; i < archive->n; i++) {
        if (strcmp(archive->entries[i].name, file) == 0)
            return parse_npy(&archive->entries[i]);
    }
    ck_abort_msg("there is no '%s'", file);
    return (struct npy_array){.n_dims = 0};
}
