/* Time: a monotonic clock for durations, the calendar for records. */
#ifndef FW_CORE_CLOCK_H
#define FW_CORE_CLOCK_H

#include <stdint.h>

/* Seconds on a clock that only goes forward; meaningful as differences. */
double fw_clock_seconds(void);

/* Microseconds since 1970 UTC. */
int64_t fw_clock_utc_us(void);

#endif
