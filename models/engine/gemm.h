/* Dense matrix products: OpenBLAS on one thread, whatever its own settings. Callers split the rows of the result in
 * blocks of fixed height and never the summed dimension, so that bits do not depend on the number of threads. */
#ifndef FW_MODELS_ENGINE_GEMM_H
#define FW_MODELS_ENGINE_GEMM_H

#include <stdbool.h>
#include <stdint.h>

#include "models/engine/real.h"

enum fw_gemm_form {
    FW_GEMM_NN, /* C (m, n) = A (m, k)  B (k, n) */
    FW_GEMM_NT, /* C (m, n) = A (m, k)  B (n, k)' */
    FW_GEMM_TN  /* C (m, n) = A (k, m)' B (k, n) */
};

/* C = A B, or C += A B with `add`. Row-major; lda, ldb, ldc: elements between rows. */
void fw_gemm(enum fw_gemm_form form, int64_t m, int64_t n, int64_t k, const fw_real *a, int64_t lda, const fw_real *b,
             int64_t ldb, bool add, fw_real *c, int64_t ldc);

/* The plain twin: three loops. */
void fw_gemm_ref(enum fw_gemm_form form, int64_t m, int64_t n, int64_t k, const fw_real *a, int64_t lda,
                 const fw_real *b, int64_t ldb, bool add, fw_real *c, int64_t ldc);

/* OpenBLAS knows processors by their model numbers and gives one that is newer than itself its oldest kernels, which
 * multiply at less than a quarter of the speed. Where that has happened, puts the name of the kernels that suit what
 * the processor can do into OPENBLAS_CORETYPE, unless the user has set it; true: it now differs from what OpenBLAS has
 * read, and fw_machine_restart makes it hold. */
bool fw_gemm_settle_kernels(void);

/* To be called before the first product of a run: OpenBLAS is to use the calling thread alone. */
void fw_gemm_prepare(void);

#endif
