#include "evaluators/sizing_retrieval.h"

#include <string.h>

#include "core/par.h"
#include "core/rng.h"

struct fw_sizing_retrieval {
    const struct fw_interactions *data;
    const struct fw_embedding_space *space;
    struct fw_retrieval_options options; /* with the number of threads resolved */
    struct fw_two_tower *tower;          /* all blocks */
    struct fw_batcher *batcher;
    int64_t *judges; /* (n_judges) in random order, so that a batch is a random sample */
    struct fw_allocator *mem;
};

void fw_sizing_retrieval_inputs(struct fw_sized_input *inputs, const struct fw_interactions *x)
{
    for (int i = 0; i < FW_TOWER_INPUTS; i++)
        inputs[i] = (struct fw_sized_input){.name = fw_tower_input_names[i],
                                            .n_ids = i == FW_TOWER_USER ? x->n_users : x->n_items,
                                            .ranked = true,
                                            .counts = i == FW_TOWER_USER ? x->user_counts : x->item_counts};
}

static enum fw_status start(void *self, const struct fw_budget *budget, struct fw_error *err)
{
    struct fw_sizing_retrieval *s = self;
    (void)budget; /* over in a moment */
    (void)err;
    fw_two_tower_start(s->tower);
    return FW_OK;
}

static int64_t train_batches(const void *self)
{
    const struct fw_sizing_retrieval *s = self;
    return fw_batcher_batches(s->batcher);
}

static int64_t judge_batches(const void *self)
{
    const struct fw_sizing_retrieval *s = self;
    return (s->data->n_judges + s->options.judge_users - 1) / s->options.judge_users;
}

static enum fw_status learn(void *self, double *loss, const uint32_t *depths, int64_t step, struct fw_error *err)
{
    struct fw_sizing_retrieval *s = self;
    fw_batcher_train(s->batcher, step);
    return fw_two_tower_learn(s->tower, loss, &s->batcher->batch, depths, err);
}

/* The judging histories of a batch, all of them for -1. */
static struct fw_recall_task task_of(const struct fw_sizing_retrieval *s, int64_t batch)
{
    struct fw_recall_task task = fw_retrieval_task(s->data, FW_HELD_VALID, &s->options);
    task.histories = s->judges;
    if (batch >= 0) {
        int64_t n = judge_batches(s);
        int64_t first = task.n * (batch % n) / n; /* batches of nearly equal size */
        task.histories += first;
        task.n = task.n * (batch % n + 1) / n - first;
    }
    return task;
}

static enum fw_status judge(const void *self, double *quality, const uint32_t *depths, int64_t batch, void *scratch,
                            struct fw_error *err)
{
    const struct fw_sizing_retrieval *s = self;
    struct fw_recall recall;
    struct fw_recall_task task = task_of(s, batch);
    (void)err;
    fw_recall_sampled(&recall, s->tower, depths, &task, scratch);
    *quality = recall.at[0];
    return FW_OK;
}

static size_t scratch(const void *self)
{
    const struct fw_sizing_retrieval *s = self;
    struct fw_recall_task task = task_of(s, -1);
    return fw_recall_scratch(s->tower, &task);
}

static enum fw_status block_worth(void *self, double *worth, int64_t *rows, const uint32_t *depths, int64_t batch,
                                  struct fw_error *err)
{
    struct fw_sizing_retrieval *s = self;
    struct fw_recall_task task = task_of(s, batch);
    int64_t most = s->options.tower.batches.batch;
    int64_t judged = 0;
    (void)err;
    for (int64_t first = 0; first < task.n; first += most) {
        double loss;
        int64_t n = task.n - first < most ? task.n - first : most;
        /* the place of the first user among all names the negatives */
        fw_batcher_held(s->batcher, FW_HELD_VALID, task.histories + first, n, task.histories + first - s->judges);
        fw_two_tower_gradient(s->tower, &loss, &s->batcher->batch, depths);
        fw_two_tower_worth(worth, s->tower, &s->batcher->batch, depths, s->space);
        judged += s->batcher->batch.n;
    }
    if (rows != NULL)
        *rows += judged;
    return FW_OK;
}

static void norms(const void *self, double *squares)
{
    const struct fw_sizing_retrieval *s = self;
    fw_two_tower_norms(squares, s->tower, s->space);
}

/* Weights and state lie in one piece; before them the number of steps. */
static size_t weights_bytes(const struct fw_two_tower *tower)
{
    return (size_t)(tower->n_weights + tower->n_state) * sizeof *tower->weights;
}

static size_t snapshot_bytes(const void *self)
{
    const struct fw_sizing_retrieval *s = self;
    return sizeof s->tower->optimiser.steps + weights_bytes(s->tower);
}

static void snapshot(const void *self, void *bytes)
{
    const struct fw_sizing_retrieval *s = self;
    memcpy(bytes, &s->tower->optimiser.steps, sizeof s->tower->optimiser.steps);
    memcpy((char *)bytes + sizeof s->tower->optimiser.steps, s->tower->weights, weights_bytes(s->tower));
}

static void restore(void *self, const void *bytes)
{
    struct fw_sizing_retrieval *s = self;
    memcpy(&s->tower->optimiser.steps, bytes, sizeof s->tower->optimiser.steps);
    memcpy(s->tower->weights, (const char *)bytes + sizeof s->tower->optimiser.steps, weights_bytes(s->tower));
}

static enum fw_status fit(void *self, struct fw_sizing_fit *out, const struct fw_embedding_sizes *sizes,
                          const struct fw_budget *budget, struct fw_error *err)
{
    struct fw_sizing_retrieval *s = self;
    return fw_retrieval_fit(NULL, out, s->data, sizes, &s->options, budget, s->mem, err);
}

static const struct fw_sizing_vtable vtable = {
    .quality = "recall@1",
    .start = start,
    .train_batches = train_batches,
    .judge_batches = judge_batches,
    .learn = learn,
    .judge = judge,
    .scratch = scratch,
    .worth = block_worth,
    .norms = norms,
    .snapshot_bytes = snapshot_bytes,
    .snapshot = snapshot,
    .restore = restore,
    .fit = fit,
};

/* All blocks of the space as sizes: every strip has all ids. */
static enum fw_status create_tower(struct fw_sizing_retrieval *s, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_embedding_sizes *sizes = NULL;
    const struct fw_embedding_space *space = s->space;
    FW_TRY(fw_embedding_sizes_create(&sizes, space->dim, FW_TOWER_INPUTS, s->mem, err));
    for (int32_t i = 0; i < FW_TOWER_INPUTS; i++) {
        struct fw_embedding_size *size = &sizes->items[i];
        FW_TRY_GOTO(fw_embedding_sizes_name(sizes, i, fw_tower_input_names[i], err), done);
        size->projected = space->projected;
        size->n_strips = space->n_columns;
        for (int32_t t = 0; t < space->n_columns; t++)
            size->strips[t] = (struct fw_strip){.ids = space->inputs[i].n_ids, .width = space->width[t]};
    }
    FW_TRY_GOTO(fw_two_tower_create(&s->tower, sizes, s->data->n_users, s->data->n_items, &s->options.tower, s->mem,
                                    err),
                done);
done:
    fw_embedding_sizes_destroy(sizes);
    return status;
}

static enum fw_status check_space(const struct fw_embedding_space *space, const struct fw_interactions *x,
                                  struct fw_error *err)
{
    bool fits = space->n_inputs == FW_TOWER_INPUTS;
    for (int32_t i = 0; i < FW_TOWER_INPUTS && fits; i++)
        fits = strcmp(space->inputs[i].name, fw_tower_input_names[i]) == 0 &&
               space->inputs[i].n_ids == (i == FW_TOWER_USER ? x->n_users : x->n_items);
    return fits ? FW_OK
                : fw_error_set(err, FW_E_ARG,
                               "a space for retrieval has the inputs user, history and item with the ids of the "
                               "interactions; this one has not");
}

enum fw_status fw_sizing_retrieval_create(struct fw_sizing_retrieval **out, const struct fw_interactions *interactions,
                                          const struct fw_embedding_space *space,
                                          const struct fw_retrieval_options *options, struct fw_allocator *mem,
                                          struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_sizing_retrieval *s;
    FW_TRY(fw_retrieval_options_check(options, err));
    FW_TRY(check_space(space, interactions, err));
    FW_ALLOC(s, mem, 1, "a model for retrieval", err);
    *s = (struct fw_sizing_retrieval){.data = interactions, .space = space, .options = *options, .mem = mem};
    s->options.tower.threads = fw_par_threads(options->tower.threads);
    FW_TRY_GOTO(create_tower(s, err), done);
    FW_TRY_GOTO(fw_batcher_create(&s->batcher, interactions, &s->options.tower.batches, mem, err), done);
    FW_ALLOC_GOTO(s->judges, mem, interactions->n_judges, "the users that judge", err, done);
    struct fw_rng rng;
    fw_rng_seed(&rng, options->tower.seed, fw_stream(0, 0, FW_STREAM_ORDER));
    for (int64_t i = 0; i < interactions->n_judges; i++) { /* Fisher and Yates, from inside out */
        int64_t j = (int64_t)fw_rng_below(&rng, (uint64_t)i + 1);
        s->judges[i] = s->judges[j];
        s->judges[j] = interactions->judges[i];
    }
    fw_two_tower_start(s->tower);
    *out = s;
    s = NULL;
done:
    fw_sizing_retrieval_destroy(s);
    return status;
}

void fw_sizing_retrieval_destroy(struct fw_sizing_retrieval *s)
{
    if (s == NULL)
        return;
    fw_free(s->mem, s->judges);
    fw_batcher_destroy(s->batcher);
    fw_two_tower_destroy(s->tower);
    fw_free(s->mem, s);
}

struct fw_sizing_model fw_sizing_retrieval_model(struct fw_sizing_retrieval *s)
{
    return (struct fw_sizing_model){.vtable = &vtable, .self = s, .space = s->space};
}

const struct fw_two_tower *fw_sizing_retrieval_tower(const struct fw_sizing_retrieval *s)
{
    return s->tower;
}
