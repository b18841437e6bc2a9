#include "cli/data_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/command.h"
#include "cli/terminal.h"
#include "core/clock.h"
#include "core/text.h"
#include "space/table_cache.h"

/* Texts smaller than this are read faster than a cache is worth its place on the disk. */
#define CACHE_FROM_BYTES (64 * FW_MIB)

enum {
    key_delimiter = 0x1000,
    key_header,
    key_no_header,
    key_names,
    key_missing,
    key_format,
    key_label,
    key_labels,
    key_positive,
    key_regression,
    key_task_weight,
    key_position,
    key_weight,
    key_group,
    key_time,
    key_ignore,
    key_categorical,
    key_numeric,
    key_sequence,
    key_separator,
    key_on_bad_row,
    key_threads,
    key_memory_limit,
    key_cache
};

static const struct argp_option options_table[] = {
    {NULL, 0, NULL, 0, "Columns (by name, or by position from 1):", 1},
    {"label", key_label, "COLUMN", 0, "the column to predict", 1},
    {"labels", key_labels, "COLUMNS", 0, "several columns to predict together", 1},
    {"positive", key_positive, "[COLUMN=]VALUE", 0, "a label's positive value (not needed for 0/1, true/false, yes/no)",
     1},
    {"regression", key_regression, "COLUMNS", 0, "labels that are numbers", 1},
    {"task-weight", key_task_weight, "COLUMN=W", 0, "what a label counts beside others (1)", 1},
    {"position", key_position, "COLUMN", 0, "where a row was shown, for models that know of positions", 1},
    {"weight", key_weight, "COLUMN", 0, "how much a row counts", 1},
    {"group", key_group, "COLUMN", 0, "rows of one group stay together in a split", 1},
    {"time", key_time, "COLUMN", 0, "when a row happened, for a split by time", 1},
    {"ignore", key_ignore, "COLUMNS", 0, "columns to leave out", 1},
    {"categorical", key_categorical, "COLUMNS", 0, "columns of categories, also when they look like numbers", 1},
    {"numeric", key_numeric, "COLUMNS", 0, "columns of numbers", 1},
    {"sequence", key_sequence, "COLUMNS", 0, "columns with several values in a cell", 1},
    {"separator", key_separator, "CHAR", 0, "between the values of a sequence ('|')", 1},
    {NULL, 0, NULL, 0, "Reading:", 2},
    {"delimiter", key_delimiter, "CHAR", 0, "between fields: a character, 'tab', 'comma', ... (sniffed)", 2},
    {"header", key_header, NULL, 0, "the first line holds the names of the columns (sniffed)", 2},
    {"no-header", key_no_header, NULL, 0, "the first line is a row", 2},
    {"names", key_names, "NAMES", 0, "names of the columns, separated by commas", 2},
    {"missing", key_missing, "VALUE", 0, "a further text that means 'missing'", 2},
    {"format", key_format, "FORMAT", 0, "csv, libsvm or libffm (sniffed)", 2},
    {"on-bad-row", key_on_bad_row, "error|skip", 0, "what to do with rows that cannot be read (error)", 2},
    {"cache", key_cache, "auto|off|FOLDER", 0,
     "keep the parsed table for the next run (auto: beside it, from 64 MiB on)", 2},
    {NULL, 0, NULL, 0, "Running:", 3},
    {"threads", key_threads, "N", 0, "threads to use (all); results do not depend on it", 3},
    {"memory-limit", key_memory_limit, "SIZE", 0, "such as 4GiB (none)", 3},
    {"quiet", 'q', NULL, 0, "nothing on standard error but errors", 3},
    {NULL, 0, NULL, 0, NULL, 0},
};

void cli_data_init(struct cli_data_options *options)
{
    memset(options, 0, sizeof *options);
    fw_allocator_init(&options->mem, 0);
    options->separator = '|';
    options->cache = "auto";
}

void cli_list_clear(struct cli_list *list)
{
    for (int64_t i = 0; i < list->n; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct cli_list){0};
}

void cli_data_clear(struct cli_data_options *options)
{
    cli_list_clear(&options->names);
    cli_list_clear(&options->missing);
    cli_list_clear(&options->ignore);
    cli_list_clear(&options->categorical);
    cli_list_clear(&options->numeric);
    cli_list_clear(&options->sequence);
    cli_list_clear(&options->labels);
    cli_list_clear(&options->positives);
    cli_list_clear(&options->regression);
    cli_list_clear(&options->task_weights);
}

void cli_list_add_one(struct cli_list *list, const char *text, size_t length)
{
    char **grown = realloc(list->items, (size_t)(list->n + 1) * sizeof *grown);
    char *copy = strndup(text, length);
    if (grown == NULL || copy == NULL) {
        fprintf(stderr, "fieldwise: out of memory\n");
        exit(fw_status_exit_code(FW_E_NOMEM));
    }
    list->items = grown;
    list->items[list->n++] = copy;
}

void cli_list_add(struct cli_list *list, const char *text)
{
    for (const char *item = text;;) {
        size_t length = strcspn(item, ",");
        cli_list_add_one(list, item, length);
        if (item[length] == '\0')
            return;
        item += length + 1;
    }
}

/* A character, its usual name, or an escape. */
static bool parse_character(const char *text, char *out)
{
    static const struct {
        const char *name;
        char character;
    } names[] = {{"tab", '\t'}, {"\\t", '\t'},  {"comma", ','}, {"semicolon", ';'},
                 {"pipe", '|'}, {"space", ' '}, {"colon", ':'}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(text, names[i].name) == 0) {
            *out = names[i].character;
            return true;
        }
    }
    *out = text[0];
    return text[0] != '\0' && text[1] == '\0' && text[0] != '"' && text[0] != '\n';
}

static void parse_delimiter(struct argp_state *state, struct cli_data_options *o, const char *arg)
{
    if (!parse_character(arg, &o->delimiter_char))
        argp_error(state, "--delimiter takes one character or a name such as 'tab', not '%s'", arg);
    o->delimiter = arg;
}

static void parse_format(struct argp_state *state, struct cli_data_options *o, const char *arg)
{
    static const char *const names[] = {"auto", "csv", "libsvm", "libffm"};
    for (int i = 0; i < 4; i++) {
        if (strcasecmp(arg, names[i]) == 0) {
            o->format = (enum fw_table_format)i;
            return;
        }
    }
    if (strcasecmp(arg, "tsv") == 0) {
        o->format = FW_TABLE_CSV;
        o->delimiter = "tab";
        o->delimiter_char = '\t';
        return;
    }
    argp_error(state, "--format is csv, tsv, libsvm or libffm, not '%s'", arg);
}

static void parse_limits(struct argp_state *state, struct cli_data_options *o, int key, const char *arg)
{
    int64_t threads;
    size_t bytes;
    if (key == key_threads) {
        if (!fw_text_to_int(fw_text_of(arg), &threads) || threads < 0 || threads > 1024)
            argp_error(state, "--threads takes a number from 0 (all) to 1024, not '%s'", arg);
        o->threads = (int)threads;
    } else {
        if (!fw_text_to_bytes(fw_text_of(arg), &bytes) || bytes < FW_MIB)
            argp_error(state, "--memory-limit takes a size of at least 1MiB, such as 4GiB, not '%s'", arg);
        o->mem.limit = bytes;
    }
}

static void parse_on_bad_row(struct argp_state *state, struct cli_data_options *o, const char *arg)
{
    if (strcmp(arg, "skip") != 0 && strcmp(arg, "error") != 0)
        argp_error(state, "--on-bad-row is error or skip, not '%s'", arg);
    o->skip_bad_rows = strcmp(arg, "skip") == 0;
}

static void parse_labels(struct argp_state *state, struct cli_data_options *o, int key, const char *arg)
{
    if (o->labels.n > 0)
        argp_error(state, "name the column to predict once (--label COLUMN), or several as --labels COLUMN,COLUMN");
    if (key == key_label)
        cli_list_add_one(&o->labels, arg, strlen(arg));
    else
        cli_list_add(&o->labels, arg);
}

void cli_check_labels(struct argp_state *state, const struct cli_data_options *options)
{
    if (options->single == NULL)
        return;
    if (options->labels.n > 1)
        argp_error(state,
                   "%s works on one label, not on %lld; learn several together with 'fieldwise route' or 'fieldwise "
                   "train --model mmoe'",
                   options->single, (long long)options->labels.n);
    if (options->regression.n > 0)
        argp_error(state,
                   "%s works on a label with two classes, not on a number (--regression %s); learn numbers beside "
                   "other labels with 'fieldwise route' or 'fieldwise train --model mmoe'",
                   options->single, options->regression.items[0]);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct cli_data_options *o = state->input;
    switch (key) {
    case key_label:
    case key_labels:
        parse_labels(state, o, key, arg);
        return 0;
    case key_positive:
        cli_list_add_one(&o->positives, arg, strlen(arg));
        return 0;
    case key_regression:
        cli_list_add(&o->regression, arg);
        return 0;
    case key_task_weight:
        cli_list_add_one(&o->task_weights, arg, strlen(arg));
        return 0;
    case key_position:
        o->position = arg;
        return 0;
    case key_weight:
        o->weight = arg;
        return 0;
    case key_group:
        o->group = arg;
        return 0;
    case key_time:
        o->time = arg;
        return 0;
    case key_ignore:
        cli_list_add(&o->ignore, arg);
        return 0;
    case key_categorical:
        cli_list_add(&o->categorical, arg);
        return 0;
    case key_numeric:
        cli_list_add(&o->numeric, arg);
        return 0;
    case key_sequence:
        cli_list_add(&o->sequence, arg);
        return 0;
    case key_separator:
        if (!parse_character(arg, &o->separator))
            argp_error(state, "--separator takes one character, not '%s'", arg);
        return 0;
    case key_delimiter:
        parse_delimiter(state, o, arg);
        return 0;
    case key_header:
        o->header = FW_HEADER_YES;
        return 0;
    case key_no_header:
        o->header = FW_HEADER_NO;
        return 0;
    case key_names:
        cli_list_add(&o->names, arg);
        return 0;
    case key_missing:
        cli_list_add(&o->missing, arg);
        return 0;
    case key_format:
        parse_format(state, o, arg);
        return 0;
    case key_on_bad_row:
        parse_on_bad_row(state, o, arg);
        return 0;
    case key_cache:
        o->cache = arg;
        return 0;
    case key_threads:
    case key_memory_limit:
        parse_limits(state, o, key, arg);
        return 0;
    case 'q':
        o->quiet = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp cli_data_argp = {options_table, parse, NULL, NULL, NULL, NULL, NULL};

void cli_note(const struct cli_data_options *options, const char *format, ...)
{
    if (options->quiet)
        return;
    struct fw_error line; /* its setter escapes control characters */
    va_list args;
    va_start(args, format);
    fw_error_vset(&line, FW_OK, format, args);
    va_end(args);
    fprintf(stderr, "%s\n", line.message);
}

void cli_emit_log(void *user, enum fw_log_level level, const char *line)
{
    const struct cli_data_options *options = user;
    if (!options->quiet && level <= FW_LOG_RUN)
        fprintf(stderr, "%s%s\n", level == FW_LOG_WARNING ? "warning: " : "", line);
}

static struct fw_name_list borrow(const struct cli_list *list)
{
    return (struct fw_name_list){(const char *const *)list->items, list->n};
}

void cli_table_options(struct fw_table_options *out, const struct cli_data_options *options)
{
    fw_table_options_init(out);
    out->format = options->format;
    out->header = options->header;
    out->delimiter = options->delimiter_char;
    out->names = (const char *const *)options->names.items;
    out->n_names = options->names.n;
    out->missing = (const char *const *)options->missing.items;
    out->n_missing = options->missing.n;
    out->text_columns = (const char *const *)options->categorical.items;
    out->n_text_columns = options->categorical.n;
    out->skip_bad_rows = options->skip_bad_rows;
    out->threads = options->threads;
}

void cli_schema_options(struct fw_schema_options *out, const struct cli_data_options *options)
{
    fw_schema_options_init(out);
    out->labels = borrow(&options->labels);
    out->positives = borrow(&options->positives);
    out->regression = borrow(&options->regression);
    out->task_weights = borrow(&options->task_weights);
    out->weight = options->weight;
    out->group = options->group;
    out->time = options->time;
    out->position = options->position;
    out->ignore = borrow(&options->ignore);
    out->categorical = borrow(&options->categorical);
    out->numeric = borrow(&options->numeric);
    out->sequence = borrow(&options->sequence);
    out->separator = options->separator;
    out->skip_bad_rows = options->skip_bad_rows;
    out->threads = options->threads;
}

void cli_data_from_plan(struct cli_data_options *options, const struct fw_plan *plan)
{
    if (options->delimiter == NULL)
        options->delimiter_char = plan->dialect.delimiter;
    if (options->format == FW_TABLE_AUTO)
        options->format = plan->dialect.format;
    if (options->header == FW_HEADER_AUTO)
        options->header = plan->dialect.has_header ? FW_HEADER_YES : FW_HEADER_NO;
    if (options->missing.n == 0) {
        for (int64_t i = 0; i < plan->n_missing; i++)
            cli_list_add(&options->missing, plan->missing[i]);
    }
    if (options->categorical.n > 0)
        return;
    for (int64_t c = 0; c < plan->schema->n_columns; c++) { /* codes of digits must stay the texts they were */
        if (plan->schema->columns[c].type == FW_TYPE_CATEGORICAL || plan->schema->columns[c].type == FW_TYPE_SEQUENCE)
            cli_list_add(&options->categorical, plan->schema->columns[c].name);
    }
}

static int on_progress(void *user, int64_t done, int64_t total)
{
    struct cli_reading *r = user;
    double now = fw_clock_seconds();
    if (r->active && done > r->bytes && now - r->started > 0.5 && now - r->shown > 0.2) {
        char text[32];
        char rate[32];
        r->shown = now;
        r->bytes = done;
        fprintf(stderr, "\r\033[Kreading %s: %s, %s/s", r->path, fw_text_bytes(text, (double)done),
                fw_text_bytes(rate, (double)done / (now - r->started)));
        if (total > 0)
            fprintf(stderr, ", %.0f %%", 100.0 * (double)done / (double)total);
    }
    return atomic_load(&cli_stop);
}

void cli_reading_begin(struct cli_reading *reading, const char *path, struct cli_data_options *options)
{
    *reading = (struct cli_reading){.log = {cli_emit_log, options},
                                    .path = path,
                                    .started = fw_clock_seconds(),
                                    .active = !options->quiet && cli_wants_progress()};
    cli_table_options(&reading->options, options);
    reading->options.log = &reading->log;
    reading->options.progress = on_progress;
    reading->options.user = reading;
}

void cli_reading_end(struct cli_reading *reading)
{
    if (reading->shown > 0)
        fprintf(stderr, "\r\033[K");
    reading->shown = 0;
}

static const char *delimiter_name(char delimiter, char scratch[4])
{
    switch (delimiter) {
    case '\t':
        return "tab";
    case ' ':
        return "space";
    default:
        snprintf(scratch, 4, "'%c'", delimiter);
        return scratch;
    }
}

void cli_reading_tell(const struct cli_reading *reading, const struct fw_table *table, bool cached,
                      const struct cli_data_options *options)
{
    double seconds = fw_clock_seconds() - reading->started;
    char rows[32];
    char time[32];
    char bytes[32];
    char delimiter[4];
    struct fw_buffer line;
    fw_buffer_init(&line, NULL);
    fw_buffer_addf(&line, "%s: %s rows, %lld columns (", reading->path, fw_text_count(rows, table->n_rows),
                   (long long)table->n_columns);
    if (table->dialect.format == FW_TABLE_CSV)
        fw_buffer_addf(&line, "delimiter %s, %s", delimiter_name(table->dialect.delimiter, delimiter),
                       table->dialect.has_header ? "header" : "no header");
    else
        fw_buffer_add_text(&line, table->dialect.format == FW_TABLE_LIBSVM ? "libsvm" : "libffm");
    if (strcmp(table->dialect.compression, "none") != 0)
        fw_buffer_addf(&line, ", %s", table->dialect.compression);
    if (table->dialect.preamble_lines > 0)
        fw_buffer_addf(&line, ", %lld line(s) before the table left out", (long long)table->dialect.preamble_lines);
    if (table->n_bad_rows > 0)
        fw_buffer_addf(&line, ", %lld bad row(s) left out", (long long)table->n_bad_rows);
    fw_buffer_addf(&line, "), %s in %s%s", fw_text_bytes(bytes, (double)table->text_bytes),
                   fw_text_duration(time, seconds), cached ? " from the cache" : "");
    if (!line.failed)
        cli_note(options, "%s", line.data);
    fw_buffer_clear(&line);
}

static bool wants_cache(const char *path, const struct cli_data_options *options)
{
    if (strcmp(options->cache, "off") == 0 || strcmp(path, "-") == 0)
        return false;
    if (strcmp(options->cache, "auto") != 0)
        return true;
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    bool large = fseek(file, 0, SEEK_END) == 0 && ftell(file) >= (long)CACHE_FROM_BYTES;
    fclose(file);
    return large;
}

enum fw_status cli_read_table(struct fw_table **out, const char *path, struct cli_data_options *options,
                              struct fw_error *err)
{
    struct cli_reading reading;
    cli_reading_begin(&reading, path, options);
    bool hit = false;
    const char *folder = strcmp(options->cache, "auto") == 0 ? NULL : options->cache;
    enum fw_status status = wants_cache(path, options)
                                ? fw_table_read_cached(out, &hit, path, folder, &reading.options, &options->mem, err)
                                : fw_table_read(out, path, &reading.options, &options->mem, err);
    cli_reading_end(&reading);
    FW_TRY(status);
    cli_reading_tell(&reading, *out, hit, options);
    return FW_OK;
}

enum fw_status cli_match_columns(int64_t **columns_out, const struct fw_schema *schema, const struct fw_table *table,
                                 bool need_label, struct cli_data_options *options, struct fw_error *err)
{
    FW_ALLOC(*columns_out, &options->mem, schema->n_columns, "the columns of a table", err);
    return fw_schema_match(schema, table, *columns_out, need_label, err);
}

enum fw_status cli_plan_of_schema(struct fw_plan **out, struct fw_schema *schema,
                                  const struct fw_table_dialect *dialect, const struct fw_encoder_options *encoder,
                                  struct cli_data_options *options, struct fw_error *err)
{
    struct fw_plan *plan = NULL;
    enum fw_status status = fw_plan_create(&plan, schema, &options->mem, err);
    if (status != FW_OK) {
        fw_schema_destroy(schema);
        return status;
    }
    plan->dialect = *dialect;
    plan->encoder = *encoder;
    for (int64_t i = 0; i < options->missing.n && status == FW_OK; i++)
        status = fw_plan_add_missing(plan, options->missing.items[i], err);
    if (status != FW_OK) {
        fw_plan_destroy(plan);
        return status;
    }
    *out = plan;
    return FW_OK;
}
