/* `fieldwise trials report`: one study as a page of HTML. */
#include <string.h>

#include "cli/command.h"
#include "cli/trials/trials.h"
#include "cli/trials/trials_options.h"
#include "core/file.h"
#include "results/report/report.h"

struct arguments {
    struct trials_options common;
    const char *target; /* a study */
    const char *out;    /* a file; "-": standard output */
    struct fw_report_options report;
};

static error_t take(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->common;
        return 0;
    case 'o':
        arguments->out = text;
        return 0;
    case 'n':
        arguments->report.trials_most = cli_parse_int(state, "--top", text, 1, 10000);
        return 0;
    case ARGP_KEY_ARG:
        trials_take_target(state, &arguments->target, text);
        return 0;
    case ARGP_KEY_END:
        if (arguments->target == NULL)
            argp_error(state, "say which study, such as autocross-1; 'fieldwise trials list' lists them");
        if (arguments->out == NULL)
            argp_error(state, "say where the page goes: -o FILE, or -o - for standard output");
        if (arguments->common.format != FW_ROWS_TABLE)
            argp_error(state,
                       "a report is a page of HTML; 'fieldwise trials show STUDY --json' prints a study as JSON");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The page is complete before the file is opened, so that a failure leaves what was there. */
static enum fw_status save(const struct fw_buffer *page, const char *path, struct fw_error *err)
{
    struct fw_outfile file;
    if (strcmp(path, "-") == 0)
        fw_outfile_open_stdout(&file);
    else
        FW_TRY(fw_outfile_open(&file, path, err));
    return fw_outfile_close(&file, fw_outfile_write(&file, page->data, (size_t)page->length, err), err);
}

static enum fw_status report(struct fw_store *store, void *self, struct fw_error *err)
{
    const struct arguments *arguments = self;
    struct fw_study_list study;
    struct fw_buffer page;
    FW_TRY(fw_query_study(&study, store, arguments->target, err));
    fw_buffer_init(&page, NULL);
    enum fw_status status = fw_report_add(&page, store, study.rows[0].id, &arguments->report, err);
    if (status == FW_OK)
        status = save(&page, arguments->out, err);
    fw_buffer_clear(&page);
    fw_study_list_clear(&study);
    return status;
}

int trials_report(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"output", 'o', "FILE", 0, "Where the page goes; - is standard output", 0},
        {"top", 'n', "N", 0, "How many of the best trials the table shows (50)", 0},
        {NULL, 0, NULL, 0, NULL, 0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = take,
        .args_doc = "STUDY",
        .doc = "One study as a page of HTML: one file that needs no network and no scripts.",
        .children = trials_options_children,
    };
    struct arguments arguments = {.common = TRIALS_OPTIONS_DEFAULT};
    fw_report_options_init(&arguments.report);
    CLI_PARSE(&argp, "trials report", argc, argv, &arguments);
    return trials_read(&arguments.common, report, &arguments);
}
