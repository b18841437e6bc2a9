/* Models of several tasks as the tasks become less related (Ma et al. 2018, section 4): two regression tasks with a
 * dial, fresh data and first values for each seed, models of about equal size.
 *
 *     bench_relatedness [SEEDS [FIRST_SEED]]     a line a training, then the table: mean and spread of the test error
 *
 * The test error is the mean squared error of both tasks over rows that nothing has seen; the noise alone is .01.
 * Settings of each model were chosen on seeds from 1000 on. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/settle.h"
#include "labelled.h"
#include "models/registry.h"

enum { TRAIN = 50000, VALID = 3000, TEST = 3000, MOST_SEEDS = 1000 };

static const double dials[] = {1, 0.75, 0.5, 0.25, 0};
static const struct {
    const char *model, *settings;
} contenders[] = {
    {"shared_bottom", "layers=1,units=113,rate=0.003"},
    {"omoe", "experts=8,units=16,rate=0.01"},
    {"mmoe", "experts=8,units=16,rate=0.01"},
    {"snr_trans", "levels=5,subnetworks=2,units=22,lambda=1e-4,one_free=no,alike=no,lambda_rise=0,"
                  "gate_first=4,gate_rate=0.01,rate=0.001"},
};
enum { DIALS = sizeof dials / sizeof dials[0], MODELS = sizeof contenders / sizeof contenders[0] };

static int64_t train_rows;
static double errors[DIALS][MODELS][MOST_SEEDS];
static int64_t parameters[MODELS];

static double error_of(const float *outputs, const struct fw_row_set *rows)
{
    double sum = 0;
    const struct fw_dataset_view *part = &rows->parts[0];
    const float *labels = fw_view_labels(part, 0, part->n, NULL);
    for (int64_t i = 0; i < 2 * part->n; i++)
        sum += ((double)outputs[i] - (double)labels[i]) * ((double)outputs[i] - (double)labels[i]);
    return sum / (double)(2 * part->n);
}

static enum fw_status score(void *self, double *score_out, const float *outputs, const float *labels,
                            const float *weights, int64_t n, struct fw_error *err)
{
    (void)self, (void)weights, (void)err;
    *score_out = 0;
    for (int64_t i = 0; i < 2 * n; i++)
        *score_out -= ((double)outputs[i] - (double)labels[i]) * ((double)outputs[i] - (double)labels[i]);
    *score_out /= (double)(2 * n);
    return FW_OK;
}

static double train_one(const struct labelled *l, int m, int seed)
{
    struct fw_error err = {0};
    const struct fw_model_vtable *vtable;
    struct fw_params params;
    struct fw_trainer_options trainer;
    struct fw_training training = {0};
    struct fw_model *model = NULL;
    labelled_check(fw_model_find(&vtable, contenders[m].model, &err), &err);
    fw_params_init(&params, vtable->params);
    labelled_check(fw_params_parse(&params, "numeric=raw,tower=8,l2=0,epochs=40,patience=0,schedule=cosine", &err),
                   &err);
    labelled_check(fw_params_parse(&params, contenders[m].settings, &err), &err);
    struct fw_model_config config = {.dataset = l->data.dataset,
                                     .params = &params,
                                     .tasks = l->schema->tasks,
                                     .n_tasks = 2,
                                     .seed = (uint64_t)seed,
                                     .threads = 1};
    labelled_check(fw_model_create(&model, vtable, &config, NULL, &err), &err);
    fw_trainer_options_init(&trainer, &params);
    trainer.seed = (uint64_t)seed;
    trainer.metric = (struct fw_trainer_metric){.name = "mse", .score = score};
    labelled_check(fw_trainer_run(&training, model, &l->train, &l->valid, &trainer, NULL, NULL, &err), &err);
    parameters[m] = fw_model_parameter_count(model);
    float *outputs = labelled_outputs(model, &l->test);
    double error = error_of(outputs, &l->test);
    fw_free(NULL, outputs);
    fw_training_clear(&training, NULL);
    fw_model_destroy(model);
    return error;
}

static void run_seed(int dial, int seed, int place)
{
    struct labelled l;
    struct fw_task_synth_options options;
    fw_task_synth_options_init(&options, FW_TASK_SYNTH_MMOE);
    options.rows = train_rows + VALID + TEST;
    options.seed = (uint64_t)seed;
    options.mmoe.relatedness = dials[dial];
    labelled_make(&l, &options, 2, true, (double)VALID / (double)options.rows, TEST);
    for (int m = 0; m < MODELS; m++) {
        errors[dial][m][place] = train_one(&l, m, seed);
#pragma omp critical
        {
            printf("seed %d, relatedness %.2f, %s: %.4f\n", seed, dials[dial], contenders[m].model,
                   errors[dial][m][place]);
            fflush(stdout);
        }
    }
    labelled_clear(&l);
}

static void show(int dial, int n)
{
    printf("%11.2f", dials[dial]);
    for (int m = 0; m < MODELS; m++) {
        double sum = 0;
        double squares = 0;
        for (int s = 0; s < n; s++) {
            sum += errors[dial][m][s];
            squares += errors[dial][m][s] * errors[dial][m][s];
        }
        double mean = sum / n;
        double spread = n > 1 ? sqrt(fmax(0, squares - n * mean * mean) / (n - 1)) : 0;
        printf("  %.4f +- %.4f (%.4f)", mean, spread / sqrt(n), spread);
    }
    printf("\n");
}

int main(int argc, char **argv)
{
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;
    int n = smoke ? 1 : argc > 1 ? atoi(argv[1]) : 30;
    int first = argc > 2 ? atoi(argv[2]) : 1;
    fw_bench_settle(argv);
    train_rows = smoke ? 2000 : TRAIN;
    if (n < 1 || n > MOST_SEEDS)
        return 2;
#pragma omp parallel for schedule(dynamic)
    for (int job = 0; job < n * DIALS; job++)
        run_seed(job % DIALS, first + job / DIALS, job / DIALS);
    printf("\ntest error +- standard error (spread) over %d seeds\nrelatedness", n);
    for (int m = 0; m < MODELS; m++)
        printf("  %s, %lld numbers", contenders[m].model, (long long)parameters[m]);
    printf("\n");
    for (int dial = 0; dial < DIALS; dial++)
        show(dial, n);
    return 0;
}
