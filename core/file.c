#include "core/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY       ".tmp-"
#define TEMPORARY_DRAWN 6 /* characters that mkostemp draws */

/* Renaming over a symbolic link would replace the link; what it points to is the file to write. */
static void resolve_links(char out[static FW_PATH_SIZE], const char *path, bool regular)
{
    char *real = regular ? realpath(path, NULL) : NULL;
    strcpy(out, real != NULL && strlen(real) < FW_PATH_SIZE ? real : path);
    free(real);
}

static bool is_temporary_of(const char *name, const char *target)
{
    size_t n = strlen(target);
    return strncmp(name, target, n) == 0 && strncmp(name + n, TEMPORARY, strlen(TEMPORARY)) == 0 &&
           strlen(name + n) == strlen(TEMPORARY) + TEMPORARY_DRAWN;
}

/* A writer holds a lock on its temporary file for as long as it lives, so one that can be locked was left behind by a
 * process that was killed. Where locks do not work, nothing is removed. */
static void remove_if_left(const char *path)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlink(path);
    close(fd);
}

/* Removes what killed writers of this target have left. */
static void remove_left_behind(const char *target)
{
    char copy[FW_PATH_SIZE];
    char folder[FW_PATH_SIZE];
    char left[2 * FW_PATH_SIZE];
    strcpy(copy, target);
    strcpy(folder, dirname(copy));
    strcpy(copy, target);
    const char *name = basename(copy);
    DIR *entries = opendir(folder);
    for (const struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        if (!is_temporary_of(entry->d_name, name))
            continue;
        snprintf(left, sizeof left, "%s/%s", folder, entry->d_name);
        remove_if_left(left);
    }
    if (entries != NULL)
        closedir(entries);
}

/* Makes a temporary file that is locked from before anybody could take it for one that was left behind: whoever came
 * between its making and its lock has it removed, and the next name is tried. */
static int make_temporary(struct fw_outfile *out)
{
    for (int i = 0; i < 100; i++) {
        struct stat info;
        snprintf(out->temporary, sizeof out->temporary, "%s" TEMPORARY "XXXXXX", out->path);
        int fd = mkostemp(out->temporary, O_CLOEXEC);
        if (fd < 0)
            return -1;
        bool taken = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
        if (!taken && (fstat(fd, &info) != 0 || info.st_nlink > 0))
            return fd;
        close(fd);
    }
    errno = EBUSY;
    return -1;
}

enum fw_status fw_outfile_open(struct fw_outfile *out, const char *path, struct fw_error *err)
{
    memset(out, 0, sizeof *out);
    out->fd = -1;
    if (strlen(path) >= sizeof out->path)
        return fw_error_set(err, FW_E_ARG, "the path '%.60s...' is too long", path);
    if (path[0] == '\0')
        return fw_error_set(err, FW_E_ARG, "the path of the file to write is empty");

    struct stat info;
    bool exists = stat(path, &info) == 0;
    resolve_links(out->path, path, exists && S_ISREG(info.st_mode));
    if (exists && S_ISDIR(info.st_mode))
        return fw_error_set(err, FW_E_IO, "cannot write '%s': it is a directory; name a file", path);
    if (exists && !S_ISREG(info.st_mode)) {
        out->in_place = true;
        out->fd = open(path, O_WRONLY | O_CLOEXEC);
    } else {
        remove_left_behind(out->path);
        out->fd = make_temporary(out);
        /* mkostemp gives 0600; a result file should be as readable as any other new file, or as the one it replaces */
        if (out->fd >= 0) {
            mode_t mask = umask(0);
            umask(mask);
            if (fchmod(out->fd, exists ? info.st_mode & 0777 : 0666 & ~mask) != 0) {
                /* a file system without permissions: nothing is lost */
            }
        }
    }
    if (out->fd < 0)
        return fw_error_set(err, FW_E_IO, "cannot write '%s': %s", path, strerror(errno));
    return FW_OK;
}

void fw_outfile_open_stdout(struct fw_outfile *out)
{
    memset(out, 0, sizeof *out);
    out->fd = STDOUT_FILENO;
    out->in_place = true;
    strcpy(out->path, "standard output");
}

enum fw_status fw_outfile_write(struct fw_outfile *out, const void *data, size_t n, struct fw_error *err)
{
    const char *next = data;
    while (n > 0) {
        ssize_t done = write(out->fd, next, n);
        if (done < 0) {
            if (errno == EINTR)
                continue;
            out->reader_gone = errno == EPIPE;
            return fw_error_set(err, FW_E_IO, "cannot write '%s': %s", out->path, strerror(errno));
        }
        next += done;
        n -= (size_t)done;
        out->written += done;
    }
    return FW_OK;
}

/* A rename is durable only when the folder that holds the name is. */
static enum fw_status sync_folder(const char *path, struct fw_error *err)
{
    char copy[FW_PATH_SIZE];
    strcpy(copy, path);
    const char *folder = dirname(copy);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return FW_OK; /* a folder that may be written but not read: the rename itself has succeeded */
    int failed = fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP;
    int saved = errno;
    close(fd);
    if (failed)
        return fw_error_set(err, FW_E_IO, "cannot make '%s' durable: %s", path, strerror(saved));
    return FW_OK;
}

/* Nothing was synced, so closing is the last chance to hear of a fault. */
static enum fw_status close_in_place(struct fw_outfile *out, enum fw_status status, struct fw_error *err)
{
    if (out->fd != STDOUT_FILENO && close(out->fd) != 0 && status == FW_OK)
        status = fw_error_set(err, FW_E_IO, "cannot write '%s': %s", out->path, strerror(errno));
    out->fd = -1;
    return status;
}

enum fw_status fw_outfile_close(struct fw_outfile *out, enum fw_status status, struct fw_error *err)
{
    if (out->fd < 0)
        return status;
    if (out->in_place)
        return close_in_place(out, status, err);
    if (status == FW_OK && fsync(out->fd) != 0)
        status = fw_error_set(err, FW_E_IO, "cannot write '%s': %s", out->path, strerror(errno));
    if (status == FW_OK && rename(out->temporary, out->path) != 0)
        status = fw_error_set(err, FW_E_IO, "cannot write '%s': %s", out->path, strerror(errno));
    if (status != FW_OK)
        unlink(out->temporary);
    /* last, since it gives up the lock by which others see that the temporary file is in use; after a sync there is
     * nothing left that closing could lose */
    close(out->fd);
    out->fd = -1;
    return status == FW_OK ? sync_folder(out->path, err) : status;
}

enum fw_status fw_file_rename_new(const char *from, const char *to, struct fw_error *err)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) != 0) {
        /* a file system that cannot promise it: look first */
        struct stat info;
        if (errno != EINVAL || lstat(to, &info) == 0 || rename(from, to) != 0)
            return fw_error_set(err, FW_E_IO, "cannot write '%s': %s", to, strerror(errno));
    }
    return sync_folder(to, err);
}

enum fw_status fw_file_check_writable(const char *path, struct fw_error *err)
{
    struct fw_outfile out;
    FW_TRY(fw_outfile_open(&out, path, err));
    /* closing with a failure leaves everything as it was */
    return fw_outfile_close(&out, FW_E_STOPPED, NULL) == FW_E_STOPPED ? FW_OK : FW_E_STOPPED;
}

bool fw_file_is_same(const char *a, const char *b)
{
    struct stat x;
    struct stat y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

enum fw_status fw_file_read(char **data_out, size_t *size_out, const char *path, size_t max_bytes,
                            struct fw_allocator *mem, struct fw_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fw_error_set(err, FW_E_INPUT, "cannot open '%s': %s", path, strerror(errno));
    enum fw_status status = FW_OK;
    char *data = NULL;
    int64_t capacity = 0;
    size_t size = 0;
    struct stat info;
    if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
        status = fw_error_set(err, FW_E_INPUT, "cannot read '%s': it is a directory; name a file", path);
        goto done;
    }
    for (;;) {
        FW_TRY_GOTO(fw_reserve(mem, &data, &capacity, (int64_t)size + 65537, 1, err), done);
        ssize_t n = read(fd, data + size, 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            status = fw_error_set(err, FW_E_INPUT, "cannot read '%s': %s", path, strerror(errno));
            goto done;
        }
        if (n == 0)
            break;
        size += (size_t)n;
        if (size > max_bytes) {
            status = fw_error_set(err, FW_E_INPUT, "'%s' is larger than %zu bytes, too large for this kind of file",
                                  path, max_bytes);
            goto done;
        }
    }
    data[size] = '\0';
    *data_out = data;
    *size_out = size;
    data = NULL;
done:
    fw_free(mem, data);
    close(fd);
    return status;
}
