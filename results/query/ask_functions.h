/* Which SQL functions a question (ask.h) may call. Internal to results/. */
#ifndef FW_RESULTS_ASK_FUNCTIONS_H
#define FW_RESULTS_ASK_FUNCTIONS_H

#include <sqlite3.h>
#include <stdbool.h>

/* Functions that read nothing but their arguments and need a time that grows with their length alone. */
bool fw_ask_function_is_harmless(const char *name);

/* Puts functions of our own in the place of SQLite's: instr, replace, trim, ltrim and rtrim, whose time grows with the
 * product of the lengths of their arguments; like and glob, which ask `is_over(self)` before each comparison; printf
 * and format, which would write a billion blanks for a width or precision of that many (100 is the largest here, and
 * '*' is not taken); strftime, whose format may be long for SQLite. `self` is borrowed until the connection is closed.
 * Returns SQLite's code. */
int fw_ask_functions_install(sqlite3 *db, int (*is_over)(void *), void *self);

#endif
