#include "models/file/scorer.h"

#include <math.h>

#include "space/dictionary.h"

enum fw_status fw_score_table(float *outputs, const struct fw_bundle *bundle, const struct fw_table *table,
                              const int64_t *column_of, int threads, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_dataset *dataset = NULL;
    void *scratch = NULL;
    struct fw_dataset_source source = {.table = table, .column_of = column_of};
    FW_TRY_GOTO(fw_dataset_build(&dataset, bundle->encoder, bundle->plan->schema, &source, 1, 1, 1, 0, false, threads,
                                 mem, err),
                done);
    if (bundle->model->vtable->build != NULL)
        FW_TRY_GOTO(fw_dataset_build_values(dataset, bundle->encoder, &source, 1, threads, err), done);
    FW_TRY_GOTO(fw_model_check(bundle->model, dataset, err), done);
    scratch = fw_alloc_array(mem, (int64_t)fw_model_predict_bytes(bundle->model), 1);
    if (scratch == NULL) {
        status = fw_error_nomem(err, mem, "scoring", (int64_t)fw_model_predict_bytes(bundle->model), 1);
        goto done;
    }
    struct fw_dataset_view all = {.dataset = dataset, .n = dataset->n_rows};
    fw_model_predict(bundle->model, outputs, &all, scratch);
    for (int64_t i = 0; bundle->model->n_outputs == 1 && i < dataset->n_rows; i++)
        outputs[i] = (float)(bundle->scale * (double)outputs[i] + bundle->shift);
done:
    fw_free(mem, scratch);
    fw_dataset_destroy(dataset);
    return status;
}

struct fw_row_scorer {
    const struct fw_bundle *bundle;
    struct fw_dataset *row; /* of one row */
    uint32_t *ids;          /* (fields) */
    float *values;          /* (numeric columns); NULL: the model reads none */
    struct fw_text *cells;  /* (columns of the schema) with missing markers emptied */
    struct fw_missing_set missing;
    float *outputs; /* (outputs of the model) */
    void *scratch;
    struct fw_allocator *mem;
};

enum fw_status fw_row_scorer_create(struct fw_row_scorer **out, const struct fw_bundle *bundle,
                                    struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_row_scorer *scorer;
    int32_t n_fields = bundle->encoder->n_fields + bundle->encoder->n_crosses;
    FW_ALLOC(scorer, mem, 1, "a scorer", err);
    scorer->mem = mem;
    scorer->bundle = bundle;
    FW_ALLOC_GOTO(scorer->outputs, mem, bundle->model->n_outputs, "a scorer", err, done);
    FW_ALLOC_GOTO(scorer->ids, mem, n_fields, "a scorer", err, done);
    if (bundle->model->vtable->build != NULL)
        FW_ALLOC_GOTO(scorer->values, mem, bundle->encoder->n_values, "a scorer", err, done);
    FW_ALLOC_GOTO(scorer->cells, mem, bundle->plan->schema->n_columns, "a scorer", err, done);
    FW_TRY_GOTO(fw_missing_set_init(&scorer->missing, (const char *const *)bundle->plan->missing,
                                    bundle->plan->n_missing, err),
                done);
    FW_TRY_GOTO(fw_encoder_describe(&scorer->row, bundle->encoder, 1, mem, err), done);
    size_t bytes = bundle->model->footprint.predict + 64;
    scorer->scratch = fw_alloc_array(mem, (int64_t)bytes, 1);
    if (scorer->scratch == NULL) {
        status = fw_error_nomem(err, mem, "a scorer", (int64_t)bytes, 1);
        goto done;
    }
    *out = scorer;
    scorer = NULL;
done:
    fw_row_scorer_destroy(scorer);
    return status;
}

void fw_row_scorer_destroy(struct fw_row_scorer *scorer)
{
    if (scorer == NULL)
        return;
    fw_dataset_destroy(scorer->row);
    fw_free(scorer->mem, scorer->cells);
    fw_free(scorer->mem, scorer->values);
    fw_free(scorer->mem, scorer->ids);
    fw_free(scorer->mem, scorer->outputs);
    fw_free(scorer->mem, scorer->scratch);
    fw_free(scorer->mem, scorer);
}

/* Fills scorer->outputs. */
static void score_row(struct fw_row_scorer *scorer, const struct fw_text *cells)
{
    const struct fw_bundle *bundle = scorer->bundle;
    for (int32_t c = 0; c < bundle->encoder->n_encoders; c++) {
        int64_t column = bundle->encoder->columns[c].column;
        struct fw_text cell = fw_text_trim(cells[column]);
        scorer->cells[column] = fw_missing_set_has(&scorer->missing, cell) ? (struct fw_text){"", 0} : cell;
    }
    fw_encoder_encode_row(bundle->encoder, scorer->cells, scorer->ids, scorer->values);
    for (int32_t f = 0; f < scorer->row->n_fields; f++)
        fw_field_write(&scorer->row->fields[f], 0, 1, &scorer->ids[f]);
    for (int32_t v = 0; scorer->values != NULL && v < scorer->row->n_values; v++)
        scorer->row->values[v].values[0] = scorer->values[v];
    struct fw_dataset_view view = {.dataset = scorer->row, .n = 1};
    void *aligned = (void *)(((uintptr_t)scorer->scratch + 63) & ~(uintptr_t)63);
    bundle->model->vtable->predict(bundle->model->self, scorer->outputs, &view, aligned);
}

double fw_row_score(struct fw_row_scorer *scorer, const struct fw_text *cells)
{
    double scores[FW_READINGS_MOST];
    fw_row_scores(scores, scorer, cells);
    return scores[0];
}

void fw_row_scores(double *scores, struct fw_row_scorer *scorer, const struct fw_text *cells)
{
    const struct fw_bundle *bundle = scorer->bundle;
    const struct fw_reading *served[FW_READINGS_MOST];
    int32_t n = fw_served_readings(served, bundle->model);
    score_row(scorer, cells);
    for (int32_t r = 0; r < n; r++)
        scores[r] = fw_reading_value(served[r], scorer->outputs);
    if (bundle->model->n_outputs == 1) /* calibrated, in double precision */
        scores[0] = 1 / (1 + exp(-(bundle->scale * (double)scorer->outputs[0] + bundle->shift)));
}

int32_t fw_served_readings(const struct fw_reading **served, const struct fw_model *model)
{
    int32_t n = 0;
    for (int32_t r = 0; r < model->n_readings; r++) {
        if (!model->readings[r].served)
            continue;
        if (served != NULL)
            served[n] = &model->readings[r];
        n++;
    }
    return n;
}
