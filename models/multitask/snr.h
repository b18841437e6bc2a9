/* Sub-network routing (SNR, Ma et al. 2019): what the searching models (snr_trans, snr_aver) learned, and the smaller
 * network (snr) that serves it. */
#ifndef FW_MODELS_MULTITASK_SNR_H
#define FW_MODELS_MULTITASK_SNR_H

#include "models/model.h"

/* Whether a model has gates: snr_trans or snr_aver. */
bool fw_snr_is_gated(const struct fw_model_vtable *vtable);

/* The topology that the settings of a searching model ask for with this many tasks. */
struct fw_topology fw_snr_topology(const struct fw_model_vtable *vtable, const struct fw_params *params,
                                   int32_t n_tasks);

/* Numbers a row that the first level reads. */
int64_t fw_snr_inputs(const struct fw_model *model);

/* The expected number of open connections, sum over gates of P(z != 0) (Louizos et al. 2018, equation 12). */
double fw_snr_expected_open(const struct fw_model *gated);

/* The serving gates of a searching model; *out is the caller's, cleared with fw_routing_clear. */
FW_NODISCARD
enum fw_status fw_snr_routing(struct fw_routing *out, const struct fw_model *gated, struct fw_allocator *mem,
                              struct fw_error *err);

/* log alpha of all connections, in the order of a routing's gates: out (fw_topology_connections). */
void fw_snr_log_alpha(float *out, const struct fw_model *gated);

/* The same back, exactly. */
void fw_snr_set_log_alpha(struct fw_model *gated, const float *log_alpha);

/* Makes the searching model serve these gates: sets its log alpha so that the serving gates are those of the routing.
 */
void fw_snr_set_gates(struct fw_model *gated, const struct fw_routing *routing);

/* Parameters of a searching model into a model "snr" of this routing: closed connections and sub-networks without a
 * path are left out, open gates are folded into the weights; a sub-network that no input reaches gives a constant,
 * which goes into the biases of its readers. Outputs then equal those of the searching model at its serving gates,
 * which are the routing's, to rounding. FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_snr_fold(struct fw_model *served, const struct fw_model *gated, const struct fw_routing *routing,
                           struct fw_error *err);

#endif
