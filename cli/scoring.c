#include "cli/scoring.h"

#include "cli/column_options.h"
#include "models/file/scorer.h"
#include "space/svmlight.h"

const struct argp_child cli_scoring_children[] = {{&cli_data_argp, 0, NULL, 0}, {NULL, 0, NULL, 0}};

error_t cli_scoring_parse(int key, char *arg, struct argp_state *state)
{
    struct cli_scoring *s = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &s->data;
        return 0;
    case CLI_SCORING_SET:
        cli_list_add(&s->settings, arg);
        return 0;
    case ARGP_KEY_ARG:
        if (s->model == NULL)
            s->model = arg;
        else if (s->path == NULL)
            s->path = arg;
        else
            argp_error(state, "one model and one table at a time: '%s' is too many", arg);
        return 0;
    case ARGP_KEY_END:
        if (s->path == NULL)
            argp_error(state, "name a model and a table");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

enum fw_status cli_scoring_load(struct cli_scoring *s, struct fw_error *err)
{
    FW_TRY(fw_model_file_load(&s->bundle, s->model, s->data.threads, &s->data.mem, err));
    FW_TRY(fw_bundle_set(&s->bundle, (const char *const *)s->settings.items, s->settings.n, err));
    FW_TRY(cli_columns_check(&s->data, s->bundle.plan->schema, true, s->model, err));
    cli_data_from_plan(&s->data, s->bundle.plan);
    s->bundle.plan->schema->skip_bad_rows = s->data.skip_bad_rows;
    return FW_OK;
}

enum fw_status cli_scoring_table(struct cli_scoring *s, bool need_label, struct fw_error *err)
{
    struct fw_allocator *mem = &s->data.mem;
    fw_free(mem, s->columns);
    s->columns = NULL;
    FW_TRY(fw_svmlight_complete(s->table, s->bundle.plan->schema, err));
    FW_TRY(cli_match_columns(&s->columns, s->bundle.plan->schema, s->table, need_label, &s->data, err));
    FW_TRY(fw_reserve(mem, &s->outputs, &s->outputs_capacity, s->table->n_rows * s->bundle.model->n_outputs,
                      sizeof *s->outputs, err));
    return fw_score_table(s->outputs, &s->bundle, s->table, s->columns, s->data.threads, mem, err);
}

enum fw_status cli_scoring_run(struct cli_scoring *s, bool need_label, struct fw_error *err)
{
    FW_TRY(cli_scoring_load(s, err));
    FW_TRY(cli_read_table(&s->table, s->path, &s->data, err));
    return cli_scoring_table(s, need_label, err);
}

void cli_scoring_clear(struct cli_scoring *s)
{
    fw_free(&s->data.mem, s->outputs);
    fw_free(&s->data.mem, s->columns);
    fw_table_destroy(s->table);
    fw_bundle_clear(&s->bundle);
    cli_list_clear(&s->settings);
    cli_data_clear(&s->data);
}
