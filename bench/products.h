/* The matrix products of a network's step alone, as fast as OpenBLAS does them: the floor under its time.
 *
 * A dense layer has three: forward, the gradient of its input, that of its kernel; each over the whole batch, with
 * OpenBLAS's own threads. A layer of the compressed interaction network has the same three with the matrix of products
 * Z, which no implementation can hold for a whole batch: they are timed in tiles of rows, one BLAS thread each, side by
 * side, and of several heights the fastest counts.
 *
 *     struct fw_products products = {.n = 0};
 *     fw_products_add_dense(&products, 4096, 624, 400);
 *     if (fw_products_init(&products)) seconds = fw_products_run(&products, 2);
 *     fw_products_clear(&products); */
#ifndef FW_BENCH_PRODUCTS_H
#define FW_BENCH_PRODUCTS_H

#include <stdbool.h>
#include <stdint.h>

#define FW_PRODUCTS_MOST 16

struct fw_product_layer {
    int64_t rows;
    int64_t in, out; /* of an interaction: products of vectors, maps */
    int64_t dim;     /* numbers of a vector; 0: a dense layer */
};

struct fw_products {
    int32_t n; /* 0: none, which takes no time */
    struct fw_product_layer layers[FW_PRODUCTS_MOST];
    int64_t size; /* numbers of a buffer */
    float *buffers[3];
};

void fw_products_add_dense(struct fw_products *products, int64_t rows, int64_t in, int64_t out);
void fw_products_add_interaction(struct fw_products *products, int64_t rows, int64_t in, int64_t maps, int64_t dim);

/* Takes the buffers; false: refused. Nothing is added afterwards. */
bool fw_products_init(struct fw_products *products);
void fw_products_clear(struct fw_products *products);

/* Seconds of one step's products. OpenBLAS is left on one thread. */
double fw_products_run(const struct fw_products *products, int threads);

#endif
