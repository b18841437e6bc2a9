#include "results/report/study_facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/json.h"
#include "results/care/store_files.h"
#include "results/store/sql.h"

/* A plan is a small document; larger files are none. */
#define PLAN_MOST ((int64_t)64 << 20)

const struct fw_trial_record *fw_study_facts_at(const struct fw_study_facts *facts, int64_t place)
{
    return &facts->trials.rows[place].record;
}

int64_t fw_study_facts_find(const struct fw_study_facts *facts, int64_t number)
{
    int64_t low = 0;
    int64_t high = facts->trials.n;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (facts->trials.rows[middle].record.number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < facts->trials.n && facts->trials.rows[low].record.number == number ? low : -1;
}

bool fw_study_facts_better(const struct fw_study_facts *facts, double a, double b)
{
    if (isnan(a) || isnan(b))
        return !isnan(a);
    return facts->study->maximise ? a > b : a < b;
}

/* ---- what it searched ---- */

static enum fw_study_kind kind_of_candidate(const char *candidate)
{
    enum fw_study_kind kind = FW_STUDY_OTHER;
    cJSON *json = NULL;
    if (fw_json_parse(&json, candidate, strlen(candidate), "a candidate", NULL) != FW_OK)
        return kind;
    if (cJSON_GetObjectItemCaseSensitive(json, "cross") != NULL)
        kind = FW_STUDY_CROSSES;
    else if (cJSON_GetObjectItemCaseSensitive(json, "inputs") != NULL ||
             cJSON_GetObjectItemCaseSensitive(json, "sizing") != NULL)
        kind = FW_STUDY_SIZES;
    else if (cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(json, "lambda")) &&
             cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(json, "settings")))
        kind = FW_STUDY_ROUTING;
    cJSON_Delete(json);
    return kind;
}

static enum fw_study_kind kind_of(const struct fw_study_facts *f)
{
    if (strcmp(f->study->driver, "train") == 0)
        return FW_STUDY_TRAIN;
    if (strcmp(f->study->driver, "tune") == 0)
        return FW_STUDY_TUNE;
    return f->trials.n > 0 ? kind_of_candidate(f->trials.rows[0].record.candidate) : FW_STUDY_OTHER;
}

/* ---- which trials are best ---- */

struct ranked {
    double objective; /* the most is best */
    int64_t place;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;
    if (x->objective != y->objective)
        return x->objective > y->objective ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static enum fw_status rank_trials(struct fw_study_facts *f, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct ranked *ranked;
    FW_ALLOC(ranked, f->mem, f->trials.n, "the order of trials", err);
    FW_ALLOC_GOTO(f->ranked, f->mem, f->trials.n, "the order of trials", err, done);
    for (int64_t i = 0; i < f->trials.n; i++) {
        const struct fw_trial_record *trial = fw_study_facts_at(f, i);
        f->n_complete += trial->state == FW_TRIAL_COMPLETE;
        f->n_pruned += trial->state == FW_TRIAL_PRUNED;
        f->n_failed += trial->state == FW_TRIAL_FAILED;
        f->n_running += trial->state == FW_TRIAL_RUNNING;
        if (trial->state == FW_TRIAL_COMPLETE && !isnan(trial->objective))
            ranked[f->n_ranked++] = (struct ranked){f->study->maximise ? trial->objective : -trial->objective, i};
    }
    if (f->n_ranked > 0)
        qsort(ranked, (size_t)f->n_ranked, sizeof *ranked, compare_ranked);
    for (int64_t i = 0; i < f->n_ranked; i++)
        f->ranked[i] = ranked[i].place;
done:
    fw_free(f->mem, ranked);
    return status;
}

/* The crosses of the set that a search of crosses ended with: the last accepted one and those that it grew from. A beam
 * accepts crosses on other paths too, which are no part of the answer. */
static void mark_path(struct fw_study_facts *f)
{
    int64_t place = f->taken;
    while (place >= 0 && fw_study_facts_at(f, place)->parent > 0) {
        const struct fw_trial_record *trial = fw_study_facts_at(f, place);
        f->accepted[place] = true;
        f->n_accepted++;
        place = trial->parent < trial->number ? fw_study_facts_find(f, trial->parent) : -1;
    }
}

/* What the study ended with. A search of crosses that accepted nothing ends with its base, which is its first trial,
 * and not with the best of what it refused. */
static enum fw_status find_taken(struct fw_study_facts *f, struct fw_error *err)
{
    bool crosses = f->kind == FW_STUDY_CROSSES;
    FW_ALLOC(f->accepted, f->mem, f->trials.n, "the trials that were accepted", err);
    f->taken = f->n_ranked > 0 ? f->ranked[0] : -1;
    if (crosses)
        f->taken = f->trials.n > 0 && f->trials.rows[0].record.state == FW_TRIAL_COMPLETE ? 0 : -1;
    for (int64_t i = 0; i < f->decisions.n; i++) {
        const struct fw_decision *decision = &f->decisions.rows[i].decision;
        int64_t place = fw_study_facts_find(f, decision->trial);
        bool ends = crosses ? strcmp(decision->kind, "accept") == 0
                            : strcmp(decision->kind, "choose") == 0 || strcmp(decision->kind, "stop") == 0;
        if (place >= 0 && ends)
            f->taken = place;
    }
    if (crosses)
        mark_path(f);
    return FW_OK;
}

/* ---- the plan ---- */

/* A store may come from anywhere and name any file: fw_store_file_state opens regular files of the recorded size only,
 * since a pipe or device would hang the report, and what has another checksum is not the study's. */
static enum fw_status read_plan(struct fw_study_facts *f, const struct fw_artifact *artifact, struct fw_error *err)
{
    char path[FW_PATH_SIZE];
    enum fw_file_state state;
    char *data = NULL;
    size_t size = 0;
    struct fw_error ignored = {0};
    if (strcmp(artifact->kind, "plan") != 0 || artifact->bytes > PLAN_MOST)
        return FW_OK;
    FW_TRY(fw_store_file_state(&state, path, artifact, fw_store_path(f->store), err));
    if (state != FW_FILE_SAME)
        return FW_OK;
    enum fw_status status = fw_file_read(&data, &size, path, (size_t)PLAN_MOST, f->mem, &ignored);
    if (status == FW_OK) {
        fw_plan_destroy(f->plan);
        f->plan = NULL;
        status = fw_plan_parse(&f->plan, data, size, path, f->mem, &ignored);
    }
    fw_free(f->mem, data);
    return status == FW_E_NOMEM ? fw_error_set(err, status, "%s", ignored.message) : FW_OK;
}

enum fw_status fw_study_facts_load(struct fw_study_facts *f, struct fw_store *store, int64_t study,
                                   const struct fw_report_options *options, struct fw_allocator *mem,
                                   struct fw_error *err)
{
    *f = (struct fw_study_facts){.store = store, .mem = mem, .options = options, .taken = -1};
    FW_TRY(fw_query_study_of_id(&f->studies, store, study, err));
    f->study = &f->studies.rows[0];
    FW_TRY(fw_query_trials(&f->trials, store, study, 0, err));
    FW_TRY(fw_query_decisions(&f->decisions, store, study, err));
    FW_TRY(fw_query_artifacts(&f->artifacts, store, study, err));
    FW_TRY(fw_store_notes(&f->notes, store, study, err));
    f->kind = kind_of(f);
    FW_TRY(rank_trials(f, err));
    FW_TRY(find_taken(f, err));
    for (int64_t i = 0; options->read_plan && i < f->artifacts.n; i++)
        FW_TRY(read_plan(f, &f->artifacts.rows[i].artifact, err));
    return FW_OK;
}

void fw_study_facts_clear(struct fw_study_facts *f)
{
    fw_plan_destroy(f->plan);
    fw_free(f->mem, f->accepted);
    fw_free(f->mem, f->ranked);
    fw_study_notes_clear(&f->notes);
    fw_artifact_list_clear(&f->artifacts);
    fw_decision_list_clear(&f->decisions);
    fw_trial_list_clear(&f->trials);
    fw_study_list_clear(&f->studies);
}

enum fw_status fw_study_facts_metric(double *values, const struct fw_study_facts *f, const char *name,
                                     struct fw_error *err)
{
    static const char sql[] = "SELECT t.number, m.value FROM trials t JOIN metrics m ON m.trial_id = t.id AND m.name = "
                              "?2 WHERE t.study_id = ?1 ORDER BY t.number, m.step";
    struct fw_sql q;
    bool row;
    for (int64_t i = 0; i < f->trials.n; i++)
        values[i] = (double)NAN;
    FW_TRY(fw_sql_prepare(&q, f->store, sql, err));
    fw_sql_bind_int(&q, f->study->id);
    fw_sql_bind_text(&q, name);
    FW_TRY(fw_sql_next(&row, &q, err));
    while (row) {
        int64_t place = fw_study_facts_find(f, fw_sql_int(&q, 0));
        if (place >= 0)
            values[place] = fw_sql_real(&q, 1);
        FW_TRY(fw_sql_next(&row, &q, err));
    }
    return FW_OK;
}
