#include "support/mixed_sizes.h"

#include "support/test_main.h"

static void set_strips(struct fw_embedding_size *size, enum mixed_size kind, int64_t n_ids, int32_t dim)
{
    int64_t half = (n_ids + 1) / 2;
    switch (kind) {
    case MIXED_ONE_STRIP:
        size->n_strips = 1;
        size->strips[0] = (struct fw_strip){half, dim - 1};
        break;
    case MIXED_TWO_STRIPS:
        size->n_strips = 2;
        size->strips[0] = (struct fw_strip){n_ids, 1};
        size->strips[1] = (struct fw_strip){half, dim - 2};
        break;
    case MIXED_PROJECTED:
        size->n_strips = 2;
        size->projected = true;
        size->strips[0] = (struct fw_strip){half, 2};
        size->strips[1] = (struct fw_strip){(half + 1) / 2, 1};
        break;
    case MIXED_DROPPED:
    case MIXED_KINDS:
        break;
    }
}

struct fw_embedding_sizes *mixed_sizes(const struct fw_dataset *dataset, int32_t dim, int32_t first)
{
    struct fw_embedding_sizes *sizes;
    ck_ok(fw_embedding_sizes_create(&sizes, dim, dataset->n_fields + dataset->n_values, NULL, err));
    for (int32_t i = 0; i < sizes->n; i++) {
        bool is_field = i < dataset->n_fields;
        const char *name = is_field ? dataset->fields[i].name : dataset->values[i - dataset->n_fields].name;
        ck_ok(fw_embedding_sizes_name(sizes, i, name, err));
        set_strips(&sizes->items[i], (enum mixed_size)((first + i) % MIXED_KINDS),
                   is_field ? dataset->fields[i].n_ids : 1, dim);
    }
    ck_ok(fw_embedding_sizes_check(sizes, err));
    return sizes;
}
