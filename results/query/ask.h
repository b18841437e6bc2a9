/* Any question to a store in SQL, asked by somebody who need not be trusted: the file cannot be changed by it, nothing
 * outside the file can be read, and it ends in time.
 *
 *     struct fw_ask ask = {.sql = "SELECT name FROM studies WHERE seconds > ?1", .values = &least, .n_values = 1,
 *                          .seconds = 5, .max_rows = 1000};
 *     FW_TRY(fw_ask_run(store, &ask, sink, err));
 *
 * Four guards, each of which alone would do for the first: the connection is of its own and read-only, PRAGMA
 * query_only is on, an authoriser lets pass only SELECT, reading of the store's tables and views and harmless
 * functions, and the text must be one statement. Lengths, depths, nesting and memory are limited (FW_ASK_LONGEST_TEXT,
 * FW_ASK_MEMORY), and a deadline ends a statement that runs too long. ask_guard.h has the details.
 *
 * A search that writes is never held up for long: a reader of a rollback journal locks the file, so a question that has
 * not ended after FW_ASK_HOLD_SECONDS, or whose answer is long, is asked once more of a private copy of the file, for
 * which the file is locked only as long as copying takes (some 0.1 s for 100 MB; the copy lies in SQLite's temporary
 * folder when it is large). The sink is called while nothing is locked. */
#ifndef FW_RESULTS_ASK_H
#define FW_RESULTS_ASK_H

#include "results/query/rows.h"
#include "results/store/store.h"

#define FW_ASK_HOLD_SECONDS 0.2            /* the file is locked no longer by a question itself */
#define FW_ASK_LONGEST_TEXT (512 * 1024)   /* bytes of any value on the way to the answer */
#define FW_ASK_MEMORY       (256 * FW_MIB) /* of SQLite while a question is answered */

struct fw_ask {
    const char *sql; /* one SELECT (or WITH ... SELECT, VALUES, EXPLAIN QUERY PLAN) */
    const struct fw_value *values;
    int n_values;     /* of the parameters ?1, ?2, ...; those without a value are NULL */
    double seconds;   /* longest run, the time that the sink takes not counted; 0: no limit */
    int64_t max_rows; /* the question fails beyond; 0: no limit */
    bool large;       /* a long answer is expected: it is asked of a copy at once */
    bool wide;        /* the statement was put together by the library and may be long: 256 KiB, some thousand calls of
                         functions; otherwise 64 KiB and 200 calls */
};

/* Runs the question on the store's file and hands its rows on. Fails with FW_E_INPUT, SQLite's words, the place and
 * the nearest known name for a statement that is wrong or not allowed; FW_E_BUDGET when the time ended or there are
 * more rows than max_rows; FW_E_NOMEM; or as the store or the sink fails. The sink's `begin` has not been called when
 * the statement itself is wrong. */
FW_NODISCARD
enum fw_status fw_ask_run(struct fw_store *store, const struct fw_ask *ask, struct fw_row_sink sink,
                          struct fw_error *err);

#endif
