/* Generated tables with a known answer: planted crosses among columns of power-law categories, numeric columns and
 * noise; tables shaped like Criteo's click log; and tables in which the right embedding sizes are known. The same
 * options and seed give the same bytes on every machine and for any number of threads: every cell is a pure function of
 * (seed, column, row), computed by core/numeric.h.
 *
 * The label is drawn with probability sigmoid(bias + the columns' own effects + the planted crosses' effects); the bias
 * is such that the expected share of positives is the one asked for. An empty cell has no effect.
 *
 * Of kind "sizes" values act in pairs, through latent vectors: the model is a factorisation machine of which the truth
 * says, for each column, how many values need a vector of their own and how wide it has to be.
 *
 * A planted cross of order k is what its columns say together beyond what fewer of them say: its effect is drawn for
 * each combination of its members' values (numeric members: 3 to 5 quantile bands), and what any member or smaller
 * group says by itself is taken out of it, weighted by frequency. A search that grows crosses one column at a time
 * could not see that before the last column, so orders 3 and 4 are built upon their own beginnings: half of the
 * variance is a cross of all k columns, the other half is shared evenly by crosses of the first 2 .. k-1 of them.
 *
 *     struct fw_synth_options options;
 *     fw_synth_options_init(&options, FW_SYNTH_CROSSES);
 *     options.rows = 100000;
 *     FW_TRY(fw_synth_write("table.csv", "truth.json", &options, 0, mem, err)); */
#ifndef FW_SPACE_SYNTH_H
#define FW_SPACE_SYNTH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/status.h"

enum fw_synth_kind { FW_SYNTH_CROSSES, FW_SYNTH_CRITEO, FW_SYNTH_SIZES };

struct fw_synth_options {
    enum fw_synth_kind kind;
    int64_t rows; /* default 20,000 (sizes: 100,000) */
    uint64_t seed;
    int64_t categorical;  /* columns; default 8 (criteo: always 26; sizes: always 0) */
    int64_t numeric;      /* columns; default 4 (criteo: always 13; sizes: default 0) */
    int64_t noise;        /* further columns, half of each type, without any effect; default 4 (criteo, sizes: always
                             0) */
    int64_t tail;         /* columns of categories all of whose values matter; default 3. This and the next three are
                             for sizes, else always 0 */
    int64_t head;         /* of whose values the commonest tenth matters and the others are as one; default 3 */
    int64_t useless;      /* of which no value matters, among the largest; default 3 */
    int32_t rank;         /* width of the latent vectors, 1 to 64; every third column has 1; default 4 */
    int64_t cardinality;  /* largest number of values of a categorical column, which the first one has; default 12
                             (sizes: of each sort; 500; at most 1,048,576. criteo: no column has more; default 0: as
                             many as published, up to 10,131,227) */
    double power;         /* exponent of the categories' power law; default 1.1 (sizes: 0.8); 0: all equally frequent */
    int32_t planted;      /* crosses; default 3 (sizes: always 0) */
    int32_t min_order;    /* columns of a planted cross, at least; default 2 */
    int32_t max_order;    /* at most, 2 to 4; default 3 (criteo, sizes: 2) */
    double strength;      /* standard deviation of a planted cross in the logit; default 1.0; 0: nothing planted
                             (sizes: of all pairs of columns together; 1.2; 0: no pairs, nothing needs an embedding) */
    double main_strength; /* of each single column's own effect; default 0.5 (criteo: 0.15; sizes: 0.4) */
    double positive_rate; /* expected share of positives; default 0.25 (criteo: 0.256) */
    double missing_rate;  /* share of empty cells; default 0.01 (criteo: multiplies the columns' published shares;
                             default 1) */
    char delimiter;       /* default ',' (criteo: tab) */
    bool header;          /* a first line of column names; default true (criteo: false) */
    /* Called from time to time with the rows written so far. Return non-zero to stop (FW_E_STOPPED). May be NULL. */
    int (*progress)(void *user, int64_t rows_done, int64_t rows_total);
    void *user;
};

/* The name of a kind ("crosses", "criteo", "sizes"), and the kind of a name: false when there is none. */
const char *fw_synth_kind_name(enum fw_synth_kind kind);
bool fw_synth_kind_find(enum fw_synth_kind *out, const char *name);

/* Defaults into a caller-held struct. */
void fw_synth_options_init(struct fw_synth_options *options, enum fw_synth_kind kind);

/* Gets the table's text piece by piece, in order, from one thread; a failure ends the writing and is passed on. */
typedef enum fw_status fw_synth_sink(void *user, const char *data, size_t n, struct fw_error *err);

/* Generates the table into a sink, with bounded memory: some MB a thread, whatever the number of rows, and of kind
 * "sizes" up to 8 (rank + 1) bytes a value of a column. Label first: "y" and c1 .., n1 .. (criteo: "label", "I1" ..,
 * "C1" ..); noise columns stand among the others. *truth_out, when truth_out is not NULL, is the truth as JSON text,
 * the caller's, freed with fw_free: the planted crosses by column names with their strengths, the noise columns, what
 * the best possible model reaches, the options; of kind "sizes" also the columns of categories with what each needs.
 * FW_E_ARG: an option out of its range, or more crosses asked for than the columns offer (a cross may have at most
 * rows/20 combinations of values; none is a subset of another). FW_E_STOPPED, FW_E_NOMEM, and the sink's own. */
FW_NODISCARD
enum fw_status fw_synth_generate(fw_synth_sink *sink, void *sink_user, char **truth_out,
                                 const struct fw_synth_options *options, int threads, struct fw_allocator *mem,
                                 struct fw_error *err);

/* The table to the file `path` and the truth to `truth_path` when not NULL. Both appear whole or not at all. */
FW_NODISCARD
enum fw_status fw_synth_write(const char *path, const char *truth_path, const struct fw_synth_options *options,
                              int threads, struct fw_allocator *mem, struct fw_error *err);

/* The same text into memory, for tests: *data_out is the caller's, with a NUL after it, freed with fw_free; so is
 * *truth_out when truth_out is not NULL. */
FW_NODISCARD
enum fw_status fw_synth_text(char **data_out, size_t *size_out, char **truth_out,
                             const struct fw_synth_options *options, int threads, struct fw_allocator *mem,
                             struct fw_error *err);

#endif
