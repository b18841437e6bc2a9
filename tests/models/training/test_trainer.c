#include "models/training/trainer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "models/registry.h"
#include "models/training/batches.h"
#include "support/fitting.h"
#include "support/planted.h"
#include "support/several.h"
#include "support/test_main.h"

/* Minus the mean logloss, in double. */
static enum fw_status score_logloss(void *self, double *score_out, const float *logits, const float *labels,
                                    const float *weights, int64_t n, struct fw_error *err)
{
    (void)self;
    (void)err;
    double loss = 0;
    double weight = 0;
    for (int64_t i = 0; i < n; i++) {
        double x = (double)logits[i];
        double w = weights != NULL ? (double)weights[i] : 1;
        loss += w * ((x > 0 ? x : 0) - x * (double)labels[i] + log1p(exp(-fabs(x))));
        weight += w;
    }
    *score_out = -loss / weight;
    return FW_OK;
}

static const struct fw_trainer_metric logloss = {.name = "logloss", .score = score_logloss};

/* Scores read from a list, whatever the model does. */
struct script {
    const double *scores;
    int64_t at;
};

static enum fw_status score_script(void *self, double *score_out, const float *logits, const float *labels,
                                   const float *weights, int64_t n, struct fw_error *err)
{
    (void)logits;
    (void)labels;
    (void)weights;
    (void)n;
    (void)err;
    struct script *script = self;
    *score_out = script->scores[script->at++];
    return FW_OK;
}

/* Made to overfit: beside two fields of signal, ids that two rows share on average. */
static struct fw_dataset *make_overfitting(uint64_t seed)
{
    struct planted_options options = {.n_rows = 4000,
                                      .n_fields = 3,
                                      .n_ids = {5, 12, 2000},
                                      .strength = 0.5,
                                      .weighted = true,
                                      .n_folds = 4,
                                      .seed = seed};
    return planted_create(&options, NULL);
}

struct setting {
    struct fw_dataset *dataset;
    struct fw_model *model;
    struct fw_row_set train, valid;
    struct fw_trainer_options options;
    struct fw_training training;
};

static void set_up(struct setting *s, const char *settings, int threads)
{
    s->dataset = make_overfitting(21);
    s->model = fitting_create("lr", settings, s->dataset, threads, NULL);
    s->train = fw_row_set_but_fold(s->dataset, 1);
    s->valid = fw_row_set_fold(s->dataset, 1);
    fw_trainer_options_init(&s->options, &s->model->params);
    s->options.metric = logloss;
    s->options.seed = 3;
    memset(&s->training, 0, sizeof s->training);
}

static enum fw_status train(struct setting *s, const struct fw_budget *budget, struct fw_error *err)
{
    fw_training_clear(&s->training, NULL);
    return fw_trainer_run(&s->training, s->model, &s->train, &s->valid, &s->options, budget, NULL, err);
}

static void tear_down(struct setting *s)
{
    fw_training_clear(&s->training, NULL);
    fw_model_destroy(s->model);
    fw_dataset_destroy(s->dataset);
}

/* The parameters after exactly so many epochs, without any judging. */
static float *parameters_after(struct setting *s, int64_t epochs)
{
    struct fw_training training;
    struct fw_trainer_options options = s->options;
    options.epochs = epochs;
    options.metric.score = NULL;
    options.progress = NULL;
    s->model->vtable->reset(s->model->self);
    ck_ok(fw_trainer_run(&training, s->model, &s->train, NULL, &options, NULL, NULL, err));
    ck_assert_int_eq(training.best_epoch, epochs);
    ck_assert(isnan(training.best_score));
    fw_training_clear(&training, NULL);
    return fitting_parameters(s->model);
}

static void ck_same_parameters(const struct fw_model *model, const float *a, const float *b)
{
    ck_assert_int_eq(memcmp(a, b, (size_t)fw_model_parameter_count(model) * sizeof *a), 0);
}

static const char *const stepping[] = {
    "optimiser=ftrl,rate=0.3,batch=100,epochs=12",
    "optimiser=adagrad,rate=0.3,batch=100,epochs=12",
    "optimiser=sgd,rate=3,batch=20,epochs=12",
};

START_TEST(test_trainer_early_stopping_keeps_the_best_epoch_to_the_bit)
{
    struct setting s;
    set_up(&s, stepping[_i], 2);
    s.options.patience = 0;
    ck_ok(train(&s, NULL, err));
    ck_assert_int_eq(s.training.n_epochs, 12);
    ck_assert_int_eq(s.training.end, FW_TRAINING_EPOCHS);
    int64_t best = 0;
    for (int64_t i = 1; i < 12; i++) {
        best = s.training.curve[i].score > s.training.curve[best].score ? i : best;
        ck_assert_double_lt(s.training.curve[i].train_loss, s.training.curve[i - 1].train_loss);
        ck_assert_double_ge(s.training.curve[i].seconds, s.training.curve[i - 1].seconds);
    }
    ck_assert_int_lt(best, 9); /* it does overfit */
    ck_assert_int_eq(s.training.best_epoch, best + 1);
    ck_assert_double_eq(s.training.best_score, s.training.curve[best].score);
    float *kept = fitting_parameters(s.model);
    float *exact = parameters_after(&s, best + 1);
    ck_same_parameters(s.model, kept, exact);
    s.options.patience = 3;
    s.model->vtable->reset(s.model->self);
    ck_ok(train(&s, NULL, err));
    ck_assert_int_eq(s.training.end, FW_TRAINING_PATIENCE);
    ck_assert_int_eq(s.training.best_epoch, best + 1);
    ck_assert_int_eq(s.training.n_epochs, best + 4);
    float *stopped = fitting_parameters(s.model);
    ck_same_parameters(s.model, stopped, exact);
    fw_free(NULL, kept);
    fw_free(NULL, exact);
    fw_free(NULL, stopped);
    tear_down(&s);
}
END_TEST

START_TEST(test_trainer_an_equal_score_is_no_better)
{
    static const double scores[] = {0.5, 0.7, 0.7, 0.6, 0.9, 1};
    struct script script = {.scores = scores};
    struct setting s;
    set_up(&s, "optimiser=ftrl,patience=2,epochs=6", 1);
    s.options.metric = (struct fw_trainer_metric){.name = "script", .self = &script, .score = score_script};
    ck_ok(train(&s, NULL, err));
    ck_assert_int_eq(s.training.best_epoch, 2);
    ck_assert_int_eq(s.training.n_epochs, 4);
    ck_assert_int_eq(s.training.end, FW_TRAINING_PATIENCE);
    script.at = 0;
    s.options.patience = 3;
    s.model->vtable->reset(s.model->self);
    ck_ok(train(&s, NULL, err));
    ck_assert_int_eq(s.training.best_epoch, 6);
    ck_assert_int_eq(s.training.end, FW_TRAINING_EPOCHS);
    tear_down(&s);
}
END_TEST

START_TEST(test_trainer_seed_names_the_run_and_threads_do_not)
{
    float *first = NULL;
    static const struct {
        uint64_t seed;
        int threads;
        bool same;
    } runs[] = {{3, 1, true}, {3, 1, true}, {3, 2, true}, {3, 3, true}, {3, 8, true}, {4, 1, false}};
    for (int r = 0; r < 6; r++) {
        struct setting s;
        set_up(&s, stepping[0], runs[r].threads);
        s.options.seed = runs[r].seed;
        s.options.refit = true;
        ck_ok(train(&s, NULL, err));
        ck_assert(s.training.refitted);
        float *values = fitting_parameters(s.model);
        size_t bytes = (size_t)fw_model_parameter_count(s.model) * sizeof *values;
        if (r > 0)
            ck_assert((memcmp(values, first, bytes) == 0) == runs[r].same);
        if (r == 0)
            first = values;
        else
            fw_free(NULL, values);
        tear_down(&s);
    }
    fw_free(NULL, first);
}
END_TEST

START_TEST(test_trainer_refit_takes_all_rows_for_the_best_epochs)
{
    struct setting s;
    set_up(&s, stepping[0], 1);
    ck_ok(train(&s, NULL, err));
    float *fitted = fitting_parameters(s.model);
    int64_t rows = s.training.rows;
    int64_t best = s.training.best_epoch;
    s.model->vtable->reset(s.model->self);
    s.options.refit = true;
    ck_ok(train(&s, NULL, err));
    ck_assert(s.training.refitted);
    ck_assert_int_eq(s.training.best_epoch, best);
    ck_assert_int_eq(s.training.rows, rows + best * s.dataset->n_rows);
    float *refitted = fitting_parameters(s.model);
    size_t bytes = (size_t)fw_model_parameter_count(s.model) * sizeof *fitted;
    ck_assert_int_ne(memcmp(fitted, refitted, bytes), 0);
    /* rows that judged are now rows that were learned from: their loss has fallen */
    float *logits = fitting_logits(s.model, s.dataset);
    double score;
    int64_t start = s.dataset->fold_start[1];
    ck_ok(score_logloss(NULL, &score, logits + start, s.dataset->labels + start, s.dataset->weights + start,
                        s.valid.parts[0].n, err));
    ck_assert_double_gt(score, s.training.best_score + 0.01);
    fw_free(NULL, logits);
    fw_free(NULL, fitted);
    fw_free(NULL, refitted);
    tear_down(&s);
}
END_TEST

START_TEST(test_trainer_whole_passes_end_when_converged)
{
    struct setting s;
    set_up(&s, "optimiser=newton", 2);
    s.options.refit = true;
    ck_ok(train(&s, NULL, err));
    ck_assert_int_eq(s.training.n_epochs, 1);
    ck_assert_int_eq(s.training.best_epoch, 1);
    ck_assert_int_eq(s.training.end, FW_TRAINING_CONVERGED);
    ck_assert(s.training.refitted);
    ck_assert_double_gt(s.training.best_score, -log(2));
    tear_down(&s);
}
END_TEST

/* What a progress callback does at a given epoch. */
struct watcher {
    struct setting *setting;
    atomic_int stop;
    struct fw_budget budget;
    int64_t act_at;
    bool act_in_refit;
    enum { ACT_STOP, ACT_TIME_OVER, ACT_BREAK_WEIGHTS, ACT_NOTHING } act;
    int64_t epochs_seen;
    int64_t events_seen;
};

static void watch(void *user, const struct fw_trainer_event *event)
{
    struct watcher *watcher = user;
    watcher->events_seen++;
    ck_assert_int_le(event->rows, event->all_rows);
    ck_assert(event->rows_per_second >= 0 && event->seconds_left >= 0);
    ck_assert(isfinite(event->train_loss));
    if (!event->epoch_done || (event->phase == FW_TRAINER_REFIT) != watcher->act_in_refit)
        return;
    watcher->epochs_seen++;
    ck_assert_int_eq(event->rows, event->all_rows);
    ck_assert_int_eq(event->epoch, watcher->epochs_seen);
    ck_assert_int_ge(event->best_epoch, 1);
    if (event->epoch != watcher->act_at)
        return;
    if (watcher->act == ACT_STOP)
        atomic_store(&watcher->stop, 1);
    if (watcher->act == ACT_TIME_OVER)
        watcher->budget.seconds = 1e-9;
    if (watcher->act == ACT_BREAK_WEIGHTS) {
        float *values = fitting_parameters(watcher->setting->model);
        values[0] = (float)NAN;
        fw_model_set_parameters(watcher->setting->model, values);
        fw_free(NULL, values);
    }
}

static void set_watcher(struct setting *s, struct watcher *watcher)
{
    watcher->setting = s;
    watcher->budget.stop = &watcher->stop;
    watcher->budget.started = fw_clock_seconds();
    s->options.progress = watch;
    s->options.user = watcher;
}

START_TEST(test_trainer_stops_in_order_and_keeps_the_best)
{
    struct setting s;
    struct watcher watcher = {.act_at = 3, .act = _i == 0 ? ACT_STOP : ACT_TIME_OVER};
    set_up(&s, "optimiser=ftrl,rate=0.02,batch=100,epochs=12", 1);
    set_watcher(&s, &watcher);
    s.options.refit = true;
    ck_ok(train(&s, &watcher.budget, err));
    ck_assert_int_eq(s.training.end, _i == 0 ? FW_TRAINING_STOPPED : FW_TRAINING_TIME);
    ck_assert_int_eq(s.training.n_epochs, 3);
    ck_assert_int_eq(watcher.epochs_seen, 3);
    ck_assert(!s.training.refitted);
    float *kept = fitting_parameters(s.model);
    float *exact = parameters_after(&s, s.training.best_epoch);
    ck_same_parameters(s.model, kept, exact);
    fw_free(NULL, kept);
    fw_free(NULL, exact);
    tear_down(&s);
}
END_TEST

START_TEST(test_trainer_a_refit_cut_short_leaves_the_fit)
{
    struct setting s;
    struct watcher watcher = {.act_at = 1, .act_in_refit = true, .act = ACT_STOP};
    set_up(&s, "optimiser=ftrl,rate=0.02,batch=100,epochs=4", 1);
    set_watcher(&s, &watcher);
    s.options.refit = true;
    ck_ok(train(&s, &watcher.budget, err));
    ck_assert_int_gt(s.training.best_epoch, 1);
    ck_assert(!s.training.refitted);
    ck_assert_int_eq(s.training.end, FW_TRAINING_STOPPED);
    float *kept = fitting_parameters(s.model);
    float *exact = parameters_after(&s, s.training.best_epoch);
    ck_same_parameters(s.model, kept, exact);
    fw_free(NULL, kept);
    fw_free(NULL, exact);
    tear_down(&s);
}
END_TEST

START_TEST(test_trainer_without_a_finished_epoch_is_an_error)
{
    struct setting s;
    struct fw_error refusal = {0};
    atomic_int stop = 1;
    struct fw_budget stopped = {.stop = &stop};
    struct fw_budget late = {.started = fw_clock_seconds() - 10, .seconds = 5};
    set_up(&s, _i == 0 ? "optimiser=ftrl" : "optimiser=newton", 1);
    ck_assert_int_eq(train(&s, &stopped, &refusal), FW_E_STOPPED);
    ck_assert_int_eq(train(&s, &late, &refusal), FW_E_BUDGET);
    ck_assert_ptr_nonnull(strstr(refusal.message, "5 s"));
    tear_down(&s);
}
END_TEST

START_TEST(test_trainer_a_loss_that_is_not_finite_leaves_the_best_epoch)
{
    struct setting s;
    struct watcher watcher = {.act_at = 2, .act_in_refit = _i == 1, .act = ACT_BREAK_WEIGHTS};
    set_up(&s, "optimiser=ftrl,rate=0.02,batch=100,epochs=4", 1);
    set_watcher(&s, &watcher);
    s.options.refit = true;
    ck_ok(train(&s, NULL, err));
    ck_assert_int_eq(s.training.end, FW_TRAINING_FAILED);
    ck_assert_int_eq(s.training.n_epochs, _i == 1 ? 4 : 2);
    ck_assert(!s.training.refitted);
    ck_assert_ptr_nonnull(strstr(s.training.reason, _i == 1 ? "epoch 3 of the refit" : "epoch 3"));
    ck_assert_ptr_nonnull(strstr(s.training.reason, "rate=0.02"));
    float *kept = fitting_parameters(s.model);
    float *exact = parameters_after(&s, s.training.best_epoch);
    ck_same_parameters(s.model, kept, exact);
    fw_free(NULL, kept);
    fw_free(NULL, exact);
    tear_down(&s);
}
END_TEST

START_TEST(test_trainer_a_loss_that_is_never_finite_is_an_error)
{
    struct setting s;
    struct fw_error refusal = {0};
    set_up(&s, "optimiser=ftrl,rate=0.02,batch=100,epochs=12", 1);
    float *values = fitting_parameters(s.model);
    values[0] = (float)NAN;
    fw_model_set_parameters(s.model, values);
    ck_assert_int_eq(train(&s, NULL, &refusal), FW_E_NUMERIC);
    ck_assert_ptr_nonnull(strstr(refusal.message, "epoch 1"));
    fw_free(NULL, values);
    tear_down(&s);
}
END_TEST

START_TEST(test_trainer_a_score_that_is_not_finite_ends_the_training)
{
    static const double scores[] = {0.5, NAN};
    struct script script = {.scores = scores + _i};
    struct setting s;
    struct fw_error refusal = {0};
    set_up(&s, "optimiser=ftrl", 1);
    s.options.metric = (struct fw_trainer_metric){.name = "auc", .self = &script, .score = score_script};
    ck_assert_int_eq(train(&s, NULL, &refusal), _i == 0 ? FW_OK : FW_E_NUMERIC);
    const char *told = _i == 0 ? s.training.reason : refusal.message;
    ck_assert_ptr_nonnull(strstr(told, "the auc of the 1000 validation rows"));
    ck_assert_ptr_nonnull(strstr(told, _i == 0 ? "epoch 2" : "epoch 1"));
    tear_down(&s);
}
END_TEST

/* A model that only reports: what the trainer asked of it. The rest is logistic regression's. */
static struct {
    double factors[4096];
    int64_t n_factors;
    int64_t starts;
    int64_t steps;
    int64_t count; /* allocations when the first step was taken */
    const struct fw_allocator *mem;
    bool lists; /* batches came as lists of rows */
    int64_t first_row[4096];
} seen;

static void note_rate(void *self, double factor)
{
    fw_model_lr.set_rate(self, factor);
    seen.factors[seen.n_factors++] = factor;
}

static enum fw_status note_start(void *self, const struct fw_row_set *rows, const struct fw_budget *budget,
                                 struct fw_error *err)
{
    (void)budget;
    struct fw_fit_stats stats;
    struct fw_dataset_view batch = fw_batches_find(rows, 20, 0);
    seen.starts++;
    return fw_model_lr.fit_batch(self, &stats, &batch, err);
}

static enum fw_status note_batch(void *self, struct fw_fit_stats *stats, const struct fw_dataset_view *batch,
                                 struct fw_error *err)
{
    if (seen.steps == 0 && seen.mem != NULL)
        seen.count = seen.mem->count;
    seen.lists = batch->index != NULL;
    seen.first_row[seen.steps++] = batch->index != NULL ? batch->index[batch->row] : batch->row;
    return fw_model_lr.fit_batch(self, stats, batch, err);
}

static void set_up_double(struct setting *s, struct fw_model_vtable *vtable, const char *settings)
{
    memset(&seen, 0, sizeof seen);
    set_up(s, settings, 1);
    *vtable = fw_model_lr;
    vtable->set_rate = note_rate;
    vtable->fit_batch = note_batch;
    s->model->vtable = vtable;
}

START_TEST(test_trainer_what_a_model_starts_from_is_epoch_0)
{
    static const double scores[] = {0.8, 0.7, 0.6};
    struct setting s;
    struct fw_model_vtable vtable;
    struct script script = {.scores = scores};
    set_up_double(&s, &vtable, "optimiser=sgd,batch=100,epochs=4");
    vtable.start = note_start;
    s.options.metric = (struct fw_trainer_metric){.name = "script", .self = &script, .score = score_script};
    s.options.refit = true;
    ck_ok(train(&s, NULL, err));
    ck_assert_int_eq(seen.starts, 2);
    ck_assert_int_eq(seen.steps, 2 * 30);
    ck_assert_int_eq(s.training.best_epoch, 0);
    ck_assert_int_eq(s.training.n_epochs, 2);
    ck_assert_int_eq(s.training.end, FW_TRAINING_PATIENCE);
    ck_assert_double_eq(s.training.start_score, 0.8);
    ck_assert_double_eq(s.training.best_score, 0.8);
    ck_assert(s.training.refitted);
    /* the refit is no more than a start on all rows */
    float *kept = fitting_parameters(s.model);
    struct fw_row_set all = fw_row_set_all(s.dataset);
    fw_model_lr.reset(s.model->self);
    ck_ok(note_start(s.model->self, &all, NULL, err));
    float *exact = fitting_parameters(s.model);
    ck_same_parameters(s.model, kept, exact);
    fw_free(NULL, kept);
    fw_free(NULL, exact);
    tear_down(&s);
}
END_TEST

static bool is_no_answer(const void *self)
{
    (void)self;
    return false;
}

/* First values that are no answer win no comparison, however well they happen to score. */
START_TEST(test_trainer_a_start_that_is_no_answer_is_not_judged)
{
    static const double scores[] = {0.6, 0.7, 0.6, 0.6};
    struct setting s;
    struct fw_model_vtable vtable;
    struct script script = {.scores = scores};
    set_up_double(&s, &vtable, "optimiser=sgd,batch=100,epochs=4");
    vtable.start = note_start;
    vtable.start_is_judged = is_no_answer;
    s.options.metric = (struct fw_trainer_metric){.name = "script", .self = &script, .score = score_script};
    ck_ok(train(&s, NULL, err));
    ck_assert_int_eq(seen.starts, 1);
    ck_assert(isnan(s.training.start_score));
    ck_assert_int_eq(s.training.best_epoch, 2);
    ck_assert_double_eq(s.training.best_score, 0.7);
    tear_down(&s);
}
END_TEST

START_TEST(test_trainer_refit_follows_the_rates_of_the_fit)
{
    static const double scores[] = {0.5, 0.6, 0.4, 0.3};
    struct setting s;
    struct fw_model_vtable vtable;
    struct script script = {.scores = scores};
    set_up_double(&s, &vtable, "optimiser=adagrad,batch=100,epochs=10,schedule=linear,warmup=6");
    s.options.metric = (struct fw_trainer_metric){.name = "script", .self = &script, .score = score_script};
    s.options.refit = true;
    ck_ok(train(&s, NULL, err));
    ck_assert_int_eq(s.training.best_epoch, 2);
    ck_assert_int_eq(seen.n_factors, 4 * 30 + 2 * 40 + 1);
    struct fw_schedule fit = {.kind = FW_SCHEDULE_LINEAR, .warmup = 6, .total = 300};
    struct fw_schedule refit = {.kind = FW_SCHEDULE_LINEAR, .warmup = 6, .total = 400};
    for (int64_t i = 0; i < 120; i++)
        ck_assert_double_eq(seen.factors[i], fw_schedule_factor(&fit, i));
    for (int64_t i = 0; i < 80; i++)
        ck_assert_double_eq(seen.factors[120 + i], fw_schedule_factor(&refit, i));
    ck_assert_double_eq(seen.factors[200], 1); /* the model is left as it was made */
    tear_down(&s);
}
END_TEST

START_TEST(test_trainer_shuffles_as_asked)
{
    static const char *const kinds[] = {"auto", "rows", "batches"};
    struct setting s;
    struct fw_model_vtable vtable;
    char settings[96];
    snprintf(settings, sizeof settings, "optimiser=sgd,batch=100,epochs=2,shuffle=%s", kinds[_i]);
    set_up_double(&s, &vtable, settings);
    ck_assert_int_eq((int)s.options.shuffle, _i);
    s.options.patience = 0;
    ck_ok(train(&s, NULL, err));
    ck_assert_int_eq(seen.lists, _i < 2);
    ck_assert_int_eq(seen.n_factors, 0); /* without a schedule nobody touches the rate */
    int64_t same = 0;
    for (int64_t i = 0; i < 30; i++)
        same += seen.first_row[i] == seen.first_row[30 + i];
    ck_assert_int_lt(same, 10);
    tear_down(&s);
}
END_TEST

START_TEST(test_trainer_a_batch_may_be_larger_than_the_data)
{
    struct setting s;
    struct fw_model_vtable vtable;
    set_up_double(&s, &vtable, "optimiser=sgd,batch=100000,epochs=3");
    s.options.patience = 0;
    ck_ok(train(&s, NULL, err));
    ck_assert_int_eq(seen.steps, 3);
    ck_assert_int_eq(s.training.rows, 3 * 3000);
    tear_down(&s);
}
END_TEST

START_TEST(test_trainer_takes_the_memory_it_says_and_none_while_training)
{
    struct setting s;
    struct fw_model_vtable vtable;
    struct fw_allocator mem;
    struct fw_training training;
    fw_allocator_init(&mem, 0);
    set_up_double(&s, &vtable, "optimiser=sgd,batch=100,epochs=3");
    s.options.refit = true;
    seen.mem = &mem;
    size_t said = fw_trainer_bytes(s.model, &s.train, &s.valid, &s.options);
    ck_ok(fw_trainer_run(&training, s.model, &s.train, &s.valid, &s.options, NULL, &mem, err));
    ck_assert_int_eq(mem.count, seen.count);
    ck_assert_double_lt((double)mem.peak, 1.1 * (double)said);
    ck_assert_double_gt((double)mem.peak, 0.9 * (double)said);
    fw_training_clear(&training, &mem);
    ck_assert_uint_eq(mem.used, 0);
    /* and with the model, as the program tells it beforehand */
    fw_allocator_init(&mem, 0);
    struct fw_model *model = fitting_create("lr", "optimiser=ftrl,batch=100,epochs=3", s.dataset, 2, &mem);
    const struct fw_model_footprint *f = &model->footprint;
    size_t told = f->parameters + f->state + f->activations + sizeof *model->readings + said;
    seen.mem = NULL;
    ck_ok(fw_trainer_run(&training, model, &s.train, &s.valid, &s.options, NULL, &mem, err));
    ck_assert_double_lt((double)mem.peak, 1.1 * (double)told);
    ck_assert_double_gt((double)mem.peak, 0.9 * (double)told);
    fw_training_clear(&training, &mem);
    fw_model_destroy(model);
    tear_down(&s);
}
END_TEST

START_TEST(test_trainer_refuses_options_and_sets_that_do_not_fit)
{
    struct setting s;
    struct fw_error refusal = {0};
    set_up(&s, "optimiser=ftrl,batch=50,epochs=1", 1);
    ck_assert_int_eq(s.options.batch, 50);
    ck_assert_int_eq(s.options.epochs, 1);
    s.options.batch = 51;
    ck_assert_int_eq(train(&s, NULL, &refusal), FW_E_ARG);
    s.options.batch = 0;
    ck_assert_int_eq(train(&s, NULL, &refusal), FW_E_ARG);
    s.options.batch = 50;
    s.options.epochs = 0;
    ck_assert_int_eq(train(&s, NULL, &refusal), FW_E_ARG);
    s.options.epochs = 1;
    struct fw_row_set rows = s.train;
    s.train.n_parts = 0;
    ck_assert_int_eq(train(&s, NULL, &refusal), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(refusal.message, "no training rows"));
    s.train = rows;
    s.dataset->fields[2].n_ids++;
    ck_assert_int_eq(train(&s, NULL, &refusal), FW_E_ARG);
    s.dataset->fields[2].n_ids--;
    ck_ok(train(&s, NULL, err));
    tear_down(&s);
}
END_TEST

/* A model of one label would take those of two as twice the rows. */
START_TEST(test_trainer_refuses_rows_with_other_labels_than_the_models)
{
    struct setting s;
    struct fw_error refusal = {0};
    set_up(&s, "batch=50,epochs=1", 1);
    struct fw_dataset *two = make_overfitting(22);
    several_labels(two, several_binary, 2, 0);
    struct fw_row_set train_rows = s.train;
    struct fw_row_set valid_rows = s.valid;
    s.train = fw_row_set_but_fold(two, 1);
    ck_assert_int_eq(train(&s, NULL, &refusal), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(refusal.message, "the data set has 2 labels a row, the model was made for 1"));
    s.train = train_rows;
    s.valid = fw_row_set_fold(two, 1);
    ck_assert_int_eq(train(&s, NULL, &refusal), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(refusal.message, "the data set has 2 labels a row, the model was made for 1"));
    s.valid = valid_rows;
    ck_ok(train(&s, NULL, err));
    fw_training_clear(&s.training, NULL);
    /* and the other way round */
    struct fw_model *several = fitting_create("shared_bottom", "batch=50,epochs=1", two, 1, NULL);
    ck_assert_int_eq(fw_trainer_run(&s.training, several, &s.train, &s.valid, &s.options, NULL, NULL, &refusal),
                     FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(refusal.message, "the data set has 1 labels a row, the model was made for 2"));
    fw_model_destroy(several);
    fw_dataset_destroy(two);
    tear_down(&s);
}
END_TEST

START_TEST(test_trainer_refused_memory_is_an_error_without_leak)
{
    struct setting s;
    set_up(&s, _i == 0 ? "optimiser=ftrl,epochs=2" : "optimiser=newton,epochs=2", 2);
    enum fw_status status = FW_E_NOMEM;
    s.options.refit = true;
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
        ck_assert_ptr_eq(status == FW_OK ? NULL : training.curve, NULL);
        fw_training_clear(&training, &mem);
        ck_assert_uint_eq(mem.used, 0);
    }
    tear_down(&s);
}
END_TEST

START_TEST(test_trainer_fits_in_batches_without_allocating)
{
    struct setting s;
    struct fw_allocator mem;
    fw_allocator_init(&mem, 0);
    set_up(&s, "optimiser=newton", 1);
    struct fw_model *model = fitting_create("lr", "optimiser=ftrl", s.dataset, 2, &mem);
    int64_t count = mem.count;
    fitting_epoch(model, &s.train);
    float *logits = fitting_logits(model, s.dataset);
    ck_assert_int_eq(mem.count, count);
    fw_free(NULL, logits);
    fw_model_destroy(model);
    tear_down(&s);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("trainer");
    TCase *cases = tcase_create("trainer");
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, test_trainer_early_stopping_keeps_the_best_epoch_to_the_bit, 0, 3);
    tcase_add_test(cases, test_trainer_an_equal_score_is_no_better);
    tcase_add_test(cases, test_trainer_seed_names_the_run_and_threads_do_not);
    tcase_add_test(cases, test_trainer_refit_takes_all_rows_for_the_best_epochs);
    tcase_add_test(cases, test_trainer_whole_passes_end_when_converged);
    tcase_add_loop_test(cases, test_trainer_stops_in_order_and_keeps_the_best, 0, 2);
    tcase_add_test(cases, test_trainer_a_refit_cut_short_leaves_the_fit);
    tcase_add_loop_test(cases, test_trainer_without_a_finished_epoch_is_an_error, 0, 2);
    tcase_add_loop_test(cases, test_trainer_a_loss_that_is_not_finite_leaves_the_best_epoch, 0, 2);
    tcase_add_test(cases, test_trainer_a_loss_that_is_never_finite_is_an_error);
    tcase_add_loop_test(cases, test_trainer_a_score_that_is_not_finite_ends_the_training, 0, 2);
    tcase_add_test(cases, test_trainer_what_a_model_starts_from_is_epoch_0);
    tcase_add_test(cases, test_trainer_a_start_that_is_no_answer_is_not_judged);
    tcase_add_test(cases, test_trainer_refit_follows_the_rates_of_the_fit);
    tcase_add_loop_test(cases, test_trainer_shuffles_as_asked, 0, 3);
    tcase_add_test(cases, test_trainer_a_batch_may_be_larger_than_the_data);
    tcase_add_test(cases, test_trainer_takes_the_memory_it_says_and_none_while_training);
    tcase_add_test(cases, test_trainer_refuses_options_and_sets_that_do_not_fit);
    tcase_add_test(cases, test_trainer_refuses_rows_with_other_labels_than_the_models);
    tcase_add_loop_test(cases, test_trainer_refused_memory_is_an_error_without_leak, 0, 2);
    tcase_add_test(cases, test_trainer_fits_in_batches_without_allocating);
    suite_add_tcase(suite, cases);
    return suite;
}
