/* Studies and trials as JSON for programs; docs/trials.md lists the members. */
#include "cli/json_out.h"
#include "cli/trials/trials.h"
#include "results/query/study_now.h"

static cJSON *study_json(const struct fw_study_row *study)
{
    cJSON *json = cli_json_object();
    cli_json_add_int(json, "id", study->id);
    cli_json_add_text(json, "name", study->name);
    cli_json_add_text(json, "driver", study->driver);
    cli_json_add_text(json, "objective", study->objective);
    cli_json_add_bool(json, "maximise", study->maximise);
    cli_json_add_text(json, "data", study->data);
    cli_json_add_hash(json, "data_fingerprint", study->data_fingerprint);
    cli_json_add_int(json, "rows", study->rows);
    cli_json_add_document(json, "options", study->options);
    cli_json_add_unsigned(json, "seed", study->seed);
    cli_json_add_text(json, "command", study->command);
    cli_json_add_text(json, "status", fw_study_now_status(study));
    cli_json_add_text(json, "reason", study->reason);
    cli_json_add_text(json, "program_version", study->program_version);
    cli_json_add_text(json, "host", study->host);
    cli_json_add_int(json, "pid", study->pid);
    cli_json_add_int(json, "processors", study->processors);
    cli_json_add_time(json, "started", study->started_us);
    cli_json_add_time(json, "ended", study->ended_us);
    cli_json_add_real(json, "seconds", fw_study_now_seconds(study));
    cli_json_add_int(json, "trials", study->n_trials);
    cli_json_add_int(json, "complete", study->n_complete);
    cli_json_add_int(json, "pruned", study->n_pruned);
    cli_json_add_int(json, "failed", study->n_failed);
    cli_json_add_int_or_null(json, "best_trial", study->best_trial);
    cli_json_add_real(json, "best_objective", study->best_objective);
    return json;
}

cJSON *trials_json_of_trial(const struct fw_trial_row *row, const char *study)
{
    const struct fw_trial_record *trial = &row->record;
    cJSON *json = cli_json_object();
    cli_json_add_text(json, "study", study);
    cli_json_add_int(json, "number", trial->number);
    cli_json_add_int_or_null(json, "parent", trial->parent);
    cli_json_add_document(json, "candidate", trial->candidate);
    cli_json_add_hash(json, "hash", trial->hash);
    cli_json_add_text(json, "state", fw_trial_state_name(trial->state));
    cli_json_add_text(json, "reason", trial->reason);
    cli_json_add_int(json, "step", trial->step);
    cli_json_add_int(json, "rung", trial->rung);
    cli_json_add_int(json, "rows", trial->rows);
    cli_json_add_real(json, "objective", trial->objective);
    cli_json_add_real(json, "gain", trial->gain);
    cli_json_add_real(json, "gain_low", trial->gain_low);
    cli_json_add_real(json, "gain_high", trial->gain_high);
    cli_json_add_int_or_null(json, "bytes", trial->bytes);
    cli_json_add_real(json, "seconds", trial->seconds);
    cli_json_add_time(json, "finished", row->finished_us);
    return json;
}

static cJSON *trials_json(const struct fw_trial_list *trials, const char *study)
{
    cJSON *array = cli_json_array();
    for (int64_t i = 0; i < trials->n; i++)
        cli_json_append(array, trials_json_of_trial(&trials->rows[i], study));
    return array;
}

void trials_json_list(const char *store, const struct fw_study_list *studies)
{
    cJSON *json = cli_json_object();
    cli_json_add_text(json, "store", store);
    cJSON *array = cli_json_array();
    cli_json_add(json, "studies", array);
    for (int64_t i = 0; i < studies->n; i++)
        cli_json_append(array, study_json(&studies->rows[i]));
    cli_json_print(json);
}

static cJSON *decisions_json(const struct fw_decision_list *decisions)
{
    cJSON *array = cli_json_array();
    for (int64_t i = 0; i < decisions->n; i++) {
        const struct fw_decision_row *row = &decisions->rows[i];
        cJSON *json = cli_json_object();
        cli_json_add_int(json, "step", row->decision.step);
        cli_json_add_text(json, "kind", row->decision.kind);
        cli_json_add_int_or_null(json, "trial", row->decision.trial);
        cli_json_add_document(json, "detail", row->decision.detail);
        cli_json_add_bool(json, "clock", row->decision.clock);
        cli_json_add_time(json, "made", row->made_us);
        cli_json_append(array, json);
    }
    return array;
}

static cJSON *artifacts_json(const struct trials_files *files)
{
    const struct fw_artifact_list *artifacts = &files->list;
    cJSON *array = cli_json_array();
    for (int64_t i = 0; i < artifacts->n; i++) {
        const struct fw_artifact_row *row = &artifacts->rows[i];
        cJSON *json = cli_json_object();
        cli_json_add_text(json, "kind", row->artifact.kind);
        cli_json_add_text(json, "path", row->artifact.path);
        cli_json_add_int(json, "bytes", row->artifact.bytes);
        cli_json_add_hash(json, "checksum", row->artifact.checksum);
        cli_json_add_time(json, "written", row->written_us);
        cli_json_add_text(json, "state", fw_file_state_name(files->states[i]));
        cli_json_append(array, json);
    }
    return array;
}

static cJSON *notes_json(const struct fw_study_notes *notes)
{
    cJSON *json = cli_json_object();
    cJSON *tags = cli_json_array();
    cli_json_add_text(json, "note", notes->note);
    cli_json_add(json, "tags", tags);
    for (int64_t i = 0; i < notes->n_tags; i++)
        cli_json_append(tags, cJSON_CreateString(notes->tags[i]));
    cli_json_add_time(json, "archived", notes->archived_us);
    return json;
}

void trials_json_study(const struct trials_study *all)
{
    const struct fw_study_row *study = &all->study.rows[0];
    cJSON *json = cli_json_object();
    cli_json_add(json, "study", study_json(study));
    cli_json_add(json, "notes", notes_json(&all->notes));
    cli_json_add(json, "decisions", decisions_json(&all->decisions));
    cli_json_add(json, "best", trials_json(&all->best, study->name));
    cli_json_add(json, "artifacts", artifacts_json(&all->files));
    cli_json_print(json);
}

void trials_json_trial(const struct trials_trial *all)
{
    const struct fw_study_row *study = &all->study.rows[0];
    cJSON *json = trials_json_of_trial(&all->trial.rows[0], study->name);
    cJSON *array = cli_json_array();
    cli_json_add(json, "metrics", array);
    for (int64_t i = 0; i < all->metrics.n; i++) {
        cJSON *metric = cli_json_object();
        cli_json_add_text(metric, "name", all->metrics.rows[i].name);
        cli_json_add_int(metric, "step", all->metrics.rows[i].step);
        cli_json_add_real(metric, "value", all->metrics.rows[i].value);
        cli_json_append(array, metric);
    }
    cli_json_add(json, "ancestors", trials_json(&all->ancestors, study->name));
    cli_json_add(json, "rungs", trials_json(&all->rungs, study->name));
    cli_json_add(json, "artifacts", artifacts_json(&all->files));
    cli_json_add_text(json, "command", study->command);
    cli_json_print(json);
}
