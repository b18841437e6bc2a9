#include "cli/training_setup.h"

#include "cli/column_options.h"
#include "core/hash.h"

static enum fw_status make_plan(struct cli_training_setup *s, struct cli_data_options *data,
                                const struct fw_encoder_options *encoder, const struct fw_table *table,
                                struct fw_error *err)
{
    struct fw_schema_options options;
    struct fw_schema *schema = NULL;
    cli_schema_options(&options, data);
    FW_TRY(fw_schema_infer(&schema, table, &options, &data->mem, err));
    return cli_plan_of_schema(&s->plan, schema, &table->dialect, encoder, data, err);
}

static enum fw_status add_crosses(struct cli_training_setup *s, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_cross *crosses = NULL;
    struct fw_cross_options options;
    fw_cross_options_init(&options);
    options.min_count = s->plan->encoder.min_count;
    FW_ALLOC_GOTO(crosses, mem, s->plan->n_crosses, "the crosses", err, done);
    FW_TRY_GOTO(fw_plan_resolve_crosses(crosses, s->plan, s->training.encoder, err), done);
    for (int32_t x = 0; x < s->plan->n_crosses; x++)
        FW_TRY_GOTO(fw_encoder_add_cross(s->training.encoder, s->training.dataset, &crosses[x], &options, err), done);
done:
    fw_free(mem, crosses);
    return status;
}

static enum fw_status find_key(struct cli_training_setup *s, const struct fw_split_options *split, struct fw_error *err)
{
    char *plan = NULL;
    FW_TRY(fw_plan_print(&plan, s->plan, err));
    uint64_t hash = fw_hash_text(FIELDWISE_VERSION, 0);
    hash = fw_hash_combine(hash, fw_hash_text(plan, 0));
    hash = fw_hash_combine(hash, s->fingerprint);
    hash = fw_hash_combine(hash, (uint64_t)s->training.dataset->n_rows);
    hash = fw_hash_combine(hash, (uint64_t)split->kind);
    hash = fw_hash_combine(hash, (uint64_t)split->folds);
    hash = fw_hash_combine(hash, fw_hash_bytes(&split->valid_fraction, sizeof(double), 0));
    s->key = fw_hash_combine(hash, split->seed);
    fw_free(s->plan->mem, plan);
    return FW_OK;
}

static enum fw_status build(struct cli_training_setup *s, const struct fw_table *table, const int64_t *columns,
                            bool from_plan, bool want_values, struct cli_data_options *data,
                            struct cli_split_options *split, struct fw_error *err)
{
    uint64_t valid_fingerprint = 0;
    const struct fw_schema *schema = s->plan->schema;
    if (schema->time >= 0)
        data->time = schema->columns[schema->time].name;
    if (schema->group >= 0)
        data->group = schema->columns[schema->group].name;
    FW_TRY(cli_training_data(&s->training, &valid_fingerprint, split, data, table, columns, schema,
                             from_plan ? &s->plan->encoder : &split->encoder, want_values, err));
    if (!from_plan)
        s->plan->encoder = split->encoder; /* as it was settled for this many rows */
    s->fingerprint = split->valid != NULL ? fw_hash_combine(table->fingerprint, valid_fingerprint) : table->fingerprint;
    return find_key(s, &split->split, err);
}

enum fw_status cli_training_setup_prepare(struct cli_training_setup *out, const char *path, const char *plan,
                                          bool want_values, struct cli_data_options *data,
                                          struct cli_split_options *split, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_table *table = NULL;
    int64_t *columns = NULL;
    struct cli_training_setup s = {0};
    if (plan != NULL) {
        FW_TRY_GOTO(fw_plan_load(&s.plan, plan, &data->mem, err), done);
        if (data->single != NULL && data->labels.n == 0)
            FW_TRY_GOTO(fw_schema_check_single(s.plan->schema, data->single, err), done);
        FW_TRY_GOTO(cli_columns_check(data, s.plan->schema, false, plan, err), done);
        cli_data_from_plan(data, s.plan);
        s.plan->encoder.position = split->encoder.position;
        s.plan->schema->skip_bad_rows = data->skip_bad_rows;
    }
    FW_TRY_GOTO(cli_read_table(&table, path, data, err), done);
    if (s.plan == NULL)
        FW_TRY_GOTO(make_plan(&s, data, &split->encoder, table, err), done);
    else
        FW_TRY_GOTO(cli_columns_relabel(s.plan, table, data, plan, err), done);
    if (data->single != NULL)
        FW_TRY_GOTO(fw_schema_check_single(s.plan->schema, data->single, err), done);
    FW_TRY_GOTO(cli_match_columns(&columns, s.plan->schema, table, true, data, err), done);
    FW_TRY_GOTO(build(&s, table, columns, plan != NULL, want_values, data, split, err), done);
    FW_TRY_GOTO(add_crosses(&s, &data->mem, err), done);
    *out = s;
    s = (struct cli_training_setup){0};
done:
    fw_free(&data->mem, columns);
    fw_table_destroy(table);
    cli_training_setup_clear(&s);
    return status;
}

int cli_only_label(const struct fw_dataset *dataset, int64_t first, int64_t end)
{
    bool seen[2] = {false, false};
    for (int64_t i = first; i < end; i++)
        seen[dataset->labels[i] > 0] = true;
    return seen[0] && seen[1] ? -1 : seen[1];
}

void cli_training_setup_settle(struct fw_params *params, const struct cli_training_setup *setup)
{
    const struct fw_param_spec *dim = fw_params_find(params, fw_text_of("dim"));
    if (dim == NULL || setup->plan->sizes == NULL)
        return;
    double *value = &params->value[dim - params->table];
    if (*value == dim->fallback)
        *value = setup->plan->sizes->dim;
}

void cli_training_setup_clear(struct cli_training_setup *setup)
{
    fw_training_data_clear(&setup->training);
    fw_plan_destroy(setup->plan);
    *setup = (struct cli_training_setup){0};
}
