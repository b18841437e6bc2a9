#include "results/insight/compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/text.h"
#include "results/insight/compare_figures.h"
#include "results/insight/flat_json.h"

static const char *const section_names[] = {"study", "option", "candidate", "cross", "gate", "figure"};
_Static_assert(sizeof section_names / sizeof section_names[0] == FW_COMPARE_FIGURE + 1, "a name for each section");

const char *fw_compare_section_name(enum fw_compare_section section)
{
    return section_names[section];
}

enum fw_status fw_compare_add(struct fw_comparison_rows *out, const struct fw_compare_row *row, struct fw_error *err)
{
    struct fw_allocator *mem = out->texts.mem;
    bool refused = false;
    FW_TRY(fw_reserve(mem, &out->rows, &out->capacity, out->n + 1, sizeof *out->rows, err));
    struct fw_compare_row *own = &out->rows[out->n++];
    *own = *row;
    own->name = fw_text_pool_add(&out->texts, row->name, &refused);
    own->a = fw_text_pool_add(&out->texts, row->a, &refused);
    own->b = fw_text_pool_add(&out->texts, row->b, &refused);
    own->basis = fw_text_pool_add(&out->texts, row->basis, &refused);
    return refused ? fw_error_nomem(err, mem, "a comparison", 1, 1) : FW_OK;
}

static enum fw_status add_texts(struct fw_comparison_rows *out, enum fw_compare_section section, const char *name,
                                const char *a, const char *b, struct fw_error *err)
{
    struct fw_compare_row row = {.section = section,
                                 .name = name,
                                 .a = a,
                                 .b = b,
                                 .value_a = (double)NAN,
                                 .value_b = (double)NAN,
                                 .difference = (double)NAN,
                                 .noise = (double)NAN,
                                 .equal = a != NULL && b != NULL && strcmp(a, b) == 0};
    return fw_compare_add(out, &row, err);
}

static enum fw_status add_study_facts(struct fw_comparison_rows *out, const struct fw_study_row *a,
                                      const struct fw_study_row *b, struct fw_error *err)
{
    char fingerprint[2][32];
    char rows[2][32];
    char seed[2][32];
    const struct fw_study_row *both[] = {a, b};
    for (int i = 0; i < 2; i++) {
        snprintf(fingerprint[i], sizeof fingerprint[i], "%016" PRIx64, both[i]->data_fingerprint);
        snprintf(rows[i], sizeof rows[i], "%" PRId64, both[i]->rows);
        snprintf(seed[i], sizeof seed[i], "%" PRIu64, both[i]->seed);
    }
    const struct {
        const char *name, *a, *b;
    } facts[] = {{"data", a->data, b->data},
                 {"data fingerprint", fingerprint[0], fingerprint[1]},
                 {"rows", rows[0], rows[1]},
                 {"driver", a->driver, b->driver},
                 {"objective", a->objective, b->objective},
                 {"seed", seed[0], seed[1]},
                 {"program", a->program_version, b->program_version}};
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        FW_TRY(add_texts(out, FW_COMPARE_STUDY, facts[i].name, facts[i].a, facts[i].b, err));
    return FW_OK;
}

/* The members of two documents, merged by name. */
static enum fw_status add_members(struct fw_comparison_rows *out, enum fw_compare_section section, const char *json_a,
                                  const char *json_b, struct fw_error *err)
{
    struct fw_flat a;
    struct fw_flat b;
    struct fw_allocator *mem = out->texts.mem;
    FW_TRY(fw_flat_read(&a, json_a, mem, err));
    enum fw_status status = fw_flat_read(&b, json_b, mem, err);
    if (status != FW_OK) {
        fw_flat_clear(&a);
        return status;
    }
    for (int64_t i = 0, k = 0; (i < a.n || k < b.n) && status == FW_OK;) {
        int order = i == a.n ? 1 : k == b.n ? -1 : strcmp(a.rows[i].name, b.rows[k].name);
        const struct fw_flat_member *of_a = order <= 0 ? &a.rows[i++] : NULL;
        const struct fw_flat_member *of_b = order >= 0 ? &b.rows[k++] : NULL;
        const char *name = of_a != NULL ? of_a->name : of_b->name;
        if (section == FW_COMPARE_OPTION && strcmp(name, "seed") == 0)
            continue; /* among the facts of the study */
        status =
            add_texts(out, section, name, of_a != NULL ? of_a->value : NULL, of_b != NULL ? of_b->value : NULL, err);
    }
    fw_flat_clear(&b);
    fw_flat_clear(&a);
    return status;
}

/* The cross of an accepting decision as "a x b" and its gain in words; false: it is no such decision. */
static bool read_accepted(struct fw_buffer *name, char gain_text[96], double *gain, double *half_width,
                          const struct fw_decision *decision)
{
    cJSON *json = NULL;
    name->length = 0;
    if (strcmp(decision->kind, "accept") != 0 ||
        fw_json_parse(&json, decision->detail, strlen(decision->detail), "a detail", NULL) != FW_OK)
        return false;
    const cJSON *cross = cJSON_GetObjectItemCaseSensitive(json, "cross");
    const cJSON *field;
    cJSON_ArrayForEach(field, cross) fw_buffer_addf(name, "%s%s", field == cross->child ? "" : " x ",
                                                    cJSON_IsString(field) ? field->valuestring : "?");
    const cJSON *low = cJSON_GetObjectItemCaseSensitive(json, "gain_low");
    const cJSON *high = cJSON_GetObjectItemCaseSensitive(json, "gain_high");
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(json, "gain");
    *gain = cJSON_IsNumber(value) ? value->valuedouble : (double)NAN;
    bool interval = cJSON_IsNumber(low) && cJSON_IsNumber(high);
    *half_width = interval ? (high->valuedouble - low->valuedouble) / 2 : (double)NAN;
    if (interval)
        snprintf(gain_text, 96, "%+.5f [%+.5f, %+.5f]", *gain, low->valuedouble, high->valuedouble);
    else
        snprintf(gain_text, 96, "%+.5f", *gain);
    cJSON_Delete(json);
    return name->length > 0;
}

/* Adds a cross of one side, or fills it into the row that the other side has made. */
static enum fw_status add_cross(struct fw_comparison_rows *out, int64_t first, const char *name, const char *text,
                                double gain, double half_width, bool is_b, struct fw_error *err)
{
    bool refused = false;
    for (int64_t i = first; is_b && i < out->n; i++) {
        struct fw_compare_row *row = &out->rows[i];
        if (strcmp(row->name, name) != 0 || row->b != NULL)
            continue;
        row->b = fw_text_pool_add(&out->texts, text, &refused);
        row->value_b = gain;
        row->difference = gain - row->value_a;
        row->noise = hypot(row->noise, half_width);
        row->basis = isnan(row->noise) ? NULL : "gain intervals";
        row->equal = true; /* the cross is in both, whatever it gained */
        return refused ? fw_error_nomem(err, out->texts.mem, "a comparison", 1, 1) : FW_OK;
    }
    struct fw_compare_row row = {.section = FW_COMPARE_CROSS,
                                 .name = name,
                                 .a = is_b ? NULL : text,
                                 .b = is_b ? text : NULL,
                                 .value_a = is_b ? (double)NAN : gain,
                                 .value_b = is_b ? gain : (double)NAN,
                                 .difference = (double)NAN,
                                 .noise = half_width};
    return fw_compare_add(out, &row, err);
}

static enum fw_status add_crosses(struct fw_comparison_rows *out, struct fw_store *store, const struct fw_study_row *a,
                                  const struct fw_study_row *b, struct fw_error *err)
{
    const struct fw_study_row *both[] = {a, b};
    int64_t first = out->n;
    enum fw_status status = FW_OK;
    for (int side = 0; side < 2 && status == FW_OK; side++) {
        struct fw_decision_list decisions;
        struct fw_buffer name;
        FW_TRY(fw_query_decisions(&decisions, store, both[side]->id, err));
        fw_buffer_init(&name, out->texts.mem);
        for (int64_t i = 0; i < decisions.n && status == FW_OK; i++) {
            char text[96];
            double gain;
            double half_width;
            bool is_cross = read_accepted(&name, text, &gain, &half_width, &decisions.rows[i].decision);
            status = fw_buffer_check(&name, err);
            if (status == FW_OK && is_cross)
                status = add_cross(out, first, name.data, text, gain, half_width, side == 1, err);
        }
        fw_buffer_clear(&name);
        fw_decision_list_clear(&decisions);
    }
    for (int64_t i = first; i < out->n; i++) {
        if (out->rows[i].a == NULL || out->rows[i].b == NULL)
            out->rows[i].noise = (double)NAN; /* there is no difference that it would be of */
    }
    return status;
}

/* The trial in question: the one asked for, that of the last decision that chose one, or the best. An empty list: none.
 */
static enum fw_status find_trial(struct fw_trial_list *out, struct fw_store *store, struct fw_compared side,
                                 struct fw_error *err)
{
    struct fw_decision_list decisions;
    int64_t trial = side.trial;
    if (trial > 0)
        return fw_query_trial(out, store, side.study->id, trial, err);
    FW_TRY(fw_query_decisions(&decisions, store, side.study->id, err));
    for (int64_t i = 0; i < decisions.n; i++) {
        const struct fw_decision *decision = &decisions.rows[i].decision;
        if (decision->trial > 0 && strcmp(decision->kind, "promote") != 0)
            trial = decision->trial;
    }
    fw_decision_list_clear(&decisions);
    if (trial > 0)
        return fw_query_trial(out, store, side.study->id, trial, err);
    return fw_query_best(out, store, side.study->id, side.study->maximise, 1, err);
}

static enum fw_status compare(struct fw_comparison_rows *out, struct fw_store *store, struct fw_compared a,
                              struct fw_compared b, const struct fw_trial_list *trials, struct fw_error *err)
{
    bool whole = a.trial == 0 && b.trial == 0;
    const struct fw_trial_row *of_a = trials[0].n > 0 ? trials[0].rows : NULL;
    const struct fw_trial_row *of_b = trials[1].n > 0 ? trials[1].rows : NULL;
    out->trial_a = of_a != NULL ? of_a->record.number : 0;
    out->trial_b = of_b != NULL ? of_b->record.number : 0;
    out->same_data = a.study->data_fingerprint == b.study->data_fingerprint;
    FW_TRY(add_study_facts(out, a.study, b.study, err));
    FW_TRY(add_members(out, FW_COMPARE_OPTION, a.study->options, b.study->options, err));
    int64_t first = out->n;
    if (whole)
        FW_TRY(add_crosses(out, store, a.study, b.study, err));
    if (first == out->n) /* else the crosses say what the candidates are */
        FW_TRY(add_members(out, FW_COMPARE_CANDIDATE, of_a != NULL ? of_a->record.candidate : NULL,
                           of_b != NULL ? of_b->record.candidate : NULL, err));
    return fw_compare_figures(out, store, a, b, of_a, of_b, err);
}

enum fw_status fw_compare_query(struct fw_comparison_rows *out, struct fw_store *store, struct fw_compared a,
                                struct fw_compared b, struct fw_error *err)
{
    struct fw_comparison_rows comparison = {0};
    struct fw_trial_list trials[2] = {{0}, {0}};
    enum fw_status status;
    FW_TRY_GOTO(find_trial(&trials[0], store, a, err), done);
    FW_TRY_GOTO(find_trial(&trials[1], store, b, err), done);
    fw_text_pool_init(&comparison.texts, trials[0].texts.mem);
    FW_TRY_GOTO(compare(&comparison, store, a, b, trials, err), done);
    *out = comparison;
done:
    fw_trial_list_clear(&trials[1]);
    fw_trial_list_clear(&trials[0]);
    if (status != FW_OK)
        fw_comparison_rows_clear(&comparison);
    return status;
}

void fw_comparison_rows_clear(struct fw_comparison_rows *comparison)
{
    fw_free(comparison->texts.mem, comparison->rows);
    fw_text_pool_clear(&comparison->texts);
    memset(comparison, 0, sizeof *comparison);
}
