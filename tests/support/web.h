/* A dashboard for tests, and raw requests to it over a socket. */
#ifndef FW_TESTS_SUPPORT_WEB_H
#define FW_TESTS_SUPPORT_WEB_H

#include <stddef.h>

#include "results/serve/serve.h"

/* Starts the dashboard of a store at any free port, with a thread that keeps time for it; fails the test when it does
 * not start. One at a time. NULL for options: as by default. */
void web_start(const char *store, const struct fw_serve_options *options);
void web_stop(void);
int web_port(void);

struct web_answer {
    int code;    /* 0: none came */
    char *head;  /* status line and headers */
    char *body;  /* "" for none; ended by NUL */
    size_t size; /* of the body */
};

/* Sends n bytes as they are and reads all that comes until the server closes, or 5 seconds are over. */
struct web_answer web_raw(const char *bytes, size_t n);

/* GET with a proper Host; the connection is closed afterwards. */
struct web_answer web_get(const char *target);

/* The same with this first line ("HEAD / HTTP/1.1") and these further headers (each ended by \r\n; "" for none). */
struct web_answer web_ask(const char *line, const char *headers);

void web_answer_clear(struct web_answer *answer);

/* A connected socket, to be closed by the caller. */
int web_connect(void);

#endif
