/* A table of choices with planted worths, and a judge that adds noise and a difficulty common to each round. */
#ifndef FW_TESTS_SUPPORT_BANDIT_H
#define FW_TESTS_SUPPORT_BANDIT_H

#include <stdbool.h>

#include "search/controller/choice_table.h"

enum { BANDIT_MAX_DECISIONS = 24, BANDIT_MAX_CHOICES = 8 };

struct bandit_options {
    int32_t n_decisions, n_choices; /* choices of each decision */
    bool nested;   /* choice c switches on the first c of its decision's features, as embedding blocks; else its own */
    double worth;  /* features are worth about this much */
    double noise;  /* standard deviation of a judging */
    double offset; /* standard deviation of a round's difficulty */
    uint64_t seed;
};

struct bandit {
    struct bandit_options options;
    struct fw_choice_table table; /* borrows the arrays below */
    int32_t first[BANDIT_MAX_DECISIONS + 1];
    int64_t cost[BANDIT_MAX_DECISIONS * BANDIT_MAX_CHOICES];
    int64_t feature_start[BANDIT_MAX_DECISIONS * BANDIT_MAX_CHOICES + 1];
    int32_t feature[BANDIT_MAX_DECISIONS * BANDIT_MAX_CHOICES * BANDIT_MAX_CHOICES];
    double beta[BANDIT_MAX_DECISIONS * BANDIT_MAX_CHOICES];  /* of features */
    double worth[BANDIT_MAX_DECISIONS * BANDIT_MAX_CHOICES]; /* of choices */
};

/* Costs rise with the choice, choice 0 is free. Fills a struct that the caller holds and must not move. */
void bandit_init(struct bandit *bandit, const struct bandit_options *options);

/* What judging sample `sample` of round `round` says. */
double bandit_judge(const struct bandit *bandit, const int32_t *choices, int64_t round, int64_t sample);

#endif
