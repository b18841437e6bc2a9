#include "space/split.h"

#include <math.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/rng.h"
#include "space/stamps.h"

void fw_split_options_init(struct fw_split_options *options)
{
    *options = (struct fw_split_options){.kind = FW_SPLIT_RANDOM, .folds = 5, .valid_fraction = 0.2};
}

static int32_t fold_of(double u, const struct fw_split_options *options)
{
    return options->folds > 0 ? (int32_t)(u * options->folds) : u < options->valid_fraction ? 0 : 1;
}

static enum fw_status split_by_time(int32_t *folds, const struct fw_table *table, int64_t column,
                                    const struct fw_split_options *options, struct fw_allocator *mem,
                                    struct fw_error *err)
{
    struct fw_stamp *stamps;
    FW_ALLOC(stamps, mem, table->n_rows, "sorting rows by time", err);
    enum fw_status status = fw_stamps_read(stamps, table, column, err);
    if (status == FW_OK) {
        qsort(stamps, (size_t)table->n_rows, sizeof *stamps, fw_stamps_compare);
        int64_t first_valid = table->n_rows - (int64_t)ceil(options->valid_fraction * (double)table->n_rows);
        for (int64_t i = 0; i < table->n_rows; i++)
            folds[stamps[i].row] = i >= first_valid ? 0 : 1;
    }
    fw_free(mem, stamps);
    return status;
}

static void split_by_group(int32_t *folds, const struct fw_table *table, int64_t column,
                           const struct fw_split_options *options)
{
    uint64_t stream = fw_stream(0, 0, FW_STREAM_SPLIT);
    char scratch[32];
    for (int64_t row = 0; row < table->n_rows; row++) {
        struct fw_text text = fw_table_text(table, column, row, scratch);
        uint64_t group = fw_hash_bytes(text.data, text.length, 0);
        folds[row] = fold_of(fw_rng_uniform_at(options->seed, stream, group), options);
    }
}

/* Random folds of sizes that differ by at most one row. */
static enum fw_status split_at_random(int32_t *folds, int64_t n_rows, int32_t n_folds,
                                      const struct fw_split_options *options, struct fw_allocator *mem,
                                      struct fw_error *err)
{
    int64_t *order;
    struct fw_rng rng;
    FW_ALLOC(order, mem, n_rows, "splitting rows", err);
    fw_rng_seed(&rng, options->seed, fw_stream(0, 0, FW_STREAM_SPLIT));
    for (int64_t i = 0; i < n_rows; i++)
        order[i] = i;
    int64_t n_valid = (int64_t)llround(options->valid_fraction * (double)n_rows);
    for (int64_t i = n_rows - 1; i >= 0; i--) {
        int64_t j = (int64_t)fw_rng_below(&rng, (uint64_t)i + 1);
        int64_t row = order[j];
        order[j] = order[i];
        folds[row] = options->folds > 0 ? (int32_t)(i % n_folds) : i < n_valid ? 0 : 1;
    }
    fw_free(mem, order);
    return FW_OK;
}

enum fw_status fw_split_rows(int32_t *folds, int32_t *n_folds_out, int32_t *n_judged_out, const struct fw_table *table,
                             const int64_t *columns, const struct fw_schema *schema,
                             const struct fw_split_options *options, struct fw_allocator *mem, struct fw_error *err)
{
    if (options->folds != 0 && (options->folds < 2 || options->folds > FW_SPLIT_MAX_FOLDS))
        return fw_error_set(err, FW_E_ARG, "%d folds are not possible; 2 to %d are", options->folds,
                            FW_SPLIT_MAX_FOLDS);
    int32_t n_folds = options->folds > 0 && options->kind != FW_SPLIT_TIME ? options->folds : 2;
    switch (options->kind) {
    case FW_SPLIT_TIME:
        FW_TRY(split_by_time(folds, table, columns != NULL ? columns[schema->time] : schema->time, options, mem, err));
        break;
    case FW_SPLIT_GROUP:
        split_by_group(folds, table, columns != NULL ? columns[schema->group] : schema->group, options);
        break;
    case FW_SPLIT_RANDOM:
    case FW_SPLIT_FILE:
        FW_TRY(split_at_random(folds, table->n_rows, n_folds, options, mem, err));
        break;
    }
    int64_t counts[FW_SPLIT_MAX_FOLDS] = {0};
    for (int64_t row = 0; row < table->n_rows; row++)
        counts[folds[row]]++;
    for (int32_t k = 0; k < n_folds; k++) {
        if (counts[k] > 0)
            continue;
        if (options->kind == FW_SPLIT_GROUP)
            return fw_error_set(
                err, FW_E_INPUT,
                "%s: the groups of '%s' are too few to fill %d folds; ask for fewer folds or another split",
                table->path, schema->columns[schema->group].name, n_folds);
        return fw_error_set(err, FW_E_INPUT, "%s: %lld rows are too few to be split into %d folds", table->path,
                            (long long)table->n_rows, n_folds);
    }
    *n_folds_out = n_folds;
    *n_judged_out = options->folds > 0 && options->kind != FW_SPLIT_TIME ? n_folds : 1;
    return FW_OK;
}
