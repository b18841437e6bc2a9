#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/outputs.h"
#include "cli/route.h"
#include "cli/task_figures.h"
#include "cli/terminal.h"
#include "cli/train_labels.h"
#include "core/clock.h"
#include "core/hash.h"
#include "models/file/model_file.h"
#include "models/registry.h"

/* Steps of a search within a limit of bytes that may be tested: it seeks lambda, and closes connections at its end. */
#define TESTED_MOST (FW_ROUTE_STEPS_MOST + 1)

/* ---- before the search ---- */

static enum fw_status settle_model(struct route_work *w, struct fw_error *err)
{
    char name[32];
    const struct route_command *c = w->command;
    snprintf(name, sizeof name, "snr_%s", c->kind);
    FW_TRY(fw_model_find(&w->vtable, name, err));
    fw_params_init(&w->params, w->vtable->params);
    for (int64_t i = 0; i < c->settings.n; i++)
        FW_TRY(fw_params_parse(&w->params, c->settings.items[i], err));
    return FW_OK;
}

/* What was decided before stays, but for a routing: it is to be found. */
static enum fw_status settle_plan(struct route_work *w, struct fw_error *err)
{
    struct route_command *c = w->command;
    struct fw_plan *plan = w->setup.plan;
    if (plan->schema->n_tasks < 2)
        return fw_error_set(
            err, FW_E_ARG,
            "a routing is of several labels, %s has %s%s: name more with --labels A,B, or train a model of one label "
            "(fieldwise train)",
            c->from != NULL ? c->from : c->path, plan->schema->n_tasks == 1 ? "one, " : "none",
            plan->schema->n_tasks == 1 ? plan->schema->tasks[0].name : "");
    if (plan->routing != NULL) {
        cli_note(&c->data, "%s has a routing already; it is replaced", c->from);
        FW_TRY(fw_plan_set_routing(plan, NULL, NULL, err));
    }
    cli_training_setup_settle(&w->params, &w->setup);
    return FW_OK;
}

/* Fold 0 judges; with --test fold 1 is kept out, and the others train. */
static enum fw_status settle_rows(struct route_work *w, struct fw_error *err)
{
    const struct fw_dataset *d = w->setup.training.dataset;
    w->train = fw_row_set_but_fold(d, 0);
    w->valid = fw_row_set_fold(d, 0);
    if (!w->command->test)
        return FW_OK;
    if (d->n_folds < 3)
        return fw_error_set(err, FW_E_ARG,
                            "--test keeps one fold out and takes three at least, there are %d; say --folds 5, or leave "
                            "it out",
                            d->n_folds);
    struct fw_dataset_view rest = w->train.parts[0]; /* all rows behind fold 0 */
    int64_t kept = d->fold_start[2] - d->fold_start[1];
    w->test = fw_row_set_fold(d, 1);
    w->train = (struct fw_row_set){1, {fw_view_slice(&rest, kept, rest.n - kept)}};
    FW_ALLOC(w->tested, &w->command->data.mem, TESTED_MOST, "the tests of all steps", err);
    return FW_OK;
}

static struct fw_model_config model_config(const struct route_work *w)
{
    return (struct fw_model_config){.dataset = w->setup.training.dataset,
                                    .params = &w->params,
                                    .sizes = w->setup.plan->sizes,
                                    .tasks = w->setup.plan->schema->tasks,
                                    .n_tasks = w->setup.plan->schema->n_tasks,
                                    .seed = w->command->split.split.seed,
                                    .threads = w->command->data.threads};
}

static enum fw_status judge_test(struct route_tested *out, struct route_work *w, const float *outputs,
                                 const struct fw_dataset_view *rows, const struct fw_model *model, struct fw_error *err)
{
    struct fw_task_metrics metrics[FW_READINGS_MOST];
    const struct fw_dataset *d = rows->dataset;
    struct fw_task_rows judged = {.outputs = outputs,
                                  .labels = d->labels + rows->row * model->n_labels,
                                  .weights = d->weights != NULL ? d->weights + rows->row : NULL,
                                  .n = rows->n,
                                  .n_outputs = model->n_outputs,
                                  .n_labels = model->n_labels};
    for (int32_t r = 0; r < model->n_readings; r++) {
        FW_TRY(fw_task_metrics_compute(&metrics[r], &model->readings[r], &judged, w->judge.workspace, err));
        out->figures[r] = fw_figure_value(w->shown[r], &metrics[r]);
    }
    return fw_score_of(&out->score, &w->judge.terms, metrics, model->readings, err);
}

static enum fw_status of_test(enum fw_status status, const struct fw_error *detected, struct fw_error *err)
{
    return status == FW_OK ? FW_OK : fw_error_set(err, status, "of the rows that --test keeps: %s", detected->message);
}

/* The same answer to all rows that are kept out: what cannot be had of it cannot be had at all. */
static enum fw_status try_test(struct route_work *w, const struct fw_model *model, struct fw_error *err)
{
    struct route_tested tested;
    struct fw_error detected = {0};
    struct fw_dataset_view rows = w->test.parts[0];
    struct fw_allocator *mem = &w->command->data.mem;
    float *outputs;
    FW_ALLOC(outputs, mem, rows.n * model->n_outputs, "the outputs of test rows", err);
    enum fw_status status = judge_test(&tested, w, outputs, &rows, model, &detected);
    fw_free(mem, outputs);
    return of_test(status, &detected, err);
}

/* Whether settings, labels and metric go together, before any time is spent. */
static enum fw_status check_judging(struct route_work *w, struct fw_error *err)
{
    struct fw_model *model;
    const struct route_command *c = w->command;
    const struct fw_dataset *d = w->setup.training.dataset;
    struct fw_model_config config = model_config(w);
    struct fw_model_footprint footprint;
    int64_t rows = d->fold_start[1];
    FW_TRY(cli_train_check_labels(d, w->setup.plan->schema, &c->metric, err));
    if (c->test && d->fold_start[2] - rows > rows)
        rows = d->fold_start[2] - rows;
    FW_TRY(cli_judge_init(&w->judge, &c->metric, rows, &w->command->data.mem, err));
    struct fw_topology topology = fw_snr_topology(w->vtable, &w->params, config.n_tasks);
    FW_TRY(fw_topology_check(&topology, err));
    FW_TRY(fw_model_measure(&footprint, w->vtable, &config, &w->command->data.mem, err));
    config.scoring_only = true;
    FW_TRY(fw_model_create(&model, w->vtable, &config, &w->command->data.mem, err));
    enum fw_status status = cli_judge_try(&w->judge, model, d, d->fold_start[1], err);
    if (status == FW_OK && c->test)
        status = try_test(w, model, err);
    fw_model_destroy(model);
    return status;
}

enum fw_status route_prepare(struct route_work *w, struct fw_error *err)
{
    struct route_command *c = w->command;
    const char *const inputs[] = {c->path, c->split.valid, c->from};
    FW_TRY(cli_check_output("--plan", c->plan, inputs, 2, err)); /* a plan may take the place of the one it is from */
    FW_TRY(cli_check_output("--report", c->report, inputs, 3, err));
    FW_TRY(cli_check_output("--out", c->out, inputs, 3, err));
    w->live = !c->data.quiet && cli_wants_progress();
    FW_TRY(settle_model(w, err));
    FW_TRY(cli_training_setup_prepare(&w->setup, c->path, c->from, true, &c->data, &c->split, err));
    FW_TRY(settle_plan(w, err));
    FW_TRY(settle_rows(w, err));
    FW_TRY(check_judging(w, err));
    const char *name = cli_score_name(w->score_name, &c->metric, w->setup.plan->schema);
    if (name != w->score_name)
        snprintf(w->score_name, sizeof w->score_name, "%s", name);
    return FW_OK;
}

void route_clear(struct route_work *w)
{
    struct fw_allocator *mem = &w->command->data.mem;
    fw_free(mem, w->tested);
    fw_route_clear(&w->result, mem);
    if (w->judge.mem != NULL)
        cli_judge_clear(&w->judge);
    cli_training_setup_clear(&w->setup);
    cli_store_close(&w->store);
}

/* ---- judging ---- */

static enum fw_status begin_judging(void *self, struct fw_trainer_metric *out, const struct fw_model *model,
                                    int64_t epochs, struct fw_error *err)
{
    struct route_work *w = self;
    return cli_judge_begin(out, &w->judge, model, epochs, err);
}

static enum fw_status end_judging(void *self, double *figures, struct fw_error *err)
{
    struct route_work *w = self;
    const struct cli_judgement *now = &w->judge.now;
    (void)err;
    w->n_readings = now->n_readings;
    memcpy(w->readings, now->readings, (size_t)now->n_readings * sizeof *now->readings);
    memcpy(w->shown, now->shown, (size_t)now->n_readings * sizeof *now->shown);
    for (int32_t r = 0; r < now->n_readings; r++)
        figures[r] = fw_figure_value(now->shown[r], &now->figures[r]);
    return FW_OK;
}

/* What the network of a step, just found, reaches on the rows that were kept out. */
static enum fw_status test_step(struct route_work *w, const struct fw_route_step *step, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_allocator *mem = &w->command->data.mem;
    const struct fw_model *model = step->served;
    struct fw_dataset_view rows = w->test.parts[0];
    struct route_tested tested = {.lambda = step->lambda, .bytes = step->bytes, .connections = step->size.connections};
    int64_t scratch_bytes = (int64_t)fw_model_predict_bytes(model);
    float *outputs = NULL;
    char *scratch = NULL;
    FW_ALLOC_GOTO(outputs, mem, rows.n * model->n_outputs, "the outputs of test rows", err, done);
    FW_ALLOC_GOTO(scratch, mem, scratch_bytes, "scoring", err, done);
    fw_model_predict(model, outputs, &rows, scratch);
    FW_TRY_GOTO(judge_test(&tested, w, outputs, &rows, model, err), done);
    w->tested[w->n_tested++] = tested;
done:
    fw_free(mem, scratch);
    fw_free(mem, outputs);
    return status;
}

/* ---- the run ---- */

static void clear_live(const struct route_work *w)
{
    if (w->live)
        fprintf(stderr, "\r\033[K");
}

static void on_started(void *user, int64_t study, bool resumed)
{
    const struct route_work *w = user;
    if (study > 0)
        cli_note(&w->command->data, "study %lld %s in %s", (long long)study, resumed ? "continued" : "begun",
                 w->command->store.file);
}

/* At most four times a second. */
static void on_epoch(void *user, const struct fw_route_step *step, int64_t epoch, int64_t epochs, bool tuning,
                     double score)
{
    struct route_work *w = user;
    double now = fw_clock_seconds();
    if (!w->live || now - w->shown_at < 0.25)
        return;
    w->shown_at = now;
    fprintf(stderr, "\r\033[Klambda %g, %s: epoch %lld of at most %lld", step->lambda,
            tuning ? "what is left trains on" : "gates", (long long)epoch, (long long)epochs);
    if (!isnan(score))
        fprintf(stderr, ", validation %s %.5f", w->score_name, route_score(w, score));
}

static void on_finished(void *user, const struct fw_route_step *step)
{
    struct route_work *w = user;
    char bytes[32];
    char time[32];
    clear_live(w);
    if (step->failure[0] != '\0') {
        cli_note(&w->command->data, "lambda %g failed: %s", step->lambda, step->failure);
        return;
    }
    cli_note(&w->command->data, "lambda %g: %lld connections, %s, validation %s %.5f (%s)", step->lambda,
             (long long)step->size.connections, fw_text_bytes(bytes, (double)step->bytes), w->score_name,
             route_score(w, step->score), fw_text_duration(time, step->seconds));
    if (w->test.n_parts > 0 && step->served != NULL && w->n_tested < TESTED_MOST && w->failed == FW_OK)
        w->failed = test_step(w, step, &w->failure);
}

static enum fw_status search(struct route_work *w, const struct fw_budget *time, struct fw_error *err)
{
    struct route_command *c = w->command;
    struct fw_buffer options;
    struct fw_route_events events = {.started = on_started, .epoch = on_epoch, .finished = on_finished, .user = w};
    struct fw_route_data data = {.dataset = w->setup.training.dataset,
                                 .train = &w->train,
                                 .valid = &w->valid,
                                 .tasks = w->setup.plan->schema->tasks,
                                 .n_tasks = w->setup.plan->schema->n_tasks,
                                 .sizes = w->setup.plan->sizes,
                                 .seed = c->split.split.seed,
                                 .threads = c->data.threads,
                                 .judge = {.self = w, .begin = begin_judging, .end = end_judging}};
    c->options.vtable = w->vtable;
    c->options.params = &w->params;
    fw_buffer_init(&options, NULL);
    route_add_options(&options, w);
    enum fw_status status = fw_buffer_check(&options, err);
    if (status == FW_OK) {
        struct fw_study_info info = {.driver = "route",
                                     .key = fw_hash_combine(w->setup.key, fw_hash_text(options.data, 0)),
                                     .objective = c->metric.text,
                                     .maximise = c->metric.maximise,
                                     .data = c->path,
                                     .data_fingerprint = w->setup.fingerprint,
                                     .rows = data.dataset->n_rows,
                                     .options = options.data,
                                     .seed = data.seed,
                                     .command = c->command_line};
        status = fw_route_run(&w->result, &data, &c->options, &info, &w->store.log, &events, time, &c->data.mem, err);
    }
    clear_live(w);
    fw_buffer_clear(&options);
    return status;
}

/* Near the smallest network that is possible, closing the weakest connections one by one may end above the limit. Then
 * there is no answer: a plan that breaks the limit would be none. */
static enum fw_status check_limit(const struct route_work *w, struct fw_error *err)
{
    char size[32];
    char least[32];
    int64_t memory = w->command->options.memory;
    const struct fw_route_step *chosen = route_chosen(w);
    if (memory == 0 || chosen->bytes <= memory)
        return FW_OK;
    return fw_error_set(err, FW_E_FAILED,
                        "no network within %lld bytes (%s) was found: what was chosen takes %lld (%s); allow that with "
                        "--memory %lld, or choose smaller sub-networks (--units, --tower)",
                        (long long)memory, fw_text_bytes(size, (double)memory), (long long)chosen->bytes,
                        fw_text_bytes(least, (double)chosen->bytes), (long long)chosen->bytes);
}

static enum fw_status settle_origin(struct route_work *w, struct fw_error *err)
{
    struct route_command *c = w->command;
    struct fw_plan *plan = w->setup.plan;
    if (plan->encoder.n_frozen == 0 && w->setup.training.encoder != NULL)
        FW_TRY(fw_plan_freeze_bins(plan, w->setup.training.encoder, err));
    if (plan->origin.command != NULL)
        return FW_OK;
    FW_TRY(fw_plan_set_text(plan, &plan->origin.command, "route", err));
    FW_TRY(fw_plan_set_text(plan, &plan->origin.store, c->store.none ? NULL : c->store.file, err));
    FW_TRY(fw_plan_set_text(plan, &plan->origin.data, c->path, err));
    plan->origin.study = w->result.study;
    plan->origin.seed = c->split.split.seed;
    plan->origin.data_fingerprint = w->setup.fingerprint;
    plan->origin.rows = w->setup.training.dataset->n_rows;
    return FW_OK;
}

static enum fw_status write_plan(struct route_work *w, struct fw_error *err)
{
    struct route_command *c = w->command;
    const struct fw_route_step *best = route_chosen(w);
    bool judged = isfinite(best->score);
    struct fw_plan_route route = {.lambda = best->lambda,
                                  .memory = c->options.memory,
                                  .metric = judged ? c->metric.text : NULL,
                                  .quality = judged ? route_score(w, best->score) : 0,
                                  .study = w->result.study,
                                  .trial = best->trial};
    FW_TRY(settle_origin(w, err));
    FW_TRY(fw_plan_set_routing(w->setup.plan, &best->routing, &route, err));
    FW_TRY(fw_plan_save(w->setup.plan, c->plan, err));
    return cli_store_artifact(&w->store, w->result.study, "plan", c->plan, err);
}

/* The network of the chosen step as it was judged: it has seen the training rows alone. */
static enum fw_status write_model(struct route_work *w, struct fw_error *err)
{
    const struct route_command *c = w->command;
    struct fw_bundle bundle = {.plan = w->setup.plan,
                               .encoder = w->setup.training.encoder,
                               .model = route_chosen(w)->served,
                               .scale = 1};
    if (bundle.model == NULL)
        return fw_error_set(err, FW_E_FAILED, "the chosen network was not kept: train it by the plan in %s", c->plan);
    FW_TRY(fw_model_file_save(&bundle, c->out, &w->out_bytes, NULL, &w->command->data.mem, err));
    return cli_store_artifact(&w->store, w->result.study, "model", c->out, err);
}

enum fw_status route_run(struct route_work *w, struct fw_error *err)
{
    struct route_command *c = w->command;
    struct fw_budget time = {.started = c->started, .seconds = c->store.time_limit, .stop = &cli_stop};
    FW_TRY(cli_store_open(&w->store, &c->store, &c->data.mem, err));
    FW_TRY(search(w, &time, err));
    if (w->failed != FW_OK)
        return of_test(w->failed, &w->failure, err);
    FW_TRY(check_limit(w, err));
    FW_TRY(write_plan(w, err));
    if (c->out != NULL)
        FW_TRY(write_model(w, err));
    if (c->report == NULL)
        return FW_OK;
    FW_TRY(route_report(w, err));
    return cli_store_artifact(&w->store, w->result.study, "report", c->report, err);
}
