#include "results/query/sql_text.h"

#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/* Letters, digits, '_', '$' and all that is not ASCII. */
static bool is_word(char c)
{
    unsigned char u = (unsigned char)c;
    return u >= 0x80 || (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || u == '_' ||
           u == '$';
}

/* Behind blanks and comments; a comment that is not closed reaches to the end. */
static const char *skip(const char *at)
{
    for (;;) {
        if (is_blank(*at)) {
            at++;
        } else if (at[0] == '-' && at[1] == '-') {
            at += strcspn(at, "\n");
        } else if (at[0] == '/' && at[1] == '*') {
            const char *end = strstr(at + 2, "*/");
            at = end != NULL ? end + 2 : at + strlen(at);
        } else {
            return at;
        }
    }
}

/* Behind a quoted text; NULL: it is not closed. A doubled quote stands for one. */
static const char *quoted_end(const char *at)
{
    char close = *at == '[' ? ']' : *at;
    for (at++; *at != '\0'; at++) {
        if (*at != close)
            continue;
        if (close == ']' || at[1] != close)
            return at + 1;
        at++;
    }
    return NULL;
}

bool fw_sql_token_next(struct fw_sql_token *out, const char **at)
{
    const char *start = skip(*at);
    const char *end = start + 1;
    *at = start;
    if (*start == '\0')
        return false;
    out->start = start;
    if (strchr("\"[`'", *start) != NULL) {
        end = quoted_end(start);
        out->kind = end == NULL ? FW_SQL_BROKEN : *start == '\'' ? FW_SQL_STRING : FW_SQL_NAME;
        end = end == NULL ? start + strlen(start) : end;
    } else if (is_word(*start)) {
        out->kind = *start >= '0' && *start <= '9' ? FW_SQL_NUMBER : FW_SQL_WORD;
        while (is_word(*end))
            end++;
    } else {
        out->kind = FW_SQL_SIGN;
    }
    out->length = end - start;
    *at = end;
    return true;
}

bool fw_sql_token_is_word(const struct fw_sql_token *token, const char *word)
{
    return token->kind == FW_SQL_WORD && (size_t)token->length == strlen(word) &&
           strncasecmp(token->start, word, (size_t)token->length) == 0;
}

/* The next character of a name, its quotes taken away; -1: it has ended. */
static int next_character(const struct fw_sql_token *token, int64_t *at)
{
    bool quoted = token->kind == FW_SQL_NAME || token->kind == FW_SQL_STRING;
    int64_t end = quoted ? token->length - 1 : token->length;
    if (quoted && *at == 0)
        *at = 1;
    if (*at >= end)
        return -1;
    char c = token->start[*at];
    *at += quoted && c == token->start[0] && c != '[' ? 2 : 1;
    return (unsigned char)c;
}

static int lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

void fw_sql_token_add_name(struct fw_buffer *out, const struct fw_sql_token *token)
{
    int64_t at = 0;
    for (int c = next_character(token, &at); c >= 0; c = next_character(token, &at))
        fw_buffer_add(out, (const char[]){(char)c}, 1);
}

bool fw_sql_token_same_name(const struct fw_sql_token *a, const struct fw_sql_token *b)
{
    int64_t at_a = 0;
    int64_t at_b = 0;
    for (;;) {
        int next_a = lower(next_character(a, &at_a));
        int next_b = lower(next_character(b, &at_b));
        if (next_a != next_b)
            return false;
        if (next_a < 0)
            return true;
    }
}
