#include "models/optimiser.h"

#include <stddef.h>
#include <string.h>

static const struct fw_optimiser_vtable *const optimisers[] = {
    &fw_optimiser_ftrl,
    &fw_optimiser_adagrad,
    &fw_optimiser_sgd,
    NULL,
};

const struct fw_optimiser_vtable *const *fw_optimiser_list(void)
{
    return optimisers;
}

enum fw_status fw_optimiser_init(struct fw_optimiser *optimiser, const char *name, const struct fw_params *params,
                                 struct fw_error *err)
{
    int32_t i = 0;
    while (optimisers[i] != NULL && strcmp(optimisers[i]->name, name) != 0)
        i++;
    if (optimisers[i] == NULL)
        return fw_error_set(err, FW_E_ARG, "there is no optimiser '%s'; there are ftrl, adagrad and sgd", name);
    struct fw_optimiser made = {
        .vtable = optimisers[i],
        .rate = (float)fw_params_get(params, "rate"),
        .beta = (float)fw_params_get(params, "beta"),
        .l1 = (float)fw_params_get(params, "l1"),
        .l2 = (float)fw_params_get(params, "l2"),
    };
    if (made.l1 > 0 && !made.vtable->takes_l1)
        return fw_error_set(err, FW_E_ARG, "optimiser %s takes no l1 (%g was given); use optimiser=ftrl or l1=0", name,
                            (double)made.l1);
    *optimiser = made;
    return FW_OK;
}
