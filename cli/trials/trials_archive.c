/* `fieldwise trials archive`: a study that lists leave out, or no longer. */
#include "cli/command.h"
#include "cli/trials/trials.h"
#include "cli/trials/trials_change.h"
#include "results/care/store_notes.h"

struct arguments {
    struct trials_options common;
    const char *study;
    bool undo;
};

static error_t take(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->common;
        return 0;
    case 'u':
        arguments->undo = true;
        return 0;
    case ARGP_KEY_ARG:
        trials_take_target(state, &arguments->study, text);
        return 0;
    case ARGP_KEY_END:
        if (arguments->study == NULL)
            argp_error(state, "name a study: archive STUDY");
        trials_need_table_or_json(state, &arguments->common);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum fw_status change(struct fw_store *store, int64_t study, void *self, struct fw_error *err)
{
    const struct arguments *arguments = self;
    return fw_store_archive(store, study, arguments->undo, err);
}

int trials_archive(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"undo", 'u', NULL, 0, "Take it out of the archive", 0},
        {NULL, 0, NULL, 0, NULL, 0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = take,
        .args_doc = "STUDY",
        .doc = "Archives a study: 'fieldwise trials list' leaves it out unless --all is given. Nothing is deleted.",
        .children = trials_options_children,
    };
    struct arguments arguments = {.common = TRIALS_OPTIONS_DEFAULT};
    CLI_PARSE(&argp, "trials archive", argc, argv, &arguments);
    return trials_change(&arguments.common, arguments.study, change, &arguments);
}
