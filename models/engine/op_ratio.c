/* The logit of B given A from those of A and of both: log r = log s(b) - log s(a), logit = log r - log(1 - r). */
#include "models/engine/ops.h"

static double log_sigmoid(double x)
{
    return x > 0 ? -log1p(exp(-x)) : x - log1p(exp(x));
}

static void forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    (void)scratch;
    const fw_real *x = fw_pass_value(pass, op->inputs[0], first);
    fw_real *y = fw_pass_value(pass, op->output, first);
    for (int64_t i = 0; i < 2 * n; i += 2) {
        double log_ratio = log_sigmoid((double)x[i + 1]) - log_sigmoid((double)x[i]);
        double logit = log_ratio < 0 ? log_ratio - log(-expm1(log_ratio)) : FW_RATIO_MOST;
        y[i] = x[i];
        y[i + 1] = (fw_real)(logit < FW_RATIO_MOST ? logit : FW_RATIO_MOST);
    }
}

static const struct fw_op_vtable vtable = {.name = "ratio", .forward = forward};

fw_node fw_op_ratio(struct fw_graph *graph, fw_node x)
{
    struct fw_op *op = fw_graph_keep(graph, 1, sizeof *op);
    if (op == NULL)
        return 0;
    *op = (struct fw_op){.vtable = &vtable, .n_inputs = 1, .inputs = {x}};
    return fw_graph_add_op(graph, op, 2, false);
}
