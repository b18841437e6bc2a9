#include "search/routing/route.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "evaluators/task_score.h"
#include "search/routing/route_parts.h"

/* Where a search under a limit of bytes begins, how it goes on and where it ends at the latest: what the limit asks for
 * beyond the penalty is cut. */
static const double first_lambda = 1e-5;
static const double lambda_factor = 5;
enum { MEMORY_STEPS = 5 };

void fw_route_clear(struct fw_route *route, struct fw_allocator *mem)
{
    for (int32_t i = 0; i < route->n_steps; i++)
        fw_route_step_clear(&route->steps[i], mem);
    fw_free(mem, route->steps);
    *route = (struct fw_route){.best = -1};
}

/* Sizes of the whole topology, and whether the limit of bytes can be met at all. */
static enum fw_status measure(const struct fw_route_run *run, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_route *route = run->route;
    const struct fw_route_options *o = run->options;
    struct fw_model *gated = NULL;
    struct fw_model_config config = fw_route_config(run->data, o->params, NULL);
    struct fw_routing whole = {0};
    config.scoring_only = true;
    FW_TRY(fw_model_create(&gated, o->vtable, &config, run->mem, err));
    route->inputs = fw_snr_inputs(gated);
    route->n_readings = gated->n_readings;
    route->topology = fw_snr_topology(o->vtable, o->params, run->data->n_tasks);
    FW_TRY_GOTO(fw_snr_routing(&whole, gated, run->mem, err), done);
    for (int64_t i = 0; i < fw_topology_connections(&route->topology); i++)
        whole.gates[i] = 1;
    route->full = fw_routing_measure(&whole, route->inputs);
    int64_t least = fw_topology_least_parameters(&route->topology, route->inputs) * (int64_t)sizeof(float);
    if (o->memory > 0 && o->memory < least)
        status = fw_error_set(err, FW_E_ARG,
                              "%lld bytes are too few: the smallest network that feeds every task takes %lld; allow "
                              "more, or choose smaller sub-networks (--units, --tower)",
                              (long long)o->memory, (long long)least);
done:
    fw_routing_clear(&whole, run->mem);
    fw_model_destroy(gated);
    return status;
}

static bool has_network(const struct fw_route_step *step, int64_t memory)
{
    return step->failure[0] == '\0' && isfinite(step->score) && (memory == 0 || step->bytes <= memory);
}

/* The smallest network within the tolerance of the best, of those that keep to the limit of bytes. */
static int32_t choose(const struct fw_route *route, const struct fw_route_options *options)
{
    double tolerance = options->tolerance;
    double best = -INFINITY;
    int32_t chosen = -1;
    for (int32_t i = 0; i < route->n_steps; i++) {
        if (has_network(&route->steps[i], options->memory))
            best = fmax(best, route->steps[i].score);
    }
    for (int32_t i = 0; i < route->n_steps; i++) {
        const struct fw_route_step *step = &route->steps[i];
        if (has_network(step, options->memory) && step->score >= best - tolerance &&
            (chosen < 0 || step->bytes < route->steps[chosen].bytes))
            chosen = i;
    }
    return chosen;
}

/* The next lambda; false: the path is over. */
static bool next_lambda(double *out, const struct fw_route_run *run)
{
    const struct fw_route_options *o = run->options;
    const struct fw_route *route = run->route;
    int32_t n = route->n_steps;
    if (o->memory == 0) {
        *out = n < o->n_lambdas ? o->lambdas[n] : 0;
        return n < o->n_lambdas;
    }
    *out = n == 0 ? first_lambda : route->steps[n - 1].lambda * lambda_factor;
    bool enough = n > 0 && has_network(&route->steps[n - 1], o->memory) && route->steps[n - 1].closed == 0;
    return n < MEMORY_STEPS && !enough;
}

/* Served networks of steps that a better one has put aside are not needed any more. */
static void keep_chosen(struct fw_route *route)
{
    for (int32_t i = 0; i < route->n_steps; i++) {
        if (i == route->best)
            continue;
        fw_model_destroy(route->steps[i].served);
        route->steps[i].served = NULL;
    }
}

static enum fw_status run_steps(struct fw_route_run *run, struct fw_error *err)
{
    struct fw_route *route = run->route;
    const struct fw_route_events *events = run->events;
    double lambda;
    while (next_lambda(&lambda, run)) {
        struct fw_error detected = {0};
        struct fw_route_step step = {.lambda = lambda};
        enum fw_status status = fw_route_step_run(&step, run, &detected);
        step.cut = fw_budget_stopped(run->time);
        if (status == FW_OK)
            status = fw_route_record(&step, run, &detected);
        if (status != FW_OK) {
            fw_route_step_clear(&step, run->mem);
            route->stopped = status == FW_E_STOPPED || status == FW_E_BUDGET;
            return route->stopped && route->n_steps > 0 ? FW_OK : fw_error_set(err, status, "%s", detected.message);
        }
        route->steps[route->n_steps++] = step;
        if (events != NULL && events->finished != NULL)
            events->finished(events->user, &route->steps[route->n_steps - 1]);
        if (step.cut) {
            route->stopped = true;
            break;
        }
    }
    return FW_OK;
}

static enum fw_status no_network(const struct fw_route *route, struct fw_error *err)
{
    return fw_error_set(err, FW_E_NUMERIC, "no step gave a network: %s",
                        route->n_steps > 0 ? route->steps[route->n_steps - 1].failure : "there was none");
}

/* Why the path ended, and what was chosen. */
static enum fw_status record_end(const struct fw_route_run *run, struct fw_error *err)
{
    char detail[160];
    const struct fw_route *route = run->route;
    const struct fw_route_step *step = &route->steps[route->best];
    snprintf(detail, sizeof detail, "{\"lambda\":%.17g,\"bytes\":%lld,\"score\":%.9g,\"steps\":%d}", step->lambda,
             (long long)step->bytes, fw_score_natural(run->maximise, step->score), route->n_steps);
    struct fw_decision decision = {
        .step = route->n_steps, .kind = "choose", .trial = step->trial, .detail = detail, .clock = route->stopped};
    FW_TRY(run->log->vtable->add_decision(run->log->self, route->study, &decision, err));
    return run->log->vtable->close_study(run->log->self, route->study,
                                         route->stopped ? FW_STUDY_INTERRUPTED : FW_STUDY_COMPLETE, NULL, err);
}

/* A study that found nothing has ended too. What went wrong first is what the caller is told. */
static void record_failure(const struct fw_route_run *run, enum fw_status why)
{
    enum fw_study_status how = why == FW_E_STOPPED || why == FW_E_BUDGET ? FW_STUDY_INTERRUPTED : FW_STUDY_FAILED;
    enum fw_status status =
        run->log->vtable->close_study(run->log->self, run->route->study, how, fw_status_text(why), NULL);
    (void)status;
}

enum fw_status fw_route_run(struct fw_route *out, const struct fw_route_data *data,
                            const struct fw_route_options *options, const struct fw_study_info *info,
                            const struct fw_trial_log *log, const struct fw_route_events *events,
                            const struct fw_budget *time, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_route_run run = {.route = out,
                               .data = data,
                               .options = options,
                               .log = log,
                               .events = events,
                               .time = time,
                               .mem = mem,
                               .maximise = info->maximise};
    double started = fw_clock_seconds();
    bool resumed;
    enum fw_study_status stood;
    *out = (struct fw_route){.best = -1};
    FW_TRY_GOTO(measure(&run, err), done);
    FW_ALLOC_GOTO(out->steps, mem, FW_ROUTE_STEPS_MOST, "the steps of a search", err, done);
    FW_TRY_GOTO(log->vtable->open_study(log->self, &out->study, &resumed, &stood, info, err), done);
    if (events != NULL && events->started != NULL)
        events->started(events->user, out->study, resumed);
    status = run_steps(&run, err);
    if (status == FW_OK) {
        out->best = choose(out, options);
        keep_chosen(out);
        status = out->best >= 0 ? record_end(&run, err) : no_network(out, err);
    }
    if (status != FW_OK)
        record_failure(&run, status);
done:
    out->seconds = fw_clock_seconds() - started;
    fw_free(mem, run.warm);
    return status;
}
