/* "number, auc,candidate_dim": names of columns in one argument. */
#ifndef FW_CLI_TRIALS_SPLIT_NAMES_H
#define FW_CLI_TRIALS_SPLIT_NAMES_H

#include "core/status.h"

struct split_names {
    char *text;         /* owned; the names lie in it */
    const char **names; /* owned (n) */
    int n;
};

/* Splits at commas, blanks around names dropped. FW_E_ARG, naming the option, for an empty name. */
FW_NODISCARD
enum fw_status split_names(struct split_names *out, const char *text, const char *option, struct fw_error *err);
void split_names_clear(struct split_names *names);

#endif
