/* What the parts of `fieldwise trials` share: its actions, one file each, that read the command line and the store;
 * trials_text.c and trials_json.c print what was found. */
#ifndef FW_CLI_TRIALS_H
#define FW_CLI_TRIALS_H

#include <cjson/cJSON.h>

#include "cli/terminal.h"
#include "results/care/store_files.h"
#include "results/care/store_notes.h"
#include "results/query/query.h"

/* The actions: argv[0] is the action's name; they return the exit code. */
int trials_list(int argc, char **argv);
int trials_show(int argc, char **argv);
int trials_best(int argc, char **argv);
int trials_export(int argc, char **argv);
int trials_sql(int argc, char **argv);
int trials_compare(int argc, char **argv);
int trials_importance(int argc, char **argv);
int trials_lineage(int argc, char **argv);
int trials_report(int argc, char **argv);
int trials_serve(int argc, char **argv);
int trials_tag(int argc, char **argv);
int trials_rename(int argc, char **argv);
int trials_annotate(int argc, char **argv);
int trials_archive(int argc, char **argv);
int trials_delete(int argc, char **argv);
int trials_gc(int argc, char **argv);
int trials_verify(int argc, char **argv);

/* The files of a study; states[i] is what has become of list.rows[i]. */
struct trials_files {
    struct fw_artifact_list list;
    enum fw_file_state *states;
};

FW_NODISCARD
enum fw_status trials_files_read(struct trials_files *out, struct fw_store *store, int64_t study, struct fw_error *err);
void trials_files_clear(struct trials_files *files);

/* All about a study, as read before anything is printed. */
struct trials_study {
    struct fw_study_list study; /* one row */
    struct fw_decision_list decisions;
    struct fw_trial_list best;
    struct trials_files files;
    struct fw_study_notes notes;
};

/* One trial with its figures. */
struct trials_trial {
    struct fw_study_list study; /* one row */
    struct fw_trial_list trial; /* one row */
    struct fw_metric_list metrics;
    struct fw_trial_list ancestors; /* that it grew from, nearest first */
    struct fw_trial_list rungs;     /* the same configuration in successive halving, itself among them; may be none */
    struct trials_files files;      /* of the study */
};

/* A figure of merit, "0.92541", or "-" for none; a gain with its interval, "+0.00210 [+0.00105, +0.00315]". Both return
 * `out`, or a text of static storage. */
const char *trials_figure(char out[32], double value);
const char *trials_gain(char out[128], double gain, double low, double high);

/* A name and a long text of parts with ", " between them, over as many rows of a table of two columns as 80 columns of
 * a terminal need. */
void trials_wrapped_cells(struct cli_table *table, const char *name, const char *text);

/* The files of a study under a title of their own; nothing when there are none. */
void trials_print_files(const struct trials_files *files);

void trials_print_list(const struct fw_study_list *studies);
FW_NODISCARD
enum fw_status trials_print_study(const struct trials_study *all, struct fw_error *err);
FW_NODISCARD
enum fw_status trials_print_trial(const struct trials_trial *all, struct fw_error *err);

/* A trial with the name of its study, the caller's. */
cJSON *trials_json_of_trial(const struct fw_trial_row *row, const char *study);

void trials_json_list(const char *store, const struct fw_study_list *studies);
void trials_json_study(const struct trials_study *all);
void trials_json_trial(const struct trials_trial *all);

#endif
