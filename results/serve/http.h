/* The part of the dashboard that speaks HTTP, by libmicrohttpd: it listens on 127.0.0.1, reads requests within limits,
 * asks a function for the answer and sends it. What pages there are is not known here.
 *
 *     struct fw_http_options options;
 *     fw_http_options_init(&options);
 *     options.answer = answer;
 *     FW_TRY(fw_http_start(&http, &options, err));
 *     printf("http://127.0.0.1:%d/\n", fw_http_port(http));
 *     while (!stopped)
 *         fw_http_wait(http, 0.2);
 *     fw_http_stop(http);
 *
 * Each connection has a thread of its own, so that a client who is slow, or a question that takes long, holds up nobody
 * else. A request line and its headers have 8 KiB together. Who does not get a request done in time is cut off; and
 * when all connections are taken, the one that has been silent for longest makes room for the new one, so that silent
 * clients cannot shut others out. */
#ifndef FW_RESULTS_HTTP_H
#define FW_RESULTS_HTTP_H

#include <stdbool.h>

#include "core/text.h"

/* A request as it was sent. Texts are borrowed for the call of `answer` and NULL where the header is missing. */
struct fw_http_request {
    const char *method; /* "GET" */
    const char *target; /* path and query, as sent: nothing is decoded */
    const char *host;   /* the first of n_hosts */
    int n_hosts;
    const char *fetch_site, *fetch_mode, *fetch_dest; /* Sec-Fetch-Site, -Mode, -Dest */
    bool has_body;
};

/* All answers carry the headers that forbid storing, framing, guessing of types and use by other sites. */
struct fw_http_answer {
    int code;              /* 200 */
    const char *type;      /* "text/html; charset=utf-8", static */
    const char *policy;    /* Content-Security-Policy, static */
    struct fw_buffer body; /* empty at first, counted with options.mem; taken over */
};

struct fw_http_options {
    int port;                 /* 0: any free one */
    int connections;          /* at the same time; 64 */
    double request_seconds;   /* from a connection's begin, or its last answer, to the end of a request's headers; 10 */
    double answer_seconds;    /* for the client to take an answer; 30 */
    struct fw_allocator *mem; /* borrowed until fw_http_stop; may be NULL. libmicrohttpd's memory is not counted */
    /* REQUIRED. Fills the answer in; called from many threads at once. */
    void (*answer)(void *self, const struct fw_http_request *request, struct fw_http_answer *answer);
    void *self;
};

struct fw_http;

void fw_http_options_init(struct fw_http_options *options);

/* Listens and answers from now on, in threads that take no signals. FW_E_IO: the port is taken, or not allowed. */
FW_NODISCARD
enum fw_status fw_http_start(struct fw_http **out, const struct fw_http_options *options, struct fw_error *err);

int fw_http_port(const struct fw_http *http);

/* Lets time pass and cuts off whoever is too slow; to be called again and again. Returns early on a signal. */
void fw_http_wait(struct fw_http *http, double seconds);

/* Ends all connections, waits for answers in the making, frees. NULL is a no-op. */
void fw_http_stop(struct fw_http *http);

#endif
