/* What the tests of damaged stores share: a full store, and what verify and plain SQL find in a file. */
#ifndef FW_TESTS_SUPPORT_CARE_H
#define FW_TESTS_SUPPORT_CARE_H

#include <stddef.h>
#include <stdint.h>

#include "core/text.h"
#include "results/store/store.h"

/* Short patience with locks. */
struct fw_store_options care_options(void);

/* Three studies with all that a store can hold; the second has candidates that need overflow pages. */
void care_fill(const char *path, int64_t n_trials);

/* How many damages verify finds; -1: it says that the file cannot be looked at. *texts, may be NULL: all lines. */
int64_t care_damages(const char *name, struct fw_buffer *texts);

/* SQL: a trial a line, with its metrics; what salvage has to bring back when it reads the same as before. */
extern const char care_trials[];

/* Writes a file of n bytes. */
void care_write(const char *name, const char *data, size_t n);

#endif
