/* fieldwise route: what several tasks share, and how large a network that takes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/route.h"
#include "core/clock.h"
#include "core/text.h"

/* Where --lambda does not say otherwise: what the searching models take by default. */
#define ROUTE_LAMBDA 1e-4

enum {
    key_lambda = 0x2700,
    key_memory,
    key_tolerance,
    key_fine_tune,
    key_folded_only,
    key_worth,
    key_plan,
    key_out,
    key_report,
    key_from,
    key_kind,
    key_levels,
    key_subnetworks,
    key_units,
    key_tower,
    key_set,
    key_metric,
    key_test,
    key_json
};

static const struct argp_option own_options[] = {
    {NULL, 0, NULL, 0, "Routing:", 6},
    {"lambda", key_lambda, "VALUES", 0,
     "what an open connection costs in the loss: one, or rising ones with commas, each begun from the one before "
     "(1e-4)",
     6},
    {"memory", key_memory, "SIZE", 0, "instead: what the network may take without its embeddings, such as 64KB", 6},
    {"tolerance", key_tolerance, "X", 0, "the smallest network whose score is at most this below the best wins (.001)",
     6},
    {"worth", key_worth, "X", 0,
     "close also what the validation rows do not show to be worth this share of lambda (1); 0: only what the gates "
     "closed",
     6},
    {"folded-only", key_folded_only, NULL, 0, "do not train what is left anew as well, of which the better one serves",
     6},
    {"fine-tune", key_fine_tune, "N", 0, "epochs that the network trains on once its connections are closed (5)", 6},
    {"plan", key_plan, "FILE", 0, "where the plan with the routing goes (<data>.routed.json)", 6},
    {"out", key_out, "FILE", 0, "where the chosen network goes as a model file", 6},
    {"report", key_report, "FILE", 0, "a page (HTML) with the steps, the routing and how the gates closed", 6},
    {"from", key_from, "FILE", 0, "columns, bins, crosses and sizes from the plan of 'cross' or 'embed'", 6},
    {"metric", key_metric, "NAME", 0,
     "what is to be best: auc, logloss or accuracy (auc), the mean over the labels; or a list such as "
     "income:auc,age:r2*0.5",
     6},
    {"test", key_test, NULL, 0, "keep a fold out of it all and say what each step reaches there", 6},
    {"json", key_json, NULL, 0, "the result as JSON on standard output", 6},
    {NULL, 0, NULL, 0, "The network that is searched:", 8},
    {"kind", key_kind, "NAME", 0, "connections that are a matrix each, or a number: trans or aver (trans)", 8},
    {"levels", key_levels, "N", 0, "levels of sub-networks, one after the other (2)", 8},
    {"subnetworks", key_subnetworks, "N", 0, "sub-networks of a level (8)", 8},
    {"units", key_units, "N", 0, "units of a sub-network (16)", 8},
    {"tower", key_tower, "N", 0, "units of the last hidden layer that each task has for itself (16)", 8},
    {"set", key_set, "KEY=VALUE", 0, "a setting of the model; see 'fieldwise models show snr_trans'", 8},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const struct argp_child children[] = {{&cli_data_argp, 0, NULL, 0},
                                             {&cli_split_argp, 0, NULL, 0},
                                             {&cli_store_argp, 0, NULL, 0},
                                             {NULL, 0, NULL, 0}};

static void parse_lambdas(struct argp_state *state, struct route_command *c, const char *arg)
{
    struct fw_route_options *o = &c->options;
    struct cli_list list = {0};
    cli_list_add(&list, arg);
    if (list.n == 0)
        argp_error(state, "--lambda takes a number, or several with commas, not '%s'", arg);
    for (int64_t i = 0; i < list.n; i++) {
        double value = cli_parse_number(state, "--lambda", list.items[i], 0, 1e3);
        if (o->n_lambdas == FW_ROUTE_STEPS_MOST)
            argp_error(state, "--lambda takes at most %d values", FW_ROUTE_STEPS_MOST);
        if (o->n_lambdas > 0 && value <= o->lambdas[o->n_lambdas - 1])
            argp_error(state, "--lambda takes rising values, since each step closes more: %s cannot follow %g",
                       list.items[i], o->lambdas[o->n_lambdas - 1]);
        o->lambdas[o->n_lambdas++] = value;
    }
    cli_list_clear(&list);
}

static void parse_memory(struct argp_state *state, struct route_command *c, const char *arg)
{
    size_t bytes = 0;
    if (!fw_text_to_bytes(fw_text_of(arg), &bytes) || bytes == 0 || bytes > (size_t)1 << 50)
        argp_error(state, "--memory takes a size such as 64KB, not '%s'", arg);
    c->options.memory = (int64_t)bytes;
}

static void parse_kind(struct argp_state *state, struct route_command *c, const char *arg)
{
    const char *name = strncmp(arg, "snr_", 4) == 0 ? arg + 4 : arg;
    if (strcmp(name, "trans") != 0 && strcmp(name, "aver") != 0)
        argp_error(state, "--kind is trans or aver, not '%s'", arg);
    c->kind = name;
}

static void take_metric(struct argp_state *state, struct route_command *c, const char *arg)
{
    struct fw_error err = {0};
    if (fw_score_spec_parse(&c->metric, arg, &err) != FW_OK)
        argp_error(state, "%s", err.message);
}

/* An option that is a setting of the model. */
static void add_setting(struct argp_state *state, struct route_command *c, const char *name, const char *arg,
                        int64_t low, int64_t high)
{
    char flag[40];
    char text[80];
    snprintf(flag, sizeof flag, "--%s", name);
    int n = snprintf(text, sizeof text, "%s=%lld", name, (long long)cli_parse_int(state, flag, arg, low, high));
    cli_list_add_one(&c->settings, text, (size_t)n);
}

static error_t parse_network(int key, char *arg, struct argp_state *state)
{
    struct route_command *c = state->input;
    switch (key) {
    case key_kind:
        parse_kind(state, c, arg);
        return 0;
    case key_levels:
        add_setting(state, c, "levels", arg, 1, FW_LEVELS_MOST);
        return 0;
    case key_subnetworks:
        add_setting(state, c, "subnetworks", arg, 1, FW_SUBNETWORKS_MOST);
        return 0;
    case key_units:
        add_setting(state, c, "units", arg, 1, 8192);
        return 0;
    case key_tower:
        add_setting(state, c, "tower", arg, 1, 8192);
        return 0;
    case key_set:
        cli_list_add(&c->settings, arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void check_end(struct argp_state *state, struct route_command *c)
{
    cli_require_table(state, c->path);
    if (c->from == NULL && c->data.labels.n == 0)
        argp_error(state, "name the columns to predict together (--labels COLUMN,COLUMN) or a plan (--from FILE)");
    if (c->from == NULL && c->data.labels.n == 1)
        argp_error(
            state,
            "a routing is of several labels, '%s' is one: name more (--labels %s,OTHER), or train a model of one "
            "label (fieldwise train)",
            c->data.labels.items[0], c->data.labels.items[0]);
    if (c->options.n_lambdas > 0 && c->options.memory > 0)
        argp_error(state, "--memory finds lambda by itself: give one of --lambda and --memory");
    if (c->options.n_lambdas == 0 && c->options.memory == 0)
        c->options.lambdas[c->options.n_lambdas++] = ROUTE_LAMBDA;
    for (int64_t i = 0; i < c->settings.n; i++) {
        if (strncmp(c->settings.items[i], "lambda=", strlen("lambda=")) == 0)
            argp_error(state, "lambda is no setting here but an option: --lambda %s",
                       c->settings.items[i] + strlen("lambda="));
    }
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct route_command *c = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &c->data;
        state->child_inputs[1] = &c->split;
        state->child_inputs[2] = &c->store;
        return 0;
    case key_lambda:
        parse_lambdas(state, c, arg);
        return 0;
    case key_memory:
        parse_memory(state, c, arg);
        return 0;
    case key_tolerance:
        c->options.tolerance = cli_parse_number(state, "--tolerance", arg, 0, 1e6);
        return 0;
    case key_folded_only:
        c->options.folded_only = true;
        return 0;
    case key_fine_tune:
        c->options.fine_tune = cli_parse_int(state, "--fine-tune", arg, 0, 10000);
        return 0;
    case key_worth:
        c->options.worth = cli_parse_number(state, "--worth", arg, 0, 1e6);
        return 0;
    case key_plan:
        c->plan = arg;
        return 0;
    case key_out:
        c->out = arg;
        return 0;
    case key_report:
        c->report = arg;
        return 0;
    case key_from:
        c->from = arg;
        return 0;
    case key_metric:
        take_metric(state, c, arg);
        return 0;
    case key_test:
        c->test = true;
        return 0;
    case key_json:
        c->json = true;
        return 0;
    case ARGP_KEY_ARG:
        cli_take_table(state, &c->path, arg);
        return 0;
    case ARGP_KEY_END:
        check_end(state, c);
        return 0;
    default:
        return parse_network(key, arg, state);
    }
}

static const struct argp parser = {
    own_options,
    parse,
    "DATA --labels COLUMN,COLUMN",
    "Finds what several tasks share: trains a network of sub-networks with a gate on every connection, closes those "
    "that are not worth their price, and trains on what is left.\v"
    "  fieldwise route census.csv --labels income,never_married --plan routed.json\n"
    "  fieldwise train census.csv --plan routed.json --model snr --out census.fw\n"
    "  fieldwise route census.csv --labels income,never_married --lambda 1e-5,1e-4,1e-3\n"
    "  fieldwise route census.csv --labels income,never_married --memory 16KB\n",
    children,
    NULL,
    NULL};

static enum fw_status run(struct route_command *c, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct route_work *w;
    FW_ALLOC(w, &c->data.mem, 1, "the search", err);
    *w = (struct route_work){.command = c, .result = {.best = -1}};
    FW_TRY_GOTO(route_prepare(w, err), done);
    FW_TRY_GOTO(route_run(w, err), done);
    if (c->json)
        route_print_json(w);
    else
        route_print_text(w);
    if (atomic_load(&cli_stop) != 0)
        status = fw_error_set(err, FW_E_STOPPED, "interrupted; the routing found so far is in %s", c->plan);
done:
    route_clear(w);
    fw_free(&c->data.mem, w);
    return status;
}

/* Two files of one name: only the last written would be left. */
static const char *find_clash(const struct route_command *c)
{
    if (c->out != NULL && strcmp(c->out, c->plan) == 0)
        return "--out and --plan are both";
    if (c->report != NULL && strcmp(c->report, c->plan) == 0)
        return "--report and --plan are both";
    if (c->report != NULL && c->out != NULL && strcmp(c->report, c->out) == 0)
        return "--report and --out are both";
    return NULL;
}

int cmd_route(int argc, char **argv)
{
    struct route_command c = {.started = fw_clock_seconds(),
                              .kind = "trans",
                              .options = {.tolerance = 0.001, .fine_tune = 5, .worth = 1}};
    struct fw_error err = {0};
    char plan[512];
    int code = 0;
    if (fw_score_spec_parse(&c.metric, "auc", &err) != FW_OK)
        return cli_fail(&err);
    cli_data_init(&c.data);
    cli_split_init(&c.split);
    cli_store_init(&c.store);
    cli_join_arguments(c.command_line, sizeof c.command_line, argc, argv);
    CLI_PARSE(&parser, "route", argc, argv, &c);
    if (c.plan == NULL)
        c.plan = cli_name_after_data(plan, c.path, ".routed.json");
    const char *clash = find_clash(&c);
    if (clash != NULL)
        code = cli_usage("route", "%s '%s'", clash, c.report != NULL && strstr(clash, "--report") ? c.report : c.out);
    else if (run(&c, &err) != FW_OK)
        code = cli_fail(&err);
    cli_list_clear(&c.settings);
    cli_data_clear(&c.data);
    return code;
}
