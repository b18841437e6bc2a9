#include "space/synth_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/numeric.h"
#include "core/rng.h"
#include "space/synth_plant.h"

enum { COMMON_VALUES = 4096, SAMPLE_ROWS = 1 << 16, SAMPLE_BLOCK = 1 << 12, CURVE_TERMS = 3 };

/* Rows that no table has: the bias and what the best model reaches are estimated on them, so that they do not depend
 * on the number of rows asked for. */
#define SAMPLE_FIRST (INT64_C(1) << 50)

/* Criteo's display advertising challenge (Kaggle 2014), training file: distinct values of each column, and the shares
 * of empty cells, rounded. */
static const int64_t criteo_counts[13] = {649, 9364, 14746, 490, 476707, 11618, 4142, 1373, 7275, 13, 169, 407, 1376};
static const double criteo_counts_missing[13] = {.45, 0, .21, .22, .03, .22, .04, .001, .04, .45, .04, .77, .22};
static const int64_t criteo_values[26] = {1460,  583,  10131227, 2202608, 305, 24,     12517,   633,   3,
                                          93145, 5683, 8351593,  3194,    27,  14992,  5461306, 10,    5652,
                                          2173,  4,    7046547,  18,      15,  286181, 105,     142572};
static const double criteo_values_missing[26] = {0, 0, .03, .03, 0, .12, 0,   0,   0,   0, 0,   .03, 0,
                                                 0, 0, .03, 0,   0, .44, .44, .03, .76, 0, .03, .44, .44};

struct range {
    const char *name;
    double value, low, high;
};

static enum fw_status check_options(const struct fw_synth_options *o, struct fw_error *err)
{
    bool criteo = o->kind == FW_SYNTH_CRITEO;
    const struct range ranges[] = {
        {"rows", (double)o->rows, 1, 0x1p48},
        {"categorical", (double)o->categorical, criteo ? 26 : 0, criteo ? 26 : 10000},
        {"numeric", (double)o->numeric, criteo ? 13 : 0, criteo ? 13 : 10000},
        {"noise", (double)o->noise, 0, criteo ? 0 : 10000},
        {"cardinality", (double)o->cardinality, criteo && o->cardinality == 0 ? 0 : 2, 0x1p30},
        {"power", o->power, 0, 10},
        {"planted", o->planted, 0, 1000},
        {"min-order", o->min_order, 2, FW_SYNTH_MAX_ORDER},
        {"max-order", o->max_order, o->min_order, FW_SYNTH_MAX_ORDER},
        {"strength", o->strength, 0, 100},
        {"main-strength", o->main_strength, 0, 100},
        {"positive-rate", o->positive_rate, 1e-6, 1 - 1e-6},
        {"missing-rate", o->missing_rate, 0, criteo ? 1.25 : 0.95},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        const struct range *r = &ranges[i];
        if (!(r->value >= r->low && r->value <= r->high))
            return fw_error_set(err, FW_E_ARG, "%s is %.15g; a table of kind '%s' takes %.15g to %.15g", r->name,
                                r->value, fw_synth_kind_name(o->kind), r->low, r->high);
    }
    if (strchr(",;\t| ", o->delimiter) == NULL || o->delimiter == '\0')
        return fw_error_set(err, FW_E_ARG, "the delimiter is '%c'; it may be , ; | a tab or a space", o->delimiter);
    if (o->categorical + o->numeric + o->noise == 0)
        return fw_error_set(err, FW_E_ARG, "a table of no columns was asked for");
    return FW_OK;
}

/* Values are whole parts of a continuous power law on [1, cardinality + 1): one formula draws from three values or ten
 * million, without a table. */
static void set_power_law(struct fw_synth_column *column, double power)
{
    double log_end = fw_exact_log((double)column->cardinality + 1);
    bool logarithmic = fabs(1 - power) < 1e-6;
    column->exponent = logarithmic ? 0 : 1 / (1 - power);
    column->span = logarithmic ? log_end : fw_exact_exp(log_end * (1 - power)) - 1;
}

static int64_t draw_power_law(const struct fw_synth_column *column, double u)
{
    double log_x = column->exponent == 0 ? u * column->span : column->exponent * fw_exact_log(1 + u * column->span);
    int64_t value = (int64_t)fw_exact_exp(log_x) - 1;
    return value < 0 ? 0 : value < column->cardinality ? value : column->cardinality - 1;
}

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
    set_power_law(column, options->power);
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
    set_power_law(column, options->power);
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
    int64_t n = column->cardinality < COMMON_VALUES ? column->cardinality : COMMON_VALUES;
    double *shares = NULL;
    enum fw_status status = FW_OK;
    FW_ALLOC_GOTO(column->effects, mem, n, "the effects of a column's values", err, done);
    FW_ALLOC_GOTO(shares, mem, n, "the shares of a column's values", err, done);
    column->n_effects = n;
    fw_synth_value_shares(shares, column, n);
    double log_end = fw_exact_log((double)column->cardinality);
    double total = 0;
    double mean = 0;
    for (int64_t k = 0; k < n; k++) {
        /* a count acts by its size, smoothly; a category each by itself */
        double size = fw_exact_log((double)k + 1) / log_end;
        column->effects[k] = column->form == FW_SYNTH_COUNT ? curve_at(column->curve, size)
                                                            : fw_synth_normal_at(seed, stream, (uint64_t)k);
        total += shares[k];
        mean += shares[k] * column->effects[k];
    }
    mean /= total;
    double square = 0;
    for (int64_t k = 0; k < n; k++) {
        column->effects[k] -= mean;
        square += shares[k] * column->effects[k] * column->effects[k];
    }
    for (int64_t k = 0; k < n && square > 0; k++)
        column->effects[k] *= strength / sqrt(square);
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

static enum fw_status create_columns(struct fw_synth_model *model, struct fw_error *err)
{
    const struct fw_synth_options *o = &model->options;
    int64_t noise[2] = {(o->noise + 1) / 2, o->noise / 2}; /* categorical, numeric: still to be placed */
    int64_t left[2] = {o->categorical + noise[0], o->numeric + noise[1]};
    int64_t n_categorical = left[0];
    FW_ALLOC(model->columns, model->mem, left[0] + left[1], "generated columns", err);
    model->n_columns = left[0] + left[1];
    struct fw_rng place;
    fw_rng_seed(&place, o->seed, fw_stream(0, FW_SYNTH_FOR_NOISE, FW_STREAM_SYNTH));
    for (int64_t c = 0; c < model->n_columns; c++) {
        struct fw_synth_column *column = &model->columns[c];
        int type = c >= n_categorical;
        struct fw_rng rng;
        fw_rng_seed(&rng, o->seed, fw_stream((uint64_t)c, FW_SYNTH_FOR_COLUMN, FW_STREAM_SYNTH));
        column->stream = fw_stream((uint64_t)c, FW_SYNTH_FOR_CELLS, FW_STREAM_SYNTH);
        if (o->kind == FW_SYNTH_CRITEO)
            shape_criteo(column, o, c);
        else if (type == 0)
            shape_category(column, o, c, &rng);
        else
            shape_number(column, o, c - n_categorical, &rng);
        /* selection sampling (Knuth 3.4.2 S): every placement of the noise is equally likely */
        column->noise = (int64_t)fw_rng_below(&place, (uint64_t)left[type]) < noise[type];
        noise[type] -= column->noise;
        left[type]--;
        FW_TRY(draw_effect(column, model, err));
    }
    return FW_OK;
}

void fw_synth_model_cells(double *cells, const struct fw_synth_model *model, int64_t column, int64_t row, int64_t n)
{
    const struct fw_synth_column *c = &model->columns[column];
    double present = 1 - c->missing_rate;
    for (int64_t i = 0; i < n; i++) {
        double u = (fw_rng_uniform_at(model->options.seed, c->stream, (uint64_t)(row + i)) - c->missing_rate) / present;
        u = u < 0x1.fffffffffffffp-1 ? u : 0x1.fffffffffffffp-1;
        if (u < 0)
            cells[i] = NAN;
        else if (c->form == FW_SYNTH_CATEGORY || c->form == FW_SYNTH_COUNT)
            cells[i] = (double)draw_power_law(c, u);
        else if (c->form == FW_SYNTH_INTEGER)
            cells[i] = floor(u * (double)c->cardinality);
        else
            cells[i] = u;
    }
}

static double own_effect(const struct fw_synth_column *column, double cell)
{
    if (column->effects != NULL)
        return cell < (double)column->n_effects ? column->effects[(int64_t)cell] : 0;
    return curve_at(column->curve,
                    column->form == FW_SYNTH_INTEGER ? (cell + 0.5) / (double)column->cardinality : cell);
}

static double cross_effect(const struct fw_synth_model *model, const struct fw_synth_cross *cross, const double *cells,
                           int64_t n, int64_t i)
{
    int64_t combination = 0;
    for (int32_t m = 0; m < cross->order; m++) {
        double cell = cells[cross->columns[m] * n + i];
        if (isnan(cell))
            return 0;
        combination = combination * cross->levels[m] + fw_synth_level(&model->columns[cross->columns[m]], cell);
    }
    return cross->effects[combination];
}

void fw_synth_model_logits(double *logits, const struct fw_synth_model *model, const double *cells, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        logits[i] = model->bias;
    for (int64_t c = 0; c < model->n_columns; c++) {
        const struct fw_synth_column *column = &model->columns[c];
        for (int64_t i = 0; i < n && !column->noise; i++)
            logits[i] += isnan(cells[c * n + i]) ? 0 : own_effect(column, cells[c * n + i]);
    }
    for (int64_t x = 0; x < model->n_crosses; x++) {
        for (int64_t i = 0; i < n; i++)
            logits[i] += cross_effect(model, &model->crosses[x], cells, n, i);
    }
}

static double sigmoid(double logit)
{
    return 1 / (1 + fw_exact_exp(-logit));
}

void fw_synth_model_labels(unsigned char *labels, const struct fw_synth_model *model, const double *logits, int64_t row,
                           int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        labels[i] =
            fw_rng_uniform_at(model->options.seed, model->label_stream, (uint64_t)(row + i)) < sigmoid(logits[i]);
}

int64_t fw_synth_model_number(const struct fw_synth_column *column, double cell)
{
    const double unit = 10000;
    double value = cell;
    if (column->form == FW_SYNTH_INTEGER)
        value = column->location + cell;
    else if (column->form == FW_SYNTH_UNIFORM)
        value = column->location + column->scale * cell;
    else if (column->form == FW_SYNTH_NORMAL || column->form == FW_SYNTH_LOGNORMAL)
        value = column->location + column->scale * fw_normal_quantile(cell > 0 ? cell : 0x1p-54);
    if (column->form == FW_SYNTH_LOGNORMAL)
        value = fw_exact_exp(value);
    return (int64_t)floor(value * unit + 0.5);
}

/* Logits of the sample's rows without a bias. */
static enum fw_status sample_logits(double *logits, const struct fw_synth_model *model, struct fw_error *err)
{
    double *cells;
    FW_ALLOC(cells, model->mem, model->n_columns * SAMPLE_BLOCK, "a sample of generated cells", err);
    for (int64_t row = 0; row < SAMPLE_ROWS; row += SAMPLE_BLOCK) {
        for (int64_t c = 0; c < model->n_columns; c++) {
            if (!model->columns[c].noise)
                fw_synth_model_cells(cells + c * SAMPLE_BLOCK, model, c, SAMPLE_FIRST + row, SAMPLE_BLOCK);
        }
        fw_synth_model_logits(logits + row, model, cells, SAMPLE_BLOCK);
    }
    fw_free(model->mem, cells);
    return FW_OK;
}

/* The mean probability rises with the bias: bisection, to the last bit that matters. */
static double find_bias(const double *logits, double rate)
{
    double low = -500;
    double high = 500;
    for (int step = 0; step < 45; step++) {
        double middle = 0.5 * (low + high);
        double sum = 0;
        for (int64_t i = 0; i < SAMPLE_ROWS; i++)
            sum += sigmoid(middle + logits[i]);
        *(sum < rate * SAMPLE_ROWS ? &low : &high) = middle;
    }
    return 0.5 * (low + high);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* With the probability as the score, a row is in expectation p of a positive and 1 - p of a negative. */
static void measure_best(struct fw_synth_model *model, double *logits)
{
    qsort(logits, SAMPLE_ROWS, sizeof *logits, by_value);
    double loss = 0;
    double won = 0;
    double negative = 0;
    for (int64_t first = 0; first < SAMPLE_ROWS;) {
        double tied[2] = {0, 0};
        double logit = logits[first];
        for (; first < SAMPLE_ROWS && logits[first] == logit; first++) {
            double p = sigmoid(model->bias + logit);
            tied[0] += 1 - p;
            tied[1] += p;
            loss -= (p > 0 ? p * fw_exact_log(p) : 0) + (p < 1 ? (1 - p) * fw_exact_log(1 - p) : 0);
        }
        won += tied[1] * (negative + 0.5 * tied[0]);
        negative += tied[0];
    }
    model->best_logloss = loss / SAMPLE_ROWS;
    model->best_auc = won / (negative * (SAMPLE_ROWS - negative));
}

enum fw_status fw_synth_model_create(struct fw_synth_model **out, const struct fw_synth_options *options,
                                     struct fw_allocator *mem, struct fw_error *err)
{
    FW_TRY(check_options(options, err));
    enum fw_status status = FW_OK;
    double *logits = NULL;
    struct fw_synth_model *model;
    FW_ALLOC(model, mem, 1, "a generated table's model", err);
    model->mem = mem;
    model->options = *options;
    model->label_stream = fw_stream(0, FW_SYNTH_FOR_LABEL, FW_STREAM_SYNTH);
    FW_TRY_GOTO(create_columns(model, err), done);
    FW_TRY_GOTO(fw_synth_plant(model, err), done);
    FW_ALLOC_GOTO(logits, mem, SAMPLE_ROWS, "a sample of logits", err, done);
    FW_TRY_GOTO(sample_logits(logits, model, err), done);
    model->bias = find_bias(logits, options->positive_rate);
    measure_best(model, logits);
    *out = model;
    model = NULL;
done:
    fw_free(mem, logits);
    fw_synth_model_destroy(model);
    return status;
}

void fw_synth_model_destroy(struct fw_synth_model *model)
{
    if (model == NULL)
        return;
    for (int64_t x = 0; x < model->n_crosses; x++)
        fw_free(model->mem, model->crosses[x].effects);
    for (int64_t c = 0; c < model->n_columns; c++)
        fw_free(model->mem, model->columns[c].effects);
    fw_free(model->mem, model->crosses);
    fw_free(model->mem, model->columns);
    fw_free(model->mem, model);
}
