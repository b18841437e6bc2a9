/* A search of embedding sizes in the trial log: configurations trained from scratch, those that were judged with shared
 * weights on the way, and the policy by round. */
#ifndef FW_SEARCH_SIZING_RECORD_H
#define FW_SEARCH_SIZING_RECORD_H

#include "search/sizes/sizing.h"

/* Where records go. */
struct fw_sizing_record {
    const struct fw_trial_log *log;
    int64_t study;
    const struct fw_embedding_space *space;
    struct fw_allocator *mem;
};

/* Fills a trial from the log when the answer of its method and budget was trained, or failed, before: sets
 * `remembered`. draw: of random search, else 0. */
FW_NODISCARD
enum fw_status fw_sizing_recall(struct fw_sizing_trial *trial, int32_t draw, const struct fw_sizing_record *record,
                                struct fw_error *err);

/* Stores a trial that was trained or failed and fills its number. */
FW_NODISCARD
enum fw_status fw_sizing_write(struct fw_sizing_trial *trial, int32_t draw, const struct fw_sizing_fit *fit,
                               const struct fw_sizing_record *record, struct fw_error *err);

/* Stores the samples of a round, and its policy as a decision of kind "policy BYTES" at the round's step. */
FW_NODISCARD
enum fw_status fw_sizing_write_round(const struct fw_nis_round *round, const struct fw_sizing_record *record,
                                     struct fw_error *err);

/* Stores why the search ended. */
FW_NODISCARD
enum fw_status fw_sizing_write_end(const struct fw_sizing_result *result, int64_t best,
                                   const struct fw_sizing_record *record, struct fw_error *err);

#endif
