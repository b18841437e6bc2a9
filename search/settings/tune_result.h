/* What came of a search of settings: its trials, the best, and whether the best is more than luck. */
#ifndef FW_SEARCH_TUNE_RESULT_H
#define FW_SEARCH_TUNE_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "evaluators/evaluator.h"
#include "models/params.h"

struct fw_tune_trial {
    int64_t number;        /* in the study; without a log: in order */
    int64_t configuration; /* from 1: the defaults */
    struct fw_params params;
    int64_t epochs;  /* allowed */
    int32_t bracket; /* from 1; 0: the defaults */
    int32_t rung;    /* from 0 */
    bool failed;
    bool remembered; /* taken from the log */
    double objective;
    double gain, gain_low, gain_high;
    double seconds;
};

enum fw_tune_end { FW_TUNE_TRIALS, FW_TUNE_EXHAUSTED, FW_TUNE_TIME, FW_TUNE_INTERRUPTED };

struct fw_tune_result {
    int64_t study;
    struct fw_tune_trial *trials; /* (n_trials) in order; owned */
    int64_t n_trials;
    int64_t planned;        /* trainings that all configurations ask for, if none fails */
    int64_t configurations; /* drawn, the defaults among them */
    int64_t failed, remembered;
    int64_t best; /* in `trials`: the best objective; of equal ones fewer epochs, then the earlier trial */
    enum fw_tune_end end;
    char reason_text[160];
    double seconds;
};

void fw_tune_result_clear(struct fw_tune_result *result, struct fw_allocator *mem);

/* The best trials, one a configuration, best first, at most n; returns how many there are. top: (n) places in
 * `trials`. */
int64_t fw_tune_result_top(int64_t *top, int64_t n, const struct fw_tune_result *result, enum fw_objective objective);

/* Whether a trial's gain over the defaults is more than the noise of the best of all trials that were compared
 * (Bonferroni, one-sided, 5 % in all). */
bool fw_tune_gain_is_sure(const struct fw_tune_result *result, const struct fw_tune_trial *trial);

/* Whether the first objective is better; NaN is worse than all. */
bool fw_tune_is_better(double a, double b, enum fw_objective objective);

#endif
