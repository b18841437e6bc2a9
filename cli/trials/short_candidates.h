/* The candidates of a table in few words each: crosses and sizes as such, of settings only what tells them apart. */
#ifndef FW_CLI_TRIALS_SHORT_CANDIDATES_H
#define FW_CLI_TRIALS_SHORT_CANDIDATES_H

#include "results/query.h"

/* texts_out: (trials->n) texts of at most 48 columns, owned by `pool`. A setting is told when it is not the one of the
 * study's options; where the options say nothing, when the trials differ in it. FW_E_NOMEM. */
FW_NODISCARD
enum fw_status trials_short_candidates(const char **texts_out, struct fw_text_pool *pool,
                                       const struct fw_trial_list *trials, const char *options, struct fw_error *err);

#endif
