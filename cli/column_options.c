#include "cli/column_options.h"

#include <string.h>

/* The column that a name or a place from 1 means; -1: none. */
static int64_t find(const struct fw_schema *schema, const char *name)
{
    int64_t place;
    for (int64_t c = 0; c < schema->n_columns; c++) {
        if (strcmp(schema->columns[c].name, name) == 0)
            return c;
    }
    return fw_text_to_int(fw_text_of(name), &place) && place >= 1 && place <= schema->n_columns ? place - 1 : -1;
}

static bool all_are(const struct cli_list *names, const struct fw_schema *schema, enum fw_column_type type)
{
    for (int64_t i = 0; i < names->n; i++) {
        int64_t c = find(schema, names->items[i]);
        if (c < 0 || schema->columns[c].type != type)
            return false;
    }
    return true;
}

static bool all_ignored(const struct cli_list *names, const struct fw_schema *schema)
{
    for (int64_t i = 0; i < names->n; i++) {
        int64_t c = find(schema, names->items[i]);
        if (c < 0 || schema->columns[c].role != FW_ROLE_IGNORED)
            return false;
    }
    return true;
}

static bool are_labels(const struct cli_list *names, const struct fw_schema *schema)
{
    if (names->n == 0)
        return true;
    for (int64_t i = 0; i < names->n && names->n == schema->n_tasks; i++) {
        if (find(schema, names->items[i]) != schema->tasks[i].column)
            return false;
    }
    return names->n == schema->n_tasks;
}

static bool is_column(const char *name, const struct fw_schema *schema, int64_t column)
{
    return name == NULL || find(schema, name) == column;
}

enum fw_status cli_columns_check(const struct cli_data_options *options, const struct fw_schema *schema, bool labels,
                                 const char *what, struct fw_error *err)
{
    const struct cli_data_options *o = options;
    const struct {
        const char *name;
        bool agrees;
    } all[] = {{"--ignore", all_ignored(&o->ignore, schema)},
               {"--categorical", all_are(&o->categorical, schema, FW_TYPE_CATEGORICAL)},
               {"--numeric", all_are(&o->numeric, schema, FW_TYPE_NUMERIC)},
               {"--sequence", all_are(&o->sequence, schema, FW_TYPE_SEQUENCE)},
               {"--weight", is_column(o->weight, schema, schema->weight)},
               {"--group", is_column(o->group, schema, schema->group)},
               {"--time", is_column(o->time, schema, schema->time)},
               {o->labels.n > 1 ? "--labels" : "--label", !labels || are_labels(&o->labels, schema)},
               {"--positive", !labels || o->positives.n == 0},
               {"--regression", !labels || o->regression.n == 0},
               {"--task-weight", !labels || o->task_weights.n == 0},
               {"--position", !labels || is_column(o->position, schema, schema->position)}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (!all[i].agrees)
            return fw_error_set(err, FW_E_ARG,
                                "%s would be without effect: what columns are for is settled in %s, otherwise; leave "
                                "the option out, or make that anew with it",
                                all[i].name, what);
    }
    return FW_OK;
}

/* Whether two schemas are of the same labels, in the same order: what a routing is of. */
static bool same_labels(const char *const *names, int32_t n, const struct fw_schema *schema)
{
    if (n != schema->n_tasks)
        return false;
    for (int32_t t = 0; t < n; t++) {
        if (strcmp(names[t], schema->tasks[t].name) != 0)
            return false;
    }
    return true;
}

enum fw_status cli_columns_relabel(struct fw_plan *plan, const struct fw_table *table,
                                   const struct cli_data_options *options, const char *path, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_schema *schema = plan->schema;
    struct fw_schema_options said;
    char *before[FW_TASKS_MOST] = {NULL};
    int32_t n = schema->n_tasks;
    if (options->labels.n + options->positives.n + options->regression.n + options->task_weights.n == 0 &&
        options->position == NULL)
        return FW_OK;
    for (int32_t t = 0; t < n; t++) {
        const char *name = schema->tasks[t].name;
        before[t] = fw_strndup(plan->mem, name, strlen(name));
        if (before[t] == NULL)
            FW_TRY_GOTO(fw_error_nomem(err, plan->mem, "a label's name", (int64_t)strlen(name), 1), done);
    }
    cli_schema_options(&said, options);
    FW_TRY_GOTO(fw_schema_relabel(schema, table, &said, path, err), done);
    if (plan->routing != NULL && !same_labels((const char *const *)before, n, schema))
        status = fw_error_set(err, FW_E_ARG,
                              "the routing in %s is of other labels, or of these in another order; leave out "
                              "--labels, or take the plan that the routing was searched from",
                              path);
done:
    for (int32_t t = 0; t < n; t++)
        fw_free(plan->mem, before[t]);
    return status;
}
