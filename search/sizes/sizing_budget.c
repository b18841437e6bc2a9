#include "search/sizes/sizing_budget.h"

enum fw_status fw_sizing_check_budget(int64_t budget, int64_t least, struct fw_error *err)
{
    if (budget >= least)
        return FW_OK;
    return fw_error_set(err, FW_E_ARG, "a budget of %lld bytes holds no embedding at all; the least is %lld bytes",
                        (long long)budget, (long long)least);
}

int64_t fw_sizing_least_choice(const struct fw_embedding_space *space)
{
    int64_t least = INT64_MAX;
    for (int32_t d = 0; d < space->n_decisions; d++) {
        for (int32_t c = 1; c < fw_embedding_space_choices(space, d); c++) {
            int64_t bytes = fw_embedding_space_choice_bytes(space, d, c);
            least = bytes < least ? bytes : least;
        }
    }
    return least;
}
