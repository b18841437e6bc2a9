#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/hash.h"
#include "models/registry.h"
#include "models/scorer.h"
#include "space/training_data.h"
#include "support/schemas.h"
#include "support/test_main.h"

/* A trained bundle from a small table, and the table. */
static struct fw_table *make_bundle(struct fw_bundle *bundle)
{
    struct fw_buffer text;
    fw_buffer_init(&text, NULL);
    fw_buffer_add_text(&text, "y,colour,size,tags\n");
    for (int i = 0; i < 400; i++)
        fw_buffer_addf(&text, "%d,c%d,%d,%s\n", (i * 7 % 13) < 6, i % 5, i % 17, i % 3 ? "a|b" : "b|c");
    struct fw_table *table = table_of(text.data, NULL);
    fw_buffer_clear(&text);
    struct fw_schema_options options;
    const char *const sequences[] = {"tags"};
    fw_schema_options_init(&options);
    options.label = "y";
    options.sequence = (struct fw_name_list){sequences, 1};
    struct fw_schema *schema = schema_of(table, &options);
    struct fw_training_data data;
    struct fw_split_options split;
    struct fw_encoder_options encoding;
    struct fw_cross_options crossing;
    fw_split_options_init(&split);
    fw_encoder_options_init(&encoding);
    fw_cross_options_init(&crossing);
    ck_ok(fw_training_data_build(&data, table, NULL, NULL, NULL, schema, &split, &encoding, false, 1, NULL, err));
    struct fw_cross cross = {2, {0, 1}};
    ck_ok(fw_encoder_add_cross(data.encoder, data.dataset, &cross, &crossing, err));
    const struct fw_model_vtable *lr = NULL;
    struct fw_params params;
    ck_ok(fw_model_find(&lr, "lr", err));
    fw_params_init(&params, lr->params);
    struct fw_model_config config = {.dataset = data.dataset, .params = &params, .seed = 1, .threads = 1};
    *bundle = (struct fw_bundle){.encoder = data.encoder, .scale = 1};
    ck_ok(fw_model_create(&bundle->model, lr, &config, NULL, err));
    struct fw_row_set all = fw_row_set_all(data.dataset);
    struct fw_fit_stats stats;
    ck_ok(lr->fit_epoch(bundle->model->self, &stats, &all, NULL, err));
    ck_ok(fw_plan_create(&bundle->plan, schema, NULL, err));
    ck_ok(fw_plan_freeze_bins(bundle->plan, data.encoder, err));
    fw_dataset_destroy(data.dataset);
    return table;
}

static void score(float *logits, const struct fw_bundle *bundle, const struct fw_table *table)
{
    int64_t columns[4] = {0, 1, 2, 3};
    ck_ok(fw_score_table(logits, bundle, table, columns, 1, NULL, err));
}

START_TEST(test_model_file_scores_as_the_model_did)
{
    struct fw_bundle bundle;
    struct fw_bundle loaded;
    struct fw_table *table = make_bundle(&bundle);
    float before[400];
    float after[400];
    char path[] = "/tmp/fieldwise-model-XXXXXX";
    close(mkstemp(path));
    score(before, &bundle, table);
    ck_ok(fw_model_file_save(&bundle, path, NULL, NULL, NULL, err));
    ck_ok(fw_model_file_load(&loaded, path, 1, NULL, err));
    score(after, &loaded, table);
    ck_assert(memcmp(before, after, sizeof before) == 0);
    /* row by row, from the raw texts, the same */
    struct fw_row_scorer *scorer = NULL;
    ck_ok(fw_row_scorer_create(&scorer, &loaded, NULL, err));
    for (int64_t row = 0; row < table->n_rows; row++) {
        char scratch[4][32];
        struct fw_text cells[4];
        for (int64_t c = 0; c < 4; c++)
            cells[c] = fw_table_text(table, c, row, scratch[c]);
        double p = fw_row_score(scorer, cells);
        ck_assert_double_eq_tol(p, 1 / (1 + exp(-(double)before[row])), 1e-9);
    }
    fw_row_scorer_destroy(scorer);
    unlink(path);
    fw_bundle_clear(&loaded);
    fw_bundle_clear(&bundle);
    fw_table_destroy(table);
}
END_TEST

static enum fw_status build_nothing(struct fw_network_builder *builder, struct fw_error *err)
{
    (void)builder;
    (void)err;
    return FW_OK;
}

/* Logits that show the scaled numbers alone. */
static void predict_values(const void *self, float *logits, const struct fw_dataset_view *rows, void *scratch)
{
    (void)self;
    (void)scratch;
    float column[FW_DATASET_BLOCK];
    for (int64_t i = 0; i < rows->n; i++)
        logits[i] = 0;
    for (int32_t v = 0; v < rows->dataset->n_values; v++) {
        const float *values = fw_view_values(rows, v, 0, rows->n, column);
        for (int64_t i = 0; i < rows->n; i++)
            logits[i] += values[i];
    }
}

/* A model with a `build` is a network, and reads numbers. */
START_TEST(test_model_file_networks_score_from_scaled_numbers)
{
    struct fw_bundle bundle;
    struct fw_table *table = make_bundle(&bundle);
    struct fw_model_vtable network = *bundle.model->vtable;
    struct fw_row_scorer *scorer = NULL;
    float logits[400];
    network.build = build_nothing;
    network.predict = predict_values;
    bundle.model->vtable = &network;
    ck_assert_int_eq(bundle.encoder->n_values, 1);
    score(logits, &bundle, table);
    ck_ok(fw_row_scorer_create(&scorer, &bundle, NULL, err));
    for (int64_t row = 0; row < table->n_rows; row++) {
        char scratch[4][32];
        struct fw_text cells[4];
        for (int64_t c = 0; c < 4; c++)
            cells[c] = fw_table_text(table, c, row, scratch[c]);
        double expected = (double)fw_scaling_apply(&bundle.encoder->columns[1].scaling, (double)(row % 17));
        ck_assert_double_eq_tol((double)logits[row], expected, 1e-7);
        ck_assert_double_eq_tol(fw_row_score(scorer, cells), 1 / (1 + exp(-(double)logits[row])), 1e-12);
        cells[2] = fw_text_of(row % 2 == 0 ? "" : "large");
        ck_assert_double_eq(fw_row_score(scorer, cells), 0.5);
    }
    fw_row_scorer_destroy(scorer);
    fw_bundle_clear(&bundle);
    fw_table_destroy(table);
}
END_TEST

START_TEST(test_model_file_of_an_older_version_is_refused)
{
    struct fw_bundle bundle;
    struct fw_bundle loaded;
    struct fw_error error = {0};
    struct fw_table *table = make_bundle(&bundle);
    char path[] = "/tmp/fieldwise-model-XXXXXX";
    char *data = NULL;
    size_t size = 0;
    const uint32_t older = FW_MODEL_FILE_VERSION - 1;
    close(mkstemp(path));
    ck_ok(fw_model_file_save(&bundle, path, NULL, NULL, NULL, err));
    ck_ok(fw_file_read(&data, &size, path, FW_GIB, NULL, err));
    memcpy(data + 8, &older, sizeof older);
    uint64_t checksum = fw_hash_bytes(data, size - 8, older);
    memcpy(data + size - 8, &checksum, sizeof checksum);
    ck_assert_int_eq(fw_model_file_parse(&loaded, data, size, "the model", 1, NULL, &error), FW_E_CORRUPT);
    ck_holds(error.message, "version 1; this program reads version 2");
    fw_free(NULL, data);
    unlink(path);
    fw_bundle_clear(&bundle);
    fw_table_destroy(table);
}
END_TEST

START_TEST(test_model_file_sees_every_flipped_and_missing_byte)
{
    struct fw_bundle bundle;
    struct fw_table *table = make_bundle(&bundle);
    char path[] = "/tmp/fieldwise-model-XXXXXX";
    char *data = NULL;
    size_t size = 0;
    close(mkstemp(path));
    ck_ok(fw_model_file_save(&bundle, path, NULL, NULL, NULL, err));
    ck_ok(fw_file_read(&data, &size, path, FW_GIB, NULL, err));
    for (size_t i = 0; i < size; i++) {
        struct fw_bundle loaded;
        struct fw_error error = {0};
        data[i] = (char)(data[i] ^ (1 << (i % 8)));
        ck_assert_int_eq(fw_model_file_parse(&loaded, data, size, "the model", 1, NULL, &error), FW_E_CORRUPT);
        data[i] = (char)(data[i] ^ (1 << (i % 8)));
        ck_assert_int_eq(fw_model_file_parse(&loaded, data, i, "the model", 1, NULL, &error), FW_E_CORRUPT);
    }
    fw_free(NULL, data);
    unlink(path);
    fw_bundle_clear(&bundle);
    fw_table_destroy(table);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("model file");
    TCase *cases = tcase_create("model file");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_model_file_scores_as_the_model_did);
    tcase_add_test(cases, test_model_file_networks_score_from_scaled_numbers);
    tcase_add_test(cases, test_model_file_of_an_older_version_is_refused);
    tcase_add_test(cases, test_model_file_sees_every_flipped_and_missing_byte);
    suite_add_tcase(suite, cases);
    return suite;
}
