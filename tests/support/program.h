/* Runs the program under test as a user would, and keeps what it said. */
#ifndef FW_TESTS_SUPPORT_PROGRAM_H
#define FW_TESTS_SUPPORT_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>
struct program_run {
    int code;   /* exit code; 128 + n after signal n */
    char *out;  /* standard output, NUL-terminated */
    char *told; /* standard error */
};

/* Runs `program arguments` by a shell in the present folder; `arguments` is shell text (printf style). Fails the test
 * when it cannot be run at all. The program is the macro FIELDWISE_PROGRAM. */
struct program_run program_run(const char *program, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Runs the program under test and fails the test unless it ends with this exit code and says these words, on either
 * stream; words NULL: whatever it says. */
void program_expect(int code, const char *words, const char *arguments);

/* Frees what was said. */
void program_run_clear(struct program_run *run);

/* Waits until a child that runs the program takes SIGINT in its own way, or has ended: before that the signal would end
 * it as it ends any program. */
void program_wait_ready(pid_t child);

/* Whether tests in a browser can run: chromium, chromedriver and python3 are there. Says that they are skipped when
 * not. */
bool program_has_browser(void);

#endif
