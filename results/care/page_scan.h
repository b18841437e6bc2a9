/* The rows of an SQLite file read from its pages, without trusting what leads to them: where a b-tree is broken, SQL
 * reads nothing behind the break, while the pages behind it are as good as before.
 *
 * Every page is looked at by itself. Pages that can still be reached from the list of tables come first, with the name
 * of their table; then pages that nothing leads to any more and that are not known to be free. Whatever does not decode
 * exactly is passed over: nothing here is certain, and it is for the caller to tell good rows from others (digest.h).
 *
 * The format: https://www.sqlite.org/fileformat.html. Only what a store of ours has is read: UTF-8, no auto-vacuum. */
#ifndef FW_RESULTS_CARE_PAGE_SCAN_H
#define FW_RESULTS_CARE_PAGE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/status.h"

#define FW_PAGE_MAX_COLUMNS 32

enum fw_page_type { FW_PAGE_NULL, FW_PAGE_INT, FW_PAGE_REAL, FW_PAGE_TEXT, FW_PAGE_BLOB };

struct fw_page_value {
    enum fw_page_type type;
    int64_t integer;
    double real;
    const char *bytes; /* of a text or blob; borrowed for the call, not NUL-terminated */
    size_t length;
};

struct fw_page_record {
    const char *table; /* that it belongs to; NULL: not known, or an index */
    bool reached;      /* its page hangs in the tree of a table */
    bool is_row;       /* from a table with row numbers; else from an index or a table without them */
    int64_t rowid;     /* 0 unless is_row */
    int n_values;
    struct fw_page_value values[FW_PAGE_MAX_COLUMNS];
};

/* Hands every record that decodes to `each`; a status other than FW_OK ends the scan.
 * data: (size) the file.
 * Fails with FW_E_NOMEM, or as `each` does. Damage is no failure. */
FW_NODISCARD
enum fw_status fw_page_scan(const unsigned char *data, size_t size, struct fw_allocator *mem,
                            enum fw_status (*each)(void *self, const struct fw_page_record *record,
                                                   struct fw_error *err),
                            void *self, struct fw_error *err);

#endif
