/* Studies of each kind as a store holds them, small and with known figures, and what a page is asked in tests. */
#ifndef FW_TESTS_SUPPORT_REPORT_SAMPLES_H
#define FW_TESTS_SUPPORT_REPORT_SAMPLES_H

#include <stdint.h>

#include "core/text.h"
#include "results/store/store.h"
#include "results/trial_log.h"

/* Where each text of a study comes from: plain words, or whatever a test wants to be shown as text. */
struct report_texts {
    const char *(*next)(void *self); /* NULL: plain words */
    void *self;
};

/* Each opens a study in the store and gives its id. */
int64_t report_sample_crosses(struct fw_store *store, const struct report_texts *texts); /* two of three accepted */
int64_t report_sample_settings(struct fw_store *store, const struct report_texts *texts, int64_t n_trials);
int64_t report_sample_sizes(struct fw_store *store, const struct report_texts *texts);
int64_t report_sample_routing(struct fw_store *store, const struct report_texts *texts);
int64_t report_sample_models(struct fw_store *store, const struct report_texts *texts);

/* One of them by its place in this list: crosses, 30 settings, sizes, routing, models. */
enum { report_sample_kinds = 5 };
int64_t report_sample(struct fw_store *store, int kind, const struct report_texts *texts);

/* The whole page of a study, the caller's (fw_buffer_clear); checked to be well-formed. */
void report_sample_page(struct fw_buffer *out, struct fw_store *store, int64_t study);

#endif
