#include "cli/split_options.h"

#include <string.h>

#include "cli/command.h"
#include "cli/funnel.h"
#include "core/text.h"
#include "search/crosses/granularity.h"

enum { key_valid = 0x1100, key_valid_fraction, key_split, key_folds, key_seed, key_binning, key_bins, key_min_count };

static const struct argp_option options_table[] = {
    {NULL, 0, NULL, 0, "Judging and encoding:", 4},
    {"valid", key_valid, "FILE", 0, "judge on this table", 4},
    {"valid-fraction", key_valid_fraction, "F", 0, "judge on this share of the rows (0.2)", 4},
    {"folds", key_folds, "K", 0, "judge every row by cross-fitting in K folds (5; 500,000 rows and more: a share)", 4},
    {"split", key_split, "KIND", 0, "random, group (needs --group) or time (needs --time)", 4},
    {"seed", key_seed, "N", 0, "of everything random (1)", 4},
    {"binning", key_binning, "KIND", 0, "of numbers: frequency or width (frequency)", 4},
    {"bins", key_bins, "LIST", 0, "granularities of numeric columns (20,200; width: 10,100,1000)", 4},
    {"min-count", key_min_count, "N", 0, "a value or combination seen less often counts as unknown (2)", 4},
    {NULL, 0, NULL, 0, NULL, 0},
};

void cli_split_init(struct cli_split_options *options)
{
    memset(options, 0, sizeof *options);
    fw_split_options_init(&options->split);
    fw_encoder_options_init(&options->encoder);
    options->split.seed = 1;
}

static void parse_split(struct argp_state *state, struct cli_split_options *o, const char *arg)
{
    static const char *const names[] = {"random", "group", "time"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(arg, names[i]) == 0) {
            o->split.kind = (enum fw_split_kind)i;
            o->kind_given = true;
            return;
        }
    }
    argp_error(state, "--split is random, group or time, not '%s'", arg);
}

static void parse_bins(struct argp_state *state, struct cli_split_options *o, const char *arg)
{
    struct cli_list list = {0};
    cli_list_add(&list, arg);
    if (list.n > FW_BINNING_MAX_GRANULARITIES)
        argp_error(state, "--bins takes at most %d granularities", FW_BINNING_MAX_GRANULARITIES);
    o->encoder.n_granularities = 0;
    for (int64_t i = 0; i < list.n; i++) {
        o->encoder.bins[i] = (int32_t)cli_parse_int(state, "--bins", list.items[i], 2, 1000000);
        if (i > 0 && o->encoder.bins[i] <= o->encoder.bins[i - 1])
            argp_error(state, "--bins must rise, as 20,200 does, not '%s'", arg);
        o->encoder.n_granularities++;
    }
    cli_list_clear(&list);
    o->bins_given = true;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct cli_split_options *o = state->input;
    switch (key) {
    case key_valid:
        o->valid = arg;
        return 0;
    case key_valid_fraction:
        if (!fw_text_to_double(fw_text_of(arg), &o->split.valid_fraction) || o->split.valid_fraction <= 0 ||
            o->split.valid_fraction >= 1)
            argp_error(state, "--valid-fraction takes a number between 0 and 1, not '%s'", arg);
        o->fraction_given = true;
        return 0;
    case key_folds:
        o->split.folds = (int32_t)cli_parse_int(state, "--folds", arg, 2, 32);
        o->folds_given = true;
        return 0;
    case key_split:
        parse_split(state, o, arg);
        return 0;
    case key_seed:
        o->split.seed = (uint64_t)cli_parse_int(state, "--seed", arg, 0, INT64_MAX);
        return 0;
    case key_binning:
        if (strcmp(arg, "frequency") != 0 && strcmp(arg, "width") != 0)
            argp_error(state, "--binning is frequency or width, not '%s'", arg);
        o->encoder.binning = strcmp(arg, "width") == 0 ? FW_BINNING_WIDTH : FW_BINNING_FREQUENCY;
        return 0;
    case key_bins:
        parse_bins(state, o, arg);
        return 0;
    case key_min_count:
        o->encoder.min_count = cli_parse_int(state, "--min-count", arg, 1, 1000000000);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp cli_split_argp = {options_table, parse, NULL, NULL, NULL, NULL, NULL};

/* Settles what was left open: --group and --time imply their split, large tables a hold-out; FW_E_ARG when the options
 * contradict each other. */
static enum fw_status settle(struct cli_split_options *options, const struct cli_data_options *data, int64_t n_rows,
                             struct fw_error *err)
{
    struct fw_split_options *split = &options->split;
    if (options->valid != NULL && (options->kind_given || options->folds_given || options->fraction_given))
        return fw_error_set(err, FW_E_ARG, "--valid brings its own rows; leave out --split, --folds, --valid-fraction");
    if (options->folds_given && options->fraction_given)
        return fw_error_set(err, FW_E_ARG, "--folds and --valid-fraction exclude each other: give one");
    if (!options->kind_given && data->time != NULL)
        split->kind = FW_SPLIT_TIME;
    if (!options->kind_given && data->group != NULL)
        split->kind = FW_SPLIT_GROUP;
    if (split->kind == FW_SPLIT_TIME && data->time == NULL)
        return fw_error_set(err, FW_E_ARG, "--split time needs --time COLUMN");
    if (split->kind == FW_SPLIT_GROUP && data->group == NULL)
        return fw_error_set(err, FW_E_ARG, "--split group needs --group COLUMN");
    if (split->kind == FW_SPLIT_TIME && options->folds_given)
        return fw_error_set(err, FW_E_ARG, "a split by time judges the latest rows; --folds does not go with it");
    if (options->fraction_given || split->kind == FW_SPLIT_TIME)
        split->folds = 0;
    else if (!options->folds_given)
        fw_training_split(split, n_rows);
    if (options->encoder.binning == FW_BINNING_WIDTH && !options->bins_given) {
        options->encoder.n_granularities = 0; /* 10^p, as long as a bin holds ten rows on average */
        for (int32_t bins = 10; bins <= 1000 && (bins == 10 || (int64_t)bins * 10 <= n_rows); bins *= 10)
            options->encoder.bins[options->encoder.n_granularities++] = bins;
    }
    return FW_OK;
}

static enum fw_status settle_funnel(struct cli_split_options *options, const struct cli_data_options *data,
                                    struct fw_training_data *training, const struct fw_schema *schema,
                                    const struct fw_table *const tables[2], struct fw_error *err)
{
    char rows[32];
    FW_TRY(cli_funnel_check(&options->n_unclicked, training->dataset, schema, tables, options->want_funnel, err));
    if (options->want_funnel && options->n_unclicked > 0)
        cli_note(data, "%s row(s) with '%s' and without '%s': the former counts as unknown there",
                 fw_text_count(rows, options->n_unclicked), schema->tasks[1].name, schema->tasks[0].name);
    return FW_OK;
}

enum fw_status cli_training_data(struct fw_training_data *out, uint64_t *valid_fingerprint_out,
                                 struct cli_split_options *options, struct cli_data_options *data,
                                 const struct fw_table *table, const int64_t *columns, const struct fw_schema *schema,
                                 const struct fw_encoder_options *encoder, bool want_values, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_table *valid = NULL;
    int64_t *valid_columns = NULL;
    FW_TRY(settle(options, data, table->n_rows, err));
    if (options->valid != NULL) {
        FW_TRY_GOTO(cli_read_table(&valid, options->valid, data, err), done);
        FW_TRY_GOTO(cli_match_columns(&valid_columns, schema, valid, true, data, err), done);
        if (valid_fingerprint_out != NULL)
            *valid_fingerprint_out = valid->fingerprint;
    }
    FW_TRY_GOTO(fw_training_data_build(out, table, columns, valid, valid_columns, schema, &options->split, encoder,
                                       want_values, data->threads, &data->mem, err),
                done);
    status = settle_funnel(options, data, out, schema, (const struct fw_table *const[2]){table, valid}, err);
    if (status != FW_OK) {
        fw_training_data_clear(out);
        goto done;
    }
    if (out->n_left_out > 0) {
        char rows[32];
        cli_note(data, "%s row(s) left out: no known label, or an unusable weight or position",
                 fw_text_count(rows, out->n_left_out));
    }
    /* a plan's bins have been chosen already; what is chosen is chosen for one label */
    if (encoder->binning == FW_BINNING_WIDTH && encoder->n_frozen == 0 && schema->n_tasks == 1 &&
        schema->tasks[0].kind == FW_TASK_BINARY) {
        status = fw_granularity_select(out, data->threads, &data->mem, err);
        if (status != FW_OK)
            fw_training_data_clear(out);
    }
done:
    fw_free(&data->mem, valid_columns);
    fw_table_destroy(valid);
    return status;
}

void cli_split_tell(const struct cli_split_options *options, const struct cli_data_options *data,
                    const struct fw_dataset *dataset)
{
    static const char *const how[] = {"at random", "by group", "by time"};
    char train[32];
    char judged[32];
    if (options->valid != NULL || dataset->n_judged < dataset->n_folds) {
        fw_text_count(train, dataset->n_rows - dataset->fold_start[1]);
        fw_text_count(judged, dataset->fold_start[1]);
        cli_note(data, "split: %s rows train, %s judge (%s, seed %llu)", train, judged,
                 options->valid != NULL ? options->valid : how[options->split.kind],
                 (unsigned long long)options->split.seed);
    } else {
        cli_note(data, "split: %s rows in %d folds %s, each judged by models of the others (seed %llu)",
                 fw_text_count(train, dataset->n_rows), dataset->n_folds, how[options->split.kind],
                 (unsigned long long)options->split.seed);
    }
}
