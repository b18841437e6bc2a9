#include "support/program.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

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
