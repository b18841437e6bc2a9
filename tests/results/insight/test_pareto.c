#include "results/insight/pareto.h"

#include <math.h>
#include <stdlib.h>

#include "core/rng.h"
#include "support/test_main.h"

/* Whether any row beats row i, by the definition. */
static bool is_beaten(const double *values, int64_t n, int k, const bool *maximise, int64_t i)
{
    for (int64_t j = 0; j < n; j++) {
        bool no_worse = true;
        bool better = false;
        for (int f = 0; f < k; f++) {
            double a = maximise[f] ? values[j * k + f] : -values[j * k + f];
            double b = maximise[f] ? values[i * k + f] : -values[i * k + f];
            no_worse = no_worse && a >= b;
            better = better || a > b;
        }
        if (no_worse && better)
            return true;
    }
    return false;
}

static bool has_nan(const double *values, int k, int64_t i)
{
    for (int f = 0; f < k; f++) {
        if (isnan(values[i * k + f]))
            return true;
    }
    return false;
}

START_TEST(test_pareto_front_is_that_of_the_definition)
{
    enum { most = 300 };
    struct fw_rng rng;
    double values[most * 4];
    int64_t front[most];
    fw_rng_seed(&rng, 11, fw_stream(0, 0, FW_STREAM_TEST));
    for (int round = 0; round < 200; round++) {
        int k = 1 + (int)fw_rng_below(&rng, 4);
        int64_t n = (int64_t)fw_rng_below(&rng, most);
        uint64_t grid = 2 + fw_rng_below(&rng, 40); /* few values: many equals */
        bool maximise[4];
        for (int f = 0; f < k; f++)
            maximise[f] = fw_rng_below(&rng, 2) == 1;
        for (int64_t i = 0; i < n * k; i++)
            values[i] = fw_rng_below(&rng, 50) == 0 ? (double)NAN : (double)fw_rng_below(&rng, grid);
        int64_t found = -1;
        ck_ok(fw_pareto_front(front, &found, values, n, k, maximise, NULL, err));
        int64_t expected = 0;
        for (int64_t i = 0; i < n; i++) {
            bool on = !has_nan(values, k, i) && !is_beaten(values, n, k, maximise, i);
            bool listed = false;
            for (int64_t p = 0; p < found; p++)
                listed = listed || front[p] == i;
            ck_assert_msg(on == listed, "round %d, row %lld", round, (long long)i);
            expected += on;
        }
        ck_assert_int_eq(found, expected);
        for (int64_t p = 1; p < found; p++) {
            double before = values[front[p - 1] * k];
            double after = values[front[p] * k];
            ck_assert(maximise[0] ? before >= after : before <= after);
        }
    }
}
END_TEST

START_TEST(test_pareto_refused_memory_leaves_nothing)
{
    struct fw_allocator mem;
    const double values[] = {1, 2, 2, 1};
    const bool maximise[] = {true, true};
    int64_t front[2];
    int64_t n;
    for (int64_t fail = 1; fail <= 2; fail++) {
        fw_allocator_init(&mem, 0);
        mem.fail_at = fail;
        ck_assert_int_eq(fw_pareto_front(front, &n, values, 2, 2, maximise, &mem, NULL), FW_E_NOMEM);
        ck_assert_uint_eq(mem.used, 0);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("pareto");
    TCase *cases = tcase_create("pareto");
    tcase_add_test(cases, test_pareto_front_is_that_of_the_definition);
    tcase_add_test(cases, test_pareto_refused_memory_leaves_nothing);
    suite_add_tcase(suite, cases);
    return suite;
}
