#include "results/query/trial_columns.h"

#include <string.h>
#include <strings.h>

#include "core/nearest.h"
#include "results/store/sql.h"

#define METRIC_PREFIX "metric_"
#define MEMBER_PREFIX "candidate_"

/* Trials at each end of a study that are looked at when not all are. */
#define LOOKED_AT "200"

static const struct {
    const char *name, *sql;
} own[] = {{"study", "(SELECT name FROM studies WHERE id = t.study_id)"},
           {"number", "t.number"},
           {"parent", "t.parent"},
           {"state", "t.state"},
           {"metric", "(SELECT objective FROM studies WHERE id = t.study_id)"},
           {"objective", "t.objective"},
           {"gain", "t.gain"},
           {"gain_low", "t.gain_low"},
           {"gain_high", "t.gain_high"},
           {"candidate", "t.candidate"},
           {"step", "t.step"},
           {"rung", "t.rung"},
           {"rows", "t.rows"},
           {"bytes", "t.bytes"},
           {"seconds", "t.seconds"},
           {"reason", "t.reason"},
           {"finished", "strftime('%Y-%m-%dT%H:%M:%fZ', t.finished_us / 1e6, 'unixepoch')"},
           {"study_id", "t.study_id"},
           {"trial_id", "t.id"}};

#define N_OWN ((int64_t)(sizeof own / sizeof own[0]))

void fw_sql_add_name(struct fw_buffer *out, const char *name)
{
    fw_buffer_add(out, "\"", 1);
    for (; *name != '\0'; name++)
        fw_buffer_add(out, *name == '"' ? "\"\"" : name, *name == '"' ? 2 : 1);
    fw_buffer_add(out, "\"", 1);
}

void fw_sql_add_text(struct fw_buffer *out, const char *text)
{
    fw_buffer_add(out, "'", 1);
    for (; *text != '\0'; text++)
        fw_buffer_add(out, *text == '\'' ? "''" : text, *text == '\'' ? 2 : 1);
    fw_buffer_add(out, "'", 1);
}

static const struct fw_trial_column *find_exact(const struct fw_trial_columns *columns, const char *name)
{
    for (int64_t i = 0; i < columns->n; i++) {
        if (strcasecmp(columns->rows[i].name, name) == 0)
            return &columns->rows[i];
    }
    return NULL;
}

static const char *prefix_of(enum fw_trial_column_kind kind)
{
    return kind == FW_COLUMN_METRIC ? METRIC_PREFIX : kind == FW_COLUMN_MEMBER ? MEMBER_PREFIX : "";
}

const struct fw_trial_column *fw_trial_columns_find(const struct fw_trial_columns *columns, const char *name)
{
    const struct fw_trial_column *found = find_exact(columns, name);
    for (int64_t i = 0; i < columns->n && found == NULL; i++) {
        const struct fw_trial_column *column = &columns->rows[i];
        size_t n = strlen(prefix_of(column->kind));
        if (n > 0 && strncasecmp(name, prefix_of(column->kind), n) == 0 && strcasecmp(name + n, column->source) == 0)
            found = column;
    }
    return found;
}

/* Adds a metric or a member under the first of its names that is free; one that cannot be named is left out. */
static enum fw_status add(struct fw_trial_columns *columns, enum fw_trial_column_kind kind, const char *source,
                          struct fw_error *err)
{
    struct fw_allocator *mem = columns->texts.mem;
    struct fw_buffer name;
    bool refused = false;
    enum fw_status status = FW_OK;
    fw_buffer_init(&name, mem);
    fw_buffer_add_text(&name, source);
    for (int i = 1; i < 100 && !name.failed && find_exact(columns, name.data) != NULL; i++) {
        name.length = 0;
        fw_buffer_add_text(&name, prefix_of(kind));
        fw_buffer_add_text(&name, source);
        if (i > 1)
            fw_buffer_addf(&name, "_%d", i);
    }
    FW_TRY_GOTO(fw_buffer_check(&name, err), done);
    FW_TRY_GOTO(fw_reserve(mem, &columns->rows, &columns->capacity, columns->n + 1, sizeof *columns->rows, err), done);
    columns->rows[columns->n] = (struct fw_trial_column){kind, fw_text_pool_add(&columns->texts, name.data, &refused),
                                                         fw_text_pool_add(&columns->texts, source, &refused)};
    if (refused)
        FW_TRY_GOTO(fw_error_nomem(err, mem, "the columns of a study", 1, 1024), done);
    columns->n++;
done:
    fw_buffer_clear(&name);
    return status;
}

/* Adds the names that a query gives. */
static enum fw_status add_found(struct fw_trial_columns *columns, enum fw_trial_column_kind kind,
                                struct fw_store *store, const char *sql, int64_t study, struct fw_error *err)
{
    struct fw_sql q;
    bool row;
    FW_TRY(fw_sql_prepare(&q, store, sql, err));
    fw_sql_bind_int(&q, study);
    FW_TRY(fw_sql_next(&row, &q, err));
    while (row) {
        const char *name = fw_sql_text(&q, 0);
        /* a path of SQLite's JSON has no way to write a double quote */
        bool usable = name != NULL && name[0] != '\0' && (kind == FW_COLUMN_METRIC || strchr(name, '"') == NULL);
        enum fw_status status = usable ? add(columns, kind, name, err) : FW_OK;
        if (status != FW_OK) {
            enum fw_status ignored = fw_sql_finish(&q, NULL);
            (void)ignored;
            return status;
        }
        FW_TRY(fw_sql_next(&row, &q, err));
    }
    return FW_OK;
}

#define ENDS                                                                                                           \
    "(SELECT id FROM (SELECT id FROM trials WHERE study_id = ?1 ORDER BY number LIMIT " LOOKED_AT ") UNION "           \
    "SELECT id FROM (SELECT id FROM trials WHERE study_id = ?1 ORDER BY number DESC LIMIT " LOOKED_AT "))"

/* The few different names are found first and ordered then; in one step SQLite would sort all that there are. */
#define METRICS "SELECT name FROM (SELECT DISTINCT m.name FROM "

#define METRICS_ORDER ") ORDER BY name"

/* A candidate that is no JSON has no members, and is no reason to fail. */
#define MEMBERS                                                                                                        \
    "SELECT key FROM (SELECT DISTINCT j.key, j.id FROM trials t, json_each(CASE WHEN json_valid(t.candidate) THEN "    \
    "t.candidate ELSE '{}' END) j WHERE typeof(j.key) = 'text' AND "

#define MEMBERS_ORDER ") GROUP BY key ORDER BY min(id), key"

enum fw_status fw_trial_columns_read(struct fw_trial_columns *out, struct fw_store *store, int64_t study, bool all,
                                     struct fw_error *err)
{
    static const char metrics_of_all[] =
        METRICS "trials t CROSS JOIN metrics m ON m.trial_id = t.id WHERE t.study_id = ?1" METRICS_ORDER;
    static const char metrics_of_ends[] = METRICS ENDS " e JOIN metrics m ON m.trial_id = e.id" METRICS_ORDER;
    /* texts of their own for all studies, because an index serves no "?1 = 0 OR study_id = ?1" */
    static const char metrics_of_store[] = METRICS "metrics m WHERE ?1 = 0" METRICS_ORDER;
    static const char members_of_store[] = MEMBERS "?1 = 0" MEMBERS_ORDER;
    static const char members_of_all[] = MEMBERS "t.study_id = ?1" MEMBERS_ORDER;
    static const char members_of_ends[] = MEMBERS "t.id IN " ENDS MEMBERS_ORDER;
    struct fw_trial_columns columns = {0};
    enum fw_status status = FW_OK;
    fw_text_pool_init(&columns.texts, store->mem);
    for (int64_t i = 0; i < N_OWN; i++)
        FW_TRY_GOTO(add(&columns, FW_COLUMN_OWN, own[i].name, err), done);
    const char *metrics = study == 0 ? metrics_of_store : all ? metrics_of_all : metrics_of_ends;
    const char *members = study == 0 ? members_of_store : all ? members_of_all : members_of_ends;
    FW_TRY_GOTO(add_found(&columns, FW_COLUMN_METRIC, store, metrics, study, err), done);
    FW_TRY_GOTO(add_found(&columns, FW_COLUMN_MEMBER, store, members, study, err), done);
    *out = columns;
done:
    if (status != FW_OK)
        fw_trial_columns_clear(&columns);
    return status;
}

void fw_trial_columns_clear(struct fw_trial_columns *columns)
{
    fw_free(columns->texts.mem, columns->rows);
    fw_text_pool_clear(&columns->texts);
    *columns = (struct fw_trial_columns){0};
}

enum fw_status fw_trial_columns_unknown(const struct fw_trial_columns *columns, const char *name, struct fw_error *err)
{
    struct fw_allocator *mem = columns->texts.mem;
    struct fw_buffer list;
    const char **names;
    FW_ALLOC(names, mem, columns->n, "the columns of a study", err);
    fw_buffer_init(&list, mem);
    for (int64_t i = 0; i < columns->n; i++) {
        names[i] = columns->rows[i].name;
        if (list.length < FW_ERROR_MESSAGE_SIZE - 300)
            fw_buffer_addf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    int64_t near = fw_nearest_name(name, names, columns->n);
    enum fw_status status =
        fw_error_set(err, FW_E_INPUT, "'%.64s' is no column of the study%s%.64s%s; the columns are %s", name,
                     near >= 0 ? "; did you mean '" : "", near >= 0 ? names[near] : "", near >= 0 ? "'?" : "",
                     list.data != NULL ? list.data : "");
    fw_buffer_clear(&list);
    fw_free(mem, names);
    return status;
}

void fw_trial_column_sql(struct fw_buffer *out, const struct fw_trial_column *column)
{
    switch (column->kind) {
    case FW_COLUMN_OWN:
        for (int64_t i = 0; i < N_OWN; i++) {
            if (strcmp(own[i].name, column->source) == 0)
                fw_buffer_add_text(out, own[i].sql);
        }
        return;
    case FW_COLUMN_METRIC:
        fw_buffer_add_text(out, "(SELECT value FROM metrics WHERE trial_id = t.id AND name = ");
        fw_sql_add_text(out, column->source);
        fw_buffer_add_text(out, " ORDER BY step DESC LIMIT 1)");
        return;
    case FW_COLUMN_MEMBER: {
        struct fw_buffer path;
        fw_buffer_init(&path, out->mem);
        fw_buffer_addf(&path, "$.\"%s\"", column->source);
        /* one candidate that is no JSON is no reason to show nothing of the others */
        fw_buffer_add_text(out, "CASE WHEN json_valid(t.candidate) THEN t.candidate ->> ");
        fw_sql_add_text(out, path.failed ? "" : path.data);
        fw_buffer_add_text(out, " END");
        out->failed = out->failed || path.failed;
        fw_buffer_clear(&path);
        return;
    }
    }
}
