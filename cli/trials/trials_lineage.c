/* `fieldwise trials lineage`: what a model or plan file came from, and the commands that make it again. */
#include <string.h>

#include "cli/command.h"
#include "cli/terminal.h"
#include "cli/trials/rows_out.h"
#include "cli/trials/trials.h"
#include "cli/trials/trials_options.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/text.h"
#include "models/file/model_file.h"
#include "models/params.h"
#include "results/insight/lineage.h"

struct arguments {
    struct trials_options common;
    const char *path;
};

static error_t take(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->common;
        return 0;
    case ARGP_KEY_ARG:
        trials_take_target(state, &arguments->path, text);
        return 0;
    case ARGP_KEY_END:
        if (arguments->path == NULL)
            argp_error(state, "name a model or plan file: lineage FILE");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* A file with what is in it. */
struct source {
    char *data;
    size_t size;
    struct fw_plan *plan;      /* of a plan file; NULL: it is a model */
    struct fw_bundle bundle;   /* of a model file */
    struct fw_buffer settings; /* of the model, JSON */
};

static void clear_source(struct source *source)
{
    fw_buffer_clear(&source->settings);
    fw_bundle_clear(&source->bundle);
    fw_plan_destroy(source->plan);
    fw_free(NULL, source->data);
}

static enum fw_status read_source(struct source *out, const char *path, struct fw_error *err)
{
    static const char magic[] = "\x89"
                                "FWM";
    char what[FW_PATH_SIZE + 16];
    fw_buffer_init(&out->settings, NULL);
    FW_TRY(fw_file_read(&out->data, &out->size, path, 64 * FW_GIB, NULL, err));
    if (out->size < 4 || memcmp(out->data, magic, 4) != 0) {
        snprintf(what, sizeof what, "the plan '%s'", path);
        return fw_plan_parse(&out->plan, out->data, out->size, what, NULL, err);
    }
    snprintf(what, sizeof what, "'%s'", path);
    FW_TRY(fw_model_file_parse(&out->bundle, out->data, out->size, what, 1, NULL, err));
    fw_params_json(&out->settings, &out->bundle.model->params);
    return fw_buffer_check(&out->settings, err);
}

static const struct fw_study_row *find_study(const struct fw_lineage *lineage, int64_t id)
{
    for (int64_t i = 0; i < lineage->studies.n; i++) {
        if (lineage->studies.rows[i].id == id)
            return &lineage->studies.rows[i];
    }
    return NULL;
}

static void print_lineage(const struct fw_lineage *lineage, const char *store)
{
    static const char *const headers[] = {"part", "what", "chosen by", ""};
    struct cli_table *table = cli_table_create(headers, 4);
    for (int64_t i = 0; i < lineage->n_parts; i++) {
        const struct fw_lineage_part *part = &lineage->parts[i];
        const struct fw_study_row *study = find_study(lineage, part->study);
        cli_table_cell(table, "%s", part->part);
        cli_table_cell(table, "%s", part->what != NULL ? part->what : "");
        if (study == NULL)
            cli_table_cell(table, "-");
        else if (part->trial > 0)
            cli_table_cell(table, "%s/%lld", study->name, (long long)part->trial);
        else
            cli_table_cell(table, "%s", study->name);
        cli_table_cell(table, "%s", study == NULL || i == 0 || part->trial == 0 ? part->state : "");
    }
    cli_table_print(table, stdout);
    if (lineage->studies.n == 0) {
        printf("\nNo study of '%s' had a part in it.\n", store);
        return;
    }
    printf("\nTo make it again, in this order, in the folder of the data:\n");
    static const char *const no_headers[] = {"", "", ""};
    table = cli_table_create(no_headers, 3);
    for (int64_t i = 0; i < lineage->studies.n; i++) {
        const struct fw_study_row *study = &lineage->studies.rows[i];
        cli_table_cell(table, "%lld.", (long long)i + 1);
        cli_table_cell(table, "%s", study->name);
        cli_table_cell(table, "%s", study->command != NULL ? study->command : "(the command was not recorded)");
    }
    cli_table_print(table, stdout);
}

static enum fw_status send(struct fw_row_sink sink, const struct fw_lineage *lineage, struct fw_error *err)
{
    static const char *const names[] = {"part",       "what", "study", "trial",  "state",
                                        "started_us", "data", "seed",  "command"};
    FW_TRY(sink.begin(sink.self, names, 9, err));
    for (int64_t i = 0; i < lineage->n_parts; i++) {
        const struct fw_lineage_part *part = &lineage->parts[i];
        const struct fw_study_row *study = find_study(lineage, part->study);
        char seed[32];
        snprintf(seed, sizeof seed, "%llu", study != NULL ? (unsigned long long)study->seed : 0);
        struct fw_value cells[] = {fw_value_text(part->part),
                                   fw_value_text(part->what),
                                   fw_value_text(study != NULL ? study->name : NULL),
                                   part->trial > 0 ? fw_value_int(part->trial) : fw_value_null(),
                                   fw_value_text(part->state),
                                   study != NULL ? fw_value_int(study->started_us) : fw_value_null(),
                                   fw_value_text(study != NULL ? study->data : NULL),
                                   fw_value_text(study != NULL ? seed : NULL),
                                   fw_value_text(study != NULL ? study->command : NULL)};
        FW_TRY(sink.row(sink.self, cells, err));
    }
    return sink.end(sink.self, err);
}

static enum fw_status lineage_of(struct fw_store *store, void *self, struct fw_error *err)
{
    const struct arguments *arguments = self;
    struct source source = {0};
    struct fw_lineage lineage = {0};
    struct fw_row_writer *out = NULL;
    enum fw_status status;
    FW_TRY_GOTO(read_source(&source, arguments->path, err), done);
    bool is_model = source.plan == NULL;
    struct fw_lineage_file file = {.path = arguments->path,
                                   .bytes = (int64_t)source.size,
                                   .checksum = fw_hash_bytes(source.data, source.size, 0),
                                   .plan = is_model ? source.bundle.plan : source.plan,
                                   .model = is_model ? source.bundle.model->vtable->name : NULL,
                                   .settings = is_model ? source.settings.data : NULL};
    FW_TRY_GOTO(fw_lineage_trace(&lineage, store, &file, err), done);
    if (arguments->common.format == FW_ROWS_TABLE) {
        print_lineage(&lineage, fw_store_path(store));
        goto done;
    }
    FW_TRY_GOTO(trials_rows_open(&out, &arguments->common, err), done);
    status = send(fw_row_writer_sink(out), &lineage, err);
done:
    fw_row_writer_destroy(out);
    fw_lineage_clear(&lineage);
    clear_source(&source);
    return status;
}

int trials_lineage(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = take,
        .args_doc = "FILE",
        .doc = "What a model or plan file came from: the studies and trials that chose its crosses, embedding sizes, "
               "routing and settings, and the commands that make it again.\v  fieldwise trials lineage model.fw\n  "
               "fieldwise trials lineage plan.json --store old/fieldwise.db",
        .children = trials_options_children,
    };
    struct arguments arguments = {.common = TRIALS_OPTIONS_DEFAULT};
    CLI_PARSE(&argp, "trials lineage", argc, argv, &arguments);
    return trials_read(&arguments.common, lineage_of, &arguments);
}
