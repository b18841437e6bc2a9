#include "space/encoder.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/par.h"

/* Rows that a binning looks at: quantiles of a million rows are as good as those of all. */
#define BINNING_SAMPLE (INT64_C(1) << 20)

void fw_encoder_options_init(struct fw_encoder_options *options)
{
    *options = (struct fw_encoder_options){
        .binning = FW_BINNING_FREQUENCY,
        .bins = {20, 200},
        .n_granularities = 2,
        .min_count = 2,
        .sequence_items = 32,
    };
}

/* Training rows with each code of a column stored as codes. */
static enum fw_status count_codes(int64_t **counts_out, const struct fw_table *table,
                                  const struct fw_table_column *column, const int32_t *folds, int32_t first_fold,
                                  struct fw_allocator *mem, struct fw_error *err)
{
    int64_t *counts;
    FW_ALLOC(counts, mem, fw_dictionary_size(column->dictionary), "counting the values of a column", err);
    for (int64_t row = 0; row < table->n_rows; row++)
        counts[column->codes[row]] += folds[row] >= first_fold;
    *counts_out = counts;
    return FW_OK;
}

/* A column of numbers that is to be treated as categories gets a dictionary of its texts first. */
static enum fw_status categories_of_numbers(struct fw_dictionary **texts_out, int64_t **counts_out,
                                            const struct fw_table *table, int64_t column, const int32_t *folds,
                                            int32_t first_fold, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_dictionary *texts = NULL;
    int64_t *counts = NULL;
    int64_t capacity = 0;
    char scratch[32];
    FW_TRY_GOTO(fw_dictionary_create(&texts, mem, err), done);
    for (int64_t row = 0; row < table->n_rows; row++) {
        if (folds[row] < first_fold || isnan(table->columns[column].numbers[row]))
            continue;
        uint32_t code;
        int64_t before = fw_dictionary_size(texts);
        FW_TRY_GOTO(fw_dictionary_add(&code, texts, fw_table_text(table, column, row, scratch), 0, err), done);
        FW_TRY_GOTO(fw_reserve(mem, &counts, &capacity, (int64_t)code + 1, sizeof *counts, err), done);
        counts[code] = code >= before ? 1 : counts[code] + 1;
    }
    *texts_out = texts;
    *counts_out = counts;
    return FW_OK;
done:
    fw_dictionary_destroy(texts);
    fw_free(mem, counts);
    return status;
}

static enum fw_status learn_categories(struct fw_column_encoder *encoder, const struct fw_table *table, int64_t at,
                                       const int32_t *folds, int32_t first_fold,
                                       const struct fw_encoder_options *options, struct fw_allocator *mem,
                                       struct fw_error *err)
{
    const struct fw_table_column *column = &table->columns[at];
    struct fw_dictionary *made = NULL;
    const struct fw_dictionary *texts = column->dictionary;
    int64_t *counts = NULL;
    if (column->storage == FW_STORED_NUMBERS) {
        FW_TRY(categories_of_numbers(&made, &counts, table, at, folds, first_fold, mem, err));
        texts = made;
    } else {
        FW_TRY(count_codes(&counts, table, column, folds, first_fold, mem, err));
    }
    enum fw_status status =
        fw_vocabulary_learn(&encoder->vocabulary, texts, counts, options->min_count, options->max_ids, mem, err);
    fw_free(mem, counts);
    fw_dictionary_destroy(made);
    encoder->n_fields = 1;
    return status;
}

/* The training values of a numeric column, at most about BINNING_SAMPLE of them, evenly spaced. */
static enum fw_status sample_numbers(double **values_out, int64_t *n_out, const struct fw_table *table,
                                     int64_t column_index, const int32_t *folds, int32_t first_fold,
                                     struct fw_allocator *mem, struct fw_error *err)
{
    const struct fw_table_column *column = &table->columns[column_index];
    enum fw_status status = FW_OK;
    double *of_code = NULL;
    double *values = NULL;
    int64_t step = (table->n_rows + BINNING_SAMPLE - 1) / BINNING_SAMPLE;
    step = step > 0 ? step : 1;
    int64_t n = 0;
    if (column->storage == FW_STORED_CODES) {
        int64_t size = fw_dictionary_size(column->dictionary);
        FW_ALLOC_GOTO(of_code, mem, size, "the numbers of a column", err, done);
        for (int64_t code = 0; code < size; code++) {
            if (code == 0 || !fw_text_to_double(fw_dictionary_text(column->dictionary, (uint32_t)code), &of_code[code]))
                of_code[code] = NAN;
        }
    }
    FW_ALLOC_GOTO(values, mem, table->n_rows / step + 1, "the numbers of a column", err, done);
    for (int64_t row = 0; row < table->n_rows; row += step) {
        double value = of_code != NULL ? of_code[column->codes[row]] : column->numbers[row];
        if (folds[row] >= first_fold && !isnan(value))
            values[n++] = value;
    }
    *values_out = values;
    *n_out = n;
    values = NULL;
done:
    fw_free(mem, of_code);
    fw_free(mem, values);
    return status;
}

static const struct fw_frozen_binning *find_frozen(const struct fw_encoder_options *options, const char *column)
{
    for (int32_t i = 0; i < options->n_frozen; i++) {
        if (strcmp(options->frozen[i].column, column) == 0)
            return &options->frozen[i];
    }
    return NULL;
}

static enum fw_status learn_numbers(struct fw_column_encoder *encoder, const struct fw_table *table, int64_t at,
                                    const char *name, const int32_t *folds, int32_t first_fold,
                                    const struct fw_encoder_options *options, struct fw_allocator *mem,
                                    struct fw_error *err)
{
    const struct fw_frozen_binning *frozen = find_frozen(options, name);
    enum fw_status status;
    double *values = NULL;
    int64_t n = 0;
    FW_TRY(sample_numbers(&values, &n, table, at, folds, first_fold, mem, err));
    fw_scaling_learn(&encoder->scaling, values, n); /* before they are sorted: frozen bins or not, the same bits */
    if (frozen != NULL)
        status = fw_binning_from_cuts(&encoder->binning, frozen->bins, (const double *const *)frozen->cuts,
                                      frozen->n_cuts, frozen->n_granularities, mem, err);
    else
        status = fw_binning_learn(&encoder->binning, options->binning, values, n, options->bins,
                                  options->n_granularities, mem, err);
    fw_free(mem, values);
    encoder->n_fields = encoder->binning.n_granularities;
    return status;
}

/* Calls for each item of a sequence cell; returns their number. */
static int64_t next_item(struct fw_text *rest, char separator, struct fw_text *item)
{
    if (rest->data == NULL)
        return 0;
    const char *end = rest->length > 0 ? memchr(rest->data, separator, rest->length) : NULL;
    size_t length = end != NULL ? (size_t)(end - rest->data) : rest->length;
    *item = fw_text_trim((struct fw_text){rest->data, length});
    *rest = end != NULL ? (struct fw_text){end + 1, rest->length - length - 1} : (struct fw_text){NULL, 0};
    return 1;
}

static enum fw_status learn_sequence(struct fw_column_encoder *encoder, const struct fw_table *table, int64_t at,
                                     const int32_t *folds, int32_t first_fold, char separator,
                                     const struct fw_encoder_options *options, struct fw_allocator *mem,
                                     struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct fw_table_column *column = &table->columns[at];
    struct fw_dictionary *items = NULL;
    int64_t *item_rows = NULL;
    int64_t *counts = NULL;
    int64_t capacity = 0;
    FW_TRY(count_codes(&counts, table, column, folds, first_fold, mem, err));
    FW_TRY_GOTO(fw_dictionary_create(&items, mem, err), done);
    for (int64_t code = 1; code < fw_dictionary_size(column->dictionary); code++) {
        struct fw_text rest = fw_dictionary_text(column->dictionary, (uint32_t)code);
        struct fw_text item;
        while (next_item(&rest, separator, &item)) {
            uint32_t number;
            if (item.length == 0)
                continue;
            int64_t before = fw_dictionary_size(items);
            FW_TRY_GOTO(fw_dictionary_add(&number, items, item, 0, err), done);
            FW_TRY_GOTO(fw_reserve(mem, &item_rows, &capacity, (int64_t)number + 1, sizeof *item_rows, err), done);
            item_rows[number] = (number >= before ? 0 : item_rows[number]) + counts[code];
        }
    }
    FW_TRY_GOTO(fw_vocabulary_learn(&encoder->vocabulary, items, item_rows, options->min_count, options->sequence_items,
                                    mem, err),
                done);
    encoder->n_fields = 1 + (int32_t)(fw_vocabulary_size(encoder->vocabulary) - FW_ID_FIRST);
done:
    fw_dictionary_destroy(items);
    fw_free(mem, item_rows);
    fw_free(mem, counts);
    return status;
}

/* A position as it stands in the vocabulary: numbers in one form, so that "1.0" is "1". */
static struct fw_text position_text(struct fw_text text, char scratch[32])
{
    double value;
    if (!fw_text_to_double(text, &value))
        return text;
    return (struct fw_text){scratch, (size_t)fw_text_from_double(scratch, value == 0 ? 0 : value)}; /* no -0 */
}

/* Every position of the training rows gets an id, however rare: to a model it is a place, not a text to generalise
 * over. */
static enum fw_status learn_position(struct fw_column_encoder *encoder, const struct fw_table *table, int64_t at,
                                     const int32_t *folds, int32_t first_fold, struct fw_allocator *mem,
                                     struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_dictionary *texts = NULL;
    int64_t *counts = NULL;
    int64_t capacity = 0;
    FW_TRY_GOTO(fw_dictionary_create(&texts, mem, err), done);
    for (int64_t row = 0; row < table->n_rows; row++) {
        char cell[32];
        char scratch[32];
        uint32_t code;
        struct fw_text text = fw_table_text(table, at, row, cell);
        if (folds[row] < first_fold || text.length == 0)
            continue;
        int64_t before = fw_dictionary_size(texts);
        FW_TRY_GOTO(fw_dictionary_add(&code, texts, position_text(text, scratch), 0, err), done);
        FW_TRY_GOTO(fw_reserve(mem, &counts, &capacity, (int64_t)code + 1, sizeof *counts, err), done);
        counts[code] = code >= before ? 1 : counts[code] + 1;
    }
    FW_TRY_GOTO(fw_vocabulary_learn(&encoder->vocabulary, texts, counts, 1, 0, mem, err), done);
    encoder->n_fields = 1;
done:
    fw_dictionary_destroy(texts);
    fw_free(mem, counts);
    return status;
}

static enum fw_status learn_column(struct fw_column_encoder *encoder, const struct fw_table *table,
                                   const int64_t *columns, const struct fw_schema *schema, const int32_t *folds,
                                   int32_t first_fold, const struct fw_encoder_options *options,
                                   struct fw_allocator *mem, struct fw_error *err)
{
    int64_t at = columns != NULL ? columns[encoder->column] : encoder->column;
    switch (encoder->encoding) {
    case FW_ENCODE_CATEGORY:
        return learn_categories(encoder, table, at, folds, first_fold, options, mem, err);
    case FW_ENCODE_NUMBER:
        return learn_numbers(encoder, table, at, schema->columns[encoder->column].name, folds, first_fold, options, mem,
                             err);
    case FW_ENCODE_SEQUENCE:
        return learn_sequence(encoder, table, at, folds, first_fold, schema->separator, options, mem, err);
    case FW_ENCODE_POSITION:
        return learn_position(encoder, table, at, folds, first_fold, mem, err);
    }
    return FW_OK;
}

/* Lengths of sequences: 0, 1, .. up to this, all longer ones together. */
#define LONGEST_LENGTH 20

static enum fw_status name_field(struct fw_field_info *info, const struct fw_column_encoder *column, int32_t k,
                                 const char *name, struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_buffer text;
    fw_buffer_init(&text, mem);
    fw_buffer_add_text(&text, name);
    switch (column->encoding) {
    case FW_ENCODE_CATEGORY:
        info->kind = FW_FIELD_CATEGORY;
        info->n_ids = fw_vocabulary_size(column->vocabulary);
        break;
    case FW_ENCODE_NUMBER:
        info->kind = FW_FIELD_BINS;
        info->n_ids = column->binning.n_ids[k];
        fw_buffer_addf(&text, "@%d", column->binning.bins[k]);
        break;
    case FW_ENCODE_SEQUENCE:
        info->kind = FW_FIELD_ITEM;
        if (k == 0) {
            info->n_ids = FW_ID_FIRST + LONGEST_LENGTH + 1;
            fw_buffer_add_text(&text, "~length");
        } else {
            struct fw_text item = fw_vocabulary_text(column->vocabulary, (uint32_t)(FW_ID_FIRST + k - 1));
            info->n_ids = FW_ID_FIRST + 2;
            fw_buffer_add_text(&text, "~");
            fw_buffer_add(&text, item.data, item.length);
        }
        break;
    case FW_ENCODE_POSITION:
        info->kind = FW_FIELD_POSITION;
        info->n_ids = fw_vocabulary_size(column->vocabulary);
        break;
    }
    info->column = column->column;
    enum fw_status status = fw_buffer_check(&text, err);
    info->name = text.data;
    return status;
}

/* Lays the fields and values of all columns in a row and names the fields. names: (n_columns) of the schema; NULL: to
 * be given later. */
static enum fw_status lay_out_fields(struct fw_encoder *encoder, char *const *names, struct fw_error *err)
{
    int64_t total = 0;
    for (int32_t c = 0; c < encoder->n_encoders; c++) {
        encoder->columns[c].first_field = (int32_t)total;
        encoder->columns[c].value = encoder->columns[c].encoding == FW_ENCODE_NUMBER ? encoder->n_values++ : -1;
        total += encoder->columns[c].n_fields;
    }
    FW_ALLOC(encoder->fields, encoder->mem, total, "the fields", err);
    for (int32_t c = 0; c < encoder->n_encoders; c++) {
        const struct fw_column_encoder *column = &encoder->columns[c];
        for (int32_t k = 0; k < column->n_fields; k++)
            FW_TRY(name_field(&encoder->fields[encoder->n_fields++], column, k,
                              names != NULL ? names[column->column] : "", encoder->mem, err));
    }
    return FW_OK;
}

static enum fw_status create_columns(struct fw_encoder *encoder, const struct fw_table *table, const int64_t *columns,
                                     const struct fw_schema *schema, bool want_position, struct fw_error *err)
{
    FW_ALLOC(encoder->columns, encoder->mem, schema->n_columns, "the column encoders", err);
    for (int64_t c = 0; c < schema->n_columns; c++) {
        if (schema->columns[c].role != FW_ROLE_FEATURE)
            continue;
        struct fw_column_encoder *column = &encoder->columns[encoder->n_encoders++];
        column->column = c;
        column->encoding = schema->columns[c].type == FW_TYPE_NUMERIC    ? FW_ENCODE_NUMBER
                           : schema->columns[c].type == FW_TYPE_SEQUENCE ? FW_ENCODE_SEQUENCE
                                                                         : FW_ENCODE_CATEGORY;
        if (column->encoding == FW_ENCODE_SEQUENCE &&
            table->columns[columns != NULL ? columns[c] : c].storage == FW_STORED_NUMBERS)
            column->encoding = FW_ENCODE_CATEGORY; /* plain numbers hold no separator */
    }
    if (encoder->n_encoders == 0)
        return fw_error_set(err, FW_E_INPUT,
                            "%s: no column is left to learn from: all are ignored, constant or id-like; name those to "
                            "keep with --categorical or --numeric",
                            table->path);
    if (want_position && schema->position >= 0) {
        struct fw_column_encoder *column = &encoder->columns[encoder->n_encoders++];
        column->column = schema->position;
        column->encoding = FW_ENCODE_POSITION;
    }
    return FW_OK;
}

enum fw_status fw_encoder_learn(struct fw_encoder **out, const struct fw_table *table, const int64_t *columns,
                                const struct fw_schema *schema, const int32_t *folds, int32_t first_train_fold,
                                const struct fw_encoder_options *options, int threads, struct fw_allocator *mem,
                                struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_encoder *encoder;
    char **names = NULL;
    FW_ALLOC(encoder, mem, 1, "an encoder", err);
    encoder->mem = mem;
    encoder->n_columns = schema->n_columns;
    encoder->separator = schema->separator;
    FW_TRY_GOTO(create_columns(encoder, table, columns, schema, options->position, err), done);
    struct fw_par_failure failure = {0};
    threads = fw_par_threads(threads);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int32_t c = 0; c < encoder->n_encoders; c++) {
        struct fw_error own = {0};
        fw_par_failure_note(&failure, c,
                            learn_column(&encoder->columns[c], table, columns, schema, folds, first_train_fold, options,
                                         mem, &own),
                            &own);
    }
    FW_TRY_GOTO(fw_par_failure_status(&failure, err), done);
    FW_ALLOC_GOTO(names, mem, schema->n_columns, "column names", err, done);
    for (int64_t c = 0; c < schema->n_columns; c++)
        names[c] = schema->columns[c].name;
    FW_TRY_GOTO(lay_out_fields(encoder, names, err), done);
    *out = encoder;
    encoder = NULL;
done:
    fw_free(mem, names);
    fw_encoder_destroy(encoder);
    return status;
}

void fw_encoder_destroy(struct fw_encoder *encoder)
{
    if (encoder == NULL)
        return;
    for (int32_t c = 0; c < encoder->n_encoders; c++) {
        fw_vocabulary_destroy(encoder->columns[c].vocabulary);
        if (encoder->columns[c].binning.n_granularities > 0)
            fw_binning_clear(&encoder->columns[c].binning);
    }
    for (int32_t f = 0; f < encoder->n_fields; f++)
        fw_free(encoder->mem, encoder->fields[f].name);
    for (int32_t x = 0; x < encoder->n_crosses; x++)
        fw_cross_map_destroy(encoder->crosses[x]);
    fw_free(encoder->mem, encoder->columns);
    fw_free(encoder->mem, encoder->fields);
    fw_free(encoder->mem, encoder->crosses);
    fw_free(encoder->mem, encoder);
}

void fw_encoder_keep_fields(struct fw_encoder *encoder, struct fw_dataset *dataset, const bool *keep)
{
    int32_t kept = 0;
    for (int32_t c = 0; c < encoder->n_encoders; c++) {
        struct fw_column_encoder *column = &encoder->columns[c];
        uint32_t bits = 0;
        int32_t first = kept;
        for (int32_t k = 0; k < column->n_fields; k++) {
            int32_t f = column->first_field + k;
            if (column->encoding == FW_ENCODE_NUMBER && !keep[f]) {
                fw_free(encoder->mem, encoder->fields[f].name);
                fw_field_clear(&dataset->fields[f], dataset->mem);
                continue;
            }
            bits |= UINT32_C(1) << (k & 31);
            encoder->fields[kept] = encoder->fields[f];
            dataset->fields[kept] = dataset->fields[f];
            kept++;
        }
        if (column->encoding == FW_ENCODE_NUMBER)
            fw_binning_keep(&column->binning, bits);
        column->first_field = first;
        column->n_fields = kept - first;
    }
    encoder->n_fields = kept;
    dataset->n_fields = kept;
}

const struct fw_column_encoder *fw_encoder_position(const struct fw_encoder *encoder)
{
    const struct fw_column_encoder *last = &encoder->columns[encoder->n_encoders - 1];
    return last->encoding == FW_ENCODE_POSITION ? last : NULL;
}

enum fw_status fw_encoder_number_positions(struct fw_field *field, const struct fw_encoder *encoder,
                                           struct fw_allocator *mem, struct fw_error *err)
{
    const struct fw_column_encoder *column = fw_encoder_position(encoder);
    if (field->kind != FW_FIELD_POSITION)
        return FW_OK;
    FW_ALLOC(field->positions, mem, field->n_ids, "the numbers of positions", err);
    for (int64_t id = 0; id < field->n_ids; id++) {
        if (id < FW_ID_FIRST ||
            !fw_text_to_double(fw_vocabulary_text(column->vocabulary, (uint32_t)id), &field->positions[id]))
            field->positions[id] = (double)NAN;
    }
    return FW_OK;
}

int32_t fw_encoder_find_field(const struct fw_encoder *encoder, const char *name)
{
    for (int32_t f = 0; f < encoder->n_fields; f++) {
        if (strcmp(encoder->fields[f].name, name) == 0)
            return f;
    }
    return -1;
}

enum fw_status fw_encoder_adopt_cross(struct fw_encoder *encoder, struct fw_cross_map *map, struct fw_error *err)
{
    struct fw_cross_map **grown =
        fw_realloc_array(encoder->mem, encoder->crosses, encoder->n_crosses + 1, sizeof *grown);
    if (grown == NULL) {
        fw_cross_map_destroy(map);
        return fw_error_nomem(err, encoder->mem, "the list of crosses", encoder->n_crosses + 1, sizeof *grown);
    }
    encoder->crosses = grown;
    encoder->crosses[encoder->n_crosses++] = map;
    return FW_OK;
}

enum fw_status fw_encoder_add_cross(struct fw_encoder *encoder, struct fw_dataset *dataset,
                                    const struct fw_cross *cross, const struct fw_cross_options *options,
                                    struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_cross_map *map = NULL;
    struct fw_field field = {0};
    FW_TRY(fw_cross_map_learn(&map, dataset, cross, options, encoder->mem, err));
    FW_TRY_GOTO(fw_cross_map_apply(&field, map, dataset, dataset->mem, err), done);
    FW_TRY_GOTO(fw_dataset_append(dataset, &field, err), done);
    struct fw_cross_map *adopted = map;
    map = NULL;
    FW_TRY_GOTO(fw_encoder_adopt_cross(encoder, adopted, err), done);
done:
    fw_field_clear(&field, dataset->mem);
    fw_cross_map_destroy(map);
    return status;
}

static void encode_sequence(const struct fw_column_encoder *column, char separator, struct fw_text cell, bool missing,
                            uint32_t *ids)
{
    for (int32_t k = 0; k < column->n_fields; k++)
        ids[k] = missing ? FW_ID_MISSING : FW_ID_FIRST;
    if (missing)
        return;
    struct fw_text item;
    uint32_t length = 0;
    while (next_item(&cell, separator, &item)) {
        if (item.length == 0)
            continue;
        length++;
        uint32_t id = fw_vocabulary_id(column->vocabulary, item);
        if (id != FW_ID_UNKNOWN)
            ids[1 + id - FW_ID_FIRST] = FW_ID_FIRST + 1;
    }
    ids[0] = FW_ID_FIRST + (length < LONGEST_LENGTH ? length : LONGEST_LENGTH);
}

/* NaN: missing, or no number. */
static double number_of(struct fw_text cell, bool missing)
{
    double value;
    return !missing && fw_text_to_double(cell, &value) ? value : NAN;
}

static void encode_number(const struct fw_column_encoder *column, double value, uint32_t *ids)
{
    int64_t interval = isnan(value) ? -1 : fw_binning_interval(&column->binning, value);
    for (int32_t k = 0; k < column->n_fields; k++)
        ids[k] = interval < 0 ? FW_ID_MISSING : column->binning.ids[k][interval];
}

void fw_column_encoder_encode(const struct fw_column_encoder *column, char separator, struct fw_text cell, bool missing,
                              uint32_t *ids)
{
    switch (column->encoding) {
    case FW_ENCODE_CATEGORY:
        ids[0] = missing ? FW_ID_MISSING : fw_vocabulary_id(column->vocabulary, cell);
        return;
    case FW_ENCODE_NUMBER:
        encode_number(column, number_of(cell, missing), ids);
        return;
    case FW_ENCODE_SEQUENCE:
        encode_sequence(column, separator, cell, missing, ids);
        return;
    case FW_ENCODE_POSITION: {
        char scratch[32];
        ids[0] = missing ? FW_ID_MISSING : fw_vocabulary_id(column->vocabulary, position_text(cell, scratch));
        return;
    }
    }
}

void fw_encoder_encode_row(const struct fw_encoder *encoder, const struct fw_text *cells, uint32_t *ids, float *values)
{
    for (int32_t c = 0; c < encoder->n_encoders; c++) {
        const struct fw_column_encoder *column = &encoder->columns[c];
        struct fw_text cell = cells[column->column];
        bool missing = cell.length == 0;
        if (column->encoding != FW_ENCODE_NUMBER) {
            fw_column_encoder_encode(column, encoder->separator, cell, missing, ids + column->first_field);
            continue;
        }
        double number = number_of(cell, missing);
        encode_number(column, number, ids + column->first_field);
        if (values != NULL)
            values[column->value] = fw_scaling_apply(&column->scaling, number);
    }
    for (int32_t x = 0; x < encoder->n_crosses; x++) {
        const struct fw_cross *cross = fw_cross_map_cross(encoder->crosses[x]);
        uint32_t members[FW_CROSS_MAX_ORDER];
        for (int32_t m = 0; m < cross->order; m++)
            members[m] = ids[cross->fields[m]];
        ids[encoder->n_fields + x] = fw_cross_map_id(encoder->crosses[x], members);
    }
}

/* The column's name is in those of its fields, "age@20": a read encoder knows no other. */
static size_t column_name_length(const char *field_name)
{
    const char *at = strrchr(field_name, '@');
    return at != NULL ? (size_t)(at - field_name) : strlen(field_name);
}

enum fw_status fw_encoder_append_values(struct fw_dataset *dataset, const struct fw_encoder *encoder,
                                        struct fw_error *err)
{
    assert(dataset->n_values == 0 && dataset->values == NULL);
    if (encoder->n_values == 0)
        return FW_OK;
    FW_ALLOC(dataset->values, dataset->mem, encoder->n_values, "the numeric columns", err);
    for (int32_t c = 0; c < encoder->n_encoders; c++) {
        const struct fw_column_encoder *column = &encoder->columns[c];
        if (column->encoding != FW_ENCODE_NUMBER)
            continue;
        const char *name = encoder->fields[column->first_field].name;
        struct fw_value_column *to = &dataset->values[dataset->n_values++];
        to->column = column->column;
        to->name = fw_strndup(dataset->mem, name, column_name_length(name));
        to->values = fw_alloc_array(dataset->mem, dataset->n_rows, sizeof *to->values);
        if (to->name == NULL || to->values == NULL)
            return fw_error_nomem(err, dataset->mem, "a numeric column", dataset->n_rows, sizeof *to->values);
    }
    return FW_OK;
}

enum fw_status fw_encoder_describe(struct fw_dataset **out, const struct fw_encoder *encoder, int64_t n_rows,
                                   struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_dataset *dataset;
    FW_ALLOC(dataset, mem, 1, "the fields of a model", err);
    dataset->mem = mem;
    dataset->n_rows = n_rows;
    for (int32_t f = 0; f < encoder->n_fields + encoder->n_crosses; f++) {
        struct fw_field field;
        const struct fw_cross_map *map = f < encoder->n_fields ? NULL : encoder->crosses[f - encoder->n_fields];
        char *name = NULL;
        if (map != NULL)
            FW_TRY_GOTO(fw_cross_name(&name, fw_cross_map_cross(map), dataset, mem, err), done);
        status = fw_field_init(&field, map != NULL ? name : encoder->fields[f].name,
                               map != NULL ? fw_cross_map_size(map) : encoder->fields[f].n_ids, n_rows, mem, err);
        fw_free(mem, name);
        if (status != FW_OK)
            goto done;
        field.kind = map != NULL ? FW_FIELD_CROSS : encoder->fields[f].kind;
        field.column = map != NULL ? -1 : encoder->fields[f].column;
        status = fw_encoder_number_positions(&field, encoder, mem, err);
        if (status == FW_OK)
            status = fw_dataset_append(dataset, &field, err);
        if (status != FW_OK) {
            fw_field_clear(&field, mem);
            goto done;
        }
    }
    FW_TRY_GOTO(fw_encoder_append_values(dataset, encoder, err), done);
    *out = dataset;
    dataset = NULL;
done:
    fw_dataset_destroy(dataset);
    return status;
}

void fw_encoder_write(const struct fw_encoder *encoder, struct fw_buffer *buffer)
{
    fw_bytes_put_u64(buffer, (uint64_t)encoder->n_columns);
    fw_bytes_put_u32(buffer, (uint32_t)(unsigned char)encoder->separator);
    fw_bytes_put_u32(buffer, (uint32_t)encoder->n_encoders);
    for (int32_t c = 0; c < encoder->n_encoders; c++) {
        const struct fw_column_encoder *column = &encoder->columns[c];
        fw_bytes_put_u32(buffer, (uint32_t)column->encoding);
        fw_bytes_put_u64(buffer, (uint64_t)column->column);
        if (column->encoding == FW_ENCODE_NUMBER) {
            fw_binning_write(&column->binning, buffer);
            fw_scaling_write(&column->scaling, buffer);
        } else {
            fw_vocabulary_write(column->vocabulary, buffer);
        }
    }
    for (int32_t f = 0; f < encoder->n_fields; f++)
        fw_bytes_put_text(buffer, fw_text_of(encoder->fields[f].name));
    fw_bytes_put_u32(buffer, (uint32_t)encoder->n_crosses);
    for (int32_t x = 0; x < encoder->n_crosses; x++)
        fw_cross_map_write(encoder->crosses[x], buffer);
}

static enum fw_status read_column(struct fw_column_encoder *column, int64_t n_columns, struct fw_bytes_reader *reader,
                                  struct fw_allocator *mem, struct fw_error *err)
{
    uint32_t encoding = 0;
    uint64_t index = 0;
    FW_TRY(fw_bytes_get_u32(&encoding, reader, err));
    FW_TRY(fw_bytes_get_u64(&index, reader, err));
    if (encoding > FW_ENCODE_POSITION || index >= (uint64_t)n_columns)
        return fw_bytes_corrupt(reader, err);
    column->encoding = (enum fw_column_encoding)encoding;
    column->column = (int64_t)index;
    if (column->encoding == FW_ENCODE_NUMBER) {
        FW_TRY(fw_binning_read(&column->binning, reader, mem, err));
        column->n_fields = column->binning.n_granularities;
        return fw_scaling_read(&column->scaling, reader, err);
    }
    FW_TRY(fw_vocabulary_read(&column->vocabulary, reader, mem, err));
    column->n_fields = column->encoding != FW_ENCODE_SEQUENCE
                           ? 1
                           : 1 + (int32_t)(fw_vocabulary_size(column->vocabulary) - FW_ID_FIRST);
    return FW_OK;
}

static enum fw_status read_columns(struct fw_encoder *encoder, struct fw_bytes_reader *reader, struct fw_error *err)
{
    uint64_t n_columns = 0;
    uint32_t separator = 0;
    uint32_t n_encoders = 0;
    FW_TRY(fw_bytes_get_u64(&n_columns, reader, err));
    FW_TRY(fw_bytes_get_u32(&separator, reader, err));
    FW_TRY(fw_bytes_get_u32(&n_encoders, reader, err));
    if (n_columns > INT32_MAX || separator > 255 || n_encoders < 1 || n_encoders > n_columns ||
        n_encoders > (reader->size - reader->at) / 12)
        return fw_bytes_corrupt(reader, err);
    encoder->n_columns = (int64_t)n_columns;
    encoder->separator = (char)(unsigned char)separator;
    FW_ALLOC(encoder->columns, encoder->mem, n_encoders, "the column encoders", err);
    for (uint32_t c = 0; c < n_encoders; c++) {
        encoder->n_encoders++;
        FW_TRY(read_column(&encoder->columns[c], encoder->n_columns, reader, encoder->mem, err));
        if (encoder->columns[c].encoding == FW_ENCODE_POSITION && (c == 0 || c + 1 < n_encoders))
            return fw_bytes_corrupt(reader, err);
    }
    return FW_OK;
}

/* Field names are in the file, so that they need no schema; sizes follow from the columns. */
static enum fw_status read_fields(struct fw_encoder *encoder, struct fw_bytes_reader *reader, struct fw_error *err)
{
    FW_TRY(lay_out_fields(encoder, NULL, err));
    for (int32_t f = 0; f < encoder->n_fields; f++) {
        struct fw_text name;
        FW_TRY(fw_bytes_get_text(&name, reader, err));
        fw_free(encoder->mem, encoder->fields[f].name);
        encoder->fields[f].name = fw_strndup(encoder->mem, name.data, name.length);
        if (encoder->fields[f].name == NULL)
            return fw_error_nomem(err, encoder->mem, "a field's name", (int64_t)name.length, 1);
    }
    return FW_OK;
}

static enum fw_status read_crosses(struct fw_encoder *encoder, struct fw_bytes_reader *reader, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    uint32_t n_crosses = 0;
    int64_t *n_ids;
    FW_ALLOC(n_ids, encoder->mem, encoder->n_fields, "the sizes of the fields", err);
    for (int32_t f = 0; f < encoder->n_fields; f++)
        n_ids[f] = encoder->fields[f].n_ids;
    FW_TRY_GOTO(fw_bytes_get_u32(&n_crosses, reader, err), done);
    for (uint32_t x = 0; x < n_crosses; x++) {
        struct fw_cross_map *map;
        FW_TRY_GOTO(fw_cross_map_read(&map, n_ids, encoder->n_fields, reader, encoder->mem, err), done);
        FW_TRY_GOTO(fw_encoder_adopt_cross(encoder, map, err), done);
    }
done:
    fw_free(encoder->mem, n_ids);
    return status;
}

enum fw_status fw_encoder_read(struct fw_encoder **out, struct fw_bytes_reader *reader, struct fw_allocator *mem,
                               struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_encoder *encoder;
    FW_ALLOC(encoder, mem, 1, "an encoder", err);
    encoder->mem = mem;
    FW_TRY_GOTO(read_columns(encoder, reader, err), done);
    FW_TRY_GOTO(read_fields(encoder, reader, err), done);
    FW_TRY_GOTO(read_crosses(encoder, reader, err), done);
    *out = encoder;
    encoder = NULL;
done:
    fw_encoder_destroy(encoder);
    return status;
}
