/* A handle's state as flat bytes: one walk over its pieces measures, saves and restores, so that the three cannot
 * differ.
 *
 *     static void walk(struct thing *self, struct fw_flat_state *state)
 *     {
 *         fw_flat_state_piece(state, &self->round, sizeof self->round);
 *         fw_flat_state_piece(state, self->theta, (size_t)self->n * sizeof *self->theta);
 *     }
 *
 * The bytes are those of this machine: they continue a run, they are no exchange format. */
#ifndef FW_SEARCH_FLAT_STATE_H
#define FW_SEARCH_FLAT_STATE_H

#include <stddef.h>
#include <string.h>

enum fw_flat_state_way { FW_FLAT_STATE_MEASURE, FW_FLAT_STATE_SAVE, FW_FLAT_STATE_RESTORE };

struct fw_flat_state {
    enum fw_flat_state_way way;
    unsigned char *to;         /* save */
    const unsigned char *from; /* restore */
    size_t at;                 /* bytes walked over so far */
};

static inline void fw_flat_state_piece(struct fw_flat_state *state, void *piece, size_t n)
{
    if (state->way == FW_FLAT_STATE_SAVE && n > 0)
        memcpy(state->to + state->at, piece, n);
    if (state->way == FW_FLAT_STATE_RESTORE && n > 0)
        memcpy(piece, state->from + state->at, n);
    state->at += n;
}

#endif
