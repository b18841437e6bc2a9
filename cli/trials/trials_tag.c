/* `fieldwise trials tag`: tags of a study, given or taken away. */
#include "cli/command.h"
#include "cli/trials/trials.h"
#include "cli/trials/trials_change.h"
#include "results/care/store_notes.h"

struct arguments {
    struct trials_options common;
    const char *study;
    const char **tags; /* (n) borrowed from argv */
    int64_t n;
    bool remove;
};

static error_t take(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->common;
        return 0;
    case 'r':
        arguments->remove = true;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->study != NULL)
            return ARGP_ERR_UNKNOWN; /* all that is left comes as one piece */
        arguments->study = text;
        return 0;
    case ARGP_KEY_ARGS:
        arguments->tags = (const char **)state->argv + state->next;
        arguments->n = state->argc - state->next;
        return 0;
    case ARGP_KEY_END:
        if (arguments->n == 0)
            argp_error(state, "name a study and its tags: tag STUDY TAG...");
        trials_need_table_or_json(state, &arguments->common);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum fw_status change(struct fw_store *store, int64_t study, void *self, struct fw_error *err)
{
    const struct arguments *arguments = self;
    return fw_store_tag(store, study, arguments->tags, arguments->n, arguments->remove, err);
}

int trials_tag(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"remove", 'r', NULL, 0, "Take the tags away", 0},
        {NULL, 0, NULL, 0, NULL, 0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = take,
        .args_doc = "STUDY TAG...",
        .doc = "Gives a study tags, or takes them away.\v  fieldwise trials tag autocross-1 paper final\n  fieldwise "
               "trials tag autocross-1 final --remove",
        .children = trials_options_children,
    };
    struct arguments arguments = {.common = TRIALS_OPTIONS_DEFAULT};
    CLI_PARSE(&argp, "trials tag", argc, argv, &arguments);
    return trials_change(&arguments.common, arguments.study, change, &arguments);
}
