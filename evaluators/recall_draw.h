/* Inside of recall: competitors of a held-out item, and figures from ranks. Not for others. */
#ifndef FW_EVALUATORS_RECALL_DRAW_H
#define FW_EVALUATORS_RECALL_DRAW_H

#include "evaluators/recall.h"

/* The rank of an item without an id: below every cut. */
#define FW_RANK_NONE UINT32_MAX

/* Whether an item is in the known part of a history, before `place`. */
bool fw_recall_seen(const struct fw_interactions *data, int64_t history, int64_t place, uint32_t item);

/* Draws the competitors of a user into ids (task->negatives). Their number. */
int64_t fw_recall_draw(uint32_t *ids, const struct fw_recall_task *task, int64_t history);

/* The known items of a history but the target and unknown ones, rising, each once, into ids (its length). Their number.
 */
int64_t fw_recall_list_seen(uint32_t *ids, const struct fw_interactions *data, int64_t history, int64_t place);

/* Figures from ranks (n) and losses (n; NULL: none). */
void fw_recall_sum(struct fw_recall *out, const uint32_t *ranks, const float *losses, int64_t n);

#endif
