/* Parallel loops and the promise about them: the same binary on the same kind of processor gives the same bytes for any
 * number of threads. Work is cut by data, never by thread; partial sums are added in the order of the chunks. One level
 * of parallelism at a time: candidates side by side, or rows inside one.
 *
 *     int threads = fw_par_threads(options->threads);
 *     #pragma omp parallel for schedule(dynamic) num_threads(threads) */
#ifndef FW_CORE_PAR_H
#define FW_CORE_PAR_H

#include <stdint.h>

/* The number of threads to use: `requested`, or all processors of this process when it is 0. At least 1; 1 inside a
 * parallel region, so that levels never multiply. */
int fw_par_threads(int requested);

/* The index of the calling thread within its region, from 0. For scratch memory only, never for results. */
int fw_par_thread_index(void);

/* Rows a chunk in loops over rows: fixed, so that sums do not depend on the number of threads. */
#define FW_PAR_CHUNK INT64_C(8192)

/* The number of fixed-size chunks that cover n rows. */
static inline int64_t fw_par_chunks(int64_t n)
{
    return (n + FW_PAR_CHUNK - 1) / FW_PAR_CHUNK;
}

#endif
