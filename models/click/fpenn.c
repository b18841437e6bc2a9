/* FPENN (Liu et al. 2018): field-aware embeddings that are distributions, v = mean + sigma e, sigma = softplus(rho),
 *
 *     logit = a1 linear + a2 sum_{i<j} <v_{i,j}, v_{j,i}> + a3 MLP([v])
 *
 * One draw serves the quadratic and the deep part. Prediction reads the mean, a draw (Thompson sampling) or the upper
 * confidence bound mean + bound sigma. What the paper leaves open is settled so: inner products, learned a1, a2, a3
 * that start at 1, and a prior N(0, prior_sigma^2) weighed once for each row of a batch that shows an id, off by
 * default. */
#include <math.h>

#include "models/network.h"
#include "models/registry.h"

static const char *const samplings[] = {"mean", "ts", "ucb", NULL};

static const struct fw_param_spec params[] = {
    {.name = "sampling",
     .scoring = true,
     .choices = samplings,
     .doc = "what prediction reads: the mean, a draw (Thompson sampling), mean + bound x sigma"},
    {.name = "bound",
     .scoring = true,
     .when = "sampling=ucb",
     .min = 0,
     .max = 100,
     .fallback = 1,
     .doc = "standard deviations that ucb adds to the mean"},
    {.name = "draw",
     .scoring = true,
     .when = "sampling=ts",
     .min = 0,
     .max = 1e9,
     .fallback = 0,
     .integer = true,
     .doc = "number of the draw that ts reads: another number, another draw"},
    {.name = "sigma",
     .min = 1e-6,
     .max = 10,
     .fallback = 0.05,
     .low = 0.01,
     .high = 0.2,
     .log_scale = true,
     .doc = "first standard deviation of an embedding"},
    {.name = "prior", .min = 0, .max = 1e3, .fallback = 0, .doc = "weight of the divergence from the prior; 0: none"},
    {.name = "prior_sigma", .min = 1e-6, .max = 100, .fallback = 0.1, .doc = "standard deviation of the prior"},
    FW_EMBEDDING_PARAMS(4, 0.05),
    FW_HIDDEN_PARAMS(2, 64, 0.2),
    FW_NETWORK_PARAMS(0.001, 1e-5),
    FW_TRAINER_PARAMS(256, 30, 3),
    {.name = NULL},
};

static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
{
    FW_TRY(fw_network_check_pairs(b, "fpenn", fw_network_int(b, "dim"), err));
    int32_t width = fw_network_int(b, "dim") * (b->n_inputs - 1);
    struct fw_sample_options options = {.sampling = (enum fw_sampling)fw_network_int(b, "sampling"),
                                        .bound = fw_network_get(b, "bound"),
                                        .draw = (uint64_t)fw_network_int(b, "draw"),
                                        .prior = fw_network_get(b, "prior"),
                                        .prior_sigma = fw_network_get(b, "prior_sigma")};
    /* softplus(rho) = sigma */
    double rho = log(expm1(fw_network_get(b, "sigma")));
    fw_node mean = fw_op_embedding_parameters(b->graph, &b->inputs, width, 0, fw_network_get(b, "init"), "mean");
    fw_node spread = fw_op_embedding_parameters(b->graph, &b->inputs, width, rho, 0, "rho");
    fw_node v = fw_op_sample(b->graph, mean, spread, &b->inputs, &options);
    fw_node terms[3];
    int32_t n = 0;
    fw_node linear = fw_network_linear(b);
    if (linear != FW_NO_NODE)
        terms[n++] = linear;
    terms[n++] = fw_op_ffm(b->graph, v, b->n_inputs);
    terms[n++] = fw_network_output(b, fw_network_hidden(b, v, "deep"), "out");
    fw_node logit = fw_op_weighted_sum(b->graph, terms, n, "share");
    return fw_network_finish(b, &logit, 1, err);
}

const struct fw_model_vtable fw_model_fpenn = {
    FW_NETWORK_SLOTS,
    .name = "fpenn",
    .summary = "field-aware probabilistic embeddings, with Thompson sampling and UCB at prediction",
    .params = params,
    .build = build,
};
