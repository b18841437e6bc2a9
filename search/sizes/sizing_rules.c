#include "search/sizes/sizing_rules.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "core/numeric.h"
#include "search/sizes/sizing_budget.h"

static bool is_ranked(const struct fw_space_input *input)
{
    return input->n_rows > 1;
}

/* The narrowest thing that a rule can keep: `width` numbers for one id, or for all of an input that is not ranked. */
static int64_t least_bytes(const struct fw_embedding_space *space, int32_t width)
{
    int64_t rows = INT64_MAX;
    for (int32_t i = 0; i < space->n_inputs; i++) {
        int64_t own = is_ranked(&space->inputs[i]) ? 1 : space->inputs[i].n_ids;
        rows = own < rows ? own : rows;
    }
    return rows * width * (int64_t)sizeof(float);
}

/* All inputs by name, dropped as yet. */
static enum fw_status start_sizes(struct fw_embedding_sizes **out, const struct fw_embedding_space *space,
                                  struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_embedding_sizes *sizes;
    FW_TRY(fw_embedding_sizes_create(&sizes, space->dim, space->n_inputs, mem, err));
    for (int32_t i = 0; i < space->n_inputs; i++) {
        enum fw_status status = fw_embedding_sizes_name(sizes, i, space->inputs[i].name, err);
        if (status != FW_OK) {
            fw_embedding_sizes_destroy(sizes);
            return status;
        }
    }
    *out = sizes;
    return FW_OK;
}

static void set_strip(struct fw_embedding_size *size, int64_t ids, int32_t width)
{
    size->n_strips = ids > 0 ? 1 : 0;
    size->strips[0] = ids > 0 ? (struct fw_strip){.ids = ids, .width = width} : (struct fw_strip){0};
}

/* The number between two of [0, inf] that halves the doubles between them, not the distance: as the bits of doubles
 * that are not negative are in the order of their values, 64 halvings end at neighbours, whatever the scale. */
static double middle_double(double low, double high)
{
    uint64_t a;
    uint64_t b;
    double middle;
    memcpy(&a, &low, sizeof a);
    memcpy(&b, &high, sizeof b);
    uint64_t bits = a + (b - a) / 2;
    memcpy(&middle, &bits, sizeof middle);
    return middle;
}

/* Uniform */

/* The same share of the ids of an input as `ids` are of `most`; at least one. Ids are below 2^32. */
static int64_t share_of(int64_t n_ids, int64_t ids, int64_t most)
{
    int64_t share = (int64_t)((uint64_t)ids * (uint64_t)n_ids / (uint64_t)most);
    return share > 0 ? share : 1;
}

static int64_t ranked_rows(const struct fw_embedding_space *space, int64_t ids, int64_t most)
{
    int64_t rows = 0;
    for (int32_t i = 0; i < space->n_inputs; i++) {
        if (is_ranked(&space->inputs[i]))
            rows += share_of(space->inputs[i].n_ids, ids, most);
    }
    return rows;
}

/* Keeps inputs that are not ranked, of width 1, as long as they fit in `rows`; returns the rows left. */
static int64_t keep_unranked(struct fw_embedding_sizes *sizes, const struct fw_embedding_space *space, int64_t rows)
{
    for (int32_t i = 0; i < space->n_inputs; i++) {
        if (!is_ranked(&space->inputs[i])) {
            set_strip(&sizes->items[i], space->inputs[i].n_ids, 1);
            rows -= space->inputs[i].n_ids;
        }
    }
    while (rows < 0) {
        int32_t largest = -1;
        for (int32_t i = 0; i < space->n_inputs; i++) {
            if (!is_ranked(&space->inputs[i]) && sizes->items[i].n_strips > 0 &&
                (largest < 0 || space->inputs[i].n_ids >= space->inputs[largest].n_ids))
                largest = i;
        }
        if (largest < 0)
            break;
        rows += space->inputs[largest].n_ids;
        set_strip(&sizes->items[largest], 0, 0);
    }
    return rows;
}

/* Width 1 for a share of the ids. The share is counted in ids of the largest ranked input. */
static void keep_shares(struct fw_embedding_sizes *sizes, const struct fw_embedding_space *space, int64_t rows)
{
    int64_t n_ranked = 0;
    int64_t most = 1;
    for (int32_t i = 0; i < space->n_inputs; i++) {
        if (is_ranked(&space->inputs[i])) {
            n_ranked++;
            most = space->inputs[i].n_ids > most ? space->inputs[i].n_ids : most;
        }
    }
    int64_t left = keep_unranked(sizes, space, rows - n_ranked) + n_ranked; /* a row is kept for each ranked input */
    int64_t low = 1;
    int64_t high = most + 1;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (ranked_rows(space, middle, most) <= left)
            low = middle;
        else
            high = middle;
    }
    for (int32_t i = 0; i < space->n_inputs; i++) {
        if (!is_ranked(&space->inputs[i]))
            continue;
        int64_t ids = share_of(space->inputs[i].n_ids, low, most);
        if (left < ids) /* with fewer rows than ranked inputs, all shares are one row */
            break;
        set_strip(&sizes->items[i], ids, 1);
        left -= ids;
    }
}

enum fw_status fw_sizing_uniform(struct fw_embedding_sizes **out, const struct fw_embedding_space *space,
                                 int64_t budget, struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_embedding_sizes *sizes;
    int64_t per_width = fw_embedding_space_full_bytes(space) / space->dim;
    FW_TRY(fw_sizing_check_budget(budget, least_bytes(space, 1), err));
    FW_TRY(start_sizes(&sizes, space, mem, err));
    int64_t width = budget / per_width < space->dim ? budget / per_width : space->dim;
    for (int32_t i = 0; i < space->n_inputs && width > 0; i++)
        set_strip(&sizes->items[i], space->inputs[i].n_ids, (int32_t)width);
    if (width == 0)
        keep_shares(sizes, space, budget / (int64_t)sizeof(float));
    *out = sizes;
    return FW_OK;
}

/* Vocabulary */

/* How frequent the ids of an input are. */
struct frequency {
    const int64_t *counts; /* NULL: all ids as frequent as `each` */
    int64_t n_ids;
    int64_t head; /* from this id on counts never rise: the ones before (of unknown values) may be rare */
    double each;
    bool whole;  /* all ids or none */
    bool passed; /* a whole input that did not fit any more */
    int64_t kept;
};

/* Ids up to the last that is at least as frequent as `threshold`. */
static int64_t frequent_ids(const struct frequency *frequency, double threshold)
{
    if (frequency->passed)
        return 0;
    if (frequency->counts == NULL)
        return frequency->each >= threshold ? frequency->n_ids : 0;
    int64_t low = frequency->head;
    int64_t high = frequency->n_ids;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if ((double)frequency->counts[middle] >= threshold)
            low = middle + 1;
        else
            high = middle;
    }
    while (low > 0 && (double)frequency->counts[low - 1] < threshold) /* only in the head: ends at once behind it */
        low--;
    return low;
}

static double sum_counts(const struct fw_space_input *input)
{
    double sum = 0;
    for (int64_t id = 0; id < input->n_ids && input->counts != NULL; id++)
        sum += (double)input->counts[id];
    return sum;
}

static void measure_frequencies(struct frequency *frequencies, const struct fw_embedding_space *space)
{
    double most = 0;
    for (int32_t i = 0; i < space->n_inputs; i++) {
        frequencies[i].each = sum_counts(&space->inputs[i]);
        most = fmax(most, frequencies[i].each);
    }
    for (int32_t i = 0; i < space->n_inputs; i++) {
        const struct fw_space_input *input = &space->inputs[i];
        double rows = input->counts != NULL ? frequencies[i].each : fmax(most, 1);
        frequencies[i].n_ids = input->n_ids;
        frequencies[i].each = rows / (double)input->n_ids;
        frequencies[i].whole = !is_ranked(input);
        frequencies[i].counts = is_ranked(input) ? input->counts : NULL;
        int64_t head = input->n_ids - 1;
        while (frequencies[i].counts != NULL && head > 0 && input->counts[head - 1] >= input->counts[head])
            head--;
        frequencies[i].head = head;
    }
}

static int64_t count_frequent(const struct frequency *frequencies, int32_t n, double threshold)
{
    int64_t rows = 0;
    for (int32_t i = 0; i < n; i++)
        rows += frequent_ids(&frequencies[i], threshold);
    return rows;
}

/* The ids just below the threshold, all equally frequent, in the order of inputs. False when a whole input was passed
 * over and rows are left: rarer ids may use them. */
static bool keep_ties(struct frequency *frequencies, int32_t n, double threshold, int64_t left)
{
    bool passed = false;
    for (int32_t i = 0; i < n; i++) {
        int64_t more = frequent_ids(&frequencies[i], threshold) - frequencies[i].kept;
        if (more > left && frequencies[i].whole) {
            frequencies[i].passed = true;
            passed = true;
            continue;
        }
        more = more < left ? more : left;
        frequencies[i].kept += more;
        left -= more;
    }
    return !passed || left == 0;
}

/* Keeps the most frequent ids that fit in `rows`. */
static void keep_frequent(struct frequency *frequencies, int32_t n, int64_t rows)
{
    for (;;) {
        double low = 0; /* keeps too many */
        double high = INFINITY;
        if (count_frequent(frequencies, n, low) <= rows)
            high = low;
        while (low < high) {
            double middle = middle_double(low, high);
            if (middle == low)
                break;
            if (count_frequent(frequencies, n, middle) <= rows)
                high = middle;
            else
                low = middle;
        }
        int64_t left = rows;
        for (int32_t i = 0; i < n; i++) {
            frequencies[i].kept = frequent_ids(&frequencies[i], high);
            left -= frequencies[i].kept;
        }
        if (low == high || keep_ties(frequencies, n, low, left))
            break;
    }
}

enum fw_status fw_sizing_vocabulary(struct fw_embedding_sizes **out, const struct fw_embedding_space *space,
                                    int64_t budget, struct fw_allocator *mem, struct fw_error *err)
{
    struct frequency *frequencies;
    struct fw_embedding_sizes *sizes = NULL;
    FW_TRY(fw_sizing_check_budget(budget, least_bytes(space, space->dim), err));
    FW_ALLOC(frequencies, mem, space->n_inputs, "the frequencies of ids", err);
    enum fw_status status = start_sizes(&sizes, space, mem, err);
    if (status == FW_OK) {
        measure_frequencies(frequencies, space);
        keep_frequent(frequencies, space->n_inputs, budget / (space->dim * (int64_t)sizeof(float)));
        for (int32_t i = 0; i < space->n_inputs; i++)
            set_strip(&sizes->items[i], frequencies[i].kept, space->dim);
        *out = sizes;
    }
    fw_free(mem, frequencies);
    return status;
}

/* Mixed dimensions */

/* Sets the width of an input; a projection that saves nothing over the full width is not used. */
static void mix_width(struct fw_embedding_size *size, const struct fw_embedding_space *space, int64_t n_ids,
                      double wanted)
{
    int32_t width = wanted >= space->dim ? space->dim : (int32_t)fmax(round(wanted), 1);
    if (space->projected && (n_ids + space->dim) * width >= n_ids * space->dim)
        width = space->dim;
    set_strip(size, n_ids, width);
    size->projected = space->projected && width < space->dim;
}

static int64_t mix_widths(struct fw_embedding_sizes *sizes, const struct fw_embedding_space *space,
                          const double *popularity, double factor)
{
    for (int32_t i = 0; i < space->n_inputs; i++)
        mix_width(&sizes->items[i], space, space->inputs[i].n_ids, factor * popularity[i]);
    return fw_embedding_sizes_bytes(sizes);
}

/* The widths of the largest factor that fits; false: none does. */
static bool scale_widths(struct fw_embedding_sizes *sizes, const struct fw_embedding_space *space,
                         const double *popularity, int64_t budget)
{
    double low = 0; /* width 1 for all */
    double least = 1;
    for (int32_t i = 0; i < space->n_inputs; i++)
        least = fmin(least, popularity[i]);
    double high = space->dim / least; /* the common width for all */
    if (mix_widths(sizes, space, popularity, low) > budget)
        return false;
    if (mix_widths(sizes, space, popularity, high) <= budget)
        return true;
    for (double middle; (middle = middle_double(low, high)) != low;) {
        if (mix_widths(sizes, space, popularity, middle) <= budget)
            low = middle;
        else
            high = middle;
    }
    mix_widths(sizes, space, popularity, low);
    return true;
}

enum fw_status fw_sizing_mde(struct fw_embedding_sizes **out, const struct fw_embedding_space *space, double alpha,
                             int64_t budget, struct fw_allocator *mem, struct fw_error *err)
{
    double *popularity;
    struct fw_embedding_sizes *sizes = NULL;
    if (!(alpha >= 0 && alpha <= FW_SIZING_ALPHA_MOST))
        return fw_error_set(err, FW_E_ARG, "the exponent of mixed dimensions is %g; 0 to %g are possible", alpha,
                            FW_SIZING_ALPHA_MOST);
    FW_TRY(fw_sizing_check_budget(budget, least_bytes(space, 1), err));
    FW_ALLOC(popularity, mem, space->n_inputs, "the popularity of inputs", err);
    for (int32_t i = 0; i < space->n_inputs; i++)
        popularity[i] = fw_exact_exp(-alpha * fw_exact_log((double)space->inputs[i].n_ids));
    enum fw_status status = start_sizes(&sizes, space, mem, err);
    if (status == FW_OK && !scale_widths(sizes, space, popularity, budget)) {
        fw_embedding_sizes_destroy(sizes);
        status = fw_sizing_uniform(&sizes, space, budget, mem, err);
    }
    if (status == FW_OK)
        *out = sizes;
    fw_free(mem, popularity);
    return status;
}
