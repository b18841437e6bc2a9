#include "cli/funnel.h"

#include <math.h>

/* The file and line of a row that counts through the tables one after the other. */
static enum fw_status refuse(const struct fw_schema *schema, const struct fw_table *const tables[2], int64_t row,
                             int64_t n, struct fw_error *err)
{
    const struct fw_table *table = tables[0];
    const char *click = schema->tasks[0].name;
    const char *conversion = schema->tasks[1].name;
    if (row >= table->n_rows && tables[1] != NULL) {
        row -= table->n_rows;
        table = tables[1];
    }
    return fw_error_set(err, FW_E_INPUT,
                        "%s:%lld: '%s' without '%s' (%lld such rows), while a conversion is a click too; name the "
                        "click first (--labels CLICK,CONVERSION), mend the table, or let these conversions count as "
                        "unknown with --on-bad-row skip",
                        table->path, (long long)fw_table_line(table, row), conversion, click, (long long)n);
}

enum fw_status cli_funnel_check(int64_t *n_out, struct fw_dataset *dataset, const struct fw_schema *schema,
                                const struct fw_table *const tables[2], bool required, struct fw_error *err)
{
    int64_t n = 0;
    int64_t first = INT64_MAX;
    *n_out = 0;
    if (schema->n_tasks != 2 || schema->tasks[0].kind != FW_TASK_BINARY || schema->tasks[1].kind != FW_TASK_BINARY)
        return FW_OK;
    for (int64_t i = 0; i < dataset->n_rows; i++) {
        float *labels = dataset->labels + 2 * i;
        if (!(labels[0] <= 0 && labels[1] > 0))
            continue;
        n++;
        if (dataset->source_row[i] < first)
            first = dataset->source_row[i];
        if (required && schema->skip_bad_rows)
            labels[1] = NAN;
    }
    *n_out = n;
    return n == 0 || !required || schema->skip_bad_rows ? FW_OK : refuse(schema, tables, first, n, err);
}
