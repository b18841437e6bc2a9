#include "models/linear/solve.h"

/* The solver names the rows that it fits on by the fold that it leaves out; -1: none. */
static bool find_held_out(int32_t *held_out, const struct fw_row_set *rows)
{
    const struct fw_dataset *dataset = rows->n_parts > 0 ? rows->parts[0].dataset : NULL;
    for (int32_t fold = -1; dataset != NULL && fold < dataset->n_folds; fold++) {
        struct fw_row_set candidate = fold < 0 ? fw_row_set_all(dataset) : fw_row_set_but_fold(dataset, fold);
        bool equal = candidate.n_parts == rows->n_parts;
        for (int32_t i = 0; equal && i < rows->n_parts; i++) {
            const struct fw_dataset_view *a = &candidate.parts[i];
            const struct fw_dataset_view *b = &rows->parts[i];
            equal = b->index == NULL && a->dataset == b->dataset && a->row == b->row && a->n == b->n;
        }
        *held_out = fold;
        if (equal)
            return true;
    }
    return false;
}

enum fw_status fw_linear_solve(struct fw_backfit **out, const struct fw_row_set *rows, const int32_t *fields,
                               int32_t n_fields, const struct fw_backfit_options *options, struct fw_allocator *mem,
                               struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_backfit *solver = NULL;
    const struct fw_field **read = NULL;
    int32_t held_out;
    if (!find_held_out(&held_out, rows))
        return fw_error_set(err, FW_E_ARG,
                            "Newton steps fit on all rows or on all but one fold; for other rows use optimiser=ftrl "
                            "(model lr) or linear=learned (networks)");
    const struct fw_dataset *dataset = rows->parts[0].dataset;
    FW_TRY(fw_backfit_create(&solver, dataset->n_rows, mem, err));
    FW_ALLOC_GOTO(read, mem, n_fields, "the list of fields", err, done);
    for (int32_t f = 0; f < n_fields; f++)
        read[f] = &dataset->fields[fields[f]];
    FW_TRY_GOTO(fw_backfit_fit(solver, dataset, read, n_fields, held_out, options, err), done);
    *out = solver;
    solver = NULL;
done:
    fw_free(mem, read);
    fw_backfit_destroy(solver);
    return status;
}
