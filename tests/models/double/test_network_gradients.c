/* The gradients of every registered network in double precision: as it comes, and with each choice of each of its
 * options. */
#include <stdio.h>
#include <string.h>

#include "models/network.h"
#include "models/registry.h"
#include "support/double/gradients.h"
#include "support/inputs.h"
#include "support/mixed_sizes.h"
#include "support/several.h"
#include "support/test_main.h"

/* Small enough for finite differences, with linear=learned, so that all weights have gradients. Keys that a model does
 * not have are left out. */
static const char *const base[] = {"dim=3",          "units=5",         "layers=2",     "init=0.5", "dropout=0",
                                   "batch=96",       "sigma=0.3",       "maps=4",       "rank=2",   "experts=3",
                                   "linear=learned", "numeric=both",    "crosses=both", "tower=4",  "task_experts=2",
                                   "subnetworks=3",  "shared_experts=2"};

/* Each is tried on every model that has its keys. */
static const char *const variants[] = {
    "dim=3", /* the base as it is */
    "linear=none",
    "linear=newton",
    "numeric=bins",
    "numeric=values",
    "crosses=wide",
    "crosses=deep",
    "dim=1",
    "layers=0",
    "layers=3,units=1",
    "dropout=0.3",
    "batch_norm=on",
    "batch_norm=on,dropout=0.3",
    "product=outer",
    "product=both",
    "cross_layers=1",
    "cross_layers=3",
    "form=low_rank",
    "form=mixture",
    "form=mixture,structure=stacked",
    "structure=stacked",
    "structure=alone",
    "cin_layers=1",
    "cin_layers=3,maps=1",
    "prior=0.1",
    "sampling=ts",
    "sampling=ucb,prior=0.1,prior_sigma=0.5",
};

/* The same for models of several labels. */
static const char *const several_variants[] = {
    "dim=3",
    "numeric=bins",
    "numeric=values",
    "numeric=raw",
    "crosses=wide",
    "crosses=deep",
    "dim=1",
    "layers=3,units=3",
    "dropout=0.3",
    "tower=0",
    "tower=3,dropout=0.3",
    "experts=1",
    "experts=4,units=17",
    "levels=1",
    "levels=3",
    "levels=3,task_experts=1,shared_experts=3",
    "closeness=0.5",
    "closeness=0,units=3",
    "closeness=0.1,layers=3",
};

enum {
    n_variants = sizeof variants / sizeof variants[0],
    n_several_variants = sizeof several_variants / sizeof several_variants[0]
};

/* Whether a model has the keys of all these settings. */
static bool has_keys(const struct fw_params *params, const char *settings)
{
    for (const char *at = settings; at != NULL; at = strchr(at, ',') != NULL ? strchr(at, ',') + 1 : NULL) {
        char key[64];
        snprintf(key, sizeof key, "%.*s", (int)strcspn(at, "="), at);
        if (!fw_params_has(params, key))
            return false;
    }
    return true;
}

static struct fw_model *make_model(const struct fw_model_vtable *network, const char *settings,
                                   const struct fw_dataset *dataset, const struct fw_embedding_sizes *sizes)
{
    struct fw_model *model;
    struct fw_error error = {0};
    struct fw_params params;
    fw_params_init(&params, network->params);
    for (size_t i = 0; i < sizeof base / sizeof base[0]; i++) {
        if (has_keys(&params, base[i]))
            ck_ok(fw_params_parse(&params, base[i], err));
    }
    if (!has_keys(&params, settings))
        return NULL;
    ck_ok(fw_params_parse(&params, settings, err));
    struct fw_model_config config = {.dataset = dataset, .params = &params, .sizes = sizes, .seed = 2, .threads = 1};
    if (network->labels == FW_LABELS_SEVERAL) {
        config.tasks = several_mixed;
        config.n_tasks = 3;
        config.routing = several_routing(3);
    } else {
        several_config(&config, network);
    }
    enum fw_status status = fw_model_create(&model, network, &config, NULL, &error);
    if (status == FW_E_ARG) /* settings that do not go together in this model */
        return NULL;
    ck_assert_msg(status == FW_OK, "%s with %s: %s", network->name, settings, error.message);
    struct fw_row_set all = fw_row_set_all(dataset);
    if (network->labels == FW_LABELS_SEVERAL) /* the units of labels that are numbers */
        ck_ok(network->start(model->self, &all, NULL, err));
    return model;
}

static void check_network(const struct fw_model_vtable *network, const struct fw_dataset *dataset)
{
    struct gradients_tally tally = {0};
    int tried = 0;
    bool several = network->labels != FW_LABELS_ONE;
    for (int v = 0; v < (several ? n_several_variants : n_variants); v++) {
        char what[256];
        const char *variant = several ? several_variants[v] : variants[v];
        struct fw_model *model = make_model(network, variant, dataset, NULL);
        if (model == NULL)
            continue;
        struct fw_graph *graph = fw_network_graph(model->self);
        inputs_scatter(graph, 0.3, 17);
        struct fw_dataset_view rows = inputs_rows(dataset, 5, 90);
        snprintf(what, sizeof what, "%s with %s", network->name, variant);
        struct gradients_tally one = gradients_check(graph, &rows, 2, what);
        tally.checked += one.checked;
        tally.kinks += one.kinks;
        tried++;
        fw_model_destroy(model);
    }
    ck_assert_int_ge(tried, 6);
    ck_assert_msg(tally.kinks * 50 <= tally.checked, "%s: %d of %d are kinks", network->name, (int)tally.kinks,
                  (int)tally.checked);
}

static struct fw_dataset *make_dataset(const struct fw_model_vtable *network)
{
    struct planted_options options = {.n_rows = 95,
                                      .n_fields = 4,
                                      .n_ids = {7, 12, 150, 40},
                                      .strength = 1,
                                      .weighted = true,
                                      .power = 2,
                                      .seed = 23};
    struct fw_dataset *dataset = inputs_create(&options, 2);
    if (network->labels == FW_LABELS_SEVERAL)
        several_labels(dataset, several_mixed, 3, 0.2);
    else
        several_dataset(dataset, network);
    return dataset;
}

START_TEST(test_network_gradients_match_finite_differences)
{
    const struct fw_model_vtable *network = fw_model_list()[_i];
    struct fw_dataset *dataset = make_dataset(network);
    if (network->build != NULL)
        check_network(network, dataset);
    fw_dataset_destroy(dataset);
}
END_TEST

/* Each network that takes sizes, with every input in each of the ways to be sized. */
START_TEST(test_network_gradients_match_with_sized_embeddings)
{
    const struct fw_model_vtable *network = fw_model_list()[_i];
    struct fw_dataset *dataset = make_dataset(network);
    struct gradients_tally tally = {0};
    for (int32_t first = 0; network->build != NULL && first < MIXED_KINDS; first++) {
        char what[64];
        struct fw_embedding_sizes *sizes = mixed_sizes(dataset, 3, first);
        struct fw_model *model = make_model(network, "dim=3", dataset, sizes);
        fw_embedding_sizes_destroy(sizes);
        if (model == NULL) /* it has several embeddings an input */
            continue;
        inputs_scatter(fw_network_graph(model->self), 0.3, 17);
        struct fw_dataset_view rows = inputs_rows(dataset, 5, 90);
        snprintf(what, sizeof what, "%s, sizes from %d on", network->name, first);
        struct gradients_tally one = gradients_check(fw_network_graph(model->self), &rows, 4, what);
        tally.checked += one.checked;
        tally.kinks += one.kinks;
        fw_model_destroy(model);
    }
    bool refused = strcmp(network->name, "ffm") == 0 || strcmp(network->name, "fpenn") == 0;
    ck_assert((tally.checked > 0) == (network->build != NULL && !refused));
    ck_assert_int_le(tally.kinks * 50, tally.checked);
    fw_dataset_destroy(dataset);
}
END_TEST

Suite *test_suite(void)
{
    int n_models = 0;
    while (fw_model_list()[n_models] != NULL)
        n_models++;
    Suite *suite = suite_create("network_gradients");
    TCase *tests = tcase_create("networks");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, test_network_gradients_match_finite_differences, 0, n_models);
    tcase_add_loop_test(tests, test_network_gradients_match_with_sized_embeddings, 0, n_models);
    suite_add_tcase(suite, tests);
    return suite;
}
