#include "core/par.h"

#include <omp.h>
#include <stdlib.h>

int fw_par_threads(int requested)
{
    if (omp_in_parallel())
        return 1;
    if (requested > 0)
        return requested;
    int available = omp_get_num_procs();
    return available > 0 ? available : 1;
}

bool fw_par_settle_waiting(void)
{
    return getenv("OMP_WAIT_POLICY") == NULL && getenv("GOMP_SPINCOUNT") == NULL &&
           setenv("GOMP_SPINCOUNT", "10000", 1) == 0;
}

int fw_par_thread_index(void)
{
    return omp_get_thread_num();
}

void fw_par_failure_note(struct fw_par_failure *failure, int64_t index, enum fw_status status,
                         const struct fw_error *own)
{
    if (status == FW_OK)
        return;
#pragma omp critical(fw_par_failure)
    if (failure->pass == 0 || index + 1 < failure->pass)
        *failure = (struct fw_par_failure){index + 1, status, *own};
}

enum fw_status fw_par_failure_status(const struct fw_par_failure *failure, struct fw_error *err)
{
    return failure->pass == 0 ? FW_OK : fw_error_set(err, failure->status, "%s", failure->error.message);
}
