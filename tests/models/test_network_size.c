/* How many parameters the networks have: by formula on small shapes, and on the shape of Criteo x1 against the counts
 * that the BARS benchmark's logs show for the same networks. */
#include <stdio.h>
#include <string.h>

#include "models/network.h"
#include "models/registry.h"
#include "support/fitting.h"
#include "support/inputs.h"
#include "support/test_main.h"

/* Four fields of which the last is a cross, and two values. */
enum { ids_a = 5, ids_b = 11, ids_c = 70, ids_cross = 40 };

static struct fw_dataset *make_dataset(void)
{
    struct planted_options options = {
        .n_rows = 1, .n_fields = 4, .n_ids = {ids_a, ids_b, ids_c, ids_cross}, .strength = 1, .seed = 1};
    return inputs_create(&options, 2);
}

/* A perceptron from `in` through hidden layers, biases included. */
static int64_t hidden(int64_t in, int64_t units, int64_t layers)
{
    int64_t n = 0;
    for (int64_t l = 0; l < layers; l++, in = units)
        n += in * units + units;
    return n;
}

/* Shapes of the tests below: inputs, ids with embeddings, width, hidden layers and units. */
enum { n = 5, V = ids_a + ids_b + ids_c + 2, k = 3, d = n * k, layers = 2, units = 7 };
enum { linear = 1 + ids_a + ids_b + ids_c + ids_cross };

static void ck_count(const struct fw_dataset *dataset, const char *name, const char *settings, int64_t expected)
{
    char all[256];
    snprintf(all, sizeof all, "dim=3,batch=8%s%s", settings[0] != '\0' ? "," : "", settings);
    struct fw_model *model = fitting_create(name, all, dataset, 1, NULL);
    ck_assert_msg(fw_model_parameter_count(model) == expected, "%s with %s: %lld parameters, not %lld", name, all,
                  (long long)fw_model_parameter_count(model), (long long)expected);
    fw_model_destroy(model);
}

START_TEST(test_network_size_follows_the_formulas)
{
    const int64_t mlp = hidden(d, units, layers);
    const int64_t rank = 2;
    struct fw_dataset *dataset = make_dataset();
    ck_count(dataset, "fm", "linear=learned", V * k + linear);
    ck_count(dataset, "fm", "linear=none", V * k);
    ck_count(dataset, "ffm", "linear=learned", V * (n - 1) * k + linear);
    ck_count(dataset, "fwfm", "linear=learned", V * k + n * (n - 1) / 2 + linear);
    ck_count(dataset, "dnn", "linear=none,layers=2,units=7", V * k + mlp + units + 1);
    ck_count(dataset, "dnn", "linear=none,layers=0", V * k + d + 1);
    /* each bias gives way to scale, shift and two running figures */
    ck_count(dataset, "dnn", "linear=none,layers=2,units=7,batch_norm=on",
             V * k + mlp + 3 * layers * units + units + 1);
    ck_count(dataset, "wdl", "linear=learned,layers=2,units=7", V * k + mlp + units + 1 + linear);
    ck_count(dataset, "deepfm", "linear=learned,layers=2,units=7", V * k + mlp + units + 1 + linear);
    ck_count(dataset, "deepcrossing", "linear=none,layers=3,units=7",
             V * k + 3 * (d * units + units + units * d + d) + d + 1);
    ck_count(dataset, "pnn", "linear=none,layers=2,units=7,product=inner",
             V * k + hidden(d + n * (n - 1) / 2, units, layers) + units + 1);
    ck_count(dataset, "pnn", "linear=none,layers=2,units=7,product=outer",
             V * k + hidden(d + k * k, units, layers) + units + 1);
    ck_count(dataset, "pnn", "linear=none,layers=2,units=7,product=both",
             V * k + hidden(d + n * (n - 1) / 2 + k * k, units, layers) + units + 1);
    ck_count(dataset, "dcn", "linear=none,layers=2,units=7,cross_layers=3", V * k + 3 * 2 * d + mlp + d + units + 1);
    ck_count(dataset, "dcnv2", "linear=none,layers=2,units=7,cross_layers=3",
             V * k + 3 * (d * d + d) + mlp + d + units + 1);
    ck_count(dataset, "dcnv2", "linear=none,layers=2,units=7,cross_layers=3,form=low_rank,rank=2,structure=alone",
             V * k + 3 * (2 * d * rank + d) + d + 1);
    ck_count(dataset, "dcnv2",
             "linear=none,layers=2,units=7,cross_layers=2,form=mixture,rank=2,experts=3,structure=stacked",
             V * k + 2 * (3 * (2 * d * rank + rank * rank + d) + 3 * d + 3) + mlp + units + 1);
    /* a layer of H maps on H' of them: H (1 + H' m) */
    ck_count(dataset, "xdeepfm", "linear=learned,layers=2,units=7,cin_layers=2,maps=4",
             V * k + 4 * (1 + n * n) + 4 * (1 + 4 * n) + mlp + 8 + units + 1 + linear);
    ck_count(dataset, "fpenn", "linear=learned,layers=2,units=7",
             2 * V * (n - 1) * k + hidden(d * (n - 1), units, layers) + units + 1 + linear + 3);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_network_size_follows_what_enters)
{
    struct fw_dataset *dataset = make_dataset();
    int64_t all = ids_a + ids_b + ids_c + ids_cross + 2;
    ck_count(dataset, "fm", "linear=none,crosses=both", all * k);
    ck_count(dataset, "fm", "linear=learned,crosses=deep", all * k + linear - ids_cross);
    ck_count(dataset, "fm", "linear=none,numeric=bins", (V - 2) * k);
    ck_count(dataset, "fm", "linear=none,numeric=values", (V - ids_b) * k);
    fw_dataset_destroy(dataset);
}
END_TEST

/* Criteo x1: 26 categorical columns and 13 numeric ones, 2,086,316 rows of weights with the 13. Nothing is allocated:
 * the footprint counts the bytes of all parameters. */
enum { bars_rows = 2086316, bars_fields = 26, bars_values = 13 };

static int64_t bars_count(const char *name, const char *settings)
{
    const struct fw_model_vtable *network;
    struct fw_params params;
    struct fw_model_footprint footprint;
    struct fw_dataset dataset = {.n_fields = bars_fields, .n_values = bars_values};
    struct fw_field fields[bars_fields] = {{0}};
    struct fw_value_column values[bars_values] = {{0}};
    dataset.fields = fields;
    dataset.values = values;
    for (int f = 0; f < bars_fields; f++)
        fields[f].n_ids = f > 0 ? 80000 : bars_rows - bars_values - 25 * 80000;
    ck_ok(fw_model_find(&network, name, err));
    fw_params_init(&params, network->params);
    ck_ok(fw_params_parse(&params, settings, err));
    struct fw_model_config config = {.dataset = &dataset, .params = &params, .seed = 1, .threads = 1};
    ck_ok(fw_model_measure(&footprint, network, &config, NULL, err));
    return (int64_t)(footprint.parameters / sizeof(float));
}

START_TEST(test_network_size_is_that_of_the_benchmark)
{
    const int64_t E = 10 * (int64_t)bars_rows;
    /* our linear part has weights for ids alone: numbers go into it by bins */
    const int64_t wide = bars_rows - bars_values + 1;
    const struct {
        const char *name, *settings;
        int64_t expected;
    } logs[] = {
        {"fm", "dim=10,linear=learned", E + wide},
        {"ffm", "dim=5,linear=learned", 38 * 5 * (int64_t)bars_rows + wide},
        {"dcn", "dim=10,linear=none,cross_layers=3,layers=3,units=400", E + 3 * 2 * 390 + 477200 + 791},
        {"dcnv2", "dim=10,linear=none,cross_layers=3,layers=3,units=500", E + 3 * (390 * 390 + 390) + 696500 + 891},
        {"dcnv2", "dim=10,linear=none,cross_layers=5,structure=alone", E + 5 * 152490 + 391},
        {"deepfm", "dim=10,linear=learned,layers=3,units=400", E + wide + 477200 + 401},
        /* the logs have one bias more: they end both parts in a layer of their own */
        {"xdeepfm", "dim=10,linear=learned,layers=3,units=400,cin_layers=2,maps=16", E + wide + 34385 + 477601 - 1},
    };
    for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++) {
        int64_t count = bars_count(logs[i].name, logs[i].settings);
        ck_assert_msg(count == logs[i].expected, "%s with %s: %lld parameters, not %lld", logs[i].name,
                      logs[i].settings, (long long)count, (long long)logs[i].expected);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("network size");
    TCase *tests = tcase_create("sizes");
    tcase_add_test(tests, test_network_size_follows_the_formulas);
    tcase_add_test(tests, test_network_size_follows_what_enters);
    tcase_add_test(tests, test_network_size_is_that_of_the_benchmark);
    suite_add_tcase(suite, tests);
    return suite;
}
