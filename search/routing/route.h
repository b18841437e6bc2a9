/* The search for what several tasks share (SNR, Ma et al. 2019): a network with gates is trained under an L0 penalty
 * and cut down to the connections that stayed open.
 *
 * A step of the search is one strength of the penalty, lambda. Steps go from dense to sparse and each starts from the
 * gates of the one before, with weights of its own. What is open in the end is tested: what the validation rows do not
 * show to be worth its price is closed too. What a step gives is the network that serves: without closed connections
 * and sub-networks that nothing reaches, open gates folded into the weights, then trained on for some epochs
 * (fine-tuning); its size, its score and a trial in the log are those of that smaller network. A task whose every path
 * closed keeps its strongest one.
 *
 * With a limit of bytes the steps raise lambda until the network is near the limit; then the weakest connections that
 * are still open are closed until it holds, and what is left is trained on.
 *
 *     struct fw_route route;
 *     FW_TRY(fw_route_run(&route, &data, &options, &info, &log, &events, &time, mem, err));
 *     ... route.steps[route.best].routing, .served ...
 *     fw_route_clear(&route, mem); */
#ifndef FW_SEARCH_ROUTE_H
#define FW_SEARCH_ROUTE_H

#include "core/budget.h"
#include "models/multitask/snr.h"
#include "models/training/trainer.h"
#include "results/trial_log.h"

#define FW_ROUTE_STEPS_MOST 32

/* What models are trained on and judged by. All borrowed. */
struct fw_route_data {
    const struct fw_dataset *dataset;
    const struct fw_row_set *train, *valid; /* both with rows */
    const struct fw_task *tasks;            /* (n_tasks) at least two */
    int32_t n_tasks;
    const struct fw_embedding_sizes *sizes; /* NULL: all of full size */
    uint64_t seed;
    int threads;
    /* How epochs are judged: `begin` turns to a model that is trained for at most `epochs`; `end` gives the figure by
     * which each reading is shown, of the best epoch, into figures (n_readings of the model). */
    struct {
        void *self;
        enum fw_status (*begin)(void *self, struct fw_trainer_metric *out, const struct fw_model *model, int64_t epochs,
                                struct fw_error *err);
        enum fw_status (*end)(void *self, double *figures, struct fw_error *err);
    } judge;
};

struct fw_route_options {
    const struct fw_model_vtable *vtable; /* snr_trans or snr_aver */
    const struct fw_params *params;       /* of its settings; lambda is set step by step */
    double lambdas[FW_ROUTE_STEPS_MOST];  /* rising */
    int32_t n_lambdas;                    /* at least 1; with `memory` 0: they are found */
    int64_t memory;                       /* bytes of the served network without its embeddings; 0: no limit */
    double tolerance;                     /* the smallest network whose score is at most this below the best wins */
    int64_t fine_tune;                    /* epochs at most; 0: none */
    double worth;     /* share of lambda that an open connection must be worth on the validation rows;
                       * 0: what the gates left open stays */
    bool folded_only; /* the network is not trained anew as well, of which the better one serves */
};

/* An epoch of a searching model. */
struct fw_route_epoch {
    double expected_open; /* connections: the sum of P(z != 0) */
    int64_t open;         /* connections whose serving gate is above 0 */
    int64_t bytes;        /* of the network that they would leave */
    double train_loss, score;
};

/* One lambda and what came of it. */
struct fw_route_step {
    double lambda;
    struct fw_routing routing; /* as served; owned */
    struct fw_routing_size size;
    int64_t bytes;                 /* of size.parameters */
    int64_t all_bytes;             /* of the served model's parameters, embeddings included */
    double searched_score;         /* of the searching model at its serving gates, best epoch; NaN: not judged */
    double score;                  /* of the served network, higher is better */
    double *figures;               /* (n_readings) by which it is shown; owned */
    double *sharing;               /* (n_tasks, n_tasks) fw_routing_sharing; owned */
    double *use;                   /* (n_tasks) fw_routing_use; owned */
    int32_t rescued;               /* tasks whose strongest path was kept open against their gates */
    int64_t pruned;                /* connections closed that the validation rows do not show to be worth their price */
    int64_t closed;                /* connections closed to meet the limit of bytes */
    float *gates;                  /* (n_epochs + 1, connections) serving gates, from before the first epoch; owned */
    struct fw_route_epoch *epochs; /* (n_epochs) of the searching model; owned */
    int64_t n_epochs, best_epoch;
    int64_t tuned_epochs; /* of the served network, its best one */
    bool anew;            /* it was trained anew, with this routing from the beginning: that was better than folding */
    double seconds;
    int64_t trial;                       /* its number; 0: no log */
    char failure[FW_ERROR_MESSAGE_SIZE]; /* why there is no network; "": there is one */
    bool cut;                            /* time was over or somebody asked to stop before it was at its end */
    struct fw_model *served;             /* owned; NULL: failed, or no longer kept (only that of the best step is) */
};

struct fw_route {
    int64_t study;
    struct fw_topology topology;
    int64_t inputs;              /* numbers a row that the first level reads */
    struct fw_routing_size full; /* all connections open */
    struct fw_route_step *steps; /* (n_steps) from dense to sparse; owned */
    int32_t n_steps, n_readings;
    int32_t best; /* the step that was chosen; -1: none */
    bool stopped; /* by the budget of time or by a wish to stop */
    double seconds;
};

struct fw_route_events {
    void (*started)(void *user, int64_t study, bool resumed);
    /* An epoch of the searching model (tuning false) or of the served one is over. */
    void (*epoch)(void *user, const struct fw_route_step *step, int64_t epoch, int64_t epochs, bool tuning,
                  double score);
    void (*finished)(void *user, const struct fw_route_step *step);
    void *user;
};

/* Runs the steps. *out is the caller's, to be cleared, also after a failure. Ends early, with the steps there are, when
 * time is over or somebody asks to stop (out->stopped): FW_E_BUDGET or FW_E_STOPPED only when nothing was found. A step
 * whose loss runs away fails alone. FW_E_ARG: fewer than two tasks, a limit of bytes below the smallest network that
 * feeds every task (which is named); or as the models, the judge or the log fail. events may be NULL. */
FW_NODISCARD
enum fw_status fw_route_run(struct fw_route *out, const struct fw_route_data *data,
                            const struct fw_route_options *options, const struct fw_study_info *info,
                            const struct fw_trial_log *log, const struct fw_route_events *events,
                            const struct fw_budget *time, struct fw_allocator *mem, struct fw_error *err);
void fw_route_clear(struct fw_route *route, struct fw_allocator *mem); /* a zeroed one is fine */

#endif
