/* Parallel loops and the promise about them: the same binary on the same kind of processor gives the same bytes for any
 * number of threads. Work is cut by data, never by thread; partial sums are added in the order of the chunks. One level
 * of parallelism at a time: candidates side by side, or rows inside one.
 *
 *     int threads = fw_par_threads(options->threads);
 *     #pragma omp parallel for schedule(dynamic) num_threads(threads) */
#ifndef FW_CORE_PAR_H
#define FW_CORE_PAR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"

/* The number of threads to use: `requested`, or all processors of this process when it is 0. At least 1; 1 inside a
 * parallel region, so that levels never multiply. */
int fw_par_threads(int requested);

/* How long a waiting thread spins before it sleeps is read from the environment when libgomp is loaded, and its default
 * is for ever, nearly: on a machine with other work, a thread that spins takes the processor that the one it waits for
 * needs. A spin of some ten microseconds cost nothing measurable on an idle machine, and made small networks train ten
 * times as fast on a busy one. Sets that in the environment unless the user has said how to wait; true: it now differs
 * from what libgomp has read, and fw_machine_restart makes it hold. */
bool fw_par_settle_waiting(void);

/* The index of the calling thread within its region, from 0. For scratch memory only, never for results. */
int fw_par_thread_index(void);

/* Rows a chunk in loops over rows: fixed, so that sums do not depend on the number of threads. */
#define FW_PAR_CHUNK INT64_C(8192)

/* The failure of a loop whose passes run side by side: the one of the lowest index counts, whatever the timing.
 *
 *     struct fw_par_failure failure = {0};
 *     #pragma omp parallel for
 *     for (int64_t i = 0; i < n; i++) {
 *         struct fw_error own = {0};
 *         fw_par_failure_note(&failure, i, do_one(i, &own), &own);
 *     }
 *     return fw_par_failure_status(&failure, err); */
struct fw_par_failure {
    int64_t pass; /* index of the failed pass, from 1; 0: none failed */
    enum fw_status status;
    struct fw_error error;
};

/* Takes in how a pass ended; safe from any thread of a loop. FW_OK costs nothing. */
void fw_par_failure_note(struct fw_par_failure *failure, int64_t index, enum fw_status status,
                         const struct fw_error *own);

/* After the loop: FW_OK, or the failure that counts with its message. */
FW_NODISCARD
enum fw_status fw_par_failure_status(const struct fw_par_failure *failure, struct fw_error *err);

#endif
