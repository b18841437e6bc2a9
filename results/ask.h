/* Any question to a store in SQL, asked by somebody who need not be trusted: the file cannot be changed by it, nothing
 * outside the file can be read, and it ends in time.
 *
 * Four guards, each of which alone would do for the first: the connection is of its own and read-only, PRAGMA
 * query_only is on, an authoriser lets pass only SELECT, reading of the store's tables and views and harmless
 * functions, and the text must be one statement. Lengths, depths and nesting are limited, and a deadline ends a
 * statement that runs too long. */
#ifndef FW_RESULTS_ASK_H
#define FW_RESULTS_ASK_H

#include "results/rows.h"
#include "results/store.h"

struct fw_ask {
    const char *sql; /* one SELECT (or WITH ... SELECT, VALUES, EXPLAIN QUERY PLAN) */
    const struct fw_value *values;
    int n_values;     /* of the parameters ?1, ?2, ... */
    double seconds;   /* longest run; 0: no limit */
    int64_t max_rows; /* the question fails beyond; 0: no limit */
};

/* Runs the question on the store's file and hands its rows on. FW_E_INPUT with SQLite's words (and the place) for a
 * statement that is wrong or not allowed; FW_E_BUDGET when the time ended; or as the store or the sink fails. */
FW_NODISCARD
enum fw_status fw_ask_run(struct fw_store *store, const struct fw_ask *ask, struct fw_row_sink sink,
                          struct fw_error *err);

#endif
