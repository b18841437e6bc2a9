#include "search/sizes/block_worth.h"

#include <math.h>
#include <string.h>

/* Looks at one side of a block. */
struct side {
    double weight, square_weight; /* sums of the looks' weights and of their squares */
    double sum, squares;          /* of slopes a row, weighted */
};

struct fw_block_worth {
    const struct fw_embedding_space *space;
    int64_t n;
    struct side *sides; /* (n, 2): off, on */
    struct fw_allocator *mem;
};

enum fw_status fw_block_worth_create(struct fw_block_worth **out, const struct fw_embedding_space *space,
                                     struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_block_worth *worth;
    FW_ALLOC(worth, mem, 1, "the worth of blocks", err);
    *worth = (struct fw_block_worth){.space = space, .n = fw_embedding_space_blocks(space), .mem = mem};
    worth->sides = fw_alloc_array(mem, 2 * worth->n, sizeof *worth->sides);
    if (worth->sides == NULL) {
        enum fw_status status = fw_error_nomem(err, mem, "the worth of blocks", 2 * worth->n, sizeof *worth->sides);
        fw_free(mem, worth);
        return status;
    }
    *out = worth;
    return FW_OK;
}

void fw_block_worth_destroy(struct fw_block_worth *worth)
{
    if (worth == NULL)
        return;
    fw_free(worth->mem, worth->sides);
    fw_free(worth->mem, worth);
}

static void add(struct side *side, double slope, double forget)
{
    side->weight = side->weight * forget + 1;
    side->square_weight = side->square_weight * forget * forget + 1;
    side->sum = side->sum * forget + slope;
    side->squares = side->squares * forget + slope * slope;
}

void fw_block_worth_add(struct fw_block_worth *worth, const fw_level *levels, const double *slopes, int64_t rows,
                        double forget)
{
    const struct fw_embedding_space *space = worth->space;
    for (int32_t i = 0; i < space->n_inputs && rows > 0; i++) {
        for (int32_t s = 0; s < space->inputs[i].n_rows; s++) {
            for (int32_t t = 0; t < space->n_columns; t++) {
                int64_t block = fw_embedding_space_block(i, s, t);
                bool on = levels[(int64_t)i * FW_STRIPS_MOST + t] > s;
                add(&worth->sides[2 * block + on], slopes[block] / (double)rows, forget);
            }
        }
    }
}

/* Mean of a side and the variance of that mean; the variance of a single look is not known: NaN. */
static void side_mean(const struct side *side, double *mean, double *variance)
{
    *mean = side->sum / side->weight;
    double spread = side->squares / side->weight - *mean * *mean;
    double share = side->square_weight / (side->weight * side->weight); /* one over the looks, were they equal */
    *variance = share < 1 ? (spread > 0 ? spread : 0) * share / (1 - share) : (double)NAN;
}

void fw_block_worth_get(const struct fw_block_worth *worth, double *values, double *deviations)
{
    for (int64_t block = 0; block < worth->n; block++) {
        double mean[2] = {0, 0};
        double variance[2] = {0, 0};
        double n = 0;
        double value = 0;
        double sum = 0;
        for (int on = 0; on < 2; on++) {
            if (worth->sides[2 * block + on].weight == 0)
                continue;
            side_mean(&worth->sides[2 * block + on], &mean[on], &variance[on]);
            value += mean[on];
            sum += isnan(variance[on]) ? mean[on] * mean[on] : variance[on];
            n++;
        }
        values[block] = n > 0 ? value / n : 0;
        if (deviations != NULL)
            deviations[block] = n > 0 ? sqrt(sum) / n : 0;
    }
}

size_t fw_block_worth_bytes(const struct fw_block_worth *worth)
{
    return 2 * (size_t)worth->n * sizeof *worth->sides;
}

void fw_block_worth_save(const struct fw_block_worth *worth, void *bytes)
{
    memcpy(bytes, worth->sides, fw_block_worth_bytes(worth));
}

void fw_block_worth_restore(struct fw_block_worth *worth, const void *bytes)
{
    memcpy(worth->sides, bytes, fw_block_worth_bytes(worth));
}
