#include <math.h>
#include <string.h>

#include "core/text.h"
#include "space/dataset_build.h"
#include "space/encoder.h"
#include "support/schemas.h"
#include "support/test_main.h"

/* Ten rows; the first seven train, and the last three are judged: were they counted, cooks would outnumber smiths. */
static const char small_text[] = "y,job,age,tags\n"
                                 "1,cook,10,a|b\n"
                                 "0,smith,20,b\n"
                                 "1,smith,30,b|c\n"
                                 "0,smith,40,\n"
                                 "1,cook,,b| a\n"
                                 "0,,10,c|z\n"
                                 "0,baker,50,b\n"
                                 "1,cook,20,a\n"
                                 "0,cook,25,d\n"
                                 "1,pilot,99,b|b|q|a\n";
static const int32_t small_folds[] = {1, 1, 1, 1, 1, 1, 1, 0, 0, 0};
enum { small_rows = 10, small_fields = 7 };

struct setting {
    struct fw_table *table;
    struct fw_schema *schema;
    struct fw_encoder_options options;
};

static struct setting setting_of(const char *text, const char *weight)
{
    struct setting setting = {.table = table_of(text, NULL)};
    struct fw_schema_options options;
    fw_schema_options_init(&options);
    options.labels = NAMES("y");
    options.weight = weight;
    setting.schema = schema_of(setting.table, &options);
    fw_encoder_options_init(&setting.options);
    setting.options.bins[0] = 2;
    setting.options.bins[1] = 3;
    return setting;
}

static void setting_clear(struct setting *setting)
{
    fw_schema_destroy(setting->schema);
    fw_table_destroy(setting->table);
}

static struct fw_encoder *learn(const struct setting *setting, const int32_t *folds, int threads)
{
    struct fw_encoder *encoder = NULL;
    ck_ok(fw_encoder_learn(&encoder, setting->table, NULL, setting->schema, folds, 1, &setting->options, threads, NULL,
                           err));
    return encoder;
}

static struct fw_dataset *build(const struct setting *setting, const struct fw_encoder *encoder, const int32_t *folds,
                                int32_t n_folds, int32_t n_judged, int threads)
{
    struct fw_dataset_source source = {.table = setting->table, .folds = folds};
    struct fw_dataset *dataset = NULL;
    ck_ok(fw_dataset_build(&dataset, encoder, setting->schema, &source, 1, n_folds, n_judged, 5, true, threads, NULL,
                           err));
    return dataset;
}

static void encode_row_with_values(uint32_t *ids, float *values, const struct fw_encoder *encoder,
                                   const struct fw_table *table, int64_t row)
{
    char scratch[16][32];
    struct fw_text cells[16];
    ck_assert_int_le(table->n_columns, 16);
    for (int64_t c = 0; c < table->n_columns; c++)
        cells[c] = fw_table_text(table, c, row, scratch[c]);
    fw_encoder_encode_row(encoder, cells, ids, values);
}

static void encode_row(uint32_t *ids, const struct fw_encoder *encoder, const struct fw_table *table, int64_t row)
{
    encode_row_with_values(ids, NULL, encoder, table, row);
}

/* Ids of every row by the encoder, by hand. */
static const uint32_t small_ids[small_rows][small_fields] = {
    /* job, age@2, age@3, tags~length, ~b, ~a, ~c */
    {3, 2, 2, 4, 3, 3, 2}, {2, 2, 3, 3, 3, 2, 2}, {2, 3, 3, 4, 3, 2, 3}, {2, 3, 4, 1, 1, 1, 1}, {3, 1, 1, 4, 3, 3, 2},
    {1, 2, 2, 4, 2, 2, 3}, {0, 3, 4, 3, 3, 2, 2}, {3, 2, 3, 3, 2, 3, 2}, {3, 2, 3, 3, 2, 2, 2}, {0, 3, 4, 6, 3, 3, 2},
};

START_TEST(test_encoder_ids_are_those_worked_by_hand)
{
    const char *const names[] = {"job", "age@2", "age@3", "tags~length", "tags~b", "tags~a", "tags~c"};
    const int64_t n_ids[] = {4, 4, 5, 23, 4, 4, 4};
    const int64_t columns[] = {1, 2, 2, 3, 3, 3, 3};
    struct setting setting = setting_of(small_text, NULL);
    struct fw_encoder *encoder = learn(&setting, small_folds, 1);
    ck_assert_int_eq(encoder->n_fields, small_fields);
    for (int32_t f = 0; f < small_fields; f++) {
        ck_assert_str_eq(encoder->fields[f].name, names[f]);
        ck_assert_int_eq(encoder->fields[f].n_ids, n_ids[f]);
        ck_assert_int_eq(encoder->fields[f].column, columns[f]);
        ck_assert_int_eq(fw_encoder_find_field(encoder, names[f]), f);
    }
    ck_assert_int_eq(fw_encoder_find_field(encoder, "age"), -1);
    for (int64_t row = 0; row < small_rows; row++) {
        uint32_t ids[small_fields];
        encode_row(ids, encoder, setting.table, row);
        for (int32_t f = 0; f < small_fields; f++)
            ck_assert_msg(ids[f] == small_ids[row][f], "row %d, %s: %u", (int)row, names[f], ids[f]);
    }
    fw_encoder_destroy(encoder);
    setting_clear(&setting);
}
END_TEST

START_TEST(test_encoder_numbers_that_cannot_be_read_are_missing)
{
    struct setting setting = setting_of(small_text, NULL);
    struct fw_encoder *encoder = learn(&setting, small_folds, 1);
    const char *const bad[] = {"old", "", "nan", "1e999", "0x10"};
    for (int i = 0; i < 5; i++) {
        struct fw_text cells[] = {fw_text_of(""), fw_text_of("smith"), fw_text_of(bad[i]), fw_text_of("||")};
        uint32_t ids[small_fields];
        float value = 99;
        fw_encoder_encode_row(encoder, cells, ids, &value);
        ck_assert_float_eq(value, 0);
        ck_assert_uint_eq(ids[0], 2);
        ck_assert_uint_eq(ids[1], FW_ID_MISSING);
        ck_assert_uint_eq(ids[2], FW_ID_MISSING);
        ck_assert_uint_eq(ids[3], FW_ID_FIRST); /* no items: length 0, which is not missing */
        ck_assert_uint_eq(ids[4], FW_ID_FIRST);
    }
    fw_encoder_destroy(encoder);
    setting_clear(&setting);
}
END_TEST

START_TEST(test_encoder_limits_its_vocabularies)
{
    struct setting setting = setting_of(small_text, NULL);
    setting.options.min_count = 1;
    setting.options.max_ids = 2;
    setting.options.sequence_items = 2;
    struct fw_encoder *encoder = learn(&setting, small_folds, 1);
    uint32_t ids[16];
    ck_assert_int_eq(encoder->fields[0].n_ids, FW_ID_FIRST + 2);
    ck_assert_int_eq(encoder->n_fields, small_fields - 1);
    ck_assert_str_eq(encoder->fields[5].name, "tags~a");
    encode_row(ids, encoder, setting.table, 6); /* the baker, third by frequency */
    ck_assert_uint_eq(ids[0], FW_ID_UNKNOWN);
    fw_encoder_destroy(encoder);
    setting.options.max_ids = 0;
    setting.options.sequence_items = 32;
    encoder = learn(&setting, small_folds, 1);
    ck_assert_int_eq(encoder->fields[0].n_ids, FW_ID_FIRST + 3);
    ck_assert_int_eq(fw_encoder_find_field(encoder, "tags~z"), small_fields);
    ck_assert_int_eq(fw_encoder_find_field(encoder, "tags~d"), -1); /* seen on a judged row only */
    encode_row(ids, encoder, setting.table, 6);
    ck_assert_uint_eq(ids[0], FW_ID_FIRST + 2);
    fw_encoder_destroy(encoder);
    setting_clear(&setting);
}
END_TEST

/* Training ages 10, 20, 30, 40, 10, 50: mean 80/3, variance 2000/9, skewness 0.28. */
START_TEST(test_encoder_scales_numbers_by_the_training_rows)
{
    const double ages[small_rows] = {10, 20, 30, 40, NAN, 10, 50, 20, 25, 99};
    struct setting setting = setting_of(small_text, NULL);
    struct fw_encoder *encoder = learn(&setting, small_folds, 1);
    ck_assert_int_eq(encoder->n_values, 1);
    ck_assert(!encoder->columns[1].scaling.logarithmic);
    for (int64_t row = 0; row < small_rows; row++) {
        uint32_t ids[small_fields];
        float guarded[3] = {77, 77, 77};
        float expected = isnan(ages[row]) ? 0 : (float)((ages[row] - 80.0 / 3) / sqrt(2000.0 / 9));
        encode_row_with_values(ids, guarded + 1, encoder, setting.table, row);
        ck_assert_float_eq_tol(guarded[1], expected, 1e-6f);
        ck_assert_float_eq(guarded[0], 77);
        ck_assert_float_eq(guarded[2], 77);
        ck_assert_mem_eq(ids, small_ids[row], sizeof ids);
    }
    fw_encoder_destroy(encoder);
    setting_clear(&setting);
}
END_TEST

START_TEST(test_encoder_describes_kinds_columns_and_values)
{
    static const enum fw_field_kind kinds[] = {FW_FIELD_CATEGORY, FW_FIELD_BINS, FW_FIELD_BINS, FW_FIELD_ITEM,
                                               FW_FIELD_ITEM,     FW_FIELD_ITEM, FW_FIELD_ITEM, FW_FIELD_CROSS};
    static const int64_t columns[] = {1, 2, 2, 3, 3, 3, 3, -1};
    struct setting setting = setting_of(small_text, NULL);
    struct fw_encoder *encoder = learn(&setting, small_folds, 1);
    struct fw_dataset *datasets[3];
    struct fw_cross cross = {2, {0, 2}};
    struct fw_cross_options options;
    fw_cross_options_init(&options);
    datasets[0] = build(&setting, encoder, small_folds, 2, 1, 1);
    ck_ok(fw_encoder_add_cross(encoder, datasets[0], &cross, &options, err));
    datasets[1] = build(&setting, encoder, small_folds, 2, 1, 1);
    ck_ok(fw_encoder_describe(&datasets[2], encoder, 2, NULL, err));
    for (int k = 0; k < 3; k++) {
        ck_assert_int_eq(datasets[k]->n_fields, small_fields + 1);
        for (int32_t f = 0; f <= small_fields; f++) {
            ck_assert_int_eq(datasets[k]->fields[f].kind, kinds[f]);
            ck_assert_int_eq(datasets[k]->fields[f].column, columns[f]);
        }
        ck_assert_int_eq(datasets[k]->n_values, k == 2); /* only a description has them unasked */
    }
    ck_assert_str_eq(datasets[2]->values[0].name, "age");
    ck_assert_int_eq(datasets[2]->values[0].column, 2);
    ck_assert_float_eq(datasets[2]->values[0].values[0], 0);
    ck_assert_float_eq(datasets[2]->values[0].values[1], 0);
    for (int k = 0; k < 3; k++)
        fw_dataset_destroy(datasets[k]);
    fw_encoder_destroy(encoder);
    setting_clear(&setting);
}
END_TEST

START_TEST(test_encoder_takes_frozen_bins_over)
{
    double halves[] = {15};
    double thirds[] = {12, 45};
    struct setting setting = setting_of(small_text, NULL);
    struct fw_frozen_binning frozen = {"age", 2, {2, 3}, {halves, thirds}, {1, 2}};
    struct fw_encoder *learned = learn(&setting, small_folds, 1);
    setting.options.frozen = &frozen;
    setting.options.n_frozen = 1;
    struct fw_encoder *encoder = learn(&setting, small_folds, 1);
    /* bins are the plan's, scalings are of the rows at hand */
    ck_assert_int_eq(encoder->n_values, 1);
    ck_assert_double_eq(encoder->columns[1].scaling.mean, learned->columns[1].scaling.mean);
    ck_assert_double_eq(encoder->columns[1].scaling.scale, learned->columns[1].scaling.scale);
    ck_assert(encoder->columns[1].scaling.scale > 0);
    fw_encoder_destroy(learned);
    const uint32_t expected[][2] = {{2, 2}, {3, 3}, {3, 3}, {3, 3}, {1, 1}, {2, 2}, {3, 4}};
    for (int64_t row = 0; row < 7; row++) {
        uint32_t ids[small_fields];
        encode_row(ids, encoder, setting.table, row);
        ck_assert_uint_eq(ids[1], expected[row][0]);
        ck_assert_uint_eq(ids[2], expected[row][1]);
    }
    fw_encoder_destroy(encoder);
    setting_clear(&setting);
}
END_TEST

START_TEST(test_encoder_keeps_fields_of_encoder_and_data_alike)
{
    const bool keep[small_fields] = {true, false, true, true, true, true, true};
    struct setting setting = setting_of(small_text, NULL);
    struct fw_encoder *encoder = learn(&setting, small_folds, 1);
    struct fw_dataset *dataset = build(&setting, encoder, small_folds, 2, 1, 1);
    fw_encoder_keep_fields(encoder, dataset, keep);
    ck_assert_int_eq(encoder->n_fields, small_fields - 1);
    ck_assert_int_eq(dataset->n_fields, small_fields - 1);
    ck_assert_int_eq(fw_encoder_find_field(encoder, "age@2"), -1);
    for (int64_t i = 0; i < dataset->n_rows; i++) {
        uint32_t ids[small_fields];
        encode_row(ids, encoder, setting.table, dataset->source_row[i]);
        for (int32_t f = 0; f < dataset->n_fields; f++) {
            ck_assert_str_eq(dataset->fields[f].name, encoder->fields[f].name);
            ck_assert_uint_eq(ids[f], fw_field_id(&dataset->fields[f], i));
            ck_assert_uint_eq(ids[f], small_ids[dataset->source_row[i]][f + (f > 0)]);
        }
    }
    fw_dataset_destroy(dataset);
    fw_encoder_destroy(encoder);
    setting_clear(&setting);
}
END_TEST

static void add_cross(struct fw_encoder *encoder, struct fw_dataset *dataset, int32_t a, int32_t b)
{
    struct fw_cross cross = {2, {a, b}};
    struct fw_cross_options options;
    fw_cross_options_init(&options);
    options.min_count = 1;
    ck_ok(fw_encoder_add_cross(encoder, dataset, &cross, &options, err));
}

/* The encoder of the small table with two crosses, as the bytes of a model file. */
static struct fw_buffer small_bytes(const struct setting *setting)
{
    struct fw_buffer buffer;
    struct fw_encoder *encoder = learn(setting, small_folds, 1);
    struct fw_dataset *dataset = build(setting, encoder, small_folds, 2, 1, 1);
    add_cross(encoder, dataset, 0, 2);
    add_cross(encoder, dataset, 1, 4);
    fw_buffer_init(&buffer, NULL);
    fw_encoder_write(encoder, &buffer);
    fw_dataset_destroy(dataset);
    fw_encoder_destroy(encoder);
    return buffer;
}

static enum fw_status read_back(struct fw_encoder **out, const struct fw_buffer *bytes, int64_t size,
                                struct fw_allocator *mem)
{
    struct fw_error err = {0};
    struct fw_bytes_reader reader = {(const unsigned char *)bytes->data, (size_t)size, 0, "an encoder"};
    return fw_encoder_read(out, &reader, mem, &err);
}

START_TEST(test_encoder_survives_writing)
{
    struct setting setting = setting_of(small_text, NULL);
    struct fw_buffer bytes = small_bytes(&setting);
    struct fw_buffer again;
    struct fw_encoder *back = NULL;
    ck_assert_int_eq(read_back(&back, &bytes, bytes.length, NULL), FW_OK);
    fw_buffer_init(&again, NULL);
    fw_encoder_write(back, &again);
    ck_assert_int_eq(again.length, bytes.length);
    ck_assert_mem_eq(again.data, bytes.data, (size_t)bytes.length);
    ck_assert_int_eq(back->n_crosses, 2);
    for (int64_t row = 0; row < small_rows; row++) {
        uint32_t ids[small_fields + 2];
        encode_row(ids, back, setting.table, row);
        ck_assert_mem_eq(ids, small_ids[row], small_fields * sizeof *ids);
        /* no cook of the middle age trained; the pilot shares the baker's combination */
        ck_assert_int_eq(ids[small_fields] != FW_ID_UNKNOWN, row < 7 || row == 9);
    }
    fw_encoder_destroy(back);
    fw_buffer_clear(&again);
    fw_buffer_clear(&bytes);
    setting_clear(&setting);
}
END_TEST

START_TEST(test_encoder_cut_short_is_corrupt)
{
    struct setting setting = setting_of(small_text, NULL);
    struct fw_buffer bytes = small_bytes(&setting);
    for (int64_t size = 0; size < bytes.length; size++) {
        struct fw_encoder *back = NULL;
        ck_assert_int_eq(read_back(&back, &bytes, size, NULL), FW_E_CORRUPT);
        ck_assert_ptr_null(back);
    }
    fw_buffer_clear(&bytes);
    setting_clear(&setting);
}
END_TEST

START_TEST(test_encoder_flipped_bits_are_seen_or_safe_to_use)
{
    struct setting setting = setting_of(small_text, NULL);
    struct fw_buffer bytes = small_bytes(&setting);
    int64_t seen = 0;
    for (int64_t bit = 0; bit < bytes.length * 8; bit++) {
        struct fw_encoder *back = NULL;
        bytes.data[bit / 8] = (char)(bytes.data[bit / 8] ^ (1 << (bit % 8)));
        enum fw_status status = read_back(&back, &bytes, bytes.length, NULL);
        bytes.data[bit / 8] = (char)(bytes.data[bit / 8] ^ (1 << (bit % 8)));
        if (status != FW_OK) {
            ck_assert_msg(status == FW_E_CORRUPT, "bit %d: %d", (int)bit, status);
            seen++;
            continue;
        }
        ck_assert_int_le(back->n_fields + back->n_crosses, 64);
        for (int64_t row = 0; back->n_columns == setting.table->n_columns && row < small_rows; row++) {
            uint32_t ids[64];
            float values[small_fields];
            encode_row_with_values(ids, values, back, setting.table, row);
            for (int32_t v = 0; v < back->n_values; v++)
                ck_assert(fabsf(values[v]) <= 8);
            for (int32_t f = 0; f < back->n_fields; f++)
                ck_assert_int_lt(ids[f], back->fields[f].n_ids);
            for (int32_t x = 0; x < back->n_crosses; x++)
                ck_assert_int_lt(ids[back->n_fields + x], fw_cross_map_size(back->crosses[x]));
        }
        fw_encoder_destroy(back);
    }
    ck_assert_int_gt(seen, bytes.length * 2);
    fw_buffer_clear(&bytes);
    setting_clear(&setting);
}
END_TEST

/* Learns, builds, crosses, writes and reads back, all from one allocator. */
static enum fw_status whole_way(const struct setting *setting, struct fw_allocator *mem)
{
    struct fw_error err = {0};
    struct fw_encoder *encoder = NULL;
    struct fw_encoder *back = NULL;
    struct fw_dataset *dataset = NULL;
    struct fw_dataset *blank = NULL;
    struct fw_buffer bytes;
    struct fw_dataset_source source = {.table = setting->table, .folds = small_folds};
    struct fw_cross cross = {2, {0, 3}};
    struct fw_cross_options cross_options;
    enum fw_status status = FW_OK;
    fw_cross_options_init(&cross_options);
    fw_buffer_init(&bytes, mem);
    FW_TRY_GOTO(fw_encoder_learn(&encoder, setting->table, NULL, setting->schema, small_folds, 1, &setting->options, 1,
                                 mem, &err),
                done);
    FW_TRY_GOTO(fw_dataset_build(&dataset, encoder, setting->schema, &source, 1, 2, 1, 1, true, 1, mem, &err), done);
    FW_TRY_GOTO(fw_dataset_build_values(dataset, encoder, &source, 1, 1, &err), done);
    FW_TRY_GOTO(fw_encoder_add_cross(encoder, dataset, &cross, &cross_options, &err), done);
    FW_TRY_GOTO(fw_encoder_describe(&blank, encoder, 2, mem, &err), done);
    fw_encoder_write(encoder, &bytes);
    FW_TRY_GOTO(fw_buffer_check(&bytes, &err), done);
    struct fw_bytes_reader reader = {(const unsigned char *)bytes.data, (size_t)bytes.length, 0, "an encoder"};
    FW_TRY_GOTO(fw_encoder_read(&back, &reader, mem, &err), done);
done:
    ck_assert_int_eq(err.status, status);
    fw_dataset_destroy(blank);
    fw_dataset_destroy(dataset);
    fw_encoder_destroy(back);
    fw_encoder_destroy(encoder);
    fw_buffer_clear(&bytes);
    return status;
}

START_TEST(test_encoder_refused_allocations_are_reported_and_leak_nothing)
{
    struct setting setting = setting_of(small_text, NULL);
    enum fw_status status = FW_E_NOMEM;
    int64_t n = 0;
    while (status == FW_E_NOMEM) {
        struct fw_allocator mem;
        fw_allocator_init(&mem, 0);
        mem.fail_at = ++n;
        status = whole_way(&setting, &mem);
        ck_assert_uint_eq(mem.used, 0);
        ck_assert_int_lt(n, 10000);
    }
    ck_assert_int_eq(status, FW_OK);
    ck_assert_int_gt(n, 50);
    setting_clear(&setting);
}
END_TEST

START_TEST(test_encoder_needs_a_feature)
{
    struct fw_error err;
    struct fw_encoder *encoder = NULL;
    struct setting setting = setting_of("y,x\n1,a\n0,a\n1,a\n0,a\n", NULL);
    const int32_t folds[4] = {1, 1, 0, 0};
    ck_assert_int_eq(fw_encoder_learn(&encoder, setting.table, NULL, setting.schema, folds, 1, &setting.options, 1,
                                      NULL, &err),
                     FW_E_INPUT);
    ck_holds(err.message, "t.csv");
    setting_clear(&setting);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("encoder");
    TCase *cases = tcase_create("encoder");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_encoder_ids_are_those_worked_by_hand);
    tcase_add_test(cases, test_encoder_numbers_that_cannot_be_read_are_missing);
    tcase_add_test(cases, test_encoder_limits_its_vocabularies);
    tcase_add_test(cases, test_encoder_scales_numbers_by_the_training_rows);
    tcase_add_test(cases, test_encoder_describes_kinds_columns_and_values);
    tcase_add_test(cases, test_encoder_takes_frozen_bins_over);
    tcase_add_test(cases, test_encoder_keeps_fields_of_encoder_and_data_alike);
    tcase_add_test(cases, test_encoder_survives_writing);
    tcase_add_test(cases, test_encoder_cut_short_is_corrupt);
    tcase_add_test(cases, test_encoder_flipped_bits_are_seen_or_safe_to_use);
    tcase_add_test(cases, test_encoder_refused_allocations_are_reported_and_leak_nothing);
    tcase_add_test(cases, test_encoder_needs_a_feature);
    suite_add_tcase(suite, cases);
    return suite;
}
