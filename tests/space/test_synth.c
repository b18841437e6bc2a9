#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "space/synth/synth.h"
#include "space/table.h"
#include "support/test_main.h"

static char *text_of(const struct fw_synth_options *options, size_t *size, char **truth, int threads)
{
    char *text = NULL;
    ck_ok(fw_synth_text(&text, size, truth, options, threads, NULL, err));
    return text;
}

START_TEST(test_synth_same_bytes_for_any_number_of_threads)
{
    for (int kind = 0; kind < 2; kind++) {
        struct fw_synth_options options;
        fw_synth_options_init(&options, (enum fw_synth_kind)kind);
        options.rows = 9000; /* several blocks, the last one short */
        options.seed = 5;
        size_t size = 0;
        char *truth = NULL;
        char *first = text_of(&options, &size, &truth, 1);
        for (int threads = 2; threads <= 8; threads += 3) {
            size_t other_size = 0;
            char *other_truth = NULL;
            char *other = text_of(&options, &other_size, &other_truth, threads);
            ck_assert_uint_eq(size, other_size);
            ck_assert(memcmp(first, other, size) == 0);
            ck_assert_str_eq(truth, other_truth);
            fw_free(NULL, other);
            fw_free(NULL, other_truth);
        }
        options.seed = 6;
        size_t other_size = 0;
        char *other = text_of(&options, &other_size, NULL, 2);
        ck_assert(size != other_size || memcmp(first, other, size) != 0);
        fw_free(NULL, other);
        fw_free(NULL, first);
        fw_free(NULL, truth);
    }
}
END_TEST

/* Logloss gained by the joint table of two columns over the sum of their own effects would need a model; the chi-square
 * of positives by combination, given the marginal rate of either column, shows a planted pair well enough. */
static double interaction(const struct fw_table *table, int64_t a, int64_t b)
{
    int64_t n_a = fw_dictionary_size(table->columns[a].dictionary);
    int64_t n_b = fw_dictionary_size(table->columns[b].dictionary);
    double *cell = calloc((size_t)(n_a * n_b * 2), sizeof *cell);
    double *of_a = calloc((size_t)n_a * 2, sizeof *of_a);
    double *of_b = calloc((size_t)n_b * 2, sizeof *of_b);
    double positives = 0;
    for (int64_t i = 0; i < table->n_rows; i++) {
        char scratch[32];
        uint32_t x = table->columns[a].codes[i];
        uint32_t z = table->columns[b].codes[i];
        double y = fw_table_text(table, 0, i, scratch).data[0] == '1';
        cell[((int64_t)x * n_b + z) * 2] += 1;
        cell[((int64_t)x * n_b + z) * 2 + 1] += y;
        of_a[x * 2] += 1;
        of_a[x * 2 + 1] += y;
        of_b[z * 2] += 1;
        of_b[z * 2 + 1] += y;
        positives += y;
    }
    double rate = positives / (double)table->n_rows;
    double chi = 0;
    double freedom = 0;
    for (int64_t x = 0; x < n_a; x++) {
        for (int64_t z = 0; z < n_b; z++) {
            double n = cell[(x * n_b + z) * 2];
            if (n < 20)
                continue;
            double p = of_a[x * 2 + 1] / of_a[x * 2] + of_b[z * 2 + 1] / of_b[z * 2] - rate;
            p = p < 0.02 ? 0.02 : p > 0.98 ? 0.98 : p;
            double d = cell[(x * n_b + z) * 2 + 1] - n * p;
            chi += d * d / (n * p * (1 - p));
            freedom += 1;
        }
    }
    free(cell);
    free(of_a);
    free(of_b);
    return (chi - freedom) / sqrt(2 * freedom + 1);
}

static struct fw_table *parse(const char *text, size_t size)
{
    struct fw_table *table = NULL;
    struct fw_table_options options;
    fw_table_options_init(&options);
    ck_ok(fw_table_parse(&table, "synth", text, size, &options, NULL, err));
    return table;
}

START_TEST(test_synth_plants_what_the_truth_says)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct fw_synth_options options;
        fw_synth_options_init(&options, FW_SYNTH_CROSSES);
        options.seed = seed;
        options.numeric = 0;
        options.noise = 0;
        options.planted = 1;
        options.max_order = 2;
        options.main_strength = 0.2;
        size_t size = 0;
        char *truth = NULL;
        char *text = text_of(&options, &size, &truth, 2);
        struct fw_table *table = parse(text, size);
        ck_assert_int_eq(table->n_rows, options.rows);
        ck_assert_int_eq(table->n_columns, 9);
        cJSON *json = cJSON_Parse(truth);
        const cJSON *cross = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "crosses"), 0);
        const cJSON *columns = cJSON_GetObjectItem(cross, "columns");
        int64_t a = fw_table_find_column(table, cJSON_GetArrayItem(columns, 0)->valuestring);
        int64_t b = fw_table_find_column(table, cJSON_GetArrayItem(columns, 1)->valuestring);
        ck_assert_int_ge(a, 1);
        ck_assert_int_ge(b, 1);
        double planted = interaction(table, a, b);
        double largest_other = 0;
        for (int64_t x = 1; x < table->n_columns; x++) {
            for (int64_t z = x + 1; z < table->n_columns; z++) {
                double other = interaction(table, x, z);
                if (x != (a < b ? a : b) || z != (a < b ? b : a))
                    largest_other = other > largest_other ? other : largest_other;
            }
        }
        ck_assert_msg(planted > 20 && planted > 2 * largest_other, "planted %g, other %g", planted, largest_other);
        double positives = 0;
        for (int64_t i = 0; i < table->n_rows; i++) {
            char scratch[32];
            positives += fw_table_text(table, 0, i, scratch).data[0] == '1';
        }
        ck_assert_double_eq_tol(positives / (double)table->n_rows, 0.25, 0.02);
        cJSON_Delete(json);
        fw_table_destroy(table);
        fw_free(NULL, text);
        fw_free(NULL, truth);
    }
}
END_TEST

START_TEST(test_synth_strength_zero_plants_nothing_and_bad_options_are_refused)
{
    struct fw_synth_options options;
    struct fw_error error = {0};
    char *text = NULL;
    char *truth = NULL;
    size_t size = 0;
    fw_synth_options_init(&options, FW_SYNTH_CROSSES);
    options.rows = 500;
    options.strength = 0;
    text = text_of(&options, &size, &truth, 1);
    cJSON *json = cJSON_Parse(truth);
    ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(json, "crosses")), 0);
    cJSON_Delete(json);
    fw_free(NULL, text);
    fw_free(NULL, truth);
    options.max_order = 5;
    ck_assert_int_eq(fw_synth_text(&text, &size, NULL, &options, 1, NULL, &error), FW_E_ARG);
    options.max_order = 3;
    options.positive_rate = 1.5;
    ck_assert_int_eq(fw_synth_text(&text, &size, NULL, &options, 1, NULL, &error), FW_E_ARG);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("synth");
    TCase *cases = tcase_create("synth");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_synth_same_bytes_for_any_number_of_threads);
    tcase_add_test(cases, test_synth_plants_what_the_truth_says);
    tcase_add_test(cases, test_synth_strength_zero_plants_nothing_and_bad_options_are_refused);
    suite_add_tcase(suite, cases);
    return suite;
}
