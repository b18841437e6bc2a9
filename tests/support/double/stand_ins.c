/* What the build in double precision leaves out but its registry names. */
#include "models/registry.h"

/* Has no `build`: tests over all networks pass it by, as they do the real one. */
const struct fw_model_vtable fw_model_lr = {.api = FW_MODEL_API, .name = "lr"};
