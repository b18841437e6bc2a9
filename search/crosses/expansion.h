/* One step of a study for one feature set: list its children, screen them, refit the best, judge the refits against a
 * control, record all of it, and hand back the children that are accepted. */
#ifndef FW_SEARCH_EXPANSION_H
#define FW_SEARCH_EXPANSION_H

#include "search/crosses/study.h"

/* What stays the same from step to step. */
struct fw_expansion {
    struct fw_dataset *dataset;
    const struct fw_encoder *encoder;
    const struct fw_study_options *options;
    const struct fw_driver_vtable *driver;
    const struct fw_evaluator_vtable *evaluator;
    const struct fw_trial_log *log;
    const struct fw_study_events *events;
    const struct fw_budget *budget;
    int64_t study;
    int32_t n_base;
    int32_t finalists;
    int64_t *column;             /* (n_base) */
    double *strength;            /* (n_base); NULL until pairs must be limited */
    struct fw_field control;     /* one id for all rows */
    float *gradient, *curvature; /* (n_rows) at the parent's logit */
    struct fw_metrics_workspace *workspace;
    struct fw_baseline *parent;  /* the parent's out-of-fold logits */
    struct fw_baseline *against; /* the control's */
    struct fw_allocator *mem;
};

/* Looks up driver and evaluator and takes the memory that all steps share. Clear also after a failure. */
FW_NODISCARD
enum fw_status fw_expansion_init(struct fw_expansion *e, struct fw_dataset *dataset, const struct fw_encoder *encoder,
                                 const struct fw_study_options *options, const struct fw_trial_log *log,
                                 const struct fw_study_events *events, const struct fw_budget *budget,
                                 struct fw_allocator *mem, struct fw_error *err);
void fw_expansion_clear(struct fw_expansion *e);

/* Tells the listener what begins. */
void fw_expansion_phase(const struct fw_expansion *e, const char *what, int32_t step);

/* Objective and logloss of a set's out-of-fold logits on the judged rows. */
FW_NODISCARD
enum fw_status fw_expansion_judge(double *objective, double *logloss, struct fw_expansion *e,
                                  const struct fw_feature_set *set, struct fw_error *err);

/* Grows `set` by one cross in up to beam_width ways. children: owned list (fw_free) of owned sets, the largest gain
 * first; none when nothing is significant. step: filled for the listener; its best_name is the caller's to free.
 * FW_E_STOPPED when the budget ends in between: what was recorded stays, children are then none. */
FW_NODISCARD
enum fw_status fw_expansion_run(struct fw_feature_set ***children, int32_t *n_children, struct fw_study_step *step,
                                struct fw_expansion *e, const struct fw_feature_set *set, struct fw_error *err);

#endif
