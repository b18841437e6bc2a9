#include "space/training_data.h"

#include <math.h>

#include "support/schemas.h"
#include "support/test_main.h"

static const char train_text[] = "y,x,job\n1,1,a\n0,2,b\n1,3,a\n0,4,b\n1,5,a\n0,,b\n";
static const char valid_text[] = "job,y,x\na,1,3\nb,0,7\na,1,\n";

/* Trains on one table and judges on another, whose columns come in another order. */
static struct fw_training_data build(bool want_values, const struct fw_frozen_binning *frozen)
{
    struct fw_table *table = table_of(train_text, NULL);
    struct fw_table *valid = table_of(valid_text, NULL);
    const int64_t valid_columns[] = {1, 2, 0};
    struct fw_training_data data;
    struct fw_schema_options options;
    struct fw_split_options split;
    struct fw_encoder_options encoding;
    const char *const numeric[] = {"x"};
    fw_schema_options_init(&options);
    options.labels = NAMES("y");
    options.numeric = (struct fw_name_list){numeric, 1};
    struct fw_schema *schema = schema_of(table, &options);
    fw_split_options_init(&split);
    fw_encoder_options_init(&encoding);
    encoding.frozen = frozen;
    encoding.n_frozen = frozen != NULL;
    ck_ok(fw_training_data_build(&data, table, NULL, valid, valid_columns, schema, &split, &encoding, want_values, 2,
                                 NULL, err));
    fw_schema_destroy(schema);
    fw_table_destroy(valid);
    fw_table_destroy(table);
    return data;
}

/* Values 1 to 5 train: mean 3, deviation sqrt 2, whether or not the bins were frozen by a plan. */
START_TEST(test_training_data_scales_both_tables_by_the_training_one)
{
    const double numbers[] = {1, 2, 3, 4, 5, NAN, 3, 7, NAN};
    double cuts[] = {2.5};
    const struct fw_frozen_binning frozen = {"x", 1, {2}, {cuts}, {1}};
    struct fw_training_data data = build(true, _i == 0 ? NULL : &frozen);
    const struct fw_dataset *d = data.dataset;
    ck_assert_int_eq(d->n_rows, 9);
    ck_assert_int_eq(d->n_values, 1);
    ck_assert_str_eq(d->values[0].name, "x");
    ck_assert_int_eq(d->values[0].column, 1);
    for (int64_t i = 0; i < d->n_rows; i++) {
        double number = numbers[d->source_row[i]];
        float expected = isnan(number) ? 0 : (float)((number - 3) / sqrt(2));
        ck_assert_float_eq_tol(d->values[0].values[i], expected, 1e-6f);
    }
    fw_training_data_clear(&data);
}
END_TEST

START_TEST(test_training_data_holds_no_values_unasked)
{
    struct fw_training_data data = build(false, NULL);
    ck_assert_int_eq(data.dataset->n_values, 0);
    ck_assert_int_eq(data.encoder->n_values, 1);
    fw_training_data_clear(&data);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("training data");
    TCase *cases = tcase_create("training data");
    tcase_add_loop_test(cases, test_training_data_scales_both_tables_by_the_training_one, 0, 2);
    tcase_add_test(cases, test_training_data_holds_no_values_unasked);
    suite_add_tcase(suite, cases);
    return suite;
}
