#include <cjson/cJSON.h>
#include <string.h>

#include "core/text.h"
#include "space/encoder.h"
#include "space/plan.h"
#include "support/schemas.h"
#include "support/scratch.h"
#include "support/test_main.h"

static const char table_text[] =
    "y,job,age\n1,cook,10\n0,smith,20.5\n1,smith,30\n0,cook,40\n1,smith,0.1\n0,baker,1e300\n";
static const int32_t folds[6] = {0};

/* A schema and an encoder of the table above. */
static struct fw_schema *learn(struct fw_encoder **encoder)
{
    struct fw_table *table = table_of(table_text, NULL);
    struct fw_schema_options options;
    struct fw_encoder_options encoder_options;
    fw_schema_options_init(&options);
    options.labels = NAMES("y");
    struct fw_schema *schema = schema_of(table, &options);
    fw_encoder_options_init(&encoder_options);
    encoder_options.bins[0] = 2;
    encoder_options.bins[1] = 4;
    ck_ok(fw_encoder_learn(encoder, table, NULL, schema, folds, 0, &encoder_options, 1, NULL, err));
    fw_table_destroy(table);
    return schema;
}

/* A plan with something in every part; the caller destroys it. */
static struct fw_plan *sample_plan(void)
{
    struct fw_plan *plan = NULL;
    struct fw_encoder *encoder = NULL;
    struct fw_schema *schema = learn(&encoder);
    char job[] = "job";
    char age[] = "age@4";
    struct fw_plan_cross cross = {
        .order = 2, .fields = {job, age}, .gain = 0.1, .gain_low = -1.0 / 3, .gain_high = 1e-300, .trial = 17};
    ck_ok(fw_plan_create(&plan, schema, NULL, err));
    ck_ok(fw_plan_freeze_bins(plan, encoder, err));
    cross.objective = 0.875;
    ck_ok(fw_plan_add_cross(plan, &cross, err));
    ck_ok(fw_plan_add_missing(plan, "n/a \"\\\n\xc3\xa9", err));
    ck_ok(fw_plan_set_text(plan, &plan->origin.command, "cross", err));
    ck_ok(fw_plan_set_text(plan, &plan->origin.driver, "beam", err));
    ck_ok(fw_plan_set_text(plan, &plan->origin.data, "a 'file'.csv", err));
    plan->dialect = (struct fw_table_dialect){.format = FW_TABLE_CSV, .delimiter = '\t', .has_header = true};
    plan->encoder.min_count = 3;
    plan->encoder.max_ids = 1000000;
    plan->encoder.binning = FW_BINNING_WIDTH;
    plan->origin.seed = UINT64_C(0xfedcba9876543210); /* beyond the 53 bits of a number */
    plan->origin.data_fingerprint = UINT64_MAX;
    plan->origin.rows = 6;
    plan->origin.base = 0.7;
    fw_encoder_destroy(encoder);
    return plan;
}

static char *print(const struct fw_plan *plan)
{
    char *text = NULL;
    ck_ok(fw_plan_print(&text, plan, err));
    return text;
}

/* The text of a document that must parse, read and printed again. */
static char *reprint(const char *text)
{
    struct fw_plan *plan = NULL;
    ck_ok(fw_plan_parse(&plan, text, strlen(text), "the plan", NULL, err));
    char *again = print(plan);
    fw_plan_destroy(plan);
    return again;
}

static const char *refusal(const char *text)
{
    static struct fw_error error;
    struct fw_plan *plan = NULL;
    ck_assert_int_eq(fw_plan_parse(&plan, text, strlen(text), "the plan", NULL, &error), FW_E_CORRUPT);
    ck_assert_ptr_null(plan);
    ck_holds(error.message, "the plan");
    return error.message;
}

/* Deletes the line that holds `part`, as an editor would. */
static void delete_line(char *text, const char *part)
{
    const char *found = strstr(text, part);
    ck_assert_ptr_nonnull(found);
    size_t at = (size_t)(found - text);
    while (at > 0 && text[at - 1] != '\n')
        at--;
    size_t end = at + strcspn(text + at, "\n") + 1;
    memmove(text + at, text + end, strlen(text + end) + 1);
}

/* Replaces the first `from` by a text of the same length. */
static void edit(char *text, const char *from, const char *to)
{
    char *at = strstr(text, from);
    ck_assert_msg(at != NULL, "'%s' is not in the plan", from);
    ck_assert_uint_eq(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
}

START_TEST(test_plan_parses_what_it_prints)
{
    struct fw_plan *plan = sample_plan();
    struct fw_plan *back = NULL;
    char *text = print(plan);
    char *again = reprint(text);
    ck_assert_str_eq(text, again);
    ck_ok(fw_plan_parse(&back, text, strlen(text), "the plan", NULL, err));
    ck_assert_int_eq(back->dialect.format, FW_TABLE_CSV);
    ck_assert_int_eq(back->dialect.delimiter, '\t');
    ck_assert_int_eq(back->dialect.quote, '\0');
    ck_assert(back->dialect.has_header);
    ck_assert_int_eq(back->n_missing, 1);
    ck_assert_str_eq(back->missing[0], plan->missing[0]);
    ck_assert_int_eq(back->schema->n_columns, 3);
    ck_assert_int_eq(back->schema->tasks[0].column, 0);
    ck_assert_int_eq(back->encoder.min_count, 3);
    ck_assert_int_eq(back->encoder.max_ids, 1000000);
    ck_assert_int_eq(back->encoder.binning, FW_BINNING_WIDTH);
    ck_assert_int_eq(back->n_crosses, 1);
    ck_assert_str_eq(back->crosses[0].fields[1], "age@4");
    ck_assert_double_eq(back->crosses[0].gain_low, -1.0 / 3);
    ck_assert_double_eq(back->crosses[0].gain_high, 1e-300);
    ck_assert_int_eq(back->crosses[0].trial, 17);
    ck_assert_uint_eq(back->origin.seed, plan->origin.seed);
    ck_assert_uint_eq(back->origin.data_fingerprint, UINT64_MAX);
    ck_assert_str_eq(back->origin.data, "a 'file'.csv");
    ck_assert_ptr_null(back->origin.store);
    fw_free(NULL, text);
    fw_free(NULL, again);
    fw_plan_destroy(back);
    fw_plan_destroy(plan);
}
END_TEST

/* The document of a time when there was one label at most, whose texts stood beside the columns. */
START_TEST(test_plan_reads_the_form_of_one_label)
{
    struct fw_plan *plan = sample_plan();
    struct fw_plan *back = NULL;
    char *text = print(plan);
    cJSON *json = cJSON_Parse(text);
    cJSON *schema = cJSON_GetObjectItem(json, "schema");
    ck_assert_ptr_nonnull(schema);
    cJSON_DeleteItemFromObject(json, "checksum");
    cJSON_DeleteItemFromObject(schema, "tasks");
    cJSON_AddStringToObject(schema, "positive", "1");
    cJSON_AddStringToObject(schema, "negative", "0");
    char *old = cJSON_Print(json);
    ck_ok(fw_plan_parse(&back, old, strlen(old), "the plan", NULL, err));
    char *again = print(back);
    ck_assert_str_eq(text, again);
    fw_free(NULL, again);
    fw_free(NULL, text);
    cJSON_free(old);
    cJSON_Delete(json);
    fw_plan_destroy(back);
    fw_plan_destroy(plan);
}
END_TEST

START_TEST(test_plan_keeps_cut_points_to_the_last_bit)
{
    struct fw_plan *plan = sample_plan();
    struct fw_plan *back = NULL;
    char *text = print(plan);
    ck_ok(fw_plan_parse(&back, text, strlen(text), "the plan", NULL, err));
    ck_assert_int_eq(plan->encoder.n_frozen, 1);
    ck_assert_int_eq(back->encoder.n_frozen, 1);
    const struct fw_frozen_binning *a = &plan->encoder.frozen[0];
    const struct fw_frozen_binning *b = &back->encoder.frozen[0];
    ck_assert_str_eq(b->column, "age");
    ck_assert_int_eq(b->n_granularities, 2);
    for (int32_t g = 0; g < 2; g++) {
        ck_assert_int_eq(a->bins[g], b->bins[g]);
        ck_assert_int_gt(a->n_cuts[g], 0);
        ck_assert_int_eq(a->n_cuts[g], b->n_cuts[g]);
        ck_assert_mem_eq(a->cuts[g], b->cuts[g], (size_t)a->n_cuts[g] * sizeof(double));
    }
    fw_free(NULL, text);
    fw_plan_destroy(back);
    fw_plan_destroy(plan);
}
END_TEST

START_TEST(test_plan_sees_every_flipped_bit_that_matters)
{
    struct fw_plan *plan = sample_plan();
    char *text = print(plan);
    size_t size = strlen(text);
    size_t seen = 0;
    for (size_t bit = 0; bit < 8 * size; bit++) {
        struct fw_error err = {0};
        struct fw_plan *back = NULL;
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << (bit % 8)));
        enum fw_status status = fw_plan_parse(&back, text, size, "the plan", NULL, &err);
        text[bit / 8] = (char)(text[bit / 8] ^ (1 << (bit % 8)));
        if (status == FW_OK) {
            char *again = print(back);
            if (strcmp(again, text) != 0)
                ck_abort_msg("bit %zu of '%.20s' changes the plan unseen", bit % 8, text + bit / 8);
            fw_free(NULL, again);
            fw_plan_destroy(back);
            continue;
        }
        seen++;
        if (status != FW_E_CORRUPT)
            ck_abort_msg("bit %zu of '%.20s': %s", bit % 8, text + bit / 8, err.message);
    }
    ck_assert_uint_gt(seen, 4 * size);
    fw_free(NULL, text);
    fw_plan_destroy(plan);
}
END_TEST

START_TEST(test_plan_cut_short_is_corrupt)
{
    struct fw_plan *plan = sample_plan();
    char *text = print(plan);
    for (size_t size = 0; size + 2 < strlen(text); size++) {
        struct fw_error err;
        struct fw_plan *back = NULL;
        if (fw_plan_parse(&back, text, size, "the plan", NULL, &err) != FW_E_CORRUPT)
            ck_abort_msg("%zu bytes are taken for a plan", size);
    }
    fw_free(NULL, text);
    fw_plan_destroy(plan);
}
END_TEST

START_TEST(test_plan_takes_an_edit_once_its_checksum_line_is_deleted)
{
    struct fw_plan *plan = sample_plan();
    struct fw_plan *back = NULL;
    char *text = print(plan);
    edit(text, "\"job\"", "\"pet\"");
    ck_holds(refusal(text), "checksum");
    delete_line(text, "\"checksum\"");
    ck_ok(fw_plan_parse(&back, text, strlen(text), "the plan", NULL, err));
    ck_assert_str_eq(back->crosses[0].fields[0], "pet");
    char *again = print(back);
    ck_assert_ptr_nonnull(strstr(again, "\"checksum\"")); /* and has one again when it is written */
    fw_free(NULL, again);
    fw_free(NULL, text);
    fw_plan_destroy(back);
    fw_plan_destroy(plan);
}
END_TEST

START_TEST(test_plan_refuses_edits_that_make_no_sense)
{
    const char *const edits[][3] = {
        {"fieldwise plan", "fieldwise clan", "fieldwise clan"},
        {"\"version\":\t1", "\"version\":\t7", "version 7"},
        {"\"width\"", "\"depth\"", "depth"},
        {"\"csv\"", "\"xls\"", "xls"},
        {"\"min_count\":\t3", "\"min_count\":\t0", "min_count"},
        {"\"crosses\"", "\"crossed\"", "crosses"},
        {"\"bins\":\t[20", "\"bins\":\t[ 1", "bins"},
        {"\"trial\":\t17", "\"trial\":\t-7", "trial"},
        {"\"gain\":\t0.1", "\"gain\":\t\"1\"", "gain"},
    };
    struct fw_plan *plan = sample_plan();
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        char *text = print(plan);
        delete_line(text, "\"checksum\"");
        edit(text, edits[i][0], edits[i][1]);
        ck_holds(refusal(text), edits[i][2]);
        fw_free(NULL, text);
    }
    fw_plan_destroy(plan);
}
END_TEST

START_TEST(test_plan_finds_its_crosses_among_the_fields)
{
    struct fw_encoder *encoder = NULL;
    struct fw_schema *schema = learn(&encoder);
    struct fw_plan *plan = sample_plan();
    struct fw_cross crosses[2];
    struct fw_error error;
    char age[] = "age@4";
    char pet[] = "pet";
    struct fw_plan_cross strange = {.order = 2, .fields = {age, pet}};
    ck_ok(fw_plan_resolve_crosses(crosses, plan, encoder, err));
    ck_assert_int_eq(crosses[0].order, 2);
    ck_assert_int_eq(crosses[0].fields[0], fw_encoder_find_field(encoder, "job"));
    ck_assert_int_eq(crosses[0].fields[1], fw_encoder_find_field(encoder, "age@4"));
    ck_ok(fw_plan_add_cross(plan, &strange, err));
    ck_assert_int_eq(fw_plan_resolve_crosses(crosses, plan, encoder, &error), FW_E_CORRUPT);
    ck_holds(error.message, "'pet'");
    fw_plan_destroy(plan);
    fw_encoder_destroy(encoder);
    fw_schema_destroy(schema);
}
END_TEST

START_TEST(test_plan_goes_through_a_file)
{
    struct fw_plan *plan = sample_plan();
    struct fw_plan *back = NULL;
    struct fw_error error;
    char *text = print(plan);
    ck_ok(fw_plan_save(plan, scratch_path("a.plan.json"), err));
    ck_ok(fw_plan_load(&back, scratch_path("a.plan.json"), NULL, err));
    char *again = print(back);
    ck_assert_str_eq(text, again);
    fw_plan_destroy(back);
    back = NULL;
    ck_assert_int_ne(fw_plan_load(&back, scratch_path("none.json"), NULL, &error), FW_OK);
    ck_holds(error.message, "none.json");
    fw_free(NULL, again);
    fw_free(NULL, text);
    fw_plan_destroy(plan);
}
END_TEST

START_TEST(test_plan_refused_allocations_are_reported_and_leak_nothing)
{
    struct fw_plan *plan = sample_plan();
    char *text = print(plan);
    enum fw_status status = FW_E_NOMEM;
    int64_t n = 0;
    while (status == FW_E_NOMEM) {
        struct fw_allocator mem;
        struct fw_plan *back = NULL;
        struct fw_error err;
        char *again = NULL;
        fw_allocator_init(&mem, 0);
        mem.fail_at = ++n;
        status = fw_plan_parse(&back, text, strlen(text), "the plan", &mem, &err);
        if (status == FW_OK)
            status = fw_plan_print(&again, back, &err);
        fw_free(&mem, again);
        fw_plan_destroy(back);
        ck_assert_uint_eq(mem.used, 0);
    }
    ck_assert_int_eq(status, FW_OK);
    ck_assert_int_gt(n, 15);
    fw_free(NULL, text);
    fw_plan_destroy(plan);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("plan");
    TCase *cases = tcase_create("plan");
    tcase_set_timeout(cases, 240);
    tcase_add_checked_fixture(cases, scratch_make, scratch_remove);
    tcase_add_test(cases, test_plan_parses_what_it_prints);
    tcase_add_test(cases, test_plan_reads_the_form_of_one_label);
    tcase_add_test(cases, test_plan_keeps_cut_points_to_the_last_bit);
    tcase_add_test(cases, test_plan_sees_every_flipped_bit_that_matters);
    tcase_add_test(cases, test_plan_cut_short_is_corrupt);
    tcase_add_test(cases, test_plan_takes_an_edit_once_its_checksum_line_is_deleted);
    tcase_add_test(cases, test_plan_refuses_edits_that_make_no_sense);
    tcase_add_test(cases, test_plan_finds_its_crosses_among_the_fields);
    tcase_add_test(cases, test_plan_goes_through_a_file);
    tcase_add_test(cases, test_plan_refused_allocations_are_reported_and_leak_nothing);
    suite_add_tcase(suite, cases);
    return suite;
}
