#include "space/embedding_sizes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum fw_status fw_embedding_sizes_create(struct fw_embedding_sizes **out, int32_t dim, int32_t n,
                                         struct fw_allocator *mem, struct fw_error *err)
{
    assert(n >= 0);
    struct fw_embedding_sizes *sizes;
    FW_ALLOC(sizes, mem, 1, "embedding sizes", err);
    sizes->items = fw_alloc_array(mem, n, sizeof *sizes->items);
    if (sizes->items == NULL) {
        fw_free(mem, sizes);
        return fw_error_nomem(err, mem, "embedding sizes", n, sizeof *sizes->items);
    }
    sizes->dim = dim;
    sizes->n = n;
    sizes->mem = mem;
    *out = sizes;
    return FW_OK;
}

void fw_embedding_sizes_destroy(struct fw_embedding_sizes *sizes)
{
    if (sizes == NULL)
        return;
    for (int32_t i = 0; i < sizes->n; i++)
        fw_free(sizes->mem, sizes->items[i].input);
    fw_free(sizes->mem, sizes->items);
    fw_free(sizes->mem, sizes);
}

enum fw_status fw_embedding_sizes_name(struct fw_embedding_sizes *sizes, int32_t i, const char *input,
                                       struct fw_error *err)
{
    assert(i >= 0 && i < sizes->n);
    size_t length = strlen(input);
    char *copy = fw_strndup(sizes->mem, input, length);
    if (copy == NULL)
        return fw_error_nomem(err, sizes->mem, "the name of an embedding", (int64_t)length, 1);
    fw_free(sizes->mem, sizes->items[i].input);
    sizes->items[i].input = copy;
    return FW_OK;
}

enum fw_status fw_embedding_sizes_copy(struct fw_embedding_sizes **out, const struct fw_embedding_sizes *from,
                                       struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_embedding_sizes *copy = NULL;
    FW_TRY(fw_embedding_sizes_create(&copy, from->dim, from->n, mem, err));
    for (int32_t i = 0; i < from->n; i++) {
        copy->items[i] = from->items[i];
        copy->items[i].input = NULL;
        if (from->items[i].input != NULL)
            FW_TRY_GOTO(fw_embedding_sizes_name(copy, i, from->items[i].input, err), done);
    }
    *out = copy;
    copy = NULL;
done:
    fw_embedding_sizes_destroy(copy);
    return status;
}

const struct fw_embedding_size *fw_embedding_sizes_find(const struct fw_embedding_sizes *sizes, const char *input)
{
    for (int32_t i = 0; i < sizes->n; i++) {
        if (sizes->items[i].input != NULL && strcmp(sizes->items[i].input, input) == 0)
            return &sizes->items[i];
    }
    return NULL;
}

int64_t fw_embedding_size_bytes(const struct fw_embedding_size *size, int32_t dim)
{
    int64_t numbers = 0;
    for (int32_t k = 0; k < size->n_strips; k++)
        numbers += (size->strips[k].ids + (size->projected ? dim : 0)) * size->strips[k].width;
    return numbers * (int64_t)sizeof(float);
}

int64_t fw_embedding_sizes_bytes(const struct fw_embedding_sizes *sizes)
{
    int64_t bytes = 0;
    for (int32_t i = 0; i < sizes->n; i++)
        bytes += fw_embedding_size_bytes(&sizes->items[i], sizes->dim);
    return bytes;
}

int32_t fw_embedding_size_width(const struct fw_embedding_size *size)
{
    int32_t width = 0;
    for (int32_t k = 0; k < size->n_strips; k++)
        width += size->strips[k].width;
    return width;
}

int64_t fw_embedding_size_ids(const struct fw_embedding_size *size)
{
    return size->n_strips > 0 ? size->strips[0].ids : 0;
}

/* Widths are bounded one by one before they are added, so that their sum cannot overflow. */
static enum fw_status check_strips(const struct fw_embedding_size *size, int32_t dim, struct fw_error *err)
{
    if (size->n_strips < 0 || size->n_strips > FW_STRIPS_MOST)
        return fw_error_set(err, FW_E_ARG, "the embedding of '%s' has %d strips; 0 to %d are possible", size->input,
                            size->n_strips, FW_STRIPS_MOST);
    int32_t width = 0;
    for (int32_t k = 0; k < size->n_strips; k++) {
        const struct fw_strip *strip = &size->strips[k];
        if (strip->ids < 1 || strip->ids > FW_EMBEDDING_IDS_MOST)
            return fw_error_set(err, FW_E_ARG, "a strip of the embedding of '%s' has %lld ids; 1 to %lld are possible",
                                size->input, (long long)strip->ids, (long long)FW_EMBEDDING_IDS_MOST);
        if (strip->width < 1 || strip->width > dim - width)
            return fw_error_set(err, FW_E_ARG,
                                "strip %d of the embedding of '%s' is %d wide; widths are at least 1 and sum to at "
                                "most the common width, %d",
                                k + 1, size->input, strip->width, dim);
        if (k > 0 && strip->ids > size->strips[k - 1].ids)
            return fw_error_set(err, FW_E_ARG,
                                "strip %d of the embedding of '%s' has more ids (%lld) than the one before (%lld); "
                                "sort the strips by falling depth",
                                k + 1, size->input, (long long)strip->ids, (long long)size->strips[k - 1].ids);
        width += strip->width;
    }
    return FW_OK;
}

static int compare_names(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;
    return strcmp(*left, *right);
}

/* Sorted, equal names are neighbours: a plan of a million inputs must not take a million squared. */
static enum fw_status check_names(const struct fw_embedding_sizes *sizes, struct fw_error *err)
{
    const char **names;
    enum fw_status status = FW_OK;
    FW_ALLOC(names, sizes->mem, sizes->n, "the names of embeddings", err);
    for (int32_t i = 0; i < sizes->n; i++)
        names[i] = sizes->items[i].input;
    qsort(names, (size_t)sizes->n, sizeof *names, compare_names);
    for (int32_t i = 1; i < sizes->n && status == FW_OK; i++) {
        if (strcmp(names[i - 1], names[i]) == 0)
            status = fw_error_set(err, FW_E_ARG, "the embedding of '%s' is given twice; delete one", names[i]);
    }
    fw_free(sizes->mem, names);
    return status;
}

enum fw_status fw_embedding_sizes_check(const struct fw_embedding_sizes *sizes, struct fw_error *err)
{
    int64_t left = INT64_MAX;
    if (sizes->dim < 1 || sizes->dim > FW_EMBEDDING_DIM_MOST)
        return fw_error_set(err, FW_E_ARG, "the common width of embeddings is %d; 1 to %d are possible", sizes->dim,
                            FW_EMBEDDING_DIM_MOST);
    for (int32_t i = 0; i < sizes->n; i++) {
        const struct fw_embedding_size *size = &sizes->items[i];
        if (size->input == NULL)
            return fw_error_set(err, FW_E_ARG, "embedding %d of %d has no name", i + 1, sizes->n);
        FW_TRY(check_strips(size, sizes->dim, err));
        int64_t bytes = fw_embedding_size_bytes(size, sizes->dim); /* ids and widths in range: below 2^45 */
        if (bytes > left)
            return fw_error_set(err, FW_E_ARG, "the embeddings up to '%s' have more bytes than can be counted",
                                size->input);
        left -= bytes;
    }
    return check_names(sizes, err);
}
