/* For those who make tables (the readers of file formats, the cache): the parts behind `fw_table.internal`, the map
 * from rows to lines, and the table of functions that a file format provides.
 *
 * A reader gets a stream and empty tables, one a block of rows; it adds columns through column_builder.h, notes lines
 * with fw_line_map_add, and sets n_rows, n_bad_rows and the dialect. table_blocks.h does the rest: fingerprint, size in
 * bytes, index of names, cleaning up after a failure. A whole table is a block without a limit. */
#ifndef FW_SPACE_TABLE_BUILD_H
#define FW_SPACE_TABLE_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "space/stream.h"
#include "space/table.h"
#include "space/table_blocks.h"

/* Row `row` begins on line `line`, the next row one line later, and so on until the next point. */
struct fw_line_point {
    int64_t row;
    int64_t line;
};

/* Which line each row begins on, in as few points as the text allows (one, when every line is a row). */
struct fw_line_map {
    struct fw_line_point *points; /* (n), rising in row and line */
    int64_t n;
    int64_t capacity;
};

struct fw_table_internal {
    struct fw_line_map lines;
    struct fw_dictionary *names; /* column index + 1 by name; NULL until fw_table_index_names */
};

/* Notes that `row` begins on `line`; rows come in rising order. Costs memory only where the distance of rows and lines
 * changes. */
FW_NODISCARD
enum fw_status fw_line_map_add(struct fw_line_map *map, int64_t row, int64_t line, struct fw_allocator *mem,
                               struct fw_error *err);

/* The line of a row; 0 for an empty map. */
int64_t fw_line_map_find(const struct fw_line_map *map, int64_t row);

/* A table without columns and rows; path is copied. Destroy with fw_table_destroy, whatever was filled in. */
FW_NODISCARD
enum fw_status fw_table_create(struct fw_table **out, const char *path, struct fw_allocator *mem, struct fw_error *err);

/* The internal part of a table made by fw_table_create; borrowed. */
struct fw_table_internal *fw_table_internal(const struct fw_table *table);

/* Builds the index that fw_table_find_column uses; called once, when all columns are there. Two columns of one name are
 * FW_E_INPUT with the remedy. */
FW_NODISCARD
enum fw_status fw_table_index_names(struct fw_table *table, struct fw_error *err);

/* What a reader works with. */
struct fw_reader_input {
    struct fw_stream *stream; /* at the first byte */
    const char *name;         /* the path as messages show it */
    const struct fw_table_options *options;
    int threads;       /* resolved, at least 1 */
    size_t batch_size; /* bytes of text taken apart at a time; 0: the usual; results never depend on it */
    struct fw_allocator *mem;
};

/* A file format. */
struct fw_table_reader {
    enum fw_table_format format;
    const char *name; /* "csv" */
    /* OPTIONAL. Whether the first bytes of a text look like this format; asked in the order of the registry when the
     * format is to be sniffed. NULL: takes everything, hence last. */
    bool (*recognise)(struct fw_text sample, bool whole);
    /* REQUIRED. Makes ready to read the stream; *out goes to `close`. The input is borrowed until then. */
    enum fw_status (*open)(void **out, const struct fw_reader_input *input, struct fw_error *err);
    /* REQUIRED. Reads rows into an empty table until `block_size` bytes of text are taken or the text ends; bad rows
     * that are not to be skipped, and a text without any row, are FW_E_INPUT. No rows: the text has ended, and the
     * table may be without columns. */
    enum fw_status (*next)(void *self, struct fw_table *table, size_t block_size, struct fw_error *err);
    /* REQUIRED. Frees everything; self may be NULL. */
    void (*close)(void *self);
};

extern const struct fw_table_reader fw_libsvm_reader, fw_libffm_reader, fw_csv_reader;

/* Blocks from a stream, which is taken over, also by a failure. `path` is copied; batch_size as in the input. */
FW_NODISCARD
enum fw_status fw_table_blocks_start(struct fw_table_blocks **out, struct fw_stream *stream, const char *path,
                                     size_t batch_size, size_t block_size, const struct fw_table_options *options,
                                     struct fw_allocator *mem, struct fw_error *err);

/* fw_table_parse with a batch size, for tests: tables must be equal for any. 0: the usual size. */
FW_NODISCARD
enum fw_status fw_table_parse_in_blocks(struct fw_table **out, const char *name, const char *data, size_t size,
                                        size_t batch_size, const struct fw_table_options *options,
                                        struct fw_allocator *mem, struct fw_error *err);

#endif
