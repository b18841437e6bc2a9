/* How a search of settings spends its epochs: as brackets of successive halving.
 *
 * A bracket draws n configurations and trains each for a few epochs; the best third goes on to three times as many, and
 * so on up to all epochs. Random search is the bracket of one configuration that is trained in full at once. Hyperband
 * (Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar: JMLR 18(185), 2018, algorithm 1) runs brackets from many
 * configurations with few epochs to few with all, because nobody knows beforehand how early a curve tells its end.
 *
 * A method is a stateless table; drawing, training, judging, recording and resuming are the search's (tune.h) and the
 * same for every method, so that methods compare like with like. */
#ifndef FW_SEARCH_TUNE_METHOD_H
#define FW_SEARCH_TUNE_METHOD_H

#include <stdint.h>

#include "core/status.h"

#define FW_TUNE_METHOD_API 1

/* One in so many goes on to so many times the epochs. */
#define FW_TUNE_ETA INT64_C(3)

#define FW_TUNE_MAX_RUNGS 40

struct fw_tune_bracket {
    int64_t n; /* configurations that it draws */
    int32_t n_rungs;
    int64_t epochs[FW_TUNE_MAX_RUNGS]; /* of each configuration at a rung, those of earlier rungs included; rising */
};

struct fw_tune_method {
    int api;             /* FW_TUNE_METHOD_API */
    const char *name;    /* "hyperband": stored in results, never reused */
    const char *summary; /* one line for --help */
    /* REQUIRED. Bracket `number`, from 0, of a run of up to max_epochs (at least 1) epochs a configuration. There is
     * always a further one: the search ends by its limits. */
    void (*bracket)(struct fw_tune_bracket *out, int64_t number, int64_t max_epochs);
    /* REQUIRED. Configurations of a run when nobody says how many. */
    int64_t (*trials)(int64_t max_epochs);
};

extern const struct fw_tune_method fw_tune_method_hyperband;
extern const struct fw_tune_method fw_tune_method_random;

/* By name; FW_E_ARG listing the known names. */
FW_NODISCARD
enum fw_status fw_tune_method_find(const struct fw_tune_method **out, const char *name, struct fw_error *err);

/* All methods, NULL-ended. */
const struct fw_tune_method *const *fw_tune_method_list(void);

/* Bracket s of Hyperband, from s_max to 0: n = ceil((s_max + 1) / (s + 1) * eta^s) configurations, rung i of
 * R eta^(i - s) epochs, to the nearest whole number and at least 1. */
void fw_tune_hyperband_bracket(struct fw_tune_bracket *out, int32_t s, int64_t max_epochs);

/* s_max = floor(log_eta(max_epochs)). */
int32_t fw_tune_hyperband_s_max(int64_t max_epochs);

/* Of n configurations that a bracket started with, those left at rung i: floor(n eta^-i), at least one of any. */
int64_t fw_tune_rung_size(int64_t n, int32_t rung);

#endif
