#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/file.h"
#include "support/test_main.h"

static char folder[64];
static char path[128];

static void make_folder(void)
{
    strcpy(folder, "/tmp/fieldwise-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/out", folder);
}

static int files_in_folder(void)
{
    int n = 0;
    DIR *open = opendir(folder);
    ck_assert_ptr_nonnull(open);
    for (struct dirent *entry = readdir(open); entry != NULL; entry = readdir(open))
        n += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
    closedir(open);
    return n;
}

static void remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

static enum fw_status write_file(const char *where, const char *text, enum fw_status outcome, struct fw_error *err)
{
    struct fw_outfile out;
    enum fw_status status = fw_outfile_open(&out, where, err);
    if (status == FW_OK)
        status = fw_outfile_write(&out, text, strlen(text), err);
    if (status == FW_OK)
        status = outcome;
    return fw_outfile_close(&out, status, err);
}

static void check_content(const char *where, const char *expected)
{
    char *data = NULL;
    size_t size = 0;
    ck_ok(fw_file_read(&data, &size, where, FW_MIB, NULL, err));
    ck_assert_uint_eq(size, strlen(expected));
    ck_assert_str_eq(data, expected);
    fw_free(NULL, data);
}

START_TEST(test_file_writes_and_reads_back)
{
    ck_ok(write_file(path, "hello", FW_OK, err));
    check_content(path, "hello");
    ck_ok(write_file(path, "", FW_OK, err));
    check_content(path, "");
    ck_assert_int_eq(files_in_folder(), 1);
}
END_TEST

START_TEST(test_file_failure_leaves_the_old_one)
{
    ck_ok(write_file(path, "old", FW_OK, err));
    struct fw_error error = {0};
    ck_assert_int_eq(write_file(path, "new and longer", FW_E_STOPPED, &error), FW_E_STOPPED);
    check_content(path, "old");
    ck_assert_int_eq(files_in_folder(), 1);
}
END_TEST

START_TEST(test_file_killed_writer_leaves_the_old_one)
{
    ck_ok(write_file(path, "old", FW_OK, err));
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct fw_outfile out;
        if (fw_outfile_open(&out, path, NULL) == FW_OK && fw_outfile_write(&out, "half", 4, NULL) == FW_OK)
            raise(SIGKILL);
        _exit(1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    check_content(path, "old");
    ck_assert_int_eq(files_in_folder(), 2);
    ck_ok(write_file(path, "new", FW_OK, err));
    check_content(path, "new");
    ck_assert_int_eq(files_in_folder(), 1); /* the next writer has cleared up */
}
END_TEST

START_TEST(test_file_clears_up_nothing_of_others)
{
    struct fw_outfile slow;
    ck_ok(fw_outfile_open(&slow, path, err));
    ck_ok(fw_outfile_write(&slow, "slow", 4, err));
    char other[2100];
    snprintf(other, sizeof other, "%s.tmp-1234567", path);
    ck_ok(write_file(other, "longer", FW_OK, err));
    snprintf(other, sizeof other, "%s.tmp-12345", path);
    ck_ok(write_file(other, "shorter", FW_OK, err));
    ck_ok(write_file(path, "quick", FW_OK, err));
    ck_assert_int_eq(files_in_folder(), 4);
    ck_ok(fw_outfile_close(&slow, FW_OK, err)); /* a writer that lives is left alone */
    check_content(path, "slow");
    ck_assert_int_eq(files_in_folder(), 3);
}
END_TEST

/* Writers of one target at the same time: each ends well, and what is there is one of theirs. */
START_TEST(test_file_writers_of_one_target_do_not_meet)
{
    pid_t children[8];
    for (int c = 0; c < 8; c++) {
        children[c] = fork();
        ck_assert_int_ge(children[c], 0);
        if (children[c] == 0) {
            for (int i = 0; i < 15; i++) {
                if (write_file(path, "one of many", FW_OK, NULL) != FW_OK)
                    _exit(1);
            }
            _exit(0);
        }
    }
    for (int c = 0; c < 8; c++) {
        int status;
        ck_assert_int_eq(waitpid(children[c], &status, 0), children[c]);
        ck_assert_int_eq(status, 0);
    }
    check_content(path, "one of many");
    ck_assert_int_eq(files_in_folder(), 1);
}
END_TEST

/* A limit on the file's size stands for a full disk: the write that passes it fails half-way. */
START_TEST(test_file_full_disk_leaves_the_old_one)
{
    ck_ok(write_file(path, "old", FW_OK, err));
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        struct rlimit limit = {.rlim_cur = 10000, .rlim_max = 10000};
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
            _exit(1);
        static char block[8192];
        struct fw_error error = {0};
        struct fw_outfile out;
        enum fw_status status = fw_outfile_open(&out, path, &error);
        for (int i = 0; status == FW_OK && i < 4; i++)
            status = fw_outfile_write(&out, block, sizeof block, &error);
        status = fw_outfile_close(&out, status, &error);
        _exit(status == FW_E_IO && strstr(error.message, path) != NULL ? 42 : 2);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 42);
    check_content(path, "old");
    ck_assert_int_eq(files_in_folder(), 1);
}
END_TEST

START_TEST(test_file_device_full_is_an_error)
{
    struct fw_error error = {0};
    ck_assert_int_eq(write_file("/dev/full", "x", FW_OK, &error), FW_E_IO);
    ck_assert_ptr_nonnull(strstr(error.message, "/dev/full"));
    ck_assert_ptr_nonnull(strstr(error.message, "No space"));
    ck_ok(write_file("/dev/null", "x", FW_OK, err));
}
END_TEST

START_TEST(test_file_refuses_what_cannot_be_written)
{
    struct fw_error err = {0};
    ck_assert_int_eq(write_file(folder, "x", FW_OK, &err), FW_E_IO);
    ck_assert_ptr_nonnull(strstr(err.message, "directory"));
    char missing[256];
    snprintf(missing, sizeof missing, "%s/none/out", folder);
    ck_assert_int_eq(write_file(missing, "x", FW_OK, &err), FW_E_IO);
    ck_assert_ptr_nonnull(strstr(err.message, missing));
    ck_assert_int_eq(write_file("", "x", FW_OK, &err), FW_E_ARG);
    char *endless = fw_alloc_array(NULL, 5001, 1);
    memset(endless, 'a', 5000);
    ck_assert_int_eq(write_file(endless, "x", FW_OK, &err), FW_E_ARG);
    fw_free(NULL, endless);
    ck_assert_int_eq(files_in_folder(), 0);
}
END_TEST

START_TEST(test_file_follows_links_and_keeps_permissions)
{
    char link[128];
    snprintf(link, sizeof link, "%s/link", folder);
    ck_ok(write_file(path, "old", FW_OK, err));
    ck_assert_int_eq(chmod(path, 0640), 0);
    ck_assert_int_eq(symlink("out", link), 0);
    ck_ok(write_file(link, "new", FW_OK, err));
    check_content(path, "new");
    struct stat info;
    ck_assert_int_eq(lstat(link, &info), 0);
    ck_assert(S_ISLNK(info.st_mode));
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(info.st_mode & 0777, 0640);
}
END_TEST

START_TEST(test_file_is_the_same_by_any_name)
{
    char other[128];
    char link[128];
    snprintf(other, sizeof other, "%s/other", folder);
    snprintf(link, sizeof link, "%s/link", folder);
    ck_assert(!fw_file_is_same(path, path)); /* there is none yet */
    ck_ok(write_file(path, "a", FW_OK, err));
    ck_assert(fw_file_is_same(path, path));
    ck_assert_int_eq(symlink(path, link), 0);
    ck_assert(fw_file_is_same(path, link));
    ck_assert(!fw_file_is_same(path, other));
    ck_assert(!fw_file_is_same("/dev/null", "/dev/null")); /* nothing there to lose */
}
END_TEST

START_TEST(test_file_new_ones_honour_the_umask)
{
    mode_t before = umask(027);
    ck_ok(write_file(path, "x", FW_OK, err));
    umask(before);
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(info.st_mode & 0777, 0640);
}
END_TEST

START_TEST(test_file_read_refuses_with_the_path)
{
    struct fw_error error = {0};
    char *data = NULL;
    size_t size = 0;
    ck_assert_int_eq(fw_file_read(&data, &size, path, 10, NULL, &error), FW_E_INPUT);
    ck_assert_ptr_nonnull(strstr(error.message, path));
    ck_assert_int_eq(fw_file_read(&data, &size, folder, 10, NULL, &error), FW_E_INPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "directory"));
    ck_ok(write_file(path, "0123456789", FW_OK, err));
    ck_assert_int_eq(fw_file_read(&data, &size, path, 9, NULL, &error), FW_E_INPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "larger than 9 bytes"));
    ck_assert_int_eq(fw_file_read(&data, &size, "/dev/zero", 100000, NULL, &error), FW_E_INPUT);
    ck_assert_ptr_null(data);
    ck_ok(fw_file_read(&data, &size, path, 10, NULL, err));
    fw_free(NULL, data);
}
END_TEST

START_TEST(test_file_read_survives_refused_memory)
{
    ck_ok(write_file(path, "content", FW_OK, err));
    struct fw_allocator mem;
    for (int64_t n = 1;; n++) {
        fw_allocator_init(&mem, 0);
        mem.fail_at = n;
        char *data = NULL;
        size_t size;
        struct fw_error error = {0};
        enum fw_status status = fw_file_read(&data, &size, path, FW_MIB, &mem, &error);
        fw_free(&mem, data);
        ck_assert_uint_eq(mem.used, 0);
        if (status == FW_OK) {
            ck_assert_int_gt(n, 1);
            break;
        }
        ck_assert_int_eq(status, FW_E_NOMEM);
    }
}
END_TEST

START_TEST(test_file_knows_that_the_reader_of_a_pipe_is_gone)
{
    int ends[2];
    struct fw_outfile out;
    struct fw_error error = {0};
    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
    close(ends[1]);
    fw_outfile_open_stdout(&out);
    ck_ok(fw_outfile_write(&out, "x", 1, err));
    ck_assert(!out.reader_gone);
    close(ends[0]);
    ck_assert_int_eq(fw_outfile_write(&out, "x", 1, &error), FW_E_IO);
    ck_assert(out.reader_gone);
    ck_assert_str_eq(error.message, "cannot write 'standard output': Broken pipe");
    ck_assert_int_eq(fw_outfile_close(&out, FW_OK, &error), FW_OK);
    ck_assert_int_ge(fcntl(STDOUT_FILENO, F_GETFD), 0); /* not ours to close */
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("file");
    TCase *cases = tcase_create("file");
    tcase_add_checked_fixture(cases, make_folder, remove_folder);
    tcase_add_test(cases, test_file_writes_and_reads_back);
    tcase_add_test(cases, test_file_failure_leaves_the_old_one);
    tcase_add_test(cases, test_file_killed_writer_leaves_the_old_one);
    tcase_add_test(cases, test_file_clears_up_nothing_of_others);
    tcase_add_test(cases, test_file_writers_of_one_target_do_not_meet);
    tcase_add_test(cases, test_file_full_disk_leaves_the_old_one);
    tcase_add_test(cases, test_file_device_full_is_an_error);
    tcase_add_test(cases, test_file_refuses_what_cannot_be_written);
    tcase_add_test(cases, test_file_follows_links_and_keeps_permissions);
    tcase_add_test(cases, test_file_is_the_same_by_any_name);
    tcase_add_test(cases, test_file_new_ones_honour_the_umask);
    tcase_add_test(cases, test_file_read_refuses_with_the_path);
    tcase_add_test(cases, test_file_read_survives_refused_memory);
    tcase_add_test(cases, test_file_knows_that_the_reader_of_a_pipe_is_gone);
    suite_add_tcase(suite, cases);
    return suite;
}
