/* Tables in which the right embedding sizes are known: columns of three sorts whose values act in pairs through latent
 * vectors, as in a factorisation machine.
 *
 * Every value of a tail column has an effect and a vector of its own, as large for rare values as for common ones; of a
 * head column only the commonest have, and the values behind them share one of each; a useless column has neither. Of
 * two columns the inner product of the vectors is added to the logit. Vectors have a mean of 0, weighted by frequency,
 * so that no value says anything by its vector alone; a column of rank r uses the first r coordinates. Hence a
 * factorisation machine needs rows for exactly the values that have a vector of their own, and a width of r. */
#ifndef FW_SPACE_SYNTH_SIZES_H
#define FW_SPACE_SYNTH_SIZES_H

#include "core/rng.h"
#include "space/synth/synth_model.h"

/* "tail", "head", "useless". */
const char *fw_synth_sort_name(enum fw_synth_sort sort);

/* Makes a column of categories whose sort is drawn among those still to be placed; placed: (sorts) how many columns
 * of each there are so far, counted on here. */
void fw_synth_sizes_shape(struct fw_synth_column *column, const struct fw_synth_options *options, int64_t index,
                          int64_t *placed, struct fw_rng *place);

/* Draws the latent vectors of a model whose columns are there; of other kinds: nothing. FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_synth_sizes_draw(struct fw_synth_model *model, struct fw_error *err);

/* Adds what the pairs of columns say to the logits (n) of rows with these cells (n_columns, n). */
void fw_synth_sizes_add_pairs(double *logits, const struct fw_synth_model *model, const double *cells, int64_t n);

#endif
