#include "space/synth/synth_model.h"

#include <math.h>

#include "core/numeric.h"
#include "core/rng.h"
#include "space/synth/synth_columns.h"
#include "space/synth/synth_draw.h"
#include "space/synth/synth_measure.h"
#include "space/synth/synth_plant.h"
#include "space/synth/synth_sizes.h"

enum { SAMPLE_ROWS = FW_SYNTH_SAMPLE_ROWS, SAMPLE_BLOCK = 1 << 12 };

void fw_synth_model_cells(double *cells, const struct fw_synth_model *model, int64_t column, int64_t row, int64_t n)
{
    const struct fw_synth_column *c = &model->columns[column];
    double present = 1 - c->missing_rate;
    for (int64_t i = 0; i < n; i++) {
        double u = (fw_rng_uniform_at(model->options.seed, c->stream, (uint64_t)(row + i)) - c->missing_rate) / present;
        u = u < 0x1.fffffffffffffp-1 ? u : 0x1.fffffffffffffp-1;
        if (u < 0)
            cells[i] = NAN;
        else if (c->form == FW_SYNTH_CATEGORY || c->form == FW_SYNTH_COUNT)
            cells[i] = (double)fw_synth_draw_power_law(c, u);
        else if (c->form == FW_SYNTH_INTEGER)
            cells[i] = floor(u * (double)c->cardinality);
        else
            cells[i] = u;
    }
}

static double cross_effect(const struct fw_synth_model *model, const struct fw_synth_cross *cross, const double *cells,
                           int64_t n, int64_t i)
{
    int64_t combination = 0;
    for (int32_t m = 0; m < cross->order; m++) {
        double cell = cells[cross->columns[m] * n + i];
        if (isnan(cell))
            return 0;
        combination = combination * cross->levels[m] + fw_synth_level(&model->columns[cross->columns[m]], cell);
    }
    return cross->effects[combination];
}

void fw_synth_model_logits(double *logits, const struct fw_synth_model *model, const double *cells, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        logits[i] = model->bias;
    for (int64_t c = 0; c < model->n_columns; c++) {
        const struct fw_synth_column *column = &model->columns[c];
        for (int64_t i = 0; i < n && !column->noise; i++)
            logits[i] += isnan(cells[c * n + i]) ? 0 : fw_synth_own_effect(column, cells[c * n + i]);
    }
    for (int64_t x = 0; x < model->n_crosses; x++) {
        for (int64_t i = 0; i < n; i++)
            logits[i] += cross_effect(model, &model->crosses[x], cells, n, i);
    }
    fw_synth_sizes_add_pairs(logits, model, cells, n);
}

void fw_synth_model_labels(unsigned char *labels, const struct fw_synth_model *model, const double *logits, int64_t row,
                           int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        labels[i] = fw_rng_uniform_at(model->options.seed, model->label_stream, (uint64_t)(row + i)) <
                    fw_synth_sigmoid(logits[i]);
}

int64_t fw_synth_model_number(const struct fw_synth_column *column, double cell)
{
    const double unit = 10000;
    double value = cell;
    if (column->form == FW_SYNTH_INTEGER)
        value = column->location + cell;
    else if (column->form == FW_SYNTH_UNIFORM)
        value = column->location + column->scale * cell;
    else if (column->form == FW_SYNTH_NORMAL || column->form == FW_SYNTH_LOGNORMAL)
        value = column->location + column->scale * fw_normal_quantile(cell > 0 ? cell : 0x1p-54);
    if (column->form == FW_SYNTH_LOGNORMAL)
        value = fw_exact_exp(value);
    return (int64_t)floor(value * unit + 0.5);
}

/* Logits of the sample's rows without a bias. */
static enum fw_status sample_logits(double *logits, const struct fw_synth_model *model, struct fw_error *err)
{
    double *cells;
    FW_ALLOC(cells, model->mem, model->n_columns * SAMPLE_BLOCK, "a sample of generated cells", err);
    for (int64_t row = 0; row < SAMPLE_ROWS; row += SAMPLE_BLOCK) {
        for (int64_t c = 0; c < model->n_columns; c++) {
            if (!model->columns[c].noise)
                fw_synth_model_cells(cells + c * SAMPLE_BLOCK, model, c, FW_SYNTH_SAMPLE_FIRST + row, SAMPLE_BLOCK);
        }
        fw_synth_model_logits(logits + row, model, cells, SAMPLE_BLOCK);
    }
    fw_free(model->mem, cells);
    return FW_OK;
}

/* What the true probabilities reach on the sample. */
static enum fw_status measure_best(struct fw_synth_model *model, const double *logits, struct fw_error *err)
{
    struct fw_synth_case *cases;
    FW_ALLOC(cases, model->mem, SAMPLE_ROWS, "a sample of probabilities", err);
    for (int64_t i = 0; i < SAMPLE_ROWS; i++)
        cases[i] =
            (struct fw_synth_case){.score = logits[i], .p = fw_synth_sigmoid(model->bias + logits[i]), .weight = 1};
    struct fw_synth_best best = fw_synth_measure_best(cases, SAMPLE_ROWS);
    model->best_auc = best.auc;
    model->best_logloss = best.logloss;
    fw_free(model->mem, cases);
    return FW_OK;
}

enum fw_status fw_synth_model_create(struct fw_synth_model **out, const struct fw_synth_options *options,
                                     struct fw_allocator *mem, struct fw_error *err)
{
    FW_TRY(fw_synth_options_check(options, err));
    enum fw_status status = FW_OK;
    double *logits = NULL;
    struct fw_synth_model *model;
    FW_ALLOC(model, mem, 1, "a generated table's model", err);
    model->mem = mem;
    model->options = *options;
    model->label_stream = fw_stream(0, FW_SYNTH_FOR_LABEL, FW_STREAM_SYNTH);
    FW_TRY_GOTO(fw_synth_columns_create(model, err), done);
    FW_TRY_GOTO(fw_synth_plant(model, err), done);
    FW_TRY_GOTO(fw_synth_sizes_draw(model, err), done);
    FW_ALLOC_GOTO(logits, mem, SAMPLE_ROWS, "a sample of logits", err, done);
    FW_TRY_GOTO(sample_logits(logits, model, err), done);
    model->bias = fw_synth_find_bias(logits, NULL, SAMPLE_ROWS, options->positive_rate);
    FW_TRY_GOTO(measure_best(model, logits, err), done);
    *out = model;
    model = NULL;
done:
    fw_free(mem, logits);
    fw_synth_model_destroy(model);
    return status;
}

void fw_synth_model_destroy(struct fw_synth_model *model)
{
    if (model == NULL)
        return;
    for (int64_t x = 0; x < model->n_crosses; x++)
        fw_free(model->mem, model->crosses[x].effects);
    for (int64_t c = 0; c < model->n_columns; c++) {
        fw_free(model->mem, model->columns[c].effects);
        fw_free(model->mem, model->columns[c].vectors);
    }
    fw_free(model->mem, model->crosses);
    fw_free(model->mem, model->columns);
    fw_free(model->mem, model);
}
