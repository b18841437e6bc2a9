/* The candidates of a table in few words each: crosses and sizes as such, of settings only what tells them apart. */
#ifndef FW_CLI_TRIALS_SHORT_CANDIDATES_H
#define FW_CLI_TRIALS_SHORT_CANDIDATES_H

#include "results/query/query.h"

/* The texts, at most 48 columns each, in a pool. */
struct trials_short {
    const char **texts; /* (n) */
    struct fw_text_pool pool;
};

/* candidates: (n) JSON, NULL: none. A setting is told when it is not the one of the study's options; where the options
 * say nothing, when candidates of the same model differ in it. whole: crosses with those that were there before.
 * FW_E_NOMEM, then there is nothing to clear. */
FW_NODISCARD
enum fw_status trials_short_init(struct trials_short *out, const char *const *candidates, int64_t n, bool whole,
                                 const char *options, struct fw_error *err);

/* The same of the trials of a list, crosses whole. */
FW_NODISCARD
enum fw_status trials_short_of_trials(struct trials_short *out, const struct fw_trial_list *trials, const char *options,
                                      struct fw_error *err);
void trials_short_clear(struct trials_short *list);

#endif
