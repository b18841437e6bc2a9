/* The text of a generated table as numbers: for statistics in tests. */
#ifndef FW_TESTS_SUPPORT_GRIDS_H
#define FW_TESTS_SUPPORT_GRIDS_H

#include <stdint.h>

struct grid {
    int64_t rows, columns;
    char header[4096];
    double *cells; /* (rows, columns); empty: NaN; of a text ending in digits: these */
};

/* Reads a text of lines with commas, the first of them names; fails the test unless all lines are as long. */
struct grid grid_of(const char *text);
void grid_clear(struct grid *grid);

double grid_at(const struct grid *grid, int64_t row, int64_t column);

/* The column of this name; fails the test when there is none. */
int64_t grid_find(const struct grid *grid, const char *name);

/* Mean of a column over rows that have it; correlation of two over rows that have both. */
double grid_mean(const struct grid *grid, int64_t column);
double grid_correlation(const struct grid *grid, int64_t a, int64_t b);

#endif
