/* What epochs and models of one or several tasks are chosen by: one number from the figures of all readings.
 *
 * A specification is the name of a figure, or a list of readings with figures and weights:
 *
 *     auc                          the mean over all judged readings; of a number its r2 counts
 *     logloss                      likewise; of a number the mse over the variance of its label
 *     income:auc,age:r2*0.5        a weighted mean: 1 for income, 0.5 for age
 *
 *     struct fw_score_spec spec;
 *     struct fw_score_terms terms;
 *     double score;
 *     FW_TRY(fw_score_spec_parse(&spec, "income:auc,age:r2*0.5", err));     // from the command line
 *     FW_TRY(fw_score_resolve(&terms, &spec, model->readings, model->n_readings, err));
 *     FW_TRY(fw_score_of(&score, &terms, metrics, model->readings, err));   // metrics: (n_readings), task_metrics.h
 *
 * Plain values without a lifetime. */
#ifndef FW_EVALUATORS_TASK_SCORE_H
#define FW_EVALUATORS_TASK_SCORE_H

#include <stdbool.h>
#include <stdint.h>

#include "evaluators/task_metrics.h"

enum fw_figure {
    FW_FIGURE_AUC, /* of classes */
    FW_FIGURE_LOGLOSS,
    FW_FIGURE_ACCURACY,
    FW_FIGURE_R2, /* of numbers */
    FW_FIGURE_MSE,
    FW_FIGURE_RMSE,
    FW_FIGURE_MAE,
    FW_FIGURE_RELATIVE_MSE
};

const char *fw_figure_name(enum fw_figure figure); /* "auc", ... as members of the metrics are called */
bool fw_figure_maximise(enum fw_figure figure);    /* higher is better */
bool fw_figure_of_numbers(enum fw_figure figure);  /* else of classes */
double fw_figure_value(enum fw_figure figure, const struct fw_task_metrics *metrics); /* NaN: there is none */

/* The figure that stands for `asked` where a reading of this kind is judged: auc and accuracy become r2 of a number,
 * logloss becomes relative_mse. */
enum fw_figure fw_figure_for(enum fw_figure asked, enum fw_reading_kind kind);

struct fw_score_spec {
    char text[512];        /* as it was given */
    bool maximise;         /* false: all its figures are better when lower */
    enum fw_figure figure; /* of every judged reading, when there are no terms */
    int32_t n_terms;
    struct fw_score_spec_term {
        char reading[128];
        enum fw_figure figure;
        double weight;
    } terms[FW_READINGS_MOST];
};

/* FW_E_ARG: an unknown figure (the known ones are listed), a term without a name, a weight not in (0, 1e6], a
 * reading and figure named twice, more than FW_READINGS_MOST terms. A name may hold a colon, but no comma. */
FW_NODISCARD
enum fw_status fw_score_spec_parse(struct fw_score_spec *out, const char *text, struct fw_error *err);

/* A specification for the readings of one model. */
struct fw_score_terms {
    bool maximise;
    int32_t n;
    struct fw_score_term {
        int32_t reading; /* index */
        enum fw_figure figure;
        double weight;
    } terms[FW_READINGS_MOST];
};

/* FW_E_ARG: a reading that the model has not (those that it has are listed), a figure of numbers for classes or the
 * other way round, a figure of numbers for all readings where some are classes. */
FW_NODISCARD
enum fw_status fw_score_resolve(struct fw_score_terms *out, const struct fw_score_spec *spec,
                                const struct fw_reading *readings, int32_t n_readings, struct fw_error *err);

/* The score, higher is better: the weighted mean of the terms' figures, those that are better when lower counting
 * negatively. metrics, readings: by the indices of the terms. FW_E_INPUT naming the reading when a figure that is
 * part of the score cannot be had: no labelled row, one class for auc, one value for r2. */
FW_NODISCARD
enum fw_status fw_score_of(double *score_out, const struct fw_score_terms *terms, const struct fw_task_metrics *metrics,
                           const struct fw_reading *readings, struct fw_error *err);

/* A score as people read it: the (mean) figure itself; of figures that are better when lower without its minus. */
double fw_score_natural(bool maximise, double score);

#endif
