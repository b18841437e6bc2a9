#include "models/engine/gates.h"

#include <math.h>

#include "core/rng.h"

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* Between 0 and 1: s stretched and clipped. */
static double stretch(const struct fw_gate_options *o, double s)
{
    return fmin(1, fmax(0, s * (o->high - o->low) + o->low));
}

double fw_gate_serving(const struct fw_gate_options *options, double log_alpha)
{
    return stretch(options, sigmoid(log_alpha));
}

double fw_gate_open(const struct fw_gate_options *options, double log_alpha)
{
    return sigmoid(log_alpha - options->temperature * log(-options->low / options->high));
}

void fw_gates_add(struct fw_gates *gates, struct fw_graph *graph, int32_t to, int32_t from,
                  const struct fw_gate_options *options, const char *name)
{
    struct fw_weights w = {.name = fw_graph_name(graph, name, "gates"),
                           .field = -1,
                           .kind = FW_WEIGHTS_DENSE,
                           .part = FW_PART_GATES,
                           .rows = to,
                           .width = from,
                           .init = FW_INIT_NORMAL,
                           .mean = options->first,
                           .scale = options->spread,
                           .low = -FW_GATE_LIMIT,
                           .high = FW_GATE_LIMIT};
    *gates = (struct fw_gates){.options = *options, .number = graph->n_ops};
    gates->log_alpha = fw_graph_add_weights(graph, &w);
}

fw_real fw_gate_value(const struct fw_gates *gates, const struct fw_pass *pass, int64_t index, fw_real *slope)
{
    const struct fw_gate_options *o = &gates->options;
    double log_alpha = (double)gates->log_alpha->data[index];
    if (!pass->training)
        return (fw_real)fw_gate_serving(o, log_alpha);
    uint64_t stream = fw_stream(pass->step, (uint64_t)gates->number, FW_STREAM_GATES);
    double u = fmin(1 - 1e-6, fmax(1e-6, fw_rng_uniform_at(pass->seed, stream, (uint64_t)index)));
    double s = sigmoid((log(u) - log(1 - u) + log_alpha) / o->temperature);
    double z = stretch(o, s);
    if (slope != NULL)
        *slope = z > 0 && z < 1 ? (fw_real)((o->high - o->low) * s * (1 - s) / o->temperature) : 0;
    return (fw_real)z;
}

/* What an open connection costs at this step. */
static double price(const struct fw_gate_options *o, const struct fw_pass *pass)
{
    return o->penalty * ((double)pass->step < o->rise ? (double)pass->step / o->rise : 1);
}

/* Whether a connection costs something: not the strongest one of what reads, where that is free. */
static bool has_price(const struct fw_gates *gates, int64_t index)
{
    const struct fw_weights *w = gates->log_alpha;
    int64_t strongest = index / w->width * w->width;
    if (gates->options.penalty <= 0)
        return false;
    if (!gates->options.one_free)
        return true;
    for (int64_t i = strongest; i < (index / w->width + 1) * w->width; i++)
        strongest = w->data[i] > w->data[strongest] ? i : strongest;
    return index != strongest;
}

void fw_gate_gradient(const struct fw_gates *gates, const struct fw_pass *pass, int64_t index, double dz)
{
    fw_real slope;
    fw_gate_value(gates, pass, index, &slope);
    double open = fw_gate_open(&gates->options, (double)gates->log_alpha->data[index]);
    double penalty =
        has_price(gates, index) ? price(&gates->options, pass) * fw_pass_weight(pass) * open * (1 - open) : 0;
    gates->log_alpha->grad[index] = (fw_real)(dz * (double)slope + penalty);
}

double fw_gates_penalty(const struct fw_gates *gates, const struct fw_pass *pass, int64_t first)
{
    double open = 0;
    const struct fw_weights *w = gates->log_alpha;
    for (int64_t i = 0; i < w->rows * w->width; i++)
        open += has_price(gates, i) ? fw_gate_open(&gates->options, (double)w->data[i]) : 0;
    return price(&gates->options, pass) * open * pass->graph->chunk_weight[first / pass->graph->chunk];
}
