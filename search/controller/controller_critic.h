/* What choices are worth, learned from judged configurations: the critic of a controller.
 *
 * The model: quality(x) = what its round has in common + the sum of beta over the features that x switches on + noise.
 * All configurations of a round are judged on one batch, so that batch's own difficulty is common to them and cancels
 * when qualities and features are centred on their means within the round. beta has a prior: mean `prior`, standard
 * deviation `scale`, both in units of quality (AUC, recall). Two widths are learned from the data besides, by evidence
 * (MacKay 1992): a common factor on all scales, and the noise; so scales need be right only among themselves.
 *
 *     FW_TRY(fw_critic_create(&critic, &table, &options, mem, err));
 *     FW_TRY(fw_critic_learn_round(critic, choices, quality, k, err));
 *     double expected = fw_critic_predict(critic, choices);
 *
 * A critic belongs to one thread at a time and uses no other: its bits depend on what it was told alone. */
#ifndef FW_SEARCH_CONTROLLER_CRITIC_H
#define FW_SEARCH_CONTROLLER_CRITIC_H

#include "core/alloc.h"
#include "search/controller/choice_table.h"
#include "search/controller/flat_state.h"

/* Most samples that a critic may remember: a fit costs window^3 / 3 sums. */
#define FW_CRITIC_WINDOW_MOST 1024

struct fw_critic_options {
    int32_t window; /* samples remembered, 2 to FW_CRITIC_WINDOW_MOST; whole rounds are forgotten, oldest first */
    double forget;  /* weight of a round relative to the next one, above 0 to 1: the model that is judged moves on */
    const double *prior; /* (n_features) copied; NULL: 0 */
    const double *scale; /* (n_features) 0 or more, copied; 0: known to be `prior`. NULL: all alike, from the data */
    /* Standard deviation of a common factor on `prior` around 1, relative to the scales' own factor; 0: taken as given.
     * For priors of other units than quality's, as a saliency in logloss is when AUC is judged. Nothing is gained from
     * it without `prior`. */
    double prior_gain_width;
};

struct fw_critic;

/* The table is borrowed until destroy. FW_E_ARG: an option out of range; FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_critic_create(struct fw_critic **out, const struct fw_choice_table *table,
                                const struct fw_critic_options *options, struct fw_allocator *mem,
                                struct fw_error *err);
void fw_critic_destroy(struct fw_critic *critic); /* NULL is a no-op */

/* Takes in a round and fits anew. choices: (k, n_decisions); quality: (k) finite. A round of fewer than two says
 * nothing and is passed over. FW_E_ARG when k exceeds the window. */
FW_NODISCARD
enum fw_status fw_critic_learn_round(struct fw_critic *critic, const int32_t *choices, const double *quality, int32_t k,
                                     struct fw_error *err);

/* Replaces means and scales of the prior, (n_features) each, finite and at least 0; samples are kept. What is drawn to
 * the prior moves with it. Units are those of the prior given at first. */
void fw_critic_set_prior(struct fw_critic *critic, const double *prior, const double *scale);

/* (n_features) in units of quality, borrowed; the prior's means before the first round. */
const double *fw_critic_beta(const struct fw_critic *critic);

/* The sum of beta over what a configuration switches on: its quality up to a constant. */
double fw_critic_predict(const struct fw_critic *critic, const int32_t *choices);

/* Standard deviation of the noise of one judging, in units of quality; 0 before the first round. */
double fw_critic_noise(const struct fw_critic *critic);

/* How far the worths of a decision's choices are apart, as a variance in squared units of quality, averaged over the
 * decisions that have a choice to make: that of the worths as learned, plus what is not known of them yet. So it hardly
 * moves while learning, and is there before the first lesson. 0: nothing is known at all. */
double fw_critic_spread(struct fw_critic *critic);

/* Walks over what a resumed critic needs; after a restoring walk call fw_critic_resume. */
void fw_critic_walk(struct fw_critic *critic, struct fw_flat_state *state);
void fw_critic_resume(struct fw_critic *critic);

/* The common factor on `prior`; 1 without prior_gain_width. */
double fw_critic_prior_gain(const struct fw_critic *critic);

#endif
