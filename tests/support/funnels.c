#include "support/funnels.h"

#include <math.h>

#include "core/rng.h"
#include "models/registry.h"
#include "support/inputs.h"
#include "support/test_main.h"

/* Streams of the seed beside those of planted.c and inputs.c. */
enum { stream_click = 500, stream_buy, stream_unknown, stream_place, stream_seen, stream_wanted };

const double funnels_seen[FUNNELS_POSITIONS] = {0.9, 0.6, 0.4, 0.25, 0.15};

static const struct fw_task tasks[] = {{.name = (char *)"click", .kind = FW_TASK_BINARY, .weight = 1},
                                       {.name = (char *)"buy", .kind = FW_TASK_BINARY, .weight = 1}};

static struct planted_options options_of(int64_t n_rows, uint64_t seed)
{
    return (struct planted_options){.n_rows = n_rows,
                                    .n_fields = 4,
                                    .n_ids = {7, 12, 40, 9},
                                    .strength = 0.6,
                                    .weighted = true,
                                    .power = 1.5,
                                    .seed = seed};
}

static bool draw(uint64_t seed, uint64_t stream, int64_t row, double p)
{
    return fw_rng_uniform_at(seed, stream, (uint64_t)row) < p;
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

struct fw_dataset *funnels_create(int64_t n_rows, bool unknown, uint64_t seed)
{
    struct planted_options options = options_of(n_rows, seed);
    struct planted_options other = options_of(n_rows, seed + 1000);
    struct fw_dataset *dataset = inputs_create(&options, 1);
    fw_free(NULL, dataset->labels);
    dataset->n_tasks = 2;
    dataset->labels = fw_alloc_array(NULL, 2 * n_rows, sizeof *dataset->labels);
    ck_assert_ptr_nonnull(dataset->labels);
    for (int64_t row = 0; row < n_rows; row++) {
        float *label = dataset->labels + 2 * row;
        bool click = draw(seed, stream_click, row, sigmoid(planted_logit(&options, dataset, row) - 1));
        bool buy = click && draw(seed, stream_buy, row, sigmoid(planted_logit(&other, dataset, row) - 1));
        label[0] = click ? 1.0f : 0.0f;
        label[1] = buy ? 1.0f : 0.0f;
        for (int t = 0; t < 2; t++) {
            if (unknown && draw(seed, stream_unknown, 2 * row + t, 0.125))
                label[t] = NAN;
        }
    }
    return dataset;
}

static double wanted(const struct planted_options *options, const struct fw_dataset *dataset, int64_t row)
{
    struct fw_dataset shown = *dataset;
    shown.n_fields = options->n_fields;
    return sigmoid(planted_logit(options, &shown, row) - 0.5);
}

double funnels_wanted(const struct fw_dataset *dataset, int64_t row, uint64_t seed)
{
    struct planted_options options = options_of(dataset->n_rows, seed);
    return wanted(&options, dataset, row);
}

struct fw_dataset *funnels_shown(int64_t n_rows, uint64_t seed)
{
    struct planted_options options = options_of(n_rows, seed);
    struct fw_dataset *dataset = inputs_create(&options, 1);
    struct fw_field field;
    ck_ok(fw_field_init(&field, "slot", FW_ID_FIRST + FUNNELS_POSITIONS, n_rows, NULL, err));
    field.kind = FW_FIELD_POSITION;
    field.positions = fw_alloc_array(NULL, field.n_ids, sizeof *field.positions);
    ck_assert_ptr_nonnull(field.positions);
    for (int64_t id = 0; id < field.n_ids; id++)
        field.positions[id] = id < FW_ID_FIRST ? (double)NAN : (double)(id - FW_ID_FIRST + 1);
    for (int64_t row = 0; row < n_rows; row++) {
        double p = wanted(&options, dataset, row);
        double u = 0.5 * fw_rng_uniform_at(seed, stream_place, (uint64_t)row) + 0.5 * (1 - p);
        uint32_t place = (uint32_t)(FUNNELS_POSITIONS * (u < 0.999 ? u : 0.999));
        uint32_t id = FW_ID_FIRST + place;
        fw_field_write(&field, row, 1, &id);
        bool click = draw(seed, stream_seen, row, funnels_seen[place]) && draw(seed, stream_wanted, row, p);
        dataset->labels[row] = click ? 1.0f : 0.0f;
    }
    ck_ok(fw_dataset_append(dataset, &field, err));
    return dataset;
}

static struct fw_model *make(const char *name, const struct fw_params *params, const struct fw_dataset *dataset,
                             int threads, bool scoring_only)
{
    const struct fw_model_vtable *vtable;
    struct fw_model *model;
    ck_ok(fw_model_find(&vtable, name, err));
    struct fw_model_config config = {.dataset = dataset,
                                     .params = params,
                                     .tasks = tasks,
                                     .n_tasks = fw_dataset_tasks(dataset),
                                     .seed = 1,
                                     .threads = threads,
                                     .scoring_only = scoring_only};
    ck_ok(fw_model_create(&model, vtable, &config, NULL, err));
    return model;
}

struct fw_model *funnels_model(const char *name, const char *settings, const struct fw_dataset *dataset, int threads)
{
    const struct fw_model_vtable *vtable;
    struct fw_params params;
    ck_ok(fw_model_find(&vtable, name, err));
    fw_params_init(&params, vtable->params);
    if (settings != NULL)
        ck_ok(fw_params_parse(&params, settings, err));
    return make(name, &params, dataset, threads, false);
}

struct fw_model *funnels_scoring(const struct fw_model *model, const char *settings, const struct fw_dataset *dataset)
{
    struct fw_params params = model->params;
    if (settings != NULL)
        ck_ok(fw_params_parse(&params, settings, err));
    struct fw_model *scoring = make(model->vtable->name, &params, dataset, 1, true);
    fw_real *values = fw_alloc_array(NULL, fw_model_parameter_count(model), sizeof *values);
    ck_assert_ptr_nonnull(values);
    fw_model_get_parameters(model, values);
    fw_model_set_parameters(scoring, values);
    fw_free(NULL, values);
    return scoring;
}
