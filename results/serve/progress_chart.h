/* The picture of a running study: its trials' objectives with the best so far. */
#ifndef FW_RESULTS_PROGRESS_CHART_H
#define FW_RESULTS_PROGRESS_CHART_H

#include "core/text.h"
#include "results/query/query.h"

/* Appends the picture, or nothing while fewer than two trials have an objective. FW_E_IO, FW_E_CORRUPT or FW_E_NOMEM as
 * store.h says. */
FW_NODISCARD
enum fw_status fw_progress_chart_add(struct fw_buffer *out, struct fw_store *store, const struct fw_study_row *study,
                                     struct fw_error *err);

#endif
