/* Reading the trial store: decisions of a study and the files that it wrote. See query.h for what all queries have in
 * common. */
#ifndef FW_RESULTS_QUERY_DECISIONS_H
#define FW_RESULTS_QUERY_DECISIONS_H

#include <stdint.h>

#include "core/status.h"
#include "results/store/store.h"
#include "results/store/text_pool.h"
#include "results/trial_log.h"

struct fw_decision_row {
    struct fw_decision decision;
    int64_t made_us;       /* microseconds since 1970 UTC */
    const char *candidate; /* of its trial; NULL: none */
    double objective;      /* of its trial; NaN: none */
};

struct fw_decision_list {
    struct fw_decision_row *rows;
    int64_t n, capacity;
    struct fw_text_pool texts;
};

struct fw_artifact_row {
    struct fw_artifact artifact;
    int64_t written_us; /* microseconds since 1970 UTC */
};

struct fw_artifact_list {
    struct fw_artifact_row *rows;
    int64_t n, capacity;
    struct fw_text_pool texts;
};

/* The decisions of a study by step, within a step in the order in which they were made. */
FW_NODISCARD
enum fw_status fw_query_decisions(struct fw_decision_list *out, struct fw_store *store, int64_t study,
                                  struct fw_error *err);

/* The artifacts of a study in the order in which they were first written. */
FW_NODISCARD
enum fw_status fw_query_artifacts(struct fw_artifact_list *out, struct fw_store *store, int64_t study,
                                  struct fw_error *err);

/* Free what a query has filled in. */
void fw_decision_list_clear(struct fw_decision_list *list);
void fw_artifact_list_clear(struct fw_artifact_list *list);

#endif
