/* Choosing which columns of a generated table are crossed, and drawing what the crosses do to the label. */
#ifndef FW_SPACE_SYNTH_PLANT_H
#define FW_SPACE_SYNTH_PLANT_H

#include "space/synth_model.h"

/* What a random number of the generator is for, besides the column or cross that it belongs to. Never renumber. */
enum fw_synth_purpose {
    FW_SYNTH_FOR_CELLS,
    FW_SYNTH_FOR_COLUMN,  /* its shape: number of values, location, bands */
    FW_SYNTH_FOR_EFFECT,  /* its own effect */
    FW_SYNTH_FOR_LABEL,   /* which side of its probability a label falls on */
    FW_SYNTH_FOR_NOISE,   /* which columns are noise */
    FW_SYNTH_FOR_MEMBERS, /* which columns are crossed */
    FW_SYNTH_FOR_CROSS    /* a planted cross's effects */
};

/* A standard normal that belongs to (seed, stream, index). */
double fw_synth_normal_at(uint64_t seed, uint64_t stream, uint64_t index);

/* The level of a cell within a planted cross: its value or its quantile band. The cell is not empty. */
int64_t fw_synth_level(const struct fw_synth_column *column, double cell);

/* The number of levels. */
int64_t fw_synth_levels(const struct fw_synth_column *column);

/* The share of each value of a power law or of each level, among cells that are not empty, into shares (n). */
void fw_synth_value_shares(double *shares, const struct fw_synth_column *column, int64_t n);
void fw_synth_level_shares(double *shares, const struct fw_synth_column *column);

/* Plants the crosses that the options ask for into a model whose columns are there. FW_E_ARG when the columns do not
 * offer as many, FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_synth_plant(struct fw_synth_model *model, struct fw_error *err);

#endif
