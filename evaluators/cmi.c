/* Conditional mutual information, the classic rival: how much a cross tells about the label beyond what the current
 * model says, I(y; c | band), where the band is the quantile of the current score. Counts are plugged in and corrected
 * for the bias of Miller and Madow, so that a cross of many rare combinations does not win by its size alone. In nats a
 * row. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "evaluators/evaluator.h"
#include "space/key_table.h"

static int compare_floats(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Upper edges of the bands of the current score, from a sample of its rows. */
static enum fw_status band_edges(float *edges, const struct fw_ground *ground, struct fw_error *err)
{
    int64_t n_rows = ground->dataset->n_rows;
    int64_t step = n_rows / 65536 + 1;
    int64_t n = 0;
    float *sample;
    FW_ALLOC(sample, ground->mem, n_rows / step + 1, "a sample of scores", err);
    for (int64_t row = 0; row < n_rows; row += step)
        sample[n++] = ground->model->logit[row];
    qsort(sample, (size_t)n, sizeof *sample, compare_floats);
    for (int32_t b = 1; b < ground->options.bands; b++)
        edges[b - 1] = sample[n * b / ground->options.bands];
    fw_free(ground->mem, sample);
    return FW_OK;
}

/* Weight of each label in a cell (band, combination): key -> two counts packed as 32-bit halves. */
static enum fw_status count_cells(struct fw_key_table *cells, int64_t *rows_out, const float *edges,
                                  const struct fw_ground *ground, const struct fw_candidate *candidate,
                                  struct fw_rung rung, struct fw_error *err)
{
    const struct fw_dataset *d = ground->dataset;
    int64_t n_buckets = fw_candidate_buckets(ground, candidate, d->n_rows);
    uint32_t buckets[FW_DATASET_BLOCK];
    *rows_out = 0;
    for (int32_t k = 0; k < d->n_folds; k++) {
        int64_t row;
        int64_t end;
        fw_rung_rows(&row, &end, d, k, 0, rung.before + rung.now, rung.n_blocks);
        *rows_out += end - row;
        for (; row < end; row += FW_DATASET_BLOCK) {
            int64_t n = end - row < FW_DATASET_BLOCK ? end - row : FW_DATASET_BLOCK;
            FW_TRY(fw_key_table_reserve(cells, cells->n_keys + n, err));
            fw_candidate_read(ground, candidate, n_buckets, row, n, buckets);
            for (int64_t i = 0; i < n; i++) {
                uint64_t band = 0;
                while ((int32_t)band < ground->options.bands - 1 && ground->model->logit[row + i] > edges[band])
                    band++;
                struct fw_key_slot *cell = fw_key_table_add(cells, band << 32 | buckets[i]);
                cell->value += d->labels[row + i] > 0.5f ? UINT64_C(1) << 32 : 1;
            }
        }
    }
    return FW_OK;
}

static double entropy(double positives, double negatives)
{
    double n = positives + negatives;
    double h = 0;
    if (positives > 0)
        h -= positives / n * log(positives / n);
    if (negatives > 0)
        h -= negatives / n * log(negatives / n);
    return h;
}

/* H(y | band) - H(y | band, c), each with (outcomes - 1) / 2n added (Miller and Madow). */
static enum fw_status information(double *nats, const struct fw_key_table *cells, int64_t rows, int32_t bands,
                                  struct fw_allocator *mem, struct fw_error *err)
{
    double(*totals)[2];
    FW_ALLOC(totals, mem, bands, "the bands of a score", err);
    double inside = 0;
    double correction = 0;
    for (int64_t s = 0; s < cells->n_slots; s++) {
        if (cells->slots[s].key == FW_KEY_NONE)
            continue;
        double positives = (double)(cells->slots[s].value >> 32);
        double negatives = (double)(cells->slots[s].value & UINT32_MAX);
        inside += (positives + negatives) * entropy(positives, negatives);
        correction += positives > 0 && negatives > 0 ? 0.5 : 0;
        totals[cells->slots[s].key >> 32][0] += positives;
        totals[cells->slots[s].key >> 32][1] += negatives;
    }
    double outside = 0;
    for (int32_t b = 0; b < bands; b++) {
        double n = totals[b][0] + totals[b][1];
        if (n > 0)
            outside += n * entropy(totals[b][0], totals[b][1]);
        correction -= totals[b][0] > 0 && totals[b][1] > 0 ? 0.5 : 0;
    }
    *nats = rows > 0 ? (outside - inside - correction) / (double)rows : 0;
    fw_free(mem, totals);
    return FW_OK;
}

static enum fw_status evaluate(struct fw_candidate_score *score, const struct fw_ground *ground,
                               const struct fw_candidate *candidate, struct fw_rung rung, void *state,
                               struct fw_error *err)
{
    (void)state;
    double started = fw_clock_seconds();
    enum fw_status status = FW_OK;
    struct fw_key_table cells;
    float *edges = NULL;
    int64_t rows = 0;
    double nats = 0;
    fw_key_table_init(&cells, ground->mem);
    FW_ALLOC_GOTO(edges, ground->mem, ground->options.bands, "the bands of a score", err, done);
    FW_TRY_GOTO(band_edges(edges, ground, err), done);
    FW_TRY_GOTO(count_cells(&cells, &rows, edges, ground, candidate, rung, err), done);
    FW_TRY_GOTO(information(&nats, &cells, rows, ground->options.bands, ground->mem, err), done);
    *score = (struct fw_candidate_score){.rank = nats,
                                         .value = nats,
                                         .z = NAN,
                                         .rows = rows,
                                         .buckets = cells.n_keys,
                                         .seconds = fw_clock_seconds() - started};
done:
    fw_key_table_clear(&cells);
    fw_free(ground->mem, edges);
    return status;
}

const struct fw_evaluator_vtable fw_evaluator_cmi = {
    .api = FW_EVALUATOR_API,
    .name = "cmi",
    .summary = "conditional mutual information given the current score",
    .evaluate = evaluate,
};
