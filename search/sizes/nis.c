#include "search/sizes/nis_parts.h"

#include <math.h>
#include <string.h>

#include "core/par.h"
#include "core/rng.h"
#include "search/sizes/sizing_budget.h"

/* Share that older looks keep at each new one: weights move on. */
#define FORGET 0.97

/* Steps of the warm-up between two looks at the validation rows. */
#define STEPS_A_LOOK 6

/* Passes of the warm-up that are made whatever they bring: the first ones may well be worse than a fitted linear part
 * alone. */
#define WARM_PASSES_LEAST 2

/* Looks a round. */
#define LOOKS_A_ROUND 6

/* Temperature of the policy in the first and the last round. */
#define TAU_FIRST 1.0
#define TAU_LAST  0.1

/* Random streams of the warm-up; those of rounds are the controller's, whose samples from here on are the main model's
 * and the looks'. */
enum { stream_step = 1, stream_look, main_samples = 1 << 20, look_samples = 1 << 21 };

void fw_nis_options_init(struct fw_nis_options *options)
{
    *options = (struct fw_nis_options){.warm_passes = 12, .samples = 8, .steps = 24, .lambda = 0.1, .seed = 1};
}

void fw_nis_destroy(struct fw_nis *nis)
{
    if (nis == NULL)
        return;
    fw_free(nis->mem, nis->scratch);
    fw_free(nis->mem, nis->samples);
    fw_free(nis->mem, nis->worths);
    fw_free(nis->mem, nis->qualities);
    fw_free(nis->mem, nis->prior);
    fw_free(nis->mem, nis->values);
    fw_free(nis->mem, nis->slopes);
    fw_free(nis->mem, nis->depths);
    fw_free(nis->mem, nis->levels);
    fw_free(nis->mem, nis->chosen);
    fw_free(nis->mem, nis->warm);
    fw_controller_destroy(nis->controller);
    fw_block_worth_destroy(nis->worth);
    fw_sizing_choices_clear(&nis->choices);
    fw_free(nis->mem, nis);
}

static enum fw_status check_options(const struct fw_nis_options *o, struct fw_error *err)
{
    if (o->warm_passes < 1 || o->warm_passes > 1000 || !(o->passes >= 0 && o->passes <= 1000))
        return fw_error_set(err, FW_E_ARG,
                            "the search takes 1 to 1000 passes to warm up, not %d, and 0 to 1000 "
                            "then, not %g",
                            o->warm_passes, o->passes);
    if (o->samples < 2 || o->samples > 256 || o->steps < 1 || o->steps > 100000)
        return fw_error_set(err, FW_E_ARG, "a round has 2 to 256 samples and 1 to 100000 steps, not %d and %d",
                            o->samples, o->steps);
    if (!(o->lambda >= 0 && isfinite(o->lambda)))
        return fw_error_set(err, FW_E_ARG, "lambda is 0 or more, not %g", o->lambda);
    return FW_OK;
}

static enum fw_status allocate(struct fw_nis *nis, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct fw_embedding_space *space = nis->model->space;
    const struct fw_choice_table *table = &nis->choices.table;
    int64_t n = nis->options.samples + 1;
    int64_t n_levels = fw_embedding_space_levels(space);
    const char *what = "a search of embedding sizes";
    FW_ALLOC_GOTO(nis->chosen, nis->mem, n * table->n_decisions, what, err, done);
    FW_ALLOC_GOTO(nis->levels, nis->mem, n * n_levels, what, err, done);
    FW_ALLOC_GOTO(nis->depths, nis->mem, n * n_levels, what, err, done);
    FW_ALLOC_GOTO(nis->slopes, nis->mem, fw_embedding_space_blocks(space), what, err, done);
    FW_ALLOC_GOTO(nis->values, nis->mem, 2 * fw_embedding_space_blocks(space), what, err, done);
    FW_ALLOC_GOTO(nis->prior, nis->mem, 2 * (int64_t)table->n_features, what, err, done);
    FW_ALLOC_GOTO(nis->qualities, nis->mem, n, what, err, done);
    FW_ALLOC_GOTO(nis->worths, nis->mem, fw_choice_table_choices(table), what, err, done);
    FW_ALLOC_GOTO(nis->samples, nis->mem, n, what, err, done);
    nis->scratch_stride = (nis->model->vtable->scratch(nis->model->self) + 127) / 64 * 64;
    FW_ALLOC_GOTO(nis->scratch, nis->mem, (int64_t)nis->scratch_stride * nis->threads, what, err, done);
    size_t warm = nis->model->vtable->snapshot_bytes(nis->model->self) + fw_block_worth_bytes(nis->worth);
    FW_ALLOC_GOTO(nis->warm, nis->mem, (int64_t)warm, what, err, done);
done:
    return status;
}

enum fw_status fw_nis_create(struct fw_nis **out, const struct fw_sizing_model *model,
                             const struct fw_nis_options *options, const struct fw_nis_events *events,
                             struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_nis *nis;
    FW_TRY(check_options(options, err));
    FW_ALLOC(nis, mem, 1, "a search of embedding sizes", err);
    *nis = (struct fw_nis){
        .model = model, .options = *options, .events = events, .threads = fw_par_threads(options->threads), .mem = mem};
    FW_TRY_GOTO(fw_sizing_choices_create(&nis->choices, model->space, mem, err), done);
    FW_TRY_GOTO(fw_block_worth_create(&nis->worth, model->space, mem, err), done);
    FW_TRY_GOTO(allocate(nis, err), done);
    *out = nis;
    nis = NULL;
done:
    fw_nis_destroy(nis);
    return status;
}

/* ---- main model and looks ---- */

/* Every choice of every decision alike, for a configuration of the warm-up. */
static void draw_evenly(const struct fw_nis *nis, int32_t place, uint64_t number, uint64_t stream)
{
    struct fw_rng rng;
    int32_t *chosen = fw_nis_chosen(nis, place);
    fw_rng_seed(&rng, nis->options.seed, fw_stream(number, stream, FW_STREAM_SEARCH));
    for (int32_t d = 0; d < nis->choices.table.n_decisions; d++)
        chosen[d] = (int32_t)fw_rng_below(&rng, (uint64_t)fw_embedding_space_choices(nis->model->space, d));
    fw_nis_apply(nis, place);
}

static enum fw_status check_time(const struct fw_budget *time, struct fw_error *err)
{
    if (!fw_budget_stopped(time))
        return FW_OK;
    if (fw_budget_out_of_time(time))
        return fw_error_set(err, FW_E_BUDGET, "the time limit ended while the shared model warmed up");
    return fw_error_set(err, FW_E_STOPPED, "interrupted while the shared model warmed up");
}

/* Everything on, at a place. */
static void fill(const struct fw_nis *nis, int32_t place)
{
    fw_embedding_space_fill(nis->model->space, fw_nis_levels(nis, place));
    fw_embedding_space_depths(nis->model->space, fw_nis_depths(nis, place), fw_nis_levels(nis, place));
}

/* One look at the next validation batch with the configuration at a place. */
static enum fw_status look(struct fw_nis *nis, int32_t place, struct fw_error *err)
{
    int64_t rows = 0;
    const struct fw_sizing_vtable *v = nis->model->vtable;
    memset(nis->slopes, 0, (size_t)fw_embedding_space_blocks(nis->model->space) * sizeof *nis->slopes);
    FW_TRY(v->worth(nis->model->self, nis->slopes, &rows, fw_nis_depths(nis, place), nis->looks++, err));
    for (int64_t b = 0; b < fw_embedding_space_blocks(nis->model->space); b++) {
        if (!isfinite(nis->slopes[b]))
            return fw_error_set(err, FW_E_NUMERIC, "the shared model's slopes are not finite; choose a smaller rate");
    }
    fw_block_worth_add(nis->worth, fw_nis_levels(nis, place), nis->slopes, rows, FORGET);
    return FW_OK;
}

/* One pass of the warm-up from step `first` on. */
static enum fw_status warm_pass(struct fw_nis *nis, const struct fw_budget *time, struct fw_error *err)
{
    double loss;
    const struct fw_sizing_vtable *v = nis->model->vtable;
    void *self = nis->model->self;
    int32_t place = nis->options.samples;
    int64_t batches = v->train_batches(self);
    for (int64_t b = 0; b < batches; b++) {
        FW_TRY(check_time(time, err));
        if (nis->steps % 2 == 0)
            fill(nis, place);
        else
            draw_evenly(nis, place, (uint64_t)nis->steps, stream_step);
        FW_TRY(v->learn(self, &loss, fw_nis_depths(nis, place), nis->steps++, err));
        if (b % STEPS_A_LOOK == STEPS_A_LOOK - 1 || b == batches - 1) {
            draw_evenly(nis, place, (uint64_t)nis->steps, stream_look);
            FW_TRY(look(nis, place, err));
        }
        if (nis->events != NULL && nis->events->warming != NULL)
            nis->events->warming(nis->events->user, nis->steps, batches * nis->options.warm_passes);
    }
    return FW_OK;
}

static void keep_warm(struct fw_nis *nis)
{
    const struct fw_sizing_vtable *v = nis->model->vtable;
    nis->warm_steps = nis->steps;
    nis->warm_looks = nis->looks;
    v->snapshot(nis->model->self, nis->warm);
    fw_block_worth_save(nis->worth, nis->warm + v->snapshot_bytes(nis->model->self));
}

enum fw_status fw_nis_warm_up(struct fw_nis *nis, const struct fw_budget *time, struct fw_error *err)
{
    double best = (double)NAN;
    const struct fw_sizing_vtable *v = nis->model->vtable;
    FW_TRY(v->start(nis->model->self, time, err));
    for (int32_t pass = 0; pass < nis->options.warm_passes; pass++) {
        double quality;
        FW_TRY(warm_pass(nis, time, err));
        fill(nis, 0);
        FW_TRY(v->judge(nis->model->self, &quality, fw_nis_depths(nis, 0), -1, nis->scratch, err));
        bool better = isnan(best) || quality > best; /* rows of one class have no AUC: then all passes are made */
        if (pass >= WARM_PASSES_LEAST && !better)
            break;
        best = better ? quality : best;
        nis->warm_passes = pass + 1;
        keep_warm(nis);
    }
    return FW_OK;
}

/* ---- rounds ---- */

static enum fw_status begin(struct fw_nis *nis, int64_t budget, struct fw_error *err)
{
    const struct fw_sizing_vtable *v = nis->model->vtable;
    struct fw_controller_options options;
    fw_controller_destroy(nis->controller);
    nis->controller = NULL;
    v->restore(nis->model->self, nis->warm);
    fw_block_worth_restore(nis->worth, nis->warm + v->snapshot_bytes(nis->model->self));
    nis->steps = nis->warm_steps;
    nis->looks = nis->warm_looks;
    fw_nis_read_prior(nis);
    fw_controller_options_default(&options);
    options.seed = nis->options.seed;
    options.budget = budget;
    options.lambda = nis->options.lambda;
    options.critic.prior = nis->prior;
    options.critic.scale = nis->prior + nis->choices.table.n_features;
    options.critic.prior_gain_width = 1;
    options.gather = nis->options.samples;
    if (nis->options.plain) {
        options.mode = FW_CONTROLLER_PLAIN;
        options.rate = 0.05;
    }
    FW_TRY(fw_controller_create(&nis->controller, &nis->choices.table, &options, nis->mem, err));
    return nis->options.plain ? FW_OK : fw_controller_warm(nis->controller, NULL, TAU_FIRST, err);
}

/* Draws configuration `number` of a round from the policy to a place. */
static void draw(struct fw_nis *nis, int32_t place, int64_t round, int64_t number)
{
    fw_controller_sample(nis->controller, fw_nis_chosen(nis, place), round, number);
    fw_nis_apply(nis, place);
}

/* The main model's turn. */
static enum fw_status train_round(struct fw_nis *nis, int64_t round, double *loss_out, struct fw_error *err)
{
    double sum = 0;
    int32_t place = nis->options.samples;
    const struct fw_sizing_vtable *v = nis->model->vtable;
    for (int32_t s = 0; s < nis->options.steps; s++) {
        double loss;
        draw(nis, place, round, main_samples + s);
        FW_TRY(v->learn(nis->model->self, &loss, fw_nis_depths(nis, place), nis->steps++, err));
        sum += loss;
    }
    *loss_out = sum / nis->options.steps;
    for (int32_t l = 0; l < LOOKS_A_ROUND && !nis->options.plain; l++) {
        draw(nis, place, round, look_samples + l);
        FW_TRY(look(nis, place, err));
    }
    return FW_OK;
}

/* Draws and judges one configuration, and in asynchronous mode learns from it at once. */
static enum fw_status judge_one(struct fw_nis *nis, int32_t k, int64_t round, double tau, struct fw_error *err)
{
    const struct fw_sizing_vtable *v = nis->model->vtable;
    void *scratch = nis->scratch + nis->scratch_stride * (size_t)fw_par_thread_index();
    int64_t batch = round;
    if (nis->options.asynchronous) {
        draw(nis, k, round, k);
        batch = round * nis->options.samples + k;
    }
    FW_TRY(v->judge(nis->model->self, &nis->qualities[k], fw_nis_depths(nis, k), batch, scratch, err));
    if (nis->options.asynchronous)
        return fw_controller_learn_one(nis->controller, fw_nis_chosen(nis, k), nis->qualities[k], tau, err);
    return FW_OK;
}

/* The controller's turn. */
static enum fw_status learn_round(struct fw_nis *nis, int64_t round, double tau, struct fw_error *err)
{
    struct fw_par_failure failure = {0};
    int32_t n = nis->options.samples;
    nis->lambda = fw_controller_lambda(nis->controller); /* that of this round's rewards: learning moves it */
    for (int32_t k = 0; k < n && !nis->options.asynchronous; k++)
        draw(nis, k, round, k);
#pragma omp parallel for schedule(dynamic) num_threads(nis->threads) if (nis->threads > 1)
    for (int32_t k = 0; k < n; k++) {
        struct fw_error own = {0};
        fw_par_failure_note(&failure, k, judge_one(nis, k, round, tau, &own), &own);
    }
    FW_TRY(fw_par_failure_status(&failure, err));
    if (nis->options.asynchronous)
        return FW_OK;
    if (!nis->options.plain) {
        fw_nis_read_prior(nis);
        fw_controller_set_prior(nis->controller, nis->prior, nis->prior + nis->choices.table.n_features);
    }
    return fw_controller_learn_round(nis->controller, nis->chosen, nis->qualities, n, tau, err);
}

static enum fw_status report(struct fw_nis *nis, int64_t budget, int32_t round, int32_t rounds, double loss,
                             struct fw_error *err)
{
    const struct fw_choice_table *table = &nis->choices.table;
    if (nis->events == NULL || nis->events->round_done == NULL)
        return FW_OK;
    for (int32_t k = 0; k < nis->options.samples; k++) {
        int64_t cost = fw_choice_table_cost(table, fw_nis_chosen(nis, k));
        nis->samples[k] =
            (struct fw_nis_sample){.budget = budget,
                                   .round = round,
                                   .number = k,
                                   .levels = fw_nis_levels(nis, k),
                                   .bytes = cost,
                                   .quality = nis->qualities[k],
                                   .reward = fw_controller_reward(nis->qualities[k], nis->lambda, cost, budget)};
    }
    const double *probabilities = fw_controller_probabilities(nis->controller);
    struct fw_nis_round done = {.budget = budget,
                                .round = round,
                                .rounds = rounds,
                                .probabilities = probabilities,
                                .table = table,
                                .samples = nis->samples,
                                .n_samples = nis->options.samples,
                                .expected_bytes = fw_controller_cost(nis->controller),
                                .entropy = fw_policy_entropy(probabilities, table),
                                .loss = loss};
    return nis->events->round_done(nis->events->user, &done, err);
}

enum fw_status fw_nis_search(struct fw_nis *nis, fw_level *levels, struct fw_nis_answer *answers, int32_t *n_out,
                             int64_t budget, const struct fw_budget *time, struct fw_error *err)
{
    double passes = nis->options.passes > 0 ? nis->options.passes : fmax(2, nis->warm_passes / 3.0);
    double batches = (double)nis->model->vtable->train_batches(nis->model->self);
    int32_t rounds = (int32_t)fmin(fmax(2, ceil(passes * batches / nis->options.steps)), INT32_MAX);
    struct fw_nis_answer answer = {0};
    FW_TRY(fw_sizing_check_budget(budget, fw_sizing_least_choice(nis->model->space), err));
    FW_TRY(begin(nis, budget, err));
    for (int32_t r = 0; r < rounds && !answer.cut; r++) {
        double loss;
        double tau = TAU_FIRST * pow(TAU_LAST / TAU_FIRST, (double)r / (rounds - 1));
        FW_TRY(train_round(nis, r, &loss, err));
        FW_TRY(learn_round(nis, r, tau, err));
        answer.rounds = r + 1;
        FW_TRY(report(nis, budget, r + 1, rounds, loss, err));
        answer.cut = r + 1 < rounds && fw_budget_stopped(time);
    }
    return fw_nis_choose(nis, levels, answers, n_out, &answer, budget, err);
}
