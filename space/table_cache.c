#include "space/table_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/bytes.h"
#include "core/file.h"
#include "core/hash.h"
#include "space/table_build.h"

#define CACHE_VERSION 1
#define MAX_CACHE     (256 * FW_GIB)

static const char magic[8] = "\x89"
                             "FWT\r\n\x1a\n";
static const char *const compressions[] = {"none", "gzip", "zstd"};

/* XXH3 of a file's bytes; false when it cannot be read. */
static bool hash_file(uint64_t *hash, const char *path, struct fw_allocator *mem)
{
    enum { piece = 1 << 20 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *bytes = fw_alloc_array_raw(mem, piece, 1);
    struct fw_hash_stream *stream = fw_hash_stream_create();
    ssize_t n = -1;
    while (fd >= 0 && bytes != NULL && stream != NULL &&
           ((n = read(fd, bytes, piece)) > 0 || (n < 0 && errno == EINTR))) {
        if (n > 0)
            fw_hash_stream_add(stream, bytes, (size_t)n);
    }
    if (n == 0)
        *hash = fw_hash_stream_value(stream);
    fw_hash_stream_destroy(stream);
    fw_free(mem, bytes);
    if (fd >= 0)
        close(fd);
    return n == 0;
}

/* Everything that decides what a reader makes of the bytes. Threads, callbacks and limits do not. */
static uint64_t key_of(uint64_t fingerprint, const struct fw_table_options *o)
{
    uint64_t key = fw_hash_combine(fingerprint, CACHE_VERSION);
    key = fw_hash_combine(key, (uint64_t)o->format);
    key = fw_hash_combine(key, (uint64_t)o->header);
    key = fw_hash_combine(key, (uint64_t)(unsigned char)o->delimiter);
    key = fw_hash_combine(key, (uint64_t)(unsigned char)o->quote);
    key = fw_hash_combine(key, o->skip_bad_rows);
    key = fw_hash_combine(key, (uint64_t)o->max_columns);
    key = fw_hash_combine(key, o->max_field);
    const struct {
        const char *const *texts;
        int64_t n;
    } lists[] = {{o->names, o->n_names}, {o->missing, o->n_missing}, {o->text_columns, o->n_text_columns}};
    for (size_t l = 0; l < sizeof lists / sizeof lists[0]; l++) {
        key = fw_hash_combine(key, (uint64_t)lists[l].n);
        for (int64_t i = 0; i < lists[l].n; i++)
            key = fw_hash_combine(key, fw_hash_text(lists[l].texts[i], 0));
    }
    return key;
}

/* A file written and hashed piece by piece: the bytes are never together in memory. */
struct writer {
    struct fw_outfile file;
    struct fw_hash_stream *hash;
    struct fw_buffer small; /* numbers and texts, handed on when it has grown */
};

static enum fw_status put(struct writer *w, const void *data, size_t n, struct fw_error *err)
{
    fw_hash_stream_add(w->hash, data, n);
    return fw_outfile_write(&w->file, data, n, err);
}

static enum fw_status flush(struct writer *w, struct fw_error *err)
{
    FW_TRY(fw_buffer_check(&w->small, err));
    enum fw_status status = put(w, w->small.data, (size_t)w->small.length, err);
    w->small.length = 0;
    return status;
}

static enum fw_status write_column(struct writer *w, const struct fw_table_column *column, int64_t n_rows,
                                   struct fw_error *err)
{
    fw_bytes_put_text(&w->small, fw_text_of(column->name));
    fw_bytes_put_u32(&w->small, (uint32_t)column->storage);
    fw_bytes_put_u64(&w->small, (uint64_t)column->n_missing);
    if (column->storage == FW_STORED_NUMBERS) {
        FW_TRY(flush(w, err));
        return put(w, column->numbers, (size_t)n_rows * sizeof *column->numbers, err);
    }
    int64_t size = fw_dictionary_size(column->dictionary);
    fw_bytes_put_u64(&w->small, (uint64_t)size - 1);
    for (int64_t code = 1; code < size; code++) {
        fw_bytes_put_text(&w->small, fw_dictionary_text(column->dictionary, (uint32_t)code));
        fw_bytes_put_u64(&w->small, fw_dictionary_line(column->dictionary, (uint32_t)code));
        if (w->small.length > (1 << 20))
            FW_TRY(flush(w, err));
    }
    FW_TRY(flush(w, err));
    return put(w, column->codes, (size_t)n_rows * sizeof *column->codes, err);
}

static enum fw_status write_table(struct writer *w, const struct fw_table *table, uint64_t key, struct fw_error *err)
{
    const struct fw_table_dialect *d = &table->dialect;
    const struct fw_line_map *lines = &fw_table_internal(table)->lines;
    uint32_t compression = 0;
    while (compression < 2 && strcmp(compressions[compression], d->compression) != 0)
        compression++;
    fw_bytes_put_raw(&w->small, magic, sizeof magic);
    fw_bytes_put_u64(&w->small, key);
    fw_bytes_put_u32(&w->small, (uint32_t)d->format);
    fw_bytes_put_u32(&w->small, compression);
    fw_bytes_put_u32(&w->small, (uint32_t)(unsigned char)d->delimiter);
    fw_bytes_put_u32(&w->small, (uint32_t)(unsigned char)d->quote);
    fw_bytes_put_u32(&w->small, (uint32_t)d->has_header | (uint32_t)d->has_bom << 1 | (uint32_t)d->has_crlf << 2);
    fw_bytes_put_u64(&w->small, (uint64_t)d->preamble_lines);
    fw_bytes_put_u64(&w->small, (uint64_t)table->n_bad_rows);
    fw_bytes_put_u64(&w->small, (uint64_t)table->text_bytes);
    fw_bytes_put_u64(&w->small, table->fingerprint);
    fw_bytes_put_u64(&w->small, (uint64_t)table->n_rows);
    fw_bytes_put_u64(&w->small, (uint64_t)table->n_columns);
    fw_bytes_put_u64(&w->small, (uint64_t)lines->n);
    fw_bytes_put_raw(&w->small, lines->points, (size_t)lines->n * sizeof *lines->points);
    for (int64_t c = 0; c < table->n_columns; c++)
        FW_TRY(write_column(w, &table->columns[c], table->n_rows, err));
    uint64_t sum = fw_hash_stream_value(w->hash);
    return fw_outfile_write(&w->file, &sum, sizeof sum, err);
}

/* A cache that cannot be written is no failure. */
static void save(const struct fw_table *table, const char *cache, uint64_t key, struct fw_allocator *mem)
{
    struct writer w = {.hash = fw_hash_stream_create()};
    fw_buffer_init(&w.small, mem);
    if (w.hash != NULL && fw_outfile_open(&w.file, cache, NULL) == FW_OK) {
        enum fw_status status = write_table(&w, table, key, NULL);
        if (fw_outfile_close(&w.file, status, NULL) != FW_OK) {
            /* nothing is left behind, and the table is there all the same */
        }
    }
    fw_hash_stream_destroy(w.hash);
    fw_buffer_clear(&w.small);
}

static enum fw_status read_array(void *out_address, int64_t n, size_t size, struct fw_bytes_reader *reader,
                                 struct fw_allocator *mem, struct fw_error *err)
{
    if ((uint64_t)n > (reader->size - reader->at) / size)
        return fw_bytes_corrupt(reader, err);
    void *array = fw_alloc_array_raw(mem, n, size);
    if (array == NULL)
        return fw_error_nomem(err, mem, "a column", n, size);
    memcpy(out_address, &array, sizeof array);
    return fw_bytes_get_raw(array, (size_t)n * size, reader, err);
}

static enum fw_status read_dictionary(struct fw_table_column *column, struct fw_bytes_reader *reader,
                                      struct fw_allocator *mem, struct fw_error *err)
{
    int64_t n = 0;
    FW_TRY(fw_bytes_get_count(&n, 16, reader, err));
    FW_TRY(fw_dictionary_create(&column->dictionary, mem, err));
    for (int64_t i = 0; i < n; i++) {
        struct fw_text text;
        uint64_t line = 0;
        uint32_t code = 0;
        FW_TRY(fw_bytes_get_text(&text, reader, err));
        FW_TRY(fw_bytes_get_u64(&line, reader, err));
        FW_TRY(fw_dictionary_add(&code, column->dictionary, text, line, err));
        if (code != i + 1)
            return fw_bytes_corrupt(reader, err);
    }
    fw_dictionary_shrink(column->dictionary);
    return FW_OK;
}

static enum fw_status read_column(struct fw_table_column *column, int64_t n_rows, struct fw_bytes_reader *reader,
                                  struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_text name;
    uint32_t storage = 0;
    uint64_t n_missing = 0;
    FW_TRY(fw_bytes_get_text(&name, reader, err));
    FW_TRY(fw_bytes_get_u32(&storage, reader, err));
    FW_TRY(fw_bytes_get_u64(&n_missing, reader, err));
    if (storage > FW_STORED_NUMBERS || n_missing > (uint64_t)n_rows)
        return fw_bytes_corrupt(reader, err);
    column->storage = (enum fw_column_storage)storage;
    column->n_missing = (int64_t)n_missing;
    column->name = fw_strndup(mem, name.data, name.length);
    if (column->name == NULL)
        return fw_error_nomem(err, mem, "a column's name", (int64_t)name.length, 1);
    if (column->storage == FW_STORED_NUMBERS)
        return read_array(&column->numbers, n_rows, sizeof *column->numbers, reader, mem, err);
    FW_TRY(read_dictionary(column, reader, mem, err));
    FW_TRY(read_array(&column->codes, n_rows, sizeof *column->codes, reader, mem, err));
    int64_t size = fw_dictionary_size(column->dictionary);
    for (int64_t row = 0; row < n_rows; row++) {
        if (column->codes[row] >= size)
            return fw_bytes_corrupt(reader, err);
    }
    return FW_OK;
}

static enum fw_status read_head(struct fw_table *table, struct fw_bytes_reader *reader, struct fw_error *err)
{
    uint32_t small[5];
    uint64_t large[6];
    struct fw_line_map *lines = &fw_table_internal(table)->lines;
    for (int i = 0; i < 5; i++)
        FW_TRY(fw_bytes_get_u32(&small[i], reader, err));
    for (int i = 0; i < 6; i++)
        FW_TRY(fw_bytes_get_u64(&large[i], reader, err));
    if (small[0] > FW_TABLE_LIBFFM || small[1] > 2 || large[4] > INT64_MAX / 16 || large[5] < 1 ||
        large[5] > (reader->size - reader->at) / 16)
        return fw_bytes_corrupt(reader, err);
    table->dialect = (struct fw_table_dialect){.format = (enum fw_table_format)small[0],
                                               .compression = compressions[small[1]],
                                               .delimiter = (char)(unsigned char)small[2],
                                               .quote = (char)(unsigned char)small[3],
                                               .has_header = (small[4] & 1) != 0,
                                               .has_bom = (small[4] & 2) != 0,
                                               .has_crlf = (small[4] & 4) != 0,
                                               .preamble_lines = (int64_t)large[0]};
    table->n_bad_rows = (int64_t)large[1];
    table->text_bytes = (int64_t)large[2];
    table->fingerprint = large[3];
    table->n_rows = (int64_t)large[4];
    FW_TRY(fw_bytes_get_count(&lines->n, sizeof *lines->points, reader, err));
    lines->capacity = lines->n;
    FW_TRY(read_array(&lines->points, lines->n, sizeof *lines->points, reader, table->mem, err));
    FW_ALLOC(table->columns, table->mem, (int64_t)large[5], "the columns of a table", err);
    table->n_columns = (int64_t)large[5];
    return FW_OK;
}

/* The table of a cache file, or a failure for whatever is not as it should be. */
static enum fw_status parse(struct fw_table **out, const char *path, const char *data, size_t size, uint64_t key,
                            struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_table *table = NULL;
    uint64_t sum;
    uint64_t found = 0;
    struct fw_bytes_reader reader = {(const unsigned char *)data, size, sizeof magic, "a cache"};
    if (size < sizeof magic + 16 || memcmp(data, magic, sizeof magic) != 0)
        return FW_E_CORRUPT;
    reader.size -= sizeof sum;
    memcpy(&sum, data + reader.size, sizeof sum);
    FW_TRY(fw_bytes_get_u64(&found, &reader, err));
    if (found != key || fw_hash_bytes(data, reader.size, 0) != sum)
        return FW_E_CORRUPT;
    FW_TRY_GOTO(fw_table_create(&table, path, mem, err), done);
    FW_TRY_GOTO(read_head(table, &reader, err), done);
    for (int64_t c = 0; c < table->n_columns; c++)
        FW_TRY_GOTO(read_column(&table->columns[c], table->n_rows, &reader, mem, err), done);
    FW_TRY_GOTO(fw_table_index_names(table, err), done);
    *out = table;
    table = NULL;
done:
    fw_table_destroy(table);
    return status;
}

static bool load(struct fw_table **out, const char *path, const char *cache, uint64_t key, struct fw_allocator *mem)
{
    char *data = NULL;
    size_t size = 0;
    if (fw_file_read(&data, &size, cache, MAX_CACHE, mem, NULL) != FW_OK)
        return false;
    enum fw_status status = parse(out, path, data, size, key, mem, NULL);
    fw_free(mem, data);
    return status == FW_OK;
}

enum fw_status fw_table_read_cached(struct fw_table **out, bool *hit_out, const char *path, const char *folder,
                                    const struct fw_table_options *options, struct fw_allocator *mem,
                                    struct fw_error *err)
{
    uint64_t fingerprint = 0;
    char cache[4096];
    *hit_out = false;
    if (strcmp(path, "-") == 0 || !hash_file(&fingerprint, path, mem))
        return fw_table_read(out, path, options, mem, err);
    uint64_t key = key_of(fingerprint, options);
    const char *name = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    int n = folder != NULL ? snprintf(cache, sizeof cache, "%s/%s.%016" PRIx64 ".fwcache", folder, name, key)
                           : snprintf(cache, sizeof cache, "%s.%016" PRIx64 ".fwcache", path, key);
    bool usable = n > 0 && (size_t)n < sizeof cache;
    if (usable && load(out, path, cache, key, mem)) {
        *hit_out = true;
        return FW_OK;
    }
    FW_TRY(fw_table_read(out, path, options, mem, err));
    if (usable && (*out)->fingerprint == fingerprint) /* else the file changed in between */
        save(*out, cache, key, mem);
    return FW_OK;
}
