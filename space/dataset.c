#include "space/dataset.h"

#include <string.h>

int32_t fw_field_width(int64_t n_ids)
{
    return n_ids <= 256 ? 1 : n_ids <= 65536 ? 2 : 4;
}

const uint32_t *fw_field_read(const struct fw_field *field, int64_t row, int64_t n, uint32_t *scratch)
{
    if (field->width == 4)
        return (const uint32_t *)field->ids + row;
    if (field->width == 2) {
        const uint16_t *from = (const uint16_t *)field->ids + row;
        for (int64_t i = 0; i < n; i++)
            scratch[i] = from[i];
    } else {
        const uint8_t *from = (const uint8_t *)field->ids + row;
        for (int64_t i = 0; i < n; i++)
            scratch[i] = from[i];
    }
    return scratch;
}

uint32_t fw_field_id(const struct fw_field *field, int64_t row)
{
    uint32_t id;
    return *fw_field_read(field, row, 1, &id);
}

enum fw_status fw_field_init(struct fw_field *field, const char *name, int64_t n_ids, int64_t n_rows,
                             struct fw_allocator *mem, struct fw_error *err)
{
    memset(field, 0, sizeof *field);
    int32_t width = fw_field_width(n_ids);
    char *copy = fw_strndup(mem, name, strlen(name));
    void *ids = fw_alloc_array(mem, n_rows, (size_t)width);
    if (copy == NULL || ids == NULL) {
        fw_free(mem, copy);
        fw_free(mem, ids);
        return fw_error_nomem(err, mem, "a column of ids", n_rows, (size_t)width);
    }
    *field = (struct fw_field){.name = copy, .column = -1, .n_ids = n_ids, .width = width, .ids = ids};
    return FW_OK;
}

void fw_field_clear(struct fw_field *field, struct fw_allocator *mem)
{
    fw_free(mem, field->name);
    fw_free(mem, field->ids);
    fw_free(mem, field->positions);
    memset(field, 0, sizeof *field);
}

void fw_field_write(struct fw_field *field, int64_t row, int64_t n, const uint32_t *ids)
{
    if (field->width == 4) {
        memcpy((uint32_t *)field->ids + row, ids, (size_t)n * sizeof *ids);
    } else if (field->width == 2) {
        uint16_t *to = (uint16_t *)field->ids + row;
        for (int64_t i = 0; i < n; i++)
            to[i] = (uint16_t)ids[i];
    } else {
        uint8_t *to = (uint8_t *)field->ids + row;
        for (int64_t i = 0; i < n; i++)
            to[i] = (uint8_t)ids[i];
    }
}

enum fw_status fw_dataset_append(struct fw_dataset *dataset, struct fw_field *field, struct fw_error *err)
{
    int64_t capacity = dataset->field_capacity;
    FW_TRY(fw_reserve(dataset->mem, &dataset->fields, &capacity, dataset->n_fields + 1, sizeof *dataset->fields, err));
    dataset->field_capacity = (int32_t)capacity;
    dataset->fields[dataset->n_fields++] = *field;
    memset(field, 0, sizeof *field);
    return FW_OK;
}

int64_t fw_dataset_train_start(const struct fw_dataset *dataset)
{
    return dataset->n_judged < dataset->n_folds ? dataset->fold_start[dataset->n_judged] : 0;
}

void fw_dataset_destroy(struct fw_dataset *dataset)
{
    if (dataset == NULL)
        return;
    struct fw_allocator *mem = dataset->mem;
    for (int32_t f = 0; f < dataset->n_fields; f++)
        fw_field_clear(&dataset->fields[f], mem);
    for (int32_t v = 0; v < dataset->n_values; v++) {
        fw_free(mem, dataset->values[v].name);
        fw_free(mem, dataset->values[v].values);
    }
    fw_free(mem, dataset->fields);
    fw_free(mem, dataset->values);
    fw_free(mem, dataset->labels);
    fw_free(mem, dataset->weights);
    fw_free(mem, dataset->source_row);
    fw_free(mem, dataset->fold_start);
    fw_free(mem, dataset);
}
