/* The names that the trainer's rows of settings refer to. Apart from the trainer, so that models can be built without
 * it. */
#include <stddef.h>

#include "models/training/trainer.h"

const char *const fw_trainer_shuffles[] = {
    [FW_SHUFFLE_AUTO] = "auto", [FW_SHUFFLE_ROWS] = "rows", [FW_SHUFFLE_BATCHES] = "batches", NULL};
const char *const fw_trainer_schedules[] = {
    [FW_SCHEDULE_CONSTANT] = "constant", [FW_SCHEDULE_LINEAR] = "linear", [FW_SCHEDULE_COSINE] = "cosine", NULL};
_Static_assert(sizeof fw_trainer_shuffles / sizeof fw_trainer_shuffles[0] == FW_SHUFFLE_BATCHES + 2, "a name for each");
_Static_assert(sizeof fw_trainer_schedules / sizeof fw_trainer_schedules[0] == FW_SCHEDULE_COSINE + 2,
               "a name for each");
