/* Positive definite systems of moderate size (to about a thousand), in double.
 *
 * In-house rather than LAPACK's: OpenBLAS may be built without it, and its threads change bits. The inner loop is a dot
 * product of two rows, which the compiler vectorises; 512 unknowns take about 10 ms.
 *
 *     if (fw_cholesky_factor(a, n, stride)) {
 *         fw_cholesky_solve(x, a, n, stride);
 *
 * Pure; safe from any thread. */
#ifndef FW_SEARCH_CHOLESKY_H
#define FW_SEARCH_CHOLESKY_H

#include <stdbool.h>
#include <stdint.h>

/* Replaces the lower triangle of a (n, stride) by L with A = L L'. False when A is not positive definite in doubles: a
 * is spoilt then. */
bool fw_cholesky_factor(double *a, int32_t n, int32_t stride);

/* Solves A x = b in place, with the factor. */
void fw_cholesky_solve(double *x, const double *factor, int32_t n, int32_t stride);

/* The trace of the inverse of A from its factor: the sum of squares of L^-1, which replaces L. */
double fw_cholesky_inverse_trace(double *factor, int32_t n, int32_t stride);

#endif
