/* Where a row was shown: a column that is no feature, and a field only for who asks. */
#include <string.h>

#include "space/dataset_build.h"
#include "space/training_data.h"
#include "support/schemas.h"
#include "support/test_main.h"

/* 1 is on four rows, 10 on one, "top" on one. z is numeric. */
static const char shown[] = "y,x,slot,z\n"
                            "1,a,1,1\n"
                            "0,b,1.0,2\n"
                            "1,a,top,3\n"
                            "0,b,+1,4\n"
                            "1,a,10,5\n"
                            "0,b,1e0,6\n";

static struct fw_schema_options options;
static struct fw_encoder_options encoding;
static struct fw_table *table;
static struct fw_schema *schema;
static struct fw_training_data data;

static void set_up(void)
{
    static const char *const labels[] = {"y"};
    fw_schema_options_init(&options);
    fw_encoder_options_init(&encoding);
    options.labels = (struct fw_name_list){labels, 1};
    options.position = "slot";
    encoding.position = true;
    encoding.min_count = 1;
    table = NULL;
    schema = NULL;
    data = (struct fw_training_data){0};
}

static void tear_down(void)
{
    fw_training_data_clear(&data);
    fw_schema_destroy(schema);
    fw_table_destroy(table);
}

static void infer(const char *text)
{
    tear_down();
    table = table_of(text, NULL);
    schema = schema_of(table, &options);
}

/* Half of the rows are judged, by the other half and the other way round; `valid` as a table of its own. */
static enum fw_status build(const struct fw_table *valid, const int64_t *valid_columns, struct fw_error *error)
{
    struct fw_split_options split;
    fw_split_options_init(&split);
    split.folds = 2;
    return fw_training_data_build(&data, table, NULL, valid, valid_columns, schema, &split, &encoding, true, 1, NULL,
                                  error);
}

static uint32_t id_of(const char *text)
{
    uint32_t id = 0;
    fw_column_encoder_encode(fw_encoder_position(data.encoder), '|', fw_text_of(text), text[0] == '\0', &id);
    return id;
}

START_TEST(test_position_is_no_feature_unless_asked_for)
{
    infer(shown);
    ck_assert_int_eq(schema->position, 2);
    ck_assert_str_eq(fw_column_role_name(schema->columns[2].role), "position");
    encoding.position = false;
    ck_ok(build(NULL, NULL, err));
    ck_assert_ptr_null(fw_encoder_position(data.encoder));
    ck_assert_int_eq(fw_encoder_find_field(data.encoder, "slot"), -1);
    for (int32_t f = 0; f < data.dataset->n_fields; f++)
        ck_assert_int_ne(data.dataset->fields[f].kind, FW_FIELD_POSITION);
}
END_TEST

START_TEST(test_position_is_the_last_base_field)
{
    infer(shown);
    ck_ok(build(NULL, NULL, err));
    int32_t last = data.encoder->n_fields - 1;
    ck_assert_int_eq(last, 2); /* x, z@20, slot */
    ck_assert_str_eq(data.encoder->fields[last].name, "slot");
    ck_assert_int_eq(data.dataset->fields[last].kind, FW_FIELD_POSITION);
    ck_assert_int_eq(data.dataset->fields[last].column, 2);
    ck_assert_int_eq(data.dataset->fields[last].n_ids, 5); /* unknown, missing, and three however rare */
    for (int32_t f = 0; f < last; f++)
        ck_assert_int_ne(data.dataset->fields[f].kind, FW_FIELD_POSITION);
    const struct fw_cross cross = {2, {0, 1}};
    struct fw_cross_options cross_options;
    fw_cross_options_init(&cross_options);
    ck_ok(fw_encoder_add_cross(data.encoder, data.dataset, &cross, &cross_options, err));
    ck_assert_int_eq(data.dataset->fields[last + 1].kind, FW_FIELD_CROSS);
}
END_TEST

START_TEST(test_position_is_found_both_ways)
{
    infer(shown);
    ck_ok(build(NULL, NULL, err));
    const struct fw_vocabulary *vocabulary = fw_encoder_position(data.encoder)->vocabulary;
    ck_assert_uint_eq(id_of("1"), FW_ID_FIRST); /* the most frequent */
    ck_assert_uint_eq(id_of("1.0"), FW_ID_FIRST);
    ck_assert_uint_eq(id_of("+1"), FW_ID_FIRST);
    ck_assert_uint_eq(id_of(""), FW_ID_MISSING);
    ck_assert_uint_eq(id_of("11"), FW_ID_UNKNOWN);
    ck_assert_uint_eq(id_of("Top"), FW_ID_UNKNOWN);
    const char *const texts[] = {"1", "top", "10"};
    for (int k = 0; k < 3; k++)
        ck_assert(fw_text_equal(fw_vocabulary_text(vocabulary, id_of(texts[k])), fw_text_of(texts[k])));
    const struct fw_field *field = &data.dataset->fields[data.encoder->n_fields - 1];
    const char *const by_row[] = {"1", "1", "top", "1", "10", "1"};
    for (int64_t i = 0; i < data.dataset->n_rows; i++)
        ck_assert_uint_eq(fw_field_id(field, i), id_of(by_row[data.dataset->source_row[i]]));
}
END_TEST

START_TEST(test_position_of_training_rows_is_known)
{
    struct fw_error error = {0};
    infer("y,x,slot\n1,a,1\n0,b,\n1,a,2\n0,b,2\n1,a,1\n0,b,?\n");
    ck_assert_int_eq(build(NULL, NULL, &error), FW_E_INPUT);
    ck_holds(error.message, "t.csv:3: the position 'slot' is missing");
    ck_holds(error.message, "--on-bad-row skip (2 of 6 rows)");
    schema->skip_bad_rows = true;
    ck_ok(build(NULL, NULL, err));
    ck_assert_int_eq(data.n_left_out, 2);
    ck_assert_int_eq(data.dataset->n_rows, 4);
    fw_training_data_clear(&data);
    schema->skip_bad_rows = encoding.position = false; /* who does not ask does not care */
    ck_ok(build(NULL, NULL, err));
    ck_assert_int_eq(data.dataset->n_rows, 6);
}
END_TEST

START_TEST(test_position_is_needed_to_learn_from)
{
    struct fw_error error = {0};
    const int64_t columns[4] = {0, 1, -1, 2};
    infer(shown);
    struct fw_table *valid = table_of("y,x,z\n1,a,1\n0,b,2\n", NULL);
    ck_assert_int_eq(build(valid, columns, &error), FW_E_INPUT);
    ck_holds(error.message, "the position 'slot' is not there");
    fw_table_destroy(valid);
}
END_TEST

START_TEST(test_position_may_lack_when_scoring)
{
    struct fw_dataset *dataset = NULL;
    int64_t columns[4];
    infer(shown);
    ck_ok(build(NULL, NULL, err));
    struct fw_table *other = table_of("x,z\na,1\nb,2\nc,3\n", NULL);
    ck_ok(fw_schema_match(schema, other, columns, false, err));
    ck_assert_int_eq(columns[2], -1);
    struct fw_dataset_source source = {.table = other, .column_of = columns};
    ck_ok(fw_dataset_build(&dataset, data.encoder, schema, &source, 1, 1, 1, 0, false, 1, NULL, err));
    for (int64_t i = 0; i < 3; i++)
        ck_assert_uint_eq(fw_field_id(&dataset->fields[2], i), FW_ID_MISSING);
    ck_assert_uint_eq(fw_field_id(&dataset->fields[0], 2), FW_ID_UNKNOWN);
    fw_dataset_destroy(dataset);
    fw_table_destroy(other);
}
END_TEST

START_TEST(test_position_goes_with_the_encoder)
{
    struct fw_buffer buffer;
    struct fw_encoder *back = NULL;
    infer(shown);
    ck_ok(build(NULL, NULL, err));
    fw_buffer_init(&buffer, NULL);
    fw_encoder_write(data.encoder, &buffer);
    struct fw_bytes_reader reader = {.data = (const unsigned char *)buffer.data,
                                     .size = (size_t)buffer.length,
                                     .what = "the encoder"};
    ck_ok(fw_encoder_read(&back, &reader, NULL, err));
    ck_assert_int_eq(back->n_fields, 3);
    ck_assert_int_eq(back->fields[2].kind, FW_FIELD_POSITION);
    ck_assert_int_eq(back->fields[2].n_ids, 5);
    ck_assert_str_eq(back->fields[2].name, "slot");
    uint32_t ids[3];
    const struct fw_text cells[4] = {{"", 0}, fw_text_of("a"), fw_text_of("10.0"), fw_text_of("3")};
    fw_encoder_encode_row(back, cells, ids, NULL);
    ck_assert_uint_eq(ids[2], id_of("10"));
    fw_encoder_destroy(back);
    fw_buffer_clear(&buffer);
}
END_TEST

/* So many distinct positions that the table stores them as doubles. */
START_TEST(test_position_may_be_stored_as_numbers)
{
    struct fw_buffer text;
    fw_buffer_init(&text, NULL);
    fw_buffer_add_text(&text, "y,x,slot\n");
    for (int row = 0; row < 150000; row++)
        fw_buffer_addf(&text, "%d,%d,%d.50\n", row % 2, row % 5, row % 140000);
    infer(text.data);
    fw_free(NULL, text.data);
    ck_assert_int_eq(table->columns[2].storage, FW_STORED_NUMBERS);
    ck_ok(build(NULL, NULL, err));
    int32_t last = data.encoder->n_fields - 1;
    ck_assert_int_eq(data.encoder->fields[last].n_ids, 140000 + FW_ID_FIRST);
    for (int64_t i = 0; i < 100; i++) {
        char cell[32];
        int64_t row = data.dataset->source_row[i];
        struct fw_text place = fw_table_text(table, 2, row, cell);
        uint32_t id = fw_vocabulary_id(fw_encoder_position(data.encoder)->vocabulary, place);
        ck_assert_uint_eq(fw_field_id(&data.dataset->fields[last], i), id);
    }
}
END_TEST

START_TEST(test_position_survives_refused_memory)
{
    infer(shown);
    for (int64_t n = 1;; n++) {
        struct fw_allocator mem;
        struct fw_training_data again = {0};
        struct fw_split_options split;
        fw_split_options_init(&split);
        split.folds = 2;
        fw_allocator_init(&mem, 0);
        mem.fail_at = n;
        schema->mem = &mem;
        enum fw_status status =
            fw_training_data_build(&again, table, NULL, NULL, NULL, schema, &split, &encoding, true, 1, &mem, NULL);
        schema->mem = NULL;
        fw_training_data_clear(&again);
        ck_assert_uint_eq(mem.used, 0);
        if (status == FW_OK)
            break;
        ck_assert_int_eq(status, FW_E_NOMEM);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("position");
    TCase *cases = tcase_create("position");
    tcase_set_timeout(cases, 60); /* a large table among them */
    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_position_is_no_feature_unless_asked_for);
    tcase_add_test(cases, test_position_is_the_last_base_field);
    tcase_add_test(cases, test_position_is_found_both_ways);
    tcase_add_test(cases, test_position_of_training_rows_is_known);
    tcase_add_test(cases, test_position_is_needed_to_learn_from);
    tcase_add_test(cases, test_position_may_lack_when_scoring);
    tcase_add_test(cases, test_position_goes_with_the_encoder);
    tcase_add_test(cases, test_position_may_be_stored_as_numbers);
    tcase_add_test(cases, test_position_survives_refused_memory);
    suite_add_tcase(suite, cases);
    return suite;
}
