/* The best configuration that fits a budget: one choice a decision, greatest sum of worths, sum of costs at most the
 * budget (the multiple-choice knapsack), and its small sister, a given configuration made to fit.
 *
 *     fw_controller_worths(controller, worth);
 *     FW_TRY(fw_controller_best(choices, &table, worth, budget, mem, err));
 *
 * worth is (n_choices), finite: sums of the critic's beta, or log probabilities. Deterministic: ties go to the cheaper
 * choice, then to the first. No state; safe from many threads. */
#ifndef FW_SEARCH_CONTROLLER_BEST_H
#define FW_SEARCH_CONTROLLER_BEST_H

#include "core/alloc.h"
#include "search/controller/choice_table.h"

/* Greedy along each decision's upper hull of worth over cost, which solves the relaxed problem (a price a byte, as in
 * a Lagrangian), then local improvement by changes of one and of two decisions. Never over the budget. What is lost
 * against the optimum is at most the one step at which the budget ended, and mostly nothing. FW_E_ARG: the cheapest
 * configuration is over the budget, or a worth is not finite; FW_E_NOMEM. choices: (n_decisions). */
FW_NODISCARD
enum fw_status fw_controller_best(int32_t *choices, const struct fw_choice_table *table, const double *worth,
                                  int64_t budget, struct fw_allocator *mem, struct fw_error *err);

/* Changes choices to cheaper ones until the budget holds: each time the change that loses least worth a byte that was
 * needed; then takes back what proves not to have been needed. A configuration that fits is left alone. Errors as
 * above. */
FW_NODISCARD
enum fw_status fw_controller_repair(int32_t *choices, const struct fw_choice_table *table, const double *worth,
                                    int64_t budget, struct fw_allocator *mem, struct fw_error *err);

/* Sum of worths of a configuration. */
double fw_controller_total(const struct fw_choice_table *table, const double *worth, const int32_t *choices);

#endif
