/* The operations of the compute graph, one file each (op_<name>.c), as functions that add one to a graph and return its
 * output node. B: rows of the batch; F: fields; D: embedding width.
 *
 * Every gradient is checked against finite differences in double precision (tests/models/double). Names of weights are
 * stems: "dense1" gives "dense1.kernel" and "dense1.bias". Pointers are borrowed for the call. */
#ifndef FW_MODELS_ENGINE_OPS_H
#define FW_MODELS_ENGINE_OPS_H

#include "models/engine/graph.h"
#include "space/embedding_sizes.h"

enum fw_activation { FW_ACT_NONE, FW_ACT_RELU, FW_ACT_TANH, FW_ACT_SIGMOID };

/* What enters a model: some of the graph's fields as ids, and some value columns of the data set as numbers. */
struct fw_op_inputs {
    const int32_t *fields; /* (n_fields) in the graph's list */
    int32_t n_fields;
    const int32_t *values; /* (n_values) in the data set's list of value columns */
    int32_t n_values;
};

/* (B, (n_fields + n_values) D): each field's row of a table, then each value times a vector. Tables "<name>" by field,
 * "<name>.values" (n_values, D) for the numbers. First values N(0, scale^2). */
fw_node fw_op_embedding(struct fw_graph *graph, const struct fw_op_inputs *inputs, int32_t width, double scale,
                        const char *name);

/* (B, D): the row of one field's table, named as above. instead: this row for all rows of the batch, whatever they
 * hold; -1: their own. Only a graph that scores takes another row than a batch has. */
fw_node fw_op_embedding_of(struct fw_graph *graph, int32_t field, int32_t width, double mean, double scale,
                           int64_t instead, const char *name);

/* The same as the first with sizes of its own for each input (fields, then values), (n_fields + n_values) of them, each
 * with a strip at least. Depths of a pass (fw_pass.depths) are (inputs x FW_STRIPS_MOST): ids in force a strip; values
 * have 1. Weights "<name>", "<name>.2", ... by strip, "<name>.projection", "<name>.2.projection", ...; those of value v
 * "<name>.values<v>", ... */
fw_node fw_op_sized_embedding(struct fw_graph *graph, const struct fw_op_inputs *inputs,
                              const struct fw_embedding_size *const *sizes, int32_t dim, double scale,
                              const char *name);

/* What the batch that was just learned from says of each block, to first order, were it switched: minus the derivative
 * of the summed loss in the share of the block that is in force. worth[(input x n_cuts + row strip) x FW_STRIPS_MOST +
 * strip] is added to. For a block that is off it is the gain of the first bit of it, for one that is on that of the
 * last; their mean is what the block as a whole is worth, but for terms of the third order. An id that is taken as id 0
 * without its block is worth what its own row says beyond row 0. cuts: (inputs x n_cuts) ids of the first 1, 2, ... row
 * strips of each input; missing ones repeat the last. rows: the batch. */
void fw_op_sized_worth(double *worth, const struct fw_graph *graph, fw_node output, const int64_t *cuts, int32_t n_cuts,
                       const struct fw_dataset_view *rows);

/* The sum of squares of what each block gives its rows, numbered in the same way. */
void fw_op_sized_norms(double *squares, const struct fw_graph *graph, fw_node output, const int64_t *cuts,
                       int32_t n_cuts);

/* The tables of a probabilistic embedding: as above, but a value's vector is read as it is, for fw_op_sample multiplies
 * it with the value. All first values are mean + N(0, scale^2). */
fw_node fw_op_embedding_parameters(struct fw_graph *graph, const struct fw_op_inputs *inputs, int32_t width,
                                   double mean, double scale, const char *name);

/* (B, 1): a bias plus the scalar weights of the fields' ids and the values times their weights. Weights "<name>.bias",
 * "<name>" by field, "<name>.values"; fixed ones are set from outside and get no gradient. */
fw_node fw_op_linear(struct fw_graph *graph, const struct fw_op_inputs *inputs, bool fixed, const char *name);

/* act(x W + b): (B, in) -> (B, width); W (in, width). */
struct fw_dense_options {
    enum fw_activation activation;
    bool no_bias;
    bool zero; /* W starts at 0 (the last layer of a network that begins as its linear part) */
};
fw_node fw_op_dense(struct fw_graph *graph, fw_node x, int32_t width, const struct fw_dense_options *options,
                    const char *name);

/* act(x), elementwise. */
fw_node fw_op_activation(struct fw_graph *graph, fw_node x, enum fw_activation activation);

/* Zeroes each number with this probability while training and divides the others by 1 - rate. */
fw_node fw_op_dropout(struct fw_graph *graph, fw_node x, double rate);

/* Batch normalisation (Ioffe and Szegedy 2015): per column (x - mean) / sqrt(variance + 1e-5) scale + shift; running
 * figures with momentum 0.1 serve prediction. */
fw_node fw_op_batch_norm(struct fw_graph *graph, fw_node x, const char *name);

/* (B, sum of widths). */
fw_node fw_op_concat(struct fw_graph *graph, const fw_node *inputs, int32_t n);

/* The sum of nodes of equal width. */
fw_node fw_op_add(struct fw_graph *graph, const fw_node *inputs, int32_t n);

/* The sum of nodes of equal width, each times a learned scalar that starts at 1. */
fw_node fw_op_weighted_sum(struct fw_graph *graph, const fw_node *inputs, int32_t n, const char *name);

/* FM (Rendle 2010): sum over pairs of fields of <v_i, v_j>: (B, F D) -> (B, 1). */
fw_node fw_op_fm(struct fw_graph *graph, fw_node x, int32_t n_fields);

/* All inner products <v_i, v_j>, i < j: (B, F D) -> (B, F (F - 1) / 2), in the order (0,1), (0,2), ... */
fw_node fw_op_inner_products(struct fw_graph *graph, fw_node x, int32_t n_fields);

/* The outer product of the summed embeddings with itself (OPNN's superposition): (B, F D) -> (B, D D). */
fw_node fw_op_outer_product(struct fw_graph *graph, fw_node x, int32_t n_fields);

/* FFM (Juan et al. 2016): sum over pairs of <v_{i,j}, v_{j,i}>. x (B, F (F - 1) D): field by field, the vectors for the
 * other fields in their order. -> (B, 1) */
fw_node fw_op_ffm(struct fw_graph *graph, fw_node x, int32_t n_fields);

/* DCN's cross layer (Wang et al. 2017): x0 (x' w) + b + x. */
fw_node fw_op_cross(struct fw_graph *graph, fw_node x0, fw_node x, const char *name);

/* x0 * u + x, elementwise: what DCN-V2 does with u = W x + b. */
fw_node fw_op_multiply_add(struct fw_graph *graph, fw_node x0, fw_node u, fw_node x);

/* sum_i gate[i] x_i: gate (B, n), n nodes of equal width. */
fw_node fw_op_mix(struct fw_graph *graph, fw_node gate, const fw_node *inputs, int32_t n);

/* CIN layer (Lian et al. 2018): x (B, H D), x0 (B, M D) -> (B, maps D);
 * out[h] = bias[h] + sum_ij W[h, i M + j] x[i] * x0[j]. */
fw_node fw_op_cin(struct fw_graph *graph, fw_node x, fw_node x0, int32_t width, int32_t maps, const char *name);

/* The sum over each run of `width` neighbours: (B, H width) -> (B, H). */
fw_node fw_op_pool(struct fw_graph *graph, fw_node x, int32_t width);

/* (B, n): the first n value columns as they are. */
fw_node fw_op_values(struct fw_graph *graph, int32_t n);

/* (B, T) numbers in standard units to those of their labels: x scale + shift, from scaling (T, 2) = shift, scale. Not
 * differentiated: for what is served. */
fw_node fw_op_rescale(struct fw_graph *graph, fw_node x, const struct fw_weights *scaling);

/* (B, 2) logits of A and of A and B together to those of A and of B given A, whose probability is their ratio and kept
 * from reaching 1 (a logit of FW_RATIO_MOST at most). Not differentiated: for what is served. */
#define FW_RATIO_MOST 13.8
fw_node fw_op_ratio(struct fw_graph *graph, fw_node x);

/* ---- blocks: nodes that are several sub-networks side by side ---- */

/* Which blocks of `in` units are read, and which of `out` units are written. */
struct fw_blocks {
    int32_t from, in;
    int32_t to, out;
    const bool *connected; /* (to, from); NULL: all */
};
static inline bool fw_blocks_connected(const struct fw_blocks *blocks, int32_t to, int32_t from)
{
    return blocks->connected == NULL || blocks->connected[to * blocks->from + from];
}

/* A dense layer cut in blocks: y_i = act(sum over connected j of W_ij x_j + b_i). (B, from in) -> (B, to out). Only
 * connected blocks have weights and take time. Neighbouring written blocks that read the same ones lie in one kernel
 * (rows of the blocks read, columns of those written): "<name>.kernel", "<name>.2.kernel", ... in order of their first
 * written block; the bias is "<name>.bias" (1, to out). closeness: times the sum over pairs of written blocks of the
 * squared distance of their weights and biases is added to the mean loss; all must have equally many connections. */
struct fw_block_options {
    struct fw_blocks blocks;
    enum fw_activation activation;
    bool no_bias;
    bool zero;
    double closeness;
    bool alike;
};
fw_node fw_op_blocks(struct fw_graph *graph, fw_node x, const struct fw_block_options *options, const char *name);

/* Where the weights of a connection lie: rows `row` and on, columns `column` and on of a kernel. False: the blocks are
 * not connected. blocks and name as in fw_op_blocks. */
struct fw_block_place {
    struct fw_weights *kernel;
    int64_t row, column;
};
bool fw_blocks_find(struct fw_block_place *out, const struct fw_graph *graph, const struct fw_blocks *blocks,
                    const char *name, int32_t to, int32_t from);

/* Sums of blocks of equal width with learned scalars: y_i = sum over connected j of a_ij x_j; a (to, from) starts at
 * `first`. Weights "<name>". `blocks->in` and `out` are equal. */
fw_node fw_op_combine(struct fw_graph *graph, fw_node x, const struct fw_blocks *blocks, const float *first,
                      const char *name);

/* Hard-concrete gates (Louizos et al. 2018; multitask.md, section 3), one a connection: sampled once a batch while
 * learning, at their serving value when predicting. `penalty` times the expected number of open gates is added to the
 * mean loss. Weights "<name>.gates" (to, from): log alpha. */
struct fw_gate_options {
    double temperature; /* beta */
    double low, high;   /* gamma < 0, zeta > 1 */
    double penalty;     /* lambda */
    double first;       /* log alpha at the beginning: N(first, spread^2) */
    double spread;
    double rise;   /* steps over which the penalty rises to lambda; 0: it is there from the beginning */
    bool one_free; /* what reads needs one connection anyway: its strongest one (the first of equals) costs nothing */
};

/* SNR-Trans: y_i = act(sum_j z_ij W_ij x_j + b_i), W one kernel over all blocks; `connected` is not looked at. With
 * `alike` all y_i begin with the same weights. */
fw_node fw_op_gated_blocks(struct fw_graph *graph, fw_node x, const struct fw_block_options *options,
                           const struct fw_gate_options *gates, const char *name);

/* SNR-Aver: y_i = sum_j z_ij x_j. */
fw_node fw_op_gated_sum(struct fw_graph *graph, fw_node x, const struct fw_blocks *blocks,
                        const struct fw_gate_options *gates, const char *name);

/* Softmax within each of n runs of columns, of these sizes. */
fw_node fw_op_softmax_runs(struct fw_graph *graph, fw_node x, const int32_t *sizes, int32_t n);

/* Mixtures of experts: y_i = sum over connected j of g_ij x_j. x: (B, from in), -> (B, to in), `out` = `in`; gate: for
 * each i its connected j side by side, (B, connections). */
fw_node fw_op_mixture(struct fw_graph *graph, fw_node gate, fw_node x, const struct fw_blocks *blocks);

/* How a probabilistic embedding is read at prediction. */
enum fw_sampling { FW_SAMPLE_MEAN, FW_SAMPLE_TS, FW_SAMPLE_UCB };

/* x (mean + softplus(rho) e), e ~ N(0, 1) drawn anew for each row and step while training (FPENN); x is 1 in the blocks
 * of fields and the value in those of values. At prediction: the mean, a draw (TS) that is named by the row's ids, or
 * mean + bound * sigma (UCB). prior: weight of the divergence from N(0, prior_sigma^2) for each row of the batch; 0:
 * none. mean and rho are of fw_op_embedding_parameters with the same inputs. */
struct fw_sample_options {
    enum fw_sampling sampling;
    double bound;
    uint64_t draw; /* of TS: its number */
    double prior, prior_sigma;
};
fw_node fw_op_sample(struct fw_graph *graph, fw_node mean, fw_node rho, const struct fw_op_inputs *inputs,
                     const struct fw_sample_options *options);

#endif
