/* The best trials of a study by any figure, or those on the Pareto front of several.
 *
 * A figure is a column of the trial ("objective", "gain", "bytes", "seconds", "rows") or a metric by its name. Of a
 * metric with a curve the value of the whole trial counts: metric best_NAME, or else NAME at step 0, or else NAME at
 * its last step. Only complete trials that have all figures of the ranking take part.
 *
 *     struct fw_board_figure figures[] = {{"objective", true}, {"bytes", false}, {"score_us", false}};
 *     struct fw_board_options options = {.study = 3, .figures = figures, .n_figures = 3, .n_ranking = 1, .top = 10};
 *     FW_TRY(fw_board_query(&board, store, &options, err));
 *     board.trials.rows[0].record.number, board.values[0 * 3 + 1]      // the best trial and its bytes
 *     fw_board_clear(&board);
 *
 * By the objective alone an index gives the answer without reading the other trials. */
#ifndef FW_RESULTS_BOARD_H
#define FW_RESULTS_BOARD_H

#include "core/text.h"
#include "results/query/query.h"

#define FW_BOARD_FIGURES 16

struct fw_board_figure {
    const char *name;
    bool maximise;
};

struct fw_board_options {
    int64_t study;                         /* its id */
    const struct fw_board_figure *figures; /* (n_figures) what is shown of each trial */
    int n_figures;                         /* from 1 to FW_BOARD_FIGURES */
    int n_ranking; /* the first so many: 1 ranks by that figure; more give the Pareto front, best in the first first */
    int64_t top;   /* at most so many; 0: all */
};

struct fw_board {
    struct fw_trial_list trials; /* in order */
    double *values;              /* (trials.n, n_figures); NaN: the trial has no such figure */
    int64_t n_ranked;            /* complete trials that have all figures of the ranking; -1: not counted */
};

/* On failure there is nothing to clear. FW_E_NOMEM, or as store.h says. */
FW_NODISCARD
enum fw_status fw_board_query(struct fw_board *out, struct fw_store *store, const struct fw_board_options *options,
                              struct fw_error *err);
void fw_board_clear(struct fw_board *board);

/* The names of the metrics of a study's first complete trial, "a, b, c", into `out`; "" when there are none. */
FW_NODISCARD
enum fw_status fw_board_metric_names(struct fw_buffer *out, struct fw_store *store, int64_t study,
                                     struct fw_error *err);

#endif
