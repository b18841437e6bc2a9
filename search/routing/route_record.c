#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/bytes.h"
#include "core/hash.h"
#include "evaluators/task_score.h"
#include "search/routing/route_parts.h"

/* Metrics of one epoch beside its gates. */
enum { EPOCH_METRICS = 5, NAME_SIZE = 48 };

/* Names of gates, as people count: "gate level2.3<1", "gate tower2<5". */
static void name_gates(char (*names)[NAME_SIZE], const struct fw_topology *t)
{
    for (int32_t b = 0; b < t->n_levels; b++) {
        for (int32_t i = 0; i < fw_topology_readers(t, b); i++) {
            for (int32_t j = 0; j < t->levels[b].n; j++, names++) {
                if (b + 1 == t->n_levels)
                    snprintf(*names, NAME_SIZE, "gate tower%d<%d", i + 1, j + 1);
                else
                    snprintf(*names, NAME_SIZE, "gate level%d.%d<%d", b + 2, i + 1, j + 1);
            }
        }
    }
}

static int64_t fill_metrics(struct fw_metric *out, char (*names)[NAME_SIZE], const struct fw_route_step *step,
                            int64_t n_gates, bool maximise)
{
    int64_t n = 0;
    for (int64_t e = 0; e < step->n_epochs; e++) {
        const struct fw_route_epoch *epoch = &step->epochs[e];
        const struct fw_metric figures[EPOCH_METRICS] = {{"expected open", e + 1, epoch->expected_open},
                                                         {"open", e + 1, (double)epoch->open},
                                                         {"served bytes", e + 1, (double)epoch->bytes},
                                                         {"train loss", e + 1, epoch->train_loss},
                                                         {"searched score", e + 1,
                                                          fw_score_natural(maximise, epoch->score)}};
        memcpy(out + n, figures, sizeof figures);
        n += EPOCH_METRICS;
        for (int64_t g = 0; g < n_gates; g++)
            out[n++] = (struct fw_metric){names[g], e + 1, (double)step->gates[(e + 1) * n_gates + g]};
    }
    out[n++] = (struct fw_metric){"connections", 0, (double)step->size.connections};
    out[n++] = (struct fw_metric){"sub-networks", 0, (double)step->size.subnetworks};
    out[n++] = (struct fw_metric){"multiplications", 0, (double)step->size.multiplications};
    out[n++] = (struct fw_metric){"pruned", 0, (double)step->pruned};
    out[n++] = (struct fw_metric){"searched score", 0, fw_score_natural(maximise, step->searched_score)};
    return n;
}

/* {"lambda":...,"memory":...,"settings":{...}} */
static void print_candidate(struct fw_buffer *out, const struct fw_route_step *step, const struct fw_route_run *run)
{
    fw_buffer_addf(out, "{\"lambda\":%.17g,\"memory\":%lld,\"model\":\"%s\",\"settings\":", step->lambda,
                   (long long)run->options->memory, run->options->vtable->name);
    fw_params_json(out, run->options->params);
    fw_buffer_addf(out, "}");
}

/* A step that was cut short has a network, but not the one that its settings stand for: recorded as failed, it gives
 * its place to the whole step when the same command runs again. */
static const char *why_failed(const struct fw_route_step *step)
{
    if (step->failure[0] != '\0')
        return step->failure;
    return step->cut ? "cut short; the same command again does it whole" : NULL;
}

enum fw_status fw_route_record(struct fw_route_step *step, struct fw_route_run *run, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_buffer candidate;
    struct fw_metric *metrics = NULL;
    char(*names)[NAME_SIZE] = NULL;
    int64_t n_gates = fw_topology_connections(&run->route->topology);
    fw_buffer_init(&candidate, run->mem);
    print_candidate(&candidate, step, run);
    FW_TRY_GOTO(fw_buffer_check(&candidate, err), done);
    FW_ALLOC_GOTO(names, run->mem, n_gates, "the names of gates", err, done);
    FW_ALLOC_GOTO(metrics, run->mem, step->n_epochs * (n_gates + EPOCH_METRICS) + 8, "the metrics of a step", err,
                  done);
    name_gates(names, &run->route->topology);
    struct fw_trial_record record = {.parent = run->parent,
                                     .candidate = candidate.data,
                                     .hash =
                                         fw_hash_combine(fw_hash_text(candidate.data, 0), (uint64_t)(run->parent + 1)),
                                     .state = why_failed(step) != NULL ? FW_TRIAL_FAILED : FW_TRIAL_COMPLETE,
                                     .reason = why_failed(step),
                                     .step = run->route->n_steps,
                                     .rows = fw_row_set_rows(run->data->train) * step->n_epochs,
                                     .objective = fw_score_natural(run->maximise, step->score),
                                     .gain = (double)NAN,
                                     .gain_low = (double)NAN,
                                     .gain_high = (double)NAN,
                                     .bytes = step->all_bytes,
                                     .seconds = step->seconds,
                                     .metrics = metrics};
    record.n_metrics = fill_metrics(metrics, names, step, n_gates, run->maximise);
    FW_TRY_GOTO(run->log->vtable->add_trials(run->log->self, run->route->study, &record, 1, err), done);
    step->trial = record.number;
    run->parent = record.number;
done:
    fw_free(run->mem, metrics);
    fw_free(run->mem, names);
    fw_buffer_clear(&candidate);
    return status;
}
