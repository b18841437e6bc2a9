#include <math.h>
#include <string.h>

#include "models/file/scorer.h"
#include "support/bundles.h"
#include "support/tables.h"
#include "support/test_main.h"

static double probability(float logit)
{
    return 1 / (1 + exp(-(double)logit));
}

/* Known and unknown texts, missing markers, numbers that are none, sequences. */
static const char new_rows[] = "y,colour,size,tags\n"
                               "1,c0,3,a|b\n0,c4,16,b|c\n1,c9,2,a\n0,?,1,\n1,c1,,b\n0,c2,NA,a|b|z\n1,c3,99,c\n";

START_TEST(test_scorer_rows_never_allocate_and_score_as_tables_do)
{
    struct fw_bundle bundle;
    struct fw_allocator mem;
    struct fw_row_scorer *scorer = NULL;
    float logits[bundle_rows];
    fw_allocator_init(&mem, 0);
    struct fw_table *table = bundle_make(&bundle, &mem);
    struct fw_table *fresh = table_of(new_rows, NULL);
    bundle.scale = 0.8;
    bundle.shift = -0.1;
    ck_ok(fw_row_scorer_create(&scorer, &bundle, &mem, err));
    for (int t = 0; t < 2; t++) {
        const struct fw_table *rows = t == 0 ? table : fresh;
        bundle_score(logits, &bundle, rows);
        int64_t allocations = mem.count;
        size_t bytes = mem.used;
        for (int64_t row = 0; row < rows->n_rows; row++) {
            char scratch[bundle_columns][32];
            struct fw_text cells[bundle_columns];
            for (int64_t c = 0; c < bundle_columns; c++)
                cells[c] = fw_table_text(rows, c, row, scratch[c]);
            ck_assert_double_eq_tol(fw_row_score(scorer, cells), probability(logits[row]), 1e-7);
        }
        ck_assert_int_eq(mem.count, allocations);
        ck_assert_uint_eq(mem.used, bytes);
    }
    fw_row_scorer_destroy(scorer);
    fw_bundle_clear(&bundle);
    fw_table_destroy(fresh);
    fw_table_destroy(table);
    ck_assert_uint_eq(mem.used, 0);
}
END_TEST

START_TEST(test_scorer_survives_each_refused_allocation)
{
    struct fw_bundle bundle;
    struct fw_table *table = bundle_make(&bundle, NULL);
    const int64_t columns[bundle_columns] = {0, 1, 2, 3};
    for (int64_t refused = 1;; refused++) {
        struct fw_allocator mem;
        struct fw_row_scorer *scorer = NULL;
        float logits[bundle_rows];
        struct fw_error error = {0};
        fw_allocator_init(&mem, 0);
        mem.fail_at = refused;
        enum fw_status status = fw_row_scorer_create(&scorer, &bundle, &mem, &error);
        if (status == FW_OK)
            status = fw_score_table(logits, &bundle, table, columns, 1, &mem, &error);
        fw_row_scorer_destroy(scorer);
        ck_assert_uint_eq(mem.used, 0);
        if (status == FW_OK)
            break;
        ck_assert_int_eq(status, FW_E_NOMEM);
    }
    fw_bundle_clear(&bundle);
    fw_table_destroy(table);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("scorer");
    TCase *cases = tcase_create("scorer");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_scorer_rows_never_allocate_and_score_as_tables_do);
    tcase_add_test(cases, test_scorer_survives_each_refused_allocation);
    suite_add_tcase(suite, cases);
    return suite;
}
