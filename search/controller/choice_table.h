/* Independent decisions with a few choices each, what each choice costs, and which features it switches on: all that a
 * controller knows of what it searches. Flat arrays, lent by the caller and never changed.
 *
 * The choices of all decisions are numbered through: decision d has first[d] to first[d + 1] - 1. A configuration is
 * one choice a decision, counted from 0 within it. A choice is worth the sum of its features' worths: with embedding
 * blocks as features, two choices that share a block share what is learned about it.
 *
 *     struct fw_choice_table table = {.n_decisions = 2, .first = first, .cost = bytes, ...};
 *     FW_TRY(fw_choice_table_check(&table, err));
 *
 * Safe to read from many threads. */
#ifndef FW_SEARCH_CHOICE_TABLE_H
#define FW_SEARCH_CHOICE_TABLE_H

#include <stdint.h>

#include "core/status.h"

struct fw_choice_table {
    int32_t n_decisions;  /* at least 1 */
    int32_t n_features;   /* 0: choices differ in cost alone */
    const int32_t *first; /* (n_decisions + 1) starts at 0 and rises: every decision has a choice */
    const int64_t *cost;  /* (n_choices) bytes, at least 0 */
    const int64_t
        *feature_start;     /* (n_choices + 1) where a choice's features start in `feature`; from 0, not falling */
    const int32_t *feature; /* (feature_start[n_choices]) numbers below n_features */
};

/* FW_E_ARG naming the first decision or choice that is not as the struct says; total costs must fit in 62 bits. */
FW_NODISCARD
enum fw_status fw_choice_table_check(const struct fw_choice_table *table, struct fw_error *err);

/* Choices of all decisions together. */
static inline int32_t fw_choice_table_choices(const struct fw_choice_table *table)
{
    return table->first[table->n_decisions];
}

/* Bytes of a configuration; choices: (n_decisions). */
int64_t fw_choice_table_cost(const struct fw_choice_table *table, const int32_t *choices);

/* Bytes of the cheapest configuration. */
int64_t fw_choice_table_least(const struct fw_choice_table *table);

/* The sum of beta over the features of a choice, numbered through. */
double fw_choice_table_worth(const struct fw_choice_table *table, const double *beta, int32_t choice);

/* The same for all; worth: (n_choices). */
void fw_choice_table_worths(const struct fw_choice_table *table, double *worth, const double *beta);

#endif
