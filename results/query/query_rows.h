/* What the queries of the trial store share (query_studies.c, query_trials.c, query_decisions.c): lists that grow, and
 * reading the rows of an answer into them.
 *
 *     static enum fw_status read_row(void *out, struct fw_sql *q, struct fw_error *err)
 *     {
 *         struct fw_metric_list *list = out;
 *         FW_QUERY_ADD_ROW(list, err);
 *         struct fw_query_reader reader = {.q = q, .texts = &list->texts};
 *         list->rows[list->n - 1].name = fw_query_required(&reader, 0);
 *         return fw_query_check(&reader, "metrics", err);
 *     } */
#ifndef FW_RESULTS_QUERY_ROWS_H
#define FW_RESULTS_QUERY_ROWS_H

#include <stdbool.h>
#include <string.h>

#include "core/alloc.h"
#include "results/store/sql.h"
#include "results/store/text_pool.h"

/* A new row at the end of any of the lists; they all have rows, n, capacity and texts. */
#define FW_QUERY_ADD_ROW(list, err)                                                                                    \
    do {                                                                                                               \
        FW_TRY(fw_reserve((list)->texts.mem, &(list)->rows, &(list)->capacity, (list)->n + 1, sizeof *(list)->rows,    \
                          (err)));                                                                                     \
        memset(&(list)->rows[(list)->n++], 0, sizeof *(list)->rows);                                                   \
    } while (0)

#define FW_QUERY_INIT_LIST(list, memory)                                                                               \
    do {                                                                                                               \
        memset((list), 0, sizeof *(list));                                                                             \
        fw_text_pool_init(&(list)->texts, (memory));                                                                   \
    } while (0)

#define FW_QUERY_CLEAR_LIST(list)                                                                                      \
    do {                                                                                                               \
        fw_free((list)->texts.mem, (list)->rows);                                                                      \
        fw_text_pool_clear(&(list)->texts);                                                                            \
        memset((list), 0, sizeof *(list));                                                                             \
    } while (0)

/* Reads texts of the present row into a pool; one check at the end of the row. */
struct fw_query_reader {
    const struct fw_sql *q;
    struct fw_text_pool *texts;
    bool refused; /* memory */
    bool missing; /* a text that must be there */
};

/* The text of a column, the pool's; NULL: SQL NULL, or no memory. */
const char *fw_query_text(struct fw_query_reader *reader, int column);

/* The same of a text that must be there. */
const char *fw_query_required(struct fw_query_reader *reader, int column);

/* Fails with FW_E_NOMEM, or with FW_E_CORRUPT when something that must be there was not. */
FW_NODISCARD
enum fw_status fw_query_check(const struct fw_query_reader *reader, const char *table, struct fw_error *err);

/* Runs a query and hands its rows to read_row one by one. After a failure the statement is ready for its next use. */
FW_NODISCARD
enum fw_status fw_query_each_row(struct fw_sql *q,
                                 enum fw_status (*read_row)(void *, struct fw_sql *, struct fw_error *), void *list,
                                 struct fw_error *err);

#endif
