/* Model files and scores of a model of several tasks. */
#include <math.h>
#include <string.h>

#include "models/file/scorer.h"
#include "models/registry.h"
#include "space/training_data.h"
#include "support/fitting.h"
#include "support/schemas.h"
#include "support/scratch.h"
#include "support/tables.h"
#include "support/test_main.h"

enum { rows = 300, columns = 5, tasks = 3 };

/* Two classes and a number, some of them unknown. */
static struct fw_table *make_table(void)
{
    struct fw_buffer text;
    fw_buffer_init(&text, NULL);
    fw_buffer_add_text(&text, "likes,colour,size,buys,spent\n");
    for (int i = 0; i < rows; i++) {
        fw_buffer_addf(&text, "%s,c%d,%d,%d,",
                       i % 11 == 5      ? ""
                       : i * 7 % 13 < 6 ? "yes"
                                        : "no",
                       i % 5, i % 17, i % 3 == 0);
        if (i % 7 != 2)
            fw_buffer_addf(&text, "%d", 100 + i % 17);
        fw_buffer_add_text(&text, "\n");
    }
    struct fw_table *table = table_of(text.data, NULL);
    fw_buffer_clear(&text);
    return table;
}

static void train(struct fw_bundle *bundle, struct fw_training_data *data, struct fw_allocator *mem)
{
    struct fw_params params;
    const struct fw_model_vtable *vtable = NULL;
    const struct fw_schema *schema = bundle->plan->schema;
    ck_ok(fw_model_find(&vtable, "shared_bottom", err));
    fw_params_init(&params, vtable->params);
    struct fw_model_config config = {.dataset = data->dataset,
                                     .params = &params,
                                     .tasks = schema->tasks,
                                     .n_tasks = schema->n_tasks,
                                     .seed = 1,
                                     .threads = 1};
    struct fw_row_set all = fw_row_set_all(data->dataset);
    ck_ok(fw_model_create(&bundle->model, vtable, &config, mem, err));
    if (vtable->start != NULL)
        ck_ok(vtable->start(bundle->model->self, &all, NULL, err));
    fitting_epoch(bundle->model, &all);
    bundle->encoder = data->encoder;
    bundle->scale = 1;
}

/* A trained bundle; the table is the caller's. */
static struct fw_table *make(struct fw_bundle *bundle, struct fw_allocator *mem)
{
    struct fw_table *table = make_table();
    struct fw_schema_options options;
    fw_schema_options_init(&options);
    options.labels = NAMES("likes", "buys", "spent");
    options.regression = NAMES("spent");
    struct fw_schema *schema;
    ck_ok(fw_schema_infer(&schema, table, &options, mem, err));
    struct fw_training_data data;
    struct fw_split_options split;
    struct fw_encoder_options encoding;
    fw_split_options_init(&split);
    fw_encoder_options_init(&encoding);
    ck_ok(fw_training_data_build(&data, table, NULL, NULL, NULL, schema, &split, &encoding, true, 1, mem, err));
    *bundle = (struct fw_bundle){0};
    ck_ok(fw_plan_create(&bundle->plan, schema, mem, err));
    ck_ok(fw_plan_freeze_bins(bundle->plan, data.encoder, err));
    train(bundle, &data, mem);
    fw_dataset_destroy(data.dataset);
    return table;
}

static void score(float *outputs, const struct fw_bundle *bundle, const struct fw_table *table, int threads)
{
    const int64_t column_of[columns] = {0, 1, 2, 3, 4};
    ck_ok(fw_score_table(outputs, bundle, table, column_of, threads, NULL, err));
}

static void check_readings(const struct fw_model *model)
{
    static const char *const names[tasks] = {"likes", "buys", "spent"};
    const struct fw_reading *served[FW_READINGS_MOST];
    ck_assert_int_eq(model->n_outputs, tasks);
    ck_assert_int_eq(fw_served_readings(NULL, model), tasks);
    ck_assert_int_eq(fw_served_readings(served, model), tasks);
    for (int32_t t = 0; t < tasks; t++) {
        ck_assert_str_eq(served[t]->name, names[t]);
        ck_assert_int_eq(served[t]->kind, t == 2 ? FW_READ_NUMBER : FW_READ_PROBABILITY);
    }
}

START_TEST(test_several_outputs_survive_their_file)
{
    struct fw_bundle bundle;
    struct fw_bundle loaded;
    float outputs[rows * tasks];
    float again[rows * tasks];
    struct fw_table *table = make(&bundle, NULL);
    check_readings(bundle.model);
    score(outputs, &bundle, table, 1);
    for (int i = 0; i < rows; i++) { /* a number comes in the label's own unit */
        ck_assert(outputs[i * tasks + 2] > 50 && outputs[i * tasks + 2] < 150);
    }
    ck_ok(fw_model_file_save(&bundle, scratch_path("m.fw"), NULL, NULL, NULL, err));
    ck_ok(fw_model_file_load(&loaded, scratch_path("m.fw"), 3, NULL, err));
    check_readings(loaded.model);
    score(again, &loaded, table, 3);
    ck_assert_mem_eq(outputs, again, sizeof outputs);
    fw_bundle_clear(&loaded);
    fw_bundle_clear(&bundle);
    fw_table_destroy(table);
}
END_TEST

START_TEST(test_several_outputs_of_rows_are_those_of_tables_and_never_allocate)
{
    struct fw_bundle bundle;
    struct fw_allocator mem;
    struct fw_row_scorer *scorer = NULL;
    float outputs[rows * tasks];
    fw_allocator_init(&mem, 0);
    struct fw_table *table = make(&bundle, &mem);
    score(outputs, &bundle, table, 1);
    ck_ok(fw_row_scorer_create(&scorer, &bundle, &mem, err));
    int64_t allocations = mem.count;
    for (int64_t row = 0; row < rows; row++) {
        char scratch[columns][32];
        struct fw_text cells[columns];
        double scores[tasks + 1] = {[tasks] = 7};
        for (int64_t c = 0; c < columns; c++)
            cells[c] = fw_table_text(table, c, row, scratch[c]);
        fw_row_scores(scores, scorer, cells);
        const float *expected = outputs + row * tasks;
        for (int t = 0; t < 2; t++) /* products of matrices of other heights differ in their last bits */
            ck_assert_double_eq_tol(scores[t], 1 / (1 + exp(-(double)expected[t])), 1e-6);
        ck_assert_double_eq_tol(scores[2], (double)expected[2], 1e-4);
        ck_assert_double_eq(scores[tasks], 7);
        ck_assert_double_eq(fw_row_score(scorer, cells), scores[0]);
    }
    ck_assert_int_eq(mem.count, allocations);
    fw_row_scorer_destroy(scorer);
    fw_bundle_clear(&bundle);
    fw_table_destroy(table);
    ck_assert_uint_eq(mem.used, 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("several_outputs");
    TCase *cases = tcase_create("several_outputs");
    tcase_add_checked_fixture(cases, scratch_make, scratch_remove);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_several_outputs_survive_their_file);
    tcase_add_test(cases, test_several_outputs_of_rows_are_those_of_tables_and_never_allocate);
    suite_add_tcase(suite, cases);
    return suite;
}
