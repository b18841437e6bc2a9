/* The labels, the weight and the position of each row: what a cell means, and which rows are of no use. */
#include <math.h>
#include <string.h>

#include "space/schema_parts.h"

struct fw_text fw_schema_label_text(struct fw_text text)
{
    if (text.length > 1 && text.data[text.length - 1] == '.' && text.data[text.length - 2] != '.')
        text.length--;
    return text;
}

bool fw_schema_same_label(struct fw_text a, struct fw_text b)
{
    double x, y;
    return fw_text_equal(a, b) || (fw_text_to_double(a, &x) && fw_text_to_double(b, &y) && x == y);
}

/* A label's value; NaN for a text that is none. */
static float label_of(const struct fw_task *task, struct fw_text text)
{
    if (task->kind == FW_TASK_NUMBER) {
        double value;
        return fw_text_to_double(text, &value) && isfinite((float)value) ? (float)value : NAN;
    }
    text = fw_schema_label_text(text);
    if (fw_schema_same_label(text, fw_text_of(task->positive)))
        return 1;
    if (strcmp(task->negative, FW_SCHEMA_OTHER) == 0 || fw_schema_same_label(text, fw_text_of(task->negative)))
        return 0;
    return NAN;
}

static enum fw_status missing_label(struct fw_error *err, const struct fw_table *table, int64_t column, int64_t row)
{
    return fw_error_set(err, FW_E_INPUT,
                        "%s:%lld: the label '%s' is missing; fill it in, or leave such rows out with --on-bad-row "
                        "skip (%lld of %lld rows)",
                        table->path, (long long)fw_table_line(table, row), table->columns[column].name,
                        (long long)table->columns[column].n_missing, (long long)table->n_rows);
}

static enum fw_status unknown_label(struct fw_error *err, const struct fw_schema *schema, const struct fw_task *task,
                                    const struct fw_table *table, int64_t column, int64_t row)
{
    char scratch[32];
    struct fw_text text = fw_table_text(table, column, row, scratch);
    const char *name = table->columns[column].name;
    const char *remedy = schema->n_tasks > 1 ? "have such labels count as unknown" : "leave such rows out";
    long long line = (long long)fw_table_line(table, row);
    if (task->kind == FW_TASK_NUMBER)
        return fw_error_set(err, FW_E_INPUT,
                            "%s:%lld: the label '%s' is '%.*s', which is no finite number; mend it, or %s with "
                            "--on-bad-row skip",
                            table->path, line, name, fw_value_shown(text), text.data, remedy);
    return fw_error_set(err, FW_E_INPUT,
                        "%s:%lld: the label '%s' is '%.*s', neither '%s' nor '%s'; mend it, or %s with --on-bad-row "
                        "skip",
                        table->path, line, name, fw_value_shown(text), text.data, task->positive, task->negative,
                        remedy);
}

/* Where labels are read from. */
struct label_source {
    const struct fw_schema *schema;
    const struct fw_task *task;
    const struct fw_table *table;
    int64_t column;
};

/* One row's label; NaN for one that is unknown. */
static enum fw_status take_label(float *out, float label, bool missing, const struct label_source *from, int64_t row,
                                 struct fw_error *err)
{
    *out = label;
    if (!isnan(label) || from->schema->skip_bad_rows || (missing && from->schema->n_tasks > 1))
        return FW_OK;
    return missing ? missing_label(err, from->table, from->column, row)
                   : unknown_label(err, from->schema, from->task, from->table, from->column, row);
}

static enum fw_status labels_from_codes(float *labels, const struct label_source *from, struct fw_error *err)
{
    const struct fw_table_column *column = &from->table->columns[from->column];
    int64_t n_codes = fw_dictionary_size(column->dictionary);
    enum fw_status status = FW_OK;
    float *label;
    FW_ALLOC(label, from->schema->mem, n_codes, "the labels", err);
    label[0] = NAN;
    for (int64_t code = 1; code < n_codes; code++)
        label[code] = label_of(from->task, fw_dictionary_text(column->dictionary, (uint32_t)code));
    for (int64_t row = 0; row < from->table->n_rows; row++) {
        uint32_t code = column->codes[row];
        FW_TRY_GOTO(take_label(&labels[row], label[code], code == 0, from, row, err), done);
    }
done:
    fw_free(from->schema->mem, label);
    return status;
}

enum fw_status fw_schema_labels(const struct fw_schema *schema, int32_t task, const struct fw_table *table,
                                int64_t column, float *labels, struct fw_error *err)
{
    const struct label_source from = {schema, &schema->tasks[task], table, column};
    if (table->columns[column].storage == FW_STORED_CODES)
        return labels_from_codes(labels, &from, err);
    for (int64_t row = 0; row < table->n_rows; row++) {
        char scratch[32];
        struct fw_text text = fw_table_text(table, column, row, scratch);
        bool missing = text.length == 0;
        FW_TRY(take_label(&labels[row], missing ? NAN : label_of(from.task, text), missing, &from, row, err));
    }
    return FW_OK;
}

/* A weight as a float; NaN when it is none. */
static float weight_of(struct fw_text text)
{
    double value;
    if (!fw_text_to_double(text, &value) || value < 0 || !isfinite((float)value))
        return NAN;
    return (float)value;
}

enum fw_status fw_schema_weights(const struct fw_schema *schema, const struct fw_table *table, int64_t column,
                                 float *weights, struct fw_error *err)
{
    double sum = 0;
    for (int64_t row = 0; row < table->n_rows; row++) {
        weights[row] = 1;
        if (column >= 0) {
            char scratch[32];
            struct fw_text text = fw_table_text(table, column, row, scratch);
            weights[row] = weight_of(text);
            if (isnan(weights[row]) && !schema->skip_bad_rows)
                return fw_error_set(err, FW_E_INPUT,
                                    "%s:%lld: the weight '%s' is '%.*s'; weights are numbers from 0 up; mend it, or "
                                    "leave such rows out with --on-bad-row skip",
                                    table->path, (long long)fw_table_line(table, row), table->columns[column].name,
                                    fw_value_shown(text), text.length > 0 ? text.data : "");
        }
        sum += isnan(weights[row]) ? 0 : (double)weights[row];
    }
    if (table->n_rows > 0 && sum <= 0)
        return fw_error_set(err, FW_E_INPUT, "%s: the weights '%s' are 0 on all rows", table->path,
                            table->columns[column].name);
    return FW_OK;
}

/* Where a column of the schema is in a table; -1: not there. */
static int64_t column_at(const int64_t *column_of, int64_t column)
{
    return column >= 0 && column_of != NULL ? column_of[column] : column;
}

/* Marks the rows with a label of any task. */
static enum fw_status mark_labelled(bool *labelled, const struct fw_schema *schema, const struct fw_table *table,
                                    const int64_t *column_of, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    int32_t looked_at = 0;
    float *labels;
    FW_ALLOC(labels, schema->mem, table->n_rows, "the labels", err);
    for (int32_t t = 0; t < schema->n_tasks; t++) {
        int64_t column = column_at(column_of, schema->tasks[t].column);
        if (column < 0)
            continue;
        looked_at++;
        FW_TRY_GOTO(fw_schema_labels(schema, t, table, column, labels, err), done);
        for (int64_t row = 0; row < table->n_rows; row++)
            labelled[row] = labelled[row] || !isnan(labels[row]);
    }
    for (int64_t row = 0; row < table->n_rows && looked_at == 0; row++)
        labelled[row] = true;
done:
    fw_free(schema->mem, labels);
    return status;
}

static bool is_missing(const struct fw_table_column *column, int64_t row)
{
    return column->storage == FW_STORED_CODES ? column->codes[row] == 0 : isnan(column->numbers[row]);
}

/* Takes the mark from rows without a position. */
static enum fw_status unmark_unplaced(bool *usable, const struct fw_schema *schema, const struct fw_table *table,
                                      int64_t column, struct fw_error *err)
{
    const char *name = schema->columns[schema->position].name;
    if (column < 0)
        return fw_error_set(err, FW_E_INPUT,
                            "%s: the position '%s' is not there, and is needed to learn from; add the column",
                            table->path, name);
    for (int64_t row = 0; row < table->n_rows; row++) {
        if (!is_missing(&table->columns[column], row))
            continue;
        if (!schema->skip_bad_rows)
            return fw_error_set(err, FW_E_INPUT,
                                "%s:%lld: the position '%s' is missing; fill it in, or leave such rows out with "
                                "--on-bad-row skip (%lld of %lld rows)",
                                table->path, (long long)fw_table_line(table, row), name,
                                (long long)table->columns[column].n_missing, (long long)table->n_rows);
        usable[row] = false;
    }
    return FW_OK;
}

enum fw_status fw_schema_leave_out(int32_t *folds, int64_t *n_out, const struct fw_schema *schema,
                                   const struct fw_table *table, const int64_t *column_of, bool want_position,
                                   struct fw_error *err)
{
    bool *usable = NULL;
    float *weights = NULL;
    enum fw_status status = FW_OK;
    FW_ALLOC_GOTO(usable, schema->mem, table->n_rows, "the rows to learn from", err, done);
    FW_ALLOC_GOTO(weights, schema->mem, table->n_rows, "the weights", err, done);
    FW_TRY_GOTO(mark_labelled(usable, schema, table, column_of, err), done);
    FW_TRY_GOTO(fw_schema_weights(schema, table, column_at(column_of, schema->weight), weights, err), done);
    if (want_position && schema->position >= 0)
        FW_TRY_GOTO(unmark_unplaced(usable, schema, table, column_at(column_of, schema->position), err), done);
    int64_t n = 0;
    for (int64_t row = 0; row < table->n_rows; row++) {
        if (usable[row] && !isnan(weights[row]))
            continue;
        folds[row] = -1;
        n++;
    }
    *n_out = n;
done:
    fw_free(schema->mem, weights);
    fw_free(schema->mem, usable);
    return status;
}
