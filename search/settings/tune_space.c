#include "search/settings/tune_space.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "core/numeric.h"
#include "core/rng.h"

/* One draw in so many is the default that lies outside its range. */
#define OFF_SHARE 0.25

void fw_tune_space_init(struct fw_tune_space *space, const struct fw_param_spec *table)
{
    memset(space, 0, sizeof *space);
    fw_params_init(&space->base, table);
    for (int32_t i = 0; table[i].name != NULL; i++) {
        const struct fw_param_spec *spec = &table[i];
        if (spec->low >= spec->high)
            continue;
        bool outside = spec->fallback < spec->low || spec->fallback > spec->high;
        space->axes[space->n_axes++] =
            (struct fw_tune_axis){.row = i, .low = spec->low, .high = spec->high, .off = outside};
    }
}

static const struct fw_param_spec *spec_of(const struct fw_tune_space *space, const struct fw_tune_axis *axis)
{
    return &space->base.table[axis->row];
}

/* The place of the row's axis, or where it would be. */
static int32_t find_axis(const struct fw_tune_space *space, int32_t row)
{
    int32_t at = 0;
    while (at < space->n_axes && space->axes[at].row < row)
        at++;
    return at;
}

static bool has_axis(const struct fw_tune_space *space, int32_t row)
{
    int32_t at = find_axis(space, row);
    return at < space->n_axes && space->axes[at].row == row;
}

static void remove_axis(struct fw_tune_space *space, int32_t row)
{
    if (!has_axis(space, row))
        return;
    int32_t at = find_axis(space, row);
    memmove(space->axes + at, space->axes + at + 1, (size_t)(space->n_axes - at - 1) * sizeof *space->axes);
    space->n_axes--;
}

static void put_axis(struct fw_tune_space *space, const struct fw_tune_axis *axis)
{
    remove_axis(space, axis->row);
    int32_t at = find_axis(space, axis->row);
    memmove(space->axes + at + 1, space->axes + at, (size_t)(space->n_axes - at) * sizeof *space->axes);
    space->axes[at] = *axis;
    space->n_axes++;
}

enum fw_status fw_tune_space_fix(struct fw_tune_space *space, const char *text, struct fw_error *err)
{
    struct fw_params *base = &space->base;
    FW_TRY(fw_params_parse(base, text, err));
    while (true) {
        size_t length = strcspn(text, ",");
        const char *equals = memchr(text, '=', length);
        assert(equals != NULL); /* it has been parsed */
        struct fw_text key = fw_text_trim((struct fw_text){text, (size_t)(equals - text)});
        int32_t row = (int32_t)(fw_params_find(base, key) - base->table);
        if (space->asked[row])
            return fw_error_set(err, FW_E_ARG, "the setting '%s' cannot be both fixed and searched; give one of them",
                                base->table[row].name);
        space->fixed[row] = true;
        remove_axis(space, row);
        if (text[length] == '\0')
            return FW_OK;
        text += length + 1;
    }
}

/* A value of the setting, through the checks that every value passes. */
static enum fw_status read_value(double *out, const struct fw_tune_space *space, int32_t row, struct fw_text text,
                                 struct fw_error *err)
{
    struct fw_params scratch = space->base;
    FW_TRY(fw_params_set(&scratch, fw_text_of(scratch.table[row].name), fw_text_trim(text), err));
    *out = scratch.value[row];
    return FW_OK;
}

static enum fw_status read_list(struct fw_tune_axis *axis, const struct fw_tune_space *space, struct fw_text text,
                                struct fw_error *err)
{
    const char *name = spec_of(space, axis)->name;
    const char *end = text.data + text.length;
    for (const char *at = text.data; at <= end;) {
        const char *bar = memchr(at, '|', (size_t)(end - at));
        struct fw_text item = {at, (size_t)((bar != NULL ? bar : end) - at)};
        if (axis->n_values == FW_TUNE_MAX_VALUES)
            return fw_error_set(err, FW_E_ARG, "more than %d values of '%s' to search; give fewer", FW_TUNE_MAX_VALUES,
                                name);
        FW_TRY(read_value(&axis->values[axis->n_values++], space, axis->row, item, err));
        at += item.length + 1;
    }
    if (axis->n_values < 2)
        return fw_error_set(err, FW_E_ARG,
                            "one value of '%s' leaves nothing to search; write %s=low..high or %s=a|b, or fix it", name,
                            name, name);
    return FW_OK;
}

static enum fw_status read_range(struct fw_tune_axis *axis, const struct fw_tune_space *space, struct fw_text low,
                                 struct fw_text high, struct fw_error *err)
{
    const struct fw_param_spec *spec = spec_of(space, axis);
    if (spec->choices != NULL)
        return fw_error_set(err, FW_E_ARG, "'%s' is chosen by name and has no range; write %s=a|b with its names",
                            spec->name, spec->name);
    FW_TRY(read_value(&axis->low, space, axis->row, low, err));
    FW_TRY(read_value(&axis->high, space, axis->row, high, err));
    if (axis->low >= axis->high)
        return fw_error_set(err, FW_E_ARG, "the range of '%s' goes from %g to %g; the first must be below the second",
                            spec->name, axis->low, axis->high);
    if (spec->log_scale && axis->low <= 0)
        return fw_error_set(err, FW_E_ARG,
                            "'%s' is drawn by its logarithm, so that its range cannot start at %g; start above 0",
                            spec->name, axis->low);
    return FW_OK;
}

enum fw_status fw_tune_space_search(struct fw_tune_space *space, const char *text, struct fw_error *err)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL)
        return fw_error_set(err, FW_E_ARG, "'%s' says nothing to search; write key=low..high or key=a|b|c", text);
    struct fw_text key = fw_text_trim((struct fw_text){text, (size_t)(equals - text)});
    struct fw_text value = fw_text_of(equals + 1);
    const struct fw_param_spec *spec = fw_params_find(&space->base, key);
    if (spec == NULL)
        return fw_params_set(&space->base, key, value, err); /* says what is known */
    struct fw_tune_axis axis = {.row = (int32_t)(spec - space->base.table)};
    if (strcmp(spec->name, "epochs") == 0)
        return fw_error_set(err, FW_E_ARG, "epochs are what trials are rationed by; fix the most there may be instead");
    if (space->fixed[axis.row])
        return fw_error_set(err, FW_E_ARG, "the setting '%s' cannot be both fixed and searched; give one of them",
                            spec->name);
    const char *dots = strstr(value.data, "..");
    if (dots != NULL) {
        struct fw_text low = {value.data, (size_t)(dots - value.data)};
        FW_TRY(read_range(&axis, space, low, fw_text_of(dots + 2), err));
    } else {
        FW_TRY(read_list(&axis, space, value, err));
    }
    put_axis(space, &axis);
    space->asked[axis.row] = true;
    return FW_OK;
}

/* How many values an axis of choices has, and each of them. */
static int32_t count_values(const struct fw_tune_axis *axis)
{
    return axis->n_values > 0 ? axis->n_values : (int32_t)(axis->high - axis->low) + 1;
}

static double value_at(const struct fw_tune_axis *axis, int32_t i)
{
    return axis->n_values > 0 ? axis->values[i] : axis->low + i;
}

bool fw_tune_space_has_effect(const struct fw_tune_space *space, const struct fw_tune_axis *axis)
{
    const struct fw_param_spec *spec = spec_of(space, axis);
    struct fw_params params = space->base;
    if (fw_params_active(&params, spec))
        return true;
    /* a condition names one setting with choices: it is enough to turn each of these by itself */
    for (int32_t a = 0; a < space->n_axes; a++) {
        const struct fw_tune_axis *other = &space->axes[a];
        if (other == axis || spec_of(space, other)->choices == NULL)
            continue;
        for (int32_t i = 0; i < count_values(other); i++) {
            params.value[other->row] = value_at(other, i);
            if (fw_params_active(&params, spec))
                return true;
        }
        params.value[other->row] = space->base.value[other->row];
    }
    return false;
}

enum fw_status fw_tune_space_check(const struct fw_tune_space *space, struct fw_error *err)
{
    for (int32_t a = 0; a < space->n_axes; a++) {
        const struct fw_tune_axis *axis = &space->axes[a];
        if (space->asked[axis->row] && !fw_tune_space_has_effect(space, axis))
            return fw_error_set(err, FW_E_ARG, "'%s' has no effect with the other settings: it needs %s",
                                spec_of(space, axis)->name, spec_of(space, axis)->when);
    }
    for (int32_t a = 0; a < space->n_axes; a++) {
        if (fw_tune_space_has_effect(space, &space->axes[a]))
            return FW_OK;
    }
    return fw_error_set(err, FW_E_ARG,
                        "with these settings fixed nothing is left to search; give a range with key=low..high");
}

/* A value of four significant digits, within the range. */
static double shorten(double value, double low, double high)
{
    char text[32];
    double rounded = value;
    int n = snprintf(text, sizeof text, "%.4g", value);
    for (int i = 0; i < n; i++)
        text[i] = text[i] == ',' ? '.' : text[i]; /* whatever the locale */
    if (fw_text_to_double(fw_text_of(text), &rounded))
        value = rounded;
    return value < low ? low : value > high ? high : value;
}

/* Of whole numbers each has the same share, as the ends are drawn from half a step further out. */
static double draw_range(const struct fw_tune_axis *axis, const struct fw_param_spec *spec, double uniform)
{
    double half = spec->integer ? 0.5 : 0;
    double low = axis->low - half;
    double high = axis->high + half;
    double value = low + uniform * (high - low);
    if (spec->log_scale)
        value = fw_exact_exp(fw_exact_log(low) + uniform * (fw_exact_log(high) - fw_exact_log(low)));
    if (!spec->integer)
        return shorten(value, axis->low, axis->high);
    value = floor(value + 0.5);
    return value < axis->low ? axis->low : value > axis->high ? axis->high : value;
}

static double draw_axis(const struct fw_tune_axis *axis, const struct fw_param_spec *spec, double uniform)
{
    if (axis->off && uniform < OFF_SHARE)
        return spec->fallback;
    if (axis->off)
        uniform = (uniform - OFF_SHARE) / (1 - OFF_SHARE);
    if (axis->n_values == 0 && spec->choices == NULL)
        return draw_range(axis, spec, uniform);
    return value_at(axis, (int32_t)(uniform * count_values(axis)));
}

void fw_tune_space_draw(struct fw_params *out, const struct fw_tune_space *space, uint64_t seed, uint64_t configuration,
                        uint64_t attempt)
{
    uint64_t stream = fw_stream(configuration, attempt, FW_STREAM_SEARCH);
    *out = space->base;
    for (int32_t a = 0; a < space->n_axes; a++) {
        const struct fw_param_spec *spec = spec_of(space, &space->axes[a]);
        double uniform = fw_rng_uniform_at(seed, stream, fw_hash_text(spec->name, 0));
        out->value[space->axes[a].row] = draw_axis(&space->axes[a], spec, uniform);
    }
    for (int32_t a = 0; a < space->n_axes; a++) {
        int32_t row = space->axes[a].row;
        if (!fw_params_active(out, &out->table[row]))
            out->value[row] = space->base.value[row];
    }
}

char *fw_tune_axis_text(char out[256], const struct fw_tune_space *space, const struct fw_tune_axis *axis)
{
    const struct fw_param_spec *spec = spec_of(space, axis);
    size_t at = 0;
    out[0] = '\0';
    if (axis->n_values == 0 && spec->choices == NULL) {
        char off[32] = "";
        if (axis->off)
            snprintf(off, sizeof off, "%g or ", spec->fallback);
        snprintf(out, 256, "%s%g .. %g%s", off, axis->low, axis->high, spec->log_scale ? ", log" : "");
        return out;
    }
    for (int32_t i = 0; i < count_values(axis) && at < 256; i++) {
        const char *bar = i > 0 ? "|" : "";
        double value = value_at(axis, i);
        int n = spec->choices != NULL ? snprintf(out + at, 256 - at, "%s%s", bar, spec->choices[(int32_t)value])
                                      : snprintf(out + at, 256 - at, "%s%g", bar, value);
        at += n > 0 ? (size_t)n : 0;
    }
    return out;
}

void fw_tune_space_json(struct fw_buffer *buffer, const struct fw_tune_space *space)
{
    const char *last = NULL;
    fw_buffer_add_text(buffer, "{");
    while (true) {
        const struct fw_tune_axis *next = NULL;
        for (int32_t a = 0; a < space->n_axes; a++) {
            const char *name = spec_of(space, &space->axes[a])->name;
            if ((last == NULL || strcmp(name, last) > 0) &&
                (next == NULL || strcmp(name, spec_of(space, next)->name) < 0))
                next = &space->axes[a];
        }
        if (next == NULL)
            break;
        char text[256];
        fw_buffer_addf(buffer, "%s\"%s\":\"%s\"", last != NULL ? "," : "", spec_of(space, next)->name,
                       fw_tune_axis_text(text, space, next));
        last = spec_of(space, next)->name;
    }
    fw_buffer_add_text(buffer, "}");
}
