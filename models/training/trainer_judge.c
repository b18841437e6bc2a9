/* How good an epoch is, and keeping the best. */
#include <math.h>

#include "core/clock.h"
#include "models/training/trainer_run.h"

/* The validation rows' logits, once. */
static void score_valid(struct fw_trainer_run *run)
{
    int64_t at = 0;
    for (int32_t p = 0; p < run->valid.n_parts; p++) {
        fw_model_predict(run->model, run->logits + at * run->model->n_outputs, &run->valid.parts[p], run->scratch);
        at += run->valid.parts[p].n;
    }
}

/* The same, timed. The very first pass finds cold caches and is repeated when it is short: a model of one epoch has no
 * later one. */
static void score_timed(struct fw_trainer_run *run, int64_t n)
{
    int passes = isnan(run->result.score_us) ? 3 : 1;
    double spent = 0;
    for (int pass = 0; pass < passes && spent < 0.02; pass++) {
        double before = fw_clock_seconds();
        score_valid(run);
        double seconds = fw_clock_seconds() - before;
        run->result.score_us = fmin(1e6 * seconds / (double)n, run->result.score_us);
        spent += seconds;
    }
}

enum fw_status fw_trainer_judge(struct fw_trainer_run *run, double *score_out, struct fw_error *err)
{
    const struct fw_trainer_metric *metric = &run->options->metric;
    long long epoch = run->phase.event.epoch;
    int64_t n = fw_row_set_rows(&run->valid);
    score_timed(run, n);
    for (int64_t i = 0; i < n * run->model->n_outputs; i++) {
        if (!isfinite(run->logits[i]))
            return fw_error_set(err, FW_E_NUMERIC,
                                "a logit of a validation row is not finite after epoch %lld; lower the learning rate",
                                epoch);
    }
    FW_TRY(metric->score(metric->self, score_out, run->logits, run->labels, run->weights, n, err));
    if (!isfinite(*score_out))
        return fw_error_set(err, FW_E_NUMERIC,
                            "the %s of the %lld validation rows is not finite after epoch %lld; do they hold both "
                            "classes?",
                            metric->name, (long long)n, epoch);
    return FW_OK;
}

/* A weight that no row has met since it broke spoils no loss, but the model. */
static enum fw_status check_parameters(const struct fw_trainer_run *run, int64_t epoch, struct fw_error *err)
{
    struct fw_parameter p;
    for (int64_t i = 0; run->model->vtable->parameter(run->model->self, i, &p); i++) {
        for (int64_t k = 0; k < p.rows * p.width; k++) {
            if (!isfinite(p.data[k]))
                return fw_error_set(
                    err, FW_E_NUMERIC,
                    "a value of the parameter '%s' is not finite after epoch %lld; lower the learning rate", p.name,
                    (long long)epoch);
        }
    }
    return FW_OK;
}

enum fw_status fw_trainer_keep_best(struct fw_trainer_run *run, int64_t epoch, double score, struct fw_error *err)
{
    /* an equal score later is no better: fewer epochs are to be preferred */
    if (run->judged && run->has_best && !(score > run->result.best_score))
        return FW_OK;
    FW_TRY(check_parameters(run, epoch, err));
    run->has_best = true;
    run->result.best_epoch = epoch;
    run->result.best_score = score;
    fw_model_get_parameters(run->model, run->best);
    return FW_OK;
}
