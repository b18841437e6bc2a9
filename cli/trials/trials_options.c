#include "cli/trials/trials_options.h"

#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "core/text.h"

static error_t take(int key, char *text, struct argp_state *state)
{
    struct trials_options *options = state->input;
    switch (key) {
    case 's':
        options->store = text;
        return 0;
    case 'F':
        if (!fw_row_format_from_name(&options->format, text))
            argp_error(state, "--format is table, csv, json, jsonl or markdown, not '%s'", text);
        options->json = options->format == FW_ROWS_JSON;
        return 0;
    case 'j':
        options->format = FW_ROWS_JSON;
        options->json = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option common_options[] = {
    {"store", 's', "FILE", 0, "The store (fieldwise.db)", 20},
    {"format", 'F', "FORMAT", 0, "table, csv, json, jsonl or markdown (table)", 20},
    {"json", 'j', NULL, 0, "The same as --format json", 20},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const struct argp common_argp = {.options = common_options, .parser = take};

const struct argp_child trials_options_children[] = {{&common_argp, 0, NULL, 0}, {NULL, 0, NULL, 0}};

int trials_open(struct fw_store **out, const struct trials_options *options, bool write)
{
    struct fw_error err = {0};
    struct fw_store_options store;
    fw_store_options_init(&store);
    /* a change of what was stored makes no store: without one it fails as reading does */
    store.read_only = !write || access(options->store, F_OK) != 0;
    return fw_store_open(out, options->store, &store, &err) == FW_OK ? 0 : cli_fail(&err) + 1;
}

int trials_read(const struct trials_options *options,
                enum fw_status (*action)(struct fw_store *store, void *self, struct fw_error *err), void *self)
{
    struct fw_store *store;
    struct fw_error err = {0};
    int failed = trials_open(&store, options, false);
    if (failed != 0)
        return failed - 1;
    enum fw_status status = action(store, self, &err);
    fw_store_close(store);
    return status == FW_OK ? 0 : cli_fail(&err);
}

void trials_need_table_or_json(struct argp_state *state, const struct trials_options *options)
{
    if (options->format != FW_ROWS_TABLE && options->format != FW_ROWS_JSON)
        argp_error(state, "this answer is no list of rows: it is printed as table or json");
}

void trials_take_target(struct argp_state *state, const char **target, const char *text)
{
    if (*target != NULL)
        argp_error(state, "'%s' is one argument too many", text);
    *target = text;
}

enum fw_status trials_find(struct fw_study_list *study, int64_t *trial, struct fw_store *store, const char *target,
                           struct fw_error *err)
{
    *trial = 0;
    enum fw_status status = fw_query_study_facts(study, store, target, err);
    const char *slash = strrchr(target, '/');
    if (status != FW_E_INPUT || slash == NULL)
        return status;
    if (!fw_text_to_int(fw_text_of(slash + 1), trial) || *trial < 1)
        return fw_error_set(err, FW_E_INPUT, "'%s' behind the '/' of '%s' is no trial number: 1, 2, ...", slash + 1,
                            target);
    char *name = fw_strndup(NULL, target, (size_t)(slash - target));
    if (name == NULL)
        return fw_error_nomem(err, NULL, "a name", slash - target, 1);
    status = fw_query_study_facts(study, store, name, err);
    fw_free(NULL, name);
    return status;
}
