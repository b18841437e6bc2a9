/* Files that appear whole or not at all. A writer works on a temporary name in the target's folder; `commit` flushes,
 * renames and syncs the folder; anything else leaves the old file as it was. A process that is killed leaves its
 * temporary file behind, "<target>.tmp-" and six characters; the next writer of the same target removes it.
 *
 *     struct fw_outfile out;
 *     FW_TRY(fw_outfile_open(&out, path, err));
 *     status = write_things(&out, err);
 *     return fw_outfile_close(&out, status, err);     // commits on FW_OK, removes otherwise */
#ifndef FW_CORE_FILE_H
#define FW_CORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/status.h"

#define FW_PATH_SIZE 4096 /* bytes of the longest path, its NUL included */

struct fw_outfile {
    int fd;                  /* -1: closed */
    bool in_place;           /* a pipe or device: written directly, nothing to rename */
    bool reader_gone;        /* a write failed because nobody reads the pipe any more */
    int64_t written;         /* bytes so far */
    char path[FW_PATH_SIZE]; /* symbolic links resolved */
    char temporary[FW_PATH_SIZE + 32];
};

/* Opens for writing. Fails with FW_E_IO naming the path: missing folder, no permission, a directory. A path that exists
 * and is not a regular file (/dev/stdout, a FIFO) is written in place. */
FW_NODISCARD
enum fw_status fw_outfile_open(struct fw_outfile *out, const char *path, struct fw_error *err);

/* Standard output as such a file: written in place, and left open by close. */
void fw_outfile_open_stdout(struct fw_outfile *out);

/* Writes all n bytes, retrying short writes. FW_E_IO on a full disk and the like. */
FW_NODISCARD
enum fw_status fw_outfile_write(struct fw_outfile *out, const void *data, size_t n, struct fw_error *err);

/* With status FW_OK: fsync, rename, fsync of the folder. Otherwise removes the temporary file. Returns the first
 * failure, `status` included; never overwrites the message of an earlier one. */
FW_NODISCARD
enum fw_status fw_outfile_close(struct fw_outfile *out, enum fw_status status, struct fw_error *err);

/* Gives a finished file its name, for good: renames and syncs the folder. FW_E_IO when `to` is there already. */
FW_NODISCARD
enum fw_status fw_file_rename_new(const char *from, const char *to, struct fw_error *err);

/* FW_E_IO when a file could not be written there: to be asked before long work, not after it. */
FW_NODISCARD
enum fw_status fw_file_check_writable(const char *path, struct fw_error *err);

/* Whether two paths lead to one regular file that exists, by whatever names: writing one would destroy the other. */
bool fw_file_is_same(const char *a, const char *b);

/* The whole of a small file with a NUL after it; *data is the caller's, freed with fw_free. Fails with FW_E_INPUT when
 * it cannot be opened, is a directory, or holds more than max_bytes. */
FW_NODISCARD
enum fw_status fw_file_read(char **data_out, size_t *size_out, const char *path, size_t max_bytes,
                            struct fw_allocator *mem, struct fw_error *err);

#endif
