/* fieldwise inspect: what a table holds, as fieldwise understands it. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/data_options.h"
#include "cli/terminal.h"
#include "core/json.h"
#include "space/schema_json.h"

struct inspect_command {
    struct cli_data_options data;
    const char *path;
    bool json;
};

enum { key_json = 0x2300 };

static const struct argp_option own_options[] = {
    {"json", key_json, NULL, 0, "the schema as JSON", 6},
    {NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct inspect_command *c = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &c->data;
        return 0;
    case key_json:
        c->json = true;
        return 0;
    case ARGP_KEY_ARG:
        cli_take_table(state, &c->path, arg);
        return 0;
    case ARGP_KEY_END:
        cli_require_table(state, c->path);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&cli_data_argp, 0, NULL, 0}, {NULL, 0, NULL, 0}};

static const struct argp parser = {own_options,
                                   parse,
                                   "DATA",
                                   "Prints the columns of a table with their types, roles and values.\v"
                                   "  fieldwise inspect train.csv\n"
                                   "  fieldwise inspect train.csv --label click --categorical zip\n",
                                   children,
                                   NULL,
                                   NULL};

/* The first few distinct texts of a column, or its range. */
static void describe_values(struct fw_buffer *out, const struct fw_schema_column *column,
                            const struct fw_table_column *values)
{
    if (column->type == FW_TYPE_NUMERIC) {
        fw_buffer_addf(out, "%.6g .. %.6g%s", column->min, column->max, column->integral ? " (whole)" : "");
        return;
    }
    if (values->storage == FW_STORED_NUMBERS) {
        fw_buffer_add_text(out, "numbers");
        return;
    }
    for (int64_t code = 1; code < fw_dictionary_size(values->dictionary) && out->length < 36; code++) {
        struct fw_text text = fw_dictionary_text(values->dictionary, (uint32_t)code);
        fw_buffer_addf(out, "%s%.*s", code > 1 ? ", " : "", (int)(text.length < 24 ? text.length : 24), text.data);
    }
    if (fw_dictionary_size(values->dictionary) > 4)
        fw_buffer_add_text(out, ", ..");
}

static void print_tasks(const struct fw_schema *schema)
{
    static const char *const headers[] = {"label", "kind", ">labelled", ">positive", ">share", ">weight", "classes"};
    if (schema->n_tasks == 0)
        return;
    struct cli_table *out = cli_table_create(headers, 7);
    for (int32_t t = 0; t < schema->n_tasks; t++) {
        const struct fw_task *task = &schema->tasks[t];
        bool binary = task->kind == FW_TASK_BINARY;
        char rows[32];
        cli_table_cell(out, "%s", task->name);
        cli_table_cell(out, "%s", fw_task_kind_name(task->kind));
        cli_table_cell(out, "%s", fw_text_count(rows, task->n_labelled));
        cli_table_cell(out, "%s", binary ? fw_text_count(rows, task->n_positive) : "");
        if (binary)
            cli_table_cell(out, "%.2f %%", 100.0 * (double)task->n_positive / (double)task->n_labelled);
        else
            cli_table_cell(out, "%s", "");
        cli_table_cell(out, "%g", task->weight);
        if (binary)
            cli_table_cell(out, "'%s' against '%s'", task->positive, task->negative);
        else
            cli_table_cell(out, "%s", "");
    }
    printf("\n");
    cli_table_print(out, stdout);
}

static void print_next(const struct fw_schema *schema, const char *path)
{
    if (schema->n_tasks == 0) {
        printf("next: fieldwise cross %s --label COLUMN\n", path);
    } else if (schema->n_tasks == 1) {
        printf("next: fieldwise cross %s --label '%s'\n", path, schema->tasks[0].name);
    } else {
        printf("next: fieldwise train %s --labels '", path);
        for (int32_t t = 0; t < schema->n_tasks; t++)
            printf("%s%s", t > 0 ? "," : "", schema->tasks[t].name);
        printf("' --model mmoe\n");
    }
}

static void print_text(const struct fw_table *table, const struct fw_schema *schema, const char *path)
{
    static const char *const headers[] = {">#", "name", "type", "role", ">distinct", ">missing", "values", "note"};
    struct cli_table *out = cli_table_create(headers, 8);
    for (int64_t c = 0; c < schema->n_columns; c++) {
        const struct fw_schema_column *column = &schema->columns[c];
        char distinct[32];
        char missing[32];
        struct fw_buffer values;
        fw_buffer_init(&values, NULL);
        describe_values(&values, column, &table->columns[c]);
        cli_table_cell(out, "%lld", (long long)c + 1);
        cli_table_cell(out, "%s", column->name);
        cli_table_cell(out, "%s", fw_column_type_name(column->type));
        cli_table_cell(out, "%s", fw_column_role_name(column->role));
        cli_table_cell(out, "%s", fw_text_count(distinct, column->n_distinct));
        cli_table_cell(out, "%s", fw_text_count(missing, column->n_missing));
        cli_table_cell(out, "%s", values.data != NULL ? values.data : "");
        cli_table_cell(out, "%s", column->why);
        fw_buffer_clear(&values);
    }
    cli_table_print(out, stdout);
    print_tasks(schema);
    print_next(schema, path);
}

static enum fw_status print_json(const struct fw_schema *schema, struct fw_error *err)
{
    cJSON *json = NULL;
    char *text = NULL;
    FW_TRY(fw_schema_to_json(&json, schema, err));
    for (int32_t t = 0; t < schema->n_tasks; t++) { /* counts are of this table: a plan does not hold them */
        cJSON *task = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(json, "tasks"), t);
        cJSON_AddNumberToObject(task, "labelled", (double)schema->tasks[t].n_labelled);
        if (schema->tasks[t].kind == FW_TASK_BINARY)
            cJSON_AddNumberToObject(task, "positives", (double)schema->tasks[t].n_positive);
    }
    enum fw_status status = fw_json_print(&text, json, true, NULL, err);
    cJSON_Delete(json);
    FW_TRY(status);
    printf("%s\n", text);
    fw_free(NULL, text);
    return FW_OK;
}

static enum fw_status run(struct inspect_command *c, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_table *table = NULL;
    struct fw_schema *schema = NULL;
    struct fw_schema_options options;
    cli_schema_options(&options, &c->data);
    FW_TRY_GOTO(cli_read_table(&table, c->path, &c->data, err), done);
    FW_TRY_GOTO(fw_schema_infer(&schema, table, &options, &c->data.mem, err), done);
    if (c->json)
        FW_TRY_GOTO(print_json(schema, err), done);
    else
        print_text(table, schema, c->path);
done:
    fw_schema_destroy(schema);
    fw_table_destroy(table);
    return status;
}

int cmd_inspect(int argc, char **argv)
{
    struct inspect_command c = {0};
    struct fw_error err = {0};
    cli_data_init(&c.data);
    CLI_PARSE(&parser, "inspect", argc, argv, &c);
    enum fw_status status = run(&c, &err);
    cli_data_clear(&c.data);
    return status != FW_OK ? cli_fail(&err) : 0;
}
