/* What the blocks of a two-tower model's embeddings are worth to first order, and how large they are. The gradient by
 * raw sums has columns for all strips, also for those that are switched off: its product with a row is the slope of the
 * loss along that row. */
#include <string.h>

#include "core/par.h"
#include "models/engine/vector.h"
#include "models/retrieval/tower_pass.h"

/* One strip of one input, as the loops see it. */
struct looked_at {
    const struct fw_strips *strips;
    const struct fw_space_input *input;
    const fw_real *table;
    int32_t strip;
    int64_t width;
    uint32_t depth, deepest;
};

static int32_t row_strip_of(const struct fw_space_input *input, uint32_t id)
{
    int32_t s = 0;
    while (s + 1 < input->n_rows && id >= (uint64_t)input->depth[s])
        s++;
    return s;
}

/* Whether an id has row 0 in the place of its block while that is off: ids behind the deepest strip do. Without the
 * first row strip a strip has no row 0 either. */
static bool has_stand_in(const struct looked_at *l, uint32_t id)
{
    return id >= (uint64_t)l->input->depth[0] && l->depth > 0 && (id >= l->deepest || l->depth == l->deepest);
}

static void add_bags(double *worth, const struct looked_at *l, int32_t input, const struct fw_bags *bags, int64_t n,
                     const fw_real *raw_grad)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t from = bags->start != NULL ? bags->start[i] : i;
        int64_t to = bags->start != NULL ? bags->start[i + 1] : i + 1;
        const fw_real *g = raw_grad + i * l->strips->total + l->strips->first[l->strip];
        for (int64_t j = from; j < to; j++) {
            uint32_t id = bags->ids[j];
            fw_real slope = fw_dot(g, l->table + (int64_t)id * l->width, l->width);
            if (has_stand_in(l, id))
                slope -= fw_dot(g, l->table, l->width);
            if (bags->weight != NULL)
                slope *= bags->weight[j];
            worth[fw_embedding_space_block(input, row_strip_of(l->input, id), l->strip)] -= (double)slope;
        }
    }
}

void fw_two_tower_worth(double *worth, const struct fw_two_tower *model, const struct fw_retrieval_batch *batch,
                        const uint32_t *depths, const struct fw_embedding_space *space)
{
    int threads = fw_par_threads(model->options.threads);
    const struct fw_tower_pass *p = model->pass;
    /* each strip adds to blocks of its own */
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (threads > 1)
    for (int32_t u = 0; u < FW_TOWER_INPUTS * FW_STRIPS_MOST; u++) {
        int32_t input = u / FW_STRIPS_MOST;
        const struct fw_strips *strips = &model->inputs[input];
        struct looked_at l = {.strips = strips, .input = &space->inputs[input], .strip = u % FW_STRIPS_MOST};
        if (l.strip >= strips->n)
            continue;
        l.table = model->weights + strips->table[l.strip];
        l.width = strips->width[l.strip];
        l.depth = depths[u];
        l.deepest = fw_strips_deepest(strips, depths + (int64_t)input * FW_STRIPS_MOST);
        add_bags(worth, &l, input, &p->bags[input],
                 input == FW_TOWER_ITEM ? batch->n + model->options.batches.negatives : batch->n, p->raw_grad[input]);
    }
}

static double squares_of(const struct fw_strips *strips, const fw_real *projection, const fw_real *row, int64_t width)
{
    double sum = 0;
    if (projection == NULL)
        return (double)fw_dot(row, row, width);
    for (int32_t d = 0; d < strips->dim; d++) {
        double value = 0;
        for (int64_t k = 0; k < width; k++)
            value += (double)row[k] * (double)projection[k * strips->dim + d];
        sum += value * value;
    }
    return sum;
}

void fw_two_tower_norms(double *squares, const struct fw_two_tower *model, const struct fw_embedding_space *space)
{
    memset(squares, 0, (size_t)fw_embedding_space_blocks(space) * sizeof *squares);
    for (int32_t i = 0; i < FW_TOWER_INPUTS; i++) {
        const struct fw_strips *strips = &model->inputs[i];
        for (int32_t t = 0; t < strips->n; t++) {
            int64_t width = strips->width[t];
            const fw_real *table = model->weights + strips->table[t];
            const fw_real *projection =
                strips->projected ? model->weights + strips->projection + (int64_t)strips->first[t] * strips->dim
                                  : NULL;
            for (uint32_t id = 0; id < strips->ids[t]; id++)
                squares[fw_embedding_space_block(i, row_strip_of(&space->inputs[i], id), t)] +=
                    squares_of(strips, projection, table + (int64_t)id * width, width);
        }
    }
}
