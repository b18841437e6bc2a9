/* `fieldwise trials rename`: another name for a study. */
#include "cli/command.h"
#include "cli/trials/trials.h"
#include "cli/trials/trials_change.h"
#include "results/care/store_notes.h"

struct arguments {
    struct trials_options common;
    const char *study;
    const char *name;
};

static error_t take(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->common;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->study == NULL)
            arguments->study = text;
        else
            trials_take_target(state, &arguments->name, text);
        return 0;
    case ARGP_KEY_END:
        if (arguments->name == NULL)
            argp_error(state, "name a study and its new name: rename STUDY NAME");
        trials_need_table_or_json(state, &arguments->common);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum fw_status change(struct fw_store *store, int64_t study, void *self, struct fw_error *err)
{
    const struct arguments *arguments = self;
    return fw_store_rename(store, study, arguments->name, err);
}

int trials_rename(int argc, char **argv)
{
    static const struct argp_child children[] = {{&trials_options_argp, 0, NULL, 0}, {NULL, 0, NULL, 0}};
    static const struct argp argp = {

        .parser = take,
        .args_doc = "STUDY NAME",
        .doc = "Gives a study another name. The same command finds its study again under any name.",
        .children = children,
    };
    struct arguments arguments = {.common = TRIALS_OPTIONS_DEFAULT};
    CLI_PARSE(&argp, "trials rename", argc, argv, &arguments);
    return trials_change(&arguments.common, arguments.study, change, &arguments);
}
