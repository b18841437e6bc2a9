/* What the tests share that try to break a run of the program: running it under the shim (tests/shim/shim.c), which
 * makes a chosen call fail, looking at what it left, and counting.
 *
 * Each case works in a folder of its own. How many cases are tried depends on the environment: FIELDWISE_TORTURE=full
 * tries all, FIELDWISE_TORTURE=10 ten times the usual sample; the row that a test reports says how many of how many.
 * Rows go to standard output as
 *
 *     torture<TAB>what<TAB>tried<TAB>of<TAB>failures<TAB>seconds
 *
 * from where script/torture makes its table. */
#ifndef FW_TESTS_SUPPORT_TORTURE_H
#define FW_TESTS_SUPPORT_TORTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What the shim is asked to do; all zero: nothing. */
struct torture_fault {
    long at;            /* number of the call that is hit, from 1; 0: none */
    const char *how;    /* "eio", "kill", ...: see shim.c */
    long refuse;        /* number of the allocation that is refused; -1: they are counted */
    bool refuse_on;     /* ... and all that follow */
    const char *record; /* file for what was done; NULL: none */
    long file_limit;    /* bytes that no file may exceed; 0: none */
};

/* How a run ended. */
struct torture_run {
    int code; /* exit code; 128 + n after signal n */
    long calls, allocations;
    char hit[512]; /* "write s.db": the call that was hit; empty: none */
    char told[4096];
};

/* False where programs are built with a sanitizer, which stands where the shim would have to: what needs faults is not
 * tried there, only what needs none. */
bool torture_has_shim(void);

/* True when everything is to be tried. */
bool torture_is_full(void);

/* How many are tried of `all`: all of them, or `sample`, or a multiple of it. */
long torture_cases(long all, long sample);

/* The number of the i-th of n cases that are spread evenly over 1..all. */
long torture_pick(long i, long n, long all);

/* Runs the program in `folder` ("cross t.csv --label y": words parted by single blanks) with one thread. A run of more
 * than two minutes is killed and counts as signal 14. */
void torture_run(struct torture_run *run, const char *folder, const char *arguments, const struct torture_fault *fault);

/* Starts it without waiting, output to <folder>/told. */
pid_t torture_start(const char *folder, const char *arguments, const struct torture_fault *fault);

/* Waits for it; the code as in struct torture_run. */
int torture_wait(pid_t child);

/* One case: does it in `folder`, which is empty, and writes what is wrong to why (4096 bytes), or nothing. */
typedef void torture_case(long number, const char *folder, char *why, void *user);

/* Does cases 0..n-1 in two processes, each in a fresh folder under the scratch folder; tells what failed on standard
 * error and returns how many did. */
long torture_all(long n, torture_case *one, void *user);

/* Reports a row. `of`: how many there are; seconds since `started` (fw_clock_seconds). Fails the test on any failure.
 */
void torture_row(const char *what, long tried, long of, long failures, double started);

/* Everything in a store that does not hang on the clock: trials with their metrics, decisions, studies with their
 * status; one line each. The caller frees. The words "unreadable: ..." when it cannot be read. No file or an empty one:
 * "". */
char *torture_store(const char *path);

/* Only its trials, but for steps of a routing search that were cut short, which give their place to the whole ones. */
char *torture_trials(const char *path);

/* Only the trials of its last study, without the study's number. */
char *torture_last_trials(const char *path);

/* NULL when a plain SQLite finds the file sound, trials are numbered from 1 without gaps and none is running; otherwise
 * what is wrong. */
const char *torture_unsound(const char *path);

/* The whole of a file, the caller's; NULL when it is not there. */
char *torture_read(const char *path, size_t *size);

/* NULL when the files hold the same bytes; otherwise what differs. */
const char *torture_differs(const char *a, const char *b);

/* Copies a file. */
void torture_copy(const char *from, const char *to);

/* Number of files in a folder whose name contains a text. */
int torture_count_files(const char *folder, const char *text);

/* A table of four columns in which 'a' and 'b' matter together, small enough for a run in some ten milliseconds. */
void torture_small_table(const char *folder);

#endif
