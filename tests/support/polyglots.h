/* Texts that a page, a terminal, a spreadsheet or a query may take for something else than text: what studies, columns,
 * reasons and commands are called by whoever means harm or has bad luck.
 *
 * What is run sets the variable `polyglot` of the page; what is loaded comes from the host polyglot.example. A page
 * that shows all of them and has neither happen to it treats text as text. */
#ifndef FW_TESTS_SUPPORT_POLYGLOTS_H
#define FW_TESTS_SUPPORT_POLYGLOTS_H

#include <stdint.h>

extern const char *const polyglots[]; /* (n_polyglots) each once; not all are valid UTF-8, one is empty */
extern const int n_polyglots;

/* All of them in turn, then again from the first: the next one of a struct polyglot_turn, as report_texts wants it. */
struct polyglot_turn {
    int at; /* how many were given */
};
const char *polyglots_next(void *turn);

/* Polyglot i (modulo their number) followed by more of the kind up to `length` bytes. The caller's, by free. */
char *polyglot_of(int i, int64_t length);

#endif
