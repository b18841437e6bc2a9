#include "support/crossed.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/rng.h"
#include "support/test_main.h"

struct fw_dataset *crossed_dataset(uint64_t seed, double strength, int32_t folds)
{
    static const uint32_t cardinality[crossed_fields] = {5, 4, 6, 3, 8, 2};
    struct fw_dataset *d = calloc(1, sizeof *d);
    uint64_t stream = fw_stream(0, 0, FW_STREAM_TEST);
    ck_assert_ptr_nonnull(d);
    d->n_rows = crossed_rows;
    d->labels = calloc(crossed_rows, sizeof *d->labels);
    d->source_row = calloc(crossed_rows, sizeof *d->source_row);
    d->fold_start = calloc((size_t)folds + 1, sizeof *d->fold_start);
    d->n_folds = d->n_judged = folds;
    for (int32_t k = 0; k <= folds; k++)
        d->fold_start[k] = (int64_t)crossed_rows * k / folds;
    for (int32_t f = 0; f < crossed_fields; f++) {
        struct fw_field field;
        char name[16];
        snprintf(name, sizeof name, "f%d", f);
        ck_ok(fw_field_init(&field, name, FW_ID_FIRST + cardinality[f], crossed_rows, NULL, err));
        for (int64_t i = 0; i < crossed_rows; i++) {
            uint32_t id = FW_ID_FIRST +
                          (uint32_t)(fw_rng_at(seed, stream + 1, (uint64_t)(i * crossed_fields + f)) % cardinality[f]);
            fw_field_write(&field, i, 1, &id);
        }
        ck_ok(fw_dataset_append(d, &field, err));
    }
    for (int64_t i = 0; i < crossed_rows; i++) {
        uint32_t a = fw_field_id(&d->fields[0], i);
        uint32_t b = fw_field_id(&d->fields[1], i);
        double logit =
            -0.5 + 0.3 * (double)fw_field_id(&d->fields[2], i) - 1.2 + strength * ((a * 7 + b * 3) % 5 < 2 ? 1 : -1);
        d->labels[i] = fw_rng_uniform_at(seed, stream, (uint64_t)i) < 1 / (1 + exp(-logit));
        d->source_row[i] = i;
    }
    return d;
}

struct fw_encoder *crossed_encoder(const struct fw_dataset *dataset)
{
    struct fw_encoder *encoder = calloc(1, sizeof *encoder);
    ck_assert_ptr_nonnull(encoder);
    encoder->n_fields = dataset->n_fields;
    encoder->fields = calloc((size_t)dataset->n_fields, sizeof *encoder->fields);
    for (int32_t f = 0; f < dataset->n_fields; f++)
        encoder->fields[f] = (struct fw_field_info){.n_ids = dataset->fields[f].n_ids, .column = f};
    return encoder;
}

void crossed_encoder_free(struct fw_encoder *encoder)
{
    fw_encoder_destroy(encoder);
}
