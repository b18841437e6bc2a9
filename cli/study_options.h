/* How a search is run and where it is recorded: the options of commands that search, as an argp child, and the store.
 */
#ifndef FW_CLI_STUDY_OPTIONS_H
#define FW_CLI_STUDY_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

#include "results/store.h"
#include "results/trial_log.h"
#include "search/study.h"

struct cli_study_options {
    struct fw_study_options study;
    const char *store; /* file of the trial store */
    bool no_store;
    double time_limit; /* seconds; 0: none */
};

void cli_study_init(struct cli_study_options *options);

extern const struct argp cli_study_argp;

/* An open store, or the log that forgets. */
struct cli_store {
    struct fw_store *store;
    struct fw_trial_log log;
};

FW_NODISCARD
enum fw_status cli_store_open(struct cli_store *out, const struct cli_study_options *options, struct fw_allocator *mem,
                              struct fw_error *err);
void cli_store_close(struct cli_store *store);

/* Records a file that came of a study, with its size and checksum. */
FW_NODISCARD
enum fw_status cli_store_artifact(const struct cli_store *store, int64_t study, const char *kind, const char *path,
                                  struct fw_error *err);

#endif
