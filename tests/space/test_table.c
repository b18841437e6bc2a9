#include "space/table.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "core/hash.h"
#include "core/rng.h"
#include "space/column_builder.h"
#include "space/table_build.h"
#include "support/tables.h"
#include "support/test_main.h"

START_TEST(test_table_defaults_set_every_field)
{
    struct fw_table_options a, b;
    memset(&a, 0xa5, sizeof a);
    memset(&b, 0, sizeof b);
    fw_table_options_init(&a);
    fw_table_options_init(&b);
    ck_assert_mem_eq(&a, &b, sizeof a);
    ck_assert_int_eq(a.quote, '"');
    ck_assert_int_eq(a.max_columns, 100000);
    ck_assert_uint_eq(a.max_field, 16 * FW_MIB);
    fw_table_destroy(NULL);
}
END_TEST

START_TEST(test_table_numbers_values_by_first_appearance)
{
    static const char *const more[] = {"-1", "not asked here"};
    struct fw_table_options options;
    fw_table_options_init(&options);
    options.missing = more;
    options.n_missing = 2;
    struct fw_table *table = table_of("y,job\n1,clerk\n-1,?\n0,smith\n1,clerk\n,not asked here\n", &options);
    ck_assert_int_eq(table->n_rows, 5);
    ck_assert_int_eq(table->columns[1].storage, FW_STORED_CODES);
    static const uint32_t y[] = {1, 0, 2, 1, 0}, job[] = {1, 0, 2, 1, 0};
    ck_assert_mem_eq(table->columns[0].codes, y, sizeof y);
    ck_assert_mem_eq(table->columns[1].codes, job, sizeof job);
    ck_assert_int_eq(table->columns[0].n_missing, 2);
    ck_assert_int_eq(table->columns[1].n_missing, 2);
    ck_assert_uint_eq(fw_dictionary_line(table->columns[1].dictionary, 2), 4);
    ck_assert_str_eq(cell_of(table, 1, 1), "");
    ck_assert_str_eq(cell_of(table, 1, 2), "smith");
    ck_assert_str_eq(table->path, "t.csv");
    ck_assert_str_eq(table->dialect.compression, "none");
    ck_assert_int_eq(table->dialect.format, FW_TABLE_CSV);
    fw_table_destroy(table);
}
END_TEST

START_TEST(test_table_finds_columns_by_name_and_position)
{
    struct fw_table *table = table_of("age,2,job\n39,1,a\n40,0,b\n", NULL);
    ck_assert_int_eq(table->n_rows, 3); /* "2" is a number: no header */
    fw_table_destroy(table);
    struct fw_table_options options;
    fw_table_options_init(&options);
    options.header = FW_HEADER_YES;
    table = table_of("age,1,,job\n39,1,,a\n40,0,,b\n", &options);
    ck_assert_int_eq(fw_table_find_column(table, "age"), 0);
    ck_assert_int_eq(fw_table_find_column(table, "1"), 1); /* the name comes before the position */
    ck_assert_int_eq(fw_table_find_column(table, "3"), 2); /* an empty name is its position */
    ck_assert_int_eq(fw_table_find_column(table, "4"), 3);
    ck_assert_int_eq(fw_table_find_column(table, "5"), -1);
    ck_assert_int_eq(fw_table_find_column(table, "0"), -1);
    ck_assert_int_eq(fw_table_find_column(table, ""), -1);
    ck_assert_int_eq(fw_table_find_column(table, "Job"), -1);
    fw_table_destroy(table);
    const char *twins = "a,b,a\n1,2,3\n";
    ck_assert_str_eq(table_error_of(twins, strlen(twins), NULL),
                     "t.csv: columns 1 and 3 are both named 'a'; rename one of them, or give all names with --names");
}
END_TEST

/* Columns of n rows: distinct numbers, distinct zero-padded digits, long ids, a category; `last` is the first column's
 * last cell. */
static char *tall_text(size_t *size_out, int64_t n_rows, const char *last)
{
    char *text = malloc((size_t)n_rows * 80);
    ck_assert_ptr_nonnull(text);
    size_t n = (size_t)sprintf(text, "x,zip,id,c\n");
    for (int64_t row = 0; row < n_rows; row++) {
        if (row + 1 == n_rows && last != NULL)
            n += (size_t)sprintf(text + n, "%s,", last);
        else if (row % 1000 == 7)
            n += (size_t)sprintf(text + n, "NA,");
        else
            n += (size_t)sprintf(text + n, "%.4f,", (double)row / 7);
        n += (size_t)sprintf(text + n, "%07lld,9007199254%07lld,%lld\n", (long long)row, (long long)row,
                             (long long)row % 3);
    }
    *size_out = n;
    return text;
}

enum { TALL = 300000 };

START_TEST(test_table_turns_many_numbers_into_doubles)
{
    size_t size;
    char *text = tall_text(&size, TALL, NULL);
    struct fw_table_options options;
    fw_table_options_init(&options);
    options.threads = 1;
    struct fw_table *table;
    ck_ok(fw_table_parse(&table, "t", text, size, &options, NULL, err));
    ck_assert_int_eq(table->columns[0].storage, FW_STORED_NUMBERS);
    ck_assert_ptr_null(table->columns[0].codes);
    ck_assert_ptr_null(table->columns[0].dictionary);
    ck_assert_int_eq(table->columns[0].n_missing, TALL / 1000);
    ck_assert(isnan(table->columns[0].numbers[1007]));
    ck_assert_str_eq(cell_of(table, 0, 1007), "");
    ck_assert_str_eq(cell_of(table, 0, 14), "2");
    ck_assert_str_eq(cell_of(table, 0, 200003), "28571.8571");
    /* identifiers keep their spelling */
    ck_assert_int_eq(table->columns[1].storage, FW_STORED_CODES);
    ck_assert_str_eq(cell_of(table, 1, 299999), "0299999");
    ck_assert_int_eq(table->columns[2].storage, FW_STORED_CODES);
    ck_assert_str_eq(cell_of(table, 2, 299999), "90071992540299999");
    ck_assert_int_eq(table->columns[3].storage, FW_STORED_CODES);

    static const struct {
        int threads;
        size_t block;
    } ways[] = {{2, 0}, {3, 100000}, {8, 12345}, {1, 1 << 16}};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct fw_table *other;
        options.threads = ways[i].threads;
        ck_ok(fw_table_parse_in_blocks(&other, "t", text, size, ways[i].block, &options, NULL, err));
        assert_tables_equal(table, other);
        fw_table_destroy(other);
    }
    fw_table_destroy(table);

    static const char *const as_text[] = {"no such column", "x"};
    options.text_columns = as_text;
    options.n_text_columns = 2;
    ck_ok(fw_table_parse(&table, "t", text, size, &options, NULL, err));
    ck_assert_int_eq(table->columns[0].storage, FW_STORED_CODES);
    ck_assert_str_eq(cell_of(table, 0, 14), "2.0000");
    fw_table_destroy(table);
    free(text);
}
END_TEST

START_TEST(test_table_refuses_text_in_a_column_of_doubles)
{
    static const char *const odd[] = {"abc", "007", "90071992547409931", "1e999"};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        size_t size;
        char *text = tall_text(&size, TALL, odd[i]);
        char expected[100];
        snprintf(expected, sizeof expected, "t.csv:%d: column 'x' has '%s', which is not a number as all %d values",
                 TALL + 1, odd[i], TALL - 1 - TALL / 1000);
        const char *message = table_error_of(text, size, NULL);
        ck_assert_msg(strncmp(message, expected, strlen(expected)) == 0, "%s", message);
        ck_assert_ptr_nonnull(strstr(message, "--categorical"));
        free(text);
    }
}
END_TEST

START_TEST(test_table_reads_a_hundred_thousand_columns)
{
    enum { COLUMNS = 100000 };
    char *text = malloc((size_t)COLUMNS * 20 * 4);
    ck_assert_ptr_nonnull(text);
    size_t n = 0;
    for (int c = 0; c < COLUMNS; c++)
        n += (size_t)sprintf(text + n, "c%d%c", c, c + 1 < COLUMNS ? ',' : '\n');
    for (int row = 0; row < 3; row++) {
        for (int c = 0; c < COLUMNS; c++)
            n += (size_t)sprintf(text + n, "%d%c", c % 10 + row, c + 1 < COLUMNS ? ',' : '\n');
    }
    struct fw_allocator mem;
    fw_allocator_init(&mem, 256 * FW_MIB);
    struct fw_table_options options;
    fw_table_options_init(&options);
    struct fw_table *table;
    ck_ok(fw_table_parse(&table, "wide", text, n, &options, &mem, err));
    ck_assert_int_eq(table->n_columns, COLUMNS);
    ck_assert_int_eq(table->n_rows, 3);
    ck_assert_int_eq(fw_table_find_column(table, "c99999"), 99999);
    ck_assert_str_eq(cell_of(table, 99999, 2), "11");
    ck_assert_uint_lt(mem.used, 80 * FW_MIB);
    fw_table_destroy(table);
    ck_assert_uint_eq(mem.used, 0);
    options.max_columns = COLUMNS - 1;
    struct fw_error refusal;
    ck_assert_int_eq(fw_table_parse(&table, "wide", text, n, &options, NULL, &refusal), FW_E_INPUT);
    ck_assert_str_eq(refusal.message, "wide: 100000 columns, at most 99999 are allowed; leave some out, or name the "
                                      "delimiter with --delimiter if it was mistaken");
    free(text);
}
END_TEST

START_TEST(test_table_takes_names_from_the_options)
{
    static const char *const names[] = {"u", "v"};
    struct fw_table_options options;
    fw_table_options_init(&options);
    options.names = names;
    options.n_names = 2;
    struct fw_table *table = table_of("1,2\n3,4\n", &options);
    ck_assert_int_eq(table->n_rows, 2);
    ck_assert_int_eq(fw_table_find_column(table, "v"), 1);
    ck_assert_int_eq(fw_table_find_column(table, "2"), 1);
    fw_table_destroy(table);
    table = table_of("a,b\n1,2\n3,4\n", &options);
    ck_assert_int_eq(table->n_rows, 2);
    ck_assert_str_eq(table->columns[0].name, "u");
    fw_table_destroy(table);
}
END_TEST

static void write_file(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, size, file), size);
    fclose(file);
}

START_TEST(test_table_reads_paths_compressed_or_not_and_standard_input)
{
    static const char text[] = "a,b\n1,x\n2,y\n";
    char folder[] = "/tmp/test_table_XXXXXX", plain[64], packed[64];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(plain, sizeof plain, "%s/t.csv", folder);
    snprintf(packed, sizeof packed, "%s/t.bin", folder);
    write_file(plain, text, strlen(text));
    gzFile gz = gzopen(packed, "wb");
    ck_assert_int_eq(gzwrite(gz, text, (unsigned)strlen(text)), (int)strlen(text));
    gzclose(gz);

    struct fw_table_options options;
    fw_table_options_init(&options);
    struct fw_table *a, *b, *c;
    ck_ok(fw_table_read(&a, plain, &options, NULL, err));
    ck_ok(fw_table_read(&b, packed, &options, NULL, err));
    ck_assert_int_ge(dup2(open(packed, O_RDONLY), STDIN_FILENO), 0);
    ck_ok(fw_table_read(&c, "-", &options, NULL, err));
    ck_assert_uint_eq(a->fingerprint, fw_hash_bytes(text, strlen(text), 0));
    ck_assert_uint_ne(b->fingerprint, a->fingerprint);
    ck_assert_str_eq(b->dialect.compression, "gzip");
    ck_assert_str_eq(c->path, "-");
    assert_tables_equal(b, c);
    b->fingerprint = a->fingerprint;
    assert_tables_equal(a, b);
    fw_table_destroy(a);
    fw_table_destroy(b);
    fw_table_destroy(c);

    struct fw_error refusal;
    ck_assert_int_eq(fw_table_read(&a, folder, &options, NULL, &refusal), FW_E_INPUT);
    ck_assert_ptr_nonnull(strstr(refusal.message, "it is a directory; name a file"));
    unlink(plain);
    unlink(packed);
    rmdir(folder);
    ck_assert_int_eq(fw_table_read(&a, plain, &options, NULL, &refusal), FW_E_INPUT);
    ck_assert_ptr_nonnull(strstr(refusal.message, "No such file"));
}
END_TEST

struct progress {
    int64_t calls, stop_after, last_done, last_total;
};

static int note_progress(void *user, int64_t done, int64_t total)
{
    struct progress *progress = user;
    ck_assert_int_ge(done, progress->last_done);
    progress->last_done = done;
    progress->last_total = total;
    return ++progress->calls > progress->stop_after;
}

START_TEST(test_table_tells_progress_and_stops)
{
    size_t size;
    char *text = tall_text(&size, 2000, NULL);
    struct progress progress = {.stop_after = INT64_MAX};
    struct fw_table_options options;
    fw_table_options_init(&options);
    options.progress = note_progress;
    options.user = &progress;
    struct fw_table *table = NULL;
    ck_ok(fw_table_parse_in_blocks(&table, "t", text, size, 10000, &options, NULL, err));
    ck_assert_int_gt(progress.calls, 5);
    ck_assert_int_eq(progress.last_done, (int64_t)size);
    ck_assert_int_eq(progress.last_total, (int64_t)size);
    fw_table_destroy(table);
    progress = (struct progress){.stop_after = 3};
    struct fw_error stopped;
    struct fw_allocator mem;
    fw_allocator_init(&mem, 0);
    ck_assert_int_eq(fw_table_parse_in_blocks(&table, "t", text, size, 10000, &options, &mem, &stopped), FW_E_STOPPED);
    ck_assert_int_eq(progress.calls, 4);
    ck_assert_uint_eq(mem.used, 0);
    free(text);
}
END_TEST

static const char mixed_text[] = "name,x,\"quoted \"\"column\"\"\"\n"
                                 "a long text that lives in a heap,1,\"with \"\"quotes\"\"\"\n"
                                 "b,?,\"two\nlines\"\n"
                                 "\n"
                                 "c,3\n"
                                 "d,4,plain\n";

/* Every allocation refused in turn, once and for ever: no leak, no crash, and no table that differs from the real one
 * (a refused shrinking costs nothing). */
START_TEST(test_table_survives_each_refused_allocation)
{
    struct fw_table_options options;
    fw_table_options_init(&options);
    options.threads = 1;
    options.skip_bad_rows = true;
    struct fw_table *whole = table_of(mixed_text, &options);
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        int64_t n_refused = 0;
        for (int64_t refused = 1;; refused++) {
            struct fw_allocator mem;
            fw_allocator_init(&mem, 0);
            mem.fail_at = refused;
            mem.fail_for_ever = for_ever;
            struct fw_table *table = NULL;
            struct fw_error refusal = {0};
            enum fw_status status =
                fw_table_parse_in_blocks(&table, "t.csv", mixed_text, strlen(mixed_text), 16, &options, &mem, &refusal);
            bool reached = mem.count >= refused;
            if (status == FW_OK) {
                assert_tables_equal(whole, table);
            } else {
                ck_assert_int_eq(status, FW_E_NOMEM);
                ck_assert_ptr_nonnull(strstr(refusal.message, "out of memory"));
                ck_assert_ptr_null(table);
                n_refused++;
            }
            fw_table_destroy(table);
            ck_assert_uint_eq(mem.used, 0);
            if (!reached)
                break;
        }
        ck_assert_int_gt(n_refused, 40);
    }
    fw_table_destroy(whole);
}
END_TEST

START_TEST(test_table_keeps_the_memory_limit)
{
    size_t size;
    char *text = tall_text(&size, 100000, NULL);
    struct fw_allocator mem;
    fw_allocator_init(&mem, 6 * FW_MIB);
    struct fw_table_options options;
    fw_table_options_init(&options);
    struct fw_table *table = NULL;
    struct fw_error refusal;
    ck_assert_int_eq(fw_table_parse(&table, "t", text, size, &options, &mem, &refusal), FW_E_NOMEM);
    ck_assert_ptr_nonnull(strstr(refusal.message, "limit"));
    ck_assert_uint_eq(mem.used, 0);
    ck_assert_uint_le(mem.peak, 6 * FW_MIB + FW_MIB);
    free(text);
}
END_TEST

/* Rows that name only some of their cells, as the readers of sparse formats add them. */
START_TEST(test_table_builder_fills_gaps)
{
    struct fw_table_options options;
    fw_table_options_init(&options);
    struct fw_column_builder *builder;
    struct fw_table *table;
    int64_t a, b;
    ck_ok(fw_column_builder_create(&builder, "s.libsvm", &options, NULL, err));
    ck_ok(fw_table_create(&table, "s.libsvm", NULL, err));
    ck_ok(fw_column_builder_add_column(&a, builder, "a", 1, err));
    ck_ok(fw_column_builder_add(builder, a, 0, fw_text_of("x"), 1, err));
    ck_ok(fw_column_builder_add_column(&b, builder, "b..", 1, err));
    ck_assert_int_eq(fw_column_builder_n_columns(builder), 2);
    ck_ok(fw_column_builder_add(builder, b, 700, fw_text_of("y"), 701, err));
    ck_ok(fw_column_builder_add(builder, a, 700, fw_text_of("x"), 701, err));
    ck_ok(fw_column_builder_pad(builder, a, 702, fw_text_of("0"), 702, err));
    struct fw_error refusal;
    ck_assert_int_eq(fw_column_builder_add(builder, a, 5, fw_text_of("late"), 9, &refusal), FW_E_ARG);
    ck_ok(fw_column_builder_finish(builder, table, 800, err));
    fw_column_builder_destroy(builder);
    ck_ok(fw_table_index_names(table, err));
    ck_assert_int_eq(table->n_rows, 800);
    ck_assert_int_eq(table->columns[a].n_missing, 800 - 3);
    ck_assert_int_eq(table->columns[b].n_missing, 799);
    ck_assert_str_eq(cell_of(table, a, 701), "0");
    ck_assert_str_eq(cell_of(table, b, 700), "y");
    ck_assert_int_eq(fw_table_find_column(table, "b"), b);
    ck_assert_uint_eq(fw_dictionary_line(table->columns[b].dictionary, 1), 701);
    fw_table_destroy(table);
}
END_TEST

START_TEST(test_table_line_map_finds_each_row)
{
    struct fw_line_map map = {0};
    ck_assert_int_eq(fw_line_map_find(&map, 3), 0);
    int64_t lines[500], line = 4;
    for (int64_t row = 0; row < 500; row++) {
        lines[row] = line;
        ck_ok(fw_line_map_add(&map, row, line, NULL, err));
        line += fw_rng_at(1, 1, (uint64_t)row) % 8 == 0 ? 3 : 1;
    }
    ck_assert_int_lt(map.n, 120);
    for (int64_t row = 0; row < 500; row++)
        ck_assert_int_eq(fw_line_map_find(&map, row), lines[row]);
    fw_free(NULL, map.points);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("table");
    TCase *cases = tcase_create("table");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_table_defaults_set_every_field);
    tcase_add_test(cases, test_table_numbers_values_by_first_appearance);
    tcase_add_test(cases, test_table_finds_columns_by_name_and_position);
    tcase_add_test(cases, test_table_turns_many_numbers_into_doubles);
    tcase_add_test(cases, test_table_refuses_text_in_a_column_of_doubles);
    tcase_add_test(cases, test_table_reads_a_hundred_thousand_columns);
    tcase_add_test(cases, test_table_takes_names_from_the_options);
    tcase_add_test(cases, test_table_reads_paths_compressed_or_not_and_standard_input);
    tcase_add_test(cases, test_table_tells_progress_and_stops);
    tcase_add_test(cases, test_table_survives_each_refused_allocation);
    tcase_add_test(cases, test_table_keeps_the_memory_limit);
    tcase_add_test(cases, test_table_builder_fills_gaps);
    tcase_add_test(cases, test_table_line_map_finds_each_row);
    suite_add_tcase(suite, cases);
    return suite;
}
