/* PAL (Guo et al. 2019): a click needs that the position is looked at and that what is shown there is wanted,
 *
 *     p(click | x, position) = seen(position) rel(x),
 *
 * two sigmoids trained through their product. seen has one number a position; rel is DeepFM, as in the paper, with its
 * linear part learned along (one fitted beforehand would hold the click of whatever was ranked first). Only rel is
 * served, so that no position is needed. The two are known up to a common factor: of seen only ratios say something,
 * and of rel the order.
 *
 * position=feature is what the paper compares with: the position's embedding is one more input, and what is served
 * takes every row as shown at `default_position`. */
#include "models/multitask/pal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/network.h"
#include "models/registry.h"

/* seen begins where its sigmoid is steepest: from 0.9 it reached the true ratios three times later. */
#define FIRST_SEEN 0.0

static const char *const positions[] = {"factor", "feature", NULL};
enum { position_factor, position_feature };

static const struct fw_param_spec params[] = {
    {.name = "position",
     .choices = positions,
     .doc = "factor: learned apart and not needed at prediction; feature: an input, the same for all at prediction"},
    {.name = "position_rate",
     .when = "position=factor",
     .min = 1e-7,
     .max = 10,
     .fallback = 0.02,
     .low = 0.005,
     .high = 0.1,
     .log_scale = true,
     .doc = "learning rate of how much a position is looked at (Adam)"},
    {.name = "default_position",
     .scoring = true,
     .when = "position=feature",
     .min = -1e9,
     .max = 1e9,
     .fallback = 1,
     .doc = "position that every row is taken to have at prediction"},
    FW_EMBEDDING_PARAMS(8, 0.05),
    FW_HIDDEN_PARAMS(2, 64, 0.1),
    FW_NETWORK_NUMERIC_PARAM(fw_network_numeric),
    FW_NETWORK_OPTIMISER_PARAMS(0.001, 1e-5),
    FW_TRAINER_PARAMS(512, 30, 3),
    {.name = NULL},
};

int32_t fw_pal_field(const struct fw_dataset *dataset)
{
    for (int32_t f = 0; f < dataset->n_fields; f++) {
        if (dataset->fields[f].kind == FW_FIELD_POSITION)
            return f;
    }
    return -1;
}

/* The position's place among the fields of the model. */
static enum fw_status find_field(int32_t *out, const struct fw_model_config *config, struct fw_error *err)
{
    for (int32_t f = 0; f < config->n_fields; f++) {
        if (config->dataset->fields[config->fields[f]].kind != FW_FIELD_POSITION)
            continue;
        *out = f;
        return FW_OK;
    }
    return fw_error_set(err, FW_E_ARG,
                        "model 'pal' needs the column that says where a row was shown; name it with "
                        "--position COLUMN");
}

/* The id of `default_position`. */
static enum fw_status find_default(int64_t *out, const struct fw_network_builder *b, const struct fw_field *field,
                                   struct fw_error *err)
{
    double wanted = fw_network_get(b, "default_position");
    char known[256] = "";
    size_t at = 0;
    bool all = true;
    for (int64_t id = 0; field->positions != NULL && id < field->n_ids; id++) {
        if (field->positions[id] == wanted) { /* read from text and set from text: equal or another */
            *out = id;
            return FW_OK;
        }
        if (isnan(field->positions[id]))
            continue;
        all = at + 32 <= sizeof known;
        if (all)
            at += (size_t)snprintf(known + at, sizeof known - at, "%s%g", at > 0 ? ", " : "", field->positions[id]);
    }
    if (at == 0)
        return fw_error_set(err, FW_E_ARG,
                            "position=feature scores all rows at one position, default_position, which is a number, "
                            "and the positions of '%s' are texts; number them, or choose position=factor",
                            field->name);
    return fw_error_set(err, FW_E_ARG,
                        "default_position=%g is no position of '%s' that rows were trained on; set it to one of: %s%s",
                        wanted, field->name, known, all ? "" : ", ...");
}

/* rel as the sum of what DeepFM adds up. place: a field that is one more input, all rows being at `instead` (-1: where
 * they are); -1: there is none. */
static fw_node click_logit(struct fw_network_builder *b, int32_t place, int64_t instead)
{
    int32_t dim = fw_network_int(b, "dim");
    fw_node parts[4];
    int32_t n = 0;
    fw_node x = fw_network_embedding(b, "embedding");
    parts[n++] = fw_op_linear(b->graph, &b->wide, false, "linear");
    if (place >= 0) {
        double init = fw_network_get(b, "init");
        fw_node both[] = {x, fw_op_embedding_of(b->graph, place, dim, 0, init, instead, "position.embedding")};
        x = fw_op_concat(b->graph, both, 2);
        parts[n++] = fw_op_embedding_of(b->graph, place, 1, 0, 0, instead, "position.linear");
    }
    parts[n++] = fw_op_fm(b->graph, x, b->n_inputs + (place >= 0));
    parts[n++] = fw_network_output(b, fw_network_hidden(b, x, "deep"), "out");
    return fw_op_add(b->graph, parts, n);
}

/* A number a position that the rows of all others say nothing about. It is moved by an optimiser of its own: each has
 * thousands of rows and must go far in the few passes after which embeddings of rare ids know their rows by heart. */
static fw_node seen_logit(struct fw_network_builder *b, int32_t place)
{
    fw_node seen = fw_op_embedding_of(b->graph, place, 1, FIRST_SEEN, 0, -1, "seen");
    if (!b->graph->failed) {
        struct fw_weights *table = b->graph->weights[b->graph->n_weights - 1];
        table->part = FW_PART_GATES;
        table->penalised = false;
    }
    return seen;
}

static enum fw_status build(struct fw_network_builder *b, struct fw_error *err)
{
    const struct fw_model_config *config = b->config;
    int32_t place = -1;
    int64_t instead = -1;
    FW_TRY(find_field(&place, config, err));
    if (fw_network_int(b, "position") == position_feature) {
        /* checked before training too, used where the model scores: training and its judging see true positions */
        FW_TRY(find_default(&instead, b, &config->dataset->fields[config->fields[place]], err));
        fw_node logit = click_logit(b, place, config->scoring_only ? instead : -1);
        return fw_graph_finish(b->graph, logit, logit, &fw_loss_one, err);
    }
    FW_TRY(fw_optimiser_make(&b->graph->optimiser[FW_PART_GATES], "adam", fw_network_get(b, "position_rate"), 1e-8, 0,
                             0, err));
    fw_node both[] = {click_logit(b, -1, -1), seen_logit(b, place)};
    fw_node outputs = fw_op_concat(b->graph, both, 2);
    return fw_graph_finish(b->graph, outputs, outputs, &fw_loss_product, err);
}

/* What is served is the relevance; labels judge it together with where the row was shown. */
static bool reading(const void *self, int32_t index, const struct fw_task *tasks, int32_t n_tasks,
                    struct fw_reading *out)
{
    (void)n_tasks;
    bool factor = fw_network_outputs(self) == 2;
    if (index > (factor ? 1 : 0))
        return false;
    fw_reading_of_task(out, 0, &tasks[0]);
    if (index == 0) {
        out->judged = !factor;
        return true;
    }
    out->kind = FW_READ_PRODUCT;
    out->other = 1;
    out->served = false;
    snprintf(out->name, sizeof out->name, "%s_at_position", tasks[0].name);
    return true;
}

int64_t fw_pal_curve(double *seen, const struct fw_model *model)
{
    struct fw_parameter p;
    if (model->vtable != &fw_model_pal)
        return 0;
    for (int64_t i = 0; model->vtable->parameter(model->self, i, &p); i++) {
        if (strcmp(p.name, "seen") != 0)
            continue;
        for (int64_t id = 0; seen != NULL && id < p.rows; id++)
            seen[id] = 1 / (1 + exp(-(double)p.data[id]));
        return p.rows;
    }
    return 0;
}

const struct fw_model_vtable fw_model_pal = {
    FW_NETWORK_TASK_SLOTS,
    .name = "pal",
    .summary = "clicks as what is wanted times where it was looked at: needs no position at prediction",
    .params = params,
    .reads_position = true,
    .reading = reading,
    .build = build,
};
