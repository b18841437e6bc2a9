/* `fieldwise trials delete`: studies with their trials, and if wished the files that came of them. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/json_out.h"
#include "cli/terminal.h"
#include "cli/trials/trials.h"
#include "cli/trials/trials_change.h"
#include "core/text.h"
#include "results/care/store_files.h"
#include "results/care/store_notes.h"
#include "results/query/study_now.h"

enum { KEY_FILES = 0x100 };

struct arguments {
    struct trials_options common;
    const char **studies; /* (n) names; borrowed from argv */
    int64_t n;
    bool yes, files;
};

/* A file of a study that would go. */
struct file {
    const struct fw_artifact *artifact; /* borrowed from the study's list */
    char *found;
    enum fw_file_state state;
    bool shared; /* a study that stays has a record of it too */
    bool deleted;
};

struct doomed {
    struct fw_study_list study; /* one row */
    struct fw_study_size size;
    struct fw_artifact_list artifacts;
    struct file *files; /* (artifacts.n) */
};

static error_t take(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->common;
        return 0;
    case 'y':
        arguments->yes = true;
        return 0;
    case KEY_FILES:
        arguments->files = true;
        return 0;
    case ARGP_KEY_ARG:
        (void)text;
        return ARGP_ERR_UNKNOWN; /* all come as one piece */
    case ARGP_KEY_ARGS:
        arguments->studies = (const char **)state->argv + state->next;
        arguments->n = state->argc - state->next;
        return 0;
    case ARGP_KEY_END:
        if (arguments->n == 0)
            argp_error(state, "name the studies: delete STUDY...");
        trials_need_table_or_json(state, &arguments->common);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool is_doomed(const struct doomed *all, int64_t n, int64_t study)
{
    for (int64_t i = 0; i < n; i++) {
        if (all[i].study.n > 0 && all[i].study.rows[0].id == study)
            return true;
    }
    return false;
}

static enum fw_status look_at_files(struct doomed *doomed, struct fw_store *store, struct fw_error *err)
{
    FW_TRY(fw_query_artifacts(&doomed->artifacts, store, doomed->study.rows[0].id, err));
    FW_ALLOC(doomed->files, NULL, doomed->artifacts.n, "the files of a study", err);
    for (int64_t i = 0; i < doomed->artifacts.n; i++) {
        struct file *file = &doomed->files[i];
        char found[FW_PATH_SIZE];
        file->artifact = &doomed->artifacts.rows[i].artifact;
        FW_TRY(fw_store_file_state(&file->state, found, file->artifact, fw_store_path(store), err));
        file->found = fw_strndup(NULL, found, strlen(found));
        if (file->found == NULL)
            return fw_error_nomem(err, NULL, "a path", 1, FW_PATH_SIZE);
    }
    return FW_OK;
}

/* Finds all studies; a study named twice is one. *n counts those that are filled in. */
static enum fw_status look(struct doomed *all, int64_t *n, struct fw_store *store, const struct arguments *arguments,
                           struct fw_error *err)
{
    for (int64_t i = 0; i < arguments->n; i++) {
        struct fw_study_list study;
        FW_TRY(fw_query_study(&study, store, arguments->studies[i], err));
        if (is_doomed(all, *n, study.rows[0].id)) {
            fw_study_list_clear(&study);
            continue;
        }
        struct doomed *doomed = &all[(*n)++];
        doomed->study = study;
        FW_TRY(fw_store_study_size(&doomed->size, store, study.rows[0].id, err));
        FW_TRY(look_at_files(doomed, store, err));
    }
    return FW_OK;
}

/* Marks the files that a study which stays has a record of. */
static enum fw_status look_at_others(struct doomed *all, int64_t n, struct fw_store *store, struct fw_error *err)
{
    struct fw_study_list studies;
    enum fw_status status = FW_OK;
    FW_TRY(fw_query_studies(&studies, store, err));
    for (int64_t s = 0; status == FW_OK && s < studies.n; s++) {
        struct fw_artifact_list list = {0};
        if (is_doomed(all, n, studies.rows[s].id))
            continue;
        status = fw_query_artifacts(&list, store, studies.rows[s].id, err);
        for (int64_t a = 0; status == FW_OK && a < list.n; a++) {
            for (int64_t i = 0; i < n; i++) {
                for (int64_t f = 0; f < all[i].artifacts.n; f++)
                    all[i].files[f].shared |= strcmp(all[i].files[f].artifact->path, list.rows[a].artifact.path) == 0;
            }
        }
        if (status == FW_OK)
            fw_artifact_list_clear(&list);
    }
    fw_study_list_clear(&studies);
    return status;
}

/* What becomes of a file. */
static const char *fate(const struct file *file, const struct arguments *arguments)
{
    if (file->state != FW_FILE_SAME)
        return file->state == FW_FILE_CHANGED ? "stays: it was changed" : fw_file_state_name(file->state);
    if (!arguments->files)
        return "stays (--files deletes it)";
    return file->shared ? "stays: another study has it too" : "is deleted";
}

static void print_plan(const struct doomed *all, int64_t n, const struct arguments *arguments)
{
    static const char *const headers[] = {"study", ">trials", ">metrics", ">decisions", ">files"};
    static const char *const file_headers[] = {"file", ">size", "it"};
    char text[32];
    int64_t n_files = 0;
    struct cli_table *table = cli_table_create(headers, 5);
    for (int64_t i = 0; i < n; i++) {
        cli_table_cell(table, "%s", all[i].study.rows[0].name);
        cli_table_cell(table, "%s", fw_text_count(text, all[i].size.n_trials));
        cli_table_cell(table, "%s", fw_text_count(text, all[i].size.n_metrics));
        cli_table_cell(table, "%s", fw_text_count(text, all[i].size.n_decisions));
        cli_table_cell(table, "%s", fw_text_count(text, all[i].size.n_artifacts));
        n_files += all[i].artifacts.n;
    }
    cli_table_print(table, stdout);
    if (n_files == 0)
        return;
    putchar('\n');
    table = cli_table_create(file_headers, 3);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t f = 0; f < all[i].artifacts.n; f++) {
            const struct file *file = &all[i].files[f];
            cli_table_cell(table, "%s", file->found);
            cli_table_cell(table, "%s", fw_text_bytes(text, (double)file->artifact->bytes));
            cli_table_cell(table, "%s", fate(file, arguments));
        }
    }
    cli_table_print(table, stdout);
}

static void print_json(const struct doomed *all, int64_t n, bool deleted)
{
    cJSON *json = cli_json_object();
    cJSON *studies = cli_json_array();
    cli_json_add_bool(json, "deleted", deleted);
    cli_json_add(json, "studies", studies);
    for (int64_t i = 0; i < n; i++) {
        cJSON *study = cli_json_object();
        cJSON *files = cli_json_array();
        cli_json_add_int(study, "id", all[i].study.rows[0].id);
        cli_json_add_text(study, "name", all[i].study.rows[0].name);
        cli_json_add_int(study, "trials", all[i].size.n_trials);
        cli_json_add_int(study, "metrics", all[i].size.n_metrics);
        cli_json_add_int(study, "decisions", all[i].size.n_decisions);
        for (int64_t f = 0; f < all[i].artifacts.n; f++) {
            cJSON *file = cli_json_object();
            cli_json_add_text(file, "path", all[i].files[f].found);
            cli_json_add_int(file, "bytes", all[i].files[f].artifact->bytes);
            cli_json_add_text(file, "state", fw_file_state_name(all[i].files[f].state));
            cli_json_add_bool(file, "deleted", all[i].files[f].deleted);
            cli_json_append(files, file);
        }
        cli_json_add(study, "files", files);
        cli_json_append(studies, study);
    }
    cli_json_print(json);
}

/* Deletes a file that is still, at this moment, what was written. */
static enum fw_status delete_file(struct file *file, const char *store, struct fw_error *err)
{
    char found[FW_PATH_SIZE];
    FW_TRY(fw_store_file_state(&file->state, found, file->artifact, store, err));
    if (file->state != FW_FILE_SAME)
        return FW_OK;
    if (unlink(found) != 0)
        return fw_error_set(err, FW_E_IO, "the studies are deleted, but not the file '%s': %s", found, strerror(errno));
    file->deleted = true;
    return FW_OK;
}

/* First the rows, all or none; files only when they are gone for good. */
static enum fw_status delete_all(struct doomed *all, int64_t n, struct fw_store *store,
                                 const struct arguments *arguments, struct fw_error *err)
{
    int64_t *ids;
    FW_ALLOC(ids, NULL, n, "the numbers of studies", err);
    for (int64_t i = 0; i < n; i++)
        ids[i] = all[i].study.rows[0].id;
    enum fw_status status = fw_store_delete(store, ids, n, fw_study_now_gone, err);
    fw_free(NULL, ids);
    FW_TRY(status);
    for (int64_t i = 0; arguments->files && i < n; i++) {
        for (int64_t f = 0; f < all[i].artifacts.n; f++) {
            if (!all[i].files[f].shared)
                FW_TRY(delete_file(&all[i].files[f], fw_store_path(store), err));
        }
    }
    return FW_OK;
}

/* Returns the exit code. */
static int run(struct doomed *all, int64_t *n, struct fw_store *store, const struct arguments *arguments)
{
    struct fw_error err = {0};
    enum fw_status status = look(all, n, store, arguments, &err);
    if (status == FW_OK)
        status = look_at_others(all, *n, store, &err);
    for (int64_t i = 0; status == FW_OK && i < *n; i++) {
        if (strcmp(fw_study_now_status(&all[i].study.rows[0]), "running") == 0)
            status = fw_error_set(&err, FW_E_INPUT, "study '%s' is running (process %" PRId64 " on '%s'); end it first",
                                  all[i].study.rows[0].name, all[i].study.rows[0].pid, all[i].study.rows[0].host);
    }
    if (status != FW_OK)
        return cli_fail(&err);
    if (!arguments->common.json)
        print_plan(all, *n, arguments);
    else if (!arguments->yes)
        print_json(all, *n, false);
    fflush(stdout);
    int code = trials_confirm(arguments->yes, "trials delete", "Delete this for good?");
    if (code != 0)
        return code;
    status = delete_all(all, *n, store, arguments, &err);
    if (status == FW_OK && arguments->common.json && arguments->yes)
        print_json(all, *n, true);
    return status == FW_OK ? 0 : cli_fail(&err);
}

int trials_delete(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"files", KEY_FILES, NULL, 0,
         "Also delete the files that came of the studies, where they are as they were written", 0},
        {"yes", 'y', NULL, 0, "Do not ask", 0},
        {NULL, 0, NULL, 0, NULL, 0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = take,
        .args_doc = "STUDY...",
        .doc = "Deletes studies with their trials, metrics and decisions for good. Shows first what would be deleted, "
               "and asks; without a terminal it wants --yes.\v  fieldwise trials delete tune-3 tune-4\n\n"
               "'fieldwise trials archive' hides a study and deletes nothing.",
        .children = trials_options_children,
    };
    struct arguments arguments = {.common = TRIALS_OPTIONS_DEFAULT};
    CLI_PARSE(&argp, "trials delete", argc, argv, &arguments);
    struct fw_store *store;
    struct fw_error err = {0};
    int failed = trials_open(&store, &arguments.common, true);
    if (failed != 0)
        return failed - 1;
    struct doomed *all = fw_alloc_array(NULL, arguments.n, sizeof *all);
    int64_t n = 0;
    int code = all != NULL ? run(all, &n, store, &arguments)
                           : (fw_error_nomem(&err, NULL, "studies", arguments.n, sizeof *all), cli_fail(&err));
    for (int64_t i = 0; i < n; i++) {
        for (int64_t f = 0; all[i].files != NULL && f < all[i].artifacts.n; f++)
            fw_free(NULL, all[i].files[f].found);
        fw_free(NULL, all[i].files);
        fw_artifact_list_clear(&all[i].artifacts);
        fw_study_list_clear(&all[i].study);
    }
    fw_free(NULL, all);
    fw_store_close(store);
    return code;
}
