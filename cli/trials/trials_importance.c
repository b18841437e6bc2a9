/* `fieldwise trials importance`: which settings moved the objective of a study, or what its crosses gained. */
#include <math.h>
#include <string.h>

#include "cli/command.h"
#include "cli/terminal.h"
#include "cli/trials/rows_out.h"
#include "cli/trials/trials.h"
#include "cli/trials/trials_options.h"
#include "core/text.h"
#include "results/insight/importance_crosses.h"
#include "results/insight/importance_members.h"

struct arguments {
    struct trials_options common;
    const char *target;
    int64_t top; /* 0: not said */
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
            argp_error(state, "name a study: importance STUDY");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* "+0.00210 [+0.00105, +0.00315]" in a cell. */
static void gain_cell(struct cli_table *table, double gain, double low, double high)
{
    char text[128];
    cli_table_cell(table, "%s", trials_gain(text, gain, low, high));
}

static void print_crosses(const struct fw_study_row *study, const struct fw_cross_effects *e, int64_t top)
{
    static const char *const cross_headers[] = {">step", ">trial", "cross", "gain", ""};
    static const char *const field_headers[] = {"field", "gain", ">accepted", ">tried", ">beyond noise", ">best"};
    char text[32];
    int64_t accepted = 0;
    for (int64_t i = 0; i < e->n_crosses; i++)
        accepted += e->crosses[i].accepted;
    printf("%s: gains in %s of %lld refitted crosses, %lld of them accepted\n\n", study->name, study->objective,
           (long long)e->n_crosses, (long long)accepted);
    struct cli_table *table = cli_table_create(cross_headers, 5);
    int64_t shown = top > 0 ? least(top, e->n_crosses) : least(accepted + 5, e->n_crosses);
    for (int64_t i = 0; i < shown; i++) {
        const struct fw_cross_effect *cross = &e->crosses[i];
        cli_table_cell(table, "%d", (int)cross->step);
        cli_table_cell(table, "%lld", (long long)cross->trial);
        cli_table_cell(table, "%s", cross->cross);
        gain_cell(table, cross->gain, cross->gain_low, cross->gain_high);
        cli_table_cell(table, "%s", cross->accepted ? "accepted" : cross->gain_low > 0 ? "" : "within noise");
    }
    cli_table_print(table, stdout);
    if (shown < e->n_crosses)
        printf("and %s more (--top N)\n", fw_text_count(text, e->n_crosses - shown));
    printf("\nFields, by the sum of the accepted crosses in which they take part\n");
    table = cli_table_create(field_headers, 6);
    int64_t n_fields = least(top > 0 ? top : 10, e->n_fields);
    for (int64_t i = 0; i < n_fields; i++) {
        const struct fw_field_effect *field = &e->fields[i];
        cli_table_cell(table, "%s", field->field);
        gain_cell(table, field->gain, field->gain_low, field->gain_high);
        cli_table_cell(table, "%lld", (long long)field->n_accepted);
        cli_table_cell(table, "%lld", (long long)field->n_tried);
        cli_table_cell(table, "%lld", (long long)field->n_beyond);
        cli_table_cell(table, "%+.5f", field->best);
    }
    cli_table_print(table, stdout);
    if (n_fields < e->n_fields)
        printf("and %s more (--top N)\n", fw_text_count(text, e->n_fields - n_fields));
}

static enum fw_status send_crosses(struct fw_row_sink sink, const struct fw_cross_effects *e, struct fw_error *err)
{
    static const char *const names[] = {"kind",      "name",     "trial",      "step",    "gain",           "gain_low",
                                        "gain_high", "accepted", "n_accepted", "n_tried", "n_beyond_noise", "best"};
    FW_TRY(sink.begin(sink.self, names, 12, err));
    for (int64_t i = 0; i < e->n_crosses; i++) {
        const struct fw_cross_effect *cross = &e->crosses[i];
        struct fw_value cells[] = {fw_value_text("cross"),
                                   fw_value_text(cross->cross),
                                   fw_value_int(cross->trial),
                                   fw_value_int(cross->step),
                                   fw_value_real(cross->gain),
                                   fw_value_real(cross->gain_low),
                                   fw_value_real(cross->gain_high),
                                   fw_value_int(cross->accepted),
                                   fw_value_null(),
                                   fw_value_null(),
                                   fw_value_null(),
                                   fw_value_null()};
        FW_TRY(sink.row(sink.self, cells, err));
    }
    for (int64_t i = 0; i < e->n_fields; i++) {
        const struct fw_field_effect *field = &e->fields[i];
        struct fw_value cells[] = {fw_value_text("field"),
                                   fw_value_text(field->field),
                                   fw_value_null(),
                                   fw_value_null(),
                                   fw_value_real(field->gain),
                                   fw_value_real(field->gain_low),
                                   fw_value_real(field->gain_high),
                                   fw_value_null(),
                                   fw_value_int(field->n_accepted),
                                   fw_value_int(field->n_tried),
                                   fw_value_int(field->n_beyond),
                                   fw_value_real(field->best)};
        FW_TRY(sink.row(sink.self, cells, err));
    }
    return sink.end(sink.self, err);
}

static void print_members(const struct fw_study_row *study, const struct fw_member_effects *e, int64_t top)
{
    static const char *const headers[] = {"setting", ">explains", "", "best at", ">trials there", ">their rank"};
    char count[32];
    char blocks[32];
    printf("%s: which settings order its %s trials by %s", study->name, fw_text_count(count, e->n_trials),
           study->objective);
    if (e->n_blocks > 1)
        printf(", each within its rung and step (%s)", fw_text_count(blocks, e->n_blocks));
    printf("\n\n");
    struct cli_table *table = cli_table_create(headers, 6);
    int64_t n = least(top > 0 ? top : 20, e->n);
    for (int64_t i = 0; i < n; i++) {
        const struct fw_member_effect *row = &e->rows[i];
        cli_table_cell(table, "%s", row->name);
        cli_table_cell(table, "%.1f %%", 100 * fmax(0, row->effect.share));
        cli_table_cell(table, "%s", row->effect.beyond ? "" : "within chance");
        if (row->effect.share > 0) {
            cli_table_cell(table, "%s", row->best);
            cli_table_cell(table, "%lld", (long long)row->effect.n_best);
            cli_table_cell(table, "top %.0f %%", 100 * row->effect.best_rank);
        } else {
            for (int c = 0; c < 3; c++)
                cli_table_cell(table, "-");
        }
    }
    cli_table_print(table, stdout);
    if (n < e->n)
        printf("and %s more (--top N)\n", fw_text_count(count, e->n - n));
    printf("explains: share of the variance of the trials' ranks, less what luck explains.\n"
           "Above %.1f %% it is beyond chance: 95 %% of shuffled trials stay below with all\n"
           "their settings. A rank of 50 %% is the middle.\n",
           100 * fmax(0, e->chance));
    if (e->n_constant > 0)
        printf("%lld further settings are the same in all of these trials.\n", (long long)e->n_constant);
}

static enum fw_status send_members(struct fw_row_sink sink, const struct fw_member_effects *e, struct fw_error *err)
{
    static const char *const names[] = {"name", "share",  "chance",    "beyond_chance", "levels",
                                        "best", "n_best", "best_rank", "n_trials"};
    FW_TRY(sink.begin(sink.self, names, 9, err));
    for (int64_t i = 0; i < e->n; i++) {
        const struct fw_member_effect *row = &e->rows[i];
        struct fw_value cells[] = {fw_value_text(row->name),           fw_value_real(row->effect.share),
                                   fw_value_real(e->chance),           fw_value_int(row->effect.beyond),
                                   fw_value_int(row->effect.n_levels), fw_value_text(row->best),
                                   fw_value_int(row->effect.n_best),   fw_value_real(row->effect.best_rank),
                                   fw_value_int(e->n_trials)};
        FW_TRY(sink.row(sink.self, cells, err));
    }
    return sink.end(sink.self, err);
}

static enum fw_status show_crosses(const struct fw_study_row *study, const struct fw_cross_effects *effects,
                                   const struct arguments *arguments, struct fw_error *err)
{
    struct fw_row_writer *out;
    if (arguments->common.format == FW_ROWS_TABLE) {
        print_crosses(study, effects, arguments->top);
        return FW_OK;
    }
    FW_TRY(trials_rows_open(&out, &arguments->common, err));
    enum fw_status status = send_crosses(fw_row_writer_sink(out), effects, err);
    fw_row_writer_destroy(out);
    return status;
}

static enum fw_status show_members(const struct fw_study_row *study, const struct fw_member_effects *effects,
                                   const struct arguments *arguments, struct fw_error *err)
{
    struct fw_row_writer *out;
    if (effects->n == 0)
        return fw_error_set(err, FW_E_INPUT,
                            "study '%s' has %lld trials to compare, whose settings do not vary: there is nothing to "
                            "explain",
                            study->name, (long long)effects->n_trials);
    if (isnan(effects->chance))
        return fw_error_set(err, FW_E_INPUT,
                            "study '%s' has %lld trials to compare: too few to tell effects from chance; run more of "
                            "them",
                            study->name, (long long)effects->n_trials);
    if (arguments->common.format == FW_ROWS_TABLE) {
        print_members(study, effects, arguments->top);
        return FW_OK;
    }
    FW_TRY(trials_rows_open(&out, &arguments->common, err));
    enum fw_status status = send_members(fw_row_writer_sink(out), effects, err);
    fw_row_writer_destroy(out);
    return status;
}

static enum fw_status importance(struct fw_store *store, void *self, struct fw_error *err)
{
    const struct arguments *arguments = self;
    struct fw_study_list study;
    struct fw_cross_effects crosses = {0};
    struct fw_member_effects members = {0};
    enum fw_status status;
    FW_TRY(fw_query_study_facts(&study, store, arguments->target, err));
    FW_TRY_GOTO(fw_importance_of_crosses(&crosses, store, study.rows[0].id, err), done);
    if (crosses.n_crosses > 0) {
        status = show_crosses(&study.rows[0], &crosses, arguments, err);
        goto done;
    }
    FW_TRY_GOTO(fw_importance_of_members(&members, store, study.rows[0].id, study.rows[0].maximise, err), done);
    status = show_members(&study.rows[0], &members, arguments, err);
done:
    fw_member_effects_clear(&members);
    fw_cross_effects_clear(&crosses);
    fw_study_list_clear(&study);
    return status;
}

int trials_importance(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"top", 'n', "N", 0, "How many rows of each table", 0},
        {NULL, 0, NULL, 0, NULL, 0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = take,
        .args_doc = "STUDY",
        .doc = "Which settings mattered in a study, or what its crosses and their fields gained.\v  fieldwise trials "
               "importance tune-7\n  fieldwise trials importance autocross-1 --top 20\n\nAn effect is that of a "
               "setting alone; one within chance may be luck.",
        .children = trials_options_children,
    };
    struct arguments arguments = {.common = TRIALS_OPTIONS_DEFAULT};
    CLI_PARSE(&argp, "trials importance", argc, argv, &arguments);
    return trials_read(&arguments.common, importance, &arguments);
}
