#include "cli/train_board.h"
#include "cli/task_figures.h"

#include <math.h>
#include <stdio.h>

#include "cli/terminal.h"
#include "core/text.h"

/* Insertion keeps the order of equals; there are few. */
void cli_train_sort(struct cli_train_outcome *outcomes, int64_t n)
{
    for (int64_t i = 1; i < n; i++) {
        struct cli_train_outcome moved = outcomes[i];
        int64_t at = i;
        for (; at > 0 && cli_train_better(&moved, &outcomes[at - 1]); at--)
            outcomes[at] = outcomes[at - 1];
        outcomes[at] = moved;
    }
}

static void add_figure(struct cli_table *table, double value)
{
    if (isnan(value))
        cli_table_cell(table, "-");
    else
        cli_table_cell(table, "%.5f", value);
}

/* Of the label, which is what the judged reading is about. */
static double judged_logloss(const struct cli_judgement *judgement)
{
    for (int32_t r = 0; r < judgement->n_readings; r++) {
        if (judgement->readings[r].judged)
            return judgement->figures[r].classes.logloss;
    }
    return (double)NAN;
}

static const char *note_of(const struct cli_train_outcome *o)
{
    if (o->reason[0] != '\0')
        return o->reason;
    bool early = o->training.end == FW_TRAINING_TIME || o->training.end == FW_TRAINING_STOPPED;
    return early ? fw_training_end_name(o->training.end) : "";
}

static void add_row(struct cli_table *table, const struct cli_train_outcome *o, const struct fw_score_spec *metric,
                    bool with_logloss, bool with_notes)
{
    char text[32];
    const struct fw_training *t = &o->training;
    cli_table_cell(table, "%s", o->choice->vtable->name);
    if (o->status != FW_OK) {
        for (int i = 0; i < 5 + with_logloss; i++)
            cli_table_cell(table, "-");
    } else {
        add_figure(table, fw_score_natural(metric->maximise, t->best_score));
        if (with_logloss)
            add_figure(table, judged_logloss(&o->judgement));
        cli_table_cell(table, "%s", fw_text_count(text, o->parameters));
        double rate = t->step_seconds > 0 ? (double)t->rows / t->step_seconds : 0;
        cli_table_cell(table, "%s", fw_text_count(text, (int64_t)rate));
        cli_table_cell(table, "%.1f", t->seconds);
        cli_table_cell(table, "%lld of %lld", (long long)t->best_epoch, (long long)t->n_epochs);
    }
    if (with_notes)
        cli_table_cell(table, "%s", note_of(o));
}

void cli_train_board(struct cli_train_outcome *outcomes, int64_t n, const struct fw_score_spec *metric,
                     const struct fw_schema *schema)
{
    const char *headers[8];
    char name[64];
    char value[80];
    int k = 0;
    bool with_logloss = schema->n_tasks <= 1 && (metric->n_terms > 0 || metric->figure != FW_FIGURE_LOGLOSS);
    bool with_notes = false;
    snprintf(value, sizeof value, ">%s", cli_score_name(name, metric, schema));
    headers[k++] = "model";
    headers[k++] = value;
    if (with_logloss)
        headers[k++] = ">logloss";
    headers[k++] = ">parameters";
    headers[k++] = ">rows/s";
    headers[k++] = ">seconds";
    headers[k++] = ">best epoch";
    for (int64_t i = 0; i < n; i++)
        with_notes = with_notes || note_of(&outcomes[i])[0] != '\0';
    if (with_notes)
        headers[k++] = "note";
    cli_train_sort(outcomes, n);
    struct cli_table *table = cli_table_create(headers, k);
    for (int64_t i = 0; i < n; i++)
        add_row(table, &outcomes[i], metric, with_logloss, with_notes);
    cli_table_print(table, stdout);
}
