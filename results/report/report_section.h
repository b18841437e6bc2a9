/* The sections of a report, one file each (report_<section>.c), with one table of functions as the only exported
 * symbol; report.c lists them in the order of the page. */
#ifndef FW_RESULTS_REPORT_SECTION_H
#define FW_RESULTS_REPORT_SECTION_H

#include "results/report/study_facts.h"

struct fw_report_section {
    const char *id;      /* of the heading, for links within the page; letters only */
    const char *heading; /* NULL: the section begins the page without one */
    /* REQUIRED. Whether the study has it, as far as that is told without asking the store. */
    bool (*has)(const struct fw_study_facts *facts);
    /* REQUIRED. Appends what stands below the heading; nothing at all when there turns out to be nothing, and then the
     * heading is left out too. */
    enum fw_status (*add)(struct fw_buffer *out, const struct fw_study_facts *facts, struct fw_error *err);
};

extern const struct fw_report_section fw_report_lead;
extern const struct fw_report_section fw_report_history;
extern const struct fw_report_section fw_report_tree;
extern const struct fw_report_section fw_report_rungs;
extern const struct fw_report_section fw_report_curves;
extern const struct fw_report_section fw_report_front;
extern const struct fw_report_section fw_report_sizes;
extern const struct fw_report_section fw_report_policy;
extern const struct fw_report_section fw_report_routing;
extern const struct fw_report_section fw_report_settings;
extern const struct fw_report_section fw_report_importance;
extern const struct fw_report_section fw_report_trials;
extern const struct fw_report_section fw_report_decisions;
extern const struct fw_report_section fw_report_files;
extern const struct fw_report_section fw_report_repeat;

#endif
