/* A shared object to be preloaded: it stands between a program and the C library, counts the calls that touch files
 * under one folder, makes one of them fail or kills the process there, and writes down what was done. It also counts
 * allocations and refuses one, or all from one on. What is asked comes in environment variables:
 *
 *     SHIM_FOLDER=/tmp/x     calls about files in here count; all others pass untouched
 *     SHIM_AT=17             which of them is hit; SHIM_HOW says what happens to it:
 *         eio enospc edquot eintr     it fails with that errno and does nothing
 *         short                       a read or write does half; any other call as usual
 *         kill                        the process dies before it
 *         after                       it is done, then the process dies
 *         half                        a write does half, then the process dies; any other call as "kill"
 *     SHIM_COUNT=/tmp/count  at the end of the process and when a call is hit: "CALLS ALLOCATIONS SECONDS\n", the HIT
 * call's name and file SHIM_RECORD=/tmp/log   every call that changes something, with its data (shim_record.h)
 *     SHIM_REFUSE=5          the fifth allocation that counts is refused; SHIM_REFUSE_ON=1: and all that follow
 *
 * An allocation counts when the code that asks lies in the program, in SQLite or in cJSON: what libgomp, OpenBLAS and
 * the C library itself do without memory is theirs (libgomp ends the process with its own words). */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "shim_record.h"
#include "shim_time.h"

enum how { how_none, how_errno, how_short, how_kill, how_after, how_half };
enum { max_fds = 1024, max_ranges = 8, log_fd_from = 900 };

static struct {
    bool ready;
    char folder[PATH_MAX];
    size_t folder_length;
    long at;
    enum how how;
    int error;
    int record;
    long refuse;
    bool refuse_on;
    const char *count_path;
    struct {
        uintptr_t from, to;
    } ranges[max_ranges];
    int n_ranges;
} shim = {.record = -1};

static atomic_long calls;
static atomic_long allocations;
static char names[max_fds][256]; /* of open files under the folder; empty: not ours */
static char hit[512];

#define REAL(result, name, ...)                                                                                        \
    static result (*real)(__VA_ARGS__);                                                                                \
    if (real == NULL)                                                                                                  \
    *(void **)(&real) = dlsym(RTLD_NEXT, #name)

/* Path relative to the folder; NULL: it lies elsewhere. */
static const char *inside(const char *path)
{
    if (!shim.ready || shim.folder_length == 0 || path == NULL)
        return NULL;
    while (path[0] == '.' && path[1] == '/')
        path += 2;
    if (path[0] != '/')
        return path;
    if (strncmp(path, shim.folder, shim.folder_length) != 0)
        return NULL;
    path += shim.folder_length;
    return path[0] == '/' ? path + 1 : path[0] == '\0' ? "." : NULL;
}

static const char *name_of(int fd)
{
    return fd >= 0 && fd < max_fds && names[fd][0] != '\0' ? names[fd] : NULL;
}

static void record(enum shim_op op, int fd, long long offset, const void *data, size_t size, const char *a,
                   const char *b)
{
    if (shim.record < 0)
        return;
    int saved = errno;
    struct shim_entry entry = {.op = op, .fd = fd, .offset = offset, .size = (long long)size};
    snprintf(entry.path, sizeof entry.path, "%s", a != NULL ? a : "");
    snprintf(entry.other, sizeof entry.other, "%s", b != NULL ? b : "");
    syscall(SYS_write, shim.record, &entry, sizeof entry);
    if (data != NULL && size > 0)
        syscall(SYS_write, shim.record, data, size);
    errno = saved;
}

static void write_count(void)
{
    char text[1024];
    if (shim.count_path == NULL)
        return;
    int n = snprintf(text, sizeof text, "%ld %ld %.6f\n%s\n", atomic_load(&calls), atomic_load(&allocations),
                     shim_seconds_in_sqlite(), hit);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, shim.count_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    syscall(SYS_write, fd, text, (size_t)n);
    syscall(SYS_close, fd);
}

/* What happens to the call that begins now. */
static enum how begin(const char *call, const char *name)
{
    long number = atomic_fetch_add(&calls, 1) + 1;
    if (number != shim.at)
        return how_none;
    snprintf(hit, sizeof hit, "%s %s", call, name);
    write_count(); /* now: a process that is killed has no end to write it at */
    if (shim.how == how_kill)
        kill(getpid(), SIGKILL);
    return shim.how;
}

static void end(enum how how)
{
    if (how == how_after || how == how_half)
        kill(getpid(), SIGKILL);
}

/* For calls that cannot be done by half: true when the call is to fail, with errno set. */
static bool fails(enum how how)
{
    if (how == how_half)
        kill(getpid(), SIGKILL);
    if (how != how_errno)
        return false;
    errno = shim.error;
    return true;
}

static void keep_name(int fd, const char *name)
{
    if (fd >= 0 && fd < max_fds)
        snprintf(names[fd], sizeof names[fd], "%s", name != NULL ? name : "");
}

typedef int (*open_function)(const char *, int, ...);

static int opened(open_function real, const char *path, int flags, mode_t mode)
{
    const char *name = inside(path);
    if (name == NULL) {
        int other = real(path, flags, mode);
        keep_name(other, NULL);
        return other;
    }
    enum how how = begin("open", name);
    if (fails(how))
        return -1;
    bool there = access(path, F_OK) == 0;
    int fd = real(path, flags, mode);
    if (fd >= 0) {
        keep_name(fd, name);
        record(there ? SHIM_OPEN : SHIM_CREATE, fd, (flags & O_TRUNC) != 0 ? 0 : -1, NULL, 0, name, NULL);
    }
    end(how);
    return fd;
}

static mode_t mode_of(int flags, va_list args)
{
    return (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    static open_function real;
    if (real == NULL)
        *(void **)(&real) = dlsym(RTLD_NEXT, "open");
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return opened(real, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    static open_function real;
    if (real == NULL)
        *(void **)(&real) = dlsym(RTLD_NEXT, "open64");
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return opened(real, path, flags, mode);
}

int mkostemp(char *path, int flags)
{
    REAL(int, mkostemp, char *, int);
    const char *name = inside(path);
    if (name == NULL)
        return real(path, flags);
    enum how how = begin("open", name);
    if (fails(how))
        return -1;
    int fd = real(path, flags);
    if (fd >= 0) {
        keep_name(fd, inside(path));
        record(SHIM_CREATE, fd, 0, NULL, 0, inside(path), NULL);
    }
    end(how);
    return fd;
}

FILE *fopen(const char *path, const char *mode)
{
    REAL(FILE *, fopen, const char *, const char *);
    const char *name = inside(path);
    if (name == NULL)
        return real(path, mode);
    enum how how = begin("open", name);
    if (fails(how))
        return NULL;
    FILE *file = real(path, mode);
    end(how);
    return file;
}

int close(int fd)
{
    REAL(int, close, int);
    const char *name = name_of(fd);
    if (name == NULL)
        return real(fd);
    enum how how = begin("close", name);
    names[fd][0] = '\0';
    int result = real(fd); /* Linux lets go of the file whatever close says */
    record(SHIM_CLOSE, fd, 0, NULL, 0, NULL, NULL);
    if (fails(how))
        return -1;
    end(how);
    return result;
}

static size_t part(enum how how, size_t n)
{
    return (how == how_short || how == how_half) && n > 1 ? n / 2 : n;
}

ssize_t write(int fd, const void *data, size_t n)
{
    REAL(ssize_t, write, int, const void *, size_t);
    const char *name = name_of(fd);
    if (name == NULL)
        return real(fd, data, n);
    enum how how = begin("write", name);
    if (how == how_errno) {
        errno = shim.error;
        return -1;
    }
    long long offset = lseek(fd, 0, SEEK_CUR);
    ssize_t done = real(fd, data, part(how, n));
    if (done > 0)
        record(SHIM_WRITE, fd, offset, data, (size_t)done, NULL, NULL);
    end(how);
    return done;
}

static ssize_t written_at(ssize_t (*real)(int, const void *, size_t, off_t), int fd, const void *data, size_t n,
                          off_t offset)
{
    const char *name = name_of(fd);
    if (name == NULL)
        return real(fd, data, n, offset);
    enum how how = begin("write", name);
    if (how == how_errno) {
        errno = shim.error;
        return -1;
    }
    ssize_t done = real(fd, data, part(how, n), offset);
    if (done > 0)
        record(SHIM_WRITE, fd, offset, data, (size_t)done, NULL, NULL);
    end(how);
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t offset)
{
    REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
    return written_at(real, fd, data, n, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t n, off64_t offset)
{
    REAL(ssize_t, pwrite64, int, const void *, size_t, off_t);
    return written_at(real, fd, data, n, offset);
}

ssize_t read(int fd, void *data, size_t n)
{
    REAL(ssize_t, read, int, void *, size_t);
    const char *name = name_of(fd);
    if (name == NULL)
        return real(fd, data, n);
    enum how how = begin("read", name);
    if (fails(how))
        return -1;
    ssize_t done = real(fd, data, part(how, n));
    end(how);
    return done;
}

static ssize_t read_at(ssize_t (*real)(int, void *, size_t, off_t), int fd, void *data, size_t n, off_t offset)
{
    const char *name = name_of(fd);
    if (name == NULL)
        return real(fd, data, n, offset);
    enum how how = begin("read", name);
    if (fails(how))
        return -1;
    ssize_t done = real(fd, data, part(how, n), offset);
    end(how);
    return done;
}

ssize_t pread(int fd, void *data, size_t n, off_t offset)
{
    REAL(ssize_t, pread, int, void *, size_t, off_t);
    return read_at(real, fd, data, n, offset);
}

ssize_t pread64(int fd, void *data, size_t n, off64_t offset)
{
    REAL(ssize_t, pread64, int, void *, size_t, off_t);
    return read_at(real, fd, data, n, offset);
}

static int synced(int (*real)(int), int fd)
{
    const char *name = name_of(fd);
    if (name == NULL)
        return real(fd);
    enum how how = begin("sync", name);
    if (fails(how))
        return -1;
    int result = real(fd);
    if (result == 0)
        record(SHIM_SYNC, fd, 0, NULL, 0, name, NULL);
    end(how);
    return result;
}

int fsync(int fd)
{
    REAL(int, fsync, int);
    return synced(real, fd);
}

int fdatasync(int fd)
{
    REAL(int, fdatasync, int);
    return synced(real, fd);
}

static int truncated(int (*real)(int, off_t), int fd, off_t length)
{
    const char *name = name_of(fd);
    if (name == NULL)
        return real(fd, length);
    enum how how = begin("truncate", name);
    if (fails(how))
        return -1;
    int result = real(fd, length);
    if (result == 0)
        record(SHIM_TRUNCATE, fd, length, NULL, 0, NULL, NULL);
    end(how);
    return result;
}

int ftruncate(int fd, off_t length)
{
    REAL(int, ftruncate, int, off_t);
    return truncated(real, fd, length);
}

int ftruncate64(int fd, off64_t length)
{
    REAL(int, ftruncate64, int, off_t);
    return truncated(real, fd, length);
}

int rename(const char *from, const char *to)
{
    REAL(int, rename, const char *, const char *);
    const char *name = inside(to);
    if (name == NULL)
        return real(from, to);
    enum how how = begin("rename", name);
    if (fails(how))
        return -1;
    int result = real(from, to);
    if (result == 0)
        record(SHIM_RENAME, -1, 0, NULL, 0, inside(from), name);
    end(how);
    return result;
}

int unlink(const char *path)
{
    REAL(int, unlink, const char *);
    const char *name = inside(path);
    if (name == NULL)
        return real(path);
    enum how how = begin("unlink", name);
    if (fails(how))
        return -1;
    int result = real(path);
    if (result == 0)
        record(SHIM_UNLINK, -1, 0, NULL, 0, name, NULL);
    end(how);
    return result;
}

/* --- allocations --- */

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

/* Whether the allocation asked for by the code at `caller` is refused. */
static bool refused(const void *caller)
{
    if (!shim.ready || shim.refuse == 0)
        return false;
    uintptr_t at = (uintptr_t)caller;
    for (int i = 0; i < shim.n_ranges; i++) {
        if (at >= shim.ranges[i].from && at < shim.ranges[i].to) {
            long number = atomic_fetch_add(&allocations, 1) + 1;
            bool no = shim.refuse > 0 && (number == shim.refuse || (shim.refuse_on && number > shim.refuse));
            if (no)
                errno = ENOMEM;
            return no;
        }
    }
    return false;
}

void *malloc(size_t n)
{
    return refused(__builtin_return_address(0)) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return refused(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t n)
{
    return refused(__builtin_return_address(0)) ? NULL : __libc_realloc(old, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    return refused(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, n);
}

int posix_memalign(void **out, size_t alignment, size_t n)
{
    if (refused(__builtin_return_address(0)))
        return ENOMEM;
    *out = __libc_memalign(alignment, n);
    return *out != NULL ? 0 : ENOMEM;
}

/* Notes where the code of the program, of SQLite and of cJSON lies. */
static int note_ranges(struct dl_phdr_info *info, size_t size, void *user)
{
    (void)size, (void)user;
    const char *name = info->dlpi_name;
    if (name[0] != '\0' && strstr(name, "sqlite") == NULL && strstr(name, "cjson") == NULL)
        return 0;
    for (int i = 0; i < info->dlpi_phnum && shim.n_ranges < max_ranges; i++) {
        const ElfW(Phdr) *part_of = &info->dlpi_phdr[i];
        if (part_of->p_type != PT_LOAD || (part_of->p_flags & PF_X) == 0)
            continue;
        shim.ranges[shim.n_ranges].from = info->dlpi_addr + part_of->p_vaddr;
        shim.ranges[shim.n_ranges++].to = info->dlpi_addr + part_of->p_vaddr + part_of->p_memsz;
    }
    return 0;
}

static void read_how(const char *how)
{
    static const struct {
        const char *name;
        enum how how;
        int error;
    } known[] = {{"eio", how_errno, EIO},     {"enospc", how_errno, ENOSPC}, {"edquot", how_errno, EDQUOT},
                 {"eintr", how_errno, EINTR}, {"short", how_short, 0},       {"kill", how_kill, 0},
                 {"after", how_after, 0},     {"half", how_half, 0}};
    for (size_t i = 0; how != NULL && i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(how, known[i].name) == 0) {
            shim.how = known[i].how;
            shim.error = known[i].error;
        }
    }
}

static long number_of(const char *text)
{
    return text != NULL ? atol(text) : 0;
}

__attribute__((constructor)) static void start(void)
{
    const char *folder = getenv("SHIM_FOLDER");
    const char *path = getenv("SHIM_RECORD");
    snprintf(shim.folder, sizeof shim.folder, "%s", folder != NULL ? folder : "");
    shim.folder_length = strlen(shim.folder);
    shim.at = number_of(getenv("SHIM_AT"));
    read_how(getenv("SHIM_HOW"));
    shim.refuse = number_of(getenv("SHIM_REFUSE"));
    shim.refuse_on = number_of(getenv("SHIM_REFUSE_ON")) != 0;
    shim.count_path = getenv("SHIM_COUNT");
    if (path != NULL) {
        int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0600);
        shim.record = fcntl(fd, F_DUPFD_CLOEXEC, log_fd_from);
        syscall(SYS_close, fd);
    }
    dl_iterate_phdr(note_ranges, NULL);
    shim.ready = true;
}

__attribute__((destructor)) static void finish(void)
{
    shim.ready = false;
    write_count();
}
