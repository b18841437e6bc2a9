#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/hash.h"
#include "models/file/scorer.h"
#include "models/registry.h"
#include "support/bundles.h"
#include "support/schemas.h"
#include "support/test_main.h"

/* Every model: the loaded file scores tables as the model did, to the bit, and raw rows one by one as near as products
 * of matrices of other heights are. */
START_TEST(test_model_file_scores_as_the_model_did)
{
    const struct fw_model_vtable *model = fw_model_list()[_i];
    struct fw_bundle bundle;
    struct fw_bundle loaded;
    if (model->labels != FW_LABELS_ONE || model->reads_position)
        return;
    const char *settings = model->build == NULL ? "optimiser=newton" : "batch=50,rate=0.01,linear=learned,init=0.1";
    struct fw_table *table = bundle_make_with(&bundle, model->name, settings, NULL);
    float before[400];
    float after[400];
    char path[] = "/tmp/fieldwise-model-XXXXXX";
    close(mkstemp(path));
    bundle_score(before, &bundle, table);
    ck_ok(fw_model_file_save(&bundle, path, NULL, NULL, NULL, err));
    ck_ok(fw_model_file_load(&loaded, path, 1, NULL, err));
    bundle_score(after, &loaded, table);
    ck_assert(memcmp(before, after, sizeof before) == 0);
    ck_assert(before[0] != before[1]);
    struct fw_row_scorer *scorer = NULL;
    ck_ok(fw_row_scorer_create(&scorer, &loaded, NULL, err));
    for (int64_t row = 0; row < table->n_rows; row++) {
        char scratch[4][32];
        struct fw_text cells[4];
        for (int64_t c = 0; c < 4; c++)
            cells[c] = fw_table_text(table, c, row, scratch[c]);
        double p = fw_row_score(scorer, cells);
        ck_assert_double_eq_tol(p, 1 / (1 + exp(-(double)before[row])), model->build == NULL ? 1e-9 : 1e-5);
    }
    fw_row_scorer_destroy(scorer);
    unlink(path);
    fw_bundle_clear(&loaded);
    fw_bundle_clear(&bundle);
    fw_table_destroy(table);
}
END_TEST

/* Settings of scoring change what a trained model says; those of training, and unknown ones, leave it as it is. */
START_TEST(test_model_file_settings_of_scoring_may_be_changed)
{
    static const char *const ucb[] = {"sampling=ucb", "bound=2"};
    static const char *const draws[] = {"sampling=ts,draw=1", "draw=2", "draw=1", "sampling=mean"};
    static const char *const refused[] = {"units=8", "bound=-1", "sampling=best", "bond=1", "sampling"};
    struct fw_bundle bundle;
    struct fw_table *table = bundle_make_with(&bundle, "fpenn", "batch=50,rate=0.01,linear=learned,init=0.1", NULL);
    float mean[400];
    float scores[5][400];
    bundle_score(mean, &bundle, table);
    ck_ok(fw_bundle_set(&bundle, ucb, 2, err));
    bundle_score(scores[4], &bundle, table);
    ck_assert_mem_ne(mean, scores[4], sizeof mean);
    for (int i = 0; i < 4; i++) {
        ck_ok(fw_bundle_set(&bundle, &draws[i], 1, err));
        bundle_score(scores[i], &bundle, table);
    }
    ck_assert_mem_ne(scores[0], scores[1], sizeof mean);
    ck_assert_mem_eq(scores[0], scores[2], sizeof mean);
    ck_assert_mem_eq(scores[3], mean, sizeof mean);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        ck_assert_int_eq(fw_bundle_set(&bundle, &refused[i], 1, NULL), FW_E_ARG);
    bundle_score(scores[0], &bundle, table);
    ck_assert_mem_eq(scores[0], mean, sizeof mean);
    fw_bundle_clear(&bundle);
    fw_table_destroy(table);
}
END_TEST

/* ---- sizes ---- */

static const char sized[] = "dim=5,batch=50,rate=0.01,linear=learned,init=0.1";

static bool takes_sizes(const struct fw_model_vtable *model)
{
    return model->build != NULL && model->labels == FW_LABELS_ONE && !model->reads_position &&
           strcmp(model->name, "ffm") != 0 && strcmp(model->name, "fpenn") != 0;
}

/* Loaded, and made anew for other settings of scoring, a model has the sizes of its plan. */
START_TEST(test_model_file_keeps_sized_embeddings)
{
    static const char *const same[] = {"dim=5"};
    const struct fw_model_vtable *model = fw_model_list()[_i];
    for (int32_t first = 0; takes_sizes(model) && first < 4; first++) {
        struct fw_bundle bundle;
        struct fw_bundle loaded;
        float before[400];
        float after[400];
        struct fw_table *table = bundle_make_sized(&bundle, model->name, sized, 5, first, NULL);
        char path[] = "/tmp/fieldwise-model-XXXXXX";
        close(mkstemp(path));
        bundle_score(before, &bundle, table);
        ck_ok(fw_model_file_save(&bundle, path, NULL, NULL, NULL, err));
        ck_ok(fw_model_file_load(&loaded, path, 1, NULL, err));
        ck_assert_int_eq((int64_t)loaded.model->footprint.embeddings, fw_embedding_sizes_bytes(bundle.plan->sizes));
        ck_assert_int_eq(loaded.plan->sizing.memory, 4096);
        bundle_score(after, &loaded, table);
        ck_assert_mem_eq(before, after, sizeof before);
        ck_ok(fw_bundle_set(&loaded, same, 1, err));
        bundle_score(after, &loaded, table);
        ck_assert_mem_eq(before, after, sizeof before);
        ck_assert(before[0] != before[1]);
        unlink(path);
        fw_bundle_clear(&loaded);
        fw_bundle_clear(&bundle);
        fw_table_destroy(table);
    }
}
END_TEST

/* Logistic regression has no embeddings: it goes through the file with a plan that has sizes all the same. */
START_TEST(test_model_file_without_embeddings_does_not_mind_sizes)
{
    struct fw_bundle bundle;
    struct fw_bundle loaded;
    float before[400];
    float after[400];
    struct fw_table *table = bundle_make_sized(&bundle, "lr", "optimiser=newton", 5, 0, NULL);
    char path[] = "/tmp/fieldwise-model-XXXXXX";
    close(mkstemp(path));
    bundle_score(before, &bundle, table);
    ck_ok(fw_model_file_save(&bundle, path, NULL, NULL, NULL, err));
    ck_ok(fw_model_file_load(&loaded, path, 1, NULL, err));
    ck_assert_uint_eq(loaded.model->footprint.embeddings, 0);
    bundle_score(after, &loaded, table);
    ck_assert_mem_eq(before, after, sizeof before);
    unlink(path);
    fw_bundle_clear(&loaded);
    fw_bundle_clear(&bundle);
    fw_table_destroy(table);
}
END_TEST

/* The bytes of a model file whose plan has `with` in the place of the first `what` behind `after`, whole in all its
 * checksums; the caller frees them. */
static char *edit_plan(size_t *size_out, const char *data, size_t size, const char *after, const char *what,
                       const char *with)
{
    enum { head = 16, checksum_bytes = 8 };
    uint64_t length;
    memcpy(&length, data + head, sizeof length);
    char *plan = strndup(data + head + sizeof length, length);
    char *at = strstr(plan, after);
    ck_assert_msg(at != NULL && (at = strstr(at, what)) != NULL, "the plan has no '%s'", what);
    memcpy(strstr(plan, "checksum"), "withdrew", strlen("checksum")); /* as someone does who edits on purpose */
    size_t cut = (size_t)(at - plan);
    size_t rest = head + sizeof length + length; /* where the records behind the plan begin */
    uint64_t grown = length - strlen(what) + strlen(with);
    char *edited = malloc(size + strlen(with));
    char *end = edited;
    memcpy(end, data, head);
    memcpy(end + head, &grown, sizeof grown);
    end += head + sizeof grown;
    memcpy(end, plan, cut);
    end += cut;
    memcpy(end, with, strlen(with));
    end += strlen(with);
    memcpy(end, plan + cut + strlen(what), length - cut - strlen(what));
    end += length - cut - strlen(what);
    memcpy(end, data + rest, size - rest - checksum_bytes);
    end += size - rest - checksum_bytes;
    uint64_t checksum = fw_hash_bytes(edited, (size_t)(end - edited), FW_MODEL_FILE_VERSION);
    memcpy(end, &checksum, sizeof checksum);
    *size_out = (size_t)(end - edited) + checksum_bytes;
    free(plan);
    return edited;
}

/* What a plan could say of embeddings that are not those of the model behind it. */
START_TEST(test_model_file_with_other_sizes_is_damaged)
{
    static const struct {
        const char *what, *with;
    } damages[] = {
        {"embeddings", "embedding"},
        {"embeddings\":\t{", "embeddings\":\t[], \"x\": {"},
        {"\"dim\":\t5", "\"dim\":\t6"},
        {"\"dim\":\t5", "\"dim\":\t-5"},
        {"\"dim\":\t5", "\"dim\":\t\"five\""},
        {"\"input\":\t\"colour\"", "\"input\":\t\"color\""},
        {"\"input\"", "\"inputs\""},
        {"\"ids\":\t4", "\"ids\":\t3"},
        {"\"ids\":\t4", "\"ids\":\t0"},
        {"\"ids\":\t4", "\"ids\":\t4.5"},
        {"\"width\":\t4", "\"width\":\t3"},
        {"\"width\":\t4", "\"width\":\t6"},
        {"\"width\":\t4", "\"width\":\tnull"},
        {"\"strips\":\t[{", "\"strips\":\t[], \"x\": [{"},
        {"\"strips\"", "\"stripes\""},
        {"\"projected\":\tfalse", "\"projected\":\ttrue"},
        {"\"projected\":\tfalse", "\"projected\":\t0"},
    };
    struct fw_bundle bundle;
    struct fw_bundle loaded;
    struct fw_table *table = bundle_make_sized(&bundle, "deepfm", sized, 5, 0, NULL);
    char path[] = "/tmp/fieldwise-model-XXXXXX";
    char *data = NULL;
    size_t size = 0;
    close(mkstemp(path));
    ck_ok(fw_model_file_save(&bundle, path, NULL, NULL, NULL, err));
    ck_ok(fw_file_read(&data, &size, path, FW_GIB, NULL, err));
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct fw_error error = {0};
        size_t edited_size;
        char *edited = edit_plan(&edited_size, data, size, "embeddings", damages[i].what, damages[i].with);
        enum fw_status status = fw_model_file_parse(&loaded, edited, edited_size, "the model", 1, NULL, &error);
        ck_assert_msg(status == FW_E_CORRUPT, "'%s' instead of '%s' gives %d: %s", damages[i].with, damages[i].what,
                      (int)status, error.message);
        ck_holds(error.message, "the model");
        free(edited);
    }
    char *edited = edit_plan(&size, data, size, "embeddings", "\"memory\":\t4096", "\"memory\":\t1");
    ck_ok(fw_model_file_parse(&loaded, edited, size, "the model", 1, NULL, err)); /* the edit as such does no harm */
    free(edited);
    fw_bundle_clear(&loaded);
    fw_free(NULL, data);
    unlink(path);
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
    struct fw_table *table = bundle_make(&bundle, NULL);
    struct fw_model_vtable network = *bundle.model->vtable;
    struct fw_row_scorer *scorer = NULL;
    float logits[400];
    network.build = build_nothing;
    network.predict = predict_values;
    bundle.model->vtable = &network;
    ck_assert_int_eq(bundle.encoder->n_values, 1);
    bundle_score(logits, &bundle, table);
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
    struct fw_table *table = bundle_make(&bundle, NULL);
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
    struct fw_table *table = bundle_make(&bundle, NULL);
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
    int n_models = 0;
    while (fw_model_list()[n_models] != NULL)
        n_models++;
    Suite *suite = suite_create("model file");
    TCase *cases = tcase_create("model file");
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, test_model_file_scores_as_the_model_did, 0, n_models);
    tcase_add_loop_test(cases, test_model_file_keeps_sized_embeddings, 0, n_models);
    tcase_add_test(cases, test_model_file_without_embeddings_does_not_mind_sizes);
    tcase_add_test(cases, test_model_file_with_other_sizes_is_damaged);
    tcase_add_test(cases, test_model_file_networks_score_from_scaled_numbers);
    tcase_add_test(cases, test_model_file_settings_of_scoring_may_be_changed);
    tcase_add_test(cases, test_model_file_of_an_older_version_is_refused);
    tcase_add_test(cases, test_model_file_sees_every_flipped_and_missing_byte);
    suite_add_tcase(suite, cases);
    return suite;
}
