/* Connections of their own to a store's file, for questions and exports that must not disturb the store's handle.
 * Internal to results/.
 *
 * A guest is a struct fw_store that the caller has zeroed but for mem, path and wait_seconds, which it borrows; it is
 * for fw_sql_exec and fw_sql_prepare alone, and is to be closed whatever became of its opening. */
#ifndef FW_RESULTS_STORE_GUEST_H
#define FW_RESULTS_STORE_GUEST_H

#include "results/store/sql.h"

/* Whether the store's handle holds a copy in memory, that of a file of an older version. */
bool fw_store_is_copy(const struct fw_store *store);

/* Opens the file for reading alone. A change that a killed process left half-done has to be taken back first, which the
 * store's own handle may do and this one may not. */
FW_NODISCARD
enum fw_status fw_store_open_reader(struct fw_store *guest, struct fw_store *store, struct fw_error *err);

/* Copies all pages of a store in one go: in pieces, a copy would begin anew with each trial that a search writes. `to`
 * is open and holds nothing. The store is locked meanwhile, which takes some 0.1 s for 100 MB. */
FW_NODISCARD
enum fw_status fw_store_copy_pages(sqlite3 *to, struct fw_store *from, struct fw_error *err);

/* Opens a private copy of the store, to be read and written at leisure: a temporary file without a name, in memory
 * while it is small. */
FW_NODISCARD
enum fw_status fw_store_open_copy(struct fw_store *guest, struct fw_store *store, struct fw_error *err);

/* Opens what nobody changes any more, for reading alone: a copy, or the image itself of a store that is an image in
 * memory. */
FW_NODISCARD
enum fw_status fw_store_open_snapshot(struct fw_store *guest, struct fw_store *store, struct fw_error *err);

void fw_store_close_guest(struct fw_store *guest);

#endif
