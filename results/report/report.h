/* The report of a study: one page (html.h) that needs nothing else, no network and no scripts, made from the store
 * alone, so that the same store gives the same bytes on every machine and at any time.
 *
 *     struct fw_report_options options;
 *     struct fw_buffer page;
 *     fw_report_options_init(&options);
 *     fw_buffer_init(&page, mem);
 *     FW_TRY_GOTO(fw_report_add(&page, store, study, &options, err), done);
 *     status = fw_html_save(&page, path, err);
 *
 * The page stays of a readable size however many trials there are: pictures draw a choice of the points, with the best
 * always among them, and say how many; tables show the best and say of how many. Whatever the store holds (names of
 * columns, reasons, commands) is shown as text.
 *
 * A new section is one file here and one line in the table of report.c. */
#ifndef FW_RESULTS_REPORT_H
#define FW_RESULTS_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"
#include "results/store/store.h"

struct fw_report_options {
    int64_t trials_most; /* rows of the table of trials; 50 by default */
    int64_t curves_most; /* learning curves that a plot draws; 60 by default */
    /* Read the study's plan from the disk for what the store does not have (names of tasks), when the file is there and
     * has the recorded size and checksum. True by default; false: the store alone. */
    bool read_plan;
};

void fw_report_options_init(struct fw_report_options *options);

/* Appends the whole page of a study (its id in the store). Fails with FW_E_INPUT when there is no such study; FW_E_IO,
 * FW_E_CORRUPT or FW_E_NOMEM as queries do (query.h). After a failure the buffer holds a part of the page. */
FW_NODISCARD
enum fw_status fw_report_add(struct fw_buffer *out, struct fw_store *store, int64_t study,
                             const struct fw_report_options *options, struct fw_error *err);

/* The same without the page around it: sections with headings of second order, for a page of the caller's (between
 * fw_html_begin and fw_html_end, whose style it is drawn in). */
FW_NODISCARD
enum fw_status fw_report_add_sections(struct fw_buffer *out, struct fw_store *store, int64_t study,
                                      const struct fw_report_options *options, struct fw_error *err);

#endif
