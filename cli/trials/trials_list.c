/* `fieldwise trials list`: the studies of a store, or the trials of one. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/terminal.h"
#include "cli/trials/rows_out.h"
#include "cli/trials/split_names.h"
#include "cli/trials/trials.h"
#include "cli/trials/trials_options.h"
#include "core/text.h"
#include "results/drawing/candidate_text.h"
#include "results/query/study_now.h"
#include "results/query/trial_table.h"

/* Trials of a table when --limit says nothing. */
#define PAGE 50

struct arguments {
    struct trials_options common;
    const char *target; /* a study; NULL: the studies are listed */
    const char *columns;
    const char *used; /* an option that needs a study; NULL: none */
    bool limited;     /* --limit was given */
    bool all;         /* archived studies too */
    struct fw_trial_table table;
};

static error_t take(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->common;
        return 0;
    case 'w':
        arguments->table.where = text;
        arguments->used = "--where";
        return 0;
    case 'o':
        arguments->table.order = text;
        arguments->used = "--order-by";
        return 0;
    case 'c':
        arguments->columns = text;
        arguments->used = "--columns";
        return 0;
    case 'n':
        arguments->table.limit = cli_parse_int(state, "--limit", text, 1, INT64_MAX);
        arguments->limited = true;
        arguments->used = "--limit";
        return 0;
    case 'O':
        arguments->table.offset = cli_parse_int(state, "--offset", text, 0, INT64_MAX);
        arguments->used = "--offset";
        return 0;
    case 'a':
        arguments->all = true;
        return 0;
    case ARGP_KEY_ARG:
        trials_take_target(state, &arguments->target, text);
        return 0;
    case ARGP_KEY_END:
        if (arguments->target == NULL && arguments->used != NULL)
            argp_error(state, "%s is for the trials of one study: list STUDY %s ...", arguments->used, arguments->used);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The studies in the columns of v_studies, with the status as it is. */
static enum fw_status write_studies(const struct fw_study_list *studies, struct fw_row_sink sink, struct fw_error *err)
{
    static const char *const names[] = {"id",     "name", "driver",  "data",  "status", "trials",
                                        "metric", "best", "started", "ended", "seconds"};
    FW_TRY(sink.begin(sink.self, names, (int)(sizeof names / sizeof names[0]), err));
    for (int64_t i = 0; i < studies->n; i++) {
        const struct fw_study_row *study = &studies->rows[i];
        char started[CLI_TIME_SIZE];
        char ended[CLI_TIME_SIZE];
        const struct fw_value cells[] = {fw_value_int(study->id),
                                         fw_value_text(study->name),
                                         fw_value_text(study->driver),
                                         fw_value_text(study->data),
                                         fw_value_text(fw_study_now_status(study)),
                                         fw_value_int(study->n_trials),
                                         fw_value_text(study->objective),
                                         fw_value_real(study->best_objective),
                                         fw_value_text(cli_time_iso(started, study->started_us)),
                                         study->ended_us != 0 ? fw_value_text(cli_time_iso(ended, study->ended_us))
                                                              : fw_value_null(),
                                         fw_value_real(fw_study_now_seconds(study))};
        FW_TRY(sink.row(sink.self, cells, err));
    }
    return sink.end(sink.self, err);
}

static void drop_archived(struct fw_study_list *studies)
{
    int64_t n = 0;
    for (int64_t i = 0; i < studies->n; i++) {
        if (studies->rows[i].archived_us == 0)
            studies->rows[n++] = studies->rows[i];
    }
    studies->n = n;
}

static enum fw_status list_studies(struct fw_store *store, const struct arguments *arguments, struct fw_error *err)
{
    struct fw_study_list studies;
    struct fw_row_writer *out = NULL;
    FW_TRY(fw_query_studies(&studies, store, err));
    enum fw_status status = FW_OK;
    if (!arguments->all)
        drop_archived(&studies);
    if (arguments->common.json)
        trials_json_list(fw_store_path(store), &studies);
    else if (arguments->common.format == FW_ROWS_TABLE)
        trials_print_list(&studies);
    else if ((status = trials_rows_open(&out, &arguments->common, err)) == FW_OK)
        status = write_studies(&studies, fw_row_writer_sink(out), err);
    fw_row_writer_destroy(out);
    fw_study_list_clear(&studies);
    return status;
}

/* The columns of a study that can be named, as rows. */
static enum fw_status list_columns(struct fw_store *store, int64_t study, struct fw_row_sink sink, struct fw_error *err)
{
    static const char *const names[] = {"column", "kind"};
    static const char *const kinds[] = {[FW_COLUMN_OWN] = "of every trial",
                                        [FW_COLUMN_METRIC] = "metric, at its last step",
                                        [FW_COLUMN_MEMBER] = "of the candidate"};
    struct fw_trial_columns columns;
    FW_TRY(fw_trial_columns_read(&columns, store, study, true, err));
    enum fw_status status = sink.begin(sink.self, names, 2, err);
    for (int64_t i = 0; i < columns.n && status == FW_OK; i++) {
        const struct fw_value cells[] = {fw_value_text(columns.rows[i].name),
                                         fw_value_text(kinds[columns.rows[i].kind])};
        status = sink.row(sink.self, cells, err);
    }
    fw_trial_columns_clear(&columns);
    return status == FW_OK ? sink.end(sink.self, err) : status;
}

/* A sink that passes rows on with the candidate in words, for tables. */
struct worded {
    struct fw_row_sink to;
    struct fw_value *cells;
    struct fw_buffer text;
    int n_columns;
    int candidate; /* its column; -1: none */
    int64_t n;     /* rows */
};

static enum fw_status worded_begin(void *self, const char *const *names, int n_columns, struct fw_error *err)
{
    struct worded *worded = self;
    FW_ALLOC(worded->cells, NULL, n_columns, "a row", err);
    worded->n_columns = n_columns;
    worded->candidate = -1;
    for (int c = 0; c < n_columns; c++)
        worded->candidate = strcmp(names[c], "candidate") == 0 ? c : worded->candidate;
    return worded->to.begin(worded->to.self, names, n_columns, err);
}

static enum fw_status worded_row(void *self, const struct fw_value *cells, struct fw_error *err)
{
    struct worded *worded = self;
    worded->n++;
    memcpy(worded->cells, cells, (size_t)worded->n_columns * sizeof *cells);
    if (worded->candidate >= 0 && cells[worded->candidate].type == FW_VALUE_TEXT) {
        worded->text.length = 0;
        fw_candidate_text(&worded->text, cells[worded->candidate].text, false);
        FW_TRY(fw_buffer_check(&worded->text, err));
        worded->cells[worded->candidate] = fw_value_text(worded->text.data != NULL ? worded->text.data : "");
    }
    return worded->to.row(worded->to.self, worded->cells, err);
}

static enum fw_status worded_end(void *self, struct fw_error *err)
{
    struct worded *worded = self;
    return worded->to.end(worded->to.self, err);
}

/* Says on standard error when a table does not show all. */
static enum fw_status tell_rest(struct fw_store *store, const struct arguments *arguments,
                                const struct fw_trial_table *table, int64_t shown, struct fw_error *err)
{
    char text[2][32];
    int64_t n;
    if (arguments->limited || arguments->common.format != FW_ROWS_TABLE || (shown < PAGE && table->offset == 0))
        return FW_OK;
    FW_TRY(fw_trial_table_count(&n, store, table, err));
    if (n > shown + table->offset)
        fprintf(stderr, "fieldwise: %s of %s trials; --limit and --offset show others\n", fw_text_count(text[0], shown),
                fw_text_count(text[1], n));
    return FW_OK;
}

static enum fw_status write_trials(struct fw_store *store, const struct arguments *arguments, struct fw_row_sink sink,
                                   struct fw_error *err)
{
    struct fw_trial_table table = arguments->table;
    struct split_names names = {0};
    bool is_table = arguments->common.format == FW_ROWS_TABLE;
    struct worded worded = {.to = sink};
    enum fw_status status = FW_OK;
    if (arguments->columns != NULL)
        FW_TRY_GOTO(split_names(&names, arguments->columns, "--columns", err), done);
    table.columns = names.names;
    table.n_columns = names.n;
    table.limit = is_table && !arguments->limited ? PAGE : table.limit;
    struct fw_row_sink through = {&worded, worded_begin, worded_row, worded_end};
    FW_TRY_GOTO(fw_trial_table_run(store, &table, is_table ? through : sink, err), done);
    if (is_table)
        status = tell_rest(store, arguments, &table, worded.n, err);
done:
    fw_free(NULL, worded.cells);
    fw_buffer_clear(&worded.text);
    split_names_clear(&names);
    return status;
}

static enum fw_status list_trials(struct fw_store *store, struct arguments *arguments, struct fw_error *err)
{
    struct fw_study_list study;
    struct fw_row_writer *out = NULL;
    FW_TRY(fw_query_study(&study, store, arguments->target, err));
    arguments->table.study = study.rows[0].id;
    fw_study_list_clear(&study);
    FW_TRY(trials_rows_open(&out, &arguments->common, err));
    struct fw_row_sink sink = fw_row_writer_sink(out);
    enum fw_status status = arguments->columns != NULL && strcmp(arguments->columns, "help") == 0
                                ? list_columns(store, arguments->table.study, sink, err)
                                : write_trials(store, arguments, sink, err);
    fw_row_writer_destroy(out);
    return status;
}

static enum fw_status list(struct fw_store *store, void *self, struct fw_error *err)
{
    struct arguments *arguments = self;
    return arguments->target != NULL ? list_trials(store, arguments, err) : list_studies(store, arguments, err);
}

int trials_list(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"all", 'a', NULL, 0, "Archived studies too", 0},
        {NULL, 0, NULL, 0, "Trials of a study:", 1},
        {"where", 'w', "EXPR", 0, "Only trials for which this holds", 1},
        {"order-by", 'o', "EXPR,...", 0, "In this order, such as 'auc DESC' (number)", 1},
        {"columns", 'c', "A,B,...", 0, "These columns; 'help' lists all", 1},
        {"limit", 'n', "N", 0, "At most N trials (50 in a table, else all)", 1},
        {"offset", 'O', "N", 0, "Pass over the first N trials", 1},
        {NULL, 0, NULL, 0, NULL, 0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = take,
        .args_doc = "[STUDY]",
        .doc = "The studies of a store, or the trials of one.\v"
               "  fieldwise trials list embed-3 --where \"method = 'nis' and auc > .9\" --order-by 'auc desc'\n\n"
               "EXPR is an SQL expression over the columns of a trial, the study's metrics and the members of its "
               "candidates.",
        .children = trials_options_children,
    };
    struct arguments arguments = {.common = TRIALS_OPTIONS_DEFAULT, .table = {.seconds = 60}};
    CLI_PARSE(&argp, "trials list", argc, argv, &arguments);
    return trials_read(&arguments.common, list, &arguments);
}
