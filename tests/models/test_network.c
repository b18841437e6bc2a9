/* What every registered network promises: the same bytes for any number of threads, fitting, predicting, memory. */
#include "models/network.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/registry.h"
#include "support/fitting.h"
#include "support/inputs.h"
#include "support/several.h"
#include "support/test_main.h"

static const struct fw_model_vtable *network_of(int index)
{
    return fw_model_list()[index]->build != NULL ? fw_model_list()[index] : NULL;
}

/* Settings with the keys that this model lacks left out. */
static const char *known_settings(const struct fw_model_vtable *network, const char *settings)
{
    static char known[512];
    struct fw_params params;
    size_t at = 0;
    fw_params_init(&params, network->params);
    known[0] = '\0';
    for (const char *s = settings; *s != '\0';) {
        char key[64];
        size_t length = strcspn(s, ",");
        snprintf(key, sizeof key, "%.*s", (int)strcspn(s, "="), s);
        if (fw_params_has(&params, key))
            at += (size_t)snprintf(known + at, sizeof known - at, "%s%.*s", at > 0 ? "," : "", (int)length, s);
        s += length + (s[length] == ',');
    }
    return known;
}

static bool has_linear_part(const struct fw_model_vtable *network)
{
    struct fw_params params;
    fw_params_init(&params, network->params);
    return fw_params_has(&params, "linear");
}

static struct fw_model *make_network(const struct fw_model_vtable *network, const char *settings,
                                     const struct fw_dataset *dataset, int threads, struct fw_allocator *mem)
{
    return fitting_create(network->name, known_settings(network, settings), dataset, threads, mem);
}

static struct fw_dataset *make_dataset(const struct fw_model_vtable *network, int64_t n_rows)
{
    struct planted_options options = {.n_rows = n_rows,
                                      .n_fields = 5,
                                      .n_ids = {4, 30, 200, 3000, 60},
                                      .strength = 0.8,
                                      .weighted = true,
                                      .power = 2,
                                      .seed = 41};
    return several_dataset(inputs_create(&options, 2), network);
}

static void start(struct fw_model *model, const struct fw_dataset *dataset)
{
    struct fw_row_set all = fw_row_set_all(dataset);
    ck_ok(model->vtable->start(model->self, &all, NULL, err));
}

static const char *const thread_settings[] = {
    "batch=300,dim=5,units=19,maps=5,rank=3,dropout=0,linear=learned,crosses=both,clip=0.5",
    "batch=300,dim=4,units=16,maps=4,rank=4,dropout=0.3,batch_norm=on,form=mixture,product=both,prior=0.01",
    "batch=300,dim=3,units=8,maps=3,optimiser=adagrad,rate=0.05,form=low_rank,product=outer,linear=newton",
};

enum { n_thread_settings = sizeof thread_settings / sizeof thread_settings[0] };

START_TEST(test_network_threads_do_not_change_a_byte)
{
    static const int threads[] = {1, 2, 3, 8};
    const struct fw_model_vtable *network = network_of(_i);
    struct fw_dataset *dataset = network != NULL ? make_dataset(network, 2000) : NULL;
    for (int s = 0; network != NULL && s < n_thread_settings; s++) {
        float *first = NULL;
        float *first_logits = NULL;
        for (int t = 0; t < 4; t++) {
            struct fw_model *model = make_network(network, thread_settings[s], dataset, threads[t], NULL);
            struct fw_row_set all = fw_row_set_all(dataset);
            start(model, dataset);
            for (int epoch = 0; epoch < 3; epoch++) /* 21 steps or more */
                fitting_epoch(model, &all);
            float *values = fitting_parameters(model);
            float *logits = fitting_logits(model, dataset);
            size_t bytes = (size_t)fw_model_parameter_count(model) * sizeof *values;
            if (t > 0) {
                ck_assert_msg(memcmp(values, first, bytes) == 0, "%s with %s: %d threads", network->name,
                              thread_settings[s], threads[t]);
                ck_assert_mem_eq(logits, first_logits, (size_t)(dataset->n_rows * model->n_outputs) * sizeof *logits);
                fw_free(NULL, values);
                fw_free(NULL, logits);
            } else {
                first = values;
                first_logits = logits;
            }
            fw_model_destroy(model);
        }
        fw_free(NULL, first);
        fw_free(NULL, first_logits);
    }
    fw_dataset_destroy(dataset);
}
END_TEST

/* Labels say whether exactly one of the first two fields has an even id: nothing for a linear part alone. */
static struct fw_dataset *parity_dataset(const struct fw_model_vtable *network)
{
    struct planted_options options = {
        .n_rows = 3000, .n_fields = 3, .n_ids = {8, 8, 5}, .strength = 1, .power = 1, .seed = 47};
    struct fw_dataset *dataset = inputs_create(&options, 0);
    for (int64_t row = 0; row < dataset->n_rows; row++)
        dataset->labels[row] =
            (float)((fw_field_id(&dataset->fields[0], row) + fw_field_id(&dataset->fields[1], row)) % 2);
    return several_dataset(dataset, network);
}

START_TEST(test_network_learns_what_is_not_linear)
{
    const struct fw_model_vtable *network = network_of(_i);
    if (network == NULL)
        return;
    struct fw_dataset *dataset = parity_dataset(network);
    struct fw_row_set all = fw_row_set_all(dataset);
    struct fw_model *model =
        make_network(network, "rate=0.01,units=32,init=0.2,batch=64,l2=0,dropout=0.1,position=feature", dataset, 1,
                     NULL);
    start(model, dataset);
    float *logits = fitting_logits(model, dataset);
    ck_assert_double_gt(fitting_logloss(logits, dataset), 0.65);
    fw_free(NULL, logits);
    for (int epoch = 0; epoch < 12; epoch++)
        fitting_epoch(model, &all);
    logits = fitting_logits(model, dataset);
    double loss = fitting_logloss(logits, dataset);
    ck_assert_msg(loss < 0.1, "%s: %g", network->name, loss);
    fw_free(NULL, logits);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

/* A linear part that was fitted before stays, and the network begins as it: but for ops with weights of their own after
 * the embeddings, whose first values are small. */
START_TEST(test_network_begins_as_its_linear_part)
{
    const struct fw_model_vtable *network = network_of(_i);
    if (network == NULL || !has_linear_part(network))
        return;
    struct fw_dataset *dataset = make_dataset(network, 1500);
    struct fw_model *model = make_network(network, "linear=newton,batch=128,init=0.001,crosses=both", dataset, 1, NULL);
    struct fw_model *lr = fitting_create("lr", "optimiser=newton", dataset, 1, NULL);
    struct fw_row_set all = fw_row_set_all(dataset);
    start(model, dataset);
    fitting_epoch(lr, &all);
    float *logits = fitting_logits(model, dataset);
    float *linear = fitting_logits(lr, dataset);
    for (int64_t row = 0; row < dataset->n_rows; row++)
        ck_assert_float_eq_tol(logits[row], linear[row], 2e-3f);
    float *before = fitting_parameters(model);
    fitting_epoch(model, &all);
    float *after = fitting_parameters(model);
    struct fw_parameter p;
    int64_t at = 0;
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &p); at += p.rows * p.width, i++) {
        if (strncmp(p.name, "linear", 6) == 0)
            ck_assert_mem_eq(before + at, after + at, (size_t)(p.rows * p.width) * sizeof *before);
    }
    ck_assert(memcmp(before, after, (size_t)at * sizeof *before) != 0);
    fw_free(NULL, before);
    fw_free(NULL, after);
    fw_free(NULL, logits);
    fw_free(NULL, linear);
    fw_model_destroy(lr);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

static const char *const predict_settings[] = {"batch=256,linear=learned",
                                               "batch=256,batch_norm=on,linear=learned,sampling=ts",
                                               "batch=256,linear=learned,sampling=ucb"};

START_TEST(test_network_scores_rows_alone_as_in_a_table)
{
    const struct fw_model_vtable *network = network_of(_i);
    struct fw_dataset *dataset = network != NULL ? make_dataset(network, 300) : NULL;
    for (int s = 0; network != NULL && s < 3; s++) {
        struct fw_model *model = make_network(network, predict_settings[s], dataset, 2, NULL);
        struct fw_row_set all = fw_row_set_all(dataset);
        for (int epoch = 0; epoch < 3; epoch++)
            fitting_epoch(model, &all);
        float *logits = fitting_logits(model, dataset);
        void *scratch = fw_alloc_array(NULL, (int64_t)fw_model_predict_bytes(model), 1);
        for (int64_t row = 0; row < dataset->n_rows; row++) {
            float alone[2];
            struct fw_dataset_view view = inputs_rows(dataset, row, 1);
            ck_assert_int_le(model->n_outputs, 2);
            fw_model_predict(model, alone, &view, scratch);
            for (int64_t o = 0; o < model->n_outputs; o++) {
                float one = alone[o];
                float listed = logits[row * model->n_outputs + o];
                ck_assert_msg(fabsf(one - listed) <= 1e-5f * (1 + fabsf(one)), "%s, row %d: %g in a table %g",
                              network->name, (int)row, (double)one, (double)listed);
            }
        }
        fw_free(NULL, scratch);
        fw_free(NULL, logits);
        fw_model_destroy(model);
    }
    fw_dataset_destroy(dataset);
}
END_TEST

/* Parameters carried over give the same scores; parameters and state carried over go on to the same bytes. */
START_TEST(test_network_goes_on_from_parameters_and_state)
{
    const struct fw_model_vtable *network = network_of(_i);
    if (network == NULL)
        return;
    struct fw_dataset *dataset = make_dataset(network, 600);
    struct fw_row_set all = fw_row_set_all(dataset);
    const char *settings = "batch=100,batch_norm=on,dropout=0.3,linear=learned";
    struct fw_model *from = make_network(network, settings, dataset, 1, NULL);
    struct fw_model *to = make_network(network, settings, dataset, 1, NULL);
    fitting_epoch(from, &all);
    float *values = fitting_parameters(from);
    fw_model_set_parameters(to, values);
    float *a = fitting_logits(from, dataset);
    float *b = fitting_logits(to, dataset);
    ck_assert_mem_eq(a, b, (size_t)(dataset->n_rows * from->n_outputs) * sizeof *a);
    struct fw_model_state x;
    struct fw_model_state y;
    for (int64_t i = 0; from->vtable->state(from->self, i, &x); i++) {
        ck_assert(to->vtable->state(to->self, i, &y));
        ck_assert_uint_eq(x.bytes, y.bytes);
        ck_assert_str_eq(x.name, y.name);
        if (x.bytes > 0)
            memcpy(y.data, x.data, x.bytes);
    }
    ck_assert(fitting_epoch(from, &all) == fitting_epoch(to, &all));
    float *other = fitting_parameters(to);
    fw_model_get_parameters(from, values);
    ck_assert_mem_eq(values, other, (size_t)fw_model_parameter_count(from) * sizeof *values);
    /* and reset is the state after create */
    struct fw_model *new = make_network(network, settings, dataset, 1, NULL);
    from->vtable->reset(from->self);
    ck_assert(fitting_epoch(from, &all) == fitting_epoch(new, &all));
    fw_model_get_parameters(from, values);
    fw_model_get_parameters(new, other);
    ck_assert_mem_eq(values, other, (size_t)fw_model_parameter_count(from) * sizeof *values);
    fw_free(NULL, values);
    fw_free(NULL, other);
    fw_free(NULL, a);
    fw_free(NULL, b);
    fw_model_destroy(new);
    fw_model_destroy(from);
    fw_model_destroy(to);
    fw_dataset_destroy(dataset);
}
END_TEST

static void ck_nothing_moves(struct fw_model *model, const struct fw_dataset *dataset, const char *why)
{
    struct fw_fit_stats stats;
    struct fw_dataset_view batch = inputs_rows(dataset, 0, 100);
    size_t bytes = (size_t)fw_model_parameter_count(model) * sizeof(float);
    float *before = fitting_parameters(model);
    ck_ok(model->vtable->fit_batch(model->self, &stats, &batch, err));
    ck_assert_msg(!isfinite(stats.loss), "%s, %s: the loss is %g", model->vtable->name, why, stats.loss);
    float *after = fitting_parameters(model);
    ck_assert_msg(memcmp(before, after, bytes) == 0, "%s, %s: something moved", model->vtable->name, why);
    fw_free(NULL, before);
    fw_free(NULL, after);
}

START_TEST(test_network_moves_nothing_when_a_value_is_nan)
{
    const struct fw_model_vtable *network = network_of(_i);
    if (network == NULL)
        return;
    struct fw_dataset *dataset = make_dataset(network, 100);
    /* outputs start at 0 with linear=newton, and 0 times no number is none all the same */
    struct fw_model *model = make_network(network, "batch=100,batch_norm=on,dropout=0,linear=newton", dataset, 2, NULL);
    dataset->values[1].values[57] = NAN;
    ck_nothing_moves(model, dataset, "a value that is no number");
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_network_moves_nothing_after_a_rate_that_is_too_high)
{
    const struct fw_model_vtable *network = network_of(_i);
    if (network == NULL)
        return;
    struct fw_dataset *dataset = make_dataset(network, 100);
    struct fw_model *model =
        make_network(network, "batch=100,rate=100,optimiser=sgd,linear=newton,l2=1000,init=1", dataset, 1, NULL);
    struct fw_fit_stats stats = {0};
    struct fw_dataset_view batch = inputs_rows(dataset, 0, 100);
    for (int step = 0; step < 30 && isfinite(stats.loss); step++)
        ck_ok(model->vtable->fit_batch(model->self, &stats, &batch, err));
    ck_nothing_moves(model, dataset, "a huge rate");
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_network_takes_the_bytes_that_it_says)
{
    const struct fw_model_vtable *network = network_of(_i);
    static const char *const settings[] = {"batch=64,dim=2,units=3,maps=2,rank=2",
                                           "batch=512,batch_norm=on,form=mixture"};
    struct fw_dataset *dataset = network != NULL ? make_dataset(network, 64) : NULL;
    for (int s = 0; network != NULL && s < 2; s++) {
        for (int threads = 1; threads <= 4; threads += 3) {
            struct fw_allocator mem;
            fw_allocator_init(&mem, 0);
            struct fw_model *model = make_network(network, settings[s], dataset, threads, &mem);
            double said = (double)model->footprint.total;
            double taken = (double)atomic_load(&mem.used);
            /* the system rounds large blocks up to whole pages */
            ck_assert_msg(fabs(said - taken) <= 0.01 * taken + 4096, "%s with %s: %g bytes, said %g", network->name,
                          settings[s], taken, said);
            const struct fw_model_footprint *f = &model->footprint;
            ck_assert_uint_le(f->parameters + f->state + f->activations, f->total);
            ck_assert_uint_ge(f->parameters, (size_t)fw_model_parameter_count(model) * sizeof(float));
            fw_model_destroy(model);
            ck_assert_uint_eq(atomic_load(&mem.used), 0);
        }
    }
    fw_dataset_destroy(dataset);
}
END_TEST

/* Once alone, once with all that follow. */
static void refuse_each(const struct fw_model_vtable *network, const struct fw_model_config *config, bool for_ever)
{
    for (int64_t n = 1;; n++) {
        struct fw_allocator mem;
        struct fw_model *model = NULL;
        struct fw_error error = {0};
        fw_allocator_init(&mem, 0);
        atomic_store(&mem.fail_at, n);
        atomic_store(&mem.fail_for_ever, for_ever);
        enum fw_status status = fw_model_create(&model, network, config, &mem, &error);
        if (status == FW_OK) {
            fw_model_destroy(model);
            ck_assert_int_ge(n, 20);
            return;
        }
        ck_assert_msg(status == FW_E_NOMEM && model == NULL && error.message[0] != '\0', "%s, allocation %d: %s",
                      network->name, (int)n, error.message);
        ck_assert_msg(atomic_load(&mem.used) == 0, "%s, allocation %d: %d bytes are left", network->name, (int)n,
                      (int)atomic_load(&mem.used));
    }
}

START_TEST(test_network_each_allocation_refused)
{
    const struct fw_model_vtable *network = network_of(_i);
    if (network == NULL)
        return;
    struct fw_dataset *dataset = make_dataset(network, 10);
    struct fw_params params;
    fw_params_init(&params, network->params);
    ck_ok(fw_params_parse(&params,
                          known_settings(network, "batch=16,linear=learned,batch_norm=on,form=mixture,product=both"),
                          err));
    struct fw_model_config config = {.dataset = dataset, .params = &params, .seed = 1, .threads = 1};
    several_config(&config, network);
    refuse_each(network, &config, false);
    refuse_each(network, &config, true);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_network_start_refused)
{
    const struct fw_model_vtable *network = network_of(_i);
    if (network == NULL || !has_linear_part(network))
        return;
    struct fw_dataset *dataset = make_dataset(network, 200);
    struct fw_row_set all = fw_row_set_all(dataset);
    struct fw_allocator mem;
    fw_allocator_init(&mem, 0);
    struct fw_model *model = make_network(network, "linear=newton,batch=16", dataset, 1, &mem);
    size_t before = atomic_load(&mem.used);
    enum fw_status status = FW_E_NOMEM;
    int refused = 0;
    for (; status != FW_OK; refused++) {
        struct fw_error error = {0};
        atomic_store(&mem.fail_at, atomic_load(&mem.count) + 1 + refused);
        status = model->vtable->start(model->self, &all, NULL, &error);
        ck_assert_msg(status == FW_OK || status == FW_E_NOMEM, "%s: %s", network->name, error.message);
        ck_assert_uint_eq(atomic_load(&mem.used), before);
    }
    ck_assert_int_ge(refused, 3);
    fw_model_destroy(model);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_network_defaults_overwrite_everything)
{
    const struct fw_model_vtable *network = network_of(_i);
    struct fw_params params;
    struct fw_params other = {0};
    if (network == NULL)
        return;
    memset(&params, 0xA5, sizeof params);
    fw_params_init(&params, network->params);
    fw_params_init(&other, network->params);
    for (int32_t i = 0; i < FW_PARAMS_MAX; i++)
        ck_assert(params.value[i] == other.value[i]);
    ck_assert_ptr_eq(params.table, network->params);
}
END_TEST

static int count_models(void)
{
    int n = 0;
    while (fw_model_list()[n] != NULL)
        n++;
    return n;
}

Suite *test_suite(void)
{
    Suite *suite = suite_create("network");
    TCase *tests = tcase_create("networks");
    int n = count_models();
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, test_network_threads_do_not_change_a_byte, 0, n);
    tcase_add_loop_test(tests, test_network_learns_what_is_not_linear, 0, n);
    tcase_add_loop_test(tests, test_network_begins_as_its_linear_part, 0, n);
    tcase_add_loop_test(tests, test_network_scores_rows_alone_as_in_a_table, 0, n);
    tcase_add_loop_test(tests, test_network_goes_on_from_parameters_and_state, 0, n);
    tcase_add_loop_test(tests, test_network_moves_nothing_when_a_value_is_nan, 0, n);
    tcase_add_loop_test(tests, test_network_moves_nothing_after_a_rate_that_is_too_high, 0, n);
    tcase_add_loop_test(tests, test_network_takes_the_bytes_that_it_says, 0, n);
    tcase_add_loop_test(tests, test_network_each_allocation_refused, 0, n);
    tcase_add_loop_test(tests, test_network_start_refused, 0, n);
    tcase_add_loop_test(tests, test_network_defaults_overwrite_everything, 0, n);
    suite_add_tcase(suite, tests);
    return suite;
}
