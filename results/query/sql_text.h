/* The text of an SQL statement, token by token, as SQLite reads it: for looks at a statement before SQLite sees it.
 * Internal to results/. */
#ifndef FW_RESULTS_SQL_TEXT_H
#define FW_RESULTS_SQL_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"

enum fw_sql_token_kind {
    FW_SQL_WORD,   /* a name or a keyword, bare */
    FW_SQL_NAME,   /* a name in double quotes, brackets or backticks */
    FW_SQL_STRING, /* in single quotes (SQLite takes it for a name where only a name may stand) */
    FW_SQL_NUMBER,
    FW_SQL_SIGN,  /* any other character, one at a time */
    FW_SQL_BROKEN /* a quote that is not closed */
};

struct fw_sql_token {
    enum fw_sql_token_kind kind;
    const char *start; /* borrowed from the text */
    int64_t length;    /* bytes, quotes included */
};

/* The next token at or after *at, which is moved behind it; blanks and comments are passed over. False: the text has
 * ended. `at` points into a text that ends in a NUL. */
bool fw_sql_token_next(struct fw_sql_token *out, const char **at);

/* Whether a token is this bare word, letters of either case. */
bool fw_sql_token_is_word(const struct fw_sql_token *token, const char *word);

/* Whether two tokens are the same name once their quotes are taken away, ASCII letters of either case. */
bool fw_sql_token_same_name(const struct fw_sql_token *a, const struct fw_sql_token *b);

/* Appends a name, its quotes taken away. */
void fw_sql_token_add_name(struct fw_buffer *out, const struct fw_sql_token *token);

#endif
