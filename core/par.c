#include "core/par.h"

#include <omp.h>

int fw_par_threads(int requested)
{
    if (omp_in_parallel())
        return 1;
    if (requested > 0)
        return requested;
    int available = omp_get_num_procs();
    return available > 0 ? available : 1;
}

int fw_par_thread_index(void)
{
    return omp_get_thread_num();
}
