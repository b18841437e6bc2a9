/* What epochs and models are chosen by: --metric. */
#ifndef FW_CLI_TRAIN_METRIC_H
#define FW_CLI_TRAIN_METRIC_H

#include <stdbool.h>

#include "evaluators/metrics.h"
#include "models/training/trainer.h"

struct cli_metric {
    const char *name; /* as struct fw_metrics has it */
    bool maximise;
    bool needs_both; /* classes among the rows */
    size_t offset;   /* in struct fw_metrics */
};

/* By name; FW_E_ARG listing the known ones. */
FW_NODISCARD
enum fw_status cli_metric_find(const struct cli_metric **out, const char *name, struct fw_error *err);

/* Its figure among others, and the figure that the trainer's score (higher is better) stands for. */
double cli_metric_value(const struct cli_metric *metric, const struct fw_metrics *figures);
double cli_metric_natural(const struct cli_metric *metric, double score);

/* A metric at work: scores for the trainer, and all figures of the best epoch. */
struct cli_judge {
    const struct cli_metric *metric;
    struct fw_metrics_workspace *workspace; /* owned */
    struct {
        double score; /* of the best epoch */
        struct fw_metrics figures;
        int64_t n_scores; /* so far; 0: nothing is the best yet */
    } best;
};

FW_NODISCARD
enum fw_status cli_judge_init(struct cli_judge *judge, const struct cli_metric *metric, int64_t most_rows,
                              struct fw_allocator *mem, struct fw_error *err);
void cli_judge_clear(struct cli_judge *judge);

/* As the trainer's options take it; forgets what was best. Borrows the judge. */
struct fw_trainer_metric cli_judge_begin(struct cli_judge *judge);

#endif
