#include "results/insight/pareto.h"

#include <math.h>
#include <stdlib.h>

/* A row with all its figures turned so that lower is better. */
struct point {
    const double *figures;
    int64_t index;
    int n;
};

static int compare_points(const void *a, const void *b)
{
    const struct point *x = a;
    const struct point *y = b;
    for (int f = 0; f < x->n; f++) {
        if (x->figures[f] != y->figures[f])
            return x->figures[f] < y->figures[f] ? -1 : 1;
    }
    return x->index < y->index ? -1 : x->index > y->index;
}

static bool beats(const struct point *a, const struct point *b)
{
    bool better = false;
    for (int f = 0; f < a->n; f++) {
        if (a->figures[f] > b->figures[f])
            return false;
        better = better || a->figures[f] < b->figures[f];
    }
    return better;
}

/* Fills in points and turned figures; rows with a NaN are left out. */
static int64_t gather(struct point *points, double *turned, const double *values, int64_t n, int n_figures,
                      const bool *maximise)
{
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        double *own = turned + kept * n_figures;
        bool whole = true;
        for (int f = 0; f < n_figures; f++) {
            double value = values[i * n_figures + f];
            whole = whole && !isnan(value);
            own[f] = maximise[f] ? -value : value;
        }
        if (whole)
            points[kept++] = (struct point){own, i, n_figures};
    }
    return kept;
}

/* In lexical order only an earlier row can beat a later one, and if any does then one on the front does. */
enum fw_status fw_pareto_front(int64_t *front_out, int64_t *n_out, const double *values, int64_t n, int n_figures,
                               const bool *maximise, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct point *points = NULL;
    double *turned = NULL;
    int64_t n_front = 0;
    FW_ALLOC_GOTO(points, mem, n, "the rows of a front", err, done);
    FW_ALLOC_GOTO(turned, mem, n * n_figures, "the rows of a front", err, done);
    int64_t kept = gather(points, turned, values, n, n_figures, maximise);
    qsort(points, (size_t)kept, sizeof *points, compare_points);
    for (int64_t i = 0; i < kept; i++) {
        bool beaten = false;
        for (int64_t k = 0; k < n_front && !beaten; k++)
            beaten = beats(&points[k], &points[i]);
        if (!beaten)
            points[n_front++] = points[i]; /* the front so far is kept in front of the rows to come */
    }
    for (int64_t k = 0; k < n_front; k++)
        front_out[k] = points[k].index;
    *n_out = n_front;
done:
    fw_free(mem, turned);
    fw_free(mem, points);
    return status;
}
