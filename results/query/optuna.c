#include "results/query/optuna.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/shown.h"
#include "results/store/store_guest.h"

/* The tables of Optuna 3.1.0, as it makes them. */
static const char schema[] =
    "CREATE TABLE out.studies (study_id INTEGER NOT NULL, study_name VARCHAR(512) NOT NULL, PRIMARY KEY (study_id));"
    "CREATE UNIQUE INDEX out.ix_studies_study_name ON studies (study_name);"
    "CREATE TABLE out.version_info (version_info_id INTEGER NOT NULL, schema_version INTEGER, library_version "
    "VARCHAR(256), PRIMARY KEY (version_info_id), CHECK (version_info_id = 1));"
    "INSERT INTO out.version_info VALUES (1, 12, '3.1.0');"
    "CREATE TABLE out.study_directions (study_direction_id INTEGER NOT NULL, direction VARCHAR(8) NOT NULL, study_id "
    "INTEGER NOT NULL, objective INTEGER NOT NULL, PRIMARY KEY (study_direction_id), UNIQUE (study_id, objective), "
    "FOREIGN KEY(study_id) REFERENCES studies (study_id));"
    "CREATE TABLE out.study_user_attributes (study_user_attribute_id INTEGER NOT NULL, study_id INTEGER, \"key\" "
    "VARCHAR(512), value_json TEXT, PRIMARY KEY (study_user_attribute_id), UNIQUE (study_id, \"key\"), FOREIGN "
    "KEY(study_id) REFERENCES studies (study_id));"
    "CREATE TABLE out.study_system_attributes (study_system_attribute_id INTEGER NOT NULL, study_id INTEGER, \"key\" "
    "VARCHAR(512), value_json TEXT, PRIMARY KEY (study_system_attribute_id), UNIQUE (study_id, \"key\"), FOREIGN "
    "KEY(study_id) REFERENCES studies (study_id));"
    "CREATE TABLE out.trials (trial_id INTEGER NOT NULL, number INTEGER, study_id INTEGER, state VARCHAR(8) NOT NULL, "
    "datetime_start DATETIME, datetime_complete DATETIME, PRIMARY KEY (trial_id), FOREIGN KEY(study_id) REFERENCES "
    "studies (study_id));"
    "CREATE TABLE out.trial_user_attributes (trial_user_attribute_id INTEGER NOT NULL, trial_id INTEGER, \"key\" "
    "VARCHAR(512), value_json TEXT, PRIMARY KEY (trial_user_attribute_id), UNIQUE (trial_id, \"key\"), FOREIGN "
    "KEY(trial_id) REFERENCES trials (trial_id));"
    "CREATE TABLE out.trial_system_attributes (trial_system_attribute_id INTEGER NOT NULL, trial_id INTEGER, \"key\" "
    "VARCHAR(512), value_json TEXT, PRIMARY KEY (trial_system_attribute_id), UNIQUE (trial_id, \"key\"), FOREIGN "
    "KEY(trial_id) REFERENCES trials (trial_id));"
    "CREATE TABLE out.trial_params (param_id INTEGER NOT NULL, trial_id INTEGER, param_name VARCHAR(512), param_value "
    "FLOAT, distribution_json TEXT, PRIMARY KEY (param_id), UNIQUE (trial_id, param_name), FOREIGN KEY(trial_id) "
    "REFERENCES trials (trial_id));"
    "CREATE TABLE out.trial_values (trial_value_id INTEGER NOT NULL, trial_id INTEGER NOT NULL, objective INTEGER NOT "
    "NULL, value FLOAT, value_type VARCHAR(7) NOT NULL, PRIMARY KEY (trial_value_id), UNIQUE (trial_id, objective), "
    "FOREIGN KEY(trial_id) REFERENCES trials (trial_id));"
    "CREATE TABLE out.trial_intermediate_values (trial_intermediate_value_id INTEGER NOT NULL, trial_id INTEGER NOT "
    "NULL, step INTEGER NOT NULL, intermediate_value FLOAT, intermediate_value_type VARCHAR(7) NOT NULL, PRIMARY KEY "
    "(trial_intermediate_value_id), UNIQUE (trial_id, step), FOREIGN KEY(trial_id) REFERENCES trials (trial_id));"
    "CREATE TABLE out.trial_heartbeats (trial_heartbeat_id INTEGER NOT NULL, trial_id INTEGER NOT NULL, heartbeat "
    "DATETIME NOT NULL, PRIMARY KEY (trial_heartbeat_id), UNIQUE (trial_id), FOREIGN KEY(trial_id) REFERENCES trials "
    "(trial_id));"
    "CREATE TABLE out.alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY "
    "(version_num));"
    "INSERT INTO out.alembic_version VALUES ('v3.0.0.d');";

#define TIME(us) "strftime('%Y-%m-%d %H:%M:%S', (" us ") / 1000000, 'unixepoch') || printf('.%06d', (" us ") % 1000000)"

/* How Optuna's tables say what is not finite; the value itself is NULL then. */
#define VALUE_TYPE(x)                                                                                                  \
    "CASE WHEN " x " IS NULL THEN 'NAN' WHEN " x " > 1.8e308 THEN 'INF_POS' WHEN " x " < -1.8e308 THEN 'INF_NEG' "     \
    "ELSE 'FINITE' END"
#define FINITE(x) "CASE WHEN abs(" x ") < 1.8e308 THEN " x " END"

static const char studies_and_trials[] =
    /* a name that differs from another only in bytes that are no UTF-8 gets its number */
    "INSERT INTO out.studies SELECT s.id, fw_valid(s.name) || CASE WHEN EXISTS (SELECT 1 FROM main.studies o WHERE "
    "o.id < s.id AND fw_valid(o.name) = fw_valid(s.name)) THEN ' (' || s.id || ')' ELSE '' END FROM main.studies s "
    "WHERE s.id IN (SELECT id FROM chosen);"
    "INSERT INTO out.study_directions (direction, study_id, objective) SELECT CASE WHEN maximise THEN 'MAXIMIZE' ELSE "
    "'MINIMIZE' END, id, 0 FROM main.studies WHERE id IN (SELECT id FROM chosen);"
    "INSERT INTO out.study_user_attributes (study_id, \"key\", value_json) SELECT s.id, a.\"key\", fw_json(a.value) "
    "FROM "
    "main.studies s, json_each(json_object('fieldwise_driver', s.driver, 'fieldwise_metric', s.objective, "
    "'fieldwise_data', s.data, 'fieldwise_options', s.options, 'fieldwise_seed', s.seed, 'fieldwise_command', "
    "s.command, 'fieldwise_status', s.status, 'fieldwise_version', s.program_version)) a WHERE s.id IN (SELECT id FROM "
    "chosen);"
    "INSERT INTO out.trials SELECT t.id, t.number - 1, t.study_id, CASE WHEN t.state = 'complete' AND t.objective IS "
    "NOT "
    "NULL THEN 'COMPLETE' WHEN t.state = 'pruned' THEN 'PRUNED' WHEN t.state = 'running' THEN 'RUNNING' ELSE 'FAIL' "
    "END, " TIME("t.finished_us - CAST(1e6 * t.seconds AS INTEGER)") ", CASE WHEN t.state <> 'running' THEN " TIME(
        "t.finished_us") " END FROM main.trials t WHERE t.study_id IN (SELECT id FROM chosen) ORDER BY t.id;"
                         "INSERT INTO out.trial_values (trial_id, objective, value, value_type) SELECT t.id, "
                         "0, " FINITE("t.objective") ", " VALUE_TYPE(
                             "t.objective") " FROM main.trials t WHERE t.study_id IN (SELECT id FROM chosen) AND "
                                            "t.state IN "
                                            "('complete', 'pruned') AND t.objective IS NOT NULL;"
                                            "INSERT INTO out.trial_intermediate_values (trial_id, step, "
                                            "intermediate_value, intermediate_value_type) SELECT t.id, "
                                            "m.step, " FINITE("m.value") ", " VALUE_TYPE(
                                                "m.value") " FROM main.trials t JOIN main.studies s ON s.id = "
                                                           "t.study_id JOIN main.metrics m ON m.trial_id = t.id AND "
                                                           "m.name = s.objective WHERE t.study_id IN (SELECT id FROM "
                                                           "chosen);"
                                                           "INSERT OR IGNORE INTO out.trial_intermediate_values "
                                                           "(trial_id, step, intermediate_value, "
                                                           "intermediate_value_type) "
                                                           "SELECT t.id, t.rung, " FINITE(
                                                               "t.objective") ", " VALUE_TYPE("t.objective") " FROM "
                                                                                                             "main."
                                                                                                             "trials t "
                                                                                                             "WHERE "
                                                                                                             "t.study_"
                                                                                                             "id "
                                                                                                             "IN "
                                                                                                             "(SELECT "
                                                                                                             "id FROM "
                                                                                                             "chosen) "
                                                                                                             "AND "
                                                                                                             "t.state "
                                                                                                             "= "
                                                                                                             "'pruned' "
                                                                                                             "AND "
                                                                                                             "t."
                                                                                                             "objective"
                                                                                                             " IS NOT "
                                                                                                             "NULL;";

static const char attributes[] =
    "INSERT INTO out.trial_user_attributes (trial_id, \"key\", value_json) SELECT m.trial_id, fw_valid(m.name), "
    "fw_json(m.value) FROM main.trials t JOIN main.metrics m ON m.trial_id = t.id WHERE t.study_id IN (SELECT id FROM "
    "chosen) AND m.step = (SELECT max(step) FROM main.metrics l WHERE l.trial_id = m.trial_id AND l.name = m.name) ON "
    "CONFLICT DO NOTHING;"
    "INSERT OR IGNORE INTO out.trial_user_attributes (trial_id, \"key\", value_json) SELECT t.id, a.column1, "
    "fw_json(CASE a.column2 WHEN 1 THEN t.number WHEN 2 THEN t.parent WHEN 3 THEN t.step WHEN 4 THEN t.rung WHEN 5 "
    "THEN "
    "t.rows WHEN 6 THEN t.gain WHEN 7 THEN t.gain_low WHEN 8 THEN t.gain_high WHEN 9 THEN t.bytes ELSE t.reason END) "
    "FROM main.trials t, (VALUES ('fieldwise_trial', 1), ('fieldwise_parent', 2), ('fieldwise_step', 3), "
    "('fieldwise_rung', 4), ('fieldwise_rows', 5), ('fieldwise_gain', 6), ('fieldwise_gain_low', 7), "
    "('fieldwise_gain_high', 8), ('fieldwise_bytes', 9), ('fieldwise_reason', 10)) a WHERE t.study_id IN (SELECT id "
    "FROM "
    "chosen) AND CASE a.column2 WHEN 2 THEN t.parent WHEN 6 THEN t.gain WHEN 7 THEN t.gain_low WHEN 8 THEN t.gain_high "
    "WHEN 9 THEN t.bytes WHEN 10 THEN t.reason ELSE 1 END IS NOT NULL;";

/* Members of candidates: `json` is the value as Optuna is to get it, where lists and objects are texts. */
static const char members[] =
    "CREATE TEMP TABLE members AS SELECT t.study_id, t.id AS trial_id, fw_valid(j.\"key\") AS name, j.type, j.atom, "
    "CASE "
    "j.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN 'null' WHEN 'integer' THEN "
    "fw_json(j.atom) "
    "WHEN 'real' THEN fw_json(j.atom) ELSE fw_json(j.value || '') END AS json FROM main.trials t, json_each(CASE WHEN "
    "json_valid(t.candidate) THEN t.candidate ELSE '{}' END) j WHERE t.study_id IN (SELECT id FROM chosen) AND "
    "typeof(j.\"key\") = 'text';"
    "CREATE INDEX temp.members_by_name ON members (study_id, name, json);"
    "CREATE TEMP TABLE choices AS SELECT study_id, name, json, row_number() OVER (PARTITION BY study_id, name ORDER BY "
    "min(trial_id), json) - 1 AS place FROM members GROUP BY study_id, name, json;"
    "CREATE UNIQUE INDEX temp.choices_by_json ON choices (study_id, name, json);"
    "CREATE TEMP TABLE kinds AS SELECT study_id, name, count(*) AS n, CASE WHEN max(type <> 'integer') = 0 AND "
    "max(abs(atom)) <= 9007199254740992 THEN 'int' WHEN max(type NOT IN ('integer', 'real')) = 0 AND max(abs(atom)) < "
    "1.8e308 THEN 'float' ELSE 'choice' END AS kind, min(atom) AS low, max(atom) AS high, '' AS distribution FROM "
    "members "
    "GROUP BY study_id, name;"
    "UPDATE kinds SET kind = 'attribute' WHERE kind = 'choice' AND (SELECT count(*) FROM choices c WHERE c.study_id = "
    "kinds.study_id AND c.name = kinds.name) > 100;"
    "UPDATE kinds SET distribution = CASE kind WHEN 'int' THEN '{\"name\": \"IntDistribution\", \"attributes\": "
    "{\"log\": "
    "false, \"step\": 1, \"low\": ' || low || ', \"high\": ' || high || '}}' WHEN 'float' THEN '{\"name\": "
    "\"FloatDistribution\", \"attributes\": {\"step\": null, \"low\": ' || fw_json(low * 1.0) || ', \"high\": ' || "
    "fw_json(high * 1.0) || ', \"log\": false}}' WHEN 'choice' THEN '{\"name\": \"CategoricalDistribution\", "
    "\"attributes\": {\"choices\": [' || (SELECT group_concat(json, ', ') FROM (SELECT json FROM choices c WHERE "
    "c.study_id = kinds.study_id AND c.name = kinds.name ORDER BY place)) || ']}}' END;"
    "UPDATE kinds SET kind = 'attribute' WHERE kind = 'choice' AND n * length(distribution) > 67108864;"
    "INSERT OR IGNORE INTO out.trial_params (trial_id, param_name, param_value, distribution_json) SELECT m.trial_id, "
    "m.name, CASE k.kind WHEN 'choice' THEN (SELECT place FROM choices c WHERE c.study_id = m.study_id AND c.name = "
    "m.name AND c.json = m.json) ELSE m.atom END, k.distribution FROM members m JOIN kinds k ON k.study_id = "
    "m.study_id "
    "AND k.name = m.name WHERE k.kind <> 'attribute' ORDER BY m.rowid;"
    "INSERT OR IGNORE INTO out.trial_user_attributes (trial_id, \"key\", value_json) SELECT m.trial_id, 'candidate_' "
    "|| "
    "m.name, m.json FROM members m JOIN kinds k ON k.study_id = m.study_id AND k.name = m.name WHERE k.kind = "
    "'attribute';";

/* fw_valid(text): the text with U+FFFD for each byte that is no UTF-8, which Python would not read. */
static void valid(sqlite3_context *context, int n_values, sqlite3_value **values)
{
    const char *text = (const char *)sqlite3_value_text(values[0]);
    struct fw_buffer out;
    (void)n_values;
    if (text == NULL)
        return;
    fw_buffer_init(&out, NULL);
    fw_shown_add_valid(&out, (struct fw_text){text, (size_t)sqlite3_value_bytes(values[0])});
    if (out.failed)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_text64(context, out.data != NULL ? out.data : "", (sqlite3_uint64)out.length, SQLITE_TRANSIENT,
                              SQLITE_UTF8);
    fw_buffer_clear(&out);
}

/* fw_json(value) as Python reads it: all bits of a number; NULL is NaN, for a figure that is no number. */
static void to_json(sqlite3_context *context, int n_values, sqlite3_value **values)
{
    (void)n_values;
    char number[32];
    switch (sqlite3_value_type(values[0])) {
    case SQLITE_NULL:
        sqlite3_result_text(context, "NaN", -1, SQLITE_STATIC);
        return;
    case SQLITE_INTEGER:
        snprintf(number, sizeof number, "%lld", (long long)sqlite3_value_int64(values[0]));
        sqlite3_result_text(context, number, -1, SQLITE_TRANSIENT);
        return;
    case SQLITE_FLOAT: {
        double value = sqlite3_value_double(values[0]);
        if (isinf(value)) {
            sqlite3_result_text(context, value > 0 ? "Infinity" : "-Infinity", -1, SQLITE_STATIC);
            return;
        }
        int n = fw_text_from_double(number, value);
        bool whole = strpbrk(number, ".e") == NULL; /* a real number stays one */
        snprintf(number + n, sizeof number - (size_t)n, "%s", whole ? ".0" : "");
        sqlite3_result_text(context, number, -1, SQLITE_TRANSIENT);
        return;
    }
    default: {
        struct fw_buffer out;
        fw_buffer_init(&out, NULL);
        const char *text = (const char *)sqlite3_value_text(values[0]);
        fw_row_format_json_text(&out,
                                (struct fw_text){text, text != NULL ? (size_t)sqlite3_value_bytes(values[0]) : 0});
        if (out.failed)
            sqlite3_result_error_nomem(context);
        else
            sqlite3_result_text64(context, out.data, (sqlite3_uint64)out.length, SQLITE_TRANSIENT, SQLITE_UTF8);
        fw_buffer_clear(&out);
    }
    }
}

/* Fills the attached file from the copy of the store. */
static enum fw_status fill(struct fw_store *guest, int64_t study, struct fw_error *err)
{
    char choose[128];
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    int code = sqlite3_create_function_v2(guest->db, "fw_valid", 1, flags, NULL, valid, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_create_function_v2(guest->db, "fw_json", 1, flags, NULL, to_json, NULL, NULL, NULL);
    if (code != SQLITE_OK)
        return fw_sql_error(guest, code, err);
    FW_TRY(fw_sql_exec(guest,
                       "ATTACH '' AS out; PRAGMA out.journal_mode = OFF; PRAGMA out.synchronous = OFF; PRAGMA "
                       "out.cache_size = -64000; BEGIN",
                       err));
    snprintf(choose, sizeof choose, "CREATE TEMP TABLE chosen AS SELECT id FROM main.studies WHERE %lld IN (0, id)",
             (long long)study);
    FW_TRY(fw_sql_exec(guest, choose, err));
    FW_TRY(fw_sql_exec(guest, schema, err));
    FW_TRY(fw_sql_exec(guest, studies_and_trials, err));
    FW_TRY(fw_sql_exec(guest, attributes, err));
    FW_TRY(fw_sql_exec(guest, members, err));
    return fw_sql_exec(guest, "COMMIT", err);
}

enum fw_status fw_optuna_write(struct fw_text_sink to, struct fw_store *store, int64_t study, struct fw_error *err)
{
    struct fw_store guest = {.mem = store->mem, .path = store->path, .wait_seconds = store->wait_seconds};
    sqlite3_int64 size = 0;
    unsigned char *bytes = NULL;
    enum fw_status status;
    FW_TRY_GOTO(fw_store_open_copy(&guest, store, err), done);
    FW_TRY_GOTO(fill(&guest, study, err), done);
    bytes = sqlite3_serialize(guest.db, "out", &size, 0);
    if (bytes == NULL)
        FW_TRY_GOTO(fw_error_nomem(err, store->mem, "a file of Optuna", size, 1), done);
    status = to.write(to.self, (const char *)bytes, size, err);
done:
    sqlite3_free(bytes);
    fw_store_close_guest(&guest);
    return status;
}
