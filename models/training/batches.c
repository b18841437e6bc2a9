#include "models/training/batches.h"

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
static void permute(int64_t *list, int64_t n, struct fw_rng *rng)
{
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)fw_rng_below(rng, (uint64_t)i + 1);
        int64_t other = list[j];
        list[j] = list[i];
        list[i] = other;
    }
}

void fw_batches_shuffle(int64_t *order, int64_t n, uint64_t seed, int64_t epoch, int32_t phase)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, seed, fw_stream((uint64_t)epoch, (uint64_t)phase, FW_STREAM_SHUFFLE));
    for (int64_t i = 0; i < n; i++)
        order[i] = i;
    permute(order, n, &rng);
}

struct fw_row_set fw_batches_listed(const struct fw_row_set *rows, const int64_t *index)
{
    struct fw_row_set listed = {0};
    int64_t at = 0;
    for (int32_t p = 0; p < rows->n_parts; p++) {
        const struct fw_dataset *dataset = rows->parts[p].dataset;
        if (listed.n_parts == 0 || listed.parts[listed.n_parts - 1].dataset != dataset)
            listed.parts[listed.n_parts++] = (struct fw_dataset_view){.dataset = dataset, .index = index, .row = at};
        listed.parts[listed.n_parts - 1].n += rows->parts[p].n;
        at += rows->parts[p].n;
    }
    return listed;
}

void fw_batches_shuffle_rows(int64_t *index, const struct fw_row_set *rows, uint64_t seed, int64_t epoch, int32_t phase)
{
    struct fw_rng rng;
    struct fw_row_set listed = fw_batches_listed(rows, index);
    fw_rng_seed(&rng, seed, fw_stream((uint64_t)epoch, (uint64_t)phase, FW_STREAM_ORDER));
    int64_t at = 0;
    for (int32_t p = 0; p < rows->n_parts; p++) {
        const struct fw_dataset_view *part = &rows->parts[p];
        for (int64_t i = 0; i < part->n; i++)
            index[at++] = part->index != NULL ? part->index[part->row + i] : part->row + i;
    }
    for (int32_t p = 0; p < listed.n_parts; p++)
        permute(index + listed.parts[p].row, listed.parts[p].n, &rng);
}
