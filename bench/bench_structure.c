/* What the search of routings finds where it is known what tasks share, over many seeds.
 *
 *     bench_structure [SEEDS [FIRST_SEED]]
 *
 * First: five binary tasks in groups of two, two and one. Counted are the seeds in which tasks of a group share more of
 * the open connections than tasks of different groups (fw_routing_sharing), those in which the task without relatives
 * ends with a sub-network that no other task reads, and those with both. Then: six tasks of one group, of which ever
 * fewer rows have a label, under a strong penalty; the rank correlation of a task's labelled rows with the sub-networks
 * that it keeps. Settings were chosen on seeds from 200 on. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/settle.h"
#include "evaluators/task_metrics.h"
#include "labelled.h"
#include "models/registry.h"
#include "search/routing/route.h"

static const int group_of[] = {0, 0, 1, 1, 2};
enum { RELATED_TASKS = 5, ALONE = 4, SIZED_TASKS = 6, ROWS = 20000 };

/* The trainer's metric: the mean AUC. */
struct judge {
    const struct fw_model *model;
    struct fw_task_metrics_workspace *workspace;
};

static enum fw_status score(void *self, double *score_out, const float *outputs, const float *labels,
                            const float *weights, int64_t n, struct fw_error *err)
{
    const struct judge *judge = self;
    const struct fw_model *model = judge->model;
    struct fw_task_rows rows = {outputs, labels, weights, n, model->n_outputs, model->n_labels};
    *score_out = 0;
    for (int32_t r = 0; r < model->n_readings; r++) {
        struct fw_task_metrics metrics;
        FW_TRY(fw_task_metrics_compute(&metrics, &model->readings[r], &rows, judge->workspace, err));
        *score_out += metrics.classes.auc / model->n_readings;
    }
    return FW_OK;
}

static enum fw_status begin(void *self, struct fw_trainer_metric *out, const struct fw_model *model, int64_t epochs,
                            struct fw_error *err)
{
    (void)epochs, (void)err;
    struct judge *judge = self;
    judge->model = model;
    *out = (struct fw_trainer_metric){.name = "auc", .self = judge, .score = score};
    return FW_OK;
}

static enum fw_status end(void *self, double *figures, struct fw_error *err)
{
    (void)self, (void)figures, (void)err;
    return FW_OK;
}

/* One step with this lambda; *out is cleared by the caller. */
static void search(struct fw_route *out, const struct fw_task_synth_options *options, int32_t n_tasks,
                   const char *settings, double lambda)
{
    struct fw_error err = {0};
    struct labelled l;
    struct judge judge = {0};
    struct fw_params params;
    struct fw_study_info info = {.driver = "route"};
    struct fw_budget time = {0};
    labelled_make(&l, options, n_tasks, false, 0.2, 0);
    labelled_check(fw_task_metrics_workspace_create(&judge.workspace, fw_row_set_rows(&l.valid), NULL, &err), &err);
    fw_params_init(&params, fw_model_snr_trans.params);
    labelled_check(fw_params_parse(&params, settings, &err), &err);
    struct fw_route_data data = {.dataset = l.data.dataset,
                                 .train = &l.train,
                                 .valid = &l.valid,
                                 .tasks = l.schema->tasks,
                                 .n_tasks = n_tasks,
                                 .seed = options->seed,
                                 .threads = 1,
                                 .judge = {&judge, begin, end}};
    struct fw_route_options route = {.vtable = &fw_model_snr_trans,
                                     .params = &params,
                                     .lambdas = {lambda},
                                     .n_lambdas = 1,
                                     .worth = 1,
                                     .folded_only = true};
    labelled_check(fw_route_run(out, &data, &route, &info, &fw_trial_log_none, NULL, &time, NULL, &err), &err);
    fw_task_metrics_workspace_destroy(judge.workspace);
    labelled_clear(&l);
}

static bool reads(const struct fw_routing *routing, int32_t task, int32_t subnetwork)
{
    const struct fw_topology *t = &routing->topology;
    int32_t last = t->n_levels - 1;
    return routing->gates[fw_topology_first(t, last) + (int64_t)task * t->levels[last].n + subnetwork] > 0;
}

/* Bit 0: groups share more within than between; bit 1: the lone task has a sub-network of its own. */
static int judge_structure(const struct fw_route_step *step)
{
    double within = 0;
    double between = 0;
    bool own = false;
    const struct fw_topology *t = &step->routing.topology;
    for (int a = 0; a < RELATED_TASKS; a++) {
        for (int b = 0; b < RELATED_TASKS; b++) {
            double share = step->sharing[a * RELATED_TASKS + b];
            if (a != b && group_of[a] == group_of[b])
                within += share / 4; /* ordered pairs */
            else if (a != b)
                between += share / 16;
        }
    }
    for (int32_t j = 0; j < t->levels[t->n_levels - 1].n; j++) {
        bool others = false;
        for (int a = 0; a < ALONE; a++)
            others = others || reads(&step->routing, a, j);
        own = own || (!others && reads(&step->routing, ALONE, j));
    }
    return (within > between ? 1 : 0) + (own ? 2 : 0);
}

static int related(int seed)
{
    struct fw_route route;
    struct fw_task_synth_options options;
    fw_task_synth_options_init(&options, FW_TASK_SYNTH_TASKS);
    options.rows = ROWS;
    options.seed = (uint64_t)seed;
    search(&route, &options, RELATED_TASKS,
           "numeric=raw,levels=1,subnetworks=10,units=4,rate=0.006,gate_rate=0.02,epochs=60,patience=8", 0.05);
    int found = judge_structure(&route.steps[route.best]);
    fw_route_clear(&route, NULL);
    return found;
}

/* Spearman's correlation of the places (rising size) with the sub-networks kept; ties share their rank. */
static double rank_correlation(const double *kept)
{
    double xy = 0;
    double xx = 0;
    double yy = 0;
    for (int a = 0; a < SIZED_TASKS; a++) {
        double rank = 0;
        for (int b = 0; b < SIZED_TASKS; b++)
            rank += kept[b] < kept[a] ? 1 : kept[b] == kept[a] && b != a ? 0.5 : 0;
        double x = a - (SIZED_TASKS - 1) / 2.0;
        double y = rank - (SIZED_TASKS - 1) / 2.0;
        xy += x * y;
        xx += x * x;
        yy += y * y;
    }
    return yy > 0 ? xy / sqrt(xx * yy) : 0;
}

static double use_of_sizes(int seed)
{
    struct fw_route route;
    struct fw_task_synth_options options;
    struct fw_error err = {0};
    double kept[SIZED_TASKS] = {0};
    fw_task_synth_options_init(&options, FW_TASK_SYNTH_TASKS);
    options.rows = ROWS;
    options.seed = (uint64_t)seed;
    labelled_check(fw_task_synth_set(&options, "groups", "6", &err), &err);
    labelled_check(fw_task_synth_set(&options, "features", "8", &err), &err);
    labelled_check(fw_task_synth_set(&options, "labelled", "0.03,0.06,0.12,0.25,0.5,1", &err), &err);
    search(&route, &options, SIZED_TASKS, "numeric=raw,levels=1,subnetworks=8,units=4,rate=0.003,epochs=60,patience=8",
           0.005);
    const struct fw_routing *routing = &route.steps[route.best].routing;
    for (int a = 0; a < SIZED_TASKS; a++) {
        for (int32_t j = 0; j < routing->topology.levels[0].n; j++)
            kept[a] += reads(routing, a, j);
    }
    double found = rank_correlation(kept);
    fw_route_clear(&route, NULL);
    return found;
}

int main(int argc, char **argv)
{
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;
    int n = smoke ? 2 : argc > 1 ? atoi(argv[1]) : 100;
    int first = argc > 2 ? atoi(argv[2]) : 1;
    int counts[4] = {0};
    double sum = 0;
    double least = 1;
    fw_bench_settle(argv);
#pragma omp parallel for schedule(dynamic) reduction(+ : counts)
    for (int s = 0; s < n; s++)
        counts[related(first + s)]++;
    printf("related tasks share more: %d of %d; the lone task has a part of its own: %d; both: %d\n",
           counts[1] + counts[3], n, counts[2] + counts[3], counts[3]);
    fflush(stdout);
#pragma omp parallel for schedule(dynamic) reduction(+ : sum) reduction(min : least)
    for (int s = 0; s < n / 5; s++) {
        double found = use_of_sizes(first + s);
        sum += found;
        least = fmin(least, found);
    }
    if (n >= 5)
        printf("rank correlation of a task's rows with the sub-networks it keeps: mean %.2f, least %.2f, %d seeds\n",
               sum / (n / 5), least, n / 5);
    return 0;
}
