#include "search/controller/controller_policy.h"

#include "core/numeric.h"

void fw_policy_softmax(double *probability, const double *theta, const struct fw_choice_table *table)
{
    for (int32_t d = 0; d < table->n_decisions; d++) {
        int32_t start = table->first[d], end = table->first[d + 1];
        double highest = theta[start], sum = 0;
        for (int32_t i = start + 1; i < end; i++)
            highest = theta[i] > highest ? theta[i] : highest;
        for (int32_t i = start; i < end; i++) {
            probability[i] = fw_exact_exp(theta[i] - highest);
            sum += probability[i];
        }
        for (int32_t i = start; i < end; i++)
            probability[i] /= sum;
    }
}

void fw_policy_draw(int32_t *choices, const double *probability, const struct fw_choice_table *table,
                    struct fw_rng *rng)
{
    for (int32_t d = 0; d < table->n_decisions; d++) {
        int32_t start = table->first[d], n = table->first[d + 1] - start, c = 0;
        double left = fw_rng_uniform(rng) - probability[start];
        while (left >= 0 && c < n - 1)
            left -= probability[start + ++c];
        /* the sum may round to below 1: then the last choice that is possible at all */
        while (c > 0 && probability[start + c] <= 0)
            c--;
        choices[d] = c;
    }
}

void fw_policy_argmax(int32_t *choices, const double *probability, const struct fw_choice_table *table)
{
    for (int32_t d = 0; d < table->n_decisions; d++) {
        int32_t best = table->first[d];
        for (int32_t i = best + 1; i < table->first[d + 1]; i++)
            best = probability[i] > probability[best] ? i : best;
        choices[d] = best - table->first[d];
    }
}

/* -sum p log p of one decision; p log p tends to 0 with p. */
static double decision_entropy(const double *probability, int32_t start, int32_t end)
{
    double entropy = 0;
    for (int32_t i = start; i < end; i++) {
        if (probability[i] > 0)
            entropy -= probability[i] * fw_exact_log(probability[i]);
    }
    return entropy;
}

double fw_policy_entropy(const double *probability, const struct fw_choice_table *table)
{
    double sum = 0;
    for (int32_t d = 0; d < table->n_decisions; d++)
        sum += decision_entropy(probability, table->first[d], table->first[d + 1]);
    return sum / table->n_decisions;
}

double fw_policy_cost(const double *probability, const struct fw_choice_table *table)
{
    double cost = 0;
    for (int32_t i = 0; i < fw_choice_table_choices(table); i++)
        cost += probability[i] * (double)table->cost[i];
    return cost;
}

double fw_policy_log(const double *probability, const struct fw_choice_table *table, const int32_t *choices)
{
    double sum = 0;
    for (int32_t d = 0; d < table->n_decisions; d++)
        sum += fw_exact_log(probability[table->first[d] + choices[d]]);
    return sum;
}

void fw_policy_add_log_gradient(double *gradient, double weight, const double *probability,
                                const struct fw_choice_table *table, const int32_t *choices)
{
    for (int32_t i = 0; i < fw_choice_table_choices(table); i++)
        gradient[i] -= weight * probability[i];
    for (int32_t d = 0; d < table->n_decisions; d++)
        gradient[table->first[d] + choices[d]] += weight;
}

void fw_policy_add_entropy_gradient(double *gradient, double weight, const double *probability,
                                    const struct fw_choice_table *table)
{
    for (int32_t d = 0; d < table->n_decisions; d++) {
        double entropy = decision_entropy(probability, table->first[d], table->first[d + 1]);
        for (int32_t i = table->first[d]; i < table->first[d + 1]; i++) {
            if (probability[i] > 0)
                gradient[i] -= weight * probability[i] * (fw_exact_log(probability[i]) + entropy);
        }
    }
}
