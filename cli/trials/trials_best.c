/* `fieldwise trials best`: the best trials of one study, or of each, by any figure, or the Pareto front of several. */
#include <math.h>
#include <string.h>

#include "cli/command.h"
#include "cli/data_options.h"
#include "cli/json_out.h"
#include "cli/terminal.h"
#include "cli/trials/rows_out.h"
#include "cli/trials/short_candidates.h"
#include "cli/trials/trials.h"
#include "cli/trials/trials_options.h"
#include "core/text.h"
#include "results/insight/board.h"
#include "results/insight/figure_names.h"

enum { key_pareto = 0x2100, key_over, key_minimise, key_maximise };

struct arguments {
    struct trials_options common;
    const char *target; /* a study; NULL: all */
    const char *metric; /* NULL: the objective */
    struct cli_list over;
    int64_t top; /* 0: not said */
    bool pareto;
    bool minimise, maximise;
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
    case 'm':
        arguments->metric = text;
        return 0;
    case key_over:
        cli_list_add(&arguments->over, text);
        arguments->pareto = true;
        return 0;
    case key_pareto:
        arguments->pareto = true;
        return 0;
    case key_minimise:
        arguments->minimise = true;
        return 0;
    case key_maximise:
        arguments->maximise = true;
        return 0;
    case ARGP_KEY_ARG:
        trials_take_target(state, &arguments->target, text);
        return 0;
    case ARGP_KEY_END:
        if (arguments->minimise && arguments->maximise)
            argp_error(state, "--minimise and --maximise exclude each other");
        if (arguments->pareto && (arguments->metric != NULL || arguments->minimise || arguments->maximise))
            argp_error(state, "--pareto takes its figures by --over; leave out --metric, --minimise, --maximise");
        if (arguments->over.n == 1 || arguments->over.n > FW_BOARD_FIGURES / 2)
            argp_error(state, "--over takes 2 to %d figures, such as objective,bytes,score_us", FW_BOARD_FIGURES / 2);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* One study with what is shown of its trials. */
struct page {
    const struct fw_study_row *study;
    struct fw_board_figure figures[FW_BOARD_FIGURES];
    int n_figures;
    int n_ranking; /* the first so many rank */
    struct fw_board board;
};

/* Further figures that a table shows when trials have them. */
static const char *const companions[] = {"auc", "logloss", "loss", "test", "score_us"};

/* "objective" for the objective under its own name too. */
static const char *figure_name(const struct fw_study_row *study, const char *name)
{
    return strcmp(name, study->objective) == 0 ? "objective" : name;
}

static enum fw_status add_figure(struct page *page, const char *name, const struct arguments *arguments,
                                 struct fw_error *err)
{
    bool maximise = page->study->maximise;
    name = figure_name(page->study, name);
    for (int f = 0; f < page->n_figures; f++) {
        if (strcmp(page->figures[f].name, name) == 0)
            return FW_OK;
    }
    if (arguments->minimise || arguments->maximise)
        maximise = arguments->maximise;
    else if (strcmp(name, "objective") != 0 && !fw_figure_direction(&maximise, name))
        return fw_error_set(err, FW_E_ARG,
                            "whether a high or a low '%s' is better is not known: say --maximise or "
                            "--minimise",
                            name);
    page->figures[page->n_figures++] = (struct fw_board_figure){name, maximise};
    return FW_OK;
}

/* Figures beside those that rank. */
static void add_companions(struct page *page)
{
    for (size_t i = 0; i < sizeof companions / sizeof companions[0]; i++) {
        bool known = strcmp(companions[i], page->study->objective) == 0;
        for (int f = 0; f < page->n_figures; f++)
            known = known || strcmp(page->figures[f].name, companions[i]) == 0;
        if (!known)
            page->figures[page->n_figures++] = (struct fw_board_figure){companions[i], false};
    }
}

static enum fw_status unknown_figure(struct fw_store *store, const struct page *page, int n_ranking,
                                     struct fw_error *err)
{
    struct fw_buffer asked;
    struct fw_buffer known;
    fw_buffer_init(&asked, NULL);
    fw_buffer_init(&known, NULL);
    for (int f = 0; f < n_ranking; f++)
        fw_buffer_addf(&asked, "%s'%s'", f > 0 ? ", " : "", page->figures[f].name);
    enum fw_status status = fw_board_metric_names(&known, store, page->study->id, err);
    if (status == FW_OK)
        status = fw_buffer_check(&asked, err);
    if (status == FW_OK)
        status = fw_error_set(err, FW_E_INPUT,
                              "no complete trial of study '%s' has %s; trials have objective, gain, bytes, seconds, "
                              "rows%s%s",
                              page->study->name, asked.data, known.length > 0 ? ", " : "",
                              known.length > 0 ? known.data : "");
    fw_buffer_clear(&known);
    fw_buffer_clear(&asked);
    return status;
}

/* The front that is asked for without --over: of quality, size and speed, as far as the trials have them. */
static enum fw_status usual_front(int *n_ranking_out, struct page *page, struct fw_store *store,
                                  const struct arguments *arguments, struct fw_error *err)
{
    static const char *const usual[] = {"objective", "bytes", "score_us"};
    struct page probe = {.study = page->study};
    for (size_t i = 0; i < 3; i++)
        FW_TRY(add_figure(&probe, usual[i], arguments, err));
    struct fw_board_options options = {page->study->id, probe.figures, 3, 1, 1}; /* the best trial, by the index */
    FW_TRY(fw_board_query(&probe.board, store, &options, err));
    for (int i = 0; i < 3; i++) {
        if (probe.board.trials.n > 0 && !isnan(probe.board.values[i]))
            page->figures[page->n_figures++] = probe.figures[i];
        else if (i > 0)
            fprintf(stderr, "fieldwise: trials of %s have no %s: the front is without it\n", page->study->name,
                    usual[i]);
    }
    fw_board_clear(&probe.board);
    *n_ranking_out = page->n_figures;
    if (page->n_figures < 2)
        return fw_error_set(err, FW_E_INPUT, "trials of study '%s' have %s; name figures for a front with --over A,B",
                            page->study->name, page->n_figures == 0 ? "no objective" : "neither bytes nor score_us");
    return FW_OK;
}

/* The figure to rank by. Of one that no trial has that is said, and not that its direction is unknown. */
static enum fw_status add_main(struct page *page, struct fw_store *store, const struct arguments *arguments,
                               struct fw_error *err)
{
    enum fw_status status =
        add_figure(page, arguments->metric != NULL ? arguments->metric : "objective", arguments, err);
    if (status != FW_E_ARG)
        return status;
    struct page probe = {.study = page->study, .figures = {{arguments->metric, true}}};
    struct fw_board_options options = {page->study->id, probe.figures, 1, 1, 1};
    FW_TRY(fw_board_query(&probe.board, store, &options, err));
    bool known = probe.board.n_ranked != 0;
    fw_board_clear(&probe.board);
    return known ? status : unknown_figure(store, &probe, 1, err);
}

static enum fw_status read_page(struct page *page, struct fw_store *store, const struct arguments *arguments,
                                struct fw_error *err)
{
    int n_ranking = 1;
    if (arguments->over.n > 0) {
        for (int64_t i = 0; i < arguments->over.n; i++)
            FW_TRY(add_figure(page, arguments->over.items[i], arguments, err));
        n_ranking = page->n_figures;
    } else if (arguments->pareto) {
        FW_TRY(usual_front(&n_ranking, page, store, arguments, err));
    } else {
        FW_TRY(add_main(page, store, arguments, err));
    }
    struct arguments free = {.maximise = true}; /* the direction of what is only shown is of no matter */
    FW_TRY(add_figure(page, "objective", &free, err));
    add_companions(page);
    int64_t usual = arguments->pareto ? 0 : arguments->target != NULL ? 10 : 1;
    struct fw_board_options options = {.study = page->study->id,
                                       .figures = page->figures,
                                       .n_figures = page->n_figures,
                                       .n_ranking = n_ranking,
                                       .top = arguments->top > 0 ? arguments->top : usual};
    page->n_ranking = n_ranking;
    FW_TRY(fw_board_query(&page->board, store, &options, err));
    if (page->board.trials.n == 0 && page->board.n_ranked == 0 && arguments->target != NULL)
        return unknown_figure(store, page, n_ranking, err);
    return FW_OK;
}

/* The figures that at least one row of the page has. */
static bool is_there(const struct page *page, int figure)
{
    for (int64_t i = 0; i < page->board.trials.n; i++) {
        if (!isnan(page->board.values[i * page->n_figures + figure]))
            return true;
    }
    return false;
}

static bool is_column(const char *name)
{
    static const char *const shown[] = {"gain", "bytes", "seconds"};
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        if (strcmp(name, shown[i]) == 0)
            return true;
    }
    return false;
}

static bool has_gains(const struct page *page)
{
    for (int64_t i = 0; i < page->board.trials.n; i++) {
        if (!isnan(page->board.trials.rows[i].record.gain))
            return true;
    }
    return false;
}

/* "+0.00071 ±0.00070": half of the interval, whose middle the gain is. */
static const char *short_gain(char out[128], const struct fw_trial_record *trial)
{
    double half = (trial->gain_high - trial->gain_low) / 2;
    if (isnan(trial->gain))
        return "-";
    snprintf(out, 128, isnan(half) ? "%+.5f" : "%+.5f ±%.5f", trial->gain, half);
    return out;
}

static void print_row(struct cli_table *table, const struct page *page, const int *columns, int n_columns, int64_t i,
                      bool gains, const char *candidate)
{
    const struct fw_trial_record *trial = &page->board.trials.rows[i].record;
    char text[128];
    cli_table_cell(table, "%lld", (long long)trial->number);
    for (int c = 0; c < n_columns; c++)
        cli_table_cell(table, "%s", trials_figure(text, page->board.values[i * page->n_figures + columns[c]]));
    if (gains)
        cli_table_cell(table, "%s", short_gain(text, trial));
    cli_table_cell(table, "%s", trial->bytes > 0 ? fw_text_bytes(text, (double)trial->bytes) : "-");
    cli_table_cell(table, "%s", fw_text_duration(text, trial->seconds));
    cli_table_cell(table, "%s", candidate);
}

static enum fw_status print_page(const struct page *page, struct fw_error *err)
{
    const char *headers[FW_BOARD_FIGURES + 5] = {">trial"};
    char names[FW_BOARD_FIGURES][128];
    int columns[FW_BOARD_FIGURES];
    int n = 0;
    struct trials_short candidates;
    int width = cli_terminal_width(stdout);
    bool narrow = width > 0 && width < 110; /* then candidates need the room of what does not rank */
    for (int f = 0; f < page->n_figures; f++) {
        const char *name = page->figures[f].name;
        bool ranks = f < page->n_ranking || strcmp(name, "objective") == 0;
        if (is_column(name) || !is_there(page, f) || (narrow && !ranks))
            continue;
        snprintf(names[n], sizeof names[n], ">%.120s", strcmp(name, "objective") == 0 ? page->study->objective : name);
        headers[1 + n] = names[n];
        columns[n++] = f;
    }
    bool gains = has_gains(page);
    static const char *const tail[] = {">gain", ">memory", ">took", "candidate"};
    for (int t = !gains; t < 4; t++)
        headers[1 + n + t - !gains] = tail[t];
    FW_TRY(trials_short_of_trials(&candidates, &page->board.trials, page->study->options, err));
    struct cli_table *table = cli_table_create(headers, n + 4 + gains);
    cli_table_fit(table);
    for (int64_t i = 0; i < page->board.trials.n; i++)
        print_row(table, page, columns, n, i, gains, candidates.texts[i]);
    cli_table_print(table, stdout);
    trials_short_clear(&candidates);
    return FW_OK;
}

/* What the order of the page is. */
static void print_title(const struct page *page, const struct arguments *arguments, bool first)
{
    char counts[2][32];
    const struct fw_board *board = &page->board;
    printf("%s%s: ", first ? "" : "\n", page->study->name);
    if (!arguments->pareto) {
        const char *name = page->figures[0].name;
        printf("best by %s (%s is better)\n", strcmp(name, "objective") == 0 ? page->study->objective : name,
               page->figures[0].maximise ? "higher" : "lower");
        return;
    }
    printf("Pareto front of");
    for (int f = 0; f < page->n_ranking; f++) {
        const char *name = page->figures[f].name;
        printf("%s %s %s", f > 0 ? "," : "", page->figures[f].maximise ? "high" : "low",
               strcmp(name, "objective") == 0 ? page->study->objective : name);
    }
    printf(": %s of %s trials\n", fw_text_count(counts[0], board->trials.n), fw_text_count(counts[1], board->n_ranked));
}

static enum fw_status print_pages(const struct page *pages, int64_t n, const struct arguments *arguments,
                                  struct fw_error *err)
{
    bool first = true;
    for (int64_t i = 0; i < n; i++) {
        if (pages[i].board.trials.n == 0)
            continue;
        print_title(&pages[i], arguments, first);
        FW_TRY(print_page(&pages[i], err));
        first = false;
    }
    if (first)
        fprintf(stderr, "fieldwise: no trial is complete yet\n");
    return FW_OK;
}

static void print_json(const struct page *pages, int64_t n)
{
    cJSON *json = cli_json_object();
    cJSON *array = cli_json_array();
    cli_json_add(json, "best", array);
    for (int64_t i = 0; i < n; i++) {
        const struct page *page = &pages[i];
        for (int64_t t = 0; t < page->board.trials.n; t++) {
            cJSON *trial = trials_json_of_trial(&page->board.trials.rows[t], page->study->name);
            cJSON *figures = cli_json_object();
            cli_json_add(trial, "figures", figures);
            for (int f = 0; f < page->n_figures; f++) {
                if (is_there(page, f))
                    cli_json_add_real(figures, page->figures[f].name, page->board.values[t * page->n_figures + f]);
            }
            cli_json_append(array, trial);
        }
    }
    cli_json_print(json);
}

static const char *const fixed_columns[] = {"study",    "trial",     "metric", "objective", "gain",
                                            "gain_low", "gain_high", "bytes",  "seconds",   "candidate"};
enum { n_fixed = sizeof fixed_columns / sizeof fixed_columns[0], bytes_column = 7 };

/* Further figures that any page has: each row has the same columns, though studies differ. */
static int find_further(const char *further[FW_BOARD_FIGURES], const struct page *pages, int64_t n)
{
    int n_further = 0;
    for (int64_t i = 0; i < n; i++) {
        for (int f = 0; f < pages[i].n_figures && n_further < FW_BOARD_FIGURES; f++) {
            const char *name = pages[i].figures[f].name;
            bool known = is_column(name) || strcmp(name, "objective") == 0 || !is_there(&pages[i], f);
            for (int k = 0; k < n_further; k++)
                known = known || strcmp(further[k], name) == 0;
            if (!known)
                further[n_further++] = name;
        }
    }
    return n_further;
}

static struct fw_value figure_cell(const struct page *page, int64_t row, const char *name)
{
    for (int f = 0; f < page->n_figures; f++) {
        if (strcmp(page->figures[f].name, name) == 0)
            return fw_value_real(page->board.values[row * page->n_figures + f]);
    }
    return fw_value_null();
}

static enum fw_status send_row(struct fw_row_sink sink, const struct page *page, int64_t row,
                               const char *const *further, int n_further, struct fw_error *err)
{
    const struct fw_trial_record *trial = &page->board.trials.rows[row].record;
    struct fw_value cells[n_fixed + FW_BOARD_FIGURES] = {fw_value_text(page->study->name),
                                                         fw_value_int(trial->number),
                                                         fw_value_text(page->study->objective),
                                                         fw_value_real(trial->objective),
                                                         fw_value_real(trial->gain),
                                                         fw_value_real(trial->gain_low),
                                                         fw_value_real(trial->gain_high),
                                                         fw_value_null(),
                                                         fw_value_real(trial->seconds),
                                                         fw_value_text(trial->candidate)};
    if (trial->bytes > 0)
        cells[bytes_column] = fw_value_int(trial->bytes);
    for (int k = 0; k < n_further; k++)
        cells[n_fixed + k] = figure_cell(page, row, further[k]);
    return sink.row(sink.self, cells, err);
}

static enum fw_status send_pages(struct fw_row_sink sink, const struct page *pages, int64_t n, struct fw_error *err)
{
    const char *names[n_fixed + FW_BOARD_FIGURES] = {NULL};
    const char **further = names + n_fixed;
    memcpy(names, fixed_columns, sizeof fixed_columns);
    int n_further = find_further(further, pages, n);
    FW_TRY(sink.begin(sink.self, names, n_fixed + n_further, err));
    for (int64_t i = 0; i < n; i++) {
        for (int64_t t = 0; t < pages[i].board.trials.n; t++)
            FW_TRY(send_row(sink, &pages[i], t, further, n_further, err));
    }
    return sink.end(sink.self, err);
}

static enum fw_status show(const struct page *pages, int64_t n, const struct arguments *arguments, struct fw_error *err)
{
    struct fw_row_writer *out;
    if (arguments->common.json) {
        print_json(pages, n);
        return FW_OK;
    }
    if (arguments->common.format == FW_ROWS_TABLE)
        return print_pages(pages, n, arguments, err);
    FW_TRY(trials_rows_open(&out, &arguments->common, err));
    enum fw_status status = send_pages(fw_row_writer_sink(out), pages, n, err);
    fw_row_writer_destroy(out);
    return status;
}

static enum fw_status best(struct fw_store *store, void *self, struct fw_error *err)
{
    const struct arguments *arguments = self;
    struct fw_study_list studies;
    struct page *pages = NULL;
    int64_t n = 0;
    enum fw_status status;
    FW_TRY(fw_query_study_facts(&studies, store, arguments->target, err));
    FW_ALLOC_GOTO(pages, NULL, studies.n, "the best trials", err, done);
    for (; n < studies.n; n++) {
        pages[n].study = &studies.rows[n];
        FW_TRY_GOTO(read_page(&pages[n], store, arguments, err), done);
    }
    status = show(pages, n, arguments, err);
done:
    for (int64_t i = 0; pages != NULL && i < studies.n; i++)
        fw_board_clear(&pages[i].board);
    fw_free(NULL, pages);
    fw_study_list_clear(&studies);
    return status;
}

int trials_best(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"top", 'n', "N", 0, "How many of the best trials (10 of one study, 1 of each study, a whole front)", 0},
        {"metric", 'm', "NAME", 0, "Rank by this figure: a metric, gain, bytes, seconds, rows (the objective)", 0},
        {"minimise", key_minimise, NULL, 0, "A low figure is better (known of the usual ones)", 0},
        {"maximise", key_maximise, NULL, 0, "A high figure is better (known of the usual ones)", 0},
        {"pareto", key_pareto, NULL, 0, "Only trials that no other beats in all figures at once", 0},
        {"over", key_over, "A,B,...", 0, "The figures of the front (objective,bytes,score_us)", 0},
        {NULL, 0, NULL, 0, NULL, 0},
    };
    static const struct argp argp = {
        .options = options,
        .parser = take,
        .args_doc = "[STUDY]",
        .doc = "The best trials of one study, or of each.\v"
               "  fieldwise trials best tune-7 --metric logloss --top 3\n"
               "  fieldwise trials best tune-7 --pareto\n"
               "  fieldwise trials best tune-7 --over logloss,bytes,seconds\n\n"
               "Of a metric with a curve its best value counts, or else the last. score_us is the time of scoring a "
               "row, in microseconds.",
        .children = trials_options_children,
    };
    struct arguments arguments = {.common = TRIALS_OPTIONS_DEFAULT};
    CLI_PARSE(&argp, "trials best", argc, argv, &arguments);
    int code = trials_read(&arguments.common, best, &arguments);
    cli_list_clear(&arguments.over);
    return code;
}
