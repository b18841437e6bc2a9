/* What can be said of the trials of a study: columns that all trials have, the figures of this study's trials
 * (metrics), and the members of their candidates. Each has a name for expressions (trial_table.h), tables and exports.
 *
 * A metric or a member has its own name, and the prefix metric_ or candidate_ when another column has that name
 * already; with the prefix it can always be named. */
#ifndef FW_RESULTS_TRIAL_COLUMNS_H
#define FW_RESULTS_TRIAL_COLUMNS_H

#include "core/text.h"
#include "results/store/store.h"
#include "results/store/text_pool.h"

enum fw_trial_column_kind { FW_COLUMN_OWN, FW_COLUMN_METRIC, FW_COLUMN_MEMBER };

struct fw_trial_column {
    enum fw_trial_column_kind kind;
    const char *name;
    const char *source; /* the metric, the member of the candidate */
};

struct fw_trial_columns {
    struct fw_trial_column *rows;
    int64_t n, capacity;
    struct fw_text_pool texts;
};

/* The columns of a study (0: of all studies together): the trials' own in the order of v_trials, metrics by name,
 * members as the candidates have them. `all`: of all trials, which takes time in a large study (0.5 s for a million
 * metrics); otherwise of the first and the last 200. On failure there is nothing to clear. Fails as the store does. */
FW_NODISCARD
enum fw_status fw_trial_columns_read(struct fw_trial_columns *out, struct fw_store *store, int64_t study, bool all,
                                     struct fw_error *err);
void fw_trial_columns_clear(struct fw_trial_columns *columns);

/* The column of that name, with or without its prefix, ASCII letters of either case; NULL: none. Borrowed. */
const struct fw_trial_column *fw_trial_columns_find(const struct fw_trial_columns *columns, const char *name);

/* FW_E_INPUT: "<what> 'x' is no column; did you mean 'y'? The columns are ...". */
enum fw_status fw_trial_columns_unknown(const struct fw_trial_columns *columns, const char *name, struct fw_error *err);

/* Appends the SQL expression of a column for a row of `trials t`, whose study is the parameter ?1. */
void fw_trial_column_sql(struct fw_buffer *out, const struct fw_trial_column *column);

/* Appends a name in double quotes, a text in single ones. */
void fw_sql_add_name(struct fw_buffer *out, const char *name);
void fw_sql_add_text(struct fw_buffer *out, const char *text);

#endif
