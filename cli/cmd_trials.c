/* `fieldwise trials`: what was tried, what was chosen and why, what won. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/trials.h"
#include "core/clock.h"
#include "core/text.h"

struct arguments {
    const char *store;
    const char *action;
    const char *target; /* STUDY or STUDY/TRIAL; NULL: none */
    int64_t top;        /* 0: the action's own */
    bool json;
};

const char *trials_status(const struct fw_study_row *study)
{
    char host[256] = "";
    if (study->status == FW_STUDY_RUNNING && gethostname(host, sizeof host - 1) == 0 &&
        strcmp(host, study->host) == 0 && study->pid > 0 && study->pid <= INT32_MAX &&
        kill((pid_t)study->pid, 0) != 0 && errno == ESRCH)
        return "killed";
    return fw_study_status_name(study->status);
}

double trials_seconds(const struct fw_study_row *study)
{
    double seconds = study->seconds;
    if (study->status == FW_STUDY_RUNNING) {
        bool killed = strcmp(trials_status(study), "killed") == 0;
        int64_t until = killed ? study->last_trial_us : fw_clock_utc_us();
        if (until > study->opened_us)
            seconds += 1e-6 * ((double)until - (double)study->opened_us);
    }
    return seconds;
}

static enum fw_status list(struct fw_store *store, const struct arguments *arguments, struct fw_error *err)
{
    struct fw_study_list studies;
    FW_TRY(fw_query_studies(&studies, store, err));
    if (arguments->json)
        trials_json_list(fw_store_path(store), &studies);
    else
        trials_print_list(&studies);
    fw_study_list_clear(&studies);
    return FW_OK;
}

static enum fw_status show_study(struct fw_store *store, const struct arguments *arguments, struct fw_study_list *study,
                                 struct fw_error *err)
{
    struct trials_study all = {.study = *study};
    const struct fw_study_row *row = &study->rows[0];
    int64_t top = arguments->top > 0 ? arguments->top : 5;
    enum fw_status status;
    FW_TRY_GOTO(fw_query_decisions(&all.decisions, store, row->id, err), done);
    FW_TRY_GOTO(fw_query_best(&all.best, store, row->id, row->maximise, top, err), done);
    FW_TRY_GOTO(fw_query_artifacts(&all.artifacts, store, row->id, err), done);
    if (arguments->json)
        trials_json_study(&all);
    else
        trials_print_study(&all);
done:
    fw_artifact_list_clear(&all.artifacts);
    fw_trial_list_clear(&all.best);
    fw_decision_list_clear(&all.decisions);
    return status;
}

static enum fw_status show_trial(struct fw_store *store, const struct arguments *arguments, struct fw_study_list *study,
                                 int64_t number, struct fw_error *err)
{
    struct trials_trial all = {.study = *study};
    enum fw_status status;
    FW_TRY_GOTO(fw_query_trial(&all.trial, store, study->rows[0].id, number, err), done);
    FW_TRY_GOTO(fw_query_metrics(&all.metrics, store, all.trial.rows[0].id, err), done);
    if (arguments->json)
        trials_json_trial(&all);
    else
        trials_print_trial(&all);
done:
    fw_metric_list_clear(&all.metrics);
    fw_trial_list_clear(&all.trial);
    return status;
}

/* Finds STUDY or STUDY/TRIAL; *trial is 0 for a study. A study whose name has a '/' of its own is found first. */
static enum fw_status find_target(struct fw_study_list *study, int64_t *trial, struct fw_store *store,
                                  const char *target, struct fw_error *err)
{
    *trial = 0;
    enum fw_status status = fw_query_study(study, store, target, err);
    const char *slash = strrchr(target, '/');
    if (status != FW_E_INPUT || slash == NULL)
        return status;
    if (!fw_text_to_int(fw_text_of(slash + 1), trial) || *trial < 1)
        return fw_error_set(err, FW_E_INPUT, "'%s' behind the '/' of '%s' is no trial number: 1, 2, ...", slash + 1,
                            target);
    char *name = fw_strndup(NULL, target, (size_t)(slash - target));
    if (name == NULL)
        return fw_error_nomem(err, NULL, "a name", slash - target, 1);
    status = fw_query_study(study, store, name, err);
    fw_free(NULL, name);
    return status;
}

static enum fw_status show(struct fw_store *store, const struct arguments *arguments, struct fw_error *err)
{
    struct fw_study_list study;
    int64_t trial;
    FW_TRY(find_target(&study, &trial, store, arguments->target, err));
    enum fw_status status =
        trial == 0 ? show_study(store, arguments, &study, err) : show_trial(store, arguments, &study, trial, err);
    fw_study_list_clear(&study);
    return status;
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
    if (arguments->json)
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

static const struct action {
    const char *name;
    enum fw_status (*run)(struct fw_store *store, const struct arguments *arguments, struct fw_error *err);
    bool needs_target, takes_target, takes_top;
} actions[] = {
    {"list", list, false, false, false},
    {"show", show, true, true, true},
    {"best", best, false, true, true},
    {NULL, NULL, false, false, false},
};

static const struct action *find_action(const char *name)
{
    const struct action *action = actions;
    while (action->name != NULL && strcmp(action->name, name) != 0)
        action++;
    return action->name != NULL ? action : NULL;
}

static error_t take(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 's':
        arguments->store = text;
        return 0;
    case 'j':
        arguments->json = true;
        return 0;
    case 'n':
        if (!fw_text_to_int(fw_text_of(text), &arguments->top) || arguments->top < 1) {
            cli_usage("trials", "--top is '%s'; it must be a whole number from 1 on", text);
            return EINVAL;
        }
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->action == NULL) {
            arguments->action = text;
        } else if (arguments->target == NULL) {
            arguments->target = text;
        } else {
            cli_usage("trials", "'%s' is one argument too many", text);
            return EINVAL;
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Opens the store and runs the action. */
static int run(const struct action *action, const struct arguments *arguments)
{
    struct fw_error err = {0};
    struct fw_store *store = NULL;
    struct fw_store_options options;
    fw_store_options_init(&options);
    options.read_only = true;
    enum fw_status status = fw_store_open(&store, arguments->store, &options, &err);
    if (status == FW_OK)
        status = action->run(store, arguments, &err);
    fw_store_close(store);
    return status == FW_OK ? 0 : cli_fail(&err);
}

int cmd_trials(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"store", 's', "FILE", 0, "The store to read (fieldwise.db)", 0},
        {"top", 'n', "N", 0, "How many of the best trials (show: 5; best: 10 of one study, 1 of each study)", 0},
        {"json", 'j', NULL, 0, "Print JSON", 0},
        {NULL, 0, NULL, 0, NULL, 0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = take,
        .args_doc = "list\nshow STUDY[/TRIAL]\nbest [STUDY]",
        .doc = "What was tried, what was chosen and why, what won.\v"
               "  fieldwise trials list                  the studies of the store\n"
               "  fieldwise trials show autocross-1      one study: its decisions and its best trials\n"
               "  fieldwise trials show autocross-1/42   one trial with all its figures\n"
               "  fieldwise trials best --top 3          the best trials of each study\n\n"
               "A study is named by its name or its number.",
    };
    struct arguments arguments = {.store = "fieldwise.db"};
    CLI_PARSE(&argp, "trials", argc, argv, &arguments);
    if (arguments.action == NULL)
        return cli_usage("trials", "say what to do: list, show or best");
    const struct action *action = find_action(arguments.action);
    if (action == NULL)
        return cli_usage("trials", "there is no '%s'; it is list, show or best", arguments.action);
    if (action->needs_target && arguments.target == NULL)
        return cli_usage("trials", "name a study: %s STUDY, or %s STUDY/TRIAL", action->name, action->name);
    if (!action->takes_target && arguments.target != NULL)
        return cli_usage("trials", "'%s' takes no argument '%s'; it is show that takes a study", action->name,
                         arguments.target);
    if (!action->takes_top && arguments.top != 0)
        return cli_usage("trials", "'%s' shows all studies; --top is for show and best", action->name);
    return run(action, &arguments);
}
