/* Impressions: a user sees an item in some context. What generated tables of clicks have in common: the columns user,
 * item, c1 .., n1 .. and the logits of one or two outcomes, built from effects of single values, inner products of the
 * vectors of users and items, and smooth effects of numbers. All but the vectors of items are drawn anew for a second
 * outcome, with the correlation asked for; the items' vectors are the same.
 *
 * Logits are without a bias, and of a standard deviation near 1: the caller scales them. Immutable once built, then
 * safe to read from many threads. */
#ifndef FW_SPACE_TASK_IMPRESSIONS_H
#define FW_SPACE_TASK_IMPRESSIONS_H

#include <stddef.h>

#include "core/text.h"
#include "space/synth/synth_model.h"
#include "space/synth/task_synth_vtable.h"

enum { FW_IMPRESSION_USER, FW_IMPRESSION_ITEM, FW_IMPRESSION_CONTEXT /* the first of the others */ };

struct fw_impressions {
    struct fw_impressions_synth options;
    uint64_t seed;
    int64_t n_columns; /* of categories */
    struct fw_synth_column *columns;
    int64_t n_numeric;
    uint64_t *streams;   /* (n_numeric) */
    double **effects[2]; /* by outcome: (n_columns), each (cardinality) */
    double *users[2];    /* by outcome: (users, rank) */
    double *items;       /* (items, rank) */
    double *curves[2];   /* by outcome: (n_numeric, 2): weights of x and of its square */
    struct fw_allocator *mem;
};

/* The settings that all kinds with impressions have; `path` leads to the struct fw_impressions_synth of one. */
#define FW_IMPRESSIONS_SETTINGS(path)                                                                                    \
    {"users", FW_TASK_SYNTH_WHOLE, offsetof(struct fw_task_synth_options, path.users), 2000, 3, 1e7, NULL},              \
        {"items", FW_TASK_SYNTH_WHOLE, offsetof(struct fw_task_synth_options, path.items), 1000, 3, 1e7, NULL},          \
        {"context", FW_TASK_SYNTH_WHOLE, offsetof(struct fw_task_synth_options, path.context), 3, 0, 1000, NULL},        \
        {"context-values",                                                                                               \
         FW_TASK_SYNTH_WHOLE,                                                                                            \
         offsetof(struct fw_task_synth_options, path.context_values),                                                    \
         20,                                                                                                             \
         3,                                                                                                              \
         1e6,                                                                                                            \
         NULL},                                                                                                          \
        {"rank", FW_TASK_SYNTH_WHOLE, offsetof(struct fw_task_synth_options, path.rank), 4, 1, FW_SYNTH_MAX_RANK, NULL}, \
    {                                                                                                                    \
        "power", FW_TASK_SYNTH_NUMBER, offsetof(struct fw_task_synth_options, path.power), 0.8, 0, 10, NULL              \
    }

/* outcomes: 1 or 2; relatedness: correlation of the effects on the second with those on the first. FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_impressions_create(struct fw_impressions **out, const struct fw_impressions_synth *options,
                                     int64_t numeric, int outcomes, double relatedness, uint64_t seed,
                                     struct fw_allocator *mem, struct fw_error *err);
void fw_impressions_destroy(struct fw_impressions *self); /* NULL is a no-op */

/* The value of a column of categories that a draw with this index gives. */
int64_t fw_impressions_draw(const struct fw_impressions *self, int64_t column, int64_t index);

/* Numbers of a row into numbers (n_numeric). */
void fw_impressions_draw_numbers(double *numbers, const struct fw_impressions *self, int64_t row);

/* The logit of an outcome, 0 or 1, for values (n_columns) and numbers (n_numeric). */
double fw_impressions_logit(const struct fw_impressions *self, int outcome, const int64_t *values,
                            const double *numbers);

/* ",user,item,c1,..", and the same cells of a row, with a comma before each. */
void fw_impressions_put_names(struct fw_buffer *out, const struct fw_impressions *self);
void fw_impressions_put_cells(struct fw_buffer *out, const struct fw_impressions *self, const int64_t *values,
                              const double *numbers);

#endif
