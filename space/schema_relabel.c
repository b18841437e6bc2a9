/* Other labels for a schema that is kept. What was found by it (bins, crosses, sizes of embeddings) holds for any label
 * that none of it was found from: so only columns that were left out, or labels and positions already, may be named. */
#include <stdio.h>
#include <string.h>

#include "space/schema_parts.h"

/* A relabelling under way. */
struct relabelling {
    struct fw_schema *schema;
    const struct fw_table *table;
    const char *what;
    const char **ignored; /* (columns of the table) all that are no label */
    int64_t n_ignored;
    bool *is_label; /* (columns of the table) */
};

/* The schema's column of this name; refuses one with a purpose of its own. option: by which it is named. */
static enum fw_status find_free(int64_t *out, const struct relabelling *r, const char *name, enum fw_column_role role,
                                const char *option, struct fw_error *err)
{
    const struct fw_schema *s = r->schema;
    int64_t c = 0;
    while (c < s->n_columns && strcmp(s->columns[c].name, name) != 0)
        c++;
    if (c == s->n_columns)
        return fw_error_set(err, FW_E_ARG, "%s: '%s' is not among the columns of %s; make that anew from this table",
                            option, name, r->what);
    if (s->columns[c].role != FW_ROLE_IGNORED && s->columns[c].role != role)
        return fw_error_set(err, FW_E_ARG,
                            "%s: in %s the column '%s' is a %s; make it anew, with --ignore %s, so that nothing in it "
                            "was found by that column",
                            option, r->what, name, fw_column_role_name(s->columns[c].role), name);
    *out = c;
    return FW_OK;
}

/* The names of the labels as the table has them, marked there; `named`: as they were given. */
static enum fw_status mark_labels(struct relabelling *r, struct fw_name_list named, const char *option,
                                  struct fw_error *err)
{
    for (int64_t i = 0; i < named.n; i++) {
        int64_t column = -1;
        int64_t unused;
        FW_TRY(fw_schema_find_column(&column, r->table, named.names[i], option, err));
        FW_TRY(find_free(&unused, r, r->table->columns[column].name, FW_ROLE_LABEL, option, err));
        r->is_label[column] = true;
    }
    for (int64_t c = 0; c < r->table->n_columns; c++) {
        if (!r->is_label[c])
            r->ignored[r->n_ignored++] = r->table->columns[c].name;
    }
    return FW_OK;
}

static void leave(struct fw_schema_column *column, const char *was)
{
    column->role = FW_ROLE_IGNORED;
    snprintf(column->why, sizeof column->why, "was %s", was);
}

/* Moves the tasks of a schema of the table's own columns over. */
static void take_tasks(struct fw_schema *schema, struct fw_schema *from)
{
    struct fw_task *tasks = schema->tasks;
    int32_t n_tasks = schema->n_tasks;
    for (int32_t t = 0; t < n_tasks; t++)
        leave(&schema->columns[tasks[t].column], "a label");
    schema->tasks = from->tasks;
    schema->n_tasks = from->n_tasks;
    for (int32_t t = 0; t < schema->n_tasks; t++) {
        int64_t c = 0;
        while (strcmp(schema->columns[c].name, schema->tasks[t].name) != 0)
            c++;
        schema->tasks[t].column = c;
        schema->columns[c].role = FW_ROLE_LABEL;
        schema->columns[c].why[0] = '\0';
    }
    from->tasks = tasks;
    from->n_tasks = n_tasks;
}

static enum fw_status relabel(struct relabelling *r, const struct fw_schema_options *options, struct fw_error *err)
{
    const char *own[FW_TASKS_MOST];
    struct fw_schema *schema = r->schema;
    struct fw_schema *fresh = NULL;
    struct fw_schema_options o;
    int64_t position = schema->position;
    fw_schema_options_init(&o);
    o.labels = options->labels;
    o.positives = options->positives;
    o.regression = options->regression;
    o.task_weights = options->task_weights;
    o.known = schema;
    o.skip_bad_rows = options->skip_bad_rows;
    o.threads = options->threads;
    if (o.labels.n == 0) {
        for (int32_t t = 0; t < schema->n_tasks; t++)
            own[t] = schema->tasks[t].name;
        o.labels = (struct fw_name_list){own, schema->n_tasks};
    }
    FW_TRY(mark_labels(r, o.labels, fw_schema_labels_option(&o), err));
    o.ignore = (struct fw_name_list){r->ignored, r->n_ignored};
    if (options->position != NULL) {
        int64_t column = -1;
        FW_TRY(fw_schema_find_column(&column, r->table, options->position, "--position", err));
        FW_TRY(find_free(&position, r, r->table->columns[column].name, FW_ROLE_POSITION, "--position", err));
        if (r->is_label[column])
            return fw_error_set(err, FW_E_ARG, "column '%s' is named both with %s and with --position; give one",
                                r->table->columns[column].name, fw_schema_labels_option(&o));
    }
    FW_TRY(fw_schema_infer(&fresh, r->table, &o, schema->mem, err));
    take_tasks(schema, fresh);
    fw_schema_destroy(fresh);
    if (schema->position >= 0 && schema->position != position)
        leave(&schema->columns[schema->position], "the position");
    if (position >= 0)
        schema->columns[position].role = FW_ROLE_POSITION;
    schema->position = position;
    return FW_OK;
}

enum fw_status fw_schema_relabel(struct fw_schema *schema, const struct fw_table *table,
                                 const struct fw_schema_options *options, const char *what, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct relabelling r = {.schema = schema, .table = table, .what = what};
    FW_ALLOC_GOTO(r.ignored, schema->mem, table->n_columns, "the columns without a label", err, done);
    FW_ALLOC_GOTO(r.is_label, schema->mem, table->n_columns, "the columns without a label", err, done);
    status = relabel(&r, options, err);
done:
    fw_free(schema->mem, r.is_label);
    fw_free(schema->mem, r.ignored);
    return status;
}
