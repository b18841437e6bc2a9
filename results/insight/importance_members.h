/* Which settings moved the objective of a study: the members of its candidates by their effects (importance.h).
 *
 * The list is to be cleared; texts belong to it. On failure there is nothing to clear. */
#ifndef FW_RESULTS_IMPORTANCE_MEMBERS_H
#define FW_RESULTS_IMPORTANCE_MEMBERS_H

#include "results/insight/importance.h"
#include "results/query/query.h"

/* A member of the candidates that varies. */
struct fw_member_effect {
    const char *name; /* as flat_json.h names it */
    bool is_name;     /* else a number */
    const char *best; /* the level whose trials rank best: "0.1", "0.1 to 0.3", "adam", "(none)", "(others)" */
    struct fw_effect effect;
};

struct fw_member_effects {
    struct fw_member_effect *rows; /* by share, highest first */
    int64_t n;
    struct fw_text_pool texts;
    int64_t n_trials, n_blocks; /* that were compared, and the rungs or rounds that they were compared within */
    int64_t n_constant;         /* members that have one value in all of these trials */
    double chance;              /* as in importance.h */
};

/* The effects of the members of a study's candidates. Complete trials are compared, or pruned ones where more of those
 * have an objective (the samples of `embed`); each within its rung and step, or within its rung alone where steps have
 * hardly a trial to compare with. maximise: whether a higher objective is better. */
FW_NODISCARD
enum fw_status fw_importance_of_members(struct fw_member_effects *out, struct fw_store *store, int64_t study,
                                        bool maximise, struct fw_error *err);
void fw_member_effects_clear(struct fw_member_effects *effects);

#endif
