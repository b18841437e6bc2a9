#include "cli/terminal.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/utf8.h"
#include "core/alloc.h"
#include "core/text.h"

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

/* Texts lie one after the other in one buffer, each with its NUL. */
struct cli_table {
    const char *const *headers;
    int n_columns;
    int64_t *starts; /* of each cell in `text`, row by row */
    int64_t n_cells, capacity;
    struct fw_buffer text;
    struct fw_buffer raw; /* a cell before escaping */
};

static void out_of_memory(void)
{
    struct fw_error err = {.status = FW_E_NOMEM};
    exit(cli_fail(&err));
}

struct cli_table *cli_table_create(const char *const *headers, int n_columns)
{
    struct cli_table *table = fw_alloc_array(NULL, 1, sizeof *table);
    if (table == NULL)
        out_of_memory();
    else
        *table = (struct cli_table){.headers = headers, .n_columns = n_columns};
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
    if (fw_reserve(NULL, &table->starts, &table->capacity, table->n_cells + 1, sizeof *table->starts, NULL) != FW_OK)
        out_of_memory();
    table->starts[table->n_cells++] = table->text.length;
    cli_utf8_add_printable(&table->text, n < 0 ? "?" : cell);
    fw_buffer_add(&table->text, "", 1);
    if (table->text.failed)
        out_of_memory();
}

static bool is_right_aligned(const struct cli_table *table, int column)
{
    return table->headers[column][0] == '>';
}

static const char *header_of(const struct cli_table *table, int column)
{
    return table->headers[column] + is_right_aligned(table, column);
}

static const char *cell_of(const struct cli_table *table, int64_t cell)
{
    return cell < table->n_cells ? table->text.data + table->starts[cell] : "";
}

/* Prints one cell; nothing is padded at the end of a line. */
static void print_cell(const struct cli_table *table, FILE *stream, const char *text, int column, const int *widths)
{
    int padding = widths[column] - cli_utf8_width(text);
    bool right = is_right_aligned(table, column);
    bool last = column == table->n_columns - 1;
    fprintf(stream, "%*s%s%*s%s", right ? padding : 0, "", text, !right && !last ? padding : 0, "", last ? "\n" : "  ");
}

/* How wide each column is; true when the table has a header row. */
static bool measure(const struct cli_table *table, int *widths)
{
    bool headed = false;
    for (int c = 0; c < table->n_columns; c++) {
        widths[c] = cli_utf8_width(header_of(table, c));
        headed = headed || widths[c] > 0;
        for (int64_t i = c; i < table->n_cells; i += table->n_columns) {
            int width = cli_utf8_width(cell_of(table, i));
            widths[c] = width > widths[c] ? width : widths[c];
        }
    }
    return headed;
}

void cli_table_print(struct cli_table *table, FILE *stream)
{
    int *widths = fw_alloc_array(NULL, table->n_columns, sizeof *widths);
    if (widths == NULL) {
        out_of_memory();
        return;
    }
    bool bold = cli_wants_colour(stream);
    if (measure(table, widths)) {
        fputs(bold ? "\033[1m" : "", stream);
        for (int c = 0; c < table->n_columns; c++)
            print_cell(table, stream, header_of(table, c), c, widths);
        fputs(bold ? "\033[0m" : "", stream);
    }
    for (int64_t i = 0; i < table->n_cells; i += table->n_columns) {
        for (int c = 0; c < table->n_columns; c++)
            print_cell(table, stream, cell_of(table, i + c), c, widths);
    }
    fw_free(NULL, widths);
    fw_free(NULL, table->starts);
    fw_buffer_clear(&table->text);
    fw_buffer_clear(&table->raw);
    fw_free(NULL, table);
}
