/* A space of embedding sizes as what a controller searches: a table of choices (choice_table.h) whose features are the
 * blocks of the grid.
 *
 *     struct fw_sizing_choices choices;
 *     FW_TRY(fw_sizing_choices_create(&choices, space, mem, err));
 *     ...choices.table...
 *     fw_sizing_choices_clear(&choices); */
#ifndef FW_SEARCH_SIZING_CHOICES_H
#define FW_SEARCH_SIZING_CHOICES_H

#include "search/controller/choice_table.h"
#include "space/embedding_space.h"

struct fw_sizing_choices {
    struct fw_choice_table table; /* into the arrays below */
    int32_t *first;
    int64_t *cost;
    int64_t *feature_start;
    int32_t *feature;
    int64_t *block; /* (n_features) number of each feature's block (fw_embedding_space_block) */
    struct fw_allocator *mem;
};

FW_NODISCARD
enum fw_status fw_sizing_choices_create(struct fw_sizing_choices *out, const struct fw_embedding_space *space,
                                        struct fw_allocator *mem, struct fw_error *err);
void fw_sizing_choices_clear(struct fw_sizing_choices *choices); /* a zeroed one is fine */

#endif
