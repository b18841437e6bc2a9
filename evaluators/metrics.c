#include "evaluators/metrics.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* A score while it is sorted: its order-preserving bits, its row and label. */
struct entry {
    uint32_t key;
    uint32_t row_label; /* row * 2 + label: the sweep over sorted entries need not fetch labels at random */
};

struct fw_metrics_workspace {
    int64_t max_rows;
    struct entry *entries; /* (max_rows) */
    struct entry *spare;   /* (max_rows) the sort's other half; then the placement values */
    struct fw_allocator *mem;
};

_Static_assert(sizeof(struct entry) == sizeof(double), "placement values take the place of entries");

enum { DIGIT_BITS = 11, DIGITS = 3, BUCKETS = 1 << DIGIT_BITS, LOSS_BLOCK = 512 };

enum fw_status fw_metrics_workspace_create(struct fw_metrics_workspace **out, int64_t max_rows,
                                           struct fw_allocator *mem, struct fw_error *err)
{
    if (max_rows < 0 || max_rows > FW_METRICS_MAX_ROWS)
        return fw_error_set(err, FW_E_ARG, "metrics over %lld rows; the most is %lld", (long long)max_rows,
                            (long long)FW_METRICS_MAX_ROWS);
    struct fw_metrics_workspace *workspace;
    FW_ALLOC(workspace, mem, 1, "a metrics workspace", err);
    workspace->mem = mem;
    workspace->max_rows = max_rows;
    workspace->entries = fw_alloc_array_raw(mem, max_rows, sizeof *workspace->entries);
    workspace->spare = fw_alloc_array_raw(mem, max_rows, sizeof *workspace->spare);
    if (workspace->entries == NULL || workspace->spare == NULL) {
        fw_metrics_workspace_destroy(workspace);
        return fw_error_nomem(err, mem, "sorted scores", max_rows, 2 * sizeof(struct entry));
    }
    *out = workspace;
    return FW_OK;
}

void fw_metrics_workspace_destroy(struct fw_metrics_workspace *workspace)
{
    if (workspace == NULL)
        return;
    fw_free(workspace->mem, workspace->spare);
    fw_free(workspace->mem, workspace->entries);
    fw_free(workspace->mem, workspace);
}

static double weight_of(const float *weights, int64_t row)
{
    return weights != NULL ? (double)weights[row] : 1.0;
}

enum fw_status fw_metrics_totals(struct fw_label_totals *out, struct fw_scored_view view, struct fw_error *err)
{
    struct fw_label_totals totals = {0};
    for (int64_t i = 0; i < view.n; i++) {
        float label = view.labels[i];
        double weight = weight_of(view.weights, i);
        if (label != 0 && label != 1)
            return fw_error_set(err, FW_E_ARG, "the label of row %lld is %g; labels are 0 or 1", (long long)i,
                                (double)label);
        if (!(weight >= 0 && weight <= 0x1p127))
            return fw_error_set(err, FW_E_ARG, "the weight of row %lld is %g; weights are finite and not negative",
                                (long long)i, weight);
        int class = label == 1;
        totals.rows[class]++;
        totals.weight[class] += weight;
        totals.weight_squared[class] += weight * weight;
    }
    if (!(totals.weight[0] + totals.weight[1] > 0))
        return fw_error_set(err, FW_E_ARG, "no row has a weight above 0, so nothing can be measured");
    *out = totals;
    return FW_OK;
}

static enum fw_status refuse_score(struct fw_scored_view view, struct fw_error *err)
{
    int64_t row = 0;
    while (isfinite(view.scores[row]))
        row++;
    return fw_error_set(err, FW_E_NUMERIC, "the score of row %lld is %g, not a finite number", (long long)row,
                        (double)view.scores[row]);
}

/* Bits of a float that rise as its value does; -0 and +0 are one value. */
static uint32_t ordered_bits(float score)
{
    float value = score + 0.0F;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits ^ ((bits >> 31) != 0 ? UINT32_C(0xffffffff) : UINT32_C(0x80000000));
}

/* Least significant digit first: three stable passes of 11 bits; a digit that all keys share costs nothing. The sorted
 * entries end in workspace->entries. */
static enum fw_status sort_scores(struct fw_metrics_workspace *workspace, struct fw_scored_view view,
                                  struct fw_error *err)
{
    uint32_t counts[DIGITS][BUCKETS];
    memset(counts, 0, sizeof counts);
    const uint32_t mask = BUCKETS - 1;
    bool finite = true;
    for (int64_t i = 0; i < view.n; i++) {
        uint32_t key = ordered_bits(view.scores[i]);
        finite &= isfinite(view.scores[i]) != 0;
        workspace->entries[i] = (struct entry){key, (uint32_t)i << 1 | (view.labels[i] == 1)};
        for (int d = 0; d < DIGITS; d++)
            counts[d][key >> (d * DIGIT_BITS) & mask]++;
    }
    if (!finite)
        return refuse_score(view, err);
    for (int d = 0; d < DIGITS && view.n > 0; d++) {
        int shift = d * DIGIT_BITS;
        uint32_t *place = counts[d];
        if (place[workspace->entries[0].key >> shift & mask] == view.n)
            continue;
        uint32_t start = 0;
        for (int b = 0; b < BUCKETS; b++) {
            uint32_t count = place[b];
            place[b] = start;
            start += count;
        }
        for (int64_t i = 0; i < view.n; i++) {
            struct entry entry = workspace->entries[i];
            workspace->spare[place[entry.key >> shift & mask]++] = entry;
        }
        struct entry *sorted = workspace->spare;
        workspace->spare = workspace->entries;
        workspace->entries = sorted;
    }
    return FW_OK;
}

enum fw_status fw_metrics_placements(const double **placements_out, double *auc_out, struct fw_scored_view view,
                                     const struct fw_label_totals *totals, struct fw_metrics_workspace *workspace,
                                     struct fw_error *err)
{
    assert(view.n <= workspace->max_rows);
    FW_TRY(sort_scores(workspace, view, err));
    *placements_out = NULL;
    *auc_out = NAN;
    if (!(totals->weight[0] > 0 && totals->weight[1] > 0))
        return FW_OK;

    const struct entry *entries = workspace->entries;
    double *placements = (double *)(void *)workspace->spare;
    double below_0 = 0; /* weight of either class under the present tie group */
    double below_1 = 0;
    double won = 0;
    for (int64_t first = 0; first < view.n;) {
        /* scalars and products with 0 or 1: indexing sums by a random label costs twice the time */
        double tied_0 = 0;
        double tied_1 = 0;
        int64_t end = first;
        do {
            uint32_t row_label = entries[end++].row_label;
            double weight = weight_of(view.weights, row_label >> 1);
            double label = row_label & 1;
            tied_1 += weight * label;
            tied_0 += weight * (1 - label);
        } while (end < view.n && entries[end].key == entries[first].key);
        double of_class[2] = {(totals->weight[1] - below_1 - 0.5 * tied_1) / totals->weight[1],
                              (below_0 + 0.5 * tied_0) / totals->weight[0]};
        for (; first < end; first++)
            placements[entries[first].row_label >> 1] = of_class[entries[first].row_label & 1];
        won += tied_1 * of_class[1];
        below_0 += tied_0;
        below_1 += tied_1;
    }
    *placements_out = placements;
    *auc_out = won / totals->weight[1];
    return FW_OK;
}

double fw_metrics_mean_variance(double squared_deviations, double weight, double weight_squared)
{
    double rest = weight * weight - weight_squared;
    return rest > 1e-12 * weight_squared ? squared_deviations / rest : NAN;
}

/* DeLong, DeLong and Clarke-Pearson 1988, eq. 5 for one curve: the variances of the two classes' mean placements. */
static double auc_standard_error(const double *placements, double auc, struct fw_scored_view view,
                                 const struct fw_label_totals *totals)
{
    double squares[2] = {0, 0};
    for (int64_t i = 0; i < view.n; i++) {
        double deviation = weight_of(view.weights, i) * (placements[i] - auc);
        squares[view.labels[i] == 1] += deviation * deviation;
    }
    double variance = 0;
    for (int class = 0; class < 2; class ++)
        variance += fw_metrics_mean_variance(squares[class], totals->weight[class], totals->weight_squared[class]);
    return sqrt(variance);
}

static enum fw_status auc_with_error(double *auc_out, double *se_out, struct fw_scored_view view,
                                     const struct fw_label_totals *totals, struct fw_metrics_workspace *workspace,
                                     struct fw_error *err)
{
    const double *placements;
    FW_TRY(fw_metrics_placements(&placements, auc_out, view, totals, workspace, err));
    *se_out = placements != NULL ? auc_standard_error(placements, *auc_out, view, totals) : NAN;
    return FW_OK;
}

enum fw_status fw_metrics_auc(double *auc_out, double *se_out, struct fw_scored_view view,
                              struct fw_metrics_workspace *workspace, struct fw_error *err)
{
    struct fw_label_totals totals;
    double auc;
    double se;
    FW_TRY(fw_metrics_totals(&totals, view, err));
    FW_TRY(auc_with_error(&auc, &se, view, &totals, workspace, err));
    *auc_out = auc;
    if (se_out != NULL)
        *se_out = se;
    return FW_OK;
}

/* exp(x) for x in [-700, 0]: x = k ln 2 + r, the Taylor series of exp(r) to the 12th power (rest below 2^-52), scaled
 * by 2^k. Straight-line code, so that loops over it become vector instructions. */
static inline double exp_of_negative(double x)
{
    const double rounder = 0x1.8p52; /* adding it leaves the rounded value in the low bits */
    double shifted = x * 0x1.71547652b82fep+0 + rounder;
    double k = shifted - rounder;
    double r = x - k * 6.93147180369123816490e-01; /* ln 2 in two parts, the product with the first is exact */
    r -= k * 1.90821492927058770002e-10;
    double p = 1.0 / 479001600;
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    uint64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (bits + 1023) << 52;
    double scale;
    memcpy(&scale, &bits, sizeof scale);
    return p * scale;
}

/* min(x, 700) for x >= 0. Bits of positive numbers rank as their values do, and unlike a comparison of doubles, which
 * may trap on a NaN, one of integers keeps the loop free of branches. */
static inline double at_most_700(double x)
{
    const int64_t limit = INT64_C(0x4085e00000000000); /* 700.0 */
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits = bits < limit ? bits : limit;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* log(1 + t) for t in [0, 1] as 2 atanh(z), z = t / (2 + t) <= 1/3: 15 terms of its series (rest below 2^-52). */
static inline double log_of_one_plus(double t)
{
    double z = t / (2.0 + t);
    double q = z * z;
    double p = 2.0 / 29;
    p = p * q + 2.0 / 27;
    p = p * q + 2.0 / 25;
    p = p * q + 2.0 / 23;
    p = p * q + 2.0 / 21;
    p = p * q + 2.0 / 19;
    p = p * q + 2.0 / 17;
    p = p * q + 2.0 / 15;
    p = p * q + 2.0 / 13;
    p = p * q + 2.0 / 11;
    p = p * q + 2.0 / 9;
    p = p * q + 2.0 / 7;
    p = p * q + 2.0 / 5;
    p = p * q + 2.0 / 3;
    p = p * q + 2.0;
    return p * z;
}

/* With t the score signed against the label, the loss is max(t, 0) + log(1 + exp(-|t|)): no overflow, no cancellation.
 * The one idea: the two series above in place of library calls let the loop run four rows at a time. */
void fw_metrics_losses(double *restrict losses, const float *restrict scores, const float *restrict labels, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        double t = (1.0 - 2.0 * (double)labels[i]) * (double)scores[i];
        /* (t + |t|) / 2 is max(t, 0) without a branch, and exact */
        losses[i] = 0.5 * (t + fabs(t)) + log_of_one_plus(exp_of_negative(-at_most_700(fabs(t))));
    }
}

void fw_metrics_losses_ref(double *restrict losses, const float *restrict scores, const float *restrict labels,
                           int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        double t = labels[i] == 1 ? -(double)scores[i] : (double)scores[i];
        losses[i] = fmax(t, 0) + log1p(exp(-fabs(t)));
    }
}

/* Sums over the rows of w x, and of w^2 (x - shift)^2 in two parts, for a weighted mean and its variance in one pass.
 */
struct moments {
    double weighted;
    double squared_weighted; /* w^2 x */
    double squared;          /* w^2 x^2 */
};

static void add_moment(struct moments *sums, double weight, double x)
{
    sums->weighted += weight * x;
    sums->squared_weighted += weight * weight * x;
    sums->squared += weight * weight * x * x;
}

static void finish_mean(double *mean_out, double *se_out, const struct moments *sums, double weight,
                        double weight_squared)
{
    double mean = sums->weighted / weight;
    double squares = sums->squared - 2 * mean * sums->squared_weighted + mean * mean * weight_squared;
    *mean_out = mean;
    *se_out = sqrt(fw_metrics_mean_variance(squares > 0 ? squares : 0, weight, weight_squared));
}

static double entropy(double p)
{
    return (p > 0 ? -p * log(p) : 0) + (p < 1 ? -(1 - p) * log1p(-p) : 0);
}

/* Sums of losses, hits and predicted probabilities, in blocks that stay in the first-level cache. */
static void sum_rows(struct moments *loss, struct moments *hit, double *probability, struct fw_scored_view view)
{
    double losses[LOSS_BLOCK];
    double likelihoods[LOSS_BLOCK]; /* exp(-loss): the probability given to the label that came */
    for (int64_t first = 0; first < view.n; first += LOSS_BLOCK) {
        int64_t n = view.n - first < LOSS_BLOCK ? view.n - first : LOSS_BLOCK;
        fw_metrics_losses(losses, view.scores + first, view.labels + first, n);
        for (int64_t i = 0; i < n; i++)
            likelihoods[i] = exp_of_negative(-at_most_700(losses[i]));
        for (int64_t i = 0; i < n; i++) {
            double weight = weight_of(view.weights, first + i);
            add_moment(loss, weight, losses[i]);
            add_moment(hit, weight, (view.scores[first + i] > 0) == (view.labels[first + i] == 1) ? 1.0 : 0.0);
            *probability += weight * (view.labels[first + i] == 1 ? likelihoods[i] : 1 - likelihoods[i]);
        }
    }
}

enum fw_status fw_metrics_compute(struct fw_metrics *out, struct fw_scored_view view,
                                  struct fw_metrics_workspace *workspace, struct fw_error *err)
{
    struct fw_label_totals totals;
    struct fw_metrics metrics;
    memset(&metrics, 0, sizeof metrics);
    FW_TRY(fw_metrics_totals(&totals, view, err));
    FW_TRY(auc_with_error(&metrics.auc, &metrics.auc_se, view, &totals, workspace, err));

    struct moments loss = {0};
    struct moments hit = {0};
    double probability = 0;
    sum_rows(&loss, &hit, &probability, view);
    double weight = totals.weight[0] + totals.weight[1];
    double weight_squared = totals.weight_squared[0] + totals.weight_squared[1];
    finish_mean(&metrics.logloss, &metrics.logloss_se, &loss, weight, weight_squared);
    finish_mean(&metrics.accuracy, &metrics.accuracy_se, &hit, weight, weight_squared);
    metrics.rows = view.n;
    metrics.positives = totals.rows[1];
    metrics.weight = weight;
    metrics.base_rate = totals.weight[1] / weight;
    metrics.baseline = entropy(metrics.base_rate);
    metrics.mean_prediction = probability / weight;
    *out = metrics;
    return FW_OK;
}
