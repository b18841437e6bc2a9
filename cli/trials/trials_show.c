/* `fieldwise trials show`: one study with its decisions and best trials, or one trial with all its figures. */
#include "cli/command.h"
#include "cli/trials/trials.h"
#include "cli/trials/trials_options.h"

struct arguments {
    struct trials_options common;
    const char *target; /* STUDY or STUDY/TRIAL */
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
        if (arguments->target == NULL)
            argp_error(state, "name a study: show STUDY, or show STUDY/TRIAL");
        trials_need_table_or_json(state, &arguments->common);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static enum fw_status show_study(struct fw_store *store, const struct arguments *arguments, struct fw_study_list *study,
                                 struct fw_error *err)
{
    struct trials_study all = {0};
    FW_TRY(fw_query_study_of_id(&all.study, store, study->rows[0].id, err));
    const struct fw_study_row *row = &all.study.rows[0];
    int64_t top = arguments->top > 0 ? arguments->top : 5;
    enum fw_status status;
    FW_TRY_GOTO(fw_query_decisions(&all.decisions, store, row->id, err), done);
    FW_TRY_GOTO(fw_query_best(&all.best, store, row->id, row->maximise, top, err), done);
    FW_TRY_GOTO(trials_files_read(&all.files, store, row->id, err), done);
    FW_TRY_GOTO(fw_store_notes(&all.notes, store, row->id, err), done);
    if (arguments->common.json)
        trials_json_study(&all);
    else
        status = trials_print_study(&all, err);
done:
    fw_study_notes_clear(&all.notes);
    trials_files_clear(&all.files);
    fw_trial_list_clear(&all.best);
    fw_decision_list_clear(&all.decisions);
    fw_study_list_clear(&all.study);
    return status;
}

static enum fw_status show_trial(struct fw_store *store, const struct arguments *arguments, struct fw_study_list *study,
                                 int64_t number, struct fw_error *err)
{
    struct trials_trial all = {.study = *study};
    enum fw_status status;
    FW_TRY_GOTO(fw_query_trial(&all.trial, store, study->rows[0].id, number, err), done);
    FW_TRY_GOTO(fw_query_metrics(&all.metrics, store, all.trial.rows[0].id, err), done);
    FW_TRY_GOTO(fw_query_ancestors(&all.ancestors, store, study->rows[0].id, number, err), done);
    FW_TRY_GOTO(fw_query_rungs(&all.rungs, store, study->rows[0].id, number, err), done);
    FW_TRY_GOTO(trials_files_read(&all.files, store, study->rows[0].id, err), done);
    if (arguments->common.json)
        trials_json_trial(&all);
    else
        status = trials_print_trial(&all, err);
done:
    trials_files_clear(&all.files);
    fw_trial_list_clear(&all.rungs);
    fw_trial_list_clear(&all.ancestors);
    fw_metric_list_clear(&all.metrics);
    fw_trial_list_clear(&all.trial);
    return status;
}

static enum fw_status show(struct fw_store *store, void *self, struct fw_error *err)
{
    const struct arguments *arguments = self;
    struct fw_study_list study;
    int64_t trial;
    FW_TRY(trials_find(&study, &trial, store, arguments->target, err));
    enum fw_status status =
        trial == 0 ? show_study(store, arguments, &study, err) : show_trial(store, arguments, &study, trial, err);
    fw_study_list_clear(&study);
    return status;
}

int trials_show(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"top", 'n', "N", 0, "How many of the best trials (5)", 0},
        {NULL, 0, NULL, 0, NULL, 0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = take,
        .args_doc = "STUDY\nSTUDY/TRIAL",
        .doc =
            "One study with its decisions and its best trials, or one trial with all its figures.\v  fieldwise trials "
            "show autocross-1\n  fieldwise trials show autocross-1/42\n\nA study is named by its name or its number.",
        .children = trials_options_children,
    };
    struct arguments arguments = {.common = TRIALS_OPTIONS_DEFAULT};
    CLI_PARSE(&argp, "trials show", argc, argv, &arguments);
    return trials_read(&arguments.common, show, &arguments);
}
