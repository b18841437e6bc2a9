#include "search/crosses/feature_set.h"

int32_t fw_feature_set_fields(const struct fw_feature_set *set, const struct fw_field **fields)
{
    int32_t n = 0;
    for (int32_t f = 0; f < set->n_base; f++)
        fields[n++] = &set->dataset->fields[f];
    for (int32_t x = 0; x < set->n_crosses; x++)
        fields[n++] = &set->dataset->fields[set->crosses[x].field];
    return n;
}

bool fw_feature_set_has(const struct fw_feature_set *set, const struct fw_cross *cross)
{
    for (int32_t x = 0; x < set->n_crosses; x++) {
        if (fw_cross_equal(&set->crosses[x].cross, cross))
            return true;
    }
    return false;
}

bool fw_feature_set_same(const struct fw_feature_set *a, const struct fw_feature_set *b)
{
    if (a->n_crosses != b->n_crosses)
        return false;
    for (int32_t x = 0; x < a->n_crosses; x++) {
        if (!fw_feature_set_has(b, &a->crosses[x].cross))
            return false;
    }
    return true;
}

void fw_feature_set_destroy(struct fw_feature_set *set)
{
    if (set == NULL)
        return;
    struct fw_allocator *mem = set->model->mem;
    fw_crossfit_destroy(set->model);
    fw_free(mem, set);
}
