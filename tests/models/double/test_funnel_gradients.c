/* Gradients of what is learned through products of probabilities: the losses in each output, and whole models. */
#include <math.h>
#include <stdio.h>

#include "models/engine/loss.h"
#include "models/network.h"
#include "support/double/gradients.h"
#include "support/funnels.h"
#include "support/inputs.h"
#include "support/test_main.h"

static double loss_of(const struct fw_loss *loss, const fw_real outputs[2], const fw_real *labels, fw_real residual[2])
{
    fw_real weight = 1.25;
    struct fw_loss_figures sums = {0};
    struct fw_loss_rows rows = {
        .outputs = outputs, .labels = labels, .weights = &weight, .residual = residual, .n = 1, .seed = 4, .step = 2};
    loss->judge(loss, &sums, &rows);
    return sums.loss;
}

/* With `frozen` the derivative by output 0 leaves out the weight that depends on it. */
static void ck_slopes(const struct fw_loss *loss, const fw_real *labels, bool frozen)
{
    static const fw_real logits[] = {-30, -7, -1.5, 0, 0.4, 3, 12, 25};
    for (int a = 0; a < 8; a++) {
        for (int b = 0; b < 8; b++) {
            for (int k = frozen ? 1 : 0; k < 2; k++) {
                const double h = 1e-4;
                fw_real residual[2];
                fw_real ignored[2];
                fw_real x[2] = {logits[a], logits[b]};
                double slope = 0;
                static const double at[] = {1, -1, 2, -2};
                static const double share[] = {8, -8, -1, 1};
                for (int s = 0; s < 4; s++) {
                    fw_real moved[2] = {x[0], x[1]};
                    moved[k] += at[s] * h;
                    slope += share[s] * loss_of(loss, moved, labels, ignored) / (12 * h);
                }
                loss_of(loss, x, labels, residual);
                ck_assert_msg(fabs(slope - residual[k]) <= 1e-8 * (1 + fabs(slope)), "(%g, %g) by %d: %.10g, not %.10g",
                              x[0], x[1], k, residual[k], slope);
            }
        }
    }
}

static const enum fw_funnel_method methods[] = {FW_FUNNEL_ESMM,         FW_FUNNEL_BASE,   FW_FUNNEL_AMAN,
                                                FW_FUNNEL_OVERSAMPLING, FW_FUNNEL_UNBIAS, FW_FUNNEL_DIVISION};

START_TEST(test_funnel_losses_have_the_slopes_they_say)
{
    static const fw_real labels[][2] = {{0, 0}, {1, 0}, {1, 1}, {1, (double)NAN}, {0, (double)NAN}, {(double)NAN, 1}};
    struct planted_options options = {.n_rows = 4, .n_fields = 1, .n_ids = {3}, .strength = 1, .seed = 1};
    struct fw_dataset *dataset = inputs_create(&options, 0);
    struct fw_graph *graph = inputs_graph(dataset, 4, 1, NULL);
    struct fw_funnel_options o = {.method = methods[_i], .share = 0.7, .factor = 3, .floor = 0.05, .weights = {0.5, 2}};
    const struct fw_loss *loss = fw_loss_funnel(graph, &o);
    for (size_t l = 0; l < sizeof labels / sizeof labels[0]; l++)
        ck_slopes(loss, labels[l], o.method == FW_FUNNEL_UNBIAS);
    fw_graph_destroy(graph);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_product_loss_has_the_slopes_it_says)
{
    fw_real label = _i == 2 ? (double)NAN : _i;
    ck_slopes(&fw_loss_product, &label, false);
}
END_TEST

static void ck_model(const char *name, const char *settings, const struct fw_dataset *dataset)
{
    char all[160];
    snprintf(all, sizeof all, "batch=96,dim=3,units=5,layers=2,init=0.5,dropout=0,%s", settings);
    struct fw_model *model = funnels_model(name, all, dataset, 1);
    struct fw_dataset_view rows = inputs_rows(dataset, 5, 90);
    inputs_scatter(fw_network_graph(model->self), 0.3, 17);
    struct gradients_tally tally = gradients_check(fw_network_graph(model->self), &rows, 3, settings);
    ck_assert_int_gt(tally.checked, 30);
    ck_assert_int_le(tally.kinks * 50, tally.checked);
    fw_model_destroy(model);
}

START_TEST(test_funnel_models_have_the_gradients_of_their_loss)
{
    static const char *const settings[] = {
        "method=esmm",         "method=esmm,numeric=raw", "method=esmm_ns,batch_norm=on", "method=base", "method=aman",
        "method=oversampling", "method=division"}; /* not unbias, whose weights are taken as given */
    struct fw_dataset *dataset = funnels_create(100, true, 3);
    for (size_t s = 0; s < sizeof settings / sizeof settings[0]; s++)
        ck_model("esmm", settings[s], dataset);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_position_models_have_the_gradients_of_their_loss)
{
    struct fw_dataset *dataset = funnels_shown(100, 3);
    ck_model("pal", "position=factor", dataset);
    ck_model("pal", "position=factor,layers=0,numeric=values", dataset);
    ck_model("pal", "position=feature", dataset);
    fw_dataset_destroy(dataset);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("funnel_gradients");
    TCase *tests = tcase_create("funnels");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_funnel_losses_have_the_slopes_they_say, 0,
                        (int)(sizeof methods / sizeof methods[0]));
    tcase_add_loop_test(tests, test_product_loss_has_the_slopes_it_says, 0, 3);
    tcase_add_test(tests, test_funnel_models_have_the_gradients_of_their_loss);
    tcase_add_test(tests, test_position_models_have_the_gradients_of_their_loss);
    suite_add_tcase(suite, tests);
    return suite;
}
