/* Search drivers: which children of a feature set are looked at, and how closely. All else (judging by refit,
 * acceptance, recording, budgets, resuming) is the study's and the same for every driver, so that drivers compare like
 * with like.
 *
 * A driver is a stateless table; what it draws at random hangs on (seed, step) alone. */
#ifndef FW_SEARCH_DRIVER_H
#define FW_SEARCH_DRIVER_H

#include <stdint.h>

#include "evaluators/evaluator.h"

#define FW_DRIVER_API 1

struct fw_driver_vtable {
    int api;             /* FW_DRIVER_API */
    const char *name;    /* "autocross": stored in results, never reused */
    const char *summary; /* one line for --help */
    bool screens;        /* candidates go through the evaluator and successive halving before refits */
    /* OPTIONAL. Chooses what is refitted without a screen: moves the chosen ones to the front of candidates (n) and
     * returns their number. NULL with screens: the survivors of halving are. */
    int64_t (*choose)(struct fw_candidate *candidates, int64_t n, int64_t finalists, uint64_t seed, int32_t step);
};

extern const struct fw_driver_vtable fw_driver_autocross;
extern const struct fw_driver_vtable fw_driver_random;
extern const struct fw_driver_vtable fw_driver_exhaustive;

/* By name; FW_E_ARG listing the known names. */
FW_NODISCARD
enum fw_status fw_driver_find(const struct fw_driver_vtable **out, const char *name, struct fw_error *err);

/* All drivers, NULL-ended. */
const struct fw_driver_vtable *const *fw_driver_list(void);

#endif
