/* The trainer on several tasks with unknown labels, judged by a list of figures. */
#include <math.h>
#include <string.h>

#include "evaluators/task_score.h"
#include "models/registry.h"
#include "models/training/trainer.h"
#include "support/planted.h"
#include "support/several.h"
#include "support/test_main.h"

enum { n_tasks = 3, most_rows = 4096 };

struct judge {
    struct fw_score_terms terms;
    const struct fw_model *model;
    struct fw_task_metrics_workspace *workspace;
    struct fw_task_metrics last[n_tasks];
};

static enum fw_status score(void *self, double *score_out, const float *outputs, const float *labels,
                            const float *weights, int64_t n, struct fw_error *err)
{
    struct judge *judge = self;
    struct fw_task_rows rows = {outputs, labels, weights, n, judge->model->n_outputs, judge->model->n_labels};
    for (int32_t r = 0; r < judge->model->n_readings; r++)
        FW_TRY(fw_task_metrics_compute(&judge->last[r], &judge->model->readings[r], &rows, judge->workspace, err));
    return fw_score_of(score_out, &judge->terms, judge->last, judge->model->readings, err);
}

/* Trains on three quarters of the rows; values (may be NULL) gets the parameters, which the caller frees. */
static struct fw_training train(const char *metric, int threads, struct fw_dataset *dataset, float **values)
{
    struct fw_params params;
    struct fw_score_spec spec;
    struct fw_model *model = NULL;
    struct fw_training training;
    struct fw_trainer_options options;
    struct judge judge = {.model = NULL};
    const struct fw_model_vtable *vtable = NULL;
    ck_ok(fw_model_find(&vtable, "shared_bottom", err));
    fw_params_init(&params, vtable->params);
    ck_ok(fw_params_parse(&params, "epochs=6,batch=64,patience=2,rate=0.01", err));
    struct fw_model_config config = {.dataset = dataset,
                                     .params = &params,
                                     .tasks = several_mixed,
                                     .n_tasks = n_tasks,
                                     .seed = 1,
                                     .threads = threads};
    ck_ok(fw_model_create(&model, vtable, &config, NULL, err));
    ck_ok(fw_score_spec_parse(&spec, metric, err));
    ck_ok(fw_score_resolve(&judge.terms, &spec, model->readings, model->n_readings, err));
    ck_ok(fw_task_metrics_workspace_create(&judge.workspace, most_rows, NULL, err));
    judge.model = model;
    fw_trainer_options_init(&options, &params);
    options.metric = (struct fw_trainer_metric){.name = spec.text, .self = &judge, .score = score};
    struct fw_row_set fit = fw_row_set_but_fold(dataset, 0);
    struct fw_row_set valid = fw_row_set_fold(dataset, 0);
    ck_ok(fw_trainer_run(&training, model, &fit, &valid, &options, NULL, NULL, err));
    if (values != NULL) {
        *values = fw_alloc_array(NULL, fw_model_parameter_count(model), sizeof **values);
        ck_assert_ptr_nonnull(*values);
        fw_model_get_parameters(model, *values);
    }
    fw_task_metrics_workspace_destroy(judge.workspace);
    fw_model_destroy(model);
    return training;
}

/* A third of the labels are unknown. */
static struct fw_dataset *make_dataset(void)
{
    struct planted_options options = {
        .n_rows = 2000, .n_fields = 3, .n_ids = {8}, .strength = 1, .n_folds = 4, .weighted = true, .seed = 3};
    struct fw_dataset *dataset = planted_create(&options, NULL);
    several_labels(dataset, several_mixed, n_tasks, 1.0 / 3);
    return dataset;
}

START_TEST(test_task_training_learns_from_what_is_known)
{
    static const char *const metrics[] = {"auc", "logloss", "click:auc,seconds:r2*0.5", "seconds:rmse"};
    for (size_t m = 0; m < sizeof metrics / sizeof metrics[0]; m++) {
        struct fw_dataset *dataset = make_dataset();
        struct fw_training training = train(metrics[m], 1, dataset, NULL);
        ck_assert_msg(training.reason[0] == '\0', "%s: %s", metrics[m], training.reason);
        ck_assert_int_ge(training.n_epochs, 2);
        ck_assert_msg(training.best_score > training.curve[0].score || training.best_epoch == 1, "%s: no better",
                      metrics[m]);
        ck_assert(isfinite(training.curve[training.n_epochs - 1].train_loss));
        if (m == 0)
            ck_assert_double_gt(training.best_score, 0.55);
        fw_training_clear(&training, NULL);
        fw_dataset_destroy(dataset);
    }
}
END_TEST

START_TEST(test_task_training_does_not_depend_on_threads)
{
    float *first = NULL;
    struct fw_dataset *dataset = make_dataset();
    struct fw_training one = train("auc", 1, dataset, &first);
    for (int threads = 2; threads <= 8; threads += threads == 2 ? 1 : 5) {
        float *values = NULL;
        struct fw_training training = train("auc", threads, dataset, &values);
        ck_assert_int_eq(training.n_epochs, one.n_epochs);
        ck_assert_mem_eq(&training.best_score, &one.best_score, sizeof one.best_score);
        ck_assert_mem_eq(values, first, 64 * sizeof *values);
        fw_training_clear(&training, NULL);
        fw_free(NULL, values);
    }
    fw_training_clear(&one, NULL);
    fw_free(NULL, first);
    fw_dataset_destroy(dataset);
}
END_TEST

START_TEST(test_task_training_validation_of_one_class_matters_to_its_own_figure_alone)
{
    struct fw_dataset *dataset = make_dataset();
    for (int64_t i = 0; i < dataset->fold_start[1]; i++)
        dataset->labels[i * n_tasks + 2] = i % 2 == 0 ? 1 : NAN; /* `buy` */
    struct fw_training training = train("click:auc,seconds:r2,buy:logloss", 1, dataset, NULL);
    ck_assert_int_ge(training.n_epochs, 2);
    fw_training_clear(&training, NULL);
    fw_dataset_destroy(dataset);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("task_training");
    TCase *tc = tcase_create("task_training");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, test_task_training_learns_from_what_is_known);
    tcase_add_test(tc, test_task_training_does_not_depend_on_threads);
    tcase_add_test(tc, test_task_training_validation_of_one_class_matters_to_its_own_figure_alone);
    suite_add_tcase(suite, tc);
    return suite;
}
