/* How a search is getting on, told by the times of its latest trials. */
#ifndef FW_RESULTS_PACE_H
#define FW_RESULTS_PACE_H

#include <stdint.h>

#include "core/status.h"
#include "results/store/store.h"

struct fw_pace {
    double rate;         /* trials a second over the last hundred; NaN: fewer than two */
    double last_seconds; /* of the latest trial; NaN: there is none */
    int64_t last_number; /* of it; 0: there is none */
};

/* FW_E_IO, FW_E_CORRUPT or FW_E_NOMEM as store.h says. */
FW_NODISCARD
enum fw_status fw_pace_query(struct fw_pace *out, struct fw_store *store, int64_t study, struct fw_error *err);

#endif
