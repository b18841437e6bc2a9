#include "models/dataset_view.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct fw_dataset_view fw_view_slice(const struct fw_dataset_view *view, int64_t first, int64_t n)
{
    assert(first >= 0 && n >= 0 && first + n <= view->n);
    struct fw_dataset_view slice = *view;
    slice.row += first;
    slice.n = n;
    return slice;
}

/* Ids of listed rows. One loop a width, instead of a call and a switch a row. */
static void gather_ids(uint32_t *restrict to, const struct fw_field *from, const int64_t *restrict rows, int64_t n)
{
    const uint8_t *narrow = from->ids;
    const uint16_t *middle = from->ids;
    const uint32_t *wide = from->ids;
    if (from->width == 1) {
        for (int64_t i = 0; i < n; i++)
            to[i] = narrow[rows[i]];
    } else if (from->width == 2) {
        for (int64_t i = 0; i < n; i++)
            to[i] = middle[rows[i]];
    } else {
        for (int64_t i = 0; i < n; i++)
            to[i] = wide[rows[i]];
    }
}

const uint32_t *fw_view_ids(const struct fw_dataset_view *view, int32_t field, int64_t first, int64_t n,
                            uint32_t *scratch)
{
    const struct fw_field *from = &view->dataset->fields[field];
    if (view->index == NULL)
        return fw_field_read(from, view->row + first, n, scratch);
    gather_ids(scratch, from, view->index + view->row + first, n);
    return scratch;
}

static const float *read_floats(const struct fw_dataset_view *view, const float *from, int64_t first, int64_t n,
                                float *scratch)
{
    if (view->index == NULL)
        return from + view->row + first;
    for (int64_t i = 0; i < n; i++)
        scratch[i] = from[view->index[view->row + first + i]];
    return scratch;
}

const float *fw_view_labels(const struct fw_dataset_view *view, int64_t first, int64_t n, float *scratch)
{
    const float *labels = view->dataset->labels;
    int32_t tasks = fw_dataset_tasks(view->dataset);
    if (tasks == 1)
        return read_floats(view, labels, first, n, scratch);
    if (view->index == NULL)
        return labels + (view->row + first) * tasks;
    for (int64_t i = 0; i < n; i++)
        memcpy(scratch + i * tasks, labels + view->index[view->row + first + i] * tasks,
               (size_t)tasks * sizeof *labels);
    return scratch;
}

const float *fw_view_weights(const struct fw_dataset_view *view, int64_t first, int64_t n, float *scratch)
{
    const float *weights = view->dataset->weights;
    return weights == NULL ? NULL : read_floats(view, weights, first, n, scratch);
}

const float *fw_view_values(const struct fw_dataset_view *view, int32_t value_column, int64_t first, int64_t n,
                            float *scratch)
{
    assert(value_column >= 0 && value_column < view->dataset->n_values);
    return read_floats(view, view->dataset->values[value_column].values, first, n, scratch);
}

/* Whether `next` begins in the data set where `view` ends. */
static bool touches(const struct fw_dataset_view *view, const struct fw_dataset_view *next)
{
    return view->dataset == next->dataset && view->index == next->index && view->row + view->n == next->row;
}

static void append(struct fw_row_set *set, struct fw_dataset_view part)
{
    if (part.n == 0)
        return;
    if (set->n_parts > 0 && touches(&set->parts[set->n_parts - 1], &part)) {
        set->parts[set->n_parts - 1].n += part.n;
        return;
    }
    assert(set->n_parts < FW_ROW_SET_PARTS);
    set->parts[set->n_parts++] = part;
}

static struct fw_dataset_view run(const struct fw_dataset *dataset, int64_t start, int64_t end)
{
    return (struct fw_dataset_view){.dataset = dataset, .row = start, .n = end - start};
}

struct fw_row_set fw_row_set_all(const struct fw_dataset *dataset)
{
    struct fw_row_set set = {0};
    append(&set, run(dataset, 0, dataset->n_rows));
    return set;
}

struct fw_row_set fw_row_set_fold(const struct fw_dataset *dataset, int32_t fold)
{
    assert(fold >= 0 && fold < dataset->n_folds);
    struct fw_row_set set = {0};
    append(&set, run(dataset, dataset->fold_start[fold], dataset->fold_start[fold + 1]));
    return set;
}

struct fw_row_set fw_row_set_but_fold(const struct fw_dataset *dataset, int32_t fold)
{
    assert(fold >= 0 && fold < dataset->n_folds);
    struct fw_row_set set = {0};
    append(&set, run(dataset, 0, dataset->fold_start[fold]));
    append(&set, run(dataset, dataset->fold_start[fold + 1], dataset->n_rows));
    return set;
}

struct fw_row_set fw_row_set_join(const struct fw_row_set *a, const struct fw_row_set *b)
{
    struct fw_row_set set = {0};
    int32_t i = 0;
    int32_t j = 0;
    /* merged by first row, so that the parts of one data set come in its order whichever set they were in */
    while (i < a->n_parts || j < b->n_parts) {
        bool from_a = j == b->n_parts || (i < a->n_parts && a->parts[i].row <= b->parts[j].row);
        append(&set, from_a ? a->parts[i++] : b->parts[j++]);
    }
    return set;
}

int64_t fw_row_set_rows(const struct fw_row_set *set)
{
    int64_t rows = 0;
    for (int32_t i = 0; i < set->n_parts; i++)
        rows += set->parts[i].n;
    return rows;
}

void fw_row_set_gather(float *labels, float *weights, const struct fw_row_set *set)
{
    for (int32_t p = 0; p < set->n_parts; p++) {
        const struct fw_dataset_view *part = &set->parts[p];
        int64_t n = part->n * fw_dataset_tasks(part->dataset);
        const float *from = fw_view_labels(part, 0, part->n, labels);
        if (from != labels)
            memcpy(labels, from, (size_t)n * sizeof *labels);
        labels += n;
        for (int64_t i = 0; weights != NULL && i < part->n; i++) {
            float one;
            const float *weight = fw_view_weights(part, i, 1, &one);
            *weights++ = weight != NULL ? *weight : 1;
        }
    }
}
