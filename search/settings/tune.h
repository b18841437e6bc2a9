/* The search of settings: draws configurations, trains each as its method rations epochs, and keeps the best.
 *
 * A trial is one training with one set of settings, the number of epochs included, so that the trial's settings are
 * all that is needed to repeat it (`fieldwise train --set ...`). Trial 1 has the defaults and all epochs; it is what
 * the others are compared with, row by row. A configuration that is promoted is trained anew from its first epoch for
 * as many as it is now allowed: the epochs it had are run again and give the same bits (the seed is the same), which
 * costs at most half as much again (eta = 3), but holds no model of eighty in memory, needs nothing from before a kill,
 * and stays right when the learning rate follows the number of epochs.
 *
 * Every trial is committed to the trial log before the search goes on from it, and looked up there before it is
 * trained: the same search again, after a kill or with more trials, repeats nothing and ends as if it had never
 * stopped. Failed trials (a loss that is not finite, memory refused, settings that do not go together) are recorded
 * with their reason and passed over; a search that is run again tries them again, since memory may suffice then.
 *
 *     struct fw_tune_options options;
 *     fw_tune_options_init(&options);
 *     FW_TRY(fw_tune_run(&result, &space, &objective, &options, &info, &log, NULL, &budget, mem, err));
 *     ...result.trials[result.best].params...
 *     fw_tune_result_clear(&result, mem);
 *
 * Results depend on seed, data and settings alone, as long as no clock ends the search. */
#ifndef FW_SEARCH_TUNE_H
#define FW_SEARCH_TUNE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/budget.h"
#include "results/trial_log.h"
#include "search/settings/tune_method.h"
#include "search/settings/tune_result.h"
#include "search/settings/tune_space.h"

struct fw_tune_options {
    const char *method; /* "hyperband" */
    int64_t trials;     /* configurations, the defaults among them; 0: as many as the method says */
    enum fw_objective objective;
    uint64_t seed;  /* of the draws; those of training are the objective's own */
    double reserve; /* of the time limit, so many times the seconds of the best trial are left over; 0: none */
};

void fw_tune_options_init(struct fw_tune_options *options);

/* What came of a training. Metrics are borrowed until the next one. */
struct fw_tune_outcome {
    double objective;
    double gain;                /* over the baseline, above 0: better; NaN: there is none */
    double gain_low, gain_high; /* its interval at 95 % */
    int64_t rows;               /* seen */
    int64_t bytes;              /* of the model's parameters */
    double seconds;
    const struct fw_metric *metrics;
    int64_t n_metrics;
};

/* What settings are worth: how the search asks for a training (tune_training.h), and where tests put a known answer. */
struct fw_tune_objective {
    void *self;
    /* Trains with the settings and judges. baseline: what follows is compared with this one. FW_E_NUMERIC, FW_E_NOMEM
     * and FW_E_ARG fail the trial alone; FW_E_STOPPED and FW_E_BUDGET (the training was cut short, its result is of no
     * use) end the search; all others fail it. */
    enum fw_status (*judge)(void *self, struct fw_tune_outcome *out, const struct fw_params *params, bool baseline,
                            const struct fw_budget *budget, struct fw_error *err);
};

/* What a watcher hears. Slots may be NULL. */
struct fw_tune_events {
    void (*started)(void *user, const struct fw_tune_result *result, bool resumed);
    /* After each trial, the remembered ones too. reason: why it failed, or NULL. */
    void (*finished)(void *user, const struct fw_tune_result *result, const struct fw_tune_trial *trial,
                     const char *reason);
    void *user;
};

/* Runs or continues the search. *result is the caller's, to be cleared, also after a failure. Fails with FW_E_ARG (an
 * unknown method, nothing to search, a method that rations epochs of a model that has none, defaults that do not go
 * together), FW_E_BUDGET or FW_E_STOPPED when no trial was finished before the end, FW_E_FAILED when all trials failed,
 * or as the log does. */
FW_NODISCARD
enum fw_status fw_tune_run(struct fw_tune_result *result, const struct fw_tune_space *space,
                           const struct fw_tune_objective *objective, const struct fw_tune_options *options,
                           const struct fw_study_info *info, const struct fw_trial_log *log,
                           const struct fw_tune_events *events, const struct fw_budget *budget,
                           struct fw_allocator *mem, struct fw_error *err);

#endif
