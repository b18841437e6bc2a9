/* What a study writes into the trial log: candidates as canonical JSON, screens, refits and decisions. */
#ifndef FW_SEARCH_TRIAL_WRITER_H
#define FW_SEARCH_TRIAL_WRITER_H

#include "evaluators/halving.h"
#include "results/trial_log.h"
#include "search/crosses/feature_set.h"

/* A refit and its judgement. */
struct fw_refit {
    struct fw_candidate candidate;
    double objective;           /* of the set with the cross */
    double gain;                /* over the control; above 0 is better */
    double gain_low, gain_high; /* interval; the gain is accepted when low is above 0 */
    double logloss;
    double logloss_gain;
    int64_t ids;
    int64_t bytes; /* memory of the cross's column and weights */
    enum fw_cross_form form;
    double collision;
    double seconds;
    int32_t rung;        /* of the screen */
    double screen_value; /* NaN without a screen */
    int64_t screen_rows;
    int64_t trial;   /* filled when recorded */
    bool remembered; /* taken from the log */
};

/* {"cross":[...],"with":["a x b",...]}: the candidate and the set that it is added to. Owned by the caller. */
FW_NODISCARD
enum fw_status fw_trial_candidate(char **out, const struct fw_cross *cross, const struct fw_feature_set *set,
                                  struct fw_allocator *mem, struct fw_error *err);

/* The base model as trial 1. */
FW_NODISCARD
enum fw_status fw_trial_write_base(const struct fw_trial_log *log, int64_t study, struct fw_feature_set *base,
                                   double logloss, double seconds, struct fw_allocator *mem, struct fw_error *err);

/* Candidates that the screen dropped, in one transaction. */
FW_NODISCARD
enum fw_status fw_trial_write_screened(const struct fw_trial_log *log, int64_t study, int32_t step,
                                       const struct fw_feature_set *set, const struct fw_candidate *candidates,
                                       const struct fw_halving_result *results, int64_t n, const bool *refitted,
                                       struct fw_allocator *mem, struct fw_error *err);

/* A refit found in the log fills *refit (figures of the judgement) and sets remembered. */
FW_NODISCARD
enum fw_status fw_trial_recall(struct fw_refit *refit, const struct fw_trial_log *log, int64_t study,
                               const struct fw_feature_set *set, struct fw_allocator *mem, struct fw_error *err);

/* Refits that are new, in one transaction; fills their trial numbers. */
FW_NODISCARD
enum fw_status fw_trial_write_refits(const struct fw_trial_log *log, int64_t study, int32_t step,
                                     const struct fw_feature_set *set, struct fw_refit *refits, int64_t n,
                                     struct fw_allocator *mem, struct fw_error *err);

/* The decision of a step. kind: "accept" or "stop"; refit may be NULL. clock: it hung on the time. */
FW_NODISCARD
enum fw_status fw_trial_write_decision(const struct fw_trial_log *log, int64_t study, int32_t step, const char *kind,
                                       const char *why, const struct fw_refit *refit, const struct fw_feature_set *set,
                                       bool clock, struct fw_allocator *mem, struct fw_error *err);

#endif
