/* The learning rate over the steps of a training: a rise at the beginning, then level or falling.
 *
 *     struct fw_schedule schedule = {.kind = FW_SCHEDULE_COSINE, .warmup = 100, .total = 5000};
 *     rate * fw_schedule_factor(&schedule, step)
 *
 * A pure function of the step, so that a resumed training goes on where it was. */
#ifndef FW_MODELS_SCHEDULE_H
#define FW_MODELS_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/* In the order of fw_schedule_names. */
enum fw_schedule_kind { FW_SCHEDULE_CONSTANT, FW_SCHEDULE_LINEAR, FW_SCHEDULE_COSINE };

struct fw_schedule {
    enum fw_schedule_kind kind;
    int64_t warmup; /* steps until the factor is 1; 0: at once */
    int64_t total;  /* steps at the end of which the falling kinds would be 0 */
};

/* Whether the factor is anything but 1 all the time. */
bool fw_schedule_varies(const struct fw_schedule *schedule);

/* The factor of this step, from 0: in (0, 1], also past `total`. */
double fw_schedule_factor(const struct fw_schedule *schedule, int64_t step);

#endif
