#include "cli/column_options.h"

#include <string.h>

enum fw_status cli_columns_refuse(const struct cli_data_options *options, bool labels, const char *what,
                                  struct fw_error *err)
{
    const struct cli_data_options *o = options;
    const struct {
        const char *name;
        bool given;
    } all[] = {{"--ignore", o->ignore.n > 0},
               {"--categorical", o->categorical.n > 0},
               {"--numeric", o->numeric.n > 0},
               {"--sequence", o->sequence.n > 0},
               {"--weight", o->weight != NULL},
               {"--group", o->group != NULL},
               {"--time", o->time != NULL},
               {o->labels.n > 1 ? "--labels" : "--label", labels && o->labels.n > 0},
               {"--positive", labels && o->positives.n > 0},
               {"--regression", labels && o->regression.n > 0},
               {"--task-weight", labels && o->task_weights.n > 0},
               {"--position", labels && o->position != NULL}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i].given)
            return fw_error_set(err, FW_E_ARG,
                                "%s would be without effect: what columns are for is settled in %s; leave the option "
                                "out, or make that anew with it",
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
                              "the routing in %s is of other labels; leave out --labels, or take the plan that the "
                              "routing was searched from",
                              path);
done:
    for (int32_t t = 0; t < n; t++)
        fw_free(plan->mem, before[t]);
    return status;
}
