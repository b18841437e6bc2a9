#include "labelled.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void labelled_check(enum fw_status status, const struct fw_error *err)
{
    if (status == FW_OK)
        return;
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

static struct fw_table *make_table(const struct fw_task_synth_options *options)
{
    struct fw_error err = {0};
    struct fw_table_options how;
    struct fw_table *table = NULL;
    char *text = NULL;
    size_t size;
    fw_table_options_init(&how);
    how.threads = 1;
    labelled_check(fw_task_synth_text(&text, &size, NULL, options, 1, NULL, &err), &err);
    labelled_check(fw_table_parse(&table, "generated", text, size, &how, NULL, &err), &err);
    fw_free(NULL, text);
    return table;
}

void labelled_make(struct labelled *out, const struct fw_task_synth_options *options, int32_t n_tasks, bool regression,
                   double valid_share, int64_t n_test)
{
    struct fw_error err = {0};
    struct fw_schema_options columns;
    struct fw_split_options split;
    struct fw_encoder_options encoder;
    char text[FW_TASKS_MOST][16];
    const char *names[FW_TASKS_MOST];
    *out = (struct labelled){.table = make_table(options)};
    for (int32_t t = 0; t < n_tasks; t++) {
        snprintf(text[t], sizeof text[t], "y%d", t + 1);
        names[t] = text[t];
    }
    fw_schema_options_init(&columns);
    columns.labels = (struct fw_name_list){names, n_tasks};
    if (regression)
        columns.regression = columns.labels;
    labelled_check(fw_schema_infer(&out->schema, out->table, &columns, NULL, &err), &err);
    fw_split_options_init(&split);
    split.folds = 0;
    split.valid_fraction = valid_share;
    fw_encoder_options_init(&encoder);
    labelled_check(fw_training_data_build(&out->data, out->table, NULL, NULL, NULL, out->schema, &split, &encoder, true,
                                          1, NULL, &err),
                   &err);
    const struct fw_dataset *d = out->data.dataset;
    out->valid = fw_row_set_fold(d, 0);
    out->test = (struct fw_row_set){1, {{.dataset = d, .row = d->fold_start[1], .n = n_test}}};
    out->train = fw_row_set_but_fold(d, 0);
    out->train.parts[0].row += n_test;
    out->train.parts[0].n -= n_test;
}

void labelled_clear(struct labelled *l)
{
    fw_training_data_clear(&l->data);
    fw_schema_destroy(l->schema);
    fw_table_destroy(l->table);
}

float *labelled_outputs(const struct fw_model *model, const struct fw_row_set *rows)
{
    int64_t at = 0;
    float *outputs = fw_alloc_array(NULL, fw_row_set_rows(rows) * model->n_outputs, sizeof *outputs);
    void *scratch = fw_alloc_array(NULL, (int64_t)fw_model_predict_bytes(model), 1);
    if (outputs == NULL || scratch == NULL)
        exit(1);
    for (int32_t p = 0; p < rows->n_parts; p++) {
        fw_model_predict(model, outputs + at * model->n_outputs, &rows->parts[p], scratch);
        at += rows->parts[p].n;
    }
    fw_free(NULL, scratch);
    return outputs;
}
