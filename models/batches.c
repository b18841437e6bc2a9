#include "models/batches.h"

#include "core/rng.h"

static int64_t batches_of(int64_t rows, int64_t batch)
{
    return rows / batch + (rows % batch != 0);
}

int64_t fw_batches_count(const struct fw_row_set *rows, int64_t batch)
{
    int64_t n = 0;
    for (int32_t p = 0; p < rows->n_parts; p++)
        n += batches_of(rows->parts[p].n, batch);
    return n;
}

struct fw_dataset_view fw_batches_find(const struct fw_row_set *rows, int64_t batch, int64_t number)
{
    int32_t p = 0;
    for (; number >= batches_of(rows->parts[p].n, batch); p++)
        number -= batches_of(rows->parts[p].n, batch);
    int64_t n = batches_of(rows->parts[p].n, batch);
    int64_t small = rows->parts[p].n / n; /* the first `larger` batches have one row more */
    int64_t larger = rows->parts[p].n % n;
    int64_t first = number * small + (number < larger ? number : larger);
    return fw_view_slice(&rows->parts[p], first, small + (number < larger));
}

/* Fisher and Yates. */
void fw_batches_shuffle(int64_t *order, int64_t n, uint64_t seed, int64_t epoch, int32_t phase)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, seed, fw_stream((uint64_t)epoch, (uint64_t)phase, FW_STREAM_SHUFFLE));
    for (int64_t i = 0; i < n; i++)
        order[i] = i;
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)fw_rng_below(&rng, (uint64_t)i + 1);
        int64_t other = order[j];
        order[j] = order[i];
        order[i] = other;
    }
}
