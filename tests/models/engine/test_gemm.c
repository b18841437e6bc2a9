#include "models/engine/gemm.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "support/test_main.h"

static const int64_t shapes[][3] = {{1, 1, 1},    {3, 7, 1},    {1, 17, 33},  {17, 5, 33},  {31, 33, 7},
                                    {64, 64, 64}, {160, 3, 77}, {7, 129, 65}, {33, 1, 129}, {2, 300, 3}};

enum { n_shapes = sizeof shapes / sizeof shapes[0], most = 160 * 320, pad = 3 };

static const float sentinel = 1234.5f;

static void fill(struct fw_rng *rng, fw_real *to, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        to[i] = (fw_real)fw_rng_normal(rng);
}

/* Where the product begins its result, what was there before does not matter, not even when it is no number. */
static void prepare(struct fw_rng *rng, fw_real *c, fw_real *expected, int64_t m, int64_t n, bool add)
{
    for (int64_t i = 0; i < m * (n + pad); i++) {
        bool inside = i % (n + pad) < n;
        c[i] = !inside ? sentinel : add ? (fw_real)fw_rng_normal(rng) : (fw_real)NAN;
    }
    memcpy(expected, c, (size_t)(m * (n + pad)) * sizeof *c);
}

static void check(enum fw_gemm_form form, const int64_t *shape, bool add, struct fw_rng *rng)
{
    static fw_real a[most];
    static fw_real b[most];
    static fw_real c[most];
    static fw_real expected[most];
    int64_t m = shape[0];
    int64_t n = shape[1];
    int64_t k = shape[2];
    int64_t lda = (form == FW_GEMM_TN ? m : k) + pad;
    int64_t ldb = (form == FW_GEMM_NT ? k : n) + pad;
    fill(rng, a, lda * (form == FW_GEMM_TN ? k : m));
    fill(rng, b, ldb * (form == FW_GEMM_NT ? n : k));
    prepare(rng, c, expected, m, n, add);
    fw_gemm(form, m, n, k, a, lda, b, ldb, add, c, n + pad);
    fw_gemm_ref(form, m, n, k, a, lda, b, ldb, add, expected, n + pad);
    for (int64_t i = 0; i < m * (n + pad); i++) {
        if (i % (n + pad) >= n)
            ck_assert(c[i] == sentinel);
        else
            ck_assert_msg(fabsf(c[i] - expected[i]) <= 1e-5f * (1 + fabsf(expected[i])),
                          "form %d, %lld x %lld x %lld: %g is not %g", (int)form, (long long)m, (long long)n,
                          (long long)k, (double)c[i], (double)expected[i]);
    }
}

START_TEST(test_gemm_is_the_plain_product_in_all_forms)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, 3, fw_stream((uint64_t)_i, 0, FW_STREAM_TEST));
    fw_gemm_prepare();
    for (int s = 0; s < n_shapes; s++) {
        check((enum fw_gemm_form)_i, shapes[s], false, &rng);
        check((enum fw_gemm_form)_i, shapes[s], true, &rng);
    }
}
END_TEST

/* (1 2; 3 4) (5 6; 7 8), and with one of the factors transposed. */
START_TEST(test_gemm_by_hand)
{
    static const fw_real a[] = {1, 2, 3, 4};
    static const fw_real b[] = {5, 6, 7, 8};
    static const fw_real expected[][4] = {{19, 22, 43, 50}, {17, 23, 39, 53}, {26, 30, 38, 44}};
    for (int form = FW_GEMM_NN; form <= FW_GEMM_TN; form++) {
        fw_real c[4] = {0};
        fw_real ref[4] = {0};
        fw_gemm((enum fw_gemm_form)form, 2, 2, 2, a, 2, b, 2, false, c, 2);
        fw_gemm_ref((enum fw_gemm_form)form, 2, 2, 2, a, 2, b, 2, false, ref, 2);
        ck_assert_mem_eq(c, expected[form], sizeof c);
        ck_assert_mem_eq(ref, expected[form], sizeof ref);
    }
}
END_TEST

/* What is said once is kept: the user's word as well as our own. */
START_TEST(test_gemm_settles_kernels_once)
{
    unsetenv("OPENBLAS_CORETYPE");
    bool settled = fw_gemm_settle_kernels();
    ck_assert(settled == (getenv("OPENBLAS_CORETYPE") != NULL));
    ck_assert(settled <= (strcmp(openblas_get_corename(), "Prescott") == 0)); /* never where OpenBLAS knew better */
    setenv("OPENBLAS_CORETYPE", "Nehalem", 1);
    ck_assert(!fw_gemm_settle_kernels());
    ck_assert_str_eq(getenv("OPENBLAS_CORETYPE"), "Nehalem");
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("gemm");
    TCase *tests = tcase_create("gemm");
    tcase_add_loop_test(tests, test_gemm_is_the_plain_product_in_all_forms, 0, 3);
    tcase_add_test(tests, test_gemm_by_hand);
    tcase_add_test(tests, test_gemm_settles_kernels_once);
    suite_add_tcase(suite, tests);
    return suite;
}
