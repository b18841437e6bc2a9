/* Private to the sources of the search of routings. */
#ifndef FW_SEARCH_ROUTE_PARTS_H
#define FW_SEARCH_ROUTE_PARTS_H

#include "search/routing/route.h"

/* A search under way. */
struct fw_route_run {
    struct fw_route *route;
    const struct fw_route_data *data;
    const struct fw_route_options *options;
    const struct fw_trial_log *log;
    const struct fw_route_events *events;
    const struct fw_budget *time;
    struct fw_allocator *mem;
    float *warm; /* (connections) log alpha of the last searching model; NULL: none yet */
    int64_t parent;
    bool maximise; /* scores of steps are figures; else figures that are better when lower, with a minus before them */
};

/* A model of these settings on the search's data. routing: of the served network, else NULL. */
struct fw_model_config fw_route_config(const struct fw_route_data *data, const struct fw_params *params,
                                       const struct fw_routing *routing);

/* route_step.c: trains with one lambda from where the last step ended, cuts, folds, trains on. Failures of its own are
 * in step->failure; fails as fw_route_run when the search cannot go on. */
FW_NODISCARD
enum fw_status fw_route_step_run(struct fw_route_step *step, struct fw_route_run *run, struct fw_error *err);
void fw_route_step_clear(struct fw_route_step *step, struct fw_allocator *mem);

/* route_search.c: trains the searching model; epochs, gates and training figures go into the step. */
FW_NODISCARD
enum fw_status fw_route_search(struct fw_route_step *step, struct fw_model *gated, const struct fw_route_run *run,
                               struct fw_error *err);

/* The score and figures of a model as it is on the validation rows. */
FW_NODISCARD
enum fw_status fw_route_judge(double *score_out, struct fw_model *model, const struct fw_route_run *run,
                              struct fw_error *err);

/* route_cut.c: opens the strongest path, by the sum of log alpha, of each task that has none; returns how many there
 * were. log_alpha: as fw_snr_log_alpha. */
int32_t fw_route_rescue(struct fw_routing *routing, const float *log_alpha);

/* Whether a path reaches each task. */
bool fw_route_feeds_all(const struct fw_routing *routing);

/* Closes connections and drops sub-networks, those first that give the least of their gates for a byte, until the
 * network takes at most `parameters` numbers; at the worst, or once `time` (may be NULL) says to stop, one path is left
 * that all tasks share. Returns how many connections were closed, 0: none had to be. */
int64_t fw_route_cut(struct fw_routing *routing, int64_t inputs, int64_t parameters, const struct fw_budget *time);

/* route_prune.c: closes those open connections which the validation rows do not show to be worth `price` each, as long
 * as every task has one left; *pruned_out counts the connections that go. The model ends with gates of no meaning: set
 * those of the routing. Stops early where the budget does. FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_route_prune(int64_t *pruned_out, struct fw_routing *routing, struct fw_model *gated, double price,
                              const struct fw_route_run *run, struct fw_error *err);

/* route_record.c: a finished step as a trial. */
FW_NODISCARD
enum fw_status fw_route_record(struct fw_route_step *step, struct fw_route_run *run, struct fw_error *err);

#endif
