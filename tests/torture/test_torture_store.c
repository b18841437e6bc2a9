/* One bit of a store flipped, in each of many copies: verify finds every flip that changes a value, salvage brings back
 * every trial that still reads as it did, and nobody crashes. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/clock.h"
#include "core/file.h"
#include "core/rng.h"
#include "results/care/salvage.h"
#include "results/query/query.h"
#include "support/care.h"
#include "support/scratch.h"
#include "support/store_samples.h"
#include "support/test_main.h"
#include "support/torture.h"

enum { all_flips = 10000, sampled_flips = 200, n_trials = 40 };

/* All that a store holds, for whoever reads it with plain SQL. */
static const char everything[] =
    "SELECT * FROM (SELECT 'schema' || quote(type) || quote(name) || quote(tbl_name) || quote(sql) FROM sqlite_schema) "
    "UNION ALL SELECT 'mark' || application_id || '/' || user_version FROM pragma_application_id, pragma_user_version "
    "UNION ALL SELECT 'study' || quote(id) || quote(name) || quote(key) || quote(driver) || quote(objective) || "
    "quote(maximise) || quote(data) || quote(data_fingerprint) || quote(rows) || quote(options) || quote(seed) || "
    "quote(command) || quote(status) || quote(reason) || quote(program_version) || quote(host) || quote(pid) || "
    "quote(processors) || quote(started_us) || quote(opened_us) || quote(ended_us) || quote(seconds) || quote(note) || "
    "quote(archived_us) || quote(digest) FROM studies "
    "UNION ALL SELECT 'decision' || quote(id) || quote(study_id) || quote(step) || quote(kind) || quote(trial) || "
    "quote(detail) || quote(clock) || quote(made_us) || quote(digest) FROM decisions "
    "UNION ALL SELECT 'artifact' || quote(id) || quote(study_id) || quote(kind) || quote(path) || quote(bytes) || "
    "quote(checksum) || quote(written_us) || quote(digest) FROM artifacts "
    "UNION ALL SELECT 'tag' || quote(study_id) || quote(name) FROM tags "
    "UNION ALL SELECT 'contents' || quote(study_id) || quote(trials) || quote(decisions) || quote(artifacts) || "
    "quote(lost) || quote(digests) FROM contents "
    "UNION ALL SELECT 'metric' || quote(trial_id) || quote(name) || quote(step) || quote(value) FROM metrics "
    "UNION ALL SELECT 'trial' || quote(id) || quote(study_id) || quote(number) || quote(parent) || quote(candidate) || "
    "quote(hash) || quote(state) || quote(reason) || quote(step) || quote(rung) || quote(rows) || quote(objective) || "
    "quote(gain) || quote(gain_low) || quote(gain_high) || quote(bytes) || quote(seconds) || quote(finished_us) || "
    "quote(digest) FROM trials NOT INDEXED";

/* What all flips share. */
struct flips {
    long first; /* number of the first one */
    struct flip {
        size_t at; /* byte */
        char mask;
    } * of;      /* (all_flips) */
    char *whole; /* the file */
    size_t size;
    char *everything, *trials; /* what plain SQL reads of it */
    struct seen {
        atomic_long changed; /* flips that change what plain SQL reads */
        atomic_long good;    /* trials that read as before in damaged stores */
    } * seen;                /* of all processes */
};

/* Readers of a damaged file say what they say; they do not crash. */
static void read_all(const char *name)
{
    struct fw_store_options how = care_options();
    how.read_only = true;
    struct fw_store *store = NULL;
    struct fw_error fault = {0};
    if (fw_store_open(&store, name, &how, &fault) != FW_OK)
        return;
    struct fw_study_list studies;
    struct fw_trial_list list;
    struct fw_decision_list decisions;
    if (fw_query_studies(&studies, store, &fault) == FW_OK) {
        for (int64_t i = 0; i < studies.n; i++) {
            if (fw_query_trials(&list, store, studies.rows[i].id, 0, &fault) == FW_OK)
                fw_trial_list_clear(&list);
            if (fw_query_decisions(&decisions, store, studies.rows[i].id, &fault) == FW_OK)
                fw_decision_list_clear(&decisions);
        }
        fw_study_list_clear(&studies);
    }
    fw_store_close(store);
}

/* Counts the lines of `now` that are also in `before` and tells in why the first of them that is not in `back`. */
static long compare_lines(char *why, char *now, const char *before, const char *back)
{
    static char line[16384]; /* with its end, so that the beginning of another one is not taken for it */
    long n = 0;
    for (char *next = strtok(now, "\n"); next != NULL; next = strtok(NULL, "\n")) {
        snprintf(line, sizeof line, "%s\n", next);
        if (strncmp(line, "trial", 5) != 0 || strstr(before, line) == NULL)
            continue;
        n++;
        if (strstr(back, line) == NULL && why[0] == '\0')
            snprintf(why, 4096, "lost: %.300s", line);
    }
    return n;
}

/* Every trial that reads as it was is in the new store, and that one is sound. */
static void try_salvage(const struct flips *flips, const char *hurt, const char *rescued, char *why)
{
    struct fw_salvage saved;
    struct fw_store_options how = care_options();
    struct fw_error fault = {0};
    char *now = sample_text(hurt, care_trials);
    if (fw_salvage_file(&saved, hurt, rescued, &how, &fault) != FW_OK) {
        snprintf(why, 4096, "no salvage: %s", fault.message);
        free(now);
        return;
    }
    char *back = sample_text(rescued, care_trials);
    long n = compare_lines(why, now, flips->trials, back);
    atomic_fetch_add(&flips->seen->good, n);
    if (why[0] == '\0' && (saved.n_trials < n || care_damages(rescued, NULL) != 0))
        snprintf(why, 4096, "the salvaged store is not sound");
    fw_salvage_clear(&saved);
    free(now);
    free(back);
}

static void one_flip(long number, const char *folder, char *why, void *user)
{
    struct flips *flips = user;
    const struct flip *flip = &flips->of[flips->first + number];
    char hurt[2048];
    char rescued[2048];
    snprintf(hurt, sizeof hurt, "%s/hurt.db", folder);
    snprintf(rescued, sizeof rescued, "%s/rescued.db", folder);
    flips->whole[flip->at] = (char)(flips->whole[flip->at] ^ flip->mask);
    care_write(hurt, flips->whole, flips->size);
    flips->whole[flip->at] = (char)(flips->whole[flip->at] ^ flip->mask);
    char *after = sample_text(hurt, everything);
    bool changed = strcmp(flips->everything, after) != 0;
    atomic_fetch_add(&flips->seen->changed, changed);
    free(after);
    bool found = care_damages(hurt, NULL) != 0;
    read_all(hurt);
    try_salvage(flips, hurt, rescued, why);
    if (changed && !found)
        snprintf(why, 4096, "verify does not find it");
    if (why[0] != '\0')
        snprintf(why + strlen(why), 4096 - strlen(why), " (flip %ld: bits %#x of byte %zu)", flips->first + number,
                 (unsigned char)flip->mask, flip->at);
}

/* The store and its flips; one in eight hits the first page, which says where all others are. */
static void make_flips(struct flips *flips)
{
    const char *path = scratch_path("whole.db");
    struct fw_rng rng;
    care_fill(path, n_trials);
    ck_ok(fw_file_read(&flips->whole, &flips->size, path, 1 << 26, NULL, err));
    flips->everything = sample_text(path, everything);
    flips->trials = sample_text(path, care_trials);
    ck_assert_ptr_null(strchr(flips->everything, '!'));
    flips->of = calloc(all_flips, sizeof *flips->of);
    ck_assert_ptr_nonnull(flips->of);
    fw_rng_seed(&rng, 1, fw_stream(0, 0, FW_STREAM_TEST));
    for (int i = 0; i < all_flips; i++) {
        flips->of[i].at = (size_t)fw_rng_below(&rng, i % 8 == 0 ? 4096 : flips->size);
        flips->of[i].mask = (char)(1 << fw_rng_below(&rng, 8));
    }
    flips->seen = mmap(NULL, sizeof *flips->seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(flips->seen, MAP_FAILED);
}

/* FIELDWISE_TORTURE=2000-2999 tries those; so one that fails can be looked at alone. */
START_TEST(test_torture_store_flips)
{
    struct flips flips = {0};
    const char *wish = getenv("FIELDWISE_TORTURE");
    double started = fw_clock_seconds();
    long tried = torture_cases(all_flips, sampled_flips);
    long last;
    char row[128];
    if (wish != NULL && sscanf(wish, "%ld-%ld", &flips.first, &last) == 2)
        tried = last + 1 - flips.first;
    ck_assert(flips.first >= 0 && tried > 0 && flips.first + tried <= all_flips);
    make_flips(&flips);
    long failures = torture_all(tried, one_flip, &flips);
    long changed = atomic_load(&flips.seen->changed);
    snprintf(row, sizeof row, "store (%zu bytes): one bit flipped, %ld changed a value", flips.size, changed);
    torture_row(row, tried, all_flips, failures, started);
    ck_assert(tried < sampled_flips || changed > tried / 4);
    ck_assert(tried < sampled_flips || atomic_load(&flips.seen->good) > tried * n_trials);
    munmap(flips.seen, sizeof *flips.seen);
    free(flips.of);
    free(flips.everything);
    free(flips.trials);
    fw_free(NULL, flips.whole);
}
END_TEST

Suite *test_suite(void)
{
    Suite *suite = suite_create("torture_store");
    TCase *cases = tcase_create("torture_store");
    tcase_set_timeout(cases, 7200);
    tcase_add_checked_fixture(cases, scratch_make, scratch_remove);
    tcase_add_test(cases, test_torture_store_flips);
    suite_add_tcase(suite, cases);
    return suite;
}
