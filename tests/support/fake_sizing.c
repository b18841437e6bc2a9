#include "support/fake_sizing.h"

#include <math.h>
#include <string.h>

#include "core/hash.h"
#include "core/rng.h"
#include "support/test_main.h"

/* Random streams, and the number of rows of a validation batch. */
enum { stream_batch = 500, stream_own, stream_slopes, rows_a_batch = 64 };

/* Steps after which half of what the shared model can learn is learned. */
#define HALF_STEPS 20.0

/* How fast gains diminish, within an input and over all. */
#define WITHIN 0.8
#define OVER   1.5

void fake_sizing_init(struct fake_sizing *fake, bool multi, bool projected)
{
    static const struct fw_sized_input inputs[fake_sizing_inputs] = {{.name = "a", .n_ids = 40, .ranked = true},
                                                                     {.name = "b", .n_ids = 12, .ranked = true},
                                                                     {"c", 30, false, NULL}};
    struct fw_embedding_space_options options = {
        .dim = 8,
        .grid = {.n_rows = 3, .n_columns = 2, .rows = {.1, .3, .6}, .columns = {.25, .75}},
        .multi = multi,
        .projected = projected};
    *fake = (struct fake_sizing){.weight = {0.2, 0.12, 0.05},
                                 .noise = 0.01,
                                 .own_noise = 0.002,
                                 .slope_noise = 0.3,
                                 .batches = 24,
                                 .judge_batches = 7};
    fake->budget = (struct fw_budget){.stop = &fake->stop};
    ck_ok(fw_embedding_space_create(&fake->space, inputs, fake_sizing_inputs, &options, NULL, err));
}

void fake_sizing_clear(struct fake_sizing *fake)
{
    fw_embedding_space_destroy(fake->space);
}

/* ---- quality ---- */

static double mass(const struct fake_sizing *fake, int32_t input, int64_t ids)
{
    return pow((double)ids / (double)fake->space->inputs[input].n_ids, 0.3);
}

/* What gains of the inputs come to. */
static double quality_of_gains(const double *gains)
{
    double sum = 0;
    for (int32_t i = 0; i < fake_sizing_inputs; i++)
        sum += WITHIN * (1 - exp(-gains[i] / WITHIN));
    return FAKE_SIZING_NOTHING + sum / (1 + OVER * sum);
}

/* Its derivative in the gain of an input. */
static double slope_of_gain(const double *gains, int32_t input)
{
    double sum = 0;
    for (int32_t i = 0; i < fake_sizing_inputs; i++)
        sum += WITHIN * (1 - exp(-gains[i] / WITHIN));
    return exp(-gains[input] / WITHIN) / ((1 + OVER * sum) * (1 + OVER * sum));
}

static void gains_of_depths(double *gains, const struct fake_sizing *fake, const uint32_t *depths)
{
    for (int32_t i = 0; i < fake_sizing_inputs; i++) {
        gains[i] = 0;
        for (int32_t t = 0; t < fake->space->n_columns; t++)
            gains[i] += fake->weight[i] * mass(fake, i, depths[i * FW_STRIPS_MOST + t]) * fake->space->width[t] /
                        fake->space->dim;
    }
}

double fake_sizing_quality(const struct fake_sizing *fake, const struct fw_embedding_sizes *sizes)
{
    double gains[fake_sizing_inputs] = {0};
    for (int32_t i = 0; i < fake_sizing_inputs; i++) {
        const struct fw_embedding_size *size = fw_embedding_sizes_find(sizes, fake->space->inputs[i].name);
        for (int32_t k = 0; size != NULL && k < size->n_strips; k++)
            gains[i] += fake->weight[i] * mass(fake, i, size->strips[k].ids) * size->strips[k].width / fake->space->dim;
    }
    return quality_of_gains(gains);
}

double fake_sizing_quality_of_levels(const struct fake_sizing *fake, const fw_level *levels)
{
    uint32_t depths[fake_sizing_levels];
    double gains[fake_sizing_inputs];
    fw_embedding_space_depths(fake->space, depths, levels);
    gains_of_depths(gains, fake, depths);
    return quality_of_gains(gains);
}

double fake_sizing_optimum(const struct fake_sizing *fake, int64_t budget)
{
    int32_t choices[fake_sizing_levels] = {0};
    fw_level levels[fake_sizing_levels] = {0};
    int32_t n = fake->space->n_decisions;
    int32_t d = 0;
    double best = 0;
    while (d < n) {
        fw_embedding_space_apply(fake->space, levels, choices);
        if (fw_embedding_space_bytes(fake->space, levels) <= budget)
            best = fmax(best, fake_sizing_quality_of_levels(fake, levels));
        for (d = 0; d < n && ++choices[d] == fw_embedding_space_choices(fake->space, d); d++)
            choices[d] = 0;
    }
    return best;
}

/* ---- the table ---- */

static double learned_share(const struct fake_sizing *fake)
{
    return (double)fake->steps / ((double)fake->steps + HALF_STEPS);
}

/* A number from N(0, 1) that belongs to this place. */
static double normal_at(uint64_t stream, uint64_t number)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, stream, fw_stream(number, 0, FW_STREAM_TEST));
    return fw_rng_normal(&rng);
}

static enum fw_status check_time(const struct fw_budget *budget, struct fw_error *err)
{
    if (!fw_budget_stopped(budget))
        return FW_OK;
    return fw_error_set(err, fw_budget_out_of_time(budget) ? FW_E_BUDGET : FW_E_STOPPED, "interrupted");
}

static enum fw_status start(void *self, const struct fw_budget *budget, struct fw_error *err)
{
    struct fake_sizing *fake = self;
    fake->starts++;
    fake->steps = 0;
    FW_TRY(check_time(budget, err));
    return FW_OK;
}

static int64_t train_batches(const void *self)
{
    const struct fake_sizing *fake = self;
    return fake->batches;
}

static int64_t judge_batches(const void *self)
{
    const struct fake_sizing *fake = self;
    return fake->judge_batches;
}

static enum fw_status learn(void *self, double *loss, const uint32_t *depths, int64_t step, struct fw_error *err)
{
    struct fake_sizing *fake = self;
    double gains[fake_sizing_inputs];
    (void)err;
    gains_of_depths(gains, fake, depths);
    *loss = 1 - quality_of_gains(gains) + 0.01 * normal_at(stream_batch, (uint64_t)(step % fake->batches));
    fake->steps++;
    if (++fake->learned >= fake->stop_at_step && fake->stop_at_step > 0)
        atomic_store(&fake->stop, 1);
    return FW_OK;
}

static enum fw_status judge(const void *self, double *quality, const uint32_t *depths, int64_t batch, void *scratch,
                            struct fw_error *err)
{
    const struct fake_sizing *fake = self;
    double gains[fake_sizing_inputs];
    (void)err;
    memset(scratch, (int)batch & 0xff, sizeof gains); /* it is the caller's own */
    gains_of_depths(gains, fake, depths);
    *quality = FAKE_SIZING_NOTHING + learned_share(fake) * (quality_of_gains(gains) - FAKE_SIZING_NOTHING);
    if (batch < 0)
        return FW_OK;
    batch %= fake->judge_batches;
    uint64_t sizing = fw_hash_bytes(depths, fake_sizing_levels * sizeof *depths, (uint64_t)batch);
    *quality +=
        fake->noise * normal_at(stream_batch, (uint64_t)batch) + fake->own_noise * normal_at(stream_own, sizing);
    if (fake->nan_every > 0 && batch % fake->nan_every == 0)
        *quality = (double)NAN;
    return FW_OK;
}

static size_t scratch_bytes(const void *self)
{
    (void)self;
    return fake_sizing_inputs * sizeof(double);
}

/* The value of a block were nothing else there. */
static double block_gain(const struct fake_sizing *fake, int32_t i, int32_t s, int32_t t)
{
    const struct fw_space_input *input = &fake->space->inputs[i];
    double share = mass(fake, i, input->depth[s]) - (s > 0 ? mass(fake, i, input->depth[s - 1]) : 0);
    return fake->weight[i] * share * fake->space->width[t] / fake->space->dim;
}

static enum fw_status worth(void *self, double *values, int64_t *rows, const uint32_t *depths, int64_t batch,
                            struct fw_error *err)
{
    struct fake_sizing *fake = self;
    double gains[fake_sizing_inputs];
    (void)err;
    gains_of_depths(gains, fake, depths);
    for (int32_t i = 0; i < fake_sizing_inputs; i++) {
        double slope = learned_share(fake) * slope_of_gain(gains, i);
        for (int32_t s = 0; s < fake->space->inputs[i].n_rows; s++) {
            for (int32_t t = 0; t < fake->space->n_columns; t++) {
                int64_t block = fw_embedding_space_block(i, s, t);
                uint64_t number = fw_hash_combine((uint64_t)block, (uint64_t)(batch % fake->judge_batches));
                values[block] += rows_a_batch * slope * block_gain(fake, i, s, t) *
                                 (1 + fake->slope_noise * normal_at(stream_slopes, number));
            }
        }
    }
    if (rows != NULL)
        *rows += rows_a_batch;
    return FW_OK;
}

static void norms(const void *self, double *squares)
{
    const struct fake_sizing *fake = self;
    memset(squares, 0, (size_t)fw_embedding_space_blocks(fake->space) * sizeof *squares);
    for (int32_t i = 0; i < fake_sizing_inputs; i++) {
        for (int32_t s = 0; s < fake->space->inputs[i].n_rows; s++) {
            for (int32_t t = 0; t < fake->space->n_columns; t++)
                squares[fw_embedding_space_block(i, s, t)] = learned_share(fake) * block_gain(fake, i, s, t);
        }
    }
}

static size_t snapshot_bytes(const void *self)
{
    const struct fake_sizing *fake = self;
    return sizeof fake->steps;
}

static void snapshot(const void *self, void *bytes)
{
    const struct fake_sizing *fake = self;
    memcpy(bytes, &fake->steps, sizeof fake->steps);
}

static void restore(void *self, const void *bytes)
{
    struct fake_sizing *fake = self;
    memcpy(&fake->steps, bytes, sizeof fake->steps);
}

static enum fw_status fit(void *self, struct fw_sizing_fit *out, const struct fw_embedding_sizes *sizes,
                          const struct fw_budget *budget, struct fw_error *err)
{
    struct fake_sizing *fake = self;
    if (++fake->fits >= fake->stop_at_fit && fake->stop_at_fit > 0)
        atomic_store(&fake->stop, 1);
    FW_TRY(check_time(budget, err));
    double quality = fake_sizing_quality(fake, sizes);
    *out = (struct fw_sizing_fit){.quality = quality,
                                  .loss = 1 - quality,
                                  .test = quality - 0.01,
                                  .bytes = fw_embedding_sizes_bytes(sizes),
                                  .epochs = 5,
                                  .seconds = 0.25};
    return FW_OK;
}

static const struct fw_sizing_vtable vtable = {.quality = "auc",
                                               .start = start,
                                               .train_batches = train_batches,
                                               .judge_batches = judge_batches,
                                               .learn = learn,
                                               .judge = judge,
                                               .scratch = scratch_bytes,
                                               .worth = worth,
                                               .norms = norms,
                                               .snapshot_bytes = snapshot_bytes,
                                               .snapshot = snapshot,
                                               .restore = restore,
                                               .fit = fit};

struct fw_sizing_model fake_sizing_model(struct fake_sizing *fake)
{
    return (struct fw_sizing_model){.vtable = &vtable, .self = fake, .space = fake->space};
}
