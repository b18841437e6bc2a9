/* Sizings by plain rules, without a search: what a search of embedding sizes has to beat under the same budget.
 *
 * Each takes a space and a budget in bytes and gives sizes of all inputs that never cost more and use as much of it as
 * the rule can; a larger budget never gives fewer bytes. Ranked inputs are those with several row strips: the first of
 * their ids may be kept. The others are kept whole or not at all, as the space does.
 *
 *     struct fw_embedding_sizes *sizes;
 *     FW_TRY(fw_sizing_uniform(&sizes, space, budget, mem, err));
 *
 * Small budgets drop inputs, but one is left. A budget below the least embedding that a rule can give is FW_E_ARG with
 * that figure. Pure functions of their arguments; the caller owns the sizes; FW_E_NOMEM. */
#ifndef FW_SEARCH_SIZING_RULES_H
#define FW_SEARCH_SIZING_RULES_H

#include "space/embedding_space.h"

/* Default exponent of fw_sizing_mde, and its largest. */
#define FW_SIZING_ALPHA      0.3
#define FW_SIZING_ALPHA_MOST 10.0

/* One width for all ids of all inputs, the largest that fits; no projections. Where width 1 does not fit, it is width 1
 * for the same share of the ids of every ranked input, at least one row each; inputs that are not ranked are dropped
 * from the largest on until that fits, and then ranked ones from the last on. */
FW_NODISCARD
enum fw_status fw_sizing_uniform(struct fw_embedding_sizes **out, const struct fw_embedding_space *space,
                                 int64_t budget, struct fw_allocator *mem, struct fw_error *err);

/* The common width for the most frequent ids of all inputs, by one threshold on the counts of ids; no projections. Ids
 * before a kept one are kept too, however rare (that of unknown values is the first). An input that is not ranked goes
 * by its rows per id; it is passed over when what is left does not hold it. An input without counts goes as if its ids
 * were equally frequent, in as many rows as the input with most has. Ties go to the first input. */
FW_NODISCARD
enum fw_status fw_sizing_vocabulary(struct fw_embedding_sizes **out, const struct fw_embedding_space *space,
                                    int64_t budget, struct fw_allocator *mem, struct fw_error *err);

/* Mixed dimensions (Ginart et al. 2019): all ids, width proportional to n_ids^-alpha, rounded, 1 to the common width,
 * with the largest factor that fits; what rounding leaves is not given away. In a projected space narrower strips are
 * projected, unless the full width costs no more. Where the least widths do not fit: as fw_sizing_uniform.
 * FW_E_ARG: alpha is not in 0 to FW_SIZING_ALPHA_MOST. */
FW_NODISCARD
enum fw_status fw_sizing_mde(struct fw_embedding_sizes **out, const struct fw_embedding_space *space, double alpha,
                             int64_t budget, struct fw_allocator *mem, struct fw_error *err);

#endif
