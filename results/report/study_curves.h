/* The learning curves of a study: figures that trials have at several steps. */
#ifndef FW_RESULTS_STUDY_CURVES_H
#define FW_RESULTS_STUDY_CURVES_H

#include "results/report/study_facts.h"

/* A figure of a trial at two steps or more. */
struct fw_study_curve {
    const char *name; /* belongs to the list */
    int64_t place;    /* of the trial */
    int64_t n;        /* points */
};

struct fw_study_curves {
    struct fw_study_curve *rows; /* by name, those of a name by trial */
    int64_t n, capacity;
    struct fw_text_pool texts;
    struct fw_allocator *mem;
};

/* All curves whose name does not begin with `without`. Gates of a routing are thousands: "gate ". Step 0 is a point of
 * trainings, which are judged before their first epoch; elsewhere it is a figure of the whole trial and no point. On
 * failure there is nothing to clear. */
FW_NODISCARD
enum fw_status fw_study_curves_list(struct fw_study_curves *out, const struct fw_study_facts *facts,
                                    const char *without, struct fw_error *err);
void fw_study_curves_clear(struct fw_study_curves *curves);

/* The points of one curve into steps and values, (curve->n) each; *n_out how many are there now. */
FW_NODISCARD
enum fw_status fw_study_curve_points(int64_t *n_out, double *steps, double *values, const struct fw_study_curve *curve,
                                     const struct fw_study_facts *facts, struct fw_error *err);

#endif
