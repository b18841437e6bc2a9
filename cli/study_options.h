/* How a search is run and where it is recorded: the options of commands that search, as an argp child, and the store.
 */
#ifndef FW_CLI_STUDY_OPTIONS_H
#define FW_CLI_STUDY_OPTIONS_H

#include <argp.h>

#include "search/crosses/study.h"

struct cli_study_options {
    struct fw_study_options study;
};

void cli_study_init(struct cli_study_options *options);

extern const struct argp cli_study_argp;

/* "auc" or "logloss"; anything else ends with a message and exit code 2. */
enum fw_objective cli_parse_objective(struct argp_state *state, const char *flag, const char *text);

#endif
