#include "space/interactions.h"

#include <string.h>

#include "support/tables.h"
#include "support/test_main.h"
#include "support/walks.h"

/* ann: c a b c (times 1 2 3 4), bob: a b (no judge), eve: b a a d (5 5 6 7; the tie by row).
 * Training: ann c a, bob a b, eve b a. Items by rows: a 3, b 2, c 1; d only judges. */
static const char small[] = "user,item,time\n"
                            "ann,c,4\n"
                            "bob,a,1\n"
                            "ann,a,2\n"
                            "eve,b,5\n"
                            "eve,a,5\n"
                            "ann,c,1\n"
                            "bob,b,2\n"
                            "eve,d,7\n"
                            "ann,b,3\n"
                            "eve,a,6\n";

static void ck_taken(const struct fw_interactions *x, int64_t history, const char *items)
{
    ck_assert_int_eq(fw_history_length(x, history), (int64_t)strlen(items));
    for (int64_t i = 0; i < fw_history_length(x, history); i++) {
        struct fw_text text = fw_dictionary_text(x->items, x->taken[x->first[history] + i]);
        ck_assert_int_eq(text.length == 1 ? text.data[0] : '-', items[i]);
    }
}

START_TEST(test_interactions_are_sorted_split_and_numbered_as_worked_by_hand)
{
    struct fw_interactions *x = interactions_of(small, 1, 1);
    ck_assert_int_eq(x->n_histories, 3);
    ck_taken(x, 0, "cabc"); /* ann came first, then bob, then eve */
    ck_taken(x, 1, "ab");
    ck_taken(x, 2, "baa-");
    ck_assert_int_eq(fw_history_train(x, 0), 2);
    ck_assert_int_eq(fw_history_train(x, 1), 2);
    ck_assert_int_eq(fw_history_train(x, 2), 2);
    ck_assert_int_eq(x->n_train, 6);
    ck_assert_int_eq(x->n_judges, 2);
    ck_assert(x->judges[0] == 0 && x->judges[1] == 2);
    ck_assert_int_eq(fw_history_held(x, 0, FW_HELD_VALID), 2);
    ck_assert_int_eq(fw_history_held(x, 0, FW_HELD_TEST), 3);
    ck_assert_int_eq(fw_history_held(x, 2, FW_HELD_TEST), 9);
    ck_assert_int_eq(x->n_items, 4); /* unknown, a, b, c */
    static const int64_t item_counts[] = {0, 3, 2, 1};
    ck_assert_mem_eq(x->item_counts, item_counts, sizeof item_counts);
    ck_assert_uint_eq(fw_dictionary_find(x->items, fw_text_of("a")), 1);
    ck_assert_uint_eq(fw_dictionary_find(x->items, fw_text_of("c")), 3);
    ck_assert_uint_eq(fw_dictionary_find(x->items, fw_text_of("d")), FW_DICTIONARY_NONE);
    static const int64_t user_counts[] = {0, 2, 2, 2};
    static const uint32_t users[] = {1, 2, 3};
    ck_assert_int_eq(x->n_users, 4);
    ck_assert_mem_eq(x->user_counts, user_counts, sizeof user_counts);
    ck_assert_mem_eq(x->user, users, sizeof users);
    fw_interactions_destroy(x);
}
END_TEST

START_TEST(test_interactions_without_a_time_are_in_the_order_of_rows)
{
    struct fw_interactions *x = interactions_of("user,item\n1,7\n2,8\n1,8\n1,7\n", 1, 1);
    ck_assert_int_eq(x->n_judges, 1);
    ck_assert_int_eq(x->n_items, 3);
    static const uint32_t taken[] = {1, 2, 1, 2}; /* user 1 took 7 8 7, of which 7 trains; user 2 took 8 */
    ck_assert_mem_eq(x->taken, taken, sizeof taken);
    fw_interactions_destroy(x);
}
END_TEST

START_TEST(test_interactions_seen_too_rarely_are_unknown)
{
    struct fw_interactions *x = interactions_of(small, 3, 2);
    ck_assert_int_eq(x->n_users, 1); /* nobody has 3 training rows */
    ck_assert_int_eq(x->user_counts[0], 6);
    ck_assert_int_eq(x->n_items, 3);
    ck_assert_int_eq(x->item_counts[0], 1);
    ck_taken(x, 0, "-ab-");
    fw_interactions_destroy(x);
}
END_TEST

START_TEST(test_interactions_take_dates_as_times)
{
    struct fw_interactions *x = interactions_of("user,item,time\n"
                                                "u,c,2024-05-03\n"
                                                "u,b,2024-05-02\n"
                                                "u,a,2024-05-01\n"
                                                "u,b,2024-06-01\n",
                                                1, 1);
    ck_taken(x, 0, "ab-b");
    fw_interactions_destroy(x);
}
END_TEST

/* Named by name as in the text; an empty name is no column. */
static void ck_refused(const char *text, const char *user, const char *item, const char *time, int64_t least,
                       enum fw_status status, const char *words)
{
    struct fw_error error = {0};
    struct fw_table *table = table_of(text, NULL);
    struct fw_interactions *x = NULL;
    struct fw_interactions_columns columns = {.user = fw_table_find_column(table, user),
                                              .item = fw_table_find_column(table, item),
                                              .time = time[0] != '\0' ? fw_table_find_column(table, time) : -1};
    ck_assert_int_eq(fw_interactions_create(&x, table, &columns, least, least, NULL, &error), status);
    ck_assert_msg(strstr(error.message, words) != NULL, "'%s' is not in: %s", words, error.message);
    ck_assert_ptr_null(x);
    fw_table_destroy(table);
}

START_TEST(test_interactions_say_what_is_wrong)
{
    ck_refused(small, "user", "user", "", 1, FW_E_ARG, "'user' is named twice, as the user and as the item");
    ck_refused(small, "user", "item", "item", 1, FW_E_ARG, "'item' is named twice, as the item and as the time");
    ck_refused(small, "user", "item", "time", 0, FW_E_ARG, "a least count of 0");
    ck_refused("user,item\na,x\na,x\na,x\n", "user", "item", "", 1, FW_E_INPUT, "has 1 item with at least 1 training");
    ck_refused(small, "user", "item", "time", 4, FW_E_INPUT, "has 0 items with at least 4 training rows");
    ck_refused("user,item\na,x\na,y\nb,x\n", "user", "item", "", 1, FW_E_INPUT, "no user in column 'user' has 3 rows");
    ck_refused("user,item,time\na,x,1\na,y,soon\na,x,2\n", "user", "item", "time", 1, FW_E_INPUT,
               "t.csv:3: the time column 'time' has 'soon'");
    ck_refused("user,item,time\na,x,1\na,y,\na,x,2\n", "user", "item", "time", 1, FW_E_INPUT, "t.csv:3: the time");
    ck_refused("user,item\na,x\na,\na,x\n", "user", "item", "", 1, FW_E_INPUT,
               "t.csv:3: the item in column 'item' is missing");
    ck_refused("user,item\na,x\nNA,y\na,x\n", "user", "item", "", 1, FW_E_INPUT,
               "t.csv:3: the user in column 'user' is missing");
}
END_TEST

START_TEST(test_interactions_refused_memory_is_an_error_and_no_leak)
{
    struct fw_table *table = table_of(small, NULL);
    struct fw_interactions_columns columns = {0, 1, 2};
    for (int64_t k = 1;; k++) {
        struct fw_allocator mem;
        struct fw_error error = {0};
        struct fw_interactions *x = NULL;
        fw_allocator_init(&mem, 0);
        atomic_store(&mem.fail_at, k);
        enum fw_status status = fw_interactions_create(&x, table, &columns, 1, 1, &mem, &error);
        if (status == FW_OK) {
            fw_interactions_destroy(x);
            ck_assert_int_gt(k, 10);
            break;
        }
        ck_assert_int_eq(status, FW_E_NOMEM);
        ck_assert_uint_eq(atomic_load(&mem.used), 0);
    }
    fw_table_destroy(table);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("interactions");
    TCase *tests = tcase_create("interactions");
    tcase_add_test(tests, test_interactions_are_sorted_split_and_numbered_as_worked_by_hand);
    tcase_add_test(tests, test_interactions_without_a_time_are_in_the_order_of_rows);
    tcase_add_test(tests, test_interactions_seen_too_rarely_are_unknown);
    tcase_add_test(tests, test_interactions_take_dates_as_times);
    tcase_add_test(tests, test_interactions_say_what_is_wrong);
    tcase_add_test(tests, test_interactions_refused_memory_is_an_error_and_no_leak);
    suite_add_tcase(suite, tests);
    return suite;
}
