#include "models/engine/pairs.h"

#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "support/test_main.h"

enum { rows = 5, most = rows * 23 * 22 * 17 };

static void fill(fw_real *to, int64_t n, uint64_t seed)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, seed, fw_stream(0, 0, FW_STREAM_TEST));
    for (int64_t i = 0; i < n; i++)
        to[i] = (fw_real)fw_rng_normal(&rng);
}

static void ck_near(fw_real a, double b)
{
    ck_assert_msg(fabs((double)a - b) <= 1e-4 * (1 + fabs(b)), "%g is not %g", (double)a, b);
}

START_TEST(test_pairs_fm_is_the_double_loop_and_the_sum_of_all_inner_products)
{
    static const int64_t fields[] = {1, 2, 5, 23};
    static const int64_t widths[] = {1, 3, 7, 8, 17};
    static fw_real x[most];
    fill(x, most, 1);
    for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
        for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
            int64_t F = fields[f];
            int64_t D = widths[w];
            int64_t pairs = F * (F - 1) / 2;
            fw_real out[rows + 1];
            fw_real ref[rows];
            fw_real inner[rows * 253];
            fw_real scratch[2 * 17];
            out[rows] = 77;
            fw_pairs_fm(x, out, rows, F, D, scratch);
            fw_pairs_fm_ref(x, ref, rows, F, D);
            fw_pairs_inner(x, inner, rows, F, D, scratch);
            for (int64_t i = 0; i < rows; i++) {
                double sum = 0;
                for (int64_t p = 0; p < pairs; p++)
                    sum += (double)inner[i * pairs + p];
                ck_near(out[i], (double)ref[i]);
                ck_near(ref[i], sum);
            }
            ck_assert(out[rows] == 77);
        }
    }
}
END_TEST

/* v = (1, 2), (3, -1), (0.5, 5): products 1, 10.5, -3.5; sum (4.5, 6). */
START_TEST(test_pairs_by_hand)
{
    static const fw_real x[] = {1, 2, 3, -1, 0.5f, 5};
    static const fw_real inner[] = {1, 10.5f, -3.5f};
    static const fw_real outer[] = {20.25f, 27, 27, 36};
    /* field 0: 2 for field 1, 3 for field 2; field 1: 5 and 7; field 2: 11 and 13; 2 5 + 3 11 + 7 13 */
    static const fw_real own[] = {2, 3, 5, 7, 11, 13};
    fw_real out[4];
    fw_real scratch[4];
    fw_pairs_fm(x, out, 1, 3, 2, scratch);
    ck_assert(out[0] == 8);
    fw_pairs_inner(x, out, 1, 3, 2, scratch);
    ck_assert_mem_eq(out, inner, sizeof inner);
    fw_pairs_outer(x, out, 1, 3, 2, scratch);
    ck_assert_mem_eq(out, outer, sizeof outer);
    fw_pairs_ffm(own, out, 1, 3, 1, scratch);
    ck_assert(out[0] == 134);
}
END_TEST

/* Where all vectors of a field are the same one, FFM is FM. */
START_TEST(test_pairs_ffm_with_one_vector_a_field_is_fm)
{
    enum { F = 5, D = 7 };
    fw_real x[rows * F * D];
    fw_real own[rows * F * (F - 1) * D];
    fw_real out[rows];
    fw_real ref[rows];
    fw_real scratch[2 * D];
    fill(x, rows * F * D, 2);
    for (int64_t v = 0; v < rows * F; v++) {
        for (int64_t j = 0; j < F - 1; j++)
            memcpy(own + (v * (F - 1) + j) * D, x + v * D, D * sizeof *x);
    }
    fw_pairs_ffm(own, out, rows, F, D, scratch);
    fw_pairs_fm_ref(x, ref, rows, F, D);
    for (int64_t i = 0; i < rows; i++)
        ck_near(out[i], (double)ref[i]);
}
END_TEST

typedef void back_kernel(const fw_real *x, const fw_real *dy, fw_real *dx, int64_t n, int64_t F, int64_t D, bool add,
                         fw_real *scratch);

/* Gradients themselves are checked in double precision; here, that adding adds and beginning does not. */
START_TEST(test_pairs_backward_begins_or_adds)
{
    enum { F = 5, D = 7, all = rows * F * (F - 1) * D };
    static back_kernel *const kernels[] = {fw_pairs_fm_back, fw_pairs_inner_back, fw_pairs_outer_back,
                                           fw_pairs_ffm_back};
    int64_t n = rows * (_i == 3 ? F * (F - 1) * D : F * D);
    static fw_real x[all];
    static fw_real dy[all];
    static fw_real begun[all];
    static fw_real added[all];
    fw_real scratch[2 * D];
    fill(x, all, 3);
    fill(dy, all, 4);
    for (int64_t i = 0; i < all; i++) {
        begun[i] = (fw_real)NAN;
        added[i] = 100;
    }
    kernels[_i](x, dy, begun, rows, F, D, false, scratch);
    kernels[_i](x, dy, added, rows, F, D, true, scratch);
    for (int64_t i = 0; i < n; i++)
        ck_near(added[i], 100 + (double)begun[i]);
    for (int64_t i = n; i < all; i++)
        ck_assert(added[i] == 100);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("pairs");
    TCase *tests = tcase_create("pairs");
    tcase_add_test(tests, test_pairs_fm_is_the_double_loop_and_the_sum_of_all_inner_products);
    tcase_add_test(tests, test_pairs_by_hand);
    tcase_add_test(tests, test_pairs_ffm_with_one_vector_a_field_is_fm);
    tcase_add_loop_test(tests, test_pairs_backward_begins_or_adds, 0, 4);
    suite_add_tcase(suite, tests);
    return suite;
}
