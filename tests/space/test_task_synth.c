/* What holds for every kind of table for several tasks. */
#include <string.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/file.h"
#include "space/synth/task_synth.h"
#include "support/scratch.h"
#include "support/test_main.h"

enum { n_kinds = FW_TASK_SYNTH_EXAMINATION + 1 };

START_TEST(test_task_synth_kinds_have_names)
{
    for (int k = 0; k < n_kinds; k++) {
        enum fw_task_synth_kind found;
        ck_assert(fw_task_synth_kind_find(&found, fw_task_synth_kind_name((enum fw_task_synth_kind)k)));
        ck_assert_int_eq((int)found, k);
    }
    enum fw_task_synth_kind found;
    ck_assert(!fw_task_synth_kind_find(&found, "crosses"));
}
END_TEST

static void small_options(struct fw_task_synth_options *options, int kind)
{
    memset(options, 0xA5, sizeof *options);
    fw_task_synth_options_init(options, (enum fw_task_synth_kind)kind);
    options->rows = 60;
}

START_TEST(test_task_synth_refused_memory_is_an_error_without_a_leak)
{
    for (int k = 0; k < n_kinds; k++) {
        struct fw_task_synth_options options;
        small_options(&options, k);
        if (k == FW_TASK_SYNTH_TASKS)
            ck_ok(fw_task_synth_set(&options, "groups", "1", err));
        struct fw_allocator mem;
        fw_allocator_init(&mem, 0);
        char *text = NULL;
        char *truth = NULL;
        size_t size = 0;
        ck_ok(fw_task_synth_text(&text, &size, &truth, &options, 1, &mem, err));
        int64_t count = mem.count;
        fw_free(&mem, text);
        fw_free(&mem, truth);
        ck_assert_uint_eq(mem.used, 0);
        for (int64_t at = 1; at <= count; at += 1 + count / 5) {
            struct fw_error error = {0};
            fw_allocator_init(&mem, 0);
            mem.fail_at = at;
            ck_assert_int_eq(fw_task_synth_text(&text, &size, &truth, &options, 1, &mem, &error), FW_E_NOMEM);
            ck_assert_uint_eq(mem.used, 0);
        }
    }
}
END_TEST

static int stop(void *user, int64_t done, int64_t total)
{
    ck_assert_int_le(done, total);
    return *(int *)user;
}

START_TEST(test_task_synth_writes_what_it_gives_as_text_or_nothing)
{
    for (int k = 0; k < n_kinds; k += 3) { /* the first and the last: what writes is shared */
        struct fw_task_synth_options options;
        const char *path = scratch_path("t.csv");
        char *text = NULL;
        char *written = NULL;
        size_t size = 0;
        size_t written_size = 0;
        int ends = 1;
        small_options(&options, k);
        options.progress = stop;
        options.user = &ends;
        struct fw_error error = {0};
        ck_assert_int_eq(fw_task_synth_write(path, NULL, &options, 1, NULL, &error), FW_E_STOPPED);
        ck_assert_int_ne(access(path, F_OK), 0);
        ends = 0;
        ck_ok(fw_task_synth_write(path, NULL, &options, 2, NULL, err));
        ck_ok(fw_task_synth_text(&text, &size, NULL, &options, 1, NULL, err));
        ck_ok(fw_file_read(&written, &written_size, path, FW_MIB, NULL, err));
        ck_assert_uint_eq(size, written_size);
        ck_assert_mem_eq(text, written, size);
        fw_free(NULL, text);
        fw_free(NULL, written);
        ck_assert_int_eq(unlink(path), 0);
    }
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("task_synth");
    TCase *cases = tcase_create("task_synth");
    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, scratch_make, scratch_remove);
    tcase_add_test(cases, test_task_synth_kinds_have_names);
    tcase_add_test(cases, test_task_synth_refused_memory_is_an_error_without_a_leak);
    tcase_add_test(cases, test_task_synth_writes_what_it_gives_as_text_or_nothing);
    suite_add_tcase(suite, cases);
    return suite;
}
