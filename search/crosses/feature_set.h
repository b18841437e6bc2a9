/* A node of the search tree: the base fields, the crosses added so far, and the cross-fitted model of them all. */
#ifndef FW_SEARCH_FEATURE_SET_H
#define FW_SEARCH_FEATURE_SET_H

#include <stdint.h>

#include "evaluators/crossfit.h"
#include "evaluators/evaluator.h"
#include "space/cross.h"
#include "space/dataset.h"

#define FW_FEATURE_SET_MAX_CROSSES 256

struct fw_added_cross {
    struct fw_cross cross;
    int32_t field;              /* its field in the data set */
    double gain;                /* in the objective when it was added; above 0 is better for either objective */
    double gain_low, gain_high; /* interval of the gain */
    double objective;           /* of the set with it */
    int64_t trial;
};

struct fw_feature_set {
    const struct fw_dataset *dataset; /* borrowed */
    int32_t n_base;                   /* base fields: fields 0 .. n_base-1 of the data set */
    int32_t n_crosses;
    struct fw_added_cross crosses[FW_FEATURE_SET_MAX_CROSSES];
    struct fw_crossfit *model; /* owned */
    double objective;          /* out of fold */
    int64_t trial;             /* the trial that made it; 0: none */
};

/* The set's fields in the order its model has seen them, into fields (n_base + n_crosses); returns their number. The
 * pointers hold until a field is appended to the data set. */
int32_t fw_feature_set_fields(const struct fw_feature_set *set, const struct fw_field **fields);

/* True when the set holds the cross. */
bool fw_feature_set_has(const struct fw_feature_set *set, const struct fw_cross *cross);

/* True when both sets hold the same crosses, in any order. */
bool fw_feature_set_same(const struct fw_feature_set *a, const struct fw_feature_set *b);

void fw_feature_set_destroy(struct fw_feature_set *set); /* NULL is a no-op */

#endif
