#include "support/sizing_spaces.h"

#include <math.h>

#include "support/test_main.h"

static const char *const names[sizing_spaces_most_inputs] = {"a", "b", "c", "d", "e", "f"};

struct fw_embedding_space *sizing_spaces_random(struct fw_rng *rng, bool multi, bool projected)
{
    int64_t counts[sizing_spaces_most_inputs][sizing_spaces_most_ids];
    struct fw_sized_input inputs[sizing_spaces_most_inputs];
    struct fw_embedding_space *space = NULL;
    struct fw_embedding_space_options options = {.multi = multi, .projected = projected};
    options.dim = 1 + (int32_t)fw_rng_below(rng, 12);
    options.grid.n_rows = 1 + (int32_t)fw_rng_below(rng, 5);
    options.grid.n_columns = 1 + (int32_t)fw_rng_below(rng, 4);
    for (int32_t s = 0; s < options.grid.n_rows; s++)
        options.grid.rows[s] = .1 + fw_rng_uniform(rng);
    for (int32_t t = 0; t < options.grid.n_columns; t++)
        options.grid.columns[t] = .1 + fw_rng_uniform(rng);
    int32_t n = 1 + (int32_t)fw_rng_below(rng, sizing_spaces_most_inputs);
    for (int32_t i = 0; i < n; i++) {
        int64_t n_ids = 1 + (int64_t)fw_rng_below(rng, sizing_spaces_most_ids);
        int64_t count = 200;
        for (int64_t id = 0; id < n_ids; id++) {
            counts[i][id] = id == 0 ? (int64_t)fw_rng_below(rng, 50) : count; /* the first: unknown values */
            count -= (int64_t)fw_rng_below(rng, 1 + ((uint64_t)count + 7) / 8);
        }
        inputs[i] = (struct fw_sized_input){.name = names[i],
                                            .n_ids = n_ids,
                                            .ranked = fw_rng_below(rng, 3) > 0,
                                            .counts = fw_rng_below(rng, 4) > 0 ? counts[i] : NULL};
    }
    ck_ok(fw_embedding_space_create(&space, inputs, n, &options, NULL, err));
    return space;
}

int64_t sizing_spaces_budget(struct fw_rng *rng, const struct fw_embedding_space *space)
{
    double full = (double)fw_embedding_space_full_bytes(space);
    return (int64_t)(1.2 * full * pow(fw_rng_uniform(rng), 3)) - 2;
}
