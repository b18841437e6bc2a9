#include "evaluators/recall.h"

#include <math.h>
#include <string.h>

#include "support/test_main.h"
#include "support/towers.h"
#include "support/walks.h"

static const int32_t widths[] = {2, 4, 2};
enum { DIM = 8, STRIPS = 3, N_ITEMS = 700, MANY = 1000 };

/* More items than are read at a time, more users than are ranked at a time. */
static struct fw_interactions *some_walks(void)
{
    struct walks walks = {.n_users = 150, .n_items = N_ITEMS, .length = 30, .follow = 0.3, .seed = 1};
    return walks_create(&walks);
}

static struct fw_recall_task task_of(const struct fw_interactions *data, enum fw_held held, int64_t negatives)
{
    return (struct fw_recall_task){.data = data,
                                   .held = held,
                                   .histories = data->judges,
                                   .n = data->n_judges,
                                   .negatives = negatives,
                                   .seed = 3,
                                   .threads = 1};
}

static struct fw_recall sampled_of(const struct fw_two_tower *m, const uint32_t *depths,
                                   const struct fw_recall_task *task)
{
    struct fw_recall recall;
    size_t bytes = fw_recall_scratch(m, task);
    char *scratch = fw_alloc_array(NULL, (int64_t)bytes, 1);
    ck_assert_ptr_nonnull(scratch);
    fw_recall_sampled(&recall, m, depths, task, scratch);
    fw_free(NULL, scratch);
    return recall;
}

static struct fw_recall full_of(const struct fw_two_tower *m, const uint32_t *depths, const struct fw_recall_task *task)
{
    struct fw_recall recall;
    ck_ok(fw_recall_full(&recall, m, depths, task, NULL, err));
    return recall;
}

/* The score of an item in double, by the rules of strips. */
static double score_of(const struct fw_two_tower *m, const fw_real *query, const uint32_t *depths, uint32_t id)
{
    const struct fw_strips *s = &m->inputs[FW_TOWER_ITEM];
    double sum = 0;
    uint32_t deepest = 0;
    for (int t = 0; t < s->n; t++)
        deepest = depths[t] > deepest ? depths[t] : deepest;
    id = id < deepest ? id : 0;
    for (int t = 0; t < s->n; t++) {
        for (int k = 0; k < s->width[t] && id < depths[t]; k++)
            sum += (double)query[s->first[t] + k] * (double)m->weights[s->table[t] + (int64_t)id * s->width[t] + k];
    }
    return sum;
}

/* Recall by its definition: every item is looked at, every history searched. */
static struct fw_recall brute_force(const struct fw_two_tower *m, const uint32_t *depths,
                                    const struct fw_recall_task *task)
{
    const struct fw_interactions *x = task->data;
    struct fw_recall out = {.n = task->n};
    double loss = 0;
    int64_t n_loss = 0;
    fw_real query[DIM];
    fw_real scratch[64];
    uint32_t latest[8];
    for (int64_t i = 0; i < task->n; i++) {
        int64_t h = task->histories[i];
        int64_t place = x->first[h + 1] - (task->held == FW_HELD_TEST ? 1 : 2);
        uint32_t target = x->taken[place];
        int64_t n = fw_history_latest(latest, x, h, place, m->options.batches.history);
        int64_t rank = 0;
        if (target == 0)
            continue;
        fw_two_tower_query(m, query, depths, x->user[h], latest, n, scratch);
        double own = score_of(m, query, depths + FW_TOWER_ITEM * FW_STRIPS_MOST, target);
        double sum = 1;
        for (uint32_t id = 1; id < x->n_items; id++) {
            bool seen = false;
            for (int64_t p = x->first[h]; p < place; p++)
                seen = seen || x->taken[p] == id;
            double score = score_of(m, query, depths + FW_TOWER_ITEM * FW_STRIPS_MOST, id);
            rank += id != target && !seen && score >= own;
            sum += id != target && !seen ? exp(score - own) : 0;
        }
        for (int c = 0; c < FW_RECALL_CUTS; c++)
            out.at[c] += (rank < fw_recall_cuts[c]) / (double)task->n;
        out.mrr += 1 / (1.0 + (double)rank) / (double)task->n;
        loss += log(sum);
        n_loss++;
    }
    out.loss = loss / (double)n_loss;
    return out;
}

static void ck_equal(const struct fw_recall *a, const struct fw_recall *b)
{
    ck_assert_int_eq(a->n, b->n);
    for (int c = 0; c < FW_RECALL_CUTS; c++)
        ck_assert_double_eq_tol(a->at[c], b->at[c], 1e-9);
    ck_assert_double_eq_tol(a->mrr, b->mrr, 1e-9);
}

/* The tables whole; strips cut so that most items share row 0; the item switched off. */
START_TEST(test_recall_is_what_looking_at_every_item_gives)
{
    static const uint32_t cuts[][3] = {{N_ITEMS, N_ITEMS, N_ITEMS}, {20, 520, 7}, {0, 513, 40}, {1, 1, 1}, {0, 0, 0}};
    struct fw_interactions *data = some_walks();
    struct fw_tower_options options = towers_options();
    struct fw_two_tower *m = towers_create(data, DIM, widths, STRIPS, false, &options);
    uint32_t depths[TOWERS_DEPTHS];
    towers_scatter(m, 0.7, 5);
    fw_two_tower_depths(m, depths);
    for (int t = 0; t < STRIPS; t++)
        depths[FW_TOWER_ITEM * FW_STRIPS_MOST + t] =
            cuts[_i][t] < data->n_items ? cuts[_i][t] : (uint32_t)data->n_items;
    for (int held = FW_HELD_VALID; held <= FW_HELD_TEST; held++) {
        struct fw_recall_task task = task_of(data, (enum fw_held)held, MANY);
        struct fw_recall expected = brute_force(m, depths, &task);
        struct fw_recall full = full_of(m, depths, &task);
        struct fw_recall whole = sampled_of(m, depths, &task); /* no more items than competitors: all of them */
        ck_equal(&full, &expected);
        ck_equal(&whole, &expected);
        ck_assert(isnan(full.loss));
        ck_assert_double_eq_tol(whole.loss, expected.loss, 1e-4);
        ck_assert(_i < 3 ? full.at[3] > 0 : full.at[3] == 0);
    }
    fw_two_tower_destroy(m);
    fw_interactions_destroy(data);
}
END_TEST

START_TEST(test_recall_is_the_same_on_any_number_of_threads_and_each_time)
{
    static const int threads[] = {1, 2, 3, 8};
    struct fw_interactions *data = some_walks();
    struct fw_tower_options options = towers_options();
    struct fw_two_tower *m = towers_create(data, DIM, widths, STRIPS, true, &options);
    uint32_t depths[TOWERS_DEPTHS];
    fw_two_tower_depths(m, depths);
    towers_train(m, data, depths, 0, 50);
    struct fw_recall_task task = task_of(data, FW_HELD_VALID, 20);
    struct fw_recall first_full = full_of(m, depths, &task);
    struct fw_recall first = sampled_of(m, depths, &task);
    for (int i = 1; i < 4; i++) {
        task.threads = threads[i];
        struct fw_recall full = full_of(m, depths, &task);
        struct fw_recall sampled = sampled_of(m, depths, &task);
        ck_equal(&full, &first_full);
        ck_assert_mem_eq(&sampled, &first, sizeof first);
    }
    task.seed++;
    struct fw_recall other = sampled_of(m, depths, &task);
    ck_assert(other.loss != first.loss);
    ck_assert(first.at[0] >= first_full.at[0] && first.mrr > first_full.mrr); /* fewer competitors */
    fw_two_tower_destroy(m);
    fw_interactions_destroy(data);
}
END_TEST

/* A model whose score is the number of training rows. */
START_TEST(test_recall_of_popularity_is_that_of_a_model_that_counts)
{
    static const int32_t one[] = {1};
    struct fw_interactions *data = some_walks();
    struct fw_tower_options options = towers_options();
    struct fw_two_tower *m = towers_create(data, 1, one, 1, false, &options);
    uint32_t depths[TOWERS_DEPTHS];
    fw_two_tower_depths(m, depths);
    depths[FW_TOWER_USER * FW_STRIPS_MOST] = depths[FW_TOWER_HISTORY * FW_STRIPS_MOST] = 0;
    m->weights[m->base] = 1;
    for (int64_t id = 0; id < data->n_items; id++)
        m->weights[m->inputs[FW_TOWER_ITEM].table[0] + id] = (fw_real)data->item_counts[id];
    for (int held = FW_HELD_VALID; held <= FW_HELD_TEST; held++) {
        struct fw_recall popular;
        struct fw_recall_task task = task_of(data, (enum fw_held)held, 50);
        struct fw_recall full = full_of(m, depths, &task);
        struct fw_recall sampled = sampled_of(m, depths, &task);
        ck_ok(fw_recall_popularity(&popular, &task, false, NULL, err));
        ck_equal(&popular, &full);
        ck_ok(fw_recall_popularity(&popular, &task, true, NULL, err));
        ck_equal(&popular, &sampled);
    }
    fw_two_tower_destroy(m);
    fw_interactions_destroy(data);
}
END_TEST

/* u's test item is known, v's is not, w's was taken before and still counts. */
START_TEST(test_recall_does_not_find_unknown_items_and_keeps_repeated_ones)
{
    struct fw_interactions *data =
        interactions_of("user,item\nu,a\nu,b\nu,c\nu,b\nu,c\nv,a\nv,b\nv,new\nw,a\nw,b\nw,a\n", 1, 1);
    static const int32_t one[] = {1};
    struct fw_tower_options options = towers_options();
    struct fw_two_tower *m = towers_create(data, 1, one, 1, false, &options);
    uint32_t depths[TOWERS_DEPTHS];
    struct fw_recall popular;
    struct fw_recall_task task = task_of(data, FW_HELD_TEST, 10);
    fw_two_tower_depths(m, depths);
    depths[FW_TOWER_USER * FW_STRIPS_MOST] = depths[FW_TOWER_HISTORY * FW_STRIPS_MOST] = 0;
    m->weights[m->base] = 1;
    for (int64_t id = 0; id < data->n_items; id++) /* the popular first */
        m->weights[m->inputs[FW_TOWER_ITEM].table[0] + id] = (fw_real)-id;
    struct fw_recall full = full_of(m, depths, &task);
    struct fw_recall sampled = sampled_of(m, depths, &task);
    ck_ok(fw_recall_popularity(&popular, &task, false, NULL, err));
    /* u has seen all others: rank 0. v: none. w: a is first, b was seen, c scores lower: rank 0 */
    ck_assert_double_eq_tol(full.at[0], 2.0 / 3, 1e-9);
    ck_equal(&sampled, &full);
    ck_equal(&popular, &full);
    m->weights[m->base] = NAN; /* a broken model finds nothing */
    full = full_of(m, depths, &task);
    ck_assert(full.at[0] == 0);
    fw_two_tower_destroy(m);
    fw_interactions_destroy(data);
}
END_TEST

/* Eight of ten steps follow the chain: popularity cannot know them. */
START_TEST(test_recall_of_a_trained_model_beats_popularity_on_a_chain)
{
    struct walks walks = {.n_users = 200, .n_items = 60, .length = 14, .follow = 0.8, .seed = (uint64_t)_i};
    struct fw_interactions *data = walks_create(&walks);
    struct fw_tower_options options = towers_options();
    options.seed = options.batches.seed = (uint64_t)_i;
    static const int32_t wide[] = {8, 8};
    struct fw_two_tower *m = towers_create(data, 16, wide, 2, _i % 2 == 1, &options);
    uint32_t depths[TOWERS_DEPTHS];
    struct fw_recall popular;
    struct fw_recall_task task = task_of(data, FW_HELD_TEST, 20);
    fw_two_tower_depths(m, depths);
    towers_train(m, data, depths, 0, 800);
    struct fw_recall full = full_of(m, depths, &task);
    struct fw_recall sampled = sampled_of(m, depths, &task);
    ck_ok(fw_recall_popularity(&popular, &task, false, NULL, err));
    ck_assert_msg(full.at[0] > 0.45 && full.at[0] > 3 * popular.at[0], "%g, popularity %g", full.at[0], popular.at[0]);
    ck_ok(fw_recall_popularity(&popular, &task, true, NULL, err));
    ck_assert_msg(sampled.at[0] > 2 * popular.at[0], "sampled %g, popularity %g", sampled.at[0], popular.at[0]);
    fw_two_tower_destroy(m);
    fw_interactions_destroy(data);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("recall");
    TCase *tests = tcase_create("recall");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_recall_is_what_looking_at_every_item_gives, 0, 5);
    tcase_add_test(tests, test_recall_is_the_same_on_any_number_of_threads_and_each_time);
    tcase_add_test(tests, test_recall_of_popularity_is_that_of_a_model_that_counts);
    tcase_add_test(tests, test_recall_does_not_find_unknown_items_and_keeps_repeated_ones);
    tcase_add_loop_test(tests, test_recall_of_a_trained_model_beats_popularity_on_a_chain, 1, 5);
    suite_add_tcase(suite, tests);
    return suite;
}
