#include "search/sizes/sizing_draw.h"

#include "core/rng.h"
#include "search/sizes/sizing_budget.h"

struct draw {
    const struct fw_embedding_space *space;
    struct fw_rng rng;
    int32_t *choices;
    int32_t *order; /* (n_decisions) */
    int64_t bytes;  /* of the choices */
};

/* Draws a decision again, evenly from its choices of at least `least` and at most `most` bytes. False: it has none. */
static bool redraw(struct draw *draw, int32_t decision, int64_t least, int64_t most)
{
    const struct fw_embedding_space *space = draw->space;
    int32_t n_choices = fw_embedding_space_choices(space, decision);
    uint64_t n_allowed = 0;
    for (int32_t c = 0; c < n_choices; c++) {
        int64_t bytes = fw_embedding_space_choice_bytes(space, decision, c);
        n_allowed += bytes >= least && bytes <= most;
    }
    if (n_allowed == 0)
        return false;
    uint64_t skip = fw_rng_below(&draw->rng, n_allowed);
    for (int32_t c = 0; c < n_choices; c++) {
        int64_t bytes = fw_embedding_space_choice_bytes(space, decision, c);
        if (bytes < least || bytes > most || skip-- > 0)
            continue;
        draw->bytes += bytes - fw_embedding_space_choice_bytes(space, decision, draw->choices[decision]);
        draw->choices[decision] = c;
        break;
    }
    return true;
}

static void draw_all(struct draw *draw)
{
    int32_t n = draw->space->n_decisions;
    for (int32_t d = 0; d < n; d++) {
        draw->choices[d] = 0;
        redraw(draw, d, 0, INT64_MAX);
        int32_t at = (int32_t)fw_rng_below(&draw->rng, (uint64_t)d + 1);
        draw->order[d] = draw->order[at];
        draw->order[at] = d;
    }
}

static void shrink(struct draw *draw, int64_t budget)
{
    for (int32_t k = 0; draw->bytes > budget; k = (k + 1) % draw->space->n_decisions) {
        int32_t d = draw->order[k];
        redraw(draw, d, 0, fw_embedding_space_choice_bytes(draw->space, d, draw->choices[d]) - 1);
    }
}

static void grow(struct draw *draw, int64_t budget)
{
    int64_t enough = budget - budget / 10 * 3;
    bool grown = true;
    while (grown && draw->bytes < enough) {
        grown = false;
        for (int32_t k = 0; k < draw->space->n_decisions && draw->bytes < enough; k++) {
            int32_t d = draw->order[k];
            int64_t own = fw_embedding_space_choice_bytes(draw->space, d, draw->choices[d]);
            if (redraw(draw, d, own + 1, own + (budget - draw->bytes)))
                grown = true;
        }
    }
}

enum fw_status fw_sizing_draw(int32_t *choices, const struct fw_embedding_space *space, int64_t budget, uint64_t seed,
                              int64_t index, struct fw_allocator *mem, struct fw_error *err)
{
    struct draw draw = {.space = space, .choices = choices};
    FW_TRY(fw_sizing_check_budget(budget, fw_sizing_least_choice(space), err));
    FW_ALLOC(draw.order, mem, space->n_decisions, "the order of decisions", err);
    fw_rng_seed(&draw.rng, seed, fw_stream((uint64_t)index, 0, FW_STREAM_SEARCH));
    draw_all(&draw);
    shrink(&draw, budget);
    grow(&draw, budget);
    fw_free(mem, draw.order);
    return FW_OK;
}
