#include "search/controller/controller_critic.h"

#include <inttypes.h>
#include <math.h>

#include "search/controller/controller_critic_parts.h"

static void lay_out(struct fw_critic *critic, struct fw_arena *arena)
{
    int64_t n = critic->table->n_features, window = critic->window;
    critic->prior = fw_arena_take(arena, n, sizeof(double));
    critic->anchor = fw_arena_take(arena, n, sizeof(double));
    critic->variance = fw_arena_take(arena, n, sizeof(double));
    critic->beta = fw_arena_take(arena, n, sizeof(double));
    critic->choices = fw_arena_take(arena, window * critic->table->n_decisions, sizeof(int32_t));
    critic->quality = fw_arena_take(arena, window, sizeof(double));
    critic->round = fw_arena_take(arena, window, sizeof(int64_t));
    critic->gram = fw_arena_take(arena, window * window, sizeof(double));
    critic->tilt = fw_arena_take(arena, window, sizeof(double));
    critic->system = fw_arena_take(arena, window * window, sizeof(double));
    critic->target = fw_arena_take(arena, window, sizeof(double));
    critic->alpha = fw_arena_take(arena, window, sizeof(double));
    critic->root = fw_arena_take(arena, window, sizeof(double));
    critic->means = fw_arena_take(arena, window, sizeof(double));
    critic->marks = fw_arena_take(arena, n, sizeof(double));
}

/* The variance over the choices of a decision of what they are worth, when each feature's worth has its own variance
 * and nothing is known: sum of variance p (1 - p), with p the share of the choices that switch it on. */
static double decision_prior_spread(struct fw_critic *critic, int32_t d)
{
    const struct fw_choice_table *table = critic->table;
    int32_t start = table->first[d], end = table->first[d + 1];
    double spread = 0;
    for (int64_t i = table->feature_start[start]; i < table->feature_start[end]; i++)
        critic->marks[table->feature[i]]++;
    for (int64_t i = table->feature_start[start]; i < table->feature_start[end]; i++) {
        int32_t f = table->feature[i];
        double share = fmin(critic->marks[f] / (end - start), 1);
        spread += critic->variance[f] * share * (1 - share);
        critic->marks[f] = 0;
    }
    return spread;
}

/* Mean over the decisions that have a choice to make; 0 when there are none. */
static double mean_over_decisions(struct fw_critic *critic, double (*of_decision)(struct fw_critic *, int32_t))
{
    double sum = 0;
    int32_t open = 0;
    for (int32_t d = 0; d < critic->table->n_decisions; d++) {
        if (critic->table->first[d + 1] - critic->table->first[d] > 1) {
            sum += of_decision(critic, d);
            open++;
        }
    }
    return open > 0 ? sum / open : 0;
}

static enum fw_status check_options(const struct fw_choice_table *table, const struct fw_critic_options *options,
                                    struct fw_error *err)
{
    if (options->window < 2 || options->window > FW_CRITIC_WINDOW_MOST)
        return fw_error_set(err, FW_E_ARG, "a critic's window of %" PRId32 " samples; give 2 to %d", options->window,
                            FW_CRITIC_WINDOW_MOST);
    if (!(options->forget > 0 && options->forget <= 1))
        return fw_error_set(err, FW_E_ARG, "a critic's forgetting of %g; give a number above 0, at most 1",
                            options->forget);
    if (!(options->prior_gain_width >= 0 && isfinite(options->prior_gain_width)))
        return fw_error_set(err, FW_E_ARG, "a prior's gain of width %g; give 0 or more", options->prior_gain_width);
    for (int32_t f = 0; f < table->n_features; f++) {
        if (options->prior != NULL && !isfinite(options->prior[f]))
            return fw_error_set(err, FW_E_ARG, "the prior of feature %" PRId32 " is %g; give a finite number", f,
                                options->prior[f]);
        if (options->scale != NULL && !(options->scale[f] >= 0 && isfinite(options->scale[f])))
            return fw_error_set(err, FW_E_ARG, "the scale of feature %" PRId32 " is %g; give 0 or more", f,
                                options->scale[f]);
    }
    return FW_OK;
}

void fw_critic_measure_prior(struct fw_critic *critic)
{
    critic->n_learnable = 0;
    for (int32_t f = 0; f < critic->table->n_features; f++)
        critic->n_learnable += critic->variance[f] > 0;
    critic->prior_spread = mean_over_decisions(critic, decision_prior_spread);
}

static void take_prior(struct fw_critic *critic, const struct fw_critic_options *options)
{
    for (int32_t f = 0; f < critic->table->n_features; f++) {
        critic->prior[f] = options->prior != NULL ? options->prior[f] : 0;
        critic->variance[f] = options->scale != NULL ? options->scale[f] * options->scale[f] : 1;
        critic->beta[f] = critic->anchor[f] = critic->prior[f];
    }
    critic->state.width = critic->state.first = options->scale != NULL ? 1 : 0;
    critic->state.gain = critic->state.anchor_gain = 1;
    fw_critic_measure_prior(critic);
}

enum fw_status fw_critic_create(struct fw_critic **out, const struct fw_choice_table *table,
                                const struct fw_critic_options *options, struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_critic *critic;
    FW_TRY(check_options(table, options, err));
    FW_ALLOC(critic, mem, 1, "a critic", err);
    critic->table = table;
    critic->mem = mem;
    critic->window = options->window;
    critic->forget = options->forget;
    critic->gain_variance = options->prior_gain_width * options->prior_gain_width;
    lay_out(critic, &critic->arena);
    enum fw_status status = fw_arena_open(&critic->arena, mem, "a critic", err);
    if (status != FW_OK) {
        fw_critic_destroy(critic);
        return status;
    }
    lay_out(critic, &critic->arena);
    take_prior(critic, options);
    *out = critic;
    return FW_OK;
}

void fw_critic_destroy(struct fw_critic *critic)
{
    if (critic == NULL)
        return;
    fw_arena_close(&critic->arena);
    fw_free(critic->mem, critic);
}

static const int32_t *sample_choices(const struct fw_critic *critic, int64_t i)
{
    return critic->choices + i * critic->table->n_decisions;
}

void fw_critic_mark(struct fw_critic *critic, int64_t i, double weight)
{
    const struct fw_choice_table *table = critic->table;
    for (int32_t d = 0; d < table->n_decisions; d++) {
        int32_t c = table->first[d] + sample_choices(critic, i)[d];
        for (int64_t k = table->feature_start[c]; k < table->feature_start[c + 1]; k++) {
            int32_t f = table->feature[k];
            critic->marks[f] = weight != 0 ? critic->marks[f] + weight * critic->variance[f] : 0;
        }
    }
}

double fw_critic_sum(const struct fw_critic *critic, int64_t i, const double *values)
{
    double sum = 0;
    for (int32_t d = 0; d < critic->table->n_decisions; d++)
        sum += fw_choice_table_worth(critic->table, values, critic->table->first[d] + sample_choices(critic, i)[d]);
    return sum;
}

/* The products of sample i with itself and all older ones. */
static void fill_gram(struct fw_critic *critic, int64_t i)
{
    critic->tilt[i] = fw_critic_sum(critic, i, critic->prior);
    fw_critic_mark(critic, i, 1);
    for (int64_t j = 0; j <= i; j++) {
        double product =
            fw_critic_sum(critic, j, critic->marks) + critic->gain_variance * critic->tilt[i] * critic->tilt[j];
        critic->gram[i * critic->window + j] = product;
        critic->gram[j * critic->window + i] = product;
    }
    fw_critic_mark(critic, i, 0);
}

void fw_critic_resume(struct fw_critic *critic)
{
    fw_critic_measure_prior(critic);
    for (int64_t i = 0; i < critic->state.n; i++)
        fill_gram(critic, i);
}

int64_t fw_critic_round_end(const struct fw_critic *critic, int64_t i)
{
    int64_t end = i;
    while (end < critic->state.n && critic->round[end] == critic->round[i])
        end++;
    return end;
}

/* Forgets whole rounds until k more samples have room: what is left of a round would have another mean. What they
 * taught stays behind in the anchor, by their share of the window. Without this a choice that the policy has given up
 * would be drawn back to the prior, as if nothing were known of it. */
static void make_room(struct fw_critic *critic, int64_t k)
{
    int64_t drop = 0, window = critic->window, n_decisions = critic->table->n_decisions;
    while (critic->state.n - drop + k > window)
        drop = fw_critic_round_end(critic, drop);
    if (drop == 0)
        return;
    double share = (double)drop / (double)critic->state.n;
    for (int32_t f = 0; f < critic->table->n_features; f++)
        critic->anchor[f] += share * (critic->beta[f] - critic->anchor[f]);
    critic->state.anchor_gain += share * (critic->state.gain - critic->state.anchor_gain);
    int64_t left = critic->state.n - drop;
    memmove(critic->choices, critic->choices + drop * n_decisions,
            (size_t)(left * n_decisions) * sizeof *critic->choices);
    memmove(critic->quality, critic->quality + drop, (size_t)left * sizeof *critic->quality);
    memmove(critic->round, critic->round + drop, (size_t)left * sizeof *critic->round);
    memmove(critic->tilt, critic->tilt + drop, (size_t)left * sizeof *critic->tilt);
    for (int64_t i = 0; i < left; i++)
        memmove(critic->gram + i * window, critic->gram + (i + drop) * window + drop,
                (size_t)left * sizeof *critic->gram);
    critic->state.n = left;
}

enum fw_status fw_critic_learn_round(struct fw_critic *critic, const int32_t *choices, const double *quality, int32_t k,
                                     struct fw_error *err)
{
    int64_t n_decisions = critic->table->n_decisions;
    if (k > critic->window)
        return fw_error_set(err, FW_E_ARG,
                            "a round of %" PRId32 " samples, but the critic remembers %" PRId32
                            "; widen its window or make rounds smaller",
                            k, critic->window);
    if (k < 2)
        return FW_OK;
    make_room(critic, k);
    for (int32_t i = 0; i < k; i++) {
        int64_t at = critic->state.n++;
        memcpy(critic->choices + at * n_decisions, choices + i * n_decisions,
               (size_t)n_decisions * sizeof *critic->choices);
        critic->quality[at] = quality[i];
        critic->round[at] = critic->state.round;
        fill_gram(critic, at);
    }
    critic->state.round++;
    fw_critic_fit(critic);
    return FW_OK;
}

const double *fw_critic_beta(const struct fw_critic *critic)
{
    return critic->beta;
}

double fw_critic_predict(const struct fw_critic *critic, const int32_t *choices)
{
    double sum = 0;
    for (int32_t d = 0; d < critic->table->n_decisions; d++)
        sum += fw_choice_table_worth(critic->table, critic->beta, critic->table->first[d] + choices[d]);
    return sum;
}

double fw_critic_noise(const struct fw_critic *critic)
{
    return sqrt(critic->state.noise);
}

double fw_critic_prior_gain(const struct fw_critic *critic)
{
    return critic->state.gain;
}

static double decision_spread(struct fw_critic *critic, int32_t d)
{
    int32_t start = critic->table->first[d], end = critic->table->first[d + 1];
    double mean = 0, squares = 0;
    for (int32_t c = start; c < end; c++)
        mean += fw_choice_table_worth(critic->table, critic->beta, c) / (end - start);
    for (int32_t c = start; c < end; c++) {
        double off = fw_choice_table_worth(critic->table, critic->beta, c) - mean;
        squares += off * off;
    }
    return squares / (end - start);
}

double fw_critic_spread(struct fw_critic *critic)
{
    double unknown = critic->n_learnable > 0 ? fmax(1 - critic->state.learned / critic->n_learnable, 0) : 0;
    return mean_over_decisions(critic, decision_spread) + unknown * critic->state.width * critic->prior_spread;
}

void fw_critic_walk(struct fw_critic *critic, struct fw_flat_state *state)
{
    size_t window = (size_t)critic->window;
    fw_flat_state_piece(state, &critic->state, sizeof critic->state);
    fw_flat_state_piece(state, critic->beta, (size_t)critic->table->n_features * sizeof *critic->beta);
    /* priors too: they may have been set anew */
    fw_flat_state_piece(state, critic->prior, (size_t)critic->table->n_features * sizeof *critic->prior);
    fw_flat_state_piece(state, critic->variance, (size_t)critic->table->n_features * sizeof *critic->variance);
    fw_flat_state_piece(state, critic->anchor, (size_t)critic->table->n_features * sizeof *critic->anchor);
    fw_flat_state_piece(state, critic->choices, window * (size_t)critic->table->n_decisions * sizeof *critic->choices);
    fw_flat_state_piece(state, critic->quality, window * sizeof *critic->quality);
    fw_flat_state_piece(state, critic->round, window * sizeof *critic->round);
}
