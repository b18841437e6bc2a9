#include "evaluators/task_score.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

static const struct {
    const char *name;
    bool maximise, of_numbers;
    size_t offset; /* in struct fw_task_metrics */
} figures[] = {
    [FW_FIGURE_AUC] = {"auc", true, false, offsetof(struct fw_task_metrics, classes.auc)},
    [FW_FIGURE_LOGLOSS] = {"logloss", false, false, offsetof(struct fw_task_metrics, classes.logloss)},
    [FW_FIGURE_ACCURACY] = {"accuracy", true, false, offsetof(struct fw_task_metrics, classes.accuracy)},
    [FW_FIGURE_R2] = {"r2", true, true, offsetof(struct fw_task_metrics, number.r2)},
    [FW_FIGURE_MSE] = {"mse", false, true, offsetof(struct fw_task_metrics, number.mse)},
    [FW_FIGURE_RMSE] = {"rmse", false, true, offsetof(struct fw_task_metrics, number.rmse)},
    [FW_FIGURE_MAE] = {"mae", false, true, offsetof(struct fw_task_metrics, number.mae)},
    [FW_FIGURE_RELATIVE_MSE] = {"relative_mse", false, true, offsetof(struct fw_task_metrics, number.relative_mse)},
};
enum { n_figures = sizeof figures / sizeof figures[0] };
_Static_assert(n_figures == FW_FIGURE_RELATIVE_MSE + 1, "a row for each figure");

const char *fw_figure_name(enum fw_figure figure)
{
    return figures[figure].name;
}

bool fw_figure_maximise(enum fw_figure figure)
{
    return figures[figure].maximise;
}

bool fw_figure_of_numbers(enum fw_figure figure)
{
    return figures[figure].of_numbers;
}

double fw_figure_value(enum fw_figure figure, const struct fw_task_metrics *metrics)
{
    double value;
    memcpy(&value, (const char *)metrics + figures[figure].offset, sizeof value);
    return value;
}

enum fw_figure fw_figure_for(enum fw_figure asked, enum fw_reading_kind kind)
{
    if (kind != FW_READ_NUMBER || figures[asked].of_numbers)
        return asked;
    return asked == FW_FIGURE_LOGLOSS ? FW_FIGURE_RELATIVE_MSE : FW_FIGURE_R2;
}

static enum fw_status find_figure(enum fw_figure *out, struct fw_text name, struct fw_error *err)
{
    for (int f = 0; f < n_figures; f++) {
        if (fw_text_equal(name, fw_text_of(figures[f].name))) {
            *out = (enum fw_figure)f;
            return FW_OK;
        }
    }
    return fw_error_set(err, FW_E_ARG,
                        "there is no metric '%.*s'; it is auc, logloss or accuracy, of numbers r2, mse, rmse, mae or "
                        "relative_mse, or a list such as income:auc,age:r2*0.5",
                        (int)(name.length < 64 ? name.length : 64), name.data);
}

/* "age:r2*0.5". */
static enum fw_status parse_term(struct fw_score_spec *spec, struct fw_text text, struct fw_error *err)
{
    int shown = (int)(text.length < 160 ? text.length : 160);
    size_t colon = text.length;
    while (colon > 0 && text.data[colon - 1] != ':')
        colon--;
    if (colon < 2)
        return fw_error_set(err, FW_E_ARG, "'%.*s' is no part of a metric; each is TASK:METRIC or TASK:METRIC*WEIGHT",
                            shown, text.data);
    struct fw_text name = fw_text_trim((struct fw_text){text.data, colon - 1});
    struct fw_text figure = {text.data + colon, text.length - colon};
    const char *star = memchr(figure.data, '*', figure.length);
    double weight = 1;
    if (star != NULL) {
        struct fw_text number = {star + 1, (size_t)(figure.data + figure.length - star - 1)};
        figure.length = (size_t)(star - figure.data);
        if (!fw_text_to_double(fw_text_trim(number), &weight) || !(weight > 0 && weight <= 1e6))
            return fw_error_set(err, FW_E_ARG,
                                "the weight in '%.*s' is no number above 0, of at most 1e6; figures that are better "
                                "when lower count negatively by themselves",
                                shown, text.data);
    }
    if (spec->n_terms == FW_READINGS_MOST)
        return fw_error_set(err, FW_E_ARG, "a metric has at most %d parts", FW_READINGS_MOST);
    struct fw_score_spec_term *term = &spec->terms[spec->n_terms];
    if (name.length == 0 || name.length >= sizeof term->reading)
        return fw_error_set(err, FW_E_ARG, "the name of the task in '%.*s' has %zu bytes; it has 1 to %zu", shown,
                            text.data, name.length, sizeof term->reading - 1);
    memcpy(term->reading, name.data, name.length);
    term->reading[name.length] = '\0';
    term->weight = weight;
    FW_TRY(find_figure(&term->figure, fw_text_trim(figure), err));
    for (int32_t t = 0; t < spec->n_terms; t++) {
        if (spec->terms[t].figure == term->figure && strcmp(spec->terms[t].reading, term->reading) == 0)
            return fw_error_set(err, FW_E_ARG, "'%s:%s' is named twice in a metric", term->reading,
                                figures[term->figure].name);
    }
    spec->n_terms++;
    return FW_OK;
}

enum fw_status fw_score_spec_parse(struct fw_score_spec *out, const char *text, struct fw_error *err)
{
    struct fw_score_spec spec = {.maximise = false};
    size_t length = strlen(text);
    if (length >= sizeof spec.text)
        return fw_error_set(err, FW_E_ARG, "the metric has %zu bytes; the most is %zu", length, sizeof spec.text - 1);
    memcpy(spec.text, text, length + 1);
    if (strpbrk(text, ":,") == NULL) {
        FW_TRY(find_figure(&spec.figure, fw_text_of(text), err));
        spec.maximise = figures[spec.figure].maximise;
        *out = spec;
        return FW_OK;
    }
    for (const char *at = text;;) {
        size_t n = strcspn(at, ",");
        FW_TRY(parse_term(&spec, fw_text_trim((struct fw_text){at, n}), err));
        spec.maximise = spec.maximise || figures[spec.terms[spec.n_terms - 1].figure].maximise;
        if (at[n] == '\0')
            break;
        at += n + 1;
    }
    *out = spec;
    return FW_OK;
}

static enum fw_status find_reading(int32_t *out, const char *name, const struct fw_reading *readings,
                                   int32_t n_readings, struct fw_error *err)
{
    char known[512] = "";
    for (int32_t r = 0; r < n_readings; r++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", r > 0 ? ", " : "", readings[r].name);
        if (strcmp(readings[r].name, name) == 0) {
            *out = r;
            return FW_OK;
        }
    }
    return fw_error_set(err, FW_E_ARG, "the metric names '%s', which the model does not predict; it predicts %s", name,
                        known);
}

static enum fw_status resolve_named(struct fw_score_terms *out, const struct fw_score_spec *spec,
                                    const struct fw_reading *readings, int32_t n_readings, struct fw_error *err)
{
    for (int32_t t = 0; t < spec->n_terms; t++) {
        const struct fw_score_spec_term *term = &spec->terms[t];
        int32_t r = 0;
        FW_TRY(find_reading(&r, term->reading, readings, n_readings, err));
        bool number = readings[r].kind == FW_READ_NUMBER;
        if (number != figures[term->figure].of_numbers)
            return fw_error_set(err, FW_E_ARG, "%s is no metric of '%s', which is %s; choose %s",
                                figures[term->figure].name, term->reading, number ? "a number" : "a probability",
                                number ? "r2, mse, rmse, mae or relative_mse" : "auc, logloss or accuracy");
        out->terms[out->n++] = (struct fw_score_term){r, term->figure, term->weight};
    }
    return FW_OK;
}

static enum fw_status resolve_all(struct fw_score_terms *out, const struct fw_score_spec *spec,
                                  const struct fw_reading *readings, int32_t n_readings, struct fw_error *err)
{
    for (int32_t r = 0; r < n_readings; r++) {
        if (!readings[r].judged)
            continue;
        if (figures[spec->figure].of_numbers && readings[r].kind != FW_READ_NUMBER)
            return fw_error_set(err, FW_E_ARG,
                                "%s is a metric of numbers, '%s' is a probability; choose auc, logloss or accuracy, or "
                                "a metric for each task: TASK:METRIC,TASK:METRIC",
                                figures[spec->figure].name, readings[r].name);
        out->terms[out->n++] = (struct fw_score_term){r, fw_figure_for(spec->figure, readings[r].kind), 1};
    }
    return FW_OK;
}

enum fw_status fw_score_resolve(struct fw_score_terms *out, const struct fw_score_spec *spec,
                                const struct fw_reading *readings, int32_t n_readings, struct fw_error *err)
{
    struct fw_score_terms terms = {.maximise = spec->maximise};
    if (spec->n_terms > 0)
        FW_TRY(resolve_named(&terms, spec, readings, n_readings, err));
    else
        FW_TRY(resolve_all(&terms, spec, readings, n_readings, err));
    *out = terms;
    return FW_OK;
}

static enum fw_status refuse(const struct fw_score_term *term, const struct fw_task_metrics *metrics,
                             const struct fw_reading *reading, struct fw_error *err)
{
    const char *name = figures[term->figure].name;
    if (!(metrics->weight > 0))
        return fw_error_set(err, FW_E_INPUT,
                            "no validation row has a label '%s' that counts, so that there is no %s; leave it out of "
                            "--metric, or split otherwise",
                            reading->name, name);
    return fw_error_set(err, FW_E_INPUT,
                        "all %lld validation rows with a label '%s' have the same one, so that there is no %s; choose "
                        "another metric for it (as in --metric %s:%s), or split otherwise",
                        (long long)metrics->rows, reading->name, name, reading->name,
                        figures[term->figure].of_numbers ? "mse" : "logloss");
}

enum fw_status fw_score_of(double *score_out, const struct fw_score_terms *terms, const struct fw_task_metrics *metrics,
                           const struct fw_reading *readings, struct fw_error *err)
{
    double sum = 0;
    double weight = 0;
    for (int32_t t = 0; t < terms->n; t++) {
        const struct fw_score_term *term = &terms->terms[t];
        double value = fw_figure_value(term->figure, &metrics[term->reading]);
        if (isnan(value))
            return refuse(term, &metrics[term->reading], &readings[term->reading], err);
        sum += term->weight * (figures[term->figure].maximise ? value : -value);
        weight += term->weight;
    }
    *score_out = sum / weight;
    return FW_OK;
}

double fw_score_natural(bool maximise, double score)
{
    return maximise ? score : -score;
}
