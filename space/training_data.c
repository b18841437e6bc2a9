#include "space/training_data.h"

#include "space/dataset_build.h"

void fw_training_split(struct fw_split_options *split, int64_t n_rows)
{
    if (n_rows > FW_ROWS_FOR_HOLDOUT)
        split->folds = 0;
}

enum fw_status fw_training_data_build(struct fw_training_data *out, const struct fw_table *table,
                                      const int64_t *columns, const struct fw_table *valid,
                                      const int64_t *valid_columns, const struct fw_schema *schema,
                                      const struct fw_split_options *split, const struct fw_encoder_options *options,
                                      bool want_values, int threads, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_training_data data = {0};
    int32_t n_folds = 2;
    int32_t n_judged = 1;
    int32_t *folds;
    int32_t *valid_folds = NULL;
    FW_ALLOC(folds, mem, table->n_rows, "the split", err);
    if (valid != NULL) {
        for (int64_t row = 0; row < table->n_rows; row++)
            folds[row] = 1;
    } else {
        FW_TRY_GOTO(fw_split_rows(folds, &n_folds, &n_judged, table, columns, schema, split, mem, err), done);
    }
    FW_TRY_GOTO(fw_schema_leave_out(folds, &data.n_left_out, schema, table, columns, options->position, err), done);
    if (valid != NULL) {
        int64_t n_left_out = 0;
        FW_ALLOC_GOTO(valid_folds, mem, valid->n_rows, "the split", err, done);
        FW_TRY_GOTO(fw_schema_leave_out(valid_folds, &n_left_out, schema, valid, valid_columns, options->position, err),
                    done);
        data.n_left_out += n_left_out;
    }
    int32_t first_train = n_judged < n_folds ? n_judged : 0;
    FW_TRY_GOTO(fw_encoder_learn(&data.encoder, table, columns, schema, folds, first_train, options, threads, mem, err),
                done);
    struct fw_dataset_source sources[2] = {{table, columns, folds, 0}, {valid, valid_columns, valid_folds, 0}};
    int32_t n_sources = valid != NULL ? 2 : 1;
    FW_TRY_GOTO(fw_dataset_build(&data.dataset, data.encoder, schema, sources, n_sources, n_folds, n_judged,
                                 split->seed, true, threads, mem, err),
                done);
    if (want_values)
        FW_TRY_GOTO(fw_dataset_build_values(data.dataset, data.encoder, sources, n_sources, threads, err), done);
    *out = data;
    data = (struct fw_training_data){0};
done:
    fw_training_data_clear(&data);
    fw_free(mem, valid_folds);
    fw_free(mem, folds);
    return status;
}

void fw_training_data_clear(struct fw_training_data *data)
{
    fw_dataset_destroy(data->dataset);
    fw_encoder_destroy(data->encoder);
    *data = (struct fw_training_data){0};
}
