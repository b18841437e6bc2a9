/* The list of all models. To add one: a file with its table, and a line in registry.c. */
#ifndef FW_MODELS_REGISTRY_H
#define FW_MODELS_REGISTRY_H

#include "models/model.h"

extern const struct fw_model_vtable fw_model_lr;

/* All models, NULL-ended. */
const struct fw_model_vtable *const *fw_model_list(void);

/* A model's table by name; FW_E_ARG listing the known names, with the nearest if it looks like a slip. */
FW_NODISCARD
enum fw_status fw_model_find(const struct fw_model_vtable **out, const char *name, struct fw_error *err);

#endif
