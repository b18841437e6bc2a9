/* fieldwise transform: the table with its crosses, for other tools. */
#include <stdio.h>
#include <string.h>

#include "cli/column_options.h"
#include "cli/command.h"
#include "cli/data_options.h"
#include "space/plan.h"

struct transform_command {
    struct cli_data_options data;
    const char *plan, *path;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct transform_command *c = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &c->data;
        return 0;
    case ARGP_KEY_ARG:
        if (c->plan == NULL)
            c->plan = arg;
        else if (c->path == NULL)
            c->path = arg;
        else
            argp_error(state, "one plan and one table at a time: '%s' is too many", arg);
        return 0;
    case ARGP_KEY_END:
        if (c->path == NULL)
            argp_error(state, "name a plan and a table");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&cli_data_argp, 0, NULL, 0}, {NULL, 0, NULL, 0}};

static const struct argp parser = {
    NULL,
    parse,
    "PLAN DATA",
    "Writes the table as CSV with a further column for each cross of the plan: the members' values joined by ' & ', "
    "numbers as the number of their bin (from 1), missing values as '?'. Rows are transformed one by one, by the plan "
    "alone: training and new rows come out alike.\v  fieldwise transform plan.json new.csv > crossed.csv\n",
    children,
    NULL,
    NULL};

/* One member of a cross: where its text comes from. */
struct member {
    int64_t column;                          /* of the table */
    const struct fw_frozen_binning *binning; /* NULL: the text itself */
    int32_t granularity;
    const char *item; /* of a sequence: yes or no for this item; NULL: none */
    bool length;      /* of a sequence: its number of items */
};

static const struct fw_frozen_binning *find_binning(const struct fw_plan *plan, const char *column, size_t length)
{
    for (int32_t i = 0; i < plan->encoder.n_frozen; i++) {
        const char *name = plan->encoder.frozen[i].column;
        if (strlen(name) == length && strncmp(name, column, length) == 0)
            return &plan->encoder.frozen[i];
    }
    return NULL;
}

/* Field names are "column", "column@bins" or "column~item". */
static enum fw_status resolve(struct member *m, const struct fw_plan *plan, const int64_t *columns, const char *field,
                              struct fw_error *err)
{
    const struct fw_schema *schema = plan->schema;
    *m = (struct member){.column = -1};
    for (int64_t c = 0; c < schema->n_columns; c++) {
        const char *name = schema->columns[c].name;
        size_t length = strlen(name);
        if (strncmp(field, name, length) != 0)
            continue;
        const char *rest = field + length;
        if (rest[0] == '@' && schema->columns[c].type == FW_TYPE_NUMERIC) {
            m->binning = find_binning(plan, name, length);
            int bins = 0;
            if (m->binning == NULL || sscanf(rest + 1, "%d", &bins) != 1)
                continue;
            while (m->granularity < m->binning->n_granularities && m->binning->bins[m->granularity] != bins)
                m->granularity++;
            if (m->granularity == m->binning->n_granularities)
                continue;
            m->column = columns[c];
        } else if (rest[0] == '~' && schema->columns[c].type == FW_TYPE_SEQUENCE) {
            m->column = columns[c];
            m->length = strcmp(rest, "~length") == 0;
            m->item = m->length ? NULL : rest + 1;
        } else if (rest[0] == '\0') {
            m->column = columns[c];
        }
        if (m->column >= 0)
            return FW_OK;
    }
    return fw_error_set(err, FW_E_CORRUPT, "the plan crosses '%s', which is no field of its columns", field);
}

static void put_member(struct fw_buffer *out, const struct member *m, struct fw_text cell, char separator)
{
    double value;
    if (cell.length == 0) {
        fw_buffer_add_text(out, "?");
    } else if (m->binning != NULL) {
        if (!fw_text_to_double(cell, &value)) {
            fw_buffer_add_text(out, "?");
            return;
        }
        int64_t bin = 0;
        while (bin < m->binning->n_cuts[m->granularity] && m->binning->cuts[m->granularity][bin] < value)
            bin++;
        fw_buffer_addf(out, "%lld", (long long)bin + 1);
    } else if (m->item != NULL || m->length) {
        int64_t n = 0;
        bool found = false;
        for (size_t at = 0; at <= cell.length;) {
            size_t end = at;
            while (end < cell.length && cell.data[end] != separator)
                end++;
            struct fw_text item = fw_text_trim((struct fw_text){cell.data + at, end - at});
            n += item.length > 0;
            found = found || (m->item != NULL && fw_text_equal(item, fw_text_of(m->item)));
            at = end + 1;
        }
        if (m->length)
            fw_buffer_addf(out, "%lld", (long long)n);
        else
            fw_buffer_add_text(out, found ? "yes" : "no");
    } else {
        fw_buffer_add(out, cell.data, cell.length);
    }
}

/* A CSV field, quoted where RFC 4180 asks for it. */
static void print_field(const char *data, size_t length)
{
    bool quote = false;
    for (size_t i = 0; i < length; i++)
        quote = quote || data[i] == ',' || data[i] == '"' || data[i] == '\n' || data[i] == '\r';
    if (!quote) {
        fwrite(data, 1, length, stdout);
        return;
    }
    putchar('"');
    for (size_t i = 0; i < length; i++) {
        if (data[i] == '"')
            putchar('"');
        putchar(data[i]);
    }
    putchar('"');
}

static void print_header(const struct fw_table *table, const struct fw_plan *plan)
{
    for (int64_t c = 0; c < table->n_columns; c++) {
        if (c > 0)
            putchar(',');
        print_field(table->columns[c].name, strlen(table->columns[c].name));
    }
    for (int32_t x = 0; x < plan->n_crosses; x++) {
        char name[4096];
        size_t used = 0;
        for (int32_t m = 0; m < plan->crosses[x].order && used < sizeof name; m++)
            used += (size_t)snprintf(name + used, sizeof name - used, "%s%s", m > 0 ? " x " : "",
                                     plan->crosses[x].fields[m]);
        putchar(',');
        print_field(name, strlen(name));
    }
    putchar('\n');
}

static enum fw_status print_rows(const struct fw_table *table, const struct fw_plan *plan,
                                 struct member (*members)[FW_CROSS_MAX_ORDER], struct fw_error *err)
{
    struct fw_buffer cross;
    char scratch[32];
    fw_buffer_init(&cross, NULL);
    for (int64_t row = 0; row < table->n_rows && atomic_load(&cli_stop) == 0; row++) {
        for (int64_t c = 0; c < table->n_columns; c++) {
            struct fw_text cell = fw_table_text(table, c, row, scratch);
            if (c > 0)
                putchar(',');
            print_field(cell.data, cell.length);
        }
        for (int32_t x = 0; x < plan->n_crosses; x++) {
            cross.length = 0;
            for (int32_t m = 0; m < plan->crosses[x].order; m++) {
                fw_buffer_add_text(&cross, m > 0 ? " & " : "");
                put_member(&cross, &members[x][m], fw_table_text(table, members[x][m].column, row, scratch),
                           plan->schema->separator);
            }
            FW_TRY(fw_buffer_check(&cross, err));
            putchar(',');
            print_field(cross.data, (size_t)cross.length);
        }
        putchar('\n');
    }
    fw_buffer_clear(&cross);
    return atomic_load(&cli_stop) != 0 ? fw_error_set(err, FW_E_STOPPED, "interrupted") : FW_OK;
}

static enum fw_status run(struct transform_command *c, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_allocator *mem = &c->data.mem;
    struct fw_plan *plan = NULL;
    struct fw_table *table = NULL;
    int64_t *columns = NULL;
    struct member(*members)[FW_CROSS_MAX_ORDER] = NULL;
    FW_TRY_GOTO(fw_plan_load(&plan, c->plan, mem, err), done);
    FW_TRY_GOTO(cli_columns_check(&c->data, plan->schema, true, c->plan, err), done);
    cli_data_from_plan(&c->data, plan);
    FW_TRY_GOTO(cli_read_table(&table, c->path, &c->data, err), done);
    FW_ALLOC_GOTO(members, mem, plan->n_crosses, "the crosses", err, done);
    FW_TRY_GOTO(cli_match_columns(&columns, plan->schema, table, false, &c->data, err), done);
    for (int32_t x = 0; x < plan->n_crosses; x++) {
        for (int32_t m = 0; m < plan->crosses[x].order; m++)
            FW_TRY_GOTO(resolve(&members[x][m], plan, columns, plan->crosses[x].fields[m], err), done);
    }
    print_header(table, plan);
    FW_TRY_GOTO(print_rows(table, plan, members, err), done);
done:
    fw_free(mem, members);
    fw_free(mem, columns);
    fw_table_destroy(table);
    fw_plan_destroy(plan);
    return status;
}

int cmd_transform(int argc, char **argv)
{
    struct transform_command c = {0};
    struct fw_error err = {0};
    cli_data_init(&c.data);
    CLI_PARSE(&parser, "transform", argc, argv, &c);
    enum fw_status status = run(&c, &err);
    cli_data_clear(&c.data);
    return status != FW_OK ? cli_fail(&err) : 0;
}
