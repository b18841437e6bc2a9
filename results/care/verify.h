/* Is a store what fieldwise wrote? Finds every value that was changed, lost or added behind its back: by a failing
 * disk, a bad copy, or somebody's SQL.
 *
 * Five looks, in one read transaction: SQLite's own integrity_check, references that lead nowhere, the tables against
 * those of a fresh store of the same version, the digest of each row, and of each study the count of what belongs to
 * it, the sum of its digests and the numbers of its trials. A file of version 1 has no digests: only its structure is
 * looked at, and a remark says so.
 *
 *     struct fw_verify result;
 *     FW_TRY(fw_verify_file(&result, "fieldwise.db", &options, err));
 *     for (int64_t i = 0; i < result.n; i++)
 *         print(result.findings[i].text);
 *     fw_verify_clear(&result); */
#ifndef FW_RESULTS_CARE_VERIFY_H
#define FW_RESULTS_CARE_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "results/store/store.h"
#include "results/store/text_pool.h"

#define FW_VERIFY_MAX_FINDINGS 1000 /* kept; all are counted */

struct fw_finding {
    bool remark;      /* worth knowing, but no damage */
    int64_t study;    /* 0: of no study */
    int64_t trial;    /* its number; 0: of no trial */
    const char *text; /* one line for people, naming study and trial */
};

struct fw_verify {
    struct fw_finding *findings;
    int64_t n, capacity;
    int64_t n_damages; /* also those beyond the findings that are kept; 0: the store is what was written */
    int64_t version;   /* of the tables */
    int64_t n_studies, n_trials, n_metrics, n_decisions, n_artifacts; /* rows read */
    struct fw_text_pool texts;
};

/* Looks at a file and changes nothing in it (like every reader it takes back what a killed process left half-done).
 * FW_OK whatever was found: see n_damages. Fails, with nothing to clear, when it cannot be looked at at all: FW_E_INPUT
 * there is no file, FW_E_CORRUPT it cannot be read as a store, or is another program's or newer; FW_E_IO, FW_E_NOMEM.
 */
FW_NODISCARD
enum fw_status fw_verify_file(struct fw_verify *out, const char *path, const struct fw_store_options *options,
                              struct fw_error *err);

void fw_verify_clear(struct fw_verify *result);

#endif
