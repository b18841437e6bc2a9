/* The columns of a generated table: what each is, and its own effect on the label. */
#ifndef FW_SPACE_SYNTH_COLUMNS_H
#define FW_SPACE_SYNTH_COLUMNS_H

#include "space/synth/synth_model.h"

/* Makes the columns that the options ask for into a model that has none yet. FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_synth_columns_create(struct fw_synth_model *model, struct fw_error *err);

/* What a cell that is not empty adds to the logit by itself. */
double fw_synth_own_effect(const struct fw_synth_column *column, double cell);

#endif
