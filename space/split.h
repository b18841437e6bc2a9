/* Which rows judge and which rows train: every row of a table gets a fold.
 *
 * Cross-fitting (random or by group): n_folds folds, all judged. Hold-out (random, by group, by time, or a file of its
 * own): fold 0 is judged, fold 1 trains. By time, the latest rows are judged. Rows of one group stay together. */
#ifndef FW_SPACE_SPLIT_H
#define FW_SPACE_SPLIT_H

#include <stdint.h>

#include "core/alloc.h"
#include "space/schema.h"
#include "space/table.h"

#define FW_SPLIT_MAX_FOLDS 64

enum fw_split_kind { FW_SPLIT_RANDOM, FW_SPLIT_GROUP, FW_SPLIT_TIME, FW_SPLIT_FILE };

struct fw_split_options {
    enum fw_split_kind kind; /* GROUP and TIME need the schema's column; FILE: the caller brings two tables */
    int32_t folds;           /* cross-fitting with 2 to FW_SPLIT_MAX_FOLDS folds; 0: hold-out */
    double valid_fraction;   /* of a hold-out, in (0, 1) */
    uint64_t seed;
};

/* Default: random, five folds, a fifth for hold-outs. */
void fw_split_options_init(struct fw_split_options *options);

/* The fold of every row of a table into folds (n_rows). columns: (schema columns) where each is in the table; NULL: in
 * the schema's order. *n_folds_out and *n_judged_out describe them.
 * FW_E_ARG: a number of folds that is out of range. FW_E_INPUT when a fold would be empty, or the time column has
 * values that are no numbers and do not sort as text of one length (ISO dates do). */
FW_NODISCARD
enum fw_status fw_split_rows(int32_t *folds, int32_t *n_folds_out, int32_t *n_judged_out, const struct fw_table *table,
                             const int64_t *columns, const struct fw_schema *schema,
                             const struct fw_split_options *options, struct fw_allocator *mem, struct fw_error *err);

#endif
