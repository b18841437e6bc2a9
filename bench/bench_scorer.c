/* Scoring single raw rows in process: texts in, probability out, on one core. The model is a logistic regression with
 * crosses on an Adult-shaped table (8 columns of categories, 6 of numbers), or a model file and a table.
 *
 *     bench_scorer [--smoke | MODEL.fw DATA] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/settle.h"
#include "core/clock.h"
#include "models/file/scorer.h"
#include "models/registry.h"
#include "space/synth/synth.h"
#include "space/training_data.h"

static void fail_if(enum fw_status status, const struct fw_error *err)
{
    if (status != FW_OK) {
        fprintf(stderr, "bench_scorer: %s\n", err->message);
        exit(1);
    }
}

static struct fw_table *make_table(int64_t rows)
{
    struct fw_error err = {0};
    struct fw_synth_options synth;
    struct fw_table_options reading;
    struct fw_table *table;
    char *text;
    size_t size;
    fw_synth_options_init(&synth, FW_SYNTH_CROSSES);
    synth.rows = rows;
    synth.numeric = 6;
    synth.noise = 0;
    fail_if(fw_synth_text(&text, &size, NULL, &synth, 0, NULL, &err), &err);
    fw_table_options_init(&reading);
    fail_if(fw_table_parse(&table, "synth", text, size, &reading, NULL, &err), &err);
    fw_free(NULL, text);
    return table;
}

static struct fw_bundle make_bundle(const struct fw_table *table)
{
    struct fw_error err = {0};
    struct fw_schema *schema;
    struct fw_schema_options schema_options;
    struct fw_split_options split;
    struct fw_encoder_options encoding;
    struct fw_cross_options crossing;
    struct fw_training_data data;
    struct fw_bundle bundle = {.scale = 1};
    const struct fw_model_vtable *lr;
    struct fw_params params;
    fw_schema_options_init(&schema_options);
    static const char *const labels[] = {"y"};
    schema_options.labels = (struct fw_name_list){labels, 1};
    fail_if(fw_schema_infer(&schema, table, &schema_options, NULL, &err), &err);
    fw_split_options_init(&split);
    fw_encoder_options_init(&encoding);
    fw_cross_options_init(&crossing);
    fail_if(fw_training_data_build(&data, table, NULL, NULL, NULL, schema, &split, &encoding, false, 0, NULL, &err),
            &err);
    for (int32_t c = 0; c < 5; c++) {
        struct fw_cross cross = {2, {c, c + 2}};
        fail_if(fw_encoder_add_cross(data.encoder, data.dataset, &cross, &crossing, &err), &err);
    }
    fail_if(fw_model_find(&lr, "lr", &err), &err);
    fw_params_init(&params, lr->params);
    struct fw_model_config config = {.dataset = data.dataset, .params = &params, .threads = 1};
    fail_if(fw_model_create(&bundle.model, lr, &config, NULL, &err), &err);
    struct fw_row_set all = fw_row_set_all(data.dataset);
    struct fw_fit_stats stats;
    fail_if(lr->fit_epoch(bundle.model->self, &stats, &all, NULL, &err), &err);
    bundle.encoder = data.encoder;
    fail_if(fw_plan_create(&bundle.plan, schema, NULL, &err), &err);
    fw_dataset_destroy(data.dataset);
    return bundle;
}

int main(int argc, char **argv)
{
    struct fw_error err = {0};
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;
    struct fw_bundle bundle;
    struct fw_table *table;
    struct fw_row_scorer *scorer;
    fw_bench_settle(argv);
    if (argc > 2) {
        struct fw_table_options reading;
        fw_table_options_init(&reading);
        fail_if(fw_model_file_load(&bundle, argv[1], 1, NULL, &err), &err);
        fail_if(fw_table_read(&table, argv[2], &reading, NULL, &err), &err);
    } else {
        table = make_table(smoke ? 2000 : 30000);
        bundle = make_bundle(table);
    }
    /* raw texts of all rows, as a caller would hold them */
    int64_t n = table->n_rows;
    int64_t width = table->n_columns;
    struct fw_text *cells = calloc((size_t)(n * width), sizeof *cells);
    char(*scratch)[32] = calloc((size_t)(n * width), sizeof *scratch);
    for (int64_t i = 0; i < n * width; i++)
        cells[i] = fw_table_text(table, i % width, i / width, scratch[i]);
    fail_if(fw_row_scorer_create(&scorer, &bundle, NULL, &err), &err);
    double fastest = 1e9;
    double sum = 0;
    for (int k = 0; k < (smoke ? 2 : 20); k++) {
        double started = fw_clock_seconds();
        for (int64_t i = 0; i < n; i++)
            sum += fw_row_score(scorer, cells + i * width);
        double seconds = fw_clock_seconds() - started;
        fastest = seconds < fastest ? seconds : fastest;
    }
    printf("name,rows,columns,fields,crosses,ns_a_row,check\n");
    printf("scorer/lr,%lld,%lld,%d,%d,%.0f,%.6g\n", (long long)n, (long long)width, bundle.encoder->n_fields,
           bundle.encoder->n_crosses, 1e9 * fastest / (double)n, sum);
    fw_row_scorer_destroy(scorer);
    free(cells);
    free(scratch);
    fw_bundle_clear(&bundle);
    fw_table_destroy(table);
    return 0;
}
