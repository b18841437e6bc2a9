/* The label and the weight of each row: which two texts the label has, and what a cell means. */
#include <math.h>
#include <string.h>

#include "space/schema_parts.h"

/* Label texts whose meaning is known; case does not matter. */
static const struct {
    const char *negative, *positive;
} known_pairs[] = {{"0", "1"}, {"-1", "1"}, {"false", "true"}, {"f", "t"}, {"no", "yes"}, {"n", "y"}};

/* A single closing full stop is not part of a label: the test half of UCI Adult has ">50K.". */
static struct fw_text without_full_stop(struct fw_text text)
{
    if (text.length > 1 && text.data[text.length - 1] == '.' && text.data[text.length - 2] != '.')
        text.length--;
    return text;
}

/* Both without full stop. Numbers are compared by value, so that "1.0" in one file is the "1" of another. */
static bool same_label(struct fw_text a, struct fw_text b)
{
    double x, y;
    return fw_text_equal(a, b) || (fw_text_to_double(a, &x) && fw_text_to_double(b, &y) && x == y);
}

static bool is_known(struct fw_text text, const char *known)
{
    return fw_text_equal_ignoring_case(text, fw_text_of(known)) || same_label(text, fw_text_of(known));
}

/* The distinct labels of a table, up to three: more are not told apart. */
struct classes {
    struct fw_text text[3];
    int64_t rows[3]; /* the last one's may be too small when there are more than three */
    int n;
};

static void add_class(struct classes *classes, struct fw_text text, int64_t rows)
{
    for (int k = 0; k < classes->n; k++) {
        if (same_label(classes->text[k], text)) {
            classes->rows[k] += rows;
            return;
        }
    }
    if (classes->n < 3) {
        classes->text[classes->n] = text;
        classes->rows[classes->n++] = rows;
    }
}

/* 1, 0, or -1 for a text that is neither. */
static signed char class_of(const struct fw_schema *schema, struct fw_text text)
{
    text = without_full_stop(text);
    if (same_label(text, fw_text_of(schema->positive)))
        return 1;
    if (strcmp(schema->negative, FW_SCHEMA_OTHER) == 0 || same_label(text, fw_text_of(schema->negative)))
        return 0;
    return -1;
}

static enum fw_status unknown_label(struct fw_error *err, const struct fw_schema *schema, const struct fw_table *table,
                                    int64_t column, int64_t row)
{
    char scratch[32];
    struct fw_text text = fw_table_text(table, column, row, scratch);
    const char *name = table->columns[column].name;
    long long line = (long long)fw_table_line(table, row);
    if (text.length == 0)
        return fw_error_set(err, FW_E_INPUT,
                            "%s:%lld: the label '%s' is missing; fill it in, or leave such rows out with --on-bad-row "
                            "skip (%lld of %lld rows)",
                            table->path, line, name, (long long)table->columns[column].n_missing,
                            (long long)table->n_rows);
    return fw_error_set(err, FW_E_INPUT,
                        "%s:%lld: the label '%s' is '%.*s', neither '%s' nor '%s'; mend it, or leave such rows out "
                        "with --on-bad-row skip",
                        table->path, line, name, fw_value_shown(text), text.data, schema->positive, schema->negative);
}

/* One row's label; 0 or 1, NaN for one left out. */
static enum fw_status take_label(float *label, signed char class, const struct fw_schema *schema,
                                 const struct fw_table *table, int64_t column, int64_t row, struct fw_error *err)
{
    if (class < 0 && !schema->skip_bad_rows)
        return unknown_label(err, schema, table, column, row);
    *label = class < 0 ? NAN : (float)class;
    return FW_OK;
}

static enum fw_status labels_from_codes(const struct fw_schema *schema, const struct fw_table *table, int64_t column,
                                        float *labels, struct fw_error *err)
{
    const struct fw_table_column *from = &table->columns[column];
    int64_t n_codes = fw_dictionary_size(from->dictionary);
    enum fw_status status = FW_OK;
    signed char *classes;
    FW_ALLOC(classes, schema->mem, n_codes, "the labels", err);
    classes[0] = -1;
    for (int64_t code = 1; code < n_codes; code++)
        classes[code] = class_of(schema, fw_dictionary_text(from->dictionary, (uint32_t)code));
    for (int64_t row = 0; row < table->n_rows; row++)
        FW_TRY_GOTO(take_label(&labels[row], classes[from->codes[row]], schema, table, column, row, err), done);
done:
    fw_free(schema->mem, classes);
    return status;
}

enum fw_status fw_schema_labels(const struct fw_schema *schema, const struct fw_table *table, int64_t column,
                                float *labels, struct fw_error *err)
{
    if (table->columns[column].storage == FW_STORED_CODES)
        return labels_from_codes(schema, table, column, labels, err);
    for (int64_t row = 0; row < table->n_rows; row++) {
        char scratch[32];
        struct fw_text text = fw_table_text(table, column, row, scratch);
        signed char class = text.length == 0 ? -1 : class_of(schema, text);
        FW_TRY(take_label(&labels[row], class, schema, table, column, row, err));
    }
    return FW_OK;
}

/* What to say about a label that is not two known values. */
static enum fw_status unclear_label(struct fw_error *err, const struct fw_schema *schema, const struct fw_table *table,
                                    const int64_t *counts, const struct classes *classes, const char *positive)
{
    enum { listed = 5 };
    enum fw_status status = FW_OK;
    const struct fw_table_column *column = &table->columns[schema->label];
    int64_t n_codes = fw_dictionary_size(column->dictionary);
    int64_t n_values = 0;
    for (int64_t code = 1; code < n_codes; code++)
        n_values += counts[code] > 0;
    struct fw_value_count top[listed];
    int n = fw_column_top_values(top, listed, counts, n_codes);
    struct fw_buffer list;
    fw_buffer_init(&list, schema->mem);
    fw_schema_list_values(&list, table, schema->label, top, n, n_values);
    FW_TRY_GOTO(fw_buffer_check(&list, err), done);
    /* the rarer of two is the likelier positive one */
    struct fw_text example = classes->text[classes->n == 2 && classes->rows[0] < classes->rows[1] ? 0 : 1];
    const char *quote = fw_schema_quote(example);
    if (positive != NULL)
        status = fw_error_set(err, FW_E_INPUT, "%s: no row has the positive label '%.60s'; the values of '%s' are %s",
                              table->path, positive, column->name, list.data);
    else if (classes->n == 2)
        status =
            fw_error_set(err, FW_E_INPUT,
                         "%s: which value of the label '%s' is the positive one? It has %s; say so, for example "
                         "with --positive %s%.*s%s",
                         table->path, column->name, list.data, quote, fw_value_shown(example), example.data, quote);
    else
        status = fw_error_set(err, FW_E_INPUT,
                              "%s: the label '%s' has %lld values, not two: %s; name the one to predict against all "
                              "others, for example with --positive %s%.*s%s, or another label",
                              table->path, column->name, (long long)n_values, list.data, quote, fw_value_shown(example),
                              example.data, quote);
done:
    fw_buffer_clear(&list);
    return status;
}

static enum fw_status set_texts(struct fw_schema *schema, struct fw_text positive, struct fw_text negative,
                                struct fw_error *err)
{
    schema->positive = fw_strndup(schema->mem, positive.data, positive.length);
    schema->negative = fw_strndup(schema->mem, negative.data, negative.length);
    if (schema->positive == NULL || schema->negative == NULL)
        return fw_error_nomem(err, schema->mem, "a label's text", (int64_t)(positive.length + negative.length), 1);
    return FW_OK;
}

/* Index of the positive one of the classes, -1: not known. */
static int find_positive(const struct classes *classes, const char *positive)
{
    for (int k = 0; k < classes->n && positive != NULL; k++) {
        if (same_label(classes->text[k], without_full_stop(fw_text_of(positive))))
            return k;
    }
    for (size_t i = 0; i < sizeof known_pairs / sizeof known_pairs[0] && positive == NULL && classes->n == 2; i++) {
        for (int k = 0; k < 2; k++) {
            if (is_known(classes->text[k], known_pairs[i].positive) &&
                is_known(classes->text[1 - k], known_pairs[i].negative))
                return k;
        }
    }
    return -1;
}

/* The two texts of a label stored as codes. */
static enum fw_status texts_from_codes(struct fw_schema *schema, const struct fw_table *table, const char *positive,
                                       struct fw_error *err)
{
    const struct fw_table_column *column = &table->columns[schema->label];
    int64_t n_codes = fw_dictionary_size(column->dictionary);
    enum fw_status status = FW_OK;
    struct classes classes = {.n = 0};
    int64_t *counts;
    FW_ALLOC(counts, schema->mem, n_codes, "counting labels", err);
    fw_column_count_codes(counts, table, schema->label);
    /* a positive text that was given is looked for first, so that it is among those told apart */
    for (int pass = positive != NULL ? 0 : 1; pass < 2; pass++) {
        for (int64_t code = 1; code < n_codes; code++) {
            struct fw_text text = without_full_stop(fw_dictionary_text(column->dictionary, (uint32_t)code));
            bool given = positive != NULL && same_label(text, without_full_stop(fw_text_of(positive)));
            if (counts[code] > 0 && given == (pass == 0))
                add_class(&classes, text, counts[code]);
        }
    }
    if (classes.n == 1) {
        char rows[32];
        status = fw_error_set(err, FW_E_INPUT,
                              "%s: the label '%s' has one value only, '%.*s' on %s rows: there is nothing to learn",
                              table->path, column->name, fw_value_shown(classes.text[0]), classes.text[0].data,
                              fw_text_count(rows, classes.rows[0]));
        goto done;
    }
    int k = find_positive(&classes, positive);
    if (k < 0)
        status = unclear_label(err, schema, table, counts, &classes, positive);
    else
        status =
            set_texts(schema, classes.text[k], classes.n == 2 ? classes.text[1 - k] : fw_text_of(FW_SCHEMA_OTHER), err);
done:
    fw_free(schema->mem, counts);
    return status;
}

/* Stored as numbers, a label has thousands of values: one of them against the rest, if the user says so. */
static enum fw_status texts_from_numbers(struct fw_schema *schema, const struct fw_table *table, const char *positive,
                                         struct fw_error *err)
{
    const struct fw_table_column *column = &table->columns[schema->label];
    double value;
    if (positive == NULL || !fw_text_to_double(without_full_stop(fw_text_of(positive)), &value))
        return fw_error_set(err, FW_E_INPUT,
                            "%s: the label '%s' has thousands of different numbers, not two values; name the one to "
                            "predict against all others with --positive NUMBER, or another label",
                            table->path, column->name);
    bool found = false;
    for (int64_t row = 0; row < table->n_rows && !found; row++)
        found = column->numbers[row] == value;
    if (!found)
        return fw_error_set(err, FW_E_INPUT, "%s: no row has the positive label '%.60s' in column '%s'", table->path,
                            positive, column->name);
    return set_texts(schema, without_full_stop(fw_text_of(positive)), fw_text_of(FW_SCHEMA_OTHER), err);
}

enum fw_status fw_schema_infer_label(struct fw_schema *schema, const struct fw_table *table, const char *positive,
                                     struct fw_error *err)
{
    const struct fw_table_column *column = &table->columns[schema->label];
    if (column->n_missing == table->n_rows)
        return fw_error_set(err, FW_E_INPUT, "%s: the label '%s' has no value on any of %lld rows", table->path,
                            column->name, (long long)table->n_rows);
    if (column->storage == FW_STORED_CODES)
        FW_TRY(texts_from_codes(schema, table, positive, err));
    else
        FW_TRY(texts_from_numbers(schema, table, positive, err));

    float *labels;
    FW_ALLOC(labels, schema->mem, table->n_rows, "the labels", err);
    enum fw_status status = fw_schema_labels(schema, table, schema->label, labels, err);
    for (int64_t row = 0; row < table->n_rows && status == FW_OK; row++) {
        schema->n_positive += labels[row] == 1;
        schema->n_labelled += !isnan(labels[row]);
    }
    fw_free(schema->mem, labels);
    return status;
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

enum fw_status fw_schema_leave_out(int32_t *folds, int64_t *n_out, const struct fw_schema *schema,
                                   const struct fw_table *table, int64_t label, int64_t weight, struct fw_error *err)
{
    float *labels = NULL, *weights = NULL;
    enum fw_status status = FW_OK;
    FW_ALLOC_GOTO(labels, schema->mem, table->n_rows, "the labels", err, done);
    FW_ALLOC_GOTO(weights, schema->mem, table->n_rows, "the weights", err, done);
    if (label >= 0)
        FW_TRY_GOTO(fw_schema_labels(schema, table, label, labels, err), done);
    FW_TRY_GOTO(fw_schema_weights(schema, table, weight, weights, err), done);
    int64_t n = 0;
    for (int64_t row = 0; row < table->n_rows; row++) {
        bool unusable = isnan(labels[row]) || isnan(weights[row]);
        folds[row] = unusable ? -1 : folds[row];
        n += unusable;
    }
    *n_out = n;
done:
    fw_free(schema->mem, weights);
    fw_free(schema->mem, labels);
    return status;
}
