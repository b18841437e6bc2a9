#include "search/sizes/sizing_choices.h"

#include <string.h>

void fw_sizing_choices_clear(struct fw_sizing_choices *c)
{
    fw_free(c->mem, c->block);
    fw_free(c->mem, c->feature);
    fw_free(c->mem, c->feature_start);
    fw_free(c->mem, c->cost);
    fw_free(c->mem, c->first);
    *c = (struct fw_sizing_choices){0};
}

/* Numbers the blocks that there are. feature_of: (blocks) their features. */
static int32_t number_blocks(int32_t *feature_of, int64_t *block, const struct fw_embedding_space *space)
{
    int32_t n = 0;
    for (int32_t i = 0; i < space->n_inputs; i++) {
        for (int32_t s = 0; s < space->inputs[i].n_rows; s++) {
            for (int32_t t = 0; t < space->n_columns; t++) {
                int64_t b = fw_embedding_space_block(i, s, t);
                feature_of[b] = n;
                block[n++] = b;
            }
        }
    }
    return n;
}

/* Features that a choice switches on, into `feature` unless it is NULL; returns how many. */
static int64_t list_features(int32_t *feature, const struct fw_embedding_space *space, int32_t decision, int32_t choice,
                             fw_level *levels, const int32_t *feature_of)
{
    int64_t n = 0;
    int32_t i = fw_embedding_space_input(space, decision);
    memset(levels + (int64_t)i * FW_STRIPS_MOST, 0, FW_STRIPS_MOST);
    fw_embedding_space_choose(space, levels, decision, choice);
    for (int32_t t = 0; t < space->n_columns; t++) {
        for (int32_t s = 0; s < levels[(int64_t)i * FW_STRIPS_MOST + t]; s++) {
            if (feature != NULL)
                feature[n] = feature_of[fw_embedding_space_block(i, s, t)];
            n++;
        }
    }
    return n;
}

/* Goes through all choices; feature NULL: sizes alone. Returns the number of features listed. */
static int64_t fill(struct fw_sizing_choices *c, const struct fw_embedding_space *space, fw_level *levels,
                    const int32_t *feature_of, bool features)
{
    int64_t at = 0;
    int32_t number = 0;
    for (int32_t d = 0; d < space->n_decisions; d++) {
        c->first[d] = number;
        for (int32_t k = 0; k < fw_embedding_space_choices(space, d); k++) {
            if (features) {
                c->feature_start[number] = at;
                c->cost[number] = fw_embedding_space_choice_bytes(space, d, k);
            }
            at += list_features(features ? c->feature + at : NULL, space, d, k, levels, feature_of);
            number++;
        }
    }
    c->first[space->n_decisions] = number;
    if (features)
        c->feature_start[number] = at;
    return at;
}

enum fw_status fw_sizing_choices_create(struct fw_sizing_choices *out, const struct fw_embedding_space *space,
                                        struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_sizing_choices c = {.mem = mem};
    int64_t n_blocks = fw_embedding_space_blocks(space);
    int32_t *feature_of = NULL;
    fw_level *levels = NULL;
    FW_ALLOC_GOTO(feature_of, mem, n_blocks, "the blocks of embeddings", err, done);
    FW_ALLOC_GOTO(levels, mem, fw_embedding_space_levels(space), "the blocks of embeddings", err, done);
    FW_ALLOC_GOTO(c.block, mem, n_blocks, "the blocks of embeddings", err, done);
    FW_ALLOC_GOTO(c.first, mem, space->n_decisions + 1, "the choices of sizes", err, done);
    int32_t n_features = number_blocks(feature_of, c.block, space);
    int64_t n = fill(&c, space, levels, feature_of, false);
    int32_t n_choices = c.first[space->n_decisions];
    FW_ALLOC_GOTO(c.cost, mem, n_choices, "the choices of sizes", err, done);
    FW_ALLOC_GOTO(c.feature_start, mem, n_choices + 1, "the choices of sizes", err, done);
    FW_ALLOC_GOTO(c.feature, mem, n, "the choices of sizes", err, done);
    fill(&c, space, levels, feature_of, true);
    c.table = (struct fw_choice_table){.n_decisions = space->n_decisions,
                                       .n_features = n_features,
                                       .first = c.first,
                                       .cost = c.cost,
                                       .feature_start = c.feature_start,
                                       .feature = c.feature};
    FW_TRY_GOTO(fw_choice_table_check(&c.table, err), done);
    *out = c;
    c = (struct fw_sizing_choices){0};
done:
    fw_free(mem, levels);
    fw_free(mem, feature_of);
    fw_sizing_choices_clear(&c);
    return status;
}
