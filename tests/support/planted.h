/* Data sets made by hand for tests: fields of ids with planted weights, labels drawn from the logit. */
#ifndef FW_TESTS_SUPPORT_PLANTED_H
#define FW_TESTS_SUPPORT_PLANTED_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "space/dataset.h"

enum { PLANTED_MAX_FIELDS = 16 };

struct planted_options {
    int64_t n_rows;
    int32_t n_fields;                  /* at most PLANTED_MAX_FIELDS */
    int64_t n_ids[PLANTED_MAX_FIELDS]; /* 0: those of the field before */
    double strength;                   /* standard deviation of the planted weights */
    double bias;
    bool separable; /* labels are the sign of the logit */
    bool weighted;  /* row weights in [0.5, 1.5) */
    double power;   /* ids are drawn as n_ids * u^power: above 1 low ids are frequent */
    int32_t n_folds;
    uint64_t seed;
};

/* The data set; folds of equal size, all judged. Fails the test when it cannot be made. */
struct fw_dataset *planted_create(const struct planted_options *options, struct fw_allocator *mem);

/* The planted weight of an id, and the logit of a row. */
double planted_weight(const struct planted_options *options, int32_t field, uint32_t id);
double planted_logit(const struct planted_options *options, const struct fw_dataset *dataset, int64_t row);

#endif
