/* What options say of columns where a plan or a model says it already: labels may be others, all else may not. */
#ifndef FW_CLI_COLUMN_OPTIONS_H
#define FW_CLI_COLUMN_OPTIONS_H

#include "cli/data_options.h"
#include "space/plan.h"

/* FW_E_ARG naming the first option that says otherwise than the schema of `what` (a plan, a model) what a column is
 * for, since it would be without effect. labels: those about labels and the position too, where saying what positive
 * values, numbers and weights are is refused in any case. To be asked before cli_data_from_plan, which fills some of
 * the options. */
FW_NODISCARD
enum fw_status cli_columns_check(const struct cli_data_options *options, const struct fw_schema *schema, bool labels,
                                 const char *what, struct fw_error *err);

/* Gives a plan the labels and the position that the options name, if they name any, by fw_schema_relabel. path: of the
 * plan. FW_E_ARG too when the plan has a routing and its labels would be others. */
FW_NODISCARD
enum fw_status cli_columns_relabel(struct fw_plan *plan, const struct fw_table *table,
                                   const struct cli_data_options *options, const char *path, struct fw_error *err);

#endif
