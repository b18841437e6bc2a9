#include "results/insight/spread.h"

#include <math.h>
#include <string.h>

#include "results/insight/flat_json.h"
#include "results/store/sql.h"

/* What seeds have given so far; one figure a seed, the first. */
struct runs {
    uint64_t *seeds;
    double *figures;
    int64_t n, capacity[2];
    struct fw_allocator *mem;
};

static enum fw_status add_run(struct runs *runs, uint64_t seed, double figure, struct fw_error *err)
{
    for (int64_t i = 0; i < runs->n; i++) {
        if (runs->seeds[i] == seed)
            return FW_OK;
    }
    FW_TRY(fw_reserve(runs->mem, &runs->seeds, &runs->capacity[0], runs->n + 1, sizeof *runs->seeds, err));
    FW_TRY(fw_reserve(runs->mem, &runs->figures, &runs->capacity[1], runs->n + 1, sizeof *runs->figures, err));
    runs->seeds[runs->n] = seed;
    runs->figures[runs->n++] = figure;
    return FW_OK;
}

/* Members that may differ: the seed itself, and of a candidate's study which others were tried beside it. */
static bool is_free(const char *name, bool candidate)
{
    return strcmp(name, "seed") == 0 || (candidate && strncmp(name, "models.", 7) == 0);
}

static bool have_same(const struct fw_flat *a, const struct fw_flat *b, bool candidate)
{
    for (int64_t i = 0; i < a->n; i++) {
        const struct fw_flat_member *other = fw_flat_find(b, a->rows[i].name);
        if (!is_free(a->rows[i].name, candidate) && (other == NULL || strcmp(other->value, a->rows[i].value) != 0))
            return false;
    }
    return true;
}

static enum fw_status same_options(bool *out, const struct fw_study_row *a, const struct fw_study_row *b,
                                   bool candidate, struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_flat x;
    struct fw_flat y;
    FW_TRY(fw_flat_read(&x, a->options, mem, err));
    enum fw_status status = fw_flat_read(&y, b->options, mem, err);
    if (status == FW_OK) {
        *out = have_same(&x, &y, candidate) && have_same(&y, &x, candidate);
        fw_flat_clear(&y);
    }
    fw_flat_clear(&x);
    return status;
}

/* The objective of a candidate in a study; NaN: it was not tried there, or has none. */
static enum fw_status candidate_objective(double *out, struct fw_store *store, int64_t study, const char *candidate,
                                          struct fw_error *err)
{
    static const char sql[] = "SELECT objective FROM trials WHERE study_id = ? AND candidate = ? AND state = "
                              "'complete' ORDER BY number LIMIT 1";
    struct fw_sql q;
    bool row;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, study);
    fw_sql_bind_text(&q, candidate);
    FW_TRY(fw_sql_next(&row, &q, err));
    *out = row ? fw_sql_real(&q, 0) : (double)NAN;
    return row ? fw_sql_finish(&q, err) : FW_OK;
}

static enum fw_status best_objective(double *out, struct fw_store *store, const struct fw_study_row *study,
                                     struct fw_error *err)
{
    struct fw_trial_list best;
    FW_TRY(fw_query_best(&best, store, study->id, study->maximise, 1, err));
    *out = best.n > 0 ? best.rows[0].record.objective : (double)NAN;
    fw_trial_list_clear(&best);
    return FW_OK;
}

static enum fw_status add_study(struct runs *runs, struct fw_store *store, const struct fw_study_row *study,
                                const char *candidate, struct fw_error *err)
{
    double figure;
    if (candidate != NULL)
        FW_TRY(candidate_objective(&figure, store, study->id, candidate, err));
    else
        FW_TRY(best_objective(&figure, store, study, err));
    return isfinite(figure) ? add_run(runs, study->seed, figure, err) : FW_OK;
}

static struct fw_spread spread_of(const struct runs *runs)
{
    struct fw_spread spread = {.n = runs->n, .mean = (double)NAN, .sd = (double)NAN};
    double sum = 0;
    double squares = 0;
    if (runs->n < 2)
        return spread;
    for (int64_t i = 0; i < runs->n; i++)
        sum += runs->figures[i];
    spread.mean = sum / (double)runs->n;
    for (int64_t i = 0; i < runs->n; i++)
        squares += (runs->figures[i] - spread.mean) * (runs->figures[i] - spread.mean);
    spread.sd = sqrt(squares / (double)(runs->n - 1));
    return spread;
}

enum fw_status fw_spread_query(struct fw_spread *out, struct fw_store *store, const struct fw_study_row *study,
                               const char *candidate, struct fw_error *err)
{
    struct fw_study_list studies;
    struct runs runs = {.mem = store->mem};
    enum fw_status status = FW_OK;
    FW_TRY(fw_query_study_facts(&studies, store, NULL, err));
    for (int64_t i = 0; i < studies.n; i++) {
        const struct fw_study_row *row = &studies.rows[i];
        bool same = strcmp(row->driver, study->driver) == 0 && row->data_fingerprint == study->data_fingerprint &&
                    strcmp(row->objective, study->objective) == 0;
        if (same)
            FW_TRY_GOTO(same_options(&same, row, study, candidate != NULL, store->mem, err), done);
        if (same)
            FW_TRY_GOTO(add_study(&runs, store, row, candidate, err), done);
    }
    *out = spread_of(&runs);
done:
    fw_free(store->mem, runs.figures);
    fw_free(store->mem, runs.seeds);
    fw_study_list_clear(&studies);
    return status;
}
