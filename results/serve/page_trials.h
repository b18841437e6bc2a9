/* The trials of a study on its page: a filter, a table that is sorted and cut into pages by the store. */
#ifndef FW_RESULTS_PAGE_TRIALS_H
#define FW_RESULTS_PAGE_TRIALS_H

#include "results/serve/page.h"

/* Appends the form and the table. What is wrong with the visitor's condition is said in the table's place. */
FW_NODISCARD
enum fw_status fw_page_trials_add(const struct fw_page *page, const struct fw_study_row *study, struct fw_error *err);

#endif
