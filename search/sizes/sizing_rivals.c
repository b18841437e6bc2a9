#include "search/sizes/sizing_rivals.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/nearest.h"
#include "search/sizes/sizing_draw.h"
#include "search/sizes/sizing_prune.h"

static enum fw_status size_uniform(struct fw_embedding_sizes **out, const struct fw_embedding_space *space,
                                   int64_t budget, const struct fw_rival_facts *facts, struct fw_allocator *mem,
                                   struct fw_error *err)
{
    (void)facts;
    return fw_sizing_uniform(out, space, budget, mem, err);
}

static enum fw_status size_vocabulary(struct fw_embedding_sizes **out, const struct fw_embedding_space *space,
                                      int64_t budget, const struct fw_rival_facts *facts, struct fw_allocator *mem,
                                      struct fw_error *err)
{
    (void)facts;
    return fw_sizing_vocabulary(out, space, budget, mem, err);
}

static enum fw_status size_mde(struct fw_embedding_sizes **out, const struct fw_embedding_space *space, int64_t budget,
                               const struct fw_rival_facts *facts, struct fw_allocator *mem, struct fw_error *err)
{
    return fw_sizing_mde(out, space, facts->alpha, budget, mem, err);
}

static enum fw_status size_random(struct fw_embedding_sizes **out, const struct fw_embedding_space *space,
                                  int64_t budget, const struct fw_rival_facts *facts, struct fw_allocator *mem,
                                  struct fw_error *err)
{
    enum fw_status status = FW_OK;
    int32_t *choices = NULL;
    fw_level *levels = NULL;
    FW_ALLOC_GOTO(choices, mem, space->n_decisions, "the choices of a sizing", err, done);
    FW_ALLOC_GOTO(levels, mem, fw_embedding_space_levels(space), "the levels of a sizing", err, done);
    FW_TRY_GOTO(fw_sizing_draw(choices, space, budget, facts->seed, facts->index, mem, err), done);
    fw_embedding_space_apply(space, levels, choices);
    status = fw_embedding_space_sizes(out, space, levels, mem, err);
done:
    fw_free(mem, levels);
    fw_free(mem, choices);
    return status;
}

static enum fw_status prune(struct fw_embedding_sizes **out, const struct fw_embedding_space *space, int64_t budget,
                            const double *scores, struct fw_allocator *mem, struct fw_error *err)
{
    fw_level *levels;
    assert(scores != NULL);
    FW_ALLOC(levels, mem, fw_embedding_space_levels(space), "the levels of a sizing", err);
    enum fw_status status = fw_sizing_prune(levels, space, budget, scores, mem, err);
    if (status == FW_OK)
        status = fw_embedding_space_sizes(out, space, levels, mem, err);
    fw_free(mem, levels);
    return status;
}

static enum fw_status size_magnitude(struct fw_embedding_sizes **out, const struct fw_embedding_space *space,
                                     int64_t budget, const struct fw_rival_facts *facts, struct fw_allocator *mem,
                                     struct fw_error *err)
{
    return prune(out, space, budget, facts->norms, mem, err);
}

static enum fw_status size_saliency(struct fw_embedding_sizes **out, const struct fw_embedding_space *space,
                                    int64_t budget, const struct fw_rival_facts *facts, struct fw_allocator *mem,
                                    struct fw_error *err)
{
    return prune(out, space, budget, facts->saliency, mem, err);
}

static const struct fw_sizing_rival rivals[] = {
    {"uniform", "one width for all inputs", FW_RIVAL_NEEDS_NOTHING, size_uniform},
    {"vocabulary", "full width for the most frequent ids", FW_RIVAL_NEEDS_COUNTS, size_vocabulary},
    {"mde", "width by the number of ids (mixed dimensions)", FW_RIVAL_NEEDS_NOTHING, size_mde},
    {"random", "a random sizing that uses most of the budget", FW_RIVAL_NEEDS_SEED, size_random},
    {"magnitude", "prunes blocks of small weights", FW_RIVAL_NEEDS_NORMS, size_magnitude},
    {"saliency", "prunes blocks that the loss misses least", FW_RIVAL_NEEDS_SALIENCY, size_saliency},
    {0},
};

const struct fw_sizing_rival *fw_sizing_rival_list(void)
{
    return rivals;
}

enum fw_status fw_sizing_rival_find(const struct fw_sizing_rival **out, const char *name, struct fw_error *err)
{
    char known[256] = "";
    const char *names[sizeof rivals / sizeof rivals[0]];
    int64_t n_names = 0;
    size_t at = 0;
    for (const struct fw_sizing_rival *rival = rivals; rival->name != NULL; rival++) {
        if (strcmp(rival->name, name) == 0) {
            *out = rival;
            return FW_OK;
        }
        int n = snprintf(known + at, sizeof known - at, "%s%s", n_names > 0 ? ", " : "", rival->name);
        at = at + (size_t)n < sizeof known ? at + (size_t)n : sizeof known - 1;
        names[n_names++] = rival->name;
    }
    int64_t near = fw_nearest_name(name, names, n_names);
    if (near >= 0)
        return fw_error_set(err, FW_E_ARG, "there is no rule of sizes '%.64s'; did you mean '%s'? known: %s", name,
                            names[near], known);
    return fw_error_set(err, FW_E_ARG, "there is no rule of sizes '%.64s'; known: %s", name, known);
}
