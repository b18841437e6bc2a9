/* The trials of a study as a table: chosen by an expression, ordered, a page at a time. What lists, exports and pages
 * of a browser are made of.
 *
 *     const char *columns[] = {"number", "objective", "method"};
 *     struct fw_trial_table table = {.study = id, .where = "method = 'nis' AND auc > .9 OR bytes < 1e6",
 *                                    .order = "auc DESC", .columns = columns, .n_columns = 3, .limit = 50};
 *     FW_TRY(fw_trial_table_run(store, &table, sink, err));
 *
 * An expression is one of SQLite's over the columns of trial_columns.h: what a trial has, any metric of the study (the
 * value of its last step), any member of the candidates. It may come from anybody: it is asked under guard (ask.h).
 * Only what the expressions and columns name is read. */
#ifndef FW_RESULTS_TRIAL_TABLE_H
#define FW_RESULTS_TRIAL_TABLE_H

#include "results/query/rows.h"
#include "results/query/trial_columns.h"
#include "results/store/store.h"

struct fw_trial_table {
    int64_t study;              /* fw_study_row.id; 0: the trials of all studies */
    const char *where;          /* NULL or "": all trials */
    const char *order;          /* "auc DESC, number"; NULL or "": by study and number */
    const char *const *columns; /* (n_columns) names */
    int n_columns;              /* 0: number, state, objective, gain, seconds, candidate */
    int64_t limit;              /* 0: no limit */
    int64_t offset;
    double seconds; /* longest run; 0: no limit */
    bool large;     /* as of fw_ask */

    /* Of the study, borrowed, when they are known already; NULL: they are read when something other than the trials'
     * own columns is named. */
    const struct fw_trial_columns *known;
};

/* Hands the rows on; the columns have the names that were asked for. Fails with FW_E_INPUT for an unknown column,
 * telling the nearest and all, or an expression that is wrong; FW_E_BUDGET when the time ended; or as the store or the
 * sink. */
FW_NODISCARD
enum fw_status fw_trial_table_run(struct fw_store *store, const struct fw_trial_table *table, struct fw_row_sink sink,
                                  struct fw_error *err);

/* How many trials `where` chooses; limit and offset do not count. */
FW_NODISCARD
enum fw_status fw_trial_table_count(int64_t *out, struct fw_store *store, const struct fw_trial_table *table,
                                    struct fw_error *err);

#endif
