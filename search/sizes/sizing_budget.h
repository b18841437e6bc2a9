/* The least that a budget of bytes must hold, for functions that choose embedding sizes within one. */
#ifndef FW_SEARCH_SIZING_BUDGET_H
#define FW_SEARCH_SIZING_BUDGET_H

#include "space/embedding_space.h"

/* FW_E_ARG when the budget is below `least`; the message names both. */
FW_NODISCARD
enum fw_status fw_sizing_check_budget(int64_t budget, int64_t least, struct fw_error *err);

/* Bytes of the cheapest choice of any decision that keeps something. */
int64_t fw_sizing_least_choice(const struct fw_embedding_space *space);

#endif
