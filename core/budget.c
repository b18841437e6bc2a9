#include "core/budget.h"

#include <stddef.h>

#include "core/clock.h"

bool fw_budget_stopped(const struct fw_budget *budget)
{
    if (budget == NULL)
        return false;
    return (budget->stop != NULL && atomic_load(budget->stop) != 0) || fw_budget_out_of_time(budget);
}

double fw_budget_seconds_left(const struct fw_budget *budget)
{
    if (budget == NULL || budget->seconds <= 0)
        return 1e18;
    double left = budget->started + budget->seconds - fw_clock_seconds();
    return left > 0 ? left : 0;
}

bool fw_budget_out_of_time(const struct fw_budget *budget)
{
    return fw_budget_seconds_left(budget) <= 0;
}
