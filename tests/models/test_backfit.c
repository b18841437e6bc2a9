#include <math.h>
#include <string.h>

#include "models/linear/backfit.h"
#include "support/crossed.h"
#include "support/planted.h"
#include "support/test_main.h"

/* A model of the first n_fields fields. */
static struct fw_backfit *fit_fields(const struct fw_dataset *d, int32_t n_fields, int32_t held_out,
                                     const struct fw_backfit_options *options)
{
    const struct fw_field *fields[PLANTED_MAX_FIELDS];
    struct fw_backfit *model = NULL;
    for (int32_t f = 0; f < n_fields; f++)
        fields[f] = &d->fields[f];
    ck_ok(fw_backfit_create(&model, d->n_rows, NULL, err));
    ck_ok(fw_backfit_fit(model, d, fields, n_fields, held_out, options, err));
    return model;
}

static void assert_same(const struct fw_backfit *a, const struct fw_backfit *b)
{
    ck_assert_mem_eq(&a->bias, &b->bias, sizeof a->bias);
    ck_assert_int_eq(a->n_fields, b->n_fields);
    ck_assert_mem_eq(a->lambda, b->lambda, (size_t)a->n_fields * sizeof *a->lambda);
    for (int32_t f = 0; f < a->n_fields; f++)
        ck_assert_mem_eq(a->weights[f], b->weights[f], (size_t)a->n_ids[f] * sizeof **a->weights);
    ck_assert_mem_eq(a->logit, b->logit, (size_t)a->n_rows * sizeof *a->logit);
}

/* Loss of the rows outside [hole, hole_end) with weights v of the first field and a bias, in double. */
static double penalised_loss(const struct fw_dataset *d, const double *v, double bias, double l2, int64_t hole,
                             int64_t hole_end)
{
    double loss = 0;
    for (int64_t i = 0; i < d->n_rows; i++) {
        if (i >= hole && i < hole_end)
            continue;
        double x = bias + v[fw_field_id(&d->fields[0], i)];
        double w = d->weights != NULL ? (double)d->weights[i] : 1;
        loss += w * ((x > 0 ? x : 0) - x * (double)d->labels[i] + log1p(exp(-fabs(x))));
    }
    for (int64_t id = 0; id < d->fields[0].n_ids; id++)
        loss += 0.5 * l2 * v[id] * v[id];
    return loss;
}

/* The slope of the loss along weight `id` (-1: the bias), by central differences. */
static double slope(const struct fw_dataset *d, double *v, double bias, double l2, int64_t id)
{
    const double step = 1e-4;
    double loss[2];
    for (int side = 0; side < 2; side++) {
        double by = side == 0 ? step : -step;
        if (id >= 0)
            v[id] += by;
        loss[side] = penalised_loss(d, v, id < 0 ? bias + by : bias, l2, d->fold_start[1], d->fold_start[2]);
        if (id >= 0)
            v[id] -= by;
    }
    return (loss[0] - loss[1]) / (2 * step);
}

START_TEST(test_backfit_ends_where_the_penalised_loss_is_flat)
{
    struct planted_options planted = {
        .n_rows = 1500, .n_fields = 1, .n_ids = {9}, .strength = 1, .weighted = true, .n_folds = 3, .seed = 4};
    struct fw_dataset *d = planted_create(&planted, NULL);
    struct fw_backfit_options options;
    fw_backfit_options_init(&options);
    options.l2 = 4;
    options.max_sweeps = 4000;
    options.tolerance = 1e-7;
    struct fw_backfit *model = fit_fields(d, 1, 1, &options);
    double zero[9] = {0};
    double steepest = 0;
    for (int64_t id = -1; id < 9; id++) {
        double at_start = fabs(slope(d, zero, 0, options.l2, id));
        steepest = at_start > steepest ? at_start : steepest;
        ck_assert_double_lt(fabs(slope(d, model->weights[0], model->bias, options.l2, id)), 0.02);
    }
    ck_assert_double_gt(steepest, 20);
    fw_backfit_destroy(model);
    fw_dataset_destroy(d);
}
END_TEST

START_TEST(test_backfit_logits_are_the_weights_of_all_rows)
{
    struct fw_backfit_options options;
    fw_backfit_options_init(&options);
    struct fw_dataset *d = crossed_dataset(2, 0.5, 4);
    struct fw_backfit *model = fit_fields(d, crossed_fields, 2, &options);
    for (int64_t i = 0; i < d->n_rows; i++) {
        double x = model->bias;
        for (int32_t f = 0; f < crossed_fields; f++)
            x += model->weights[f][fw_field_id(&d->fields[f], i)];
        ck_assert_double_eq_tol((double)model->logit[i], x, 1e-4);
    }
    fw_backfit_destroy(model);
    fw_dataset_destroy(d);
}
END_TEST

START_TEST(test_backfit_never_sees_the_labels_of_the_fold_held_out)
{
    struct fw_backfit_options options;
    fw_backfit_options_init(&options);
    struct fw_dataset *d = crossed_dataset(3, 0.5, 4);
    for (int32_t held_out = 0; held_out < 4; held_out++) {
        struct fw_backfit *before = fit_fields(d, crossed_fields, held_out, &options);
        for (int64_t i = d->fold_start[held_out]; i < d->fold_start[held_out + 1]; i++)
            d->labels[i] = 1 - d->labels[i];
        struct fw_backfit *after = fit_fields(d, crossed_fields, held_out, &options);
        assert_same(before, after);
        struct fw_backfit *other = fit_fields(d, crossed_fields, (held_out + 1) % 4, &options);
        for (int64_t i = d->fold_start[held_out]; i < d->fold_start[held_out + 1]; i++)
            d->labels[i] = 1 - d->labels[i];
        struct fw_backfit *restored = fit_fields(d, crossed_fields, (held_out + 1) % 4, &options);
        ck_assert(other->bias < restored->bias || other->bias > restored->bias);
        fw_backfit_destroy(before);
        fw_backfit_destroy(after);
        fw_backfit_destroy(other);
        fw_backfit_destroy(restored);
    }
    fw_dataset_destroy(d);
}
END_TEST

START_TEST(test_backfit_does_not_depend_on_threads)
{
    static const int threads[] = {2, 3, 8};
    /* enough rows for several chunks on both sides of the fold held out */
    struct planted_options planted = {
        .n_rows = 1200000, .n_fields = 2, .n_ids = {40, 300}, .strength = 0.5, .n_folds = 3, .seed = 6};
    struct fw_dataset *d = planted_create(&planted, NULL);
    struct fw_backfit_options options;
    fw_backfit_options_init(&options);
    options.max_sweeps = 2;
    struct fw_backfit *one = fit_fields(d, 2, 1, &options);
    for (int t = 0; t < 3; t++) {
        options.threads = threads[t];
        struct fw_backfit *many = fit_fields(d, 2, 1, &options);
        assert_same(one, many);
        fw_backfit_destroy(many);
    }
    fw_backfit_destroy(one);
    fw_dataset_destroy(d);
}
END_TEST

START_TEST(test_backfit_shrinks_a_field_of_noise)
{
    struct fw_backfit_options options;
    fw_backfit_options_init(&options);
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct fw_dataset *d = crossed_dataset(seed, 0, 4);
        struct fw_backfit *model = fit_fields(d, crossed_fields, -1, &options);
        double largest[crossed_fields] = {0};
        for (int32_t f = 0; f < crossed_fields; f++) {
            for (int64_t id = 0; id < model->n_ids[f]; id++)
                largest[f] = fmax(largest[f], fabs(model->weights[f][id]));
        }
        ck_assert_double_gt(largest[2], 0.4); /* the one field that says something: logits from -0.75 to 0.75 */
        for (int32_t f = 3; f < crossed_fields; f++) {
            ck_assert_double_lt(largest[f], 0.4 * largest[2]);
            ck_assert_double_gt(model->lambda[f], 3 * model->lambda[2]);
        }
        fw_backfit_destroy(model);
        fw_dataset_destroy(d);
    }
}
END_TEST

START_TEST(test_backfit_recovers_planted_weights)
{
    struct planted_options planted = {
        .n_rows = 60000, .n_fields = 3, .n_ids = {8, 12, 5}, .strength = 0.7, .bias = -0.4, .n_folds = 1, .seed = 8};
    struct fw_dataset *d = planted_create(&planted, NULL);
    struct fw_backfit_options options;
    fw_backfit_options_init(&options);
    struct fw_backfit *model = fit_fields(d, 3, -1, &options);
    for (int32_t f = 0; f < 3; f++) {
        double shift = 0; /* a constant moves freely between fields and bias */
        for (int64_t id = 0; id < model->n_ids[f]; id++)
            shift += (model->weights[f][id] - planted_weight(&planted, f, (uint32_t)id)) / (double)model->n_ids[f];
        for (int64_t id = 0; id < model->n_ids[f]; id++)
            ck_assert_double_eq_tol(model->weights[f][id] - shift, planted_weight(&planted, f, (uint32_t)id), 0.15);
    }
    fw_backfit_destroy(model);
    fw_dataset_destroy(d);
}
END_TEST

START_TEST(test_backfit_clones_go_their_own_way)
{
    struct fw_backfit_options options;
    fw_backfit_options_init(&options);
    struct fw_dataset *d = crossed_dataset(5, 0.5, 4);
    const struct fw_field *fields[] = {&d->fields[0], &d->fields[1], &d->fields[2]};
    struct fw_backfit *model = fit_fields(d, 2, 0, &options);
    struct fw_backfit *same = NULL;
    struct fw_backfit *grown = NULL;
    ck_ok(fw_backfit_clone(&same, model, err));
    ck_ok(fw_backfit_clone(&grown, model, err));
    ck_ok(fw_backfit_fit(grown, d, fields, 3, 0, &options, err));
    assert_same(model, same);
    ck_assert_int_eq(grown->n_fields, 3);
    fw_backfit_destroy(model);
    fw_backfit_destroy(same);
    fw_backfit_destroy(grown);
    fw_dataset_destroy(d);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("backfit");
    TCase *cases = tcase_create("backfit");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_backfit_ends_where_the_penalised_loss_is_flat);
    tcase_add_test(cases, test_backfit_logits_are_the_weights_of_all_rows);
    tcase_add_test(cases, test_backfit_never_sees_the_labels_of_the_fold_held_out);
    tcase_add_test(cases, test_backfit_does_not_depend_on_threads);
    tcase_add_test(cases, test_backfit_shrinks_a_field_of_noise);
    tcase_add_test(cases, test_backfit_recovers_planted_weights);
    tcase_add_test(cases, test_backfit_clones_go_their_own_way);
    suite_add_tcase(suite, cases);
    return suite;
}
