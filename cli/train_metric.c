#include "cli/train_metric.h"

#include <stddef.h>
#include <string.h>

/* Begins the memory that checkpoints keep; figures (n_readings) and the curve follow. */
struct head {
    double score;     /* of the best epoch */
    int64_t n_scores; /* so far; 0: nothing is the best yet */
};
_Static_assert(sizeof(struct head) % sizeof(double) == 0 && sizeof(struct fw_task_metrics) % sizeof(double) == 0,
               "figures and curve follow without gaps");

void cli_judgement_clear(struct cli_judgement *judgement, struct fw_allocator *mem)
{
    fw_free(mem, judgement->readings);
    fw_free(mem, judgement->shown);
    fw_free(mem, judgement->memory);
    *judgement = (struct cli_judgement){0};
}

enum fw_status cli_judge_init(struct cli_judge *judge, const struct fw_score_spec *spec, int64_t most_rows,
                              struct fw_allocator *mem, struct fw_error *err)
{
    *judge = (struct cli_judge){.spec = spec, .mem = mem};
    return fw_task_metrics_workspace_create(&judge->workspace, most_rows, mem, err);
}

void cli_judge_clear(struct cli_judge *judge)
{
    cli_judgement_clear(&judge->now, judge->mem);
    fw_task_metrics_workspace_destroy(judge->workspace);
    judge->workspace = NULL;
}

static enum fw_status judge_rows(double *score_out, struct fw_task_metrics *figures, const struct cli_judge *judge,
                                 const struct fw_task_rows *rows, struct fw_error *err)
{
    const struct cli_judgement *now = &judge->now;
    for (int32_t r = 0; r < now->n_readings; r++)
        FW_TRY(fw_task_metrics_compute(&figures[r], &now->readings[r], rows, judge->workspace, err));
    return fw_score_of(score_out, &judge->terms, figures, now->readings, err);
}

static enum fw_status score(void *self, double *score_out, const float *outputs, const float *labels,
                            const float *weights, int64_t n, struct fw_error *err)
{
    struct cli_judge *judge = self;
    struct cli_judgement *now = &judge->now;
    struct head *head = now->memory;
    struct fw_task_metrics figures[FW_READINGS_MOST];
    double found;
    struct fw_task_rows rows = {outputs, labels, weights, n, judge->n_outputs, judge->n_labels};
    FW_TRY(judge_rows(&found, figures, judge, &rows, err));
    for (int32_t r = 0; r < now->n_readings; r++)
        now->curve[head->n_scores * now->n_readings + r] = fw_figure_value(now->shown[r], &figures[r]);
    if (head->n_scores++ == 0 || found > head->score) { /* the trainer's own rule */
        head->score = found;
        memcpy(now->figures, figures, (size_t)now->n_readings * sizeof *figures);
    }
    *score_out = found;
    return FW_OK;
}

static void choose_shown(struct cli_judgement *now, const struct cli_judge *judge)
{
    for (int32_t r = 0; r < now->n_readings; r++) {
        now->shown[r] = fw_figure_for(FW_FIGURE_AUC, now->readings[r].kind);
        for (int32_t t = judge->terms.n - 1; t >= 0; t--) { /* the first of several wins */
            if (judge->terms.terms[t].reading == r)
                now->shown[r] = judge->terms.terms[t].figure;
        }
    }
}

/* A judgement without any scores yet, of which there will be at most n_scores. */
static enum fw_status make_room(struct cli_judge *judge, const struct fw_model *model, int64_t n_scores,
                                struct fw_error *err)
{
    struct cli_judgement *now = &judge->now;
    int64_t n = model->n_readings;
    int64_t numbers =
        (int64_t)((sizeof(struct head) + (size_t)n * sizeof *now->figures) / sizeof(double)) + n_scores * n;
    cli_judgement_clear(now, judge->mem);
    FW_ALLOC(now->readings, judge->mem, n, "the readings of a model", err);
    FW_ALLOC(now->shown, judge->mem, n, "the readings of a model", err);
    double *memory = fw_alloc_array(judge->mem, numbers, sizeof *memory);
    if (memory == NULL)
        return fw_error_nomem(err, judge->mem, "the figures of all epochs", numbers, sizeof *memory);
    now->memory = memory;
    now->bytes = (size_t)numbers * sizeof *memory;
    now->figures = (void *)((struct head *)now->memory + 1);
    now->curve = (void *)(now->figures + n);
    now->n_readings = model->n_readings;
    memcpy(now->readings, model->readings, (size_t)n * sizeof *now->readings);
    choose_shown(now, judge);
    return FW_OK;
}

static enum fw_status turn_to(struct cli_judge *judge, const struct fw_model *model, int64_t n_scores,
                              struct fw_error *err)
{
    FW_TRY(fw_score_resolve(&judge->terms, judge->spec, model->readings, model->n_readings, err));
    judge->n_outputs = model->n_outputs;
    judge->n_labels = model->n_labels;
    return make_room(judge, model, n_scores, err);
}

enum fw_status cli_judge_begin(struct fw_trainer_metric *out, struct cli_judge *judge, const struct fw_model *model,
                               int64_t epochs, struct fw_error *err)
{
    FW_TRY(turn_to(judge, model, epochs + 1, err)); /* and what `start` gives */
    *out = (struct fw_trainer_metric){.name = judge->spec->text,
                                      .self = judge,
                                      .score = score,
                                      .memory = judge->now.memory,
                                      .memory_bytes = judge->now.bytes};
    return FW_OK;
}

void cli_judge_take(struct cli_judgement *out, struct cli_judge *judge)
{
    *out = judge->now;
    judge->now = (struct cli_judgement){0};
}

enum fw_status cli_judge_try(struct cli_judge *judge, const struct fw_model *model, const struct fw_dataset *dataset,
                             int64_t n_rows, struct fw_error *err)
{
    struct fw_task_metrics figures[FW_READINGS_MOST];
    double score;
    float *outputs;
    FW_TRY(turn_to(judge, model, 1, err));
    /* the same answer to all rows: what cannot be had of it cannot be had at all */
    FW_ALLOC(outputs, judge->mem, n_rows * model->n_outputs, "outputs", err);
    struct fw_task_rows rows = {outputs, dataset->labels, dataset->weights, n_rows, model->n_outputs, model->n_labels};
    enum fw_status status = judge_rows(&score, figures, judge, &rows, err);
    fw_free(judge->mem, outputs);
    return status;
}
