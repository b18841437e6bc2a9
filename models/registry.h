/* The list of all models. To add one: a file with its table, and a line in registry.c. */
#ifndef FW_MODELS_REGISTRY_H
#define FW_MODELS_REGISTRY_H

#include "models/model.h"

extern const struct fw_model_vtable fw_model_lr;
extern const struct fw_model_vtable fw_model_fm;
extern const struct fw_model_vtable fw_model_ffm;
extern const struct fw_model_vtable fw_model_fwfm;
extern const struct fw_model_vtable fw_model_fpenn;
extern const struct fw_model_vtable fw_model_dnn;
extern const struct fw_model_vtable fw_model_wdl;
extern const struct fw_model_vtable fw_model_deepfm;
extern const struct fw_model_vtable fw_model_deepcrossing;
extern const struct fw_model_vtable fw_model_pnn;
extern const struct fw_model_vtable fw_model_dcn;
extern const struct fw_model_vtable fw_model_dcnv2;
extern const struct fw_model_vtable fw_model_xdeepfm;
extern const struct fw_model_vtable fw_model_single_task;
extern const struct fw_model_vtable fw_model_shared_bottom;
extern const struct fw_model_vtable fw_model_l2_constrained;
extern const struct fw_model_vtable fw_model_cross_stitch;
extern const struct fw_model_vtable fw_model_omoe;
extern const struct fw_model_vtable fw_model_mmoe;
extern const struct fw_model_vtable fw_model_ml_mmoe;
extern const struct fw_model_vtable fw_model_ple;
extern const struct fw_model_vtable fw_model_esmm;
extern const struct fw_model_vtable fw_model_pal;
extern const struct fw_model_vtable fw_model_snr_trans;
extern const struct fw_model_vtable fw_model_snr_aver;
extern const struct fw_model_vtable fw_model_snr;

/* All models, NULL-ended. */
const struct fw_model_vtable *const *fw_model_list(void);

/* A model's table by name; FW_E_ARG listing the known names, with the nearest if it looks like a slip. */
FW_NODISCARD
enum fw_status fw_model_find(const struct fw_model_vtable **out, const char *name, struct fw_error *err);

#endif
