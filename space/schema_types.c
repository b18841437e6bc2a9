/* How the type of a column is decided, and the error for a column of numbers that holds something else. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "space/schema_parts.h"

/* An id-like column has a value of its own on more than this share of its rows, and at least this many rows. */
#define ID_SHARE 0.95
#define ID_ROWS  100

/* Texts on at most this share of the rows of a column of numbers look like mistakes. */
#define MISTAKE_SHARE 0.01

/* A column of which this share of rows holds the separator is a sequence. */
#define SEQUENCE_SHARE 0.1

const char *fw_schema_quote(struct fw_text word)
{
    for (size_t i = 0; i < word.length; i++) {
        char c = word.data[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c != '\0' && strchr("_-.+/:@%", c) != NULL) || (unsigned char)c >= 0x80;
        if (!plain)
            return "'";
    }
    return word.length == 0 ? "'" : "";
}

void fw_schema_list_values(struct fw_buffer *text, const struct fw_table *table, int64_t column,
                           const struct fw_value_count *values, int n, int64_t n_all)
{
    for (int i = 0; i < n; i++) {
        struct fw_text value = fw_dictionary_text(table->columns[column].dictionary, values[i].code);
        char rows[32];
        fw_buffer_addf(text, "%s'%.*s' (%s)", i > 0 ? ", " : "", fw_value_shown(value), value.data,
                       fw_text_count(rows, values[i].rows));
    }
    if (n_all > n)
        fw_buffer_addf(text, " and %lld more", (long long)(n_all - n));
}

static const char *look_text(enum fw_value_look look)
{
    switch (look) {
    case FW_LOOK_HEXADECIMAL:
        return "hexadecimal, not a decimal number";
    case FW_LOOK_OUT_OF_RANGE:
        return "outside the range of numbers";
    case FW_LOOK_NOT_FINITE:
        return "not a finite number";
    case FW_LOOK_NUMBER:
    case FW_LOOK_PADDED:
    case FW_LOOK_TEXT:
        break;
    }
    return "not a number";
}

enum fw_status fw_schema_not_numbers(struct fw_error *err, const struct fw_table *table, int64_t column,
                                     const struct fw_column_facts *facts, bool named, struct fw_allocator *mem)
{
    enum { listed = 5 };
    enum fw_status status = FW_OK;
    const struct fw_dictionary *dictionary = table->columns[column].dictionary;
    const char *name = table->columns[column].name;
    int64_t n_codes = fw_dictionary_size(dictionary);
    struct fw_value_count others[listed];
    int n = 0;
    double ignored;
    struct fw_buffer list;
    fw_buffer_init(&list, mem);
    int64_t *counts = NULL;
    FW_ALLOC_GOTO(counts, mem, n_codes, "counting the values of a column", err, done);
    fw_column_count_codes(counts, table, column);
    for (int64_t code = facts->first_other; code < n_codes && n < listed; code++) {
        if (counts[code] > 0 &&
            fw_value_look(fw_dictionary_text(dictionary, (uint32_t)code), &ignored) > FW_LOOK_PADDED)
            others[n++] = (struct fw_value_count){(uint32_t)code, counts[code]};
    }
    if (facts->other_values > 1) {
        fw_buffer_addf(&list, ", one of %lld such values: ", (long long)facts->other_values);
        fw_schema_list_values(&list, table, column, others, n, facts->other_values);
    } else {
        fw_buffer_addf(&list, " (%lld of %lld rows)", (long long)facts->other_rows, (long long)facts->n_present);
    }
    FW_TRY_GOTO(fw_buffer_check(&list, err), done);
    struct fw_text value = fw_dictionary_text(dictionary, facts->first_other);
    const char *name_quote = fw_schema_quote(fw_text_of(name));
    const char *value_quote = fw_schema_quote(value);
    char categorical[128];
    snprintf(categorical, sizeof categorical, "declare the column with --categorical %s%.60s%s, or ", name_quote, name,
             name_quote);
    status = fw_error_set(
        err, FW_E_INPUT,
        "%s:%lld: column '%s' has '%.*s', which is %s%s; %sread the value as missing with --missing %s%.*s%s, or every "
        "such cell with --on-bad-row skip",
        table->path, (long long)fw_dictionary_line(dictionary, facts->first_other), name, fw_value_shown(value),
        value.data, look_text(fw_value_look(value, &ignored)), list.data, named ? "" : categorical, value_quote,
        fw_value_shown(value), value.data, value_quote);
done:
    fw_buffer_clear(&list);
    fw_free(mem, counts);
    return status;
}

/* A column of numbers with a few mistakes, or of categories that are mostly digits: not ours to guess. */
static bool nearly_numeric(const struct fw_column_facts *facts, const struct fw_table *table)
{
    return table->dialect.format != FW_TABLE_LIBFFM && facts->n_distinct > 2 && facts->padded_rows == 0 &&
           facts->number_rows > 0 && facts->other_rows > 0 &&
           (facts->other_rows == 1 || (double)facts->other_rows <= MISTAKE_SHARE * (double)facts->n_present);
}

static bool is_sequence(const struct fw_column_facts *facts, const struct fw_table *table)
{
    double share = table->dialect.format == FW_TABLE_LIBFFM ? 0 : SEQUENCE_SHARE;
    return facts->separator_rows > 0 && (double)facts->separator_rows >= share * (double)facts->n_present;
}

static bool is_id(const struct fw_column_facts *facts, enum fw_column_type type)
{
    if (facts->n_present <= ID_ROWS)
        return false;
    if (type == FW_TYPE_NUMERIC)
        return facts->running;
    return type == FW_TYPE_CATEGORICAL && (double)facts->n_distinct > ID_SHARE * (double)facts->n_present;
}

/* The type that the values alone suggest; says why where it is not plain. */
static enum fw_column_type suggested_type(char why[static 96], const struct fw_column_facts *facts,
                                          const struct fw_table *table, int64_t index, char separator)
{
    if (facts->n_present == 0) {
        snprintf(why, 96, "all values are missing");
        return FW_TYPE_CONSTANT;
    }
    if (facts->n_distinct == 1 && facts->n_missing == 0) {
        snprintf(why, 96, "one value on all rows");
        return FW_TYPE_CONSTANT;
    }
    enum fw_column_type type = FW_TYPE_CATEGORICAL;
    bool numbers = facts->other_rows == 0 && facts->padded_rows == 0;
    if (numbers && table->dialect.format != FW_TABLE_LIBFFM) { /* the indices of a field are names, not sizes */
        type = FW_TYPE_NUMERIC;
    } else if (is_sequence(facts, table)) {
        snprintf(why, 96, "values joined by '%c'", separator);
        return FW_TYPE_SEQUENCE;
    } else if (facts->padded_rows > 0) {
        struct fw_text padded = fw_dictionary_text(table->columns[index].dictionary, facts->first_padded);
        snprintf(why, 96, "digits padded with zeros: '%.*s'", padded.length < 20 ? (int)padded.length : 20,
                 padded.data);
    }
    if (is_id(facts, type)) {
        if (type == FW_TYPE_NUMERIC)
            snprintf(why, 96, "runs like a row number");
        else
            snprintf(why, 96, "a value of its own on %.0f %% of the rows",
                     floor(100 * (double)facts->n_distinct / (double)facts->n_present));
        return FW_TYPE_ID;
    }
    return type;
}

static bool is_option(const char *named, const char *option)
{
    return named != NULL && strcmp(named, option) == 0;
}

enum fw_status fw_schema_decide(struct fw_schema_column *column, const struct fw_table *table, int64_t index,
                                const struct fw_column_facts *facts, const char *named,
                                const struct fw_schema_options *options, struct fw_allocator *mem, struct fw_error *err)
{
    column->n_distinct = facts->n_distinct;
    column->distinct_exact = facts->distinct_exact;
    column->n_missing = facts->n_missing;
    column->min = facts->min;
    column->max = facts->max;
    column->integral = facts->integral;

    bool numeric = is_option(named, "--numeric");
    if (is_option(named, "--categorical")) {
        column->type = FW_TYPE_CATEGORICAL;
    } else if (is_option(named, "--sequence")) {
        column->type = FW_TYPE_SEQUENCE;
    } else if (numeric || (column->role == FW_ROLE_FEATURE && nearly_numeric(facts, table))) {
        if (facts->other_rows > 0 && !options->skip_bad_rows)
            return fw_schema_not_numbers(err, table, index, facts, numeric, mem);
        column->type = FW_TYPE_NUMERIC;
        column->n_bad = facts->other_rows;
    } else {
        column->type = suggested_type(column->why, facts, table, index, options->separator);
        if (column->role == FW_ROLE_FEATURE && (column->type == FW_TYPE_CONSTANT || column->type == FW_TYPE_ID))
            column->role = FW_ROLE_IGNORED;
    }
    if (column->role == FW_ROLE_IGNORED && named != NULL)
        snprintf(column->why, sizeof column->why, "named with %s", named);
    return FW_OK;
}
