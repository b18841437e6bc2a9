#include "support/towers.h"

#include "core/rng.h"
#include "support/test_main.h"

struct fw_tower_options towers_options(void)
{
    struct fw_tower_options options;
    fw_tower_options_init(&options);
    options.batches = (struct fw_batch_options){.batch = 64, .history = 5, .negatives = 100, .seed = 1};
    options.rate = 0.01;
    options.threads = 1;
    return options;
}

struct fw_embedding_sizes *towers_sizes(const struct fw_interactions *data, int32_t dim, const int32_t *widths,
                                        int32_t n_strips, bool projected, const uint32_t *depths)
{
    struct fw_embedding_sizes *sizes = NULL;
    ck_ok(fw_embedding_sizes_create(&sizes, dim, FW_TOWER_INPUTS, NULL, err));
    for (int i = 0; i < FW_TOWER_INPUTS; i++) {
        struct fw_embedding_size *size = &sizes->items[i];
        ck_ok(fw_embedding_sizes_name(sizes, i, fw_tower_input_names[i], err));
        size->projected = projected;
        for (int32_t t = 0; t < n_strips; t++) {
            int64_t n_ids = i == FW_TOWER_USER ? data->n_users : data->n_items;
            int64_t ids = depths != NULL ? depths[i * FW_STRIPS_MOST + t] : n_ids;
            if (ids > 0)
                size->strips[size->n_strips++] = (struct fw_strip){ids, widths[t]};
        }
    }
    return sizes;
}

struct fw_two_tower *towers_create(const struct fw_interactions *data, int32_t dim, const int32_t *widths,
                                   int32_t n_strips, bool projected, const struct fw_tower_options *options)
{
    struct fw_two_tower *model = NULL;
    struct fw_embedding_sizes *sizes = towers_sizes(data, dim, widths, n_strips, projected, NULL);
    ck_ok(fw_two_tower_create(&model, sizes, data->n_users, data->n_items, options, NULL, err));
    fw_embedding_sizes_destroy(sizes);
    fw_two_tower_start(model);
    return model;
}

void towers_scatter(struct fw_two_tower *model, double spread, uint64_t seed)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, seed, fw_stream(1, 0, FW_STREAM_TEST));
    for (int64_t i = 0; i < model->n_weights; i++)
        model->weights[i] = (fw_real)(spread * fw_rng_normal(&rng));
}

void towers_train(struct fw_two_tower *model, const struct fw_interactions *data, const uint32_t *depths, int64_t first,
                  int64_t n)
{
    struct fw_batcher *batcher = NULL;
    ck_ok(fw_batcher_create(&batcher, data, &model->options.batches, NULL, err));
    for (int64_t step = first; step < first + n; step++) {
        double loss;
        fw_batcher_train(batcher, step);
        ck_ok(fw_two_tower_learn(model, &loss, &batcher->batch, depths, err));
    }
    fw_batcher_destroy(batcher);
}
