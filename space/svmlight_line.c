#include "space/svmlight_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "space/column_facts.h"

#define DIGITS_MAX   18 /* of an index: it stays far from overflow */
#define SAMPLE_LINES 100

static struct fw_text cut(struct fw_text text, size_t from, size_t to)
{
    return (struct fw_text){text.data + from, to - from};
}

bool fw_svmlight_next_line(struct fw_text *line, struct fw_text *text)
{
    if (text->length == 0)
        return false;
    const char *end = memchr(text->data, '\n', text->length);
    size_t length = end != NULL ? (size_t)(end - text->data) : text->length;
    *line = cut(*text, 0, length);
    if (length > 0 && line->data[length - 1] == '\r')
        line->length--;
    *text = cut(*text, end != NULL ? length + 1 : length, text->length);
    return true;
}

/* What stands before the comment, if there is one. */
static struct fw_text without_comment(struct fw_text line)
{
    const char *mark = line.length > 0 ? memchr(line.data, '#', line.length) : NULL;
    return mark != NULL ? cut(line, 0, (size_t)(mark - line.data)) : line;
}

/* Takes the next word off the line; an empty one at its end. */
static struct fw_text next_word(struct fw_text *line)
{
    size_t start = 0;
    while (start < line->length && (line->data[start] == ' ' || line->data[start] == '\t'))
        start++;
    size_t end = start;
    while (end < line->length && line->data[end] != ' ' && line->data[end] != '\t')
        end++;
    struct fw_text word = cut(*line, start, end);
    *line = cut(*line, end, line->length);
    return word;
}

/* Splits "a:b" at its first colon; false without one. */
static bool split(struct fw_text word, struct fw_text *before, struct fw_text *after)
{
    const char *colon = word.length > 0 ? memchr(word.data, ':', word.length) : NULL;
    if (colon == NULL)
        return false;
    *before = cut(word, 0, (size_t)(colon - word.data));
    *after = cut(word, (size_t)(colon - word.data) + 1, word.length);
    return true;
}

/* A whole number from 0 up; `digits` loses leading zeros, so that equal numbers are equal texts. */
static bool read_index(uint64_t *index, struct fw_text *digits)
{
    *index = 0;
    if (digits->length == 0 || digits->length > DIGITS_MAX)
        return false;
    for (size_t i = 0; i < digits->length; i++) {
        if (digits->data[i] < '0' || digits->data[i] > '9')
            return false;
        *index = 10 * *index + (uint64_t)(digits->data[i] - '0');
    }
    while (digits->length > 1 && digits->data[0] == '0')
        *digits = cut(*digits, 1, digits->length);
    return true;
}

/* What is wrong with a word; NULL when it is a pair (libsvm) or a triple (libffm). */
static const char *read_pair(struct fw_svmlight_pair *pair, struct fw_text word, enum fw_table_format format,
                             const struct fw_missing_set *missing)
{
    struct fw_text column, rest;
    double number;
    if (format == FW_TABLE_LIBSVM) {
        if (!split(word, &column, &pair->value))
            return "is no index:value";
        if (!read_index(&pair->column, &column))
            return "has an index that is not a whole number from 0 up";
        pair->index = 0;
        if (pair->value.length == 0 ||
            (!fw_text_to_double(pair->value, &number) && !fw_missing_set_has(missing, pair->value)))
            return "has a value that is not a number";
        return NULL;
    }
    struct fw_text index, value;
    if (!split(word, &column, &rest) || !split(rest, &index, &value))
        return "is no field:index:value";
    if (!read_index(&pair->column, &column))
        return "has a field that is not a whole number from 0 up";
    if (!read_index(&pair->index, &index))
        return "has an index that is not a whole number from 0 up";
    if (!fw_text_to_double(value, &number))
        return "has a value that is not a number";
    if (number != 1)
        return "has a value other than 1; fields are read as categories, so give numbers as columns of a CSV or libsvm "
               "file";
    pair->value = index;
    return NULL;
}

static int compare_pairs(const void *a, const void *b)
{
    const struct fw_svmlight_pair *x = a, *y = b;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Brings the pairs in order; false when two are equal (it is `twice` then). They mostly are in order. */
static bool order_pairs(struct fw_svmlight_row *row, const struct fw_svmlight_pair **twice)
{
    for (int pass = 0; pass < 2; pass++) {
        bool rising = true;
        for (int64_t i = 1; i < row->n; i++) {
            int order = compare_pairs(&row->pairs[i - 1], &row->pairs[i]);
            *twice = &row->pairs[i];
            if (order == 0)
                return false;
            rising = rising && order < 0;
        }
        if (rising)
            break;
        qsort(row->pairs, (size_t)row->n, sizeof *row->pairs, compare_pairs);
    }
    return true;
}

static void fault(struct fw_svmlight_row *row, struct fw_text word, const char *what)
{
    snprintf(row->fault, sizeof row->fault, "'%.*s' %s", fw_value_shown(word), word.length > 0 ? word.data : "", what);
}

enum fw_status fw_svmlight_row_parse(struct fw_svmlight_row *row, struct fw_text line, enum fw_table_format format,
                                     const struct fw_missing_set *missing, struct fw_allocator *mem,
                                     struct fw_error *err)
{
    row->n = 0;
    row->fault[0] = '\0';
    row->query = (struct fw_text){NULL, 0};
    struct fw_text left = without_comment(line);
    row->label = next_word(&left);
    if (row->label.length == 0 || memchr(row->label.data, ':', row->label.length) != NULL ||
        memchr(row->label.data, '\0', row->label.length) != NULL) {
        fault(row, row->label, "stands where the label is expected; each line begins with one");
        return FW_OK;
    }
    for (struct fw_text word = next_word(&left); word.length > 0; word = next_word(&left)) {
        if (format == FW_TABLE_LIBSVM && word.length > 4 && memcmp(word.data, "qid:", 4) == 0) {
            row->query = cut(word, 4, word.length);
            continue;
        }
        FW_TRY(fw_reserve(mem, &row->pairs, &row->capacity, row->n + 1, sizeof *row->pairs, err));
        const char *what = read_pair(&row->pairs[row->n], word, format, missing);
        if (what != NULL) {
            fault(row, word, what);
            return FW_OK;
        }
        row->n++;
    }
    const struct fw_svmlight_pair *twice;
    if (!order_pairs(row, &twice)) {
        if (format == FW_TABLE_LIBSVM)
            snprintf(row->fault, sizeof row->fault, "index %llu is given twice", (unsigned long long)twice->column);
        else
            snprintf(row->fault, sizeof row->fault, "index %llu of field %llu is given twice",
                     (unsigned long long)twice->index, (unsigned long long)twice->column);
    }
    return FW_OK;
}

void fw_svmlight_row_clear(struct fw_svmlight_row *row, struct fw_allocator *mem)
{
    fw_free(mem, row->pairs);
    *row = (struct fw_svmlight_row){.n = 0};
}

/* "12:30": a time of the day as well as index 12 with the value 30. */
static bool could_be_time(struct fw_text word)
{
    struct fw_text hour, minute;
    uint64_t h, m;
    return split(word, &hour, &minute) && hour.length <= 2 && minute.length == 2 && read_index(&h, &hour) &&
           read_index(&m, &minute) && h < 24 && m < 60;
}

bool fw_svmlight_recognise(struct fw_text sample, bool whole, enum fw_table_format format)
{
    struct fw_missing_set missing;
    if (fw_missing_set_init(&missing, NULL, 0, NULL) != FW_OK)
        return false;
    int64_t pairs = 0, times = 0;
    struct fw_text line;
    for (int lines = 0; lines < SAMPLE_LINES && fw_svmlight_next_line(&line, &sample); lines++) {
        if (sample.length == 0 && !whole && lines > 0)
            break; /* the last line may be cut */
        struct fw_text left = without_comment(line);
        struct fw_text label = next_word(&left);
        double number;
        if (label.length > 0 && !fw_text_to_double(label, &number))
            return false;
        for (struct fw_text word = next_word(&left); word.length > 0; word = next_word(&left)) {
            struct fw_svmlight_pair pair;
            bool query = format == FW_TABLE_LIBSVM && word.length > 4 && memcmp(word.data, "qid:", 4) == 0;
            if (!query && read_pair(&pair, word, format, &missing) != NULL)
                return false;
            pairs++;
            times += could_be_time(word);
        }
    }
    return pairs > times;
}
