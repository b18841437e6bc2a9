#include "evaluators/sizing_ranking.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/rng.h"
#include "evaluators/metrics.h"
#include "models/registry.h"
#include "support/inputs.h"
#include "support/test_main.h"

enum { n_rows = 1200, n_folds = 4, fold_rows = n_rows / n_folds, judge_rows = 100, batch_rows = 64 };
enum { depths_most = 8 * FW_STRIPS_MOST, blocks_most = depths_most * FW_ROW_STRIPS_MOST };

/* Four fields (one of bins, one a cross) and a number, and a model of them. */
struct ground {
    struct fw_dataset *data;
    struct fw_params params;
    struct fw_sizing_ranking_config config;
    struct fw_sizing_ranking *ranking;
    struct fw_sizing_model model;
    fw_level levels[depths_most];
    uint32_t depths[depths_most];
};

static struct fw_dataset *make_data(void)
{
    struct planted_options options = {.n_rows = n_rows,
                                      .n_fields = 4,
                                      .n_ids = {40, 6, 12, 30},
                                      .strength = 0.7,
                                      .power = 2,
                                      .n_folds = n_folds,
                                      .weighted = true,
                                      .seed = 3};
    return inputs_create(&options, 1);
}

static struct fw_sizing_ranking_config config_of(const char *name, const char *settings, struct ground *g)
{
    struct fw_sizing_ranking_config config = {.dataset = g->data,
                                              .params = &g->params,
                                              .judge_rows = judge_rows,
                                              .look_rows = judge_rows,
                                              .seed = 5,
                                              .threads = 1};
    ck_ok(fw_model_find(&config.model, name, err));
    fw_params_init(&g->params, config.model->params);
    ck_ok(fw_params_parse(&g->params, settings, err));
    fw_embedding_grid_published(&config.grid);
    return config;
}

static const char *const small_settings =
    "dim=8,layers=1,units=8,dropout=0.1,crosses=both,batch=64,epochs=4,patience=2";

static void create(struct ground *g)
{
    ck_ok(fw_sizing_ranking_create(&g->ranking, &g->config, NULL, err));
    g->model = fw_sizing_ranking_model(g->ranking);
    ck_assert_int_le(fw_embedding_space_levels(g->model.space), depths_most);
    fw_embedding_space_fill(g->model.space, g->levels);
    fw_embedding_space_depths(g->model.space, g->depths, g->levels);
}

/* Several widths; `projected` or not. */
static void make_ground(struct ground *g, bool projected)
{
    *g = (struct ground){.data = make_data()};
    g->config = config_of("deepfm", small_settings, g);
    g->config.multi = true;
    g->config.projected = projected;
}

static void clear_ground(struct ground *g)
{
    fw_sizing_ranking_destroy(g->ranking);
    fw_dataset_destroy(g->data);
}

/* Depths of a random sizing: what a controller would ask for at this step. */
static void draw_depths(struct ground *g, int64_t step)
{
    struct fw_rng rng;
    int32_t choices[depths_most];
    fw_rng_seed(&rng, 1, fw_stream((uint64_t)step, 0, FW_STREAM_TEST));
    for (int32_t d = 0; d < g->model.space->n_decisions; d++)
        choices[d] = (int32_t)fw_rng_below(&rng, (uint64_t)fw_embedding_space_choices(g->model.space, d));
    fw_embedding_space_apply(g->model.space, g->levels, choices);
    fw_embedding_space_depths(g->model.space, g->depths, g->levels);
}

static void learn(struct ground *g, int64_t first, int64_t n, bool drawn)
{
    for (int64_t step = first; step < first + n; step++) {
        double loss = -1;
        if (drawn)
            draw_depths(g, step);
        ck_ok(g->model.vtable->learn(g->model.self, &loss, g->depths, step, err));
        ck_assert(loss > 0 && loss < 2);
    }
}

/* With scratch of any alignment. */
static double judge(const struct ground *g, int64_t batch)
{
    double quality = -1;
    char *scratch = fw_alloc_array(NULL, 1, g->model.vtable->scratch(g->model.self) + 1);
    ck_assert_ptr_nonnull(scratch);
    ck_ok(g->model.vtable->judge(g->model.self, &quality, g->depths, batch, scratch + 1, err));
    fw_free(NULL, scratch);
    return quality;
}

static void *snapshot_of(const struct ground *g)
{
    void *bytes = fw_alloc_array(NULL, 1, g->model.vtable->snapshot_bytes(g->model.self));
    ck_assert_ptr_nonnull(bytes);
    g->model.vtable->snapshot(g->model.self, bytes);
    return bytes;
}

static size_t snapshot_bytes(const struct ground *g)
{
    return g->model.vtable->snapshot_bytes(g->model.self);
}

static struct fw_sizing_fit fit(const struct ground *g)
{
    struct fw_embedding_sizes *sizes = NULL;
    struct fw_sizing_fit out;
    ck_ok(fw_embedding_space_sizes(&sizes, g->model.space, g->levels, NULL, err));
    ck_ok(g->model.vtable->fit(g->model.self, &out, sizes, NULL, err));
    ck_assert_int_eq(out.bytes, fw_embedding_sizes_bytes(sizes));
    fw_embedding_sizes_destroy(sizes);
    return out;
}

/* ---- models with the same weights ---- */

static struct fw_model *model_of(const struct ground *g, const struct fw_embedding_sizes *sizes)
{
    struct fw_model *model = NULL;
    struct fw_model_config config = {
        .dataset = g->data, .params = &g->params, .sizes = sizes, .seed = g->config.seed, .threads = 1};
    ck_ok(fw_model_create(&model, g->config.model, &config, NULL, err));
    return model;
}

/* A model of all strips, as the shared one is, with the weights that it has now: those that a snapshot begins with. */
static struct fw_model *twin_of(const struct ground *g)
{
    struct fw_embedding_sizes *sizes = NULL;
    const struct fw_embedding_space *space = g->model.space;
    ck_ok(fw_embedding_sizes_create(&sizes, space->dim, space->n_inputs, NULL, err));
    for (int32_t i = 0; i < space->n_inputs; i++) {
        struct fw_embedding_size *size = &sizes->items[i];
        ck_ok(fw_embedding_sizes_name(sizes, i, space->inputs[i].name, err));
        size->projected = space->projected;
        size->n_strips = space->n_columns;
        for (int32_t t = 0; t < space->n_columns; t++)
            size->strips[t] = (struct fw_strip){.ids = space->inputs[i].n_ids, .width = space->width[t]};
    }
    struct fw_model *twin = model_of(g, sizes);
    void *bytes = snapshot_of(g);
    ck_assert_uint_ge(snapshot_bytes(g), (size_t)fw_model_parameter_count(twin) * sizeof(float));
    fw_model_set_parameters(twin, bytes);
    fw_free(NULL, bytes);
    fw_embedding_sizes_destroy(sizes);
    return twin;
}

static struct fw_parameter parameter_of(const struct fw_model *model, const char *name, int32_t field)
{
    struct fw_parameter p;
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &p); i++) {
        if (strcmp(p.name, name) == 0 && p.field == field)
            return p;
    }
    ck_abort_msg("no parameter %s of field %d", name, field);
    return p;
}

/* What the strips of an input give one of its rows, (dim). stem: "embedding" or "embedding.values0". */
static void embed(float *out, const struct ground *g, const struct fw_model *twin, const char *stem, int32_t field,
                  int64_t row)
{
    const struct fw_embedding_space *space = g->model.space;
    int32_t column = 0;
    for (int32_t k = 0; k < space->dim; k++)
        out[k] = 0;
    for (int32_t t = 0; t < space->n_columns; t++) {
        char name[64];
        char projection[80];
        snprintf(name, sizeof name, t > 0 ? "%s.%d" : "%s", stem, t + 1);
        snprintf(projection, sizeof projection, "%s.projection", name);
        struct fw_parameter table = parameter_of(twin, name, field);
        for (int32_t j = 0; j < space->width[t]; j++) {
            float x = table.data[row * table.width + j];
            if (!space->projected) {
                out[column + j] = x;
                continue;
            }
            struct fw_parameter map = parameter_of(twin, projection, field);
            for (int32_t k = 0; k < space->dim; k++)
                out[k] += x * map.data[j * space->dim + k];
        }
        column += space->width[t];
    }
}

/* A model without sizes that says what the twin says. */
static struct fw_model *plain_of(const struct ground *g, const struct fw_model *twin)
{
    struct fw_parameter p;
    struct fw_model *plain = model_of(g, NULL);
    for (int64_t i = 0; plain->vtable->parameter(plain->self, i, &p); i++) {
        if (strcmp(p.name, "embedding.values") == 0) {
            embed(p.data, g, twin, "embedding.values0", -1, 0);
        } else if (strcmp(p.name, "embedding") == 0) {
            for (int64_t row = 0; row < p.rows; row++)
                embed(p.data + row * p.width, g, twin, "embedding", p.field, row);
        } else {
            struct fw_parameter own = parameter_of(twin, p.name, p.field);
            ck_assert(own.rows == p.rows && own.width == p.width);
            memcpy(p.data, own.data, (size_t)(p.rows * p.width) * sizeof *p.data);
        }
    }
    return plain;
}

/* Metrics of a model on rows. */
static struct fw_metrics metrics_of(const struct fw_model *model, const struct fw_dataset *data, int64_t first,
                                    int64_t n)
{
    struct fw_metrics metrics;
    struct fw_metrics_workspace *workspace = NULL;
    struct fw_dataset_view rows = {.dataset = data, .row = first, .n = n};
    float logits[n_rows];
    void *scratch = fw_alloc_array(NULL, 1, fw_model_predict_bytes(model));
    ck_assert_ptr_nonnull(scratch);
    fw_model_predict(model, logits, &rows, scratch);
    struct fw_scored_view view = {logits, data->labels + first, data->weights + first, n};
    ck_ok(fw_metrics_workspace_create(&workspace, n, NULL, err));
    ck_ok(fw_metrics_compute(&metrics, view, workspace, err));
    fw_metrics_workspace_destroy(workspace);
    fw_free(NULL, scratch);
    return metrics;
}

/* ---- the space ---- */

START_TEST(test_sizing_ranking_space_has_the_inputs_of_the_model)
{
    struct ground g;
    make_ground(&g, false);
    create(&g);
    const struct fw_embedding_space *space = g.model.space;
    ck_assert_int_eq(space->n_inputs, 5);
    for (int32_t i = 0; i < 5; i++) {
        const struct fw_space_input *input = &space->inputs[i];
        ck_assert_str_eq(input->name, i < 4 ? g.data->fields[i].name : g.data->values[0].name);
        ck_assert_int_eq(input->n_ids, i < 4 ? g.data->fields[i].n_ids : 1);
        ck_assert_int_eq(input->n_rows > 1, i != 1 && i != 4); /* bins and numbers are not ranked */
        for (int64_t id = 0; id < input->n_ids; id++) {
            int64_t count = i == 4 ? n_rows - fold_rows : 0;
            for (int64_t row = fold_rows; row < n_rows && i < 4; row++)
                count += fw_field_id(&g.data->fields[i], row) == id;
            ck_assert_int_eq(input->counts[id], count);
        }
    }
    ck_assert_str_eq(g.model.vtable->quality, "auc");
    ck_assert_int_eq(g.model.vtable->train_batches(g.model.self), (n_rows - fold_rows + batch_rows - 1) / batch_rows);
    ck_assert_int_eq(g.model.vtable->judge_batches(g.model.self), fold_rows / judge_rows);
    clear_ground(&g);
}
END_TEST

/* ---- the shared model ---- */

START_TEST(test_sizing_ranking_full_depths_score_as_a_plain_model)
{
    struct ground g;
    make_ground(&g, _i % 2 == 1);
    g.config.objective = _i / 2 == 1 ? FW_OBJECTIVE_LOGLOSS : FW_OBJECTIVE_AUC;
    create(&g);
    ck_ok(g.model.vtable->start(g.model.self, NULL, err));
    learn(&g, 0, 40, true);
    fw_embedding_space_fill(g.model.space, g.levels);
    fw_embedding_space_depths(g.model.space, g.depths, g.levels);
    struct fw_model *twin = twin_of(&g);
    struct fw_model *plain = plain_of(&g, twin);
    for (int64_t b = -1; b < 3; b++) {
        int64_t first = b < 0 ? 0 : b * judge_rows;
        int64_t n = b < 0 ? fold_rows : judge_rows;
        struct fw_metrics as_twin = metrics_of(twin, g.data, first, n);
        struct fw_metrics as_plain = metrics_of(plain, g.data, first, n);
        double quality = judge(&g, b);
        if (g.config.objective == FW_OBJECTIVE_AUC) {
            ck_assert(quality == as_twin.auc);
            ck_assert_double_eq_tol(quality, as_plain.auc, g.config.projected ? 1e-3 : 1e-12);
        } else {
            ck_assert(quality == -as_twin.logloss);
            ck_assert_double_eq_tol(quality, -as_plain.logloss, g.config.projected ? 1e-6 : 1e-9);
        }
    }
    ck_assert(judge(&g, 4) == judge(&g, 1));                                             /* modulo their count */
    ck_assert_int_eq(fw_sizing_ranking_rows(g.ranking), 40 * (n_rows - fold_rows) / 15); /* batches are equally large */
    fw_model_destroy(plain);
    fw_model_destroy(twin);
    clear_ground(&g);
}
END_TEST

START_TEST(test_sizing_ranking_learns_what_is_planted)
{
    struct ground g;
    make_ground(&g, _i == 1);
    ck_ok(fw_params_parse(&g.params, "linear=none,rate=0.01", err));
    create(&g);
    ck_ok(g.model.vtable->start(g.model.self, NULL, err));
    double before = judge(&g, -1);
    learn(&g, 0, 150, false);
    double whole = judge(&g, -1);
    memset(g.depths, 0, sizeof g.depths);
    double nothing = judge(&g, -1);
    ck_assert_msg(whole > 0.6 && whole > before + 0.1, "%g after %g", whole, before);
    ck_assert_double_eq_tol(nothing, 0.5, 1e-12); /* without a block all rows are alike */
    clear_ground(&g);
}
END_TEST

START_TEST(test_sizing_ranking_goes_back_to_a_snapshot)
{
    static const char *const settings[] = {"optimiser=adam", "optimiser=adagrad", "optimiser=sgd",
                                           "linear=learned,wide_optimiser=ftrl,batch_norm=on"};
    struct ground g;
    make_ground(&g, _i % 2 == 1);
    ck_ok(fw_params_parse(&g.params, settings[_i], err));
    create(&g);
    size_t bytes = snapshot_bytes(&g);
    ck_ok(g.model.vtable->start(g.model.self, NULL, err));
    learn(&g, 0, 10, true);
    void *middle = snapshot_of(&g);
    learn(&g, 10, 30, true); /* across the end of a pass */
    void *end = snapshot_of(&g);
    ck_assert(memcmp(middle, end, bytes) != 0);
    g.model.vtable->restore(g.model.self, middle);
    learn(&g, 10, 30, true);
    void *again = snapshot_of(&g);
    ck_assert_mem_eq(again, end, bytes);
    ck_ok(g.model.vtable->start(g.model.self, NULL, err));
    learn(&g, 0, 10, true);
    g.model.vtable->snapshot(g.model.self, again);
    ck_assert_mem_eq(again, middle, bytes);
    fw_free(NULL, again);
    fw_free(NULL, end);
    fw_free(NULL, middle);
    clear_ground(&g);
}
END_TEST

START_TEST(test_sizing_ranking_is_the_same_on_any_number_of_threads)
{
    static const int threads[] = {1, 2, 3, 8};
    void *snapshots[4];
    double quality[4];
    struct fw_sizing_fit fits[4];
    size_t bytes = 0;
    for (int i = 0; i < 4; i++) {
        struct ground g;
        make_ground(&g, _i == 1);
        g.config.threads = threads[i];
        create(&g);
        ck_ok(g.model.vtable->start(g.model.self, NULL, err));
        learn(&g, 0, 30, true);
        bytes = snapshot_bytes(&g);
        snapshots[i] = snapshot_of(&g);
        quality[i] = judge(&g, -1);
        fits[i] = fit(&g);
        clear_ground(&g);
    }
    for (int i = 1; i < 4; i++) {
        ck_assert_mem_eq(snapshots[i], snapshots[0], bytes);
        ck_assert(quality[i] == quality[0]);
        ck_assert(fits[i].quality == fits[0].quality && fits[i].loss == fits[0].loss);
        ck_assert_int_eq(fits[i].epochs, fits[0].epochs);
        fw_free(NULL, snapshots[i]);
    }
    fw_free(NULL, snapshots[0]);
}
END_TEST

START_TEST(test_sizing_ranking_a_batch_of_one_class_has_no_auc)
{
    struct ground g;
    make_ground(&g, false);
    create(&g);
    for (int64_t row = 0; row < judge_rows; row++)
        g.data->labels[row] = 1;
    ck_ok(g.model.vtable->start(g.model.self, NULL, err));
    ck_assert(isnan(judge(&g, 0)));
    ck_assert(!isnan(judge(&g, 1)) && !isnan(judge(&g, -1)));
    clear_ground(&g);
}
END_TEST

/* ---- blocks ---- */

START_TEST(test_sizing_ranking_worth_looks_and_moves_nothing)
{
    struct ground g;
    make_ground(&g, _i == 1);
    ck_ok(fw_params_parse(&g.params, "dropout=0", err)); /* sums of batches would have other masks */
    create(&g);
    int64_t n = fw_embedding_space_blocks(g.model.space);
    double *all = fw_alloc_array(NULL, n, sizeof *all);
    double *parts = fw_alloc_array(NULL, n, sizeof *parts);
    int64_t rows = 7;
    double most = 0;
    ck_ok(g.model.vtable->start(g.model.self, NULL, err));
    learn(&g, 0, 40, true);
    void *before = snapshot_of(&g);
    ck_ok(g.model.vtable->worth(g.model.self, all, &rows, g.depths, -1, err));
    ck_assert_int_eq(rows, 7 + fold_rows);
    rows = 0;
    for (int64_t b = 0; b < 3; b++)
        ck_ok(g.model.vtable->worth(g.model.self, parts, &rows, g.depths, b, err));
    ck_assert_int_eq(rows, fold_rows);
    for (int64_t b = 0; b < n; b++)
        most = fmax(most, fabs(all[b]));
    ck_assert_double_gt(most, 0);
    for (int64_t b = 0; b < n; b++) {
        int32_t i = (int32_t)(b / FW_STRIPS_MOST / FW_ROW_STRIPS_MOST);
        ck_assert_double_eq_tol(all[b], parts[b], 1e-4 * most); /* what is summed over batches is what all rows say */
        if (b % FW_STRIPS_MOST >= g.model.space->n_columns ||
            b / FW_STRIPS_MOST % FW_ROW_STRIPS_MOST >= g.model.space->inputs[i].n_rows)
            ck_assert(all[b] == 0);
    }
    ck_ok(g.model.vtable->worth(g.model.self, parts, NULL, g.depths, 5, err)); /* any number, rows not wanted */
    void *after = snapshot_of(&g);
    ck_assert_mem_eq(after, before, snapshot_bytes(&g));
    fw_free(NULL, after);
    fw_free(NULL, before);
    fw_free(NULL, parts);
    fw_free(NULL, all);
    clear_ground(&g);
}
END_TEST

/* Neither dropout nor the running means of batch normalisation take note of looks. */
START_TEST(test_sizing_ranking_learns_as_if_nobody_had_looked)
{
    void *snapshots[2];
    size_t bytes = 0;
    double looks[2][blocks_most];
    memset(looks, 0, sizeof looks);
    for (int looked = 0; looked < 2; looked++) {
        struct ground g;
        make_ground(&g, _i == 1);
        ck_ok(fw_params_parse(&g.params, "dropout=0.4,batch_norm=on", err));
        create(&g);
        ck_assert_int_le(fw_embedding_space_blocks(g.model.space), blocks_most);
        ck_ok(g.model.vtable->start(g.model.self, NULL, err));
        for (int64_t step = 0; step < 20; step++) {
            learn(&g, step, 1, true);
            if (looked == 1)
                ck_ok(g.model.vtable->worth(g.model.self, looks[1], NULL, g.depths, step, err));
        }
        bytes = snapshot_bytes(&g);
        snapshots[looked] = snapshot_of(&g);
        memset(looks[looked], 0, sizeof looks[looked]); /* a look says the same, whenever it is taken */
        ck_ok(g.model.vtable->worth(g.model.self, looks[looked], NULL, g.depths, 3, err));
        clear_ground(&g);
    }
    ck_assert_mem_eq(snapshots[0], snapshots[1], bytes);
    ck_assert_mem_eq(looks[0], looks[1], sizeof looks[0]);
    fw_free(NULL, snapshots[1]);
    fw_free(NULL, snapshots[0]);
}
END_TEST

START_TEST(test_sizing_ranking_norms_are_those_of_the_tables)
{
    struct ground g;
    make_ground(&g, _i == 1);
    create(&g);
    const struct fw_embedding_space *space = g.model.space;
    int64_t n = fw_embedding_space_blocks(space);
    double *squares = fw_alloc_array(NULL, n, sizeof *squares);
    double sum = 0;
    double expected = 0;
    memset(squares, 0xff, (size_t)n * sizeof *squares);
    learn(&g, 0, 20, false);
    g.model.vtable->norms(g.model.self, squares);
    struct fw_model *twin = twin_of(&g);
    for (int64_t b = 0; b < n; b++)
        sum += squares[b];
    struct fw_parameter p;
    for (int64_t i = 0; twin->vtable->parameter(twin->self, i, &p); i++) {
        for (int64_t k = 0; k < p.rows * p.width && strncmp(p.name, "embedding", 9) == 0; k++)
            expected += (double)p.data[k] * (double)p.data[k];
    }
    if (!space->projected) /* else it is what rows come to behind the projection */
        ck_assert_double_eq_tol(sum, expected, 1e-9 * expected);
    /* the block of the second row strip and the first column strip of the first field, by hand */
    double block = 0;
    struct fw_parameter table = parameter_of(twin, "embedding", 0);
    for (int64_t row = space->inputs[0].depth[0]; row < space->inputs[0].depth[1]; row++) {
        for (int32_t k = 0; k < (space->projected ? space->dim : space->width[0]); k++) {
            double x = space->projected ? 0 : (double)table.data[row * table.width + k];
            for (int32_t j = 0; j < space->width[0] && space->projected; j++)
                x += (double)table.data[row * table.width + j] *
                     (double)parameter_of(twin, "embedding.projection", 0).data[j * space->dim + k];
            block += x * x;
        }
    }
    ck_assert_double_eq_tol(squares[fw_embedding_space_block(0, 1, 0)], block, 1e-5 * block);
    fw_model_destroy(twin);
    fw_free(NULL, squares);
    clear_ground(&g);
}
END_TEST

/* ---- trainings from scratch ---- */

static enum fw_status auc_of_rows(void *self, double *out, const float *logits, const float *labels,
                                  const float *weights, int64_t n, struct fw_error *err)
{
    struct fw_metrics_workspace *workspace = NULL;
    struct fw_scored_view view = {logits, labels, weights, n};
    (void)self;
    FW_TRY(fw_metrics_workspace_create(&workspace, n, NULL, err));
    enum fw_status status = fw_metrics_auc(out, NULL, view, workspace, err);
    fw_metrics_workspace_destroy(workspace);
    return status;
}

/* Trains a model of these sizes as anybody would; NULL: a plain one. */
static struct fw_metrics train_by_hand(const struct ground *g, const struct fw_embedding_sizes *sizes, int64_t *epochs)
{
    struct fw_training training;
    struct fw_trainer_options options;
    struct fw_model *model = model_of(g, sizes);
    struct fw_row_set train = fw_row_set_but_fold(g->data, 0);
    struct fw_row_set valid = fw_row_set_fold(g->data, 0);
    fw_trainer_options_init(&options, &g->params);
    options.seed = g->config.seed;
    options.metric = (struct fw_trainer_metric){.name = "auc", .score = auc_of_rows};
    ck_ok(fw_trainer_run(&training, model, &train, &valid, &options, NULL, NULL, err));
    *epochs = training.n_epochs;
    struct fw_metrics metrics = metrics_of(model, g->data, 0, fold_rows);
    fw_training_clear(&training, NULL);
    fw_model_destroy(model);
    return metrics;
}

START_TEST(test_sizing_ranking_fits_as_the_trainer_does)
{
    struct ground g;
    make_ground(&g, _i == 1);
    struct fw_embedding_sizes *sizes = NULL;
    int64_t epochs;
    create(&g);
    ck_ok(g.model.vtable->start(g.model.self, NULL, err));
    learn(&g, 0, 20, false);
    void *before = snapshot_of(&g);
    int64_t rows = fw_sizing_ranking_rows(g.ranking);
    for (int full = 0; full < 2; full++) {
        draw_depths(&g, 7);
        if (full == 1)
            fw_embedding_space_fill(g.model.space, g.levels);
        struct fw_sizing_fit fitted = fit(&g);
        ck_ok(fw_embedding_space_sizes(&sizes, g.model.space, g.levels, NULL, err));
        struct fw_metrics expected = train_by_hand(&g, sizes, &epochs);
        ck_assert(fitted.quality == expected.auc && fitted.loss == expected.logloss && isnan(fitted.test));
        ck_assert_int_eq(fitted.epochs, epochs);
        ck_assert(fitted.seconds > 0);
        rows += epochs * (n_rows - fold_rows);
        ck_assert_int_eq(fw_sizing_ranking_rows(g.ranking), rows);
        if (full == 1) { /* sizes that are full make the plain model, to the bit */
            struct fw_metrics plain = train_by_hand(&g, NULL, &epochs);
            ck_assert(plain.auc == fitted.quality && plain.logloss == fitted.loss && epochs == fitted.epochs);
            ck_assert_int_eq(fitted.bytes, fw_embedding_space_full_bytes(g.model.space));
        }
        fw_embedding_sizes_destroy(sizes);
    }
    void *after = snapshot_of(&g);
    ck_assert_mem_eq(after, before, snapshot_bytes(&g));
    fw_free(NULL, after);
    fw_free(NULL, before);
    clear_ground(&g);
}
END_TEST

START_TEST(test_sizing_ranking_nobody_sees_the_test_rows)
{
    struct fw_sizing_fit fits[2];
    void *snapshots[2];
    double quality[2];
    size_t bytes = 0;
    for (int flipped = 0; flipped < 2; flipped++) {
        struct ground g;
        make_ground(&g, _i == 1);
        g.config.test = true;
        for (int64_t row = fold_rows; row < 2 * fold_rows && flipped == 1; row++)
            g.data->labels[row] = 1 - g.data->labels[row];
        create(&g);
        int64_t train = n_rows - 2 * fold_rows;
        ck_assert_int_eq(g.model.vtable->train_batches(g.model.self), (train + batch_rows - 1) / batch_rows);
        ck_assert_int_eq(g.model.vtable->judge_batches(g.model.self), 3);
        ck_assert_int_eq(g.model.space->inputs[4].counts[0], train);
        ck_ok(g.model.vtable->start(g.model.self, NULL, err));
        learn(&g, 0, 25, true);
        quality[flipped] = judge(&g, -1);
        snapshots[flipped] = snapshot_of(&g);
        bytes = snapshot_bytes(&g);
        fw_embedding_space_fill(g.model.space, g.levels);
        fits[flipped] = fit(&g);
        clear_ground(&g);
    }
    ck_assert_mem_eq(snapshots[0], snapshots[1], bytes);
    ck_assert(quality[0] == quality[1]);
    ck_assert(fits[0].quality == fits[1].quality && fits[0].loss == fits[1].loss);
    ck_assert(fits[0].test > 0.6);
    ck_assert_double_eq_tol(fits[0].test + fits[1].test, 1, 1e-9); /* labels turned round turn the AUC round */
    fw_free(NULL, snapshots[1]);
    fw_free(NULL, snapshots[0]);
}
END_TEST

START_TEST(test_sizing_ranking_a_fit_stops_when_asked)
{
    struct ground g;
    make_ground(&g, false);
    struct fw_embedding_sizes *sizes = NULL;
    struct fw_sizing_fit out;
    atomic_int stop = 1;
    struct fw_budget budget = {.stop = &stop};
    create(&g);
    ck_ok(g.model.vtable->start(g.model.self, NULL, err)); /* with the linear part, that the fit takes */
    ck_ok(fw_embedding_space_sizes(&sizes, g.model.space, g.levels, NULL, err));
    ck_assert_int_eq(g.model.vtable->fit(g.model.self, &out, sizes, &budget, NULL), FW_E_STOPPED);
    budget = (struct fw_budget){.started = -1e9, .seconds = 1};
    ck_assert_int_eq(g.model.vtable->fit(g.model.self, &out, sizes, &budget, NULL), FW_E_BUDGET);
    fw_embedding_sizes_destroy(sizes);
    clear_ground(&g);
}
END_TEST

START_TEST(test_sizing_ranking_refuses_what_cannot_be_sized)
{
    struct ground g;
    make_ground(&g, false);
    struct fw_sizing_ranking *ranking = NULL;
    struct fw_error error = {0};
    struct fw_sizing_ranking_config config = config_of("lr", "epochs=1", &g);
    ck_assert_int_eq(fw_sizing_ranking_create(&ranking, &config, NULL, &error), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(error.message, "'lr' has no embeddings"));
    config = config_of("deepfm", small_settings, &g);
    g.data->n_folds = 2;
    config.test = true;
    ck_assert_int_eq(fw_sizing_ranking_create(&ranking, &config, NULL, &error), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(error.message, "there are 2"));
    g.data->n_folds = n_folds;
    config.test = false;
    int64_t kept = g.data->fold_start[1];
    g.data->fold_start[1] = 0;
    ck_assert_int_eq(fw_sizing_ranking_create(&ranking, &config, NULL, &error), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(error.message, "no validation rows"));
    g.data->fold_start[1] = kept;
    for (int32_t f = 0; f < 4; f++)
        g.data->fields[f].kind = FW_FIELD_CROSS; /* they are in the linear part alone */
    ck_ok(fw_params_parse(&g.params, "crosses=wide,numeric=bins", err));
    ck_assert_int_eq(fw_sizing_ranking_create(&ranking, &config, NULL, &error), FW_E_ARG);
    ck_assert_ptr_nonnull(strstr(error.message, "nothing gets an embedding"));
    ck_assert_ptr_null(ranking);
    fw_sizing_ranking_destroy(NULL);
    clear_ground(&g);
}
END_TEST

/* Everything that allocates, with this allocator. */
static enum fw_status use(struct ground *g, struct fw_allocator *mem)
{
    enum fw_status status = FW_OK;
    struct fw_sizing_ranking *ranking = NULL;
    struct fw_embedding_sizes *sizes = NULL;
    char *scratch = NULL;
    double quality;
    struct fw_sizing_fit out;
    uint32_t depths[depths_most];
    FW_TRY(fw_sizing_ranking_create(&ranking, &g->config, mem, NULL));
    struct fw_sizing_model model = fw_sizing_ranking_model(ranking);
    fw_embedding_space_fill(model.space, g->levels);
    fw_embedding_space_depths(model.space, depths, g->levels);
    scratch = fw_alloc_array(NULL, 1, model.vtable->scratch(model.self));
    ck_ok(fw_embedding_space_sizes(&sizes, model.space, g->levels, NULL, err));
    FW_TRY_GOTO(model.vtable->start(model.self, NULL, NULL), done);
    FW_TRY_GOTO(model.vtable->judge(model.self, &quality, depths, -1, scratch, NULL), done);
    status = model.vtable->fit(model.self, &out, sizes, NULL, NULL);
done:
    fw_embedding_sizes_destroy(sizes);
    fw_free(NULL, scratch);
    fw_sizing_ranking_destroy(ranking);
    return status;
}

START_TEST(test_sizing_ranking_refused_memory_is_an_error_without_leak)
{
    struct ground g;
    make_ground(&g, true);
    enum fw_status status = FW_E_NOMEM;
    int64_t fail_at = 0;
    ck_ok(fw_params_parse(&g.params, "epochs=1", err));
    g.config.test = true;
    while (status != FW_OK) {
        struct fw_allocator mem;
        fw_allocator_init(&mem, 0);
        mem.fail_at = ++fail_at;
        status = use(&g, &mem);
        ck_assert(status == FW_OK || status == FW_E_NOMEM);
        ck_assert_uint_eq(mem.used, 0);
        ck_assert_int_lt(fail_at, 1000);
    }
    ck_assert_int_gt(fail_at, 20);
    clear_ground(&g);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("sizing_ranking");
    TCase *tests = tcase_create("sizing_ranking");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_sizing_ranking_space_has_the_inputs_of_the_model);
    tcase_add_loop_test(tests, test_sizing_ranking_full_depths_score_as_a_plain_model, 0, 4);
    tcase_add_loop_test(tests, test_sizing_ranking_learns_what_is_planted, 0, 2);
    tcase_add_loop_test(tests, test_sizing_ranking_goes_back_to_a_snapshot, 0, 4);
    tcase_add_loop_test(tests, test_sizing_ranking_is_the_same_on_any_number_of_threads, 0, 2);
    tcase_add_test(tests, test_sizing_ranking_a_batch_of_one_class_has_no_auc);
    tcase_add_loop_test(tests, test_sizing_ranking_worth_looks_and_moves_nothing, 0, 2);
    tcase_add_loop_test(tests, test_sizing_ranking_learns_as_if_nobody_had_looked, 0, 2);
    tcase_add_loop_test(tests, test_sizing_ranking_norms_are_those_of_the_tables, 0, 2);
    tcase_add_loop_test(tests, test_sizing_ranking_fits_as_the_trainer_does, 0, 2);
    tcase_add_loop_test(tests, test_sizing_ranking_nobody_sees_the_test_rows, 0, 2);
    tcase_add_test(tests, test_sizing_ranking_a_fit_stops_when_asked);
    tcase_add_test(tests, test_sizing_ranking_refuses_what_cannot_be_sized);
    tcase_add_test(tests, test_sizing_ranking_refused_memory_is_an_error_without_leak);
    suite_add_tcase(suite, tests);
    return suite;
}
