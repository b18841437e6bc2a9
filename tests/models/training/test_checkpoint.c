#include "models/training/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/rng.h"
#include "models/registry.h"
#include "models/training/batches.h"
#include "support/fitting.h"
#include "support/mixed_sizes.h"
#include "support/planted.h"
#include "support/scratch.h"
#include "support/several.h"
#include "support/test_main.h"

/* Minus the mean logloss; remembers how often it was asked. */
static enum fw_status score_logloss(void *self, double *score_out, const float *logits, const float *labels,
                                    const float *weights, int64_t n, struct fw_error *err)
{
    (void)weights;
    (void)err;
    double loss = 0;
    for (int64_t i = 0; i < n; i++) {
        double x = (double)logits[i];
        loss += (x > 0 ? x : 0) - x * (double)labels[i] + log1p(exp(-fabs(x)));
    }
    ++*(int64_t *)self;
    *score_out = -loss / (double)n;
    return FW_OK;
}

/* Logistic regression that asks to stop after so many steps, and that takes a first step from its rows. */
static struct {
    const struct fw_model_vtable *model; /* that does the work */
    int64_t steps_left;
    atomic_int stop;
} halt = {.model = &fw_model_lr};

static enum fw_status halting_batch(void *self, struct fw_fit_stats *stats, const struct fw_dataset_view *batch,
                                    struct fw_error *err)
{
    if (--halt.steps_left == 0)
        atomic_store(&halt.stop, 1);
    return halt.model->fit_batch(self, stats, batch, err);
}

static enum fw_status start(void *self, const struct fw_row_set *rows, const struct fw_budget *budget,
                            struct fw_error *err)
{
    (void)budget;
    struct fw_fit_stats stats;
    struct fw_dataset_view batch = fw_batches_find(rows, 20, 0);
    return fw_model_lr.fit_batch(self, &stats, &batch, err);
}

struct setting {
    struct fw_dataset *dataset;
    struct fw_model_vtable vtable;
    struct fw_model *model;
    struct fw_row_set train, valid;
    struct fw_trainer_options options;
    struct fw_training training;
    int64_t scores;
};

static void set_up(struct setting *s, const char *settings, bool starts)
{
    struct planted_options planted = {.n_rows = 1200,
                                      .n_fields = 3,
                                      .n_ids = {5, 12, 400},
                                      .strength = 0.5,
                                      .weighted = true,
                                      .n_folds = 4,
                                      .seed = 21};
    s->dataset = planted_create(&planted, NULL);
    s->model = fitting_create("lr", settings, s->dataset, 1, NULL);
    s->vtable = fw_model_lr;
    s->vtable.fit_batch = halting_batch;
    s->vtable.start = starts ? start : NULL;
    s->model->vtable = &s->vtable;
    s->train = fw_row_set_but_fold(s->dataset, 1);
    s->valid = fw_row_set_fold(s->dataset, 1);
    s->scores = 0;
    fw_trainer_options_init(&s->options, &s->model->params);
    s->options.metric = (struct fw_trainer_metric){
        .name = "logloss", .self = &s->scores, .score = score_logloss, .memory = &s->scores, .memory_bytes = 8};
    s->options.seed = 3;
    s->options.refit = true;
    s->options.checkpoint = scratch_path("c");
    memset(&s->training, 0, sizeof s->training);
}

/* Trains until the end, or until so many steps are over (0: until the end). */
static enum fw_status train(struct setting *s, int64_t steps, struct fw_error *err)
{
    struct fw_budget budget = {.stop = &halt.stop};
    halt.steps_left = steps;
    atomic_store(&halt.stop, 0);
    fw_training_clear(&s->training, NULL);
    s->model->vtable->reset(s->model->self);
    return fw_trainer_run(&s->training, s->model, &s->train, &s->valid, &s->options, &budget, NULL, err);
}

static void tear_down(struct setting *s)
{
    fw_training_clear(&s->training, NULL);
    fw_model_destroy(s->model);
    fw_dataset_destroy(s->dataset);
}

static const char *const trainings[] = {
    "optimiser=ftrl,rate=0.05,batch=100,epochs=8,schedule=cosine,warmup=12,shuffle=rows",
    "optimiser=adagrad,rate=0.03,batch=100,epochs=8,shuffle=batches",
    "optimiser=sgd,rate=0.2,batch=50,epochs=5,schedule=linear",
};

static void ck_same_training(const struct fw_training *a, const struct fw_training *b)
{
    ck_assert_int_eq(a->n_epochs, b->n_epochs);
    ck_assert_int_eq(a->best_epoch, b->best_epoch);
    ck_assert_double_eq(a->best_score, b->best_score);
    ck_assert(isnan(a->start_score) ? isnan(b->start_score) : a->start_score == b->start_score);
    ck_assert_int_eq(a->end, b->end);
    ck_assert_int_eq(a->rows, b->rows);
    ck_assert_int_eq(a->refitted, b->refitted);
    for (int64_t e = 0; e < a->n_epochs; e++) {
        ck_assert_double_eq(a->curve[e].train_loss, b->curve[e].train_loss);
        ck_assert_double_eq(a->curve[e].score, b->curve[e].score);
    }
}

START_TEST(test_checkpoint_resumed_anywhere_ends_with_the_same_bytes)
{
    struct setting whole;
    struct setting broken;
    set_up(&whole, trainings[_i], _i != 1);
    whole.options.checkpoint = NULL;
    ck_ok(train(&whole, 0, err));
    float *exact = fitting_parameters(whole.model);
    size_t bytes = (size_t)fw_model_parameter_count(whole.model) * sizeof *exact;
    /* each stride interrupts again and again until the end is reached */
    static const int64_t strides[] = {7, 23};
    for (int r = 0; r < 2; r++) {
        set_up(&broken, trainings[_i], _i != 1);
        broken.options.checkpoint_seconds = r == 1 && _i == 0 ? 0 : 60;
        int64_t runs = 0;
        bool in_refit = false;
        do {
            struct fw_error refusal = {0};
            broken.scores = -1; /* what the checkpoint has must come back */
            if (runs == 0)
                broken.scores = 0;
            enum fw_status status = train(&broken, strides[r] + runs % 2, &refusal);
            ck_assert_msg(status == FW_OK || status == FW_E_STOPPED, "%s", refusal.message);
            ck_assert(status != FW_OK || broken.training.resumed == (runs > 0));
            in_refit = in_refit || (status == FW_OK && broken.training.end == FW_TRAINING_STOPPED &&
                                    broken.training.n_epochs == whole.training.n_epochs);
            ck_assert_int_lt(++runs, 1000);
        } while (broken.training.curve == NULL || broken.training.end == FW_TRAINING_STOPPED);
        ck_assert_int_gt(runs, r == 0 ? 8 : 2);
        ck_assert(in_refit);
        float *resumed = fitting_parameters(broken.model);
        ck_assert_int_eq(memcmp(exact, resumed, bytes), 0);
        ck_same_training(&whole.training, &broken.training);
        ck_assert_int_eq(whole.scores, broken.scores);
        fw_free(NULL, resumed);
        /* once over, it gives its result at once */
        ck_ok(train(&broken, 0, err));
        resumed = fitting_parameters(broken.model);
        ck_assert_int_eq(halt.steps_left, 0);
        ck_assert_int_eq(memcmp(exact, resumed, bytes), 0);
        ck_same_training(&whole.training, &broken.training);
        fw_free(NULL, resumed);
        ck_assert_int_eq(unlink(broken.options.checkpoint), 0);
        tear_down(&broken);
    }
    fw_free(NULL, exact);
    tear_down(&whole);
}
END_TEST

/* Whatever a model keeps from one step to the next is in its blocks of state: every registered one goes on exactly. */
static void ck_goes_on(const struct fw_model_vtable *vtable, int32_t sized)
{
    float *values[2];
    size_t bytes = 0;
    for (int r = 0; r < 2; r++) {
        struct setting s;
        struct fw_params params;
        set_up(&s, "optimiser=sgd", false);
        fw_model_destroy(s.model);
        several_dataset(s.dataset, vtable);
        fw_params_init(&params, vtable->params);
        ck_ok(fw_params_parse(&params, "batch=128,epochs=3", err));
        if (fw_params_has(&params, "batch_norm"))
            ck_ok(fw_params_parse(&params, "batch_norm=on", err));
        int32_t dim = sized >= 0 ? (int32_t)fw_params_get(&params, "dim") : 0;
        struct fw_embedding_sizes *sizes = sized >= 0 ? mixed_sizes(s.dataset, dim, sized) : NULL;
        struct fw_model_config config = {
            .dataset = s.dataset, .params = &params, .sizes = sizes, .seed = 7, .threads = 1};
        several_config(&config, vtable);
        ck_ok(fw_model_create(&s.model, vtable, &config, NULL, err));
        fw_embedding_sizes_destroy(sizes);
        s.vtable = *vtable;
        s.vtable.fit_batch = halting_batch;
        s.model->vtable = &s.vtable;
        halt.model = vtable;
        fw_trainer_options_init(&s.options, &params);
        s.options.schedule = FW_SCHEDULE_LINEAR;
        s.options.checkpoint = r == 1 ? scratch_path("m") : NULL;
        s.options.seed = 3;
        struct fw_error told = {0}; /* nobody judges, so that an interruption in epoch 1 leaves nothing but the file */
        ck_assert(r == 0 || vtable->wants_epochs != NULL || train(&s, 5, &told) == FW_E_STOPPED);
        ck_ok(train(&s, 0, err));
        ck_assert_int_eq(s.training.end, vtable->wants_epochs != NULL ? FW_TRAINING_CONVERGED : FW_TRAINING_EPOCHS);
        ck_assert_int_eq(s.training.resumed, r == 1 && vtable->wants_epochs == NULL);
        bytes = (size_t)fw_model_parameter_count(s.model) * sizeof(float);
        values[r] = fitting_parameters(s.model);
        tear_down(&s);
    }
    unlink(scratch_path("m")); /* the next one begins anew */
    ck_assert_int_eq(memcmp(values[0], values[1], bytes), 0);
    fw_free(NULL, values[0]);
    fw_free(NULL, values[1]);
}

START_TEST(test_checkpoint_every_model_goes_on_as_if_it_had_not_stopped)
{
    ck_goes_on(fw_model_list()[_i], -1);
}
END_TEST

/* Strips, projections and dropped inputs among them. */
START_TEST(test_checkpoint_models_with_sized_embeddings_go_on_too)
{
    static const struct fw_model_vtable *const networks[] = {&fw_model_fm, &fw_model_deepfm, &fw_model_dcnv2};
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++)
        ck_goes_on(networks[i], _i);
}
END_TEST

START_TEST(test_checkpoint_interrupted_training_gives_the_best_so_far)
{
    struct setting s;
    set_up(&s, trainings[1], false);
    ck_ok(train(&s, 9 * 3 + 4, err));
    ck_assert_int_eq(s.training.end, FW_TRAINING_STOPPED);
    ck_assert_int_eq(s.training.n_epochs, 3);
    ck_assert_str_eq(s.training.warning, "");
    float *kept = fitting_parameters(s.model);
    size_t bytes = (size_t)fw_model_parameter_count(s.model) * sizeof *kept;
    s.options.checkpoint = NULL;
    s.options.epochs = s.training.best_epoch;
    s.options.refit = false;
    ck_ok(train(&s, 0, err));
    float *exact = fitting_parameters(s.model);
    ck_assert_int_eq(memcmp(exact, kept, bytes), 0);
    fw_free(NULL, kept);
    fw_free(NULL, exact);
    tear_down(&s);
}
END_TEST

/* A file of an interrupted training, and that it is refused with a status and a word. */
static void ck_refused(struct setting *s, enum fw_status expected, const char *word)
{
    struct fw_error refusal = {0};
    enum fw_status status = train(s, 0, &refusal);
    ck_assert_msg(status == expected, "%d, not %d: %s", status, expected, refusal.message);
    ck_assert_msg(strstr(refusal.message, word) != NULL, "no '%s' in '%s'", word, refusal.message);
    ck_assert_ptr_nonnull(strstr(refusal.message, "name another file"));
}

START_TEST(test_checkpoint_of_another_run_is_refused_with_what_differs)
{
    struct setting s;
    struct setting other;
    set_up(&s, trainings[1], false);
    ck_ok(train(&s, 40, err));
    set_up(&other, "optimiser=adagrad,rate=0.02,batch=100,epochs=8,shuffle=batches", false);
    ck_refused(&other, FW_E_ARG, "rate=0.03, this one has rate=0.02");
    tear_down(&other);
    set_up(&other, "optimiser=ftrl,rate=0.03,batch=100,epochs=8,shuffle=batches", false);
    ck_refused(&other, FW_E_ARG, "optimiser=adagrad, this one has optimiser=ftrl");
    tear_down(&other);
    s.options.epochs = 7;
    ck_refused(&s, FW_E_ARG, "epochs=8");
    s.options.epochs = 8;
    s.options.seed = 4;
    ck_refused(&s, FW_E_ARG, "seed 3, not 4");
    s.options.seed = 3;
    s.options.metric.name = "auc";
    ck_refused(&s, FW_E_ARG, "the metric 'logloss', not 'auc'");
    s.options.metric.name = "logloss";
    s.vtable.name = "lrr";
    ck_refused(&s, FW_E_ARG, "the model 'lr', not 'lrr'");
    s.vtable.name = "lr";
    s.valid.parts[0].n--;
    ck_refused(&s, FW_E_ARG, "900 rows with 300 to judge, not 900 and 299");
    s.valid.parts[0].n++;
    s.dataset->labels[1000] = 1 - s.dataset->labels[1000];
    ck_refused(&s, FW_E_ARG, "other data");
    s.dataset->labels[1000] = 1 - s.dataset->labels[1000];
    uint8_t *ids = s.dataset->fields[1].ids;
    ids[17] ^= 1;
    ck_refused(&s, FW_E_ARG, "other data");
    ids[17] ^= 1;
    ck_ok(train(&s, 0, err));
    ck_assert(s.training.resumed);
    tear_down(&s);
}
END_TEST

static void write_file(const char *path, const unsigned char *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, size, file), size);
    fclose(file);
}

START_TEST(test_checkpoint_damage_anywhere_is_found)
{
    static unsigned char good[1 << 20];
    static unsigned char bad[sizeof good];
    struct setting s;
    struct fw_rng rng;
    fw_rng_seed(&rng, 5, fw_stream(0, 0, FW_STREAM_TEST));
    set_up(&s, trainings[2], true);
    ck_ok(train(&s, 50, err));
    const char *path = s.options.checkpoint;
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    size_t size = fread(good, 1, sizeof good, file);
    fclose(file);
    ck_assert_uint_gt(size, 1000);
    for (int i = 0; i < 200; i++) {
        size_t at = i < 24 ? (size_t)i : (size_t)fw_rng_below(&rng, size);
        memcpy(bad, good, size);
        bad[at] ^= (unsigned char)(1U << fw_rng_below(&rng, 8));
        write_file(path, bad, size);
        ck_refused(&s, FW_E_CORRUPT, i < 8 ? "no checkpoint" : i < 16 ? "version" : "damaged");
    }
    for (int i = 0; i < 50; i++) {
        write_file(path, good, i < 40 ? (size_t)i : (size_t)fw_rng_below(&rng, size));
        ck_refused(&s, FW_E_CORRUPT, "");
    }
    write_file(path, good, size);
    ck_ok(train(&s, 0, err));
    tear_down(&s);
}
END_TEST

START_TEST(test_checkpoint_that_cannot_be_written_is_told_before_the_work)
{
    struct setting s;
    struct fw_error refusal = {0};
    set_up(&s, trainings[1], false);
    s.options.checkpoint = scratch_path("nofolder/c");
    ck_assert_int_eq(train(&s, 0, &refusal), FW_E_IO);
    ck_assert_ptr_nonnull(strstr(refusal.message, "nofolder"));
    tear_down(&s);
}
END_TEST

/* From a file that is there and from none. */
START_TEST(test_checkpoint_refused_memory_is_an_error_without_leak)
{
    struct setting s;
    set_up(&s, trainings[0], true);
    if (_i == 1)
        ck_ok(train(&s, 30, err));
    enum fw_status status = FW_E_NOMEM;
    for (int64_t fail_at = 1; status != FW_OK; fail_at++) {
        struct fw_allocator mem;
        struct fw_training training = {0};
        struct fw_error refusal = {0};
        fw_allocator_init(&mem, 0);
        mem.fail_at = fail_at;
        s.model->vtable->reset(s.model->self);
        status = fw_trainer_run(&training, s.model, &s.train, &s.valid, &s.options, NULL, &mem, &refusal);
        ck_assert_msg(status == FW_OK || status == FW_E_NOMEM, "%s", refusal.message);
        ck_assert_int_lt(fail_at, 100);
        ck_assert(status != FW_OK || training.resumed == (_i == 1));
        fw_training_clear(&training, &mem);
        ck_assert_uint_eq(mem.used, 0);
    }
    tear_down(&s);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("checkpoint");
    TCase *cases = tcase_create("checkpoint");
    tcase_add_checked_fixture(cases, scratch_make, scratch_remove);
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, test_checkpoint_resumed_anywhere_ends_with_the_same_bytes, 0, 3);
    int n_models = 0;
    while (fw_model_list()[n_models] != NULL)
        n_models++;
    tcase_add_loop_test(cases, test_checkpoint_every_model_goes_on_as_if_it_had_not_stopped, 0, n_models);
    tcase_add_loop_test(cases, test_checkpoint_models_with_sized_embeddings_go_on_too, 0, MIXED_KINDS);
    tcase_add_test(cases, test_checkpoint_interrupted_training_gives_the_best_so_far);
    tcase_add_test(cases, test_checkpoint_of_another_run_is_refused_with_what_differs);
    tcase_add_test(cases, test_checkpoint_damage_anywhere_is_found);
    tcase_add_test(cases, test_checkpoint_that_cannot_be_written_is_told_before_the_work);
    tcase_add_loop_test(cases, test_checkpoint_refused_memory_is_an_error_without_leak, 0, 2);
    suite_add_tcase(suite, cases);
    return suite;
}
