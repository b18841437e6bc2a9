/* What the files of the controller share: lifetime and locks (controller.c), lessons (controller_learn.c), the warm
 * start (controller_warm.c). */
#ifndef FW_SEARCH_CONTROLLER_PARTS_H
#define FW_SEARCH_CONTROLLER_PARTS_H

#include <pthread.h>

#include "core/arena.h"
#include "search/controller/controller.h"

/* Numbers that move from lesson to lesson; saved as they are. */
struct fw_controller_state {
    int64_t lessons;
    int64_t gathered;     /* samples of learn_one that wait for their round */
    double value;         /* running mean of rewards */
    double reward_spread; /* running mean of (reward - value)^2: plain */
    double overspend;     /* rho */
    double residual;      /* running mean square of what the critic did not explain: factored */
    double spread;        /* running mean of the critic's spread, squared units of quality: factored */
    double lambda;
    double seen;           /* samples averaged so far, at most MEMORY: how firm the running means are */
    double overspend_seen; /* the same for rho, to which a warm start gives some */
    double adam_steps;     /* plain */
};

struct fw_controller {
    const struct fw_choice_table *table;
    struct fw_controller_options options; /* without the critic's arrays */
    struct fw_critic *critic;
    struct fw_arena arena;
    struct fw_allocator *mem;
    pthread_mutex_t lock;
    struct fw_controller_state state;
    double *theta;                          /* (n_choices) */
    double *probability;                    /* (n_choices) softmax of theta */
    double *adam_mean, *adam_square;        /* (n_choices); plain */
    int32_t *waiting;                       /* (gather, n_decisions) */
    double *waiting_quality;                /* (gather) */
    double *gradient;                       /* (n_choices) scratch, as all below */
    double *correction;                     /* (n_choices) */
    int32_t *choices;                       /* (window, n_decisions) the samples of a round with a finite quality */
    double *quality, *reward, *unexplained; /* (window) */
};

/* One lesson from k samples in the scratch arrays choices and quality, all finite; k at least 1. */
FW_NODISCARD
enum fw_status fw_controller_teach(struct fw_controller *controller, int32_t k, double tau, struct fw_error *err);

/* The unit of advantages, in quality. */
double fw_controller_unit(const struct fw_controller *controller);

#endif
