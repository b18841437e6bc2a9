#include "models/engine/block_links.h"

/* Numbers of a block that are summed in registers. */
enum { LANES = 16 };

void fw_block_links_init(struct fw_block_links *out, struct fw_graph *graph, const struct fw_blocks *blocks, bool dense)
{
    int32_t n = 0;
    for (int32_t i = 0; i < blocks->to; i++) {
        for (int32_t j = 0; j < blocks->from; j++)
            n += fw_blocks_connected(blocks, i, j);
    }
    *out = (struct fw_block_links){.width = blocks->in,
                                   .n = n,
                                   .forward = {.n = blocks->to},
                                   .backward = {.n = blocks->from}};
    struct fw_block_sums *both[] = {&out->forward, &out->backward};
    for (int side = 0; side < 2; side++) {
        both[side]->start = fw_graph_keep(graph, both[side]->n + 1, sizeof *both[side]->start);
        both[side]->terms = fw_graph_keep(graph, n, sizeof *both[side]->terms);
    }
    if (graph->failed)
        return;
    int32_t number = 0;
    for (int32_t i = 0; i < blocks->to; i++) {
        for (int32_t j = 0; j < blocks->from; j++) {
            if (fw_blocks_connected(blocks, i, j)) {
                out->forward.terms[number] = (struct fw_block_term){dense ? i * blocks->from + j : number, j};
                number++;
            }
        }
        out->forward.start[i + 1] = number;
    }
    number = 0;
    for (int32_t j = 0; j < blocks->from; j++) {
        for (int32_t i = 0; i < blocks->to; i++) {
            for (int32_t t = out->forward.start[i]; t < out->forward.start[i + 1]; t++) {
                if (out->forward.terms[t].block == j)
                    out->backward.terms[number++] = (struct fw_block_term){out->forward.terms[t].factor, i};
            }
        }
        out->backward.start[j + 1] = number;
    }
}

static void sum_lanes(fw_real *restrict y, const struct fw_block_term *terms, int32_t n, int32_t width,
                      const fw_real *restrict factors, const fw_real *restrict x, bool add)
{
    fw_real sum[LANES];
    for (int32_t k = 0; k < LANES; k++)
        sum[k] = add ? y[k] : 0;
    for (int32_t t = 0; t < n; t++) {
        fw_real factor = factors[terms[t].factor];
        const fw_real *from = x + (int64_t)terms[t].block * width;
        for (int32_t k = 0; k < LANES; k++)
            sum[k] += factor * from[k];
    }
    for (int32_t k = 0; k < LANES; k++)
        y[k] = sum[k];
}

static void sum_rest(fw_real *restrict y, const struct fw_block_term *terms, int32_t n, int32_t width,
                     const fw_real *restrict factors, const fw_real *restrict x, int32_t rest, bool add)
{
    for (int32_t k = 0; k < rest && !add; k++)
        y[k] = 0;
    for (int32_t t = 0; t < n; t++) {
        fw_real factor = factors[terms[t].factor];
        const fw_real *from = x + (int64_t)terms[t].block * width;
        for (int32_t k = 0; k < rest; k++)
            y[k] += factor * from[k];
    }
}

void fw_block_sums_row(fw_real *restrict y, const struct fw_block_sums *sums, int32_t width,
                       const fw_real *restrict factors, const fw_real *restrict x, bool add)
{
    for (int32_t i = 0; i < sums->n; i++) {
        const struct fw_block_term *terms = sums->terms + sums->start[i];
        int32_t n = sums->start[i + 1] - sums->start[i];
        fw_real *to = y + (int64_t)i * width;
        int32_t k = 0;
        for (; k + LANES <= width; k += LANES)
            sum_lanes(to + k, terms, n, width, factors, x + k, add);
        if (k < width)
            sum_rest(to + k, terms, n, width, factors, x + k, width - k, add);
    }
}
