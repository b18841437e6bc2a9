/* `fieldwise trials verify`: whether a store is what was written, and a new store from what is left of a damaged one.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/json_out.h"
#include "cli/terminal.h"
#include "cli/trials/trials.h"
#include "cli/trials/trials_options.h"
#include "core/text.h"
#include "results/care/salvage.h"
#include "results/care/store_files.h"
#include "results/care/verify.h"

struct arguments {
    struct trials_options common;
    const char *salvage; /* NULL: only look */
};

/* What was found out before anything is printed. */
struct answer {
    struct fw_verify check;
    bool readable;           /* check is filled in */
    struct fw_error why_not; /* else */
    struct fw_buffer files;  /* remarks about files, a line each */
    bool salvaged;
    struct fw_salvage saved;
};

static error_t take(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->common;
        return 0;
    case 'S':
        arguments->salvage = text;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'verify' takes no argument '%s'; --store names the store", text);
        return EINVAL;
    case ARGP_KEY_END:
        trials_need_table_or_json(state, &arguments->common);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Remarks about the files of a study that are not as they were written. */
static enum fw_status check_files(struct fw_buffer *lines, struct fw_store *store, const struct fw_study_row *study,
                                  struct fw_error *err)
{
    struct fw_artifact_list list;
    enum fw_status status = FW_OK;
    FW_TRY(fw_query_artifacts(&list, store, study->id, err));
    for (int64_t i = 0; status == FW_OK && i < list.n; i++) {
        char found[FW_PATH_SIZE];
        enum fw_file_state state = FW_FILE_SAME;
        const struct fw_artifact *artifact = &list.rows[i].artifact;
        status = fw_store_file_state(&state, found, artifact, fw_store_path(store), err);
        if (status == FW_OK && state != FW_FILE_SAME)
            fw_buffer_addf(lines, "study '%s': its %s '%s' is %s\n", study->name, artifact->kind, artifact->path,
                           state == FW_FILE_CHANGED ? "not the file that was written" : fw_file_state_name(state));
    }
    fw_artifact_list_clear(&list);
    return status;
}

static enum fw_status check_all_files(struct fw_buffer *lines, const struct trials_options *options,
                                      struct fw_error *err)
{
    struct fw_store *store;
    struct fw_study_list studies;
    struct fw_store_options reading;
    fw_store_options_init(&reading);
    reading.read_only = true;
    FW_TRY(fw_store_open(&store, options->store, &reading, err));
    enum fw_status status = fw_query_studies(&studies, store, err);
    if (status == FW_OK) {
        for (int64_t i = 0; status == FW_OK && i < studies.n; i++)
            status = check_files(lines, store, &studies.rows[i], err);
        fw_study_list_clear(&studies);
    }
    fw_store_close(store);
    return status == FW_OK ? fw_buffer_check(lines, err) : status;
}

/* Lines of a buffer, by `each`. */
static void for_lines(const struct fw_buffer *lines, void (*each)(void *, const char *), void *self)
{
    char *copy = fw_strndup(NULL, lines->data != NULL ? lines->data : "", (size_t)lines->length);
    char *rest = copy;
    for (char *line = copy != NULL ? strtok_r(copy, "\n", &rest) : NULL; line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        each(self, line);
    fw_free(NULL, copy);
}

static void json_line(void *array, const char *line)
{
    cli_json_append(array, cJSON_CreateString(line));
}

static cJSON *findings_json(const struct fw_verify *check, bool remarks)
{
    cJSON *array = cli_json_array();
    for (int64_t i = 0; i < check->n; i++) {
        const struct fw_finding *finding = &check->findings[i];
        if (finding->remark != remarks)
            continue;
        cJSON *json = cli_json_object();
        cli_json_add_int_or_null(json, "study", finding->study);
        cli_json_add_int_or_null(json, "trial", finding->trial);
        cli_json_add_text(json, "text", finding->text);
        cli_json_append(array, json);
    }
    return array;
}

static void print_json(const struct arguments *arguments, const struct answer *answer)
{
    const struct fw_verify *check = &answer->check;
    cJSON *json = cli_json_object();
    cli_json_add_text(json, "store", arguments->common.store);
    cli_json_add_bool(json, "sound", answer->readable && check->n_damages == 0);
    if (answer->readable) {
        cli_json_add_int(json, "version", check->version);
        cli_json_add_int(json, "studies", check->n_studies);
        cli_json_add_int(json, "trials", check->n_trials);
        cli_json_add_int(json, "metrics", check->n_metrics);
        cli_json_add_int(json, "decisions", check->n_decisions);
        cli_json_add_int(json, "files", check->n_artifacts);
        cli_json_add_int(json, "n_damages", check->n_damages);
        cli_json_add(json, "damages", findings_json(check, false));
        cli_json_add(json, "remarks", findings_json(check, true));
    } else {
        cli_json_add_text(json, "unreadable", answer->why_not.message);
    }
    cJSON *files = cli_json_array();
    for_lines(&answer->files, json_line, files);
    cli_json_add(json, "file_remarks", files);
    if (answer->salvaged) {
        cJSON *saved = cli_json_object();
        cli_json_add_text(saved, "store", arguments->salvage);
        cli_json_add_int(saved, "studies", answer->saved.n_studies);
        cli_json_add_int(saved, "trials", answer->saved.n_trials);
        cli_json_add_int(saved, "metrics", answer->saved.n_metrics);
        cli_json_add_int(saved, "decisions", answer->saved.n_decisions);
        cli_json_add_int(saved, "files", answer->saved.n_artifacts);
        cJSON *losses = cli_json_array();
        for_lines(&answer->saved.losses, json_line, losses);
        cli_json_add(saved, "lost", losses);
        cli_json_add(json, "salvaged", saved);
    }
    cli_json_print(json);
}

static void text_line(void *table, const char *line)
{
    cli_table_cell(table, "%s", line);
}

/* Lines under each other; a table, so that what is no printable text is escaped. */
static void print_lines(const char *title, const struct fw_buffer *lines)
{
    static const char *const header[] = {""};
    if (lines->length == 0)
        return;
    printf("%s\n", title);
    struct cli_table *table = cli_table_create(header, 1);
    for_lines(lines, text_line, table);
    cli_table_print(table, stdout);
}

static void print_findings(const struct fw_verify *check, bool remarks)
{
    for (int64_t i = 0; i < check->n; i++) {
        if (check->findings[i].remark == remarks)
            printf("%s%s\n", remarks ? "remark: " : "", check->findings[i].text);
    }
    if (!remarks && check->n_damages > FW_VERIFY_MAX_FINDINGS)
        printf("... and more, %" PRId64 " in all\n", check->n_damages);
}

static void print_text(const struct arguments *arguments, const struct answer *answer)
{
    char n[5][32];
    const struct fw_verify *check = &answer->check;
    if (answer->readable) {
        print_findings(check, false);
        print_findings(check, true);
        printf("%s: %s studies, %s trials, %s metrics, %s decisions, %s files; %s\n", arguments->common.store,
               fw_text_count(n[0], check->n_studies), fw_text_count(n[1], check->n_trials),
               fw_text_count(n[2], check->n_metrics), fw_text_count(n[3], check->n_decisions),
               fw_text_count(n[4], check->n_artifacts),
               check->n_damages == 0 ? "all as they were stored" : "the store is damaged");
    }
    print_lines("Files (no damage of the store):", &answer->files);
    if (!answer->salvaged)
        return;
    printf("%s: %s studies, %s trials, %s metrics, %s decisions, %s files were saved\n", arguments->salvage,
           fw_text_count(n[0], answer->saved.n_studies), fw_text_count(n[1], answer->saved.n_trials),
           fw_text_count(n[2], answer->saved.n_metrics), fw_text_count(n[3], answer->saved.n_decisions),
           fw_text_count(n[4], answer->saved.n_artifacts));
    print_lines("Lost:", &answer->saved.losses);
}

/* FW_OK whatever was found. */
static enum fw_status find_out(struct answer *answer, const struct arguments *arguments, struct fw_error *err)
{
    struct fw_store_options options;
    fw_store_options_init(&options);
    enum fw_status status = fw_verify_file(&answer->check, arguments->common.store, &options, &answer->why_not);
    answer->readable = status == FW_OK;
    if (status != FW_OK && status != FW_E_CORRUPT)
        return fw_error_set(err, status, "%s", answer->why_not.message);
    if (answer->readable && answer->check.n_damages == 0)
        FW_TRY(check_all_files(&answer->files, &arguments->common, err));
    if (arguments->salvage != NULL) {
        FW_TRY(fw_salvage_file(&answer->saved, arguments->common.store, arguments->salvage, &options, err));
        answer->salvaged = true;
    }
    return FW_OK;
}

int trials_verify(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"salvage", 'S', "FILE", 0, "Write a new store with all that is good in this one", 0},
        {NULL, 0, NULL, 0, NULL, 0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = take,
        .doc =
            "Whether the store is what was written: every value, every trial, every table. Exit code 0: it is; 4: it "
            "is damaged.\v  fieldwise trials verify\n  fieldwise trials verify --salvage good.db\n\nThe store is not "
            "changed. Files of studies that are gone or changed are told, but are no damage.",
        .children = trials_options_children,
    };
    struct arguments arguments = {.common = TRIALS_OPTIONS_DEFAULT};
    CLI_PARSE(&argp, "trials verify", argc, argv, &arguments);
    struct answer answer = {0};
    struct fw_error err = {0};
    fw_buffer_init(&answer.files, NULL);
    enum fw_status status = find_out(&answer, &arguments, &err);
    bool sound = answer.readable && answer.check.n_damages == 0;
    int code = sound ? 0 : 4;
    if (status == FW_OK && !answer.readable)
        code = cli_fail(&answer.why_not);
    if (status != FW_OK)
        code = cli_fail(&err);
    else if (arguments.common.json)
        print_json(&arguments, &answer);
    else
        print_text(&arguments, &answer);
    if (answer.readable)
        fw_verify_clear(&answer.check);
    if (answer.salvaged)
        fw_salvage_clear(&answer.saved);
    fw_buffer_clear(&answer.files);
    return code;
}
