#include "results/report/study_curves.h"

#include <stdlib.h>
#include <string.h>

#include "results/store/sql.h"

static int64_t first_step(const struct fw_study_facts *f)
{
    return f->kind == FW_STUDY_TRAIN ? 0 : 1;
}

static int compare(const void *a, const void *b)
{
    const struct fw_study_curve *x = a;
    const struct fw_study_curve *y = b;
    int by_name = strcmp(x->name, y->name);
    return by_name != 0 ? by_name : (x->place > y->place) - (x->place < y->place);
}

/* Names come again and again: the copy of the same name in the row before is taken where there is one. */
static const char *keep_name(struct fw_study_curves *curves, const char *name, bool *refused)
{
    enum { back = 16 };
    for (int64_t i = curves->n - 1; i >= 0 && i >= curves->n - back; i--) {
        if (strcmp(curves->rows[i].name, name) == 0)
            return curves->rows[i].name;
    }
    return fw_text_pool_add(&curves->texts, name, refused);
}

static enum fw_status add_row(struct fw_study_curves *curves, const struct fw_sql *q, const struct fw_study_facts *f,
                              const char *without, struct fw_error *err)
{
    bool refused = false;
    const char *name = fw_sql_text(q, 1);
    int64_t place = fw_study_facts_find(f, fw_sql_int(q, 0));
    if (name == NULL || place < 0 || strncmp(name, without, strlen(without)) == 0)
        return FW_OK;
    FW_TRY(fw_reserve(curves->mem, &curves->rows, &curves->capacity, curves->n + 1, sizeof *curves->rows, err));
    const char *kept = keep_name(curves, name, &refused);
    if (refused)
        return fw_error_nomem(err, curves->mem, "the names of curves", 1, strlen(name) + 1);
    curves->rows[curves->n++] = (struct fw_study_curve){kept, place, fw_sql_int(q, 2)};
    return FW_OK;
}

enum fw_status fw_study_curves_list(struct fw_study_curves *out, const struct fw_study_facts *f, const char *without,
                                    struct fw_error *err)
{
    static const char sql[] =
        "SELECT t.number, m.name, count(*) FROM trials t JOIN metrics m ON m.trial_id = t.id WHERE "
        "t.study_id = ? AND m.step >= ? GROUP BY t.id, m.name HAVING count(*) > 1";
    struct fw_study_curves curves = {.mem = f->mem};
    struct fw_sql q;
    bool row;
    enum fw_status status;
    fw_text_pool_init(&curves.texts, f->mem);
    FW_TRY_GOTO(fw_sql_prepare(&q, f->store, sql, err), done);
    fw_sql_bind_int(&q, f->study->id);
    fw_sql_bind_int(&q, first_step(f));
    FW_TRY_GOTO(fw_sql_next(&row, &q, err), done);
    while (row) {
        status = add_row(&curves, &q, f, without, err);
        if (status != FW_OK) {
            enum fw_status ignored = fw_sql_finish(&q, NULL);
            (void)ignored;
            goto done;
        }
        FW_TRY_GOTO(fw_sql_next(&row, &q, err), done);
    }
    if (curves.n > 0)
        qsort(curves.rows, (size_t)curves.n, sizeof *curves.rows, compare);
    *out = curves;
done:
    if (status != FW_OK)
        fw_study_curves_clear(&curves);
    return status;
}

void fw_study_curves_clear(struct fw_study_curves *curves)
{
    fw_free(curves->mem, curves->rows);
    fw_text_pool_clear(&curves->texts);
    *curves = (struct fw_study_curves){0};
}

enum fw_status fw_study_curve_points(int64_t *n_out, double *steps, double *values, const struct fw_study_curve *curve,
                                     const struct fw_study_facts *f, struct fw_error *err)
{
    static const char sql[] =
        "SELECT step, value FROM metrics WHERE trial_id = ? AND name = ? AND step >= ? ORDER BY step LIMIT ?";
    struct fw_sql q;
    bool row;
    int64_t n = 0;
    FW_TRY(fw_sql_prepare(&q, f->store, sql, err));
    fw_sql_bind_int(&q, f->trials.rows[curve->place].id);
    fw_sql_bind_text(&q, curve->name);
    fw_sql_bind_int(&q, first_step(f));
    fw_sql_bind_int(&q, curve->n);
    FW_TRY(fw_sql_next(&row, &q, err));
    while (row) {
        steps[n] = (double)fw_sql_int(&q, 0);
        values[n++] = fw_sql_real(&q, 1);
        FW_TRY(fw_sql_next(&row, &q, err));
    }
    *n_out = n;
    return FW_OK;
}
