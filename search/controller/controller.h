/* The controller of a search over independent choices (Neural Input Search, Joglekar et al. 2020): a soft-max policy
 * for each decision, taught by how well the configurations drawn from it do. It knows costs and features of choices
 * (search/controller/choice_table.h) and nothing of what they mean.
 *
 * The reward of a configuration: R = quality - lambda max(0, cost / budget - 1). Two ways to learn from it:
 *
 * plain: as published. Policy gradient of the drawn configurations, (R - value) d log p(x) / d theta, with the running
 * mean of rewards as the value, plus tau times the gradient of the entropy; one Adam step a round or a worker's sample.
 *
 * factored (default): a critic (search/controller/controller_critic.h) learns what each feature is worth, so that every
 * choice of every decision has an advantage whether it was drawn or not: A(d,a) = sum of beta over its features -
 * lambda rho cost(d,a) / budget, less its mean under the policy. rho is the running share of drawn configurations over
 * the budget: the hinge has slope lambda / budget where a configuration is over and 0 where it is not, so rho lambda /
 * budget is the mean derivative of the penalty by cost. To A is added what the critic did not explain of the rewards of
 * the round: the mean residual of the samples with that choice, drawn towards 0 as by max(1, noise / spread) further
 * samples. It mends what sums of features cannot express (and the hinge's bend), fades out where it would be noise, and
 * is bounded. Then theta <- (1 - rate tau) theta + rate A / spread, the natural gradient of reward + tau entropy, with
 * the fixed point theta = A / (spread tau).
 *
 * Units: qualities may differ by 1e-4 or by 1; A is divided by a running spread of choices' worths (the critic's), so
 * that tau and rate are pure numbers: tau = 1 leaves choices a typical difference apart at odds of e to 1, 0.1 all but
 * decides. lambda is in units of quality for a cost of twice the budget.
 *
 *     FW_TRY(fw_controller_create(&controller, &table, &options, mem, err));
 *     for (int64_t r = 0; r < rounds; r++) {
 *         for (int32_t k = 0; k < n; k++)
 *             fw_controller_sample(controller, choices + k * table.n_decisions, r, k);
 *         ... judge the n configurations, in parallel or not, into quality[k] ...
 *         FW_TRY(fw_controller_learn_round(controller, choices, quality, n, tau, err));
 *     }
 *     fw_controller_worths(controller, worth);
 *     FW_TRY(fw_controller_best(best, &table, worth, budget, mem, err));      // search/controller/controller_best.h
 *
 * Thread rules: sample, learn_one, learn_round and save take a lock inside and may be called from many threads; all
 * else is for while nobody learns. By rounds, results depend on what was judged and not on threads; with learn_one they
 * depend on the order of arrival, as in A3C. */
#ifndef FW_SEARCH_CONTROLLER_H
#define FW_SEARCH_CONTROLLER_H

#include <stddef.h>

#include "search/controller/controller_critic.h"
#include "search/controller/controller_policy.h"

enum fw_controller_mode { FW_CONTROLLER_FACTORED, FW_CONTROLLER_PLAIN };

struct fw_controller_options {
    enum fw_controller_mode mode;
    uint64_t seed;
    int64_t budget;     /* bytes; at least those of the cheapest configuration, and 1 */
    double lambda;      /* units of quality, 0 or more: larger than what the search can gain is enough */
    double lambda_rate; /* 0: lambda stays. Else it moves by up to exp(+-lambda_rate) a round, so that the mean cost
                         * under the policy meets the budget; it starts from `lambda`, stays above 1e-4 and below 1e4
                         * times that */
    double rate;        /* step a round: of theta (factored), of Adam (plain); above 0 */
    double correction;  /* weight of the residuals of a round, 0 to 1; factored only */
    int32_t gather;     /* samples that learn_one gathers to a round; factored only, 2 up to the window */
    struct fw_critic_options critic; /* window also bounds a round; its arrays are copied */
};

/* Factored, no budget yet, lambda from 0.1 moving by up to 0.1, rate 0.3, correction 1, gathering 16, a window of 512
 * with forgetting of 0.98, no prior. For plain mode set rate to 0.03 to 0.1 besides. */
void fw_controller_options_default(struct fw_controller_options *options);

struct fw_controller;

/* The policy starts uniform. The table is borrowed until destroy. FW_E_ARG: an option out of range, a budget below the
 * cheapest configuration, a table that fw_choice_table_check refuses; FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_controller_create(struct fw_controller **out, const struct fw_choice_table *table,
                                    const struct fw_controller_options *options, struct fw_allocator *mem,
                                    struct fw_error *err);
void fw_controller_destroy(struct fw_controller *controller); /* NULL is a no-op */

/* R = quality - lambda max(0, cost / budget - 1); NaN for a NaN quality. */
double fw_controller_reward(double quality, double lambda, int64_t cost, int64_t budget);

/* Draws sample `sample` of round `round`: (n_decisions) choices. The policy as it is, with random numbers that belong
 * to the two numbers and the seed: the same whoever draws it. */
void fw_controller_sample(struct fw_controller *controller, int32_t *choices, int64_t round, int64_t sample);

/* Learns from a round: choices (k, n_decisions), quality (k), judged on one batch. tau: 0 or more, may fall from round
 * to round. Samples whose quality is not finite are passed over (a batch with one class has no AUC); a round of none of
 * finite quality changes nothing. FW_E_ARG: k beyond the critic's window, or a tau out of range; nothing is learned. */
FW_NODISCARD
enum fw_status fw_controller_learn_round(struct fw_controller *controller, const int32_t *choices,
                                         const double *quality, int32_t k, double tau, struct fw_error *err);

/* Learns from one sample of a worker that waits for no other. plain: a step at once. factored: `gather` samples make a
 * round, in order of arrival. They were judged on batches of their own, so that batches' difficulty is noise here. */
FW_NODISCARD
enum fw_status fw_controller_learn_one(struct fw_controller *controller, const int32_t *choices, double quality,
                                       double tau, struct fw_error *err);

/* Sets the policy to what the critic believes, its prior before any round: theta = (worth - mu cost) / (spread tau), mu
 * at least 0 and such that the mean cost is the budget (mu = 0: it is below anyway). lambda rho starts from mu budget;
 * with lambda_rate set, lambda is raised to make room for it. tau above 0, else FW_E_ARG. *mu (may be NULL): units of
 * quality a byte. Call it while nobody learns. */
FW_NODISCARD
enum fw_status fw_controller_warm(struct fw_controller *controller, double *mu, double tau, struct fw_error *err);

/* fw_critic_set_prior; while nobody learns. */
void fw_controller_set_prior(struct fw_controller *controller, const double *prior, const double *scale);

/* (n_choices), borrowed; they change with each lesson. */
const double *fw_controller_probabilities(const struct fw_controller *controller);

/* (n_choices) what the critic says choices are worth, up to a constant. In plain mode the critic knows its prior alone:
 * use log probabilities or arg-max there. */
void fw_controller_worths(const struct fw_controller *controller, double *worth);

/* Lessons so far; mean reward of late, NaN before the first; rho; lambda; mean bytes of a configuration drawn. */
int64_t fw_controller_lessons(const struct fw_controller *controller);
double fw_controller_value(const struct fw_controller *controller);
double fw_controller_overspend(const struct fw_controller *controller);
double fw_controller_lambda(const struct fw_controller *controller);
double fw_controller_cost(const struct fw_controller *controller);

/* All that a resumed search needs, as flat bytes: to be restored into a controller of equal table and options on this
 * kind of machine, which then goes on bit for bit. FW_E_CORRUPT: bytes of another size, damaged, or of another
 * table, mode, budget or window; the controller is as before. */
size_t fw_controller_state_bytes(const struct fw_controller *controller);
void fw_controller_save(struct fw_controller *controller, void *bytes);
FW_NODISCARD
enum fw_status fw_controller_restore(struct fw_controller *controller, const void *bytes, size_t n,
                                     struct fw_error *err);

#endif
