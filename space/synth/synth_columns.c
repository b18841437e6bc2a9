#include "space/synth/synth_columns.h"

#include <math.h>
#include <stdio.h>

#include "core/numeric.h"
#include "core/rng.h"
#include "space/synth/synth_draw.h"
#include "space/synth/synth_sizes.h"

enum { COMMON_VALUES = 4096, CURVE_TERMS = 3 };

/* Criteo's display advertising challenge (Kaggle 2014), training file: distinct values of each column, and the shares
 * of empty cells, rounded. */
static const int64_t criteo_counts[13] = {649, 9364, 14746, 490, 476707, 11618, 4142, 1373, 7275, 13, 169, 407, 1376};
static const double criteo_counts_missing[13] = {.45, 0, .21, .22, .03, .22, .04, .001, .04, .45, .04, .77, .22};
static const int64_t criteo_values[26] = {1460,  583,  10131227, 2202608, 305, 24,     12517,   633,   3,
                                          93145, 5683, 8351593,  3194,    27,  14992,  5461306, 10,    5652,
                                          2173,  4,    7046547,  18,      15,  286181, 105,     142572};
static const double criteo_values_missing[26] = {0, 0, .03, .03, 0, .12, 0,   0,   0,   0, 0,   .03, 0,
                                                 0, 0, .03, 0,   0, .44, .44, .03, .76, 0, .03, .44, .44};

static void shape_category(struct fw_synth_column *column, const struct fw_synth_options *options, int64_t number,
                           struct fw_rng *rng)
{
    snprintf(column->name, sizeof column->name, "c%lld", (long long)number + 1);
    column->form = FW_SYNTH_CATEGORY;
    column->missing_rate = options->missing_rate;
    /* the first has as many values as asked for, the others any number down to 3, small ones as likely as large */
    double least = options->cardinality < 3 ? 2 : 3;
    double ratio = fw_exact_log((double)options->cardinality / least);
    double values = number == 0 ? (double)options->cardinality : least * fw_exact_exp(fw_rng_uniform(rng) * ratio);
    column->cardinality = (int64_t)(values + 0.5);
    fw_synth_set_power_law(column, options->power);
}

static void shape_number(struct fw_synth_column *column, const struct fw_synth_options *options, int64_t number,
                         struct fw_rng *rng)
{
    static const enum fw_synth_form forms[] = {FW_SYNTH_NORMAL, FW_SYNTH_LOGNORMAL, FW_SYNTH_UNIFORM, FW_SYNTH_INTEGER};
    snprintf(column->name, sizeof column->name, "n%lld", (long long)number + 1);
    column->form = forms[number % 4];
    column->missing_rate = options->missing_rate;
    column->bands = 3 + (int32_t)fw_rng_below(rng, 3);
    bool logarithm = column->form == FW_SYNTH_LOGNORMAL;
    column->location = logarithm ? 3 * fw_rng_uniform(rng) : (double)fw_rng_below(rng, 50);
    column->scale = logarithm ? 0.5 + 0.7 * fw_rng_uniform(rng) : 1 + (double)fw_rng_below(rng, 20);
    if (column->form == FW_SYNTH_INTEGER)
        column->cardinality = 20 + (int64_t)fw_rng_below(rng, 80);
}

static void shape_criteo(struct fw_synth_column *column, const struct fw_synth_options *options, int64_t index)
{
    bool count = index < options->numeric;
    int64_t number = count ? index : index - options->numeric;
    snprintf(column->name, sizeof column->name, "%c%lld", count ? 'I' : 'C', (long long)number + 1);
    column->form = count ? FW_SYNTH_COUNT : FW_SYNTH_CATEGORY;
    column->cardinality = count ? criteo_counts[number] : criteo_values[number];
    if (!count && options->cardinality > 0 && column->cardinality > options->cardinality)
        column->cardinality = options->cardinality;
    column->missing_rate = options->missing_rate * (count ? criteo_counts_missing : criteo_values_missing)[number];
    fw_synth_set_power_law(column, options->power);
}

/* Legendre polynomials of a quantile, scaled to variance 1: orthogonal, so that variances of a sum's terms add up. */
static double curve_at(const double curve[CURVE_TERMS], double quantile)
{
    double x = 2 * quantile - 1;
    return curve[0] * 1.7320508075688772 * x + curve[1] * 2.23606797749979 * (1.5 * x * x - 0.5) +
           curve[2] * 2.6457513110645907 * (2.5 * x * x - 1.5) * x;
}

static enum fw_status draw_value_effects(struct fw_synth_column *column, double strength, uint64_t seed,
                                         uint64_t stream, struct fw_allocator *mem, struct fw_error *err)
{
    bool all = column->sort != FW_SYNTH_PLAIN || column->cardinality < COMMON_VALUES;
    int64_t n = all ? column->cardinality : COMMON_VALUES;
    double *shares = NULL;
    enum fw_status status = FW_OK;
    FW_ALLOC_GOTO(column->effects, mem, n, "the effects of a column's values", err, done);
    FW_ALLOC_GOTO(shares, mem, n, "the shares of a column's values", err, done);
    column->n_effects = n;
    fw_synth_value_shares(shares, column, n);
    double log_end = fw_exact_log((double)column->cardinality);
    for (int64_t k = 0; k < n; k++) {
        /* a count acts by its size, smoothly; a category each by itself */
        double size = fw_exact_log((double)k + 1) / log_end;
        int64_t own = column->sort != FW_SYNTH_PLAIN && k > column->own_ids ? column->own_ids : k;
        column->effects[k] = column->form == FW_SYNTH_COUNT ? curve_at(column->curve, size)
                                                            : fw_synth_normal_at(seed, stream, (uint64_t)own);
    }
    fw_synth_standardise(column->effects, shares, n, strength);
done:
    fw_free(mem, shares);
    return status;
}

static enum fw_status draw_effect(struct fw_synth_column *column, const struct fw_synth_model *model,
                                  struct fw_error *err)
{
    if (column->noise || model->options.main_strength == 0)
        return FW_OK;
    uint64_t seed = model->options.seed;
    uint64_t stream = fw_stream((uint64_t)(column - model->columns), FW_SYNTH_FOR_EFFECT, FW_STREAM_SYNTH);
    /* empty cells have no effect: the others bear the whole variance */
    double strength = model->options.main_strength / sqrt(1 - column->missing_rate);
    double length = 0;
    for (int i = 0; i < CURVE_TERMS; i++) {
        column->curve[i] = fw_synth_normal_at(seed, stream, UINT64_MAX - (uint64_t)i) / (i + 1); /* rather smooth */
        length += column->curve[i] * column->curve[i];
    }
    for (int i = 0; i < CURVE_TERMS; i++)
        column->curve[i] *= strength / sqrt(length);
    if (column->form == FW_SYNTH_CATEGORY || column->form == FW_SYNTH_COUNT)
        return draw_value_effects(column, strength, seed, stream, model->mem, err);
    return FW_OK;
}

/* Selection sampling (Knuth 3.4.2 S): every placement of the noise is equally likely. */
static bool draw_noise(int64_t *noise, int64_t *left, struct fw_rng *rng)
{
    bool drawn = (int64_t)fw_rng_below(rng, (uint64_t)(*left)--) < *noise;
    *noise -= drawn;
    return drawn;
}

enum fw_status fw_synth_columns_create(struct fw_synth_model *model, struct fw_error *err)
{
    const struct fw_synth_options *o = &model->options;
    int64_t noise[2] = {(o->noise + 1) / 2, o->noise / 2}; /* categorical, numeric: still to be placed */
    int64_t left[2] = {o->categorical + noise[0], o->numeric + noise[1]};
    int64_t placed[FW_SYNTH_SORTS] = {0};
    int64_t n_categorical = left[0] + o->tail + o->head + o->useless;
    FW_ALLOC(model->columns, model->mem, n_categorical + left[1], "generated columns", err);
    model->n_columns = n_categorical + left[1];
    struct fw_rng place;
    fw_rng_seed(&place, o->seed, fw_stream(0, FW_SYNTH_FOR_NOISE, FW_STREAM_SYNTH));
    for (int64_t c = 0; c < model->n_columns; c++) {
        struct fw_synth_column *column = &model->columns[c];
        int type = c >= n_categorical;
        struct fw_rng rng;
        fw_rng_seed(&rng, o->seed, fw_stream((uint64_t)c, FW_SYNTH_FOR_COLUMN, FW_STREAM_SYNTH));
        column->stream = fw_stream((uint64_t)c, FW_SYNTH_FOR_CELLS, FW_STREAM_SYNTH);
        if (o->kind == FW_SYNTH_SIZES && type == 0)
            fw_synth_sizes_shape(column, o, c, placed, &place);
        else if (o->kind == FW_SYNTH_CRITEO)
            shape_criteo(column, o, c);
        else if (type == 0)
            shape_category(column, o, c, &rng);
        else
            shape_number(column, o, c - n_categorical, &rng);
        if (o->kind != FW_SYNTH_SIZES)
            column->noise = draw_noise(&noise[type], &left[type], &place);
        FW_TRY(draw_effect(column, model, err));
    }
    return FW_OK;
}

double fw_synth_own_effect(const struct fw_synth_column *column, double cell)
{
    if (column->effects != NULL)
        return cell < (double)column->n_effects ? column->effects[(int64_t)cell] : 0;
    return curve_at(column->curve,
                    column->form == FW_SYNTH_INTEGER ? (cell + 0.5) / (double)column->cardinality : cell);
}
