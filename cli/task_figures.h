/* The figures of a model's readings, for people and as JSON. */
#ifndef FW_CLI_TASK_FIGURES_H
#define FW_CLI_TASK_FIGURES_H

#include <cjson/cJSON.h>

#include "evaluators/task_score.h"
#include "space/schema.h"

/* The figures that a kind of reading is shown by, in the order of showing. */
enum { CLI_FIGURES_SHOWN = 3 };
const enum fw_figure *cli_figures_of(enum fw_reading_kind kind);

/* What the score is called: the metric by its name (of labels that are all numbers by that of the figure that stands
 * for it), "mean NAME" over several tasks, "score" of a list. Returns a text that may be `out`. */
const char *cli_score_name(char out[64], const struct fw_score_spec *metric, const struct fw_schema *schema);

/* A line a reading on standard output: its rows and its three figures. readings, metrics: (n). */
void cli_figures_print(const struct fw_reading *readings, const struct fw_task_metrics *metrics, int32_t n);

/* An array of objects, one a reading, with all its figures. labels: the tasks that readings are judged by. The
 * caller's; never NULL. */
cJSON *cli_figures_json(const struct fw_reading *readings, const struct fw_task_metrics *metrics, int32_t n,
                        const struct fw_task *labels);

#endif
