#include "search/controller/controller.h"

#include <inttypes.h>
#include <math.h>

#include "core/hash.h"
#include "search/controller/controller_parts.h"

/* Keeps the controller's numbers apart from those of a caller that draws by round and sample with the same seed. */
#define SEED_SALT UINT64_C(0x636f6e74726f6c)

#define STATE_MAGIC UINT64_C(0x0031726c74637766)

struct state_head {
    uint64_t magic, kind, checksum; /* kind: of the table and the options that the sizes and meanings hang on */
};

void fw_controller_options_default(struct fw_controller_options *options)
{
    *options = (struct fw_controller_options){
        .mode = FW_CONTROLLER_FACTORED,
        .lambda = 0.1,
        .lambda_rate = 0.1,
        .rate = 0.3,
        .correction = 1,
        .gather = 16,
        .critic = {.window = 512, .forget = 0.98},
    };
}

double fw_controller_reward(double quality, double lambda, int64_t cost, int64_t budget)
{
    double over = (double)cost / (double)budget - 1;
    return quality - lambda * (over > 0 ? over : 0);
}

static bool in_range(double value, double least, double most)
{
    return value >= least && value <= most; /* false for NaN */
}

static enum fw_status check_options(const struct fw_choice_table *table, const struct fw_controller_options *options,
                                    struct fw_error *err)
{
    int64_t least = fw_choice_table_least(table);
    if (options->budget < least || options->budget < 1)
        return fw_error_set(err, FW_E_ARG,
                            "a budget of %" PRId64 " bytes, but the cheapest choices take %" PRId64
                            "; give at least that, and 1",
                            options->budget, least);
    if (!in_range(options->lambda, 0, 1e12) || !in_range(options->lambda_rate, 0, 1))
        return fw_error_set(err, FW_E_ARG, "lambda %g that moves by %g; give 0 or more, and 0 to 1", options->lambda,
                            options->lambda_rate);
    if (!(options->rate > 0) || !in_range(options->rate, 0, 100))
        return fw_error_set(err, FW_E_ARG, "a controller's rate of %g; give a number above 0", options->rate);
    if (!in_range(options->correction, 0, 1))
        return fw_error_set(err, FW_E_ARG, "a correction of weight %g; give 0 to 1", options->correction);
    if (options->gather < 2 || options->gather > options->critic.window)
        return fw_error_set(err, FW_E_ARG, "rounds of %" PRId32 " gathered samples; give 2 up to the window, %" PRId32,
                            options->gather, options->critic.window);
    return FW_OK;
}

static void lay_out(struct fw_controller *controller, struct fw_arena *arena)
{
    int64_t n_choices = fw_choice_table_choices(controller->table), n_decisions = controller->table->n_decisions;
    int64_t window = controller->options.critic.window, gather = controller->options.gather;
    controller->theta = fw_arena_take(arena, n_choices, sizeof(double));
    controller->probability = fw_arena_take(arena, n_choices, sizeof(double));
    controller->adam_mean = fw_arena_take(arena, n_choices, sizeof(double));
    controller->adam_square = fw_arena_take(arena, n_choices, sizeof(double));
    controller->waiting = fw_arena_take(arena, gather * n_decisions, sizeof(int32_t));
    controller->waiting_quality = fw_arena_take(arena, gather, sizeof(double));
    controller->gradient = fw_arena_take(arena, n_choices, sizeof(double));
    controller->correction = fw_arena_take(arena, n_choices, sizeof(double));
    controller->choices = fw_arena_take(arena, window * n_decisions, sizeof(int32_t));
    controller->quality = fw_arena_take(arena, window, sizeof(double));
    controller->reward = fw_arena_take(arena, window, sizeof(double));
    controller->unexplained = fw_arena_take(arena, window, sizeof(double));
}

enum fw_status fw_controller_create(struct fw_controller **out, const struct fw_choice_table *table,
                                    const struct fw_controller_options *options, struct fw_allocator *mem,
                                    struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_controller *controller;
    FW_TRY(fw_choice_table_check(table, err));
    FW_TRY(check_options(table, options, err));
    FW_ALLOC(controller, mem, 1, "a controller", err);
    pthread_mutex_init(&controller->lock, NULL);
    controller->table = table;
    controller->mem = mem;
    controller->options = *options;
    controller->options.critic.prior = controller->options.critic.scale = NULL;
    controller->state.lambda = options->lambda;
    FW_TRY_GOTO(fw_critic_create(&controller->critic, table, &options->critic, mem, err), done);
    lay_out(controller, &controller->arena);
    FW_TRY_GOTO(fw_arena_open(&controller->arena, mem, "a controller", err), done);
    lay_out(controller, &controller->arena);
    fw_policy_softmax(controller->probability, controller->theta, table);
    *out = controller;
    controller = NULL;
done:
    fw_controller_destroy(controller);
    return status;
}

void fw_controller_destroy(struct fw_controller *controller)
{
    if (controller == NULL)
        return;
    fw_critic_destroy(controller->critic);
    fw_arena_close(&controller->arena);
    pthread_mutex_destroy(&controller->lock);
    fw_free(controller->mem, controller);
}

void fw_controller_sample(struct fw_controller *controller, int32_t *choices, int64_t round, int64_t sample)
{
    struct fw_rng rng;
    fw_rng_seed(&rng, fw_hash_combine(controller->options.seed, SEED_SALT),
                fw_stream((uint64_t)round, (uint64_t)sample, FW_STREAM_SEARCH));
    pthread_mutex_lock(&controller->lock);
    fw_policy_draw(choices, controller->probability, controller->table, &rng);
    pthread_mutex_unlock(&controller->lock);
}

static enum fw_status check_tau(double tau, struct fw_error *err)
{
    if (!in_range(tau, 0, 1e6))
        return fw_error_set(err, FW_E_ARG, "a temperature of %g; give 0 or more", tau);
    return FW_OK;
}

/* A lesson from what of a round has a finite quality. */
static enum fw_status teach_finite(struct fw_controller *controller, const int32_t *choices, const double *quality,
                                   int32_t k, double tau, struct fw_error *err)
{
    int64_t n_decisions = controller->table->n_decisions;
    int32_t n = 0;
    for (int32_t i = 0; i < k; i++) {
        if (!isfinite(quality[i]))
            continue;
        memcpy(controller->choices + n * n_decisions, choices + i * n_decisions, (size_t)n_decisions * sizeof *choices);
        controller->quality[n++] = quality[i];
    }
    return n > 0 ? fw_controller_teach(controller, n, tau, err) : FW_OK;
}

enum fw_status fw_controller_learn_round(struct fw_controller *controller, const int32_t *choices,
                                         const double *quality, int32_t k, double tau, struct fw_error *err)
{
    FW_TRY(check_tau(tau, err));
    if (k > controller->options.critic.window)
        return fw_error_set(err, FW_E_ARG,
                            "a round of %" PRId32 " samples, but the critic remembers %" PRId32
                            "; widen its window or make rounds smaller",
                            k, controller->options.critic.window);
    pthread_mutex_lock(&controller->lock);
    enum fw_status status = teach_finite(controller, choices, quality, k, tau, err);
    pthread_mutex_unlock(&controller->lock);
    return status;
}

/* Keeps a sample until enough have gathered, then learns from them as a round. */
static enum fw_status gather_one(struct fw_controller *controller, const int32_t *choices, double quality, double tau,
                                 struct fw_error *err)
{
    int64_t at = controller->state.gathered, n_decisions = controller->table->n_decisions;
    memcpy(controller->waiting + at * n_decisions, choices, (size_t)n_decisions * sizeof *choices);
    controller->waiting_quality[at] = quality;
    if (++controller->state.gathered < controller->options.gather)
        return FW_OK;
    controller->state.gathered = 0;
    return teach_finite(controller, controller->waiting, controller->waiting_quality, controller->options.gather, tau,
                        err);
}

enum fw_status fw_controller_learn_one(struct fw_controller *controller, const int32_t *choices, double quality,
                                       double tau, struct fw_error *err)
{
    FW_TRY(check_tau(tau, err));
    if (!isfinite(quality))
        return FW_OK;
    pthread_mutex_lock(&controller->lock);
    enum fw_status status = controller->options.mode == FW_CONTROLLER_PLAIN
                                ? teach_finite(controller, choices, &quality, 1, tau, err)
                                : gather_one(controller, choices, quality, tau, err);
    pthread_mutex_unlock(&controller->lock);
    return status;
}

const double *fw_controller_probabilities(const struct fw_controller *controller)
{
    return controller->probability;
}

void fw_controller_worths(const struct fw_controller *controller, double *worth)
{
    fw_choice_table_worths(controller->table, worth, fw_critic_beta(controller->critic));
}

int64_t fw_controller_lessons(const struct fw_controller *controller)
{
    return controller->state.lessons;
}

double fw_controller_value(const struct fw_controller *controller)
{
    return controller->state.lessons > 0 ? controller->state.value : NAN;
}

double fw_controller_overspend(const struct fw_controller *controller)
{
    return controller->state.overspend;
}

double fw_controller_lambda(const struct fw_controller *controller)
{
    return controller->state.lambda;
}

double fw_controller_cost(const struct fw_controller *controller)
{
    return fw_policy_cost(controller->probability, controller->table);
}

static void walk(struct fw_controller *controller, struct fw_flat_state *state)
{
    size_t n_choices = (size_t)fw_choice_table_choices(controller->table);
    size_t gather = (size_t)controller->options.gather;
    fw_flat_state_piece(state, &controller->state, sizeof controller->state);
    fw_flat_state_piece(state, controller->theta, n_choices * sizeof(double));
    fw_flat_state_piece(state, controller->adam_mean, n_choices * sizeof(double));
    fw_flat_state_piece(state, controller->adam_square, n_choices * sizeof(double));
    fw_flat_state_piece(state, controller->waiting, gather * (size_t)controller->table->n_decisions * sizeof(int32_t));
    fw_flat_state_piece(state, controller->waiting_quality, gather * sizeof(double));
    fw_critic_walk(controller->critic, state);
}

static uint64_t kind_of(const struct fw_controller *controller)
{
    const struct fw_choice_table *table = controller->table;
    const struct fw_controller_options *options = &controller->options;
    size_t n = (size_t)fw_choice_table_choices(table);
    uint64_t kind = fw_hash_bytes(table->first, ((size_t)table->n_decisions + 1) * sizeof *table->first, 0);
    kind = fw_hash_bytes(table->cost, n * sizeof *table->cost, kind);
    kind = fw_hash_bytes(table->feature_start, (n + 1) * sizeof *table->feature_start, kind);
    kind = fw_hash_bytes(table->feature, (size_t)table->feature_start[n] * sizeof *table->feature, kind);
    kind = fw_hash_combine(fw_hash_combine(kind, (uint64_t)options->mode), (uint64_t)options->budget);
    return fw_hash_combine(fw_hash_combine(kind, (uint64_t)options->critic.window), (uint64_t)options->gather);
}

size_t fw_controller_state_bytes(const struct fw_controller *controller)
{
    struct fw_flat_state state = {.way = FW_FLAT_STATE_MEASURE};
    walk((struct fw_controller *)controller, &state); /* measuring touches nothing */
    return sizeof(struct state_head) + state.at;
}

void fw_controller_save(struct fw_controller *controller, void *bytes)
{
    unsigned char *body = (unsigned char *)bytes + sizeof(struct state_head);
    struct fw_flat_state state = {.way = FW_FLAT_STATE_SAVE, .to = body};
    pthread_mutex_lock(&controller->lock);
    walk(controller, &state);
    pthread_mutex_unlock(&controller->lock);
    struct state_head head = {STATE_MAGIC, kind_of(controller), fw_hash_bytes(body, state.at, 0)};
    memcpy(bytes, &head, sizeof head);
}

enum fw_status fw_controller_restore(struct fw_controller *controller, const void *bytes, size_t n,
                                     struct fw_error *err)
{
    struct state_head head;
    const unsigned char *body = (const unsigned char *)bytes + sizeof head;
    if (n != fw_controller_state_bytes(controller))
        return fw_error_set(err, FW_E_CORRUPT,
                            "a controller's state of %zu bytes instead of %zu; start the search anew", n,
                            fw_controller_state_bytes(controller));
    memcpy(&head, bytes, sizeof head);
    if (head.magic != STATE_MAGIC || head.checksum != fw_hash_bytes(body, n - sizeof head, 0))
        return fw_error_set(err, FW_E_CORRUPT, "a controller's state is damaged; start the search anew");
    if (head.kind != kind_of(controller))
        return fw_error_set(err, FW_E_CORRUPT,
                            "a controller's state is of other choices or options; give those of the first run");
    struct fw_flat_state state = {.way = FW_FLAT_STATE_RESTORE, .from = body};
    walk(controller, &state);
    fw_critic_resume(controller->critic);
    fw_policy_softmax(controller->probability, controller->theta, controller->table);
    return FW_OK;
}
