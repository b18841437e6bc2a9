#include "evaluators/recall.h"

#include <math.h>
#include <string.h>

#include "core/par.h"
#include "evaluators/recall_draw.h"
#include "models/engine/gemm.h"

/* Users that are ranked together, and items that are read for them at a time. */
enum { USERS = 32, ITEMS = 512 };

static const uint32_t *item_depths(const uint32_t *depths)
{
    return depths + FW_TOWER_ITEM * FW_STRIPS_MOST;
}

/* What one thread of the full ranking works with. */
struct ranking {
    const struct fw_two_tower *model;
    const uint32_t *depths;
    const struct fw_recall_task *task;
    int64_t longest;  /* known items of a user, at most */
    uint32_t deepest; /* ids from here on share row 0 */
    fw_real *queries; /* (USERS, total) */
    fw_real *items;   /* (ITEMS, total) */
    fw_real *scores;  /* (USERS, ITEMS) */
    fw_real *scratch; /* of a query */
    uint32_t *ids;    /* (ITEMS or L) */
    uint32_t *seen;   /* (USERS, longest) */
    int64_t n_seen[USERS], next_seen[USERS];
    uint32_t target[USERS];
    fw_real own[USERS]; /* score of the target */
};

static void lay_out_ranking(struct ranking *r, struct fw_arena *arena)
{
    int64_t total = r->model->inputs[FW_TOWER_ITEM].total;
    int64_t history = r->model->options.batches.history;
    r->queries = fw_arena_take(arena, USERS * total, sizeof(fw_real));
    r->items = fw_arena_take(arena, ITEMS * total, sizeof(fw_real));
    r->scores = fw_arena_take(arena, USERS * ITEMS, sizeof(fw_real));
    r->scratch = fw_arena_take(arena, fw_two_tower_scratch(r->model), sizeof(fw_real));
    r->ids = fw_arena_take(arena, history > ITEMS ? history : ITEMS, sizeof(uint32_t));
    r->seen = fw_arena_take(arena, USERS * r->longest, sizeof(uint32_t));
}

static void ask(struct ranking *r, const int64_t *histories, int64_t n)
{
    const struct fw_interactions *data = r->task->data;
    const struct fw_strips *strips = &r->model->inputs[FW_TOWER_ITEM];
    for (int64_t i = 0; i < n; i++) {
        fw_real *query = r->queries + i * strips->total;
        int64_t place = fw_history_held(data, histories[i], r->task->held);
        int64_t known = fw_history_latest(r->ids, data, histories[i], place, r->model->options.batches.history);
        fw_two_tower_query(r->model, query, r->depths, data->user[histories[i]], r->ids, known, r->scratch);
        r->target[i] = data->taken[place];
        r->own[i] = fw_strips_dot(query, strips, r->model->weights, item_depths(r->depths), r->deepest, r->target[i]);
        r->n_seen[i] = fw_recall_list_seen(r->seen + i * r->longest, data, histories[i], place);
        r->next_seen[i] = 0;
    }
}

/* Competitors among items [first, first + n) that have rows of their own. */
static void count_block(struct ranking *r, uint32_t *ranks, int64_t n_users, uint32_t first, int64_t n)
{
    const struct fw_strips *strips = &r->model->inputs[FW_TOWER_ITEM];
    struct fw_bags bags = {.ids = r->ids};
    for (int64_t j = 0; j < n; j++)
        r->ids[j] = first + (uint32_t)j;
    fw_strips_read(r->items, strips, r->model->weights, item_depths(r->depths), &bags, 0, n);
    fw_gemm(FW_GEMM_NT, n_users, n, strips->total, r->queries, strips->total, r->items, strips->total, false, r->scores,
            ITEMS);
    for (int64_t i = 0; i < n_users; i++) {
        fw_real *scores = r->scores + i * ITEMS;
        const uint32_t *seen = r->seen + i * r->longest;
        uint32_t ahead = 0;
        for (; r->next_seen[i] < r->n_seen[i] && seen[r->next_seen[i]] < first + n; r->next_seen[i]++)
            scores[seen[r->next_seen[i]] - first] = -(fw_real)INFINITY;
        if (r->target[i] >= first && r->target[i] < first + n)
            scores[r->target[i] - first] = -(fw_real)INFINITY;
        for (int64_t j = 0; j < n; j++)
            ahead += scores[j] < r->own[i] ? 0U : 1U; /* also what is not a number */
        ranks[i] += ahead;
    }
}

/* Competitors that share row 0: a tie with a target of their kind, whatever the rounding. */
static void count_tail(const struct ranking *r, uint32_t *ranks, int64_t n_users)
{
    const struct fw_strips *strips = &r->model->inputs[FW_TOWER_ITEM];
    uint32_t from = r->deepest > 1 ? r->deepest : 1;
    uint32_t n_items = (uint32_t)r->task->data->n_items;
    for (int64_t i = 0; i < n_users && from < n_items; i++) {
        bool own = r->target[i] >= from;
        fw_real score = fw_strips_dot(r->queries + i * strips->total, strips, r->model->weights, item_depths(r->depths),
                                      r->deepest, from);
        if (own || !(score < r->own[i]))
            ranks[i] += n_items - from - (uint32_t)(r->n_seen[i] - r->next_seen[i]) - own;
    }
}

static void rank_users(struct ranking *r, uint32_t *ranks, const int64_t *histories, int64_t n)
{
    uint32_t end = r->deepest < r->task->data->n_items ? r->deepest : (uint32_t)r->task->data->n_items;
    ask(r, histories, n);
    memset(ranks, 0, (size_t)n * sizeof *ranks);
    for (uint32_t first = 1; first < end; first += ITEMS)
        count_block(r, ranks, n, first, end - first < ITEMS ? end - first : ITEMS);
    count_tail(r, ranks, n);
    for (int64_t i = 0; i < n; i++)
        ranks[i] = r->target[i] == 0 ? FW_RANK_NONE : ranks[i];
}

static int64_t longest_history(const struct fw_recall_task *task)
{
    int64_t longest = 0;
    for (int64_t i = 0; i < task->n; i++) {
        int64_t n = fw_history_length(task->data, task->histories[i]);
        longest = n > longest ? n : longest;
    }
    return longest;
}

enum fw_status fw_recall_full(struct fw_recall *out, const struct fw_two_tower *model, const uint32_t *depths,
                              const struct fw_recall_task *task, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    int threads = fw_par_threads(task->threads);
    struct fw_arena arena = {0};
    struct ranking *rankings = NULL;
    uint32_t *ranks = NULL;
    struct ranking common = {.model = model, .depths = depths, .task = task, .longest = longest_history(task)};
    common.deepest = fw_strips_deepest(&model->inputs[FW_TOWER_ITEM], item_depths(depths));
    FW_ALLOC_GOTO(rankings, mem, threads, "ranking items", err, done);
    FW_ALLOC_GOTO(ranks, mem, task->n, "ranking items", err, done);
    for (int opened = 0; opened < 2; opened++) {
        for (int t = 0; t < threads; t++) {
            rankings[t] = common;
            lay_out_ranking(&rankings[t], &arena);
        }
        if (!opened)
            FW_TRY_GOTO(fw_arena_open(&arena, mem, "ranking items", err), done);
    }
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (threads > 1)
    for (int64_t i = 0; i < task->n; i += USERS)
        rank_users(&rankings[fw_par_thread_index()], ranks + i, task->histories + i,
                   task->n - i < USERS ? task->n - i : USERS);
    fw_recall_sum(out, ranks, NULL, task->n);
done:
    fw_arena_close(&arena);
    fw_free(mem, ranks);
    fw_free(mem, rankings);
    return status;
}

/* Numbers that one thread of the sampled ranking needs: query, its scratch, scores; ids come behind. */
static int64_t thread_numbers(const struct fw_two_tower *model, const struct fw_recall_task *task)
{
    return model->inputs[FW_TOWER_ITEM].total + fw_two_tower_scratch(model) + task->negatives;
}

static int64_t thread_ids(const struct fw_two_tower *model, const struct fw_recall_task *task)
{
    int64_t history = model->options.batches.history;
    return history > task->negatives ? history : task->negatives;
}

static size_t thread_bytes(const struct fw_two_tower *model, const struct fw_recall_task *task)
{
    size_t bytes =
        (size_t)thread_numbers(model, task) * sizeof(fw_real) + (size_t)thread_ids(model, task) * sizeof(uint32_t);
    return (bytes + FW_ARENA_ALIGNMENT - 1) / FW_ARENA_ALIGNMENT * FW_ARENA_ALIGNMENT;
}

size_t fw_recall_scratch(const struct fw_two_tower *model, const struct fw_recall_task *task)
{
    /* not fw_par_threads alone: within a parallel region that is 1, and the scratch may be used outside */
    int threads = task->threads > 0 ? task->threads : fw_par_threads(0);
    return FW_ARENA_ALIGNMENT + (size_t)threads * thread_bytes(model, task) +
           (size_t)task->n * (sizeof(uint32_t) + sizeof(float));
}

/* Rank and loss of one user. */
static uint32_t rank_sampled(float *loss, const struct fw_two_tower *model, const uint32_t *depths,
                             const struct fw_recall_task *task, int64_t history, void *scratch)
{
    const struct fw_interactions *data = task->data;
    const struct fw_strips *strips = &model->inputs[FW_TOWER_ITEM];
    fw_real *query = scratch;
    fw_real *scores = query + strips->total;
    fw_real *inner = scores + task->negatives;
    uint32_t *ids = (uint32_t *)(inner + fw_two_tower_scratch(model));
    uint32_t deepest = fw_strips_deepest(strips, item_depths(depths));
    int64_t place = fw_history_held(data, history, task->held);
    uint32_t target = data->taken[place];
    *loss = 0;
    if (target == 0)
        return FW_RANK_NONE;
    int64_t known = fw_history_latest(ids, data, history, place, model->options.batches.history);
    fw_two_tower_query(model, query, depths, data->user[history], ids, known, inner);
    int64_t n = fw_recall_draw(ids, task, history);
    fw_real own = fw_strips_dot(query, strips, model->weights, item_depths(depths), deepest, target);
    fw_real largest = own;
    uint32_t rank = 0;
    for (int64_t k = 0; k < n; k++) {
        scores[k] = fw_strips_dot(query, strips, model->weights, item_depths(depths), deepest, ids[k]);
        rank += scores[k] < own ? 0U : 1U;
        largest = scores[k] > largest ? scores[k] : largest;
    }
    if (!isfinite(own) || !isfinite(largest)) {
        *loss = NAN;
        return rank;
    }
    fw_real sum = fw_real_exp(own - largest);
    for (int64_t k = 0; k < n; k++)
        sum += fw_real_exp(scores[k] - largest);
    *loss = (float)(log((double)sum) + (double)(largest - own));
    return rank;
}

void fw_recall_sampled(struct fw_recall *out, const struct fw_two_tower *model, const uint32_t *depths,
                       const struct fw_recall_task *task, void *scratch)
{
    int threads = fw_par_threads(task->threads);
    size_t bytes = thread_bytes(model, task);
    uintptr_t start = ((uintptr_t)scratch + FW_ARENA_ALIGNMENT - 1) & ~(uintptr_t)(FW_ARENA_ALIGNMENT - 1);
    char *own = (char *)start;
    uint32_t *ranks = (uint32_t *)(start + (size_t)threads * bytes);
    float *losses = (float *)(ranks + task->n);
#pragma omp parallel for schedule(dynamic, 16) num_threads(threads) if (threads > 1)
    for (int64_t i = 0; i < task->n; i++)
        ranks[i] = rank_sampled(&losses[i], model, depths, task, task->histories[i],
                                own + (size_t)fw_par_thread_index() * bytes);
    fw_recall_sum(out, ranks, losses, task->n);
}

/* Items with at least as many training rows as the target: ids are in their order. */
static uint32_t ranked_ahead(const struct fw_interactions *data, uint32_t target)
{
    uint32_t end = target;
    while (end < data->n_items && data->item_counts[end] == data->item_counts[target])
        end++;
    return end;
}

enum fw_status fw_recall_popularity(struct fw_recall *out, const struct fw_recall_task *task, bool sampled,
                                    struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct fw_interactions *data = task->data;
    uint32_t *ranks = NULL;
    uint32_t *ids = NULL;
    int64_t longest = longest_history(task);
    FW_ALLOC_GOTO(ranks, mem, task->n, "ranking items", err, done);
    FW_ALLOC_GOTO(ids, mem, longest > task->negatives ? longest : task->negatives, "ranking items", err, done);
    for (int64_t i = 0; i < task->n; i++) {
        int64_t place = fw_history_held(data, task->histories[i], task->held);
        uint32_t target = data->taken[place];
        uint32_t end = target != 0 ? ranked_ahead(data, target) : 0;
        int64_t n = sampled ? fw_recall_draw(ids, task, task->histories[i])
                            : fw_recall_list_seen(ids, data, task->histories[i], place);
        uint32_t ahead = 0;
        for (int64_t k = 0; k < n; k++)
            ahead += ids[k] < end;
        ranks[i] = target == 0 ? FW_RANK_NONE : sampled ? ahead : end - 2 - ahead; /* without id 0 and itself */
    }
    fw_recall_sum(out, ranks, NULL, task->n);
done:
    fw_free(mem, ids);
    fw_free(mem, ranks);
    return status;
}
