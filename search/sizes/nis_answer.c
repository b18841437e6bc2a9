/* The answers of a search by nis: candidates of several makings, judged with shared weights. */
#include <math.h>
#include <string.h>

#include "search/controller/controller_best.h"
#include "search/sizes/nis_parts.h"
#include "search/sizes/sizing_prune.h"

/* Choices of a candidate at a place, by each of the ways that there are. */
static enum fw_status by_policy(struct fw_nis *nis, int32_t place, int64_t budget, struct fw_error *err)
{
    const struct fw_choice_table *table = &nis->choices.table;
    fw_policy_argmax(fw_nis_chosen(nis, place), fw_controller_probabilities(nis->controller), table);
    FW_TRY(fw_controller_repair(fw_nis_chosen(nis, place), table, nis->worths, budget, nis->mem, err));
    fw_nis_apply(nis, place);
    return FW_OK;
}

static enum fw_status by_critic(struct fw_nis *nis, int32_t place, int64_t budget, struct fw_error *err)
{
    FW_TRY(fw_controller_best(fw_nis_chosen(nis, place), &nis->choices.table, nis->worths, budget, nis->mem, err));
    fw_nis_apply(nis, place);
    return FW_OK;
}

static enum fw_status by_looks(struct fw_nis *nis, int32_t place, int64_t budget, struct fw_error *err)
{
    const struct fw_choice_table *table = &nis->choices.table;
    fw_nis_read_prior(nis);
    fw_choice_table_worths(table, nis->worths, nis->prior);
    return by_critic(nis, place, budget, err);
}

/* Prunes by the scores in `values`. */
static enum fw_status prune(struct fw_nis *nis, int32_t place, int64_t budget, struct fw_error *err)
{
    FW_TRY(fw_sizing_prune(fw_nis_levels(nis, place), nis->model->space, budget, nis->values, nis->mem, err));
    fw_embedding_space_depths(nis->model->space, fw_nis_depths(nis, place), fw_nis_levels(nis, place));
    return FW_OK;
}

static enum fw_status by_magnitude(struct fw_nis *nis, int32_t place, int64_t budget, struct fw_error *err)
{
    nis->model->vtable->norms(nis->model->self, nis->values);
    return prune(nis, place, budget, err);
}

/* A block scores how often its numbers are read: what a vocabulary cut by frequency keeps. */
static enum fw_status by_popularity(struct fw_nis *nis, int32_t place, int64_t budget, struct fw_error *err)
{
    const struct fw_embedding_space *space = nis->model->space;
    memset(nis->values, 0, (size_t)fw_embedding_space_blocks(space) * sizeof *nis->values);
    for (int32_t i = 0; i < space->n_inputs; i++) {
        const struct fw_space_input *input = &space->inputs[i];
        for (int32_t s = 0; s < input->n_rows; s++) {
            double before = s > 0 ? input->coverage[s - 1] : 0;
            double rows = isnan(input->coverage[s]) ? 0 : input->coverage[s] - before;
            for (int32_t t = 0; t < space->n_columns; t++)
                nis->values[fw_embedding_space_block(i, s, t)] = rows * space->width[t];
        }
    }
    return prune(nis, place, budget, err);
}

/* A candidate joins the answers when it is better than one of them, or there is room, and none is the same. */
static void take(struct fw_nis *nis, int32_t place, fw_level *levels, struct fw_nis_answer *answers, int32_t *n,
                 const struct fw_nis_answer *candidate)
{
    int32_t at = *n;
    size_t bytes = (size_t)fw_embedding_space_levels(nis->model->space) * sizeof *levels;
    for (int32_t i = 0; i < *n; i++) {
        if (memcmp(levels + (size_t)i * bytes, fw_nis_levels(nis, place), bytes) == 0)
            return;
    }
    while (at > 0 && candidate->quality > answers[at - 1].quality)
        at--;
    if (at == FW_NIS_ANSWERS)
        return;
    int32_t moved = *n < FW_NIS_ANSWERS ? *n : FW_NIS_ANSWERS - 1;
    for (int32_t i = moved; i > at; i--) {
        answers[i] = answers[i - 1];
        memcpy(levels + (size_t)i * bytes, levels + (size_t)(i - 1) * bytes, bytes);
    }
    answers[at] = *candidate;
    memcpy(levels + (size_t)at * bytes, fw_nis_levels(nis, place), bytes);
    *n = moved + 1;
}

enum fw_status fw_nis_choose(struct fw_nis *nis, fw_level *levels, struct fw_nis_answer *answers, int32_t *n_out,
                             const struct fw_nis_answer *so_far, int64_t budget, struct fw_error *err)
{
    static const struct {
        const char *name;
        enum fw_status (*make)(struct fw_nis *nis, int32_t place, int64_t budget, struct fw_error *err);
    } ways[] = {{"policy", by_policy},
                {"critic", by_critic},
                {"looks", by_looks},
                {"magnitude", by_magnitude},
                {"popularity", by_popularity}};
    const struct fw_choice_table *table = &nis->choices.table;
    const double *probabilities = fw_controller_probabilities(nis->controller);
    if (nis->options.plain) { /* its critic knows nothing: odds say how much a choice is preferred */
        for (int32_t c = 0; c < fw_choice_table_choices(table); c++)
            nis->worths[c] = log(probabilities[c] + 1e-300);
    } else {
        fw_controller_worths(nis->controller, nis->worths);
    }
    *n_out = 0;
    bool all = !nis->options.plain;
    for (size_t w = 0; w < sizeof ways / sizeof ways[0] && (all || *n_out == 0); w++) {
        struct fw_nis_answer candidate = *so_far;
        candidate.by = ways[w].name;
        FW_TRY(ways[w].make(nis, 0, budget, err));
        if (fw_embedding_space_bytes(nis->model->space, fw_nis_levels(nis, 0)) == 0)
            continue; /* no embedding at all is no model of embeddings, however little they are worth */
        FW_TRY(nis->model->vtable->judge(nis->model->self, &candidate.quality, fw_nis_depths(nis, 0), -1, nis->scratch,
                                         err));
        take(nis, 0, levels, answers, n_out, &candidate);
    }
    return FW_OK;
}
