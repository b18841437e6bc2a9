#include <string.h>

#include "core/text.h"
#include "space/split.h"
#include "support/schemas.h"
#include "support/tables.h"
#include "support/test_main.h"

enum { most_rows = 400 };

struct sample {
    struct fw_table *table;
    struct fw_schema *schema;
};

/* Rows of label, feature, group (of 30) and time; times are a prefix and three
 * digits that run through a permutation. */
static struct sample sample_of(int64_t n_rows, const char *time_prefix)
{
    struct sample sample;
    struct fw_buffer text;
    struct fw_schema_options options;
    fw_buffer_init(&text, NULL);
    fw_buffer_add_text(&text, "y,x,user,when\n");
    for (int64_t i = 0; i < n_rows; i++) {
        fw_buffer_addf(&text, "%d,%c,u%d,", (int)(i % 3 == 0), "abc"[i % 3], (int)(i * 7 % 30));
        fw_buffer_addf(&text, "%s%03d\n", time_prefix, (int)(i * 171 % n_rows));
    }
    sample.table = table_of(text.data, NULL);
    ck_assert_int_eq(sample.table->n_rows, n_rows);
    fw_schema_options_init(&options);
    options.labels = NAMES("y");
    options.group = "user";
    options.time = "when";
    sample.schema = schema_of(sample.table, &options);
    fw_buffer_clear(&text);
    return sample;
}

static void sample_clear(struct sample *sample)
{
    fw_schema_destroy(sample->schema);
    fw_table_destroy(sample->table);
}

static int32_t n_folds;
static int32_t n_judged;

static void split(int32_t *folds, const struct sample *sample, const struct fw_split_options *options)
{
    for (int64_t i = 0; i < sample->table->n_rows; i++)
        folds[i] = -7;
    ck_ok(fw_split_rows(folds, &n_folds, &n_judged, sample->table, NULL, sample->schema, options, NULL, err));
    for (int64_t i = 0; i < sample->table->n_rows; i++)
        ck_assert(folds[i] >= 0 && folds[i] < n_folds);
}

static int64_t rows_in(const int32_t *folds, int64_t n_rows, int32_t fold)
{
    int64_t n = 0;
    for (int64_t i = 0; i < n_rows; i++)
        n += folds[i] == fold;
    return n;
}

/* The message of a split that must be refused. */
static const char *refusal(const struct sample *sample, const struct fw_split_options *options, enum fw_status status)
{
    static struct fw_error error;
    int32_t folds[most_rows];
    ck_assert_int_eq(fw_split_rows(folds, &n_folds, &n_judged, sample->table, NULL, sample->schema, options, NULL,
                                   &error),
                     status);
    return error.message;
}

START_TEST(test_split_fold_sizes_differ_by_at_most_one_row)
{
    int32_t folds[most_rows];
    const int64_t sizes[] = {8, 23, 100, 257};
    for (int s = 0; s < 4; s++) {
        struct sample sample = sample_of(sizes[s], "t");
        for (int32_t k = 2; k <= 8; k++) {
            struct fw_split_options options;
            fw_split_options_init(&options);
            options.folds = k;
            options.seed = (uint64_t)(31 * s + k);
            split(folds, &sample, &options);
            ck_assert_int_eq(n_folds, k);
            ck_assert_int_eq(n_judged, k);
            for (int32_t fold = 0; fold < k; fold++) {
                int64_t n = rows_in(folds, sizes[s], fold);
                ck_assert(n == sizes[s] / k || n == (sizes[s] + k - 1) / k);
            }
        }
        sample_clear(&sample);
    }
}
END_TEST

START_TEST(test_split_hold_out_has_its_fraction)
{
    int32_t folds[most_rows];
    const double fractions[] = {0.1, 0.2, 0.5, 0.9};
    struct sample sample = sample_of(200, "t");
    for (int f = 0; f < 4; f++) {
        struct fw_split_options options;
        fw_split_options_init(&options);
        options.folds = 0;
        options.valid_fraction = fractions[f];
        split(folds, &sample, &options);
        ck_assert_int_eq(n_folds, 2);
        ck_assert_int_eq(n_judged, 1);
        ck_assert_int_eq(rows_in(folds, 200, 0), (int64_t)(200 * fractions[f] + 0.5));
    }
    sample_clear(&sample);
}
END_TEST

START_TEST(test_split_follows_its_seed_alone)
{
    int32_t folds[most_rows];
    int32_t again[most_rows];
    struct sample sample = sample_of(most_rows, "t");
    for (int kind = FW_SPLIT_RANDOM; kind <= FW_SPLIT_GROUP; kind++) {
        struct fw_split_options options;
        fw_split_options_init(&options);
        options.kind = (enum fw_split_kind)kind;
        options.folds = 3;
        for (uint64_t seed = 0; seed < 5; seed++) {
            options.seed = seed;
            split(folds, &sample, &options);
            split(again, &sample, &options);
            ck_assert_mem_eq(folds, again, sizeof folds);
            options.seed = seed + 1;
            split(again, &sample, &options);
            ck_assert_mem_ne(folds, again, sizeof folds);
        }
    }
    sample_clear(&sample);
}
END_TEST

START_TEST(test_split_random_folds_are_independent_of_the_order_of_rows)
{
    /* neighbours share a fold about as often as chance has it: 399 pairs, a fifth of them, deviation 8 */
    int32_t folds[most_rows];
    struct sample sample = sample_of(most_rows, "t");
    struct fw_split_options options;
    fw_split_options_init(&options);
    options.seed = 11;
    split(folds, &sample, &options);
    int64_t pairs = 0;
    for (int64_t i = 1; i < most_rows; i++)
        pairs += folds[i] == folds[i - 1];
    ck_assert(pairs > 80 - 32 && pairs < 80 + 32);
    sample_clear(&sample);
}
END_TEST

START_TEST(test_split_rows_of_a_group_stay_together)
{
    int32_t folds[most_rows];
    struct sample sample = sample_of(most_rows, "t");
    for (int32_t k = 0; k <= 4; k += 2) {
        struct fw_split_options options;
        fw_split_options_init(&options);
        options.kind = FW_SPLIT_GROUP;
        options.folds = k;
        options.valid_fraction = 0.4;
        options.seed = 3;
        split(folds, &sample, &options);
        ck_assert_int_eq(n_folds, k > 0 ? k : 2);
        ck_assert_int_eq(n_judged, k > 0 ? k : 1);
        for (int64_t i = 0; i < most_rows; i++) {
            if (i >= 30) /* groups recur every thirty rows */
                ck_assert_str_eq(cell_of(sample.table, 2, i), cell_of(sample.table, 2, i - 30));
            ck_assert_int_eq(folds[i], folds[i % 30]);
        }
        for (int32_t fold = 0; fold < n_folds; fold++)
            ck_assert_int_gt(rows_in(folds, most_rows, fold), 0);
    }
    sample_clear(&sample);
}
END_TEST

START_TEST(test_split_by_time_judges_the_latest_rows)
{
    const char *const formats[] = {"1", "-1", "1.5", "2024-05-01T12:00:", "-3."};
    const bool falling[] = {false, true, false, false, true};
    int32_t folds[most_rows];
    for (int f = 0; f < 5; f++) {
        struct sample sample = sample_of(40, formats[f]);
        struct fw_split_options options;
        fw_split_options_init(&options);
        options.kind = FW_SPLIT_TIME;
        options.valid_fraction = 0.25;
        split(folds, &sample, &options);
        ck_assert_int_eq(n_folds, 2);
        ck_assert_int_eq(n_judged, 1);
        for (int i = 0; i < 40; i++) {
            int time = i * 171 % 40;
            bool late = falling[f] ? time < 10 : time >= 30;
            ck_assert_msg(folds[i] == (late ? 0 : 1), "%s, row %d", formats[f], i);
        }
        sample_clear(&sample);
    }
}
END_TEST

START_TEST(test_split_finds_its_column_in_another_table)
{
    int32_t folds[4];
    const int64_t columns[] = {3, 2, 1, 0};
    struct sample sample = sample_of(40, "1");
    struct fw_table *other = table_of("when,user,x,y\n4,a,a,1\n1,b,b,0\n3,a,c,1\n2,b,a,0\n", NULL);
    struct fw_split_options options;
    fw_split_options_init(&options);
    options.kind = FW_SPLIT_TIME;
    options.valid_fraction = 0.5;
    ck_ok(fw_split_rows(folds, &n_folds, &n_judged, other, columns, sample.schema, &options, NULL, err));
    ck_assert(folds[0] == 0 && folds[1] == 1 && folds[2] == 0 && folds[3] == 1);
    fw_table_destroy(other);
    sample_clear(&sample);
}
END_TEST

/* A table of four rows with these times. */
static struct sample timed(const char *text)
{
    struct sample sample = {.table = table_of(text, NULL)};
    struct fw_schema_options options;
    fw_schema_options_init(&options);
    options.labels = NAMES("y");
    options.time = "when";
    sample.schema = schema_of(sample.table, &options);
    return sample;
}

START_TEST(test_split_refuses_times_that_do_not_sort)
{
    const char *const tables[] = {
        "y,x,when\n1,a,2024-05-01\n0,b,2024-05-1\n1,a,2024-05-03\n0,c,2024-05-04\n",
        "y,x,when\n1,a,2024-05-01\n0,b,2024-05-02\n1,a,\n0,c,2024-05-04\n",
        "y,x,when\n1,a,\n0,b,2\n1,a,3\n0,c,4\n",
    };
    const char *const places[] = {"t.csv:3:", "t.csv:4:", "t.csv:2:"};
    for (int t = 0; t < 3; t++) {
        struct sample sample = timed(tables[t]);
        struct fw_split_options options;
        fw_split_options_init(&options);
        options.kind = FW_SPLIT_TIME;
        const char *message = refusal(&sample, &options, FW_E_INPUT);
        ck_holds(message, places[t]);
        ck_holds(message, "'when'");
        sample_clear(&sample);
    }
}
END_TEST

START_TEST(test_split_refuses_an_empty_fold)
{
    struct sample sample = sample_of(7, "1");
    struct fw_split_options options;
    fw_split_options_init(&options);
    options.folds = 8;
    ck_holds(refusal(&sample, &options, FW_E_INPUT), "7 rows");
    options.folds = 0;
    options.valid_fraction = 0.01;
    ck_holds(refusal(&sample, &options, FW_E_INPUT), "7 rows");
    options.valid_fraction = 0.99;
    options.kind = FW_SPLIT_TIME;
    ck_holds(refusal(&sample, &options, FW_E_INPUT), "7 rows");
    sample_clear(&sample);
}
END_TEST

START_TEST(test_split_refuses_more_folds_than_it_can_count)
{
    struct sample sample = sample_of(most_rows, "1");
    struct fw_split_options options;
    int32_t folds[most_rows];
    fw_split_options_init(&options);
    options.folds = FW_SPLIT_MAX_FOLDS;
    split(folds, &sample, &options);
    ck_assert_int_eq(n_folds, FW_SPLIT_MAX_FOLDS);
    for (int32_t excess = 1; excess < 200; excess += 99) {
        options.folds = FW_SPLIT_MAX_FOLDS + excess;
        ck_holds(refusal(&sample, &options, FW_E_ARG), "folds");
    }
    sample_clear(&sample);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("split");
    TCase *cases = tcase_create("split");
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_split_fold_sizes_differ_by_at_most_one_row);
    tcase_add_test(cases, test_split_hold_out_has_its_fraction);
    tcase_add_test(cases, test_split_follows_its_seed_alone);
    tcase_add_test(cases, test_split_random_folds_are_independent_of_the_order_of_rows);
    tcase_add_test(cases, test_split_rows_of_a_group_stay_together);
    tcase_add_test(cases, test_split_by_time_judges_the_latest_rows);
    tcase_add_test(cases, test_split_finds_its_column_in_another_table);
    tcase_add_test(cases, test_split_refuses_times_that_do_not_sort);
    tcase_add_test(cases, test_split_refuses_an_empty_fold);
    tcase_add_test(cases, test_split_refuses_more_folds_than_it_can_count);
    suite_add_tcase(suite, cases);
    return suite;
}
