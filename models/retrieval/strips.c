#include "models/retrieval/strips.h"

#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "models/engine/gemm.h"
#include "models/engine/group.h"
#include "models/engine/vector.h"

void fw_strips_init(struct fw_strips *strips, const struct fw_embedding_size *size, int64_t n_ids, int32_t dim,
                    int64_t *at)
{
    *strips = (struct fw_strips){.n_ids = n_ids, .dim = dim};
    if (size == NULL)
        return;
    strips->n = size->n_strips;
    strips->projected = size->projected && size->n_strips > 0;
    for (int32_t t = 0; t < strips->n; t++) {
        strips->ids[t] = size->strips[t].ids < n_ids ? size->strips[t].ids : n_ids;
        strips->width[t] = size->strips[t].width;
        strips->first[t] = strips->total;
        strips->total += strips->width[t];
        strips->table[t] = *at;
        *at += strips->ids[t] * strips->width[t];
    }
    strips->projection = *at;
    if (strips->projected)
        *at += (int64_t)strips->total * dim;
}

static void start_array(fw_real *array, int64_t n, double scale, uint64_t seed, uint64_t stream)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, seed, stream);
    for (int64_t i = 0; i < n; i++)
        array[i] = (fw_real)(scale * fw_rng_normal(&rng));
}

void fw_strips_start(const struct fw_strips *strips, fw_real *weights, double scale, uint64_t seed, int32_t input)
{
    for (int32_t t = 0; t < strips->n; t++) {
        uint64_t name = (uint64_t)input * FW_STRIPS_MOST + (uint64_t)t;
        start_array(weights + strips->table[t], strips->ids[t] * strips->width[t], scale, seed,
                    fw_stream(name, 0, FW_STREAM_INIT));
        if (strips->projected)
            start_array(weights + strips->projection + (int64_t)strips->first[t] * strips->dim,
                        (int64_t)strips->width[t] * strips->dim, 1 / sqrt((double)strips->dim), seed,
                        fw_stream(name, 1, FW_STREAM_INIT));
    }
}

uint32_t fw_strips_deepest(const struct fw_strips *strips, const uint32_t *depths)
{
    uint32_t deepest = 0;
    for (int32_t t = 0; t < strips->n; t++)
        deepest = depths[t] > deepest ? depths[t] : deepest;
    return deepest;
}

static void add_row(fw_real *restrict sum, const struct fw_strips *strips, const fw_real *weights,
                    const uint32_t *depths, uint32_t id, fw_real factor)
{
    for (int32_t t = 0; t < strips->n; t++) {
        if (id >= depths[t])
            continue;
        const fw_real *row = weights + strips->table[t] + (int64_t)id * strips->width[t];
        fw_real *restrict to = sum + strips->first[t];
        for (int32_t k = 0; k < strips->width[t]; k++)
            to[k] += factor * row[k];
    }
}

void fw_strips_read(fw_real *restrict raw, const struct fw_strips *strips, const fw_real *weights,
                    const uint32_t *depths, const struct fw_bags *bags, int64_t first, int64_t n)
{
    uint32_t deepest = fw_strips_deepest(strips, depths);
    memset(raw, 0, (size_t)(n * strips->total) * sizeof *raw);
    if (deepest == 0)
        return;
    for (int64_t i = 0; i < n; i++) {
        int64_t from = bags->start != NULL ? bags->start[first + i] : first + i;
        int64_t to = bags->start != NULL ? bags->start[first + i + 1] : first + i + 1;
        for (int64_t j = from; j < to; j++)
            add_row(raw + i * strips->total, strips, weights, depths, bags->ids[j] < deepest ? bags->ids[j] : 0,
                    bags->weight != NULL ? bags->weight[j] : 1);
    }
}

void fw_strips_map(fw_real *restrict out, const struct fw_strips *strips, const fw_real *weights,
                   const fw_real *restrict raw, int64_t n, bool add)
{
    int64_t dim = strips->dim;
    int64_t total = strips->total;
    if (strips->projected) {
        fw_gemm(FW_GEMM_NN, n, dim, total, raw, total, weights + strips->projection, dim, add, out, dim);
        return;
    }
    if (!add)
        memset(out, 0, (size_t)(n * dim) * sizeof *out);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t k = 0; k < total; k++)
            out[i * dim + k] += raw[i * total + k];
    }
}

void fw_strips_map_back(fw_real *restrict raw_grad, const struct fw_strips *strips, const fw_real *weights,
                        const fw_real *restrict grad, int64_t n)
{
    int64_t dim = strips->dim;
    int64_t total = strips->total;
    if (strips->projected) {
        fw_gemm(FW_GEMM_NT, n, total, dim, grad, dim, weights + strips->projection, dim, false, raw_grad, total);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        memcpy(raw_grad + i * total, grad + i * dim, (size_t)total * sizeof *raw_grad);
}

fw_real fw_strips_dot(const fw_real *raw, const struct fw_strips *strips, const fw_real *weights,
                      const uint32_t *depths, uint32_t deepest, uint32_t id)
{
    fw_real sum = 0;
    if (id >= deepest)
        id = 0;
    for (int32_t t = 0; t < strips->n; t++) {
        if (id < depths[t])
            sum += fw_dot(raw + strips->first[t], weights + strips->table[t] + (int64_t)id * strips->width[t],
                          strips->width[t]);
    }
    return sum;
}

void fw_strips_touch(struct fw_touched *touched, const struct fw_strips *strips, const uint32_t *depths,
                     const uint32_t *ids, int64_t n_ids)
{
    uint32_t deepest = fw_strips_deepest(strips, depths);
    touched->n_ids = n_ids;
    touched->n_unique = 0;
    if (deepest == 0 || n_ids == 0)
        return;
    for (int64_t j = 0; j < n_ids; j++)
        touched->read[j] = ids[j] < deepest ? ids[j] : 0;
    touched->n_unique = fw_group_ids(touched->unique, touched->slot, touched->table, touched->table_size, touched->read,
                                     n_ids, strips->n_ids);
}

int64_t fw_strips_gradient(fw_real *restrict grad, uint32_t *restrict rows, uint32_t *restrict place,
                           const struct fw_strips *strips, const uint32_t *depths, int32_t strip,
                           const struct fw_touched *touched, const struct fw_bags *bags, int64_t n,
                           const fw_real *raw_grad)
{
    int64_t n_rows = 0;
    int64_t width = strips->width[strip];
    for (int64_t u = 0; u < touched->n_unique; u++) {
        place[u] = (uint32_t)n_rows;
        if (touched->unique[u] < depths[strip])
            rows[n_rows++] = touched->unique[u];
    }
    memset(grad, 0, (size_t)(n_rows * width) * sizeof *grad);
    if (n_rows == 0)
        return 0;
    for (int64_t i = 0; i < n; i++) {
        int64_t from = bags->start != NULL ? bags->start[i] : i;
        int64_t to = bags->start != NULL ? bags->start[i + 1] : i + 1;
        const fw_real *restrict g = raw_grad + i * strips->total + strips->first[strip];
        for (int64_t j = from; j < to; j++) {
            if (touched->read[j] >= depths[strip])
                continue;
            fw_real factor = bags->weight != NULL ? bags->weight[j] : 1;
            fw_real *restrict sum = grad + (int64_t)place[touched->slot[j]] * width;
            for (int64_t k = 0; k < width; k++)
                sum[k] += factor * g[k];
        }
    }
    return n_rows;
}

void fw_strips_projection_gradient(fw_real *restrict grad, const struct fw_strips *strips, int32_t strip,
                                   const fw_real *raw, const fw_real *out_grad, int64_t n)
{
    fw_gemm(FW_GEMM_TN, strips->width[strip], strips->dim, n, raw + strips->first[strip], strips->total, out_grad,
            strips->dim, false, grad, strips->dim);
}
