/* The embedding sizes of a plan. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "space/plan.h"
#include "support/schemas.h"
#include "support/test_main.h"

static struct fw_plan *bare_plan(void)
{
    struct fw_plan *plan = NULL;
    struct fw_table *table = table_of("y,job,age\n1,cook,10\n0,smith,20\n", NULL);
    struct fw_schema_options options;
    fw_schema_options_init(&options);
    options.labels = NAMES("y");
    ck_ok(fw_plan_create(&plan, schema_of(table, &options), NULL, err));
    fw_table_destroy(table);
    return plan;
}

static struct fw_embedding_sizes *sample_sizes(void)
{
    const char *const names[] = {"job \"\xc3\xa9\"", "age@20 x job", "age"};
    struct fw_embedding_sizes *sizes = NULL;
    ck_ok(fw_embedding_sizes_create(&sizes, 16, 3, NULL, err));
    for (int32_t i = 0; i < 3; i++)
        ck_ok(fw_embedding_sizes_name(sizes, i, names[i], err));
    sizes->items[0].n_strips = 1;
    sizes->items[0].strips[0] = (struct fw_strip){.ids = 12, .width = 8};
    sizes->items[1].n_strips = 2;
    sizes->items[1].strips[0] = (struct fw_strip){.ids = FW_EMBEDDING_IDS_MOST, .width = 6};
    sizes->items[1].strips[1] = (struct fw_strip){.ids = 77, .width = 4};
    sizes->items[1].projected = true;
    return sizes; /* "age" is dropped */
}

static struct fw_plan *sized_plan(void)
{
    struct fw_plan *plan = bare_plan();
    struct fw_embedding_sizes *sizes = sample_sizes();
    char model[] = "deepfm";
    char metric[] = "auc";
    const struct fw_plan_sizing sizing = {
        .memory = INT64_C(1) << 50, .model = model, .metric = metric, .quality = 1.0 / 3, .study = 5, .trial = 101};
    ck_ok(fw_plan_set_sizes(plan, sizes, &sizing, err));
    fw_embedding_sizes_destroy(sizes);
    return plan;
}

static char *print(const struct fw_plan *plan)
{
    char *text = NULL;
    ck_ok(fw_plan_print(&text, plan, err));
    return text;
}

static struct fw_plan *parse(const char *text)
{
    struct fw_plan *plan = NULL;
    ck_ok(fw_plan_parse(&plan, text, strlen(text), "the plan", NULL, err));
    return plan;
}

/* Deletes the checksum line, as an editor would. */
static void delete_checksum(char *text)
{
    const char *found = strstr(text, "\t\"checksum\"");
    ck_assert_ptr_nonnull(found);
    size_t at = (size_t)(found - text);
    size_t end = at + strcspn(text + at, "\n") + 1;
    memmove(text + at, text + end, strlen(text + end) + 1);
}

START_TEST(test_plan_sizes_are_parsed_as_printed)
{
    struct fw_plan *plan = sized_plan();
    char *text = print(plan);
    struct fw_plan *back = parse(text);
    char *again = print(back);
    ck_assert_str_eq(text, again);
    ck_assert_int_eq(back->sizes->dim, 16);
    ck_assert_int_eq(back->sizes->n, 3);
    for (int32_t i = 0; i < 3; i++) {
        const struct fw_embedding_size *a = &plan->sizes->items[i];
        const struct fw_embedding_size *b = &back->sizes->items[i];
        ck_assert_str_eq(a->input, b->input);
        ck_assert_int_eq(a->n_strips, b->n_strips);
        ck_assert_mem_eq(a->strips, b->strips, sizeof a->strips);
        ck_assert_int_eq(a->projected, b->projected);
    }
    ck_assert_int_eq(back->sizing.memory, INT64_C(1) << 50);
    ck_assert_str_eq(back->sizing.model, "deepfm");
    ck_assert_str_eq(back->sizing.metric, "auc");
    ck_assert_double_eq(back->sizing.quality, 1.0 / 3);
    ck_assert_int_eq(back->sizing.study, 5);
    ck_assert_int_eq(back->sizing.trial, 101);
    fw_free(NULL, again);
    fw_free(NULL, text);
    fw_plan_destroy(back);
    fw_plan_destroy(plan);
}
END_TEST

START_TEST(test_plan_sizes_leave_no_trace_in_a_plan_without_them)
{
    struct fw_plan *plan = bare_plan();
    struct fw_plan *sized = sized_plan();
    char *text = print(plan);
    ck_assert_ptr_null(strstr(text, "embeddings"));
    struct fw_plan *back = parse(text);
    ck_assert_ptr_null(back->sizes);
    ck_ok(fw_plan_set_sizes(sized, NULL, NULL, err));
    ck_assert_ptr_null(sized->sizes);
    ck_assert_ptr_null(sized->sizing.model);
    char *cleared = print(sized);
    ck_assert_str_eq(text, cleared);
    fw_free(NULL, cleared);
    fw_free(NULL, text);
    fw_plan_destroy(back);
    fw_plan_destroy(sized);
    fw_plan_destroy(plan);
}
END_TEST

START_TEST(test_plan_sizes_may_be_of_unknown_origin)
{
    struct fw_plan *plan = bare_plan();
    struct fw_embedding_sizes *none = NULL;
    const struct fw_plan_sizing sizing = {0};
    ck_ok(fw_embedding_sizes_create(&none, 4, 0, NULL, err));
    ck_ok(fw_plan_set_sizes(plan, none, &sizing, err));
    char *text = print(plan);
    struct fw_plan *back = parse(text);
    char *again = print(back);
    ck_assert_str_eq(text, again);
    ck_assert_int_eq(back->sizes->n, 0); /* sized, but every embedding is dropped */
    ck_assert_ptr_null(back->sizing.model);
    ck_assert_ptr_null(back->sizing.metric);
    fw_free(NULL, again);
    fw_free(NULL, text);
    fw_plan_destroy(back);
    fw_embedding_sizes_destroy(none);
    fw_plan_destroy(plan);
}
END_TEST

START_TEST(test_plan_sizes_that_cannot_be_are_not_set)
{
    const struct fw_plan_sizing sizings[] = {
        {.memory = -1}, {.memory = INT64_MAX}, {.study = -1}, {.trial = -1}, {.quality = (double)NAN}};
    const char *const names[] = {"memory", "memory", "study", "trial", "quality"};
    struct fw_plan *plan = sized_plan();
    struct fw_embedding_sizes *sizes = sample_sizes();
    struct fw_error error;
    char *before = print(plan);
    for (size_t k = 0; k < sizeof sizings / sizeof sizings[0]; k++) {
        ck_assert_int_eq(fw_plan_set_sizes(plan, sizes, &sizings[k], &error), FW_E_ARG);
        ck_holds(error.message, names[k]);
    }
    sizes->items[1].strips[0].width = 13;
    ck_assert_int_eq(fw_plan_set_sizes(plan, sizes, &plan->sizing, &error), FW_E_ARG);
    ck_holds(error.message, "'age@20 x job'");
    char *after = print(plan);
    ck_assert_str_eq(before, after);
    ck_ok(fw_plan_set_sizes(plan, plan->sizes, &plan->sizing, err)); /* a plan's own: copied before they go */
    fw_free(NULL, after);
    after = print(plan);
    ck_assert_str_eq(before, after);
    fw_free(NULL, after);
    fw_free(NULL, before);
    fw_embedding_sizes_destroy(sizes);
    fw_plan_destroy(plan);
}
END_TEST

START_TEST(test_plan_sizes_refuse_edits_that_make_no_sense)
{
    const char *const edits[][3] = {
        {"\"embeddings\":\t{", "\"embeddings\":\t7,\"x\":{", "'embeddings'"},
        {"\"dim\":\t16", "\"dim\":\t0", "'dim'"},
        {"\"dim\":\t16", "\"dim\":\t1025", "'dim'"},
        {"\"dim\":\t16", "\"dim\":\t9", "'age@20 x job' is 4 wide"},
        {"\"memory\"", "\"memories\"", "'memory'"},
        {"\"memory\":\t", "\"memory\":\t-", "'memory'"},
        {"\"model\":\t\"deepfm\"", "\"model\":\t7", "'model'"},
        {"\"metric\":\t\"auc\"", "\"metric\":\t[]", "'metric'"},
        {"\"quality\":\t", "\"quality\":\tnull,\"x\":", "'quality'"},
        {"\"study\":\t5", "\"study\":\t5.5", "'study'"},
        {"\"trial\":\t101", "\"trial\":\t-1", "'trial'"},
        {"\"inputs\":\t[", "\"inputs\":\t7,\"x\":[", "'inputs'"},
        {"\"inputs\":\t[", "\"inputs\":\t[7,", "'input'"},
        {"\"input\":\t\"age\"", "\"input\":\t7", "'input'"},
        {"\"input\":\t\"age\"", "\"input\":\t\"age@20 x job\"", "'age@20 x job' is given twice"},
        {"\"strips\":\t[", "\"strips\":\t[{},{},{},{},{},{},{},{},", "9 strips"},
        {"\"strips\":\t[", "\"strips\":\t{},\"x\":\t[", "'strips'"},
        {"\"ids\":\t12", "\"ids\":\t0", "'ids'"},
        {"\"ids\":\t12", "\"ids\":\t4294967296", "'ids'"},
        {"\"ids\":\t4294967295", "\"ids\":\t76", "falling depth"},
        {"\"width\":\t8", "\"width\":\t0", "'width'"},
        {"\"width\":\t8", "\"width\":\t17", "17 wide"},
        {"\"projected\":\ttrue", "\"projected\":\t1", "'projected'"},
    };
    struct fw_plan *plan = sized_plan();
    char *text = NULL;
    ck_ok(fw_plan_print(&text, plan, err));
    delete_checksum(text);
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        struct fw_error error = {0};
        struct fw_plan *back = NULL;
        char edited[8192];
        const char *part = strstr(strstr(text, "\"embeddings\""), edits[i][0]);
        ck_assert_msg(part != NULL, "'%s' is not in the plan", edits[i][0]);
        snprintf(edited, sizeof edited, "%.*s%s%s", (int)(part - text), text, edits[i][1], part + strlen(edits[i][0]));
        ck_assert_int_eq(fw_plan_parse(&back, edited, strlen(edited), "the plan", NULL, &error), FW_E_CORRUPT);
        ck_holds(error.message, "the plan: ");
        ck_holds(error.message, edits[i][2]);
        ck_assert_ptr_null(back);
    }
    fw_free(NULL, text);
    fw_plan_destroy(plan);
}
END_TEST

START_TEST(test_plan_sizes_take_an_edit_that_makes_sense)
{
    struct fw_plan *plan = sized_plan();
    char *text = NULL;
    ck_ok(fw_plan_print(&text, plan, err));
    delete_checksum(text);
    memcpy(strstr(text, "\"ids\":\t12"), "\"ids\":\t34", 9);
    struct fw_plan *back = parse(text);
    ck_assert_int_eq(back->sizes->items[0].strips[0].ids, 34);
    fw_free(NULL, text);
    fw_plan_destroy(back);
    fw_plan_destroy(plan);
}
END_TEST

START_TEST(test_plan_sizes_refused_allocations_are_reported_and_leak_nothing)
{
    struct fw_plan *plan = sized_plan();
    char *text = print(plan);
    enum fw_status status = FW_E_NOMEM;
    int64_t n = 0;
    while (status == FW_E_NOMEM) {
        struct fw_allocator mem;
        struct fw_plan *back = NULL;
        struct fw_error err;
        fw_allocator_init(&mem, 0);
        mem.fail_at = ++n;
        status = fw_plan_parse(&back, text, strlen(text), "the plan", &mem, &err);
        if (status == FW_OK)
            status = fw_plan_set_sizes(back, plan->sizes, &plan->sizing, &err);
        fw_plan_destroy(back);
        ck_assert_uint_eq(mem.used, 0);
    }
    ck_assert_int_eq(status, FW_OK);
    ck_assert_int_gt(n, 20);
    fw_free(NULL, text);
    fw_plan_destroy(plan);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("plan_sizes");
    TCase *cases = tcase_create("plan_sizes");
    tcase_add_test(cases, test_plan_sizes_are_parsed_as_printed);
    tcase_add_test(cases, test_plan_sizes_leave_no_trace_in_a_plan_without_them);
    tcase_add_test(cases, test_plan_sizes_may_be_of_unknown_origin);
    tcase_add_test(cases, test_plan_sizes_that_cannot_be_are_not_set);
    tcase_add_test(cases, test_plan_sizes_refuse_edits_that_make_no_sense);
    tcase_add_test(cases, test_plan_sizes_take_an_edit_that_makes_sense);
    tcase_add_test(cases, test_plan_sizes_refused_allocations_are_reported_and_leak_nothing);
    suite_add_tcase(suite, cases);
    return suite;
}
