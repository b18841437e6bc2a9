/* A policy over independent decisions: a soft-max over the choices of each, from logits theta. Pure functions on flat
 * arrays that are numbered like the choices of a table (search/controller/choice_table.h): theta, probability and
 * gradient are (n_choices), choices is (n_decisions).
 *
 *     fw_policy_softmax(probability, theta, table);
 *     fw_policy_draw(choices, probability, table, &rng);
 *
 * No state; safe from many threads. */
#ifndef FW_SEARCH_CONTROLLER_POLICY_H
#define FW_SEARCH_CONTROLLER_POLICY_H

#include "core/rng.h"
#include "search/controller/choice_table.h"

/* probability = softmax(theta) in each decision. */
void fw_policy_softmax(double *probability, const double *theta, const struct fw_choice_table *table);

/* One configuration: a uniform number a decision, in order. */
void fw_policy_draw(int32_t *choices, const double *probability, const struct fw_choice_table *table,
                    struct fw_rng *rng);

/* The likeliest choice of each decision; of equals the first. */
void fw_policy_argmax(int32_t *choices, const double *probability, const struct fw_choice_table *table);

/* Mean over decisions of -sum p log p, in nats: 0 when all is decided, log of the choices when nothing is. */
double fw_policy_entropy(const double *probability, const struct fw_choice_table *table);

/* Mean bytes of a configuration drawn. */
double fw_policy_cost(const double *probability, const struct fw_choice_table *table);

/* log p(choices) = sum over decisions of log p(choice); -inf when one has probability 0. */
double fw_policy_log(const double *probability, const struct fw_choice_table *table, const int32_t *choices);

/* gradient += weight * d log p(choices) / d theta: 1 for the choice taken, less the probability. */
void fw_policy_add_log_gradient(double *gradient, double weight, const double *probability,
                                const struct fw_choice_table *table, const int32_t *choices);

/* gradient += weight * d (sum over decisions of their entropies) / d theta = -p (log p + H_d). The sum, not the mean:
 * the push on one decision does not depend on how many others there are. */
void fw_policy_add_entropy_gradient(double *gradient, double weight, const double *probability,
                                    const struct fw_choice_table *table);

#endif
