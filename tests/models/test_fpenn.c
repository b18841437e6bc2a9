/* What is particular to FPENN: embeddings that are distributions. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/registry.h"
#include "support/fitting.h"
#include "support/inputs.h"
#include "support/test_main.h"

enum { most_rows = 4000 };

/* Low ids are frequent. */
static struct fw_dataset *make_dataset(int64_t n_rows, uint64_t seed)
{
    struct planted_options options = {.n_rows = n_rows,
                                      .n_fields = 3,
                                      .n_ids = {40, 40, 40},
                                      .strength = 0.7,
                                      .weighted = false,
                                      .power = 3,
                                      .seed = seed};
    return inputs_create(&options, 1);
}

/* A model with the parameters of another: what differs is how it predicts. */
static float *logits_as(const struct fw_model *from, const char *settings, const struct fw_dataset *dataset)
{
    struct fw_model *model = fitting_create(from->vtable->name, settings, dataset, 1, NULL);
    float *values = fitting_parameters(from);
    fw_model_set_parameters(model, values);
    float *logits = fitting_logits(model, dataset);
    fw_free(NULL, values);
    fw_model_destroy(model);
    return logits;
}

static struct fw_model *trained(const struct fw_dataset *dataset, const char *settings, int epochs)
{
    struct fw_model *model = fitting_create("fpenn", settings, dataset, 1, NULL);
    struct fw_row_set all = fw_row_set_all(dataset);
    for (int epoch = 0; epoch < epochs; epoch++)
        fitting_epoch(model, &all);
    return model;
}

static double mean_distance(const float *a, const float *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += fabs((double)a[i] - (double)b[i]);
    return sum / (double)n;
}

START_TEST(test_fpenn_reads_mean_draw_and_bound)
{
    struct fw_dataset *dataset = make_dataset(1000, 3);
    const size_t bytes = 1000 * sizeof(float);
    struct fw_model *model = trained(dataset, "linear=learned,batch=100,rate=0.01,init=0.2,sigma=0.2", 3);
    float *mean = logits_as(model, "linear=learned,sampling=mean", dataset);
    float *ts = logits_as(model, "linear=learned,sampling=ts", dataset);
    float *again = logits_as(model, "linear=learned,sampling=ts", dataset);
    float *ucb = logits_as(model, "linear=learned,sampling=ucb", dataset);
    float *wider = logits_as(model, "linear=learned,sampling=ucb,bound=3", dataset);
    float *none = logits_as(model, "linear=learned,sampling=ucb,bound=0", dataset);
    ck_assert_mem_eq(mean, none, bytes);
    ck_assert_mem_eq(ts, again, bytes);
    ck_assert_double_gt(mean_distance(mean, ts, 1000), 0.01);
    ck_assert_double_gt(mean_distance(mean, ucb, 1000), 0.01);
    ck_assert_double_gt(mean_distance(mean, wider, 1000), 1.5 * mean_distance(mean, ucb, 1000));
    fw_free(NULL, mean);
    fw_free(NULL, ts);
    fw_free(NULL, again);
    fw_free(NULL, ucb);
    fw_free(NULL, wider);
    fw_free(NULL, none);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

/* A draw belongs to the row's ids: not to its place in the batch, nor to its neighbours. */
START_TEST(test_fpenn_draws_do_not_hang_on_the_place_in_the_batch)
{
    struct fw_dataset *dataset = make_dataset(500, 4);
    struct fw_model *model = trained(dataset, "linear=learned,batch=100,sampling=ts,sigma=0.3,init=0.3", 1);
    int64_t turned[500];
    float logits[500];
    float backwards[500];
    struct fw_dataset_view all = inputs_rows(dataset, 0, 500);
    struct fw_dataset_view other = {.dataset = dataset, .index = turned, .n = 500};
    void *scratch = fw_alloc_array(NULL, (int64_t)fw_model_predict_bytes(model), 1);
    for (int64_t i = 0; i < 500; i++)
        turned[i] = 499 - i;
    fw_model_predict(model, logits, &all, scratch);
    fw_model_predict(model, backwards, &other, scratch);
    for (int64_t i = 0; i < 500; i++)
        ck_assert_float_eq_tol(logits[i], backwards[499 - i], 1e-5f * (1 + fabsf(logits[i])));
    fw_free(NULL, scratch);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

/* Mean sigma of the embeddings of ids in [from, to), over all fields. */
static double mean_sigma(const struct fw_model *model, int64_t from, int64_t to)
{
    struct fw_parameter p;
    double sum = 0;
    int64_t n = 0;
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &p); i++) {
        if (strcmp(p.name, "rho") != 0)
            continue;
        for (int64_t at = from * p.width; at < to * p.width; at++, n++)
            sum += log1p(exp((double)p.data[at]));
    }
    ck_assert_int_gt(n, 0);
    return sum / (double)n;
}

/* The paper's fact: where data are plenty, the distribution is narrow. With a prior for the rows that show an id and
 * without, over several seeds. Ids 0 to 3 are in about half of the rows, ids 30 to 39 in a tenth. */
START_TEST(test_fpenn_frequent_ids_are_surer_than_rare_ones)
{
    static const char *const settings[] = {
        "linear=none,batch=100,rate=0.01,sigma=0.3,init=0.3,l2=0,dropout=0",
        "linear=none,batch=100,rate=0.01,sigma=0.3,init=0.3,l2=0,dropout=0,prior=0.0002,prior_sigma=0.3"};
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct fw_dataset *dataset = make_dataset(most_rows, seed);
        struct fw_model *model = trained(dataset, settings[_i], 8);
        double frequent = mean_sigma(model, 0, 4);
        double rare = mean_sigma(model, 30, 40);
        ck_assert_msg(frequent < 0.95 * rare, "seed %d: %g and %g", (int)seed, frequent, rare);
        fw_model_destroy(model);
        fw_dataset_destroy(dataset);
    }
}
END_TEST

/* A strong prior holds both figures: sigma at its own, the mean near 0. */
START_TEST(test_fpenn_prior_pulls_to_itself)
{
    struct fw_dataset *dataset = make_dataset(1000, 2);
    struct fw_model *model =
        trained(dataset, "linear=learned,batch=100,rate=0.02,sigma=0.05,init=0.3,l2=0,prior=10,prior_sigma=0.2", 30);
    struct fw_parameter p;
    double squares = 0;
    int64_t n = 0;
    ck_assert_double_eq_tol(mean_sigma(model, 0, 4), 0.2, 0.01);
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &p); i++) {
        for (int64_t at = 0; strcmp(p.name, "mean") == 0 && at < 4 * p.width; at++, n++)
            squares += (double)p.data[at] * (double)p.data[at];
    }
    ck_assert_double_lt(sqrt(squares / (double)n), 0.05);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

/* Copies arrays whose name begins so to those of another name, in their order. */
static void carry(const struct fw_model *from, const char *name, struct fw_model *to, const char *other)
{
    struct fw_parameter a;
    struct fw_parameter b;
    int64_t at = 0;
    for (int64_t i = 0; from->vtable->parameter(from->self, i, &a); i++) {
        if (strncmp(a.name, name, strlen(name)) != 0)
            continue;
        for (; to->vtable->parameter(to->self, at, &b); at++) {
            if (strncmp(b.name, other, strlen(other)) == 0)
                break;
        }
        ck_assert_int_eq(a.rows * a.width, b.rows * b.width);
        memcpy(b.data, a.data, (size_t)(a.rows * a.width) * sizeof *a.data);
        at++;
    }
}

/* With sigma near 0 and no hidden layers' share, it is the field-aware machine on the means: the loss of a batch and
 * the scores are the same. */
START_TEST(test_fpenn_without_spread_is_ffm_beside_a_perceptron)
{
    struct fw_dataset *dataset = make_dataset(600, 5);
    struct fw_model *ffm = fitting_create("ffm", "linear=learned,batch=600,init=0.3", dataset, 1, NULL);
    struct fw_row_set all = fw_row_set_all(dataset);
    for (int epoch = 0; epoch < 20; epoch++)
        fitting_epoch(ffm, &all);
    char settings[128];
    snprintf(settings, sizeof settings, "linear=learned,batch=600,dropout=0,sigma=1e-6,sampling=%s",
             _i == 0 ? "mean" : "ts");
    struct fw_model *fpenn = fitting_create("fpenn", settings, dataset, 1, NULL);
    carry(ffm, "embedding", fpenn, "mean");
    carry(ffm, "linear", fpenn, "linear");
    struct fw_parameter p;
    for (int64_t i = 0; fpenn->vtable->parameter(fpenn->self, i, &p); i++) {
        if (strncmp(p.name, "out.", 4) == 0)
            memset(p.data, 0, (size_t)(p.rows * p.width) * sizeof *p.data);
    }
    float *expected = fitting_logits(ffm, dataset);
    float *logits = fitting_logits(fpenn, dataset);
    for (int64_t i = 0; i < 600; i++)
        ck_assert_float_eq_tol(logits[i], expected[i], 1e-4f);
    /* while training too, where it draws */
    ck_assert_double_eq_tol(fitting_epoch(fpenn, &all), fitting_logloss(expected, dataset), 1e-4);
    fw_free(NULL, expected);
    fw_free(NULL, logits);
    fw_model_destroy(ffm);
    fw_model_destroy(fpenn);
    fw_dataset_destroy(dataset);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("fpenn");
    TCase *tests = tcase_create("fpenn");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_fpenn_reads_mean_draw_and_bound);
    tcase_add_test(tests, test_fpenn_draws_do_not_hang_on_the_place_in_the_batch);
    tcase_add_loop_test(tests, test_fpenn_frequent_ids_are_surer_than_rare_ones, 0, 2);
    tcase_add_test(tests, test_fpenn_prior_pulls_to_itself);
    tcase_add_loop_test(tests, test_fpenn_without_spread_is_ffm_beside_a_perceptron, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}
