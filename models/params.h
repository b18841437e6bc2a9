/* Settings of models and optimisers: one table of specifications is the single source of names, defaults, ranges, JSON
 * keys and help; a `struct fw_params` holds one value for each row of it.
 *
 *     struct fw_params params;
 *     fw_params_init(&params, model->params);                  // defaults
 *     FW_TRY(fw_params_parse(&params, "rate=0.05,epochs=10", err));
 *     double rate = fw_params_get(&params, "rate");
 *
 * Plain values without ownership: copy by assignment. */
#ifndef FW_MODELS_PARAMS_H
#define FW_MODELS_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"
#include "core/text.h"

struct fw_param_spec {
    const char *name; /* also the JSON key; NULL ends a table */
    double min, max;  /* allowed range, both ends included; not read when there are choices */
    double fallback;  /* the default */
    double low, high; /* what searches draw from, both ends included; of choices: indices; equal: not searched */
    bool log_scale;   /* searches draw its logarithm evenly; low is then above 0 */
    bool integer;     /* whole numbers only */
    const char *const *choices; /* NULL: a number; else NULL-ended names, and the value is the index */
    const char *doc;            /* one line, with the unit */
    const char *when;           /* "optimiser=ftrl|adagrad" or "optimiser!=newton": read only while that setting, which
                                   has choices, is (is not) one of these; NULL, or no such setting: always */
    bool scoring;               /* steers prediction alone: may be changed in a trained model */
};

/* Rows that a table may have. */
#define FW_PARAMS_MAX 48

struct fw_params {
    const struct fw_param_spec *table; /* borrowed, usually static */
    double value[FW_PARAMS_MAX];       /* in the order of the table */
};

/* All defaults. The table has at most FW_PARAMS_MAX rows, each with a default in its range (asserted). */
void fw_params_init(struct fw_params *params, const struct fw_param_spec *table);

/* Sets one value from text: a number, or the name of a choice. FW_E_ARG: an unknown key (lists the known ones and the
 * nearest), no number, out of the range (gives it), not whole, no such choice (lists them). */
FW_NODISCARD
enum fw_status fw_params_set(struct fw_params *params, struct fw_text key, struct fw_text value, struct fw_error *err);

/* Sets values from "key=value", or several with commas between. On failure earlier ones of the list may be set. */
FW_NODISCARD
enum fw_status fw_params_parse(struct fw_params *params, const char *text, struct fw_error *err);

/* Sets values from a JSON object of numbers and texts, as fw_params_json writes it. FW_E_CORRUPT when it is no such
 * object, FW_E_ARG as fw_params_set. */
FW_NODISCARD
enum fw_status fw_params_from_json(struct fw_params *params, const char *json, struct fw_error *err);

/* Appends the canonical JSON object of all values: keys in the order of their names, no spaces, numbers in the shortest
 * form that reads back, choices by name. Equal settings give equal bytes, whatever the order of the table. */
void fw_params_json(struct fw_buffer *buffer, const struct fw_params *params);

/* Whether the values let the setting of a row be read: see `when`. Searches leave one that is not at its default. */
bool fw_params_active(const struct fw_params *params, const struct fw_param_spec *spec);

/* The row with the name; NULL: the table has none. */
const struct fw_param_spec *fw_params_find(const struct fw_params *params, struct fw_text name);

/* Whether the table has the name. */
bool fw_params_has(const struct fw_params *params, const char *name);

/* A value by name; the name must be known (asserted). */
double fw_params_get(const struct fw_params *params, const char *name);

/* The name of the choice that a value stands for; the parameter must have choices (asserted). Static text. */
const char *fw_params_choice(const struct fw_params *params, const char *name);

#endif
