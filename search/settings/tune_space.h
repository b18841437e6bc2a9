/* What a search of settings draws from: the settings of a model that have a range, and how a value is drawn.
 *
 * A space starts from the ranges that the model's table declares; settings are then fixed or given other ranges:
 *
 *     struct fw_tune_space space;
 *     fw_tune_space_init(&space, model->params);
 *     FW_TRY(fw_tune_space_fix(&space, "optimiser=ftrl", err));
 *     FW_TRY(fw_tune_space_search(&space, "rate=0.01..1", err));
 *     fw_tune_space_draw(&params, &space, seed, 7, 0);
 *
 * A draw is a pure function of (seed, configuration, attempt, name of the setting): neither the order of the table nor
 * what else is searched nor who drew before changes it. Plain values without ownership: copy by assignment. */
#ifndef FW_SEARCH_TUNE_SPACE_H
#define FW_SEARCH_TUNE_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"
#include "models/params.h"

/* Values that a list of them may have. */
#define FW_TUNE_MAX_VALUES 16

/* A setting that is searched. */
struct fw_tune_axis {
    int32_t row;      /* of the table */
    double low, high; /* both ends included; not read when there is a list */
    bool off;         /* the default lies outside the range (0: switched off) and is drawn too, one time in four */
    int32_t n_values; /* 0: a range */
    double values[FW_TUNE_MAX_VALUES];
};

struct fw_tune_space {
    struct fw_params base; /* defaults and what is fixed; values of settings that a draw leaves alone */
    int32_t n_axes;
    struct fw_tune_axis axes[FW_PARAMS_MAX]; /* in the order of the table */
    bool fixed[FW_PARAMS_MAX];               /* by row: fw_tune_space_fix named it */
    bool asked[FW_PARAMS_MAX];               /* by row: fw_tune_space_search named it */
};

/* All defaults, and an axis for each row that declares a range. */
void fw_tune_space_init(struct fw_tune_space *space, const struct fw_param_spec *table);

/* "key=value", or several with commas between: these are searched no longer. FW_E_ARG as fw_params_parse, or when one
 * was asked to be searched. On failure earlier ones of the list may be fixed. */
FW_NODISCARD
enum fw_status fw_tune_space_fix(struct fw_tune_space *space, const char *text, struct fw_error *err);

/* "key=low..high" or "key=a|b|c": searches this setting, there. FW_E_ARG: no such setting, no such form, values that
 * the setting does not take, a range from 0 or below of a setting that is drawn by its logarithm, a fixed setting, or
 * "epochs", which trials are rationed by. */
FW_NODISCARD
enum fw_status fw_tune_space_search(struct fw_tune_space *space, const char *text, struct fw_error *err);

/* FW_E_ARG unless some axis can have an effect (models/params.h: `when`). */
FW_NODISCARD
enum fw_status fw_tune_space_check(const struct fw_tune_space *space, struct fw_error *err);

/* Whether an axis has an effect for some values of the others. */
bool fw_tune_space_has_effect(const struct fw_tune_space *space, const struct fw_tune_axis *axis);

/* The settings of a configuration. Attempts (from 0) are further draws for the same one. Settings that are not read
 * beside the drawn ones stay at their base value. Numbers have four significant digits, so that they can be typed. */
void fw_tune_space_draw(struct fw_params *out, const struct fw_tune_space *space, uint64_t seed, uint64_t configuration,
                        uint64_t attempt);

/* "0.01 .. 1, log" or "0 or 0.01 .. 1, log" or "a|b|c". Returns out. */
char *fw_tune_axis_text(char out[256], const struct fw_tune_space *space, const struct fw_tune_axis *axis);

/* Appends the canonical JSON object of the axes: {"rate":"0.01 .. 1, log",...}, in the order of their names. */
void fw_tune_space_json(struct fw_buffer *buffer, const struct fw_tune_space *space);

#endif
