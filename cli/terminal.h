/* Terminal output shared by the commands: aligned tables, and whether colours and progress lines are wanted. */
#ifndef FW_CLI_TERMINAL_H
#define FW_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* True when the stream is a terminal, NO_COLOR is empty and TERM is not "dumb". */
bool cli_wants_colour(FILE *stream);

/* True when progress that overwrites its own line may be shown on standard error. */
bool cli_wants_progress(void);

/* Columns of the terminal that the stream goes to, as the variable COLUMNS or the terminal says (80 when neither does);
 * 0: it is no terminal. */
int cli_terminal_width(FILE *stream);

/* Times as text, UTC, the same on every machine: "2026-03-01 09:30:05" for tables, "2026-03-01T09:30:05.123456Z" for
 * JSON. `utc_us` is in microseconds since 1970; a time without a calendar date is "?". Both return `out`. */
#define CLI_TIME_SIZE 40
char *cli_time_short(char out[CLI_TIME_SIZE], int64_t utc_us);
char *cli_time_iso(char out[CLI_TIME_SIZE], int64_t utc_us);

/* A table that is printed when all its rows are known, so that columns are as wide as they need to be. Cells are
 * copied; columns whose header starts with '>' are right-aligned (the mark is not printed). Control characters are
 * escaped, wide characters count as wide. A table whose headers are all empty has no header row. When memory is refused
 * the program says so and ends with exit code 6: nothing has been printed by then.
 *
 *     struct cli_table *table = cli_table_create((const char *const[]){"name", ">rows"}, 2);
 *     cli_table_cell(table, "%s", name);
 *     cli_table_cell(table, "%d", rows);       // row by row; after the last column a new row begins
 *     cli_table_print(table, stdout); */
struct cli_table;

/* `headers` is borrowed until the table is printed. */
struct cli_table *cli_table_create(const char *const *headers, int n_columns);
void cli_table_cell(struct cli_table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* On a terminal lines are cut to its width; columns that are aligned to the right are left whole. */
void cli_table_fit(struct cli_table *table);
void cli_table_print(struct cli_table *table, FILE *stream); /* prints and destroys */

#endif
