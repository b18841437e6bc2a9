#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/alloc.h"
#include "space/synth/synth.h"
#include "space/synth/synth_draw.h"
#include "space/synth/synth_model.h"
#include "space/synth/synth_sizes.h"
#include "support/test_main.h"

static struct fw_synth_options sizes_options(int64_t rows, uint64_t seed)
{
    struct fw_synth_options options;
    memset(&options, 0xA5, sizeof options);
    fw_synth_options_init(&options, FW_SYNTH_SIZES);
    options.rows = rows;
    options.seed = seed;
    return options;
}

static struct fw_synth_model *model_of(const struct fw_synth_options *options)
{
    struct fw_synth_model *model = NULL;
    ck_ok(fw_synth_model_create(&model, options, NULL, err));
    return model;
}

/* Cells, logits and labels of a model's first rows. */
struct sample {
    int64_t n;
    double *cells, *logits;
    unsigned char *labels;
};

static struct sample sample_of(const struct fw_synth_model *model, int64_t n)
{
    struct sample s = {.n = n};
    s.cells = malloc((size_t)(model->n_columns * n) * sizeof *s.cells);
    s.logits = malloc((size_t)n * sizeof *s.logits);
    s.labels = malloc((size_t)n);
    for (int64_t c = 0; c < model->n_columns; c++)
        fw_synth_model_cells(s.cells + c * n, model, c, 0, n);
    fw_synth_model_logits(s.logits, model, s.cells, n);
    fw_synth_model_labels(s.labels, model, s.logits, 0, n);
    return s;
}

static void sample_free(struct sample *s)
{
    free(s->cells);
    free(s->logits);
    free(s->labels);
}

START_TEST(test_synth_sizes_same_bytes_for_any_number_of_threads)
{
    struct fw_synth_options options = sizes_options(9000, 5);
    options.numeric = 2;
    char *one = NULL;
    char *one_truth = NULL;
    char *three = NULL;
    char *three_truth = NULL;
    char *fewer = NULL;
    size_t one_size = 0;
    size_t three_size = 0;
    size_t fewer_size = 0;
    ck_ok(fw_synth_text(&one, &one_size, &one_truth, &options, 1, NULL, err));
    ck_ok(fw_synth_text(&three, &three_size, &three_truth, &options, 3, NULL, err));
    ck_assert_uint_eq(one_size, three_size);
    ck_assert_mem_eq(one, three, one_size);
    ck_assert_str_eq(one_truth, three_truth);
    options.rows = 4500; /* a row does not depend on how many there are */
    ck_ok(fw_synth_text(&fewer, &fewer_size, NULL, &options, 3, NULL, err));
    ck_assert_uint_lt(fewer_size, one_size);
    ck_assert_mem_eq(one, fewer, fewer_size);
    fw_free(NULL, one);
    fw_free(NULL, one_truth);
    fw_free(NULL, three);
    fw_free(NULL, three_truth);
    fw_free(NULL, fewer);
}
END_TEST

START_TEST(test_synth_sizes_rows_do_not_depend_on_chunks)
{
    enum { rows = 1000, chunk = 37 };
    struct fw_synth_options options = sizes_options(rows, 2);
    struct fw_synth_model *model = model_of(&options);
    struct sample whole = sample_of(model, rows);
    double *cells = malloc((size_t)(model->n_columns * chunk) * sizeof *cells);
    for (int64_t row = 0; row < rows; row += chunk) {
        int64_t n = rows - row < chunk ? rows - row : chunk;
        double logits[chunk];
        unsigned char labels[chunk];
        for (int64_t c = 0; c < model->n_columns; c++)
            fw_synth_model_cells(cells + c * n, model, c, row, n);
        fw_synth_model_logits(logits, model, cells, n);
        fw_synth_model_labels(labels, model, logits, row, n);
        ck_assert_mem_eq(logits, whole.logits + row, (size_t)n * sizeof *logits);
        ck_assert_mem_eq(labels, whole.labels + row, (size_t)n);
    }
    free(cells);
    sample_free(&whole);
    fw_synth_model_destroy(model);
}
END_TEST

/* Chi-square of the positives by value, of values that are often enough seen, in standard deviations. */
static double dependence(const struct fw_synth_column *column, const double *cells, const struct sample *s)
{
    double *of = calloc((size_t)column->cardinality * 2, sizeof *of);
    double positives = 0;
    for (int64_t i = 0; i < s->n; i++) {
        positives += s->labels[i];
        if (isnan(cells[i]))
            continue;
        of[(int64_t)cells[i] * 2] += 1;
        of[(int64_t)cells[i] * 2 + 1] += s->labels[i];
    }
    double rate = positives / (double)s->n;
    double chi = 0;
    double freedom = 0;
    for (int64_t k = 0; k < column->cardinality; k++) {
        double d = of[k * 2 + 1] - of[k * 2] * rate;
        if (of[k * 2] < 20)
            continue;
        chi += d * d / (of[k * 2] * rate * (1 - rate));
        freedom += 1;
    }
    free(of);
    return (chi - freedom) / sqrt(2 * freedom);
}

START_TEST(test_synth_sizes_useless_columns_alone_say_nothing)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct fw_synth_options options = sizes_options(20000, seed);
        struct fw_synth_model *model = model_of(&options);
        struct sample s = sample_of(model, options.rows);
        double positives = 0;
        for (int64_t i = 0; i < s.n; i++)
            positives += s.labels[i];
        ck_assert_double_eq_tol(positives / (double)s.n, options.positive_rate, 0.015);
        for (int64_t c = 0; c < model->n_columns; c++) {
            const struct fw_synth_column *column = &model->columns[c];
            double z = dependence(column, s.cells + c * s.n, &s);
            if (column->sort == FW_SYNTH_USELESS)
                ck_assert_msg(fabs(z) < 4, "seed %d, %s: %g", (int)seed, column->name, z);
            else
                ck_assert_msg(z > 6, "seed %d, %s: %g", (int)seed, column->name, z);
        }
        sample_free(&s);
        fw_synth_model_destroy(model);
    }
}
END_TEST

/* What the pairs say in one row, pair by pair. */
static double pairs_by_hand(const struct fw_synth_model *model, const double *cells, int64_t n, int64_t i)
{
    double sum = 0;
    for (int64_t a = 0; a < model->n_columns; a++) {
        for (int64_t b = a + 1; b < model->n_columns; b++) {
            const struct fw_synth_column *x = &model->columns[a];
            const struct fw_synth_column *z = &model->columns[b];
            if (x->rank == 0 || z->rank == 0 || isnan(cells[a * n + i]) || isnan(cells[b * n + i]))
                continue;
            for (int32_t d = 0; d < x->rank && d < z->rank; d++)
                sum += x->vectors[(int64_t)cells[a * n + i] * x->rank + d] *
                       z->vectors[(int64_t)cells[b * n + i] * z->rank + d];
        }
    }
    return sum;
}

START_TEST(test_synth_sizes_logits_are_those_of_the_vectors)
{
    struct fw_synth_options options = sizes_options(500, 3);
    options.missing_rate = 0.2;
    struct fw_synth_model *model = model_of(&options);
    struct sample s = sample_of(model, options.rows);
    for (int64_t i = 0; i < s.n; i++) {
        double logit = model->bias + pairs_by_hand(model, s.cells, s.n, i);
        for (int64_t c = 0; c < model->n_columns; c++) {
            const struct fw_synth_column *column = &model->columns[c];
            if (!column->noise && !isnan(s.cells[c * s.n + i]))
                logit += column->effects[(int64_t)s.cells[c * s.n + i]];
        }
        ck_assert_double_eq_tol(s.logits[i], logit, 1e-9);
    }
    sample_free(&s);
    fw_synth_model_destroy(model);
}
END_TEST

START_TEST(test_synth_sizes_strength_is_the_deviation_of_all_pairs)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct fw_synth_options options = sizes_options(20000, seed);
        options.strength = 0.5 * (double)seed;
        options.missing_rate = seed == 2 ? 0.3 : 0.01;
        options.rank = seed == 3 ? 9 : 4;
        struct fw_synth_model *model = model_of(&options);
        struct sample s = sample_of(model, options.rows);
        double sum = 0;
        double square = 0;
        for (int64_t i = 0; i < s.n; i++) {
            double pairs = pairs_by_hand(model, s.cells, s.n, i);
            sum += pairs;
            square += pairs * pairs;
        }
        double mean = sum / (double)s.n;
        double deviation = sqrt(square / (double)s.n - mean * mean);
        ck_assert_double_eq_tol(deviation, options.strength, 0.1 * options.strength);
        ck_assert_double_eq_tol(mean, 0, 0.05 * options.strength);
        sample_free(&s);
        fw_synth_model_destroy(model);
    }
}
END_TEST

/* Coordinates and effects average to 0 over the values as often as they come: else a vector would be an own effect. */
static void check_centred(const struct fw_synth_column *column)
{
    double *shares = malloc((size_t)column->cardinality * sizeof *shares);
    fw_synth_value_shares(shares, column, column->cardinality);
    for (int32_t d = -1; d < column->rank; d++) {
        double mean = 0;
        for (int64_t k = 0; k < column->cardinality; k++)
            mean += shares[k] * (d < 0 ? column->effects[k] : column->vectors[k * column->rank + d]);
        ck_assert_double_eq_tol(mean, 0, 1e-12);
    }
    free(shares);
}

static void check_rest_is_one(const struct fw_synth_column *column)
{
    int64_t first = column->own_ids;
    for (int64_t k = 1; k < column->cardinality; k++) {
        bool same = k > first;
        int64_t other = same ? first : k - 1;
        ck_assert((column->effects[k] == column->effects[other]) == same);
        for (int32_t d = 0; d < column->rank; d++)
            ck_assert((column->vectors[k * column->rank + d] == column->vectors[other * column->rank + d]) == same);
    }
}

START_TEST(test_synth_sizes_tails_differ_to_the_end_and_heads_do_not)
{
    struct fw_synth_options options = sizes_options(100, 4);
    struct fw_synth_model *model = model_of(&options);
    int64_t seen[FW_SYNTH_SORTS] = {0};
    int64_t narrow = 0;
    for (int64_t c = 0; c < model->n_columns; c++) {
        const struct fw_synth_column *column = &model->columns[c];
        seen[column->sort]++;
        if (column->sort == FW_SYNTH_USELESS) {
            ck_assert(column->effects == NULL && column->vectors == NULL);
            ck_assert_int_ge(column->cardinality, options.cardinality / 2);
            continue;
        }
        ck_assert(column->rank == 1 || column->rank == options.rank);
        ck_assert_int_eq(column->own_ids,
                         column->sort == FW_SYNTH_TAIL ? column->cardinality : (column->cardinality + 9) / 10);
        narrow += column->rank == 1;
        check_centred(column);
        check_rest_is_one(column);
    }
    ck_assert_int_eq(seen[FW_SYNTH_TAIL], options.tail);
    ck_assert_int_eq(seen[FW_SYNTH_HEAD], options.head);
    ck_assert_int_eq(seen[FW_SYNTH_USELESS], options.useless);
    ck_assert_int_eq(narrow, 2);
    fw_synth_model_destroy(model);
}
END_TEST

static double number_of(const cJSON *object, const char *member)
{
    const cJSON *item = cJSON_GetObjectItem(object, member);
    ck_assert_msg(cJSON_IsNumber(item), "no %s", member);
    return item->valuedouble;
}

START_TEST(test_synth_sizes_truth_says_what_each_column_needs)
{
    struct fw_synth_options options = sizes_options(100, 1);
    options.numeric = 1;
    struct fw_synth_model *model = model_of(&options);
    char *truth = NULL;
    ck_ok(fw_synth_model_truth(&truth, model, err));
    cJSON *json = cJSON_Parse(truth);
    const cJSON *columns = cJSON_GetObjectItem(json, "columns");
    ck_assert_int_eq(cJSON_GetArraySize(columns), 9);
    for (int c = 0; c < 9; c++) {
        const struct fw_synth_column *column = &model->columns[c];
        const cJSON *item = cJSON_GetArrayItem(columns, c);
        const cJSON *needed = cJSON_GetObjectItem(item, "needed");
        ck_assert_str_eq(cJSON_GetObjectItem(item, "name")->valuestring, column->name);
        ck_assert_str_eq(cJSON_GetObjectItem(item, "sort")->valuestring, fw_synth_sort_name(column->sort));
        ck_assert_double_eq(number_of(item, "n_ids"), (double)column->cardinality);
        ck_assert_double_eq(number_of(item, "rank"), column->rank);
        ck_assert_double_eq(number_of(needed, "width"), column->rank);
        ck_assert_double_eq(number_of(needed, "ids"), (double)column->own_ids);
        if (column->sort == FW_SYNTH_HEAD)
            ck_assert_double_eq(number_of(item, "head_ids"), (double)column->own_ids);
    }
    double best = number_of(cJSON_GetObjectItem(json, "best"), "auc");
    ck_assert_double_ge(best, 0.8);
    ck_assert_double_le(best, 0.85);
    ck_assert_double_eq(number_of(cJSON_GetObjectItem(json, "options"), "rank"), options.rank);
    cJSON_Delete(json);
    fw_free(NULL, truth);
    fw_synth_model_destroy(model);
}
END_TEST

START_TEST(test_synth_sizes_no_width_beyond_what_meets_another)
{
    struct fw_synth_options options = sizes_options(100, 1);
    options.tail = 1;
    options.head = 1;
    options.useless = 0;
    options.rank = 8;
    options.cardinality = 30; /* a head of 3: with the others they span 3 dimensions */
    struct fw_synth_model *model = model_of(&options);
    ck_assert_int_eq(model->n_columns, 2);
    ck_assert_int_eq(model->columns[0].rank, 3);
    ck_assert_int_eq(model->columns[1].rank, 3);
    fw_synth_model_destroy(model);
    options.cardinality = 2;
    model = model_of(&options);
    ck_assert_int_eq(model->columns[0].rank, 1);
    fw_synth_model_destroy(model);
    options.strength = 0;
    model = model_of(&options);
    ck_assert_int_eq(model->columns[0].rank, 0);
    ck_assert(model->columns[0].vectors == NULL);
    fw_synth_model_destroy(model);
}
END_TEST

static void refuse(const struct fw_synth_options *options, const char *words)
{
    struct fw_synth_model *model = NULL;
    struct fw_error error = {0};
    ck_assert_int_eq(fw_synth_model_create(&model, options, NULL, &error), FW_E_ARG);
    ck_assert_msg(strstr(error.message, words) != NULL, "'%s' does not say '%s'", error.message, words);
}

#define REFUSE(member, wrong, words)                                                                                   \
    do {                                                                                                               \
        struct fw_synth_options options = sizes_options(100, 1);                                                       \
        options.member = wrong;                                                                                        \
        refuse(&options, words);                                                                                       \
    } while (0)

START_TEST(test_synth_sizes_options_out_of_range_are_refused)
{
    REFUSE(rows, 0, "rows is 0");
    REFUSE(tail, -1, "tail is -1");
    REFUSE(head, 1001, "head is 1001");
    REFUSE(useless, 1001, "useless is 1001");
    REFUSE(rank, 0, "rank is 0");
    REFUSE(rank, 65, "takes 1 to 64");
    REFUSE(cardinality, 1, "cardinality is 1");
    REFUSE(cardinality, 1 << 21, "cardinality");
    REFUSE(power, -0.5, "power");
    REFUSE(strength, NAN, "strength");
    REFUSE(main_strength, -1, "main-strength");
    REFUSE(positive_rate, 1, "positive-rate");
    REFUSE(missing_rate, 1, "missing-rate");
    REFUSE(planted, 1, "planted is 1");
    REFUSE(categorical, 1, "categorical is 1");
    struct fw_synth_options options = sizes_options(100, 1);
    options.tail = 1;
    options.head = 0;
    refuse(&options, "at least 2");
    fw_synth_options_init(&options, FW_SYNTH_CROSSES);
    options.tail = 1;
    refuse(&options, "tail is 1; a table of kind 'crosses'");
}
END_TEST

START_TEST(test_synth_sizes_refused_memory_is_an_error_without_a_leak)
{
    struct fw_synth_options options = sizes_options(100, 1);
    struct fw_allocator mem;
    struct fw_error error = {0};
    struct fw_synth_model *model = NULL;
    enum fw_status status = FW_E_NOMEM;
    int64_t refused = 0;
    for (; status == FW_E_NOMEM && refused < 200; refused++) {
        fw_allocator_init(&mem, 0);
        mem.fail_at = refused + 1;
        status = fw_synth_model_create(&model, &options, &mem, &error);
        if (status == FW_E_NOMEM)
            ck_assert_uint_eq(mem.used, 0);
    }
    ck_assert_int_eq(status, FW_OK);
    ck_assert_int_gt(refused, 20);
    fw_synth_model_destroy(model);
    ck_assert_uint_eq(mem.used, 0);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("synth_sizes");
    TCase *cases = tcase_create("synth_sizes");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_synth_sizes_same_bytes_for_any_number_of_threads);
    tcase_add_test(cases, test_synth_sizes_rows_do_not_depend_on_chunks);
    tcase_add_test(cases, test_synth_sizes_useless_columns_alone_say_nothing);
    tcase_add_test(cases, test_synth_sizes_logits_are_those_of_the_vectors);
    tcase_add_test(cases, test_synth_sizes_strength_is_the_deviation_of_all_pairs);
    tcase_add_test(cases, test_synth_sizes_tails_differ_to_the_end_and_heads_do_not);
    tcase_add_test(cases, test_synth_sizes_truth_says_what_each_column_needs);
    tcase_add_test(cases, test_synth_sizes_no_width_beyond_what_meets_another);
    tcase_add_test(cases, test_synth_sizes_options_out_of_range_are_refused);
    tcase_add_test(cases, test_synth_sizes_refused_memory_is_an_error_without_a_leak);
    suite_add_tcase(suite, cases);
    return suite;
}
