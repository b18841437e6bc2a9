#include "support/torture.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/rng.h"
#include "models/engine/gemm.h"
#include "support/scratch.h"

enum { max_words = 64, n_workers = 2, most_seconds = 120 };

bool torture_has_shim(void)
{
#ifdef __SANITIZE_ADDRESS__
    return false;
#else
    return true;
#endif
}

bool torture_is_full(void)
{
    const char *wanted = getenv("FIELDWISE_TORTURE");
    return wanted != NULL && strcmp(wanted, "full") == 0;
}

long torture_cases(long all, long sample)
{
    const char *wanted = getenv("FIELDWISE_TORTURE");
    long times = wanted != NULL && atol(wanted) > 0 ? atol(wanted) : 1;
    return torture_is_full() || all / times < sample ? all : sample * times;
}

long torture_pick(long i, long n, long all)
{
    return n >= all ? i + 1 : 1 + (long)(((double)i + 0.5) * (double)all / (double)n);
}

static void set_number(const char *name, long value)
{
    char text[32];
    snprintf(text, sizeof text, "%ld", value);
    setenv(name, text, 1);
}

static void set_environment(const char *folder, const struct torture_fault *fault)
{
    char full[PATH_MAX];
    char count[PATH_MAX + 16];
    if (realpath(folder, full) == NULL)
        _exit(125);
    snprintf(count, sizeof count, "%s.count", full);
    unlink(count);
    /* or the program would start itself once more to settle them */
    setenv("OMP_WAIT_POLICY", "passive", 1);
    fw_gemm_settle_kernels();
    if (fault == NULL)
        return;
    if (fault->at != 0 || fault->refuse != 0 || fault->record != NULL)
        setenv("LD_PRELOAD", FIELDWISE_SHIM, 1);
    setenv("SHIM_FOLDER", full, 1);
    setenv("SHIM_COUNT", count, 1);
    if (fault->record != NULL)
        setenv("SHIM_RECORD", fault->record, 1);
    if (fault->how != NULL)
        setenv("SHIM_HOW", fault->how, 1);
    set_number("SHIM_AT", fault->at);
    set_number("SHIM_REFUSE", fault->refuse);
    set_number("SHIM_REFUSE_ON", fault->refuse_on);
    struct rlimit limit = {.rlim_cur = (rlim_t)fault->file_limit, .rlim_max = (rlim_t)fault->file_limit};
    if (fault->file_limit > 0 && setrlimit(RLIMIT_FSIZE, &limit) != 0)
        _exit(125);
}

pid_t torture_start(const char *folder, const char *arguments, const struct torture_fault *fault)
{
    sigset_t asked;
    sigset_t before;
    fflush(NULL);
    sigemptyset(&asked);
    sigaddset(&asked, SIGINT);
    sigaddset(&asked, SIGTERM);
    sigprocmask(SIG_BLOCK, &asked, &before);
    pid_t child = fork();
    if (child != 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        ck_assert_int_ge(child, 0);
        return child;
    }
    /* Check's handlers would end the whole test when a signal came before the program is there */
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    char words[2048];
    char told[PATH_MAX + 16];
    char *argv[max_words] = {(char *)(uintptr_t) "fieldwise"};
    int n = 1;
    snprintf(words, sizeof words, "%s", arguments);
    for (char *word = strtok(words, " "); word != NULL && n < max_words - 1; word = strtok(NULL, " "))
        argv[n++] = word;
    snprintf(told, sizeof told, "%s.told", folder);
    int out = open("/dev/null", O_WRONLY);
    int err = open(told, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (out < 0 || err < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
        _exit(125);
    set_environment(folder, fault);
    if (chdir(folder) != 0)
        _exit(125);
    alarm(most_seconds);
    execv(FIELDWISE_PROGRAM, argv);
    _exit(127);
}

int torture_wait(pid_t child)
{
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        ck_assert_int_eq(errno, EINTR);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void torture_run(struct torture_run *run, const char *folder, const char *arguments, const struct torture_fault *fault)
{
    char path[PATH_MAX];
    memset(run, 0, sizeof *run);
    run->code = torture_wait(torture_start(folder, arguments, fault));
    snprintf(path, sizeof path, "%s.told", folder);
    char *told = torture_read(path, NULL);
    snprintf(run->told, sizeof run->told, "%s", told != NULL ? told : "");
    free(told);
    snprintf(path, sizeof path, "%s.count", folder);
    char *count = torture_read(path, NULL);
    if (count != NULL)
        sscanf(count, "%ld %ld %*f\n%511[^\n]", &run->calls, &run->allocations, run->hit);
    free(count);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info, (void)type, (void)where;
    return remove(path);
}

/* What the workers share. */
struct shared {
    atomic_long next, failures;
};

static void work(struct shared *shared, int worker, long n, torture_case *one, void *user)
{
    char folder[PATH_MAX];
    char name[32];
    snprintf(name, sizeof name, "worker%d", worker);
    snprintf(folder, sizeof folder, "%s", scratch_path(name));
    for (long i; (i = atomic_fetch_add(&shared->next, 1)) < n;) {
        char why[4096] = "";
        nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        if (mkdir(folder, 0700) != 0)
            _exit(1);
        one(i, folder, why, user);
        if (why[0] == '\0')
            continue;
        atomic_fetch_add(&shared->failures, 1);
        fprintf(stderr, "case %ld: %s\n", i, why);
    }
}

long torture_all(long n, torture_case *one, void *user)
{
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(shared, MAP_FAILED);
    pid_t children[n_workers];
    fflush(NULL);
    for (int w = 0; w < n_workers; w++) {
        children[w] = fork();
        ck_assert_int_ge(children[w], 0);
        if (children[w] == 0) {
            work(shared, w, n, one, user);
            fflush(NULL);
            _exit(0);
        }
    }
    for (int w = 0; w < n_workers; w++) {
        if (torture_wait(children[w]) != 0)
            atomic_fetch_add(&shared->failures, 1);
    }
    long failures = atomic_load(&shared->failures);
    munmap(shared, sizeof *shared);
    return failures;
}

void torture_row(const char *what, long tried, long of, long failures, double started)
{
    printf("torture\t%s\t%ld\t%ld\t%ld\t%.1f\n", what, tried, of, failures, fw_clock_seconds() - started);
    fflush(stdout);
    ck_assert_msg(failures == 0, "%s: %ld of %ld failed", what, failures, tried);
}

/* A text that grows. */
struct lines {
    char *text;
    size_t size;
};

static void add_line(struct lines *lines, sqlite3_stmt *row)
{
    for (int c = 0; c < sqlite3_column_count(row); c++) {
        const char *cell = (const char *)sqlite3_column_text(row, c);
        size_t n = cell != NULL ? strlen(cell) : 0;
        lines->text = realloc(lines->text, lines->size + n + 2);
        ck_assert_ptr_nonnull(lines->text);
        if (n > 0)
            memcpy(lines->text + lines->size, cell, n);
        lines->size += n;
        lines->text[lines->size++] = c + 1 < sqlite3_column_count(row) ? '|' : '\n';
        lines->text[lines->size] = '\0';
    }
}

static int add_rows(struct lines *lines, sqlite3 *db, const char *sql)
{
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &row, NULL);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
        code = sqlite3_step(row);
        if (code == SQLITE_ROW)
            add_line(lines, row);
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

#define TRIAL_TEXT                                                                                                     \
    "t.number, t.parent, t.candidate, t.hash, t.state, t.reason, t.step, t.rung, t.rows, quote(t.objective), "         \
    "quote(t.gain), quote(t.gain_low), quote(t.gain_high), t.bytes, (SELECT group_concat(m.name || m.step || '=' || "  \
    "quote(m.value), ',') FROM (SELECT * FROM metrics WHERE trial_id = t.id AND name NOT LIKE '%second%' AND "         \
    "name <> 'score_us' ORDER BY name, step) m) FROM trials t "

static const char *const all_trials[] = {
    "SELECT t.study_id, " TRIAL_TEXT
    "WHERE coalesce(t.reason, '') NOT LIKE 'cut short;%' ORDER BY t.study_id, t.number",
    NULL};

static const char *const last_trials[] = {"SELECT " TRIAL_TEXT
                                          "WHERE t.study_id = (SELECT max(id) FROM studies) ORDER BY t.number",
                                          NULL};

static const char *const all_of_it[] = {
    "SELECT t.study_id, " TRIAL_TEXT "ORDER BY t.study_id, t.number",
    "SELECT study_id, step, kind, trial, clock FROM decisions WHERE clock = 0 ORDER BY 1, 2, 3",
    "SELECT id, name, key, driver, status, reason FROM studies ORDER BY id",
    "SELECT study_id, kind, path, bytes, checksum FROM artifacts ORDER BY 1, 2, 3", NULL};

static char *read_store(const char *path, const char *const *questions)
{
    struct lines lines = {calloc(1, 1), 0};
    struct stat info;
    if (stat(path, &info) != 0 || info.st_size == 0)
        return lines.text;
    sqlite3 *db = NULL;
    int code = sqlite3_open(path, &db);
    sqlite3_busy_timeout(db, 10000);
    for (; code == SQLITE_OK && *questions != NULL; questions++)
        code = add_rows(&lines, db, *questions);
    /* a store that was killed while it was made holds nothing, not even tables */
    if (code != SQLITE_OK && strstr(sqlite3_errmsg(db), "no such table") == NULL) {
        free(lines.text);
        lines.text = calloc(1, 300);
        snprintf(lines.text, 300, "unreadable: %s", sqlite3_errmsg(db));
    }
    sqlite3_close(db);
    return lines.text;
}

char *torture_store(const char *path)
{
    return read_store(path, all_of_it);
}

char *torture_trials(const char *path)
{
    return read_store(path, all_trials);
}

char *torture_last_trials(const char *path)
{
    return read_store(path, last_trials);
}

/* What a question gives that has to give `right`, or NULL. */
static const char *answers(sqlite3 *db, const char *sql, const char *right, const char *what)
{
    struct lines lines = {calloc(1, 1), 0};
    int code = add_rows(&lines, db, sql);
    bool ok = code == SQLITE_OK && strcmp(lines.text, right) == 0;
    free(lines.text);
    return ok ? NULL : what;
}

const char *torture_unsound(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0 || info.st_size == 0)
        return NULL;
    sqlite3 *db = NULL;
    const char *wrong = sqlite3_open(path, &db) == SQLITE_OK ? NULL : "the store cannot be opened";
    sqlite3_busy_timeout(db, 10000);
    if (wrong == NULL)
        wrong = answers(db, "PRAGMA integrity_check", "ok\n", "the store is damaged");
    /* a store that was killed while it was made is an empty file */
    if (wrong == NULL && answers(db, "SELECT count(*) FROM sqlite_schema", "0\n", "") == NULL) {
        sqlite3_close(db);
        return NULL;
    }
    if (wrong == NULL)
        wrong = answers(db, "PRAGMA foreign_key_check", "", "rows without what they belong to");
    if (wrong == NULL)
        wrong = answers(db,
                        "SELECT count(*) FROM (SELECT study_id FROM trials GROUP BY study_id HAVING min(number) <> 1 "
                        "OR max(number) <> count(*) OR count(DISTINCT number) <> count(*))",
                        "0\n", "trials are not numbered from 1 without gaps");
    if (wrong == NULL)
        wrong = answers(db, "SELECT count(*) FROM trials WHERE state = 'running'", "0\n", "a trial is running");
    sqlite3_close(db);
    return wrong;
}

char *torture_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    fseek(file, 0, SEEK_END);
    long n = ftell(file);
    rewind(file);
    char *data = calloc(1, (size_t)n + 1);
    ck_assert_ptr_nonnull(data);
    ck_assert_uint_eq(fread(data, 1, (size_t)n, file), (size_t)n);
    fclose(file);
    if (size != NULL)
        *size = (size_t)n;
    return data;
}

const char *torture_differs(const char *a, const char *b)
{
    size_t n_a = 0;
    size_t n_b = 0;
    char *data_a = torture_read(a, &n_a);
    char *data_b = torture_read(b, &n_b);
    const char *what = NULL;
    if (data_a == NULL || data_b == NULL)
        what = "a file is missing";
    else if (n_a != n_b)
        what = "files differ in length";
    else if (memcmp(data_a, data_b, n_a) != 0)
        what = "files differ";
    free(data_a);
    free(data_b);
    return what;
}

void torture_copy(const char *from, const char *to)
{
    size_t n = 0;
    char *data = torture_read(from, &n);
    ck_assert_ptr_nonnull(data);
    FILE *file = fopen(to, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(data, 1, n, file), n);
    fclose(file);
    free(data);
}

int torture_count_files(const char *folder, const char *text)
{
    int n = 0;
    DIR *entries = opendir(folder);
    ck_assert_ptr_nonnull(entries);
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;)
        n += strstr(entry->d_name, text) != NULL;
    closedir(entries);
    return n;
}

void torture_small_table(const char *folder)
{
    char path[PATH_MAX];
    struct fw_rng rng;
    fw_rng_seed(&rng, 1, fw_stream(0, 0, FW_STREAM_TEST));
    snprintf(path, sizeof path, "%s/t.csv", folder);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "a,b,c,y\n");
    for (int i = 0; i < 160; i++) {
        int a = i % 2;
        int b = i / 2 % 2;
        int y = (a ^ b) ^ (fw_rng_below(&rng, 100) < 8);
        fprintf(file, "a%d,b%d,c%d,%d\n", a, b, i * 7 % 3, y);
    }
    fclose(file);
}
