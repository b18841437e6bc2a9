#include "models/training/calibration.h"

#include <math.h>
#include <stddef.h>

/* The 95 % point of chi-squared with two degrees of freedom, one for each figure. */
#define CHI_SQUARED_2_95 5.991

/* Strength of the prior at (1, 0), in rows. */
#define PRIOR 1.0

enum { max_steps = 100, max_halvings = 40 };

struct rows {
    const float *logits;
    const float *labels;
    const float *weights; /* NULL: all 1 */
    int64_t n;
    double unit; /* weights are multiplied by it: as if that many rows of weight 1 had been seen */
};

/* The penalised loss at (scale, shift), its gradient and its Hessian. */
struct point {
    double scale, shift;
    double loss; /* without the prior, in units of rows */
    double value;
    double g[2];
    double h[3]; /* scale scale, scale shift, shift shift */
};

void fw_calibration_init(struct fw_calibration *calibration)
{
    *calibration = (struct fw_calibration){.scale = 1, .before = (double)NAN, .after = (double)NAN, .identical = true};
}

static double weight_of(const struct rows *rows, int64_t i)
{
    return rows->weights != NULL ? (double)rows->weights[i] : 1;
}

static struct point look(const struct rows *rows, double scale, double shift)
{
    struct point p = {.scale = scale, .shift = shift};
    for (int64_t i = 0; i < rows->n; i++) {
        double x = (double)rows->logits[i];
        double w = rows->unit * weight_of(rows, i);
        double y = (double)rows->labels[i];
        double z = scale * x + shift;
        double e = exp(-fabs(z));
        double s = z >= 0 ? 1 / (1 + e) : e / (1 + e);
        double curve = w * e / ((1 + e) * (1 + e));
        p.loss += w * ((z > 0 ? z : 0) - z * y + log1p(e));
        p.g[0] += w * (s - y) * x;
        p.g[1] += w * (s - y);
        p.h[0] += curve * x * x;
        p.h[1] += curve * x;
        p.h[2] += curve;
    }
    p.value = p.loss + 0.5 * PRIOR * ((scale - 1) * (scale - 1) + shift * shift);
    p.g[0] += PRIOR * (scale - 1);
    p.g[1] += PRIOR * shift;
    p.h[0] += PRIOR;
    p.h[2] += PRIOR;
    return p;
}

/* Newton's method with halved steps: the objective is strictly convex, so that it ends at the one minimum. */
static struct point minimise(const struct rows *rows, struct point at)
{
    for (int step = 0; step < max_steps; step++) {
        double det = at.h[0] * at.h[2] - at.h[1] * at.h[1];
        double to_scale = -(at.h[2] * at.g[0] - at.h[1] * at.g[1]) / det;
        double to_shift = -(at.h[0] * at.g[1] - at.h[1] * at.g[0]) / det;
        double decrement = -(to_scale * at.g[0] + to_shift * at.g[1]);
        if (!(decrement > 1e-12 * (1 + at.value)))
            break;
        double length = 1;
        struct point next = look(rows, at.scale + to_scale, at.shift + to_shift);
        for (int half = 0; half < max_halvings && !(next.value < at.value); half++) {
            length *= 0.5;
            next = look(rows, at.scale + length * to_scale, at.shift + length * to_shift);
        }
        if (!(next.value < at.value))
            break;
        at = next;
    }
    return at;
}

/* Checks the rows and finds the unit of weight: rows of unequal weight count as (sum w)^2 / sum w^2 equal ones. */
static enum fw_status weigh(struct rows *rows, double *effective_out, struct fw_error *err)
{
    double by_class[2] = {0};
    double squares = 0;
    for (int64_t i = 0; i < rows->n; i++) {
        double w = weight_of(rows, i);
        if (!isfinite(rows->logits[i]))
            return fw_error_set(err, FW_E_NUMERIC, "the logit of row %lld is not finite, calibration needs numbers",
                                (long long)i);
        by_class[rows->labels[i] > 0.5f] += w;
        squares += w * w;
    }
    double sum = by_class[0] + by_class[1];
    if (!(by_class[0] > 0 && by_class[1] > 0))
        return fw_error_set(err, FW_E_ARG,
                            "calibration needs held-out rows of both classes; of %lld rows the negatives weigh %g, the "
                            "positives %g",
                            (long long)rows->n, by_class[0], by_class[1]);
    *effective_out = sum * sum / squares;
    rows->unit = *effective_out / sum;
    return FW_OK;
}

enum fw_status fw_calibration_fit(struct fw_calibration *out, const float *logits, const float *labels,
                                  const float *weights, int64_t n, struct fw_error *err)
{
    struct rows rows = {.logits = logits, .labels = labels, .weights = weights, .n = n};
    double effective = 0;
    FW_TRY(weigh(&rows, &effective, err));
    struct point start = look(&rows, 1, 0);
    struct point best = minimise(&rows, start);
    fw_calibration_init(out);
    out->before = start.loss / effective;
    out->after = out->before;
    /* a scale below 0 would turn the ranking round: then the logits hold nothing to calibrate */
    if (best.scale > 0 && 2 * (start.loss - best.loss) > CHI_SQUARED_2_95) {
        out->scale = best.scale;
        out->shift = best.shift;
        out->after = best.loss / effective;
        out->identical = false;
    }
    return FW_OK;
}

void fw_calibration_apply(const struct fw_calibration *calibration, float *logits, int64_t n)
{
    if (calibration->identical)
        return;
    for (int64_t i = 0; i < n; i++)
        logits[i] = (float)(calibration->scale * (double)logits[i] + calibration->shift);
}
