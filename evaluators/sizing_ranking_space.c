/* What of a click model is sized: its inputs with the counts of their ids on the training rows. */
#include "evaluators/sizing_ranking_space.h"

#include "models/network.h"

static void count_ids(int64_t *counts, int32_t field, const struct fw_row_set *rows)
{
    uint32_t scratch[FW_DATASET_BLOCK];
    for (int32_t p = 0; p < rows->n_parts; p++) {
        for (int64_t first = 0; first < rows->parts[p].n; first += FW_DATASET_BLOCK) {
            int64_t left = rows->parts[p].n - first;
            int64_t n = left < FW_DATASET_BLOCK ? left : FW_DATASET_BLOCK;
            const uint32_t *ids = fw_view_ids(&rows->parts[p], field, first, n, scratch);
            for (int64_t i = 0; i < n; i++)
                counts[ids[i]]++;
        }
    }
}

/* The model's inputs, with the counts of their ids, as the space wants them. counts is the caller's. */
static enum fw_status list_inputs(struct fw_sized_input *inputs, int32_t *n_out, int64_t **counts_out,
                                  const struct fw_sizing_ranking_config *config, const struct fw_row_set *train,
                                  struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    const struct fw_dataset *d = config->dataset;
    struct fw_model_config model = {.dataset = d, .params = config->params};
    struct fw_op_inputs chosen;
    int64_t total = 0;
    int32_t *places;
    FW_ALLOC(places, mem, d->n_fields + d->n_values, "the inputs of a model", err);
    fw_network_inputs(&chosen, places, places + d->n_fields, &model);
    for (int32_t i = 0; i < chosen.n_fields; i++)
        total += d->fields[chosen.fields[i]].n_ids;
    FW_ALLOC_GOTO(*counts_out, mem, total + chosen.n_values, "the counts of ids", err, done);
    int64_t *counts = *counts_out;
    for (int32_t i = 0; i < chosen.n_fields; i++) {
        const struct fw_field *field = &d->fields[chosen.fields[i]];
        bool ranked = field->kind == FW_FIELD_CATEGORY || field->kind == FW_FIELD_CROSS;
        count_ids(counts, chosen.fields[i], train);
        inputs[i] = (struct fw_sized_input){field->name, field->n_ids, ranked, counts};
        counts += field->n_ids;
    }
    for (int32_t v = 0; v < chosen.n_values; v++) {
        *counts = fw_row_set_rows(train);
        inputs[chosen.n_fields + v] = (struct fw_sized_input){d->values[chosen.values[v]].name, 1, false, counts++};
    }
    *n_out = chosen.n_fields + chosen.n_values;
done:
    fw_free(mem, places);
    return status;
}

enum fw_status fw_sizing_ranking_space(struct fw_embedding_space **out, const struct fw_sizing_ranking_config *config,
                                       const struct fw_row_set *train, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_sized_input *inputs = NULL;
    int64_t *counts = NULL;
    int32_t n = 0;
    const struct fw_dataset *d = config->dataset;
    struct fw_embedding_space_options options = {.dim = (int32_t)fw_params_get(config->params, "dim"),
                                                 .grid = config->grid,
                                                 .multi = config->multi,
                                                 .projected = config->projected};
    FW_ALLOC(inputs, mem, d->n_fields + d->n_values, "the inputs of a model", err);
    FW_TRY_GOTO(list_inputs(inputs, &n, &counts, config, train, mem, err), done);
    if (n == 0) {
        status = fw_error_set(err, FW_E_ARG, "nothing gets an embedding with numeric=%s and crosses=%s",
                              fw_params_choice(config->params, "numeric"), fw_params_choice(config->params, "crosses"));
        goto done;
    }
    status = fw_embedding_space_create(out, inputs, n, &options, mem, err);
done:
    fw_free(mem, counts);
    fw_free(mem, inputs);
    return status;
}
