/* `fieldwise trials list`: the studies of a store. */
#include "cli/command.h"
#include "cli/trials/trials.h"
#include "cli/trials/trials_change.h"
#include "cli/trials/trials_options.h"

struct arguments {
    struct trials_options common;
    bool all; /* archived studies too */
};

static error_t take(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->common;
        return 0;
    case 'a':
        arguments->all = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'list' takes no argument '%s'; it is show that takes a study", text);
        return EINVAL;
    case ARGP_KEY_END:
        trials_need_table_or_json(state, &arguments->common);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum fw_status list(struct fw_store *store, const struct arguments *arguments, struct fw_error *err)
{
    struct fw_study_list studies;
    FW_TRY(fw_query_studies(&studies, store, err));
    enum fw_status status = arguments->all ? FW_OK : trials_drop_archived(&studies, store, err);
    if (status == FW_OK && arguments->common.json)
        trials_json_list(fw_store_path(store), &studies);
    else if (status == FW_OK)
        trials_print_list(&studies);
    fw_study_list_clear(&studies);
    return status;
}

int trials_list(int argc, char **argv)
{
    static const struct argp_child children[] = {{&trials_options_argp, 0, NULL, 0}, {NULL, 0, NULL, 0}};
    static const struct argp_option options[] = {
        {"all", 'a', NULL, 0, "Archived studies too", 0},
        {NULL, 0, NULL, 0, NULL, 0},
    };
    static const struct argp argp = {.options = options,
                                     .parser = take,
                                     .doc = "The studies of a store.",
                                     .children = children};
    struct arguments arguments = {.common = TRIALS_OPTIONS_DEFAULT};
    CLI_PARSE(&argp, "trials list", argc, argv, &arguments);
    struct fw_store *store;
    int failed = trials_open(&store, &arguments.common, false);
    if (failed != 0)
        return failed - 1;
    struct fw_error err = {0};
    enum fw_status status = list(store, &arguments, &err);
    fw_store_close(store);
    return status == FW_OK ? 0 : cli_fail(&err);
}
