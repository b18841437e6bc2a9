/* Terminal output shared by the commands: aligned tables, and whether colours and progress lines are wanted. */
#ifndef FW_CLI_TERMINAL_H
#define FW_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* True when the stream is a terminal, NO_COLOR is empty and TERM is not "dumb". */
bool cli_wants_colour(FILE *stream);

/* True when progress that overwrites its own line may be shown on standard error. */
bool cli_wants_progress(void);

/* A table that is printed when all its rows are known, so that columns are as wide as they need to be. Cells are
 * copied; columns whose header starts with '>' are right-aligned (the mark is not printed). Control characters are
 * escaped. */
struct cli_table;

struct cli_table *cli_table_create(const char *const *headers, int n_columns);
void cli_table_cell(struct cli_table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
void cli_table_print(struct cli_table *table, FILE *stream); /* prints and destroys */

#endif
