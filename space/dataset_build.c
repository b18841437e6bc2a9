#include "space/dataset_build.h"

#include <math.h>
#include <string.h>

#include "core/par.h"
#include "core/rng.h"

struct build {
    const struct fw_encoder *encoder;
    const struct fw_schema *schema;
    const struct fw_dataset_source *sources;
    int32_t n_sources;
    struct fw_dataset *dataset;
};

static int32_t fold_of_row(const struct fw_dataset_source *source, int64_t row)
{
    return source->folds != NULL ? source->folds[row] : source->fold;
}

/* Counts rows a fold, then lists the rows of each fold in the order of the sources. */
static enum fw_status place_rows(struct build *b, struct fw_error *err)
{
    struct fw_dataset *d = b->dataset;
    FW_ALLOC(d->fold_start, d->mem, d->n_folds + 1, "the folds", err);
    for (int32_t s = 0; s < b->n_sources; s++) {
        for (int64_t row = 0; row < b->sources[s].table->n_rows; row++) {
            int32_t fold = fold_of_row(&b->sources[s], row);
            if (fold >= 0)
                d->fold_start[fold + 1]++;
        }
    }
    for (int32_t k = 0; k < d->n_folds; k++)
        d->fold_start[k + 1] += d->fold_start[k];
    d->n_rows = d->fold_start[d->n_folds];
    int64_t *next;
    FW_ALLOC(next, d->mem, d->n_folds, "the folds", err);
    memcpy(next, d->fold_start, (size_t)d->n_folds * sizeof *next);
    d->source_row = fw_alloc_array_raw(d->mem, d->n_rows, sizeof *d->source_row);
    if (d->source_row == NULL) {
        fw_free(d->mem, next);
        return fw_error_nomem(err, d->mem, "the order of rows", d->n_rows, sizeof *d->source_row);
    }
    int64_t before = 0;
    for (int32_t s = 0; s < b->n_sources; s++) {
        for (int64_t row = 0; row < b->sources[s].table->n_rows; row++) {
            int32_t fold = fold_of_row(&b->sources[s], row);
            if (fold >= 0)
                d->source_row[next[fold]++] = before + row;
        }
        before += b->sources[s].table->n_rows;
    }
    fw_free(d->mem, next);
    return FW_OK;
}

static void shuffle_folds(struct fw_dataset *d, uint64_t seed)
{
    for (int32_t k = 0; k < d->n_folds; k++) {
        struct fw_rng rng;
        fw_rng_seed(&rng, seed, fw_stream(0, (uint64_t)k, FW_STREAM_ORDER));
        int64_t *rows = d->source_row + d->fold_start[k];
        for (int64_t i = d->fold_start[k + 1] - d->fold_start[k] - 1; i > 0; i--) {
            int64_t j = (int64_t)fw_rng_below(&rng, (uint64_t)i + 1);
            int64_t row = rows[i];
            rows[i] = rows[j];
            rows[j] = row;
        }
    }
}

/* Scatters per-row numbers of the sources into the order of the data set, as one of `stride` numbers a row. */
static void reorder(float *to, int32_t stride, const float *from, const struct fw_dataset *d)
{
    for (int64_t i = 0; i < d->n_rows; i++)
        to[i * stride] = from[d->source_row[i]];
}

/* Where a column of the schema is in a source; -1: not there. */
static int64_t column_at(const struct fw_dataset_source *source, int64_t column)
{
    return source->column_of != NULL ? source->column_of[column] : column;
}

/* One task's labels of all sources, then in the order of the data set. all: room for the rows of all sources. */
static enum fw_status build_task(struct build *b, int32_t task, float *all, struct fw_error *err)
{
    int64_t before = 0;
    for (int32_t s = 0; s < b->n_sources; s++) {
        const struct fw_table *table = b->sources[s].table;
        int64_t column = column_at(&b->sources[s], b->schema->tasks[task].column);
        for (int64_t row = 0; row < table->n_rows && column < 0; row++)
            all[before + row] = NAN;
        if (column >= 0)
            FW_TRY(fw_schema_labels(b->schema, task, table, column, all + before, err));
        before += table->n_rows;
    }
    reorder(b->dataset->labels + task, fw_dataset_tasks(b->dataset), all, b->dataset);
    return FW_OK;
}

static enum fw_status build_labels(struct build *b, struct fw_error *err)
{
    struct fw_dataset *d = b->dataset;
    enum fw_status status = FW_OK;
    float *all;
    int64_t total = 0;
    int64_t before = 0;
    for (int32_t s = 0; s < b->n_sources; s++)
        total += b->sources[s].table->n_rows;
    FW_ALLOC(all, d->mem, total, "the labels", err);
    for (int32_t t = 0; t < b->schema->n_tasks; t++)
        FW_TRY_GOTO(build_task(b, t, all, err), done);
    if (b->schema->weight < 0)
        goto done;
    FW_ALLOC_GOTO(d->weights, d->mem, d->n_rows, "the weights", err, done);
    for (int32_t s = 0; s < b->n_sources; s++) {
        int64_t column = column_at(&b->sources[s], b->schema->weight);
        FW_TRY_GOTO(fw_schema_weights(b->schema, b->sources[s].table, column, all + before, err), done);
        before += b->sources[s].table->n_rows;
    }
    reorder(d->weights, 1, all, d);
done:
    fw_free(d->mem, all);
    return status;
}

/* What each code of a column's dictionary becomes in each of its fields: (n_fields, codes). */
static enum fw_status map_codes(uint32_t **map_out, const struct fw_encoder *encoder,
                                const struct fw_column_encoder *column, const struct fw_table_column *from,
                                struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    int64_t size = fw_dictionary_size(from->dictionary);
    uint32_t *ids = NULL;
    uint32_t *map = NULL;
    FW_ALLOC_GOTO(ids, mem, column->n_fields, "the ids of a value", err, done);
    FW_ALLOC_GOTO(map, mem, size * column->n_fields, "the ids of a column's values", err, done);
    for (int64_t code = 0; code < size; code++) {
        fw_column_encoder_encode(column, encoder->separator, fw_dictionary_text(from->dictionary, (uint32_t)code),
                                 code == 0, ids);
        for (int32_t k = 0; k < column->n_fields; k++)
            map[k * size + code] = ids[k];
    }
    *map_out = map;
    map = NULL;
done:
    fw_free(mem, ids);
    fw_free(mem, map);
    return status;
}

/* Encodes one column's cells stored as numbers into its fields. */
static void encode_number(const struct fw_column_encoder *column, char separator, double value, uint32_t *ids)
{
    if (column->encoding == FW_ENCODE_NUMBER && !isnan(value)) {
        int64_t interval = fw_binning_interval(&column->binning, value);
        for (int32_t k = 0; k < column->n_fields; k++)
            ids[k] = column->binning.ids[k][interval];
        return;
    }
    char text[32];
    int n = isnan(value) ? 0 : fw_text_from_double(text, value);
    fw_column_encoder_encode(column, separator, (struct fw_text){text, (size_t)n}, n == 0, ids);
}

static void encode_missing(struct fw_field *field, const struct fw_dataset *d, const struct fw_dataset_source *source,
                           int64_t before)
{
    static const uint32_t missing = FW_ID_MISSING;
    for (int64_t i = 0; i < d->n_rows; i++) {
        int64_t row = d->source_row[i] - before;
        if (row >= 0 && row < source->table->n_rows)
            fw_field_write(field, i, 1, &missing);
    }
}

/* The rows of one source within the data set are not contiguous; rows of other sources are passed over. */
static enum fw_status encode_column(struct build *b, const struct fw_column_encoder *column,
                                    const struct fw_dataset_source *source, int64_t before, struct fw_error *err)
{
    struct fw_dataset *d = b->dataset;
    int64_t index = column_at(source, column->column);
    if (index < 0) { /* only a position may lack */
        encode_missing(&d->fields[column->first_field], d, source, before);
        return FW_OK;
    }
    const struct fw_table_column *from = &source->table->columns[index];
    enum fw_status status = FW_OK;
    uint32_t *map = NULL;
    uint32_t *ids = NULL;
    int64_t size = 0;
    if (from->storage == FW_STORED_CODES) {
        size = fw_dictionary_size(from->dictionary);
        FW_TRY(map_codes(&map, b->encoder, column, from, d->mem, err));
    }
    FW_ALLOC_GOTO(ids, d->mem, column->n_fields, "the ids of a value", err, done);
    for (int64_t i = 0; i < d->n_rows; i++) {
        int64_t row = d->source_row[i] - before;
        if (row < 0 || row >= source->table->n_rows)
            continue;
        if (map == NULL)
            encode_number(column, b->encoder->separator, from->numbers[row], ids);
        for (int32_t k = 0; k < column->n_fields; k++) {
            uint32_t id = map != NULL ? map[k * size + from->codes[row]] : ids[k];
            fw_field_write(&d->fields[column->first_field + k], i, 1, &id);
        }
    }
done:
    fw_free(d->mem, map);
    fw_free(d->mem, ids);
    return status;
}

static enum fw_status encode_columns(struct build *b, int threads, struct fw_error *err)
{
    struct fw_par_failure failure = {0};
    int32_t n = b->encoder->n_encoders;
    threads = fw_par_threads(threads);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int32_t c = 0; c < n; c++) {
        struct fw_error own = {0};
        int64_t before = 0;
        enum fw_status status = FW_OK;
        for (int32_t s = 0; s < b->n_sources && status == FW_OK; s++) {
            status = encode_column(b, &b->encoder->columns[c], &b->sources[s], before, &own);
            before += b->sources[s].table->n_rows;
        }
        fw_par_failure_note(&failure, c, status, &own);
    }
    return fw_par_failure_status(&failure, err);
}

static enum fw_status append_crosses(struct build *b, struct fw_error *err)
{
    for (int32_t x = 0; x < b->encoder->n_crosses; x++) {
        struct fw_field field;
        FW_TRY(fw_cross_map_apply(&field, b->encoder->crosses[x], b->dataset, b->dataset->mem, err));
        enum fw_status status = fw_dataset_append(b->dataset, &field, err);
        if (status != FW_OK) {
            fw_field_clear(&field, b->dataset->mem);
            return status;
        }
    }
    return FW_OK;
}

enum fw_status fw_dataset_build(struct fw_dataset **out, const struct fw_encoder *encoder,
                                const struct fw_schema *schema, const struct fw_dataset_source *sources,
                                int32_t n_sources, int32_t n_folds, int32_t n_judged, uint64_t seed, bool want_labels,
                                int threads, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_dataset *dataset;
    FW_ALLOC(dataset, mem, 1, "a data set", err);
    dataset->mem = mem;
    dataset->n_folds = n_folds;
    dataset->n_judged = n_judged;
    struct build b = {encoder, schema, sources, n_sources, dataset};
    dataset->n_tasks = schema->n_tasks;
    FW_TRY_GOTO(place_rows(&b, err), done);
    FW_ALLOC_GOTO(dataset->labels, mem, dataset->n_rows * fw_dataset_tasks(dataset), "the labels", err, done);
    if (want_labels) {
        shuffle_folds(dataset, seed);
        FW_TRY_GOTO(build_labels(&b, err), done);
    }
    for (int32_t f = 0; f < encoder->n_fields; f++) {
        struct fw_field field;
        FW_TRY_GOTO(fw_field_init(&field, encoder->fields[f].name, encoder->fields[f].n_ids, dataset->n_rows, mem, err),
                    done);
        field.kind = encoder->fields[f].kind;
        field.column = encoder->fields[f].column;
        status = fw_encoder_number_positions(&field, encoder, mem, err);
        if (status == FW_OK)
            status = fw_dataset_append(dataset, &field, err);
        if (status != FW_OK) {
            fw_field_clear(&field, mem);
            goto done;
        }
    }
    FW_TRY_GOTO(encode_columns(&b, threads, err), done);
    FW_TRY_GOTO(append_crosses(&b, err), done);
    *out = dataset;
    dataset = NULL;
done:
    fw_dataset_destroy(dataset);
    return status;
}

/* The scaled number of each code of a column's dictionary; code 0 is missing. */
static enum fw_status scale_codes(float **map_out, const struct fw_scaling *scaling, const struct fw_dictionary *texts,
                                  struct fw_allocator *mem, struct fw_error *err)
{
    int64_t size = fw_dictionary_size(texts);
    float *map;
    FW_ALLOC(map, mem, size, "the numbers of a column", err);
    for (int64_t code = 1; code < size; code++) {
        double value;
        if (fw_text_to_double(fw_dictionary_text(texts, (uint32_t)code), &value))
            map[code] = fw_scaling_apply(scaling, value);
    }
    *map_out = map;
    return FW_OK;
}

/* As encode_column: rows of other sources are passed over. */
static enum fw_status scale_column(float *to, const struct fw_dataset *d, const struct fw_column_encoder *column,
                                   const struct fw_dataset_source *source, int64_t before, struct fw_error *err)
{
    const struct fw_table_column *from = &source->table->columns[column_at(source, column->column)];
    float *map = NULL;
    if (from->storage == FW_STORED_CODES)
        FW_TRY(scale_codes(&map, &column->scaling, from->dictionary, d->mem, err));
    for (int64_t i = 0; i < d->n_rows; i++) {
        int64_t row = d->source_row[i] - before;
        if (row < 0 || row >= source->table->n_rows)
            continue;
        to[i] = map != NULL ? map[from->codes[row]] : fw_scaling_apply(&column->scaling, from->numbers[row]);
    }
    fw_free(d->mem, map);
    return FW_OK;
}

enum fw_status fw_dataset_build_values(struct fw_dataset *dataset, const struct fw_encoder *encoder,
                                       const struct fw_dataset_source *sources, int32_t n_sources, int threads,
                                       struct fw_error *err)
{
    struct fw_par_failure failure = {0};
    FW_TRY(fw_encoder_append_values(dataset, encoder, err));
    threads = fw_par_threads(threads);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int32_t c = 0; c < encoder->n_encoders; c++) {
        const struct fw_column_encoder *column = &encoder->columns[c];
        struct fw_error own = {0};
        int64_t before = 0;
        enum fw_status status = FW_OK;
        for (int32_t s = 0; column->value >= 0 && s < n_sources && status == FW_OK; s++) {
            status = scale_column(dataset->values[column->value].values, dataset, column, &sources[s], before, &own);
            before += sources[s].table->n_rows;
        }
        fw_par_failure_note(&failure, c, status, &own);
    }
    return fw_par_failure_status(&failure, err);
}
