/* What a model has learned of positions, for people and as JSON: how much each is looked at, to the most seen one. */
#ifndef FW_CLI_TRAIN_POSITIONS_H
#define FW_CLI_TRAIN_POSITIONS_H

#include <cjson/cJSON.h>

#include "models/model.h"
#include "space/encoder.h"

struct cli_position {
    struct fw_text text; /* as in the table; borrowed from the encoder */
    double number;       /* that it stands for; NaN: none */
    double seen;         /* in (0, 1], 1 where it is the largest */
};

struct cli_positions {
    int64_t n; /* 0: the model knows no positions */
    struct cli_position *items;
};

/* Positions of the training rows by rising number, then texts. Owned by the caller. */
FW_NODISCARD
enum fw_status cli_positions_take(struct cli_positions *out, const struct fw_model *model,
                                  const struct fw_encoder *encoder, struct fw_allocator *mem, struct fw_error *err);
void cli_positions_clear(struct cli_positions *positions, struct fw_allocator *mem); /* a zeroed one is fine */

/* The first of them on standard output; nothing when there are none. */
void cli_positions_print(const struct cli_positions *positions);

/* An array of {"position", "seen"}; NULL when there are none. The caller's. */
cJSON *cli_positions_json(const struct cli_positions *positions);

#endif
