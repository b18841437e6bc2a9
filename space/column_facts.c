#include "space/column_facts.h"

#include <math.h>
#include <string.h>

#include "core/hash.h"

static size_t skip_digits(struct fw_text text, size_t at)
{
    while (at < text.length && text.data[at] >= '0' && text.data[at] <= '9')
        at++;
    return at;
}

static size_t skip_sign(struct fw_text text, size_t at)
{
    return at + (at < text.length && (text.data[at] == '-' || text.data[at] == '+'));
}

/* [+-]digits[.digits][e[+-]digits]: what is a number unless it is too large for one. */
static bool has_form_of_number(struct fw_text text)
{
    size_t start = skip_sign(text, 0);
    size_t at = skip_digits(text, start);
    size_t digits = at - start;
    if (at < text.length && text.data[at] == '.') {
        size_t end = skip_digits(text, at + 1);
        digits += end - at - 1;
        at = end;
    }
    if (digits > 0 && at < text.length && (text.data[at] == 'e' || text.data[at] == 'E')) {
        size_t exponent = skip_sign(text, at + 1);
        at = skip_digits(text, exponent);
        if (at == exponent)
            return false;
    }
    return digits > 0 && at == text.length;
}

static bool is_hexadecimal(struct fw_text text)
{
    size_t at = skip_sign(text, 0);
    if (text.length < at + 3 || text.data[at] != '0' || (text.data[at + 1] != 'x' && text.data[at + 1] != 'X'))
        return false;
    for (at += 2; at < text.length; at++) {
        if (memchr("0123456789abcdefABCDEF", text.data[at], 22) == NULL)
            return false;
    }
    return true;
}

static bool is_not_finite(struct fw_text text)
{
    static const char *const names[] = {"inf", "infinity", "nan"};
    size_t sign = skip_sign(text, 0);
    struct fw_text name = {text.data + sign, text.length - sign};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (fw_text_equal_ignoring_case(name, fw_text_of(names[i])))
            return true;
    }
    return false;
}

enum fw_value_look fw_value_look(struct fw_text value, double *number_out)
{
    if (fw_text_to_double(value, number_out)) {
        bool padded = value.length > 1 && value.data[0] == '0' && skip_digits(value, 0) == value.length;
        return padded ? FW_LOOK_PADDED : FW_LOOK_NUMBER;
    }
    if (has_form_of_number(value))
        return FW_LOOK_OUT_OF_RANGE;
    if (is_hexadecimal(value))
        return FW_LOOK_HEXADECIMAL;
    return is_not_finite(value) ? FW_LOOK_NOT_FINITE : FW_LOOK_TEXT;
}

int fw_value_shown(struct fw_text value)
{
    enum { longest = 60 };
    if (value.length <= longest)
        return (int)value.length;
    int cut = longest;
    while (cut > longest - 4 && ((unsigned char)value.data[cut] & 0xc0) == 0x80)
        cut--;
    return cut;
}

void fw_column_count_codes(int64_t *counts, const struct fw_table *table, int64_t column)
{
    const uint32_t *codes = table->columns[column].codes;
    for (int64_t row = 0; row < table->n_rows; row++)
        counts[codes[row]]++;
}

int fw_column_top_values(struct fw_value_count *top, int k, const int64_t *counts, int64_t n_codes)
{
    int n = 0;
    for (int64_t code = 1; code < n_codes; code++) {
        if (counts[code] == 0 || (n == k && counts[code] <= top[n - 1].rows))
            continue;
        int at = n < k ? n++ : n - 1; /* the last place is free or falls out */
        for (; at > 0 && top[at - 1].rows < counts[code]; at--)
            top[at] = top[at - 1];
        top[at] = (struct fw_value_count){(uint32_t)code, counts[code]};
    }
    return n;
}

/* Takes one number that occurs into the range. */
static void add_number(struct fw_column_facts *facts, double number)
{
    if (isnan(facts->min)) {
        facts->min = facts->max = number;
        facts->integral = true;
    }
    facts->min = number < facts->min ? number : facts->min;
    facts->max = number > facts->max ? number : facts->max;
    facts->integral = facts->integral && number == floor(number);
}

/* Takes one distinct text that stands on `rows` rows. */
static void add_text(struct fw_column_facts *facts, uint32_t code, struct fw_text text, int64_t rows, char separator)
{
    facts->n_distinct++;
    if (text.length > 0 && memchr(text.data, separator, text.length) != NULL)
        facts->separator_rows += rows;
    double number = 0;
    enum fw_value_look look = fw_value_look(text, &number);
    if (look == FW_LOOK_NUMBER || look == FW_LOOK_PADDED) {
        facts->number_rows += rows;
        add_number(facts, number);
        if (look == FW_LOOK_PADDED) {
            facts->padded_rows += rows;
            facts->first_padded = facts->first_padded == 0 ? code : facts->first_padded;
        }
    } else {
        facts->other_rows += rows;
        facts->other_values++;
        facts->first_other = facts->first_other == 0 ? code : facts->first_other;
    }
}

/* Whether numbers go up (or down) row by row, about as row numbers do; `next` gives the number of a row. */
static bool is_running(const struct fw_table *table, const struct fw_table_column *column, const double *number_of_code,
                       const struct fw_column_facts *facts)
{
    if (facts->n_missing > 0 || facts->number_rows != table->n_rows || table->n_rows < 2 || !facts->integral ||
        facts->max - facts->min > 2 * (double)table->n_rows)
        return false;
    double direction = 0;
    double before = 0;
    for (int64_t row = 0; row < table->n_rows; row++) {
        double number = column->numbers != NULL ? column->numbers[row] : number_of_code[column->codes[row]];
        if (row == 1)
            direction = number > before ? 1 : -1;
        if (row > 0 && (number - before) * direction <= 0)
            return false;
        before = number;
    }
    return true;
}

static enum fw_status read_codes(struct fw_column_facts *facts, const struct fw_table *table, int64_t c, char separator,
                                 struct fw_allocator *mem, struct fw_error *err)
{
    const struct fw_table_column *column = &table->columns[c];
    int64_t n_codes = fw_dictionary_size(column->dictionary);
    enum fw_status status = FW_OK;
    double *numbers = NULL;
    int64_t *counts;
    FW_ALLOC(counts, mem, n_codes, "counting the values of a column", err);
    fw_column_count_codes(counts, table, c);
    facts->n_missing = counts[0];
    facts->n_present = table->n_rows - counts[0];
    facts->distinct_exact = true;
    for (int64_t code = 1; code < n_codes; code++) {
        if (counts[code] > 0)
            add_text(facts, (uint32_t)code, fw_dictionary_text(column->dictionary, (uint32_t)code), counts[code],
                     separator);
    }
    /* only a column of all different numbers can run; the others need no look at each row */
    if (facts->n_distinct == table->n_rows && facts->integral) {
        FW_ALLOC_GOTO(numbers, mem, n_codes, "counting the values of a column", err, done);
        for (int64_t code = 1; code < n_codes; code++)
            fw_value_look(fw_dictionary_text(column->dictionary, (uint32_t)code), &numbers[code]);
        facts->running = is_running(table, column, numbers, facts);
    }
done:
    fw_free(mem, numbers);
    fw_free(mem, counts);
    return status;
}

/* Counts distinct numbers up to FW_FACTS_DISTINCT_MAX in an open addressing table twice that size. */
static enum fw_status count_distinct(struct fw_column_facts *facts, const double *numbers, int64_t n,
                                     struct fw_allocator *mem, struct fw_error *err)
{
    const uint64_t n_slots = 2 * (uint64_t)FW_FACTS_DISTINCT_MAX;
    double *slots;
    FW_ALLOC(slots, mem, (int64_t)n_slots, "counting the values of a column", err);
    for (uint64_t i = 0; i < n_slots; i++)
        slots[i] = NAN;
    for (int64_t row = 0; row < n && facts->n_distinct < FW_FACTS_DISTINCT_MAX; row++) {
        double number = numbers[row] + 0.0; /* minus zero is zero */
        if (isnan(number))
            continue;
        uint64_t bits;
        memcpy(&bits, &number, sizeof bits);
        uint64_t at = fw_hash_u64(bits) % n_slots;
        while (!isnan(slots[at]) && slots[at] != number)
            at = (at + 1) % n_slots;
        facts->n_distinct += isnan(slots[at]);
        slots[at] = number;
    }
    facts->distinct_exact = facts->n_distinct < FW_FACTS_DISTINCT_MAX;
    fw_free(mem, slots);
    return FW_OK;
}

static enum fw_status read_numbers(struct fw_column_facts *facts, const struct fw_table *table, int64_t c,
                                   struct fw_allocator *mem, struct fw_error *err)
{
    const struct fw_table_column *column = &table->columns[c];
    for (int64_t row = 0; row < table->n_rows; row++) {
        if (isnan(column->numbers[row]))
            facts->n_missing++;
        else
            add_number(facts, column->numbers[row]);
    }
    facts->n_present = facts->number_rows = table->n_rows - facts->n_missing;
    FW_TRY(count_distinct(facts, column->numbers, table->n_rows, mem, err));
    facts->running = is_running(table, column, NULL, facts);
    return FW_OK;
}

enum fw_status fw_column_facts_read(struct fw_column_facts *facts, const struct fw_table *table, int64_t column,
                                    char separator, struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_column_facts read = {.min = NAN, .max = NAN};
    if (table->columns[column].storage == FW_STORED_CODES)
        FW_TRY(read_codes(&read, table, column, separator, mem, err));
    else
        FW_TRY(read_numbers(&read, table, column, mem, err));
    *facts = read;
    return FW_OK;
}
