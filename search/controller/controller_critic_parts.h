/* What the two files of the critic share: its memory (controller_critic.c) and its fit (controller_critic_fit.c). */
#ifndef FW_SEARCH_CONTROLLER_CRITIC_PARTS_H
#define FW_SEARCH_CONTROLLER_CRITIC_PARTS_H

#include "core/arena.h"
#include "search/controller/controller_critic.h"

/* Of what moves from one round to the next: plain numbers, saved as they are. */
struct fw_critic_state {
    int64_t round;      /* rounds learned from */
    int64_t n;          /* samples remembered */
    double noise;       /* variance of one judging */
    double width;       /* common factor on the squared scales; 0: not known yet */
    double first;       /* what `width` started from, and is drawn back to as by one observation */
    double learned;     /* directions of beta that the data determine: gamma of MacKay's evidence */
    double gain;        /* on the prior's means, as learned */
    double anchor_gain; /* and as far as it is in the anchor */
};

struct fw_critic {
    const struct fw_choice_table *table;
    struct fw_arena arena;
    struct fw_allocator *mem;
    int32_t window;
    double forget, gain_variance;
    double n_learnable;  /* features of scale above 0 */
    double prior_spread; /* fw_critic_spread of the prior's scales at width 1 */
    struct fw_critic_state state;
    double *prior;    /* (n_features) */
    double *anchor;   /* (n_features) what beta is drawn to: the prior, and what forgotten rounds taught */
    double *variance; /* (n_features) squared scales */
    double *beta;     /* (n_features) */
    int32_t *choices; /* (window, n_decisions), oldest first */
    double *quality;  /* (window) */
    int64_t *round;   /* (window) */
    double *gram;     /* (window, window) products of raw samples under the scales; made anew on resuming */
    double *tilt;     /* (window) worth under the prior's means; likewise */
    double *system;   /* (window, window) scratch, as all below */
    double *target, *alpha, *root, *means; /* (window) */
    double *marks;                         /* (n_features) zeros between uses */
};

/* marks[f] += weight variance[f] for each feature that sample i switches on; weight 0 clears them. */
void fw_critic_mark(struct fw_critic *critic, int64_t i, double weight);

/* The sum of values over the features that sample i switches on. */
double fw_critic_sum(const struct fw_critic *critic, int64_t i, const double *values);

/* The end of the round that starts at sample i. */
int64_t fw_critic_round_end(const struct fw_critic *critic, int64_t i);

/* What is derived from the scales: prior_spread and n_learnable. */
void fw_critic_measure_prior(struct fw_critic *critic);

/* beta, noise, width and gain from what is remembered: at least one round. */
void fw_critic_fit(struct fw_critic *critic);

#endif
