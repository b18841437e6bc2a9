/* What every action of `fieldwise trials` has: the options that all take, how the store is opened, how a study or a
 * trial is named. An action is one file, trials_<action>.c; the table of actions is in cmd_trials.c. */
#ifndef FW_CLI_TRIALS_OPTIONS_H
#define FW_CLI_TRIALS_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

#include "results/query/query.h"
#include "results/query/row_format.h"

struct trials_options {
    const char *store; /* never NULL */
    enum fw_row_format format;
    bool json; /* format is FW_ROWS_JSON */
};

/* "fieldwise.db", a table. */
#define TRIALS_OPTIONS_DEFAULT                                                                                         \
    {                                                                                                                  \
        .store = "fieldwise.db"                                                                                        \
    }

/* --store, --format and --json: the children of an action's parser, which says where they go at ARGP_KEY_INIT:
 * state->child_inputs[0] = &arguments->common. */
extern const struct argp_child trials_options_children[];

/* Opens the store, read-only unless `write`; prints why and returns the exit code plus one when it cannot be, else 0.
 */
int trials_open(struct fw_store **out, const struct trials_options *options, bool write);

/* Opens the store for reading, runs `action` on it and closes it; prints why when something fails. Returns the exit
 * code. */
int trials_read(const struct trials_options *options,
                enum fw_status (*action)(struct fw_store *store, void *self, struct fw_error *err), void *self);

/* Ends the program with exit code 2 when --format asks for other than a table or JSON: for actions whose answer is no
 * list of rows. To be called at ARGP_KEY_END. */
void trials_need_table_or_json(struct argp_state *state, const struct trials_options *options);

/* Takes the single name of an action into *target; a second one ends the program with exit code 2. */
void trials_take_target(struct argp_state *state, const char **target, const char *text);

/* Finds STUDY or STUDY/TRIAL; *trial is 0 for a study. A study whose name has a '/' of its own is found first. *study
 * (one row, nothing counted) is to be cleared. FW_E_INPUT: there is none. */
FW_NODISCARD
enum fw_status trials_find(struct fw_study_list *study, int64_t *trial, struct fw_store *store, const char *target,
                           struct fw_error *err);

#endif
