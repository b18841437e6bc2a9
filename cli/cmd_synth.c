/* fieldwise synth: tables with a known answer. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/terminal.h"
#include "core/file.h"
#include "core/text.h"
#include "space/synth/synth.h"
#include "space/synth/task_synth.h"

#define KINDS "crosses, criteo or sizes; for several tasks mmoe, tasks, funnel or examination"

struct synth_command {
    struct fw_synth_options options;
    struct fw_task_synth_options tasks;
    bool for_tasks; /* the kind is one of several tasks */
    const char *kind, *out, *truth;
    struct {
        int key;
        const char *value;
    } given[32]; /* applied once the kind, and with it the defaults, is known */
    int n_given;
    int threads;
    bool quiet;
};

enum {
    key_out = 0x2400,
    key_like,
    key_truth,
    key_rows,
    key_seed,
    key_categorical,
    key_numeric,
    key_noise,
    key_tail,
    key_head,
    key_useless,
    key_cardinality,
    key_power,
    key_rank,
    key_planted,
    key_min_order,
    key_max_order,
    key_strength,
    key_main_strength,
    key_positive_rate,
    key_missing_rate,
    key_task, /* the first that tables for several tasks alone have: handed on by name */
    key_dimension = key_task,
    key_relatedness,
    key_scale,
    key_noise_variance,
    key_groups,
    key_labelled,
    key_features,
    key_users,
    key_items,
    key_context,
    key_context_values,
    key_click_rate,
    key_conversion_rate,
    key_bias,
    key_positions,
    key_decay,
    key_curve,
    key_confounding,
    key_relevance,
    key_truth_columns,
    key_threads
};

static const struct argp_option own_options[] = {
    {"out", key_out, "FILE", 0, "where the table goes (standard output)", 1},
    {"truth", key_truth, "FILE", 0, "where the truth goes, as JSON (<out>.truth.json)", 1},
    {"like", key_like, "KIND", 0, "the kind of table, as the argument says it too", 1},
    {"rows", key_rows, "N", 0, "rows (20000; sizes: 100000; mmoe: 10000; funnel, examination: 200000)", 1},
    {"seed", key_seed, "N", 0, "the same seed gives the same bytes (1)", 1},
    {"planted", key_planted, "N", 0, "planted crosses (3)", 2},
    {"min-order", key_min_order, "N", 0, "columns of a planted cross, at least (2)", 2},
    {"max-order", key_max_order, "N", 0, "at most (3; criteo: 2)", 2},
    {"strength", key_strength, "S", 0,
     "standard deviation of a planted cross (sizes: of all pairs) in the logit (1; sizes: 1.2); 0: none", 2},
    {"main-strength", key_main_strength, "S", 0, "of each column's own effect (0.5; criteo: 0.15; sizes: 0.4)", 2},
    {"tail", key_tail, "N", 0, "sizes: columns of categories that all matter (3)", 3},
    {"head", key_head, "N", 0, "sizes: of which the commonest tenth matters (3)", 3},
    {"useless", key_useless, "N", 0, "sizes: of which none does (3)", 3},
    {"rank", key_rank, "N", 0, "sizes: width of the latent vectors (4); every third column has 1", 3},
    {"categorical", key_categorical, "N", 0, "columns of categories (8)", 3},
    {"numeric", key_numeric, "N", 0, "columns of numbers (4; sizes: 0)", 3},
    {"noise", key_noise, "N", 0, "further columns without any effect (4)", 3},
    {"cardinality", key_cardinality, "N", 0, "most values of a category (12; criteo: as published; sizes: 500)", 3},
    {"power", key_power, "P", 0, "exponent of the categories' power law (1.1; sizes: 0.8)", 3},
    {"positive-rate", key_positive_rate, "P", 0, "expected share of positives (0.25)", 3},
    {"missing-rate", key_missing_rate, "P", 0, "share of empty cells (0.01)", 3},
    {NULL, 0, NULL, 0, "Kinds of several tasks take --rows, --seed and:", 4},
    {"dimension", key_dimension, "N", 0, "mmoe: inputs (100)", 4},
    {"relatedness", key_relatedness, "P", 0,
     "mmoe: cosine of the two tasks' weights (0.5); tasks: of those in a group (0.9); funnel: correlation of effects "
     "on "
     "clicks and on conversions (0.6)",
     4},
    {"scale", key_scale, "C", 0, "mmoe: length of the weights (0.452)", 4},
    {"noise-variance", key_noise_variance, "V", 0, "mmoe: of both labels (0.01)", 4},
    {"groups", key_groups, "N,N,..", 0, "tasks: how many tasks each group has (2,2,1)", 4},
    {"labelled", key_labelled, "P,P,..", 0, "tasks: share of rows with a label, for each task (all 1)", 4},
    {"features", key_features, "N", 0,
     "tasks: nonlinear features of a group (4). Also of tasks: --numeric (32), --categorical (0), --cardinality (50), "
     "--power (1.1), --strength of the logits (2), --positive-rate (0.3)",
     4},
    {"users", key_users, "N", 0, "funnel, examination: users (2000)", 4},
    {"items", key_items, "N", 0, "funnel, examination: items (1000)", 4},
    {"context", key_context, "N", 0, "funnel, examination: further columns of categories (3)", 4},
    {"context-values", key_context_values, "N", 0,
     "funnel, examination: values of each (20). Also of both: --rank (4), --power (0.8), --strength of the "
     "conversion's "
     "or the relevance's logit (1.5); of funnel: --numeric (2)",
     4},
    {"click-rate", key_click_rate, "P", 0, "funnel: clicks among all rows (0.05)", 4},
    {"conversion-rate", key_conversion_rate, "P", 0, "funnel: conversions among clicked rows (0.1)", 4},
    {"bias", key_bias, "S", 0, "funnel: how unlike the others clicked rows are: deviation of the click's logit (2)", 4},
    {"positions", key_positions, "N", 0, "examination: positions of a list (10)", 4},
    {"decay", key_decay, "D", 0, "examination: position k is seen with probability k^-D (1)", 4},
    {"curve", key_curve, "P,P,..", 0, "examination: these probabilities themselves", 4},
    {"confounding", key_confounding, "P", 0, "examination: how much lists are ranked by relevance, 0 to 1 (0.7)", 4},
    {"relevance", key_relevance, "P", 0, "examination: mean relevance (0.2)", 4},
    {"truth-columns", key_truth_columns, NULL, 0, "funnel, examination: last columns with the true probabilities", 4},
    {NULL, 0, NULL, 0, "Running:", 5},
    {"threads", key_threads, "N", 0, "threads to use (all)", 5},
    {"quiet", 'q', NULL, 0, "nothing on standard error but errors", 5},
    {NULL, 0, NULL, 0, NULL, 0},
};

static int64_t whole(struct argp_state *state, const char *text)
{
    int64_t value;
    if (!fw_text_to_int(fw_text_of(text), &value) || value < 0)
        argp_error(state, "'%s' is not a whole number from 0 up", text);
    return value;
}

static double number(struct argp_state *state, const char *text)
{
    double value;
    if (!fw_text_to_double(fw_text_of(text), &value))
        argp_error(state, "'%s' is not a number", text);
    return value;
}

static void apply(struct argp_state *state, struct synth_command *c, int key, const char *text)
{
    struct fw_synth_options *o = &c->options;
    switch (key) {
    case key_rows:
        o->rows = whole(state, text);
        break;
    case key_seed:
        o->seed = (uint64_t)whole(state, text);
        break;
    case key_categorical:
        o->categorical = whole(state, text);
        break;
    case key_numeric:
        o->numeric = whole(state, text);
        break;
    case key_noise:
        o->noise = whole(state, text);
        break;
    case key_tail:
        o->tail = whole(state, text);
        break;
    case key_head:
        o->head = whole(state, text);
        break;
    case key_useless:
        o->useless = whole(state, text);
        break;
    case key_rank:
        o->rank = (int32_t)(whole(state, text) & INT32_MAX);
        break;
    case key_cardinality:
        o->cardinality = whole(state, text);
        break;
    case key_planted:
        o->planted = (int32_t)(whole(state, text) & INT32_MAX);
        break;
    case key_min_order:
        o->min_order = (int32_t)(whole(state, text) & INT32_MAX);
        break;
    case key_max_order:
        o->max_order = (int32_t)(whole(state, text) & INT32_MAX);
        break;
    case key_power:
        o->power = number(state, text);
        break;
    case key_strength:
        o->strength = number(state, text);
        break;
    case key_main_strength:
        o->main_strength = number(state, text);
        break;
    case key_positive_rate:
        o->positive_rate = number(state, text);
        break;
    case key_missing_rate:
        o->missing_rate = number(state, text);
        break;
    default:
        break;
    }
}

static const char *option_name(int key)
{
    int i = 0;
    while (own_options[i].key != key)
        i++;
    return own_options[i].name;
}

static void settle_tasks(struct argp_state *state, struct synth_command *c)
{
    struct fw_error err = {0};
    for (int i = 0; i < c->n_given; i++) {
        if (fw_task_synth_set(&c->tasks, option_name(c->given[i].key), c->given[i].value, &err) != FW_OK)
            argp_error(state, "%s", err.message);
    }
}

static void settle(struct argp_state *state, struct synth_command *c)
{
    enum fw_synth_kind kind = FW_SYNTH_CROSSES;
    enum fw_task_synth_kind task_kind = FW_TASK_SYNTH_MMOE;
    c->for_tasks = c->kind != NULL && fw_task_synth_kind_find(&task_kind, c->kind);
    if (c->for_tasks) {
        fw_task_synth_options_init(&c->tasks, task_kind);
        settle_tasks(state, c);
        return;
    }
    if (c->kind == NULL || !fw_synth_kind_find(&kind, c->kind))
        argp_error(state, "say which kind of table: " KINDS "%s%s", c->kind != NULL ? ", not " : "",
                   c->kind != NULL ? c->kind : "");
    fw_synth_options_init(&c->options, kind);
    for (int i = 0; i < c->n_given; i++) {
        if (c->given[i].key >= key_task)
            argp_error(state, "a table of kind '%s' has no option --%s", c->kind, option_name(c->given[i].key));
        apply(state, c, c->given[i].key, c->given[i].value);
    }
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct synth_command *c = state->input;
    switch (key) {
    case key_out:
        c->out = arg;
        return 0;
    case key_truth:
        c->truth = arg;
        return 0;
    case key_threads:
        c->threads = (int)(whole(state, arg) & 1023);
        return 0;
    case 'q':
        c->quiet = true;
        return 0;
    case key_like:
    case ARGP_KEY_ARG:
        if (c->kind != NULL)
            argp_error(state, "one kind of table at a time: '%s' is too many", arg);
        c->kind = arg;
        return 0;
    case ARGP_KEY_END:
        settle(state, c);
        return 0;
    default:
        if (key < key_rows || key > key_truth_columns)
            return ARGP_ERR_UNKNOWN;
        if (c->n_given == (int)(sizeof c->given / sizeof c->given[0]))
            argp_error(state, "too many options");
        c->given[c->n_given].key = key;
        c->given[c->n_given++].value = arg;
        return 0;
    }
}

static const struct argp parser = {own_options,
                                   parse,
                                   "crosses|criteo|sizes|mmoe|tasks|funnel|examination",
                                   "Generates a table whose answer is known: planted crosses among columns of "
                                   "power-law categories, numbers and noise; "
                                   "or one shaped like Criteo's click log; "
                                   "or one whose right embedding sizes are known; or one for models of several tasks "
                                   "(mmoe: two regressions with a dial for their relatedness; tasks: groups of binary "
                                   "tasks; funnel: clicks and conversions; examination: clicks by position). "
                                   "The truth is written beside it.\v"
                                   "  fieldwise synth crosses --rows 50000 --planted 4 --max-order 4 --out train.csv\n"
                                   "  fieldwise synth --like criteo --rows 1000000 --out clicks.tsv\n"
                                   "  fieldwise synth sizes --rows 100000 --rank 4 --out sizes.csv\n"
                                   "  fieldwise synth mmoe --relatedness 0.9 --out pair.csv\n"
                                   "  fieldwise synth tasks --groups 2,2,1 --labelled 1,1,1,0.2,1 --out tasks.csv\n"
                                   "  fieldwise synth funnel --bias 2 --truth-columns --out funnel.csv\n"
                                   "  fieldwise synth examination --positions 10 --decay 1 --out lists.csv\n",
                                   NULL,
                                   NULL,
                                   NULL};

static int on_progress(void *user, int64_t done, int64_t total)
{
    const struct synth_command *c = user;
    if (!c->quiet && cli_wants_progress())
        fprintf(stderr, "\r\033[K%.0f %% of %lld rows", 100.0 * (double)done / (double)total, (long long)total);
    return atomic_load(&cli_stop);
}

static enum fw_status generate(struct synth_command *c, struct fw_error *err)
{
    const char *out = c->out != NULL ? c->out : "/dev/stdout";
    c->options.progress = c->tasks.progress = on_progress;
    c->options.user = c->tasks.user = c;
    return c->for_tasks ? fw_task_synth_write(out, c->truth, &c->tasks, c->threads, NULL, err)
                        : fw_synth_write(out, c->truth, &c->options, c->threads, NULL, err);
}

int cmd_synth(int argc, char **argv)
{
    struct synth_command c = {0};
    struct fw_error err = {0};
    char truth[4200];
    CLI_PARSE(&parser, "synth", argc, argv, &c);
    if (c.truth == NULL && c.out != NULL) {
        snprintf(truth, sizeof truth, "%s.truth.json", c.out);
        c.truth = truth;
    }
    if (c.out != NULL && (strcmp(c.out, c.truth) == 0 || fw_file_is_same(c.out, c.truth)))
        return cli_usage("synth", "--out and --truth are both '%s'", c.out);
    enum fw_status status = generate(&c, &err);
    if (!c.quiet && cli_wants_progress())
        fprintf(stderr, "\r\033[K");
    if (status != FW_OK)
        return cli_fail(&err);
    if (!c.quiet && c.out != NULL)
        fprintf(stderr, "wrote %s and %s\n", c.out, c.truth);
    return 0;
}
