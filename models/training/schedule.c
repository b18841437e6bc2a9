#include "models/training/schedule.h"

#include <math.h>

bool fw_schedule_varies(const struct fw_schedule *schedule)
{
    return schedule->kind != FW_SCHEDULE_CONSTANT || schedule->warmup > 0;
}

double fw_schedule_factor(const struct fw_schedule *schedule, int64_t step)
{
    if (step < schedule->warmup)
        return (double)(step + 1) / (double)schedule->warmup;
    int64_t after = schedule->total - schedule->warmup;
    int64_t at = step - schedule->warmup;
    if (schedule->kind == FW_SCHEDULE_CONSTANT || after <= 0)
        return 1;
    if (at >= after)
        at = after - 1; /* the last step that moves anything */
    double left = (double)(after - at) / (double)after;
    if (schedule->kind == FW_SCHEDULE_LINEAR)
        return left;
    double half = sin(left * acos(-1.0) / 2); /* sin^2 of half the angle: no cancellation near the end */
    return half * half;
}
