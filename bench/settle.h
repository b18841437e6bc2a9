/* What every benchmark that may run a network begins with: OpenBLAS's kernels are those that `fieldwise` would use. */
#ifndef FW_BENCH_SETTLE_H
#define FW_BENCH_SETTLE_H

#include "core/machine.h"
#include "models/engine/gemm.h"

static inline void fw_bench_settle(char **argv)
{
    if (fw_gemm_settle_kernels())
        fw_machine_restart(argv);
}

#endif
