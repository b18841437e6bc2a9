/* What the parts of `fieldwise trials` share: its actions, one file each, that read the command line and the store;
 * trials_text.c and trials_json.c print what was found. */
#ifndef FW_CLI_TRIALS_H
#define FW_CLI_TRIALS_H

#include "results/query.h"

/* The actions: argv[0] is the action's name; they return the exit code. */
int trials_list(int argc, char **argv);
int trials_show(int argc, char **argv);
int trials_best(int argc, char **argv);
int trials_report(int argc, char **argv);
int trials_tag(int argc, char **argv);
int trials_rename(int argc, char **argv);
int trials_annotate(int argc, char **argv);
int trials_archive(int argc, char **argv);
int trials_delete(int argc, char **argv);
int trials_gc(int argc, char **argv);
int trials_verify(int argc, char **argv);

/* All about a study, as read before anything is printed. */
struct trials_study {
    struct fw_study_list study; /* one row */
    struct fw_decision_list decisions;
    struct fw_trial_list best;
    struct fw_artifact_list artifacts;
};

/* One trial with its figures. */
struct trials_trial {
    struct fw_study_list study; /* one row */
    struct fw_trial_list trial; /* one row */
    struct fw_metric_list metrics;
};

/* The best trials of each of some studies: lists[i] belongs to studies.rows[i]. */
struct trials_best {
    struct fw_study_list studies;
    struct fw_trial_list *lists;
};

/* Whether a process of this machine has ended; false for one of another machine, of which nothing is known. */
bool trials_process_is_gone(const char *machine, int64_t pid);

/* How a study stands: its status, or "killed" when it is stored as running but its process on this machine is gone. */
const char *trials_status(const struct fw_study_row *study);

/* Seconds that the study's runs have taken so far; of a killed run what is known. */
double trials_seconds(const struct fw_study_row *study);

void trials_print_list(const struct fw_study_list *studies);
void trials_print_study(const struct trials_study *all);
void trials_print_trial(const struct trials_trial *all);
void trials_print_best(const struct trials_best *all);

void trials_json_list(const char *store, const struct fw_study_list *studies);
void trials_json_study(const struct trials_study *all);
void trials_json_trial(const struct trials_trial *all);
void trials_json_best(const struct trials_best *all);

#endif
