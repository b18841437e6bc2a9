#include "models/engine/pairs.h"

#include <string.h>

#include "models/engine/vector.h"

/* y += a x */
static void axpy(fw_real a, const fw_real *restrict x, fw_real *restrict y, int64_t D)
{
    for (int64_t k = 0; k < D; k++)
        y[k] += a * x[k];
}

static void sum_fields(const fw_real *restrict row, int64_t F, int64_t D, fw_real *restrict sum)
{
    memset(sum, 0, (size_t)D * sizeof *sum);
    for (int64_t f = 0; f < F; f++) {
        for (int64_t k = 0; k < D; k++)
            sum[k] += row[f * D + k];
    }
}

void fw_pairs_fm(const fw_real *x, fw_real *out, int64_t n, int64_t F, int64_t D, fw_real *scratch)
{
    fw_real *sum = scratch;
    for (int64_t i = 0; i < n; i++) {
        const fw_real *row = x + i * F * D;
        sum_fields(row, F, D, sum);
        out[i] = (fw_dot(sum, sum, D) - fw_dot(row, row, F * D)) / 2;
    }
}

void fw_pairs_fm_back(const fw_real *x, const fw_real *dy, fw_real *dx, int64_t n, int64_t F, int64_t D, bool add,
                      fw_real *scratch)
{
    fw_real *sum = scratch;
    for (int64_t i = 0; i < n; i++) {
        const fw_real *restrict row = x + i * F * D;
        fw_real *restrict to = dx + i * F * D;
        sum_fields(row, F, D, sum);
        for (int64_t f = 0; f < F; f++) {
            for (int64_t k = f * D; k < (f + 1) * D; k++) {
                fw_real g = dy[i] * (sum[k - f * D] - row[k]);
                to[k] = add ? to[k] + g : g;
            }
        }
    }
}

void fw_pairs_fm_ref(const fw_real *x, fw_real *out, int64_t n, int64_t F, int64_t D)
{
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t a = 0; a < F; a++) {
            for (int64_t b = a + 1; b < F; b++) {
                for (int64_t k = 0; k < D; k++)
                    sum += (double)x[(i * F + a) * D + k] * (double)x[(i * F + b) * D + k];
            }
        }
        out[i] = (fw_real)sum;
    }
}

void fw_pairs_inner(const fw_real *x, fw_real *out, int64_t n, int64_t F, int64_t D, fw_real *scratch)
{
    (void)scratch;
    for (int64_t i = 0; i < n; i++) {
        const fw_real *row = x + i * F * D;
        for (int64_t a = 0; a < F; a++) {
            for (int64_t b = a + 1; b < F; b++)
                *out++ = fw_dot(row + a * D, row + b * D, D);
        }
    }
}

void fw_pairs_inner_back(const fw_real *x, const fw_real *dy, fw_real *dx, int64_t n, int64_t F, int64_t D, bool add,
                         fw_real *scratch)
{
    (void)scratch;
    if (!add)
        memset(dx, 0, (size_t)(n * F * D) * sizeof *dx);
    for (int64_t i = 0; i < n; i++) {
        const fw_real *row = x + i * F * D;
        fw_real *to = dx + i * F * D;
        for (int64_t a = 0; a < F; a++) {
            for (int64_t b = a + 1; b < F; b++, dy++) {
                axpy(*dy, row + b * D, to + a * D, D);
                axpy(*dy, row + a * D, to + b * D, D);
            }
        }
    }
}

void fw_pairs_outer(const fw_real *x, fw_real *out, int64_t n, int64_t F, int64_t D, fw_real *scratch)
{
    fw_real *sum = scratch;
    for (int64_t i = 0; i < n; i++) {
        sum_fields(x + i * F * D, F, D, sum);
        for (int64_t a = 0; a < D; a++) {
            for (int64_t b = 0; b < D; b++)
                out[(i * D + a) * D + b] = sum[a] * sum[b];
        }
    }
}

void fw_pairs_outer_back(const fw_real *x, const fw_real *dy, fw_real *dx, int64_t n, int64_t F, int64_t D, bool add,
                         fw_real *scratch)
{
    fw_real *sum = scratch;
    fw_real *ds = scratch + D;
    if (!add)
        memset(dx, 0, (size_t)(n * F * D) * sizeof *dx);
    for (int64_t i = 0; i < n; i++) {
        sum_fields(x + i * F * D, F, D, sum);
        memset(ds, 0, (size_t)D * sizeof *ds);
        for (int64_t a = 0; a < D; a++) {
            const fw_real *g = dy + (i * D + a) * D;
            ds[a] += fw_dot(g, sum, D);
            axpy(sum[a], g, ds, D);
        }
        for (int64_t f = 0; f < F; f++)
            axpy(1, ds, dx + (i * F + f) * D, D);
    }
}

/* Where field i keeps its vector for field j. */
static int64_t block_of(int64_t i, int64_t j, int64_t F, int64_t D)
{
    return (i * (F - 1) + (j < i ? j : j - 1)) * D;
}

void fw_pairs_ffm(const fw_real *x, fw_real *out, int64_t n, int64_t F, int64_t D, fw_real *scratch)
{
    (void)scratch;
    for (int64_t i = 0; i < n; i++) {
        const fw_real *row = x + i * F * (F - 1) * D;
        fw_real sum = 0;
        for (int64_t a = 0; a < F; a++) {
            for (int64_t b = a + 1; b < F; b++)
                sum += fw_dot(row + block_of(a, b, F, D), row + block_of(b, a, F, D), D);
        }
        out[i] = sum;
    }
}

void fw_pairs_ffm_back(const fw_real *x, const fw_real *dy, fw_real *dx, int64_t n, int64_t F, int64_t D, bool add,
                       fw_real *scratch)
{
    (void)scratch;
    for (int64_t i = 0; i < n; i++) {
        const fw_real *restrict row = x + i * F * (F - 1) * D;
        fw_real *restrict to = dx + i * F * (F - 1) * D;
        for (int64_t a = 0; a < F; a++) {
            for (int64_t b = 0; b < F; b++) {
                if (a == b)
                    continue;
                int64_t own = block_of(a, b, F, D);
                int64_t other = block_of(b, a, F, D);
                for (int64_t k = 0; k < D; k++) {
                    fw_real g = dy[i] * row[other + k];
                    to[own + k] = add ? to[own + k] + g : g;
                }
            }
        }
    }
}
