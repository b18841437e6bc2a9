/* The power goes: what a run wrote is recorded call by call (tests/shim), and the files are rebuilt as a disk may hold
 * them after a cut at any place. What was synced is there; of what was not, every write may be missing, there, or there
 * by some of its sectors of 512 bytes; a file may or may not have its new length; a folder that was not synced may be
 * at any earlier state of its names. In each such state the store opens and is sound, holds every trial whose call had
 * returned before the cut, and a plan or a model is the old one or the new one, whole. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/clock.h"
#include "core/rng.h"
#include "shim/shim_record.h"
#include "support/scratch.h"
#include "support/test_main.h"
#include "support/torture.h"

enum { most_files = 64, most_fds = 1024, most_entries = 20000, sector = 512 };

/* The recorded calls. */
struct log {
    char *bytes;
    const struct shim_entry *entries[most_entries];
    const char *data[most_entries];
    int32_t file[most_entries]; /* what the call is about; -1: none, or a folder */
    long n;
};

/* A file as it is while calls are done again. */
struct content {
    char *bytes;
    size_t size, room;
};

/* What a rebuilt folder holds: names[i] is that of file i; empty: it has none. */
struct disk {
    struct content files[most_files];
    char names[most_files][256];
    int32_t n;
};

struct power {
    const char *what, *command, *result;
    const char *old; /* of the result, before; NULL: there was none */
    struct log log;
    char result_new[PATH_MAX], result_old[PATH_MAX];
    long states;
    long *acknowledged; /* by cut: bytes of `trials` whose calls had returned */
    char *trials;
};

static void write_at(struct content *c, size_t offset, const char *data, size_t n)
{
    if (offset + n > c->room) {
        c->room = 2 * (offset + n);
        c->bytes = realloc(c->bytes, c->room);
        ck_assert_ptr_nonnull(c->bytes);
    }
    if (offset > c->size)
        memset(c->bytes + c->size, 0, offset - c->size);
    memcpy(c->bytes + offset, data, n);
    if (offset + n > c->size)
        c->size = offset + n;
}

static void set_length(struct content *c, size_t length)
{
    if (length > c->size) {
        char zero = 0;
        write_at(c, length - 1, &zero, 1);
    }
    c->size = length;
}

static void clear_disk(struct disk *disk)
{
    for (int32_t i = 0; i < disk->n; i++)
        free(disk->files[i].bytes);
    memset(disk, 0, sizeof *disk);
}

/* Reads the record, and finds out which file each call is about; files are numbered in order of their making. */
static void read_log(struct log *log, const char *path)
{
    static int32_t of_fd[most_fds];
    static char name[most_files][256];
    int32_t n_files = 0;
    size_t size = 0;
    log->bytes = torture_read(path, &size);
    ck_assert_ptr_nonnull(log->bytes);
    memset(name, 0, sizeof name);
    for (size_t at = 0; at < size; log->n++) {
        ck_assert_int_lt(log->n, most_entries);
        struct shim_entry *e = malloc(sizeof *e);
        ck_assert_ptr_nonnull(e);
        memcpy(e, log->bytes + at, sizeof *e);
        log->entries[log->n] = e;
        log->data[log->n] = log->bytes + at + sizeof *e;
        at += sizeof *e + (size_t)(e->op == SHIM_WRITE ? e->size : 0);
        int32_t file = -1;
        for (int32_t i = 0; i < n_files; i++) {
            if (strcmp(name[i], e->path) == 0)
                file = i;
        }
        switch ((enum shim_op)e->op) {
        case SHIM_CREATE:
            ck_assert_int_lt(n_files, most_files);
            file = n_files++;
            snprintf(name[file], sizeof name[file], "%s", e->path);
            of_fd[e->fd] = file;
            break;
        case SHIM_OPEN:
            of_fd[e->fd] = file;
            break;
        case SHIM_RENAME:
            for (int32_t i = 0; i < n_files; i++) {
                if (strcmp(name[i], e->other) == 0)
                    name[i][0] = '\0';
            }
            snprintf(name[file], sizeof name[file], "%s", e->other);
            break;
        case SHIM_UNLINK:
            if (file >= 0)
                name[file][0] = '\0';
            break;
        case SHIM_SYNC:
        case SHIM_WRITE:
        case SHIM_TRUNCATE:
        case SHIM_CLOSE:
            file = of_fd[e->fd];
            break;
        }
        log->file[log->n] = file;
    }
}

/* How much of what was not synced reaches the disk. */
enum luck { nothing, everything, some, torn, n_lucks };

static bool is_lucky(enum luck luck, struct fw_rng *rng)
{
    return luck == everything || (luck >= some && fw_rng_below(rng, 2) == 1);
}

/* A write of which every sector may be missing. */
static void write_sectors(struct content *c, const struct shim_entry *e, const char *data, struct fw_rng *rng)
{
    for (long long from = 0; from < e->size;) {
        long long to = (e->offset + from) / sector * sector + sector - e->offset;
        to = to < e->size ? to : e->size;
        if (fw_rng_below(rng, 2) == 1)
            write_at(c, (size_t)(e->offset + from), data + from, (size_t)(to - from));
        from = to;
    }
}

/* Does calls again up to `cut` as far as the disk was lucky. */
static void rebuild(struct disk *disk, const struct log *log, long cut, enum luck luck, struct fw_rng *rng)
{
    static long synced[most_files]; /* calls before this one are on the disk */
    long names_synced = 0;
    memset(synced, 0, sizeof synced);
    for (long i = 0; i < cut; i++) {
        if (log->entries[i]->op != SHIM_SYNC)
            continue;
        if (log->file[i] >= 0)
            synced[log->file[i]] = i;
        else
            names_synced = i;
    }
    /* names change in the order of the calls: all up to some moment after the last sync of the folder */
    long names_until = luck == nothing ? names_synced
                       : luck == everything
                           ? cut
                           : names_synced + (long)fw_rng_below(rng, (uint64_t)(cut - names_synced) + 1);
    for (long i = 0; i < cut; i++) {
        const struct shim_entry *e = log->entries[i];
        int32_t file = log->file[i];
        if (file >= disk->n)
            disk->n = file + 1;
        struct content *c = file >= 0 ? &disk->files[file] : NULL;
        bool named = i < names_until;
        bool done = c != NULL && (i < synced[file] || is_lucky(luck, rng));
        if (e->op == SHIM_CREATE && named)
            snprintf(disk->names[file], sizeof disk->names[file], "%s", e->path);
        if (e->op == SHIM_OPEN && e->offset == 0 && done)
            c->size = 0;
        if (e->op == SHIM_TRUNCATE && done)
            set_length(c, (size_t)e->offset);
        if (e->op == SHIM_WRITE && done)
            write_at(c, (size_t)e->offset, log->data[i], (size_t)e->size);
        else if (e->op == SHIM_WRITE && c != NULL && luck == torn)
            write_sectors(c, e, log->data[i], rng);
        if (e->op == SHIM_RENAME && named) {
            for (int32_t k = 0; k < disk->n; k++) {
                if (strcmp(disk->names[k], e->other) == 0)
                    disk->names[k][0] = '\0';
            }
            snprintf(disk->names[file], sizeof disk->names[file], "%s", e->other);
        }
        if (e->op == SHIM_UNLINK && named && file >= 0)
            disk->names[file][0] = '\0';
    }
}

static void write_disk(const struct disk *disk, const char *folder)
{
    for (int32_t i = 0; i < disk->n; i++) {
        char path[PATH_MAX];
        if (disk->names[i][0] == '\0')
            continue;
        snprintf(path, sizeof path, "%.3000s/%.255s", folder, disk->names[i]);
        FILE *file = fopen(path, "wb");
        ck_assert_ptr_nonnull(file);
        if (disk->files[i].size > 0)
            ck_assert_uint_eq(fwrite(disk->files[i].bytes, 1, disk->files[i].size, file), disk->files[i].size);
        fclose(file);
    }
}

/* What is wrong with a state; NULL: nothing. */
static const char *wrong_state(const struct power *p, const char *folder, long cut)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.3000s/s.db", folder);
    const char *wrong = torture_unsound(path);
    if (wrong != NULL)
        return wrong;
    char *trials = torture_trials(path);
    if (strncmp(trials, p->trials, strlen(trials)) != 0)
        wrong = "the store holds other trials";
    else if ((long)strlen(trials) < p->acknowledged[cut])
        wrong = "an acknowledged trial is lost";
    free(trials);
    snprintf(path, sizeof path, "%.3000s/%.200s", folder, p->result);
    char *result = torture_read(path, NULL);
    if (wrong == NULL && result == NULL && p->old != NULL)
        wrong = "the old result is lost";
    if (wrong == NULL && result != NULL && torture_differs(path, p->result_new) != NULL &&
        (p->old == NULL || torture_differs(path, p->result_old) != NULL))
        wrong = "the result is neither the old one nor the new one";
    free(result);
    return wrong;
}

static void one_case(long number, const char *folder, char *why, void *user)
{
    struct power *p = user;
    static struct disk disk;
    struct fw_rng rng;
    fw_rng_seed(&rng, 1, fw_stream((uint64_t)number, 0, FW_STREAM_TEST));
    long cut = torture_pick(number % (p->states / n_lucks), p->states / n_lucks, p->log.n);
    enum luck luck = (enum luck)(number / (p->states / n_lucks));
    cut = cut <= p->log.n ? cut : 1 + (cut - 1) % p->log.n;
    rebuild(&disk, &p->log, cut, luck < n_lucks ? luck : torn, &rng);
    if (p->old != NULL) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%.3000s/%.200s", folder, p->result);
        torture_copy(p->result_old, path);
    }
    write_disk(&disk, folder);
    clear_disk(&disk);
    const char *wrong = wrong_state(p, folder, cut);
    if (wrong != NULL)
        snprintf(why, 4096, "%s: cut after call %ld of %ld, luck %d: %s", p->what, cut, p->log.n, (int)luck, wrong);
}

/* What the store holds when all calls before a cut are done is what has been acknowledged at the next call, provided
 * that the journal of the last change is gone: its sync is what a commit waits for. */
static void find_acknowledged(struct power *p, const char *folder)
{
    static struct disk disk;
    struct fw_rng rng;
    long known = 0;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.3000s/s.db", folder);
    p->acknowledged = calloc((size_t)p->log.n + 1, sizeof *p->acknowledged);
    ck_assert_ptr_nonnull(p->acknowledged);
    fw_rng_seed(&rng, 1, 0);
    bool gone = false; /* the journal was emptied and not synced since */
    for (long cut = 0; cut <= p->log.n; cut++) {
        const struct shim_entry *e = cut > 0 ? p->log.entries[cut - 1] : NULL;
        int32_t file = cut > 0 ? p->log.file[cut - 1] : -1;
        if (e != NULL && e->op == SHIM_TRUNCATE && e->offset == 0)
            gone = true;
        if (e != NULL && e->op == SHIM_SYNC && file >= 0 && gone) {
            gone = false;
            rebuild(&disk, &p->log, cut, everything, &rng);
            write_disk(&disk, folder);
            clear_disk(&disk);
            char *trials = torture_trials(path);
            ck_assert_int_ge((long)strlen(trials), known);
            known = (long)strlen(trials);
            free(trials);
        }
        p->acknowledged[cut] = known;
    }
    ck_assert_int_eq(known, (long)strlen(p->trials));
}

static void cut_everywhere(struct power *p, long sample, long all)
{
    struct torture_run run;
    double started = fw_clock_seconds();
    char folder[PATH_MAX];
    char again[PATH_MAX];
    char record[PATH_MAX];
    char store[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", scratch_path("recorded"));
    snprintf(again, sizeof again, "%s", scratch_path("again"));
    snprintf(record, sizeof record, "%s", scratch_path("record"));
    snprintf(store, sizeof store, "%.3000s/s.db", folder);
    snprintf(p->result_new, sizeof p->result_new, "%.3000s/%s", folder, p->result);
    snprintf(p->result_old, sizeof p->result_old, "%s", scratch_path("old"));
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    ck_assert_int_eq(mkdir(again, 0700), 0);
    torture_small_table(folder);
    if (p->old != NULL) {
        torture_run(&run, folder, p->old, NULL);
        ck_assert_msg(run.code == 0, "%s", run.told);
        torture_copy(p->result_new, p->result_old);
    }
    struct torture_fault fault = {.record = record};
    torture_run(&run, folder, p->command, &fault);
    ck_assert_msg(run.code == 0, "%s", run.told);
    read_log(&p->log, record);
    p->trials = torture_trials(store);
    ck_assert_int_gt((long)strlen(p->trials), 0);
    find_acknowledged(p, again);
    p->states = torture_cases(all, sample) / n_lucks * n_lucks;
    long failures = torture_all(p->states, one_case, p);
    torture_row(p->what, p->states, all, failures, started);
    for (long i = 0; i < p->log.n; i++)
        free((void *)(uintptr_t)p->log.entries[i]);
    free(p->log.bytes);
    free(p->acknowledged);
    free(p->trials);
}

START_TEST(test_torture_power_fails_during_a_search)
{
    static struct power p = {.what = "cross: power fails, new store and new plan",
                             .command = "cross t.csv --label y --plan p.json --store s.db --threads 1",
                             .result = "p.json"};
    cut_everywhere(&p, 200, 8000);
}
END_TEST

START_TEST(test_torture_power_fails_while_a_model_is_replaced)
{
    static struct power p = {.what = "train: power fails, new store, model replaced",
                             .old = "train t.csv --label y --no-store --threads 1 --out m.fw",
                             .command =
                                 "train t.csv --label y --model fm --set epochs=3 --store s.db --threads 1 --out "
                                 "m.fw",
                             .result = "m.fw"};
    cut_everywhere(&p, 100, 4000);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("torture_power");
    TCase *cases = tcase_create("torture_power");
    tcase_set_timeout(cases, 1800);
    tcase_add_checked_fixture(cases, scratch_make, scratch_remove);
    if (torture_has_shim()) {
        tcase_add_test(cases, test_torture_power_fails_during_a_search);
        tcase_add_test(cases, test_torture_power_fails_while_a_model_is_replaced);
    }
    suite_add_tcase(suite, cases);
    return suite;
}
