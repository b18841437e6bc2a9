#include <string.h>

#include "core/rng.h"
#include "search/crosses/driver.h"

/* All children, screened: AutoCross. */
const struct fw_driver_vtable fw_driver_autocross = {
    .api = FW_DRIVER_API,
    .name = "autocross",
    .summary = "all crosses, screened by the evaluator with successive halving (default)",
    .screens = true,
};

/* As many children as autocross refits, but drawn blindly: what the screen has to beat. */
static int64_t choose_at_random(struct fw_candidate *candidates, int64_t n, int64_t finalists, uint64_t seed,
                                int32_t step)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, seed, fw_stream((uint64_t)step, 0, FW_STREAM_SEARCH));
    int64_t chosen = finalists < n ? finalists : n;
    for (int64_t i = 0; i < chosen; i++) {
        int64_t j = i + (int64_t)fw_rng_below(&rng, (uint64_t)(n - i));
        struct fw_candidate other = candidates[i];
        candidates[i] = candidates[j];
        candidates[j] = other;
    }
    return chosen;
}

const struct fw_driver_vtable fw_driver_random = {
    .api = FW_DRIVER_API,
    .name = "random",
    .summary = "a few crosses drawn at random, refitted",
    .choose = choose_at_random,
};

/* Every child is refitted: the truth that the screen is held against. */
static int64_t choose_all(struct fw_candidate *candidates, int64_t n, int64_t finalists, uint64_t seed, int32_t step)
{
    (void)candidates;
    (void)finalists;
    (void)seed;
    (void)step;
    return n;
}

const struct fw_driver_vtable fw_driver_exhaustive = {
    .api = FW_DRIVER_API,
    .name = "exhaustive",
    .summary = "every cross refitted: slow, for comparison",
    .choose = choose_all,
};

static const struct fw_driver_vtable *const drivers[] = {
    &fw_driver_autocross,
    &fw_driver_random,
    &fw_driver_exhaustive,
    NULL,
};

const struct fw_driver_vtable *const *fw_driver_list(void)
{
    return drivers;
}

enum fw_status fw_driver_find(const struct fw_driver_vtable **out, const char *name, struct fw_error *err)
{
    for (int32_t d = 0; drivers[d] != NULL; d++) {
        if (strcmp(drivers[d]->name, name) == 0) {
            *out = drivers[d];
            return FW_OK;
        }
    }
    return fw_error_set(err, FW_E_ARG, "there is no driver '%s'; there are autocross, random and exhaustive", name);
}
