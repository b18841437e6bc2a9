#include "models/registry.h"

#include <stdio.h>
#include <string.h>

#include "core/nearest.h"

static const struct fw_model_vtable *const models[] = {
    &fw_model_lr,
    &fw_model_fm,
    &fw_model_ffm,
    &fw_model_fwfm,
    &fw_model_fpenn,
    &fw_model_dnn,
    &fw_model_wdl,
    &fw_model_deepfm,
    &fw_model_deepcrossing,
    &fw_model_pnn,
    &fw_model_dcn,
    &fw_model_dcnv2,
    &fw_model_xdeepfm,
    &fw_model_single_task,
    &fw_model_shared_bottom,
    &fw_model_l2_constrained,
    &fw_model_cross_stitch,
    &fw_model_omoe,
    &fw_model_mmoe,
    &fw_model_ml_mmoe,
    &fw_model_ple,
    &fw_model_esmm,
    &fw_model_pal,
    &fw_model_snr_trans,
    &fw_model_snr_aver,
    &fw_model_snr,
    NULL,
};

const struct fw_model_vtable *const *fw_model_list(void)
{
    return models;
}

enum fw_status fw_model_find(const struct fw_model_vtable **out, const char *name, struct fw_error *err)
{
    char known[512] = "";
    const char *names[sizeof models / sizeof models[0]];
    int64_t n_names = 0;
    size_t at = 0;
    for (int32_t i = 0; models[i] != NULL; i++) {
        if (strcmp(models[i]->name, name) == 0) {
            *out = models[i];
            return FW_OK;
        }
        names[n_names++] = models[i]->name;
        int n = snprintf(known + at, sizeof known - at, "%s%s", i > 0 ? ", " : "", models[i]->name);
        at = at + (size_t)n < sizeof known ? at + (size_t)n : sizeof known - 1;
    }
    int64_t near = fw_nearest_name(name, names, n_names);
    if (near >= 0)
        return fw_error_set(err, FW_E_ARG, "there is no model '%.64s'; did you mean '%s'? known: %s", name, names[near],
                            known);
    return fw_error_set(err, FW_E_ARG, "there is no model '%.64s'; known: %s", name, known);
}
