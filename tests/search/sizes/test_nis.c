/* The search of embedding sizes against a main model whose best sizes are known. */
#include "search/sizes/nis.h"

#include <math.h>
#include <string.h>

#include "core/hash.h"
#include "support/fake_sizing.h"
#include "support/test_main.h"

/* A search under a budget, and all that it said on the way. */
struct outcome {
    fw_level levels[FW_NIS_ANSWERS * fake_sizing_levels];
    struct fw_nis_answer answers[FW_NIS_ANSWERS];
    int32_t n_answers;
    uint64_t hash; /* of what the rounds reported */
    int32_t rounds, samples, undefined;
    double expected_bytes; /* after the last round */
    int64_t warming;
};

static struct fw_nis_options options_of(uint64_t seed)
{
    struct fw_nis_options options;
    memset(&options, 0xA5, sizeof options);
    fw_nis_options_init(&options);
    options.warm_passes = 3;
    options.passes = 3;
    options.steps = 12;
    options.lambda = 1;
    options.seed = seed;
    options.threads = 1;
    return options;
}

static uint64_t mix(uint64_t hash, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return fw_hash_combine(hash, bits);
}

static enum fw_status on_round(void *user, const struct fw_nis_round *round, struct fw_error *err)
{
    struct outcome *o = user;
    (void)err;
    o->rounds++;
    ck_assert_int_eq(round->round, o->rounds);
    ck_assert_int_le(round->round, round->rounds);
    for (int32_t d = 0; d < round->table->n_decisions; d++) {
        double sum = 0;
        for (int32_t c = round->table->first[d]; c < round->table->first[d + 1]; c++) {
            sum += round->probabilities[c];
            o->hash = mix(o->hash, round->probabilities[c]);
        }
        ck_assert_double_eq_tol(sum, 1, 1e-9);
    }
    for (int32_t k = 0; k < round->n_samples; k++) {
        const struct fw_nis_sample *s = &round->samples[k];
        ck_assert_int_eq(s->number, k);
        ck_assert_int_eq(s->round, round->round);
        ck_assert_int_eq(s->budget, round->budget);
        ck_assert(isnan(s->reward) == isnan(s->quality) && !(s->reward > s->quality));
        ck_assert(s->bytes > s->budget || !(s->reward < s->quality));
        o->samples++;
        o->undefined += isnan(s->quality);
        o->hash = mix(o->hash, isnan(s->reward) ? -1 : s->reward);
    }
    o->expected_bytes = round->expected_bytes;
    o->hash = mix(o->hash, round->loss);
    return FW_OK;
}

static void on_warming(void *user, int64_t step, int64_t steps)
{
    struct outcome *o = user;
    ck_assert_int_eq(step, ++o->warming);
    ck_assert_int_le(step, steps);
}

/* Warms up and searches under n budgets, one after the other. */
static enum fw_status try_search(struct outcome *outcomes, struct fake_sizing *fake,
                                 const struct fw_nis_options *options, const int64_t *budgets, int n,
                                 struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_nis *nis = NULL;
    struct outcome now = {0};
    struct fw_sizing_model model = fake_sizing_model(fake);
    struct fw_nis_events events = {.round_done = on_round, .warming = on_warming, .user = &now};
    memset(outcomes, 0, (size_t)n * sizeof *outcomes);
    FW_TRY_GOTO(fw_nis_create(&nis, &model, options, &events, mem, err), done);
    FW_TRY_GOTO(fw_nis_warm_up(nis, &fake->budget, err), done);
    for (int b = 0; b < n; b++) {
        int64_t warming = now.warming;
        now = (struct outcome){.warming = warming};
        FW_TRY_GOTO(fw_nis_search(nis, now.levels, now.answers, &now.n_answers, budgets[b], &fake->budget, err), done);
        outcomes[b] = now;
    }
done:
    fw_nis_destroy(nis);
    return status;
}

static void search(struct outcome *outcomes, struct fake_sizing *fake, const struct fw_nis_options *options,
                   const int64_t *budgets, int n)
{
    ck_ok(try_search(outcomes, fake, options, budgets, n, NULL, err));
}

/* All answers are sizings of the space that keep to the budget, differ, and are in order. Returns the quality that the
 * best of them has after a training from scratch. */
static double check_answers(const struct outcome *o, const struct fake_sizing *fake, int64_t budget)
{
    double best = 0;
    ck_assert(o->n_answers >= 1 && o->n_answers <= FW_NIS_ANSWERS);
    for (int32_t a = 0; a < o->n_answers; a++) {
        struct fw_embedding_sizes *sizes = NULL;
        const fw_level *levels = o->levels + a * fake_sizing_levels;
        for (int32_t d = 0; d < fake->space->n_decisions; d++)
            ck_assert_int_ge(fw_embedding_space_choice(fake->space, levels, d), 0);
        ck_ok(fw_embedding_space_sizes(&sizes, fake->space, levels, NULL, err));
        ck_assert_int_le(fw_embedding_sizes_bytes(sizes), budget);
        double quality = fake_sizing_quality(fake, sizes);
        ck_assert_int_gt(fw_embedding_sizes_bytes(sizes), 0); /* nothing at all cannot be trained */
        ck_assert_double_eq_tol(quality, fake_sizing_quality_of_levels(fake, levels), 1e-12);
        ck_assert_ptr_nonnull(o->answers[a].by);
        ck_assert(o->answers[a].quality <= quality && o->answers[a].rounds == o->rounds);
        best = fmax(best, quality);
        fw_embedding_sizes_destroy(sizes);
    }
    if (o->n_answers == 2) {
        ck_assert(memcmp(o->levels, o->levels + fake_sizing_levels, fake_sizing_levels) != 0);
        ck_assert(o->answers[0].quality >= o->answers[1].quality);
    }
    return best;
}

/* What an answer misses of what the best sizing wins. */
static double gap_of(double quality, const struct fake_sizing *fake, int64_t budget)
{
    double best = fake_sizing_optimum(fake, budget);
    ck_assert(quality <= best + 1e-12 && best > FAKE_SIZING_NOTHING);
    return (best - quality) / (best - FAKE_SIZING_NOTHING);
}

/* Under which the answers of ten seeds are looked at: shares of the full tables. */
static const double shares[] = {0.05, 0.1, 0.2, 0.4, 0.7};
enum { n_shares = 5 };

struct gaps {
    double mean, worst;
};

/* What the better answer misses, over all seeds and budgets. */
static struct gaps measure(bool multi, uint64_t n_seeds, const struct fw_nis_options *options, int64_t nan_every)
{
    struct gaps gaps = {0};
    for (uint64_t seed = 1; seed <= n_seeds; seed++) {
        struct fake_sizing fake;
        struct outcome outcomes[n_shares];
        int64_t budgets[n_shares];
        struct fw_nis_options own = *options;
        own.seed = seed;
        fake_sizing_init(&fake, multi, false);
        fake.nan_every = nan_every;
        for (int b = 0; b < n_shares; b++)
            budgets[b] = (int64_t)(shares[b] * (double)fw_embedding_space_full_bytes(fake.space));
        search(outcomes, &fake, &own, budgets, n_shares);
        for (int b = 0; b < n_shares; b++) {
            double gap = gap_of(check_answers(&outcomes[b], &fake, budgets[b]), &fake, budgets[b]);
            ck_assert(!outcomes[b].answers[0].cut);
            ck_assert_int_eq(outcomes[b].undefined > 0, nan_every > 0);
            gaps.mean += gap / (n_shares * (double)n_seeds);
            gaps.worst = fmax(gaps.worst, gap);
        }
        fake_sizing_clear(&fake);
    }
    return gaps;
}

static void assert_gaps(struct gaps gaps, double mean, double worst)
{
    ck_assert_msg(gaps.mean <= mean && gaps.worst <= worst, "a gap of %g on average, of %g at worst", gaps.mean,
                  gaps.worst);
}

/* _i: single or several widths. A hundredth of what can be won is missed, where the knapsack of noisy worths errs. */
START_TEST(test_nis_comes_near_the_best_sizes)
{
    struct fw_nis_options options = options_of(0);
    assert_gaps(measure(_i == 1, 10, &options, 0), 0.01, 0.05);
}
END_TEST

START_TEST(test_nis_asynchronous_comes_near_the_best_sizes)
{
    struct fw_nis_options options = options_of(0);
    options.asynchronous = true;
    options.threads = 3;
    assert_gaps(measure(_i == 1, 10, &options, 0), 0.01, 0.05);
}
END_TEST

START_TEST(test_nis_passes_over_batches_without_a_quality)
{
    struct fw_nis_options options = options_of(0);
    options.asynchronous = _i / 2 == 1;
    assert_gaps(measure(_i % 2 == 1, 10, &options, 2), 0.01, 0.05);
    assert_gaps(measure(_i % 2 == 1, 10, &options, 1), 0.02, 0.1); /* no batch has one: the looks alone */
}
END_TEST

/* The published controller wants a hundred times the rounds, and a price of bytes that does not drown the qualities. */
START_TEST(test_nis_plain_learns_when_it_is_given_time)
{
    struct fw_nis_options options = options_of(0);
    options.plain = true;
    options.lambda = 0.02;
    struct gaps few = measure(false, 4, &options, 0);
    options.passes = 300;
    struct gaps many = measure(false, 4, &options, 0);
    assert_gaps(many, 0.03, 0.15);
    ck_assert_msg(few.mean > 3 * many.mean, "%g, %g", few.mean, many.mean);
}
END_TEST

/* ---- budgets ---- */

/* Bytes of the cheapest choice that is not nothing. */
static int64_t least_bytes(const struct fw_embedding_space *space)
{
    int64_t least = INT64_MAX;
    for (int32_t d = 0; d < space->n_decisions; d++) {
        for (int32_t c = 1; c < fw_embedding_space_choices(space, d); c++) {
            int64_t bytes = fw_embedding_space_choice_bytes(space, d, c);
            least = bytes < least ? bytes : least;
        }
    }
    return least;
}

enum { n_budgets = 40 };

/* _i: single or several widths, projected or not, the controller. */
START_TEST(test_nis_never_goes_over_the_budget)
{
    struct fake_sizing fake;
    struct outcome outcomes[n_budgets];
    int64_t budgets[n_budgets];
    struct fw_nis_options options = options_of(3);
    options.plain = _i / 4 == 1;
    options.asynchronous = _i / 4 == 2;
    fake_sizing_init(&fake, _i % 2 == 1, _i / 2 % 2 == 1);
    double full = (double)fw_embedding_space_full_bytes(fake.space);
    budgets[0] = least_bytes(fake.space);
    for (int b = 1; b < n_budgets; b++)
        budgets[b] = budgets[0] + (int64_t)(1.3 * full * pow((double)b / (n_budgets - 1), 2));
    search(outcomes, &fake, &options, budgets, n_budgets);
    for (int b = 0; b < n_budgets; b++) {
        double quality = check_answers(&outcomes[b], &fake, budgets[b]);
        ck_assert(quality > FAKE_SIZING_NOTHING);
    }
    fake_sizing_clear(&fake);
}
END_TEST

START_TEST(test_nis_refuses_a_budget_that_holds_nothing)
{
    struct fake_sizing fake;
    struct outcome outcome;
    struct fw_error error = {0};
    struct fw_nis_options options = options_of(1);
    options.plain = _i / 2 == 1;
    fake_sizing_init(&fake, _i % 2 == 1, false);
    int64_t budget = least_bytes(fake.space) - 1;
    ck_assert_int_eq(try_search(&outcome, &fake, &options, &budget, 1, NULL, &error), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(error.message, "holds no embedding at all"));
    ck_assert_int_eq(fake.learned, options.warm_passes * fake.batches); /* it is said before the rounds */
    fake_sizing_clear(&fake);
}
END_TEST

static void assert_same(const struct outcome *a, const struct outcome *b)
{
    ck_assert_int_eq(a->n_answers, b->n_answers);
    ck_assert_mem_eq(a->levels, b->levels, sizeof a->levels);
    ck_assert(a->hash == b->hash);
    ck_assert_int_eq(a->rounds, b->rounds);
    for (int32_t i = 0; i < a->n_answers; i++) {
        ck_assert(a->answers[i].quality == b->answers[i].quality);
        ck_assert_str_eq(a->answers[i].by, b->answers[i].by);
    }
}

START_TEST(test_nis_is_the_same_on_any_number_of_threads)
{
    static const int threads[] = {1, 2, 3, 8};
    struct outcome outcomes[4][2];
    for (int i = 0; i < 4; i++) {
        struct fake_sizing fake;
        struct fw_nis_options options = options_of(5);
        options.plain = _i / 2 == 1;
        options.threads = threads[i];
        fake_sizing_init(&fake, _i % 2 == 1, true);
        const int64_t budgets[] = {600, 1500};
        search(outcomes[i], &fake, &options, budgets, 2);
        assert_same(&outcomes[i][0], &outcomes[0][0]);
        assert_same(&outcomes[i][1], &outcomes[0][1]);
        fake_sizing_clear(&fake);
    }
    ck_assert(outcomes[0][0].hash != outcomes[0][1].hash);
}
END_TEST

/* Every search goes from the warmed-up model on, whatever was searched before. */
START_TEST(test_nis_budgets_do_not_depend_on_each_other)
{
    struct fake_sizing fake;
    struct outcome up[3];
    struct outcome down[3];
    struct fw_nis_options options = options_of(5);
    fake_sizing_init(&fake, _i == 1, false);
    const int64_t rising[] = {300, 600, 1500};
    const int64_t falling[] = {1500, 600, 300};
    search(up, &fake, &options, rising, 3);
    search(down, &fake, &options, falling, 3);
    for (int b = 0; b < 3; b++)
        assert_same(&up[b], &down[2 - b]);
    fake_sizing_clear(&fake);
}
END_TEST

/* ---- ends ---- */

START_TEST(test_nis_takes_the_passes_and_the_rounds_that_it_is_told)
{
    struct fake_sizing fake;
    struct outcome outcome;
    const int64_t budget = 600;
    struct fw_nis_options options = options_of(2);
    options.warm_passes = 5;
    options.passes = 2.5;
    options.steps = 10;
    options.samples = 6;
    fake_sizing_init(&fake, true, false);
    search(&outcome, &fake, &options, &budget, 1);
    ck_assert_int_eq(outcome.rounds, 6); /* 60 steps of 10 */
    ck_assert_int_eq(outcome.samples, 36);
    ck_assert_int_eq(fake.learned, 5 * fake.batches + 60);
    ck_assert_int_eq(fake.starts, 1);
    ck_assert_int_eq(fake.fits, 0);
    fake.learned = 0;
    options.warm_passes = 9;
    options.passes = 0; /* a third of those of the warm-up */
    search(&outcome, &fake, &options, &budget, 1);
    ck_assert_int_eq(fake.learned, 9 * fake.batches + 80);
    fake_sizing_clear(&fake);
}
END_TEST

START_TEST(test_nis_stops_when_asked)
{
    int64_t budget = 600;
    struct fw_nis_options options = options_of(2);
    options.plain = _i == 1;
    options.asynchronous = _i == 2;
    for (int64_t stop = 1; stop < 150; stop += 7) {
        struct fake_sizing fake;
        struct outcome outcome;
        fake_sizing_init(&fake, true, false);
        fake.stop_at_step = stop;
        int64_t warm_steps = options.warm_passes * fake.batches;
        enum fw_status status = try_search(&outcome, &fake, &options, &budget, 1, NULL, NULL);
        if (stop < warm_steps) {
            ck_assert_int_eq(status, FW_E_STOPPED);
            ck_assert_int_eq(fake.learned, stop);
        } else {
            ck_assert_int_eq(status, FW_OK);
            /* a round that has begun is ended; what comes in the last one cuts nothing */
            int32_t round = stop == warm_steps ? 1 : (int32_t)((stop - warm_steps + options.steps - 1) / options.steps);
            ck_assert_int_eq(outcome.rounds, round < 6 ? round : 6);
            ck_assert_int_eq(outcome.answers[0].cut, round < 6);
            check_answers(&outcome, &fake, budget);
        }
        fake_sizing_clear(&fake);
    }
}
END_TEST

START_TEST(test_nis_ends_with_the_time)
{
    struct fake_sizing fake;
    struct outcome outcome;
    int64_t budget = 600;
    struct fw_nis_options options = options_of(2);
    fake_sizing_init(&fake, false, false);
    fake.budget = (struct fw_budget){.started = -1e9, .seconds = 1};
    ck_assert_int_eq(try_search(&outcome, &fake, &options, &budget, 1, NULL, NULL), FW_E_BUDGET);
    fake_sizing_clear(&fake);
}
END_TEST

static enum fw_status failing_round(void *user, const struct fw_nis_round *round, struct fw_error *err)
{
    int *rounds = user;
    (void)round;
    return ++*rounds == 2 ? fw_error_set(err, FW_E_IO, "the disk is full") : FW_OK;
}

START_TEST(test_nis_passes_a_failure_of_its_listener_on)
{
    int rounds = 0;
    int32_t n;
    struct fake_sizing fake;
    struct fw_nis *nis = NULL;
    struct fw_error error = {0};
    fw_level levels[FW_NIS_ANSWERS * fake_sizing_levels];
    struct fw_nis_answer answers[FW_NIS_ANSWERS];
    struct fw_nis_options options = options_of(2);
    struct fw_nis_events events = {.round_done = failing_round, .user = &rounds};
    fake_sizing_init(&fake, false, false);
    struct fw_sizing_model model = fake_sizing_model(&fake);
    ck_ok(fw_nis_create(&nis, &model, &options, &events, NULL, err));
    ck_ok(fw_nis_warm_up(nis, NULL, err));
    ck_assert_int_eq(fw_nis_search(nis, levels, answers, &n, 600, NULL, &error), FW_E_IO);
    ck_assert_str_eq(error.message, "the disk is full");
    ck_assert_int_eq(rounds, 2);
    fw_nis_destroy(nis);
    fw_nis_destroy(NULL);
    fake_sizing_clear(&fake);
}
END_TEST

START_TEST(test_nis_refuses_options_out_of_range)
{
    static const struct {
        struct fw_nis_options options;
        const char *message;
    } cases[] = {
        {{.warm_passes = 0, .passes = 3, .samples = 8, .steps = 12, .lambda = 1}, "1 to 1000 passes to warm up, not 0"},
        {{.warm_passes = 1001, .passes = 3, .samples = 8, .steps = 12, .lambda = 1}, "not 1001"},
        {{.warm_passes = 3, .passes = -1, .samples = 8, .steps = 12, .lambda = 1}, "not -1"},
        {{.warm_passes = 3, .passes = NAN, .samples = 8, .steps = 12, .lambda = 1}, "0 to 1000 then"},
        {{.warm_passes = 3, .passes = 3, .samples = 1, .steps = 12, .lambda = 1}, "2 to 256 samples"},
        {{.warm_passes = 3, .passes = 3, .samples = 257, .steps = 12, .lambda = 1}, "not 257 and 12"},
        {{.warm_passes = 3, .passes = 3, .samples = 8, .steps = 0, .lambda = 1}, "1 to 100000 steps"},
        {{.warm_passes = 3, .passes = 3, .samples = 8, .steps = 12, .lambda = -0.5}, "lambda is 0 or more, not -0.5"},
        {{.warm_passes = 3, .passes = 3, .samples = 8, .steps = 12, .lambda = INFINITY}, "lambda"},
    };
    struct fake_sizing fake;
    fake_sizing_init(&fake, false, false);
    struct fw_sizing_model model = fake_sizing_model(&fake);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct fw_nis *nis = NULL;
        struct fw_error error = {0};
        ck_assert_int_eq(fw_nis_create(&nis, &model, &cases[c].options, NULL, NULL, &error), FW_E_ARG);
        ck_assert_msg(strstr(error.message, cases[c].message) != NULL, "%s", error.message);
        ck_assert_ptr_null(nis);
    }
    fake_sizing_clear(&fake);
}
END_TEST

START_TEST(test_nis_refused_memory_is_an_error_without_leak)
{
    const int64_t budgets[] = {600, 1500};
    struct fw_nis_options options = options_of(2);
    enum fw_status status = FW_E_NOMEM;
    int64_t fail_at = 0;
    options.passes = 1;
    options.threads = 2;
    options.plain = _i == 1;
    options.asynchronous = _i == 2;
    while (status != FW_OK) {
        struct fw_allocator mem;
        struct fake_sizing fake;
        struct outcome outcomes[2];
        struct fw_error error = {0};
        fake_sizing_init(&fake, true, false);
        fw_allocator_init(&mem, 0);
        mem.fail_at = ++fail_at;
        status = try_search(outcomes, &fake, &options, budgets, 2, &mem, &error);
        ck_assert(status == FW_OK || (status == FW_E_NOMEM && error.message[0] != '\0'));
        ck_assert_uint_eq(mem.used, 0);
        ck_assert_int_lt(fail_at, 300);
        fake_sizing_clear(&fake);
    }
    ck_assert_int_gt(fail_at, 20);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("nis");
    TCase *tests = tcase_create("nis");
    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, test_nis_comes_near_the_best_sizes, 0, 2);
    tcase_add_loop_test(tests, test_nis_asynchronous_comes_near_the_best_sizes, 0, 2);
    tcase_add_loop_test(tests, test_nis_passes_over_batches_without_a_quality, 0, 4);
    tcase_add_test(tests, test_nis_plain_learns_when_it_is_given_time);
    tcase_add_loop_test(tests, test_nis_never_goes_over_the_budget, 0, 12);
    tcase_add_loop_test(tests, test_nis_refuses_a_budget_that_holds_nothing, 0, 4);
    tcase_add_loop_test(tests, test_nis_is_the_same_on_any_number_of_threads, 0, 4);
    tcase_add_loop_test(tests, test_nis_budgets_do_not_depend_on_each_other, 0, 2);
    tcase_add_test(tests, test_nis_takes_the_passes_and_the_rounds_that_it_is_told);
    tcase_add_loop_test(tests, test_nis_stops_when_asked, 0, 3);
    tcase_add_test(tests, test_nis_ends_with_the_time);
    tcase_add_test(tests, test_nis_passes_a_failure_of_its_listener_on);
    tcase_add_test(tests, test_nis_refuses_options_out_of_range);
    tcase_add_loop_test(tests, test_nis_refused_memory_is_an_error_without_leak, 0, 3);
    suite_add_tcase(suite, tests);
    return suite;
}
