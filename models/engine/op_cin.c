/* A layer of the compressed interaction network (Lian et al. 2018, eq. 6): with x_i, x0_j vectors of D numbers,
 *
 *     y_h = bias_h + sum_ij W_h,ij (x_i * x0_j)
 *
 * is a product of W (maps, H M) with the matrix Z (H M, D) of all elementwise products. Z of a batch would fill
 * gigabytes, so that it is made in tiles that stay in a second-level cache: TILE_ROWS rows of the batch side by side
 * (as columns of R D numbers, so that products of rows are long runs), and few x_i at a time. Backward makes each tile
 * again, once for the gradient of the inputs and once for that of W, where a piece is the columns of some x_i: its
 * sum over the batch is in the order of the rows. */
#include <string.h>

#include "models/engine/gemm.h"
#include "models/engine/ops.h"

enum { TILE_ROWS = 16, TILE_PRODUCTS = 400 };

struct cin {
    struct fw_op op;
    int32_t width; /* D */
    int32_t n_x;   /* H */
    int32_t n_x0;  /* M */
    int32_t maps;
    int32_t group;             /* x_i of a tile */
    struct fw_weights *kernel; /* (maps, H M) */
    struct fw_weights *bias;   /* (1, maps) */
};

/* A thread's tiles; each row is TILE_ROWS * D numbers. */
struct tiles {
    fw_real *x;   /* (H) */
    fw_real *x0;  /* (M) */
    fw_real *y;   /* (maps) of the output or its gradient */
    fw_real *dx;  /* (H) */
    fw_real *dx0; /* (M) */
    fw_real *z;   /* (group * M) */
};

static int64_t lane(const struct cin *c)
{
    return (int64_t)TILE_ROWS * c->width;
}

static size_t scratch_bytes(const struct cin *c)
{
    int64_t rows = 2 * (int64_t)c->n_x + 2 * c->n_x0 + c->maps + (int64_t)c->group * c->n_x0;
    return (size_t)(rows * lane(c)) * sizeof(fw_real);
}

static struct tiles cut(const struct cin *c, void *scratch)
{
    struct tiles t;
    t.x = scratch;
    t.x0 = t.x + c->n_x * lane(c);
    t.y = t.x0 + c->n_x0 * lane(c);
    t.dx = t.y + c->maps * lane(c);
    t.dx0 = t.dx + c->n_x * lane(c);
    t.z = t.dx0 + c->n_x0 * lane(c);
    return t;
}

/* Rows (n, count, D) of the batch as (count, n D), and back. */
static void turn(const fw_real *restrict from, fw_real *restrict to, int64_t n, int64_t count, int64_t D,
                 int64_t stride)
{
    for (int64_t h = 0; h < count; h++) {
        for (int64_t r = 0; r < n; r++)
            memcpy(to + h * stride + r * D, from + (r * count + h) * D, (size_t)D * sizeof *to);
    }
}

static void turn_back(const fw_real *restrict from, fw_real *restrict to, int64_t n, int64_t count, int64_t D,
                      int64_t stride, bool add)
{
    for (int64_t h = 0; h < count; h++) {
        for (int64_t r = 0; r < n; r++) {
            for (int64_t k = 0; k < D; k++) {
                fw_real value = from[h * stride + r * D + k];
                fw_real *at = to + (r * count + h) * D + k;
                *at = add ? *at + value : value;
            }
        }
    }
}

static void multiply(const fw_real *restrict a, const fw_real *restrict b, fw_real *restrict out, int64_t n)
{
    for (int64_t k = 0; k < n; k++)
        out[k] = a[k] * b[k];
}

static void multiply_into(const fw_real *restrict a, const fw_real *restrict b, fw_real *restrict out, int64_t n)
{
    for (int64_t k = 0; k < n; k++)
        out[k] += a[k] * b[k];
}

/* z of x_i, i in [from, from + count), over a run of `used` numbers. */
static void make_products(const struct cin *c, const struct tiles *t, int64_t from, int64_t count, int64_t used)
{
    for (int64_t h = 0; h < count; h++) {
        for (int64_t j = 0; j < c->n_x0; j++)
            multiply(t->x + (from + h) * lane(c), t->x0 + j * lane(c), t->z + (h * c->n_x0 + j) * lane(c), used);
    }
}

static int64_t group_size(const struct cin *c, int64_t from)
{
    return c->n_x - from < c->group ? c->n_x - from : c->group;
}

static void load(const struct cin *c, const struct fw_pass *pass, const struct tiles *t, int64_t first, int64_t n)
{
    turn(fw_pass_value(pass, c->op.inputs[0], first), t->x, n, c->n_x, c->width, lane(c));
    turn(fw_pass_value(pass, c->op.inputs[1], first), t->x0, n, c->n_x0, c->width, lane(c));
}

static void forward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    const struct cin *c = (const struct cin *)op;
    struct tiles t = cut(c, scratch);
    int64_t columns = (int64_t)c->n_x * c->n_x0;
    for (int64_t at = first; at < first + n; at += TILE_ROWS) {
        int64_t rows = first + n - at < TILE_ROWS ? first + n - at : TILE_ROWS;
        int64_t used = rows * c->width;
        load(c, pass, &t, at, rows);
        for (int32_t h = 0; h < c->maps; h++) {
            for (int64_t k = 0; k < used; k++)
                t.y[h * lane(c) + k] = c->bias->data[h];
        }
        for (int64_t from = 0; from < c->n_x; from += c->group) {
            int64_t count = group_size(c, from);
            make_products(c, &t, from, count, used);
            fw_gemm(FW_GEMM_NN, c->maps, used, count * c->n_x0, c->kernel->data + from * c->n_x0, columns, t.z, lane(c),
                    true, t.y, lane(c));
        }
        turn_back(t.y, fw_pass_value(pass, op->output, at), rows, c->maps, c->width, lane(c), false);
    }
}

static void backward(const struct fw_op *op, const struct fw_pass *pass, int64_t first, int64_t n, void *scratch)
{
    const struct cin *c = (const struct cin *)op;
    struct tiles t = cut(c, scratch);
    int64_t columns = (int64_t)c->n_x * c->n_x0;
    for (int64_t at = first; at < first + n; at += TILE_ROWS) {
        int64_t rows = first + n - at < TILE_ROWS ? first + n - at : TILE_ROWS;
        int64_t used = rows * c->width;
        load(c, pass, &t, at, rows);
        turn(fw_pass_grad(pass, op->output, at), t.y, rows, c->maps, c->width, lane(c));
        memset(t.dx, 0, (size_t)(c->n_x * lane(c)) * sizeof *t.dx);
        memset(t.dx0, 0, (size_t)(c->n_x0 * lane(c)) * sizeof *t.dx0);
        for (int64_t from = 0; from < c->n_x; from += c->group) {
            int64_t count = group_size(c, from);
            fw_gemm(FW_GEMM_TN, count * c->n_x0, used, c->maps, c->kernel->data + from * c->n_x0, columns, t.y, lane(c),
                    false, t.z, lane(c));
            for (int64_t h = 0; h < count; h++) {
                for (int64_t j = 0; j < c->n_x0; j++) {
                    const fw_real *dz = t.z + (h * c->n_x0 + j) * lane(c);
                    multiply_into(dz, t.x0 + j * lane(c), t.dx + (from + h) * lane(c), used);
                    multiply_into(dz, t.x + (from + h) * lane(c), t.dx0 + j * lane(c), used);
                }
            }
        }
        turn_back(t.dx, fw_pass_grad(pass, op->inputs[0], at), rows, c->n_x, c->width, lane(c), op->adds[0]);
        turn_back(t.dx0, fw_pass_grad(pass, op->inputs[1], at), rows, c->n_x0, c->width, lane(c), op->adds[1]);
    }
}

static void gradient(const struct fw_op *op, const struct fw_pass *pass, int32_t unit, void *scratch)
{
    const struct cin *c = (const struct cin *)op;
    struct tiles t = cut(c, scratch);
    int64_t columns = (int64_t)c->n_x * c->n_x0;
    int64_t from = (int64_t)unit * c->group;
    int64_t count = group_size(c, from);
    if (unit == 0)
        memset(c->bias->grad, 0, (size_t)c->maps * sizeof *c->bias->grad);
    for (int64_t at = 0; at < pass->rows->n; at += TILE_ROWS) {
        int64_t rows = pass->rows->n - at < TILE_ROWS ? pass->rows->n - at : TILE_ROWS;
        int64_t used = rows * c->width;
        load(c, pass, &t, at, rows);
        turn(fw_pass_grad(pass, op->output, at), t.y, rows, c->maps, c->width, lane(c));
        make_products(c, &t, from, count, used);
        fw_gemm(FW_GEMM_NT, c->maps, count * c->n_x0, used, t.y, lane(c), t.z, lane(c), at > 0,
                c->kernel->grad + from * c->n_x0, columns);
        for (int32_t h = 0; unit == 0 && h < c->maps; h++) {
            for (int64_t k = 0; k < used; k++)
                c->bias->grad[h] += t.y[h * lane(c) + k];
        }
    }
}

static const struct fw_op_vtable vtable = {.name = "cin",
                                           .forward = forward,
                                           .backward = backward,
                                           .gradient = gradient};

fw_node fw_op_cin(struct fw_graph *graph, fw_node x, fw_node x0, int32_t width, int32_t maps, const char *name)
{
    struct cin *c = fw_graph_keep(graph, 1, sizeof *c);
    if (graph->failed)
        return 0;
    int32_t n_x = fw_graph_width(graph, x) / width;
    int32_t n_x0 = fw_graph_width(graph, x0) / width;
    int32_t group = TILE_PRODUCTS / n_x0 > 0 ? TILE_PRODUCTS / n_x0 : 1;
    group = group < n_x ? group : n_x;
    *c = (struct cin){.op = {.vtable = &vtable,
                             .n_inputs = 2,
                             .inputs = {x, x0},
                             .n_units = (n_x + group - 1) / group,
                             .unit_cost = (int64_t)group * n_x0 * width * maps},
                      .width = width,
                      .n_x = n_x,
                      .n_x0 = n_x0,
                      .maps = maps,
                      .group = group};
    c->op.scratch = scratch_bytes(c);
    struct fw_weights w = {.name = fw_graph_name(graph, name, "kernel"),
                           .field = -1,
                           .kind = FW_WEIGHTS_DENSE,
                           .rows = maps,
                           .width = (int64_t)n_x * n_x0,
                           .init = FW_INIT_XAVIER,
                           .penalised = true};
    c->kernel = fw_graph_add_weights(graph, &w);
    w.name = fw_graph_name(graph, name, "bias");
    w.rows = 1;
    w.width = maps;
    w.init = FW_INIT_CONSTANT;
    w.penalised = false;
    c->bias = fw_graph_add_weights(graph, &w);
    return fw_graph_add_op(graph, &c->op, maps * width, true);
}
