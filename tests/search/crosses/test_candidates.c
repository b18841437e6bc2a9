#include "search/crosses/candidates.h"
#include "support/test_main.h"

enum { n_base = 5 };

static const int64_t own_columns[n_base] = {0, 1, 2, 3, 4};

/* The candidates of a set with these crosses; fields of crosses are numbered behind the base fields. */
static int64_t list_of(struct fw_candidate **out, int32_t *left_out, const struct fw_cross *crosses, int32_t n_crosses,
                       const struct fw_candidate_rules *rules)
{
    static struct fw_feature_set set;
    int64_t n = 0;
    set.n_base = n_base;
    set.n_crosses = n_crosses;
    for (int32_t x = 0; x < n_crosses; x++)
        set.crosses[x] = (struct fw_added_cross){.cross = crosses[x], .field = n_base + x};
    ck_ok(fw_candidates_list(out, &n, left_out, &set, rules, NULL, err));
    for (int64_t i = 0; i < n; i++) {
        const struct fw_cross *cross = &(*out)[i].cross;
        ck_assert_int_le(cross->order, rules->max_order);
        for (int32_t f = 1; f < cross->order; f++)
            ck_assert_int_lt(cross->fields[f - 1], cross->fields[f]);
        for (int64_t j = 0; j < i; j++)
            ck_assert(!fw_cross_equal(cross, &(*out)[j].cross));
        ck_assert(!fw_feature_set_has(&set, cross));
    }
    return n;
}

static const struct fw_candidate *find(const struct fw_candidate *list, int64_t n, struct fw_cross cross)
{
    for (int64_t i = 0; i < n; i++) {
        if (fw_cross_equal(&list[i].cross, &cross))
            return &list[i];
    }
    return NULL;
}

START_TEST(test_candidates_of_base_fields_are_all_pairs)
{
    struct fw_candidate_rules rules = {.max_order = 4, .column = own_columns};
    struct fw_candidate *list = NULL;
    int32_t left_out = -1;
    int64_t n = list_of(&list, &left_out, NULL, 0, &rules);
    ck_assert_int_eq(n, 10);
    ck_assert_int_eq(left_out, 0);
    for (int32_t a = 0; a < n_base; a++) {
        for (int32_t b = a + 1; b < n_base; b++) {
            const struct fw_candidate *c = find(list, n, (struct fw_cross){2, {a, b}});
            ck_assert_ptr_nonnull(c);
            ck_assert_int_eq(c->left, a);
            ck_assert_int_eq(c->right, b);
        }
    }
    fw_free(NULL, list);
}
END_TEST

START_TEST(test_candidates_grow_in_order)
{
    static const struct fw_cross crosses[] = {{2, {0, 1}}, {2, {2, 3}}};
    static const int64_t expected[] = {0, 0, 8, 14, 15}; /* by max_order: 8 pairs; 6 triples; 0123 */
    for (int32_t order = 2; order <= 4; order++) {
        struct fw_candidate_rules rules = {.max_order = order, .column = own_columns};
        struct fw_candidate *list = NULL;
        int32_t left_out = 0;
        int64_t n = list_of(&list, &left_out, crosses, 2, &rules);
        ck_assert_int_eq(n, expected[order]);
        ck_assert((find(list, n, (struct fw_cross){3, {0, 1, 4}}) != NULL) == (order >= 3));
        const struct fw_candidate *four = find(list, n, (struct fw_cross){4, {0, 1, 2, 3}});
        ck_assert((four != NULL) == (order >= 4));
        if (four != NULL) {
            ck_assert_int_eq(four->left, n_base); /* made from the two crosses there are */
            ck_assert_int_eq(four->right, n_base + 1);
        }
        ck_assert_ptr_null(find(list, n, (struct fw_cross){3, {0, 2, 4}})); /* no member leads there */
        fw_free(NULL, list);
    }
}
END_TEST

START_TEST(test_candidates_reached_in_two_ways_are_one)
{
    /* 012 is 01 x 2 and 12 x 0; 0123 is 012 x 3 only once 012 is there */
    static const struct fw_cross crosses[] = {{2, {0, 1}}, {2, {1, 2}}, {3, {0, 1, 2}}};
    struct fw_candidate_rules rules = {.max_order = 4, .column = own_columns};
    struct fw_candidate *list = NULL;
    int32_t left_out = 0;
    int64_t n = list_of(&list, &left_out, crosses, 2, &rules);
    /* 8 pairs; 01+{2,3,4} and 12+{0,3,4}, of which 012 twice */
    ck_assert_int_eq(n, 13);
    ck_assert_ptr_nonnull(find(list, n, (struct fw_cross){3, {0, 1, 2}}));
    fw_free(NULL, list);
    n = list_of(&list, &left_out, crosses, 3, &rules);
    ck_assert_int_eq(n, 8 + 4 + 2);
    ck_assert_ptr_nonnull(find(list, n, (struct fw_cross){4, {0, 1, 2, 3}}));
    fw_free(NULL, list);
}
END_TEST

START_TEST(test_candidates_never_cross_a_column_with_itself)
{
    static const int64_t column[n_base] = {0, 0, 1, 1, 2};
    static const struct fw_cross crosses[] = {{2, {0, 4}}};
    struct fw_candidate_rules rules = {.max_order = 4, .column = column};
    struct fw_candidate *list = NULL;
    int32_t left_out = 0;
    int64_t n = list_of(&list, &left_out, NULL, 0, &rules);
    ck_assert_int_eq(n, 8); /* 10 pairs but 01 and 23 */
    ck_assert_ptr_null(find(list, n, (struct fw_cross){2, {0, 1}}));
    ck_assert_ptr_null(find(list, n, (struct fw_cross){2, {2, 3}}));
    fw_free(NULL, list);
    n = list_of(&list, &left_out, crosses, 1, &rules);
    ck_assert_int_eq(n, 7 + 2); /* 04 grows by 2 and by 3, not by 1 */
    ck_assert_ptr_null(find(list, n, (struct fw_cross){3, {0, 1, 4}}));
    fw_free(NULL, list);
}
END_TEST

START_TEST(test_candidates_beyond_the_limit_pair_the_strongest)
{
    static const double strength[n_base] = {0.1, 0.5, 0.2, 0.5, 0.4};
    static const struct {
        int64_t limit, n;
        int32_t left_out;
    } cases[] = {{10, 10, 0}, {9, 6, 1}, {6, 6, 1}, {5, 3, 2}, {3, 3, 2}, {2, 1, 3}, {1, 1, 3}, {0, 10, 0}};
    for (int c = 0; c < 8; c++) {
        struct fw_candidate_rules rules = {.max_order = 2,
                                           .max_candidates = cases[c].limit,
                                           .column = own_columns,
                                           .strength = strength};
        struct fw_candidate *list = NULL;
        int32_t left_out = -1;
        int64_t n = list_of(&list, &left_out, NULL, 0, &rules);
        ck_assert_int_eq(n, cases[c].n);
        ck_assert_int_eq(left_out, cases[c].left_out);
        ck_assert_ptr_nonnull(find(list, n, (struct fw_cross){2, {1, 3}}));
        ck_assert((find(list, n, (struct fw_cross){2, {3, 4}}) != NULL) == (left_out <= 2));
        ck_assert((find(list, n, (struct fw_cross){2, {0, 1}}) != NULL) == (left_out == 0));
        fw_free(NULL, list);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("candidates");
    TCase *cases = tcase_create("candidates");
    tcase_add_test(cases, test_candidates_of_base_fields_are_all_pairs);
    tcase_add_test(cases, test_candidates_grow_in_order);
    tcase_add_test(cases, test_candidates_reached_in_two_ways_are_one);
    tcase_add_test(cases, test_candidates_never_cross_a_column_with_itself);
    tcase_add_test(cases, test_candidates_beyond_the_limit_pair_the_strongest);
    suite_add_tcase(suite, cases);
    return suite;
}
