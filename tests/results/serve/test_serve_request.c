#include "results/serve/request.h"

#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "results/serve/guard.h"
#include "support/test_main.h"

static struct fw_page_request request;

static int parse(const char *target)
{
    const char *why = NULL;
    int code = fw_page_request_parse(&request, target, &why);
    ck_assert_ptr_nonnull(why);
    return code;
}

START_TEST(test_request_paths_are_those_of_the_list)
{
    ck_assert_int_eq(parse("/"), 200);
    ck_assert_int_eq(request.kind, FW_PAGE_STUDIES);
    ck_assert_int_eq(request.page, 1);
    ck_assert_int_eq(parse("/study/12"), 200);
    ck_assert_int_eq(request.kind, FW_PAGE_STUDY);
    ck_assert_int_eq(request.study, 12);
    ck_assert_int_eq(request.trial, 0);
    ck_assert_int_eq(parse("/study/12/trial/9223372036854775807"), 200);
    ck_assert_int_eq(request.kind, FW_PAGE_TRIAL);
    ck_assert_int_eq(request.trial, INT64_MAX);
    ck_assert_int_eq(parse("/study/3/report"), 200);
    ck_assert_int_eq(parse("/api/study/3/trials"), 200);
    ck_assert_int_eq(request.kind, FW_PAGE_API_TRIALS);
    static const char *const wrong[] = {
        "",
        "//",
        "study/1",
        "/study",
        "/study/",
        "/study/0",
        "/study/01",
        "/study/-1",
        "/study/1/",
        "/study/1x",
        "/study/+1",
        "/study/1/trial",
        "/Study/1",
        "/study/%31",
        "/./",
        "/../",
        "/study/1/trial/",
        "/study/1/trial/0",
        "*",
        "/index.html",
        "/study/1.0",
        "/api",
        "/api/",
        "/study/9223372036854775808",
        "/style.css/",
        "/study/1;x",
        "/study/1#a",
        "/study/ 1",
        "http://h/",
        "/study/1\n",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(parse(wrong[i]) == 404, "%s", wrong[i]);
}
END_TEST

START_TEST(test_request_query_is_decoded)
{
    ck_assert_int_eq(parse("/study/1?where=objective+%3E%200.5&sort=-bytes&page=3&limit=20"), 200);
    ck_assert_str_eq(request.where, "objective > 0.5");
    ck_assert_str_eq(request.sort, "bytes");
    ck_assert(request.falling);
    ck_assert_int_eq(request.page, 3);
    ck_assert_int_eq(request.limit, 20);
    ck_assert_int_eq(parse("/?find=a%26b&archived=1&"), 200);
    ck_assert_str_eq(request.find, "a&b");
    ck_assert(request.archived);
    ck_assert_int_eq(parse("/?"), 200);
    ck_assert_int_eq(parse("/?where="), 200);
    ck_assert_int_eq(parse("/?where=%FF%fe"), 200);
    ck_assert_str_eq(request.where, "\xff\xfe");
}
END_TEST

START_TEST(test_request_query_that_is_wrong_is_refused)
{
    static const char *const wrong[] = {
        "/?where=%",
        "/?where=%4",
        "/?where=%G1",
        "/?where=a%00b",
        "/?page=0",
        "/?page=-1",
        "/?page=x",
        "/?page=",
        "/?limit=1001",
        "/?limit=0",
        "/?x=1",
        "/?where",
        "/?where=1&where=2",
        "/?=1",
        "/?&",
        "/?archived=2",
        "/?page=1e3",
        "/?find=%zz",
        "/?wherewherewherewhere=1",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        bool is_plain = strcmp(wrong[i], "/?where") == 0;
        ck_assert_msg(parse(wrong[i]) == (is_plain ? 200 : 400), "%s", wrong[i]);
    }
}
END_TEST

static int parse_long(const char *before, size_t n)
{
    char *target = malloc(strlen(before) + n + 1);
    strcpy(target, before);
    memset(target + strlen(before), 'a', n);
    target[strlen(before) + n] = '\0';
    int code = parse(target);
    free(target);
    return code;
}

START_TEST(test_request_lengths_are_limited)
{
    ck_assert_int_eq(parse_long("/?where=", FW_REQUEST_WHERE_SIZE - 1), 200);
    ck_assert_uint_eq(strlen(request.where), FW_REQUEST_WHERE_SIZE - 1);
    ck_assert_int_eq(parse_long("/?where=", FW_REQUEST_WHERE_SIZE), 400);
    ck_assert_int_eq(parse_long("/?find=", FW_REQUEST_NAME_SIZE - 1), 200);
    ck_assert_int_eq(parse_long("/?find=", FW_REQUEST_NAME_SIZE), 400);
    ck_assert_int_eq(parse_long("/?sort=-", FW_REQUEST_NAME_SIZE - 1), 200);
    ck_assert_int_eq(parse_long("/", FW_REQUEST_TARGET_MOST), 414);
    ck_assert_int_eq(parse_long("/study/1", 100000), 414);
}
END_TEST

/* A link to a request leads back to it, whatever it holds. */
START_TEST(test_request_link_leads_back)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, 3, fw_stream(0, 0, FW_STREAM_TEST));
    for (int run = 0; run < 300; run++) {
        struct fw_page_request wanted;
        ck_assert_int_eq(parse(run % 2 == 0 ? "/study/7/trial/9" : "/"), 200);
        size_t n = (size_t)fw_rng_below(&rng, 40);
        for (size_t i = 0; i < n; i++)
            request.where[i] = (char)(1 + fw_rng_below(&rng, 255));
        n = (size_t)fw_rng_below(&rng, 20);
        for (size_t i = 0; i < n; i++)
            request.sort[i] = (char)(1 + fw_rng_below(&rng, 255));
        request.falling = request.sort[0] != '\0' && run % 3 == 0;
        if (run % 5 == 0)
            memset(request.sort, 0, sizeof request.sort);
        if (run % 5 == 0)
            memcpy(request.sort, run % 2 == 0 ? "-a" : "+a", 3);
        request.page = 1 + (int64_t)fw_rng_below(&rng, 5);
        request.limit = 1 + (int64_t)fw_rng_below(&rng, 1000);
        wanted = request;
        struct fw_buffer link;
        fw_buffer_init(&link, NULL);
        fw_page_request_write(&link, &wanted);
        ck_assert_int_eq(parse(link.data), 200);
        ck_assert_msg(memcmp(&wanted, &request, sizeof wanted) == 0, "%s", link.data);
        fw_buffer_clear(&link);
    }
}
END_TEST

START_TEST(test_guard_hosts_are_this_machine_and_port)
{
    static const char *const right[] = {"127.0.0.1:8484", "localhost:8484", "[::1]:8484", "LocalHost:8484"};
    static const char *const wrong[] = {
        "",
        "127.0.0.1",
        "localhost",
        "[::1]",
        "127.0.0.1:8485",
        "127.0.0.1:848",
        "127.0.0.1:84840",
        "127.0.0.1:08484",
        "127.0.0.1:",
        ":8484",
        "127.0.0.2:8484",
        "127.1:8484",
        "127.0.0.1.:8484",
        "localhost.:8484",
        "localhost.evil.example:8484",
        "evil.example:8484",
        "evil.example",
        "127.0.0.1.evil.example:8484",
        "127.0.0.1:8484.evil.example",
        "127.0.0.1:8484 ",
        " 127.0.0.1:8484",
        "127.0.0.1:8484,evil.example",
        "user@127.0.0.1:8484",
        "0.0.0.0:8484",
        "0:8484",
        "2130706433:8484",
        "0x7f000001:8484",
        "017700000001:8484",
        "::1:8484",
        "[::]:8484",
        "[::ffff:127.0.0.1]:8484",
        "[0:0:0:0:0:0:0:1]:8484",
        "[::1%lo]:8484",
        "localhost:8484/",
        "localhost:8484@evil.example",
        "localhost\t:8484",
        "http://localhost:8484",
        "LOCALHOST",
        "127.0.0.1:80",
        "localtest.me:8484",
    };
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
        ck_assert_msg(fw_guard_host(right[i], 8484), "%s", right[i]);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(!fw_guard_host(wrong[i], 8484), "%s", wrong[i]);
    ck_assert(fw_guard_host("localhost", 80));
}
END_TEST

/* What browsers say of who asks. */
START_TEST(test_guard_other_sites_may_link_and_no_more)
{
    static const struct {
        const char *site, *mode, *dest;
        int code;
    } cases[] = {
        {NULL, NULL, NULL, 200},
        {"same-origin", "cors", "empty", 200},
        {"none", "navigate", "document", 200},
        {"cross-site", "navigate", "document", 200},
        {"cross-site", "navigate", "iframe", 403},
        {"cross-site", "no-cors", "image", 403},
        {"cross-site", "no-cors", "script", 403},
        {"cross-site", "cors", "empty", 403},
        {"same-site", "cors", "empty", 403},
        {"same-site", "no-cors", "style", 403},
        {"cross-site", NULL, NULL, 403},
        {"anything", "navigate", "embed", 403},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *why;
        struct fw_http_request asked = {.method = "GET",
                                        .target = "/",
                                        .host = "localhost:1",
                                        .n_hosts = 1,
                                        .fetch_site = cases[i].site,
                                        .fetch_mode = cases[i].mode,
                                        .fetch_dest = cases[i].dest};
        ck_assert_msg(fw_guard_check(&asked, 1, &why) == cases[i].code, "case %zu", i);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("serve_request");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, test_request_paths_are_those_of_the_list);
    tcase_add_test(tcase, test_request_query_is_decoded);
    tcase_add_test(tcase, test_request_query_that_is_wrong_is_refused);
    tcase_add_test(tcase, test_request_lengths_are_limited);
    tcase_add_test(tcase, test_request_link_leads_back);
    tcase_add_test(tcase, test_guard_hosts_are_this_machine_and_port);
    tcase_add_test(tcase, test_guard_other_sites_may_link_and_no_more);
    suite_add_tcase(suite, tcase);
    return suite;
}
