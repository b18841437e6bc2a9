/* A main model for tests of the search of embedding sizes whose quality is a known function of the sizes.
 *
 * An input with a strip of `ids` ids and `width` numbers gains weight * mass(ids) * width / dim, where mass is a
 * concave share of the ids as of a power law; an input's gains diminish, and so does the sum over the inputs. Hence
 * every block has a value, values of blocks interact, and strips that are merged or sorted gain what they gained.
 *
 *     struct fake_sizing fake;
 *     fake_sizing_init(&fake, true, false);
 *     struct fw_sizing_model model = fake_sizing_model(&fake);
 *     ...
 *     fake_sizing_clear(&fake); */
#ifndef FW_TESTS_SUPPORT_FAKE_SIZING_H
#define FW_TESTS_SUPPORT_FAKE_SIZING_H

#include "evaluators/sizing_model.h"

enum { fake_sizing_inputs = 3, fake_sizing_levels = fake_sizing_inputs * FW_STRIPS_MOST };

struct fake_sizing {
    struct fw_embedding_space *space;
    double weight[fake_sizing_inputs]; /* what the inputs are worth */
    double noise;                      /* standard deviation of a batch's quality, alike for all sizings */
    double own_noise;                  /* likewise, but of sizing and batch */
    double slope_noise;                /* of the slopes of a look, as a share of a slope */
    int64_t nan_every;                 /* batches whose number it divides have no quality; 0: all have one */
    int64_t batches, judge_batches;
    atomic_int stop;
    int64_t stop_at_step, stop_at_fit; /* then somebody asks to stop, at the first or a later one; 0: never */
    int64_t steps;                     /* the weights: steps learned since the start, as a snapshot holds them */
    int64_t starts, learned, fits;     /* calls; never restored */
    struct fw_budget budget;           /* hears `stop` */
};

/* Three inputs of 40, 12 and 30 ids in a grid of three row strips and two column strips; the last input is not ranked.
 * Noise is as low as a test may ask to find an optimum, and can be set afterwards. */
void fake_sizing_init(struct fake_sizing *fake, bool multi, bool projected);
void fake_sizing_clear(struct fake_sizing *fake);
struct fw_sizing_model fake_sizing_model(struct fake_sizing *fake);

/* What a training from scratch makes of sizes, and of levels of the space. */
double fake_sizing_quality(const struct fake_sizing *fake, const struct fw_embedding_sizes *sizes);
double fake_sizing_quality_of_levels(const struct fake_sizing *fake, const fw_level *levels);

/* The best quality of any sizing of the space within so many bytes, by trying all. */
double fake_sizing_optimum(const struct fake_sizing *fake, int64_t budget);

/* The quality of nothing at all. */
#define FAKE_SIZING_NOTHING 0.5

#endif
