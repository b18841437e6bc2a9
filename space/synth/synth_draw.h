/* What the parts of the generator draw with: named random numbers, power laws, effects of a given strength. */
#ifndef FW_SPACE_SYNTH_DRAW_H
#define FW_SPACE_SYNTH_DRAW_H

#include "space/synth/synth_model.h"

/* What a random number of the generator is for, besides the column or cross that it belongs to. Never renumber. */
enum fw_synth_purpose {
    FW_SYNTH_FOR_CELLS,
    FW_SYNTH_FOR_COLUMN,  /* its shape: number of values, location, bands */
    FW_SYNTH_FOR_EFFECT,  /* its own effect */
    FW_SYNTH_FOR_LABEL,   /* which side of its probability a label falls on */
    FW_SYNTH_FOR_NOISE,   /* which columns are noise, and of which sort */
    FW_SYNTH_FOR_MEMBERS, /* which columns are crossed */
    FW_SYNTH_FOR_CROSS,   /* a planted cross's effects */
    FW_SYNTH_FOR_VECTOR,  /* the latent vectors of a column's values */
    FW_SYNTH_FOR_WEIGHTS, /* directions and weights of tasks */
    FW_SYNTH_FOR_ERROR,   /* what a label has beyond its inputs */
    FW_SYNTH_FOR_SHOWN,   /* which rows have a label, and where rows are shown */
    FW_SYNTH_FOR_OTHER    /* what effects on a second outcome do not share with those on the first */
};

/* A standard normal that belongs to (seed, stream, index). */
double fw_synth_normal_at(uint64_t seed, uint64_t stream, uint64_t index);

/* Values are whole parts of a continuous power law on [1, cardinality + 1): one formula draws from three values or ten
 * million, without a table. Set needs the cardinality; draw turns a uniform number into a value. */
void fw_synth_set_power_law(struct fw_synth_column *column, double power);
int64_t fw_synth_draw_power_law(const struct fw_synth_column *column, double u);

/* The share of each of the first n values, among cells that are not empty, into shares (n). */
void fw_synth_value_shares(double *shares, const struct fw_synth_column *column, int64_t n);

/* Shifts and scales values (n) to a weighted mean of 0 and the sum of shares x squares deviation^2; all equal: to 0. */
void fw_synth_standardise(double *values, const double *shares, int64_t n, double deviation);

#endif
