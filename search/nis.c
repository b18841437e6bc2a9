#include "search/nis.h"

#include <math.h>
#include <string.h>

#include "core/par.h"
#include "core/rng.h"
#include "search/block_worth.h"
#include "search/sizing_choices.h"

/* Share that older looks keep at each new one: weights move on. */
#define FORGET_WARM   0.98
#define FORGET_ROUNDS 0.95

/* Steps of the warm-up between two looks at the validation rows. */
#define STEPS_A_LOOK 4

/* Names of random streams, apart from those of samples. */
enum { stream_warm_step = 1, stream_warm_look, stream_step, stream_look, stream_sample };

struct fw_nis {
    const struct fw_sizing_model *model;
    struct fw_nis_options options;
    const struct fw_nis_events *events;
    struct fw_sizing_choices choices;
    struct fw_block_worth *worth;
    struct fw_controller *controller;
    int threads;
    int64_t steps;  /* of the main model so far */
    int64_t looks;  /* at validation batches so far */
    void *warm;     /* snapshot of the main model after the warm-up */
    void *warm_worth;
    int64_t warm_steps, warm_looks;
    /* scratch */
    int32_t *chosen;    /* (samples + 1, n_decisions): the last is that of main model and looks */
    fw_level *levels;   /* (samples + 1) sizings */
    uint32_t *depths;   /* (samples + 1) of them */
    double *slopes;     /* (blocks) */
    double *prior;      /* (n_features), and their deviations behind */
    double *block_values; /* (blocks), and their deviations behind */
    double *qualities;  /* (samples) */
    struct fw_nis_sample *samples;
    unsigned char *scratch; /* of judging, a piece a thread */
    size_t scratch_bytes;
    struct fw_allocator *mem;
};
