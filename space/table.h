/* A table as read from a file: named columns of equal length, compact in memory, every value still available as text.
 *
 * Reading is streaming and parallel; the text itself is never kept. A column is held in one of two forms:
 *   - codes: a dictionary of its distinct texts and one 32-bit code a row (0: missing). Most columns.
 *   - numbers: one double a row (NaN: missing), for columns of numbers with so many distinct values that a dictionary
 *     would be larger than the numbers. Zero-padded digits ("007") and whole numbers beyond 2^53 are identifiers: a
 *     column that shows one stays in codes. The choice depends on the column's values alone.
 * Whether a column of numbers is a quantity or a category is the schema's business (schema.h), not the table's.
 *
 *     struct fw_table_options options;
 *     fw_table_options_init(&options);
 *     struct fw_table *table;
 *     FW_TRY(fw_table_read(&table, "train.csv", &options, mem, err));
 *
 * Immutable once read, then safe to read from many threads. */
#ifndef FW_SPACE_TABLE_H
#define FW_SPACE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/log.h"
#include "core/text.h"
#include "space/dictionary.h"

enum fw_table_format { FW_TABLE_AUTO, FW_TABLE_CSV, FW_TABLE_LIBSVM, FW_TABLE_LIBFFM };
enum fw_table_header { FW_HEADER_AUTO, FW_HEADER_YES, FW_HEADER_NO };

struct fw_table_options {
    enum fw_table_format format; /* AUTO: sniffed */
    enum fw_table_header header; /* AUTO: sniffed */
    char delimiter;              /* 0: sniffed among , ; tab | and space */
    char quote;                  /* '"' by default; 0: quotes are ordinary characters */
    const char *const *names;    /* column names to use instead of a header's or "1", "2", ...; borrowed; NULL: none */
    int64_t n_names;
    const char *const *missing; /* texts that mean "missing" besides the usual ones; borrowed; NULL: none */
    int64_t n_missing;
    /* Columns that stay text whatever they hold: names or 1-based positions; borrowed; NULL: none. Names that are no
     * column are ignored here: the schema reports them. */
    const char *const *text_columns;
    int64_t n_text_columns;
    bool skip_bad_rows;       /* count and leave out bad rows; otherwise the first ones are listed in an error */
    int64_t max_columns;      /* more is refused; default 100,000 */
    size_t max_field;         /* bytes; a longer field is a bad row; default 16 MiB */
    int threads;              /* 0: all */
    const struct fw_log *log; /* a warning for each bad row skipped (the first 20), and their count; may be NULL */
    /* Called from time to time with bytes read so far and the file's size (0: unknown). Return non-zero to stop
     * (FW_E_STOPPED). May be NULL. */
    int (*progress)(void *user, int64_t bytes_done, int64_t bytes_total);
    void *user;
};

/* How the file was understood. */
struct fw_table_dialect {
    enum fw_table_format format;
    const char *compression; /* "none", "gzip", "zstd"; static text */
    char delimiter;
    char quote;
    bool has_header;
    bool has_bom;
    bool has_crlf;
    int64_t preamble_lines; /* leading lines that are no rows (one field where all others have several), left out */
};

enum fw_column_storage { FW_STORED_CODES, FW_STORED_NUMBERS };

struct fw_table_column {
    char *name;
    enum fw_column_storage storage;
    uint32_t *codes;                  /* (n_rows), 0: missing; NULL when stored as numbers */
    struct fw_dictionary *dictionary; /* NULL when stored as numbers */
    double *numbers;                  /* (n_rows), NaN: missing; NULL when stored as codes */
    int64_t n_missing;                /* rows */
};

struct fw_table {
    char *path;     /* as given; "-" for standard input */
    int64_t n_rows; /* good rows */
    int64_t n_columns;
    struct fw_table_column *columns;
    struct fw_table_dialect dialect;
    int64_t n_bad_rows;   /* left out with skip_bad_rows */
    int64_t text_bytes;   /* uncompressed */
    uint64_t fingerprint; /* XXH3 of the file's bytes as stored: equal files have equal fingerprints */
    struct fw_allocator *mem;
    void *internal; /* line numbers; the reader's own */
};

/* Defaults into a caller-held struct; every byte is set. */
void fw_table_options_init(struct fw_table_options *options);

/* Reads a whole table from a path; "-" is standard input. gzip and zstd are known by their first bytes.
 * Fails with FW_E_INPUT naming file, line, column, value and remedy; FW_E_NOMEM when it does not fit mem's limit. */
FW_NODISCARD
enum fw_status fw_table_read(struct fw_table **out, const char *path, const struct fw_table_options *options,
                             struct fw_allocator *mem, struct fw_error *err);

/* The same from bytes in memory (uncompressed or compressed); `name` stands for the path in messages. */
FW_NODISCARD
enum fw_status fw_table_parse(struct fw_table **out, const char *name, const char *data, size_t size,
                              const struct fw_table_options *options, struct fw_allocator *mem, struct fw_error *err);

void fw_table_destroy(struct fw_table *table); /* NULL is a no-op */

/* Index of a column by name, or by 1-based position when no column has that name and it is a number; -1: none. */
int64_t fw_table_find_column(const struct fw_table *table, const char *name);

/* A cell's text. Columns stored as numbers write it into `scratch` (shortest form that reads back). */
struct fw_text fw_table_text(const struct fw_table *table, int64_t column, int64_t row, char scratch[32]);

/* The line (from 1) on which a row begins in the uncompressed text. */
int64_t fw_table_line(const struct fw_table *table, int64_t row);

#endif
