#include "bench/products.h"

#include <assert.h>
#include <cblas.h>

#include "core/alloc.h"
#include "core/clock.h"
#include "core/par.h"

enum form { FORWARD, INPUT_GRADIENT, KERNEL_GRADIENT, FORMS };

/* Rows of the batch that a tile of interactions may have; the buffers hold two of the largest. */
static const int64_t tile_rows[] = {16, 64, 256};

enum { N_TILES = sizeof tile_rows / sizeof *tile_rows, LARGEST_TILE = 256 };

static void add(struct fw_products *products, struct fw_product_layer layer)
{
    assert(products->n < FW_PRODUCTS_MOST);
    int64_t rows = layer.dim > 0 ? 2 * LARGEST_TILE * layer.dim : layer.rows;
    int64_t wide = layer.in > layer.out ? layer.in : layer.out;
    int64_t size = wide * (rows > wide ? rows : wide);
    products->size = size > products->size ? size : products->size;
    products->layers[products->n++] = layer;
}

void fw_products_add_dense(struct fw_products *products, int64_t rows, int64_t in, int64_t out)
{
    add(products, (struct fw_product_layer){.rows = rows, .in = in, .out = out});
}

void fw_products_add_interaction(struct fw_products *products, int64_t rows, int64_t in, int64_t maps, int64_t dim)
{
    add(products, (struct fw_product_layer){.rows = rows, .in = in, .out = maps, .dim = dim});
}

bool fw_products_init(struct fw_products *products)
{
    bool made = true;
    for (int i = 0; i < 3; i++) {
        products->buffers[i] = fw_alloc_array_raw(NULL, products->size, sizeof(float));
        made = made && products->buffers[i] != NULL;
        for (int64_t k = 0; made && k < products->size; k++)
            products->buffers[i][k] = 1e-3f * (float)(k % 97);
    }
    return made;
}

void fw_products_clear(struct fw_products *products)
{
    for (int i = 0; i < 3; i++)
        fw_free(NULL, products->buffers[i]);
}

static void dense(const struct fw_product_layer *layer, float *const *buffers)
{
    float *x = buffers[0];
    float *y = buffers[1];
    float *w = buffers[2];
    int rows = (int)layer->rows;
    int in = (int)layer->in;
    int out = (int)layer->out;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, out, in, 1, x, in, w, out, 0, y, out);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, in, out, 1, y, out, w, out, 0, x, in);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, in, out, rows, 1, x, in, y, out, 0, w, out);
}

/* z (in, columns), y (out, columns), w (out, in). */
static void tile(enum form form, const struct fw_product_layer *layer, int64_t columns, float *z, float *y, float *w)
{
    int n = (int)columns;
    int in = (int)layer->in;
    int out = (int)layer->out;
    switch (form) {
    case FORWARD:
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, out, n, in, 1, w, in, z, n, 0, y, n);
        return;
    case INPUT_GRADIENT:
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, in, n, out, 1, w, in, y, n, 0, z, n);
        return;
    case KERNEL_GRADIENT:
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, out, in, n, 1, y, n, z, n, 0, w, in);
        return;
    case FORMS:
        return;
    }
}

static double interaction(enum form form, const struct fw_product_layer *layer, float *const *buffers, int threads)
{
    double best = 0;
    for (int t = 0; t < N_TILES; t++) {
        int64_t columns = tile_rows[t] * layer->dim;
        int64_t half_z = layer->in * LARGEST_TILE * layer->dim;
        int64_t half_y = layer->out * LARGEST_TILE * layer->dim;
        double start = fw_clock_seconds();
#pragma omp parallel for schedule(static) num_threads(threads)
        for (int64_t row = 0; row < layer->rows; row += tile_rows[t]) {
            int thread = fw_par_thread_index();
            tile(form, layer, columns, buffers[0] + thread * half_z, buffers[1] + thread * half_y,
                 buffers[2] + thread * layer->in * layer->out);
        }
        double seconds = fw_clock_seconds() - start;
        best = t == 0 || seconds < best ? seconds : best;
    }
    return best;
}

double fw_products_run(const struct fw_products *products, int threads)
{
    assert(threads <= 2);
    openblas_set_num_threads(threads);
    double start = fw_clock_seconds();
    for (int32_t l = 0; l < products->n; l++) {
        if (products->layers[l].dim == 0)
            dense(&products->layers[l], products->buffers);
    }
    double seconds = fw_clock_seconds() - start;
    openblas_set_num_threads(1);
    for (int32_t l = 0; l < products->n; l++) {
        for (enum form form = FORWARD; products->layers[l].dim > 0 && form < FORMS; form++)
            seconds += interaction(form, &products->layers[l], products->buffers, threads);
    }
    return seconds;
}
