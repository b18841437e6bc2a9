#include "cli/train_metric.h"

#include <stddef.h>
#include <string.h>

static const struct cli_metric metrics[] = {
    {"auc", true, true, offsetof(struct fw_metrics, auc)},
    {"logloss", false, false, offsetof(struct fw_metrics, logloss)},
    {"accuracy", true, false, offsetof(struct fw_metrics, accuracy)},
};

enum fw_status cli_metric_find(const struct cli_metric **out, const char *name, struct fw_error *err)
{
    for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
        if (strcmp(metrics[i].name, name) == 0) {
            *out = &metrics[i];
            return FW_OK;
        }
    }
    return fw_error_set(err, FW_E_ARG, "there is no metric '%.64s'; it is auc, logloss or accuracy", name);
}

double cli_metric_value(const struct cli_metric *metric, const struct fw_metrics *figures)
{
    double value;
    memcpy(&value, (const char *)figures + metric->offset, sizeof value);
    return value;
}

double cli_metric_natural(const struct cli_metric *metric, double score)
{
    return metric->maximise ? score : -score;
}

enum fw_status cli_judge_init(struct cli_judge *judge, const struct cli_metric *metric, int64_t most_rows,
                              struct fw_allocator *mem, struct fw_error *err)
{
    memset(judge, 0, sizeof *judge);
    judge->metric = metric;
    return fw_metrics_workspace_create(&judge->workspace, most_rows, mem, err);
}

void cli_judge_clear(struct cli_judge *judge)
{
    fw_metrics_workspace_destroy(judge->workspace);
    judge->workspace = NULL;
}

static enum fw_status score(void *self, double *score_out, const float *logits, const float *labels,
                            const float *weights, int64_t n, struct fw_error *err)
{
    struct cli_judge *judge = self;
    struct fw_metrics figures;
    struct fw_scored_view view = {.scores = logits, .labels = labels, .weights = weights, .n = n};
    FW_TRY(fw_metrics_compute(&figures, view, judge->workspace, err));
    double value = cli_metric_value(judge->metric, &figures);
    double found = judge->metric->maximise ? value : -value;
    if (judge->best.n_scores++ == 0 || found > judge->best.score) { /* the trainer's own rule */
        judge->best.score = found;
        judge->best.figures = figures;
    }
    *score_out = found;
    return FW_OK;
}

struct fw_trainer_metric cli_judge_begin(struct cli_judge *judge)
{
    memset(&judge->best, 0, sizeof judge->best);
    return (struct fw_trainer_metric){.name = judge->metric->name,
                                      .self = judge,
                                      .score = score,
                                      .memory = &judge->best,
                                      .memory_bytes = sizeof judge->best};
}
