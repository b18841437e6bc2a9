#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/embed.h"
#include "cli/outputs.h"
#include "cli/terminal.h"
#include "core/clock.h"
#include "core/hash.h"
#include "models/network.h"
#include "models/registry.h"
#include "search/sizes/sizing_budget.h"

/* Common width where --set dim=N does not say otherwise: twice what models take by default, since the search gives
 * back what is of no use. */
#define EMBED_DIM 16

/* Rows of a validation batch that configurations are judged on. */
#define JUDGE_ROWS 2048

/* Rows of one that a look at the worth of blocks takes: a look costs three times as much a row as a judgement. */
#define LOOK_ROWS 512

static bool sets(const struct cli_list *settings, const char *key)
{
    size_t n = strlen(key);
    for (int64_t i = 0; i < settings->n; i++) {
        if (strncmp(settings->items[i], key, n) == 0 && settings->items[i][n] == '=')
            return true;
    }
    return false;
}

static void set_default(struct fw_params *params, const struct cli_list *settings, const char *key, double value)
{
    const struct fw_param_spec *spec = fw_params_find(params, fw_text_of(key));
    if (spec != NULL && !sets(settings, key))
        params->value[spec - params->table] = value;
}

static enum fw_status settle_model(struct embed_work *w, struct fw_error *err)
{
    const struct embed_command *c = w->command;
    FW_TRY(fw_model_find(&w->vtable, c->model, err));
    fw_params_init(&w->params, w->vtable->params);
    for (int64_t i = 0; i < c->settings.n; i++)
        FW_TRY(fw_params_parse(&w->params, c->settings.items[i], err));
    set_default(&w->params, &c->settings, "dim", EMBED_DIM);
    return FW_OK;
}

/* What was decided before stays, but for sizes: they are to be found. */
static enum fw_status settle_plan(struct embed_work *w, struct fw_error *err)
{
    struct embed_command *c = w->command;
    struct fw_plan *plan = w->setup.plan;
    if (plan->sizes != NULL) {
        cli_note(&c->data, "%s is sized already, for %s; its sizes are replaced", c->from,
                 plan->sizing.model != NULL ? plan->sizing.model : "another model");
        FW_TRY(fw_plan_set_sizes(plan, NULL, NULL, err));
    }
    if (plan->n_crosses > 0)
        set_default(&w->params, &c->settings, "crosses", FW_CROSSES_BOTH);
    return FW_OK;
}

static void on_fit_progress(void *user, const struct fw_trainer_event *event)
{
    struct embed_work *w = user;
    char time[32];
    if (!w->live)
        return;
    fprintf(stderr, "\r\033[Ktraining from scratch: epoch %lld of at most %lld (%s so far)", (long long)event->epoch,
            (long long)event->epochs, fw_text_duration(time, fw_clock_seconds() - w->command->started));
}

static int compare_bytes(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Budgets in bytes, rising. One that holds the full size keeps it: there is nothing to search. */
static enum fw_status settle_budgets(struct embed_work *w, struct fw_error *err)
{
    char size[32];
    char least[32];
    struct embed_command *c = w->command;
    int64_t minimum = (int64_t)w->model.space->n_inputs * w->model.space->width[0] * (int64_t)sizeof(float);
    int64_t choice = fw_sizing_least_choice(w->model.space);
    minimum = choice > minimum ? choice : minimum;
    w->full = fw_embedding_space_full_bytes(w->model.space);
    c->options.n_budgets = 0;
    for (int32_t i = 0; i < c->n_memory; i++) {
        const struct embed_memory *m = &c->memory[i];
        int64_t bytes = m->bytes > 0 ? m->bytes : (int64_t)(m->percent / 100 * (double)w->full);
        if (bytes >= w->full) {
            cli_note(&c->data, "%s holds the full size, %s: it is kept", m->text, fw_text_bytes(size, (double)w->full));
            c->options.full = c->options.unlimited = true;
            continue;
        }
        if (bytes < minimum)
            return fw_error_set(err, FW_E_ARG,
                                "%s is too little for one row of each of the %d inputs; the least possible is "
                                "%lld bytes (%s)",
                                m->text, w->model.space->n_inputs, (long long)minimum,
                                fw_text_bytes(least, (double)minimum));
        c->options.budgets[c->options.n_budgets++] = bytes;
    }
    qsort(c->options.budgets, (size_t)c->options.n_budgets, sizeof c->options.budgets[0], compare_bytes);
    int32_t kept = 0;
    for (int32_t i = 0; i < c->options.n_budgets; i++) { /* each once */
        if (i == 0 || c->options.budgets[i] != c->options.budgets[kept - 1])
            c->options.budgets[kept++] = c->options.budgets[i];
    }
    c->options.n_budgets = kept;
    return FW_OK;
}

static enum fw_status check_labels(const struct fw_dataset *d, struct fw_error *err)
{
    for (int part = 0; part < 2; part++) {
        int64_t first = part == 0 ? 0 : d->fold_start[1];
        int64_t end = part == 0 ? d->fold_start[1] : d->n_rows;
        int only = cli_only_label(d, first, end);
        if (only >= 0)
            return fw_error_set(err, FW_E_INPUT,
                                "all %lld %s rows have the label %d: sizes cannot be judged; check the label, or split "
                                "otherwise (--split, --seed, --valid-fraction)",
                                (long long)(end - first), part == 0 ? "validation" : "training", only);
    }
    return FW_OK;
}

static enum fw_status prepare_learning(struct embed_work *w, struct fw_error *err)
{
    const struct fw_sizing_options *o = &w->command->options;
    FW_ALLOC(w->learning, &w->command->data.mem, o->n_budgets, "the rounds of the search", err);
    for (int32_t i = 0; i < o->n_budgets; i++) {
        w->learning[i].budget = o->budgets[i];
        w->learning[i].n = 0;
    }
    return FW_OK;
}

/* A click model that ranks. */
static enum fw_status prepare_ranking(struct embed_work *w, struct fw_error *err)
{
    struct embed_command *c = w->command;
    FW_TRY(settle_model(w, err));
    FW_TRY(cli_training_setup_prepare(&w->setup, c->path, c->from, true, &c->data, &c->split, err));
    FW_TRY(settle_plan(w, err));
    FW_TRY(check_labels(w->setup.training.dataset, err));
    struct fw_sizing_ranking_config config = {.model = w->vtable,
                                              .dataset = w->setup.training.dataset,
                                              .params = &w->params,
                                              .grid = c->grid,
                                              .multi = c->multi,
                                              .projected = c->projected,
                                              .objective = c->objective,
                                              .judge_rows = JUDGE_ROWS,
                                              .look_rows = LOOK_ROWS,
                                              .test = c->test,
                                              .seed = c->split.split.seed,
                                              .threads = c->data.threads,
                                              .progress = on_fit_progress,
                                              .user = w};
    FW_TRY(fw_sizing_ranking_create(&w->ranking, &config, &c->data.mem, err));
    w->model = fw_sizing_ranking_model(w->ranking);
    w->model_name = w->vtable->name;
    w->metric = fw_objective_name(c->objective);
    w->rows = w->setup.training.dataset->n_rows;
    return FW_OK;
}

enum fw_status embed_prepare(struct embed_work *w, struct fw_error *err)
{
    struct embed_command *c = w->command;
    const char *const inputs[] = {c->path, c->split.valid, c->from};
    FW_TRY(cli_check_output("--plan", c->plan, inputs, 2, err)); /* a plan may take the place of the one it is from */
    FW_TRY(cli_check_output("--report", c->report, inputs, 3, err));
    w->live = !c->data.quiet && cli_wants_progress();
    if (c->user != NULL)
        FW_TRY(embed_retrieval_prepare(w, err));
    else
        FW_TRY(prepare_ranking(w, err));
    c->options.nis.seed = c->split.split.seed;
    c->options.nis.threads = c->data.threads;
    FW_TRY(settle_budgets(w, err));
    return c->report != NULL && c->options.n_budgets > 0 ? prepare_learning(w, err) : FW_OK;
}

void embed_clear(struct embed_work *w)
{
    struct fw_allocator *mem = &w->command->data.mem;
    fw_free(mem, w->learning);
    fw_sizing_result_clear(&w->result, mem);
    fw_sizing_ranking_destroy(w->ranking);
    embed_retrieval_destroy(w->retrieval, mem);
    cli_training_setup_clear(&w->setup);
    cli_store_close(&w->store);
}

/* ---- the run ---- */

static void clear_live(const struct embed_work *w)
{
    if (w->live)
        fprintf(stderr, "\r\033[K");
}

static void on_started(void *user, int64_t study, bool resumed)
{
    const struct embed_work *w = user;
    char size[32];
    if (study > 0)
        cli_note(&w->command->data, "study %lld %s in %s", (long long)study, resumed ? "continued" : "begun",
                 w->command->store.file);
    cli_note(&w->command->data, "%s: %d inputs, full size %s", w->model_name, w->model.space->n_inputs,
             fw_text_bytes(size, (double)w->full));
}

/* At most four times a second. */
static bool is_due(struct embed_work *w)
{
    double now = fw_clock_seconds();
    if (!w->live || now - w->shown < 0.25)
        return false;
    w->shown = now;
    return true;
}

static void on_warming(void *user, int64_t step, int64_t steps)
{
    struct embed_work *w = user;
    if (is_due(w))
        fprintf(stderr, "\r\033[Kall blocks: step %lld of %lld", (long long)step, (long long)steps);
}

static void keep_round(struct embed_work *w, const struct fw_nis_round *round)
{
    int32_t every = (round->rounds + EMBED_ROUNDS_SHOWN - 1) / EMBED_ROUNDS_SHOWN;
    for (int32_t i = 0; w->learning != NULL && i < w->command->options.n_budgets; i++) {
        struct embed_learning *l = &w->learning[i];
        if (l->budget != round->budget || l->n == EMBED_ROUNDS_SHOWN || (round->round - 1) % every != 0)
            continue;
        l->round[l->n] = round->round;
        l->percent[l->n] = 100 * round->expected_bytes / (double)round->budget;
        l->entropy[l->n++] = round->entropy;
        return;
    }
}

static void on_round(void *user, const struct fw_nis_round *round)
{
    struct embed_work *w = user;
    char bytes[32];
    char budget[32];
    keep_round(w, round);
    if (is_due(w))
        fprintf(stderr, "\r\033[Ksearch: round %d of %d, policy at %s of %s", round->round, round->rounds,
                fw_text_bytes(bytes, round->expected_bytes), fw_text_bytes(budget, (double)round->budget));
}

static void on_finished(void *user, const struct fw_sizing_trial *trial)
{
    struct embed_work *w = user;
    char bytes[32];
    char time[32];
    clear_live(w);
    if (trial->failure[0] != '\0')
        cli_note(&w->command->data, "%s: %s, failed: %s%s", trial->method, fw_text_bytes(bytes, (double)trial->bytes),
                 trial->failure, trial->remembered ? ", known" : "");
    else if (!trial->trained)
        cli_note(&w->command->data, "%s: %s, not trained", trial->method, fw_text_bytes(bytes, (double)trial->bytes));
    else
        cli_note(&w->command->data, "%s: %s, validation %s %.5f (%s)%s", trial->method,
                 fw_text_bytes(bytes, (double)trial->bytes), w->metric, fabs(trial->quality),
                 fw_text_duration(time, trial->search_seconds + trial->fit_seconds),
                 trial->remembered ? ", known" : "");
}

static void on_refused(void *user, const char *method, int64_t budget, const char *reason)
{
    struct embed_work *w = user;
    char bytes[32];
    clear_live(w);
    cli_note(&w->command->data, "%s at %s: %s", method, fw_text_bytes(bytes, (double)budget), reason);
}

static enum fw_status search(struct embed_work *w, const struct fw_budget *time, struct fw_error *err)
{
    struct embed_command *c = w->command;
    struct fw_buffer options;
    struct fw_sizing_events events = {.started = on_started,
                                      .warming = on_warming,
                                      .round_done = on_round,
                                      .finished = on_finished,
                                      .refused = on_refused,
                                      .user = w};
    fw_buffer_init(&options, NULL);
    embed_add_options(&options, w);
    enum fw_status status = fw_buffer_check(&options, err);
    if (status == FW_OK) {
        struct fw_study_info info = {.driver = "embed",
                                     .key = fw_hash_combine(w->setup.key, fw_hash_text(options.data, 0)),
                                     .objective = w->metric,
                                     .maximise = true,
                                     .data = c->path,
                                     .data_fingerprint = w->setup.fingerprint,
                                     .rows = w->rows,
                                     .options = options.data,
                                     .seed = c->options.nis.seed,
                                     .command = c->command_line};
        status =
            fw_sizing_run(&w->result, &w->model, &c->options, &info, &w->store.log, &events, time, &c->data.mem, err);
    }
    clear_live(w);
    fw_buffer_clear(&options);
    return status;
}

static enum fw_status tell_nothing(const struct embed_work *w, struct fw_error *err)
{
    for (int64_t i = 0; i < w->result.n_trials; i++) {
        if (w->result.trials[i].failure[0] != '\0')
            return fw_error_set(err, FW_E_FAILED, "no sizes could be trained: %s; try a larger --memory, or --compare",
                                w->result.trials[i].failure);
    }
    return fw_error_set(err, FW_E_FAILED,
                        "nothing within the budget is worth an embedding; try a larger one (--memory), other methods "
                        "(--compare) or a model without embeddings (fieldwise train --model lr)");
}

static enum fw_status write_plan(struct embed_work *w, struct fw_error *err)
{
    struct embed_command *c = w->command;
    struct fw_plan *plan = w->setup.plan;
    const struct fw_sizing_trial *best = &w->result.trials[w->best];
    struct fw_plan_sizing sizing = {.memory = embed_budget(w),
                                    .model = (char *)(uintptr_t)w->model_name,
                                    .metric = best->trained ? (char *)(uintptr_t)w->metric : NULL,
                                    .quality = best->trained ? fabs(best->quality) : 0,
                                    .study = w->result.study,
                                    .trial = best->number};
    if (plan->encoder.n_frozen == 0 && w->setup.training.encoder != NULL)
        FW_TRY(fw_plan_freeze_bins(plan, w->setup.training.encoder, err));
    if (plan->origin.command == NULL) {
        FW_TRY(fw_plan_set_text(plan, &plan->origin.command, "embed", err));
        FW_TRY(fw_plan_set_text(plan, &plan->origin.store, c->store.none ? NULL : c->store.file, err));
        FW_TRY(fw_plan_set_text(plan, &plan->origin.data, c->path, err));
        plan->origin.study = w->result.study;
        plan->origin.seed = c->split.split.seed;
        plan->origin.data_fingerprint = w->setup.fingerprint;
        plan->origin.rows = w->rows;
    }
    FW_TRY(fw_plan_set_sizes(plan, best->sizes, &sizing, err));
    FW_TRY(fw_plan_save(plan, c->plan, err));
    return cli_store_artifact(&w->store, w->result.study, "plan", c->plan, err);
}

enum fw_status embed_run(struct embed_work *w, struct fw_error *err)
{
    struct embed_command *c = w->command;
    struct fw_budget time = {.started = c->started, .seconds = c->store.time_limit, .stop = &cli_stop};
    FW_TRY(cli_store_open(&w->store, &c->store, &c->data.mem, err));
    FW_TRY(search(w, &time, err));
    w->best = fw_sizing_best(&w->result, embed_budget(w));
    if (w->best < 0)
        return tell_nothing(w, err);
    FW_TRY(write_plan(w, err));
    if (c->report == NULL)
        return FW_OK;
    FW_TRY(embed_report(w, err));
    return cli_store_artifact(&w->store, w->result.study, "report", c->report, err);
}
