/* What the files of the search by nis share: the shared model's side and the rounds (nis.c), the answers
 * (nis_answer.c); not for others. */
#ifndef FW_SEARCH_NIS_PARTS_H
#define FW_SEARCH_NIS_PARTS_H

#include "search/sizes/block_worth.h"
#include "search/sizes/nis.h"
#include "search/sizes/sizing_choices.h"

struct fw_nis {
    const struct fw_sizing_model *model;
    struct fw_nis_options options;
    const struct fw_nis_events *events;
    struct fw_sizing_choices choices;
    struct fw_block_worth *worth;
    struct fw_controller *controller; /* of the search under way */
    int threads;
    int64_t steps;       /* of the main model so far */
    int64_t looks;       /* at validation batches so far */
    unsigned char *warm; /* main model, then worth of blocks, after the warm-up */
    int64_t warm_steps, warm_looks;
    int32_t warm_passes;
    int32_t *chosen;  /* (samples + 1, n_decisions): those to be judged, then that of main model and looks */
    fw_level *levels; /* of each of them */
    uint32_t *depths; /* likewise */
    double *slopes;   /* (blocks) of a look */
    double *values;   /* (2, blocks) worth of blocks and its deviations */
    double *prior;    /* (2, n_features) the same by feature */
    double *qualities;
    double lambda;  /* of the rewards of the round under way */
    double *worths; /* (n_choices) */
    struct fw_nis_sample *samples;
    unsigned char *scratch; /* of judging, a piece a thread */
    size_t scratch_stride;
    struct fw_allocator *mem;
};

static inline fw_level *fw_nis_levels(const struct fw_nis *nis, int32_t place)
{
    return nis->levels + place * fw_embedding_space_levels(nis->model->space);
}

static inline uint32_t *fw_nis_depths(const struct fw_nis *nis, int32_t place)
{
    return nis->depths + place * fw_embedding_space_levels(nis->model->space);
}

static inline int32_t *fw_nis_chosen(const struct fw_nis *nis, int32_t place)
{
    return nis->chosen + (int64_t)place * nis->choices.table.n_decisions;
}

/* From the choices at a place to its levels and depths. */
static inline void fw_nis_apply(const struct fw_nis *nis, int32_t place)
{
    fw_embedding_space_apply(nis->model->space, fw_nis_levels(nis, place), fw_nis_chosen(nis, place));
    fw_embedding_space_depths(nis->model->space, fw_nis_depths(nis, place), fw_nis_levels(nis, place));
}

/* What the looks say, by feature, into nis->prior: means, then how much they may be off. */
void fw_nis_read_prior(struct fw_nis *nis);

/* Makes candidates, judges them with shared weights and hands over the best. so_far: what all answers have in common.
 */
FW_NODISCARD
enum fw_status fw_nis_choose(struct fw_nis *nis, fw_level *levels, struct fw_nis_answer *answers, int32_t *n_out,
                             const struct fw_nis_answer *so_far, int64_t budget, struct fw_error *err);

#endif
