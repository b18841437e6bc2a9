/* Trials of a search of settings in the trial log: settings as the candidate, their hash as the identity. */
#ifndef FW_SEARCH_TUNE_RECORD_H
#define FW_SEARCH_TUNE_RECORD_H

#include "search/settings/tune.h"

/* Identity of settings: the hash of their canonical JSON, which is appended to `text` (may be NULL). */
FW_NODISCARD
enum fw_status fw_tune_settings(uint64_t *hash_out, struct fw_buffer *text, const struct fw_params *params,
                                struct fw_allocator *mem, struct fw_error *err);

/* Fills the trial from the log and sets `remembered` when a finished training with its settings is there. */
FW_NODISCARD
enum fw_status fw_tune_recall(struct fw_tune_trial *trial, const struct fw_trial_log *log, int64_t study,
                              struct fw_allocator *mem, struct fw_error *err);

/* Stores a trial and fills its number. outcome: NULL for a failed one, whose reason it is then; baseline: the number of
 * the trial that it was compared with; 0: none. */
FW_NODISCARD
enum fw_status fw_tune_write(struct fw_tune_trial *trial, const struct fw_tune_outcome *outcome, const char *reason,
                             int64_t baseline, const struct fw_trial_log *log, int64_t study, struct fw_allocator *mem,
                             struct fw_error *err);

/* Stores which trials of a rung go on, or why the search ended. promoted: (n) numbers, may be NULL. clock: it hung on
 * the time. */
FW_NODISCARD
enum fw_status fw_tune_write_decision(const struct fw_trial_log *log, int64_t study, int32_t step, const char *kind,
                                      const char *why, int64_t best, const int64_t *promoted, int64_t n, bool clock,
                                      struct fw_error *err);

#endif
