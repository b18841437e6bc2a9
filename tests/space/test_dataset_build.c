#include <string.h>

#include "core/rng.h"
#include "core/text.h"
#include "space/dataset_build.h"
#include "space/encoder.h"
#include "space/split.h"
#include "support/schemas.h"
#include "support/test_main.h"

enum { n_rows = 600, n_columns = 7 };

/* Label, row weight, two categories, two numbers and a sequence, with a tenth of the cells missing. */
static struct fw_table *random_table(void)
{
    const char *const items[] = {"a", "b", "c", "d", "e", "f"};
    struct fw_buffer text;
    struct fw_rng rng;
    fw_rng_seed(&rng, 9, fw_stream(0, 0, FW_STREAM_TEST));
    fw_buffer_init(&text, NULL);
    fw_buffer_add_text(&text, "y,w,job,city,age,price,tags\n");
    for (int i = 0; i < n_rows; i++) {
        fw_buffer_addf(&text, "%d,%d.5,", (int)fw_rng_below(&rng, 2), i);
        fw_buffer_addf(&text, "%s,", i % 10 == 3 ? "" : items[fw_rng_below(&rng, 6)]);
        fw_buffer_addf(&text, "t%d,", (int)(fw_rng_uniform(&rng) * fw_rng_uniform(&rng) * 300));
        if (i % 10 != 5)
            fw_buffer_addf(&text, "%d", (int)fw_rng_below(&rng, 80));
        fw_buffer_add_text(&text, ",");
        if (i % 10 != 7)
            fw_buffer_addf(&text, "%.3f", fw_rng_normal(&rng));
        fw_buffer_add_text(&text, ",");
        for (uint64_t k = fw_rng_below(&rng, 4); k > 0; k--)
            fw_buffer_addf(&text, "%s%s", items[fw_rng_below(&rng, 6)], k > 1 ? "|" : "");
        fw_buffer_add_text(&text, "\n");
    }
    struct fw_table *table = table_of(text.data, NULL);
    fw_buffer_clear(&text);
    return table;
}

struct setting {
    struct fw_table *table;
    struct fw_schema *schema;
    int32_t folds[n_rows];
    int32_t n_folds, n_judged;
};

/* folds 0: a hold-out. */
static void setting_init(struct setting *setting, int32_t folds)
{
    struct fw_schema_options options;
    struct fw_split_options split;
    setting->table = random_table();
    fw_schema_options_init(&options);
    options.labels = NAMES("y");
    options.weight = "w";
    setting->schema = schema_of(setting->table, &options);
    fw_split_options_init(&split);
    split.folds = folds;
    ck_ok(fw_split_rows(setting->folds, &setting->n_folds, &setting->n_judged, setting->table, NULL, setting->schema,
                        &split, NULL, err));
}

static void setting_clear(struct setting *setting)
{
    fw_schema_destroy(setting->schema);
    fw_table_destroy(setting->table);
}

static struct fw_encoder *learn(const struct setting *setting, int threads)
{
    struct fw_encoder *encoder = NULL;
    struct fw_encoder_options options;
    int32_t first_train_fold = setting->n_judged < setting->n_folds ? setting->n_judged : 0;
    fw_encoder_options_init(&options);
    options.bins[0] = 4;
    options.bins[1] = 30;
    ck_ok(fw_encoder_learn(&encoder, setting->table, NULL, setting->schema, setting->folds, first_train_fold, &options,
                           threads, NULL, err));
    return encoder;
}

static struct fw_dataset *build(const struct setting *setting, const struct fw_encoder *encoder, uint64_t seed,
                                bool want_labels, int threads)
{
    struct fw_dataset_source source = {.table = setting->table, .folds = setting->folds};
    struct fw_dataset *dataset = NULL;
    ck_ok(fw_dataset_build(&dataset, encoder, setting->schema, &source, 1, setting->n_folds, setting->n_judged, seed,
                           want_labels, threads, NULL, err));
    ck_assert_int_eq(dataset->n_values, 0);
    ck_ok(fw_dataset_build_values(dataset, encoder, &source, 1, threads, err));
    return dataset;
}

static void add_cross(struct fw_encoder *encoder, struct fw_dataset *dataset, const char *a, const char *b)
{
    struct fw_cross x = {1, {fw_encoder_find_field(encoder, a)}};
    struct fw_cross y = {1, {fw_encoder_find_field(encoder, b)}};
    struct fw_cross cross = fw_cross_union(&x, &y);
    struct fw_cross_options options;
    ck_assert(x.fields[0] >= 0 && y.fields[0] >= 0);
    fw_cross_options_init(&options);
    ck_ok(fw_encoder_add_cross(encoder, dataset, &cross, &options, err));
}

static void encode_row(uint32_t *ids, float *values, const struct fw_encoder *encoder, const struct fw_table *table,
                       int64_t row)
{
    char scratch[n_columns][32];
    struct fw_text cells[n_columns];
    ck_assert_int_le(table->n_columns, n_columns);
    for (int64_t c = 0; c < table->n_columns; c++)
        cells[c] = fw_table_text(table, c, row, scratch[c]);
    fw_encoder_encode_row(encoder, cells, ids, values);
}

/* Every row of the data set against the encoder on the raw row. */
static void assert_rows_agree(const struct fw_dataset *dataset, const struct fw_encoder *encoder,
                              const struct fw_table *table, int64_t step)
{
    uint32_t ids[64];
    float values[n_columns];
    int32_t n_fields = encoder->n_fields + encoder->n_crosses;
    ck_assert_int_le(n_fields, 64);
    ck_assert_int_eq(dataset->n_fields, n_fields);
    for (int64_t i = 0; i < dataset->n_rows; i += step) {
        encode_row(ids, values, encoder, table, dataset->source_row[i]);
        for (int32_t v = 0; v < dataset->n_values; v++)
            ck_assert_float_eq(values[v], dataset->values[v].values[i]);
        for (int32_t f = 0; f < n_fields; f++) {
            ck_assert_int_lt(ids[f], dataset->fields[f].n_ids);
            if (ids[f] != fw_field_id(&dataset->fields[f], i))
                ck_abort_msg("row %d, field '%s': %u, not %u", (int)dataset->source_row[i], dataset->fields[f].name,
                             fw_field_id(&dataset->fields[f], i), ids[f]);
        }
    }
}

static void assert_datasets_equal(const struct fw_dataset *a, const struct fw_dataset *b)
{
    size_t n = (size_t)a->n_rows;
    ck_assert_int_eq(a->n_rows, b->n_rows);
    ck_assert_int_eq(a->n_fields, b->n_fields);
    ck_assert_mem_eq(a->source_row, b->source_row, n * sizeof *a->source_row);
    ck_assert_mem_eq(a->labels, b->labels, n * sizeof *a->labels);
    ck_assert_mem_eq(a->weights, b->weights, n * sizeof *a->weights);
    ck_assert_mem_eq(a->fold_start, b->fold_start, ((size_t)a->n_folds + 1) * sizeof *a->fold_start);
    for (int32_t f = 0; f < a->n_fields; f++) {
        ck_assert_str_eq(a->fields[f].name, b->fields[f].name);
        ck_assert_int_eq(a->fields[f].n_ids, b->fields[f].n_ids);
        ck_assert_int_eq(a->fields[f].width, b->fields[f].width);
        ck_assert_mem_eq(a->fields[f].ids, b->fields[f].ids, n * (size_t)a->fields[f].width);
    }
    ck_assert_int_eq(a->n_values, b->n_values);
    for (int32_t v = 0; v < a->n_values; v++) {
        ck_assert_str_eq(a->values[v].name, b->values[v].name);
        ck_assert_int_eq(a->values[v].column, b->values[v].column);
        ck_assert_mem_eq(a->values[v].values, b->values[v].values, n * sizeof(float));
    }
}

START_TEST(test_dataset_build_agrees_with_the_encoder_on_every_row)
{
    for (int32_t folds = 0; folds <= 3; folds += 3) {
        struct setting setting;
        setting_init(&setting, folds);
        struct fw_encoder *encoder = learn(&setting, 1);
        struct fw_dataset *dataset = build(&setting, encoder, 1, true, 1);
        add_cross(encoder, dataset, "job", "age@4");
        add_cross(encoder, dataset, "price@30", "city");
        assert_rows_agree(dataset, encoder, setting.table, 1);
        struct fw_dataset *again = build(&setting, encoder, 1, true, 1); /* crosses are applied, not learned */
        assert_datasets_equal(dataset, again);
        fw_dataset_destroy(again);
        fw_dataset_destroy(dataset);
        fw_encoder_destroy(encoder);
        setting_clear(&setting);
    }
}
END_TEST

START_TEST(test_dataset_build_scales_numbers_by_the_training_rows)
{
    struct setting setting;
    setting_init(&setting, 0);
    struct fw_encoder *encoder = learn(&setting, 1);
    struct fw_dataset *dataset = build(&setting, encoder, 1, true, 1);
    ck_assert_int_eq(encoder->n_values, 2);
    ck_assert_int_eq(dataset->n_values, 2);
    ck_assert_str_eq(dataset->values[0].name, "age");
    ck_assert_int_eq(dataset->values[0].column, 4);
    ck_assert_str_eq(dataset->values[1].name, "price");
    ck_assert_int_eq(dataset->values[1].column, 5);
    for (int32_t v = 0; v < 2; v++) {
        double sum = 0;
        double squares = 0;
        int64_t n = 0;
        for (int64_t i = 0; i < dataset->n_rows; i++) {
            double value = (double)dataset->values[v].values[i];
            bool missing = dataset->source_row[i] % 10 == (v == 0 ? 5 : 7);
            ck_assert(!missing || value == 0);
            if (i < fw_dataset_train_start(dataset) || missing)
                continue;
            sum += value;
            squares += value * value;
            n++;
        }
        ck_assert_double_eq_tol(sum / (double)n, 0, 1e-6);
        ck_assert_double_eq_tol(squares / (double)n, 1, 1e-6);
    }
    fw_dataset_destroy(dataset);
    fw_encoder_destroy(encoder);
    setting_clear(&setting);
}
END_TEST

START_TEST(test_dataset_build_categories_fall_in_frequency)
{
    struct setting setting;
    setting_init(&setting, 0);
    struct fw_encoder *encoder = learn(&setting, 1);
    struct fw_dataset *dataset = build(&setting, encoder, 1, true, 1);
    const char *const names[] = {"job", "city"};
    for (int k = 0; k < 2; k++) {
        const struct fw_field *field = &dataset->fields[fw_encoder_find_field(encoder, names[k])];
        int64_t rows[512] = {0};
        ck_assert_int_le(field->n_ids, 512);
        for (int64_t i = fw_dataset_train_start(dataset); i < dataset->n_rows; i++)
            rows[fw_field_id(field, i)]++;
        for (int64_t id = FW_ID_FIRST; id < field->n_ids; id++) {
            ck_assert_int_ge(rows[id], 2); /* min_count */
            ck_assert(id == FW_ID_FIRST || rows[id] <= rows[id - 1]);
        }
        ck_assert_int_eq(rows[FW_ID_UNKNOWN] > 0, k == 1); /* towns seen once */
        ck_assert_int_eq(rows[FW_ID_MISSING] > 0, k == 0);
    }
    fw_dataset_destroy(dataset);
    fw_encoder_destroy(encoder);
    setting_clear(&setting);
}
END_TEST

START_TEST(test_dataset_build_carries_labels_weights_and_folds)
{
    struct setting setting;
    setting_init(&setting, 4);
    struct fw_encoder *encoder = learn(&setting, 1);
    struct fw_dataset *dataset = build(&setting, encoder, 1, true, 1);
    bool met[n_rows] = {false};
    int64_t moved = 0;
    ck_assert_int_eq(dataset->n_rows, n_rows);
    ck_assert_int_eq(dataset->fold_start[0], 0);
    ck_assert_int_eq(dataset->fold_start[4], n_rows);
    for (int32_t fold = 0; fold < 4; fold++) {
        for (int64_t i = dataset->fold_start[fold]; i < dataset->fold_start[fold + 1]; i++) {
            int64_t row = dataset->source_row[i];
            ck_assert(row >= 0 && row < n_rows && !met[row]);
            met[row] = true;
            ck_assert_int_eq(setting.folds[row], fold);
            ck_assert_float_eq(dataset->labels[i], (float)(cell_of(setting.table, 0, row)[0] - '0'));
            ck_assert_float_eq(dataset->weights[i], (float)row + 0.5f);
            moved += i > dataset->fold_start[fold] && row < dataset->source_row[i - 1];
        }
    }
    ck_assert_int_gt(moved, n_rows / 4); /* a fold is in random order */
    fw_dataset_destroy(dataset);
    fw_encoder_destroy(encoder);
    setting_clear(&setting);
}
END_TEST

START_TEST(test_dataset_build_order_follows_its_seed)
{
    struct setting setting;
    setting_init(&setting, 3);
    struct fw_encoder *encoder = learn(&setting, 1);
    struct fw_dataset *a = build(&setting, encoder, 1, true, 1);
    struct fw_dataset *b = build(&setting, encoder, 1, true, 1);
    struct fw_dataset *c = build(&setting, encoder, 2, true, 1);
    assert_datasets_equal(a, b);
    ck_assert_mem_ne(a->source_row, c->source_row, n_rows * sizeof *a->source_row);
    fw_dataset_destroy(a);
    fw_dataset_destroy(b);
    fw_dataset_destroy(c);
    fw_encoder_destroy(encoder);
    setting_clear(&setting);
}
END_TEST

START_TEST(test_dataset_build_gives_equal_bytes_for_any_threads)
{
    const int threads[] = {1, 2, 3, 8};
    struct fw_buffer bytes[4];
    struct fw_dataset *datasets[4];
    struct setting setting;
    setting_init(&setting, 0);
    for (int t = 0; t < 4; t++) {
        struct fw_encoder *encoder = learn(&setting, threads[t]);
        datasets[t] = build(&setting, encoder, 1, true, threads[t]);
        add_cross(encoder, datasets[t], "job", "city");
        fw_buffer_init(&bytes[t], NULL);
        fw_encoder_write(encoder, &bytes[t]);
        fw_encoder_destroy(encoder);
        assert_datasets_equal(datasets[0], datasets[t]);
        ck_assert_int_eq(bytes[0].length, bytes[t].length);
        ck_assert_mem_eq(bytes[0].data, bytes[t].data, (size_t)bytes[t].length);
    }
    for (int t = 0; t < 4; t++) {
        fw_dataset_destroy(datasets[t]);
        fw_buffer_clear(&bytes[t]);
    }
    setting_clear(&setting);
}
END_TEST

START_TEST(test_dataset_build_of_a_read_encoder_gives_the_same_ids)
{
    struct setting setting;
    struct fw_buffer bytes;
    struct fw_encoder *back = NULL;
    setting_init(&setting, 0);
    struct fw_encoder *encoder = learn(&setting, 1);
    struct fw_dataset *dataset = build(&setting, encoder, 1, true, 1);
    add_cross(encoder, dataset, "job", "city");
    fw_buffer_init(&bytes, NULL);
    fw_encoder_write(encoder, &bytes);
    struct fw_bytes_reader reader = {(const unsigned char *)bytes.data, (size_t)bytes.length, 0, "an encoder"};
    ck_ok(fw_encoder_read(&back, &reader, NULL, err));
    ck_assert_uint_eq(reader.at, reader.size);
    struct fw_dataset *again = build(&setting, back, 1, true, 1);
    assert_datasets_equal(dataset, again);
    assert_rows_agree(dataset, back, setting.table, 1);
    fw_dataset_destroy(again);
    fw_dataset_destroy(dataset);
    fw_encoder_destroy(back);
    fw_encoder_destroy(encoder);
    fw_buffer_clear(&bytes);
    setting_clear(&setting);
}
END_TEST

START_TEST(test_dataset_build_for_scoring_keeps_the_order_of_the_table)
{
    struct setting setting;
    setting_init(&setting, 0);
    struct fw_encoder *encoder = learn(&setting, 1);
    struct fw_dataset_source source = {.table = setting.table};
    struct fw_dataset *dataset = NULL;
    ck_ok(fw_dataset_build(&dataset, encoder, setting.schema, &source, 1, 1, 1, 1, false, 2, NULL, err));
    ck_assert_int_eq(dataset->n_rows, n_rows);
    for (int64_t i = 0; i < n_rows; i++) {
        ck_assert_int_eq(dataset->source_row[i], i);
        ck_assert_float_eq(dataset->labels[i], 0);
    }
    assert_rows_agree(dataset, encoder, setting.table, 1);
    fw_dataset_destroy(dataset);
    fw_encoder_destroy(encoder);
    setting_clear(&setting);
}
END_TEST

START_TEST(test_dataset_build_leaves_out_rows_without_a_fold)
{
    struct setting setting;
    setting_init(&setting, 0);
    struct fw_encoder *encoder = learn(&setting, 1);
    int64_t left = 0;
    for (int64_t row = 0; row < n_rows; row++) {
        if (row % 7 == 2)
            setting.folds[row] = -1;
        left += row % 7 != 2;
    }
    struct fw_dataset *dataset = build(&setting, encoder, 1, true, 1);
    ck_assert_int_eq(dataset->n_rows, left);
    for (int64_t i = 0; i < dataset->n_rows; i++) {
        ck_assert_int_ne(dataset->source_row[i] % 7, 2);
        ck_assert_float_eq(dataset->weights[i], (float)dataset->source_row[i] + 0.5f);
    }
    assert_rows_agree(dataset, encoder, setting.table, 1);
    fw_dataset_destroy(dataset);
    fw_encoder_destroy(encoder);
    setting_clear(&setting);
}
END_TEST

START_TEST(test_dataset_build_takes_a_hold_out_from_a_second_table)
{
    struct setting setting;
    setting_init(&setting, 0);
    for (int64_t row = 0; row < n_rows; row++)
        setting.folds[row] = 1;
    struct fw_encoder *encoder = learn(&setting, 1);
    /* other order of columns, an unknown job, and one column more */
    struct fw_table *other =
        table_of("tags,more,price,age,job,city,w,y\na|b,1,0.5,30,a,t1,9,1\nc,2,,200,zz,t0,8,0\n", NULL);
    const int64_t column_of[n_columns] = {7, 6, 4, 5, 3, 2, 0};
    struct fw_dataset_source sources[] = {
        {.table = other, .column_of = column_of, .fold = 0},
        {.table = setting.table, .folds = setting.folds},
    };
    struct fw_dataset *dataset = NULL;
    ck_ok(fw_dataset_build(&dataset, encoder, setting.schema, sources, 2, 2, 1, 1, true, 2, NULL, err));
    ck_ok(fw_dataset_build_values(dataset, encoder, sources, 2, 2, err));
    ck_assert_int_eq(dataset->n_values, 2);
    ck_assert_int_eq(dataset->n_rows, n_rows + 2);
    ck_assert_int_eq(dataset->fold_start[1], 2);
    for (int64_t i = 0; i < dataset->n_rows; i++) {
        int64_t row = dataset->source_row[i];
        struct fw_text cells[n_columns];
        char scratch[n_columns][32];
        uint32_t ids[64];
        float values[n_columns];
        ck_assert_int_eq(row < 2, i < 2);
        ck_assert_float_eq(dataset->weights[i], row < 2 ? 9.0f - (float)row : (float)(row - 2) + 0.5f);
        for (int64_t c = 0; c < n_columns; c++)
            cells[c] = row < 2 ? fw_table_text(other, column_of[c], row, scratch[c])
                               : fw_table_text(setting.table, c, row - 2, scratch[c]);
        fw_encoder_encode_row(encoder, cells, ids, values);
        ck_assert_float_eq(values[0], dataset->values[0].values[i]);
        ck_assert_float_eq(values[1], dataset->values[1].values[i]);
        if (row < 2)
            ck_assert_int_eq(values[1] == 0, row == 1); /* no price in its second row */
        for (int32_t f = 0; f < dataset->n_fields; f++)
            ck_assert_uint_eq(ids[f], fw_field_id(&dataset->fields[f], i));
        if (row == 1)
            ck_assert_uint_eq(ids[fw_encoder_find_field(encoder, "job")], FW_ID_UNKNOWN);
    }
    fw_dataset_destroy(dataset);
    fw_table_destroy(other);
    fw_encoder_destroy(encoder);
    setting_clear(&setting);
}
END_TEST

/* So many distinct numbers that the table keeps no texts: one column a quantity, one named a category. */
START_TEST(test_dataset_build_reads_columns_kept_as_numbers)
{
    const int64_t rows = 140000;
    struct fw_buffer text;
    struct fw_schema_options options;
    struct fw_encoder_options encoder_options;
    struct fw_encoder *encoder = NULL;
    struct fw_dataset *dataset = NULL;
    const char *const categorical[] = {"code"};
    fw_buffer_init(&text, NULL);
    fw_buffer_add_text(&text, "y,size,code\n");
    for (int64_t i = 0; i < rows; i++) {
        fw_buffer_addf(&text, "%d,", (int)(i % 2));
        if (i % 50 != 9)
            fw_buffer_addf(&text, "%.6f", (double)(i * 77773 % rows) / 64);
        fw_buffer_add_text(&text, ",");
        if (i % 50 != 8)
            fw_buffer_addf(&text, "%d", (int)(i < 5 ? 77 : 1000 + i * 3));
        fw_buffer_add_text(&text, "\n");
    }
    struct fw_table *table = table_of(text.data, NULL);
    ck_assert_int_eq(table->columns[1].storage, FW_STORED_NUMBERS);
    ck_assert_int_eq(table->columns[2].storage, FW_STORED_NUMBERS);
    fw_schema_options_init(&options);
    options.labels = NAMES("y");
    options.categorical = (struct fw_name_list){categorical, 1};
    struct fw_schema *schema = schema_of(table, &options);
    fw_encoder_options_init(&encoder_options);
    int32_t *folds = fw_alloc_array(NULL, rows, sizeof *folds);
    ck_assert_ptr_nonnull(folds);
    for (int min_count = 1; min_count <= 2; min_count++) {
        struct fw_dataset_source source = {.table = table, .folds = folds};
        uint32_t ids[8];
        encoder_options.min_count = min_count;
        ck_ok(fw_encoder_learn(&encoder, table, NULL, schema, folds, 0, &encoder_options, 1, NULL, err));
        ck_ok(fw_dataset_build(&dataset, encoder, schema, &source, 1, 1, 1, 1, true, 1, NULL, err));
        ck_ok(fw_dataset_build_values(dataset, encoder, &source, 1, 1, err));
        ck_assert_int_eq(dataset->n_values, 1); /* the code is a category */
        assert_rows_agree(dataset, encoder, table, 11);
        encode_row(ids, NULL, encoder, table, 0); /* the one code that repeats comes first */
        ck_assert_uint_eq(ids[fw_encoder_find_field(encoder, "code")], FW_ID_FIRST);
        encode_row(ids, NULL, encoder, table, 8);
        ck_assert_uint_eq(ids[fw_encoder_find_field(encoder, "code")], FW_ID_MISSING);
        encode_row(ids, NULL, encoder, table, 9);
        ck_assert_uint_eq(ids[fw_encoder_find_field(encoder, "size@20")], FW_ID_MISSING);
        encode_row(ids, NULL, encoder, table, 6);
        ck_assert_int_eq(ids[fw_encoder_find_field(encoder, "code")] == FW_ID_UNKNOWN, min_count == 2);
        fw_dataset_destroy(dataset);
        fw_encoder_destroy(encoder);
    }
    fw_free(NULL, folds);
    fw_schema_destroy(schema);
    fw_table_destroy(table);
    fw_buffer_clear(&text);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("dataset_build");
    TCase *cases = tcase_create("dataset_build");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_dataset_build_agrees_with_the_encoder_on_every_row);
    tcase_add_test(cases, test_dataset_build_scales_numbers_by_the_training_rows);
    tcase_add_test(cases, test_dataset_build_categories_fall_in_frequency);
    tcase_add_test(cases, test_dataset_build_carries_labels_weights_and_folds);
    tcase_add_test(cases, test_dataset_build_order_follows_its_seed);
    tcase_add_test(cases, test_dataset_build_gives_equal_bytes_for_any_threads);
    tcase_add_test(cases, test_dataset_build_of_a_read_encoder_gives_the_same_ids);
    tcase_add_test(cases, test_dataset_build_for_scoring_keeps_the_order_of_the_table);
    tcase_add_test(cases, test_dataset_build_leaves_out_rows_without_a_fold);
    tcase_add_test(cases, test_dataset_build_takes_a_hold_out_from_a_second_table);
    tcase_add_test(cases, test_dataset_build_reads_columns_kept_as_numbers);
    suite_add_tcase(suite, cases);
    return suite;
}
