#include "results/report/report_text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/utf8.h"
#include "results/drawing/candidate_text.h"

/* Bytes of a text in a cell. */
#define CELL_MOST 600

char *fw_report_figure(char out[32], double value)
{
    bool is_plain = fabs(value) < 1000 && (fabs(value) >= 1e-4 || value == 0);
    if (isnan(value))
        snprintf(out, 32, "-");
    else
        snprintf(out, 32, is_plain ? "%.5f" : "%.6g", value);
    return out;
}

char *fw_report_gain(char out[128], double gain, double low, double high)
{
    if (isnan(gain))
        snprintf(out, 128, "-");
    else if (isnan(low) || isnan(high))
        snprintf(out, 128, "%+.5f", gain);
    else
        snprintf(out, 128, "%+.5f [%+.5f, %+.5f]", gain, low, high);
    return out;
}

char *fw_report_time(char out[40], int64_t utc_us)
{
    struct tm parts;
    time_t seconds = (time_t)(utc_us / 1000000);
    if (utc_us == 0)
        snprintf(out, 40, "-");
    else if (utc_us < 0 || gmtime_r(&seconds, &parts) == NULL || parts.tm_year > 9999 - 1900 ||
             strftime(out, 40, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
        snprintf(out, 40, "?");
    return out;
}

void fw_report_add_cut(struct fw_buffer *out, const char *text, int64_t most)
{
    struct fw_buffer beginning;
    char count[32];
    int64_t length = (int64_t)strlen(text);
    if (length <= most) {
        fw_html_text(out, text);
        return;
    }
    int64_t end = most;
    while (end > most - 4 && ((unsigned char)text[end] & 0xC0) == 0x80) /* within a character */
        end--;
    fw_buffer_init(&beginning, out->mem);
    fw_buffer_add(&beginning, text, (size_t)end);
    out->failed = out->failed || beginning.failed;
    fw_html_text(out, beginning.data != NULL ? beginning.data : "");
    fw_buffer_addf(out, "... (%s bytes)", fw_text_count(count, length));
    fw_buffer_clear(&beginning);
}

void fw_report_cell(struct fw_html_table *table, const char *text)
{
    fw_html_cell_begin(table);
    fw_buffer_add_text(table->out, "<bdi>");
    fw_report_add_cut(table->out, text, CELL_MOST);
    fw_buffer_add_text(table->out, "</bdi>");
    fw_html_cell_end(table);
}

/* What one of the two functions of candidate_text.h says, as a cell. */
static void cell_of(struct fw_html_table *table, struct fw_buffer *said)
{
    table->out->failed = table->out->failed || said->failed;
    fw_report_cell(table, said->data != NULL ? said->data : "");
    fw_buffer_clear(said);
}

void fw_report_cell_candidate(struct fw_html_table *table, const char *json, bool whole)
{
    struct fw_buffer said;
    fw_buffer_init(&said, table->out->mem);
    fw_candidate_text(&said, json, whole);
    cell_of(table, &said);
}

void fw_report_cell_detail(struct fw_html_table *table, const char *json, const char *more)
{
    struct fw_buffer said;
    fw_buffer_init(&said, table->out->mem);
    fw_detail_text(&said, json);
    fw_buffer_add_text(&said, more);
    cell_of(table, &said);
}

void fw_report_paragraph(struct fw_buffer *out, const char *css, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fw_html_paragraph(out, css, text);
}
