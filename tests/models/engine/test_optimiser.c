#include "models/engine/optimiser.h"

#include <math.h>
#include <string.h>

#include "core/rng.h"
#include "support/test_main.h"

static const struct fw_param_spec table[] = {FW_OPTIMISER_PARAMS, {.name = NULL}};

static struct fw_optimiser make(const char *name, const char *settings)
{
    struct fw_params params;
    struct fw_optimiser optimiser;
    fw_params_init(&params, table);
    ck_ok(fw_params_parse(&params, settings, err));
    ck_ok(fw_optimiser_init(&optimiser, name, &params, err));
    return optimiser;
}

static void ck_near(double a, double b, double tolerance)
{
    ck_assert_msg(fabs(a - b) <= tolerance * (1 + fabs(b)), "%.9g is not %.9g", a, b);
}

/* alpha 0.5, beta 1, l1 0.25, l2 2, gradients 1, -2, 0.5, from 0:
 *   t=1: sigma = 1/0.5 = 2;                      z = 1;  n = 1;  w = -(1 - .25)/((1 + 1)/.5 + 2) = -.125
 *   t=2: sigma = (sqrt 5 - 1)/.5 = 2.4721359550; z = 1 - 2 + 2.472135955*.125 = -.6909830056; n = 5
 *        w = (.6909830056 - .25)/((1 + 2.2360679775)/.5 + 2) = .4409830056/8.472135955 = .0520510014
 *   t=3: sigma = (sqrt 5.25 - sqrt 5)/.5;        z = -.6909830056 + .5 - .1104395424*.0520510014 = -.1967314904
 *        |z| <= l1: w = 0 */
START_TEST(test_optimiser_ftrl_follows_the_formulas_worked_by_hand)
{
    struct fw_optimiser ftrl = make("ftrl", "rate=0.5,beta=1,l1=0.25,l2=2");
    float weight = 0;
    float state[2];
    ftrl.vtable->reset(&ftrl, &weight, state, 1);
    ck_assert(state[0] == 0 && state[1] == 0);
    static const struct {
        float g;
        double z, n, w;
    } steps[] = {{1.0f, 1, 1, -0.125}, {-2.0f, -0.6909830056, 5, 0.0520510014}, {0.5f, -0.1967314904, 5.25, 0}};
    for (int t = 0; t < 3; t++) {
        ftrl.vtable->step(&ftrl, &weight, state, 1, NULL, 1, &steps[t].g, 1);
        ck_near((double)state[0], steps[t].z, 1e-6);
        ck_near((double)state[1], steps[t].n, 1e-6);
        ck_near((double)weight, steps[t].w, 1e-6);
    }
    ck_assert(weight == 0);
}
END_TEST

/* The same algorithm as the paper prints it, in double precision, over random gradients. */
START_TEST(test_optimiser_ftrl_follows_the_paper_over_many_steps)
{
    struct fw_optimiser ftrl = make("ftrl", "rate=0.1,beta=1,l1=0.5,l2=0.3");
    struct fw_rng rng;
    fw_rng_seed(&rng, 7, fw_stream((uint64_t)_i, 0, FW_STREAM_TEST));
    float weight = 0;
    float state[2];
    double z = 0;
    double n = 0;
    double w = 0;
    double scale = pow(10, _i - 2); /* gradients from 0.01 to 100 */
    ftrl.vtable->reset(&ftrl, &weight, state, 1);
    for (int t = 0; t < 500; t++) {
        float g = (float)(scale * (fw_rng_normal(&rng) + 0.3));
        double gd = (double)g;
        double sigma = (sqrt(n + gd * gd) - sqrt(n)) / 0.1;
        z += gd - sigma * w;
        n += gd * gd;
        w = fabs(z) <= 0.5 ? 0 : -(z - (z > 0 ? 0.5 : -0.5)) / ((1 + sqrt(n)) / 0.1 + 0.3);
        ftrl.vtable->step(&ftrl, &weight, state, 1, NULL, 1, &g, 1);
        ck_near((double)weight, w, 2e-4);
    }
    ck_assert(w != 0);
}
END_TEST

/* Without l1 and l2 FTRL-Proximal is online gradient descent with the same rates, which is what AdaGrad does here. */
START_TEST(test_optimiser_ftrl_without_penalties_is_gradient_descent)
{
    struct fw_optimiser ftrl = make("ftrl", "rate=0.2,beta=0.7");
    struct fw_optimiser adagrad = make("adagrad", "rate=0.2,beta=0.7");
    struct fw_rng rng;
    fw_rng_seed(&rng, 11, fw_stream((uint64_t)_i, 0, FW_STREAM_TEST));
    float weight = 0;
    float other = 0;
    float state[2] = {0};
    float squares = 0;
    double w = 0;
    double n = 0;
    for (int t = 0; t < 300; t++) {
        float g = (float)fw_rng_normal(&rng);
        n += (double)g * (double)g;
        w -= 0.2 / (0.7 + sqrt(n)) * (double)g;
        ftrl.vtable->step(&ftrl, &weight, state, 1, NULL, 1, &g, 1);
        adagrad.vtable->step(&adagrad, &other, &squares, 1, NULL, 1, &g, 1);
        ck_near((double)weight, w, 1e-5);
        ck_near((double)other, w, 1e-5);
    }
}
END_TEST

START_TEST(test_optimiser_l1_gives_exact_zeros)
{
    struct fw_optimiser strict = make("ftrl", "l1=50");
    struct fw_optimiser loose = make("ftrl", "l1=0");
    struct fw_rng rng;
    fw_rng_seed(&rng, 5, fw_stream(0, 0, FW_STREAM_TEST));
    enum { n = 64 };
    float weight[n] = {0};
    float state[2 * n] = {0};
    float free_weight[n] = {0};
    float free_state[2 * n] = {0};
    for (int t = 0; t < 200; t++) {
        float g[n];
        for (int i = 0; i < n; i++)
            g[i] = (float)(fw_rng_normal(&rng) + (i % 2 == 0 ? 0.0 : 1.0));
        strict.vtable->step(&strict, weight, state, 1, NULL, n, g, 1);
        loose.vtable->step(&loose, free_weight, free_state, 1, NULL, n, g, 1);
    }
    for (int i = 0; i < n; i++) {
        ck_assert(free_weight[i] != 0);
        ck_assert((weight[i] == 0) == (i % 2 == 0)); /* noise dies, signal stays */
        ck_assert(i % 2 == 0 || weight[i] < 0);
    }
}
END_TEST

START_TEST(test_optimiser_sgd_takes_the_mean_gradient_and_decays)
{
    struct fw_optimiser sgd = make("sgd", "rate=0.5,l2=0.1");
    float weight[2] = {1.0f, -2.0f};
    float gradient[2] = {4.0f, -8.0f};
    sgd.vtable->step(&sgd, weight, NULL, 2, NULL, 1, gradient, 0.25f);
    ck_near((double)weight[0], 1 - 0.5 * (0.25 * 4 + 0.1 * 1), 1e-6);
    ck_near((double)weight[1], -2 - 0.5 * (0.25 * -8 + 0.1 * -2), 1e-6);
}
END_TEST

START_TEST(test_optimiser_adagrad_adds_its_penalty_to_the_gradient)
{
    struct fw_optimiser adagrad = make("adagrad", "rate=0.5,beta=1,l2=0.5");
    float weight = 2;
    float state = 3;
    float g = 1; /* with the penalty 2; n = 3 + 4; w = 2 - 0.5 * 2 / (1 + sqrt 7) */
    adagrad.vtable->step(&adagrad, &weight, &state, 1, NULL, 1, &g, 1);
    ck_near((double)state, 7, 1e-6);
    ck_near((double)weight, 2 - 1 / (1 + sqrt(7)), 1e-6);
}
END_TEST

/* Every optimiser: rows by number move as those rows alone would, other rows and sentinels stay, wide rows too. */
START_TEST(test_optimiser_moves_the_given_rows_only)
{
    enum { rows = 50, width = 3, touched = 20, guard = 8 };
    const struct fw_optimiser_vtable *vtable = fw_optimiser_list()[_i];
    struct fw_optimiser optimiser = make(vtable->name, "rate=0.3,l2=0.01");
    float weight[rows * width + guard];
    float dense[touched * width];
    float state[2 * rows * width + guard];
    float dense_state[2 * touched * width];
    float gradient[touched * width];
    uint32_t number[touched];
    int32_t per = vtable->state_per_weight;
    for (int i = 0; i < rows * width + guard; i++)
        weight[i] = (float)(i % 7) - 3;
    memset(state, 0xA5, sizeof state);
    optimiser.vtable->reset(&optimiser, weight, state, rows * width);
    for (int i = 0; i < touched; i++) {
        number[i] = (uint32_t)((i * 37 + 5) % rows);
        memcpy(dense + i * width, weight + number[i] * width, width * sizeof *dense);
        for (int k = 0; k < width; k++)
            gradient[i * width + k] = (float)(i - k) * 0.25f;
    }
    optimiser.vtable->reset(&optimiser, dense, dense_state, touched * width);
    for (int t = 0; t < 3; t++) {
        vtable->step(&optimiser, weight, state, width, number, touched, gradient, 0.5f);
        vtable->step(&optimiser, dense, dense_state, width, NULL, touched, gradient, 0.5f);
    }
    bool is_touched[rows] = {false};
    for (int i = 0; i < touched; i++) {
        is_touched[number[i]] = true;
        ck_assert_int_eq(memcmp(weight + number[i] * width, dense + i * width, width * sizeof *dense), 0);
    }
    for (int i = 0; i < rows * width + guard; i++)
        ck_assert(i < rows * width && is_touched[i / width] ? true : weight[i] == (float)(i % 7) - 3);
    for (int i = rows * width * per; i < 2 * rows * width + guard; i++)
        ck_assert_int_eq(memcmp(&state[i], "\xA5\xA5\xA5\xA5", 4), 0);
}
END_TEST

/* Weights that came from elsewhere stay where they are until a gradient moves them, and by a little at first. */
START_TEST(test_optimiser_goes_on_from_given_weights)
{
    struct fw_optimiser optimiser = make(fw_optimiser_list()[_i]->name, "rate=0.1,l2=0.01");
    if (optimiser.vtable->takes_l1)
        optimiser.l1 = 0.2f;
    float weight[3] = {1.5f, -0.75f, 0};
    float state[6];
    float nothing[3] = {0};
    optimiser.vtable->reset(&optimiser, weight, state, 3);
    optimiser.l2 = optimiser.vtable->takes_l1 ? optimiser.l2 : 0; /* the penalty of the others is a gradient itself */
    optimiser.vtable->step(&optimiser, weight, state, 1, NULL, 3, nothing, 1);
    ck_near((double)weight[0], 1.5, 1e-6);
    ck_near((double)weight[1], -0.75, 1e-6);
    ck_assert(weight[2] == 0);
}
END_TEST

START_TEST(test_optimiser_unknown_names_and_settings_are_refused)
{
    struct fw_params params;
    struct fw_optimiser optimiser;
    struct fw_error refusal = {0};
    fw_params_init(&params, table);
    ck_assert_int_eq(fw_optimiser_init(&optimiser, "adamm", &params, &refusal), FW_E_ARG);
    for (int i = 0; fw_optimiser_list()[i] != NULL; i++) {
        ck_assert_int_eq(fw_optimiser_list()[i]->api, FW_OPTIMISER_API);
        ck_assert_ptr_nonnull(strstr(refusal.message, fw_optimiser_list()[i]->name));
    }
    ck_ok(fw_params_parse(&params, "l1=1", err));
    ck_assert_int_eq(fw_optimiser_init(&optimiser, "sgd", &params, &refusal), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(refusal.message, "l1"));
    ck_ok(fw_optimiser_init(&optimiser, "ftrl", &params, err));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("optimiser");
    TCase *cases = tcase_create("optimiser");
    tcase_add_test(cases, test_optimiser_ftrl_follows_the_formulas_worked_by_hand);
    tcase_add_loop_test(cases, test_optimiser_ftrl_follows_the_paper_over_many_steps, 0, 5);
    tcase_add_loop_test(cases, test_optimiser_ftrl_without_penalties_is_gradient_descent, 0, 5);
    tcase_add_test(cases, test_optimiser_l1_gives_exact_zeros);
    tcase_add_test(cases, test_optimiser_sgd_takes_the_mean_gradient_and_decays);
    tcase_add_test(cases, test_optimiser_adagrad_adds_its_penalty_to_the_gradient);
    tcase_add_loop_test(cases, test_optimiser_moves_the_given_rows_only, 0, 3);
    tcase_add_loop_test(cases, test_optimiser_goes_on_from_given_weights, 0, 3);
    tcase_add_test(cases, test_optimiser_unknown_names_and_settings_are_refused);
    suite_add_tcase(suite, cases);
    return suite;
}
