/* A new store from a damaged one: every row whose digest is good, read from whatever pages are left.
 *
 * Rows are taken from the pages themselves (page_scan.h), so a broken tree, list of tables or header costs only what
 * lay on the broken page. A row is believed when its digest is good: a trial with its metrics, a study with its tags.
 * A metric whose trial number was changed is brought back to the trial that is good with it.
 * Numbers of studies and trials are kept. Where a study's own row is lost but trials of it are good, the study is kept
 * with what can be read of its row, a note that says so, and no key, so that no search goes on from it. */
#ifndef FW_RESULTS_CARE_SALVAGE_H
#define FW_RESULTS_CARE_SALVAGE_H

#include <stdint.h>

#include "core/text.h"
#include "results/store/store.h"

struct fw_salvage {
    int64_t n_studies, n_trials, n_metrics, n_decisions, n_artifacts; /* rows that are in the new store */
    int64_t n_lost_trials;   /* that should be there by what is known of their studies */
    struct fw_buffer losses; /* what was lost, a line for each, of trials with their numbers; empty: nothing known */
};

/* Reads the damaged store `from`, which is not changed, and writes the new store `to`, whole or not at all.
 * Fails, with nothing to clear, with FW_E_IO when `to` is there already or cannot be written; FW_E_CORRUPT when `from`
 * has not a single good row; FW_E_INPUT when it cannot be read at all; FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_salvage_file(struct fw_salvage *out, const char *from, const char *to,
                               const struct fw_store_options *options, struct fw_error *err);

void fw_salvage_clear(struct fw_salvage *result);

#endif
