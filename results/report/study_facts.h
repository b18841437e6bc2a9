/* What the sections of a report share: a study with all its trials, decisions and files as read from the store once,
 * and what is asked of them again and again. Read-only after fw_study_facts_load. */
#ifndef FW_RESULTS_STUDY_FACTS_H
#define FW_RESULTS_STUDY_FACTS_H

#include "results/care/store_notes.h"
#include "results/query/query.h"
#include "results/report/report.h"
#include "space/plan.h"

/* What a study searched, told by its candidates, since drivers have names of their own. */
enum fw_study_kind {
    FW_STUDY_OTHER,
    FW_STUDY_CROSSES,
    FW_STUDY_SIZES,
    FW_STUDY_ROUTING,
    FW_STUDY_TUNE,
    FW_STUDY_TRAIN
};

struct fw_study_facts {
    struct fw_store *store;
    struct fw_allocator *mem;
    const struct fw_report_options *options;
    struct fw_study_list studies;
    const struct fw_study_row *study;
    enum fw_study_kind kind;
    struct fw_trial_list trials; /* by number */
    struct fw_decision_list decisions;
    struct fw_artifact_list artifacts;
    struct fw_study_notes notes;
    int64_t n_complete, n_pruned, n_failed, n_running; /* of trials */
    int64_t *ranked; /* (n_ranked) places of complete trials with an objective, best first, equals by number */
    int64_t n_ranked;
    bool *accepted; /* (trials.n) of a search of crosses: part of the set that it ended with */
    int64_t n_accepted;
    int64_t taken;        /* place of the trial that the study ended with: the last accepted, the chosen or the best;
                             -1: none */
    struct fw_plan *plan; /* NULL: not there, or not the one that was recorded */
};

/* *facts is to be cleared also after a failure. Errors as fw_report_add. */
FW_NODISCARD
enum fw_status fw_study_facts_load(struct fw_study_facts *facts, struct fw_store *store, int64_t study,
                                   const struct fw_report_options *options, struct fw_allocator *mem,
                                   struct fw_error *err);
void fw_study_facts_clear(struct fw_study_facts *facts);

/* The record of the trial at a place. */
const struct fw_trial_record *fw_study_facts_at(const struct fw_study_facts *facts, int64_t place);

/* Place of the trial with a number; -1: there is none. */
int64_t fw_study_facts_find(const struct fw_study_facts *facts, int64_t number);

/* Whether a is better than b in the study's objective; NaN is worse than all else. */
bool fw_study_facts_better(const struct fw_study_facts *facts, double a, double b);

/* A figure of every trial by its name: values, (trials.n), gets that of the last step; NaN for none. */
FW_NODISCARD
enum fw_status fw_study_facts_metric(double *values, const struct fw_study_facts *facts, const char *name,
                                     struct fw_error *err);

#endif
