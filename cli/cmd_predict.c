/* fieldwise predict: a score a row. */
#include <math.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/scoring.h"

static const struct argp parser = {
    NULL,
    cli_scoring_parse,
    "MODEL DATA",
    "Writes the probability of the positive class for every row, in the order of the "
    "rows, under the heading 'score'.\v  fieldwise predict model.fw new.csv > scores.csv\n",
    cli_scoring_children,
    NULL,
    NULL};

int cmd_predict(int argc, char **argv)
{
    struct cli_scoring s = {0};
    struct fw_error err = {0};
    cli_data_init(&s.data);
    CLI_PARSE(&parser, "predict", argc, argv, &s);
    enum fw_status status = cli_scoring_run(&s, false, &err);
    if (status == FW_OK) {
        printf("score\n");
        for (int64_t i = 0; i < s.table->n_rows; i++)
            printf("%.6g\n", 1 / (1 + exp(-(double)s.logits[i])));
    }
    cli_scoring_clear(&s);
    return status != FW_OK ? cli_fail(&err) : 0;
}
