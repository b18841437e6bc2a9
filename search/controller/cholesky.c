#include "search/controller/cholesky.h"

#include <math.h>
#include <stddef.h>

static double dot(const double *restrict a, const double *restrict b, int32_t n)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int32_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

bool fw_cholesky_factor(double *a, int32_t n, int32_t stride)
{
    for (int32_t i = 0; i < n; i++) {
        double *row = a + (ptrdiff_t)i * stride;
        for (int32_t j = 0; j < i; j++) {
            const double *other = a + (ptrdiff_t)j * stride;
            row[j] = (row[j] - dot(row, other, j)) / other[j];
        }
        double pivot = 0;
        for (int32_t j = 0; j < i; j++)
            pivot += row[j] * row[j];
        pivot = row[i] - pivot;
        if (!(pivot > 0) || !isfinite(pivot))
            return false;
        row[i] = sqrt(pivot);
    }
    return true;
}

void fw_cholesky_solve(double *x, const double *factor, int32_t n, int32_t stride)
{
    for (int32_t i = 0; i < n; i++) {
        const double *row = factor + (ptrdiff_t)i * stride;
        x[i] = (x[i] - dot(row, x, i)) / row[i];
    }
    for (int32_t i = n - 1; i >= 0; i--) {
        const double *row = factor + (ptrdiff_t)i * stride;
        x[i] /= row[i];
        for (int32_t j = 0; j < i; j++)
            x[j] -= row[j] * x[i];
    }
}

/* Row i of the inverse is (e_i - sum over j < i of L_ij times row j) / L_ii. The rows above are inverted already; the
 * sum adds whole rows, so that memory is read in order. */
static void invert_row(double *factor, int32_t i, int32_t stride, double *restrict row)
{
    double pivot = row[i];
    for (int32_t j = 0; j < i; j++) {
        const double *restrict other = factor + (ptrdiff_t)j * stride;
        double weight = row[j];
        row[j] = 0;
        for (int32_t c = 0; c <= j; c++)
            row[c] -= weight * other[c];
    }
    for (int32_t c = 0; c < i; c++)
        row[c] /= pivot;
    row[i] = 1 / pivot;
}

double fw_cholesky_inverse_trace(double *factor, int32_t n, int32_t stride)
{
    double trace = 0;
    for (int32_t i = 0; i < n; i++) {
        double *row = factor + (ptrdiff_t)i * stride;
        invert_row(factor, i, stride, row);
        for (int32_t c = 0; c <= i; c++)
            trace += row[c] * row[c];
    }
    return trace;
}
