/* The reader of CSV against a slow parser that takes one character at a time, over random texts, for several numbers of
 * threads and sizes of blocks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "space/csv_marks.h"
#include "space/table_build.h"
#include "support/tables.h"
#include "support/test_main.h"

enum { MAX_COLUMNS = 6, MAX_ROWS = 600, MAX_TEXT = 6000, CELL = 64 };

struct row {
    int64_t line;
    char cells[MAX_COLUMNS][CELL];
};

/* What the slow parser found. */
struct expected {
    struct row rows[MAX_ROWS];
    int64_t n_rows;
    int64_t n_bad;
    int64_t first_bad_line;
};

/* The slow parser's place in the text, and the row it is in. */
struct slow {
    const char *text;
    size_t size, at;
    int64_t line;
    char delimiter, quote;
    size_t max_field;
    int64_t n_columns;
    struct row row;
    int64_t n_fields;
    bool any_quoted, too_long;
    int64_t fault_line; /* 0: none yet */
};

static bool blank(const struct slow *slow, size_t at)
{
    return at < slow->size && (slow->text[at] == ' ' || slow->text[at] == '\t') && slow->text[at] != slow->delimiter;
}

static void fault(struct slow *slow, int64_t line)
{
    if (slow->fault_line == 0)
        slow->fault_line = line;
}

static void store(struct slow *slow, const char *value, size_t length)
{
    if (slow->n_fields < MAX_COLUMNS) {
        ck_assert_uint_lt(length, CELL);
        memcpy(slow->row.cells[slow->n_fields], value, length);
        slow->row.cells[slow->n_fields][length] = '\0';
    }
    slow->n_fields++;
}

static bool ends_line(const struct slow *slow, size_t at)
{
    return at == slow->size || slow->text[at] == '\n' ||
           (slow->text[at] == '\r' && (at + 1 == slow->size || slow->text[at + 1] == '\n'));
}

/* After a fault in quoting: on behind the line on which the field began. */
static void skip_line(struct slow *slow, size_t open, int64_t open_line)
{
    slow->at = open;
    slow->line = open_line;
    while (slow->at < slow->size && slow->text[slow->at] != '\n')
        slow->at++;
    if (slow->at < slow->size) {
        slow->at++;
        slow->line++;
    }
}

/* A field that opens with a quote at slow->at. False: the row is lost and skipped. */
static bool quoted_field(struct slow *slow)
{
    char value[MAX_TEXT];
    size_t n = 0, open = slow->at, close = 0;
    int64_t open_line = slow->line, line = open_line;
    bool closed = false;
    for (size_t at = open + 1; at < slow->size && !closed; at++) {
        if (slow->text[at] != slow->quote)
            value[n++] = slow->text[at];
        else if (at + 1 < slow->size && slow->text[at + 1] == slow->quote)
            value[n++] = slow->text[at++];
        else {
            closed = true;
            close = at;
        }
    }
    if (!closed || close - open - 1 > slow->max_field) {
        fault(slow, open_line);
        skip_line(slow, open, open_line);
        return false;
    }
    for (size_t at = open + 1; at < close; at++) {
        if (slow->text[at] == '\0')
            fault(slow, line);
        line += slow->text[at] == '\n';
    }
    size_t after = close + 1;
    while (blank(slow, after))
        after++;
    if (!ends_line(slow, after) && slow->text[after] != slow->delimiter) {
        fault(slow, line);
        skip_line(slow, open, open_line);
        return false;
    }
    slow->any_quoted = true;
    slow->line = line;
    slow->at = after;
    store(slow, value, n < CELL ? n : 0);
    return true;
}

static void plain_field(struct slow *slow, size_t start)
{
    while (slow->at < slow->size && slow->text[slow->at] != slow->delimiter && slow->text[slow->at] != '\n') {
        if (slow->text[slow->at] == '\0')
            fault(slow, slow->line);
        slow->at++;
    }
    size_t end = slow->at;
    if (ends_line(slow, end) && end > start && slow->text[end - 1] == '\r')
        end--;
    while (end > start && (slow->text[end - 1] == ' ' || slow->text[end - 1] == '\t'))
        end--;
    if (end - start > slow->max_field)
        slow->too_long = true;
    store(slow, slow->text + start, end - start < CELL ? end - start : 0);
}

/* One row from slow->at. False: lost. */
static bool read_row(struct slow *slow)
{
    for (;;) {
        size_t start = slow->at;
        while (blank(slow, start))
            start++;
        if (start < slow->size && slow->quote != '\0' && slow->text[start] == slow->quote) {
            slow->at = start;
            if (!quoted_field(slow))
                return false;
        } else {
            plain_field(slow, start);
        }
        if (slow->at < slow->size && slow->text[slow->at] == slow->delimiter) {
            slow->at++;
            continue;
        }
        while (slow->at < slow->size && slow->text[slow->at] != '\n')
            slow->at++;
        if (slow->at < slow->size) {
            slow->at++;
            slow->line++;
        }
        return true;
    }
}

static void parse_slowly(struct expected *expected, struct slow *slow)
{
    expected->n_rows = expected->n_bad = expected->first_bad_line = 0;
    slow->at = 0;
    slow->line = 1;
    while (slow->at < slow->size) {
        int64_t line = slow->line;
        slow->n_fields = 0;
        slow->any_quoted = slow->too_long = false;
        slow->fault_line = 0;
        slow->row.line = line;
        if (read_row(slow)) {
            if (slow->n_fields == 1 && slow->n_columns != 1 && !slow->any_quoted && slow->row.cells[0][0] == '\0' &&
                slow->fault_line == 0 && !slow->too_long)
                continue;
            if (slow->n_fields != slow->n_columns || slow->too_long)
                fault(slow, line);
        }
        if (slow->fault_line == 0) {
            ck_assert_int_lt(expected->n_rows, MAX_ROWS);
            expected->rows[expected->n_rows++] = slow->row;
        } else if (expected->n_bad++ == 0) {
            expected->first_bad_line = slow->fault_line;
        }
    }
}

/* A table of good rows into which damage is sown. The first row is good, so that no preamble is seen. */
static size_t random_text(char *out, struct fw_rng *rng, char delimiter, int64_t n_columns)
{
    static const char *const cells[] = {"a",          "",         "17",          "x y",         " pad ", "\"q\"",
                                        "\"d\"\"q\"", "\"n\nl\"", "\"c\r\n,;\"", "in\"side",    "NA",    "\"\"",
                                        "\" keep \"", "\t",       "longer text", "\"a|b;c,d\"", "0.5",   " \"late\" "};
    static const char *const damage[] = {"\"", "\n", "\r", "\0", "\"x", "\"\"\"", ",", ";", "\n\n", " \n", "\r\n"};
    size_t n = 0;
    int64_t n_rows = 1 + (int64_t)fw_rng_below(rng, 40);
    const char *line_end = fw_rng_below(rng, 3) == 0 ? "\r\n" : "\n";
    bool damaged = fw_rng_below(rng, 3) != 0;
    for (int64_t row = 0; row < n_rows; row++) {
        for (int64_t c = 0; c < n_columns; c++) {
            const char *cell = row == 0 ? "v" : cells[fw_rng_below(rng, sizeof cells / sizeof cells[0])];
            n += (size_t)sprintf(out + n, "%s", cell);
            if (c + 1 < n_columns)
                out[n++] = delimiter;
            if (damaged && row > 0 && fw_rng_below(rng, 40) == 0) {
                uint64_t kind = fw_rng_below(rng, sizeof damage / sizeof damage[0]);
                size_t length = kind == 3 ? 1 : strlen(damage[kind]);
                memcpy(out + n, damage[kind], length);
                n += length;
            }
        }
        n += (size_t)sprintf(out + n, "%s", line_end);
    }
    if (fw_rng_below(rng, 2) == 0)
        n -= strlen(line_end);
    return n;
}

static void assert_as_expected(const struct fw_table *table, const struct expected *expected)
{
    struct fw_missing_set missing;
    ck_ok(fw_missing_set_init(&missing, NULL, 0, err));
    ck_assert_int_eq(table->n_rows, expected->n_rows);
    ck_assert_int_eq(table->n_bad_rows, expected->n_bad);
    for (int64_t row = 0; row < table->n_rows; row++) {
        ck_assert_int_eq(fw_table_line(table, row), expected->rows[row].line);
        for (int64_t c = 0; c < table->n_columns; c++) {
            char scratch[32];
            struct fw_text text = fw_text_of(expected->rows[row].cells[c]);
            if (fw_missing_set_has(&missing, text))
                text.length = 0;
            struct fw_text got = fw_table_text(table, c, row, scratch);
            ck_assert_msg(fw_text_equal(got, text), "line %lld, column %lld: '%.*s' is not '%s'",
                          (long long)expected->rows[row].line, (long long)c + 1, (int)got.length, got.data,
                          expected->rows[row].cells[c]);
        }
    }
}

/* One text, read in all ways. Returns whether it had rows. */
static bool check_text(const char *text, size_t size, struct slow *slow, struct expected *expected,
                       struct fw_table_options *options)
{
    static const struct {
        int threads;
        size_t block;
    } ways[] = {{1, 0}, {1, 1}, {1, 64}, {2, 7}, {2, 333}, {3, 100}, {8, 200}};
    static int64_t turn;
    struct fw_table *first = NULL;
    struct fw_error first_err = {0};
    slow->text = text;
    slow->size = size;
    slow->delimiter = options->delimiter;
    slow->quote = options->quote;
    slow->max_field = options->max_field;
    turn++;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (ways[i].threads == 8 && turn % 16 != 0) /* eight threads on few processors are slow */
            continue;
        size_t block = ways[i].block;
        struct fw_table *table = NULL;
        struct fw_error err = {0};
        options->threads = ways[i].threads;
        options->skip_bad_rows = true;
        enum fw_status status = fw_table_parse_in_blocks(&table, "t", text, size, block, options, NULL, &err);
        if (i == 0) {
            first = table;
            first_err = err;
            expected->n_bad = 0;
            if (table != NULL && table->n_columns > MAX_COLUMNS) {
                /* a damaged one-row text may look wider than made; the slow parser has no room for it */
                fw_table_destroy(table);
                return false;
            }
            if (table != NULL) {
                slow->n_columns = table->n_columns;
                parse_slowly(expected, slow);
                assert_as_expected(table, expected);
            }
        } else {
            ck_assert_int_eq(status, first_err.status);
            ck_assert_str_eq(err.message, first_err.message);
            if (first != NULL)
                assert_tables_equal(first, table);
            fw_table_destroy(table);
        }
        if (first == NULL || first->n_bad_rows == 0 || i % 2 == 1)
            continue;
        /* the same text where bad rows are not to be skipped: one message, whatever the blocks */
        static char strict_message[FW_ERROR_MESSAGE_SIZE];
        char place[32];
        options->skip_bad_rows = false;
        ck_assert_int_eq(fw_table_parse_in_blocks(&table, "t", text, size, block, options, NULL, &err), FW_E_INPUT);
        snprintf(place, sizeof place, "t:%lld: ", (long long)expected->first_bad_line);
        ck_assert_msg(strncmp(err.message, place, strlen(place)) == 0, "%s not at %s", err.message, place);
        if (i == 0)
            strcpy(strict_message, err.message);
        ck_assert_str_eq(err.message, strict_message);
    }
    bool read = first != NULL;
    fw_table_destroy(first);
    return read;
}

START_TEST(test_csv_agrees_with_a_slow_parser_on_random_texts)
{
    enum { TEXTS = 3000 };
    static char text[MAX_TEXT * 4];
    static struct expected expected;
    static struct slow slow;
    struct fw_rng rng;
    fw_rng_seed(&rng, 11, fw_stream(0, 0, FW_STREAM_TEST));
    int64_t n_read = 0, n_bad = 0;
    for (int i = 0; i < TEXTS; i++) {
        struct fw_table_options options;
        fw_table_options_init(&options);
        options.header = FW_HEADER_NO;
        options.delimiter = ",;\t|"[fw_rng_below(&rng, 4)];
        options.quote = fw_rng_below(&rng, 8) == 0 ? '\0' : '"';
        options.max_field = fw_rng_below(&rng, 4) == 0 ? 9 : 60;
        size_t size = random_text(text, &rng, options.delimiter, 1 + (int64_t)fw_rng_below(&rng, MAX_COLUMNS));
        ck_assert_uint_lt(size, MAX_TEXT);
        n_read += check_text(text, size, &slow, &expected, &options);
        n_bad += expected.n_bad;
    }
    ck_assert_int_gt(n_read, TEXTS / 2);
    ck_assert_int_gt(n_bad, TEXTS / 2);
}
END_TEST

START_TEST(test_csv_marks_agree_with_the_plain_version)
{
    enum { WORDS = 97 };
    static char text[64 * WORDS + 3];
    static uint64_t fast[WORDS + 1], plain[WORDS];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "a,\n\"\0\r;\xff"[fw_rng_at(5, 6, i) % 8];
    for (int shift = 0; shift < 3; shift++) { /* any alignment */
        fast[WORDS] = 77;
        fw_csv_marks(fast, text + shift, WORDS, ',', '"');
        fw_csv_marks_ref(plain, text + shift, WORDS, ',', '"');
        ck_assert_mem_eq(fast, plain, sizeof plain);
        ck_assert_uint_eq(fast[WORDS], 77);
        fw_csv_marks(fast, text + shift, WORDS, (char)0xff, '\0');
        fw_csv_marks_ref(plain, text + shift, WORDS, (char)0xff, '\0');
        ck_assert_mem_eq(fast, plain, sizeof plain);
    }
}
END_TEST

START_TEST(test_csv_reads_quotes_line_ends_and_blank_lines)
{
    struct fw_table *table = table_of("\xef\xbb\xbf"
                                      "id,name,note\r\n"
                                      "1, \"Smith, \"\"Al\"\"\" ,two words\r\n"
                                      "\r\n"
                                      "2,\"line one\nline two\",\t x\t\r\n"
                                      "   \n"
                                      "3,5\" pipe,\"\"",
                                      NULL);
    ck_assert_int_eq(table->n_rows, 3);
    ck_assert(table->dialect.has_bom && table->dialect.has_crlf && table->dialect.has_header);
    ck_assert_str_eq(table->columns[0].name, "id");
    ck_assert_str_eq(cell_of(table, 1, 0), "Smith, \"Al\"");
    ck_assert_str_eq(cell_of(table, 2, 0), "two words");
    ck_assert_str_eq(cell_of(table, 1, 1), "line one\nline two");
    ck_assert_str_eq(cell_of(table, 2, 1), "x");
    ck_assert_str_eq(cell_of(table, 1, 2), "5\" pipe");
    ck_assert_int_eq(table->columns[2].n_missing, 1);
    ck_assert_int_eq(fw_table_line(table, 0), 2);
    ck_assert_int_eq(fw_table_line(table, 1), 4);
    ck_assert_int_eq(fw_table_line(table, 2), 7);
    fw_table_destroy(table);
}
END_TEST

START_TEST(test_csv_blank_lines_of_one_column_are_rows)
{
    struct fw_table *table = table_of("x\n1\n\n3\n\n", NULL);
    ck_assert_int_eq(table->n_rows, 4);
    ck_assert_int_eq(table->columns[0].n_missing, 2);
    ck_assert_int_eq(fw_table_line(table, 3), 5);
    fw_table_destroy(table);
}
END_TEST

struct refusal {
    const char *text;
    size_t size; /* 0: up to the NUL */
    const char *message;
};

START_TEST(test_csv_names_place_and_remedy_of_bad_rows)
{
#define ROWS "1,2,3\n1,2,3\n1,2,3\n"
    static const struct refusal cases[] = {
        {"a,b,c\n" ROWS "4,5\n", 0,
         "t.csv:5: 2 fields where the table has 3 columns; the last is '5' in column 'b'; repair the row, or leave it "
         "out with --on-bad-row skip"},
        {"a,b,c\n" ROWS "4,5,6,7\n", 0,
         "t.csv:5: 4 fields where the table has 3 columns; the first beyond them is '7'; repair the row, or leave it "
         "out with --on-bad-row skip"},
        {"a,b,c\n" ROWS "4,\"5,6\n1,2,3\n", 0,
         "t.csv:5: column 'b': the quote opened at \"5,6 is never closed; repair the row, or leave it out with "
         "--on-bad-row skip"},
        {"a,b,c\n" ROWS "4,\"5\"x,6\n", 0,
         "t.csv:5: column 'b': 'x' follows a closing quote; double the quotes inside a field; repair the row, or leave "
         "it out with --on-bad-row skip"},
        {"a,b,c\n" ROWS "4,5,\0\n", 6 + 18 + 6,
         "t.csv:5: column 'c' holds a NUL byte; is this a text file in UTF-8?; repair the row, or leave it out with "
         "--on-bad-row skip"},
        {"a,b,c\n" ROWS "4,5\n1\n1,2,3\n4,5\n\n4\n4\n4\n4\n1,2,3\n1,2,3\n1,2,3\n1,2,3\n1,2,3\n1,2,3\n1,2,3\n1,2,3\n", 0,
         "t.csv:5: 2 fields where the table has 3 columns; the last is '5' in column 'b'; 7 bad rows in all, the next "
         "at lines 6, 8, 10, 11, 12, ...; repair them, or leave them out with --on-bad-row skip"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t size = cases[i].size > 0 ? cases[i].size : strlen(cases[i].text);
        ck_assert_str_eq(table_error_of(cases[i].text, size, NULL), cases[i].message);
    }
    struct fw_table_options options;
    fw_table_options_init(&options);
    options.max_field = 8;
    const char *text = "a,b,c\n" ROWS "4,123456789,6\n";
    ck_assert_ptr_nonnull(strstr(table_error_of(text, strlen(text), &options),
                                 "t.csv:5: column 'b': a field of more than 8 bytes begins with '123456789'"));
    text = "a,b,c\n" ROWS "4,\"1234\n56789\",6\n";
    ck_assert_ptr_nonnull(strstr(table_error_of(text, strlen(text), &options),
                                 "t.csv:5: column 'b': the quote opened at \"1234 is not closed within 8 bytes"));
}
END_TEST

struct lines {
    int n;
    char last[512];
};

static void count_warnings(void *user, enum fw_log_level level, const char *line)
{
    struct lines *lines = user;
    if (level != FW_LOG_WARNING)
        return;
    lines->n++;
    snprintf(lines->last, sizeof lines->last, "%s", line);
}

START_TEST(test_csv_skips_bad_rows_when_asked)
{
    char text[4096];
    size_t n = (size_t)sprintf(text, "a,b\n");
    for (int i = 0; i < 60; i++)
        n += (size_t)sprintf(text + n, i % 2 == 0 ? "%d,x\n" : "%d,x,y\n", i);
    struct lines lines = {0};
    struct fw_log log = {count_warnings, &lines};
    struct fw_table_options options;
    fw_table_options_init(&options);
    options.skip_bad_rows = true;
    options.log = &log;
    struct fw_table *table = table_of(text, &options);
    ck_assert_int_eq(table->n_rows, 30);
    ck_assert_int_eq(table->n_bad_rows, 30);
    ck_assert_str_eq(cell_of(table, 0, 29), "58");
    ck_assert_int_eq(fw_table_line(table, 29), 60);
    ck_assert_int_eq(lines.n, 21); /* the first twenty and their count */
    ck_assert_str_eq(lines.last, "t.csv: 30 bad rows were skipped");
    fw_table_destroy(table);
    fw_table_options_init(&options);
    options.skip_bad_rows = true;
    options.delimiter = ',';
    options.header = FW_HEADER_NO;
    const char *all_bad = "\"a\"x\n\"b\"y\n";
    ck_assert_ptr_nonnull(strstr(table_error_of(all_bad, strlen(all_bad), &options), "no row is left, all are bad"));
}
END_TEST

/* One stray quote in a large file costs one row, in every size of block. */
START_TEST(test_csv_recovers_after_a_stray_quote)
{
    enum { ROWS_HERE = 3000 };
    char *text = malloc(ROWS_HERE * 16);
    size_t n = 0;
    for (int i = 0; i < ROWS_HERE; i++)
        n += (size_t)sprintf(text + n, i == 1000 ? "%d,\"stray\n" : "%d,fine\n", i);
    for (size_t block = 100; block <= 100000; block *= 10) {
        struct fw_table_options options;
        fw_table_options_init(&options);
        options.skip_bad_rows = true;
        options.max_field = 2000;
        options.threads = 3;
        struct fw_table *table;
        ck_ok(fw_table_parse_in_blocks(&table, "t", text, n, block, &options, NULL, err));
        ck_assert_int_eq(table->n_rows, ROWS_HERE - 1);
        ck_assert_int_eq(table->n_bad_rows, 1);
        ck_assert_int_eq(fw_table_line(table, 999), 1000);
        ck_assert_int_eq(fw_table_line(table, 1000), 1002);
        fw_table_destroy(table);
    }
    free(text);
}
END_TEST

START_TEST(test_csv_refuses_files_without_rows)
{
    ck_assert_str_eq(table_error_of("", 0, NULL), "'t.csv' is empty; give a table with at least one row");
    ck_assert_ptr_nonnull(strstr(table_error_of("\n\n", 2, NULL), "no rows"));
    ck_assert_ptr_nonnull(strstr(table_error_of("age,job\n", 8, NULL), "a header (or one line of texts) without rows"));
    ck_assert_ptr_nonnull(strstr(table_error_of("\xef\xbb\xbf", 3, NULL), "no rows"));
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("csv");
    TCase *cases = tcase_create("csv");
    tcase_set_timeout(cases, 300);
    tcase_add_test(cases, test_csv_agrees_with_a_slow_parser_on_random_texts);
    tcase_add_test(cases, test_csv_marks_agree_with_the_plain_version);
    tcase_add_test(cases, test_csv_reads_quotes_line_ends_and_blank_lines);
    tcase_add_test(cases, test_csv_blank_lines_of_one_column_are_rows);
    tcase_add_test(cases, test_csv_names_place_and_remedy_of_bad_rows);
    tcase_add_test(cases, test_csv_skips_bad_rows_when_asked);
    tcase_add_test(cases, test_csv_recovers_after_a_stray_quote);
    tcase_add_test(cases, test_csv_refuses_files_without_rows);
    suite_add_tcase(suite, cases);
    return suite;
}
