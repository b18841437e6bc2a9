/* The rivals of a search of embedding sizes, by name: rules that choose sizes under the same budget without a search.
 *
 *     const struct fw_sizing_rival *rival;
 *     struct fw_rival_facts facts = {.alpha = FW_SIZING_ALPHA, .seed = seed};
 *     FW_TRY(fw_sizing_rival_find(&rival, "vocabulary", err));
 *     FW_TRY(rival->size(&sizes, space, budget, &facts, mem, err));
 *
 * "magnitude" and "saliency" want to know what the blocks of a trained main model are worth (evaluators/sizing_model.h:
 * `norms`, `worth`); the others know the space alone. The rules: sizing_rules.h, sizing_draw.h, sizing_prune.h. */
#ifndef FW_SEARCH_SIZING_RIVALS_H
#define FW_SEARCH_SIZING_RIVALS_H

#include "search/sizes/sizing_rules.h"
#include "space/embedding_space.h"

/* What a rule has to be given. */
enum fw_rival_needs {
    FW_RIVAL_NEEDS_NOTHING,
    FW_RIVAL_NEEDS_COUNTS,   /* of the space's inputs; where they are unknown they are taken as equal */
    FW_RIVAL_NEEDS_SEED,     /* `seed` and `index` */
    FW_RIVAL_NEEDS_NORMS,    /* `norms` */
    FW_RIVAL_NEEDS_SALIENCY, /* `saliency` */
};

/* Fields that a rule does not need are not read. */
struct fw_rival_facts {
    double alpha;           /* exponent of "mde"; FW_SIZING_ALPHA is usual */
    uint64_t seed;          /* "random" is a pure function of the seed */
    int64_t index;          /* and the number of the draw */
    const double *norms;    /* (fw_embedding_space_blocks) sums of squared weights; borrowed for the call */
    const double *saliency; /* (fw_embedding_space_blocks) rise of the loss without the block; likewise */
};

struct fw_sizing_rival {
    const char *name;    /* "uniform": stored in results, never reused */
    const char *summary; /* one line for --help */
    enum fw_rival_needs needs;
    /* REQUIRED. Sizes of all inputs, the caller's, that cost at most `budget` bytes; something is always kept.
     * FW_E_ARG: the budget is below the least that the rule can keep, which the message names, or alpha is out of
     * range; FW_E_NUMERIC: norms or saliencies are not finite; FW_E_NOMEM. Pure; safe from many threads. */
    enum fw_status (*size)(struct fw_embedding_sizes **out, const struct fw_embedding_space *space, int64_t budget,
                           const struct fw_rival_facts *facts, struct fw_allocator *mem, struct fw_error *err);
};

/* All rivals, ended by one without a name. */
const struct fw_sizing_rival *fw_sizing_rival_list(void);

/* A rival by name; FW_E_ARG listing the known names, with the nearest if it looks like a slip. */
FW_NODISCARD
enum fw_status fw_sizing_rival_find(const struct fw_sizing_rival **out, const char *name, struct fw_error *err);

#endif
