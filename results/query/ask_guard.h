/* What keeps a question (ask.h) from doing harm: the limits and the authoriser of its connection, the deadline,
 * stand-ins for SQL functions that could run for hours between two looks at the clock, and a look at the text before
 * SQLite sees it. Internal to results/.
 *
 * What is left to SQLite's own limits: length of values and of the statement, depth of expressions, columns, terms of a
 * compound, arguments, patterns of LIKE and GLOB. */
#ifndef FW_RESULTS_ASK_GUARD_H
#define FW_RESULTS_ASK_GUARD_H

#include "results/query/rows.h"
#include "results/store/sql.h"

struct fw_ask_guard {
    struct fw_store *guest; /* borrowed: the question's own connection */
    struct fw_rows schema;  /* name, type, sql of the tables and views that may be read; empty */
    bool is_wide;           /* fw_ask.wide; set before installing, as all other fields are after it */
    int calls;              /* of functions in the statement so far */
    double deadline;        /* fw_clock_seconds() when the question must have ended; 0: never */
    int64_t memory_before;  /* bytes that SQLite held when the question began */
    bool late, fat;         /* why it was stopped: the deadline, memory */
    char refused[256];      /* what the authoriser refused first; "": nothing */
};

/* Reads the names of tables and views and puts the connection under guard. The guard must stay where it is until the
 * connection is closed, and is to be cleared even after a failure. `schema` must
 * have been initialised. */
FW_NODISCARD
enum fw_status fw_ask_guard_install(struct fw_ask_guard *guard, struct fw_store *guest, struct fw_error *err);
void fw_ask_guard_clear(struct fw_ask_guard *guard);

/* A look at the text of a statement: it begins as a question does, is one, and is not made of views and common table
 * expressions that multiply when each is put in the place of its name (SQLite does that before it looks at any limit).
 * FW_E_INPUT otherwise. */
FW_NODISCARD
enum fw_status fw_ask_guard_text(const struct fw_ask_guard *guard, const char *sql, struct fw_error *err);

/* The message for a statement that failed with this code of SQLite, and its status. */
enum fw_status fw_ask_guard_fault(const struct fw_ask_guard *guard, const char *sql, int code, struct fw_error *err);

#endif
