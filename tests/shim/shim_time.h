/* The time that the main thread has spent in SQLite (shim_time.c). */
#ifndef FW_TESTS_SHIM_TIME_H
#define FW_TESTS_SHIM_TIME_H

double shim_seconds_in_sqlite(void);

#endif
