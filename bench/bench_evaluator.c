/* The closed-form field-wise evaluator against refitting the logistic regression for each candidate, on the same
 * candidates of the same table in one run: time, ratio, and whether both put the same cross first. And two threads
 * against one.
 *
 *     bench_evaluator [ROWS | --smoke] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "evaluators/halving.h"
#include "models/linear/sigmoid.h"
#include "search/crosses/candidates.h"
#include "space/synth/synth.h"
#include "space/training_data.h"

static void fail_if(enum fw_status status, const struct fw_error *err)
{
    if (status != FW_OK) {
        fprintf(stderr, "bench_evaluator: %s\n", err->message);
        exit(1);
    }
}

static struct fw_training_data make_data(int64_t rows)
{
    struct fw_error err = {0};
    struct fw_synth_options synth;
    char *text;
    size_t size;
    struct fw_table *table;
    struct fw_table_options reading;
    struct fw_schema *schema;
    struct fw_schema_options schema_options;
    struct fw_split_options split;
    struct fw_encoder_options encoding;
    struct fw_training_data data;
    fw_synth_options_init(&synth, FW_SYNTH_CROSSES);
    synth.rows = rows;
    fail_if(fw_synth_text(&text, &size, NULL, &synth, 0, NULL, &err), &err);
    fw_table_options_init(&reading);
    fail_if(fw_table_parse(&table, "synth", text, size, &reading, NULL, &err), &err);
    fw_free(NULL, text);
    fw_schema_options_init(&schema_options);
    static const char *const labels[] = {"y"};
    schema_options.labels = (struct fw_name_list){labels, 1};
    fail_if(fw_schema_infer(&schema, table, &schema_options, NULL, &err), &err);
    fw_split_options_init(&split);
    fw_encoder_options_init(&encoding);
    fail_if(fw_training_data_build(&data, table, NULL, NULL, NULL, schema, &split, &encoding, false, 0, NULL, &err),
            &err);
    fw_schema_destroy(schema);
    fw_table_destroy(table);
    return data;
}

static double run(int64_t *winner, const struct fw_evaluator_vtable *evaluator, const struct fw_ground *ground,
                  const struct fw_candidate *candidates, int64_t n, int threads)
{
    struct fw_error err = {0};
    struct fw_halving_schedule schedule;
    struct fw_halving_result *results = calloc((size_t)n, sizeof *results);
    int64_t *survivors = calloc((size_t)n, sizeof *survivors);
    int64_t n_survivors;
    fw_halving_doubling(&schedule, n, ground->dataset->n_rows, INT64_MAX, 1);
    double started = fw_clock_seconds();
    fail_if(fw_halving_run(results, survivors, &n_survivors, evaluator, ground, candidates, n, &schedule, threads, NULL,
                           &err),
            &err);
    double seconds = fw_clock_seconds() - started;
    *winner = survivors[0];
    free(results);
    free(survivors);
    return seconds;
}

int main(int argc, char **argv)
{
    bool smoke = argc > 1 && strcmp(argv[1], "--smoke") == 0;
    int64_t rows = smoke ? 3000 : argc > 1 ? strtoll(argv[1], NULL, 10) : 30000;
    struct fw_error err = {0};
    if (rows < 1000) {
        fprintf(stderr, "bench_evaluator: rows are a number from 1000 up\n");
        return 2;
    }
    struct fw_training_data data = make_data(rows);
    struct fw_dataset *d = data.dataset;
    struct fw_feature_set set = {.dataset = d, .n_base = d->n_fields};
    const struct fw_field **fields = calloc((size_t)d->n_fields, sizeof *fields);
    int64_t *column = calloc((size_t)d->n_fields, sizeof *column);
    struct fw_evaluator_options options;
    struct fw_metrics_workspace *workspace;
    struct fw_baseline *baseline;
    fw_evaluator_options_init(&options);
    fw_feature_set_fields(&set, fields);
    for (int32_t f = 0; f < d->n_fields; f++)
        column[f] = data.encoder->fields[f].column;
    options.refit.threads = 0;
    fail_if(fw_crossfit_create(&set.model, d, NULL, &err), &err);
    fail_if(fw_crossfit_fit(set.model, fields, d->n_fields, &options.refit, &err), &err);
    fail_if(fw_metrics_workspace_create(&workspace, d->n_rows, NULL, &err), &err);
    fail_if(fw_baseline_create(&baseline, d->n_rows, NULL, &err), &err);
    struct fw_scored_view view = {.scores = set.model->logit, .labels = d->labels, .n = d->n_rows};
    fail_if(fw_baseline_set(baseline, view, workspace, &err), &err);
    struct fw_ground ground = {.dataset = d,
                               .fields = fields,
                               .n_fields = d->n_fields,
                               .model = set.model,
                               .baseline = baseline,
                               .gradient = calloc((size_t)d->n_rows, sizeof(float)),
                               .curvature = calloc((size_t)d->n_rows, sizeof(float)),
                               .objective = FW_OBJECTIVE_LOGLOSS,
                               .options = options};
    ground.options.refit.max_sweeps = 14;
    fw_gradients(set.model->logit, d->labels, NULL, d->n_rows, ground.gradient, ground.curvature);
    struct fw_candidate_rules rules = {.max_order = 2, .column = column};
    struct fw_candidate *candidates;
    int64_t n;
    int32_t left_out;
    fail_if(fw_candidates_list(&candidates, &n, &left_out, &set, &rules, NULL, &err), &err);
    int64_t winner[3];
    double fast = 1e9;
    double two = 1e9;
    for (int k = 0; k < 5; k++) { /* the fastest of five, in turn */
        double seconds = run(&winner[0], &fw_evaluator_newton, &ground, candidates, n, 1);
        fast = seconds < fast ? seconds : fast;
        seconds = run(&winner[1], &fw_evaluator_newton, &ground, candidates, n, 2);
        two = seconds < two ? seconds : two;
    }
    int64_t sample = smoke ? n / 8 : n;
    double slow = run(&winner[2], &fw_evaluator_lr, &ground, candidates, sample, 1) * (double)n / (double)sample;
    printf("name,rows,candidates,threads,seconds,ratio,note\n");
    printf("evaluator/newton,%lld,%lld,1,%.4f,1,%.2f ns a row and candidate\n", (long long)rows, (long long)n, fast,
           1e9 * fast / (double)(n * rows));
    printf("evaluator/newton,%lld,%lld,2,%.4f,%.2f,times faster on two threads\n", (long long)rows, (long long)n, two,
           fast / two);
    printf("evaluator/lr,%lld,%lld,1,%.3f,%.0f,times the time of newton; %s winner\n", (long long)rows, (long long)n,
           slow, slow / fast, winner[0] == winner[2] ? "same" : "another");
    fw_free(NULL, candidates);
    free(ground.gradient);
    free(ground.curvature);
    free(fields);
    free(column);
    fw_baseline_destroy(baseline);
    fw_metrics_workspace_destroy(workspace);
    fw_crossfit_destroy(set.model);
    fw_training_data_clear(&data);
    return 0;
}
