/* A study: one search for crosses, from the base model to the reason why it stopped.
 *
 * Each step lists the children of the current feature set, screens them (or not, as the driver says), refits the few
 * best with the whole model, and judges the refits out of fold against a control: the parent refitted just as long with
 * nothing added, so that no candidate wins by the parent's unfinished convergence. A child is accepted when its gain in
 * the objective is significant for all refits of the step together (Bonferroni); the interval that is reported is the
 * one that must exclude zero. The beam keeps the best children; width 1 is the published greedy search.
 *
 * Every step is recorded in the trial log before the search goes on, and refits that the log holds already are not done
 * again: the same study run twice, or killed and run again, takes the same decisions.
 *
 * Results do not depend on the number of threads. */
#ifndef FW_SEARCH_STUDY_H
#define FW_SEARCH_STUDY_H

#include <stdint.h>

#include "core/budget.h"
#include "core/log.h"
#include "evaluators/evaluator.h"
#include "results/trial_log.h"
#include "search/crosses/driver.h"
#include "search/crosses/feature_set.h"
#include "space/encoder.h"

struct fw_study_options {
    const char *driver;    /* "autocross" */
    const char *evaluator; /* "newton" */
    enum fw_objective objective;
    int32_t beam_width;     /* 1 */
    int32_t max_order;      /* 4 */
    int32_t max_crosses;    /* 30; at most FW_FEATURE_SET_MAX_CROSSES */
    int32_t finalists;      /* refits a step; 0: by the number of rows (8, 4, 2) */
    double significance;    /* error allowed in a step over all its refits; 0.07 */
    double min_gain;        /* in the objective; a gain below it is not worth a cross however sure it is; 1e-5 */
    int64_t max_candidates; /* pairs of base fields a step; 100,000 */
    int64_t first_rows;     /* of the first rung of halving; 131,072 */
    bool published_halving; /* Algorithm 2's schedule in place of ours */
    uint64_t seed;
    int threads;
    struct fw_evaluator_options evaluate;
    struct fw_cross_options cross;
};

void fw_study_options_init(struct fw_study_options *options);

/* Why a study ended; each has a text for people. */
enum fw_stop_reason {
    FW_STOP_NO_GAIN,      /* no refit of the last step gains more than its noise */
    FW_STOP_NO_CANDIDATE, /* every possible cross is there */
    FW_STOP_MAX_CROSSES,
    FW_STOP_TIME,
    FW_STOP_INTERRUPTED
};

struct fw_study_step {
    int32_t number; /* from 1 */
    int64_t candidates;
    int32_t fields_left_out; /* base fields that max_candidates keeps from being paired */
    int32_t rungs;
    int64_t rows; /* row visits of the screen */
    int64_t refits;
    bool accepted;
    struct fw_added_cross best; /* the accepted cross, or the best of those refused */
    char *best_name;            /* borrowed for the call */
    int64_t best_ids;           /* of the cross */
    enum fw_cross_form best_form;
    double best_collision; /* of a hashed cross */
    double screen_seconds, refit_seconds;
};

/* What a study tells while it runs; called from the study's thread. Any may be NULL. */
struct fw_study_events {
    void (*started)(void *user, int64_t study, bool resumed, const struct fw_feature_set *base, double logloss,
                    double seconds);
    void (*phase)(void *user, const char *what, int32_t step); /* "base model", "screen", "refit": begins */
    void (*stepped)(void *user, const struct fw_study_step *step);
    void *user;
};

struct fw_study_result {
    int64_t study;               /* its number in the log */
    struct fw_feature_set *best; /* owned; with its model */
    double base_objective;       /* out of fold, without crosses */
    double base_logloss;
    double best_logloss;
    enum fw_stop_reason reason;
    char reason_text[256];
    int32_t steps;      /* done */
    int64_t candidates; /* evaluated in all */
    double seconds;
};

/* Runs a study over a data set. column: (base fields) the column of each, from the encoder. The data set grows by the
 * fields of the crosses tried and accepted. The result is filled (and to be cleared) whenever a base model was fitted,
 * also when the search was cut short by time or by a stop: that is no failure. FW_E_BUDGET when time ends before that,
 * FW_E_STOPPED when a stop does. */
FW_NODISCARD
enum fw_status fw_study_run(struct fw_study_result *result, struct fw_dataset *dataset,
                            const struct fw_encoder *encoder, const struct fw_study_options *options,
                            const struct fw_study_info *info, const struct fw_trial_log *log,
                            const struct fw_study_events *events, const struct fw_budget *budget,
                            struct fw_allocator *mem, struct fw_error *err);
void fw_study_result_clear(struct fw_study_result *result);

/* The options that decide a study's results, as canonical JSON (owned by the caller): not threads, not budgets, so that
 * a study may be continued with more of either. */
FW_NODISCARD
enum fw_status fw_study_options_print(char **out, const struct fw_study_options *options, struct fw_allocator *mem,
                                      struct fw_error *err);

#endif
