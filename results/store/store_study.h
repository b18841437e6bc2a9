/* The slots of the trial log that are about studies as a whole (see trial_log.h and store_log.h): finding or starting
 * one, and how it ended. Internal to results/. */
#ifndef FW_RESULTS_STORE_STUDY_H
#define FW_RESULTS_STORE_STUDY_H

#include "results/trial_log.h"

/* Slots open_study and close_study; `self` is the struct fw_store. */
FW_NODISCARD
enum fw_status fw_store_study_open(void *self, int64_t *study_out, bool *resumed_out, enum fw_study_status *status_out,
                                   const struct fw_study_info *info, struct fw_error *err);
FW_NODISCARD
enum fw_status fw_store_study_close(void *self, int64_t study, enum fw_study_status status, const char *reason,
                                    struct fw_error *err);

#endif
