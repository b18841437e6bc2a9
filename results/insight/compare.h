/* Two studies or two trials side by side: what differs in their options, crosses, embedding sizes and gates, and how
 * much their figures differ, with the noise of the difference as far as the store knows it.
 *
 * Noise is the half-width of a 95 % interval of the difference. Between a trial and its parent, or two of one parent,
 * it comes from the intervals of their gains; else from the standard errors that trials store (metric NAME_se; as if
 * the two were judged on different rows: on the same rows the true noise is smaller). The spread over seeds is added
 * where the store holds the same run with several (spread.h).
 *
 *     struct fw_compared a = {&study_a, 0}, b = {&study_b, 0};         // the studies, by their chosen trials
 *     FW_TRY(fw_compare_query(&comparison, store, a, b, err));
 *     comparison.rows[i].name, .a, .b
 *     fw_comparison_rows_clear(&comparison); */
#ifndef FW_RESULTS_COMPARE_H
#define FW_RESULTS_COMPARE_H

#include "results/query/query.h"

enum fw_compare_section {
    FW_COMPARE_STUDY,     /* data, driver, seed, ... */
    FW_COMPARE_OPTION,    /* of the studies */
    FW_COMPARE_CANDIDATE, /* of the trials: settings, embedding sizes */
    FW_COMPARE_CROSS,     /* accepted ones, with their gains */
    FW_COMPARE_GATE,      /* after the last epoch; equal when both are open or both closed */
    FW_COMPARE_FIGURE,    /* objective, gain, bytes, seconds and the metrics of the whole trial */
};

const char *fw_compare_section_name(enum fw_compare_section section); /* "study", "option", ... */

/* One of the two. */
struct fw_compared {
    const struct fw_study_row *study; /* borrowed */
    int64_t trial;                    /* its number; 0: the one that the study chose, or else its best */
};

struct fw_compare_row {
    enum fw_compare_section section;
    const char *name;        /* "rate", "age@10 x occupation" */
    const char *a, *b;       /* in words; NULL: that side has none */
    double value_a, value_b; /* NaN: no number */
    double difference;       /* of figures: b - a; NaN else */
    double noise;            /* NaN: none is known */
    const char *basis; /* "standard errors", "3 and 4 seeds", "gain intervals"; NULL: no measure of noise is stored */
    bool equal;
};

struct fw_comparison_rows {
    struct fw_compare_row *rows; /* by section */
    int64_t n, capacity;
    struct fw_text_pool texts;
    bool same_data;           /* the fingerprints agree; if not, figures are not comparable */
    int64_t trial_a, trial_b; /* whose figures these are; 0: the study has none */
};

/* FW_E_INPUT when a trial is not there, FW_E_NOMEM, or as store.h says; then there is nothing to clear. */
FW_NODISCARD
enum fw_status fw_compare_query(struct fw_comparison_rows *out, struct fw_store *store, struct fw_compared a,
                                struct fw_compared b, struct fw_error *err);
void fw_comparison_rows_clear(struct fw_comparison_rows *comparison);

#endif
