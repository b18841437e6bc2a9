#include "results/store/migrations.h"

#include <stdio.h>

#include "results/store/digest.h"
#include "results/store/sql.h"

/* The comments are part of the texts: SQLite keeps them, and `.schema` shows them to whoever opens the file. */
static const char *const version_1[] = {
    "CREATE TABLE studies (\n"
    "    id INTEGER PRIMARY KEY,\n"
    "    name TEXT NOT NULL UNIQUE,\n"
    "    key TEXT UNIQUE,                -- same command, same key: the study is found again; NULL: never\n"
    "    driver TEXT NOT NULL,           -- autocross, random, train, ...\n"
    "    objective TEXT NOT NULL,        -- what trials.objective is: auc, logloss, ...\n"
    "    maximise INTEGER NOT NULL CHECK (maximise IN (0, 1)),\n"
    "    data TEXT NOT NULL,             -- path as given\n"
    "    data_fingerprint TEXT NOT NULL,\n"
    "    rows INTEGER NOT NULL,\n"
    "    options TEXT NOT NULL,          -- JSON\n"
    "    seed INTEGER NOT NULL,\n"
    "    command TEXT,\n"
    "    status TEXT NOT NULL CHECK (status IN ('running', 'complete', 'interrupted', 'failed')),\n"
    "    reason TEXT,                    -- of the status\n"
    "    program_version TEXT NOT NULL,\n"
    "    host TEXT NOT NULL,             -- of the latest run, as are pid and processors\n"
    "    pid INTEGER NOT NULL,\n"
    "    processors INTEGER NOT NULL,\n"
    "    started_us INTEGER NOT NULL,    -- of the first run; all times: microseconds since 1970 UTC\n"
    "    opened_us INTEGER NOT NULL,     -- of the latest run\n"
    "    ended_us INTEGER,               -- NULL: it has not ended\n"
    "    seconds REAL NOT NULL           -- of all runs that have ended\n"
    ") STRICT;\n",
    "CREATE TABLE trials (\n"
    "    id INTEGER PRIMARY KEY,\n"
    "    study_id INTEGER NOT NULL REFERENCES studies (id) ON DELETE CASCADE,\n"
    "    number INTEGER NOT NULL CHECK (number > 0), -- within the study, from 1, without gaps\n"
    "    parent INTEGER,                 -- number of the trial that this one grew from\n"
    "    candidate TEXT NOT NULL,        -- JSON\n"
    "    hash TEXT NOT NULL,             -- of the candidate and of all else that its value depends on\n"
    "    state TEXT NOT NULL CHECK (state IN ('running', 'complete', 'pruned', 'failed')),\n"
    "    reason TEXT,                    -- of failure or pruning\n"
    "    step INTEGER NOT NULL,          -- of the search, from 0\n"
    "    rung INTEGER NOT NULL,          -- highest rung reached\n"
    "    rows INTEGER NOT NULL,          -- rows seen\n"
    "    objective REAL,                 -- NULL: none, or not a number\n"
    "    gain REAL,                      -- against the parent\n"
    "    gain_low REAL,                  -- interval of the gain\n"
    "    gain_high REAL,\n"
    "    bytes INTEGER,                  -- memory of the candidate; NULL: not measured\n"
    "    seconds REAL NOT NULL,\n"
    "    finished_us INTEGER NOT NULL,\n"
    "    UNIQUE (study_id, number),\n"
    "    UNIQUE (study_id, hash)\n"
    ") STRICT;\n"
    "CREATE INDEX trials_by_objective ON trials (study_id, state, objective);\n",
    "CREATE TABLE metrics (\n"
    "    trial_id INTEGER NOT NULL REFERENCES trials (id) ON DELETE CASCADE,\n"
    "    name TEXT NOT NULL,\n"
    "    step INTEGER NOT NULL,          -- rung or epoch; 0 for a figure of the whole trial\n"
    "    value REAL,                     -- NULL: not a number\n"
    "    PRIMARY KEY (trial_id, name, step)\n"
    ") STRICT, WITHOUT ROWID;\n",
    "CREATE TABLE decisions (\n"
    "    id INTEGER PRIMARY KEY,\n"
    "    study_id INTEGER NOT NULL REFERENCES studies (id) ON DELETE CASCADE,\n"
    "    step INTEGER NOT NULL,\n"
    "    kind TEXT NOT NULL,             -- start, accept, stop, ...\n"
    "    trial INTEGER,                  -- number of the trial that it chose\n"
    "    detail TEXT NOT NULL,           -- JSON: what was chosen and why\n"
    "    clock INTEGER NOT NULL CHECK (clock IN (0, 1)), -- 1: it hung on the clock and not on the data alone\n"
    "    made_us INTEGER NOT NULL,\n"
    "    UNIQUE (study_id, step, kind)\n"
    ") STRICT;\n",
    "CREATE TABLE artifacts (\n"
    "    id INTEGER PRIMARY KEY,\n"
    "    study_id INTEGER NOT NULL REFERENCES studies (id) ON DELETE CASCADE,\n"
    "    kind TEXT NOT NULL,             -- plan, model\n"
    "    path TEXT NOT NULL,\n"
    "    bytes INTEGER NOT NULL,\n"
    "    checksum TEXT NOT NULL,         -- XXH3-64 of the file\n"
    "    written_us INTEGER NOT NULL,\n"
    "    UNIQUE (study_id, kind, path)\n"
    ") STRICT;\n",
    "CREATE VIEW v_trials AS\n"
    "SELECT s.name AS study, t.number, t.parent, t.state, s.objective AS metric, t.objective, t.gain, t.gain_low,\n"
    "    t.gain_high, t.candidate, t.step, t.rung, t.rows, t.bytes, t.seconds, t.reason,\n"
    "    strftime('%Y-%m-%dT%H:%M:%fZ', t.finished_us / 1e6, 'unixepoch') AS finished,\n"
    "    t.study_id, t.id AS trial_id\n"
    "FROM trials t JOIN studies s ON s.id = t.study_id;\n",
    "CREATE VIEW v_best AS\n"
    "SELECT v.* FROM studies s JOIN v_trials v ON v.trial_id = CASE WHEN s.maximise THEN\n"
    "    (SELECT id FROM trials WHERE study_id = s.id AND state = 'complete' AND objective IS NOT NULL\n"
    "     ORDER BY objective DESC, number LIMIT 1)\n"
    "ELSE\n"
    "    (SELECT id FROM trials WHERE study_id = s.id AND state = 'complete' AND objective IS NOT NULL\n"
    "     ORDER BY objective, number LIMIT 1)\n"
    "END;\n",
    "CREATE VIEW v_curves AS\n"
    "SELECT s.name AS study, t.number, t.candidate, m.name AS metric, m.step, m.value, t.study_id, t.id AS trial_id\n"
    "FROM metrics m JOIN trials t ON t.id = m.trial_id JOIN studies s ON s.id = t.study_id;\n",
    "CREATE VIEW v_studies AS\n"
    "SELECT s.id, s.name, s.driver, s.data, s.status, s.reason, s.objective AS metric,\n"
    "    (SELECT count(*) FROM trials t WHERE t.study_id = s.id) AS trials,\n"
    "    (SELECT b.objective FROM v_best b WHERE b.study_id = s.id) AS best,\n"
    "    strftime('%Y-%m-%dT%H:%M:%fZ', s.started_us / 1e6, 'unixepoch') AS started,\n"
    "    strftime('%Y-%m-%dT%H:%M:%fZ', s.ended_us / 1e6, 'unixepoch') AS ended, s.seconds\n"
    "FROM studies s;\n",
    NULL,
};

/* Digests are filled in by fw_digest_everything once all scripts have run. */
static const char *const version_2[] = {
    "ALTER TABLE studies ADD COLUMN note TEXT;\n"
    "ALTER TABLE studies ADD COLUMN archived_us INTEGER;\n"
    "ALTER TABLE studies ADD COLUMN digest TEXT NOT NULL DEFAULT '';\n"
    "ALTER TABLE trials ADD COLUMN digest TEXT NOT NULL DEFAULT '';\n"
    "ALTER TABLE decisions ADD COLUMN digest TEXT NOT NULL DEFAULT '';\n"
    "ALTER TABLE artifacts ADD COLUMN digest TEXT NOT NULL DEFAULT '';\n",
    "CREATE INDEX trials_by_time ON trials (study_id, finished_us);\n",
    "CREATE TABLE tags (\n"
    "    study_id INTEGER NOT NULL REFERENCES studies (id) ON DELETE CASCADE,\n"
    "    name TEXT NOT NULL,\n"
    "    PRIMARY KEY (study_id, name)\n"
    ") STRICT, WITHOUT ROWID;\n",
    "CREATE TABLE contents (\n"
    "    study_id INTEGER PRIMARY KEY REFERENCES studies (id) ON DELETE CASCADE,\n"
    "    trials INTEGER NOT NULL,        -- how many rows of each table belong to the study\n"
    "    decisions INTEGER NOT NULL,\n"
    "    artifacts INTEGER NOT NULL,\n"
    "    lost INTEGER NOT NULL,          -- trial numbers that a salvage could not save\n"
    "    digests TEXT NOT NULL           -- sum of the digests of those rows, modulo 2^64\n"
    ") STRICT;\n",
    "DROP VIEW v_studies;\n"
    "CREATE VIEW v_studies AS\n"
    "SELECT s.id, s.name, s.driver, s.data, s.status, s.reason, s.objective AS metric,\n"
    "    (SELECT c.trials FROM contents c WHERE c.study_id = s.id) AS trials,\n"
    "    (SELECT b.objective FROM v_best b WHERE b.study_id = s.id) AS best,\n"
    "    strftime('%Y-%m-%dT%H:%M:%fZ', s.started_us / 1e6, 'unixepoch') AS started,\n"
    "    strftime('%Y-%m-%dT%H:%M:%fZ', s.ended_us / 1e6, 'unixepoch') AS ended, s.seconds,\n"
    "    (SELECT group_concat(name, ', ') FROM (SELECT name FROM tags WHERE study_id = s.id ORDER BY name)) AS tags,\n"
    "    s.note, strftime('%Y-%m-%dT%H:%M:%fZ', s.archived_us / 1e6, 'unixepoch') AS archived\n"
    "FROM studies s;\n",
    NULL,
};

/* scripts[n] leads from version n to version n + 1. */
static const char *const *const scripts[] = {version_1, version_2};

_Static_assert(sizeof scripts / sizeof scripts[0] == FW_STORE_VERSION, "one script a version");

enum fw_status fw_migrations_apply(struct fw_store *store, int64_t from, int64_t to, struct fw_error *err)
{
    for (int64_t version = from; version < to; version++) {
        for (const char *const *sql = scripts[version]; *sql != NULL; sql++)
            FW_TRY(fw_sql_exec(store, *sql, err));
    }
    if (from > 0 && to == FW_STORE_VERSION)
        FW_TRY(fw_digest_everything(store, err));
    char mark[128];
    snprintf(mark, sizeof mark, "PRAGMA application_id = %d; PRAGMA user_version = %lld", FW_STORE_APPLICATION_ID,
             (long long)to);
    return fw_sql_exec(store, mark, err);
}
