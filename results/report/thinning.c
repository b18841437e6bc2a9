#include "results/report/thinning.h"

#include <math.h>

static int column_of(double x, double low, double high, int columns)
{
    double share = high > low ? (x - low) / (high - low) : 0;
    int column = (int)(share * columns);
    return column < columns ? column : columns - 1;
}

/* Appends the four places of a column in rising order, each once. */
static int64_t flush(int64_t *kept, int64_t n, const int64_t places[4])
{
    int64_t sorted[4];
    for (int i = 0; i < 4; i++) {
        int at = i;
        for (; at > 0 && sorted[at - 1] > places[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = places[i];
    }
    for (int i = 0; i < 4; i++) {
        if (i == 0 || sorted[i] != sorted[i - 1])
            kept[n++] = sorted[i];
    }
    return n;
}

enum { first, last, lowest, highest };

int64_t fw_thin_columns(int64_t *kept, const double *x, const double *y, int64_t n, double low, double high,
                        int columns)
{
    int64_t places[4] = {-1, -1, -1, -1};
    int64_t n_kept = 0;
    int present = -1;
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(y[i]) || !(x[i] >= low) || !(x[i] <= high))
            continue;
        int column = column_of(x[i], low, high, columns);
        if (column != present) {
            n_kept = present >= 0 ? flush(kept, n_kept, places) : n_kept;
            places[first] = places[last] = places[lowest] = places[highest] = i;
            present = column;
        }
        places[last] = i;
        places[lowest] = y[i] < y[places[lowest]] ? i : places[lowest];
        places[highest] = y[i] > y[places[highest]] ? i : places[highest];
    }
    return present >= 0 ? flush(kept, n_kept, places) : n_kept;
}

int64_t fw_thin_best(int64_t *kept, const double *y, int64_t n, bool maximise)
{
    int64_t n_kept = 0;
    for (int64_t i = 0; i < n; i++) {
        if (isnan(y[i]))
            continue;
        double best = n_kept > 0 ? y[kept[n_kept - 1]] : (double)NAN;
        if (n_kept == 0 || (maximise ? y[i] > best : y[i] < best))
            kept[n_kept++] = i;
    }
    return n_kept;
}

int64_t fw_thin_steps(int64_t *kept, int64_t n_kept, const double *x, double low, double high, int columns)
{
    int64_t n = 0;
    for (int64_t i = 0; i < n_kept; i++) {
        bool same = n > 0 && column_of(x[kept[n - 1]], low, high, columns) == column_of(x[kept[i]], low, high, columns);
        kept[same ? n - 1 : n++] = kept[i];
    }
    return n;
}

bool fw_thin_chosen(int64_t i, int64_t n, int64_t most)
{
    if (n <= most)
        return true;
    /* the place begins a new of `most` equal parts; in double, since the products may not fit */
    double part = (double)n / (double)most;
    return i == 0 || floor((double)i / part) != floor((double)(i - 1) / part);
}
