/* Studies as a file that Optuna (3.1, an SQLite "RDB storage") opens, to be looked at and plotted with its tools.
 *
 * What becomes what:
 *     study                name, direction of the objective; driver, data, seed, options and the like as user
 * attributes trial                number (from 0 there), COMPLETE, PRUNED, FAIL, RUNNING; start and end. A trial that
 * is called complete and has no finite objective is FAIL, since Optuna wants a value there objective            the
 * value; of a pruned trial the last intermediate value (at step `rung`) members of the       parameters. A member whose
 * values are all whole numbers is an IntDistribution, all numbers a candidate            FloatDistribution, from the
 * least to the greatest value seen (not what the search allowed, which no store holds); all else is a
 * CategoricalDistribution of the values seen, in which lists and objects are texts of JSON metrics              user
 * attributes of the trial by their names: the value of the last step. The steps of the metric that is the objective are
 * the intermediate values reason, rung, ...    user attributes fieldwise_reason, fieldwise_rung, ...
 *
 * A member with more than 100 different values that are no numbers, or whose list of values, repeated in each trial,
 * would take more than 64 MiB, is a user attribute candidate_<name> instead. Bytes that are no UTF-8 become U+FFFD. */
#ifndef FW_RESULTS_OPTUNA_H
#define FW_RESULTS_OPTUNA_H

#include "results/query/row_format.h"
#include "results/store/store.h"

/* Writes the file's bytes; study 0: all studies. The whole of it is in memory for a moment. Fails as the store or `to`
 * does, or with FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_optuna_write(struct fw_text_sink to, struct fw_store *store, int64_t study, struct fw_error *err);

#endif
