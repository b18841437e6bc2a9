/* Generated tables for models of several tasks, each with a known answer:
 *
 * "mmoe"         two regression tasks with a dial for how related they are (Ma et al., KDD 2018, section 3)
 * "tasks"        binary tasks in groups: those of a group share nonlinear features of the inputs, others share nothing
 * "funnel"       impressions, clicks, purchases: conversions are seen on clicked rows only, which are unlike the others
 * "examination"  clicks on ranked lists whose positions are looked at with known probabilities
 *
 * The same promise as in synth.h: the same options and seed give the same bytes on every machine and for any number of
 * threads; every cell is a pure function of (seed, column, row).
 *
 *     struct fw_task_synth_options options;
 *     fw_task_synth_options_init(&options, FW_TASK_SYNTH_MMOE);
 *     FW_TRY(fw_task_synth_set(&options, "relatedness", "0.9", err));     // or options.mmoe.relatedness = 0.9
 *     FW_TRY(fw_task_synth_write("table.csv", "truth.json", &options, 0, mem, err)); */
#ifndef FW_SPACE_TASK_SYNTH_H
#define FW_SPACE_TASK_SYNTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/status.h"
#include "space/synth/synth.h"

enum fw_task_synth_kind { FW_TASK_SYNTH_MMOE, FW_TASK_SYNTH_TASKS, FW_TASK_SYNTH_FUNNEL, FW_TASK_SYNTH_EXAMINATION };

enum { FW_TASK_SYNTH_MAX_TASKS = 64, FW_TASK_SYNTH_MAX_LIST = 100 };

struct fw_task_synth_list {
    int32_t n; /* 0: not given */
    double values[FW_TASK_SYNTH_MAX_LIST];
};

/* Columns y1, y2, x1 ..: y_t = w_t.x + sum of sin(alpha_i w_t.x + beta_i) + noise, x standard normal. */
struct fw_mmoe_synth {
    int64_t dimension;     /* of x, from 2; default 100 */
    double relatedness;    /* cosine of w1 and w2, -1 to 1; default 0.5 */
    double scale;          /* length of w1 and of w2; default 0.452, which with the alphas and betas used gives the
                              published curve of label correlation over relatedness */
    double noise_variance; /* default 0.01 */
};

/* Columns y1 .. yT, x1 .., c1 ... */
struct fw_tasks_synth {
    struct fw_task_synth_list groups;   /* tasks of each group; default 2,2,1 */
    struct fw_task_synth_list labelled; /* share of rows that have a label, for each task; not given: all */
    int64_t numeric;                    /* standard normal columns; default 32 */
    int64_t categorical;                /* columns of categories; default 0 */
    int64_t cardinality;                /* values of each of them; default 50 */
    double power;                       /* exponent of their power law; default 1.1 */
    int64_t features;                   /* of a group; not fewer than its tasks; default 4 */
    double relatedness;                 /* cosine of the weights of two tasks of a group, 0 to 1; default 0.9 */
    double strength;                    /* standard deviation of each task's logit; default 2 */
    double positive_rate;               /* expected share of positives of each task; default 0.3 */
};

/* Who sees what: columns user, item, c1 ... */
struct fw_impressions_synth {
    int64_t users, items;   /* values, from 3; defaults 2000, 1000 */
    int64_t context;        /* further columns of categories; default 3 */
    int64_t context_values; /* values of each, from 3; default 20 */
    int64_t rank;           /* width of the vectors of users and items; default 4 */
    double power;           /* exponent of all power laws; default 0.8 */
};

/* Columns click, buy, those of the impression, n1 .., and true_ctr, true_cvr when asked for. */
struct fw_funnel_synth {
    struct fw_impressions_synth shown;
    int64_t numeric;        /* standard normal columns n1 ..; default 2 */
    double click_rate;      /* of all rows; default 0.05 */
    double conversion_rate; /* of the clicked ones; default 0.1 */
    double relatedness;     /* correlation of effects on the click with those on the conversion; default 0.6 */
    double bias;            /* standard deviation of the click's logit: 0: clicked rows are like all; default 2 */
    double strength;        /* standard deviation of the conversion's logit; default 1.5 */
    bool truth_columns;     /* default false */
};

/* Columns click, position, those of the impression, and true_relevance when asked for. */
struct fw_examination_synth {
    struct fw_impressions_synth shown;
    int64_t positions;               /* rows of a list, 2 to 100; default 10 */
    double decay;                    /* position k is looked at with probability k^-decay; default 1 */
    struct fw_task_synth_list curve; /* these probabilities themselves; not given: by decay */
    double confounding; /* correlation of what lists are ranked by with the relevance, 0 to 1; default 0.7 */
    double relevance;   /* mean relevance; default 0.2 */
    double strength;    /* standard deviation of the relevance's logit; default 1.5 */
    bool truth_columns; /* default false */
};

struct fw_task_synth_options {
    enum fw_task_synth_kind kind;
    int64_t rows; /* default 10,000 (tasks: 20,000; funnel and examination: 200,000) */
    uint64_t seed;
    union { /* by kind */
        struct fw_mmoe_synth mmoe;
        struct fw_tasks_synth tasks;
        struct fw_funnel_synth funnel;
        struct fw_examination_synth examination;
    };
    int (*progress)(void *user, int64_t rows_done, int64_t rows_total); /* as in struct fw_synth_options */
    void *user;
};

/* The name of a kind, and the kind of a name: false when there is none. */
const char *fw_task_synth_kind_name(enum fw_task_synth_kind kind);
bool fw_task_synth_kind_find(enum fw_task_synth_kind *out, const char *name);

/* Defaults into a caller-held struct. */
void fw_task_synth_options_init(struct fw_task_synth_options *options, enum fw_task_synth_kind kind);

/* One option by its name with '-' between words ("positive-rate") and its value as text; lists have commas; text NULL
 * for what is set by being named ("truth-columns"). FW_E_ARG: this kind has no such option (all are listed), the text
 * is no value of its sort, or is out of range. */
FW_NODISCARD
enum fw_status fw_task_synth_set(struct fw_task_synth_options *options, const char *name, const char *text,
                                 struct fw_error *err);

/* As fw_synth_generate, fw_synth_write and fw_synth_text. The header line is always there, the delimiter is a comma. */
FW_NODISCARD
enum fw_status fw_task_synth_generate(fw_synth_sink *sink, void *sink_user, char **truth_out,
                                      const struct fw_task_synth_options *options, int threads,
                                      struct fw_allocator *mem, struct fw_error *err);
FW_NODISCARD
enum fw_status fw_task_synth_write(const char *path, const char *truth_path,
                                   const struct fw_task_synth_options *options, int threads, struct fw_allocator *mem,
                                   struct fw_error *err);
FW_NODISCARD
enum fw_status fw_task_synth_text(char **data_out, size_t *size_out, char **truth_out,
                                  const struct fw_task_synth_options *options, int threads, struct fw_allocator *mem,
                                  struct fw_error *err);

#endif
