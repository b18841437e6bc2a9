/* `fieldwise trials export`: trials as a file for other programs. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/trials/trials.h"
#include "cli/trials/trials_options.h"
#include "core/file.h"
#include "results/query/optuna.h"
#include "results/query/row_format.h"
#include "results/query/trial_export.h"

struct arguments {
    struct trials_options common;
    const char *target; /* a study; NULL: all */
    const char *out;    /* NULL or "-": standard output */
    bool all, metrics, spreadsheet;
    bool formatted; /* --format or --json was given */
    bool optuna;
};

static error_t take_end(struct arguments *arguments, struct argp_state *state)
{
    if (arguments->target == NULL && !arguments->all)
        argp_error(state, "name a study, or say --all");
    if (arguments->target != NULL && arguments->all)
        argp_error(state, "--all and study '%s' exclude each other", arguments->target);
    if (!arguments->formatted)
        argp_error(state, "say in which form: --format csv, json, jsonl, markdown or optuna");
    if (!arguments->optuna && arguments->common.format == FW_ROWS_TABLE)
        argp_error(state, "--format is csv, json, jsonl, markdown or optuna; 'list STUDY' prints a table");
    if (arguments->spreadsheet && (arguments->optuna || arguments->common.format != FW_ROWS_CSV))
        argp_error(state, "--spreadsheet is for --format csv");
    if (arguments->metrics && arguments->optuna)
        argp_error(state, "--metrics is for rows; --format optuna has the metrics as attributes");
    if (arguments->optuna && arguments->out == NULL)
        argp_error(state, "--format optuna writes an SQLite file: say where with -o FILE");
    return 0;
}

static error_t take(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->common;
        return 0;
    case 'F': /* before the common options see it: there is one format more */
        arguments->formatted = true;
        arguments->optuna = strcmp(text, "optuna") == 0;
        if (!arguments->optuna && !fw_row_format_from_name(&arguments->common.format, text))
            argp_error(state, "--format is csv, json, jsonl, markdown or optuna, not '%s'", text);
        return 0;
    case 'j':
        arguments->formatted = true;
        arguments->optuna = false;
        arguments->common.format = FW_ROWS_JSON;
        return 0;
    case 'o':
        arguments->out = text;
        return 0;
    case 'a':
        arguments->all = true;
        return 0;
    case 'm':
        arguments->metrics = true;
        return 0;
    case 'x':
        arguments->spreadsheet = true;
        return 0;
    case ARGP_KEY_ARG:
        trials_take_target(state, &arguments->target, text);
        return 0;
    case ARGP_KEY_END:
        return take_end(arguments, state);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum fw_status write_file(void *self, const char *bytes, int64_t n, struct fw_error *err)
{
    return fw_outfile_write(self, bytes, (size_t)n, err);
}

static enum fw_status write_rows(struct fw_outfile *file, struct fw_store *store, int64_t study,
                                 const struct arguments *arguments, struct fw_error *err)
{
    struct fw_row_writer_options options = {.format = arguments->common.format, .spreadsheet = arguments->spreadsheet};
    struct fw_row_writer *writer;
    FW_TRY(fw_row_writer_create(&writer, &options, (struct fw_text_sink){file, write_file}, NULL, err));
    struct fw_row_sink sink = fw_row_writer_sink(writer);
    enum fw_status status = arguments->metrics ? fw_trial_export_long(store, study, sink, err)
                                               : fw_trial_export_wide(store, study, sink, err);
    fw_row_writer_destroy(writer);
    return status;
}

static enum fw_status export_trials(struct fw_store *store, void *self, struct fw_error *err)
{
    const struct arguments *arguments = self;
    struct fw_study_list study = {0};
    struct fw_outfile file;
    int64_t id = 0;
    if (arguments->target != NULL) {
        FW_TRY(fw_query_study(&study, store, arguments->target, err));
        id = study.rows[0].id;
        fw_study_list_clear(&study);
    }
    if (arguments->out == NULL || strcmp(arguments->out, "-") == 0)
        fw_outfile_open_stdout(&file);
    else
        FW_TRY(fw_outfile_open(&file, arguments->out, err));
    struct fw_text_sink to = {&file, write_file};
    enum fw_status status =
        arguments->optuna ? fw_optuna_write(to, store, id, err) : write_rows(&file, store, id, arguments, err);
    return fw_outfile_close(&file, status, err);
}

int trials_export(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"format", 'F', "FORMAT", 0, "csv, json, jsonl, markdown, or optuna: a study that Optuna opens", 0},
        {"json", 'j', NULL, 0, "The same as --format json", 0},
        {"output", 'o', "FILE", 0, "Where the rows go (standard output)", 0},
        {"all", 'a', NULL, 0, "The trials of all studies", 0},
        {"metrics", 'm', NULL, 0, "One row a metric and step instead of one a trial", 0},
        {"spreadsheet", 'x', NULL, 0, "In CSV, an apostrophe before what a spreadsheet would compute", 0},
        {NULL, 0, NULL, 0, NULL, 0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = take,
        .args_doc = "STUDY\n--all",
        .doc = "Trials as a file for other programs: one row a trial, with its metrics and the members of its "
               "candidate.\v  fieldwise trials export embed-3 --format csv -o trials.csv\n"
               "  fieldwise trials export tune-2 --format optuna -o optuna.db",
        .children = trials_options_children,
    };
    struct arguments arguments = {.common = TRIALS_OPTIONS_DEFAULT};
    CLI_PARSE(&argp, "trials export", argc, argv, &arguments);
    return trials_read(&arguments.common, export_trials, &arguments);
}
