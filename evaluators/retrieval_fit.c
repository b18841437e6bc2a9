#include "evaluators/retrieval_fit.h"

#include <math.h>
#include <string.h>

#include "core/clock.h"

/* Steps between two looks at the budget. */
enum { STEPS = 16 };

void fw_retrieval_options_init(struct fw_retrieval_options *options)
{
    *options = (struct fw_retrieval_options){.competitors = 100, .judge_users = 512, .epochs = 30, .patience = 2};
    fw_tower_options_init(&options->tower);
}

enum fw_status fw_retrieval_options_check(const struct fw_retrieval_options *options, struct fw_error *err)
{
    const struct {
        const char *name;
        int64_t value, most;
    } limits[] = {{"competitors", options->competitors, 1 << 16},
                  {"judge_users", options->judge_users, INT32_MAX},
                  {"epochs", options->epochs, INT32_MAX},
                  {"patience", options->patience, INT32_MAX}};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (limits[i].value < 1 || limits[i].value > limits[i].most)
            return fw_error_set(err, FW_E_ARG, "%s is %lld; 1 to %lld are possible", limits[i].name,
                                (long long)limits[i].value, (long long)limits[i].most);
    }
    return FW_OK;
}

struct fw_recall_task fw_retrieval_task(const struct fw_interactions *data, enum fw_held held,
                                        const struct fw_retrieval_options *options)
{
    return (struct fw_recall_task){.data = data,
                                   .held = held,
                                   .histories = data->judges,
                                   .n = data->n_judges,
                                   .negatives = options->competitors,
                                   .seed = options->tower.seed,
                                   .threads = options->tower.threads};
}

struct fitting {
    struct fw_two_tower *model;
    struct fw_batcher *batcher;
    const struct fw_retrieval_options *options;
    const struct fw_budget *budget;
    struct fw_recall_task task;
    uint32_t depths[FW_TOWER_INPUTS * FW_STRIPS_MOST];
    fw_real *best; /* (n_weights) of the best epoch */
    void *scratch;
};

static enum fw_status run_epoch(struct fitting *f, int64_t epoch, struct fw_error *err)
{
    int64_t n = fw_batcher_batches(f->batcher);
    for (int64_t i = 0; i < n; i++) {
        double loss;
        if (i % STEPS == 0 && fw_budget_stopped(f->budget)) {
            if (fw_budget_out_of_time(f->budget))
                return fw_error_set(err, FW_E_BUDGET, "the time limit ended within a training");
            return fw_error_set(err, FW_E_STOPPED, "interrupted within a training");
        }
        fw_batcher_train(f->batcher, epoch * n + i);
        FW_TRY(fw_two_tower_learn(f->model, &loss, &f->batcher->batch, f->depths, err));
    }
    return FW_OK;
}

static enum fw_status run(struct fitting *f, struct fw_sizing_fit *fit, struct fw_error *err)
{
    size_t bytes = (size_t)f->model->n_weights * sizeof *f->best;
    int64_t best_epoch = -1;
    fit->loss = INFINITY;
    for (int64_t epoch = 0; epoch < f->options->epochs && epoch - best_epoch <= f->options->patience; epoch++) {
        struct fw_recall recall;
        FW_TRY(run_epoch(f, epoch, err));
        fw_recall_sampled(&recall, f->model, f->depths, &f->task, f->scratch);
        fit->epochs = epoch + 1;
        if (best_epoch >= 0 && !(recall.loss < fit->loss))
            continue;
        best_epoch = epoch;
        fit->loss = recall.loss;
        fit->quality = recall.at[0];
        memcpy(f->best, f->model->weights, bytes);
    }
    memcpy(f->model->weights, f->best, bytes);
    struct fw_recall test;
    struct fw_recall_task unseen = fw_retrieval_task(f->task.data, FW_HELD_TEST, f->options);
    fw_recall_sampled(&test, f->model, f->depths, &unseen, f->scratch); /* as many users: the scratch fits */
    fit->test = test.at[0];
    return FW_OK;
}

enum fw_status fw_retrieval_fit(struct fw_two_tower **out, struct fw_sizing_fit *fit,
                                const struct fw_interactions *data, const struct fw_embedding_sizes *sizes,
                                const struct fw_retrieval_options *options, const struct fw_budget *budget,
                                struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    double started = fw_clock_seconds();
    struct fitting f = {.options = options, .budget = budget};
    struct fw_sizing_fit result = {.bytes = fw_embedding_sizes_bytes(sizes)};
    FW_TRY(fw_retrieval_options_check(options, err));
    f.task = fw_retrieval_task(data, FW_HELD_VALID, options);
    FW_TRY_GOTO(fw_two_tower_create(&f.model, sizes, data->n_users, data->n_items, &options->tower, mem, err), done);
    FW_TRY_GOTO(fw_batcher_create(&f.batcher, data, &options->tower.batches, mem, err), done);
    FW_ALLOC_GOTO(f.best, mem, f.model->n_weights, "the best weights", err, done);
    size_t bytes = fw_recall_scratch(f.model, &f.task);
    f.scratch = fw_alloc_array(mem, 1, bytes);
    if (f.scratch == NULL) {
        status = fw_error_nomem(err, mem, "judging users", 1, bytes);
        goto done;
    }
    fw_two_tower_depths(f.model, f.depths);
    fw_two_tower_start(f.model);
    FW_TRY_GOTO(run(&f, &result, err), done);
    result.seconds = fw_clock_seconds() - started;
    *fit = result;
    if (out != NULL) {
        *out = f.model;
        f.model = NULL;
    }
done:
    fw_free(mem, f.scratch);
    fw_free(mem, f.best);
    fw_batcher_destroy(f.batcher);
    fw_two_tower_destroy(f.model);
    return status;
}
