/* What a run needs: checked, measured and allocated before the first step. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/text.h"
#include "models/training/batches.h"
#include "models/training/trainer_run.h"

static enum fw_status check_options(const struct fw_model *model, const struct fw_trainer_options *options,
                                    struct fw_error *err)
{
    if (options->epochs < 1 || options->batch < 1 || options->patience < 0 || options->warmup < 0)
        return fw_error_set(err, FW_E_ARG,
                            "epochs=%lld and batch=%lld are to be at least 1, patience=%lld and warmup=%lld at least 0",
                            (long long)options->epochs, (long long)options->batch, (long long)options->patience,
                            (long long)options->warmup);
    if (fw_params_has(&model->params, "batch") && (double)options->batch > fw_params_get(&model->params, "batch"))
        return fw_error_set(err, FW_E_ARG,
                            "batches of %lld rows are larger than those that the model was made for (%g)",
                            (long long)options->batch, fw_params_get(&model->params, "batch"));
    return FW_OK;
}

/* The rows must have the model's fields, and as many labels as it learns. */
static enum fw_status check_set(const struct fw_model *model, const struct fw_row_set *set, struct fw_error *err)
{
    for (int32_t p = 0; p < set->n_parts; p++) {
        const struct fw_dataset *dataset = set->parts[p].dataset;
        FW_TRY(fw_model_check(model, dataset, err));
        if (fw_dataset_tasks(dataset) != model->n_labels)
            return fw_error_set(err, FW_E_ARG, "the data set has %d labels a row, the model was made for %d",
                                fw_dataset_tasks(dataset), model->n_labels);
    }
    return FW_OK;
}

static enum fw_status check_sets(const struct fw_trainer_run *run, struct fw_error *err)
{
    if (run->train.n_parts == 0)
        return fw_error_set(err, FW_E_ARG, "there are no training rows");
    FW_TRY(check_set(run->model, &run->train, err));
    return check_set(run->model, &run->valid, err);
}

/* What follows from model, options and sets. */
static void settle(struct fw_trainer_run *run)
{
    const struct fw_model_vtable *vtable = run->model->vtable;
    const struct fw_trainer_options *options = run->options;
    run->judged = run->valid.n_parts > 0 && options->metric.score != NULL;
    run->whole_passes =
        vtable->fit_epoch != NULL && (vtable->wants_epochs == NULL || vtable->wants_epochs(run->model->self));
    run->refits = options->refit && run->judged;
    run->all = run->refits ? fw_row_set_join(&run->train, &run->valid) : run->train;
    run->shuffles_rows =
        !run->whole_passes &&
        (options->shuffle == FW_SHUFFLE_ROWS ||
         (options->shuffle == FW_SHUFFLE_AUTO && fw_row_set_rows(&run->train) <= FW_SHUFFLE_ROWS_MOST));
}

/* Elements of the arrays of a run, of each 0 when it has none. */
struct sizes {
    int64_t order, index, best, curve, logits, labels, weights;
    int64_t scratch; /* bytes */
};

static struct sizes measure(const struct fw_trainer_run *run)
{
    bool weighted = false;
    int64_t judged = run->judged ? fw_row_set_rows(&run->valid) : 0;
    int64_t rows[2] = {fw_row_set_rows(&run->train), fw_row_set_rows(&run->all)};
    int64_t batches = 0;
    for (int i = 0; i < 2; i++) {
        struct fw_row_set set = i == 0 ? run->train : run->all;
        if (run->shuffles_rows)
            set = fw_batches_listed(&set, NULL);
        int64_t n = fw_batches_count(&set, run->options->batch);
        batches = n > batches ? n : batches;
    }
    for (int32_t p = 0; p < run->valid.n_parts; p++)
        weighted = weighted || run->valid.parts[p].dataset->weights != NULL;
    return (struct sizes){
        .order = run->whole_passes ? 0 : batches,
        .index = !run->shuffles_rows ? 0
                 : rows[0] > rows[1] ? rows[0]
                                     : rows[1],
        .best = fw_model_parameter_count(run->model),
        .curve = run->options->epochs,
        .logits = judged * run->model->n_outputs,
        .labels = judged * run->model->n_labels,
        .weights = weighted ? judged : 0,
        .scratch = run->judged ? (int64_t)fw_model_predict_bytes(run->model) : 0,
    };
}

size_t fw_trainer_bytes(const struct fw_model *model, const struct fw_row_set *train, const struct fw_row_set *valid,
                        const struct fw_trainer_options *options)
{
    struct fw_trainer_run run = {.model = (struct fw_model *)(uintptr_t)model, .options = options, .train = *train};
    if (valid != NULL)
        run.valid = *valid;
    settle(&run);
    struct sizes sizes = measure(&run);
    return (size_t)(sizes.order + sizes.index) * sizeof *run.order + (size_t)sizes.best * sizeof *run.best +
           (size_t)sizes.curve * sizeof *run.result.curve +
           (size_t)(sizes.logits + sizes.labels + sizes.weights) * sizeof *run.labels + (size_t)sizes.scratch;
}

static enum fw_status allocate(struct fw_trainer_run *run, struct fw_error *err)
{
    struct sizes sizes = measure(run);
    FW_ALLOC(run->order, run->mem, sizes.order, "the order of batches", err);
    if (sizes.index > 0)
        FW_ALLOC(run->index, run->mem, sizes.index, "the order of rows", err);
    FW_ALLOC(run->best, run->mem, sizes.best, "the best parameters", err);
    FW_ALLOC(run->result.curve, run->mem, sizes.curve, "the learning curve", err);
    FW_ALLOC(run->logits, run->mem, sizes.logits, "the logits of the validation rows", err);
    FW_ALLOC(run->labels, run->mem, sizes.labels, "the labels of the validation rows", err);
    if (sizes.weights > 0)
        FW_ALLOC(run->weights, run->mem, sizes.weights, "the weights of the validation rows", err);
    run->scratch = fw_alloc_array(run->mem, sizes.scratch, 1);
    if (run->scratch == NULL)
        return fw_error_nomem(err, run->mem, "scratch of predicting", sizes.scratch, 1);
    return FW_OK;
}

static enum fw_status open_checkpoint(struct fw_trainer_run *run, struct fw_error *err)
{
    const struct fw_trainer_options *o = run->options;
    struct fw_buffer settings;
    if (o->checkpoint == NULL)
        return FW_OK;
    FW_TRY(fw_checkpoint_open(&run->checkpoint, o->checkpoint, run->mem, err));
    fw_buffer_init(&settings, run->mem);
    fw_params_json(&settings, &run->model->params);
    run->settings = settings.data;
    FW_TRY(fw_buffer_check(&settings, err));
    snprintf(run->key_options, sizeof run->key_options,
             "batch=%lld epochs=%lld patience=%lld schedule=%s warmup=%lld shuffle=%s refit=%s", (long long)o->batch,
             (long long)o->epochs, (long long)o->patience, fw_trainer_schedules[o->schedule], (long long)o->warmup,
             run->shuffles_rows ? "rows" : "batches", run->refits ? "yes" : "no");
    run->key = (struct fw_checkpoint_key){.settings = run->settings,
                                          .options = run->key_options,
                                          .metric = run->judged ? o->metric.name : "",
                                          .seed = o->seed,
                                          .model_seed = run->model->seed,
                                          .train_rows = fw_row_set_rows(&run->train),
                                          .valid_rows = fw_row_set_rows(&run->valid)};
    return FW_OK;
}

enum fw_status fw_trainer_run_set_up(struct fw_trainer_run *run, struct fw_error *err)
{
    FW_TRY(check_options(run->model, run->options, err));
    FW_TRY(check_sets(run, err));
    settle(run);
    run->started = fw_clock_seconds();
    run->last_save = run->started;
    run->result.best_score = (double)NAN;
    run->result.start_score = (double)NAN;
    run->result.score_us = (double)NAN;
    FW_TRY(allocate(run, err));
    if (run->judged)
        fw_row_set_gather(run->labels, run->weights, &run->valid);
    return open_checkpoint(run, err);
}

void fw_trainer_run_tear_down(struct fw_trainer_run *run)
{
    fw_checkpoint_close(run->checkpoint);
    fw_free(run->mem, run->settings);
    fw_free(run->mem, run->scratch);
    fw_free(run->mem, run->weights);
    fw_free(run->mem, run->labels);
    fw_free(run->mem, run->logits);
    fw_free(run->mem, run->result.curve);
    fw_free(run->mem, run->best);
    fw_free(run->mem, run->index);
    fw_free(run->mem, run->order);
}
