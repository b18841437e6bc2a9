#include "models/engine/optimiser.h"

#include <stddef.h>
#include <string.h>

static const struct fw_optimiser_vtable *const optimisers[] = {
    &fw_optimiser_ftrl, &fw_optimiser_adagrad, &fw_optimiser_adam, &fw_optimiser_sgd, NULL,
};

const struct fw_optimiser_vtable *const *fw_optimiser_list(void)
{
    return optimisers;
}

enum fw_status fw_optimiser_make(struct fw_optimiser *optimiser, const char *name, double rate, double beta, double l1,
                                 double l2, struct fw_error *err)
{
    int32_t i = 0;
    while (optimisers[i] != NULL && strcmp(optimisers[i]->name, name) != 0)
        i++;
    if (optimisers[i] == NULL)
        return fw_error_set(err, FW_E_ARG, "there is no optimiser '%s'; there are ftrl, adagrad, adam and sgd", name);
    if (l1 > 0 && !optimisers[i]->takes_l1)
        return fw_error_set(err, FW_E_ARG, "optimiser %s takes no l1 (%g was given); use optimiser=ftrl or l1=0", name,
                            l1);
    *optimiser = (struct fw_optimiser){
        .vtable = optimisers[i], .rate = (fw_real)rate, .beta = (fw_real)beta, .l1 = (fw_real)l1, .l2 = (fw_real)l2};
    return FW_OK;
}

enum fw_status fw_optimiser_init(struct fw_optimiser *optimiser, const char *name, const struct fw_params *params,
                                 struct fw_error *err)
{
    return fw_optimiser_make(optimiser, name, fw_params_get(params, "rate"), fw_params_get(params, "beta"),
                             fw_params_get(params, "l1"), fw_params_get(params, "l2"), err);
}
