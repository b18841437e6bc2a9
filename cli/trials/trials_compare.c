/* `fieldwise trials compare`: two studies or two trials side by side. */
#include <math.h>
#include <string.h>

#include "cli/command.h"
#include "cli/terminal.h"
#include "cli/trials/rows_out.h"
#include "cli/trials/trials.h"
#include "cli/trials/trials_options.h"
#include "core/text.h"
#include "results/drawing/short_name.h"
#include "results/insight/compare.h"

enum { key_all = 0x2200, value_width = 24 };

struct arguments {
    struct trials_options common;
    const char *targets[2];
    int n_targets;
    bool all;
};

static error_t take(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->common;
        return 0;
    case key_all:
        arguments->all = true;
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->n_targets == 2)
            argp_error(state, "'%s' is one argument too many: compare takes two", text);
        arguments->targets[arguments->n_targets++] = text;
        return 0;
    case ARGP_KEY_END:
        if (arguments->n_targets < 2)
            argp_error(state, "name two: compare STUDY STUDY, or compare STUDY/TRIAL STUDY/TRIAL");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Both sides as they are read. */
struct both {
    struct fw_study_list studies[2];
    int64_t trials[2]; /* as asked for; 0: a study */
    struct fw_comparison_rows comparison;
};

static const char *verdict(const struct fw_compare_row *row)
{
    if (isnan(row->difference) || isnan(row->noise))
        return NULL;
    return fabs(row->difference) > row->noise ? "beyond noise" : "within noise";
}

static void value_cell(struct cli_table *table, const char *value)
{
    char cut[FW_SHORT_NAME_SIZE];
    fw_short_name(cut, value != NULL ? value : "-", value_width);
    cli_table_cell(table, "%s", cut);
}

/* Members of a section that are the same on both sides. */
static int64_t count_equal(const struct fw_comparison_rows *comparison, enum fw_compare_section section)
{
    int64_t n = 0;
    for (int64_t i = 0; i < comparison->n; i++)
        n += comparison->rows[i].section == section && comparison->rows[i].equal;
    return n;
}

static int64_t count_rows(const struct fw_comparison_rows *comparison, enum fw_compare_section section)
{
    int64_t n = 0;
    for (int64_t i = 0; i < comparison->n; i++)
        n += comparison->rows[i].section == section;
    return n;
}

/* Options, candidates and gates: those that differ. */
static void print_members(const struct fw_comparison_rows *comparison, enum fw_compare_section section,
                          const char *title, bool all)
{
    static const char *const headers[] = {"", "A", "B"};
    int64_t n = count_rows(comparison, section);
    int64_t equal = count_equal(comparison, section);
    if (n == 0)
        return;
    printf("\n%s: %lld differ%s, %lld equal%s\n", title, (long long)(n - equal), n - equal == 1 ? "s" : "",
           (long long)equal, equal > 0 && !all ? " (--all shows them)" : "");
    if (n == equal && !all)
        return;
    struct cli_table *table = cli_table_create(headers, 3);
    for (int64_t i = 0; i < comparison->n; i++) {
        const struct fw_compare_row *row = &comparison->rows[i];
        if (row->section != section || (row->equal && !all))
            continue;
        cli_table_cell(table, "%s", row->name);
        value_cell(table, row->a);
        value_cell(table, row->b);
    }
    cli_table_print(table, stdout);
}

static void print_crosses(const struct fw_comparison_rows *comparison)
{
    static const char *const headers[] = {"cross", "in", "gain in A", "gain in B"};
    if (count_rows(comparison, FW_COMPARE_CROSS) == 0)
        return;
    printf("\nCrosses: %lld in both of %lld\n", (long long)count_equal(comparison, FW_COMPARE_CROSS),
           (long long)count_rows(comparison, FW_COMPARE_CROSS));
    struct cli_table *table = cli_table_create(headers, 4);
    for (int64_t i = 0; i < comparison->n; i++) {
        const struct fw_compare_row *row = &comparison->rows[i];
        if (row->section != FW_COMPARE_CROSS)
            continue;
        cli_table_cell(table, "%s", row->name);
        cli_table_cell(table, "%s", row->equal ? "both" : row->b == NULL ? "A alone" : "B alone");
        cli_table_cell(table, "%s", row->a != NULL ? row->a : "-");
        cli_table_cell(table, "%s", row->b != NULL ? row->b : "-");
    }
    cli_table_print(table, stdout);
}

/* Whole numbers with all their digits. */
static void difference_cell(struct cli_table *table, double difference)
{
    if (isnan(difference))
        cli_table_cell(table, "-");
    else
        cli_table_cell(table, difference == floor(difference) && fabs(difference) < 1e15 ? "%+.0f" : "%+.3g",
                       difference);
}

static void print_figures(const struct fw_comparison_rows *comparison)
{
    static const char *const headers[] = {"figure", ">A", ">B", ">B - A", ">noise", "", "noise from"};
    bool known = false;
    printf("\nFigures\n");
    struct cli_table *table = cli_table_create(headers, 7);
    for (int64_t i = 0; i < comparison->n; i++) {
        const struct fw_compare_row *row = &comparison->rows[i];
        if (row->section != FW_COMPARE_FIGURE)
            continue;
        cli_table_cell(table, "%s", row->name);
        cli_table_cell(table, "%s", row->a != NULL ? row->a : "-");
        cli_table_cell(table, "%s", row->b != NULL ? row->b : "-");
        difference_cell(table, row->difference);
        cli_table_cell(table, isnan(row->noise) ? "-" : "%.2g", row->noise);
        cli_table_cell(table, "%.6s", verdict(row) != NULL ? verdict(row) : ""); /* beyond, within */
        cli_table_cell(table, "%s", row->basis != NULL ? row->basis : "");
        known = known || row->basis != NULL;
    }
    cli_table_print(table, stdout);
    if (known)
        printf("noise: half of a 95 %% interval of B - A. From standard errors it is what it\n"
               "would be on different rows; on the same rows it is smaller.\n");
    else
        printf("No measure of noise is stored: run both with further seeds (--seed) to have one.\n");
}

static void print_sides(const struct both *both)
{
    static const char *const headers[] = {"", "A", "B"};
    const struct fw_comparison_rows *comparison = &both->comparison;
    const int64_t trials[] = {comparison->trial_a, comparison->trial_b};
    struct cli_table *table = cli_table_create(headers, 3);
    cli_table_cell(table, "study");
    for (int s = 0; s < 2; s++)
        value_cell(table, both->studies[s].rows[0].name);
    cli_table_cell(table, "trial");
    for (int s = 0; s < 2; s++) {
        if (trials[s] > 0)
            cli_table_cell(table, "%lld%s", (long long)trials[s], both->trials[s] == 0 ? " (its choice)" : "");
        else
            cli_table_cell(table, "none is complete");
    }
    for (int64_t i = 0; i < comparison->n; i++) {
        const struct fw_compare_row *row = &comparison->rows[i];
        if (row->section != FW_COMPARE_STUDY)
            continue;
        cli_table_cell(table, "%s", row->name);
        value_cell(table, row->a);
        value_cell(table, row->b);
    }
    cli_table_print(table, stdout);
}

static void print_all(const struct both *both, bool all)
{
    const struct fw_comparison_rows *comparison = &both->comparison;
    if (!comparison->same_data)
        printf("The data differ (other fingerprints): figures of different data are not comparable.\n\n");
    print_sides(both);
    print_members(comparison, FW_COMPARE_OPTION, "Options", all);
    print_members(comparison, FW_COMPARE_CANDIDATE, "Candidates", all);
    print_crosses(comparison);
    print_members(comparison, FW_COMPARE_GATE, "Gates", all);
    print_figures(comparison);
}

static struct fw_value side_cell(const char *text, double number, enum fw_compare_section section)
{
    return section == FW_COMPARE_FIGURE || section == FW_COMPARE_GATE ? fw_value_real(number) : fw_value_text(text);
}

static enum fw_status send(struct fw_row_sink sink, const struct fw_comparison_rows *comparison, struct fw_error *err)
{
    static const char *const names[] = {"section",    "name",  "a",     "b",      "equal",
                                        "difference", "noise", "basis", "verdict"};
    FW_TRY(sink.begin(sink.self, names, 9, err));
    for (int64_t i = 0; i < comparison->n; i++) {
        const struct fw_compare_row *row = &comparison->rows[i];
        struct fw_value cells[] = {fw_value_text(fw_compare_section_name(row->section)),
                                   fw_value_text(row->name),
                                   side_cell(row->a, row->value_a, row->section),
                                   side_cell(row->b, row->value_b, row->section),
                                   fw_value_int(row->equal),
                                   fw_value_real(row->difference),
                                   fw_value_real(row->noise),
                                   fw_value_text(row->basis),
                                   fw_value_text(verdict(row))};
        FW_TRY(sink.row(sink.self, cells, err));
    }
    return sink.end(sink.self, err);
}

static enum fw_status show(const struct both *both, const struct arguments *arguments, struct fw_error *err)
{
    struct fw_row_writer *out;
    if (arguments->common.format == FW_ROWS_TABLE) {
        print_all(both, arguments->all);
        return FW_OK;
    }
    if (!both->comparison.same_data)
        fprintf(stderr, "fieldwise: the data differ: figures of different data are not comparable\n");
    FW_TRY(trials_rows_open(&out, &arguments->common, err));
    enum fw_status status = send(fw_row_writer_sink(out), &both->comparison, err);
    fw_row_writer_destroy(out);
    return status;
}

static enum fw_status compare(struct fw_store *store, void *self, struct fw_error *err)
{
    const struct arguments *arguments = self;
    struct both both = {0};
    enum fw_status status;
    for (int s = 0; s < 2; s++)
        FW_TRY_GOTO(trials_find(&both.studies[s], &both.trials[s], store, arguments->targets[s], err), done);
    if ((both.trials[0] > 0) != (both.trials[1] > 0))
        FW_TRY_GOTO(fw_error_set(err, FW_E_ARG, "'%s' is a study and '%s' a trial: compare two studies, or two trials",
                                 arguments->targets[both.trials[0] > 0], arguments->targets[both.trials[0] == 0]),
                    done);
    struct fw_compared a = {both.studies[0].rows, both.trials[0]};
    struct fw_compared b = {both.studies[1].rows, both.trials[1]};
    FW_TRY_GOTO(fw_compare_query(&both.comparison, store, a, b, err), done);
    status = show(&both, arguments, err);
    fw_comparison_rows_clear(&both.comparison);
done:
    fw_study_list_clear(&both.studies[1]);
    fw_study_list_clear(&both.studies[0]);
    return status;
}

int trials_compare(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"all", key_all, NULL, 0, "Show what is equal too", 0},
        {NULL, 0, NULL, 0, NULL, 0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = take,
        .args_doc = "STUDY STUDY\nSTUDY/TRIAL STUDY/TRIAL",
        .doc = "Two studies or two trials side by side: what differs in options, crosses, sizes and gates, and whether "
               "figures differ by more than noise.\v  fieldwise trials compare train-4 train-5\n  fieldwise trials "
               "compare tune-7/1 tune-7/39 --all\n\nA study is judged by the trial that it chose, or else its best.",
        .children = trials_options_children,
    };
    struct arguments arguments = {.common = TRIALS_OPTIONS_DEFAULT};
    CLI_PARSE(&argp, "trials compare", argc, argv, &arguments);
    return trials_read(&arguments.common, compare, &arguments);
}
