#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/query/query.h"
#include "results/report/report.h"
#include "support/markup.h"
#include "support/polyglots.h"
#include "support/report_samples.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"

static struct fw_store *store;

static void set_up(void)
{
    scratch_make();
    store = sample_store(scratch_path("store.db"));
}

static void tear_down(void)
{
    fw_store_close(store);
    scratch_remove();
}

START_TEST(test_report_same_store_gives_same_bytes)
{
    for (int kind = 0; kind < report_sample_kinds; kind++) {
        struct fw_buffer pages[2];
        int64_t study = report_sample(store, kind, NULL);
        report_sample_page(&pages[0], store, study);
        report_sample_page(&pages[1], store, study);
        ck_assert_str_eq(pages[0].data, pages[1].data);
        fw_buffer_clear(&pages[0]);
        fw_buffer_clear(&pages[1]);
    }
}
END_TEST

START_TEST(test_report_table_of_trials_agrees_with_the_queries)
{
    for (int kind = 0; kind < report_sample_kinds; kind++) {
        struct fw_buffer page;
        struct fw_trial_list best;
        int64_t study = report_sample(store, kind, NULL);
        bool maximise = kind != 4;
        report_sample_page(&page, store, study);
        ck_ok(fw_query_best(&best, store, study, maximise, 0, err));
        const char *at = strstr(page.data, "<h2 id=\"trials\">");
        ck_assert_ptr_nonnull(at);
        at = strstr(at, "<tbody>");
        for (int64_t i = 0; i < best.n; i++) {
            long number;
            double objective;
            at = strstr(at, "<td class=\"n\">");
            ck_assert_ptr_nonnull(at);
            ck_assert_int_eq(sscanf(at, "<td class=\"n\">%ld</td><td class=\"n\">%lf</td>", &number, &objective), 2);
            ck_assert_int_eq(number, best.rows[i].record.number);
            ck_assert_double_eq_tol(objective, best.rows[i].record.objective, 0.000005);
            at = strstr(at, "</tr>");
        }
        fw_trial_list_clear(&best);
        fw_buffer_clear(&page);
    }
}
END_TEST

START_TEST(test_report_lead_says_what_was_found)
{
    struct fw_buffer page;
    report_sample_page(&page, store, report_sample_crosses(store, NULL));
    ck_assert_ptr_nonnull(strstr(page.data, "9 crosses of columns were tried and <b>2 accepted</b>"));
    ck_assert_ptr_nonnull(strstr(page.data, "<b>0.81000</b> to <b>0.82500</b>"));
    ck_assert_ptr_nonnull(strstr(page.data, "+0.01000 [+0.00900, +0.01100]"));
    fw_buffer_clear(&page);
    report_sample_page(&page, store, report_sample_models(store, NULL));
    ck_assert_ptr_nonnull(strstr(page.data, "2 models were trained"));
    ck_assert_ptr_nonnull(strstr(page.data, "Tags: <bdi>first try</bdi>"));
    ck_assert_ptr_nonnull(strstr(page.data, "<p class=\"said\"><bdi>looks good</bdi></p>"));
    ck_assert_ptr_nonnull(strstr(page.data, "<p class=\"said\"><bdi>to be run again</bdi></p>"));
    ck_assert_ptr_nonnull(strstr(page.data, "<b>0.44000</b>"));
    ck_assert_ptr_nonnull(strstr(page.data, "ended early"));
    fw_buffer_clear(&page);
}
END_TEST

static const char *section_of(const struct fw_buffer *page, const char *id)
{
    char heading[64];
    snprintf(heading, sizeof heading, "<h2 id=\"%s\">", id);
    const char *at = strstr(page->data, heading);
    ck_assert_msg(at != NULL, "no section %s", id);
    return at;
}

static void expect_in(const struct fw_buffer *page, const char *id, const char *words)
{
    const char *at = section_of(page, id);
    const char *end = strstr(at + 4, "<h2 ");
    const char *found = strstr(at, words);
    ck_assert_msg(found != NULL && (end == NULL || found < end), "section %s does not hold: %s", id, words);
}

START_TEST(test_report_tree_has_accepted_and_refused_crosses_with_why)
{
    struct fw_buffer page;
    report_sample_page(&page, store, report_sample_crosses(store, NULL));
    expect_in(&page, "tree", ">(no cross)</text>");
    expect_in(&page, "tree", ">age x job</text>");
    expect_in(&page, "tree", ">accepted at step 1</text>");
    expect_in(&page, "tree", ">accepted at step 2</text>");
    expect_in(&page, "tree", ">+0.00500 [+0.00400, +0.00600]</text>");
    expect_in(&page, "tree", ">refused: within its noise</text>");
    expect_in(&page, "tree", ">6 more were ranked lower in the screen</text>");
    fw_buffer_clear(&page);
}
END_TEST

/* The sample's base is step 0, six candidates end at rung 0 and two refits come from rung 1. */
START_TEST(test_report_rungs_count_who_entered_and_who_went_on)
{
    struct fw_buffer page;
    report_sample_page(&page, store, report_sample_crosses(store, NULL));
    expect_in(&page, "rungs",
              "<td class=\"n\">1</td><td class=\"n\">0</td><td class=\"n\">8</td><td class=\"n\">2</td>");
    expect_in(&page, "rungs",
              "<td class=\"n\">1</td><td class=\"n\">1</td><td class=\"n\">2</td><td class=\"n\">2</td>");
    fw_buffer_clear(&page);
}
END_TEST

START_TEST(test_report_sections_are_those_of_the_kind)
{
    static const struct {
        int kind;
        const char *has, *has_not;
    } expected[] = {{0, "tree", "front"},      {0, "rungs", "settings"}, {1, "settings", "tree"},
                    {1, "curves", "routing"},  {1, "rungs", "policy"},   {2, "sizes", "curves"},
                    {2, "policy", "tree"},     {2, "front", "rungs"},    {3, "routing", "sizes"},
                    {3, "curves", "rungs"},    {4, "curves", "tree"},    {4, "files", "policy"},
                    {4, "front", "decisions"}, {0, "repeat", "files"}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        struct fw_buffer page;
        char heading[64];
        report_sample_page(&page, store, report_sample(store, expected[i].kind, NULL));
        section_of(&page, expected[i].has);
        snprintf(heading, sizeof heading, "<h2 id=\"%s\">", expected[i].has_not);
        ck_assert_msg(strstr(page.data, heading) == NULL, "kind %d has %s", expected[i].kind, expected[i].has_not);
        fw_buffer_clear(&page);
    }
}
END_TEST

START_TEST(test_report_routing_is_made_of_the_recorded_gates)
{
    struct fw_buffer page;
    report_sample_page(&page, store, report_sample_routing(store, NULL));
    expect_in(&page, "routing", "sub-network 1 of level 1 to sub-network 1 of level 2, gate 0.7");
    expect_in(&page, "routing", "task task 2");
    expect_in(&page, "routing", "The study&#39;s plan is not where it was written");
    fw_buffer_clear(&page);
}
END_TEST

START_TEST(test_report_sizes_are_told_of_the_most_ids_that_an_answer_kept)
{
    struct fw_buffer page;
    report_sample_page(&page, store, report_sample_sizes(store, NULL));
    expect_in(&page, "sizes", "300 of 1,000");
    expect_in(&page, "sizes", "100 of 500");
    ck_assert_ptr_nonnull(strstr(page.data, "<b>0.73800</b> on rows that were kept out"));
    fw_buffer_clear(&page);
}
END_TEST

START_TEST(test_report_of_many_trials_stays_small_and_says_what_it_leaves_out)
{
    struct fw_buffer pages[2];
    report_sample_page(&pages[0], store, report_sample_settings(store, NULL, 40));
    report_sample_page(&pages[1], store, report_sample_settings(store, NULL, 700));
    ck_assert_int_lt(pages[1].length, 400000);
    expect_in(&pages[1], "trials", "The best 50 of 637 complete trials");
    expect_in(&pages[1], "settings", "400 of 637 trials are drawn");
    expect_in(&pages[1], "curves", "61 of 637 curves are drawn");
    ck_assert_ptr_null(strstr(pages[0].data, "are drawn"));
    fw_buffer_clear(&pages[0]);
    fw_buffer_clear(&pages[1]);
}
END_TEST

/* ---- texts that would be markup ---- */

struct turn {
    int at;
};

static const char *next_polyglot(void *self)
{
    struct turn *turn = self;
    static char *long_one;
    if (++turn->at % 17 != 0)
        return polyglots[turn->at % n_polyglots];
    free(long_one);
    long_one = polyglot_of(turn->at, 20000);
    return long_one;
}

/* Studies until each polyglot has had its turn in several places. */
START_TEST(test_report_shows_texts_of_any_origin_as_texts)
{
    static const char *const forbidden[] = {"<script",        "<img",  "<iframe", "<svg o",     "<svg/",
                                            "<style>@",       "<link", "<a h",    "onerror=\"", "<object",
                                            "<foreignObject", "<base", "<form",   "<!--",       "<math"};
    struct turn turn = {0};
    struct report_texts texts = {next_polyglot, &turn};
    for (int round = 0; turn.at < n_polyglots; round++) {
        struct fw_buffer page;
        char name[32];
        snprintf(name, sizeof name, "store%d.db", round); /* names of studies come again after all have been */
        fw_store_close(store);
        store = sample_store(scratch_path(name));
        int64_t study = report_sample(store, round % report_sample_kinds, &texts);
        report_sample_page(&page, store, study);
        ck_assert_int_eq(markup_count(page.data, "<style>"), 1);
        for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++) {
            int allowed = strcmp(forbidden[i], "<a h") == 0 ? markup_count(page.data, "<a href=\"#") : 0;
            ck_assert_msg(markup_count(page.data, forbidden[i]) == allowed, "page %d holds %s", round, forbidden[i]);
        }
        fw_buffer_clear(&page);
    }
}
END_TEST

/* ---- failures ---- */

START_TEST(test_report_unknown_study_is_an_input_error)
{
    struct fw_error err = {0};
    struct fw_report_options options;
    struct fw_buffer page;
    fw_report_options_init(&options);
    fw_buffer_init(&page, NULL);
    ck_assert_int_eq(fw_report_add(&page, store, 12345, &options, &err), FW_E_INPUT);
    ck_assert_ptr_nonnull(strstr(err.message, "12345"));
    fw_buffer_clear(&page);
}
END_TEST

START_TEST(test_report_empty_study_has_a_page)
{
    struct fw_buffer page;
    report_sample_page(&page, store, sample_open_study(store, 3));
    ck_assert_ptr_nonnull(strstr(page.data, "Nothing was tried yet"));
    ck_assert_ptr_null(strstr(page.data, "id=\"history\""));
    fw_buffer_clear(&page);
}
END_TEST

START_TEST(test_report_each_refused_allocation_is_told)
{
    struct fw_allocator mem;
    struct fw_report_options options;
    int64_t studies[report_sample_kinds];
    for (int kind = 0; kind < report_sample_kinds; kind++)
        studies[kind] = report_sample(store, kind, NULL);
    fw_report_options_init(&options);
    for (int kind = 0; kind < report_sample_kinds; kind++) {
        for (int64_t fail_at = 1;; fail_at++) {
            struct fw_buffer page;
            struct fw_error err = {0};
            fw_allocator_init(&mem, 0);
            mem.fail_at = fail_at;
            fw_buffer_init(&page, &mem);
            enum fw_status status = fw_report_add(&page, store, studies[kind], &options, &err);
            bool reached = mem.count + 1 >= fail_at && status != FW_OK;
            fw_buffer_clear(&page);
            ck_assert_uint_eq(mem.used, 0);
            if (!reached)
                break;
            ck_assert_int_eq(status, FW_E_NOMEM);
        }
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("report");
    TCase *tcase = tcase_create("report");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, test_report_same_store_gives_same_bytes);
    tcase_add_test(tcase, test_report_table_of_trials_agrees_with_the_queries);
    tcase_add_test(tcase, test_report_lead_says_what_was_found);
    tcase_add_test(tcase, test_report_tree_has_accepted_and_refused_crosses_with_why);
    tcase_add_test(tcase, test_report_rungs_count_who_entered_and_who_went_on);
    tcase_add_test(tcase, test_report_sections_are_those_of_the_kind);
    tcase_add_test(tcase, test_report_routing_is_made_of_the_recorded_gates);
    tcase_add_test(tcase, test_report_sizes_are_told_of_the_most_ids_that_an_answer_kept);
    tcase_add_test(tcase, test_report_of_many_trials_stays_small_and_says_what_it_leaves_out);
    tcase_add_test(tcase, test_report_shows_texts_of_any_origin_as_texts);
    tcase_add_test(tcase, test_report_unknown_study_is_an_input_error);
    tcase_add_test(tcase, test_report_empty_study_has_a_page);
    tcase_add_test(tcase, test_report_each_refused_allocation_is_told);
    suite_add_tcase(suite, tcase);
    return suite;
}
