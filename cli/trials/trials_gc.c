/* `fieldwise trials gc`: records of files that are gone, and temporary files that killed runs have left. */
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

/* A temporary file that nobody has written to for so long is nobody's: a writer never pauses. */
#define IDLE_SECONDS 3600.0

struct arguments {
    struct trials_options common;
    bool yes;
};

/* Something to clear away: a record (kind is not NULL) or a file. */
struct waste {
    int64_t study;
    const char *name, *kind, *path;
    int64_t bytes;
};

struct heap {
    struct waste *items;
    int64_t n, capacity;
    const char **folders; /* looked at already */
    int64_t n_folders, folder_capacity;
    struct fw_text_pool texts;
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
    case ARGP_KEY_ARG:
        argp_error(state, "'gc' takes no argument '%s'; 'fieldwise trials delete' deletes a study", text);
        return EINVAL;
    case ARGP_KEY_END:
        trials_need_table_or_json(state, &arguments->common);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum fw_status add(struct heap *heap, struct waste waste, struct fw_error *err)
{
    bool refused = false;
    FW_TRY(fw_reserve(NULL, &heap->items, &heap->capacity, heap->n + 1, sizeof *heap->items, err));
    waste.name = fw_text_pool_add(&heap->texts, waste.name, &refused);
    waste.kind = fw_text_pool_add(&heap->texts, waste.kind, &refused);
    waste.path = fw_text_pool_add(&heap->texts, waste.path, &refused);
    if (refused)
        return fw_error_nomem(err, NULL, "a list of files", 1, FW_PATH_SIZE);
    heap->items[heap->n++] = waste;
    return FW_OK;
}

static enum fw_status add_leftover(void *self, const char *path, int64_t bytes, struct fw_error *err)
{
    return add(self, (struct waste){.path = path, .bytes = bytes}, err);
}

/* Looks for leftovers in the folder of a file, once. */
static enum fw_status look_beside(struct heap *heap, const char *file, struct fw_error *err)
{
    char folder[FW_PATH_SIZE];
    const char *slash = strrchr(file, '/');
    bool refused = false;
    snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash - file) : 1, slash != NULL ? file : ".");
    if (folder[0] == '\0')
        strcpy(folder, "/");
    for (int64_t i = 0; i < heap->n_folders; i++) {
        if (strcmp(heap->folders[i], folder) == 0)
            return FW_OK;
    }
    FW_TRY(fw_reserve(NULL, &heap->folders, &heap->folder_capacity, heap->n_folders + 1, sizeof *heap->folders, err));
    const char *copy = fw_text_pool_add(&heap->texts, folder, &refused);
    if (refused)
        return fw_error_nomem(err, NULL, "a folder", 1, FW_PATH_SIZE);
    heap->folders[heap->n_folders++] = copy;
    return fw_store_leftovers(folder, IDLE_SECONDS, add_leftover, heap, err);
}

static enum fw_status look_at_study(struct heap *heap, struct fw_store *store, const struct fw_study_row *study,
                                    struct fw_error *err)
{
    struct fw_artifact_list list;
    enum fw_status status = FW_OK;
    FW_TRY(fw_query_artifacts(&list, store, study->id, err));
    for (int64_t i = 0; status == FW_OK && i < list.n; i++) {
        const struct fw_artifact *artifact = &list.rows[i].artifact;
        char found[FW_PATH_SIZE];
        enum fw_file_state state;
        status = fw_store_file_state(&state, found, artifact, fw_store_path(store), err);
        if (status == FW_OK && state == FW_FILE_MISSING)
            status =
                add(heap, (struct waste){study->id, study->name, artifact->kind, artifact->path, artifact->bytes}, err);
        if (status == FW_OK)
            status = look_beside(heap, found, err);
    }
    fw_artifact_list_clear(&list);
    return status;
}

static enum fw_status look(struct heap *heap, struct fw_store *store, struct fw_error *err)
{
    struct fw_study_list studies;
    FW_TRY(fw_query_studies(&studies, store, err));
    enum fw_status status = look_beside(heap, fw_store_path(store), err);
    for (int64_t i = 0; status == FW_OK && i < studies.n; i++)
        status = look_at_study(heap, store, &studies.rows[i], err);
    fw_study_list_clear(&studies);
    return status;
}

static void print_text(const struct heap *heap)
{
    static const char *const headers[] = {"what", "study", "path", ">size"};
    char text[32];
    if (heap->n == 0) {
        fprintf(stderr, "fieldwise: there is nothing to clear away\n");
        return;
    }
    struct cli_table *table = cli_table_create(headers, 4);
    for (int64_t i = 0; i < heap->n; i++) {
        const struct waste *waste = &heap->items[i];
        if (waste->kind != NULL)
            cli_table_cell(table, "record of a %s that is gone", waste->kind);
        else
            cli_table_cell(table, "file left by a killed run");
        cli_table_cell(table, "%s", waste->name != NULL ? waste->name : "-");
        cli_table_cell(table, "%s", waste->path);
        cli_table_cell(table, "%s", fw_text_bytes(text, (double)waste->bytes));
    }
    cli_table_print(table, stdout);
}

static void print_json(const struct heap *heap, bool deleted)
{
    cJSON *json = cli_json_object();
    cJSON *records = cli_json_array();
    cJSON *files = cli_json_array();
    for (int64_t i = 0; i < heap->n; i++) {
        const struct waste *waste = &heap->items[i];
        cJSON *item = cli_json_object();
        if (waste->kind != NULL) {
            cli_json_add_text(item, "study", waste->name);
            cli_json_add_text(item, "kind", waste->kind);
        }
        cli_json_add_text(item, "path", waste->path);
        cli_json_add_int(item, "bytes", waste->bytes);
        cli_json_append(waste->kind != NULL ? records : files, item);
    }
    cli_json_add_bool(json, "deleted", deleted);
    cli_json_add(json, "records", records);
    cli_json_add(json, "files", files);
    cli_json_print(json);
}

static enum fw_status clear_away(const struct heap *heap, struct fw_store *store, struct fw_error *err)
{
    for (int64_t i = 0; i < heap->n; i++) {
        const struct waste *waste = &heap->items[i];
        if (waste->kind != NULL)
            FW_TRY(fw_store_forget_file(store, waste->study, waste->kind, waste->path, err));
        else if (unlink(waste->path) != 0 && errno != ENOENT)
            return fw_error_set(err, FW_E_IO, "cannot delete '%s': %s", waste->path, strerror(errno));
    }
    return FW_OK;
}

/* Returns the exit code. */
static int run(struct heap *heap, struct fw_store *store, const struct arguments *arguments)
{
    struct fw_error err = {0};
    enum fw_status status = look(heap, store, &err);
    if (status != FW_OK)
        return cli_fail(&err);
    bool json = arguments->common.json;
    if (!json)
        print_text(heap);
    else if (!arguments->yes)
        print_json(heap, false);
    if (heap->n == 0 || !arguments->yes) {
        if (heap->n > 0)
            fprintf(stderr, "fieldwise: nothing was deleted; --yes deletes what is shown\n");
        if (heap->n == 0 && json && arguments->yes)
            print_json(heap, true);
        return 0;
    }
    status = clear_away(heap, store, &err);
    if (status == FW_OK && json)
        print_json(heap, true);
    return status == FW_OK ? 0 : cli_fail(&err);
}

int trials_gc(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"yes", 'y', NULL, 0, "Delete what is shown; without it nothing is deleted", 0},
        {NULL, 0, NULL, 0, NULL, 0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = take,
        .doc =
            "Shows, and with --yes deletes, what nobody needs: records of plans and models whose files are gone, and "
            "temporary files that killed runs left in the folder of the store and in those of its plans and models "
            "(NAME.tmp-XXXXXX, this user's, not written to for an hour).",
        .children = trials_options_children,
    };
    struct arguments arguments = {.common = TRIALS_OPTIONS_DEFAULT};
    CLI_PARSE(&argp, "trials gc", argc, argv, &arguments);
    struct fw_store *store;
    int failed = trials_open(&store, &arguments.common, arguments.yes);
    if (failed != 0)
        return failed - 1;
    struct heap heap = {0};
    fw_text_pool_init(&heap.texts, NULL);
    int code = run(&heap, store, &arguments);
    fw_free(NULL, heap.items);
    fw_free(NULL, heap.folders);
    fw_text_pool_clear(&heap.texts);
    fw_store_close(store);
    return code;
}
