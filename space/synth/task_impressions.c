#include "space/synth/task_impressions.h"

#include <math.h>

#include "core/rng.h"
#include "space/synth/synth_draw.h"
#include "space/synth/synth_write.h"

/* Shares of a logit's variance: single users and items, their pairs, all columns of context, all numbers. */
static const double user_share = 0.15;
static const double item_share = 0.3;
static const double pair_share = 0.3;
static const double context_share = 0.15;
static const double number_share = 0.1;

/* Draws values (n) of mean 0 and the given standard deviation under `shares`. With `like` (n; NULL: none), which has
 * the same moments, their correlation with it is r: what is drawn is made orthogonal to it first. */
static void draw_like(double *values, const double *like, double r, const double *shares, int64_t n, double deviation,
                      uint64_t seed, uint64_t stream)
{
    for (int64_t k = 0; k < n; k++)
        values[k] = fw_synth_normal_at(seed, stream, (uint64_t)k);
    fw_synth_standardise(values, shares, n, deviation);
    if (like == NULL)
        return;
    double along = 0;
    double square = 0;
    for (int64_t k = 0; k < n; k++) {
        along += shares[k] * values[k] * like[k];
        square += shares[k] * like[k] * like[k];
    }
    for (int64_t k = 0; k < n && square > 0; k++)
        values[k] -= along / square * like[k];
    fw_synth_standardise(values, shares, n, deviation);
    for (int64_t k = 0; k < n; k++)
        values[k] = r * like[k] + sqrt(1 - r * r) * values[k];
}

static double share_of(const struct fw_impressions *self, int64_t column)
{
    if (column == FW_IMPRESSION_USER)
        return user_share;
    return column == FW_IMPRESSION_ITEM ? item_share : context_share / (double)self->options.context;
}

/* Effects and, of users and items, vectors of one column's values; coordinates: (2, cardinality) of scratch. */
static void draw_column(struct fw_impressions *self, int64_t column, int outcome, double r, const double *shares,
                        double *coordinates)
{
    int64_t n = self->columns[column].cardinality;
    int64_t rank = self->options.rank;
    enum fw_synth_purpose purpose = outcome == 0 ? FW_SYNTH_FOR_EFFECT : FW_SYNTH_FOR_OTHER;
    draw_like(self->effects[outcome][column], outcome == 0 ? NULL : self->effects[0][column], r, shares, n,
              sqrt(share_of(self, column)), self->seed, fw_stream((uint64_t)column, purpose, FW_STREAM_SYNTH));
    if (column >= FW_IMPRESSION_CONTEXT || (column == FW_IMPRESSION_ITEM && outcome == 1))
        return;
    /* the product of two coordinates of variance v has v^2; there are `rank` of them */
    double deviation = sqrt(sqrt(pair_share / (double)rank));
    double *vectors = column == FW_IMPRESSION_USER ? self->users[outcome] : self->items;
    for (int64_t d = 0; d < rank; d++) {
        uint64_t place = (uint64_t)((column * 2 + outcome) * FW_SYNTH_MAX_RANK + d);
        double *like = coordinates + n;
        for (int64_t k = 0; k < n && outcome == 1; k++)
            like[k] = self->users[0][k * rank + d];
        draw_like(coordinates, outcome == 1 ? like : NULL, r, shares, n, deviation, self->seed,
                  fw_stream(place, FW_SYNTH_FOR_VECTOR, FW_STREAM_SYNTH));
        for (int64_t k = 0; k < n; k++)
            vectors[k * rank + d] = coordinates[k];
    }
}

/* Weights of x and (x^2 - 1) / sqrt 2, which are uncorrelated and of variance 1. */
static void draw_curves(struct fw_impressions *self, int outcomes, double r)
{
    for (int64_t i = 0; i < self->n_numeric; i++) {
        uint64_t stream = fw_stream((uint64_t)(self->n_columns + i), FW_SYNTH_FOR_EFFECT, FW_STREAM_SYNTH);
        double line = fw_synth_normal_at(self->seed, stream, 0);
        double bow = fw_synth_normal_at(self->seed, stream, 1);
        double scale = sqrt(number_share / (double)self->n_numeric / (line * line + bow * bow));
        double side = fw_rng_uniform_at(self->seed, stream, 2) < 0.5 ? -1 : 1;
        self->curves[0][2 * i] = scale * line;
        self->curves[0][2 * i + 1] = scale * bow;
        if (outcomes < 2)
            continue;
        self->curves[1][2 * i] = scale * (r * line - side * sqrt(1 - r * r) * bow);
        self->curves[1][2 * i + 1] = scale * (r * bow + side * sqrt(1 - r * r) * line);
    }
}

static void shape_columns(struct fw_impressions *self)
{
    const struct fw_impressions_synth *o = &self->options;
    for (int64_t c = 0; c < self->n_columns; c++) {
        struct fw_synth_column *column = &self->columns[c];
        column->cardinality = c == FW_IMPRESSION_USER   ? o->users
                              : c == FW_IMPRESSION_ITEM ? o->items
                                                        : o->context_values;
        column->stream = fw_stream((uint64_t)c, FW_SYNTH_FOR_CELLS, FW_STREAM_SYNTH);
        fw_synth_set_power_law(column, o->power);
    }
    for (int64_t i = 0; i < self->n_numeric; i++)
        self->streams[i] = fw_stream((uint64_t)(self->n_columns + i), FW_SYNTH_FOR_CELLS, FW_STREAM_SYNTH);
}

static enum fw_status allocate(struct fw_impressions *self, int outcomes, struct fw_error *err)
{
    const struct fw_impressions_synth *o = &self->options;
    FW_ALLOC(self->columns, self->mem, self->n_columns, "generated columns", err);
    FW_ALLOC(self->streams, self->mem, self->n_numeric, "generated columns", err);
    FW_ALLOC(self->items, self->mem, o->items * o->rank, "the items' vectors", err);
    shape_columns(self);
    for (int k = 0; k < outcomes; k++) {
        FW_ALLOC(self->users[k], self->mem, o->users * o->rank, "the users' vectors", err);
        FW_ALLOC(self->curves[k], self->mem, 2 * self->n_numeric, "the effects of numbers", err);
        FW_ALLOC(self->effects[k], self->mem, self->n_columns, "the effects of columns' values", err);
        for (int64_t c = 0; c < self->n_columns; c++)
            FW_ALLOC(self->effects[k][c], self->mem, self->columns[c].cardinality, "the effects of a column's values",
                     err);
    }
    return FW_OK;
}

static enum fw_status draw_all(struct fw_impressions *self, int outcomes, double r, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    int64_t most = 0;
    double *shares = NULL;
    double *coordinates = NULL;
    for (int64_t c = 0; c < self->n_columns; c++)
        most = self->columns[c].cardinality > most ? self->columns[c].cardinality : most;
    FW_ALLOC_GOTO(shares, self->mem, most, "the shares of a column's values", err, done);
    FW_ALLOC_GOTO(coordinates, self->mem, 2 * most, "a coordinate of vectors", err, done);
    for (int64_t c = 0; c < self->n_columns; c++) {
        fw_synth_value_shares(shares, &self->columns[c], self->columns[c].cardinality);
        for (int k = 0; k < outcomes; k++)
            draw_column(self, c, k, r, shares, coordinates);
    }
    draw_curves(self, outcomes, r);
done:
    fw_free(self->mem, coordinates);
    fw_free(self->mem, shares);
    return status;
}

enum fw_status fw_impressions_create(struct fw_impressions **out, const struct fw_impressions_synth *options,
                                     int64_t numeric, int outcomes, double relatedness, uint64_t seed,
                                     struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_impressions *self;
    FW_ALLOC(self, mem, 1, "generated impressions", err);
    self->mem = mem;
    self->options = *options;
    self->seed = seed;
    self->n_columns = FW_IMPRESSION_CONTEXT + options->context;
    self->n_numeric = numeric;
    FW_TRY_GOTO(allocate(self, outcomes, err), done);
    FW_TRY_GOTO(draw_all(self, outcomes, relatedness, err), done);
    *out = self;
    self = NULL;
done:
    fw_impressions_destroy(self);
    return status;
}

void fw_impressions_destroy(struct fw_impressions *self)
{
    if (self == NULL)
        return;
    for (int k = 0; k < 2; k++) {
        for (int64_t c = 0; self->effects[k] != NULL && c < self->n_columns; c++)
            fw_free(self->mem, self->effects[k][c]);
        fw_free(self->mem, self->effects[k]);
        fw_free(self->mem, self->users[k]);
        fw_free(self->mem, self->curves[k]);
    }
    fw_free(self->mem, self->items);
    fw_free(self->mem, self->streams);
    fw_free(self->mem, self->columns);
    fw_free(self->mem, self);
}

int64_t fw_impressions_draw(const struct fw_impressions *self, int64_t column, int64_t index)
{
    const struct fw_synth_column *c = &self->columns[column];
    return fw_synth_draw_power_law(c, fw_rng_uniform_at(self->seed, c->stream, (uint64_t)index));
}

void fw_impressions_draw_numbers(double *numbers, const struct fw_impressions *self, int64_t row)
{
    for (int64_t i = 0; i < self->n_numeric; i++)
        numbers[i] = fw_synth_normal_at(self->seed, self->streams[i], (uint64_t)row);
}

double fw_impressions_logit(const struct fw_impressions *self, int outcome, const int64_t *values,
                            const double *numbers)
{
    int64_t rank = self->options.rank;
    const double *user = self->users[outcome] + values[FW_IMPRESSION_USER] * rank;
    const double *item = self->items + values[FW_IMPRESSION_ITEM] * rank;
    double logit = 0;
    for (int64_t c = 0; c < self->n_columns; c++)
        logit += self->effects[outcome][c][values[c]];
    for (int64_t d = 0; d < rank; d++)
        logit += user[d] * item[d];
    for (int64_t i = 0; i < self->n_numeric; i++) {
        const double *curve = self->curves[outcome] + 2 * i;
        logit += curve[0] * numbers[i] + curve[1] * (numbers[i] * numbers[i] - 1) * 0.70710678118654752440;
    }
    return logit;
}

void fw_impressions_put_names(struct fw_buffer *out, const struct fw_impressions *self)
{
    fw_buffer_add_text(out, ",user,item");
    for (int64_t c = FW_IMPRESSION_CONTEXT; c < self->n_columns; c++)
        fw_buffer_addf(out, ",c%lld", (long long)(c - FW_IMPRESSION_CONTEXT + 1));
    for (int64_t i = 0; i < self->n_numeric; i++)
        fw_buffer_addf(out, ",n%lld", (long long)i + 1);
}

void fw_impressions_put_cells(struct fw_buffer *out, const struct fw_impressions *self, const int64_t *values,
                              const double *numbers)
{
    fw_buffer_addf(out, ",u%lld,i%lld", (long long)values[FW_IMPRESSION_USER], (long long)values[FW_IMPRESSION_ITEM]);
    for (int64_t c = FW_IMPRESSION_CONTEXT; c < self->n_columns; c++)
        fw_buffer_addf(out, ",c%lld_v%lld", (long long)(c - FW_IMPRESSION_CONTEXT + 1), (long long)values[c]);
    for (int64_t i = 0; i < self->n_numeric; i++) {
        fw_buffer_add(out, ",", 1);
        fw_synth_put_number(out, numbers[i], 4);
    }
}
