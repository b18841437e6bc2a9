#include "space/column_builder.h"

#include <math.h>
#include <string.h>

#include "space/table_build.h"

_Static_assert(FW_BUILDER_BLOCK <= FW_DICTIONARY_BATCH, "a block goes into the dictionary in one call");

/* A dictionary entry costs about 60 bytes (text, start, line, slots), a double 8 in place of a code's 4. Below the
 * first number the difference is not worth losing the spelling of the numbers. */
#define NUMBERS_FROM_ENTRIES (INT64_C(1) << 17)
#define NUMBERS_FROM_SHARE   4 /* rows an entry */

struct column {
    char *name;
    struct fw_dictionary *dictionary; /* NULL: held as numbers */
    uint32_t *codes;
    double *numbers;
    int64_t capacity; /* rows, of codes or numbers */
    int64_t n_rows;
    int64_t n_missing;
    bool stays_text; /* by the user's wish, or because it showed something that is no quantity */
};

struct fw_column_builder {
    struct fw_allocator *mem;
    const char *name;
    const struct fw_table_options *options;
    struct fw_missing_set missing;
    struct column *columns;
    int64_t n_columns;
    int64_t capacity;
};

enum fw_status fw_column_builder_create(struct fw_column_builder **out, const char *name,
                                        const struct fw_table_options *options, struct fw_allocator *mem,
                                        struct fw_error *err)
{
    struct fw_column_builder *builder;
    FW_ALLOC(builder, mem, 1, "the columns of a table", err);
    builder->mem = mem;
    builder->name = name;
    builder->options = options;
    enum fw_status status = fw_missing_set_init(&builder->missing, options->missing, options->n_missing, err);
    if (status != FW_OK) {
        fw_column_builder_destroy(builder);
        return status;
    }
    *out = builder;
    return FW_OK;
}

void fw_column_builder_destroy(struct fw_column_builder *builder)
{
    if (builder == NULL)
        return;
    for (int64_t c = 0; c < builder->n_columns; c++) {
        struct column *column = &builder->columns[c];
        fw_free(builder->mem, column->numbers);
        fw_free(builder->mem, column->codes);
        fw_dictionary_destroy(column->dictionary);
        fw_free(builder->mem, column->name);
    }
    fw_free(builder->mem, builder->columns);
    fw_free(builder->mem, builder);
}

/* Whether the user wants the column as text, by name or by position. */
static bool is_text_column(const struct fw_table_options *options, const char *name, int64_t position)
{
    for (int64_t i = 0; i < options->n_text_columns; i++) {
        int64_t number;
        if (strcmp(options->text_columns[i], name) == 0 ||
            (fw_text_to_int(fw_text_of(options->text_columns[i]), &number) && number == position))
            return true;
    }
    return false;
}

enum fw_status fw_column_builder_add_column(int64_t *column_out, struct fw_column_builder *builder, const char *name,
                                            size_t length, struct fw_error *err)
{
    if (builder->n_columns >= builder->options->max_columns)
        return fw_error_set(err, FW_E_INPUT, "%s: more than %lld columns; leave some out", builder->name,
                            (long long)builder->options->max_columns);
    FW_TRY(fw_reserve(builder->mem, &builder->columns, &builder->capacity, builder->n_columns + 1,
                      sizeof *builder->columns, err));
    struct column *column = &builder->columns[builder->n_columns];
    *column = (struct column){.name = fw_strndup(builder->mem, name, length)};
    if (column->name == NULL)
        return fw_error_nomem(err, builder->mem, "a column's name", (int64_t)length, 1);
    enum fw_status status = fw_dictionary_create(&column->dictionary, builder->mem, err);
    if (status != FW_OK) {
        fw_free(builder->mem, column->name);
        return status;
    }
    column->stays_text = is_text_column(builder->options, column->name, builder->n_columns + 1);
    *column_out = builder->n_columns++;
    return FW_OK;
}

int64_t fw_column_builder_n_columns(const struct fw_column_builder *builder)
{
    return builder->n_columns;
}

/* Room for more rows. Long columns grow by a quarter, so that what is reserved stays close to what is held. */
static enum fw_status reserve_rows(struct fw_allocator *mem, struct column *column, int64_t need, struct fw_error *err)
{
    if (need <= column->capacity)
        return FW_OK;
    int64_t wanted = column->capacity < 65536 ? 2 * column->capacity : column->capacity / 4 * 5;
    if (wanted < need)
        wanted = need;
    size_t size = column->dictionary != NULL ? sizeof *column->codes : sizeof *column->numbers;
    void *grown =
        fw_realloc_array(mem, column->dictionary != NULL ? (void *)column->codes : column->numbers, wanted, size);
    if (grown == NULL)
        return fw_error_nomem(err, mem, "a column", wanted, size);
    if (column->dictionary != NULL)
        column->codes = grown;
    else
        column->numbers = grown;
    column->capacity = wanted;
    return FW_OK;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A number that a double holds without losing what sets it apart. "007" and long digit strings are names of things. */
static bool to_quantity(struct fw_text text, double *value)
{
    if (!fw_text_to_double(text, value))
        return false;
    size_t first = text.data[0] == '-' || text.data[0] == '+';
    if (text.length > first + 1 && text.data[first] == '0' && is_digit(text.data[first + 1]))
        return false;
    if (fabs(*value) <= 0x1p53)
        return true;
    for (size_t i = first; i < text.length; i++) {
        if (!is_digit(text.data[i]))
            return true;
    }
    return false;
}

/* Codes become numbers, unless a text is no quantity: then the column stays text for good. */
static enum fw_status turn_to_numbers(struct fw_column_builder *builder, struct column *column, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_allocator *mem = builder->mem;
    int64_t size = fw_dictionary_size(column->dictionary);
    double *numbers = NULL;
    double *values = fw_alloc_array_raw(mem, size, sizeof *values);
    if (values == NULL)
        return fw_error_nomem(err, mem, "a column of numbers", size, sizeof *values);
    values[0] = NAN;
    for (int64_t code = 1; code < size; code++) {
        if (!to_quantity(fw_dictionary_text(column->dictionary, (uint32_t)code), &values[code])) {
            column->stays_text = true;
            goto done;
        }
    }
    numbers = fw_alloc_array_raw(mem, column->capacity, sizeof *numbers);
    if (numbers == NULL) {
        status = fw_error_nomem(err, mem, "a column of numbers", column->capacity, sizeof *numbers);
        goto done;
    }
    for (int64_t row = 0; row < column->n_rows; row++)
        numbers[row] = values[column->codes[row]];
    fw_free(mem, column->codes);
    fw_dictionary_destroy(column->dictionary);
    column->codes = NULL;
    column->dictionary = NULL;
    column->numbers = numbers;
done:
    fw_free(mem, values);
    return status;
}

static enum fw_status append_codes(struct fw_column_builder *builder, struct column *column,
                                   const struct fw_text *cells, int64_t n, const uint32_t *line_offsets,
                                   int64_t first_line, struct fw_error *err)
{
    uint32_t *codes = column->codes + column->n_rows;
    FW_TRY(
        fw_dictionary_add_many(codes, column->dictionary, cells, n, line_offsets, first_line, &builder->missing, err));
    int64_t n_missing = 0;
    for (int64_t i = 0; i < n; i++)
        n_missing += codes[i] == 0;
    column->n_missing += n_missing;
    return FW_OK;
}

static enum fw_status append_numbers(struct fw_column_builder *builder, struct column *column,
                                     const struct fw_text *cells, int64_t n, const uint32_t *line_offsets,
                                     int64_t first_line, int64_t *fault_line, struct fw_error *err)
{
    double *numbers = column->numbers + column->n_rows;
    for (int64_t i = 0; i < n; i++) {
        if (fw_missing_set_has(&builder->missing, cells[i])) {
            numbers[i] = NAN;
            column->n_missing++;
            continue;
        }
        if (to_quantity(cells[i], &numbers[i]))
            continue;
        *fault_line = first_line + line_offsets[i];
        return fw_error_set(err, FW_E_INPUT,
                            "%s:%lld: column '%s' has '%.*s', which is not a number as all %lld values above it are; "
                            "repair it, declare it missing with --missing, or declare the column categorical with "
                            "--categorical",
                            builder->name, (long long)*fault_line, column->name,
                            (int)(cells[i].length < 80 ? cells[i].length : 80), cells[i].data,
                            (long long)(column->n_rows + i - column->n_missing));
    }
    return FW_OK;
}

/* At most up to the next multiple of a block. */
static enum fw_status append_block(struct fw_column_builder *builder, struct column *column,
                                   const struct fw_text *cells, int64_t n, const uint32_t *line_offsets,
                                   int64_t first_line, int64_t *fault_line, struct fw_error *err)
{
    FW_TRY(reserve_rows(builder->mem, column, column->n_rows + n, err));
    if (column->dictionary == NULL)
        FW_TRY(append_numbers(builder, column, cells, n, line_offsets, first_line, fault_line, err));
    else
        FW_TRY(append_codes(builder, column, cells, n, line_offsets, first_line, err));
    column->n_rows += n;
    if (column->n_rows % FW_BUILDER_BLOCK != 0 || column->dictionary == NULL || column->stays_text)
        return FW_OK;
    int64_t entries = fw_dictionary_size(column->dictionary);
    if (entries <= NUMBERS_FROM_ENTRIES || entries <= column->n_rows / NUMBERS_FROM_SHARE)
        return FW_OK;
    return turn_to_numbers(builder, column, err);
}

enum fw_status fw_column_builder_append(struct fw_column_builder *builder, int64_t column_index,
                                        const struct fw_text *cells, int64_t n, const uint32_t *line_offsets,
                                        int64_t first_line, int64_t *fault_line_out, struct fw_error *err)
{
    struct column *column = &builder->columns[column_index];
    int64_t fault_line = 0;
    while (n > 0) {
        int64_t room = FW_BUILDER_BLOCK - column->n_rows % FW_BUILDER_BLOCK;
        int64_t take = n < room ? n : room;
        enum fw_status status = append_block(builder, column, cells, take, line_offsets, first_line, &fault_line, err);
        if (status != FW_OK) {
            if (fault_line_out != NULL)
                *fault_line_out = fault_line;
            return status;
        }
        cells += take;
        line_offsets += take;
        n -= take;
    }
    return FW_OK;
}

enum fw_status fw_column_builder_pad(struct fw_column_builder *builder, int64_t column, int64_t row,
                                     struct fw_text fill, int64_t line, struct fw_error *err)
{
    static const uint32_t same_line[FW_BUILDER_BLOCK];
    struct fw_text cells[FW_BUILDER_BLOCK];
    int64_t left = row - builder->columns[column].n_rows;
    if (left <= 0)
        return FW_OK;
    for (int64_t i = 0; i < FW_BUILDER_BLOCK; i++)
        cells[i] = fill;
    while (left > 0) {
        int64_t take = left < FW_BUILDER_BLOCK ? left : FW_BUILDER_BLOCK;
        FW_TRY(fw_column_builder_append(builder, column, cells, take, same_line, line, NULL, err));
        left -= take;
    }
    return FW_OK;
}

enum fw_status fw_column_builder_add(struct fw_column_builder *builder, int64_t column, int64_t row,
                                     struct fw_text text, int64_t line, struct fw_error *err)
{
    const uint32_t same_line = 0;
    int64_t n_rows = builder->columns[column].n_rows;
    if (row < n_rows)
        return fw_error_set(err, FW_E_ARG, "row %lld of column '%s' is there already (%lld rows)", (long long)row,
                            builder->columns[column].name, (long long)n_rows);
    FW_TRY(fw_column_builder_pad(builder, column, row, (struct fw_text){NULL, 0}, line, err));
    return fw_column_builder_append(builder, column, &text, 1, &same_line, line, NULL, err);
}

/* Gives back what was reserved for rows that did not come; a refusal costs only memory. */
static void shrink_rows(struct fw_allocator *mem, struct column *column)
{
    if (column->capacity == column->n_rows)
        return;
    size_t size = column->dictionary != NULL ? sizeof *column->codes : sizeof *column->numbers;
    void *block = column->dictionary != NULL ? (void *)column->codes : column->numbers;
    void *smaller = fw_realloc_array(mem, block, column->n_rows, size);
    if (smaller == NULL)
        return;
    if (column->dictionary != NULL)
        column->codes = smaller;
    else
        column->numbers = smaller;
    column->capacity = column->n_rows;
}

enum fw_status fw_column_builder_finish(struct fw_column_builder *builder, struct fw_table *table, int64_t n_rows,
                                        struct fw_error *err)
{
    for (int64_t c = 0; c < builder->n_columns; c++)
        FW_TRY(fw_column_builder_pad(builder, c, n_rows, (struct fw_text){NULL, 0}, 0, err));
    FW_ALLOC(table->columns, builder->mem, builder->n_columns, "the columns of a table", err);
    for (int64_t c = 0; c < builder->n_columns; c++) {
        struct column *column = &builder->columns[c];
        shrink_rows(builder->mem, column);
        if (column->dictionary != NULL)
            fw_dictionary_shrink(column->dictionary);
        table->columns[c] = (struct fw_table_column){
            .name = column->name,
            .storage = column->dictionary != NULL ? FW_STORED_CODES : FW_STORED_NUMBERS,
            .codes = column->codes,
            .dictionary = column->dictionary,
            .numbers = column->numbers,
            .n_missing = column->n_missing,
        };
    }
    table->n_columns = builder->n_columns;
    table->n_rows = n_rows;
    builder->n_columns = 0; /* their arrays belong to the table now */
    return FW_OK;
}
