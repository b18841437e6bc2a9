/* fieldwise embed: how many ids and how many dimensions each embedding gets under a memory budget. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/embed.h"
#include "cli/study_options.h"
#include "core/clock.h"
#include "search/sizes/sizing_rivals.h"

enum {
    key_from = 0x2600,
    key_plan,
    key_report,
    key_model,
    key_set,
    key_memory,
    key_pareto,
    key_method,
    key_compare,
    key_metric,
    key_user,
    key_item,
    key_test,
    key_grid,
    key_rows,
    key_columns,
    key_multi,
    key_projected,
    key_controller,
    key_async,
    key_warm_passes,
    key_passes,
    key_samples,
    key_steps,
    key_lambda,
    key_alpha,
    key_json
};

static const struct argp_option own_options[] = {
    {NULL, 0, NULL, 0, "Sizes:", 6},
    {"memory", key_memory, "SIZE", 0, "what the embeddings may take: 16MB, or 10% of their full size", 6},
    {"pareto", key_pareto, "SIZES", 0, "several budgets, with commas: the front of bytes against quality", 6},
    {"plan", key_plan, "FILE", 0, "where the plan with the sizes goes (<data>.sized.json)", 6},
    {"report", key_report, "FILE", 0, "a page (HTML) with the front, the sizes and all trials", 6},
    {"from", key_from, "FILE", 0, "columns, bins and crosses from the plan of 'cross'", 6},
    {"model", key_model, "NAME", 0, "whose embeddings (deepfm)", 6},
    {"set", key_set, "KEY=VALUE", 0, "a setting of the model; dim: the full width (16)", 6},
    {"metric", key_metric, "NAME", 0, "what is to be best: auc or logloss (auc)", 6},
    {"method", key_method, "NAMES", 0,
     "nis, or rules: uniform, vocabulary, mde, random, magnitude, saliency; the best of several is taken (nis)", 6},
    {"compare", key_compare, NULL, 0, "the search, all rules and the full size, as a table", 6},
    {"user", key_user, "COLUMN", 0, "next items instead of clicks: who took something", 6},
    {"item", key_item, "COLUMN", 0, "what was taken; --time: when (else rows are in order)", 6},
    {"test", key_test, NULL, 0, "keep a fold out of it all and say what each answer reaches there", 6},
    {"json", key_json, NULL, 0, "the result as JSON on standard output", 6},
    {NULL, 0, NULL, 0, "The search:", 7},
    {"multi", key_multi, NULL, 0, "several widths within an input: popular ids wide, rare ones narrow", 7},
    {"projected", key_projected, NULL, 0, "strips are mapped to the full width by a learned matrix", 7},
    {"grid", key_grid, "NAME", 0, "blocks of an input: published (5 x 4) or fine", 7},
    {"rows", key_rows, "SHARES", 0, "where ids are cut instead: shares, with commas", 7},
    {"columns", key_columns, "SHARES", 0, "where the width is cut instead", 7},
    {"controller", key_controller, "NAME", 0, "factored, or plain: as published (factored)", 7},
    {"async", key_async, NULL, 0, "workers update the policy as they come; results then depend on timing", 7},
    {"warm-passes", key_warm_passes, "N", 0, "passes over the rows before the search, at most (12)", 7},
    {"passes", key_passes, "N", 0,
     "passes in which model and controller take turns; 0: a third of those before, 2 at least (0)", 7},
    {"samples", key_samples, "N", 0, "configurations judged a round (8)", 7},
    {"steps", key_steps, "N", 0, "steps of the model a round (24)", 7},
    {"lambda", key_lambda, "X", 0, "reward lost by a size of twice the budget at first; it follows the budget (0.1)",
     7},
    {"alpha", key_alpha, "X", 0, "exponent of rule mde (0.3)", 7},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const struct argp_child children[] = {{&cli_data_argp, 0, NULL, 0},
                                             {&cli_split_argp, 0, NULL, 0},
                                             {&cli_store_argp, 0, NULL, 0},
                                             {NULL, 0, NULL, 0}};

static void add_memory(struct argp_state *state, struct embed_command *c, const char *flag, const char *text)
{
    struct embed_memory m = {.text = text};
    size_t bytes = 0;
    size_t length = strlen(text);
    if (c->n_memory == FW_SIZING_BUDGETS_MOST)
        argp_error(state, "at most %d budgets are possible", FW_SIZING_BUDGETS_MOST);
    if (length > 1 && text[length - 1] == '%') {
        struct fw_text number = {text, length - 1};
        if (!fw_text_to_double(number, &m.percent) || !(m.percent > 0 && m.percent <= 100))
            argp_error(state, "%s takes a share above 0%% and up to 100%%, not '%s'", flag, text);
    } else {
        if (!fw_text_to_bytes(fw_text_of(text), &bytes) || bytes == 0 || bytes > (size_t)1 << 50)
            argp_error(state, "%s takes a size such as 16MB or 10%%, not '%s'", flag, text);
        m.bytes = (int64_t)bytes;
    }
    c->memory[c->n_memory++] = m;
}

static void parse_pareto(struct argp_state *state, struct embed_command *c, const char *arg)
{
    int64_t before = c->sizes.n;
    cli_list_add(&c->sizes, arg);
    for (int64_t i = before; i < c->sizes.n; i++)
        add_memory(state, c, "--pareto", c->sizes.items[i]);
    c->pareto = true;
}

static void parse_shares(struct argp_state *state, const char *flag, const char *arg, double *shares, int32_t *n,
                         int32_t most)
{
    struct cli_list list = {0};
    cli_list_add(&list, arg);
    if (list.n > most)
        argp_error(state, "%s takes at most %d shares", flag, most);
    *n = 0;
    for (int64_t i = 0; i < list.n; i++)
        shares[(*n)++] = cli_parse_number(state, flag, list.items[i], 1e-9, 1e9);
    cli_list_clear(&list);
}

static void parse_grid(struct argp_state *state, struct embed_command *c, const char *arg)
{
    if (strcmp(arg, "published") == 0)
        fw_embedding_grid_published(&c->grid);
    else if (strcmp(arg, "fine") == 0)
        fw_embedding_grid_fine(&c->grid);
    else
        argp_error(state, "--grid is published or fine, not '%s'", arg);
}

static error_t parse_search(int key, char *arg, struct argp_state *state)
{
    struct embed_command *c = state->input;
    struct fw_nis_options *nis = &c->options.nis;
    switch (key) {
    case key_multi:
        c->multi = true;
        return 0;
    case key_projected:
        c->projected = true;
        return 0;
    case key_grid:
        parse_grid(state, c, arg);
        return 0;
    case key_rows:
        parse_shares(state, "--rows", arg, c->grid.rows, &c->grid.n_rows, FW_ROW_STRIPS_MOST);
        return 0;
    case key_columns:
        parse_shares(state, "--columns", arg, c->grid.columns, &c->grid.n_columns, FW_STRIPS_MOST);
        return 0;
    case key_controller:
        if (strcmp(arg, "plain") != 0 && strcmp(arg, "factored") != 0)
            argp_error(state, "--controller is factored or plain, not '%s'", arg);
        nis->plain = strcmp(arg, "plain") == 0;
        return 0;
    case key_async:
        nis->asynchronous = true;
        return 0;
    case key_warm_passes:
        nis->warm_passes = (int32_t)cli_parse_int(state, "--warm-passes", arg, 1, 1000);
        return 0;
    case key_passes:
        nis->passes = cli_parse_number(state, "--passes", arg, 0, 1000);
        return 0;
    case key_samples:
        nis->samples = (int32_t)cli_parse_int(state, "--samples", arg, 2, 256);
        return 0;
    case key_steps:
        nis->steps = (int32_t)cli_parse_int(state, "--steps", arg, 1, 100000);
        return 0;
    case key_lambda:
        nis->lambda = cli_parse_number(state, "--lambda", arg, 0, 1e6);
        return 0;
    case key_alpha:
        c->options.alpha = cli_parse_number(state, "--alpha", arg, 0, FW_SIZING_ALPHA_MOST);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void settle_methods(struct argp_state *state, struct embed_command *c)
{
    struct fw_sizing_options *o = &c->options;
    struct fw_error err = {0};
    if (c->methods.n == 0)
        o->methods[o->n_methods++] = "nis";
    for (int64_t i = 0; i < c->methods.n; i++) {
        if (fw_sizing_check_method(c->methods.items[i], &err) != FW_OK)
            argp_error(state, "--method: %s", err.message);
        if (o->n_methods == FW_SIZING_METHODS_MOST)
            argp_error(state, "at most %d methods are possible", FW_SIZING_METHODS_MOST);
        o->methods[o->n_methods++] = c->methods.items[i];
    }
    for (int32_t i = 0; c->compare && fw_sizing_rival_list()[i].name != NULL; i++) {
        bool there = false;
        for (int32_t m = 0; m < o->n_methods; m++)
            there = there || strcmp(o->methods[m], fw_sizing_rival_list()[i].name) == 0;
        if (!there && o->n_methods < FW_SIZING_METHODS_MOST)
            o->methods[o->n_methods++] = fw_sizing_rival_list()[i].name;
    }
    o->full = c->compare || c->pareto;
}

static void check_end(struct argp_state *state, struct embed_command *c)
{
    cli_require_table(state, c->path);
    cli_check_labels(state, &c->data);
    if ((c->user == NULL) != (c->item == NULL))
        argp_error(state, "--user and --item go together");
    if (c->user != NULL && (c->from != NULL || c->data.labels.n > 0))
        argp_error(state, "next items (--user, --item) have no label and no plan to start from");
    if (c->user != NULL && (c->test || c->model_given || c->metric_given))
        argp_error(state, "next items (--user, --item) have one model and metric, and a test of their own: leave out "
                          "--model, --metric and --test");
    if (c->user == NULL && c->from == NULL && c->data.labels.n == 0)
        argp_error(state, "name the column to predict (--label COLUMN) or a plan (--from FILE)");
    if (c->n_memory == 0)
        argp_error(state, "say what the embeddings may take (--memory 16MB, or --pareto 1MB,4MB,16MB)");
    settle_methods(state, c);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct embed_command *c = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &c->data;
        state->child_inputs[1] = &c->split;
        state->child_inputs[2] = &c->store;
        return 0;
    case key_from:
        c->from = arg;
        return 0;
    case key_plan:
        c->plan = arg;
        return 0;
    case key_report:
        c->report = arg;
        return 0;
    case key_model:
        c->model = arg;
        c->model_given = true;
        return 0;
    case key_set:
        cli_list_add(&c->settings, arg);
        return 0;
    case key_memory:
        add_memory(state, c, "--memory", arg);
        return 0;
    case key_pareto:
        parse_pareto(state, c, arg);
        return 0;
    case key_method:
        cli_list_add(&c->methods, arg);
        return 0;
    case key_compare:
        c->compare = true;
        return 0;
    case key_metric:
        c->metric_given = true;
        c->objective = cli_parse_objective(state, "--metric", arg);
        return 0;
    case key_user:
        c->user = arg;
        return 0;
    case key_item:
        c->item = arg;
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
        return parse_search(key, arg, state);
    }
}

static const struct argp parser = {own_options,
                                   parse,
                                   "DATA --memory SIZE",
                                   "Finds how many ids and how many dimensions each embedding gets, so that the model "
                                   "is as good as it can be within a number of bytes.\v"
                                   "  fieldwise embed train.csv --label click --memory 16MB --plan sized.json\n"
                                   "  fieldwise train train.csv --plan sized.json --model deepfm --out model.fw\n"
                                   "  fieldwise embed train.csv --label click --pareto 1MB,2MB,4MB,8MB\n"
                                   "  fieldwise embed log.csv --user user --item item --time time --memory 10%\n\n"
                                   "The same command again trains nothing that is recorded.",
                                   children,
                                   NULL,
                                   NULL};

static enum fw_status run(struct embed_command *c, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct embed_work w = {.command = c, .best = -1};
    FW_TRY_GOTO(embed_prepare(&w, err), done);
    FW_TRY_GOTO(embed_run(&w, err), done);
    if (c->json)
        embed_print_json(&w);
    else
        embed_print_text(&w);
    if (w.retrieval != NULL && !c->json && !w.result.stopped) {
        struct fw_budget time = {.started = c->started, .seconds = c->store.time_limit, .stop = &cli_stop};
        FW_TRY_GOTO(embed_retrieval_print(&w, &time, err), done);
    }
    if (w.result.stopped && atomic_load(&cli_stop) != 0)
        status = fw_error_set(err, FW_E_STOPPED, "interrupted; the sizes found so far are in %s", c->plan);
done:
    embed_clear(&w);
    return status;
}

int cmd_embed(int argc, char **argv)
{
    struct embed_command c = {.started = fw_clock_seconds(), .model = "deepfm", .objective = FW_OBJECTIVE_AUC};
    struct fw_error err = {0};
    char plan[512];
    cli_data_init(&c.data);
    c.data.single = "embed";
    cli_split_init(&c.split);
    cli_store_init(&c.store);
    fw_nis_options_init(&c.options.nis);
    fw_embedding_grid_published(&c.grid);
    c.options.alpha = FW_SIZING_ALPHA;
    cli_join_arguments(c.command_line, sizeof c.command_line, argc, argv);
    CLI_PARSE(&parser, "embed", argc, argv, &c);
    if (c.plan == NULL)
        c.plan = cli_name_after_data(plan, c.path, ".sized.json");
    int code = 0;
    if (c.report != NULL && strcmp(c.report, c.plan) == 0)
        code = cli_usage("embed", "--report and --plan are both '%s'", c.plan);
    else if (run(&c, &err) != FW_OK)
        code = cli_fail(&err);
    cli_list_clear(&c.settings);
    cli_list_clear(&c.methods);
    cli_list_clear(&c.sizes);
    cli_data_clear(&c.data);
    return code;
}
