/* The dashboard: the studies and trials of a store as pages in a browser on the same machine, followed while they run.
 *
 *     struct fw_serve_options options;
 *     fw_serve_options_init(&options);
 *     FW_TRY(fw_serve_start(&serve, "fieldwise.db", &options, err));
 *     printf("http://127.0.0.1:%d/\n", fw_serve_port(serve));
 *     while (!stopped)
 *         fw_serve_wait(serve, 0.2);
 *     fw_serve_stop(serve);
 *
 * It listens on 127.0.0.1 only, answers GET and HEAD only, writes nothing, and takes questions to a copy of the store
 * (store_copy.h), so that a search that is writing is not held up. Conditions that a visitor types go through the guard
 * of ask.h. A store that is gone, damaged or locked gives a page that says so; when it is back, so are the pages. */
#ifndef FW_RESULTS_SERVE_H
#define FW_RESULTS_SERVE_H

#include <stddef.h>

#include "core/alloc.h"
#include "core/status.h"

struct fw_serve_options {
    int port;                 /* 0: any free one; 8484 by default */
    size_t store_bytes_most;  /* a larger file is refused; its copies take twice that much memory; 512 MiB by default */
    double request_seconds;   /* http.h; 10 by default */
    double answer_seconds;    /* http.h; 30 by default */
    struct fw_allocator *mem; /* borrowed until fw_serve_stop; may be NULL */
};

struct fw_serve;

void fw_serve_options_init(struct fw_serve_options *options);

/* Opens the store, listens, and answers from now on in threads of its own. Fails as fw_store_open does, or with FW_E_IO
 * when the port is taken. */
FW_NODISCARD
enum fw_status fw_serve_start(struct fw_serve **out, const char *path, const struct fw_serve_options *options,
                              struct fw_error *err);

int fw_serve_port(const struct fw_serve *serve);

/* Lets time pass; to be called again and again. Returns early on a signal. */
void fw_serve_wait(struct fw_serve *serve, double seconds);

/* Ends all connections and frees. NULL is a no-op. */
void fw_serve_stop(struct fw_serve *serve);

/* Seconds for which the store was locked for copying so far, and how often. */
void fw_serve_cost(struct fw_serve *serve, double *seconds, int64_t *n_copies);

#endif
