/* What the files of `fieldwise route` share: the command as parsed, its work, and what is printed at its end. */
#ifndef FW_CLI_ROUTE_H
#define FW_CLI_ROUTE_H

#include "cli/data_options.h"
#include "cli/split_options.h"
#include "cli/store_options.h"
#include "cli/train_metric.h"
#include "cli/training_setup.h"
#include "search/routing/route.h"

struct route_command {
    struct cli_data_options data;
    struct cli_split_options split;
    struct cli_store_options store;
    struct cli_list settings; /* of --set, and those that have options of their own */
    struct fw_score_spec metric;
    struct fw_route_options options; /* model and settings come with the work */
    const char *kind;                /* "trans" or "aver" */
    const char *path, *from, *plan, *out, *report;
    bool json, test;
    double started;
    char command_line[2048];
};

/* What the network of a step reaches on the rows that were kept out. */
struct route_tested {
    double lambda;
    int64_t bytes, connections; /* with lambda: which step it is */
    double score;               /* higher is better */
    double figures[FW_READINGS_MOST];
};

/* A command under way, and its end. */
struct route_work {
    struct route_command *command;
    const struct fw_model_vtable *vtable;
    struct fw_params params;
    struct cli_training_setup setup;
    struct cli_judge judge;
    struct fw_row_set train, valid, test; /* test: without parts when none is kept */
    int32_t n_readings;                   /* those of the models; 0: nothing was judged yet */
    struct fw_reading readings[FW_READINGS_MOST];
    enum fw_figure shown[FW_READINGS_MOST]; /* by which each is shown */
    struct fw_route result;
    struct route_tested *tested; /* (n_tested) steps with a test, as they came; owned */
    int32_t n_tested;
    enum fw_status failed; /* of testing a step, told when the search is over */
    struct fw_error failure;
    struct cli_store store;
    int64_t out_bytes; /* of the model file */
    char score_name[64];
    double shown_at; /* when the live line was last drawn */
    bool live;       /* progress that overwrites its own line is wanted */
};

/* Reads the data, settles the searching model and what is judged by. */
FW_NODISCARD
enum fw_status route_prepare(struct route_work *w, struct fw_error *err);

/* Runs the search, writes the plan, and the model and the page if they are wanted. */
FW_NODISCARD
enum fw_status route_run(struct route_work *w, struct fw_error *err);
void route_clear(struct route_work *w);

/* The step that was chosen; there is one after a run. */
const struct fw_route_step *route_chosen(const struct route_work *w);

/* The best of the steps that count: those with a network, within the limit of bytes if there is one. NULL: none. */
const struct fw_route_step *route_best_score(const struct route_work *w);

/* A score as people read it: NaN where there is none. */
double route_score(const struct route_work *w, double score);

/* What a step reached on the rows that were kept out; NULL: it was not tested. */
const struct route_tested *route_find_tested(const struct route_work *w, const struct fw_route_step *step);

/* Bytes of the network with all connections open, without its embeddings; and how many connections and sub-networks
 * that are. */
int64_t route_full_bytes(const struct route_work *w);
int64_t route_all_connections(const struct route_work *w);
int64_t route_all_subnetworks(const struct route_work *w);

/* Names of the tasks into out (FW_TASKS_MOST); borrowed from the plan. */
void route_task_names(const char **out, const struct route_work *w);

/* Sentences, without a full stop: what was searched, and which step was chosen and why. */
void route_say_searched(struct fw_buffer *out, const struct route_work *w);
void route_say_chosen(struct fw_buffer *out, const struct route_work *w);

/* "; "-joined: what befell a step besides its penalty. Nothing when there is nothing. */
void route_say_notes(struct fw_buffer *out, const struct fw_route_step *step);

/* The search as canonical JSON: what decides its answers. */
void route_add_options(struct fw_buffer *out, const struct route_work *w);

/* Writes the page of --report. */
FW_NODISCARD
enum fw_status route_report(const struct route_work *w, struct fw_error *err);

/* Its plots: bytes against score of all steps; connections and bytes by epoch; the gates of the chosen step. */
FW_NODISCARD
enum fw_status route_chart_tradeoff(struct fw_buffer *out, const struct route_work *w, struct fw_error *err);
FW_NODISCARD
enum fw_status route_chart_epochs(struct fw_buffer *out, const struct route_work *w, struct fw_error *err);
FW_NODISCARD
enum fw_status route_chart_gates(struct fw_buffer *out, const struct route_work *w, struct fw_error *err);

/* Both print on standard output. */
void route_print_text(const struct route_work *w);
void route_print_json(const struct route_work *w);

#endif
