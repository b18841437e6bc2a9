#include "support/tables.h"

#include <stdio.h>
#include <string.h>

#include "support/test_main.h"

struct fw_table *table_of(const char *text, const struct fw_table_options *options)
{
    struct fw_table_options defaults;
    fw_table_options_init(&defaults);
    defaults.threads = 1;
    struct fw_table *table = NULL;
    ck_ok(fw_table_parse(&table, "t.csv", text, strlen(text), options != NULL ? options : &defaults, NULL, err));
    return table;
}

const char *table_error_of(const char *text, size_t size, const struct fw_table_options *options)
{
    static struct fw_error err;
    struct fw_table_options defaults;
    fw_table_options_init(&defaults);
    struct fw_table *table = NULL;
    ck_assert_int_eq(fw_table_parse(&table, "t.csv", text, size, options != NULL ? options : &defaults, NULL, &err),
                     FW_E_INPUT);
    ck_assert_ptr_null(table);
    ck_assert_int_eq(err.status, FW_E_INPUT);
    return err.message;
}

const char *cell_of(const struct fw_table *table, int64_t column, int64_t row)
{
    static char cells[4][256];
    static int next;
    char scratch[32];
    char *cell = cells[next++ % 4];
    struct fw_text text = fw_table_text(table, column, row, scratch);
    snprintf(cell, sizeof cells[0], "%.*s", (int)text.length, text.data);
    return cell;
}

static void assert_columns_equal(const struct fw_table_column *a, const struct fw_table_column *b, int64_t n_rows)
{
    ck_assert_str_eq(a->name, b->name);
    ck_assert_int_eq(a->storage, b->storage);
    ck_assert_int_eq(a->n_missing, b->n_missing);
    if (a->storage == FW_STORED_NUMBERS) {
        ck_assert_mem_eq(a->numbers, b->numbers, (size_t)n_rows * sizeof *a->numbers);
        return;
    }
    ck_assert_mem_eq(a->codes, b->codes, (size_t)n_rows * sizeof *a->codes);
    ck_assert_int_eq(fw_dictionary_size(a->dictionary), fw_dictionary_size(b->dictionary));
    for (uint32_t code = 0; code < fw_dictionary_size(a->dictionary); code++) {
        ck_assert(fw_text_equal(fw_dictionary_text(a->dictionary, code), fw_dictionary_text(b->dictionary, code)));
        ck_assert_uint_eq(fw_dictionary_line(a->dictionary, code), fw_dictionary_line(b->dictionary, code));
    }
}

void assert_tables_equal(const struct fw_table *a, const struct fw_table *b)
{
    ck_assert_int_eq(a->n_rows, b->n_rows);
    ck_assert_int_eq(a->n_columns, b->n_columns);
    ck_assert_int_eq(a->n_bad_rows, b->n_bad_rows);
    ck_assert_int_eq(a->text_bytes, b->text_bytes);
    ck_assert_uint_eq(a->fingerprint, b->fingerprint);
    ck_assert_int_eq(a->dialect.delimiter, b->dialect.delimiter);
    ck_assert_int_eq(a->dialect.has_header, b->dialect.has_header);
    ck_assert_int_eq(a->dialect.has_crlf, b->dialect.has_crlf);
    for (int64_t c = 0; c < a->n_columns; c++)
        assert_columns_equal(&a->columns[c], &b->columns[c], a->n_rows);
    for (int64_t row = 0; row < a->n_rows; row++)
        ck_assert_int_eq(fw_table_line(a, row), fw_table_line(b, row));
}
