/* The two-tower model of next items.
 *
 *     bench_retrieval                          its cost on generated walks; CSV:
 * name,size,threads,min_ns,median_ns,runs bench_retrieval FILE USER ITEM [TIME]    what it finds in real interactions,
 * by width, beside popularity; columns by name or position; CSV of recalls over validation and test items */
#include <stdio.h>
#include <stdlib.h>

#include "bench/settle.h"
#include "core/clock.h"
#include "core/par.h"
#include "core/rng.h"
#include "evaluators/retrieval_fit.h"

enum { RUNS = 15, STEPS = 20, USERS = 4000, ITEMS = 20000, LENGTH = 20, DIM = 64 };

static const char *const held_names[] = {"valid", "test"};

/* One table of all ids an input. */
static struct fw_embedding_sizes *sizes_of(const struct fw_interactions *data, int32_t dim, struct fw_error *err)
{
    struct fw_embedding_sizes *sizes = NULL;
    if (fw_embedding_sizes_create(&sizes, dim, FW_TOWER_INPUTS, NULL, err) != FW_OK)
        return NULL;
    for (int i = 0; i < FW_TOWER_INPUTS; i++) {
        if (fw_embedding_sizes_name(sizes, i, fw_tower_input_names[i], err) != FW_OK)
            return NULL;
        sizes->items[i].n_strips = 1;
        sizes->items[i].strips[0] = (struct fw_strip){i == FW_TOWER_USER ? data->n_users : data->n_items, dim};
    }
    return sizes;
}

static void show(const char *model, const char *held, const char *against, const struct fw_recall *r,
                 const struct fw_sizing_fit *fit)
{
    printf("%s,%s,%s", model, held, against);
    for (int c = 0; c < FW_RECALL_CUTS; c++)
        printf(",%.4f", r->at[c]);
    printf(",%.4f,%lld,%.1f\n", r->mrr, (long long)fit->epochs, fit->seconds);
    fflush(stdout);
}

static enum fw_status judge_popularity(const struct fw_interactions *data, const struct fw_retrieval_options *options,
                                       struct fw_error *err)
{
    struct fw_sizing_fit none = {0};
    for (int held = FW_HELD_VALID; held <= FW_HELD_TEST; held++) {
        struct fw_recall recall;
        struct fw_recall_task task = fw_retrieval_task(data, (enum fw_held)held, options);
        FW_TRY(fw_recall_popularity(&recall, &task, false, NULL, err));
        show("popularity", held_names[held], "all", &recall, &none);
        FW_TRY(fw_recall_popularity(&recall, &task, true, NULL, err));
        show("popularity", held_names[held], "sampled", &recall, &none);
    }
    return FW_OK;
}

static enum fw_status judge_width(const struct fw_interactions *data, const struct fw_retrieval_options *options,
                                  int32_t dim, struct fw_error *err)
{
    char name[32];
    struct fw_sizing_fit fit;
    struct fw_two_tower *model = NULL;
    uint32_t depths[FW_TOWER_INPUTS * FW_STRIPS_MOST];
    struct fw_embedding_sizes *sizes = sizes_of(data, dim, err);
    enum fw_status status =
        sizes != NULL ? fw_retrieval_fit(&model, &fit, data, sizes, options, NULL, NULL, err) : FW_E_NOMEM;
    snprintf(name, sizeof name, "two_tower/%d", dim);
    for (int held = FW_HELD_VALID; held <= FW_HELD_TEST && status == FW_OK; held++) {
        struct fw_recall recall;
        struct fw_recall_task task = fw_retrieval_task(data, (enum fw_held)held, options);
        void *scratch = fw_alloc_array(NULL, 1, fw_recall_scratch(model, &task));
        fw_two_tower_depths(model, depths);
        status = fw_recall_full(&recall, model, depths, &task, NULL, err);
        if (status == FW_OK && scratch != NULL) {
            show(name, held_names[held], "all", &recall, &fit);
            fw_recall_sampled(&recall, model, depths, &task, scratch);
            show(name, held_names[held], "sampled", &recall, &fit);
        }
        fw_free(NULL, scratch);
    }
    fw_two_tower_destroy(model);
    fw_embedding_sizes_destroy(sizes);
    return status;
}

static enum fw_status judge_file(int argc, char **argv, struct fw_error *err)
{
    static const int32_t widths[] = {8, 16, 32, 64};
    struct fw_table *table = NULL;
    struct fw_interactions *data = NULL;
    struct fw_table_options options;
    struct fw_retrieval_options retrieval;
    fw_table_options_init(&options);
    fw_retrieval_options_init(&retrieval);
    FW_TRY(fw_table_read(&table, argv[1], &options, NULL, err));
    struct fw_interactions_columns columns = {.user = fw_table_find_column(table, argv[2]),
                                              .item = fw_table_find_column(table, argv[3]),
                                              .time = argc > 4 ? fw_table_find_column(table, argv[4]) : -1};
    enum fw_status status = columns.user >= 0 && columns.item >= 0
                                ? fw_interactions_create(&data, table, &columns, 1, 1, NULL, err)
                                : fw_error_set(err, FW_E_ARG, "'%s' or '%s' is no column", argv[2], argv[3]);
    if (status == FW_OK) {
        printf("model,held,against,recall@1,recall@5,recall@10,recall@20,mrr,epochs,seconds\n");
        status = judge_popularity(data, &retrieval, err);
        for (size_t w = 0; w < sizeof widths / sizeof widths[0] && status == FW_OK; w++)
            status = judge_width(data, &retrieval, widths[w], err);
    }
    fw_interactions_destroy(data);
    fw_table_destroy(table);
    return status;
}

/* Walks of users: items by a power law, each second one near the one before. */
static enum fw_status walk(struct fw_interactions **out, struct fw_error *err)
{
    struct fw_rng rng;
    struct fw_buffer text;
    struct fw_table *table = NULL;
    struct fw_table_options options;
    struct fw_interactions_columns columns = {.user = 0, .item = 1, .time = -1};
    fw_rng_seed(&rng, 1, fw_stream(0, 0, FW_STREAM_TEST));
    fw_buffer_init(&text, NULL);
    fw_buffer_add_text(&text, "user,item\n");
    for (int u = 0; u < USERS; u++) {
        int item = 0;
        for (int i = 0; i < LENGTH; i++) {
            double draw = fw_rng_uniform(&rng);
            item = fw_rng_uniform(&rng) < 0.5 ? (item * 7 + 1) % ITEMS : (int)(draw * draw * draw * ITEMS);
            fw_buffer_addf(&text, "%d,%d\n", u, item);
        }
    }
    fw_table_options_init(&options);
    enum fw_status status = fw_buffer_check(&text, err);
    if (status == FW_OK)
        status = fw_table_parse(&table, "walks", text.data, (size_t)text.length, &options, NULL, err);
    if (status == FW_OK)
        status = fw_interactions_create(out, table, &columns, 1, 1, NULL, err);
    fw_table_destroy(table);
    fw_buffer_clear(&text);
    return status;
}

struct bench {
    struct fw_interactions *data;
    struct fw_two_tower *model;
    struct fw_batcher *batcher;
    struct fw_recall_task task;
    void *scratch;
    int64_t step;
    uint32_t depths[FW_TOWER_INPUTS * FW_STRIPS_MOST];
};

static enum fw_status run_batches(struct bench *b, struct fw_error *err)
{
    (void)err;
    for (int i = 0; i < STEPS; i++)
        fw_batcher_train(b->batcher, b->step++);
    return FW_OK;
}

static enum fw_status run_steps(struct bench *b, struct fw_error *err)
{
    double loss;
    for (int i = 0; i < STEPS; i++) {
        fw_batcher_train(b->batcher, b->step++);
        FW_TRY(fw_two_tower_learn(b->model, &loss, &b->batcher->batch, b->depths, err));
    }
    return FW_OK;
}

static enum fw_status run_sampled(struct bench *b, struct fw_error *err)
{
    struct fw_recall recall;
    (void)err;
    fw_recall_sampled(&recall, b->model, b->depths, &b->task, b->scratch);
    return FW_OK;
}

static enum fw_status run_full(struct bench *b, struct fw_error *err)
{
    struct fw_recall recall;
    return fw_recall_full(&recall, b->model, b->depths, &b->task, NULL, err);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static enum fw_status measure(const char *name, int64_t size, enum fw_status (*run)(struct bench *, struct fw_error *),
                              struct bench *b, struct fw_error *err)
{
    double seconds[RUNS];
    for (int r = 0; r < RUNS; r++) {
        double start = fw_clock_seconds();
        FW_TRY(run(b, err));
        seconds[r] = fw_clock_seconds() - start;
    }
    qsort(seconds, RUNS, sizeof *seconds, by_value);
    printf("retrieval/%s/%lld,%lld,%d,%.0f,%.0f,%d\n", name, (long long)size, (long long)size, fw_par_threads(0),
           1e9 * seconds[0], 1e9 * seconds[RUNS / 2], RUNS);
    return FW_OK;
}

static enum fw_status measure_all(struct bench *b, struct fw_error *err)
{
    struct fw_retrieval_options options;
    fw_retrieval_options_init(&options);
    FW_TRY(walk(&b->data, err));
    struct fw_embedding_sizes *sizes = sizes_of(b->data, DIM, err);
    enum fw_status status = sizes != NULL ? fw_two_tower_create(&b->model, sizes, b->data->n_users, b->data->n_items,
                                                                &options.tower, NULL, err)
                                          : FW_E_NOMEM;
    fw_embedding_sizes_destroy(sizes);
    FW_TRY(status);
    FW_TRY(fw_batcher_create(&b->batcher, b->data, &options.tower.batches, NULL, err));
    fw_two_tower_start(b->model);
    fw_two_tower_depths(b->model, b->depths);
    b->task = fw_retrieval_task(b->data, FW_HELD_VALID, &options);
    b->scratch = fw_alloc_array(NULL, 1, fw_recall_scratch(b->model, &b->task));
    if (b->scratch == NULL)
        return fw_error_nomem(err, NULL, "judging users", 1, 1);
    FW_TRY(measure("batches", STEPS, run_batches, b, err));
    FW_TRY(measure("steps", STEPS, run_steps, b, err));
    FW_TRY(measure("recall_sampled", b->task.n, run_sampled, b, err));
    return measure("recall_full", b->task.n, run_full, b, err);
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    struct fw_error err = {0};
    bool file = argc > 3;
    fw_bench_settle(argv);
    if (!file)
        printf("name,size,threads,min_ns,median_ns,runs\n");
    enum fw_status status = file ? judge_file(argc, argv, &err) : measure_all(&b, &err);
    if (status != FW_OK)
        fprintf(stderr, "bench_retrieval: %s\n", err.message);
    fw_free(NULL, b.scratch);
    fw_batcher_destroy(b.batcher);
    fw_two_tower_destroy(b.model);
    fw_interactions_destroy(b.data);
    return status == FW_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
