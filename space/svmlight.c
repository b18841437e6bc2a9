#include "space/svmlight.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "space/column_builder.h"
#include "space/svmlight_line.h"
#include "space/table_build.h"

#define BATCH_SIZE       FW_MIB
#define LINE_MAX_BYTES   (256 * FW_MIB)
#define WARNINGS_LOGGED  20
#define FAULTS_LISTED    5
#define COLUMN_OF_LABEL  0
#define KEY_OF_LABEL     0 /* the order of columns: label, query, then the numbers from 0 up */
#define KEY_OF_QUERY     1
#define KEY_OF_NUMBER(n) ((n) + 2)

struct reading {
    const struct fw_reader_input *input;
    enum fw_table_format format;
    struct fw_table *table; /* the block being read */
    struct fw_column_builder *builder;
    struct fw_dictionary *names; /* the code of a name is its column in the builder plus 1 */
    uint64_t *keys;              /* (columns) their order in the table */
    int64_t keys_capacity;
    struct fw_missing_set missing;
    struct fw_svmlight_row row;
    struct fw_buffer joined; /* the indices of one field */

    char *text; /* read and not yet taken apart */
    int64_t text_capacity;
    size_t used;

    int64_t line;
    int64_t n_rows;   /* of the block */
    int64_t all_rows; /* of the blocks before */
    bool has_crlf, has_bom;
    bool ended; /* no text is left */
    int64_t n_bad;
    int64_t bad_lines[FAULTS_LISTED]; /* after the first */
    char first_fault[512];
};

/* The column of a name, added when it is new. */
static enum fw_status find_column(int64_t *column, struct reading *r, const char *name, uint64_t key,
                                  struct fw_error *err)
{
    struct fw_text text = fw_text_of(name);
    uint32_t code = fw_dictionary_find(r->names, text);
    if (code == FW_DICTIONARY_NONE) {
        FW_TRY(fw_column_builder_add_column(column, r->builder, name, text.length, err));
        FW_TRY(fw_dictionary_add(&code, r->names, text, 0, err));
        FW_TRY(fw_reserve(r->input->mem, &r->keys, &r->keys_capacity, *column + 1, sizeof *r->keys, err));
        r->keys[*column] = key;
    }
    *column = (int64_t)code - 1;
    return FW_OK;
}

static enum fw_status add_number(struct reading *r, const struct fw_svmlight_pair *pair, struct fw_error *err)
{
    char name[32];
    int64_t column;
    snprintf(name, sizeof name, "%llu", (unsigned long long)pair->column);
    FW_TRY(find_column(&column, r, name, KEY_OF_NUMBER(pair->column), err));
    FW_TRY(fw_column_builder_pad(r->builder, column, r->n_rows, fw_text_of("0"), r->line, err));
    return fw_column_builder_add(r->builder, column, r->n_rows, pair->value, r->line, err);
}

/* The n pairs of one field. */
static enum fw_status add_field(struct reading *r, const struct fw_svmlight_pair *pairs, int64_t n,
                                struct fw_error *err)
{
    char name[32];
    int64_t column;
    snprintf(name, sizeof name, "f%llu", (unsigned long long)pairs[0].column);
    FW_TRY(find_column(&column, r, name, KEY_OF_NUMBER(pairs[0].column), err));
    struct fw_text value = pairs[0].value;
    if (n > 1) {
        r->joined.length = 0;
        for (int64_t i = 0; i < n; i++) {
            fw_buffer_add(&r->joined, "|", i > 0);
            fw_buffer_add(&r->joined, pairs[i].value.data, pairs[i].value.length);
        }
        FW_TRY(fw_buffer_check(&r->joined, err));
        value = (struct fw_text){r->joined.data, (size_t)r->joined.length};
    }
    return fw_column_builder_add(r->builder, column, r->n_rows, value, r->line, err);
}

static enum fw_status add_row(struct reading *r, struct fw_error *err)
{
    const struct fw_svmlight_row *row = &r->row;
    int64_t column;
    FW_TRY(fw_line_map_add(&fw_table_internal(r->table)->lines, r->n_rows, r->line, r->input->mem, err));
    FW_TRY(fw_column_builder_add(r->builder, COLUMN_OF_LABEL, r->n_rows, row->label, r->line, err));
    if (row->query.length > 0) {
        FW_TRY(find_column(&column, r, "qid", KEY_OF_QUERY, err));
        FW_TRY(fw_column_builder_add(r->builder, column, r->n_rows, row->query, r->line, err));
    }
    for (int64_t i = 0, n; i < row->n; i += n) {
        n = 1;
        if (r->format == FW_TABLE_LIBSVM) {
            FW_TRY(add_number(r, &row->pairs[i], err));
        } else {
            while (i + n < row->n && row->pairs[i + n].column == row->pairs[i].column)
                n++;
            FW_TRY(add_field(r, &row->pairs[i], n, err));
        }
    }
    r->n_rows++;
    return FW_OK;
}

static void note_fault(struct reading *r)
{
    char fault[sizeof r->first_fault];
    snprintf(fault, sizeof fault, "%.100s:%lld: %s", r->input->name, (long long)r->line, r->row.fault);
    if (r->n_bad == 0)
        memcpy(r->first_fault, fault, sizeof fault);
    else if (r->n_bad <= FAULTS_LISTED)
        r->bad_lines[r->n_bad - 1] = r->line;
    if (r->input->options->skip_bad_rows && r->n_bad < WARNINGS_LOGGED)
        fw_log_write(r->input->options->log, FW_LOG_WARNING, "skipped a bad row: %s", fault);
    r->n_bad++;
}

static bool is_blank(struct fw_text line)
{
    line = fw_text_trim(line);
    return line.length == 0 || line.data[0] == '#';
}

/* Takes whole lines apart, and at the end of the file a last one without its end; tells how many bytes that was. Only
 * the last `fresh` bytes of the text can hold the end of a line. */
static enum fw_status take_lines(size_t *taken, struct reading *r, size_t fresh, bool at_end, struct fw_error *err)
{
    const char *last = memrchr(r->text + r->used - fresh, '\n', fresh);
    *taken = at_end ? r->used : last != NULL ? (size_t)(last - r->text) + 1 : 0;
    struct fw_text text = {r->text, *taken}, line;
    for (; fw_svmlight_next_line(&line, &text); r->line++) {
        const char *end = line.data + line.length;
        r->has_crlf |= end < r->text + *taken && *end == '\r';
        if (is_blank(line))
            continue;
        FW_TRY(fw_svmlight_row_parse(&r->row, line, r->format, &r->missing, r->input->mem, err));
        if (r->row.fault[0] != '\0')
            note_fault(r);
        else if (r->n_bad == 0 || r->input->options->skip_bad_rows)
            FW_TRY(add_row(r, err));
    }
    return FW_OK;
}

static enum fw_status tell_progress(const struct reading *r, struct fw_error *err)
{
    const struct fw_table_options *options = r->input->options;
    if (options->progress != NULL && options->progress(options->user, fw_stream_bytes_done(r->input->stream),
                                                       fw_stream_bytes_total(r->input->stream)) != 0)
        return fw_error_set(err, FW_E_STOPPED, "reading '%s' was interrupted", r->input->name);
    return FW_OK;
}

static enum fw_status read_lines(struct reading *r, size_t block_size, struct fw_error *err)
{
    size_t batch_size = r->input->batch_size > 0 ? r->input->batch_size : BATCH_SIZE;
    for (size_t done = 0; done < block_size && !r->ended;) {
        FW_TRY(tell_progress(r, err));
        if (r->used > LINE_MAX_BYTES)
            return fw_error_set(err, FW_E_INPUT, "%s:%lld: a line of more than %zu bytes; is this a text file?",
                                r->input->name, (long long)r->line, LINE_MAX_BYTES);
        FW_TRY(fw_reserve(r->input->mem, &r->text, &r->text_capacity, (int64_t)(r->used + batch_size), 1, err));
        size_t n;
        FW_TRY(fw_stream_read(&n, r->input->stream, r->text + r->used, batch_size, err));
        r->used += n;
        r->ended = n < batch_size;
        size_t taken = 0;
        if (r->used > 0)
            FW_TRY(take_lines(&taken, r, n, r->ended, err));
        memmove(r->text, r->text + taken, r->used - taken);
        r->used -= taken;
        /* a block must bring rows; only at the end of the text may it have none */
        done += r->n_rows > 0 ? taken : 0;
    }
    return tell_progress(r, err);
}

/* After a block: an error for bad rows that are not to be skipped, or for no row in the whole text. */
static enum fw_status report_faults(const struct reading *r, struct fw_error *err)
{
    char count[32];
    if (r->n_bad > 0 && !r->input->options->skip_bad_rows) {
        char lines[160] = "";
        int64_t listed = r->n_bad - 1 < FAULTS_LISTED ? r->n_bad - 1 : FAULTS_LISTED;
        int used = listed == 0 ? 0
                               : snprintf(lines, sizeof lines, "; %s bad rows %s, the next at line%s",
                                          fw_text_count(count, r->n_bad), r->ended ? "in all" : "so far",
                                          listed == 1 ? "" : "s");
        for (int64_t i = 0; i < listed; i++)
            used += snprintf(lines + used, sizeof lines - (size_t)used, "%s %lld", i > 0 ? "," : "",
                             (long long)r->bad_lines[i]);
        return fw_error_set(err, FW_E_INPUT, "%s%s%s; repair, or leave out with --on-bad-row skip", r->first_fault,
                            lines, listed < r->n_bad - 1 ? ", ..." : "");
    }
    if (r->n_rows == 0 && r->all_rows == 0)
        return fw_error_set(err, FW_E_INPUT, "%s: no rows%s%s; give a table with at least one row", r->input->name,
                            r->n_bad > 0 ? " but bad ones; the first: " : "", r->first_fault);
    if (r->n_bad > 0 && r->ended)
        fw_log_write(r->input->options->log, FW_LOG_WARNING, "%s: %s bad %s skipped", r->input->name,
                     fw_text_count(count, r->n_bad), r->n_bad == 1 ? "row was" : "rows were");
    return FW_OK;
}

struct keyed_column {
    uint64_t key;
    struct fw_table_column column;
};

static int compare_keys(const void *a, const void *b)
{
    const struct keyed_column *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

/* Columns were made as they first appeared; a table has them by number. */
static enum fw_status order_columns(struct reading *r, struct fw_error *err)
{
    struct keyed_column *order;
    FW_ALLOC(order, r->input->mem, r->table->n_columns, "the order of columns", err);
    for (int64_t c = 0; c < r->table->n_columns; c++)
        order[c] = (struct keyed_column){r->keys[c], r->table->columns[c]};
    qsort(order, (size_t)r->table->n_columns, sizeof *order, compare_keys);
    for (int64_t c = 0; c < r->table->n_columns; c++)
        r->table->columns[c] = order[c].column;
    fw_free(r->input->mem, order);
    return FW_OK;
}

/* Absent numbers are 0; queries and fields that are absent are missing, which the builder sees to. */
static enum fw_status finish(struct reading *r, struct fw_error *err)
{
    int64_t n = fw_column_builder_n_columns(r->builder);
    for (int64_t c = 0; c < n && r->format == FW_TABLE_LIBSVM; c++) {
        if (r->keys[c] >= KEY_OF_NUMBER(0))
            FW_TRY(fw_column_builder_pad(r->builder, c, r->n_rows, fw_text_of("0"), r->line, err));
    }
    FW_TRY(fw_column_builder_finish(r->builder, r->table, r->n_rows, err));
    r->table->dialect.delimiter = ' ';
    r->table->dialect.has_bom = r->has_bom;
    r->table->dialect.has_crlf = r->has_crlf;
    return order_columns(r, err);
}

static enum fw_status start(struct reading *r, struct fw_error *err)
{
    const struct fw_reader_input *input = r->input;
    if (input->options->n_names > 0)
        return fw_error_set(err, FW_E_ARG,
                            "%s: --names is for CSV; the columns of libsvm and libffm files have numbers", input->name);
    FW_TRY(fw_missing_set_init(&r->missing, input->options->missing, input->options->n_missing, err));
    struct fw_text sample;
    bool whole;
    FW_TRY(fw_stream_peek(&sample, &whole, input->stream, 3, err));
    if (sample.length >= 3 && memcmp(sample.data, "\xef\xbb\xbf", 3) == 0) {
        r->has_bom = true;
        fw_stream_skip(input->stream, 3);
    }
    return FW_OK;
}

/* Columns are found anew in each block: those that its lines name. */
static enum fw_status start_block(struct reading *r, struct fw_error *err)
{
    int64_t column;
    r->n_rows = 0;
    FW_TRY(fw_dictionary_create(&r->names, r->input->mem, err));
    FW_TRY(fw_column_builder_create(&r->builder, r->input->name, r->input->options, r->input->mem, err));
    return find_column(&column, r, "label", KEY_OF_LABEL, err);
}

static enum fw_status next_block(void *self, struct fw_table *table, size_t block_size, struct fw_error *err)
{
    struct reading *r = self;
    enum fw_status status = FW_OK;
    int64_t n_bad = r->n_bad;
    if (r->ended)
        return FW_OK;
    r->table = table;
    FW_TRY_GOTO(start_block(r, err), done);
    FW_TRY_GOTO(read_lines(r, block_size, err), done);
    FW_TRY_GOTO(report_faults(r, err), done);
    FW_TRY_GOTO(finish(r, err), done);
    table->n_bad_rows = r->n_bad - n_bad;
    r->all_rows += r->n_rows;
done:
    fw_column_builder_destroy(r->builder);
    fw_dictionary_destroy(r->names);
    r->builder = NULL;
    r->names = NULL;
    r->table = NULL;
    return status;
}

static void close_sparse(void *self)
{
    struct reading *r = self;
    if (r == NULL)
        return;
    struct fw_allocator *mem = r->input->mem;
    fw_free(mem, r->text);
    fw_buffer_clear(&r->joined);
    fw_svmlight_row_clear(&r->row, mem);
    fw_free(mem, r->keys);
    fw_free(mem, r);
}

static enum fw_status open_sparse(void **out, const struct fw_reader_input *input, enum fw_table_format format,
                                  struct fw_error *err)
{
    struct reading *r;
    FW_ALLOC(r, input->mem, 1, "a table reader", err);
    r->input = input;
    r->format = format;
    r->line = 1;
    fw_buffer_init(&r->joined, input->mem);
    enum fw_status status = start(r, err);
    if (status != FW_OK) {
        close_sparse(r);
        return status;
    }
    *out = r;
    return FW_OK;
}

static bool recognise_libsvm(struct fw_text sample, bool whole)
{
    return fw_svmlight_recognise(sample, whole, FW_TABLE_LIBSVM);
}

static bool recognise_libffm(struct fw_text sample, bool whole)
{
    return fw_svmlight_recognise(sample, whole, FW_TABLE_LIBFFM);
}

static enum fw_status open_libsvm(void **out, const struct fw_reader_input *input, struct fw_error *err)
{
    return open_sparse(out, input, FW_TABLE_LIBSVM, err);
}

static enum fw_status open_libffm(void **out, const struct fw_reader_input *input, struct fw_error *err)
{
    return open_sparse(out, input, FW_TABLE_LIBFFM, err);
}

const struct fw_table_reader fw_libsvm_reader = {
    .format = FW_TABLE_LIBSVM,
    .name = "libsvm",
    .recognise = recognise_libsvm,
    .open = open_libsvm,
    .next = next_block,
    .close = close_sparse,
};

const struct fw_table_reader fw_libffm_reader = {
    .format = FW_TABLE_LIBFFM,
    .name = "libffm",
    .recognise = recognise_libffm,
    .open = open_libffm,
    .next = next_block,
    .close = close_sparse,
};

/* One value on all rows, or none when `value` is NULL. The name is copied. */
static enum fw_status constant_column(struct fw_table_column *out, const struct fw_table *table, const char *name,
                                      const char *value, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_table_column column = {.storage = FW_STORED_CODES, .n_missing = value == NULL ? table->n_rows : 0};
    uint32_t code = 0;
    FW_TRY(fw_dictionary_create(&column.dictionary, table->mem, err));
    if (value != NULL)
        FW_TRY_GOTO(fw_dictionary_add(&code, column.dictionary, fw_text_of(value), 0, err), failed);
    column.name = fw_strndup(table->mem, name, strlen(name));
    FW_ALLOC_GOTO(column.codes, table->mem, table->n_rows, "a column", err, failed);
    if (column.name == NULL) {
        status = fw_error_nomem(err, table->mem, "a column's name", (int64_t)strlen(name), 1);
        goto failed;
    }
    for (int64_t row = 0; row < table->n_rows; row++)
        column.codes[row] = code;
    *out = column;
    return FW_OK;
failed:
    fw_free(table->mem, column.codes);
    fw_free(table->mem, column.name);
    fw_dictionary_destroy(column.dictionary);
    return status;
}

enum fw_status fw_svmlight_complete(struct fw_table *table, const struct fw_schema *schema, struct fw_error *err)
{
    if (table->dialect.format != FW_TABLE_LIBSVM && table->dialect.format != FW_TABLE_LIBFFM)
        return FW_OK;
    const char *value = table->dialect.format == FW_TABLE_LIBSVM ? "0" : NULL;
    struct fw_dictionary *names = fw_table_internal(table)->names;
    for (int64_t c = 0; c < schema->n_columns; c++) {
        const char *name = schema->columns[c].name;
        uint32_t code = fw_dictionary_find(names, fw_text_of(name));
        if (schema->columns[c].role != FW_ROLE_FEATURE || (code != FW_DICTIONARY_NONE && code != 0))
            continue;
        struct fw_table_column *columns =
            fw_realloc_array(table->mem, table->columns, table->n_columns + 1, sizeof *columns);
        if (columns == NULL)
            return fw_error_nomem(err, table->mem, "the columns of a table", table->n_columns + 1, sizeof *columns);
        table->columns = columns;
        FW_TRY(constant_column(&columns[table->n_columns], table, name, value, err));
        table->n_columns++;
        FW_TRY(fw_dictionary_add(&code, names, fw_text_of(name), 0, err));
    }
    return FW_OK;
}
