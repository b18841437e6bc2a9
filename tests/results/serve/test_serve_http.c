#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/rng.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"
#include "support/web.h"

static char path[2048];

static void make_store(void)
{
    struct fw_store *store = sample_store(path);
    int64_t study = sample_open_study(store, 1);
    struct fw_trial_record trial = sample_trial(1, "{\"cross\":[\"a\",\"b\"]}", 0.75);
    ck_ok(sample_add(store, study, &trial, err));
    fw_store_close(store);
}

static void set_up(void)
{
    signal(SIGPIPE, SIG_IGN);
    scratch_make();
    snprintf(path, sizeof path, "%s", scratch_path("s.db"));
    make_store();
    web_start(path, NULL);
}

static void tear_down(void)
{
    web_stop();
    scratch_remove();
}

static int code_of(struct web_answer answer)
{
    int code = answer.code;
    web_answer_clear(&answer);
    return code;
}

/* The code of an answer to bytes as they are, in which %d is the port. */
static int raw_code(const char *format)
{
    char bytes[4096];
    int n = snprintf(bytes, sizeof bytes, format, web_port(), web_port());
    return code_of(web_raw(bytes, (size_t)n));
}

START_TEST(test_http_answers_forbid_what_they_can)
{
    static const char *const headers[] = {
        "\r\nContent-Security-Policy: default-src 'none'; script-src 'self';",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "\r\nX-Content-Type-Options: nosniff",
        "\r\nX-Frame-Options: DENY",
        "\r\nReferrer-Policy: no-referrer",
        "\r\nCross-Origin-Resource-Policy: same-origin",
        "\r\nCache-Control: no-store",
        "\r\nContent-Type: text/html; charset=utf-8",
    };
    struct web_answer answer = web_ask("GET / HTTP/1.1", "Origin: http://evil.example\r\n");
    ck_assert_int_eq(answer.code, 200);
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        ck_assert_msg(strstr(answer.head, headers[i]) != NULL, "%s lacks %s", answer.head, headers[i]);
    ck_assert_ptr_null(strstr(answer.head, "Access-Control"));
    ck_assert_ptr_null(strstr(answer.head, "Set-Cookie"));
    web_answer_clear(&answer);
    answer = web_get("/study/1/report");
    ck_assert_int_eq(answer.code, 200);
    ck_assert_ptr_nonnull(strstr(answer.head, "default-src 'none'; style-src 'unsafe-inline'"));
    ck_assert_ptr_null(strstr(answer.head, "script-src"));
    web_answer_clear(&answer);
}
END_TEST

START_TEST(test_http_head_is_get_without_body)
{
    static const char *const targets[] = {"/", "/study/1", "/style.css", "/api/studies", "/nothing"};
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        char line[64];
        snprintf(line, sizeof line, "HEAD %s HTTP/1.1", targets[i]);
        struct web_answer get = web_get(targets[i]);
        struct web_answer head = web_ask(line, "");
        ck_assert_int_eq(head.code, get.code);
        ck_assert_uint_eq(head.size, 0);
        ck_assert_uint_gt(get.size, 0);
        web_answer_clear(&get);
        web_answer_clear(&head);
    }
}
END_TEST

START_TEST(test_http_other_methods_are_refused)
{
    static const char *const methods[] = {"POST",  "PUT",     "DELETE",   "PATCH", "OPTIONS",
                                          "TRACE", "CONNECT", "PROPFIND", "get",   "FOO"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        char line[64];
        snprintf(line, sizeof line, "%s /study/1 HTTP/1.1", methods[i]);
        struct web_answer answer = web_ask(line, "");
        ck_assert_msg(answer.code == 405, "%s: %d", methods[i], answer.code);
        ck_assert_ptr_nonnull(strstr(answer.head, "\r\nAllow: GET, HEAD"));
        web_answer_clear(&answer);
    }
    ck_assert_int_eq(code_of(web_ask("POST / HTTP/1.1", "Content-Length: 5\r\n")), 405);
    ck_assert_int_eq(code_of(web_ask("GET / HTTP/1.1", "Content-Length: 5\r\n")), 400);
    ck_assert_int_eq(code_of(web_ask("GET / HTTP/1.1", "Transfer-Encoding: chunked\r\n")), 400);
    ck_assert_int_eq(code_of(web_ask("GET / HTTP/1.1", "Content-Length: 0\r\n")), 200);
    ck_assert_int_eq(code_of(web_get("/")), 200);
}
END_TEST

START_TEST(test_http_host_must_name_this_machine_once)
{
    ck_assert_int_eq(raw_code("GET / HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n\r\n"), 200);
    ck_assert_int_eq(raw_code("GET / HTTP/1.1\r\nHost: [::1]:%d\r\nConnection: close\r\n\r\n"), 200);
    ck_assert_int_eq(raw_code("GET / HTTP/1.1\r\nhost: 127.0.0.1:%d\r\nConnection: close\r\n\r\n"), 200);
    ck_assert_int_eq(raw_code("GET / HTTP/1.1\r\nHost: evil.example:%d\r\nConnection: close\r\n\r\n"), 421);
    ck_assert_int_eq(raw_code("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"), 421);
    ck_assert_int_eq(raw_code("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"), 400);
    ck_assert_int_eq(raw_code("GET / HTTP/1.0\r\n\r\n"), 400);
    ck_assert_int_eq(raw_code(
                         "GET / HTTP/1.1\r\nHost: localhost:%d\r\nHost: localhost:%d\r\nConnection: close\r\n\r\n"),
                     400);
    ck_assert_int_eq(raw_code(
                         "GET / HTTP/1.1\r\nHost: localhost:%d\r\nHOST: evil.example\r\nConnection: close\r\n\r\n"),
                     400);
    ck_assert_int_eq(raw_code("GET http://evil.example/ HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n\r\n"),
                     404);
    ck_assert_int_eq(raw_code("GET / HTTP/1.1\r\nHost: localhost:%d\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: "
                              "no-cors\r\nSec-Fetch-Dest: image\r\nConnection: close\r\n\r\n"),
                     403);
}
END_TEST

/* Nothing that a path may hold leads to a file. */
START_TEST(test_http_paths_lead_nowhere_else)
{
    static const char *const heads[] = {"/", "/study/", "/study/1/", "/study/1/trial/", "/api/", "/style.css/", "//"};
    static const char *const steps[] = {
        "..",     "../..",        "..%2f..",       "%2e%2e/%2e%2e", "%252e%252e", "..\\..", "..%5c..",
        "..;/..", "....//....//", "%c0%ae%c0%ae/", "..%00/",        "./.",        "~root",  "%2fetc%2fpasswd",
    };
    static const char *const tails[] = {"etc/passwd", "s.db"};
    int n = 0;
    for (size_t h = 0; h < sizeof heads / sizeof heads[0]; h++) {
        for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
            char target[256];
            snprintf(target, sizeof target, "%s%s/%s", heads[h], steps[s], tails[n++ % 2]);
            struct web_answer answer = web_get(target);
            ck_assert_msg(answer.code == 404 || answer.code == 400, "%s: %d", target, answer.code);
            ck_assert_msg(strstr(answer.body, "root:") == NULL && strstr(answer.body, "SQLite format") == NULL, "%s",
                          target);
            web_answer_clear(&answer);
        }
    }
    ck_assert_int_ge(n, 98);
}
END_TEST

START_TEST(test_http_long_requests_are_refused)
{
    size_t size = 300000;
    char *line = malloc(size + 64);
    strcpy(line, "GET /?where=");
    memset(line + 12, 'a', size);
    strcpy(line + 12 + size, " HTTP/1.1");
    int code = code_of(web_ask(line, ""));
    ck_assert_msg(code == 414 || code == 431 || code == 413 || code == 0, "%d", code);
    strcpy(line + 12 + 7000, " HTTP/1.1");
    ck_assert_int_eq(code_of(web_ask(line, "")), 414);
    strcpy(line + 12 + 2000, " HTTP/1.1");
    ck_assert_int_eq(code_of(web_ask(line, "")), 200);
    memcpy(line, "X-Header: ab", 12);
    memset(line + 12, 'a', size);
    strcpy(line + 12 + size, "\r\n");
    code = code_of(web_ask("GET / HTTP/1.1", line));
    ck_assert_msg(code == 431 || code == 413 || code == 0, "%d", code);
    strcpy(line + 12 + 9000, "\r\n");
    ck_assert_int_eq(code_of(web_ask("GET / HTTP/1.1", line)), 431);
    for (size_t i = 0; i + 8 < size; i += 6)
        memcpy(line + i, "A: b\r\n", 7);
    code = code_of(web_ask("GET / HTTP/1.1", line));
    ck_assert_msg(code == 431 || code == 413 || code == 0, "%d", code);
    free(line);
    ck_assert_int_eq(code_of(web_get("/")), 200);
}
END_TEST

/* Requests that are broken in many ways, and any bytes: the next proper one is answered. */
START_TEST(test_http_broken_requests_harm_nobody)
{
    static const char *const broken[] = {
        "\r\n\r\n",
        "GET\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nHost\r\n\r\n",
        "GET / HTTP/1.1\r\n: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost:%d\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\nHost: localhost:%d\n\n",
        "GET / HTTP/1.1\r\nContent-Length: -1\r\nHost: localhost:%d\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\nHost: localhost:%d\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: localhost:%d\r\n\r\n0\r\n\r\n",
        "GET  /  HTTP/1.1\r\nHost: localhost:%d\r\n\r\n",
        "GET /\x01\x02 HTTP/1.1\r\nHost: localhost:%d\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    };
    struct fw_rng rng;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        char bytes[512];
        int n = snprintf(bytes, sizeof bytes, broken[i], web_port());
        int fd = web_connect();
        ck_assert_int_eq(send(fd, bytes, (size_t)n, MSG_NOSIGNAL), n);
        shutdown(fd, SHUT_WR);
        close(fd);
    }
    fw_rng_seed(&rng, 11, fw_stream(0, 0, FW_STREAM_TEST));
    for (int run = 0; run < 200; run++) {
        char bytes[300];
        size_t n = (size_t)fw_rng_below(&rng, sizeof bytes);
        for (size_t i = 0; i < n; i++)
            bytes[i] = (char)fw_rng_below(&rng, 256);
        if (run % 2 == 0 && n > 40)
            memcpy(bytes, "GET /study/1?where=", 19);
        int fd = web_connect();
        (void)!send(fd, bytes, n, MSG_NOSIGNAL);
        close(fd);
    }
    ck_assert_int_eq(code_of(web_get("/")), 200);
}
END_TEST

START_TEST(test_http_connection_serves_several_requests)
{
    char bytes[256];
    int n = snprintf(bytes, sizeof bytes,
                     "GET /icon.svg HTTP/1.1\r\nHost: localhost:%d\r\n\r\n"
                     "GET /icon.svg HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n\r\n",
                     web_port(), web_port());
    struct web_answer answer = web_raw(bytes, (size_t)n);
    ck_assert_int_eq(answer.code, 200);
    ck_assert_ptr_nonnull(strstr(answer.body, "HTTP/1.1 200 OK"));
    web_answer_clear(&answer);
}
END_TEST

/* More silent clients than connections: whoever has something to ask is answered. */
START_TEST(test_http_silent_clients_shut_nobody_out)
{
    enum { n_silent = 90 };
    int silent[n_silent];
    for (int i = 0; i < n_silent; i++) {
        silent[i] = web_connect();
        (void)!send(silent[i], "GET / HTTP/1.1\r\nX: ", 19, MSG_NOSIGNAL);
    }
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < n_silent; k++)
            (void)!send(silent[k], "a", 1, MSG_NOSIGNAL); /* as slowly as can be */
        ck_assert_int_eq(code_of(web_get("/study/1")), 200);
    }
    for (int i = 0; i < n_silent; i++)
        close(silent[i]);
}
END_TEST

/* Whether the other side has closed, within some seconds. */
static bool is_closed(int fd)
{
    char byte;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    while (poll(&wait, 1, 8000) > 0) {
        if (recv(fd, &byte, 1, 0) <= 0)
            return true;
    }
    return false;
}

static void start_hasty(void)
{
    struct fw_serve_options options;
    web_stop();
    fw_serve_options_init(&options);
    options.request_seconds = 0.3;
    options.answer_seconds = 0.3;
    web_start(path, &options);
}

/* A byte now and then does not keep a connection open. */
START_TEST(test_http_slow_clients_are_cut_off)
{
    start_hasty();
    int idle = web_connect();
    int slow = web_connect();
    double end = fw_clock_seconds() + 5;
    bool cut = false;
    while (!cut && fw_clock_seconds() < end) {
        cut = send(slow, "G", 1, MSG_NOSIGNAL) < 0;
        usleep(20000);
    }
    ck_assert(cut);
    ck_assert(is_closed(idle));
    close(slow);
    close(idle);
    ck_assert_int_eq(code_of(web_get("/")), 200);
}
END_TEST

/* A client who takes no answer, however much there is, holds up nobody and is cut off. */
START_TEST(test_http_client_who_does_not_read_is_cut_off)
{
    char bytes[128];
    int n = snprintf(bytes, sizeof bytes, "GET /study/1/report HTTP/1.1\r\nHost: localhost:%d\r\n\r\n", web_port());
    start_hasty();
    n = snprintf(bytes, sizeof bytes, "GET /study/1/report HTTP/1.1\r\nHost: localhost:%d\r\n\r\n", web_port());
    int fd = web_connect();
    int small = 2048;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    for (int i = 0; i < 2000 && send(fd, bytes, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) > 0; i++) {
    }
    ck_assert_int_eq(code_of(web_get("/")), 200);
    ck_assert(is_closed(fd));
    close(fd);
}
END_TEST

START_TEST(test_http_port_that_is_taken_is_named)
{
    struct fw_serve *second = NULL;
    struct fw_serve_options options;
    struct fw_error err = {0};
    fw_serve_options_init(&options);
    options.port = web_port();
    ck_assert_int_eq(fw_serve_start(&second, path, &options, &err), FW_E_IO);
    ck_assert_ptr_null(second);
    ck_assert_ptr_nonnull(strstr(err.message, "127.0.0.1"));
    ck_assert_ptr_nonnull(strstr(err.message, "--port"));
}
END_TEST

/* Each allocation refused in turn: an answer all the same, or a closed connection; and nothing is left over. */
START_TEST(test_http_refused_memory_is_an_answer_too)
{
    struct fw_allocator mem;
    struct fw_serve_options options;
    web_stop();
    fw_serve_options_init(&options);
    fw_allocator_init(&mem, 0);
    options.mem = &mem;
    web_start(path, &options);
    for (int64_t k = 1; k < 160; k++) {
        atomic_store(&mem.fail_at, atomic_load(&mem.count) + k);
        int code = code_of(web_get(k % 2 == 0 ? "/study/1" : "/study/1/trial/1"));
        ck_assert_msg(code == 200 || code == 503 || code == 0, "%lld: %d", (long long)k, code);
    }
    atomic_store(&mem.fail_at, 0);
    ck_assert_int_eq(code_of(web_get("/")), 200);
    web_stop();
    ck_assert_uint_eq(atomic_load(&mem.used), 0);
    web_start(path, NULL);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("serve_http");
    TCase *tcase = tcase_create("all");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, test_http_answers_forbid_what_they_can);
    tcase_add_test(tcase, test_http_head_is_get_without_body);
    tcase_add_test(tcase, test_http_other_methods_are_refused);
    tcase_add_test(tcase, test_http_host_must_name_this_machine_once);
    tcase_add_test(tcase, test_http_paths_lead_nowhere_else);
    tcase_add_test(tcase, test_http_long_requests_are_refused);
    tcase_add_test(tcase, test_http_broken_requests_harm_nobody);
    tcase_add_test(tcase, test_http_connection_serves_several_requests);
    tcase_add_test(tcase, test_http_silent_clients_shut_nobody_out);
    tcase_add_test(tcase, test_http_slow_clients_are_cut_off);
    tcase_add_test(tcase, test_http_client_who_does_not_read_is_cut_off);
    tcase_add_test(tcase, test_http_port_that_is_taken_is_named);
    tcase_add_test(tcase, test_http_refused_memory_is_an_answer_too);
    suite_add_tcase(suite, tcase);
    return suite;
}
