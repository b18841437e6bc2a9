#include "space/synth/synth_measure.h"

#include <math.h>
#include <stdlib.h>

#include "core/numeric.h"

double fw_synth_sigmoid(double logit)
{
    return 1 / (1 + fw_exact_exp(-logit));
}

/* The mean probability rises with the bias: bisection, to the last bit that matters. */
double fw_synth_find_bias(const double *logits, const double *weights, int64_t n, double rate)
{
    double low = -500;
    double high = 500;
    double total = 0;
    for (int64_t i = 0; i < n; i++)
        total += weights != NULL ? weights[i] : 1;
    for (int step = 0; step < 45; step++) {
        double middle = 0.5 * (low + high);
        double sum = 0;
        for (int64_t i = 0; i < n; i++)
            sum += (weights != NULL ? weights[i] : 1) * fw_synth_sigmoid(middle + logits[i]);
        *(sum < rate * total ? &low : &high) = middle;
    }
    return 0.5 * (low + high);
}

void fw_synth_moments(double *mean_out, double *deviation_out, const double *values, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += values[i];
    double mean = sum / (double)n;
    double square = 0;
    for (int64_t i = 0; i < n; i++)
        square += (values[i] - mean) * (values[i] - mean);
    *mean_out = mean;
    *deviation_out = sqrt(square / (double)n);
}

double fw_synth_correlation(const double *a, const double *b, int64_t n)
{
    double mean[2];
    double deviation[2];
    fw_synth_moments(&mean[0], &deviation[0], a, n);
    fw_synth_moments(&mean[1], &deviation[1], b, n);
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (a[i] - mean[0]) * (b[i] - mean[1]);
    double scale = (double)n * deviation[0] * deviation[1];
    return scale > 0 ? sum / scale : 0;
}

static int by_score(const void *a, const void *b)
{
    double x = ((const struct fw_synth_case *)a)->score;
    double y = ((const struct fw_synth_case *)b)->score;
    return (x > y) - (x < y);
}

/* With the probability as the score, a row is in expectation p of a positive and 1 - p of a negative. */
struct fw_synth_best fw_synth_measure_best(struct fw_synth_case *cases, int64_t n)
{
    qsort(cases, (size_t)n, sizeof *cases, by_score);
    double loss = 0;
    double won = 0;
    double negative = 0;
    double total = 0;
    for (int64_t first = 0; first < n;) {
        double tied[2] = {0, 0};
        double score = cases[first].score;
        for (; first < n && cases[first].score == score; first++) {
            double p = cases[first].p;
            double weight = cases[first].weight;
            total += weight;
            tied[0] += weight * (1 - p);
            tied[1] += weight * p;
            loss -= weight * ((p > 0 ? p * fw_exact_log(p) : 0) + (p < 1 ? (1 - p) * fw_exact_log(1 - p) : 0));
        }
        won += tied[1] * (negative + 0.5 * tied[0]);
        negative += tied[0];
    }
    return (struct fw_synth_best){.auc = won / (negative * (total - negative)), .logloss = loss / total};
}
