/* The report of a study (report/report.h) as one of the pages. The plan of a study is not read: its path is whatever
 * the store says. */
#include "results/report/report.h"
#include "results/serve/page.h"

enum fw_status fw_page_report(const struct fw_page *page, struct fw_error *err)
{
    struct fw_report_options options;
    fw_report_options_init(&options);
    options.read_plan = false;
    return fw_report_add(page->out, page->copy->store, page->request->study, &options, err);
}
