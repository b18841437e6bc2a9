/* Whether the labels of a table are a funnel: two of two classes, click and conversion, the second only where the first
 * is. */
#ifndef FW_CLI_FUNNEL_H
#define FW_CLI_FUNNEL_H

#include <stdbool.h>

#include "space/dataset.h"
#include "space/schema.h"

/* Rows with a conversion and no click; 0 when the labels are not two of two classes. tables: the sources of the data
 * set, NULL for a second one that there is not. With `required` such rows are FW_E_INPUT naming file, line and remedy,
 * or, where the schema skips bad rows, their conversion becomes unknown. */
FW_NODISCARD
enum fw_status cli_funnel_check(int64_t *n_out, struct fw_dataset *dataset, const struct fw_schema *schema,
                                const struct fw_table *const tables[2], bool required, struct fw_error *err);

#endif
