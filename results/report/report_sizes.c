/* What a search of embedding sizes chose, input by input, and how its policy learned. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "results/drawing/html.h"
#include "results/drawing/policy_chart.h"
#include "results/drawing/size_map.h"
#include "results/report/report_section.h"
#include "results/report/report_text.h"
#include "space/embedding_sizes_json.h"

/* Answers that are asked for the ids of an input; rounds of a policy that are drawn; budgets. */
#define ANSWERS_MOST 200
#define ROUNDS_MOST  200
#define BUDGETS_MOST 64

/* ---- sizes ---- */

/* The sizes of an answer, the caller's; NULL when the candidate has none that hold together. */
static enum fw_status sizes_of(struct fw_embedding_sizes **out, const struct fw_study_facts *f, int64_t place,
                               struct fw_error *err)
{
    const char *candidate = fw_study_facts_at(f, place)->candidate;
    cJSON *json = NULL;
    struct fw_error ignored = {0};
    *out = NULL;
    enum fw_status status = fw_json_parse(&json, candidate, strlen(candidate), "a candidate", &ignored);
    if (status == FW_OK)
        status = fw_embedding_sizes_parse(out, json, "a candidate", f->mem, &ignored);
    if (status == FW_OK && (status = fw_embedding_sizes_check(*out, &ignored)) != FW_OK) {
        fw_embedding_sizes_destroy(*out);
        *out = NULL;
    }
    cJSON_Delete(json);
    return status == FW_E_NOMEM ? fw_error_set(err, status, "%s", ignored.message) : FW_OK;
}

static bool has_sizes(const struct fw_study_facts *f)
{
    return f->kind == FW_STUDY_SIZES && f->taken >= 0;
}

/* How many ids inputs have is not recorded: the most that an answer keeps is what is known. */
static void raise_ids(struct fw_size_map_input *inputs, int32_t n, const struct fw_embedding_sizes *sizes)
{
    for (int32_t i = 0; i < n; i++) {
        const struct fw_embedding_size *size = fw_embedding_sizes_find(sizes, inputs[i].size->input);
        int64_t ids = size != NULL ? fw_embedding_size_ids(size) : 0;
        inputs[i].n_ids = ids > inputs[i].n_ids ? ids : inputs[i].n_ids;
    }
}

static enum fw_status list_inputs(struct fw_size_map_input *inputs, const struct fw_study_facts *f,
                                  const struct fw_embedding_sizes *sizes, struct fw_error *err)
{
    for (int32_t i = 0; i < sizes->n; i++) {
        int64_t ids = fw_embedding_size_ids(&sizes->items[i]);
        inputs[i] =
            (struct fw_size_map_input){.size = &sizes->items[i], .n_ids = ids > 0 ? ids : 1, .coverage = (double)NAN};
    }
    for (int64_t i = 0; i < f->n_ranked && i < ANSWERS_MOST; i++) {
        struct fw_embedding_sizes *other;
        FW_TRY(sizes_of(&other, f, f->ranked[i], err));
        if (other != NULL)
            raise_ids(inputs, sizes->n, other);
        fw_embedding_sizes_destroy(other);
    }
    return FW_OK;
}

static enum fw_status add_sizes(struct fw_buffer *out, const struct fw_study_facts *f, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_embedding_sizes *sizes = NULL;
    struct fw_size_map_input *inputs = NULL;
    FW_TRY(sizes_of(&sizes, f, f->taken, err));
    if (sizes == NULL || sizes->n == 0)
        goto done;
    FW_ALLOC_GOTO(inputs, f->mem, sizes->n, "the inputs of a report", err, done);
    FW_TRY_GOTO(list_inputs(inputs, f, sizes, err), done);
    FW_TRY_GOTO(fw_size_map_add(out, inputs, sizes->n, sizes->dim, err), done);
    fw_html_paragraph(out, "note",
                      "Of the ids of an input only those are known here that some answer of the study kept; one of the "
                      "full size keeps them all.");
done:
    fw_free(f->mem, inputs);
    fw_embedding_sizes_destroy(sizes);
    return status;
}

const struct fw_report_section fw_report_sizes = {"sizes", "Sizes of inputs", has_sizes, add_sizes};

/* ---- the policy ---- */

/* What is kept of one budget: rounds are thinned by keeping every second one when there is no more room. */
struct policy {
    int64_t budget, every, seen;
    int64_t n;
    double round[ROUNDS_MOST], percent[ROUNDS_MOST], entropy[ROUNDS_MOST];
};

static bool is_policy(const struct fw_decision *decision)
{
    return strncmp(decision->kind, "policy ", 7) == 0;
}

static bool has_policy(const struct fw_study_facts *f)
{
    for (int64_t i = 0; i < f->decisions.n; i++) {
        if (is_policy(&f->decisions.rows[i].decision))
            return true;
    }
    return false;
}

static void halve(struct policy *p)
{
    for (int64_t i = 0; 2 * i < p->n; i++) {
        p->round[i] = p->round[2 * i];
        p->percent[i] = p->percent[2 * i];
        p->entropy[i] = p->entropy[2 * i];
    }
    p->n = (p->n + 1) / 2;
    p->every *= 2;
}

static double number_of(const cJSON *detail, const char *name)
{
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(detail, name);
    return cJSON_IsNumber(member) ? member->valuedouble : (double)NAN;
}

static void note_round(struct policy *policies, int *n, const cJSON *detail)
{
    double memory = number_of(detail, "memory");
    double round = number_of(detail, "round");
    double bytes = number_of(detail, "expected_bytes");
    double entropy = number_of(detail, "entropy");
    int at = 0;
    if (!(memory >= 1 && memory < 0x1p62) || !isfinite(round) || !isfinite(bytes) || !isfinite(entropy))
        return;
    while (at < *n && policies[at].budget != (int64_t)memory)
        at++;
    if (at == BUDGETS_MOST)
        return;
    if (at == *n)
        policies[(*n)++] = (struct policy){.budget = (int64_t)memory, .every = 1};
    struct policy *p = &policies[at];
    if (p->seen++ % p->every != 0)
        return;
    if (p->n == ROUNDS_MOST)
        halve(p);
    p->round[p->n] = round;
    p->percent[p->n] = 100 * bytes / memory;
    p->entropy[p->n++] = entropy;
}

static void draw_policies(struct fw_buffer *out, const struct policy *policies, int n)
{
    struct fw_policy_curve curves[BUDGETS_MOST];
    for (int i = 0; i < n; i++) {
        int at = i;
        for (; at > 0 && curves[at - 1].budget > policies[i].budget; at--)
            curves[at] = curves[at - 1];
        curves[at] = (struct fw_policy_curve){policies[i].budget, policies[i].n, policies[i].round, policies[i].percent,
                                              policies[i].entropy};
    }
    fw_policy_chart_add(out, curves, n);
}

static enum fw_status add_policy(struct fw_buffer *out, const struct fw_study_facts *f, struct fw_error *err)
{
    struct policy *policies;
    int n = 0;
    FW_ALLOC(policies, f->mem, BUDGETS_MOST, "the rounds of a policy", err);
    for (int64_t i = 0; i < f->decisions.n; i++) {
        const struct fw_decision *decision = &f->decisions.rows[i].decision;
        cJSON *detail = NULL;
        if (!is_policy(decision) ||
            fw_json_parse(&detail, decision->detail, strlen(decision->detail), "a detail", NULL) != FW_OK)
            continue;
        note_round(policies, &n, detail);
        cJSON_Delete(detail);
    }
    draw_policies(out, policies, n);
    fw_free(f->mem, policies);
    return FW_OK;
}

const struct fw_report_section fw_report_policy = {"policy", "How the policy learned", has_policy, add_policy};
