/* The search of embedding sizes: methods under budgets, each answer trained from scratch, all of it in the trial log.
 *
 * A method is "nis" (nis.h) or a rival by rule (sizing_rivals.h). For each budget and method the study has a trial of a
 * configuration trained from scratch, which is what counts; nis has one or two, random as many as a search may cost.
 * Configurations that nis judged on the way, with shared weights, are trials too (state `pruned`), and each round's
 * policy is a decision. The same study again trains nothing that the log holds.
 *
 *     struct fw_sizing_result result;
 *     FW_TRY(fw_sizing_run(&result, &model, &options, &info, &log, &events, &time, mem, err));
 *     ...result.trials[fw_sizing_best(&result, budget)].sizes...
 *     fw_sizing_result_clear(&result, mem); */
#ifndef FW_SEARCH_SIZING_H
#define FW_SEARCH_SIZING_H

#include "results/trial_log.h"
#include "search/sizes/nis.h"

#define FW_SIZING_METHODS_MOST 16
#define FW_SIZING_BUDGETS_MOST 64

/* Trainings that random search gets: what a search by nis may cost, three trainings of the full model. */
#define FW_SIZING_RANDOM_DRAWS 3

struct fw_sizing_options {
    const char *methods[FW_SIZING_METHODS_MOST]; /* "nis", "uniform", ... */
    int32_t n_methods;
    int64_t budgets[FW_SIZING_BUDGETS_MOST]; /* bytes, rising */
    int32_t n_budgets;
    bool unlimited; /* the full size is within what was asked for: the best answer may have it */
    bool full;      /* train the full size too, to compare with */
    double alpha;   /* of "mde" */
    struct fw_nis_options nis;
};

/* One configuration trained from scratch. */
struct fw_sizing_trial {
    const char *method;               /* "full", or one of the options' */
    int64_t budget;                   /* 0: none (full) */
    int64_t number;                   /* in the study; without a log 0 */
    struct fw_embedding_sizes *sizes; /* owned */
    int64_t bytes;
    double quality, loss;
    double test;           /* NaN: no rows were kept for it, or the trial was remembered */
    double search_seconds; /* until there were sizes; what several budgets share is counted with the first */
    double fit_seconds;
    int32_t answers;                     /* of nis: how many its search gave, this one among them; others: 1 */
    bool remembered;                     /* taken from the log */
    bool cut;                            /* the search ended early: by time or by a wish to stop */
    bool trained;                        /* else quality and loss are NaN: it was cut before, or it failed */
    char failure[FW_ERROR_MESSAGE_SIZE]; /* why these sizes cannot be trained; "": nobody has found out */
};

struct fw_sizing_result {
    int64_t study;
    struct fw_sizing_trial *trials; /* (n_trials) in order; owned */
    int64_t n_trials, capacity;
    int64_t samples; /* configurations judged with shared weights */
    bool stopped;    /* by the budget of time or by a wish to stop */
    double seconds;
};

struct fw_sizing_events {
    void (*started)(void *user, int64_t study, bool resumed);
    void (*warming)(void *user, int64_t step, int64_t steps);
    void (*round_done)(void *user, const struct fw_nis_round *round);
    void (*fitting)(void *user, const char *method, int64_t budget, int64_t bytes); /* a training begins */
    void (*finished)(void *user, const struct fw_sizing_trial *trial);
    void (*refused)(void *user, const char *method, int64_t budget, const char *reason); /* it finds no sizes */
    void *user;
};

/* Runs or continues a study. *result is the caller's, to be cleared, also after a failure. Ends early, with what there
 * is, when time is over or somebody asks to stop (result->stopped): FW_E_BUDGET or FW_E_STOPPED only when nothing was
 * found. Sizes that the model does not take, or whose loss runs away, fail their own trial alone. FW_E_ARG: an unknown
 * method, a budget too small for the method; or as the model or the log fails. events may be NULL. */
FW_NODISCARD
enum fw_status fw_sizing_run(struct fw_sizing_result *result, const struct fw_sizing_model *model,
                             const struct fw_sizing_options *options, const struct fw_study_info *info,
                             const struct fw_trial_log *log, const struct fw_sizing_events *events,
                             const struct fw_budget *time, struct fw_allocator *mem, struct fw_error *err);
void fw_sizing_result_clear(struct fw_sizing_result *result, struct fw_allocator *mem);

/* Place of the best trained trial that costs at most `budget` bytes (0: of any size, the full one included); of equal
 * quality the smaller one. When none was trained, one that was cut; none that failed. -1: none at all. */
int64_t fw_sizing_best(const struct fw_sizing_result *result, int64_t budget);

/* Whether a trial is on the Pareto front: no other has at least its quality with fewer bytes, or more with as many. */
bool fw_sizing_on_front(const struct fw_sizing_result *result, int64_t place);

/* "nis" and the rivals: FW_E_ARG listing the known names otherwise. */
FW_NODISCARD
enum fw_status fw_sizing_check_method(const char *name, struct fw_error *err);

#endif
