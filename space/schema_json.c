#include "space/schema_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "space/dictionary.h"

#define COUNT_MAX (INT64_C(1) << 53) /* whole numbers that JSON's doubles hold */

static bool add_column(cJSON *list, const struct fw_schema_column *column)
{
    cJSON *json = cJSON_CreateObject();
    if (!cJSON_AddItemToArray(list, json)) {
        cJSON_Delete(json);
        return false;
    }
    bool added = cJSON_AddStringToObject(json, "name", column->name) != NULL &&
                 cJSON_AddStringToObject(json, "type", fw_column_type_name(column->type)) != NULL &&
                 cJSON_AddStringToObject(json, "role", fw_column_role_name(column->role)) != NULL &&
                 cJSON_AddStringToObject(json, "why", column->why) != NULL &&
                 cJSON_AddNumberToObject(json, "distinct", (double)column->n_distinct) != NULL &&
                 cJSON_AddBoolToObject(json, "distinct_exact", column->distinct_exact) != NULL &&
                 cJSON_AddNumberToObject(json, "missing", (double)column->n_missing) != NULL &&
                 cJSON_AddNumberToObject(json, "bad", (double)column->n_bad) != NULL &&
                 cJSON_AddBoolToObject(json, "integral", column->integral) != NULL;
    if (!isnan(column->min))
        added = added && cJSON_AddNumberToObject(json, "min", column->min) != NULL &&
                cJSON_AddNumberToObject(json, "max", column->max) != NULL;
    return added;
}

static bool add_task(cJSON *list, const struct fw_task *task)
{
    cJSON *json = cJSON_CreateObject();
    if (!cJSON_AddItemToArray(list, json)) {
        cJSON_Delete(json);
        return false;
    }
    bool added = cJSON_AddStringToObject(json, "label", task->name) != NULL &&
                 cJSON_AddStringToObject(json, "kind", fw_task_kind_name(task->kind)) != NULL;
    if (task->kind == FW_TASK_BINARY)
        added = added && cJSON_AddStringToObject(json, "positive", task->positive) != NULL &&
                cJSON_AddStringToObject(json, "negative", task->negative) != NULL;
    return added && cJSON_AddNumberToObject(json, "weight", task->weight) != NULL;
}

enum fw_status fw_schema_to_json(struct cJSON **out, const struct fw_schema *schema, struct fw_error *err)
{
    cJSON *json = cJSON_CreateObject();
    char separator[2] = {schema->separator, '\0'};
    bool added = cJSON_AddStringToObject(json, "separator", separator) != NULL;
    cJSON *tasks = schema->n_tasks > 0 ? cJSON_AddArrayToObject(json, "tasks") : NULL;
    added = added && (schema->n_tasks == 0 || tasks != NULL);
    for (int32_t t = 0; t < schema->n_tasks && added; t++)
        added = add_task(tasks, &schema->tasks[t]);
    cJSON *columns = cJSON_AddArrayToObject(json, "columns");
    added = added && columns != NULL;
    for (int64_t c = 0; c < schema->n_columns && added; c++)
        added = add_column(columns, &schema->columns[c]);
    if (!added) {
        cJSON_Delete(json);
        return fw_error_set(err, FW_E_NOMEM, "out of memory: a schema of %lld columns as JSON",
                            (long long)schema->n_columns);
    }
    *out = json;
    return FW_OK;
}

/* Every member must be known, and none may come twice: a slip in a document edited by hand is not passed over. */
static enum fw_status check_members(const cJSON *object, const char *const *known, const char *what,
                                    struct fw_error *err)
{
    const cJSON *member;
    cJSON_ArrayForEach(member, object)
    {
        int64_t k = 0;
        while (known[k] != NULL && strcmp(known[k], member->string) != 0)
            k++;
        if (known[k] == NULL)
            return fw_error_set(err, FW_E_CORRUPT, "%s: the schema has an unknown member '%.60s'", what,
                                member->string);
        if (cJSON_GetObjectItemCaseSensitive(object, member->string) != member)
            return fw_error_set(err, FW_E_CORRUPT, "%s: the schema has the member '%s' twice", what, member->string);
    }
    return FW_OK;
}

static enum fw_status type_of(enum fw_column_type *out, const char *name, const char *what, struct fw_error *err)
{
    for (int type = FW_TYPE_NUMERIC; type <= FW_TYPE_ID; type++) {
        *out = (enum fw_column_type)type;
        if (strcmp(fw_column_type_name(*out), name) == 0)
            return FW_OK;
    }
    return fw_error_set(err, FW_E_CORRUPT, "%s: there is no column type '%.60s'", what, name);
}

static enum fw_status role_of(enum fw_column_role *out, const char *name, const char *what, struct fw_error *err)
{
    for (int role = FW_ROLE_FEATURE; role <= FW_ROLE_IGNORED; role++) {
        *out = (enum fw_column_role)role;
        if (strcmp(fw_column_role_name(*out), name) == 0)
            return FW_OK;
    }
    return fw_error_set(err, FW_E_CORRUPT, "%s: there is no column role '%.60s'", what, name);
}

static enum fw_status read_range(struct fw_schema_column *column, const cJSON *json, const char *what,
                                 struct fw_error *err)
{
    column->min = column->max = NAN;
    if (!cJSON_HasObjectItem(json, "min") && !cJSON_HasObjectItem(json, "max"))
        return FW_OK;
    FW_TRY(fw_json_number(&column->min, json, "min", what, err));
    FW_TRY(fw_json_number(&column->max, json, "max", what, err));
    if (column->min > column->max)
        return fw_error_set(err, FW_E_CORRUPT, "%s: column '%.60s' ranges from %g down to %g", what, column->name,
                            column->min, column->max);
    return FW_OK;
}

static enum fw_status read_column(struct fw_schema_column *column, const cJSON *json, const char *what,
                                  struct fw_allocator *mem, struct fw_error *err)
{
    static const char *const members[] = {"name",    "type", "role",     "why", "distinct", "distinct_exact",
                                          "missing", "bad",  "integral", "min", "max",      NULL};
    const char *name, *type, *role, *why;
    if (!cJSON_IsObject(json))
        return fw_error_set(err, FW_E_CORRUPT, "%s: a column of the schema is no object", what);
    FW_TRY(check_members(json, members, what, err));
    FW_TRY(fw_json_text(&name, json, "name", what, err));
    column->name = fw_strndup(mem, name, strlen(name));
    if (column->name == NULL)
        return fw_error_nomem(err, mem, "a column's name", (int64_t)strlen(name), 1);
    FW_TRY(fw_json_text(&type, json, "type", what, err));
    FW_TRY(type_of(&column->type, type, what, err));
    FW_TRY(fw_json_text(&role, json, "role", what, err));
    FW_TRY(role_of(&column->role, role, what, err));
    FW_TRY(fw_json_text(&why, json, "why", what, err));
    snprintf(column->why, sizeof column->why, "%s", why);
    FW_TRY(fw_json_int(&column->n_distinct, json, "distinct", 0, COUNT_MAX, what, err));
    FW_TRY(fw_json_bool(&column->distinct_exact, json, "distinct_exact", what, err));
    FW_TRY(fw_json_int(&column->n_missing, json, "missing", 0, COUNT_MAX, what, err));
    FW_TRY(fw_json_int(&column->n_bad, json, "bad", 0, COUNT_MAX, what, err));
    FW_TRY(fw_json_bool(&column->integral, json, "integral", what, err));
    return read_range(column, json, what, err);
}

/* Notes a column's role; a second weight, group, time or position is damage. Labels are noted by the tasks. */
static enum fw_status note_role(struct fw_schema *schema, int64_t c, const char *what, struct fw_error *err)
{
    int64_t *index = NULL;
    switch (schema->columns[c].role) {
    case FW_ROLE_WEIGHT:
        index = &schema->weight;
        break;
    case FW_ROLE_GROUP:
        index = &schema->group;
        break;
    case FW_ROLE_TIME:
        index = &schema->time;
        break;
    case FW_ROLE_POSITION:
        index = &schema->position;
        break;
    case FW_ROLE_FEATURE:
    case FW_ROLE_LABEL:
    case FW_ROLE_IGNORED:
        return FW_OK;
    }
    if (*index >= 0)
        return fw_error_set(err, FW_E_CORRUPT, "%s: both '%.60s' and '%.60s' have the role %s", what,
                            schema->columns[*index].name, schema->columns[c].name,
                            fw_column_role_name(schema->columns[c].role));
    *index = c;
    return FW_OK;
}

static enum fw_status read_columns(struct fw_schema *schema, const cJSON *list, const char *what, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_dictionary *names;
    int n = cJSON_GetArraySize(list);
    if (n == 0)
        return fw_error_set(err, FW_E_CORRUPT, "%s: the schema has no columns", what);
    FW_ALLOC(schema->columns, schema->mem, n, "a schema", err);
    FW_TRY(fw_dictionary_create(&names, schema->mem, err));
    const cJSON *json;
    cJSON_ArrayForEach(json, list)
    {
        int64_t c = schema->n_columns++;
        FW_TRY_GOTO(read_column(&schema->columns[c], json, what, schema->mem, err), done);
        FW_TRY_GOTO(note_role(schema, c, what, err), done);
        struct fw_text name = fw_text_of(schema->columns[c].name);
        uint32_t code;
        if (name.length == 0 || fw_dictionary_find(names, name) != FW_DICTIONARY_NONE) {
            status = fw_error_set(err, FW_E_CORRUPT, "%s: the schema has two columns '%.60s', or one without a name",
                                  what, name.data);
            goto done;
        }
        FW_TRY_GOTO(fw_dictionary_add(&code, names, name, 0, err), done);
    }
done:
    fw_dictionary_destroy(names);
    return status;
}

/* The two texts of a label of classes. */
static enum fw_status read_texts(struct fw_task *task, const cJSON *json, const char *what, struct fw_allocator *mem,
                                 struct fw_error *err)
{
    const char *positive, *negative;
    FW_TRY(fw_json_text(&positive, json, "positive", what, err));
    FW_TRY(fw_json_text(&negative, json, "negative", what, err));
    if (strcmp(positive, negative) == 0 || positive[0] == '\0' || negative[0] == '\0')
        return fw_error_set(err, FW_E_CORRUPT, "%s: the label's values '%.60s' and '%.60s' cannot be told apart", what,
                            positive, negative);
    task->positive = fw_strndup(mem, positive, strlen(positive));
    task->negative = fw_strndup(mem, negative, strlen(negative));
    if (task->positive == NULL || task->negative == NULL)
        return fw_error_nomem(err, mem, "a label's text", (int64_t)(strlen(positive) + strlen(negative)), 1);
    return FW_OK;
}

/* Gives a task its column, which must be a label and of no task before. */
static enum fw_status place_task(struct fw_schema *schema, struct fw_task *task, const char *name, const char *what,
                                 struct fw_error *err)
{
    int64_t c = 0;
    while (c < schema->n_columns && strcmp(schema->columns[c].name, name) != 0)
        c++;
    if (c == schema->n_columns || schema->columns[c].role != FW_ROLE_LABEL)
        return fw_error_set(err, FW_E_CORRUPT, "%s: a task is about '%.60s', which is no column with the role label",
                            what, name);
    for (const struct fw_task *other = schema->tasks; other < task; other++) {
        if (other->column == c)
            return fw_error_set(err, FW_E_CORRUPT, "%s: two tasks are about '%.60s'", what, name);
    }
    task->column = c;
    task->name = fw_strndup(schema->mem, name, strlen(name));
    return task->name != NULL ? FW_OK : fw_error_nomem(err, schema->mem, "a label's name", (int64_t)strlen(name), 1);
}

static enum fw_status read_task(struct fw_schema *schema, struct fw_task *task, const cJSON *json, const char *what,
                                struct fw_error *err)
{
    static const char *const members[] = {"label", "kind", "positive", "negative", "weight", NULL};
    const char *name, *kind;
    if (!cJSON_IsObject(json))
        return fw_error_set(err, FW_E_CORRUPT, "%s: a task of the schema is no object", what);
    FW_TRY(check_members(json, members, what, err));
    FW_TRY(fw_json_text(&name, json, "label", what, err));
    FW_TRY(place_task(schema, task, name, what, err));
    FW_TRY(fw_json_text(&kind, json, "kind", what, err));
    if (strcmp(kind, fw_task_kind_name(FW_TASK_NUMBER)) == 0)
        task->kind = FW_TASK_NUMBER;
    else if (strcmp(kind, fw_task_kind_name(FW_TASK_BINARY)) != 0)
        return fw_error_set(err, FW_E_CORRUPT, "%s: there is no kind of task '%.60s'", what, kind);
    if (task->kind == FW_TASK_BINARY)
        FW_TRY(read_texts(task, json, what, schema->mem, err));
    else if (cJSON_HasObjectItem(json, "positive") || cJSON_HasObjectItem(json, "negative"))
        return fw_error_set(err, FW_E_CORRUPT, "%s: the label '%.60s' is a number and has label values", what, name);
    FW_TRY(fw_json_number(&task->weight, json, "weight", what, err));
    if (!((float)task->weight > 0) || !isfinite((float)task->weight))
        return fw_error_set(err, FW_E_CORRUPT, "%s: the task '%.60s' has the weight %g; it is a number above 0", what,
                            name, task->weight);
    return FW_OK;
}

/* A schema written when there was one label at most has its two texts beside the columns. */
static enum fw_status read_one_label(struct fw_schema *schema, const cJSON *json, int64_t n_labels, const char *what,
                                     struct fw_error *err)
{
    if (n_labels == 0) {
        if (cJSON_HasObjectItem(json, "positive") || cJSON_HasObjectItem(json, "negative"))
            return fw_error_set(err, FW_E_CORRUPT, "%s: the schema has label values but no label", what);
        return FW_OK;
    }
    int64_t c = 0;
    while (schema->columns[c].role != FW_ROLE_LABEL)
        c++;
    FW_ALLOC(schema->tasks, schema->mem, 1, "the labels of a schema", err);
    struct fw_task *task = &schema->tasks[schema->n_tasks++];
    *task = (struct fw_task){.kind = FW_TASK_BINARY, .weight = 1};
    FW_TRY(place_task(schema, task, schema->columns[c].name, what, err));
    return read_texts(task, json, what, schema->mem, err);
}

static enum fw_status read_tasks(struct fw_schema *schema, const cJSON *json, const char *what, struct fw_error *err)
{
    const cJSON *list = NULL;
    const cJSON *item;
    int64_t n_labels = 0;
    for (int64_t c = 0; c < schema->n_columns; c++)
        n_labels += schema->columns[c].role == FW_ROLE_LABEL;
    bool listed = cJSON_HasObjectItem(json, "tasks");
    if (!listed && n_labels < 2)
        return read_one_label(schema, json, n_labels, what, err);
    FW_TRY(fw_json_array(&list, json, "tasks", what, err));
    if (cJSON_HasObjectItem(json, "positive") || cJSON_HasObjectItem(json, "negative"))
        return fw_error_set(err, FW_E_CORRUPT, "%s: the schema has label values beside its tasks", what);
    int n = cJSON_GetArraySize(list);
    if (n != n_labels || n < 1 || n > FW_TASKS_MOST)
        return fw_error_set(err, FW_E_CORRUPT, "%s: the schema has %d tasks and %lld labels; one each, 1 to %d, belong",
                            what, n, (long long)n_labels, FW_TASKS_MOST);
    FW_ALLOC(schema->tasks, schema->mem, n, "the labels of a schema", err);
    cJSON_ArrayForEach(item, list)
    {
        struct fw_task *task = &schema->tasks[schema->n_tasks++];
        FW_TRY(read_task(schema, task, item, what, err));
    }
    return FW_OK;
}

enum fw_status fw_schema_from_json(struct fw_schema **out, const struct cJSON *json, const char *what,
                                   struct fw_allocator *mem, struct fw_error *err)
{
    static const char *const members[] = {"separator", "tasks", "positive", "negative", "columns", NULL};
    enum fw_status status = FW_OK;
    const char *separator;
    const cJSON *columns;
    struct fw_schema *schema;
    FW_TRY(check_members(json, members, what, err));
    FW_TRY(fw_json_text(&separator, json, "separator", what, err));
    if (strlen(separator) != 1)
        return fw_error_set(err, FW_E_CORRUPT, "%s: the separator '%.60s' is not one character", what, separator);
    FW_TRY(fw_json_array(&columns, json, "columns", what, err));
    FW_ALLOC(schema, mem, 1, "a schema", err);
    *schema = (struct fw_schema){
        .weight = -1, .group = -1, .time = -1, .position = -1, .separator = separator[0], .mem = mem};
    FW_TRY_GOTO(read_columns(schema, columns, what, err), done);
    FW_TRY_GOTO(read_tasks(schema, json, what, err), done);
    *out = schema;
    schema = NULL;
done:
    fw_schema_destroy(schema);
    return status;
}
