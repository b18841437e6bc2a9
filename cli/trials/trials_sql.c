/* `fieldwise trials sql`: any question in SQL. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/trials/rows_out.h"
#include "cli/trials/trials.h"
#include "cli/trials/trials_options.h"
#include "core/text.h"
#include "results/query/ask.h"

#define MAX_VALUES 99

/* Of a statement from standard input: more than the guard takes. */
#define MAX_STATEMENT (128 * 1024)

struct arguments {
    struct trials_options common;
    const char *statement; /* "-": standard input */
    double seconds;
    int64_t max_rows;
    struct fw_value values[MAX_VALUES];
    int n_values;
};

/* A value of a parameter: a number when it is written as one. */
static struct fw_value value_of(const char *text)
{
    int64_t integer;
    double real;
    if (fw_text_to_int(fw_text_of(text), &integer))
        return fw_value_int(integer);
    return fw_text_to_double(fw_text_of(text), &real) ? fw_value_real(real) : fw_value_text(text);
}

static error_t take(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->common;
        return 0;
    case 't':
        if (!fw_text_to_seconds(fw_text_of(text), &arguments->seconds) || arguments->seconds <= 0)
            argp_error(state, "--time-limit takes a time such as 5s or 2m, not '%s'", text);
        return 0;
    case 'm':
        arguments->max_rows = cli_parse_int(state, "--max-rows", text, 1, INT64_MAX);
        return 0;
    case 'p':
        if (arguments->n_values == MAX_VALUES)
            argp_error(state, "at most %d values of parameters are taken", MAX_VALUES);
        arguments->values[arguments->n_values++] = value_of(text);
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->statement != NULL)
            argp_error(state, "'%s' is one argument too many; the statement is one argument, in quotes", text);
        arguments->statement = text;
        return 0;
    case ARGP_KEY_END:
        if (arguments->statement == NULL)
            argp_error(state, "say what to ask: sql 'SELECT ...', or - to read it from standard input");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The whole of standard input. */
static enum fw_status read_statement(struct fw_buffer *out, struct fw_error *err)
{
    char piece[4096];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, stdin)) > 0 && out->length < MAX_STATEMENT)
        fw_buffer_add(out, piece, n);
    if (ferror(stdin))
        return fw_error_set(err, FW_E_INPUT, "cannot read the statement from standard input");
    if (out->data != NULL && strlen(out->data) != (size_t)out->length)
        return fw_error_set(err, FW_E_INPUT, "the statement on standard input is no text: it holds a NUL");
    return fw_buffer_check(out, err);
}

static enum fw_status ask(struct fw_store *store, void *self, struct fw_error *err)
{
    const struct arguments *arguments = self;
    struct fw_row_writer *out = NULL;
    struct fw_buffer statement;
    enum fw_status status = FW_OK;
    fw_buffer_init(&statement, NULL);
    if (strcmp(arguments->statement, "-") == 0)
        FW_TRY_GOTO(read_statement(&statement, err), done);
    else
        fw_buffer_add_text(&statement, arguments->statement);
    FW_TRY_GOTO(fw_buffer_check(&statement, err), done);
    struct fw_ask question = {.sql = statement.data != NULL ? statement.data : "",
                              .values = arguments->values,
                              .n_values = arguments->n_values,
                              .seconds = arguments->seconds,
                              .max_rows = arguments->max_rows};
    FW_TRY_GOTO(trials_rows_open(&out, &arguments->common, err), done);
    status = fw_ask_run(store, &question, fw_row_writer_sink(out), err);
done:
    fw_row_writer_destroy(out);
    fw_buffer_clear(&statement);
    return status;
}

int trials_sql(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"time-limit", 't', "TIME", 0, "Longest run, such as 500ms or 1m (5s)", 0},
        {"max-rows", 'm', "N", 0, "More rows than this are an error (1000000)", 0},
        {"param", 'p', "VALUE", 0, "The value of the next parameter: ?1, ?2, ...", 0},
        {NULL, 0, NULL, 0, NULL, 0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = take,
        .args_doc = "STATEMENT",
        .doc = "Any question in SQL: one SELECT over the tables and views of docs/store.md. It can change nothing.\v"
               "  fieldwise trials sql 'SELECT name, status, trials, best FROM v_studies'\n"
               "  fieldwise trials sql \"SELECT candidate FROM trials WHERE bytes < ?1\" -p 1000000\n"
               "  fieldwise trials sql - --format csv < question.sql",
        .children = trials_options_children,
    };
    struct arguments arguments = {.common = TRIALS_OPTIONS_DEFAULT, .seconds = 5, .max_rows = 1000000};
    CLI_PARSE(&argp, "trials sql", argc, argv, &arguments);
    return trials_read(&arguments.common, ask, &arguments);
}
