/* A small trained model with all that belongs to it, for tests of model files, scoring and exports. */
#ifndef FW_TESTS_SUPPORT_BUNDLES_H
#define FW_TESTS_SUPPORT_BUNDLES_H

#include "models/file/model_file.h"

enum { bundle_rows = 400, bundle_columns = 4 };

/* Trains a logistic regression on a table "y,colour,size,tags" (label, category, number, sequence) with the cross of
 * the first two fields. Returns the table; the caller destroys it and clears the bundle. mem (may be NULL) is that of
 * all the bundle's parts. */
struct fw_table *bundle_make(struct fw_bundle *bundle, struct fw_allocator *mem);

/* The same with any model, after one pass over the rows. */
struct fw_table *bundle_make_with(struct fw_bundle *bundle, const char *model, const char *settings,
                                  struct fw_allocator *mem);

/* The same with mixed_sizes of this width, which the bundle's plan holds; `settings` have the same dim. */
struct fw_table *bundle_make_sized(struct fw_bundle *bundle, const char *model, const char *settings, int32_t dim,
                                   int32_t first, struct fw_allocator *mem);

/* Logits of all rows of such a table on one thread. */
void bundle_score(float *logits, const struct fw_bundle *bundle, const struct fw_table *table);

#endif
