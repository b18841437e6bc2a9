/* What the files of `fieldwise embed` share: the command as parsed, its work, and what is printed at its end. */
#ifndef FW_CLI_EMBED_H
#define FW_CLI_EMBED_H

#include "cli/data_options.h"
#include "cli/split_options.h"
#include "cli/store_options.h"
#include "cli/training_setup.h"
#include "evaluators/sizing_ranking.h"
#include "evaluators/sizing_retrieval.h"
#include "search/sizes/sizing.h"

/* A size as given: "16MB", or "10%" of the full size. */
struct embed_memory {
    int64_t bytes;  /* 0: a share */
    double percent; /* of the full size */
    const char *text;
};

struct embed_command {
    struct cli_data_options data;
    struct cli_split_options split;
    struct cli_store_options store;
    struct fw_sizing_options options; /* methods and nis; budgets are settled when the full size is known */
    struct embed_memory memory[FW_SIZING_BUDGETS_MOST];
    int32_t n_memory;
    struct fw_embedding_grid grid;
    bool multi, projected;
    enum fw_objective objective;
    struct cli_list settings, methods, sizes; /* sizes: the texts of --pareto */
    const char *path, *from, *plan, *model, *report;
    const char *user, *item; /* columns: next items are to be found; NULL: a click model is to rank */
    bool json, compare, pareto, test, model_given, metric_given;
    double started;
    char command_line[2048];
};

/* Rounds of a search that are kept for the report, at most: of longer ones every second, third and so on. */
#define EMBED_ROUNDS_SHOWN 200

/* How the policy went under one budget. */
struct embed_learning {
    int64_t budget;
    int32_t n;
    double round[EMBED_ROUNDS_SHOWN];
    double percent[EMBED_ROUNDS_SHOWN]; /* expected bytes, of the budget */
    double entropy[EMBED_ROUNDS_SHOWN];
};

/* A command under way, and its end. */
struct embed_work {
    struct embed_command *command;
    const struct fw_model_vtable *vtable;
    struct fw_params params;
    struct cli_training_setup setup;
    struct fw_sizing_ranking *ranking; /* one of the two is there */
    struct embed_retrieval *retrieval;
    struct fw_sizing_model model;
    const char *model_name, *metric; /* "deepfm", "auc": static text */
    struct fw_sizing_result result;
    struct cli_store store;
    int64_t rows;                    /* of the table */
    int64_t full;                    /* bytes of all blocks */
    int64_t best;                    /* place of the answer in the result; -1: none */
    struct embed_learning *learning; /* (n_budgets) as far as nis ran; NULL: no report is wanted */
    double shown;                    /* when the live line was last drawn */
    bool live;                       /* progress that overwrites its own line is wanted */
};

/* Reads the data, builds the model of all blocks, settles the budgets. */
FW_NODISCARD
enum fw_status embed_prepare(struct embed_work *w, struct fw_error *err);

/* The same for next items (--user, --item): fills setup (a plan without a label), retrieval, model and names. */
FW_NODISCARD
enum fw_status embed_retrieval_prepare(struct embed_work *w, struct fw_error *err);
void embed_retrieval_destroy(struct embed_retrieval *retrieval, struct fw_allocator *mem); /* NULL is a no-op */

/* Appends the settings of the two-tower model as JSON. */
void embed_retrieval_settings(struct fw_buffer *out, const struct embed_retrieval *retrieval);

/* Trains the answer once more, which gives the same bits, and prints its recall beside that of popularity. */
FW_NODISCARD
enum fw_status embed_retrieval_print(const struct embed_work *w, const struct fw_budget *time, struct fw_error *err);

/* Runs the study and writes the plan. FW_E_STOPPED after an interruption, with the plan of what was found. */
FW_NODISCARD
enum fw_status embed_run(struct embed_work *w, struct fw_error *err);
void embed_clear(struct embed_work *w);

/* The largest budget that was asked for, that of the answer; 0: it holds the full size. */
int64_t embed_budget(const struct embed_work *w);

/* The search as canonical JSON: what decides its answers. Budgets and methods are no part of it, so that further ones
 * are added to the same study. */
void embed_add_options(struct fw_buffer *out, const struct embed_work *w);

/* The trial that was taken. */
const struct fw_sizing_trial *embed_answer(const struct embed_work *w);

/* The input of the space by name. */
const struct fw_space_input *embed_space_input(const struct embed_work *w, const char *name);

/* Share of the training rows whose id is among the first `ids`; NaN: unknown. */
double embed_coverage(const struct fw_space_input *input, int64_t ids);

/* Writes the page of --report. */
FW_NODISCARD
enum fw_status embed_report(const struct embed_work *w, struct fw_error *err);

/* Its plots: bytes against quality of all trials, and the policy by round (nothing when nis did not run). */
FW_NODISCARD
enum fw_status embed_chart_front(struct fw_buffer *out, const struct embed_work *w, struct fw_error *err);
void embed_chart_learning(struct fw_buffer *out, const struct embed_work *w);

/* Both print on standard output. */
void embed_print_text(const struct embed_work *w);
void embed_print_json(const struct embed_work *w);

#endif
