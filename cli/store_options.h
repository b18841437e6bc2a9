/* Where work is recorded and how long it may take: the options that all commands share which search or train, as an
 * argp child, and the store itself. */
#ifndef FW_CLI_STORE_OPTIONS_H
#define FW_CLI_STORE_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

#include "results/store/store.h"
#include "results/trial_log.h"

struct cli_store_options {
    const char *file;  /* of the trial store */
    bool none;         /* nothing is recorded */
    double time_limit; /* seconds; 0: none */
};

void cli_store_init(struct cli_store_options *options);

extern const struct argp cli_store_argp;

/* An open store, or the log that forgets. */
struct cli_store {
    struct fw_store *store;
    struct fw_trial_log log;
};

FW_NODISCARD
enum fw_status cli_store_open(struct cli_store *out, const struct cli_store_options *options, struct fw_allocator *mem,
                              struct fw_error *err);
void cli_store_close(struct cli_store *store);

/* Records a file that came of a study, with its size and checksum. */
FW_NODISCARD
enum fw_status cli_store_artifact(const struct cli_store *store, int64_t study, const char *kind, const char *path,
                                  struct fw_error *err);

#endif
