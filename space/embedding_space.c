#include "space/embedding_space.h"

#include <assert.h>
#include <math.h>
#include <string.h>

void fw_embedding_grid_published(struct fw_embedding_grid *grid)
{
    *grid = (struct fw_embedding_grid){
        .n_rows = 5,
        .n_columns = 4,
        .rows = {.1, .2, .2, .2, .3},
        .columns = {.25, .25, .25, .25},
    };
}

void fw_embedding_grid_fine(struct fw_embedding_grid *grid)
{
    *grid = (struct fw_embedding_grid){
        .n_rows = 6,
        .n_columns = 5,
        .rows = {.01, .03, .06, .2, .3, .4},
        .columns = {1. / 16, 1. / 16, 1. / 8, 1. / 4, 1. / 2},
    };
}

static enum fw_status check_shares(const double *shares, int32_t n, int32_t most, const char *what,
                                   struct fw_error *err)
{
    double sum = 0;
    if (n < 1 || n > most)
        return fw_error_set(err, FW_E_ARG, "the grid of embeddings has %d %s strips; 1 to %d are possible", n, what,
                            most);
    for (int32_t k = 0; k < n; k++) {
        if (!(shares[k] > 0))
            return fw_error_set(err, FW_E_ARG,
                                "the share of %s strip %d of the grid of embeddings is %g; it must be "
                                "above 0",
                                what, k + 1, shares[k]);
        sum += shares[k];
    }
    if (!isfinite(sum))
        return fw_error_set(err, FW_E_ARG, "the shares of the %s strips of the grid of embeddings are not finite",
                            what);
    return FW_OK;
}

/* Cumulative shares that end at 1. */
static void cumulate(double *out, const double *shares, int32_t n)
{
    double sum = 0;
    for (int32_t k = 0; k < n; k++) {
        sum += shares[k];
        out[k] = sum;
    }
    for (int32_t k = 0; k < n; k++)
        out[k] /= sum;
    out[n - 1] = 1;
}

/* Depths are rounded up, so that a strip of a small field has an id. The factor keeps the rounding of sums from adding
 * one: .1 + .2 + .2 + .2 is above .7. Strips that add no id to the ones before are left out. */
static void cut_rows(struct fw_space_input *input, const struct fw_embedding_grid *grid, bool ranked)
{
    double shares[FW_ROW_STRIPS_MOST];
    int64_t before = 0;
    input->n_rows = 0;
    cumulate(shares, grid->rows, grid->n_rows);
    for (int32_t s = ranked ? 0 : grid->n_rows - 1; s < grid->n_rows; s++) {
        double depth = ceil(shares[s] * (double)input->n_ids * (1 - 1e-12));
        int64_t ids = s == grid->n_rows - 1 ? input->n_ids : (int64_t)fmax(depth, 1);
        if (ids > before)
            input->depth[input->n_rows++] = ids;
        before = ids;
    }
}

/* Strips without a column of their own are left out. */
static void cut_columns(struct fw_embedding_space *space, const struct fw_embedding_grid *grid)
{
    double shares[FW_STRIPS_MOST];
    int32_t before = 0;
    cumulate(shares, grid->columns, grid->n_columns);
    for (int32_t t = 0; t < grid->n_columns; t++) {
        int32_t end = (int32_t)round(shares[t] * space->dim);
        if (end > before)
            space->width[space->n_columns++] = end - before;
        before = end;
    }
}

/* Sums in doubles: exact below 2^53 rows. */
static void measure_coverage(struct fw_space_input *input)
{
    double sum = 0;
    int64_t id = 0;
    for (int32_t s = 0; s < input->n_rows; s++) {
        for (; id < input->depth[s] && input->counts != NULL; id++)
            sum += (double)input->counts[id];
        input->coverage[s] = sum;
    }
    for (int32_t s = 0; s < input->n_rows; s++)
        input->coverage[s] = sum > 0 ? input->coverage[s] / sum : NAN;
}

static enum fw_status check_input(const struct fw_sized_input *from, struct fw_error *err)
{
    if (from->n_ids < 1 || from->n_ids > FW_EMBEDDING_IDS_MOST)
        return fw_error_set(err, FW_E_ARG, "'%s' has %lld ids; an embedding has 1 to %lld", from->name,
                            (long long)from->n_ids, (long long)FW_EMBEDDING_IDS_MOST);
    for (int64_t id = 0; id < from->n_ids && from->counts != NULL; id++) {
        if (from->counts[id] < 0)
            return fw_error_set(err, FW_E_ARG, "id %lld of '%s' has a count of %lld; counts are at least 0",
                                (long long)id, from->name, (long long)from->counts[id]);
    }
    return FW_OK;
}

static enum fw_status add_input(struct fw_embedding_space *space, int32_t i, const struct fw_sized_input *from,
                                const struct fw_embedding_grid *grid, struct fw_error *err)
{
    struct fw_space_input *input = &space->inputs[i];
    FW_TRY(check_input(from, err));
    size_t length = strlen(from->name);
    input->name = fw_strndup(space->mem, from->name, length);
    if (input->name == NULL)
        return fw_error_nomem(err, space->mem, "the name of an embedding", (int64_t)length, 1);
    input->n_ids = from->n_ids;
    if (from->counts != NULL) {
        FW_ALLOC(input->counts, space->mem, from->n_ids, "the counts of ids", err);
        memcpy(input->counts, from->counts, (size_t)from->n_ids * sizeof *input->counts);
    }
    cut_rows(input, grid, from->ranked);
    measure_coverage(input);
    input->first_decision = space->multi ? i * space->n_columns : i;
    return FW_OK;
}

/* The dearest sizing must be countable: then all others are. */
static enum fw_status check_bytes(const struct fw_embedding_space *space, struct fw_error *err)
{
    int64_t left = INT64_MAX;
    for (int32_t i = 0; i < space->n_inputs; i++) {
        int64_t rows = space->inputs[i].n_ids + space->dim; /* at most 2^33, and dim 2^10 */
        int64_t bytes = rows * space->dim * (int64_t)sizeof(float);
        if (bytes > left)
            return fw_error_set(err, FW_E_ARG, "the embeddings up to '%s' have more bytes than can be counted",
                                space->inputs[i].name);
        left -= bytes;
    }
    return FW_OK;
}

enum fw_status fw_embedding_space_create(struct fw_embedding_space **out, const struct fw_sized_input *inputs,
                                         int32_t n, const struct fw_embedding_space_options *options,
                                         struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_embedding_space *space;
    const struct fw_embedding_grid *grid = &options->grid;
    if (n < 1 || n > INT32_MAX / FW_STRIPS_MOST)
        return fw_error_set(err, FW_E_ARG, "%d inputs are to be given embeddings; 1 to %d are possible", n,
                            INT32_MAX / FW_STRIPS_MOST);
    if (options->dim < 1 || options->dim > FW_EMBEDDING_DIM_MOST)
        return fw_error_set(err, FW_E_ARG, "the common width of embeddings is %d; 1 to %d are possible", options->dim,
                            FW_EMBEDDING_DIM_MOST);
    FW_TRY(check_shares(grid->rows, grid->n_rows, FW_ROW_STRIPS_MOST, "row", err));
    FW_TRY(check_shares(grid->columns, grid->n_columns, FW_STRIPS_MOST, "column", err));
    FW_ALLOC(space, mem, 1, "a space of embedding sizes", err);
    space->mem = mem;
    space->dim = options->dim;
    space->multi = options->multi;
    space->projected = options->projected;
    FW_ALLOC_GOTO(space->inputs, mem, n, "a space of embedding sizes", err, done);
    space->n_inputs = n;
    cut_columns(space, grid);
    space->n_decisions = space->multi ? n * space->n_columns : n;
    for (int32_t i = 0; i < n; i++)
        FW_TRY_GOTO(add_input(space, i, &inputs[i], grid, err), done);
    FW_TRY_GOTO(check_bytes(space, err), done);
    *out = space;
    space = NULL;
done:
    fw_embedding_space_destroy(space);
    return status;
}

void fw_embedding_space_destroy(struct fw_embedding_space *space)
{
    if (space == NULL)
        return;
    for (int32_t i = 0; i < space->n_inputs; i++) {
        fw_free(space->mem, space->inputs[i].name);
        fw_free(space->mem, space->inputs[i].counts);
    }
    fw_free(space->mem, space->inputs);
    fw_free(space->mem, space);
}

int32_t fw_embedding_space_input(const struct fw_embedding_space *space, int32_t decision)
{
    assert(decision >= 0 && decision < space->n_decisions);
    return space->multi ? decision / space->n_columns : decision;
}

int32_t fw_embedding_space_choices(const struct fw_embedding_space *space, int32_t decision)
{
    int32_t n_rows = space->inputs[fw_embedding_space_input(space, decision)].n_rows;
    return (space->multi ? n_rows : n_rows * space->n_columns) + 1;
}

/* The column strips [*first, *end) to which a choice of a decision gives a level, which is returned. Choice 0 gives 0
 * to all strips of the decision. */
static int32_t level_of(const struct fw_embedding_space *space, int32_t *first, int32_t *end, int32_t decision,
                        int32_t choice)
{
    assert(choice >= 0 && choice < fw_embedding_space_choices(space, decision));
    *first = space->multi ? decision % space->n_columns : 0;
    *end = space->multi ? *first + 1 : space->n_columns;
    if (space->multi || choice == 0)
        return choice;
    *end = (choice - 1) % space->n_columns + 1;
    return (choice - 1) / space->n_columns + 1;
}

void fw_embedding_space_choose(const struct fw_embedding_space *space, fw_level *levels, int32_t decision,
                               int32_t choice)
{
    int32_t first;
    int32_t end;
    fw_level *own = levels + (int64_t)fw_embedding_space_input(space, decision) * FW_STRIPS_MOST;
    int32_t level = level_of(space, &first, &end, decision, choice);
    if (!space->multi)
        memset(own, 0, FW_STRIPS_MOST * sizeof *own);
    for (int32_t t = first; t < end; t++)
        own[t] = (fw_level)level;
}

void fw_embedding_space_apply(const struct fw_embedding_space *space, fw_level *levels, const int32_t *choices)
{
    memset(levels, 0, (size_t)fw_embedding_space_levels(space) * sizeof *levels);
    for (int32_t d = 0; d < space->n_decisions; d++)
        fw_embedding_space_choose(space, levels, d, choices[d]);
}

int32_t fw_embedding_space_choice(const struct fw_embedding_space *space, const fw_level *levels, int32_t decision)
{
    int32_t i = fw_embedding_space_input(space, decision);
    const fw_level *own = levels + (int64_t)i * FW_STRIPS_MOST;
    if (space->multi) {
        int32_t level = own[decision % space->n_columns];
        return level <= space->inputs[i].n_rows ? level : -1;
    }
    int32_t used = 0;
    while (used < space->n_columns && own[used] != 0 && own[used] == own[0])
        used++;
    for (int32_t t = used; t < space->n_columns; t++) {
        if (own[t] != 0)
            return -1;
    }
    if (used > 0 && own[0] > space->inputs[i].n_rows)
        return -1;
    return used > 0 ? (own[0] - 1) * space->n_columns + used : 0;
}

/* Bytes of one column strip of an input at a level. */
static int64_t strip_bytes(const struct fw_embedding_space *space, int32_t input, int32_t column, int32_t level)
{
    assert(level >= 0 && level <= space->inputs[input].n_rows);
    if (level == 0)
        return 0;
    int64_t rows = space->inputs[input].depth[level - 1] + (space->projected ? space->dim : 0);
    return rows * space->width[column] * (int64_t)sizeof(float);
}

int64_t fw_embedding_space_choice_bytes(const struct fw_embedding_space *space, int32_t decision, int32_t choice)
{
    int32_t first;
    int32_t end;
    int64_t bytes = 0;
    int32_t input = fw_embedding_space_input(space, decision);
    int32_t level = level_of(space, &first, &end, decision, choice);
    for (int32_t t = first; t < end; t++)
        bytes += strip_bytes(space, input, t, level);
    return bytes;
}

int64_t fw_embedding_space_input_bytes(const struct fw_embedding_space *space, int32_t input, const fw_level *levels)
{
    int64_t bytes = 0;
    for (int32_t t = 0; t < space->n_columns; t++)
        bytes += strip_bytes(space, input, t, levels[(int64_t)input * FW_STRIPS_MOST + t]);
    return bytes;
}

int64_t fw_embedding_space_bytes(const struct fw_embedding_space *space, const fw_level *levels)
{
    int64_t bytes = 0;
    for (int32_t i = 0; i < space->n_inputs; i++)
        bytes += fw_embedding_space_input_bytes(space, i, levels);
    return bytes;
}

int64_t fw_embedding_space_full_bytes(const struct fw_embedding_space *space)
{
    int64_t bytes = 0;
    for (int32_t i = 0; i < space->n_inputs; i++)
        bytes += space->inputs[i].n_ids * space->dim * (int64_t)sizeof(float);
    return bytes;
}

int64_t fw_embedding_space_least_bytes(const struct fw_embedding_space *space)
{
    int64_t bytes = 0;
    int32_t narrowest = 0;
    for (int32_t t = 1; t < space->n_columns && space->multi; t++) {
        if (space->width[t] < space->width[narrowest])
            narrowest = t;
    }
    for (int32_t i = 0; i < space->n_inputs; i++)
        bytes += strip_bytes(space, i, narrowest, 1);
    return bytes;
}

void fw_embedding_space_fill(const struct fw_embedding_space *space, fw_level *levels)
{
    memset(levels, 0, (size_t)fw_embedding_space_levels(space) * sizeof *levels);
    for (int32_t i = 0; i < space->n_inputs; i++) {
        for (int32_t t = 0; t < space->n_columns; t++)
            levels[(int64_t)i * FW_STRIPS_MOST + t] = (fw_level)space->inputs[i].n_rows;
    }
}

void fw_embedding_space_depths(const struct fw_embedding_space *space, uint32_t *depths, const fw_level *levels)
{
    for (int64_t k = 0; k < fw_embedding_space_levels(space); k++) {
        const struct fw_space_input *input = &space->inputs[k / FW_STRIPS_MOST];
        depths[k] = levels[k] > 0 ? (uint32_t)input->depth[levels[k] - 1] : 0;
    }
}

/* Puts a strip behind those that are at least as deep. */
static void insert_strip(struct fw_embedding_size *size, struct fw_strip strip)
{
    int32_t k = size->n_strips++;
    for (; k > 0 && size->strips[k - 1].ids < strip.ids; k--)
        size->strips[k] = size->strips[k - 1];
    size->strips[k] = strip;
}

static void merge_equal_depths(struct fw_embedding_size *size)
{
    int32_t kept = 0;
    for (int32_t k = 0; k < size->n_strips; k++) {
        if (kept > 0 && size->strips[kept - 1].ids == size->strips[k].ids)
            size->strips[kept - 1].width += size->strips[k].width;
        else
            size->strips[kept++] = size->strips[k];
    }
    for (int32_t k = kept; k < size->n_strips; k++)
        size->strips[k] = (struct fw_strip){0};
    size->n_strips = kept;
}

/* The strips of one input. With all its ids in all columns it is one full table: a projection of that says nothing that
 * the table itself could not. */
static void size_input(struct fw_embedding_size *size, const struct fw_embedding_space *space, int32_t i,
                       const fw_level *levels)
{
    const struct fw_space_input *input = &space->inputs[i];
    bool full = true;
    for (int32_t t = 0; t < space->n_columns; t++) {
        int32_t level = levels[(int64_t)i * FW_STRIPS_MOST + t];
        full = full && level == input->n_rows;
        if (level > 0)
            insert_strip(size, (struct fw_strip){.ids = input->depth[level - 1], .width = space->width[t]});
    }
    size->projected = space->projected && !full && size->n_strips > 0;
    if (!size->projected)
        merge_equal_depths(size);
}

enum fw_status fw_embedding_space_sizes(struct fw_embedding_sizes **out, const struct fw_embedding_space *space,
                                        const fw_level *levels, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_embedding_sizes *sizes = NULL;
    FW_TRY(fw_embedding_sizes_create(&sizes, space->dim, space->n_inputs, mem, err));
    for (int32_t i = 0; i < space->n_inputs; i++) {
        FW_TRY_GOTO(fw_embedding_sizes_name(sizes, i, space->inputs[i].name, err), done);
        size_input(&sizes->items[i], space, i, levels);
    }
    *out = sizes;
    sizes = NULL;
done:
    fw_embedding_sizes_destroy(sizes);
    return status;
}
