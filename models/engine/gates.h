/* Hard-concrete gates (Louizos et al. 2018; Ma et al. 2019, equation 5): one number a connection that is exactly 0 or 1
 * with positive probability and yet has a gradient.
 *
 *     s = sigmoid((log u - log(1 - u) + log alpha) / beta),  z = min(1, max(0, s (zeta - gamma) + gamma))
 *
 * u is drawn once a batch and connection, named by the pass, so that every chunk of a batch sees the same gates. */
#ifndef FW_MODELS_ENGINE_GATES_H
#define FW_MODELS_ENGINE_GATES_H

#include "models/engine/graph.h"
#include "models/engine/ops.h"

/* log alpha stays between log(1/100) and log(100), as in the reference implementation: gates can come back. */
#define FW_GATE_LIMIT 4.605170185988092

struct fw_gates {
    struct fw_gate_options options;
    struct fw_weights *log_alpha; /* (to, from) */
    int32_t number;               /* names the draws */
};

/* Adds the weights "<name>.gates". */
void fw_gates_add(struct fw_gates *gates, struct fw_graph *graph, int32_t to, int32_t from,
                  const struct fw_gate_options *options, const char *name);

/* The gate with this index in a pass; *slope (may be NULL) gets its derivative by log alpha, 0 where it is clipped. */
fw_real fw_gate_value(const struct fw_gates *gates, const struct fw_pass *pass, int64_t index, fw_real *slope);

/* Its gradient, from the derivative of the summed loss by z: the penalty's part is added. */
void fw_gate_gradient(const struct fw_gates *gates, const struct fw_pass *pass, int64_t index, double dz);

/* What all gates add to the loss of a chunk. */
double fw_gates_penalty(const struct fw_gates *gates, const struct fw_pass *pass, int64_t first);

/* The value that serves, z = min(1, max(0, sigmoid(log alpha) (zeta - gamma) + gamma)), and P(z != 0). */
double fw_gate_serving(const struct fw_gate_options *options, double log_alpha);
double fw_gate_open(const struct fw_gate_options *options, double log_alpha);

#endif
