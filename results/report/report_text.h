/* Figures, gains, times and long texts as the sections of a report write them. All of them are for fw_html_text or
 * escape by themselves. */
#ifndef FW_RESULTS_REPORT_TEXT_H
#define FW_RESULTS_REPORT_TEXT_H

#include "core/text.h"
#include "results/drawing/html.h"

/* "0.92541"; "-" for NaN. Returns out. */
char *fw_report_figure(char out[32], double value);

/* "+0.00210 [+0.00105, +0.00315]", without brackets where there is no interval; "-" for no gain. Returns out. */
char *fw_report_gain(char out[128], double gain, double low, double high);

/* "2026-11-30 08:54:43 UTC"; "-" for 0, "?" for a time without a calendar date. Returns out. */
char *fw_report_time(char out[40], int64_t utc_us);

/* Appends a text, escaped, of at most `most` bytes (from 32 up); of a longer one the beginning and how long it is. */
void fw_report_add_cut(struct fw_buffer *out, const char *text, int64_t most);

/* Cells of tables: a text of any origin and length; a candidate and the detail of a decision (JSON) in words. */
void fw_report_cell(struct fw_html_table *table, const char *text);
void fw_report_cell_candidate(struct fw_html_table *table, const char *json, bool whole);
void fw_report_cell_detail(struct fw_html_table *table, const char *json, const char *more); /* words behind it */

/* A paragraph written like printf; css as fw_html_paragraph. */
void fw_report_paragraph(struct fw_buffer *out, const char *css, const char *format, ...) FW_PRINTF(3, 4);

#endif
