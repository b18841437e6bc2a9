/* Choosing which columns of a generated table are crossed, and drawing what the crosses do to the label. */
#ifndef FW_SPACE_SYNTH_PLANT_H
#define FW_SPACE_SYNTH_PLANT_H

#include "space/synth/synth_model.h"

/* The level of a cell within a planted cross: its value or its quantile band. The cell is not empty. */
int64_t fw_synth_level(const struct fw_synth_column *column, double cell);

/* The number of levels. */
int64_t fw_synth_levels(const struct fw_synth_column *column);

/* The share of each level, among cells that are not empty, into shares (levels). */
void fw_synth_level_shares(double *shares, const struct fw_synth_column *column);

/* Plants the crosses that the options ask for into a model whose columns are there. FW_E_ARG when the columns do not
 * offer as many, FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_synth_plant(struct fw_synth_model *model, struct fw_error *err);

#endif
