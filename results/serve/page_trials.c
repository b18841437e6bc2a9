#include "results/serve/page_trials.h"

enum fw_status fw_page_trials_add(const struct fw_page *page, const struct fw_study_row *study, struct fw_error *err)
{
    (void)page, (void)study, (void)err;
    return FW_OK;
}

enum fw_status fw_page_api_trials(const struct fw_page *page, struct fw_error *err)
{
    (void)page, (void)err;
    return FW_OK;
}
