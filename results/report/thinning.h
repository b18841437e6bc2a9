/* Fewer points for pictures of many: what is left out could not be told from what is drawn. */
#ifndef FW_RESULTS_THINNING_H
#define FW_RESULTS_THINNING_H

#include <stdbool.h>
#include <stdint.h>

/* Of n points (x rising) between x low and high in so many columns of equal width, each column keeps its first, its
 * last, its lowest and its highest. Points with a y that is not finite, or outside [low, high], go. kept: (n) gets the
 * places of the points kept, rising; returns how many: at most 4 a column. */
int64_t fw_thin_columns(int64_t *kept, const double *x, const double *y, int64_t n, double low, double high,
                        int columns);

/* The best so far: places of points whose y is better (the most, or the least) than all before, NaN left out. kept:
 * (n). Returns how many. */
int64_t fw_thin_best(int64_t *kept, const double *y, int64_t n, bool maximise);

/* The line of the best so far for a picture of so many columns: where several improvements fall into a column the last
 * is kept. kept, n_kept: as fw_thin_best gave them; returns how many are left. */
int64_t fw_thin_steps(int64_t *kept, int64_t n_kept, const double *x, double low, double high, int columns);

/* An even choice of `most` (at least 1) of n things, the first among them: whether place i is chosen. */
bool fw_thin_chosen(int64_t i, int64_t n, int64_t most);

#endif
