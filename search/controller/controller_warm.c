#include <math.h>

#include "search/controller/controller_parts.h"

/* The policy at a price of mu, and its mean cost. worth: the scratch array `gradient`. */
static double set_policy(struct fw_controller *controller, double mu, double tau)
{
    const struct fw_choice_table *table = controller->table;
    double scale = tau * fw_controller_unit(controller);
    for (int32_t c = 0; c < fw_choice_table_choices(table); c++)
        controller->theta[c] = (controller->gradient[c] - mu * (double)table->cost[c]) / scale;
    fw_policy_softmax(controller->probability, controller->theta, table);
    return fw_controller_cost(controller);
}

/* The mean cost falls as mu rises (its derivative is minus a variance), so halving finds where it meets the budget. A
 * budget of the cheapest choices and no more is met in the limit: there the doubling ends by its count. */
static double find_price(struct fw_controller *controller, double tau)
{
    double budget = (double)controller->options.budget, low = 0;
    double high = fw_controller_unit(controller) / budget;
    if (set_policy(controller, 0, tau) <= budget)
        return 0;
    for (int32_t i = 0; i < 60 && set_policy(controller, high, tau) > budget; i++)
        high *= 2;
    for (int32_t i = 0; i < 100; i++) {
        double middle = low + (high - low) / 2;
        if (set_policy(controller, middle, tau) > budget)
            low = middle;
        else
            high = middle;
    }
    return high;
}

enum fw_status fw_controller_warm(struct fw_controller *controller, double *mu, double tau, struct fw_error *err)
{
    struct fw_controller_state *state = &controller->state;
    if (!(tau > 0 && tau <= 1e6))
        return fw_error_set(err, FW_E_ARG, "a warm start at temperature %g; give a number above 0", tau);
    fw_controller_worths(controller, controller->gradient);
    double price = find_price(controller, tau), slope = price * (double)controller->options.budget;
    set_policy(controller, price, tau);
    /* half of what is drawn is over a budget that the mean meets */
    if (controller->options.lambda_rate > 0 && state->lambda < 2 * slope)
        state->lambda = fmin(2 * slope, 1e4 * controller->options.lambda);
    state->overspend = state->lambda > 0 ? fmin(slope / state->lambda, 1) : 0;
    /* as firm as a round's worth of samples, or the first round would wipe it out */
    state->overspend_seen = fmax(state->overspend_seen, controller->options.gather);
    if (mu != NULL)
        *mu = price;
    return FW_OK;
}
