#include <math.h>

#include "core/numeric.h"
#include "search/controller/controller_parts.h"

/* Samples over which running means run: some eight rounds of sixteen. While fewer were seen they are plain means. */
#define MEMORY 128.0

/* Residuals beyond so many standard deviations are cut: one broken judging moves no choice far. */
#define RESIDUAL_MOST 4.0

#define ADAM_MEAN   0.9
#define ADAM_SQUARE 0.999
#define ADAM_EPS    1e-8

static void set_rewards(struct fw_controller *controller, int32_t k)
{
    for (int32_t i = 0; i < k; i++) {
        int64_t cost =
            fw_choice_table_cost(controller->table, controller->choices + (int64_t)i * controller->table->n_decisions);
        controller->reward[i] =
            fw_controller_reward(controller->quality[i], controller->state.lambda, cost, controller->options.budget);
    }
}

static double share_over_budget(const struct fw_controller *controller, int32_t k)
{
    int32_t over = 0;
    for (int32_t i = 0; i < k; i++) {
        const int32_t *choices = controller->choices + (int64_t)i * controller->table->n_decisions;
        over += fw_choice_table_cost(controller->table, choices) > controller->options.budget;
    }
    return (double)over / k;
}

static double mean(const double *x, int32_t k)
{
    double sum = 0;
    for (int32_t i = 0; i < k; i++)
        sum += x[i];
    return sum / k;
}

static void move_mean(double *running, double value, double weight)
{
    *running += weight * (value - *running);
}

/* The weight of k new samples in a running mean. */
static double take_in(double *seen, int32_t k)
{
    *seen = fmin(*seen + k, fmax(MEMORY, k));
    return k / *seen;
}

/* One Adam step up the sampled gradient: ((R - value) / spread of rewards) d log p + tau d entropy. */
static void learn_plain(struct fw_controller *controller, int32_t k, double tau, double weight)
{
    const struct fw_choice_table *table = controller->table;
    struct fw_controller_state *state = &controller->state;
    double value = state->lessons > 0 ? state->value : mean(controller->reward, k), squares = 0;
    for (int32_t i = 0; i < k; i++)
        squares += (controller->reward[i] - value) * (controller->reward[i] - value) / k;
    move_mean(&state->reward_spread, squares, weight);
    double unit = state->reward_spread > 0 ? sqrt(state->reward_spread) : 1;
    memset(controller->gradient, 0, (size_t)fw_choice_table_choices(table) * sizeof *controller->gradient);
    for (int32_t i = 0; i < k; i++)
        fw_policy_add_log_gradient(controller->gradient, (controller->reward[i] - value) / unit / k,
                                   controller->probability, table,
                                   controller->choices + (int64_t)i * table->n_decisions);
    fw_policy_add_entropy_gradient(controller->gradient, tau, controller->probability, table);
    state->adam_steps++;
    double first = 1 - fw_exact_exp(state->adam_steps * fw_exact_log(ADAM_MEAN));
    double second = 1 - fw_exact_exp(state->adam_steps * fw_exact_log(ADAM_SQUARE));
    for (int32_t c = 0; c < fw_choice_table_choices(table); c++) {
        double g = controller->gradient[c];
        move_mean(&controller->adam_mean[c], g, 1 - ADAM_MEAN);
        move_mean(&controller->adam_square[c], g * g, 1 - ADAM_SQUARE);
        controller->theta[c] += controller->options.rate * (controller->adam_mean[c] / first) /
                                (sqrt(controller->adam_square[c] / second) + ADAM_EPS);
    }
}

double fw_controller_unit(const struct fw_controller *controller)
{
    double spread = controller->state.spread;
    if (!(spread > 0))
        spread = fw_critic_spread(controller->critic);
    return spread > 0 ? sqrt(spread) : 1;
}

/* What the critic, having seen the round, does not explain of its rewards: centred, cut at a few deviations. Residuals
 * before the fit would count twice what the fit then learns; after it they are too small by the share that the round
 * has in the fit, which falls as samples gather. */
static void set_unexplained(struct fw_controller *controller, int32_t k, double price, double weight)
{
    const struct fw_choice_table *table = controller->table;
    double squares = 0;
    for (int32_t i = 0; i < k; i++) {
        const int32_t *choices = controller->choices + (int64_t)i * table->n_decisions;
        double predicted =
            fw_critic_predict(controller->critic, choices) - price * (double)fw_choice_table_cost(table, choices);
        controller->unexplained[i] = controller->reward[i] - predicted;
    }
    double common = mean(controller->unexplained, k);
    for (int32_t i = 0; i < k; i++) {
        controller->unexplained[i] -= common;
        squares += controller->unexplained[i] * controller->unexplained[i] / k;
    }
    move_mean(&controller->state.residual, squares, weight);
    double most = RESIDUAL_MOST * sqrt(controller->state.residual);
    for (int32_t i = 0; i < k; i++)
        controller->unexplained[i] = fmin(fmax(controller->unexplained[i], -most), most);
}

/* Mean residual of each choice's samples over the number expected, k p, with `pseudo` samples of 0 besides: for large
 * rounds the importance-weighted mean, without bias whatever the policy; for a choice seldom drawn next to nothing. The
 * pseudo-count is how noisy a residual is against how far apart choices are: at least 1, so that a choice of tiny
 * probability that is drawn by chance gets a bounded push. */
static void set_correction(struct fw_controller *controller, int32_t k)
{
    const struct fw_choice_table *table = controller->table;
    double unit = fw_controller_unit(controller);
    double pseudo = fmax(1, controller->state.residual / (unit * unit));
    for (int32_t c = 0; c < fw_choice_table_choices(table); c++)
        controller->correction[c] = 0;
    for (int32_t i = 0; i < k; i++) {
        for (int32_t d = 0; d < table->n_decisions; d++) {
            int32_t c = table->first[d] + controller->choices[(int64_t)i * table->n_decisions + d];
            controller->correction[c] +=
                controller->options.correction * controller->unexplained[i] / (k * controller->probability[c] + pseudo);
        }
    }
}

/* theta of one decision moves along its advantages. */
static void step_decision(struct fw_controller *controller, int32_t d, double price, double tau)
{
    const struct fw_choice_table *table = controller->table;
    double *advantage = controller->gradient, common = 0, unit = fw_controller_unit(controller);
    double rate = controller->options.rate, keep = fmax(1 - rate * tau, 0);
    for (int32_t c = table->first[d]; c < table->first[d + 1]; c++) {
        advantage[c] = fw_choice_table_worth(table, fw_critic_beta(controller->critic), c) -
                       price * (double)table->cost[c] + controller->correction[c];
        common += controller->probability[c] * advantage[c];
    }
    /* beyond rate tau = 1 the step goes to the fixed point and not past it */
    double step = rate * tau > 1 ? 1 / tau : rate;
    for (int32_t c = table->first[d]; c < table->first[d + 1]; c++)
        controller->theta[c] = keep * controller->theta[c] + step * (advantage[c] - common) / unit;
}

static enum fw_status learn_factored(struct fw_controller *controller, int32_t k, double tau, double weight,
                                     struct fw_error *err)
{
    struct fw_controller_state *state = &controller->state;
    double price = state->lambda * state->overspend / (double)controller->options.budget;
    FW_TRY(fw_critic_learn_round(controller->critic, controller->choices, controller->quality, k, err));
    move_mean(&state->spread, fw_critic_spread(controller->critic), weight);
    set_unexplained(controller, k, price, weight);
    set_correction(controller, k);
    for (int32_t d = 0; d < controller->table->n_decisions; d++)
        step_decision(controller, d, price, tau);
    return FW_OK;
}

/* The mean cost pulls lambda: up while it is over the budget, down while it is under, by at most the rate. */
static void adapt_lambda(struct fw_controller *controller)
{
    double start = controller->options.lambda, *lambda = &controller->state.lambda;
    double over = fw_controller_cost(controller) / (double)controller->options.budget - 1;
    *lambda *= fw_exact_exp(controller->options.lambda_rate * fmin(fmax(over, -1), 1));
    *lambda = fmin(fmax(*lambda, 1e-4 * start), 1e4 * start);
}

enum fw_status fw_controller_teach(struct fw_controller *controller, int32_t k, double tau, struct fw_error *err)
{
    struct fw_controller_state *state = &controller->state;
    double weight = take_in(&state->seen, k);
    set_rewards(controller, k);
    move_mean(&state->overspend, share_over_budget(controller, k), take_in(&state->overspend_seen, k));
    if (controller->options.mode == FW_CONTROLLER_PLAIN)
        learn_plain(controller, k, tau, weight);
    else
        FW_TRY(learn_factored(controller, k, tau, weight, err));
    move_mean(&state->value, mean(controller->reward, k), weight);
    state->lessons++;
    fw_policy_softmax(controller->probability, controller->theta, controller->table);
    if (controller->options.lambda_rate > 0)
        adapt_lambda(controller);
    return FW_OK;
}
