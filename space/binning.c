#include "space/binning.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "space/dataset.h"

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A cut strictly between two neighbouring values: the midpoint, or the lower value where rounding hits the upper one.
 */
static double between(double low, double high)
{
    double middle = low + (high - low) / 2;
    return middle < high ? middle : low;
}

/* Cut points after which about equally many rows lie; each bin takes its share of the rows that are left, so that one
 * huge tie (a column that is mostly zero) does not starve the bins behind it. */
static int64_t equal_frequency_cuts(const double *sorted, int64_t n, int64_t bins, double *cuts)
{
    int64_t distinct = n > 0;
    for (int64_t i = 1; i < n; i++)
        distinct += sorted[i] != sorted[i - 1];
    int64_t n_cuts = 0;
    int64_t i = 0;
    for (int64_t left = bins; left > 1 || distinct <= bins; left--) {
        int64_t share = distinct <= bins ? 1 : (n - i) / left;
        int64_t j = i + (share > 1 ? share : 1);
        while (j < n && sorted[j] == sorted[j - 1])
            j++;
        if (j >= n)
            break;
        cuts[n_cuts++] = between(sorted[j - 1], sorted[j]);
        i = j;
    }
    return n_cuts;
}

static int64_t equal_width_cuts(const double *sorted, int64_t n, int64_t bins, double *cuts)
{
    if (n == 0 || sorted[0] == sorted[n - 1])
        return 0;
    double low = sorted[0];
    double width = sorted[n - 1] / (double)bins - low / (double)bins; /* no overflow of the range */
    int64_t n_cuts = 0;
    for (int64_t b = 1; b < bins; b++) {
        double cut = 2 * (low / 2 + width / 2 * (double)b); /* halves: nor of the way to a late cut */
        if (n_cuts == 0 || cut > cuts[n_cuts - 1])
            cuts[n_cuts++] = cut;
    }
    return n_cuts;
}

static bool same_cuts(const double *a, int64_t n_a, const double *b, int64_t n_b)
{
    return n_a == n_b && (n_a == 0 || memcmp(a, b, (size_t)n_a * sizeof *a) == 0);
}

enum fw_status fw_binning_from_cuts(struct fw_binning *out, const int32_t *bins, const double *const *cuts,
                                    const int64_t *n_cuts, int32_t n_granularities, struct fw_allocator *mem,
                                    struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_binning binning = {.n_granularities = n_granularities, .mem = mem};
    int64_t total = 0;
    for (int32_t g = 0; g < n_granularities; g++)
        total += n_cuts[g];
    FW_ALLOC_GOTO(binning.cuts, mem, total, "the cut points of a column", err, done);
    int64_t at = 0;
    for (int32_t g = 0; g < n_granularities; g++) {
        if (n_cuts[g] > 0)
            memcpy(binning.cuts + at, cuts[g], (size_t)n_cuts[g] * sizeof(double));
        at += n_cuts[g];
    }
    if (total > 0)
        qsort(binning.cuts, (size_t)total, sizeof(double), compare_doubles);
    for (int64_t i = 0; i < total; i++) {
        if (binning.n_cuts == 0 || binning.cuts[i] != binning.cuts[binning.n_cuts - 1])
            binning.cuts[binning.n_cuts++] = binning.cuts[i];
    }
    for (int32_t g = 0; g < n_granularities; g++) {
        binning.bins[g] = bins[g];
        binning.n_ids[g] = FW_ID_FIRST + n_cuts[g] + 1;
        FW_ALLOC_GOTO(binning.ids[g], mem, binning.n_cuts + 1, "the bins of a column", err, done);
        int64_t bin = 0;
        for (int64_t i = 0; i <= binning.n_cuts; i++) {
            binning.ids[g][i] = (uint32_t)(FW_ID_FIRST + bin);
            if (i < binning.n_cuts && bin < n_cuts[g] && cuts[g][bin] == binning.cuts[i])
                bin++;
        }
    }
    *out = binning;
    memset(&binning, 0, sizeof binning);
done:
    fw_binning_clear(&binning);
    return status;
}

enum fw_status fw_binning_learn(struct fw_binning *out, enum fw_binning_kind kind, double *values, int64_t n,
                                const int32_t *bins, int32_t n_granularities, struct fw_allocator *mem,
                                struct fw_error *err)
{
    enum fw_status status = FW_OK;
    double *cuts[FW_BINNING_MAX_GRANULARITIES] = {NULL};
    int64_t n_cuts[FW_BINNING_MAX_GRANULARITIES];
    int32_t kept[FW_BINNING_MAX_GRANULARITIES];
    int32_t n_kept = 0;
    if (n > 0)
        qsort(values, (size_t)n, sizeof *values, compare_doubles);
    for (int32_t g = 0; g < n_granularities; g++) {
        FW_ALLOC_GOTO(cuts[n_kept], mem, bins[g], "the cut points of a column", err, done);
        n_cuts[n_kept] = kind == FW_BINNING_WIDTH ? equal_width_cuts(values, n, bins[g], cuts[n_kept])
                                                  : equal_frequency_cuts(values, n, bins[g], cuts[n_kept]);
        bool repeats = false;
        for (int32_t k = 0; k < n_kept; k++)
            repeats |= same_cuts(cuts[k], n_cuts[k], cuts[n_kept], n_cuts[n_kept]);
        if (repeats) {
            fw_free(mem, cuts[n_kept]);
            cuts[n_kept] = NULL;
        } else {
            kept[n_kept++] = bins[g];
        }
    }
    status = fw_binning_from_cuts(out, kept, (const double *const *)cuts, n_cuts, n_kept, mem, err);
done:
    for (int32_t g = 0; g < FW_BINNING_MAX_GRANULARITIES; g++)
        fw_free(mem, cuts[g]);
    return status;
}

int64_t fw_binning_cuts(const struct fw_binning *binning, int32_t granularity, double *cuts)
{
    const uint32_t *ids = binning->ids[granularity];
    int64_t n = 0;
    for (int64_t i = 0; i < binning->n_cuts; i++) {
        if (ids[i] != ids[i + 1])
            cuts[n++] = binning->cuts[i];
    }
    return n;
}

int64_t fw_binning_interval(const struct fw_binning *binning, double value)
{
    const double *base = binning->cuts;
    int64_t n = binning->n_cuts;
    /* branch-free lower bound: the number of cut points below the value */
    while (n > 0) {
        int64_t half = n / 2;
        bool right = base[half] < value;
        base = right ? base + half + 1 : base;
        n = right ? n - half - 1 : half;
    }
    return base - binning->cuts;
}

void fw_binning_keep(struct fw_binning *binning, uint32_t keep)
{
    int32_t kept = 0;
    for (int32_t g = 0; g < binning->n_granularities; g++) {
        if ((keep >> g & 1) == 0) {
            fw_free(binning->mem, binning->ids[g]);
            binning->ids[g] = NULL;
            continue;
        }
        uint32_t *ids = binning->ids[g];
        binning->ids[g] = NULL;
        binning->ids[kept] = ids;
        binning->bins[kept] = binning->bins[g];
        binning->n_ids[kept] = binning->n_ids[g];
        kept++;
    }
    binning->n_granularities = kept;
}

void fw_binning_clear(struct fw_binning *binning)
{
    fw_free(binning->mem, binning->cuts);
    for (int32_t g = 0; g < FW_BINNING_MAX_GRANULARITIES; g++)
        fw_free(binning->mem, binning->ids[g]);
    memset(binning, 0, sizeof *binning);
}

void fw_binning_write(const struct fw_binning *binning, struct fw_buffer *buffer)
{
    fw_bytes_put_u32(buffer, (uint32_t)binning->n_granularities);
    fw_bytes_put_u64(buffer, (uint64_t)binning->n_cuts);
    fw_bytes_put_raw(buffer, binning->cuts, (size_t)binning->n_cuts * sizeof(double));
    for (int32_t g = 0; g < binning->n_granularities; g++) {
        fw_bytes_put_u32(buffer, (uint32_t)binning->bins[g]);
        fw_bytes_put_u64(buffer, (uint64_t)binning->n_ids[g]);
        fw_bytes_put_raw(buffer, binning->ids[g], ((size_t)binning->n_cuts + 1) * sizeof(uint32_t));
    }
}

/* Ids must be in range, start at the first and rise by at most one, as learning makes them. */
static bool ids_are_sound(const uint32_t *ids, int64_t n, int64_t n_ids)
{
    if (ids[0] != FW_ID_FIRST || ids[n - 1] != n_ids - 1)
        return false;
    for (int64_t i = 1; i < n; i++) {
        if (ids[i] != ids[i - 1] && ids[i] != ids[i - 1] + 1)
            return false;
    }
    return true;
}

enum fw_status fw_binning_read(struct fw_binning *out, struct fw_bytes_reader *reader, struct fw_allocator *mem,
                               struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_binning binning = {.mem = mem};
    uint32_t n_granularities;
    FW_TRY(fw_bytes_get_u32(&n_granularities, reader, err));
    FW_TRY(fw_bytes_get_count(&binning.n_cuts, sizeof(double), reader, err));
    if (n_granularities < 1 || n_granularities > FW_BINNING_MAX_GRANULARITIES)
        return fw_bytes_corrupt(reader, err);
    FW_ALLOC_GOTO(binning.cuts, mem, binning.n_cuts, "the cut points of a column", err, done);
    FW_TRY_GOTO(fw_bytes_get_raw(binning.cuts, (size_t)binning.n_cuts * sizeof(double), reader, err), done);
    for (int64_t i = 0; i < binning.n_cuts; i++) {
        if (!isfinite(binning.cuts[i]) || (i > 0 && binning.cuts[i] <= binning.cuts[i - 1])) {
            status = fw_bytes_corrupt(reader, err);
            goto done;
        }
    }
    for (uint32_t g = 0; g < n_granularities; g++) {
        uint32_t bins;
        uint64_t n_ids;
        FW_TRY_GOTO(fw_bytes_get_u32(&bins, reader, err), done);
        FW_TRY_GOTO(fw_bytes_get_u64(&n_ids, reader, err), done);
        FW_ALLOC_GOTO(binning.ids[g], mem, binning.n_cuts + 1, "the bins of a column", err, done);
        FW_TRY_GOTO(fw_bytes_get_raw(binning.ids[g], ((size_t)binning.n_cuts + 1) * sizeof(uint32_t), reader, err),
                    done);
        if (bins < 1 || bins > INT32_MAX || n_ids > UINT32_MAX ||
            !ids_are_sound(binning.ids[g], binning.n_cuts + 1, (int64_t)n_ids)) {
            status = fw_bytes_corrupt(reader, err);
            goto done;
        }
        binning.bins[g] = (int32_t)bins;
        binning.n_ids[g] = (int64_t)n_ids;
        binning.n_granularities++;
    }
    *out = binning;
    memset(&binning, 0, sizeof binning);
done:
    fw_binning_clear(&binning);
    return status;
}
