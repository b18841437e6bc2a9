#include "cli/terminal.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "core/alloc.h"
#include "core/text.h"
#include "core/text_table.h"

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value != NULL && value[0] != '\0';
}

static bool is_capable(FILE *stream)
{
    const char *term = getenv("TERM");
    return isatty(fileno(stream)) == 1 && (term == NULL || strcmp(term, "dumb") != 0);
}

bool cli_wants_colour(FILE *stream)
{
    return is_capable(stream) && !is_set("NO_COLOR");
}

bool cli_wants_progress(void)
{
    return is_capable(stderr);
}

int cli_terminal_width(FILE *stream)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    int64_t width;
    if (isatty(fileno(stream)) != 1)
        return 0;
    if (columns != NULL && fw_text_to_int(fw_text_of(columns), &width) && width > 0 && width < 100000)
        return (int)width;
    return ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* The calendar date of a time; false for what a damaged store may hold. */
static bool calendar(struct tm *out, int64_t *us, int64_t utc_us)
{
    const int64_t million = 1000000;
    *us = (utc_us % million + million) % million;
    time_t seconds = (utc_us - *us) / million;
    return utc_us > INT64_MIN + million && gmtime_r(&seconds, out) != NULL && out->tm_year < 8100;
}

char *cli_time_short(char out[CLI_TIME_SIZE], int64_t utc_us)
{
    struct tm date;
    int64_t us;
    if (!calendar(&date, &us, utc_us) || strftime(out, CLI_TIME_SIZE, "%Y-%m-%d %H:%M:%S", &date) == 0)
        strcpy(out, "?");
    return out;
}

char *cli_time_iso(char out[CLI_TIME_SIZE], int64_t utc_us)
{
    struct tm date;
    int64_t us;
    if (!calendar(&date, &us, utc_us) || strftime(out, CLI_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &date) == 0)
        return strcpy(out, "?");
    size_t n = strlen(out);
    snprintf(out + n, CLI_TIME_SIZE - n, ".%06dZ", (int)us);
    return out;
}

struct cli_table {
    const char *const *headers;
    struct fw_text_table cells; /* the headers are its first row */
    struct fw_buffer raw;       /* a cell as formatted */
    bool fitted;                /* to the terminal */
};

static void out_of_memory(void)
{
    struct fw_error err = {.status = FW_E_NOMEM};
    exit(cli_fail(&err));
}

struct cli_table *cli_table_create(const char *const *headers, int n_columns)
{
    struct cli_table *table = fw_alloc_array(NULL, 1, sizeof *table);
    if (table == NULL || fw_text_table_init(&table->cells, n_columns, NULL, NULL) != FW_OK) {
        out_of_memory();
        return NULL;
    }
    table->headers = headers;
    for (int c = 0; c < n_columns; c++) {
        table->cells.columns[c].right = headers[c][0] == '>';
        fw_text_table_add(&table->cells, fw_text_of(headers[c] + (headers[c][0] == '>')));
    }
    return table;
}

void cli_table_cell(struct cli_table *table, const char *format, ...)
{
    char small[256];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    const char *cell = small;
    if (n >= (int)sizeof small) {
        if (fw_reserve(NULL, &table->raw.data, &table->raw.capacity, (int64_t)n + 1, 1, NULL) != FW_OK)
            out_of_memory();
        va_start(args, format);
        vsnprintf(table->raw.data, (size_t)n + 1, format, args);
        va_end(args);
        cell = table->raw.data;
    }
    fw_text_table_add(&table->cells, fw_text_of(n < 0 ? "?" : cell));
}

/* True when the table has a header row. */
static bool is_headed(const struct cli_table *table)
{
    for (int c = 0; c < table->cells.n_columns; c++) {
        if (table->headers[c][0] != '\0')
            return true;
    }
    return false;
}

void cli_table_fit(struct cli_table *table)
{
    table->fitted = true;
    for (int c = 0; c < table->cells.n_columns; c++)
        table->cells.columns[c].whole = table->cells.columns[c].right;
}

void cli_table_print(struct cli_table *table, FILE *stream)
{
    struct fw_buffer line;
    fw_buffer_init(&line, NULL);
    bool bold = cli_wants_colour(stream);
    if (fw_text_table_measure(&table->cells, table->fitted ? cli_terminal_width(stream) : 0, NULL) != FW_OK)
        out_of_memory();
    for (int64_t r = is_headed(table) ? 0 : 1; r < fw_text_table_rows(&table->cells); r++) {
        line.length = 0;
        fw_buffer_add_text(&line, bold && r == 0 ? "\033[1m" : "");
        fw_text_table_line(&line, &table->cells, r);
        fw_buffer_add_text(&line, bold && r == 0 ? "\033[0m" : "");
        if (line.failed)
            out_of_memory();
        fwrite(line.data, 1, (size_t)line.length, stream);
    }
    fw_buffer_clear(&line);
    fw_text_table_clear(&table->cells);
    fw_buffer_clear(&table->raw);
    fw_free(NULL, table);
}
