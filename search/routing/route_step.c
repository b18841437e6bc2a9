#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "models/registry.h"
#include "search/routing/route_parts.h"

void fw_route_step_clear(struct fw_route_step *step, struct fw_allocator *mem)
{
    fw_routing_clear(&step->routing, mem);
    fw_free(mem, step->figures);
    fw_free(mem, step->sharing);
    fw_free(mem, step->use);
    fw_free(mem, step->gates);
    fw_free(mem, step->epochs);
    fw_model_destroy(step->served);
    *step = (struct fw_route_step){0};
}

struct fw_model_config fw_route_config(const struct fw_route_data *data, const struct fw_params *params,
                                       const struct fw_routing *routing)
{
    return (struct fw_model_config){.dataset = data->dataset,
                                    .params = params,
                                    .sizes = data->sizes,
                                    .tasks = data->tasks,
                                    .n_tasks = data->n_tasks,
                                    .routing = routing,
                                    .seed = data->seed,
                                    .threads = data->threads};
}

/* The settings of the served network: those of the searching one that it has too, with this share of its rate (what is
 * folded is not new and wants a gentler one). */
static void served_params(struct fw_params *out, const struct fw_params *searching, double rate)
{
    fw_params_init(out, fw_model_snr.params);
    for (int32_t i = 0; out->table[i].name != NULL; i++) {
        const struct fw_param_spec *same = fw_params_find(searching, fw_text_of(out->table[i].name));
        if (same != NULL)
            out->value[i] = searching->value[same - searching->table];
        if (strcmp(out->table[i].name, "rate") == 0)
            out->value[i] = fmax(out->table[i].min, out->value[i] * rate);
    }
}

/* The gates that serve: those of the searching model (remembered in run->warm), but for what must stay and what must
 * go. */
static enum fw_status settle_routing(struct fw_route_step *step, struct fw_model *gated, const struct fw_route_run *run,
                                     struct fw_error *err)
{
    const struct fw_route *route = run->route;
    FW_TRY(fw_snr_routing(&step->routing, gated, run->mem, err));
    step->rescued = fw_route_rescue(&step->routing, run->warm);
    if (run->options->worth > 0)
        FW_TRY(fw_route_prune(&step->pruned, &step->routing, gated, run->options->worth * step->lambda, run, err));
    if (run->options->memory > 0)
        step->closed =
            fw_route_cut(&step->routing, route->inputs, run->options->memory / (int64_t)sizeof(float), run->time);
    step->size = fw_routing_measure(&step->routing, route->inputs);
    step->bytes = step->size.parameters * (int64_t)sizeof(float);
    fw_snr_set_gates(gated, &step->routing);
    return FW_OK;
}

/* Who follows the fine-tuning. */
struct tuning {
    const struct fw_route_step *step;
    const struct fw_route_run *run;
};

static void on_progress(void *user, const struct fw_trainer_event *event)
{
    const struct tuning *t = user;
    const struct fw_route_events *events = t->run->events;
    if (event->epoch_done && events != NULL && events->epoch != NULL)
        events->epoch(events->user, t->step, event->epoch, event->epochs, true, event->score);
}

/* Trains a served network for at most these epochs; its best score and epoch. */
static enum fw_status train_served(double *score_out, int64_t *epoch_out, struct fw_model *model, int64_t epochs,
                                   const struct fw_route_step *step, const struct fw_route_run *run,
                                   struct fw_error *err)
{
    const struct fw_route_data *data = run->data;
    struct fw_trainer_options trainer;
    struct fw_training training = {0};
    struct tuning tuning = {step, run};
    fw_trainer_options_init(&trainer, &model->params);
    trainer.epochs = epochs;
    trainer.seed = data->seed;
    trainer.progress = on_progress;
    trainer.user = &tuning;
    FW_TRY(data->judge.begin(data->judge.self, &trainer.metric, model, trainer.epochs, err));
    FW_TRY(fw_trainer_run(&training, model, data->train, data->valid, &trainer, run->time, run->mem, err));
    *score_out = training.best_score;
    *epoch_out = training.best_epoch;
    fw_training_clear(&training, run->mem);
    return FW_OK;
}

/* Folded and trained on. */
static enum fw_status fold(struct fw_route_step *step, const struct fw_model *gated, const struct fw_params *params,
                           const struct fw_route_run *run, struct fw_error *err)
{
    const struct fw_route_data *data = run->data;
    struct fw_model_config config = fw_route_config(data, params, &step->routing);
    FW_TRY(fw_model_create(&step->served, &fw_model_snr, &config, run->mem, err));
    FW_TRY(fw_snr_fold(step->served, gated, &step->routing, err));
    step->all_bytes = (int64_t)step->served->footprint.parameters;
    FW_ALLOC(step->figures, run->mem, step->served->n_readings, "the figures of a step", err);
    if (run->options->fine_tune > 0 && !fw_budget_stopped(run->time)) {
        enum fw_status status =
            train_served(&step->score, &step->tuned_epochs, step->served, run->options->fine_tune, step, run, err);
        if (status != FW_E_STOPPED && status != FW_E_BUDGET)
            return status == FW_OK ? data->judge.end(data->judge.self, step->figures, err) : status;
        FW_TRY(fw_snr_fold(step->served, gated, &step->routing, err)); /* it was cut short: as it was folded */
    }
    FW_TRY(fw_route_judge(&step->score, step->served, run, err));
    return data->judge.end(data->judge.self, step->figures, err);
}

/* Trained from first values; takes the place of what was folded when it is better. */
static enum fw_status train_anew(struct fw_route_step *step, const struct fw_params *params,
                                 const struct fw_route_run *run, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct fw_route_data *data = run->data;
    struct fw_model *model = NULL;
    double score;
    int64_t epoch;
    struct fw_model_config config = fw_route_config(data, params, &step->routing);
    FW_TRY(fw_model_create(&model, &fw_model_snr, &config, run->mem, err));
    status = train_served(&score, &epoch, model, (int64_t)fw_params_get(params, "epochs"), step, run, err);
    if (status == FW_OK && score > step->score) {
        struct fw_model *folded = step->served;
        step->served = model;
        model = folded;
        step->score = score;
        step->tuned_epochs = epoch;
        step->anew = true;
        status = data->judge.end(data->judge.self, step->figures, err);
    }
    fw_model_destroy(model);
    return status == FW_E_STOPPED || status == FW_E_BUDGET || status == FW_E_NUMERIC ? FW_OK : status;
}

/* The served network at its best. */
static enum fw_status serve(struct fw_route_step *step, const struct fw_model *gated, const struct fw_route_run *run,
                            struct fw_error *err)
{
    struct fw_params params;
    served_params(&params, &gated->params, 0.3);
    FW_TRY(fold(step, gated, &params, run, err));
    if (run->options->folded_only || fw_budget_stopped(run->time))
        return FW_OK;
    served_params(&params, &gated->params, 1);
    return train_anew(step, &params, run, err);
}

/* What tasks share, and how much of the network each has. */
static enum fw_status describe(struct fw_route_step *step, const struct fw_route_run *run, struct fw_error *err)
{
    int64_t n = run->data->n_tasks;
    FW_ALLOC(step->use, run->mem, n, "the use of sub-networks", err);
    FW_ALLOC(step->sharing, run->mem, n * n, "the sharing of tasks", err);
    fw_routing_use(step->use, &step->routing);
    return fw_routing_sharing(step->sharing, &step->routing, run->mem, err);
}

/* What the next step starts from: the gates. Weights begin anew, for those that have been trained to the end fit their
 * rows too well already, and what closes then costs quality that a fresh start does not lose. */
static enum fw_status remember(const struct fw_model *gated, struct fw_route_run *run, struct fw_error *err)
{
    if (run->warm == NULL)
        FW_ALLOC(run->warm, run->mem, fw_topology_connections(&run->route->topology), "the gates of a step", err);
    fw_snr_log_alpha(run->warm, gated);
    return FW_OK;
}

static enum fw_status run_step(struct fw_route_step *step, struct fw_route_run *run, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    char lambda[40];
    struct fw_model *gated = NULL;
    struct fw_params params = *run->options->params;
    snprintf(lambda, sizeof lambda, "%.17g", step->lambda);
    FW_TRY(fw_params_set(&params, fw_text_of("lambda"), fw_text_of(lambda), err));
    struct fw_model_config config = fw_route_config(run->data, &params, NULL);
    FW_TRY(fw_model_create(&gated, run->options->vtable, &config, run->mem, err));
    if (run->warm != NULL)
        fw_snr_set_log_alpha(gated, run->warm);
    FW_TRY_GOTO(fw_route_search(step, gated, run, err), done);
    FW_TRY_GOTO(remember(gated, run, err), done);
    FW_TRY_GOTO(settle_routing(step, gated, run, err), done);
    FW_TRY_GOTO(describe(step, run, err), done);
    FW_TRY_GOTO(serve(step, gated, run, err), done);
done:
    fw_model_destroy(gated);
    return status;
}

enum fw_status fw_route_step_run(struct fw_route_step *step, struct fw_route_run *run, struct fw_error *err)
{
    struct fw_error detected = {0};
    double started = fw_clock_seconds();
    step->searched_score = (double)NAN;
    step->score = (double)NAN;
    enum fw_status status = run_step(step, run, &detected);
    step->seconds = fw_clock_seconds() - started;
    if (status == FW_OK)
        return FW_OK;
    fw_model_destroy(step->served);
    step->served = NULL;
    if (status != FW_E_NUMERIC)
        return fw_error_set(err, status, "%s", detected.message);
    snprintf(step->failure, sizeof step->failure, "%s", detected.message);
    return FW_OK;
}
