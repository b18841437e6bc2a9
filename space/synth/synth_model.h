/* What a generated table is, before any row is written: its columns, their effects on the label, the planted crosses,
 * the bias. Built from options alone; every cell and label is then a pure function of the model and the row.
 *
 * A cell is one double: the index of a value (by falling frequency) in discrete columns, the quantile in [0, 1) in
 * continuous ones, NaN when it is empty. Immutable once built, then safe to read from many threads. */
#ifndef FW_SPACE_SYNTH_MODEL_H
#define FW_SPACE_SYNTH_MODEL_H

#include "core/alloc.h"
#include "space/synth/synth.h"

enum { FW_SYNTH_MAX_ORDER = 4, FW_SYNTH_MAX_RANK = 64 };

enum fw_synth_form {
    FW_SYNTH_CATEGORY,  /* power law over values; text */
    FW_SYNTH_COUNT,     /* power law over 0, 1, ..; a number */
    FW_SYNTH_INTEGER,   /* whole numbers, equally frequent */
    FW_SYNTH_NORMAL,    /* the last three are continuous */
    FW_SYNTH_LOGNORMAL, /* */
    FW_SYNTH_UNIFORM
};

/* Which values of a column of kind "sizes" matter (space/synth/synth_sizes.h). */
enum fw_synth_sort {
    FW_SYNTH_PLAIN,   /* not of that kind, or a number */
    FW_SYNTH_TAIL,    /* all */
    FW_SYNTH_HEAD,    /* the commonest ones */
    FW_SYNTH_USELESS, /* none */
    FW_SYNTH_SORTS
};

struct fw_synth_column {
    char name[24];
    enum fw_synth_form form;
    bool noise;
    int64_t cardinality; /* values of a discrete column; 0: continuous */
    double missing_rate;
    double exponent, span;  /* power laws: of the inverse distribution function */
    double location, scale; /* of a number as written */
    int32_t bands;          /* a number's quantile bands within planted crosses */
    uint64_t stream;        /* of its cells */
    double *effects;        /* (n_effects) of the commonest values of a discrete column, 0 for the rest; else NULL */
    int64_t n_effects;
    enum fw_synth_sort sort;
    int64_t own_ids; /* sorts: values with an effect and a vector of their own; those behind them share one */
    int32_t rank;    /* coordinates of the latent vectors; 0: none */
    double *vectors; /* (cardinality, rank); NULL: none */
    double curve[3]; /* a continuous column's effect: weights of the Legendre polynomials of its quantile */
};

struct fw_synth_cross {
    int32_t order;
    int64_t columns[FW_SYNTH_MAX_ORDER]; /* indices */
    int64_t levels[FW_SYNTH_MAX_ORDER];  /* values or bands of each */
    double parts[FW_SYNTH_MAX_ORDER];    /* standard deviation of the part over the first i + 1 columns; 0: none */
    double *effects;                     /* of every combination, the first column slowest */
    int64_t n_combinations;
};

struct fw_synth_model {
    struct fw_synth_options options; /* as given */
    int64_t n_columns;
    struct fw_synth_column *columns; /* in the order of the table, the label left out */
    int64_t n_crosses;
    struct fw_synth_cross *crosses;
    double bias;
    uint64_t label_stream;
    double best_auc, best_logloss; /* what the true probabilities reach, in expectation */
    struct fw_allocator *mem;
};

/* FW_E_ARG: an option out of its range. */
FW_NODISCARD
enum fw_status fw_synth_options_check(const struct fw_synth_options *options, struct fw_error *err);

/* Checks the options and builds the model. FW_E_ARG as in fw_synth_generate, FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_synth_model_create(struct fw_synth_model **out, const struct fw_synth_options *options,
                                     struct fw_allocator *mem, struct fw_error *err);
void fw_synth_model_destroy(struct fw_synth_model *model); /* NULL is a no-op */

/* Cells of rows [row, row + n) of one column into cells (n). */
void fw_synth_model_cells(double *cells, const struct fw_synth_model *model, int64_t column, int64_t row, int64_t n);

/* Logits of n rows into logits (n) from their cells (n_columns, n), column by column. */
void fw_synth_model_logits(double *logits, const struct fw_synth_model *model, const double *cells, int64_t n);

/* Labels 0 or 1 of rows [row, row + n) into labels (n) from their logits. */
void fw_synth_model_labels(unsigned char *labels, const struct fw_synth_model *model, const double *logits, int64_t row,
                           int64_t n);

/* The number that a cell of a numeric column stands for, in units of 1/10,000. */
int64_t fw_synth_model_number(const struct fw_synth_column *column, double cell);

/* The truth as JSON text, the caller's. FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_synth_model_truth(char **out, const struct fw_synth_model *model, struct fw_error *err);

#endif
