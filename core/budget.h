/* What a run may spend, and the wish to stop. One struct for every search and trainer; checked between pieces of work.
 * A stop flag may be set from a signal handler or another thread. */
#ifndef FW_CORE_BUDGET_H
#define FW_CORE_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct fw_budget {
    double started;   /* fw_clock_seconds() when the run began */
    double seconds;   /* allowed since `started`; 0: no limit */
    atomic_int *stop; /* borrowed; non-zero: stop soon. NULL: nobody asks */
};

/* True when work should end: somebody asked to stop, or the time is over. */
bool fw_budget_stopped(const struct fw_budget *budget);

/* True when the time is over. */
bool fw_budget_out_of_time(const struct fw_budget *budget);

/* Seconds left; a large number without a limit; never negative. */
double fw_budget_seconds_left(const struct fw_budget *budget);

#endif
