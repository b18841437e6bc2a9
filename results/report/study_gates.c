#include "results/report/study_gates.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "results/store/sql.h"

/* A gate by its place, from 0: boundary, reader, read. */
struct gate {
    int boundary, to, from;
    bool tower; /* the boundary is the last one, whichever that is */
    double value;
};

struct gates {
    struct gate *rows;
    int64_t n, capacity;
};

/* "gate level2.3<1", "gate tower2<5"; false: no such name. */
static bool read_name(struct gate *out, const char *name)
{
    int level = 0;
    int to = 0;
    int from = 0;
    int end = -1;
    *out = (struct gate){.boundary = 0};
    if (sscanf(name, "gate level%3d.%3d<%3d%n", &level, &to, &from, &end) == 3 && end == (int)strlen(name) &&
        level >= 2 && level <= FW_LEVELS_MOST)
        out->boundary = level - 2;
    else if (sscanf(name, "gate tower%3d<%3d%n", &to, &from, &end) == 2 && end == (int)strlen(name))
        out->tower = true;
    else
        return false;
    out->to = to - 1;
    out->from = from - 1;
    return to >= 1 && from >= 1 && from <= FW_SUBNETWORKS_MOST &&
           to <= (out->tower ? FW_TASKS_MOST : FW_SUBNETWORKS_MOST);
}

static enum fw_status read_gates(struct gates *gates, const struct fw_study_facts *f, int64_t place,
                                 struct fw_error *err)
{
    /* beside max() SQLite gives the other columns of the row that has it */
    static const char sql[] = "SELECT name, value, max(step) FROM metrics WHERE trial_id = ? AND name >= 'gate ' AND "
                              "name < 'gate!' GROUP BY name";
    struct fw_sql q;
    bool row;
    FW_TRY(fw_sql_prepare(&q, f->store, sql, err));
    fw_sql_bind_int(&q, f->trials.rows[place].id);
    FW_TRY(fw_sql_next(&row, &q, err));
    while (row) {
        struct gate gate;
        const char *name = fw_sql_text(&q, 0);
        enum fw_status status = FW_OK;
        if (name != NULL && read_name(&gate, name)) {
            gate.value = fw_sql_real(&q, 1);
            status = fw_reserve(f->mem, &gates->rows, &gates->capacity, gates->n + 1, sizeof *gates->rows, err);
            if (status == FW_OK)
                gates->rows[gates->n++] = gate;
        }
        if (status != FW_OK) {
            enum fw_status ignored = fw_sql_finish(&q, NULL);
            (void)ignored;
            return status;
        }
        FW_TRY(fw_sql_next(&row, &q, err));
    }
    return FW_OK;
}

static int32_t setting_of(const cJSON *candidate, const char *name)
{
    const cJSON *settings = cJSON_GetObjectItemCaseSensitive(candidate, "settings");
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(settings, name);
    double number = cJSON_IsNumber(value) ? value->valuedouble : 1;
    return number >= 1 && number <= 65536 ? (int32_t)number : 1;
}

static int32_t more(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* The topology that has all the gates; whether there is one gate a connection is seen when they are filled in. */
static void shape(struct fw_topology *t, const struct gates *gates, const char *candidate)
{
    cJSON *json = NULL;
    *t = (struct fw_topology){.kind = FW_CONNECT_TRANS, .n_levels = 1};
    for (int64_t i = 0; i < gates->n; i++) {
        if (!gates->rows[i].tower)
            t->n_levels = more(t->n_levels, gates->rows[i].boundary + 2);
    }
    for (int64_t i = 0; i < gates->n; i++) {
        const struct gate *gate = &gates->rows[i];
        int boundary = gate->tower ? t->n_levels - 1 : gate->boundary;
        t->levels[boundary].n = more(t->levels[boundary].n, gate->from + 1);
        if (gate->tower)
            t->n_tasks = more(t->n_tasks, gate->to + 1);
        else
            t->levels[boundary + 1].n = more(t->levels[boundary + 1].n, gate->to + 1);
    }
    if (fw_json_parse(&json, candidate, strlen(candidate), "a candidate", NULL) != FW_OK)
        json = NULL;
    for (int32_t l = 0; l < t->n_levels; l++)
        t->levels[l].width = setting_of(json, "units");
    t->tower = setting_of(json, "tower");
    cJSON_Delete(json);
}

/* Whether every connection has its gate, within [0, 1]. */
static bool fill(struct fw_routing *routing, const struct gates *gates)
{
    const struct fw_topology *t = &routing->topology;
    for (int64_t i = 0; i < gates->n; i++) {
        const struct gate *gate = &gates->rows[i];
        int boundary = gate->tower ? t->n_levels - 1 : gate->boundary;
        if (!(gate->value >= 0 && gate->value <= 1))
            return false;
        routing->gates[fw_topology_place(t, boundary, gate->to, gate->from)] = (float)gate->value;
    }
    return gates->n == fw_topology_connections(t); /* names are unique */
}

enum fw_status fw_study_gates(struct fw_routing *out, bool *found_out, const struct fw_study_facts *f, int64_t place,
                              struct fw_error *err)
{
    struct gates gates = {0};
    struct fw_routing routing = {.gates = NULL};
    enum fw_status status = read_gates(&gates, f, place, err);
    *found_out = false;
    if (status != FW_OK || gates.n == 0)
        goto done;
    shape(&routing.topology, &gates, fw_study_facts_at(f, place)->candidate);
    if (fw_topology_check(&routing.topology, NULL) != FW_OK)
        goto done;
    FW_ALLOC_GOTO(routing.gates, f->mem, fw_topology_connections(&routing.topology), "the gates of a routing", err,
                  done);
    if (fill(&routing, &gates)) {
        *out = routing;
        *found_out = true;
        routing.gates = NULL;
    }
done:
    fw_free(f->mem, routing.gates);
    fw_free(f->mem, gates.rows);
    return status;
}
