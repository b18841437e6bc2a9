/* The routing of a plan, and as JSON. */
#include <math.h>
#include <string.h>

#include "space/plan_parts.h"

#define MOST_NUMBER (INT64_C(1) << 50)

/* Significant digits of a gate in a document: as many as a float always gives back. */
#define GATE_DIGITS 6

void fw_plan_clear_routing(struct fw_plan *plan)
{
    if (plan->routing != NULL)
        fw_routing_clear(plan->routing, plan->mem);
    fw_free(plan->mem, plan->routing);
    fw_free(plan->mem, plan->route.metric);
    plan->routing = NULL;
    plan->route = (struct fw_plan_route){0};
}

/* Whether gates are such, and lead to every task of the schema. */
static enum fw_status check_routing(const struct fw_routing *routing, const struct fw_schema *schema,
                                    struct fw_error *err)
{
    bool live[FW_LEVELS_MOST * FW_SUBNETWORKS_MOST];
    bool fed[FW_TASKS_MOST];
    FW_TRY(fw_topology_check(&routing->topology, err));
    if (routing->topology.n_tasks != schema->n_tasks)
        return fw_error_set(err, FW_E_ARG, "the routing is of %d tasks, and the plan has %d", routing->topology.n_tasks,
                            schema->n_tasks);
    for (int64_t k = 0; k < fw_topology_connections(&routing->topology); k++) {
        float gate = routing->gates[k];
        if (!(gate >= 0 && gate <= 1))
            return fw_error_set(err, FW_E_ARG, "a gate of the routing is %g; gates are 0 to 1", (double)gate);
    }
    fw_routing_live(live, fed, routing);
    for (int32_t t = 0; t < schema->n_tasks; t++) {
        if (!fed[t])
            return fw_error_set(err, FW_E_ARG, "no open path of the routing leads to the task '%.60s'",
                                schema->tasks[t].name);
    }
    return FW_OK;
}

/* What a document could not hold is refused when it is set, not when the document is read. */
static enum fw_status check_route(const struct fw_plan_route *route, struct fw_error *err)
{
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{"memory", route->memory}, {"study", route->study}, {"trial", route->trial}};
    for (size_t k = 0; k < sizeof numbers / sizeof numbers[0]; k++) {
        if (numbers[k].value < 0 || numbers[k].value > MOST_NUMBER)
            return fw_error_set(err, FW_E_ARG, "the %s of a plan's routing is %lld; 0 to %lld are possible",
                                numbers[k].name, (long long)numbers[k].value, (long long)MOST_NUMBER);
    }
    if (!isfinite(route->lambda) || route->lambda < 0)
        return fw_error_set(err, FW_E_ARG, "the lambda of a plan's routing is %g; it is a number from 0 up",
                            route->lambda);
    if (!isfinite(route->quality))
        return fw_error_set(err, FW_E_ARG, "the quality of a plan's routing is %g; it must be finite", route->quality);
    return FW_OK;
}

/* A gate of so few digits that its text reads back to the same float. */
static float round_gate(float gate)
{
    if (!(gate > 0))
        return 0;
    double scale = pow(10, GATE_DIGITS - 1 - floor(log10((double)gate)));
    return isfinite(scale) ? (float)(round((double)gate * scale) / scale) : gate;
}

static enum fw_status copy_routing(struct fw_routing **out, const struct fw_routing *routing, struct fw_allocator *mem,
                                   struct fw_error *err)
{
    struct fw_routing *copy;
    FW_ALLOC(copy, mem, 1, "the routing of a plan", err);
    enum fw_status status = fw_routing_copy(copy, routing, mem, err);
    if (status != FW_OK) {
        fw_free(mem, copy);
        return status;
    }
    for (int64_t k = 0; k < fw_topology_connections(&copy->topology); k++)
        copy->gates[k] = round_gate(copy->gates[k]);
    *out = copy;
    return FW_OK;
}

enum fw_status fw_plan_set_routing(struct fw_plan *plan, const struct fw_routing *routing,
                                   const struct fw_plan_route *route, struct fw_error *err)
{
    struct fw_routing *new_routing = NULL;
    struct fw_plan_route new_route = {0};
    if (routing != NULL) {
        FW_TRY(check_routing(routing, plan->schema, err));
        FW_TRY(check_route(route, err));
        new_route = *route;
        new_route.metric = NULL;
        FW_TRY(fw_plan_set_text(plan, &new_route.metric, route->metric, err));
        enum fw_status status = copy_routing(&new_routing, routing, plan->mem, err);
        if (status != FW_OK) {
            fw_free(plan->mem, new_route.metric);
            return status;
        }
    }
    fw_plan_clear_routing(plan);
    plan->routing = new_routing;
    plan->route = new_route;
    return FW_OK;
}

/* The shortest number whose float is the gate. */
static cJSON *gate_to_json(float gate)
{
    char text[32];
    double value = (double)gate;
    int length = fw_text_from_float(text, gate);
    fw_text_to_double((struct fw_text){text, (size_t)length}, &value);
    return cJSON_CreateNumber(value);
}

static cJSON *gates_to_json(const struct fw_routing *routing)
{
    const struct fw_topology *t = &routing->topology;
    const float *gate = routing->gates;
    cJSON *list = cJSON_CreateArray();
    for (int32_t b = 0; b < t->n_levels; b++) {
        cJSON *boundary = cJSON_CreateArray();
        for (int32_t i = 0; i < fw_topology_readers(t, b); i++) {
            cJSON *reader = cJSON_CreateArray();
            for (int32_t j = 0; j < t->levels[b].n; j++)
                fw_json_append(reader, gate_to_json(*gate++));
            fw_json_append(boundary, reader);
        }
        fw_json_append(list, boundary);
    }
    return list;
}

cJSON *fw_plan_routing_to_json(const struct fw_plan *plan)
{
    const struct fw_topology *t = &plan->routing->topology;
    const struct fw_plan_route *route = &plan->route;
    cJSON *json = cJSON_CreateObject();
    fw_json_add_text(json, "kind", fw_connection_kind_name(t->kind));
    cJSON *levels = fw_json_add_array(json, "levels");
    for (int32_t l = 0; l < t->n_levels; l++) {
        cJSON *level = cJSON_CreateObject();
        fw_json_add_number(level, "subnetworks", t->levels[l].n);
        fw_json_add_number(level, "width", t->levels[l].width);
        fw_json_append(levels, level);
    }
    fw_json_add_number(json, "tower", t->tower);
    fw_json_add_number(json, "lambda", route->lambda);
    fw_json_add_number(json, "memory", (double)route->memory);
    fw_plan_write_text(json, "metric", route->metric);
    fw_json_add_number(json, "quality", route->quality);
    fw_json_add_number(json, "study", (double)route->study);
    fw_json_add_number(json, "trial", (double)route->trial);
    fw_json_add(json, "gates", gates_to_json(plan->routing));
    return json;
}

static enum fw_status read_topology(struct fw_topology *topology, const cJSON *json, const char *what,
                                    struct fw_error *err)
{
    const char *kind = NULL;
    const cJSON *levels = NULL;
    const cJSON *level;
    int64_t tower = 0;
    FW_TRY(fw_json_text(&kind, json, "kind", what, err));
    if (strcmp(kind, fw_connection_kind_name(FW_CONNECT_AVER)) == 0)
        topology->kind = FW_CONNECT_AVER;
    else if (strcmp(kind, fw_connection_kind_name(FW_CONNECT_TRANS)) != 0)
        return fw_error_set(err, FW_E_CORRUPT, "%s: the routing is of the kind '%.60s'; trans and aver are known", what,
                            kind);
    FW_TRY(fw_json_array(&levels, json, "levels", what, err));
    if (cJSON_GetArraySize(levels) > FW_LEVELS_MOST)
        return fw_error_set(err, FW_E_CORRUPT, "%s: the routing has %d levels; 1 to %d are possible", what,
                            cJSON_GetArraySize(levels), FW_LEVELS_MOST);
    cJSON_ArrayForEach(level, levels)
    {
        int64_t n = 0;
        int64_t width = 0;
        FW_TRY(fw_json_int(&n, level, "subnetworks", 1, FW_SUBNETWORKS_MOST, what, err));
        FW_TRY(fw_json_int(&width, level, "width", 1, INT32_MAX, what, err));
        topology->levels[topology->n_levels++] = (struct fw_level){(int32_t)n, (int32_t)width};
    }
    FW_TRY(fw_json_int(&tower, json, "tower", 1, INT32_MAX, what, err));
    topology->tower = (int32_t)tower;
    return FW_OK;
}

static enum fw_status read_gates(struct fw_routing *routing, const cJSON *json, const char *what, struct fw_error *err)
{
    const struct fw_topology *t = &routing->topology;
    float *gate = routing->gates;
    const cJSON *boundary = json->child;
    if (cJSON_GetArraySize(json) != t->n_levels)
        return fw_error_set(err, FW_E_CORRUPT, "%s: the routing has gates of %d boundaries and %d levels; one each",
                            what, cJSON_GetArraySize(json), t->n_levels);
    for (int32_t b = 0; b < t->n_levels; b++, boundary = boundary->next) {
        int32_t readers = fw_topology_readers(t, b);
        bool whole = cJSON_IsArray(boundary) && cJSON_GetArraySize(boundary) == readers;
        const cJSON *reader = whole ? boundary->child : NULL;
        for (int32_t i = 0; i < readers && whole; i++, reader = reader->next) {
            whole = cJSON_IsArray(reader) && cJSON_GetArraySize(reader) == t->levels[b].n;
            const cJSON *item = whole ? reader->child : NULL;
            for (int32_t j = 0; j < t->levels[b].n && whole; j++, item = item->next) {
                whole = cJSON_IsNumber(item);
                *gate++ = (float)item->valuedouble;
            }
        }
        if (!whole)
            return fw_error_set(err, FW_E_CORRUPT, "%s: the gates behind level %d are not %d lists of %d numbers", what,
                                b + 1, readers, t->levels[b].n);
    }
    return FW_OK;
}

/* The check speaks of routings; here it is a document that is wrong. */
static enum fw_status as_corrupt(enum fw_status status, const struct fw_error *detail, const char *what,
                                 struct fw_error *err)
{
    if (status == FW_E_ARG)
        return fw_error_set(err, FW_E_CORRUPT, "%s: %s", what, detail->message);
    return status == FW_OK ? FW_OK : fw_error_set(err, status, "%s", detail->message);
}

static enum fw_status read_route(struct fw_plan *plan, const cJSON *json, const char *what, struct fw_error *err)
{
    struct fw_plan_route *route = &plan->route;
    struct fw_error detail = {0};
    FW_TRY(fw_json_number(&route->lambda, json, "lambda", what, err));
    FW_TRY(fw_json_int(&route->memory, json, "memory", 0, MOST_NUMBER, what, err));
    FW_TRY(fw_plan_read_text(plan, &route->metric, json, "metric", what, err));
    FW_TRY(fw_json_number(&route->quality, json, "quality", what, err));
    FW_TRY(fw_json_int(&route->study, json, "study", 0, MOST_NUMBER, what, err));
    FW_TRY(fw_json_int(&route->trial, json, "trial", 0, MOST_NUMBER, what, err));
    return as_corrupt(check_route(route, &detail), &detail, what, err);
}

enum fw_status fw_plan_read_routing(struct fw_plan *plan, const cJSON *document, const char *what, struct fw_error *err)
{
    const cJSON *json = NULL;
    const cJSON *gates = NULL;
    struct fw_error detail = {0};
    if (cJSON_GetObjectItemCaseSensitive(document, "routing") == NULL)
        return FW_OK;
    FW_TRY(fw_json_object(&json, document, "routing", what, err));
    FW_ALLOC(plan->routing, plan->mem, 1, "the routing of a plan", err);
    struct fw_topology *topology = &plan->routing->topology;
    FW_TRY(read_topology(topology, json, what, err));
    topology->n_tasks = plan->schema->n_tasks;
    FW_TRY(as_corrupt(fw_topology_check(topology, &detail), &detail, what, err));
    FW_TRY(fw_json_array(&gates, json, "gates", what, err));
    FW_ALLOC(plan->routing->gates, plan->mem, fw_topology_connections(topology), "the gates of a routing", err);
    FW_TRY(read_gates(plan->routing, gates, what, err));
    FW_TRY(as_corrupt(check_routing(plan->routing, plan->schema, &detail), &detail, what, err));
    return read_route(plan, json, what, err);
}
