/* From a searching model to the network that serves. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/engine/gates.h"
#include "models/multitask/snr.h"
#include "models/multitask/snr_parts.h"
#include "models/network.h"

/* Which sub-networks of a level, or tasks after the last, are there. */
static int32_t list_present(int32_t *out, const struct fw_topology *t, const struct fw_routing *routing, int32_t level)
{
    bool live[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST];
    int32_t all = level < t->n_levels ? t->levels[level].n : t->n_tasks;
    int32_t n = 0;
    if (routing != NULL)
        fw_routing_live(live, NULL, routing);
    for (int32_t i = 0; i < all; i++) {
        if (routing == NULL || level == t->n_levels || live[level * FW_SUBNETWORKS_MOST + i])
            out[n++] = i;
    }
    return n;
}

int32_t fw_snr_level(const struct fw_topology *topology, const struct fw_routing *routing, int32_t level)
{
    int32_t present[FW_SUBNETWORKS_MOST];
    return list_present(present, topology, routing, level);
}

void fw_snr_boundary(struct fw_snr_boundary *out, bool *connected, float *gates, const struct fw_topology *topology,
                     const struct fw_routing *routing, int32_t boundary)
{
    const struct fw_topology *t = topology;
    bool last = boundary + 1 == t->n_levels;
    out->blocks = (struct fw_blocks){.from = list_present(out->from, t, routing, boundary),
                                     .in = t->levels[boundary].width,
                                     .to = list_present(out->to, t, routing, boundary + 1),
                                     .out = last ? t->tower : t->levels[boundary + 1].width,
                                     .connected = connected};
    int64_t first = fw_topology_first(t, boundary);
    for (int32_t i = 0; i < out->blocks.to; i++) {
        for (int32_t j = 0; j < out->blocks.from; j++) {
            int64_t index = first + (int64_t)out->to[i] * t->levels[boundary].n + out->from[j];
            float gate = routing != NULL ? routing->gates[index] : 1;
            connected[i * out->blocks.from + j] = gate > 0;
            if (gates != NULL)
                gates[i * out->blocks.from + j] = gate;
        }
    }
}

static struct fw_weights *find(const struct fw_model *model, const char *stem, const char *part)
{
    char name[96];
    const struct fw_graph *graph = fw_network_graph(model->self);
    snprintf(name, sizeof name, part[0] != '\0' ? "%s.%s" : "%s%s", stem, part);
    for (int32_t i = 0; i < graph->n_weights; i++) {
        if (strcmp(graph->weights[i]->name, name) == 0)
            return graph->weights[i];
    }
    return NULL;
}

static struct fw_topology topology_of(const struct fw_model *gated)
{
    assert(fw_snr_is_gated(gated->vtable));
    return fw_snr_topology(gated->vtable, &gated->params, gated->n_labels);
}

static struct fw_gate_options gates_of(const struct fw_model *gated)
{
    return (struct fw_gate_options){.temperature = fw_params_get(&gated->params, "temperature"),
                                    .low = fw_params_get(&gated->params, "gamma"),
                                    .high = fw_params_get(&gated->params, "zeta")};
}

int64_t fw_snr_inputs(const struct fw_model *model)
{
    return find(model, "level1", "kernel")->rows;
}

void fw_snr_log_alpha(float *out, const struct fw_model *gated)
{
    char stem[32];
    struct fw_topology t = topology_of(gated);
    for (int32_t boundary = 0; boundary < t.n_levels; boundary++) {
        const struct fw_weights *w = find(gated, fw_snr_stem(stem, &t, boundary), "gates");
        for (int64_t i = 0; i < w->rows * w->width; i++)
            *out++ = (float)w->data[i];
    }
}

void fw_snr_set_log_alpha(struct fw_model *gated, const float *log_alpha)
{
    char stem[32];
    struct fw_topology t = topology_of(gated);
    for (int32_t boundary = 0; boundary < t.n_levels; boundary++) {
        struct fw_weights *w = find(gated, fw_snr_stem(stem, &t, boundary), "gates");
        for (int64_t i = 0; i < w->rows * w->width; i++)
            w->data[i] = (fw_real)*log_alpha++;
    }
}

double fw_snr_expected_open(const struct fw_model *gated)
{
    char stem[32];
    double sum = 0;
    struct fw_topology t = topology_of(gated);
    struct fw_gate_options options = gates_of(gated);
    for (int32_t boundary = 0; boundary < t.n_levels; boundary++) {
        const struct fw_weights *w = find(gated, fw_snr_stem(stem, &t, boundary), "gates");
        for (int64_t i = 0; i < w->rows * w->width; i++)
            sum += fw_gate_open(&options, (double)w->data[i]);
    }
    return sum;
}

enum fw_status fw_snr_routing(struct fw_routing *out, const struct fw_model *gated, struct fw_allocator *mem,
                              struct fw_error *err)
{
    struct fw_topology t = topology_of(gated);
    struct fw_gate_options options = gates_of(gated);
    int64_t n = fw_topology_connections(&t);
    *out = (struct fw_routing){.topology = t};
    FW_ALLOC(out->gates, mem, n, "the gates of a routing", err);
    fw_snr_log_alpha(out->gates, gated);
    for (int64_t i = 0; i < n; i++)
        out->gates[i] = (float)fw_gate_serving(&options, (double)out->gates[i]);
    return FW_OK;
}

void fw_snr_set_gates(struct fw_model *gated, const struct fw_routing *routing)
{
    char stem[32];
    struct fw_topology t = topology_of(gated);
    struct fw_gate_options o = gates_of(gated);
    const float *gate = routing->gates;
    for (int32_t boundary = 0; boundary < t.n_levels; boundary++) {
        struct fw_weights *w = find(gated, fw_snr_stem(stem, &t, boundary), "gates");
        for (int64_t i = 0; i < w->rows * w->width; i++, gate++) {
            double s = ((double)*gate - o.low) / (o.high - o.low);
            if ((float)fw_gate_serving(&o, (double)w->data[i]) != *gate)
                w->data[i] = *gate <= 0   ? (fw_real)-FW_GATE_LIMIT
                             : *gate >= 1 ? (fw_real)FW_GATE_LIMIT
                                          : (fw_real)log(s / (1 - s));
        }
    }
}

/* Copies a block of n columns; factor: its gate. */
static void copy_block(struct fw_weights *to, int64_t to_row, int64_t to_column, const struct fw_weights *from,
                       int64_t from_row, int64_t from_column, int64_t rows, int64_t n, fw_real factor)
{
    for (int64_t r = 0; r < rows; r++) {
        const fw_real *a = from->data + (from_row + r) * from->width + from_column;
        fw_real *b = to->data + (to_row + r) * to->width + to_column;
        for (int64_t k = 0; k < n; k++)
            b[k] = factor * a[k];
    }
}

/* Sub-networks that no path from the inputs reaches give the same numbers for every row: what their biases say. They
 * are left out, so that what they give goes into the biases of their readers. */
struct constants {
    float *values; /* (FW_LEVELS_MOST x FW_SUBNETWORKS_MOST, widest); owned */
    bool is[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST];
    int64_t widest;
};

static void find_constants(struct constants *c, const struct fw_routing *routing)
{
    const struct fw_topology *t = &routing->topology;
    for (int32_t l = 0; l < t->n_levels; l++) {
        for (int32_t i = 0; i < t->levels[l].n; i++) {
            bool constant = l > 0;
            const float *gates = routing->gates + (l > 0 ? fw_topology_first(t, l - 1) : 0);
            for (int32_t j = 0; constant && j < t->levels[l - 1].n; j++)
                constant = gates[(int64_t)i * t->levels[l - 1].n + j] <= 0 || c->is[(l - 1) * FW_SUBNETWORKS_MOST + j];
            c->is[l * FW_SUBNETWORKS_MOST + i] = constant;
        }
        c->widest = t->levels[l].width > c->widest ? t->levels[l].width : c->widest;
    }
}

/* The kernel of block i of a layer in which each block reads its own (fw_op_blocks). */
static struct fw_weights *own_kernel(const struct fw_model *model, const char *stem, int32_t i)
{
    char part[32];
    snprintf(part, sizeof part, i == 0 ? "kernel" : "%d.kernel", i + 1);
    return find(model, stem, part);
}

/* The kernel of reader i for what block j gives, and its first row and column there. */
static const struct fw_weights *reader_kernel(int64_t *row, int64_t *column, const struct fw_model *gated,
                                              const struct fw_topology *t, int32_t boundary, int32_t i, int32_t j)
{
    char stem[32];
    bool trans = t->kind == FW_CONNECT_TRANS;
    bool last = boundary + 1 == t->n_levels;
    fw_snr_stem(stem, t, boundary);
    *row = trans ? (int64_t)j * t->levels[boundary].width : 0;
    *column = trans ? (int64_t)i * (last ? t->tower : t->levels[boundary + 1].width) : 0;
    return own_kernel(gated, stem, trans ? 0 : i);
}

/* Adds to sums (units of the reader) what the constant ones say to reader i of a boundary. */
static void add_constants(float *sums, const struct constants *c, const struct fw_model *gated,
                          const struct fw_routing *routing, int32_t boundary, int32_t i)
{
    const struct fw_topology *t = &routing->topology;
    bool last = boundary + 1 == t->n_levels;
    int32_t out = last ? t->tower : t->levels[boundary + 1].width;
    const float *gates = routing->gates + fw_topology_first(t, boundary) + (int64_t)i * t->levels[boundary].n;
    for (int32_t j = 0; j < t->levels[boundary].n; j++) {
        int64_t row;
        int64_t column;
        int32_t place = boundary * FW_SUBNETWORKS_MOST + j;
        if (gates[j] <= 0 || !c->is[place])
            continue;
        const struct fw_weights *kernel = reader_kernel(&row, &column, gated, t, boundary, i, j);
        for (int32_t r = 0; r < t->levels[boundary].width; r++) {
            const fw_real *w = kernel->data + (row + r) * kernel->width + column;
            float u = gates[j] * c->values[place * c->widest + r];
            for (int32_t k = 0; k < out; k++)
                sums[k] += u * (float)w[k];
        }
    }
}

/* What each constant sub-network gives, level by level. */
static void settle_constants(struct constants *c, const struct fw_model *gated, const struct fw_routing *routing)
{
    const struct fw_topology *t = &routing->topology;
    for (int32_t l = 1; l < t->n_levels; l++) {
        char stem[32];
        const struct fw_weights *bias = find(gated, fw_snr_stem(stem, t, l - 1), "bias");
        for (int32_t i = 0; i < t->levels[l].n; i++) {
            float *u = c->values + (l * FW_SUBNETWORKS_MOST + i) * c->widest;
            int32_t width = t->levels[l].width;
            if (!c->is[l * FW_SUBNETWORKS_MOST + i])
                continue;
            for (int32_t k = 0; k < width; k++)
                u[k] = (float)bias->data[(int64_t)i * width + k];
            add_constants(u, c, gated, routing, l - 1, i);
            for (int32_t k = 0; k < width; k++)
                u[k] = u[k] > 0 ? u[k] : 0;
        }
    }
}

static void fold_kernels(struct fw_model *served, const struct fw_model *gated, const struct fw_snr_boundary *s,
                         const float *gates, const char *stem)
{
    const struct fw_blocks *blocks = &s->blocks;
    const struct fw_weights *kernel = find(gated, stem, "kernel");
    for (int32_t i = 0; i < blocks->to; i++) {
        for (int32_t j = 0; j < blocks->from; j++) {
            struct fw_block_place place;
            if (!fw_blocks_find(&place, fw_network_graph(served->self), blocks, stem, i, j))
                continue;
            copy_block(place.kernel, place.row, place.column, kernel, (int64_t)s->from[j] * blocks->in,
                       (int64_t)s->to[i] * blocks->out, blocks->in, blocks->out, (fw_real)gates[i * blocks->from + j]);
        }
    }
}

/* SNR-Aver: the scalars, and a kernel a reader. */
static void fold_sums(struct fw_model *served, const struct fw_model *gated, const struct fw_snr_boundary *s,
                      const float *gates, const char *stem)
{
    const struct fw_blocks *blocks = &s->blocks;
    struct fw_weights *factors = find(served, stem, "sum");
    for (int64_t i = 0; i < (int64_t)blocks->to * blocks->from; i++)
        factors->data[i] = (fw_real)gates[i];
    for (int32_t i = 0; i < blocks->to; i++)
        copy_block(own_kernel(served, stem, i), 0, 0, own_kernel(gated, stem, s->to[i]), 0, 0, blocks->in, blocks->out,
                   1);
}

/* The weights of what reads across a boundary. */
static void fold_boundary(struct fw_model *served, const struct fw_model *gated, const struct fw_routing *routing,
                          const struct constants *constants, int32_t boundary)
{
    char stem[32];
    bool connected[FW_SUBNETWORKS_MOST * FW_SUBNETWORKS_MOST];
    float gates[FW_SUBNETWORKS_MOST * FW_SUBNETWORKS_MOST];
    float *sums = constants->values; /* of level 0, where nothing is constant */
    struct fw_snr_boundary s;
    const struct fw_topology *t = &routing->topology;
    fw_snr_stem(stem, t, boundary);
    fw_snr_boundary(&s, connected, gates, t, routing, boundary);
    if (t->kind == FW_CONNECT_TRANS)
        fold_kernels(served, gated, &s, gates, stem);
    else
        fold_sums(served, gated, &s, gates, stem);
    for (int32_t i = 0; i < s.blocks.to; i++) {
        struct fw_weights *bias = find(served, stem, "bias");
        copy_block(bias, 0, (int64_t)i * s.blocks.out, find(gated, stem, "bias"), 0, (int64_t)s.to[i] * s.blocks.out, 1,
                   s.blocks.out, 1);
        memset(sums, 0, (size_t)s.blocks.out * sizeof *sums);
        add_constants(sums, constants, gated, routing, boundary, s.to[i]);
        for (int32_t k = 0; k < s.blocks.out; k++)
            bias->data[(int64_t)i * s.blocks.out + k] += (fw_real)sums[k];
    }
}

static void fold_first_level(struct fw_model *served, const struct fw_model *gated, const struct fw_routing *routing)
{
    int32_t present[FW_SUBNETWORKS_MOST];
    int64_t width = routing->topology.levels[0].width;
    int32_t n = list_present(present, &routing->topology, routing, 0);
    static const char *const parts[] = {"kernel", "bias"};
    for (int p = 0; p < 2; p++) {
        struct fw_weights *to = find(served, "level1", parts[p]);
        const struct fw_weights *from = find(gated, "level1", parts[p]);
        for (int32_t i = 0; i < n; i++)
            copy_block(to, 0, i * width, from, 0, present[i] * width, to->rows, width, 1);
    }
}

/* Embeddings, outputs, the scaling of labels: the same in both. */
static void copy_the_rest(struct fw_model *served, const struct fw_model *gated)
{
    const struct fw_graph *to = fw_network_graph(served->self);
    const struct fw_graph *from = fw_network_graph(gated->self);
    for (int32_t i = 0; i < to->n_weights; i++) {
        struct fw_weights *w = to->weights[i];
        for (int32_t k = 0; k < from->n_weights; k++) {
            const struct fw_weights *v = from->weights[k];
            bool routed = strncmp(w->name, "level", 5) == 0 || strncmp(w->name, "towers", 6) == 0;
            if (!routed && w->field == v->field && strcmp(w->name, v->name) == 0)
                memcpy(w->data, v->data, (size_t)(w->rows * w->width) * sizeof *w->data);
        }
    }
}

enum fw_status fw_snr_fold(struct fw_model *served, const struct fw_model *gated, const struct fw_routing *routing,
                           struct fw_error *err)
{
    struct constants constants = {0};
    find_constants(&constants, routing);
    constants.widest = routing->topology.tower > constants.widest ? routing->topology.tower : constants.widest;
    FW_ALLOC(constants.values, served->mem, FW_LEVELS_MOST * FW_SUBNETWORKS_MOST * constants.widest,
             "what is folded into a network", err);
    settle_constants(&constants, gated, routing);
    fold_first_level(served, gated, routing);
    for (int32_t boundary = 0; boundary < routing->topology.n_levels; boundary++)
        fold_boundary(served, gated, routing, &constants, boundary);
    copy_the_rest(served, gated);
    served->vtable->adopt(served->self);
    fw_free(served->mem, constants.values);
    return FW_OK;
}
