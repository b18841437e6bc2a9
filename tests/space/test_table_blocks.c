#include <stdio.h>
#include <string.h>

#include "space/table_build.h"
#include "support/test_main.h"

enum { TEXT_SIZE = 1 << 16 };

static char text[TEXT_SIZE];
static struct fw_table_options options;

static void set_up(void)
{
    fw_table_options_init(&options);
    options.threads = 1;
}

/* Quoted newlines, missing cells, numbers and, if wanted, a bad row now and then. */
static void make_csv(int rows, int bad_every)
{
    size_t used = (size_t)snprintf(text, sizeof text, "id,name,amount\n");
    for (int i = 0; i < rows; i++) {
        if (bad_every > 0 && i % bad_every == bad_every - 1)
            used += (size_t)snprintf(text + used, sizeof text - used, "%d,short\n", i);
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 i % 7 == 3 ? "%d,\"two\nlines, %d\",\n" : "%d,n%d,%d.5\n", i, i % 11, i);
    }
    ck_assert_uint_lt(used, sizeof text);
}

static struct fw_table_blocks *start(size_t batch_size, size_t block_size, struct fw_allocator *mem)
{
    struct fw_stream *stream = NULL;
    struct fw_table_blocks *blocks = NULL;
    ck_ok(fw_stream_open_memory(&stream, "t", text, strlen(text), mem, err));
    ck_ok(fw_table_blocks_start(&blocks, stream, "t", batch_size, block_size, &options, mem, err));
    return blocks;
}

/* Appends the lines and cells of all rows to `out`. */
static void add_rows(struct fw_buffer *out, const struct fw_table *table)
{
    char scratch[32];
    for (int64_t row = 0; row < table->n_rows; row++) {
        fw_buffer_addf(out, "%lld:", (long long)fw_table_line(table, row));
        for (int64_t c = 0; c < table->n_columns; c++) {
            struct fw_text cell = fw_table_text(table, c, row, scratch);
            fw_buffer_addf(out, "%s=", table->columns[c].name);
            fw_buffer_add(out, cell.data, cell.length);
            fw_buffer_add(out, "|", 1);
        }
    }
}

/* Every cut of the text gives the rows of the whole table; returns the number of blocks of the finest. */
static int check_all_cuts(void)
{
    static const size_t block_sizes[] = {1, 100, 1000, 0};
    static const size_t batch_sizes[] = {16, 300, 0};
    struct fw_table *table = NULL;
    struct fw_buffer whole;
    int most_blocks = 0;
    ck_ok(fw_table_parse(&table, "t", text, strlen(text), &options, NULL, err));
    fw_buffer_init(&whole, NULL);
    add_rows(&whole, table);
    for (int i = 0; i < 4 * 3 * 3; i++) {
        int n_blocks = 0;
        int64_t bad = 0;
        struct fw_buffer parts;
        struct fw_table *part = NULL;
        fw_buffer_init(&parts, NULL);
        options.threads = 1 + i % 3;
        struct fw_table_blocks *blocks = start(batch_sizes[i / 3 % 3], block_sizes[i / 9], NULL);
        for (;; n_blocks++) {
            ck_ok(fw_table_blocks_next(&part, blocks, err));
            if (part == NULL)
                break;
            ck_assert_int_gt(part->n_rows, 0);
            ck_assert_int_eq(part->dialect.format, table->dialect.format);
            ck_assert_int_eq(part->dialect.has_header, table->dialect.has_header);
            bad += part->n_bad_rows;
            add_rows(&parts, part);
            fw_table_destroy(part);
        }
        ck_ok(fw_table_blocks_next(&part, blocks, err)); /* the end stays the end */
        ck_assert_ptr_null(part);
        fw_table_blocks_close(blocks);
        ck_assert_int_eq(bad, table->n_bad_rows);
        ck_assert_str_eq(parts.data, whole.data);
        fw_buffer_clear(&parts);
        most_blocks = n_blocks > most_blocks ? n_blocks : most_blocks;
    }
    fw_buffer_clear(&whole);
    fw_table_destroy(table);
    return most_blocks;
}

START_TEST(test_table_blocks_of_any_size_are_the_whole_table)
{
    make_csv(500, 0);
    ck_assert_int_gt(check_all_cuts(), 20);
    make_csv(1, 0);
    ck_assert_int_eq(check_all_cuts(), 1);
    make_csv(300, 50);
    options.skip_bad_rows = true;
    check_all_cuts();
    size_t used = (size_t)snprintf(text, sizeof text, "a,b\n1,2\n");
    for (int i = 0; i < 100; i++) /* blocks of bad rows alone are passed over */
        used += (size_t)snprintf(text + used, sizeof text - used, "1,2,3\n");
    snprintf(text + used, sizeof text - used, "3,4\n1,2,3\n");
    check_all_cuts();
}
END_TEST

START_TEST(test_table_blocks_of_libffm_are_the_whole_table)
{
    size_t used = 0;
    for (int i = 0; i < 300; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%d 0:%d:1 1:%d:1 1:9:1\n", i % 2, i % 7, i % 5 + 10);
    ck_assert_int_gt(check_all_cuts(), 5);
}
END_TEST

/* A block has the columns that its lines name: what is absent is added by fw_svmlight_complete. */
START_TEST(test_table_blocks_of_libsvm_have_the_columns_of_their_lines)
{
    strcpy(text, "1 1:5 2:6\n0 1:7\n1 3:8\n0 1:9\n");
    struct fw_table_blocks *blocks = start(10, 1, NULL);
    struct fw_buffer rows;
    fw_buffer_init(&rows, NULL);
    for (;;) {
        struct fw_table *part = NULL;
        ck_ok(fw_table_blocks_next(&part, blocks, err));
        if (part == NULL)
            break;
        add_rows(&rows, part);
        fw_table_destroy(part);
    }
    ck_assert_str_eq(rows.data, "1:label=1|1=5|2=6|2:label=0|1=7|3:label=1|1=0|3=8|4:label=0|1=9|3=0|");
    fw_buffer_clear(&rows);
    fw_table_blocks_close(blocks);
}
END_TEST

START_TEST(test_table_blocks_give_what_stands_before_a_bad_row)
{
    struct fw_error refusal = {0};
    struct fw_table *part = NULL;
    int64_t rows = 0;
    make_csv(300, 100);
    struct fw_table_blocks *blocks = start(200, 500, NULL);
    enum fw_status status;
    while ((status = fw_table_blocks_next(&part, blocks, &refusal)) == FW_OK) {
        ck_assert_ptr_nonnull(part);
        rows += part->n_rows;
        fw_table_destroy(part);
    }
    fw_table_blocks_close(blocks);
    ck_assert_int_eq(status, FW_E_INPUT);
    ck_assert_ptr_eq(strstr(refusal.message, "t:115: 2 fields where the table has 3 columns"), refusal.message);
    ck_assert_int_ge(rows, 20);
    ck_assert_int_lt(rows, 100);
    /* several in one block are counted as far as reading went, as a whole table counts all */
    make_csv(300, 10);
    blocks = start(200, 500, NULL);
    ck_assert_int_eq(fw_table_blocks_next(&part, blocks, &refusal), FW_E_INPUT);
    ck_assert_ptr_nonnull(strstr(refusal.message, "bad rows so far"));
    fw_table_blocks_close(blocks);
    blocks = start(200, SIZE_MAX, NULL);
    ck_assert_int_eq(fw_table_blocks_next(&part, blocks, &refusal), FW_E_INPUT);
    ck_assert_ptr_nonnull(strstr(refusal.message, "30 bad rows in all"));
    fw_table_blocks_close(blocks);
}
END_TEST

START_TEST(test_table_blocks_refuse_a_text_without_rows)
{
    struct fw_error refusal = {0};
    struct fw_table *part = NULL;
    strcpy(text, "a,b\n1,\"2\"3\n");
    options.header = FW_HEADER_YES;
    options.skip_bad_rows = true;
    options.delimiter = ',';
    struct fw_table_blocks *blocks = start(0, 1, NULL);
    ck_assert_int_eq(fw_table_blocks_next(&part, blocks, &refusal), FW_E_INPUT);
    ck_assert_ptr_nonnull(strstr(refusal.message, "no row"));
    fw_table_blocks_close(blocks);
    ck_assert_int_eq(fw_table_blocks_open(&blocks, "/no/such/file", &options, 0, NULL, &refusal), FW_E_INPUT);
    fw_table_blocks_close(NULL);
}
END_TEST

START_TEST(test_table_blocks_hold_no_more_for_a_longer_text)
{
    size_t peak[2];
    for (int i = 0; i < 2; i++) {
        struct fw_allocator mem;
        struct fw_table *part = NULL;
        fw_allocator_init(&mem, 0);
        make_csv(i == 0 ? 400 : 1600, 0);
        struct fw_table_blocks *blocks = start(1000, 1000, &mem);
        do {
            ck_ok(fw_table_blocks_next(&part, blocks, err));
            fw_table_destroy(part);
        } while (part != NULL);
        fw_table_blocks_close(blocks);
        ck_assert_uint_eq(mem.used, 0);
        peak[i] = mem.peak;
    }
    ck_assert_uint_lt(peak[1], peak[0] + peak[0] / 8);
}
END_TEST

START_TEST(test_table_blocks_survive_each_refused_allocation)
{
    make_csv(60, 0);
    for (int64_t refused = 1;; refused++) {
        struct fw_allocator mem;
        fw_allocator_init(&mem, 0);
        mem.fail_at = refused;
        struct fw_stream *stream = NULL;
        struct fw_table_blocks *blocks = NULL;
        struct fw_table *part = NULL;
        struct fw_error err = {0};
        enum fw_status status = fw_stream_open_memory(&stream, "t", text, strlen(text), &mem, &err);
        if (status == FW_OK)
            status = fw_table_blocks_start(&blocks, stream, "t", 100, 300, &options, &mem, &err);
        while (status == FW_OK && (status = fw_table_blocks_next(&part, blocks, &err)) == FW_OK && part != NULL)
            fw_table_destroy(part);
        fw_table_blocks_close(blocks);
        ck_assert_uint_eq(mem.used, 0);
        if (mem.count < refused)
            break;
        ck_assert(status == FW_E_NOMEM || status == FW_OK); /* giving room back may fail without harm */
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("table_blocks");
    TCase *cases = tcase_create("table_blocks");
    tcase_add_checked_fixture(cases, set_up, NULL);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, test_table_blocks_of_any_size_are_the_whole_table);
    tcase_add_test(cases, test_table_blocks_of_libffm_are_the_whole_table);
    tcase_add_test(cases, test_table_blocks_of_libsvm_have_the_columns_of_their_lines);
    tcase_add_test(cases, test_table_blocks_give_what_stands_before_a_bad_row);
    tcase_add_test(cases, test_table_blocks_refuse_a_text_without_rows);
    tcase_add_test(cases, test_table_blocks_hold_no_more_for_a_longer_text);
    tcase_add_test(cases, test_table_blocks_survive_each_refused_allocation);
    suite_add_tcase(suite, cases);
    return suite;
}
