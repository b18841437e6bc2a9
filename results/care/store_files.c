#include "results/care/store_files.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/hash.h"

static const char *const names[] = {"as written", "changed", "missing", "unreadable"};
_Static_assert(sizeof names / sizeof names[0] == FW_FILE_UNREADABLE + 1, "one name a state");

const char *fw_file_state_name(enum fw_file_state state)
{
    return names[state];
}

/* The path from the folder of the store; false: it does not fit, or is absolute. */
static bool from_store_folder(char *out, const char *store_path, const char *path)
{
    const char *slash = strrchr(store_path, '/');
    if (path[0] == '/' || slash == NULL)
        return false;
    int n = snprintf(out, FW_PATH_SIZE, "%.*s/%s", (int)(slash - store_path), store_path, path);
    return n > 0 && n < FW_PATH_SIZE;
}

/* Where the file is: its own path, or the same beside the store; false, errno set: nowhere. */
static bool locate(char *found, struct stat *info, const char *path, const char *store_path)
{
    snprintf(found, FW_PATH_SIZE, "%s", path);
    if (stat(found, info) == 0)
        return true;
    int cause = errno;
    char other[FW_PATH_SIZE];
    if (cause == ENOENT && from_store_folder(other, store_path, path) && stat(other, info) == 0) {
        memcpy(found, other, sizeof other);
        return true;
    }
    errno = cause;
    return false;
}

/* The checksum of a file's content; false: it cannot be read to its end. */
static bool checksum_of(uint64_t *out, const char *path, struct fw_hash_stream *hash)
{
    char block[1 << 16];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = fd < 0 ? -1 : 1;
    while (n > 0) {
        n = read(fd, block, sizeof block);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0)
            fw_hash_stream_add(hash, block, (size_t)n);
    }
    if (fd >= 0)
        close(fd);
    *out = fw_hash_stream_value(hash);
    return n == 0;
}

enum fw_status fw_store_file_state(enum fw_file_state *out, char *found, const struct fw_artifact *artifact,
                                   const char *store_path, struct fw_error *err)
{
    struct stat info;
    if (!locate(found, &info, artifact->path, store_path)) {
        *out = errno == ENOENT || errno == ENOTDIR ? FW_FILE_MISSING : FW_FILE_UNREADABLE;
        return FW_OK;
    }
    if (!S_ISREG(info.st_mode)) {
        *out = FW_FILE_UNREADABLE;
        return FW_OK;
    }
    if (info.st_size != artifact->bytes) {
        *out = FW_FILE_CHANGED;
        return FW_OK;
    }
    struct fw_hash_stream *hash = fw_hash_stream_create();
    if (hash == NULL)
        return fw_error_nomem(err, NULL, "a checksum", 1, 1024);
    uint64_t checksum;
    bool readable = checksum_of(&checksum, found, hash);
    fw_hash_stream_destroy(hash);
    *out = !readable ? FW_FILE_UNREADABLE : checksum == artifact->checksum ? FW_FILE_SAME : FW_FILE_CHANGED;
    return FW_OK;
}

/* "NAME.tmp-XXXXXX", NAME not empty, X a letter or digit; "-journal" may follow. */
static bool is_temporary(const char *name)
{
    size_t length = strlen(name);
    static const char journal[] = "-journal";
    if (length > sizeof journal - 1 && strcmp(name + length - (sizeof journal - 1), journal) == 0)
        length -= sizeof journal - 1;
    if (length < 12 || strncmp(name + length - 11, ".tmp-", 5) != 0)
        return false;
    for (size_t i = length - 6; i < length; i++) {
        if (!isalnum((unsigned char)name[i]))
            return false;
    }
    return true;
}

enum fw_status fw_store_leftovers(const char *folder, double idle_seconds,
                                  enum fw_status (*each)(void *self, const char *path, int64_t bytes,
                                                         struct fw_error *err),
                                  void *self, struct fw_error *err)
{
    DIR *listing = opendir(folder);
    if (listing == NULL)
        return FW_OK;
    enum fw_status status = FW_OK;
    const struct dirent *entry;
    while (status == FW_OK && (entry = readdir(listing)) != NULL) {
        char path[FW_PATH_SIZE];
        struct stat info;
        int n = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (!is_temporary(entry->d_name) || n >= (int)sizeof path || lstat(path, &info) != 0 ||
            !S_ISREG(info.st_mode) || info.st_uid != geteuid() || difftime(time(NULL), info.st_mtime) < idle_seconds)
            continue;
        status = each(self, path, info.st_size, err);
    }
    closedir(listing);
    return status;
}
