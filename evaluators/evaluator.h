/* What a candidate cross is worth: the table that every evaluator fills, and what it is given.
 *
 * The ground is the current feature set: its data, its cross-fitted model and the cached logit b_sum of every row
 * (AutoCross, section 3.1), with the gradient and curvature of the loss there. A candidate adds one cross, made of two
 * fields that the data set holds. Evaluators look at a growing prefix of the rows of each fold (a rung of successive
 * halving); rows are in random order, so a prefix is a random sample.
 *
 * Evaluators are stateless tables; what must survive from rung to rung lives in a state block that the caller holds.
 * All slots may be called from many threads at once with different candidates. */
#ifndef FW_EVALUATORS_EVALUATOR_H
#define FW_EVALUATORS_EVALUATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "evaluators/crossfit.h"
#include "evaluators/significance.h"
#include "space/cross.h"
#include "space/dataset.h"

#define FW_EVALUATOR_API 1

enum fw_objective { FW_OBJECTIVE_AUC, FW_OBJECTIVE_LOGLOSS };

const char *fw_objective_name(enum fw_objective objective);

struct fw_evaluator_options {
    double learning_rate; /* of the sgd evaluator; default 0.5 */
    int64_t batch;        /* rows a gradient step of the sgd evaluator; default 256 */
    int32_t bands;        /* quantiles of the current score that the cmi evaluator conditions on; default 20 */
    struct fw_backfit_options refit; /* of the lr evaluator */
    struct fw_cross_options cross;   /* of the lr evaluator */
};

void fw_evaluator_options_init(struct fw_evaluator_options *options);

struct fw_ground {
    const struct fw_dataset *dataset;
    const struct fw_field *const *fields; /* (n_fields) of the current set: base fields, then its crosses */
    int32_t n_fields;
    const struct fw_crossfit *model;
    const struct fw_baseline *baseline; /* the judged rows at the current logits */
    float *gradient;                    /* (n_rows) w (y - p) at the out-of-fold logit */
    float *curvature;                   /* (n_rows) w p (1 - p) */
    enum fw_objective objective;
    struct fw_evaluator_options options;
    struct fw_allocator *mem;
};

/* The right side of a candidate that is one field by itself. */
#define FW_CANDIDATE_ALONE (-1)

struct fw_candidate {
    struct fw_cross cross; /* over base fields: what it is */
    int32_t left, right;   /* the two fields of the data set whose pairing makes it */
};

/* The part of every fold that a rung uses: blocks [before, before + now) of n_blocks equal ones. */
struct fw_rung {
    int32_t number; /* from 0 */
    int64_t before, now, n_blocks;
};

struct fw_candidate_score {
    double rank;     /* higher is better; comparable between candidates of one rung only */
    double value;    /* the evaluator's own figure: a gain in logloss, an AUC, nats of information */
    double z;        /* value over its noise; NaN where the evaluator knows none */
    int64_t rows;    /* rows looked at in this rung */
    int64_t buckets; /* ids of the cross as the evaluator saw it */
    double seconds;
};

struct fw_evaluator_vtable {
    int api;             /* FW_EVALUATOR_API */
    const char *name;    /* "newton": stored in results, never reused */
    const char *summary; /* one line for --help */
    /* OPTIONAL. Bytes of state of a candidate over n_rows rows in all; the block starts zeroed. NULL: no state. */
    size_t (*state_bytes)(const struct fw_ground *ground, const struct fw_candidate *candidate);
    /* REQUIRED. Scores a candidate after it has seen the rung's rows. `state` is NULL without state_bytes. */
    enum fw_status (*evaluate)(struct fw_candidate_score *score, const struct fw_ground *ground,
                               const struct fw_candidate *candidate, struct fw_rung rung, void *state,
                               struct fw_error *err);
};

extern const struct fw_evaluator_vtable fw_evaluator_newton;
extern const struct fw_evaluator_vtable fw_evaluator_sgd;
extern const struct fw_evaluator_vtable fw_evaluator_lr;
extern const struct fw_evaluator_vtable fw_evaluator_cmi;

/* By name; FW_E_ARG listing the known names. */
FW_NODISCARD
enum fw_status fw_evaluator_find(const struct fw_evaluator_vtable **out, const char *name, struct fw_error *err);

/* All evaluators, NULL-ended. */
const struct fw_evaluator_vtable *const *fw_evaluator_list(void);

/* The rows of fold k that blocks [first, last) cover. */
void fw_rung_rows(int64_t *start, int64_t *end, const struct fw_dataset *dataset, int32_t fold, int64_t first,
                  int64_t last, int64_t n_blocks);

/* About how many rows of all folds have been seen after the rung. */
int64_t fw_rung_total_rows(const struct fw_dataset *dataset, struct fw_rung rung);

/* Number of buckets that a pair of fields is counted in when n_rows rows are looked at: all combinations while these
 * are few, else a power of two above twice the rows, into which combinations are hashed. A screen may hash; what is
 * accepted is learned exactly (cross.h). */
int64_t fw_candidate_buckets(const struct fw_ground *ground, const struct fw_candidate *candidate, int64_t n_rows);

/* Bucket of each of n rows (at most FW_DATASET_BLOCK) from `row` on. */
void fw_candidate_read(const struct fw_ground *ground, const struct fw_candidate *candidate, int64_t n_buckets,
                       int64_t row, int64_t n, uint32_t *buckets);

#endif
