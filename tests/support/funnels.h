/* Data sets for tests of models that read more than one label's rows: a funnel of clicks and conversions, clicks at
 * positions; and models of any labels. */
#ifndef FW_TESTS_SUPPORT_FUNNELS_H
#define FW_TESTS_SUPPORT_FUNNELS_H

#include "models/model.h"

enum { FUNNELS_POSITIONS = 5 };

/* Probability that positions 1 to 5 are looked at. */
extern const double funnels_seen[FUNNELS_POSITIONS];

/* inputs_create with four fields and a value column; labels (n, 2): about one row in three has a click, about one
 * clicked row in three a conversion. unknown: one in eight of each is NaN. */
struct fw_dataset *funnels_create(int64_t n_rows, bool unknown, uint64_t seed);

/* The same inputs, a field of positions 1 to 5 as the last one, and clicks of what was looked at and wanted; rows are
 * the more often at early positions the more they are wanted. */
struct fw_dataset *funnels_shown(int64_t n_rows, uint64_t seed);

/* The probability that a row of funnels_shown is wanted. */
double funnels_wanted(const struct fw_dataset *dataset, int64_t row, uint64_t seed);

/* A model for a data set, of as many binary tasks as it has labels: "click", "buy". settings: NULL: the defaults. Fails
 * the test when it cannot be made. */
struct fw_model *funnels_model(const char *name, const char *settings, const struct fw_dataset *dataset, int threads);

/* The model as one that only scores, with the same parameters and these settings. */
struct fw_model *funnels_scoring(const struct fw_model *model, const char *settings, const struct fw_dataset *dataset);

#endif
