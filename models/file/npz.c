/* Formats: PKWARE APPNOTE 6.3.9, and NumPy's NEP 1 (.npy 1.0). Numbers are little-endian, as is every machine that this
 * library is built for. */
#include "models/file/npz.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "core/bytes.h"

#define LOCAL_MAGIC     UINT32_C(0x04034b50)
#define DIRECTORY_MAGIC UINT32_C(0x02014b50)
#define END_MAGIC       UINT32_C(0x06054b50)
#define END64_MAGIC     UINT32_C(0x06064b50)
#define LOCATOR_MAGIC   UINT32_C(0x07064b50)

#define FLAG_UTF8     0x0800
#define VERSION_PLAIN 20
#define VERSION_ZIP64 45
#define DATE_1980     0x0021 /* the first date there is: equal models give equal bytes */
#define ZIP64_EXTRA   1

#define NPY_ALIGNMENT 64
#define NPY_FIRST     10 /* magic, version and the length of the header */

struct type_row {
    const char *descr; /* NumPy's name */
    size_t size;
};

static const struct type_row type_rows[] = {
    [FW_NPZ_U8] = {"|u1", 1},  [FW_NPZ_U32] = {"<u4", 4}, [FW_NPZ_U64] = {"<u8", 8},
    [FW_NPZ_F32] = {"<f4", 4}, [FW_NPZ_F64] = {"<f8", 8},
};

_Static_assert(sizeof type_rows / sizeof type_rows[0] == FW_NPZ_F64 + 1, "one row a type");

/* What the two headers of an entry say. */
struct entry {
    char name[FW_NPZ_NAME_MAX + 8]; /* with its ending */
    uint32_t crc;
    uint64_t size;
    uint64_t offset;
};

void fw_npz_init(struct fw_npz *npz, struct fw_outfile *out, struct fw_allocator *mem)
{
    *npz = (struct fw_npz){.out = out, .zip64_from = UINT32_MAX};
    fw_buffer_init(&npz->directory, mem);
}

void fw_npz_clear(struct fw_npz *npz)
{
    fw_buffer_clear(&npz->directory);
}

static void put_u16(struct fw_buffer *buffer, uint32_t value)
{
    char bytes[2] = {(char)(value & 0xff), (char)(value >> 8 & 0xff)};
    fw_buffer_add(buffer, bytes, sizeof bytes);
}

static uint32_t short_form(const struct fw_npz *npz, uint64_t value)
{
    return value >= npz->zip64_from ? UINT32_MAX : (uint32_t)value;
}

/* The part that local and directory headers share, from the version on; extra: bytes of the ZIP64 field. */
static void put_common(struct fw_buffer *to, const struct fw_npz *npz, const struct entry *entry, uint32_t version,
                       uint32_t extra)
{
    put_u16(to, version);
    put_u16(to, FLAG_UTF8);
    put_u16(to, 0); /* stored */
    put_u16(to, 0); /* midnight */
    put_u16(to, DATE_1980);
    fw_bytes_put_u32(to, entry->crc);
    fw_bytes_put_u32(to, short_form(npz, entry->size));
    fw_bytes_put_u32(to, short_form(npz, entry->size));
    put_u16(to, (uint32_t)strlen(entry->name));
    put_u16(to, extra);
}

static void put_local(struct fw_buffer *to, const struct fw_npz *npz, const struct entry *entry)
{
    bool large = entry->size >= npz->zip64_from;
    fw_bytes_put_u32(to, LOCAL_MAGIC);
    put_common(to, npz, entry, large ? VERSION_ZIP64 : VERSION_PLAIN, large ? 20 : 0);
    fw_buffer_add_text(to, entry->name);
    if (!large)
        return;
    put_u16(to, ZIP64_EXTRA);
    put_u16(to, 16);
    fw_bytes_put_u64(to, entry->size);
    fw_bytes_put_u64(to, entry->size);
}

static void put_directory(struct fw_buffer *to, const struct fw_npz *npz, const struct entry *entry)
{
    bool large = entry->size >= npz->zip64_from;
    bool far = entry->offset >= npz->zip64_from;
    uint32_t extra = (large ? 16U : 0U) + (far ? 8U : 0U);
    uint32_t version = extra > 0 ? VERSION_ZIP64 : VERSION_PLAIN;
    fw_bytes_put_u32(to, DIRECTORY_MAGIC);
    put_u16(to, version); /* made by */
    put_common(to, npz, entry, version, extra > 0 ? extra + 4 : 0);
    put_u16(to, 0);          /* no comment */
    put_u16(to, 0);          /* on the first disk */
    put_u16(to, 0);          /* internal attributes */
    fw_bytes_put_u32(to, 0); /* external attributes */
    fw_bytes_put_u32(to, short_form(npz, entry->offset));
    fw_buffer_add_text(to, entry->name);
    if (extra == 0)
        return;
    put_u16(to, ZIP64_EXTRA);
    put_u16(to, extra);
    if (large) {
        fw_bytes_put_u64(to, entry->size);
        fw_bytes_put_u64(to, entry->size);
    }
    if (far)
        fw_bytes_put_u64(to, entry->offset);
}

/* The .npy header: a Python dictionary, padded so that the data begin on a cache line of the file. */
static void put_npy_header(struct fw_buffer *to, enum fw_npz_type type, const int64_t *shape, int32_t n_dims)
{
    char text[256];
    int n = snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (", type_rows[type].descr);
    for (int32_t d = 0; d < n_dims; d++)
        n += snprintf(text + n, sizeof text - (size_t)n, "%s%lld%s", d > 0 ? " " : "", (long long)shape[d],
                      d + 1 < n_dims || n_dims == 1 ? "," : "");
    n += snprintf(text + n, sizeof text - (size_t)n, "), }");
    int padded = (NPY_FIRST + n + 1 + NPY_ALIGNMENT - 1) / NPY_ALIGNMENT * NPY_ALIGNMENT - NPY_FIRST;
    fw_buffer_add(to, "\x93NUMPY\1\0", 8);
    put_u16(to, (uint32_t)padded);
    fw_buffer_addf(to, "%s%*s\n", text, padded - n - 1, "");
}

static enum fw_status write_bytes(struct fw_npz *npz, const void *data, size_t n, struct fw_error *err)
{
    FW_TRY(fw_outfile_write(npz->out, data, n, err));
    npz->offset += n;
    return FW_OK;
}

enum fw_status fw_npz_add(struct fw_npz *npz, struct fw_text name, enum fw_npz_type type, const int64_t *shape,
                          int32_t n_dims, const void *data, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct entry entry = {.offset = npz->offset};
    struct fw_buffer header;
    struct fw_buffer local;
    size_t bytes = type_rows[type].size;
    assert(n_dims >= 1 && n_dims <= 3 && name.length <= FW_NPZ_NAME_MAX);
    for (int32_t d = 0; d < n_dims; d++)
        bytes *= (size_t)shape[d];
    snprintf(entry.name, sizeof entry.name, "%.*s.npy", (int)name.length, name.data);
    fw_buffer_init(&header, npz->directory.mem);
    fw_buffer_init(&local, npz->directory.mem);
    put_npy_header(&header, type, shape, n_dims);
    FW_TRY_GOTO(fw_buffer_check(&header, err), done);
    entry.size = (uint64_t)header.length + bytes;
    entry.crc = (uint32_t)crc32_z(0, (const Bytef *)header.data, (size_t)header.length);
    if (bytes > 0)
        entry.crc = (uint32_t)crc32_z(entry.crc, data, bytes);
    put_local(&local, npz, &entry);
    put_directory(&npz->directory, npz, &entry);
    FW_TRY_GOTO(fw_buffer_check(&local, err), done);
    FW_TRY_GOTO(fw_buffer_check(&npz->directory, err), done);
    FW_TRY_GOTO(write_bytes(npz, local.data, (size_t)local.length, err), done);
    FW_TRY_GOTO(write_bytes(npz, header.data, (size_t)header.length, err), done);
    FW_TRY_GOTO(write_bytes(npz, data, bytes, err), done);
    npz->n_entries++;
done:
    fw_buffer_clear(&local);
    fw_buffer_clear(&header);
    return status;
}

/* The ZIP64 end record and where to find it. */
static void put_end64(struct fw_buffer *to, const struct fw_npz *npz, uint64_t size)
{
    fw_bytes_put_u32(to, END64_MAGIC);
    fw_bytes_put_u64(to, 44); /* bytes that follow */
    put_u16(to, VERSION_ZIP64);
    put_u16(to, VERSION_ZIP64);
    fw_bytes_put_u32(to, 0);
    fw_bytes_put_u32(to, 0);
    fw_bytes_put_u64(to, (uint64_t)npz->n_entries);
    fw_bytes_put_u64(to, (uint64_t)npz->n_entries);
    fw_bytes_put_u64(to, size);
    fw_bytes_put_u64(to, npz->offset);
    fw_bytes_put_u32(to, LOCATOR_MAGIC);
    fw_bytes_put_u32(to, 0);
    fw_bytes_put_u64(to, npz->offset + size);
    fw_bytes_put_u32(to, 1);
}

enum fw_status fw_npz_finish(struct fw_npz *npz, struct fw_error *err)
{
    uint64_t size = (uint64_t)npz->directory.length;
    bool many = npz->n_entries >= UINT16_MAX;
    struct fw_buffer *to = &npz->directory;
    if (many || size >= npz->zip64_from || npz->offset >= npz->zip64_from)
        put_end64(to, npz, size);
    fw_bytes_put_u32(to, END_MAGIC);
    put_u16(to, 0);
    put_u16(to, 0);
    put_u16(to, many ? UINT16_MAX : (uint32_t)npz->n_entries);
    put_u16(to, many ? UINT16_MAX : (uint32_t)npz->n_entries);
    fw_bytes_put_u32(to, short_form(npz, size));
    fw_bytes_put_u32(to, short_form(npz, npz->offset));
    put_u16(to, 0);
    FW_TRY(fw_buffer_check(to, err));
    return write_bytes(npz, to->data, (size_t)to->length, err);
}
