/* The files that a store tells of: whether they are still what they were, and what killed runs have left beside them.
 *
 * A path in the store is as it was given to the command that wrote the file. A relative one is looked for from the
 * working folder first, then from the folder of the store. */
#ifndef FW_RESULTS_CARE_STORE_FILES_H
#define FW_RESULTS_CARE_STORE_FILES_H

#include <stdint.h>

#include "core/file.h"
#include "results/query/query.h"

enum fw_file_state {
    FW_FILE_SAME,      /* size and checksum are those of the store */
    FW_FILE_CHANGED,   /* another size or checksum */
    FW_FILE_MISSING,   /* there is no file of this name */
    FW_FILE_UNREADABLE /* no permission, a folder, ... */
};

const char *fw_file_state_name(enum fw_file_state state); /* "as written", "changed", "missing", "unreadable" */

/* Compares a file with its record; reads it in blocks. found: (FW_PATH_SIZE) where it was looked at last. */
FW_NODISCARD
enum fw_status fw_store_file_state(enum fw_file_state *out, char *found, const struct fw_artifact *artifact,
                                   const char *store_path, struct fw_error *err);

/* Calls `each` for every temporary file in a folder that was left by a killed process: regular files named as
 * core/file.h names them (NAME.tmp-XXXXXX, and NAME.tmp-XXXXXX-journal), owned by this user and not written for
 * `idle_seconds`, so that no live process is at work on them. A folder that cannot be read has none. */
FW_NODISCARD
enum fw_status fw_store_leftovers(const char *folder, double idle_seconds,
                                  enum fw_status (*each)(void *self, const char *path, int64_t bytes,
                                                         struct fw_error *err),
                                  void *self, struct fw_error *err);

#endif
