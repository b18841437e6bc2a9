/* What the actions that change a store share: finding a study, changing it, showing how it stands afterwards; asking
 * before something is deleted. */
#ifndef FW_CLI_TRIALS_CHANGE_H
#define FW_CLI_TRIALS_CHANGE_H

#include "cli/trials/trials_options.h"

/* Finds the study, runs `change` on it with `self`, and prints its name, tags, note and whether it is archived. Returns
 * the exit code. */
int trials_change(const struct trials_options *options, const char *study,
                  enum fw_status (*change)(struct fw_store *store, int64_t study, void *self, struct fw_error *err),
                  void *self);

/* An action that gives a study one text, `STUDY TEXT`. */
struct trials_text_change {
    const char *command; /* "trials rename" */
    const char *args_doc, *doc;
    const char *missing; /* what is said when one of the two is missing */
    enum fw_status (*set)(struct fw_store *store, int64_t study, const char *text, struct fw_error *err);
};

/* The whole of such an action; returns the exit code. */
int trials_change_text(const struct trials_text_change *what, int argc, char **argv);

/* Whether what was shown is to be done: 0 when `yes` was given or the user says so on the terminal. Otherwise nothing
 * is to be done, and it is the exit code: 2 when there is no terminal to ask on, 1 when the user said no. */
int trials_confirm(bool yes, const char *command, const char *question);

#endif
