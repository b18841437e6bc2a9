#include "space/synth/synth_plant.h"

#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "space/synth/synth_draw.h"

enum { MAX_TRIES = 20000, MIN_COMBINATIONS = 16, MAX_COMBINATIONS = 1 << 20, ROWS_A_COMBINATION = 20 };

int64_t fw_synth_levels(const struct fw_synth_column *column)
{
    return column->form == FW_SYNTH_CATEGORY ? column->cardinality : column->bands;
}

int64_t fw_synth_level(const struct fw_synth_column *column, double cell)
{
    if (column->form == FW_SYNTH_CATEGORY)
        return (int64_t)cell;
    double quantile = column->form == FW_SYNTH_INTEGER ? (cell + 0.5) / (double)column->cardinality : cell;
    return (int64_t)(quantile * column->bands);
}

void fw_synth_level_shares(double *shares, const struct fw_synth_column *column)
{
    if (column->form == FW_SYNTH_CATEGORY) {
        fw_synth_value_shares(shares, column, column->cardinality);
        return;
    }
    for (int32_t b = 0; b < column->bands; b++)
        shares[b] = column->form == FW_SYNTH_INTEGER ? 0 : 1.0 / column->bands;
    for (int64_t k = 0; column->form == FW_SYNTH_INTEGER && k < column->cardinality; k++)
        shares[fw_synth_level(column, (double)k)] += 1 / (double)column->cardinality;
}

/* Counts are left out for their levels, mostly empty columns for the effect that the few other rows would need. */
static bool may_be_crossed(const struct fw_synth_column *column)
{
    return !column->noise && column->form != FW_SYNTH_COUNT && column->missing_rate <= 0.5;
}

static bool contains(const struct fw_synth_cross *cross, int64_t column)
{
    for (int32_t m = 0; m < cross->order; m++) {
        if (cross->columns[m] == column)
            return true;
    }
    return false;
}

static bool is_subset(const struct fw_synth_cross *a, const struct fw_synth_cross *b)
{
    for (int32_t m = 0; m < a->order; m++) {
        if (!contains(b, a->columns[m]))
            return false;
    }
    return true;
}

/* Draws distinct columns at random; false when the draw is no good: too many combinations, or one of the crosses so far
 * holds the other. */
static bool draw_members(struct fw_synth_cross *cross, const struct fw_synth_model *model, struct fw_rng *rng)
{
    int64_t limit = model->options.rows / ROWS_A_COMBINATION;
    limit = limit < MIN_COMBINATIONS ? MIN_COMBINATIONS : limit > MAX_COMBINATIONS ? MAX_COMBINATIONS : limit;
    int32_t order = cross->order;
    cross->n_combinations = 1;
    for (cross->order = 0; cross->order < order; cross->order++) {
        int64_t column = (int64_t)fw_rng_below(rng, (uint64_t)model->n_columns);
        int64_t levels = fw_synth_levels(&model->columns[column]);
        bool good = may_be_crossed(&model->columns[column]) && !contains(cross, column) &&
                    levels <= limit / cross->n_combinations;
        if (!good) {
            cross->order = order;
            return false;
        }
        cross->columns[cross->order] = column;
        cross->levels[cross->order] = levels;
        cross->n_combinations *= levels;
    }
    for (int64_t c = 0; c < model->n_crosses; c++) {
        const struct fw_synth_cross *other = &model->crosses[c];
        if (other->order <= order ? is_subset(other, cross) : is_subset(cross, other))
            return false;
    }
    return true;
}

/* Half of the variance is for the whole cross, the rest in equal shares for its beginnings of two columns and more. */
static void share_strength(struct fw_synth_cross *cross, double strength)
{
    int32_t last = cross->order - 1;
    for (int32_t m = 1; m < last; m++)
        cross->parts[m] = strength * sqrt(0.5 / (last - 1));
    cross->parts[last] = strength * sqrt(last > 1 ? 0.5 : 1.0);
}

/* What one part of a cross is drawn and centred on. */
struct part {
    int32_t order;
    const int64_t *levels;
    double *const *shares; /* of each member's levels */
    double *effects;       /* (n) the first member slowest */
    int64_t n;
};

/* Takes the weighted mean over each single member out, one after the other. Their products of weights make these
 * projections commute, so at the end no member, nor any group that lacks one, says anything by itself. */
static void centre(const struct part *part)
{
    int64_t inner = part->n;
    for (int32_t m = 0; m < part->order; m++) {
        int64_t levels = part->levels[m];
        int64_t block = inner;
        inner /= levels;
        for (int64_t line = 0; line < part->n / levels; line++) {
            double *first = part->effects + line / inner * block + line % inner;
            double mean = 0;
            for (int64_t v = 0; v < levels; v++)
                mean += part->shares[m][v] * first[v * inner];
            for (int64_t v = 0; v < levels; v++)
                first[v * inner] -= mean;
        }
    }
}

static double weighted_square(const struct part *part)
{
    double sum = 0;
    for (int64_t i = 0; i < part->n; i++) {
        double share = 1;
        int64_t rest = i;
        for (int32_t m = part->order - 1; m >= 0; m--) {
            share *= part->shares[m][rest % part->levels[m]];
            rest /= part->levels[m];
        }
        sum += share * part->effects[i] * part->effects[i];
    }
    return sum;
}

/* Draws the parts in turn and adds each to all combinations that begin with it. */
static void draw_effects(struct fw_synth_cross *cross, const struct fw_synth_model *model, double *const *shares,
                         double *scratch)
{
    uint64_t number = (uint64_t)(cross - model->crosses);
    struct part part = {.levels = cross->levels, .shares = shares, .effects = scratch, .n = cross->levels[0]};
    double present = 1; /* empty cells have no effect: the others bear the whole variance */
    present -= model->columns[cross->columns[0]].missing_rate;
    for (part.order = 2; part.order <= cross->order; part.order++) {
        int32_t m = part.order - 1;
        part.n *= cross->levels[m];
        present *= 1 - model->columns[cross->columns[m]].missing_rate;
        uint64_t stream = fw_stream(number * FW_SYNTH_MAX_ORDER + (uint64_t)m, FW_SYNTH_FOR_CROSS, FW_STREAM_SYNTH);
        for (int64_t i = 0; i < part.n; i++)
            part.effects[i] = fw_synth_normal_at(model->options.seed, stream, (uint64_t)i);
        centre(&part);
        double scale = cross->parts[m] / sqrt(weighted_square(&part) * present);
        int64_t repeats = cross->n_combinations / part.n;
        for (int64_t i = 0; i < cross->n_combinations; i++)
            cross->effects[i] += scale * part.effects[i / repeats];
    }
}

static enum fw_status fill_effects(struct fw_synth_cross *cross, const struct fw_synth_model *model,
                                   struct fw_error *err)
{
    enum fw_status status = FW_OK;
    double *shares[FW_SYNTH_MAX_ORDER] = {0};
    double *scratch = NULL;
    share_strength(cross, model->options.strength);
    FW_ALLOC_GOTO(cross->effects, model->mem, cross->n_combinations, "the effects of a planted cross", err, done);
    FW_ALLOC_GOTO(scratch, model->mem, cross->n_combinations, "the effects of a planted cross", err, done);
    for (int32_t m = 0; m < cross->order; m++) {
        FW_ALLOC_GOTO(shares[m], model->mem, cross->levels[m], "the shares of a column's values", err, done);
        fw_synth_level_shares(shares[m], &model->columns[cross->columns[m]]);
    }
    draw_effects(cross, model, shares, scratch);
done:
    for (int32_t m = 0; m < FW_SYNTH_MAX_ORDER; m++)
        fw_free(model->mem, shares[m]);
    fw_free(model->mem, scratch);
    return status;
}

enum fw_status fw_synth_plant(struct fw_synth_model *model, struct fw_error *err)
{
    const struct fw_synth_options *options = &model->options;
    if (options->planted == 0 || options->strength == 0)
        return FW_OK;
    FW_ALLOC(model->crosses, model->mem, options->planted, "planted crosses", err);
    struct fw_rng rng;
    fw_rng_seed(&rng, options->seed, fw_stream(0, FW_SYNTH_FOR_MEMBERS, FW_STREAM_SYNTH));
    for (int32_t c = 0; c < options->planted; c++) {
        struct fw_synth_cross *cross = &model->crosses[c];
        cross->order = options->min_order + c % (options->max_order - options->min_order + 1);
        int tries = 0;
        while (model->n_columns == 0 || !draw_members(cross, model, &rng)) {
            if (model->n_columns == 0 || ++tries == MAX_TRIES)
                return fw_error_set(err, FW_E_ARG,
                                    "the columns offer only %d of %d crosses of order %d to %d with at most rows/%d "
                                    "combinations of values; ask for fewer crosses, or for more rows or columns",
                                    c, options->planted, options->min_order, options->max_order, ROWS_A_COMBINATION);
        }
        model->n_crosses++;
        FW_TRY(fill_effects(cross, model, err));
    }
    return FW_OK;
}
