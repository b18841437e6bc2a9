#include "search/crosses/granularity.h"

#include "evaluators/field_strength.h"

/* Marks the better half of one column's fields. */
static void keep_better_half(bool *keep, const double *strength, const struct fw_column_encoder *column)
{
    int32_t wanted = (column->n_fields + 1) / 2;
    for (int32_t k = 0; k < wanted; k++) {
        int32_t best = -1;
        for (int32_t f = column->first_field; f < column->first_field + column->n_fields; f++) {
            if (!keep[f] && (best < 0 || strength[f] > strength[best]))
                best = f;
        }
        keep[best] = true;
    }
}

enum fw_status fw_granularity_select(struct fw_training_data *data, int threads, struct fw_allocator *mem,
                                     struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct fw_encoder *encoder = data->encoder;
    double *strength = NULL;
    bool *keep = NULL;
    FW_ALLOC_GOTO(strength, mem, encoder->n_fields, "the strength of fields", err, done);
    FW_ALLOC_GOTO(keep, mem, encoder->n_fields, "the choice of granularities", err, done);
    FW_TRY_GOTO(fw_field_strengths(strength, data->dataset, encoder->n_fields, threads, mem, err), done);
    for (int32_t c = 0; c < encoder->n_encoders; c++) {
        const struct fw_column_encoder *column = &encoder->columns[c];
        if (column->encoding == FW_ENCODE_NUMBER) {
            keep_better_half(keep, strength, column);
        } else {
            for (int32_t f = column->first_field; f < column->first_field + column->n_fields; f++)
                keep[f] = true;
        }
    }
    fw_encoder_keep_fields(data->encoder, data->dataset, keep);
done:
    fw_free(mem, strength);
    fw_free(mem, keep);
    return status;
}
