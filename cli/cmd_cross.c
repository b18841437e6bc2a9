/* fieldwise cross: finds feature crosses in a table. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/data_options.h"
#include "cli/outputs.h"
#include "cli/split_options.h"
#include "cli/store_options.h"
#include "cli/study_options.h"
#include "cli/terminal.h"
#include "core/clock.h"
#include "core/hash.h"
#include "core/json.h"
#include "search/crosses/study.h"
#include "space/schema_json.h"
#include "space/training_data.h"

struct cross_command {
    struct cli_data_options data;
    struct cli_split_options split;
    struct cli_study_options study;
    struct cli_store_options store;
    const char *path;
    const char *plan;
    char default_plan[512];
    bool json;
    double started;
    char command_line[2048];
};

enum { key_plan = 0x2000, key_json };

static const struct argp_option own_options[] = {
    {NULL, 0, NULL, 0, "Result:", 6},
    {"plan", key_plan, "FILE", 0, "where the plan goes (<data>.plan.json)", 6},
    {"json", key_json, NULL, 0, "the result as JSON on standard output", 6},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const struct argp_child children[] = {{&cli_data_argp, 0, NULL, 0},
                                             {&cli_split_argp, 0, NULL, 0},
                                             {&cli_study_argp, 0, NULL, 0},
                                             {&cli_store_argp, 0, NULL, 0},
                                             {NULL, 0, NULL, 0}};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct cross_command *c = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &c->data;
        state->child_inputs[1] = &c->split;
        state->child_inputs[2] = &c->study;
        state->child_inputs[3] = &c->store;
        return 0;
    case key_plan:
        c->plan = arg;
        return 0;
    case key_json:
        c->json = true;
        return 0;
    case ARGP_KEY_ARG:
        cli_take_table(state, &c->path, arg);
        return 0;
    case ARGP_KEY_END:
        cli_require_table(state, c->path);
        cli_check_labels(state, &c->data);
        if (c->data.labels.n == 0)
            argp_error(state, "name the column to predict: --label COLUMN");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {own_options,
                                   parse,
                                   "DATA --label COLUMN",
                                   "Finds the feature crosses of a table that are worth having, and writes them as a "
                                   "plan.\v"
                                   "  fieldwise cross train.csv --label click --plan plan.json\n"
                                   "  fieldwise cross log.csv.gz --label buy --time day --time-limit 10m\n\n"
                                   "The same command again continues where an interrupted one stopped.",
                                   children,
                                   NULL,
                                   NULL};

/* What the search works on, and what it leaves. */
struct cross_work {
    struct fw_schema *schema;
    struct fw_training_data training;
    struct fw_study_result result;
    struct fw_table_dialect dialect;
    uint64_t fingerprint;
    int64_t rows;
};

static void tell_schema(const struct cross_command *c, const struct fw_schema *schema)
{
    int64_t numeric = 0;
    int64_t categorical = 0;
    int64_t sequence = 0;
    struct fw_buffer ignored;
    fw_buffer_init(&ignored, NULL);
    for (int64_t i = 0; i < schema->n_columns; i++) {
        const struct fw_schema_column *column = &schema->columns[i];
        if (column->role == FW_ROLE_IGNORED)
            fw_buffer_addf(&ignored, "%s%s (%s)", ignored.length > 0 ? ", " : "; ignored: ", column->name, column->why);
        if (column->role != FW_ROLE_FEATURE)
            continue;
        numeric += column->type == FW_TYPE_NUMERIC;
        sequence += column->type == FW_TYPE_SEQUENCE;
        categorical += column->type == FW_TYPE_CATEGORICAL;
    }
    const struct fw_task *label = &schema->tasks[0];
    int64_t rows = label->n_labelled > 0 ? label->n_labelled : 1;
    cli_note(&c->data, "label '%s': positive is '%s' (%.1f %%), negative '%s'", label->name, label->positive,
             100.0 * (double)label->n_positive / (double)rows, label->negative);
    char sequences[64] = "";
    if (sequence > 0)
        snprintf(sequences, sizeof sequences, ", %lld sequence", (long long)sequence);
    cli_note(&c->data, "features: %lld numeric, %lld categorical%s%s", (long long)numeric, (long long)categorical,
             sequences, ignored.data != NULL && !ignored.failed ? ignored.data : "");
    fw_buffer_clear(&ignored);
}

/* Reads and encodes; the tables themselves are given up before the search begins. */
static enum fw_status prepare(struct cross_work *w, struct cross_command *c, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_table *table = NULL;
    uint64_t valid_fingerprint = 0;
    struct fw_schema_options schema_options;
    cli_schema_options(&schema_options, &c->data);
    FW_TRY_GOTO(cli_read_table(&table, c->path, &c->data, err), done);
    FW_TRY_GOTO(fw_schema_infer(&w->schema, table, &schema_options, &c->data.mem, err), done);
    tell_schema(c, w->schema);
    FW_TRY_GOTO(cli_training_data(&w->training, &valid_fingerprint, &c->split, &c->data, table, NULL, w->schema,
                                  &c->split.encoder, false, err),
                done);
    cli_split_tell(&c->split, &c->data, w->training.dataset);
    w->dialect = table->dialect;
    w->fingerprint =
        c->split.valid != NULL ? fw_hash_combine(table->fingerprint, valid_fingerprint) : table->fingerprint;
    w->rows = w->training.dataset->n_rows;
done:
    fw_table_destroy(table);
    return status;
}

/* Everything that decides the search's results, as one number: the same command finds its study again. */
static enum fw_status study_key(uint64_t *key, const struct cross_work *w, const struct cross_command *c,
                                const char *options, struct fw_error *err)
{
    char *schema_text = NULL;
    cJSON *schema = NULL;
    FW_TRY(fw_schema_to_json(&schema, w->schema, err));
    enum fw_status status = fw_json_print(&schema_text, schema, false, NULL, err);
    cJSON_Delete(schema);
    FW_TRY(status);
    const struct fw_encoder_options *encoder = &c->split.encoder;
    uint64_t hash = fw_hash_text(FIELDWISE_VERSION, 0);
    hash = fw_hash_combine(hash, fw_hash_text(options, 0));
    hash = fw_hash_combine(hash, fw_hash_text(schema_text, 0));
    hash = fw_hash_combine(hash, w->fingerprint);
    hash = fw_hash_combine(hash, (uint64_t)w->rows);
    hash = fw_hash_combine(hash, (uint64_t)encoder->binning);
    for (int32_t g = 0; g < encoder->n_granularities; g++)
        hash = fw_hash_combine(hash, (uint64_t)encoder->bins[g]);
    hash = fw_hash_combine(hash, (uint64_t)encoder->min_count);
    hash = fw_hash_combine(hash, (uint64_t)c->split.split.kind);
    hash = fw_hash_combine(hash, (uint64_t)c->split.split.folds);
    hash = fw_hash_combine(hash, fw_hash_bytes(&c->split.split.valid_fraction, sizeof(double), 0));
    *key = fw_hash_combine(hash, c->split.split.seed);
    fw_free(NULL, schema_text);
    return FW_OK;
}

/* Lines a step, and the line that moves while one is under way. */
struct watcher {
    struct cross_command *c;
    bool live;
};

static void clear_live(const struct watcher *w)
{
    if (w->live)
        fprintf(stderr, "\r\033[K");
}

static void on_started(void *user, int64_t study, bool resumed, const struct fw_feature_set *base, double logloss,
                       double seconds)
{
    struct watcher *w = user;
    char time[32];
    clear_live(w);
    if (study > 0)
        cli_note(&w->c->data, "study %lld %s in %s", (long long)study, resumed ? "continued" : "begun",
                 w->c->store.file);
    cli_note(&w->c->data, "base model: %d fields, %s %.5f, logloss %.5f (%s)", base->n_base,
             fw_objective_name(w->c->study.study.objective), base->objective, logloss, fw_text_duration(time, seconds));
}

static void on_phase(void *user, const char *what, int32_t step)
{
    struct watcher *w = user;
    if (!w->live)
        return;
    char time[32];
    if (step > 0)
        fprintf(stderr, "\r\033[Kstep %d: %s ... (%s so far)", step, what,
                fw_text_duration(time, fw_clock_seconds() - w->c->started));
    else
        fprintf(stderr, "\r\033[K%s ...", what);
}

static void on_stepped(void *user, const struct fw_study_step *s)
{
    struct watcher *w = user;
    char rows[32];
    char time[32];
    char ids[64] = "";
    clear_live(w);
    if (s->number == 1 && s->fields_left_out > 0)
        cli_note(&w->c->data, "only the strongest fields are paired: %d are left out (--max-candidates)",
                 s->fields_left_out);
    fw_text_count(rows, s->rows);
    fw_text_duration(time, s->screen_seconds + s->refit_seconds);
    if (s->best_form == FW_CROSS_HASHED)
        snprintf(ids, sizeof ids, ", hashed into %lld ids, %.1f %% may collide", (long long)s->best_ids,
                 100 * s->best_collision);
    cli_note(&w->c->data,
             "step %d: %lld candidates, %d rung%s, %s rows, %lld refits: %s %s, gain %+.5f [%+.5f, %+.5f]%s (%s)",
             s->number, (long long)s->candidates, s->rungs, s->rungs == 1 ? "" : "s", rows, (long long)s->refits,
             s->accepted ? "+" : "nothing significant; best", s->best_name != NULL ? s->best_name : "-", s->best.gain,
             s->best.gain_low, s->best.gain_high, ids, time);
}

static enum fw_status search(struct cross_work *w, struct cross_command *c, struct cli_store *store,
                             struct fw_error *err)
{
    char *options = NULL;
    struct fw_study_options *study = &c->study.study;
    struct fw_budget budget = {.started = c->started, .seconds = c->store.time_limit, .stop = &cli_stop};
    struct watcher watcher = {c, !c->data.quiet && cli_wants_progress()};
    struct fw_study_events events = {on_started, on_phase, on_stepped, &watcher};
    study->seed = c->split.split.seed;
    study->threads = c->data.threads;
    study->cross.min_count = c->split.encoder.min_count;
    FW_TRY(fw_study_options_print(&options, study, &c->data.mem, err));
    struct fw_study_info info = {.driver = study->driver,
                                 .objective = fw_objective_name(study->objective),
                                 .maximise = study->objective == FW_OBJECTIVE_AUC,
                                 .data = c->path,
                                 .data_fingerprint = w->fingerprint,
                                 .rows = w->rows,
                                 .options = options,
                                 .seed = study->seed,
                                 .command = c->command_line};
    enum fw_status status = study_key(&info.key, w, c, options, err);
    if (status == FW_OK)
        status = fw_study_run(&w->result, w->training.dataset, w->training.encoder, study, &info, &store->log, &events,
                              &budget, &c->data.mem, err);
    clear_live(&watcher);
    fw_free(&c->data.mem, options);
    return status;
}

static enum fw_status fill_origin(struct fw_plan *plan, const struct cross_work *w, const struct cross_command *c,
                                  struct fw_error *err)
{
    struct fw_plan_origin *origin = &plan->origin;
    FW_TRY(fw_plan_set_text(plan, &origin->command, "cross", err));
    FW_TRY(fw_plan_set_text(plan, &origin->driver, c->study.study.driver, err));
    FW_TRY(fw_plan_set_text(plan, &origin->objective, fw_objective_name(c->study.study.objective), err));
    FW_TRY(fw_plan_set_text(plan, &origin->store, c->store.none ? NULL : c->store.file, err));
    FW_TRY(fw_plan_set_text(plan, &origin->data, c->path, err));
    origin->study = w->result.study;
    origin->seed = c->split.split.seed;
    origin->data_fingerprint = w->fingerprint;
    origin->rows = w->rows;
    origin->base = w->result.base_objective;
    return FW_OK;
}

static enum fw_status fill_crosses(struct fw_plan *plan, const struct cross_work *w, struct fw_error *err)
{
    const struct fw_feature_set *best = w->result.best;
    for (int32_t x = 0; x < best->n_crosses; x++) {
        const struct fw_added_cross *added = &best->crosses[x];
        struct fw_plan_cross cross = {.gain = added->gain,
                                      .gain_low = added->gain_low,
                                      .gain_high = added->gain_high,
                                      .objective = added->objective,
                                      .trial = added->trial};
        for (int32_t m = 0; m < added->cross.order; m++)
            cross.fields[cross.order++] = w->training.dataset->fields[added->cross.fields[m]].name;
        FW_TRY(fw_plan_add_cross(plan, &cross, err));
    }
    return FW_OK;
}

static enum fw_status write_plan(struct cross_work *w, struct cross_command *c, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_plan *plan = NULL;
    struct fw_schema *schema = w->schema;
    w->schema = NULL; /* the plan's now */
    FW_TRY(cli_plan_of_schema(&plan, schema, &w->dialect, &c->split.encoder, &c->data, err));
    FW_TRY_GOTO(fw_plan_freeze_bins(plan, w->training.encoder, err), done);
    FW_TRY_GOTO(fill_crosses(plan, w, err), done);
    FW_TRY_GOTO(fill_origin(plan, w, c, err), done);
    FW_TRY_GOTO(fw_plan_save(plan, c->plan, err), done);
done:
    fw_plan_destroy(plan);
    return status;
}

static void print_text(const struct cross_work *w, const struct cross_command *c)
{
    const struct fw_study_result *r = &w->result;
    const char *objective = fw_objective_name(c->study.study.objective);
    char time[32];
    if (r->best->n_crosses > 0) {
        static const char *const headers[] = {">#", "cross", ">gain", ">from", ">to", ">with it"};
        struct cli_table *table = cli_table_create(headers, 6);
        for (int32_t x = 0; x < r->best->n_crosses; x++) {
            const struct fw_added_cross *added = &r->best->crosses[x];
            cli_table_cell(table, "%d", x + 1);
            cli_table_cell(table, "%s", w->training.dataset->fields[added->field].name);
            cli_table_cell(table, "%+.5f", added->gain);
            cli_table_cell(table, "%+.5f", added->gain_low);
            cli_table_cell(table, "%+.5f", added->gain_high);
            cli_table_cell(table, "%.5f", added->objective);
        }
        cli_table_print(table, stdout);
    } else {
        printf("%s\n", r->reason == FW_STOP_TIME || r->reason == FW_STOP_INTERRUPTED
                           ? "no cross was accepted before the search was cut short"
                           : "no cross is worth having on this evidence");
    }
    printf("%s %.5f -> %.5f, logloss %.5f -> %.5f on judged rows; %lld candidates in %s\n", objective,
           r->base_objective, r->best->objective, r->base_logloss, r->best_logloss, (long long)r->candidates,
           fw_text_duration(time, fw_clock_seconds() - c->started));
    printf("stopped: %s\n", r->reason_text);
    printf("plan: %s\n", c->plan);
    printf("next: fieldwise train %s --plan %s --model lr --out %.*s.fw\n", c->path, c->plan,
           (int)strcspn(c->plan, "."), c->plan);
}

static enum fw_status print_json(const struct cross_work *w, const struct cross_command *c, struct fw_error *err)
{
    const struct fw_study_result *r = &w->result;
    char *text = NULL;
    cJSON *json = cJSON_CreateObject();
    fw_json_add_number(json, "study", (double)r->study);
    fw_json_add_text(json, "objective", fw_objective_name(c->study.study.objective));
    fw_json_add_number(json, "base", r->base_objective);
    fw_json_add_number(json, "best", r->best->objective);
    fw_json_add_number(json, "base_logloss", r->base_logloss);
    fw_json_add_number(json, "best_logloss", r->best_logloss);
    cJSON *crosses = fw_json_add_array(json, "crosses");
    for (int32_t x = 0; x < r->best->n_crosses; x++) {
        const struct fw_added_cross *added = &r->best->crosses[x];
        cJSON *cross = cJSON_CreateObject();
        cJSON *fields = fw_json_add_array(cross, "fields");
        for (int32_t m = 0; m < added->cross.order; m++)
            fw_json_append(fields, cJSON_CreateString(w->training.dataset->fields[added->cross.fields[m]].name));
        fw_json_add_number(cross, "gain", added->gain);
        fw_json_add_number(cross, "gain_low", added->gain_low);
        fw_json_add_number(cross, "gain_high", added->gain_high);
        fw_json_append(crosses, cross);
    }
    fw_json_add_text(json, "stopped", r->reason_text);
    fw_json_add_text(json, "plan", c->plan);
    fw_json_add_number(json, "seconds", fw_clock_seconds() - c->started);
    enum fw_status status = fw_json_print(&text, json, true, NULL, err);
    cJSON_Delete(json);
    FW_TRY(status);
    printf("%s\n", text);
    fw_free(NULL, text);
    return FW_OK;
}

static enum fw_status run(struct cross_command *c, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct cross_work w = {0};
    struct cli_store store = {0};
    const char *const inputs[] = {c->path, c->split.valid};
    FW_TRY_GOTO(cli_check_output("--plan", c->plan, inputs, 2, err), done);
    FW_TRY_GOTO(prepare(&w, c, err), done);
    FW_TRY_GOTO(cli_store_open(&store, &c->store, &c->data.mem, err), done);
    FW_TRY_GOTO(search(&w, c, &store, err), done);
    FW_TRY_GOTO(write_plan(&w, c, err), done);
    FW_TRY_GOTO(cli_store_artifact(&store, w.result.study, "plan", c->plan, err), done);
    if (c->json)
        FW_TRY_GOTO(print_json(&w, c, err), done);
    else
        print_text(&w, c);
    if (w.result.reason == FW_STOP_INTERRUPTED)
        status = fw_error_set(err, FW_E_STOPPED,
                              "interrupted; what was found so far is in the plan, and the same command continues");
done:
    fw_study_result_clear(&w.result);
    fw_training_data_clear(&w.training);
    fw_schema_destroy(w.schema);
    cli_store_close(&store);
    return status;
}

int cmd_cross(int argc, char **argv)
{
    struct cross_command c = {.started = fw_clock_seconds()};
    struct fw_error err = {0};
    cli_data_init(&c.data);
    c.data.single = "cross";
    cli_split_init(&c.split);
    cli_study_init(&c.study);
    cli_store_init(&c.store);
    cli_join_arguments(c.command_line, sizeof c.command_line, argc, argv);
    CLI_PARSE(&parser, "cross", argc, argv, &c);
    if (c.plan == NULL)
        c.plan = cli_name_after_data(c.default_plan, c.path, ".plan.json");
    enum fw_status status = run(&c, &err);
    cli_data_clear(&c.data);
    return status != FW_OK ? cli_fail(&err) : 0;
}
