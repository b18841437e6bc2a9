/* `fieldwise trials best`: the best trials of one study, or of each. */
#include "cli/command.h"
#include "cli/trials/trials.h"
#include "cli/trials/trials_options.h"

struct arguments {
    struct trials_options common;
    const char *target; /* a study; NULL: all */
    int64_t top;        /* 0: not said */
};

static error_t take(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->common;
        return 0;
    case 'n':
        arguments->top = cli_parse_int(state, "--top", text, 1, INT64_MAX);
        return 0;
    case ARGP_KEY_ARG:
        trials_take_target(state, &arguments->target, text);
        return 0;
    case ARGP_KEY_END:
        trials_need_table_or_json(state, &arguments->common);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum fw_status best(struct fw_store *store, const struct arguments *arguments, struct fw_error *err)
{
    struct trials_best all = {0};
    enum fw_status status;
    if (arguments->target != NULL)
        FW_TRY(fw_query_study(&all.studies, store, arguments->target, err));
    else
        FW_TRY(fw_query_studies(&all.studies, store, err));
    int64_t top = arguments->top > 0 ? arguments->top : arguments->target != NULL ? 10 : 1;
    FW_ALLOC_GOTO(all.lists, NULL, all.studies.n, "the best trials", err, done);
    for (int64_t i = 0; i < all.studies.n; i++) {
        const struct fw_study_row *study = &all.studies.rows[i];
        FW_TRY_GOTO(fw_query_best(&all.lists[i], store, study->id, study->maximise, top, err), done);
    }
    if (arguments->common.json)
        trials_json_best(&all);
    else
        trials_print_best(&all);
    status = FW_OK;
done:
    for (int64_t i = 0; all.lists != NULL && i < all.studies.n; i++)
        fw_trial_list_clear(&all.lists[i]);
    fw_free(NULL, all.lists);
    fw_study_list_clear(&all.studies);
    return status;
}

int trials_best(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"top", 'n', "N", 0, "How many of the best trials (10 of one study, 1 of each study)", 0},
        {NULL, 0, NULL, 0, NULL, 0},
    };
    static const struct argp_child children[] = {{&trials_options_argp, 0, NULL, 0}, {NULL, 0, NULL, 0}};
    static const struct argp argp = {
        .options = options,
        .parser = take,
        .args_doc = "[STUDY]",
        .doc = "The best trials of one study, or of each.",
        .children = children,
    };
    struct arguments arguments = {.common = TRIALS_OPTIONS_DEFAULT};
    CLI_PARSE(&argp, "trials best", argc, argv, &arguments);
    struct fw_store *store;
    int failed = trials_open(&store, &arguments.common, false);
    if (failed != 0)
        return failed - 1;
    struct fw_error err = {0};
    enum fw_status status = best(store, &arguments, &err);
    fw_store_close(store);
    return status == FW_OK ? 0 : cli_fail(&err);
}
