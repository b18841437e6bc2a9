/* Stands between the program and those of SQLite's functions that take time, and adds up how long they take. */
#include <dlfcn.h>
#include <sqlite3.h>
#include <time.h>

#include "shim_time.h"

static double seconds;
static int depth; /* SQLite may call its own functions by these names */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

double shim_seconds_in_sqlite(void)
{
    return seconds;
}

#define TIMED(name, parameters, arguments)                                                                             \
    int name parameters                                                                                                \
    {                                                                                                                  \
        static int(*real) parameters;                                                                                  \
        if (real == NULL)                                                                                              \
            *(void **)(&real) = dlsym(RTLD_NEXT, #name);                                                               \
        double started = depth++ == 0 ? now() : 0;                                                                     \
        int result = real arguments;                                                                                   \
        if (--depth == 0)                                                                                              \
            seconds += now() - started;                                                                                \
        return result;                                                                                                 \
    }

TIMED(sqlite3_open_v2, (const char *path, sqlite3 **db, int flags, const char *vfs), (path, db, flags, vfs))
TIMED(sqlite3_close_v2, (sqlite3 * db), (db))
TIMED(sqlite3_exec,
      (sqlite3 * db, const char *sql, int (*row)(void *, int, char **, char **), void *user, char **message),
      (db, sql, row, user, message))
TIMED(sqlite3_prepare_v2, (sqlite3 * db, const char *sql, int n, sqlite3_stmt **out, const char **tail),
      (db, sql, n, out, tail))
TIMED(sqlite3_prepare_v3,
      (sqlite3 * db, const char *sql, int n, unsigned int flags, sqlite3_stmt **out, const char **tail),
      (db, sql, n, flags, out, tail))
TIMED(sqlite3_step, (sqlite3_stmt * statement), (statement))
TIMED(sqlite3_reset, (sqlite3_stmt * statement), (statement))
TIMED(sqlite3_finalize, (sqlite3_stmt * statement), (statement))
