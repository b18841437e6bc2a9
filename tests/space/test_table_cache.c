#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "space/table_cache.h"
#include "support/scratch.h"
#include "support/tables.h"
#include "support/test_main.h"

static void write_data(const char *text)
{
    FILE *file = fopen(scratch_path("t.csv"), "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static struct fw_table *read_cached(bool *hit, const struct fw_table_options *options)
{
    struct fw_table *table = NULL;
    ck_ok(fw_table_read_cached(&table, hit, scratch_path("t.csv"), NULL, options, NULL, err));
    return table;
}

static int count_caches(char *last, size_t size)
{
    int n = 0;
    DIR *folder = opendir(scratch_path(NULL));
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (strstr(entry->d_name, ".fwcache") != NULL) {
            n++;
            snprintf(last, size, "%s", scratch_path(entry->d_name));
        }
    }
    closedir(folder);
    return n;
}

static const char text[] = "id,name,x\n1,\"a\nb\",0.5\n2,?,\n\n3,c,7\n";

START_TEST(test_table_cache_gives_the_same_table)
{
    struct fw_table_options options;
    bool hit = true;
    char cache[4096];
    fw_table_options_init(&options);
    write_data(text);
    struct fw_table *first = read_cached(&hit, &options);
    ck_assert(!hit);
    ck_assert_int_eq(count_caches(cache, sizeof cache), 1);
    struct fw_table *second = read_cached(&hit, &options);
    ck_assert(hit);
    assert_tables_equal(first, second);
    fw_table_destroy(first);
    fw_table_destroy(second);
}
END_TEST

START_TEST(test_table_cache_is_never_stale)
{
    struct fw_table_options options;
    bool hit = true;
    fw_table_options_init(&options);
    write_data(text);
    fw_table_destroy(read_cached(&hit, &options));
    write_data("id,name,x\n1,b,0.5\n");
    struct fw_table *table = read_cached(&hit, &options);
    ck_assert(!hit);
    ck_assert_int_eq(table->n_rows, 1);
    fw_table_destroy(table);
    options.header = FW_HEADER_NO;
    table = read_cached(&hit, &options);
    ck_assert(!hit);
    ck_assert_int_eq(table->n_rows, 2);
    fw_table_destroy(table);
    options.header = FW_HEADER_AUTO;
    const char *const missing[] = {"b"};
    options.missing = missing;
    options.n_missing = 1;
    table = read_cached(&hit, &options);
    ck_assert(!hit);
    ck_assert_int_eq(table->columns[1].n_missing, 1);
    fw_table_destroy(table);
}
END_TEST

START_TEST(test_table_cache_passes_over_every_damage)
{
    struct fw_table_options options;
    bool hit = true;
    char cache[4096];
    char *bytes = NULL;
    size_t size = 0;
    fw_table_options_init(&options);
    write_data(text);
    struct fw_table *whole = read_cached(&hit, &options);
    ck_assert_int_eq(count_caches(cache, sizeof cache), 1);
    ck_ok(fw_file_read(&bytes, &size, cache, FW_GIB, NULL, err));
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (char)(bytes[i] ^ (1 << (i % 8)));
        FILE *file = fopen(cache, "wb");
        fwrite(bytes, 1, i % 3 == 0 ? i : size, file); /* flipped, or cut short */
        fclose(file);
        bytes[i] = (char)(bytes[i] ^ (1 << (i % 8)));
        struct fw_table *table = read_cached(&hit, &options);
        ck_assert(!hit);
        assert_tables_equal(whole, table);
        fw_table_destroy(table);
    }
    fw_free(NULL, bytes);
    fw_table_destroy(whole);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("table cache");
    TCase *cases = tcase_create("table cache");
    tcase_add_checked_fixture(cases, scratch_make, scratch_remove);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test_table_cache_gives_the_same_table);
    tcase_add_test(cases, test_table_cache_is_never_stale);
    tcase_add_test(cases, test_table_cache_passes_over_every_damage);
    suite_add_tcase(suite, cases);
    return suite;
}
