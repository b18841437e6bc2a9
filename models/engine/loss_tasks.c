/* The joint loss of several tasks, and the loss of a product of two probabilities. */
#include "models/engine/graph.h"
#include "models/engine/loss.h"

struct tasks_loss {
    struct fw_loss loss;
    const enum fw_task_kind *kinds; /* (n_tasks) */
    const fw_real *weights;         /* (n_tasks) */
    const struct fw_weights *scaling;
};

/* Loss of one output; *residual is overwritten. */
static fw_real judge_task(const struct tasks_loss *l, int32_t task, fw_real x, fw_real y, fw_real *residual)
{
    if (l->kinds[task] == FW_TASK_BINARY) {
        *residual = fw_real_sigmoid(x) - y;
        return fw_real_softplus(x) - x * y;
    }
    const fw_real *shift_scale = l->scaling->data + 2 * task;
    fw_real error = x - (y - shift_scale[0]) / shift_scale[1];
    *residual = 2 * error;
    return error * error;
}

static void judge_tasks(const struct fw_loss *loss, struct fw_loss_figures *sums, const struct fw_loss_rows *rows)
{
    const struct tasks_loss *l = (const struct tasks_loss *)loss;
    int32_t n_tasks = loss->n_outputs;
    for (int64_t i = 0; i < rows->n; i++) {
        fw_real w = rows->weights != NULL ? rows->weights[i] : 1;
        bool finite = true;
        for (int32_t t = 0; t < n_tasks; t++) {
            fw_real x = rows->outputs[i * n_tasks + t];
            fw_real y = rows->labels[i * n_tasks + t];
            fw_real *residual = &rows->residual[i * n_tasks + t];
            finite = finite && isfinite(x);
            *residual = 0;
            if (!isfinite(x) || isnan(y))
                continue;
            fw_real factor = w * l->weights[t];
            sums->loss += (double)(factor * judge_task(l, t, x, y, residual));
            *residual *= factor;
        }
        sums->weight += (double)w;
        if (!finite)
            sums->loss = (double)NAN;
    }
}

const struct fw_loss *fw_loss_tasks(struct fw_graph *graph, const struct fw_task *tasks, int32_t n_tasks,
                                    const struct fw_weights *scaling)
{
    struct tasks_loss *l = fw_graph_keep(graph, 1, sizeof *l);
    enum fw_task_kind *kinds = fw_graph_keep(graph, n_tasks, sizeof *kinds);
    fw_real *weights = fw_graph_keep(graph, n_tasks, sizeof *weights);
    if (graph->failed)
        return NULL; /* the graph remembers */
    for (int32_t t = 0; t < n_tasks; t++) {
        kinds[t] = tasks[t].kind;
        weights[t] = (fw_real)tasks[t].weight;
    }
    *l = (struct tasks_loss){{n_tasks, n_tasks, judge_tasks}, kinds, weights, scaling};
    return &l->loss;
}

static void judge_product(const struct fw_loss *loss, struct fw_loss_figures *sums, const struct fw_loss_rows *rows)
{
    (void)loss;
    for (int64_t i = 0; i < rows->n; i++) {
        const fw_real *x = rows->outputs + 2 * i;
        fw_real *residual = rows->residual + 2 * i;
        fw_real w = rows->weights != NULL ? rows->weights[i] : 1;
        sums->weight += (double)w;
        residual[0] = 0;
        residual[1] = 0;
        if (!isfinite(x[0]) || !isfinite(x[1]))
            sums->loss = (double)NAN;
        else if (!isnan(rows->labels[i]))
            sums->loss += (double)fw_loss_of_product(x[0], x[1], rows->labels[i], w, residual);
    }
}

const struct fw_loss fw_loss_product = {2, 1, judge_product};
