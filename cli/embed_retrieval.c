/* `fieldwise embed --user --item`: sizes of the tables of a two-tower model of next items. */
#include <stdio.h>
#include <string.h>

#include "cli/embed.h"
#include "cli/terminal.h"
#include "core/hash.h"
#include "space/interactions.h"

/* What --set may change. */
static const struct fw_param_spec settings[] = {
    {.name = "dim", .min = 1, .max = 1024, .fallback = 64, .integer = true, .doc = "full width of the vectors"},
    {.name = "epochs", .min = 1, .max = 10000, .fallback = 30, .integer = true, .doc = "passes, at most"},
    {.name = "patience", .min = 1, .max = 10000, .fallback = 2, .integer = true, .doc = "passes without a lower loss"},
    {.name = "batch", .min = 1, .max = 1 << 16, .fallback = 256, .integer = true, .doc = "rows a step"},
    {.name = "history", .min = 1, .max = 1 << 12, .fallback = 20, .integer = true, .doc = "latest items that are read"},
    {.name = "negatives", .min = 1, .max = 1 << 16, .fallback = 512, .integer = true, .doc = "drawn for a step"},
    {.name = "rate", .min = 1e-7, .max = 100, .fallback = 0.003, .doc = "learning rate"},
    {.name = "l2", .min = 0, .max = 1e3, .fallback = 1e-4, .doc = "strength of the squared penalty"},
    {.name = "min_item", .min = 1, .max = 1 << 30, .fallback = 1, .integer = true, .doc = "rows that an item needs"},
    {.name = "min_user", .min = 1, .max = 1 << 30, .fallback = 1, .integer = true, .doc = "rows that a user needs"},
    {.name = NULL},
};

struct embed_retrieval {
    struct fw_params params;
    struct fw_retrieval_options options;
    struct fw_interactions *data;
    struct fw_embedding_space *space;
    struct fw_sizing_retrieval *sizing;
};

void embed_retrieval_destroy(struct embed_retrieval *r, struct fw_allocator *mem)
{
    if (r == NULL)
        return;
    fw_sizing_retrieval_destroy(r->sizing);
    fw_embedding_space_destroy(r->space);
    fw_interactions_destroy(r->data);
    fw_free(mem, r);
}

void embed_retrieval_settings(struct fw_buffer *out, const struct embed_retrieval *r)
{
    fw_params_json(out, &r->params);
}

static void settle_options(struct embed_retrieval *r, const struct embed_command *c)
{
    struct fw_retrieval_options *o = &r->options;
    const struct fw_params *p = &r->params;
    fw_retrieval_options_init(o);
    o->epochs = (int32_t)fw_params_get(p, "epochs");
    o->patience = (int32_t)fw_params_get(p, "patience");
    o->tower.batches.batch = (int64_t)fw_params_get(p, "batch");
    o->tower.batches.history = (int64_t)fw_params_get(p, "history");
    o->tower.batches.negatives = (int64_t)fw_params_get(p, "negatives");
    o->tower.rate = fw_params_get(p, "rate");
    o->tower.l2 = fw_params_get(p, "l2");
    o->tower.seed = o->tower.batches.seed = c->split.split.seed;
    o->tower.threads = c->data.threads;
}

/* The histories of the table, and a plan that knows its columns. */
static enum fw_status read_interactions(struct embed_work *w, struct embed_retrieval *r, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct embed_command *c = w->command;
    struct fw_table *table = NULL;
    struct fw_schema *schema = NULL;
    struct fw_schema_options options;
    struct fw_interactions_columns columns = {.time = -1};
    FW_TRY(cli_read_table(&table, c->path, &c->data, err));
    FW_TRY_GOTO(fw_schema_find_column(&columns.user, table, c->user, "--user", err), done);
    FW_TRY_GOTO(fw_schema_find_column(&columns.item, table, c->item, "--item", err), done);
    if (c->data.time != NULL)
        FW_TRY_GOTO(fw_schema_find_column(&columns.time, table, c->data.time, "--time", err), done);
    FW_TRY_GOTO(fw_interactions_create(&r->data, table, &columns, (int64_t)fw_params_get(&r->params, "min_user"),
                                       (int64_t)fw_params_get(&r->params, "min_item"), &c->data.mem, err),
                done);
    cli_schema_options(&options, &c->data);
    FW_TRY_GOTO(fw_schema_infer(&schema, table, &options, &c->data.mem, err), done);
    FW_TRY_GOTO(cli_plan_of_schema(&w->setup.plan, schema, &table->dialect, &c->split.encoder, &c->data, err), done);
    w->rows = table->n_rows;
    w->setup.fingerprint = table->fingerprint;
    w->setup.key = fw_hash_combine(fw_hash_text(FIELDWISE_VERSION, 3), table->fingerprint);
    w->setup.key = fw_hash_combine(w->setup.key, fw_hash_text(c->user, 0));
    w->setup.key = fw_hash_combine(w->setup.key, fw_hash_text(c->item, 0));
    w->setup.key = fw_hash_combine(w->setup.key, fw_hash_text(c->data.time != NULL ? c->data.time : "", 0));
    w->setup.key = fw_hash_combine(w->setup.key, c->split.split.seed);
done:
    fw_table_destroy(table);
    return status;
}

enum fw_status embed_retrieval_prepare(struct embed_work *w, struct fw_error *err)
{
    struct embed_command *c = w->command;
    struct fw_allocator *mem = &c->data.mem;
    struct embed_retrieval *r;
    struct fw_sized_input inputs[FW_TOWER_INPUTS];
    FW_ALLOC(r, mem, 1, "the search of a two-tower model", err);
    w->retrieval = r;
    fw_params_init(&r->params, settings);
    for (int64_t i = 0; i < c->settings.n; i++)
        FW_TRY(fw_params_parse(&r->params, c->settings.items[i], err));
    settle_options(r, c);
    FW_TRY(read_interactions(w, r, err));
    fw_sizing_retrieval_inputs(inputs, r->data);
    struct fw_embedding_space_options space = {.dim = (int32_t)fw_params_get(&r->params, "dim"),
                                               .grid = c->grid,
                                               .multi = c->multi,
                                               .projected = c->projected};
    FW_TRY(fw_embedding_space_create(&r->space, inputs, FW_TOWER_INPUTS, &space, mem, err));
    FW_TRY(fw_sizing_retrieval_create(&r->sizing, r->data, r->space, &r->options, mem, err));
    w->model = fw_sizing_retrieval_model(r->sizing);
    w->model_name = "two_tower";
    w->metric = w->model.vtable->quality;
    cli_note(&c->data, "%lld users, %lld items, %lld histories judge (last item: test, the one before: validation)",
             (long long)r->data->n_users - 1, (long long)r->data->n_items - 1, (long long)r->data->n_judges);
    return FW_OK;
}

static void recall_cells(struct cli_table *table, const char *who, const char *against, const struct fw_recall *recall)
{
    cli_table_cell(table, "%s", who);
    cli_table_cell(table, "%s", against);
    for (int i = 0; i < FW_RECALL_CUTS; i++)
        cli_table_cell(table, "%.4f", recall->at[i]);
}

enum fw_status embed_retrieval_print(const struct embed_work *w, const struct fw_budget *time, struct fw_error *err)
{
    static const char *const headers[] = {"test items", "among", ">recall@1", ">@5", ">@10", ">@20"};
    enum fw_status status = FW_OK;
    const struct embed_retrieval *r = w->retrieval;
    struct fw_allocator *mem = &w->command->data.mem;
    struct fw_two_tower *tower = NULL;
    struct fw_sizing_fit fit;
    struct fw_recall recall[4];
    uint32_t depths[FW_TOWER_INPUTS * FW_STRIPS_MOST];
    unsigned char *scratch = NULL;
    struct fw_recall_task task = fw_retrieval_task(r->data, FW_HELD_TEST, &r->options);
    if (!w->result.trials[w->best].trained)
        return FW_OK;
    FW_TRY(fw_retrieval_fit(&tower, &fit, r->data, w->result.trials[w->best].sizes, &r->options, time, mem, err));
    fw_two_tower_depths(tower, depths);
    FW_ALLOC_GOTO(scratch, mem, (int64_t)fw_recall_scratch(tower, &task), "ranking", err, done);
    FW_TRY_GOTO(fw_recall_full(&recall[0], tower, depths, &task, mem, err), done);
    fw_recall_sampled(&recall[1], tower, depths, &task, scratch);
    FW_TRY_GOTO(fw_recall_popularity(&recall[2], &task, false, mem, err), done);
    FW_TRY_GOTO(fw_recall_popularity(&recall[3], &task, true, mem, err), done);
    char sampled[32];
    snprintf(sampled, sizeof sampled, "%lld sampled", (long long)task.negatives);
    struct cli_table *table = cli_table_create(headers, 6);
    recall_cells(table, "two_tower", "all items", &recall[0]);
    recall_cells(table, "popularity", "all items", &recall[2]);
    recall_cells(table, "two_tower", sampled, &recall[1]);
    recall_cells(table, "popularity", sampled, &recall[3]);
    printf("\n");
    cli_table_print(table, stdout);
done:
    fw_free(mem, scratch);
    fw_two_tower_destroy(tower);
    return status;
}
