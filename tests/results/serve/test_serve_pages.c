#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/json.h"
#include "results/care/store_notes.h"
#include "support/markup.h"
#include "support/polyglots.h"
#include "support/report_samples.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"
#include "support/web.h"

static char path[2048];

static void set_up(void)
{
    scratch_make();
    snprintf(path, sizeof path, "%s", scratch_path("s.db"));
    struct fw_store *store = sample_store(path);
    (void)report_sample_settings(store, NULL, 120);
    fw_store_close(store);
}

static void tear_down(void)
{
    web_stop();
    scratch_remove();
}

/* A page with this code, well-formed; to be cleared. */
static struct web_answer page(const char *target, int code)
{
    struct web_answer answer = web_get(target);
    ck_assert_msg(answer.code == code, "%s: %d %s", target, answer.code, answer.body);
    markup_check(answer.body);
    return answer;
}

static int count(const char *target, const char *what)
{
    struct web_answer answer = page(target, 200);
    int n = markup_count(answer.body, what);
    web_answer_clear(&answer);
    return n;
}

START_TEST(test_pages_show_a_study)
{
    web_start(path, NULL);
    ck_assert_int_eq(count("/", "href=\"/study/1\""), 1);
    ck_assert_int_eq(count("/study/1", "href=\"/study/1/trial/"), 51); /* 50 rows and the best */
    ck_assert_int_eq(count("/study/1?page=3", "href=\"/study/1/trial/"), 21);
    ck_assert_int_eq(count("/study/1?page=4", "<td class=\"n\"><a "), 0);
    ck_assert_int_eq(count("/study/1?limit=1000", "<td class=\"n\"><a "), 120);
    ck_assert_int_eq(count("/study/1?where=number+%3C%3D+7", "<td class=\"n\"><a "), 7);
    ck_assert_int_eq(count("/study/1", "data-live"), 0);
    ck_assert_int_ge(count("/study/1/trial/5", "</tr>"), 3);
    ck_assert_int_eq(count("/study/1/report", "<script"), 0);
}
END_TEST

START_TEST(test_pages_tell_what_is_wrong_with_a_condition)
{
    static const char *const wrong[] = {
        "number+%3C",
        "nothing+%3D+1",
        "1)%3B+DELETE+FROM+trials%3B+--",
        "1)+UNION+SELECT+1",
        "load_extension('x')",
        "number+IN+(WITH+RECURSIVE+r(n)+AS+(SELECT+1+UNION+ALL+SELECT+n%2B1+FROM+r)+SELECT+n+FROM+r)",
        "randomblob(1000000000)",
        "%27",
        "%2F*",
    };
    web_start(path, NULL);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char target[512];
        snprintf(target, sizeof target, "/study/1?where=%s", wrong[i]);
        ck_assert_msg(count(target, "role=\"alert\"") == 1, "%s", wrong[i]);
        snprintf(target, sizeof target, "/api/study/1/trials?where=%s", wrong[i]);
        struct web_answer answer = web_get(target);
        ck_assert_int_eq(answer.code, 400);
        ck_assert_int_eq(strncmp(answer.body, "{\"error\":\"", 10), 0);
        web_answer_clear(&answer);
    }
    ck_assert_int_eq(count("/study/1?sort=nothing", "role=\"alert\""), 1);
    ck_assert_int_eq(sample_sql(path, "SELECT count(*) FROM trials"), 120);
    ck_assert(sample_is_sound(path));
}
END_TEST

START_TEST(test_pages_that_are_not_there)
{
    static const char *const targets[] = {"/study/2", "/study/2/report", "/study/1/trial/121", "/nothing"};
    web_start(path, NULL);
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        struct web_answer answer = page(targets[i], 404);
        web_answer_clear(&answer);
    }
    struct web_answer answer = web_get("/api/study/2");
    ck_assert_int_eq(answer.code, 404);
    ck_assert_ptr_nonnull(strstr(answer.head, "application/json"));
    web_answer_clear(&answer);
}
END_TEST

START_TEST(test_pages_hide_archived_studies_and_find_tags)
{
    struct fw_store *store = sample_store(path);
    int64_t second = report_sample_crosses(store, NULL);
    ck_ok(fw_store_tag(store, second, (const char *const[]){"good", "old"}, 2, false, err));
    ck_ok(fw_store_annotate(store, second, "one\ntwo <b>", err));
    web_start(path, NULL);
    ck_assert_int_eq(count("/", "<a href=\"/study/"), 2);
    ck_assert_int_eq(count("/?tag=old", "<a href=\"/study/"), 1);
    ck_assert_int_eq(count("/?tag=ol", "<a href=\"/study/"), 0);
    ck_assert_int_eq(count("/study/2", "one<br/>\ntwo &lt;b&gt;"), 1);
    ck_ok(fw_store_archive(store, second, false, err));
    fw_store_close(store);
    double end = fw_clock_seconds() + 10;
    while (count("/", "<a href=\"/study/") != 1 && fw_clock_seconds() < end)
        usleep(10000);
    ck_assert_int_eq(count("/", "<a href=\"/study/"), 1);
    ck_assert_int_eq(count("/?archived=1", "<a href=\"/study/"), 2);
}
END_TEST

START_TEST(test_pages_sort_studies)
{
    static const char *const columns[] = {"id",     "name",   "driver", "data",    "status",
                                          "trials", "metric", "best",   "started", "took"};
    struct fw_store *store = sample_store(path);
    (void)report_sample_crosses(store, NULL);
    fw_store_close(store);
    web_start(path, NULL);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        char target[64];
        snprintf(target, sizeof target, "/?sort=-%s", columns[i]);
        struct web_answer answer = page(target, 200);
        ck_assert_int_eq(markup_count(answer.body, "aria-sort=\"descending\""), 1);
        const char *first = strstr(answer.body, "<a href=\"/study/1\"");
        const char *second = strstr(answer.body, "<a href=\"/study/2\"");
        ck_assert(first != NULL && second != NULL);
        if (strcmp(columns[i], "id") == 0)
            ck_assert(second < first);
        if (strcmp(columns[i], "trials") == 0)
            ck_assert(first < second);
        web_answer_clear(&answer);
    }
}
END_TEST

static cJSON *json(const char *target)
{
    cJSON *tree = NULL;
    struct web_answer answer = web_get(target);
    ck_assert_int_eq(answer.code, 200);
    ck_ok(fw_json_parse(&tree, answer.body, answer.size, target, err));
    web_answer_clear(&answer);
    return tree;
}

static double number(const cJSON *object, const char *name)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
    ck_assert_msg(cJSON_IsNumber(member), "%s", name);
    return member->valuedouble;
}

START_TEST(test_pages_are_json_too)
{
    web_start(path, NULL);
    cJSON *tree = json("/api/studies");
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(tree, "studies")), 1);
    cJSON_Delete(tree);
    tree = json("/api/study/1");
    ck_assert_int_eq((int)number(tree, "trials"), 120);
    ck_assert(number(tree, "best_trial") > 0);
    cJSON_Delete(tree);
    tree = json("/api/study/1/trials?where=number+%3E+100&sort=number&limit=5&page=2");
    const cJSON *trials = cJSON_GetObjectItemCaseSensitive(tree, "trials");
    ck_assert_int_eq((int)number(tree, "chosen"), 20);
    ck_assert_int_eq(cJSON_GetArraySize(trials), 5);
    ck_assert_int_eq((int)number(trials->child, "number"), 106);
    cJSON_Delete(tree);
    tree = json("/api/study/1/trial/7");
    ck_assert_int_eq((int)number(tree, "number"), 7);
    ck_assert(cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(tree, "metrics")));
    cJSON_Delete(tree);
}
END_TEST

/* Whatever things are called, every page is well-formed and holds no element that was not meant. */
START_TEST(test_pages_of_hostile_names_are_text)
{
    struct polyglot_turn turn = {0};
    struct report_texts texts = {polyglots_next, &turn};
    struct fw_store *store = sample_store(path);
    int n_studies = 1;
    for (int round = 0; turn.at < n_polyglots; round++, n_studies++)
        (void)report_sample(store, round % report_sample_kinds, &texts);
    fw_store_close(store);
    web_start(path, NULL);
    for (int study = 1; study <= n_studies; study++) {
        static const char *const formats[] = {"/study/%d", "/study/%d/trial/1", "/study/%d/report"};
        for (int f = 0; f < 3; f++) {
            char target[64];
            snprintf(target, sizeof target, formats[f], study);
            ck_assert_msg(count(target, "<script") == (f < 2), "%s", target);
        }
        char target[64];
        snprintf(target, sizeof target, "/api/study/%d/trials", study);
        cJSON_Delete(json(target));
        snprintf(target, sizeof target, "/api/study/%d", study);
        cJSON_Delete(json(target));
    }
    ck_assert_int_eq(count("/?limit=1000", "<script"), 1);
    cJSON_Delete(json("/api/studies"));
}
END_TEST

START_TEST(test_pages_tell_that_the_store_is_gone_and_come_back)
{
    web_start(path, NULL);
    const char *aside = scratch_path("aside.db");
    ck_assert_int_eq(count("/", "href=\"/study/1\""), 1);
    ck_assert_int_eq(rename(path, aside), 0);
    usleep(150000);
    struct web_answer answer = page("/study/1", 503);
    ck_assert_ptr_nonnull(strstr(answer.body, "there is no store"));
    web_answer_clear(&answer);
    ck_assert_int_eq(rename(aside, path), 0);
    usleep(150000);
    ck_assert_int_eq(count("/", "href=\"/study/1\""), 1);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("serve_pages");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 200);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_pages_show_a_study);
    tcase_add_test(tcase, test_pages_tell_what_is_wrong_with_a_condition);
    tcase_add_test(tcase, test_pages_that_are_not_there);
    tcase_add_test(tcase, test_pages_hide_archived_studies_and_find_tags);
    tcase_add_test(tcase, test_pages_sort_studies);
    tcase_add_test(tcase, test_pages_are_json_too);
    tcase_add_test(tcase, test_pages_of_hostile_names_are_text);
    tcase_add_test(tcase, test_pages_tell_that_the_store_is_gone_and_come_back);
    suite_add_tcase(suite, tcase);
    return suite;
}
