#include "models/retrieval/two_tower.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/par.h"
#include "models/engine/gemm.h"
#include "models/engine/group.h"
#include "models/retrieval/tower_pass.h"

const char *const fw_tower_input_names[FW_TOWER_INPUTS] = {"user", "history", "item"};

void fw_tower_options_init(struct fw_tower_options *options)
{
    *options = (struct fw_tower_options){
        .batches = {.batch = 256, .history = 20, .negatives = 512, .seed = 1},
        .optimiser = "adam",
        .rate = 0.003,
        .beta = 1e-3,
        .l2 = 1e-4,
        .scale = 0.02,
        .seed = 1,
    };
}

static enum fw_status check_options(const struct fw_tower_options *o, struct fw_error *err)
{
    static const struct {
        const char *name;
        int64_t most;
    } limits[] = {{"batch", 1 << 16}, {"history", 1 << 12}, {"negatives", 1 << 16}};
    const int64_t given[] = {o->batches.batch, o->batches.history, o->batches.negatives};
    for (int i = 0; i < 3; i++) {
        if (given[i] < 1 || given[i] > limits[i].most)
            return fw_error_set(err, FW_E_ARG, "%s is %lld; 1 to %lld are possible", limits[i].name,
                                (long long)given[i], (long long)limits[i].most);
    }
    if (!(o->rate > 0) || !isfinite(o->rate))
        return fw_error_set(err, FW_E_ARG, "the learning rate is %g; it must be above 0", o->rate);
    return FW_OK;
}

void fw_tower_pass_lay_out(struct fw_two_tower *model, struct fw_arena *arena)
{
    struct fw_tower_pass *p = model->pass;
    int64_t B = model->options.batches.batch;
    int64_t K = model->options.batches.negatives;
    int64_t L = model->options.batches.history;
    int64_t chunks = (B + FW_TOWER_ROWS - 1) / FW_TOWER_ROWS;
    const int64_t bags[] = {B, B, B + K};
    const int64_t ids[] = {B, B * L, B + K};
    for (int i = 0; i < FW_TOWER_INPUTS; i++) {
        struct fw_touched *t = &p->touched[i];
        p->most[i] = bags[i];
        p->most_ids[i] = ids[i];
        t->table_size = fw_group_table_size(ids[i]);
        t->read = fw_arena_take(arena, ids[i], sizeof *t->read);
        t->unique = fw_arena_take(arena, ids[i], sizeof *t->unique);
        t->slot = fw_arena_take(arena, ids[i], sizeof *t->slot);
        t->table = fw_arena_take(arena, t->table_size, sizeof *t->table);
        p->raw[i] = fw_arena_take(arena, bags[i] * model->inputs[i].total, sizeof(fw_real));
        p->raw_grad[i] = fw_arena_take(arena, bags[i] * model->inputs[i].total, sizeof(fw_real));
        for (int32_t s = 0; s < model->inputs[i].n; s++)
            p->place[i][s] = fw_arena_take(arena, ids[i], sizeof(uint32_t));
    }
    p->user = fw_arena_take(arena, B * model->dim, sizeof(fw_real));
    p->user_grad = fw_arena_take(arena, B * model->dim, sizeof(fw_real));
    p->item = fw_arena_take(arena, (B + K) * model->dim, sizeof(fw_real));
    p->item_grad = fw_arena_take(arena, (B + K) * model->dim, sizeof(fw_real));
    p->target = fw_arena_take(arena, B, sizeof(fw_real));
    p->negative = fw_arena_take(arena, B * K, sizeof(fw_real));
    p->share = fw_arena_take(arena, B * L, sizeof(fw_real));
    p->share_grad = fw_arena_take(arena, B * L, sizeof(fw_real));
    p->shares = fw_arena_take(arena, (L + 1) * L, sizeof(fw_real));
    p->candidates = fw_arena_take(arena, B + K, sizeof(uint32_t));
    p->chunk_loss = fw_arena_take(arena, chunks, sizeof(double));
    p->chunk_base = fw_arena_take(arena, chunks * model->dim, sizeof(fw_real));
    p->chunk_positions = fw_arena_take(arena, chunks * L, sizeof(fw_real));
}

static void lay_out_gradients(struct fw_two_tower *model, struct fw_arena *arena)
{
    for (int i = 0; i < FW_TOWER_INPUTS; i++) {
        for (int32_t s = 0; s < model->inputs[i].n; s++) {
            struct fw_strip_gradient *g = &model->gradients[i][s];
            int64_t width = model->inputs[i].width[s];
            int64_t rows = model->pass->most_ids[i];
            rows = rows < model->inputs[i].ids[s] ? rows : model->inputs[i].ids[s];
            g->rows = fw_arena_take(arena, rows, sizeof *g->rows);
            g->table = fw_arena_take(arena, rows * width, sizeof(fw_real));
            if (model->inputs[i].projected)
                g->projection = fw_arena_take(arena, width * model->dim, sizeof(fw_real));
        }
    }
    model->base_gradient = fw_arena_take(arena, model->dim, sizeof(fw_real));
    model->position_gradient = fw_arena_take(arena, model->options.batches.history, sizeof(fw_real));
}

static void lay_out(struct fw_two_tower *model, struct fw_arena *arena)
{
    model->weights = fw_arena_take(arena, model->n_weights + model->n_state, sizeof(fw_real));
    fw_tower_pass_lay_out(model, arena);
    lay_out_gradients(model, arena);
    if (arena->base != NULL)
        model->state = model->weights + model->n_weights;
}

static void place_weights(struct fw_two_tower *model, const struct fw_embedding_sizes *sizes, int64_t n_users,
                          int64_t n_items)
{
    int64_t at = 0;
    const int64_t n_ids[] = {n_users, n_items, n_items};
    model->base = at;
    at += model->dim;
    model->positions = at;
    at += model->options.batches.history;
    for (int i = 0; i < FW_TOWER_INPUTS; i++)
        fw_strips_init(&model->inputs[i], fw_embedding_sizes_find(sizes, fw_tower_input_names[i]), n_ids[i], model->dim,
                       &at);
    model->n_weights = at;
    model->n_state = at * model->optimiser.vtable->state_per_weight;
}

enum fw_status fw_two_tower_create(struct fw_two_tower **out, const struct fw_embedding_sizes *sizes, int64_t n_users,
                                   int64_t n_items, const struct fw_tower_options *options, struct fw_allocator *mem,
                                   struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_two_tower *model;
    FW_TRY(check_options(options, err));
    FW_TRY(fw_embedding_sizes_check(sizes, err));
    FW_ALLOC(model, mem, 1, "a two-tower model", err);
    *model = (struct fw_two_tower){.options = *options, .dim = sizes->dim, .mem = mem};
    FW_ALLOC_GOTO(model->pass, mem, 1, "a two-tower model", err, done);
    FW_TRY_GOTO(fw_optimiser_make(&model->optimiser, options->optimiser, options->rate, options->beta, 0, options->l2,
                                  err),
                done);
    place_weights(model, sizes, n_users, n_items);
    lay_out(model, &model->arena);
    FW_TRY_GOTO(fw_arena_open(&model->arena, mem, "a two-tower model", err), done);
    lay_out(model, &model->arena);
    fw_gemm_prepare();
    *out = model;
    model = NULL;
done:
    fw_two_tower_destroy(model);
    return status;
}

void fw_two_tower_destroy(struct fw_two_tower *model)
{
    if (model == NULL)
        return;
    fw_arena_close(&model->arena);
    fw_free(model->mem, model->pass);
    fw_free(model->mem, model);
}

void fw_two_tower_start(struct fw_two_tower *model)
{
    memset(model->weights, 0, (size_t)model->n_weights * sizeof *model->weights);
    for (int i = 0; i < FW_TOWER_INPUTS; i++)
        fw_strips_start(&model->inputs[i], model->weights, model->options.scale, model->options.seed, i);
    model->optimiser.steps = 0;
    model->optimiser.vtable->reset(&model->optimiser, model->weights, model->state, model->n_weights);
}

void fw_two_tower_depths(const struct fw_two_tower *model, uint32_t *depths)
{
    memset(depths, 0, FW_TOWER_INPUTS * FW_STRIPS_MOST * sizeof *depths);
    for (int i = 0; i < FW_TOWER_INPUTS; i++) {
        for (int32_t s = 0; s < model->inputs[i].n; s++)
            depths[i * FW_STRIPS_MOST + s] = (uint32_t)model->inputs[i].ids[s];
    }
}

void fw_tower_shares(const struct fw_two_tower *model, fw_real *shares, int64_t n)
{
    const fw_real *b = model->weights + model->positions;
    fw_real largest = b[0];
    fw_real sum = 0;
    for (int64_t p = 1; p < n; p++)
        largest = b[p] > largest ? b[p] : largest;
    for (int64_t p = 0; p < n; p++) {
        shares[p] = fw_real_exp(b[p] - largest);
        sum += shares[p];
    }
    for (int64_t p = 0; p < n; p++)
        shares[p] /= sum;
}

int64_t fw_two_tower_scratch(const struct fw_two_tower *model)
{
    int64_t raw = model->inputs[FW_TOWER_USER].total;
    raw = raw > model->inputs[FW_TOWER_HISTORY].total ? raw : model->inputs[FW_TOWER_HISTORY].total;
    return model->dim + raw + model->options.batches.history;
}

void fw_two_tower_query(const struct fw_two_tower *model, fw_real *raw, const uint32_t *depths, uint32_t user,
                        const uint32_t *history, int64_t n, fw_real *scratch)
{
    fw_real *vector = scratch;
    fw_real *shares = vector + model->dim;
    fw_real *row = shares + model->options.batches.history;
    int64_t start[] = {0, n};
    struct fw_bags bags = {.ids = &user};
    const struct fw_strips *strips = &model->inputs[FW_TOWER_USER];
    memcpy(vector, model->weights + model->base, (size_t)model->dim * sizeof *vector);
    fw_strips_read(row, strips, model->weights, depths + FW_TOWER_USER * FW_STRIPS_MOST, &bags, 0, 1);
    fw_strips_map(vector, strips, model->weights, row, 1, true);
    if (n > 0) {
        strips = &model->inputs[FW_TOWER_HISTORY];
        bags = (struct fw_bags){.ids = history, .start = start, .weight = shares};
        fw_tower_shares(model, shares, n);
        fw_strips_read(row, strips, model->weights, depths + FW_TOWER_HISTORY * FW_STRIPS_MOST, &bags, 0, 1);
        fw_strips_map(vector, strips, model->weights, row, 1, true);
    }
    fw_strips_map_back(raw, &model->inputs[FW_TOWER_ITEM], model->weights, vector, 1);
}
