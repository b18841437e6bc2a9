#include "space/schema.h"

#include <stdio.h>
#include <string.h>

#include "core/nearest.h"
#include "core/par.h"
#include "space/schema_parts.h"

static const char *const type_names[] = {"numeric", "categorical", "sequence", "constant", "id-like"};
static const char *const role_names[] = {"feature", "label", "weight", "group", "time", "position", "ignored"};

_Static_assert(sizeof type_names / sizeof type_names[0] == FW_TYPE_ID + 1, "one name a type");
_Static_assert(sizeof role_names / sizeof role_names[0] == FW_ROLE_IGNORED + 1, "one name a role");

const char *fw_column_type_name(enum fw_column_type type)
{
    return type_names[type];
}

const char *fw_column_role_name(enum fw_column_role role)
{
    return role_names[role];
}

void fw_schema_options_init(struct fw_schema_options *options)
{
    memset(options, 0, sizeof *options);
    options->separator = '|';
}

/* Appends "; it has the columns a, b, c", or how to see them when they are many. */
static void list_columns(struct fw_buffer *text, const struct fw_table *table)
{
    size_t length = 0;
    for (int64_t c = 0; c < table->n_columns && length < 400; c++)
        length += strlen(table->columns[c].name) + 2;
    if (length >= 400) {
        fw_buffer_addf(text, "; 'fieldwise inspect %s' lists its %lld columns", table->path,
                       (long long)table->n_columns);
        return;
    }
    fw_buffer_add_text(text, "; its columns are ");
    for (int64_t c = 0; c < table->n_columns; c++)
        fw_buffer_addf(text, "%s%s", c > 0 ? ", " : "", table->columns[c].name);
}

static enum fw_status unknown_column(const struct fw_table *table, const char *name, const char *what,
                                     struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const char **names;
    struct fw_buffer hint;
    fw_buffer_init(&hint, table->mem);
    FW_ALLOC(names, table->mem, table->n_columns, "column names", err);
    for (int64_t c = 0; c < table->n_columns; c++)
        names[c] = table->columns[c].name;
    int64_t near = fw_nearest_name(name, names, table->n_columns);
    if (near >= 0)
        fw_buffer_addf(&hint, "; did you mean '%s'?", names[near]);
    else
        list_columns(&hint, table);
    FW_TRY_GOTO(fw_buffer_check(&hint, err), done);
    status = fw_error_set(err, FW_E_INPUT, "%s: %s: there is no column '%.100s'%s", table->path, what, name, hint.data);
done:
    fw_buffer_clear(&hint);
    fw_free(table->mem, names);
    return status;
}

enum fw_status fw_schema_find_column(int64_t *column_out, const struct fw_table *table, const char *name,
                                     const char *what, struct fw_error *err)
{
    int64_t column = fw_table_find_column(table, name);
    if (column < 0)
        return unknown_column(table, name, what, err);
    *column_out = column;
    return FW_OK;
}

/* An inference under way. */
struct inference {
    struct fw_schema *schema;
    const struct fw_table *table;
    const struct fw_schema_options *options;
    const char **named; /* (n_columns) the option that named the column; NULL: none did */
    struct fw_column_facts *facts;
};

/* Marks a column as named by an option. Naming it twice by one option does no harm; by two is a contradiction. */
static enum fw_status name_column(struct inference *in, int64_t *column_out, const char *name, const char *option,
                                  struct fw_error *err)
{
    int64_t column = -1; /* set whenever the search succeeds; some compilers do not see it */
    FW_TRY(fw_schema_find_column(&column, in->table, name, option, err));
    if (in->named[column] != NULL && strcmp(in->named[column], option) != 0)
        return fw_error_set(err, FW_E_ARG, "column '%s' is named both with %s and with %s; give one",
                            in->table->columns[column].name, in->named[column], option);
    in->named[column] = option;
    if (column_out != NULL)
        *column_out = column;
    return FW_OK;
}

static enum fw_status name_list(struct inference *in, struct fw_name_list list, const char *option,
                                struct fw_error *err)
{
    for (int64_t i = 0; i < list.n; i++)
        FW_TRY(name_column(in, NULL, list.names[i], option, err));
    return FW_OK;
}

static enum fw_status name_role(struct inference *in, int64_t *index_out, const char *name, enum fw_column_role role,
                                const char *option, struct fw_error *err)
{
    if (name == NULL)
        return FW_OK;
    FW_TRY(name_column(in, index_out, name, option, err));
    in->schema->columns[*index_out].role = role;
    return FW_OK;
}

/* Room for the tasks; what they are is inferred later. */
static enum fw_status name_labels(struct inference *in, struct fw_error *err)
{
    struct fw_schema *s = in->schema;
    const struct fw_name_list *labels = &in->options->labels;
    const char *option = fw_schema_labels_option(in->options);
    if (labels->n > FW_TASKS_MOST)
        return fw_error_set(err, FW_E_ARG, "%s names %lld columns; at most %d can be learned together", option,
                            (long long)labels->n, FW_TASKS_MOST);
    if (labels->n == 0)
        return FW_OK;
    FW_ALLOC(s->tasks, s->mem, labels->n, "the labels of a schema", err);
    for (int64_t i = 0; i < labels->n; i++) {
        int64_t column = -1;
        FW_TRY(name_column(in, &column, labels->names[i], option, err));
        const char *name = s->columns[column].name;
        if (s->columns[column].role == FW_ROLE_LABEL)
            return fw_error_set(err, FW_E_ARG, "column '%s' is named twice with %s; name each label once", name,
                                option);
        s->columns[column].role = FW_ROLE_LABEL;
        struct fw_task *task = &s->tasks[s->n_tasks++];
        *task = (struct fw_task){.column = column, .kind = FW_TASK_BINARY, .weight = 1};
        task->name = fw_strndup(s->mem, name, strlen(name));
        if (task->name == NULL)
            return fw_error_nomem(err, s->mem, "a label's name", (int64_t)strlen(name), 1);
    }
    return FW_OK;
}

static enum fw_status apply_options(struct inference *in, struct fw_error *err)
{
    const struct fw_schema_options *o = in->options;
    struct fw_schema *s = in->schema;
    FW_TRY(name_labels(in, err));
    FW_TRY(name_role(in, &s->weight, o->weight, FW_ROLE_WEIGHT, "--weight", err));
    FW_TRY(name_role(in, &s->group, o->group, FW_ROLE_GROUP, "--group", err));
    FW_TRY(name_role(in, &s->time, o->time, FW_ROLE_TIME, "--time", err));
    FW_TRY(name_role(in, &s->position, o->position, FW_ROLE_POSITION, "--position", err));
    FW_TRY(name_list(in, o->ignore, "--ignore", err));
    FW_TRY(name_list(in, o->categorical, "--categorical", err));
    FW_TRY(name_list(in, o->numeric, "--numeric", err));
    FW_TRY(name_list(in, o->sequence, "--sequence", err));
    for (int64_t c = 0; c < s->n_columns; c++) {
        if (in->named[c] != NULL && strcmp(in->named[c], "--ignore") == 0)
            s->columns[c].role = FW_ROLE_IGNORED;
    }
    return FW_OK;
}

static enum fw_status read_facts(struct inference *in, struct fw_error *err)
{
    const struct fw_table *table = in->table;
    int threads = fw_par_threads(in->options->threads);
    bool refused = false;
#pragma omp parallel for schedule(dynamic) num_threads(threads) reduction(|| : refused)
    for (int64_t c = 0; c < table->n_columns; c++)
        refused = refused ||
                  fw_column_facts_read(&in->facts[c], table, c, in->options->separator, in->schema->mem, NULL) != FW_OK;
    return refused
               ? fw_error_nomem(err, in->schema->mem, "counting the values of columns", table->n_rows, sizeof(double))
               : FW_OK;
}

static enum fw_status create(struct fw_schema **out, const struct fw_table *table,
                             const struct fw_schema_options *options, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_schema *schema;
    FW_ALLOC(schema, mem, 1, "a schema", err);
    *schema = (struct fw_schema){.weight = -1,
                                 .group = -1,
                                 .time = -1,
                                 .position = -1,
                                 .separator = options->separator,
                                 .skip_bad_rows = options->skip_bad_rows,
                                 .mem = mem};
    FW_ALLOC_GOTO(schema->columns, mem, table->n_columns, "a schema", err, done);
    schema->n_columns = table->n_columns;
    for (int64_t c = 0; c < table->n_columns; c++) {
        const char *name = table->columns[c].name;
        schema->columns[c].name = fw_strndup(mem, name, strlen(name));
        if (schema->columns[c].name == NULL) {
            status = fw_error_nomem(err, mem, "a column's name", (int64_t)strlen(name), 1);
            goto done;
        }
    }
    *out = schema;
    schema = NULL;
done:
    fw_schema_destroy(schema);
    return status;
}

enum fw_status fw_schema_check_single(const struct fw_schema *schema, const char *command, struct fw_error *err)
{
    if (schema->n_tasks > 1)
        return fw_error_set(err, FW_E_ARG,
                            "%s works on one label, not on %d ('%s', '%s', ...); learn several together with "
                            "'fieldwise route' or 'fieldwise train --model mmoe', or name one",
                            command, schema->n_tasks, schema->tasks[0].name, schema->tasks[1].name);
    if (schema->n_tasks == 1 && schema->tasks[0].kind == FW_TASK_NUMBER)
        return fw_error_set(err, FW_E_ARG,
                            "%s works on a label with two classes, and '%s' is a number; name one value to predict "
                            "against all others (--positive), or learn the number beside another label with "
                            "'fieldwise train --model mmoe'",
                            command, schema->tasks[0].name);
    return FW_OK;
}

/* Weights that are to be refused are refused now, not after an hour's search. */
static enum fw_status check_weights(const struct fw_schema *schema, const struct fw_table *table, struct fw_error *err)
{
    if (schema->weight < 0)
        return FW_OK;
    float *weights;
    FW_ALLOC(weights, schema->mem, table->n_rows, "the weights", err);
    enum fw_status status = fw_schema_weights(schema, table, schema->weight, weights, err);
    fw_free(schema->mem, weights);
    return status;
}

enum fw_status fw_schema_infer(struct fw_schema **out, const struct fw_table *table,
                               const struct fw_schema_options *options, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct inference in = {.table = table, .options = options};
    FW_TRY(create(&in.schema, table, options, mem, err));
    FW_ALLOC_GOTO(in.named, mem, table->n_columns, "a schema", err, done);
    FW_ALLOC_GOTO(in.facts, mem, table->n_columns, "a schema", err, done);
    FW_TRY_GOTO(apply_options(&in, err), done);
    FW_TRY_GOTO(read_facts(&in, err), done);
    FW_TRY_GOTO(fw_schema_infer_tasks(in.schema, table, options, in.facts, err), done);
    for (int64_t c = 0; c < table->n_columns; c++)
        FW_TRY_GOTO(fw_schema_decide(&in.schema->columns[c], table, c, &in.facts[c], in.named[c], options, mem, err),
                    done);
    FW_TRY_GOTO(check_weights(in.schema, table, err), done);
    *out = in.schema;
    in.schema = NULL;
done:
    fw_free(mem, in.facts);
    fw_free(mem, in.named);
    fw_schema_destroy(in.schema);
    return status;
}

void fw_schema_destroy(struct fw_schema *schema)
{
    if (schema == NULL)
        return;
    for (int64_t c = 0; c < schema->n_columns; c++)
        fw_free(schema->mem, schema->columns[c].name);
    fw_free(schema->mem, schema->columns);
    for (int32_t t = 0; t < schema->n_tasks; t++) {
        fw_free(schema->mem, schema->tasks[t].name);
        fw_free(schema->mem, schema->tasks[t].positive);
        fw_free(schema->mem, schema->tasks[t].negative);
    }
    fw_free(schema->mem, schema->tasks);
    fw_free(schema->mem, schema);
}
