/* fieldwise synth: a generated table with a known answer. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/terminal.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/text.h"
#include "space/synth.h"

enum key {
    KEY_LIKE = 1000,
    KEY_ROWS,
    KEY_SEED,
    KEY_OUT,
    KEY_TRUTH,
    KEY_PLANTED,
    KEY_STRENGTH,
    KEY_MIN_ORDER,
    KEY_MAX_ORDER,
    KEY_MAIN_STRENGTH,
    KEY_CATEGORICAL,
    KEY_NUMERIC,
    KEY_NOISE,
    KEY_CARDINALITY,
    KEY_POWER,
    KEY_POSITIVE_RATE,
    KEY_MISSING_RATE,
    KEY_DELIMITER,
    KEY_HEADER,
    KEY_NO_HEADER,
    KEY_THREADS,
    KEY_QUIET
};

/* Numbers are kept as given and put into place when the kind, which may come last, has set the defaults. */
struct input {
    const char *kind;
    const char *out;
    const char *truth;
    const char *values[KEY_QUIET - KEY_LIKE + 1]; /* by key; NULL: not given */
    bool quiet;
};

static const struct argp_option options[] = {
    {"like", KEY_LIKE, "KIND", 0, "The kind, instead of as an argument", 0},
    {"rows", KEY_ROWS, "N", 0, "Rows (20000)", 0},
    {"seed", KEY_SEED, "S", 0, "The same seed and options give the same bytes (0)", 0},
    {"out", KEY_OUT, "FILE", 0, "Where the table goes; - is standard output", 0},
    {"truth", KEY_TRUTH, "FILE", 0, "Where the truth goes, as JSON (not written)", 0},
    {"threads", KEY_THREADS, "N", 0, "Threads (0: all)", 0},
    {"quiet", KEY_QUIET, NULL, 0, "No progress", 0},
    {NULL, 0, NULL, 0, "What is planted:", 1},
    {"planted", KEY_PLANTED, "N", 0, "Crosses (3)", 1},
    {"strength", KEY_STRENGTH, "S", 0, "Standard deviation of each cross in the logit (1); 0 plants none", 1},
    {"min-order", KEY_MIN_ORDER, "K", 0, "Columns of a cross, at least (2)", 1},
    {"max-order", KEY_MAX_ORDER, "K", 0, "Columns of a cross, at most 4 (3; criteo 2)", 1},
    {"main-strength", KEY_MAIN_STRENGTH, "S", 0, "Standard deviation of each column's own effect (0.5; criteo 0.15)",
     1},
    {"positive-rate", KEY_POSITIVE_RATE, "P", 0, "Expected share of label 1 (0.25; criteo 0.256)", 1},
    {NULL, 0, NULL, 0, "Shape of the table:", 2},
    {"categorical", KEY_CATEGORICAL, "N", 0, "Categorical columns (8)", 2},
    {"numeric", KEY_NUMERIC, "N", 0, "Numeric columns (4)", 2},
    {"noise", KEY_NOISE, "N", 0, "Further columns without effect, half of each type (4)", 2},
    {"cardinality", KEY_CARDINALITY, "N", 0, "Most values of a categorical column (12; criteo 0: as published)", 2},
    {"power", KEY_POWER, "A", 0, "Exponent of the values' power law (1.1)", 2},
    {"missing-rate", KEY_MISSING_RATE, "P", 0, "Share of empty cells (0.01; criteo 1, times the published shares)", 2},
    {"delimiter", KEY_DELIMITER, "C", 0, "Between cells: , ; | space or tab (comma; criteo tab)", 2},
    {"header", KEY_HEADER, NULL, 0, "Begin with a line of column names (crosses does)", 2},
    {"no-header", KEY_NO_HEADER, NULL, 0, "Begin with the first row (criteo does)", 2},
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct input *input = state->input;
    switch (key) {
    case KEY_LIKE:
    case ARGP_KEY_ARG:
        if (input->kind != NULL)
            return cli_usage("synth", "one kind at a time: '%s' or '%s'", input->kind, text), EINVAL;
        input->kind = text;
        return 0;
    case KEY_OUT:
        input->out = text;
        return 0;
    case KEY_TRUTH:
        input->truth = text;
        return 0;
    case KEY_QUIET:
        input->quiet = true;
        return 0;
    default:
        if (key < KEY_LIKE || key > KEY_QUIET)
            return ARGP_ERR_UNKNOWN;
        input->values[key - KEY_LIKE] = text != NULL ? text : "";
        return 0;
    }
}

static const struct argp parser = {
    .options = options,
    .parser = parse_option,
    .args_doc = "KIND",
    .doc = "Writes a table with a known answer.\n\n"
           "  crosses   categorical and numeric columns, noise, and planted crosses\n"
           "  criteo    the shape of Criteo's click log: 13 counts, 26 categories of up to 10 million values\v"
           "Example: fieldwise synth crosses --rows 100000 --out table.csv --truth truth.json",
};

/* One option's text as a number into a field of the options: exactly one of the pointers is set. */
struct number {
    const char *name;
    enum key key;
    int64_t *whole;
    double *real;
};

static bool put_number(const struct number *number, const char *text)
{
    struct fw_text value = fw_text_of(text);
    return number->whole != NULL ? fw_text_to_int(value, number->whole) : fw_text_to_double(value, number->real);
}

static int put_options(struct fw_synth_options *o, int *threads, const struct input *input)
{
    int64_t seed = 0;
    int64_t planted = o->planted;
    int64_t min_order = o->min_order;
    int64_t max_order = o->max_order;
    int64_t n_threads = 0;
    const struct number numbers[] = {
        {"rows", KEY_ROWS, &o->rows, NULL},
        {"seed", KEY_SEED, &seed, NULL},
        {"planted", KEY_PLANTED, &planted, NULL},
        {"min-order", KEY_MIN_ORDER, &min_order, NULL},
        {"max-order", KEY_MAX_ORDER, &max_order, NULL},
        {"categorical", KEY_CATEGORICAL, &o->categorical, NULL},
        {"numeric", KEY_NUMERIC, &o->numeric, NULL},
        {"noise", KEY_NOISE, &o->noise, NULL},
        {"cardinality", KEY_CARDINALITY, &o->cardinality, NULL},
        {"threads", KEY_THREADS, &n_threads, NULL},
        {"strength", KEY_STRENGTH, NULL, &o->strength},
        {"main-strength", KEY_MAIN_STRENGTH, NULL, &o->main_strength},
        {"power", KEY_POWER, NULL, &o->power},
        {"positive-rate", KEY_POSITIVE_RATE, NULL, &o->positive_rate},
        {"missing-rate", KEY_MISSING_RATE, NULL, &o->missing_rate},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const char *text = input->values[numbers[i].key - KEY_LIKE];
        if (text != NULL && !put_number(&numbers[i], text))
            return cli_usage("synth", "--%s is '%s', not a %snumber", numbers[i].name, text,
                             numbers[i].whole != NULL ? "whole " : "");
    }
    if (n_threads < 0 || n_threads > 1024)
        return cli_usage("synth", "--threads is %lld; 0 (all) to 1024 are possible", (long long)n_threads);
    if (seed < 0)
        return cli_usage("synth", "--seed is %lld; seeds are not negative", (long long)seed);
    if (planted < 0 || planted > 1000 || min_order < 2 || min_order > 4 || max_order < 2 || max_order > 4)
        return cli_usage("synth", "--planted may be 0 to 1000, --min-order and --max-order 2 to 4");
    o->seed = (uint64_t)seed;
    o->planted = (int32_t)planted;
    o->min_order = (int32_t)min_order;
    o->max_order = (int32_t)max_order;
    if (o->min_order > o->max_order)
        *(input->values[KEY_MAX_ORDER - KEY_LIKE] == NULL ? &o->max_order : &o->min_order) =
            input->values[KEY_MAX_ORDER - KEY_LIKE] == NULL ? o->min_order : o->max_order;
    *threads = (int)n_threads;
    return 0;
}

static int put_dialect(struct fw_synth_options *o, const struct input *input)
{
    const char *delimiter = input->values[KEY_DELIMITER - KEY_LIKE];
    if (delimiter != NULL) {
        bool tab = strcmp(delimiter, "\\t") == 0 || strcmp(delimiter, "tab") == 0;
        if (!tab && strlen(delimiter) != 1)
            return cli_usage("synth", "--delimiter is '%s'; it may be , ; | a space or tab", delimiter);
        o->delimiter = tab ? '\t' : delimiter[0];
    }
    bool header = input->values[KEY_HEADER - KEY_LIKE] != NULL;
    bool no_header = input->values[KEY_NO_HEADER - KEY_LIKE] != NULL;
    if (header && no_header)
        return cli_usage("synth", "--header and --no-header exclude each other");
    o->header = header || (o->header && !no_header);
    return 0;
}

struct progress {
    bool shown;
    double started;
};

static int on_progress(void *user, int64_t rows_done, int64_t rows_total)
{
    const struct progress *progress = user;
    double seconds = fw_clock_seconds() - progress->started;
    if (progress->shown && seconds > 1 && rows_done > 0) {
        char rate[32];
        char left[32];
        fw_text_count(rate, (int64_t)((double)rows_done / seconds));
        fw_text_duration(left, seconds / (double)rows_done * (double)(rows_total - rows_done));
        fprintf(stderr, "\r\033[Ksynth: %.0f%%, %s rows/s, %s left", 100 * (double)rows_done / (double)rows_total, rate,
                left);
    }
    return atomic_load(&cli_stop);
}

static enum fw_status write_to_stdout(void *user, const char *data, size_t n, struct fw_error *err)
{
    (void)user;
    if (fwrite(data, 1, n, stdout) != n)
        return fw_error_set(err, FW_E_IO, "cannot write standard output: %s", strerror(errno));
    return FW_OK;
}

/* Standard output is no file that could be taken back; the truth still appears only after the whole table. */
static enum fw_status write_stream(const char *truth_path, const struct fw_synth_options *o, int threads,
                                   struct fw_error *err)
{
    if (truth_path == NULL)
        return fw_synth_generate(write_to_stdout, NULL, NULL, o, threads, NULL, err);
    struct fw_outfile truth;
    char *text = NULL;
    FW_TRY(fw_outfile_open(&truth, truth_path, err));
    enum fw_status status = fw_synth_generate(write_to_stdout, NULL, &text, o, threads, NULL, err);
    if (status == FW_OK)
        status = fw_outfile_write(&truth, text, strlen(text), err);
    fw_free(NULL, text);
    return fw_outfile_close(&truth, status, err);
}

int cmd_synth(int argc, char **argv)
{
    struct input input = {0};
    struct fw_synth_options o;
    struct fw_error err = {0};
    enum fw_synth_kind kind;
    int threads = 0;
    CLI_PARSE(&parser, "synth", argc, argv, &input);
    if (input.kind == NULL)
        return cli_usage("synth", "which kind of table? crosses or criteo");
    if (!fw_synth_kind_find(&kind, input.kind))
        return cli_usage("synth", "there is no kind '%s'; the kinds are crosses and criteo", input.kind);
    if (input.out == NULL)
        return cli_usage("synth", "--out FILE is missing (- is standard output)");
    fw_synth_options_init(&o, kind);
    int code = put_options(&o, &threads, &input);
    if (code == 0)
        code = put_dialect(&o, &input);
    if (code != 0)
        return code;

    struct progress progress = {.shown = !input.quiet && cli_wants_progress(), .started = fw_clock_seconds()};
    o.progress = on_progress;
    o.user = &progress;
    enum fw_status status = strcmp(input.out, "-") == 0
                                ? write_stream(input.truth, &o, threads, &err)
                                : fw_synth_write(input.out, input.truth, &o, threads, NULL, &err);
    if (progress.shown)
        fprintf(stderr, "\r\033[K");
    return status == FW_OK ? 0 : cli_fail(&err);
}
