/* How large a statement becomes when each view and each common table expression is put in the place of its name.
 * Internal to results/.
 *
 * SQLite does that before it looks at any limit or at the clock, and a chain of n definitions that each name the one
 * before twice has 2^n copies of the first. The count here is from above: a name counts wherever it stands in a
 * definition, unless a '.' follows it. */
#ifndef FW_RESULTS_SQL_EXPANSION_H
#define FW_RESULTS_SQL_EXPANSION_H

#include "core/alloc.h"
#include "core/status.h"

#define FW_SQL_EXPANSION_MAX 10000 /* subqueries; a count stops there */

struct fw_sql_view {
    const char *name; /* as the file has it */
    const char *sql;  /* "CREATE VIEW name AS ..." */
};

/* Counts the subqueries of `sql`, the expansions of the n `views` included, into *out; FW_SQL_EXPANSION_MAX: that many
 * or more. Fails with FW_E_NOMEM. */
FW_NODISCARD
enum fw_status fw_sql_expansion(int64_t *out, const char *sql, const struct fw_sql_view *views, int64_t n,
                                struct fw_allocator *mem, struct fw_error *err);

#endif
