/* Ridge regression in the dual. With n features and N samples remembered, recursive least squares would hold an n x n
 * matrix and cost n^2 a sample: 128 MB and 16 million products at n = 4000. The dual holds N x N products of samples
 * under the prior, adds k rows of them a round, and solves once a round by Cholesky: N^3 / 3, 10 ms at N = 512,
 * whatever n. It is exact where conjugate gradients would stop somewhere, and its factor gives the trace that the
 * evidence needs. Forgetting is a weight on a sample's noise: a round that is t rounds old has noise variance /
 * forget^t. */
#include <math.h>

#include "core/numeric.h"
#include "search/controller/cholesky.h"
#include "search/controller/controller_critic_parts.h"

/* While few samples are remembered a fit is cheap, and the widths are far from settled. */
#define FEW_SAMPLES INT32_C(128)
#define FEW_PASSES  4

/* values -= their mean, round by round. */
static void centre(const struct fw_critic *critic, double *values)
{
    for (int64_t start = 0, end; start < critic->state.n; start = end) {
        double mean = 0;
        end = fw_critic_round_end(critic, start);
        for (int64_t i = start; i < end; i++)
            mean += values[i];
        mean /= (double)(end - start);
        for (int64_t i = start; i < end; i++)
            values[i] -= mean;
    }
}

/* system -= the mean of its rows, round by round. */
static void centre_columns(struct fw_critic *critic)
{
    int64_t n = critic->state.n, window = critic->window;
    for (int64_t start = 0, end; start < n; start = end) {
        end = fw_critic_round_end(critic, start);
        memset(critic->means, 0, (size_t)n * sizeof *critic->means);
        for (int64_t i = start; i < end; i++) {
            for (int64_t j = 0; j < n; j++)
                critic->means[j] += critic->system[i * window + j] / (double)(end - start);
        }
        for (int64_t i = start; i < end; i++) {
            for (int64_t j = 0; j < n; j++)
                critic->system[i * window + j] -= critic->means[j];
        }
    }
}

/* The roots of the weights, and what the anchor leaves to explain, centred and weighted. Returns its mean square.
 */
static double set_targets(struct fw_critic *critic)
{
    int64_t n = critic->state.n;
    double log_forget = fw_exact_log(critic->forget), squares = 0;
    for (int64_t i = 0; i < n; i++) {
        critic->root[i] = fw_exact_exp(0.5 * log_forget * (double)(critic->state.round - 1 - critic->round[i]));
        critic->target[i] = critic->quality[i] - fw_critic_sum(critic, i, critic->anchor);
    }
    centre(critic, critic->target);
    for (int64_t i = 0; i < n; i++) {
        critic->target[i] *= critic->root[i];
        squares += critic->target[i] * critic->target[i];
    }
    return squares / (double)n;
}

/* system = width * (products of centred, weighted samples) + noise * 1. */
static void set_system(struct fw_critic *critic)
{
    int64_t n = critic->state.n, window = critic->window;
    for (int64_t i = 0; i < n; i++) {
        memcpy(critic->system + i * window, critic->gram + i * window, (size_t)n * sizeof *critic->system);
        centre(critic, critic->system + i * window);
    }
    centre_columns(critic);
    for (int64_t i = 0; i < n; i++) {
        double *row = critic->system + i * window;
        for (int64_t j = 0; j <= i; j++)
            row[j] *= critic->state.width * critic->root[i] * critic->root[j];
        row[i] += critic->state.noise;
    }
}

/* Where nothing says how wide the prior is, it is taken to explain the first round whole. */
static void start_widths(struct fw_critic *critic, double mean_square)
{
    struct fw_critic_state *state = &critic->state;
    if (!(state->noise > 0))
        state->noise = mean_square > 0 ? mean_square : 1e-30;
    if (state->first > 0 || !(mean_square > 0))
        return;
    double diagonal = 0, noise = state->noise;
    state->width = 1;
    state->noise = 0;
    set_system(critic);
    state->noise = noise;
    for (int64_t i = 0; i < state->n; i++)
        diagonal += critic->system[i * critic->window + i] / (double)state->n;
    state->width = state->first = diagonal > 0 ? mean_square / diagonal : 0;
}

/* One step of MacKay's fixed point for both widths, from a fit. Each is drawn back as by one more observation: the
 * scales' factor to where it started, the noise to a tenth of the whole variance. The bounds are far off. */
static void learn_widths(struct fw_critic *critic, double mean_square)
{
    struct fw_critic_state *state = &critic->state;
    int64_t n = state->n, rounds = 0;
    double explained = 0, squares = 0;
    for (int64_t start = 0; start < n; start = fw_critic_round_end(critic, start))
        rounds++;
    for (int64_t i = 0; i < n; i++) {
        explained += critic->alpha[i] * critic->target[i];
        squares += critic->alpha[i] * critic->alpha[i];
    }
    double inverse = fw_cholesky_inverse_trace(critic->system, (int32_t)n, critic->window);
    double unexplained = state->noise * state->noise * squares;
    explained = fmax(explained - state->noise * squares, 0);
    state->learned = fmin(fmax((double)n - state->noise * inverse, 0), (double)(n - rounds));
    state->noise = (unexplained + 0.1 * mean_square) / ((double)(n - rounds) - state->learned + 1);
    state->noise = fmax(state->noise, 1e-8 * mean_square + 1e-30);
    state->width = (state->width * explained + state->first) / (state->learned + 1);
    state->width = fmin(fmax(state->width, 1e-6 * state->first), 1e6 * state->first);
}

/* Factors and solves; noise is raised in the rare case that the matrix is not positive definite in doubles. */
static void solve(struct fw_critic *critic)
{
    int32_t n = (int32_t)critic->state.n;
    set_system(critic);
    while (!fw_cholesky_factor(critic->system, n, critic->window)) {
        critic->state.noise *= 10;
        set_system(critic);
    }
    memcpy(critic->alpha, critic->target, (size_t)n * sizeof *critic->alpha);
    fw_cholesky_solve(critic->alpha, critic->system, n, critic->window);
}

/* beta = anchor + gain prior + width variance (sum of alpha over the samples that have the feature). Targets are
 * centred, so alpha sums to 0 in each round, and raw features do for centred ones. */
static void set_beta(struct fw_critic *critic, double width)
{
    double tilt = 0;
    for (int64_t i = 0; i < critic->state.n; i++) {
        double weight = critic->root[i] * critic->alpha[i];
        tilt += weight * critic->tilt[i];
        if (weight != 0)
            fw_critic_mark(critic, i, weight);
    }
    double gain = width * critic->gain_variance * tilt;
    critic->state.gain = critic->state.anchor_gain + gain;
    for (int32_t f = 0; f < critic->table->n_features; f++) {
        critic->beta[f] = critic->anchor[f] + gain * critic->prior[f] + width * critic->marks[f];
        critic->marks[f] = 0;
    }
}

void fw_critic_fit(struct fw_critic *critic)
{
    double mean_square = set_targets(critic);
    start_widths(critic, mean_square);
    double width = critic->state.width;
    for (int32_t pass = 0; pass < (critic->state.n <= FEW_SAMPLES ? FEW_PASSES : 1); pass++) {
        width = critic->state.width;
        solve(critic);
        learn_widths(critic, mean_square);
    }
    set_beta(critic, width);
}
