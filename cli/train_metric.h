/* What epochs and models are chosen by: --metric at work on one model after another. */
#ifndef FW_CLI_TRAIN_METRIC_H
#define FW_CLI_TRAIN_METRIC_H

#include <stdbool.h>

#include "evaluators/task_score.h"
#include "models/model.h"
#include "models/training/trainer.h"

/* What is known of a model's readings after its training. */
struct cli_judgement {
    int32_t n_readings;
    struct fw_reading *readings; /* (n_readings) */
    enum fw_figure *shown;       /* (n_readings) the one figure by which each is shown: of the metric, else auc or r2 */
    struct fw_task_metrics *figures; /* (n_readings) of the best epoch */
    double *curve;                   /* (scores, n_readings) the shown figures, score by score */
    void *memory;                    /* of figures and curve, which checkpoints keep */
    size_t bytes;                    /* of it */
};

void cli_judgement_clear(struct cli_judgement *judgement, struct fw_allocator *mem); /* a zeroed one is fine */

/* The scores for the trainer. */
struct cli_judge {
    const struct fw_score_spec *spec;
    struct fw_task_metrics_workspace *workspace; /* owned */
    struct fw_allocator *mem;
    struct fw_score_terms terms; /* of the model under judgement */
    int64_t n_outputs;
    int32_t n_labels;
    struct cli_judgement now; /* owned, until cli_judge_take */
};

FW_NODISCARD
enum fw_status cli_judge_init(struct cli_judge *judge, const struct fw_score_spec *spec, int64_t most_rows,
                              struct fw_allocator *mem, struct fw_error *err);
void cli_judge_clear(struct cli_judge *judge); /* a zeroed one is fine */

/* Turns to a model that is trained for at most `epochs`; forgets what was best. *out is as the trainer's options take
 * it and borrows the judge. FW_E_ARG when the metric does not go with what the model predicts. */
FW_NODISCARD
enum fw_status cli_judge_begin(struct fw_trainer_metric *out, struct cli_judge *judge, const struct fw_model *model,
                               int64_t epochs, struct fw_error *err);

/* Hands over what is known of the model's readings. */
void cli_judge_take(struct cli_judgement *out, struct cli_judge *judge);

/* Whether the metric goes with what a model predicts and can be had on these rows: FW_E_ARG, or FW_E_INPUT as
 * fw_score_of when a task of the score has labels of one kind alone. */
FW_NODISCARD
enum fw_status cli_judge_try(struct cli_judge *judge, const struct fw_model *model, const struct fw_dataset *dataset,
                             int64_t n_rows, struct fw_error *err);

#endif
