/* Finding the columns of a schema in another table than the one it came from. */
#include <stdio.h>
#include <string.h>

#include "space/schema_parts.h"

/* Without a header, columns are called "1", "2", ...: known by their places only. */
static bool is_positional(const struct fw_schema *schema)
{
    for (int64_t c = 0; c < schema->n_columns; c++) {
        char position[32];
        snprintf(position, sizeof position, "%lld", (long long)c + 1);
        if (strcmp(schema->columns[c].name, position) != 0)
            return false;
    }
    return true;
}

/* Whether a column may be left out of a table, given what the table lacks. */
static bool may_lack(const struct fw_schema *schema, int64_t column, bool labels, bool position)
{
    enum fw_column_role role = schema->columns[column].role;
    return (labels && role == FW_ROLE_LABEL) || (position && role == FW_ROLE_POSITION);
}

/* How many columns a table without these has. */
static int64_t columns_without(const struct fw_schema *schema, bool labels, bool position)
{
    int64_t n = 0;
    for (int64_t c = 0; c < schema->n_columns; c++)
        n += !may_lack(schema, c, labels, position);
    return n;
}

/* A table one column short lacks the label, or, when that is needed, the position. */
static enum fw_status match_by_position(const struct fw_schema *schema, const struct fw_table *table,
                                        int64_t *column_of, bool need_label, struct fw_error *err)
{
    const struct {
        bool labels, position;
    } lacking[] = {{false, false}, {!need_label, need_label}, {need_label, !need_label}, {true, true}};
    for (size_t i = 0; i < sizeof lacking / sizeof lacking[0]; i++) {
        int64_t next = 0;
        if (table->n_columns != columns_without(schema, lacking[i].labels, lacking[i].position))
            continue;
        for (int64_t c = 0; c < schema->n_columns; c++)
            column_of[c] = may_lack(schema, c, lacking[i].labels, lacking[i].position) ? -1 : next++;
        return FW_OK;
    }
    char without[64] = "";
    if (schema->n_tasks == 1)
        snprintf(without, sizeof without, " (or one less, without the label)");
    else if (schema->n_tasks > 1)
        snprintf(without, sizeof without, " (or %d less, without the labels)", schema->n_tasks);
    return fw_error_set(err, FW_E_INPUT,
                        "%s: it has %lld columns, but the model knows %lld by their places%s; the columns must be "
                        "those of the training table, in the same order",
                        table->path, (long long)table->n_columns, (long long)schema->n_columns, without);
}

/* Appends the names of the features, all or those that were not found, until the list is long enough. Returns how many
 * there are. */
static int64_t list_features(struct fw_buffer *text, const struct fw_schema *schema, const int64_t *column_of,
                             bool missing_only)
{
    int64_t n = 0;
    int64_t start = text->length;
    for (int64_t c = 0; c < schema->n_columns; c++) {
        if (schema->columns[c].role != FW_ROLE_FEATURE || (missing_only && column_of[c] >= 0))
            continue;
        if (text->length - start < 300)
            fw_buffer_addf(text, "%s%.100s", n > 0 ? ", " : "", schema->columns[c].name);
        else if (text->data[text->length - 1] != '.')
            fw_buffer_add_text(text, ", ...");
        n++;
    }
    return n;
}

static enum fw_status missing_features(struct fw_error *err, const struct fw_schema *schema,
                                       const struct fw_table *table, const int64_t *column_of)
{
    struct fw_buffer missing, all;
    fw_buffer_init(&missing, schema->mem);
    fw_buffer_init(&all, schema->mem);
    int64_t n_missing = list_features(&missing, schema, column_of, true);
    int64_t n_all = list_features(&all, schema, column_of, false);
    enum fw_status status = fw_buffer_check(&missing, err);
    if (status == FW_OK)
        status = fw_buffer_check(&all, err);
    bool headerless = table->dialect.format == FW_TABLE_CSV && !table->dialect.has_header &&
                      fw_table_find_column(table, schema->columns[0].name) < 0;
    if (status == FW_OK)
        status =
            fw_error_set(err, FW_E_INPUT, "%s: %lld of the %lld columns that the model needs are not there: %s%s%s%s",
                         table->path, (long long)n_missing, (long long)n_all, missing.data,
                         n_missing < n_all ? "; it needs " : "", n_missing < n_all ? all.data : "",
                         headerless ? "; the table has no header: give its names with --names" : "");
    fw_buffer_clear(&all);
    fw_buffer_clear(&missing);
    return status;
}

static enum fw_status match_by_name(const struct fw_schema *schema, const struct fw_table *table, int64_t *column_of,
                                    struct fw_error *err)
{
    bool complete = true;
    for (int64_t c = 0; c < schema->n_columns; c++) {
        column_of[c] = -1;
        int64_t found = fw_table_find_column(table, schema->columns[c].name);
        /* a name that is a number also finds by position, which is no match here */
        if (found >= 0 && strcmp(table->columns[found].name, schema->columns[c].name) == 0)
            column_of[c] = found;
        else if (schema->columns[c].role == FW_ROLE_FEATURE)
            complete = false;
    }
    return complete ? FW_OK : missing_features(err, schema, table, column_of);
}

/* A numeric feature must hold numbers here as well: a text would silently score as missing. */
static enum fw_status check_numbers(const struct fw_schema *schema, const struct fw_table *table,
                                    const int64_t *column_of, struct fw_error *err)
{
    for (int64_t c = 0; c < schema->n_columns && !schema->skip_bad_rows; c++) {
        if (schema->columns[c].role != FW_ROLE_FEATURE || schema->columns[c].type != FW_TYPE_NUMERIC ||
            table->columns[column_of[c]].storage != FW_STORED_CODES)
            continue;
        struct fw_column_facts facts;
        FW_TRY(fw_column_facts_read(&facts, table, column_of[c], schema->separator, schema->mem, err));
        if (facts.other_rows > 0)
            return fw_schema_not_numbers(err, table, column_of[c], &facts, true, schema->mem);
    }
    return FW_OK;
}

enum fw_status fw_schema_match(const struct fw_schema *schema, const struct fw_table *table, int64_t *column_of,
                               bool need_label, struct fw_error *err)
{
    if (is_positional(schema))
        FW_TRY(match_by_position(schema, table, column_of, need_label, err));
    else
        FW_TRY(match_by_name(schema, table, column_of, err));
    for (int32_t t = 0; t < schema->n_tasks && need_label; t++) {
        if (column_of[schema->tasks[t].column] < 0)
            return fw_error_set(err, FW_E_INPUT, "%s: the label '%s' is not there, and is needed to judge predictions",
                                table->path, schema->tasks[t].name);
    }
    return check_numbers(schema, table, column_of, err);
}
