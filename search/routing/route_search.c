/* The searching model of a step. Its epochs are judged by what it minimises, the joint loss of the validation rows at
 * the serving gates plus lambda times the expected number of open connections: by quality alone the epoch with the most
 * connections would always win. */
#include <math.h>
#include <string.h>

#include "evaluators/task_metrics.h"
#include "search/routing/route_parts.h"

/* Watches a training. */
struct watch {
    struct fw_route_step *step;
    const struct fw_route_run *run;
    struct fw_model *gated;
    struct fw_trainer_metric judge; /* of the caller: what people see */
    struct fw_task_metrics_workspace *workspace;
    double seen; /* its score of the epoch under way */
    double best, best_seen;
    int64_t n_scores, capacity;
    enum fw_status status;
    struct fw_error *err;
};

/* The joint loss of rows, as the engine has it: a number's error in units of its label's spread. */
static enum fw_status joint_loss(double *out, const struct watch *w, const struct fw_task_rows *rows,
                                 struct fw_error *err)
{
    *out = 0;
    for (int32_t r = 0; r < w->gated->n_readings; r++) {
        struct fw_task_metrics m;
        const struct fw_reading *reading = &w->gated->readings[r];
        FW_TRY(fw_task_metrics_compute(&m, reading, rows, w->workspace, err));
        double loss = reading->kind == FW_READ_NUMBER ? m.number.relative_mse : m.classes.logloss;
        if (m.weight > 0 && isfinite(loss))
            *out += w->run->data->tasks[reading->task].weight * loss * m.weight;
    }
    double weight = 0;
    for (int64_t i = 0; i < rows->n; i++)
        weight += rows->weights != NULL ? (double)rows->weights[i] : 1;
    *out /= weight > 0 ? weight : 1;
    return FW_OK;
}

static enum fw_status score(void *self, double *score_out, const float *outputs, const float *labels,
                            const float *weights, int64_t n, struct fw_error *err)
{
    struct watch *w = self;
    double loss;
    struct fw_task_rows rows = {outputs, labels, weights, n, w->gated->n_outputs, w->gated->n_labels};
    FW_TRY(w->judge.score(w->judge.self, &w->seen, outputs, labels, weights, n, err));
    FW_TRY(joint_loss(&loss, w, &rows, err));
    *score_out = -(loss + w->step->lambda * fw_snr_expected_open(w->gated));
    if (w->n_scores++ == 0 || *score_out > w->best) {
        w->best = *score_out;
        w->best_seen = w->seen;
    }
    return FW_OK;
}

static enum fw_status note_epoch(struct watch *w, const struct fw_trainer_event *event)
{
    struct fw_route_step *step = w->step;
    struct fw_allocator *mem = w->run->mem;
    struct fw_routing routing;
    int64_t n = fw_topology_connections(&w->run->route->topology);
    FW_TRY(fw_snr_routing(&routing, w->gated, mem, w->err));
    memcpy(step->gates + event->epoch * n, routing.gates, (size_t)n * sizeof *step->gates);
    if (event->epoch > 0) {
        struct fw_routing_size size = fw_routing_measure(&routing, w->run->route->inputs);
        int64_t open = 0;
        for (int64_t i = 0; i < n; i++)
            open += routing.gates[i] > 0;
        step->epochs[step->n_epochs++] = (struct fw_route_epoch){.expected_open = fw_snr_expected_open(w->gated),
                                                                 .open = open,
                                                                 .bytes = size.parameters * (int64_t)sizeof(float),
                                                                 .train_loss = event->train_loss,
                                                                 .score = w->seen};
    }
    fw_routing_clear(&routing, mem);
    return FW_OK;
}

static void on_progress(void *user, const struct fw_trainer_event *event)
{
    struct watch *w = user;
    const struct fw_route_events *events = w->run->events;
    if (!event->epoch_done || event->epoch > w->capacity)
        return;
    if (w->status == FW_OK)
        w->status = note_epoch(w, event);
    if (events != NULL && events->epoch != NULL)
        events->epoch(events->user, w->step, event->epoch, event->epochs, false, w->seen);
}

enum fw_status fw_route_search(struct fw_route_step *step, struct fw_model *gated, const struct fw_route_run *run,
                               struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct fw_route_data *data = run->data;
    struct fw_trainer_options trainer;
    struct fw_training training = {0};
    struct fw_error detected = {0};
    struct watch w = {.step = step, .run = run, .gated = gated, .err = &detected};
    fw_trainer_options_init(&trainer, &gated->params);
    trainer.seed = data->seed;
    trainer.metric = (struct fw_trainer_metric){.name = "penalised loss", .self = &w, .score = score};
    trainer.progress = on_progress;
    trainer.user = &w;
    w.capacity = trainer.epochs;
    FW_ALLOC(step->epochs, run->mem, trainer.epochs, "the epochs of a step", err);
    FW_ALLOC(step->gates, run->mem, (trainer.epochs + 1) * fw_topology_connections(&run->route->topology),
             "the gates of a step", err);
    FW_TRY(data->judge.begin(data->judge.self, &w.judge, gated, trainer.epochs, err));
    FW_TRY(fw_task_metrics_workspace_create(&w.workspace, fw_row_set_rows(data->valid), run->mem, err));
    FW_TRY_GOTO(fw_trainer_run(&training, gated, data->train, data->valid, &trainer, run->time, run->mem, err), done);
    if (w.status != FW_OK) {
        status = fw_error_set(err, w.status, "%s", detected.message);
        goto done;
    }
    step->best_epoch = training.best_epoch;
    step->searched_score = w.best_seen;
done:
    fw_training_clear(&training, run->mem);
    fw_task_metrics_workspace_destroy(w.workspace);
    return status;
}

enum fw_status fw_route_judge(double *score_out, struct fw_model *model, const struct fw_route_run *run,
                              struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct fw_route_data *data = run->data;
    struct fw_allocator *mem = run->mem;
    struct fw_trainer_metric metric;
    int64_t n = fw_row_set_rows(data->valid);
    int64_t at = 0;
    float *outputs = NULL;
    float *labels = NULL;
    float *weights = NULL;
    void *scratch = NULL;
    FW_TRY(data->judge.begin(data->judge.self, &metric, model, 1, err));
    FW_ALLOC_GOTO(outputs, mem, n * model->n_outputs, "the outputs of the validation rows", err, done);
    FW_ALLOC_GOTO(labels, mem, n * model->n_labels, "the labels of the validation rows", err, done);
    FW_ALLOC_GOTO(weights, mem, n, "the weights of the validation rows", err, done);
    scratch = fw_alloc_array(mem, (int64_t)fw_model_predict_bytes(model), 1);
    if (scratch == NULL) {
        status = fw_error_nomem(err, mem, "scoring", (int64_t)fw_model_predict_bytes(model), 1);
        goto done;
    }
    for (int32_t p = 0; p < data->valid->n_parts; p++) {
        const struct fw_dataset_view *part = &data->valid->parts[p];
        fw_model_predict(model, outputs + at * model->n_outputs, part, scratch);
        at += part->n;
    }
    fw_row_set_gather(labels, weights, data->valid);
    FW_TRY_GOTO(metric.score(metric.self, score_out, outputs, labels, weights, n, err), done);
done:
    fw_free(mem, scratch);
    fw_free(mem, weights);
    fw_free(mem, labels);
    fw_free(mem, outputs);
    return status;
}
