#include "cli/study_options.h"

#include <string.h>

#include "cli/command.h"
#include "core/text.h"

enum {
    key_metric = 0x1200,
    key_driver,
    key_evaluator,
    key_beam_width,
    key_max_order,
    key_max_crosses,
    key_finalists,
    key_significance,
    key_min_gain,
    key_max_candidates,
    key_halving
};

static const struct argp_option options_table[] = {
    {NULL, 0, NULL, 0, "Search:", 5},
    {"metric", key_metric, "NAME", 0, "what a cross must improve: auc or logloss (auc)", 5},
    {"max-order", key_max_order, "N", 0, "fields in a cross (4)", 5},
    {"max-crosses", key_max_crosses, "N", 0, "crosses in all (30)", 5},
    {"significance", key_significance, "P", 0, "error allowed in a step over all its refits (0.07)", 5},
    {"min-gain", key_min_gain, "G", 0, "a smaller gain is not worth a cross, however sure (0.00001)", 5},
    {"beam-width", key_beam_width, "N", 0, "feature sets that grow side by side (1)", 5},
    {"finalists", key_finalists, "N", 0, "candidates refitted a step (8; fewer on large tables)", 5},
    {"max-candidates", key_max_candidates, "N", 0, "pairs of fields a step; beyond, only the strongest fields (100000)",
     5},
    {"evaluator", key_evaluator, "NAME", 0, "newton, sgd, lr or cmi (newton)", 5},
    {"driver", key_driver, "NAME", 0, "autocross, random or exhaustive (autocross)", 5},
    {"halving", key_halving, "KIND", 0, "doubling or published: the schedule of the screen (doubling)", 5},
    {NULL, 0, NULL, 0, NULL, 0},
};

void cli_study_init(struct cli_study_options *options)
{
    memset(options, 0, sizeof *options);
    fw_study_options_init(&options->study);
}

/* The index of a word in a NULL-ended list; an error naming the flag otherwise. */
static int parse_word(struct argp_state *state, const char *flag, const char *arg, const char *first,
                      const char *second)
{
    if (strcmp(arg, first) != 0 && strcmp(arg, second) != 0)
        argp_error(state, "%s is %s or %s, not '%s'", flag, first, second, arg);
    return strcmp(arg, second) == 0;
}

static void check_names(struct argp_state *state, const struct cli_study_options *o)
{
    const struct fw_driver_vtable *driver;
    const struct fw_evaluator_vtable *evaluator;
    struct fw_error err;
    if (fw_driver_find(&driver, o->study.driver, &err) != FW_OK ||
        fw_evaluator_find(&evaluator, o->study.evaluator, &err) != FW_OK)
        argp_error(state, "%s", err.message);
}

enum fw_objective cli_parse_objective(struct argp_state *state, const char *flag, const char *text)
{
    return parse_word(state, flag, text, "auc", "logloss") ? FW_OBJECTIVE_LOGLOSS : FW_OBJECTIVE_AUC;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct cli_study_options *o = state->input;
    switch (key) {
    case key_metric:
        o->study.objective = cli_parse_objective(state, "--metric", arg);
        return 0;
    case key_max_order:
        o->study.max_order = (int32_t)cli_parse_int(state, "--max-order", arg, 2, FW_CROSS_MAX_ORDER);
        return 0;
    case key_max_crosses:
        o->study.max_crosses = (int32_t)cli_parse_int(state, "--max-crosses", arg, 0, FW_FEATURE_SET_MAX_CROSSES);
        return 0;
    case key_beam_width:
        o->study.beam_width = (int32_t)cli_parse_int(state, "--beam-width", arg, 1, 64);
        return 0;
    case key_finalists:
        o->study.finalists = (int32_t)cli_parse_int(state, "--finalists", arg, 1, 1000);
        return 0;
    case key_max_candidates:
        o->study.max_candidates = cli_parse_int(state, "--max-candidates", arg, 1, INT64_C(1) << 40);
        return 0;
    case key_significance:
        if (!fw_text_to_double(fw_text_of(arg), &o->study.significance) || o->study.significance <= 0 ||
            o->study.significance >= 1)
            argp_error(state, "--significance takes a number between 0 and 1, not '%s'", arg);
        return 0;
    case key_min_gain:
        if (!fw_text_to_double(fw_text_of(arg), &o->study.min_gain) || o->study.min_gain < 0)
            argp_error(state, "--min-gain takes a number from 0 up, not '%s'", arg);
        return 0;
    case key_evaluator:
        o->study.evaluator = arg;
        check_names(state, o);
        return 0;
    case key_driver:
        o->study.driver = arg;
        check_names(state, o);
        return 0;
    case key_halving:
        o->study.published_halving = parse_word(state, "--halving", arg, "doubling", "published");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp cli_study_argp = {options_table, parse, NULL, NULL, NULL, NULL, NULL};
