/* Kind "funnel": p(click) = sigmoid(a), p(buy | click) = sigmoid(b); the logits a and b are correlated, so that the
 * many clicks say something about the few conversions, and conversions are seen on clicked rows alone, which the larger
 * a's deviation is the less are like the others. */
#include <math.h>

#include "core/numeric.h"
#include "core/rng.h"
#include "space/synth/synth_draw.h"
#include "space/synth/synth_write.h"
#include "space/synth/task_impressions.h"

enum { CLICK, BUY, OUTCOMES };

struct model {
    struct fw_funnel_synth options;
    struct fw_impressions *shown;
    double scale[OUTCOMES], shift[OUTCOMES]; /* logit = scale x that of the impression + shift */
    uint64_t streams[OUTCOMES];
    struct fw_synth_best click, conversion, buy, conversion_everywhere;
    double mean_ctr, mean_cvr, mean_cvr_clicked;
    double divergence; /* of the clicked rows from all */
    double correlation;
    struct fw_allocator *mem;
};

#define AT(member) offsetof(struct fw_task_synth_options, member)

static const struct fw_task_synth_setting settings[] = {
    {"rows", FW_TASK_SYNTH_WHOLE, AT(rows), 200000, 1, 0x1p48, NULL},
    FW_IMPRESSIONS_SETTINGS(funnel.shown),
    {"numeric", FW_TASK_SYNTH_WHOLE, AT(funnel.numeric), 2, 0, 10000, NULL},
    {"click-rate", FW_TASK_SYNTH_NUMBER, AT(funnel.click_rate), 0.05, 1e-6, 1 - 1e-6, NULL},
    {"conversion-rate", FW_TASK_SYNTH_NUMBER, AT(funnel.conversion_rate), 0.1, 1e-6, 1 - 1e-6, NULL},
    {"relatedness", FW_TASK_SYNTH_NUMBER, AT(funnel.relatedness), 0.6, -1, 1, NULL},
    {"bias", FW_TASK_SYNTH_NUMBER, AT(funnel.bias), 2, 0, 100, NULL},
    {"strength", FW_TASK_SYNTH_NUMBER, AT(funnel.strength), 1.5, 0, 100, NULL},
    {"truth-columns", FW_TASK_SYNTH_FLAG, AT(funnel.truth_columns), 0, 0, 0, NULL},
    {NULL, FW_TASK_SYNTH_WHOLE, 0, 0, 0, 0, NULL},
};

/* What a row is drawn into. */
struct scratch {
    int64_t *values;
    double *numbers;
};

static void scratch_clear(struct scratch *s, const struct model *model)
{
    fw_free(model->mem, s->values);
    fw_free(model->mem, s->numbers);
}

static enum fw_status scratch_create(struct scratch *s, const struct model *model, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    *s = (struct scratch){0};
    FW_ALLOC_GOTO(s->values, model->mem, model->shown->n_columns, "a generated row", err, done);
    FW_ALLOC_GOTO(s->numbers, model->mem, model->shown->n_numeric, "a generated row", err, done);
done:
    if (status != FW_OK)
        scratch_clear(s, model);
    return status;
}

static void draw_row(struct scratch *s, const struct model *model, int64_t row)
{
    for (int64_t c = 0; c < model->shown->n_columns; c++)
        s->values[c] = fw_impressions_draw(model->shown, c, row);
    fw_impressions_draw_numbers(s->numbers, model->shown, row);
}

static enum fw_status sample_logits(double *const *logits, const struct model *model, struct fw_error *err)
{
    struct scratch s;
    FW_TRY(scratch_create(&s, model, err));
    for (int64_t i = 0; i < FW_SYNTH_SAMPLE_ROWS; i++) {
        draw_row(&s, model, FW_SYNTH_SAMPLE_FIRST + i);
        for (int k = 0; k < OUTCOMES; k++)
            logits[k][i] = fw_impressions_logit(model->shown, k, s.values, s.numbers);
    }
    scratch_clear(&s, model);
    return FW_OK;
}

/* Turns the impressions' logits of an outcome into its probabilities, and finds scale and bias; rows count by `weights`
 * for the rate. */
static void settle_outcome(struct model *model, int outcome, double deviation_wanted, double rate, double *logits,
                           const double *weights)
{
    double mean;
    double deviation;
    fw_synth_moments(&mean, &deviation, logits, FW_SYNTH_SAMPLE_ROWS);
    model->scale[outcome] = deviation > 0 ? deviation_wanted / deviation : 0;
    for (int64_t i = 0; i < FW_SYNTH_SAMPLE_ROWS; i++)
        logits[i] *= model->scale[outcome];
    model->shift[outcome] = fw_synth_find_bias(logits, weights, FW_SYNTH_SAMPLE_ROWS, rate);
    for (int64_t i = 0; i < FW_SYNTH_SAMPLE_ROWS; i++)
        logits[i] = fw_synth_sigmoid(logits[i] + model->shift[outcome]);
}

static void measure(struct model *model, const double *ctr, const double *cvr, struct fw_synth_case *cases)
{
    const int64_t n = FW_SYNTH_SAMPLE_ROWS;
    double sums[3] = {0}; /* of ctr, cvr, ctr x cvr */
    for (int64_t i = 0; i < n; i++) {
        sums[0] += ctr[i];
        sums[1] += cvr[i];
        sums[2] += ctr[i] * cvr[i];
        cases[i] = (struct fw_synth_case){.score = ctr[i], .p = ctr[i], .weight = 1};
    }
    model->mean_ctr = sums[0] / (double)n;
    model->mean_cvr = sums[1] / (double)n;
    model->mean_cvr_clicked = sums[2] / sums[0];
    /* Kullback and Leibler: the mean over clicked rows of the log of how much more frequent they are there */
    for (int64_t i = 0; i < n; i++)
        model->divergence += ctr[i] > 0 ? ctr[i] / sums[0] * fw_exact_log(ctr[i] / model->mean_ctr) : 0;
    model->click = fw_synth_measure_best(cases, n);
    for (int64_t i = 0; i < n; i++)
        cases[i] = (struct fw_synth_case){.score = cvr[i], .p = cvr[i], .weight = ctr[i]};
    model->conversion = fw_synth_measure_best(cases, n);
    for (int64_t i = 0; i < n; i++)
        cases[i] = (struct fw_synth_case){.score = cvr[i], .p = cvr[i], .weight = 1};
    model->conversion_everywhere = fw_synth_measure_best(cases, n);
    for (int64_t i = 0; i < n; i++)
        cases[i] = (struct fw_synth_case){.score = ctr[i] * cvr[i], .p = ctr[i] * cvr[i], .weight = 1};
    model->buy = fw_synth_measure_best(cases, n);
}

static enum fw_status settle(struct model *model, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct fw_funnel_synth *o = &model->options;
    double *logits[OUTCOMES] = {0};
    struct fw_synth_case *cases = NULL;
    for (int k = 0; k < OUTCOMES; k++)
        FW_ALLOC_GOTO(logits[k], model->mem, FW_SYNTH_SAMPLE_ROWS, "a sample of logits", err, done);
    FW_ALLOC_GOTO(cases, model->mem, FW_SYNTH_SAMPLE_ROWS, "a sample of probabilities", err, done);
    FW_TRY_GOTO(sample_logits(logits, model, err), done);
    model->correlation = fw_synth_correlation(logits[CLICK], logits[BUY], FW_SYNTH_SAMPLE_ROWS);
    settle_outcome(model, CLICK, o->bias, o->click_rate, logits[CLICK], NULL);
    settle_outcome(model, BUY, o->strength, o->conversion_rate, logits[BUY], logits[CLICK]);
    measure(model, logits[CLICK], logits[BUY], cases);
done:
    fw_free(model->mem, cases);
    for (int k = 0; k < OUTCOMES; k++)
        fw_free(model->mem, logits[k]);
    return status;
}

static void destroy(void *self)
{
    struct model *model = self;
    if (model == NULL)
        return;
    fw_impressions_destroy(model->shown);
    fw_free(model->mem, model);
}

static enum fw_status create(void **out, const struct fw_task_synth_options *options, struct fw_allocator *mem,
                             struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct model *model;
    FW_ALLOC(model, mem, 1, "a generated table's model", err);
    model->mem = mem;
    model->options = options->funnel;
    for (int k = 0; k < OUTCOMES; k++)
        model->streams[k] = fw_stream((uint64_t)k, FW_SYNTH_FOR_LABEL, FW_STREAM_SYNTH);
    FW_TRY_GOTO(fw_impressions_create(&model->shown, &options->funnel.shown, options->funnel.numeric, OUTCOMES,
                                      options->funnel.relatedness, options->seed, mem, err),
                done);
    FW_TRY_GOTO(settle(model, err), done);
    *out = model;
    model = NULL;
done:
    destroy(model);
    return status;
}

static void put_header(struct fw_buffer *out, const void *self)
{
    const struct model *model = self;
    fw_buffer_add_text(out, "click,buy");
    fw_impressions_put_names(out, model->shown);
    fw_buffer_add_text(out, model->options.truth_columns ? ",true_ctr,true_cvr" : "");
}

static enum fw_status put_rows(struct fw_buffer *out, const void *self, int64_t row, int64_t n, struct fw_error *err)
{
    const struct model *model = self;
    struct scratch s;
    FW_TRY(scratch_create(&s, model, err));
    for (int64_t r = row; r < row + n; r++) {
        double p[OUTCOMES];
        bool drawn[OUTCOMES];
        draw_row(&s, model, r);
        for (int k = 0; k < OUTCOMES; k++) {
            double logit = fw_impressions_logit(model->shown, k, s.values, s.numbers);
            p[k] = fw_synth_sigmoid(model->scale[k] * logit + model->shift[k]);
            drawn[k] = fw_rng_uniform_at(model->shown->seed, model->streams[k], (uint64_t)r) < p[k];
        }
        fw_buffer_addf(out, "%d,%d", drawn[CLICK], drawn[CLICK] && drawn[BUY]);
        fw_impressions_put_cells(out, model->shown, s.values, s.numbers);
        for (int k = 0; k < OUTCOMES && model->options.truth_columns; k++) {
            fw_buffer_add(out, ",", 1);
            fw_synth_put_number(out, p[k], 8);
        }
        fw_buffer_add(out, "\n", 1);
    }
    scratch_clear(&s, model);
    return FW_OK;
}

static bool add_truth(cJSON *root, const void *self)
{
    const struct model *model = self;
    cJSON *best = cJSON_AddObjectToObject(root, "best");
    return best != NULL && fw_task_synth_add_best(best, "click", &model->click) &&
           fw_task_synth_add_best(best, "conversion_clicked", &model->conversion) &&
           fw_task_synth_add_best(best, "conversion_everywhere", &model->conversion_everywhere) &&
           fw_task_synth_add_best(best, "buy", &model->buy) &&
           cJSON_AddNumberToObject(root, "mean_ctr", model->mean_ctr) != NULL &&
           cJSON_AddNumberToObject(root, "mean_cvr", model->mean_cvr) != NULL &&
           cJSON_AddNumberToObject(root, "mean_cvr_clicked", model->mean_cvr_clicked) != NULL &&
           cJSON_AddNumberToObject(root, "clicked_divergence", model->divergence) != NULL &&
           cJSON_AddNumberToObject(root, "logit_correlation", model->correlation) != NULL;
}

const struct fw_task_synth_vtable fw_task_synth_funnel = {.name = "funnel",
                                                          .settings = settings,
                                                          .create = create,
                                                          .destroy = destroy,
                                                          .put_header = put_header,
                                                          .put_rows = put_rows,
                                                          .add_truth = add_truth};
