#include "support/program.h"

#include <check.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The whole of a stream. */
static char *read_all(FILE *stream)
{
    size_t size = 0;
    size_t capacity = 4096;
    char *text = malloc(capacity);
    ck_assert_ptr_nonnull(text);
    size_t n;
    while ((n = fread(text + size, 1, capacity - size - 1, stream)) > 0) {
        size += n;
        if (capacity - size < 2) {
            capacity *= 2;
            text = realloc(text, capacity);
            ck_assert_ptr_nonnull(text);
        }
    }
    text[size] = '\0';
    return text;
}

struct program_run program_run(const char *program, const char *format, ...)
{
    char arguments[4096];
    char command[8192];
    FILE *told = tmpfile();
    ck_assert_ptr_nonnull(told);
    va_list args;
    va_start(args, format);
    vsnprintf(arguments, sizeof arguments, format, args);
    va_end(args);
    snprintf(command, sizeof command, "'%s' %s 2>&%d", program, arguments, fileno(told));
    FILE *out = popen(command, "r");
    ck_assert_ptr_nonnull(out);
    struct program_run run = {.out = read_all(out)};
    int status = pclose(out);
    run.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    rewind(told);
    run.told = read_all(told);
    fclose(told);
    return run;
}

void program_run_clear(struct program_run *run)
{
    free(run->out);
    free(run->told);
}

/* Whether /proc tells of the program by its name, with a handler for SIGINT; true as well when there is no such process
 * any more. */
static bool is_ready(pid_t child)
{
    char path[64];
    char line[256];
    bool named = false;
    bool handled = false;
    snprintf(path, sizeof path, "/proc/%d/status", (int)child);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return true;
    while (fgets(line, sizeof line, file) != NULL) {
        named = named || strcmp(line, "Name:\tfieldwise\n") == 0;
        if (strncmp(line, "State:\tZ", 8) == 0)
            named = handled = true;
        if (strncmp(line, "SigCgt:", 7) == 0)
            handled = handled || (strtoull(line + 7, NULL, 16) >> (SIGINT - 1) & 1) != 0;
    }
    fclose(file);
    return named && handled;
}

void program_wait_ready(pid_t child)
{
    while (!is_ready(child))
        usleep(1000);
}

void program_expect(int code, const char *words, const char *arguments)
{
    struct program_run run = program_run(FIELDWISE_PROGRAM, "%s", arguments);
    ck_assert_msg(run.code == code, "'%s' ended with %d, not %d: %s", arguments, run.code, code, run.told);
    ck_assert_msg(words == NULL || strstr(run.told, words) != NULL || strstr(run.out, words) != NULL,
                  "'%s' does not say '%s' but: %s%s", arguments, words, run.out, run.told);
    program_run_clear(&run);
}

bool program_has_browser(void)
{
    bool found = system("command -v chromium >/dev/null && command -v chromedriver >/dev/null && command -v python3 "
                        ">/dev/null") == 0;
    if (!found)
        printf("skipped: a browser (chromium, chromedriver) and python3 are not installed\n");
    return found;
}
