/* What each cross of a study gained, and each field over the crosses in which it takes part.
 *
 * The lists are to be cleared; texts belong to them. On failure there is nothing to clear. */
#ifndef FW_RESULTS_IMPORTANCE_CROSSES_H
#define FW_RESULTS_IMPORTANCE_CROSSES_H

#include "results/query/query.h"

/* A trial of a cross with what it gained. */
struct fw_cross_effect {
    int64_t trial;
    int32_t step;
    const char *cross; /* "age@10 x occupation" */
    double gain, gain_low, gain_high;
    bool accepted;
};

/* A column in the crosses. */
struct fw_field_effect {
    const char *field;                /* "age": bins of one column count together */
    double gain, gain_low, gain_high; /* sums over the accepted crosses in which it takes part; NaN without any */
    int64_t n_accepted, n_tried;
    int64_t n_beyond; /* trials whose interval lies above 0 */
    double best;      /* highest gain of a single trial */
};

struct fw_cross_effects {
    struct fw_cross_effect *crosses; /* the accepted ones by step, then the others by gain, highest first */
    struct fw_field_effect *fields;  /* by gain, then by best */
    int64_t n_crosses, n_fields, capacity[2];
    struct fw_text_pool texts;
};

/* The gains of a study of crosses; none when it has no trial of a cross with a gain. */
FW_NODISCARD
enum fw_status fw_importance_of_crosses(struct fw_cross_effects *out, struct fw_store *store, int64_t study,
                                        struct fw_error *err);
void fw_cross_effects_clear(struct fw_cross_effects *effects);

#endif
