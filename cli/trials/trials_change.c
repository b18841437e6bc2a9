#include "cli/trials/trials_change.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/json_out.h"
#include "cli/terminal.h"
#include "core/text.h"
#include "results/care/store_notes.h"

static void print_text(const struct fw_study_row *study, const struct fw_study_notes *notes)
{
    static const char *const headers[] = {"", ""};
    char time[CLI_TIME_SIZE];
    struct fw_buffer tags;
    fw_buffer_init(&tags, NULL);
    for (int64_t i = 0; i < notes->n_tags; i++)
        fw_buffer_addf(&tags, "%s%s", i > 0 ? ", " : "", notes->tags[i]);
    struct fw_error err = {0};
    if (fw_buffer_check(&tags, &err) != FW_OK)
        exit(cli_fail(&err));
    struct cli_table *table = cli_table_create(headers, 2);
    cli_table_cell(table, "study");
    cli_table_cell(table, "%s (number %" PRId64 ")", study->name, study->id);
    cli_table_cell(table, "tags");
    cli_table_cell(table, "%s", notes->n_tags > 0 ? tags.data : "-");
    cli_table_cell(table, "note");
    cli_table_cell(table, "%s", notes->note != NULL ? notes->note : "-");
    cli_table_cell(table, "archived");
    cli_table_cell(table, "%s", notes->archived_us != 0 ? cli_time_short(time, notes->archived_us) : "no");
    cli_table_print(table, stdout);
    fw_buffer_clear(&tags);
}

static void print_json(const struct fw_study_row *study, const struct fw_study_notes *notes)
{
    cJSON *json = cli_json_object();
    cli_json_add_int(json, "id", study->id);
    cli_json_add_text(json, "name", study->name);
    cJSON *tags = cli_json_array();
    for (int64_t i = 0; i < notes->n_tags; i++)
        cli_json_append(tags, cJSON_CreateString(notes->tags[i]));
    cli_json_add(json, "tags", tags);
    cli_json_add_text(json, "note", notes->note);
    cli_json_add_time(json, "archived", notes->archived_us);
    cli_json_print(json);
}

static enum fw_status show(struct fw_store *store, int64_t id, bool json, struct fw_error *err)
{
    struct fw_study_list study = {0};
    struct fw_study_notes notes;
    FW_TRY(fw_store_notes(&notes, store, id, err));
    enum fw_status status = fw_query_study_of_id(&study, store, id, err);
    if (status == FW_OK)
        (json ? print_json : print_text)(&study.rows[0], &notes);
    fw_study_list_clear(&study);
    fw_study_notes_clear(&notes);
    return status;
}

int trials_change(const struct trials_options *options, const char *study,
                  enum fw_status (*change)(struct fw_store *store, int64_t study, void *self, struct fw_error *err),
                  void *self)
{
    struct fw_store *store;
    struct fw_study_list found = {0};
    struct fw_error err = {0};
    int failed = trials_open(&store, options, true);
    if (failed != 0)
        return failed - 1;
    enum fw_status status = fw_query_study(&found, store, study, &err);
    int64_t id = status == FW_OK ? found.rows[0].id : 0;
    fw_study_list_clear(&found);
    if (status == FW_OK)
        status = change(store, id, self, &err);
    if (status == FW_OK)
        status = show(store, id, options->json, &err);
    fw_store_close(store);
    return status == FW_OK ? 0 : cli_fail(&err);
}

struct text_arguments {
    struct trials_options common;
    const struct trials_text_change *what;
    const char *study;
    const char *text;
};

static error_t take_text(int key, char *text, struct argp_state *state)
{
    struct text_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->common;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->study == NULL)
            arguments->study = text;
        else
            trials_take_target(state, &arguments->text, text);
        return 0;
    case ARGP_KEY_END:
        if (arguments->text == NULL)
            argp_error(state, "%s", arguments->what->missing);
        trials_need_table_or_json(state, &arguments->common);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum fw_status set_text(struct fw_store *store, int64_t study, void *self, struct fw_error *err)
{
    const struct text_arguments *arguments = self;
    return arguments->what->set(store, study, arguments->text, err);
}

int trials_change_text(const struct trials_text_change *what, int argc, char **argv)
{
    const struct argp argp = {
        .parser = take_text,
        .args_doc = what->args_doc,
        .doc = what->doc,
        .children = trials_options_children,
    };
    struct text_arguments arguments = {.common = TRIALS_OPTIONS_DEFAULT, .what = what};
    CLI_PARSE(&argp, what->command, argc, argv, &arguments);
    return trials_change(&arguments.common, arguments.study, set_text, &arguments);
}

int trials_confirm(bool yes, const char *command, const char *question)
{
    if (yes)
        return 0;
    if (isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1)
        return cli_usage(command, "nothing was deleted; say --yes to delete what is shown");
    fprintf(stderr, "%s [y/N] ", question);
    char answer[16] = "";
    if (fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y'))
        return 0;
    fprintf(stderr, "fieldwise: nothing was deleted\n");
    return 1;
}
