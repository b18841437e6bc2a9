/* Generated tables with a known answer: planted crosses among columns of power-law categories, numeric columns and
 * noise; and tables shaped like Criteo's click log. The same options and seed give the same bytes on every machine and
 * for any number of threads: every cell is a pure function of (seed, column, row). */
#ifndef FW_SPACE_SYNTH_H
#define FW_SPACE_SYNTH_H

#include <stdint.h>

#include "core/alloc.h"
#include "core/status.h"

enum fw_synth_kind { FW_SYNTH_CROSSES, FW_SYNTH_CRITEO };

struct fw_synth_options {
    enum fw_synth_kind kind;
    int64_t rows; /* default 20,000 */
    uint64_t seed;
    int64_t categorical;  /* columns; default 8 (criteo: 26) */
    int64_t numeric;      /* columns; default 4 (criteo: 13) */
    int64_t noise;        /* further columns, half of each type, without any effect; default 4 */
    int64_t cardinality;  /* largest number of values of a categorical column; default 12 */
    double power;         /* exponent of the categories' power law; default 1.1 */
    int32_t planted;      /* crosses; default 3 */
    int32_t min_order;    /* of a planted cross: 2 */
    int32_t max_order;    /* 2 to 4; default 3 */
    double strength;      /* standard deviation of a planted cross in the logit; default 1.0; 0: nothing planted */
    double main_strength; /* of each single column's own effect; default 0.5 */
    double positive_rate; /* expected share of positives; default 0.25 */
    double missing_rate;  /* share of empty cells; default 0.01 */
    char delimiter;       /* default ',' */
};

void fw_synth_options_init(struct fw_synth_options *options, enum fw_synth_kind kind);

/* Writes the table as CSV with a header (label column "y" first; criteo: no header, tab separated as published, with
 * --header names "label", "I1".., "C1"..) to `path`, and the truth as JSON (the planted crosses by column names with
 * their strengths, seed, options) to `truth_path` when not NULL. Both appear whole or not at all. */
FW_NODISCARD
enum fw_status fw_synth_write(const char *path, const char *truth_path, const struct fw_synth_options *options,
                              int threads, struct fw_allocator *mem, struct fw_error *err);

/* The same text into memory, for tests: *data is the caller's, freed with fw_free. */
FW_NODISCARD
enum fw_status fw_synth_text(char **data_out, size_t *size_out, char **truth_out,
                             const struct fw_synth_options *options, int threads, struct fw_allocator *mem,
                             struct fw_error *err);

#endif
