#include "models/engine/gemm.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

/* The best kernels of OpenBLAS 0.3.21 that this processor can run; NULL: those of any x86-64, or another processor. */
static const char *suitable_kernels(void)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return "SkylakeX";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return "Haswell";
#endif
    return NULL;
}

bool fw_gemm_settle_kernels(void)
{
    const char *kernels = suitable_kernels();
    return kernels != NULL && strcmp(openblas_get_corename(), "Prescott") == 0 && getenv("OPENBLAS_CORETYPE") == NULL &&
           setenv("OPENBLAS_CORETYPE", kernels, 1) == 0;
}

void fw_gemm_prepare(void)
{
    openblas_set_num_threads(1);
}

void fw_gemm(enum fw_gemm_form form, int64_t m, int64_t n, int64_t k, const fw_real *a, int64_t lda, const fw_real *b,
             int64_t ldb, bool add, fw_real *c, int64_t ldc)
{
    CBLAS_TRANSPOSE ta = form == FW_GEMM_TN ? CblasTrans : CblasNoTrans;
    CBLAS_TRANSPOSE tb = form == FW_GEMM_NT ? CblasTrans : CblasNoTrans;
#ifdef FW_REAL_DOUBLE
    cblas_dgemm(CblasRowMajor, ta, tb, (int)m, (int)n, (int)k, 1, a, (int)lda, b, (int)ldb, add ? 1 : 0, c, (int)ldc);
#else
    cblas_sgemm(CblasRowMajor, ta, tb, (int)m, (int)n, (int)k, 1, a, (int)lda, b, (int)ldb, add ? 1 : 0, c, (int)ldc);
#endif
}

void fw_gemm_ref(enum fw_gemm_form form, int64_t m, int64_t n, int64_t k, const fw_real *a, int64_t lda,
                 const fw_real *b, int64_t ldb, bool add, fw_real *c, int64_t ldc)
{
    for (int64_t i = 0; i < m; i++) {
        for (int64_t j = 0; j < n; j++) {
            double sum = add ? (double)c[i * ldc + j] : 0;
            for (int64_t l = 0; l < k; l++) {
                fw_real x = form == FW_GEMM_TN ? a[l * lda + i] : a[i * lda + l];
                fw_real y = form == FW_GEMM_NT ? b[j * ldb + l] : b[l * ldb + j];
                sum += (double)x * (double)y;
            }
            c[i * ldc + j] = (fw_real)sum;
        }
    }
}
