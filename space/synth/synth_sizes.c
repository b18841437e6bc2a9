#include "space/synth/synth_sizes.h"

#include <math.h>
#include <stdio.h>

#include "core/numeric.h"
#include "space/synth/synth_draw.h"

/* Within a sort cardinalities fall geometrically, to a tenth of the largest and those of useless columns to a half: a
 * search that gives these anything wastes much. The first tenth of a head column's values is its head. */
static const double least_share[FW_SYNTH_SORTS] = {
    [FW_SYNTH_TAIL] = 0.1, [FW_SYNTH_HEAD] = 0.1, [FW_SYNTH_USELESS] = 0.5};
enum { VALUES_A_HEAD = 10, COLUMNS_A_NARROW = 3 };

static const char *const sort_names[] = {"plain", "tail", "head", "useless"};
_Static_assert(sizeof sort_names / sizeof *sort_names == FW_SYNTH_SORTS, "a name for each sort");

const char *fw_synth_sort_name(enum fw_synth_sort sort)
{
    return sort_names[sort];
}

static int64_t columns_of(const struct fw_synth_options *options, int sort)
{
    return sort == FW_SYNTH_TAIL ? options->tail : sort == FW_SYNTH_HEAD ? options->head : options->useless;
}

/* Selection sampling: every order of the sorts is equally likely. */
static enum fw_synth_sort draw_sort(const struct fw_synth_options *options, const int64_t *placed, struct fw_rng *place)
{
    uint64_t left = 0;
    for (int s = FW_SYNTH_TAIL; s < FW_SYNTH_SORTS; s++)
        left += (uint64_t)(columns_of(options, s) - placed[s]);
    int64_t number = (int64_t)fw_rng_below(place, left);
    int sort = FW_SYNTH_TAIL;
    for (; number >= columns_of(options, sort) - placed[sort]; sort++)
        number -= columns_of(options, sort) - placed[sort];
    return (enum fw_synth_sort)sort;
}

/* Every third useful column has rank 1, unless there are two only. Vectors of n different values around a mean of 0
 * span n - 1 dimensions at most. */
static int32_t rank_of(const struct fw_synth_column *column, const struct fw_synth_options *options, int64_t number)
{
    if (column->noise || options->strength == 0)
        return 0;
    if (column->sort == FW_SYNTH_HEAD)
        number += options->tail;
    bool narrow = options->tail + options->head > 2 && number % COLUMNS_A_NARROW == 0;
    int64_t most = column->own_ids < column->cardinality ? column->own_ids : column->cardinality - 1;
    int64_t rank = narrow ? 1 : options->rank;
    return (int32_t)(rank < most ? rank : most);
}

void fw_synth_sizes_shape(struct fw_synth_column *column, const struct fw_synth_options *options, int64_t index,
                          int64_t *placed, struct fw_rng *place)
{
    enum fw_synth_sort sort = draw_sort(options, placed, place);
    int64_t number = placed[sort]++;
    int64_t others = columns_of(options, (int)sort) - 1;
    double fall = others > 0 ? fw_exact_log(least_share[sort]) * (double)number / (double)others : 0;
    int64_t values = (int64_t)((double)options->cardinality * fw_exact_exp(fall) + 0.5);
    snprintf(column->name, sizeof column->name, "c%lld", (long long)index + 1);
    column->form = FW_SYNTH_CATEGORY;
    column->sort = sort;
    column->noise = sort == FW_SYNTH_USELESS;
    column->missing_rate = options->missing_rate;
    column->cardinality = values < 2 ? 2 : values;
    column->own_ids = sort == FW_SYNTH_TAIL ? column->cardinality : 0;
    if (sort == FW_SYNTH_HEAD)
        column->own_ids = (column->cardinality + VALUES_A_HEAD - 1) / VALUES_A_HEAD;
    column->rank = rank_of(column, options, number);
    fw_synth_set_power_law(column, options->power);
}

/* A coordinate that one column alone has meets no other: no column is wider than the second widest. */
static void clip_ranks(struct fw_synth_model *model)
{
    int32_t widest[2] = {0, 0};
    for (int64_t c = 0; c < model->n_columns; c++) {
        int32_t rank = model->columns[c].rank;
        if (rank > widest[0]) {
            widest[1] = widest[0];
            widest[0] = rank;
        } else if (rank > widest[1]) {
            widest[1] = rank;
        }
    }
    for (int64_t c = 0; c < model->n_columns; c++) {
        if (model->columns[c].rank > widest[1])
            model->columns[c].rank = widest[1];
    }
}

/* Coordinates have the variance 1 / sqrt(rank), so that a pair of two columns of one rank says as much as a pair of
 * two columns of another. */
static enum fw_status draw_vectors(struct fw_synth_column *column, const double *shares, double *coordinate,
                                   uint64_t stream, const struct fw_synth_model *model, struct fw_error *err)
{
    int64_t n = column->cardinality;
    int32_t rank = column->rank;
    FW_ALLOC(column->vectors, model->mem, n * rank, "the latent vectors of a column's values", err);
    for (int32_t d = 0; d < rank; d++) {
        for (int64_t k = 0; k < n; k++) {
            uint64_t own = (uint64_t)(k < column->own_ids ? k : column->own_ids);
            coordinate[k] = fw_synth_normal_at(model->options.seed, stream, own * FW_SYNTH_MAX_RANK + (uint64_t)d);
        }
        fw_synth_standardise(coordinate, shares, n, 1 / sqrt(sqrt(rank)));
        for (int64_t k = 0; k < n; k++)
            column->vectors[k * rank + d] = coordinate[k];
    }
    return FW_OK;
}

/* Adds the second moments of a column's vectors, empty cells counting as 0, to total (MAX_RANK, MAX_RANK) and returns
 * the sum of their squares. */
static double add_moments(double *total, const struct fw_synth_column *column, const double *shares)
{
    double squares = 0;
    for (int32_t d = 0; d < column->rank; d++) {
        for (int32_t e = 0; e < column->rank; e++) {
            double moment = 0;
            for (int64_t k = 0; k < column->cardinality; k++) {
                const double *vector = column->vectors + k * column->rank;
                moment += shares[k] * vector[d] * vector[e];
            }
            moment *= 1 - column->missing_rate;
            total[d * FW_SYNTH_MAX_RANK + e] += moment;
            squares += moment * moment;
        }
    }
    return squares;
}

/* Pairs are uncorrelated, as vectors have a mean of 0, and the variance of one is the inner product of both columns'
 * moments. All pairs at once: half of what the square of the sum of moments has beyond the sum of their squares. */
static double pair_variance(const double *total, double squares)
{
    double square = 0;
    for (int32_t i = 0; i < FW_SYNTH_MAX_RANK * FW_SYNTH_MAX_RANK; i++)
        square += total[i] * total[i];
    return 0.5 * (square - squares);
}

static void scale_vectors(struct fw_synth_model *model, double factor)
{
    for (int64_t c = 0; c < model->n_columns; c++) {
        struct fw_synth_column *column = &model->columns[c];
        for (int64_t i = 0; i < column->cardinality * column->rank; i++)
            column->vectors[i] *= factor;
    }
}

enum fw_status fw_synth_sizes_draw(struct fw_synth_model *model, struct fw_error *err)
{
    if (model->options.kind != FW_SYNTH_SIZES || model->options.strength == 0)
        return FW_OK;
    enum fw_status status = FW_OK;
    double total[FW_SYNTH_MAX_RANK * FW_SYNTH_MAX_RANK] = {0};
    double squares = 0;
    double *shares = NULL;
    double *coordinate = NULL;
    clip_ranks(model);
    FW_ALLOC_GOTO(shares, model->mem, model->options.cardinality, "the shares of a column's values", err, done);
    FW_ALLOC_GOTO(coordinate, model->mem, model->options.cardinality, "a latent coordinate", err, done);
    for (int64_t c = 0; c < model->n_columns; c++) {
        struct fw_synth_column *column = &model->columns[c];
        uint64_t stream = fw_stream((uint64_t)c, FW_SYNTH_FOR_VECTOR, FW_STREAM_SYNTH);
        if (column->rank == 0)
            continue;
        fw_synth_value_shares(shares, column, column->cardinality);
        FW_TRY_GOTO(draw_vectors(column, shares, coordinate, stream, model, err), done);
        squares += add_moments(total, column, shares);
    }
    scale_vectors(model, sqrt(model->options.strength / sqrt(pair_variance(total, squares))));
done:
    fw_free(model->mem, coordinate);
    fw_free(model->mem, shares);
    return status;
}

void fw_synth_sizes_add_pairs(double *logits, const struct fw_synth_model *model, const double *cells, int64_t n)
{
    if (model->options.kind != FW_SYNTH_SIZES)
        return;
    for (int64_t i = 0; i < n; i++) {
        /* all pairs at once: half of what the square of the sum has beyond the sum of squares (Rendle 2010, lemma 3.1)
         */
        double sum[FW_SYNTH_MAX_RANK] = {0};
        double pairs = 0;
        for (int64_t c = 0; c < model->n_columns; c++) {
            const struct fw_synth_column *column = &model->columns[c];
            double cell = cells[c * n + i];
            if (column->rank == 0 || isnan(cell))
                continue;
            const double *vector = column->vectors + (int64_t)cell * column->rank;
            for (int32_t d = 0; d < column->rank; d++) {
                sum[d] += vector[d];
                pairs -= vector[d] * vector[d];
            }
        }
        for (int32_t d = 0; d < model->options.rank; d++)
            pairs += sum[d] * sum[d];
        logits[i] += 0.5 * pairs;
    }
}
