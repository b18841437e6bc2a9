/* From text to rows and fields, after RFC 4180: fields in quotes may hold delimiters, newlines and doubled quotes; a
 * quote inside an unquoted field is an ordinary character; lines end in LF or CRLF. Nothing is copied: a token is where
 * a field starts, and the field ends one byte before the next token.
 *
 * A chunk is a stretch of a batch of text, taken by one thread on the guess that it begins at a row. When the guess was
 * wrong (the chunk before ended inside quotes), the caller takes it again from the right place; so the outcome is that
 * of one pass over the whole text.
 *
 * A row with a fault is left out and noted. Where the fault is in quoting, reading goes on after the line on which the
 * faulty field began, so that one stray quote costs one row. */
#ifndef FW_SPACE_CSV_TOKENS_H
#define FW_SPACE_CSV_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/alloc.h"
#include "core/text.h"

/* A token: 30 bits of position, and what kind of field starts there. */
#define FW_CSV_POSITION UINT32_C(0x3fffffff)
#define FW_CSV_QUOTED   UINT32_C(0x80000000)
#define FW_CSV_ESCAPED  UINT32_C(0x40000000)     /* quoted, with doubled quotes inside */
#define FW_CSV_MAX_TEXT (((size_t)1 << 30) - 64) /* bytes of a batch, hence of a row */

/* Readable bytes that must follow the text: marks are made for words of 64 bytes. */
#define FW_CSV_PADDING 64

struct fw_csv_syntax {
    char delimiter;
    char quote;        /* '\0': none */
    int64_t n_columns; /* rows with another number of fields are faults; 0: any number will do */
    size_t max_field;  /* bytes */
};

enum fw_csv_fault_kind {
    FW_CSV_TOO_FEW,
    FW_CSV_TOO_MANY,
    FW_CSV_UNCLOSED, /* a quote that is never closed */
    FW_CSV_ENDLESS,  /* a quoted field that goes on beyond max_field */
    FW_CSV_JUNK,     /* something after a closing quote */
    FW_CSV_NUL,
    FW_CSV_TOO_LONG
};

struct fw_csv_fault {
    enum fw_csv_fault_kind kind;
    uint32_t line;     /* counted from the chunk's first, which is 0 */
    int64_t column;    /* of the faulty field; the first superfluous one of TOO_MANY */
    int64_t n_fields;  /* of TOO_FEW and TOO_MANY */
    uint32_t position; /* where the text at fault starts */
    uint32_t length;   /* of an excerpt to show */
};

#define FW_CSV_FAULTS_KEPT 20

struct fw_csv_chunk {
    struct fw_allocator *mem;
    uint32_t *tokens; /* a row has its fields' tokens and one more for the end of the last */
    int64_t n_tokens, token_capacity;
    uint32_t *row_lines;  /* (n_rows) the line each row begins on, counted from the chunk's first */
    uint32_t *row_tokens; /* (n_rows) its first token */
    int64_t n_rows, line_capacity, first_capacity;
    struct fw_csv_fault faults[FW_CSV_FAULTS_KEPT]; /* the first ones */
    int64_t n_faults;
    int64_t first_line; /* of `begin` in the file; the caller's */
    size_t begin, next; /* the text taken is [begin, next) */
    int64_t n_lines;    /* newlines in it */
    bool incomplete;    /* the row at `next` does not end in the text at hand */
    bool has_crlf;
};

void fw_csv_chunk_init(struct fw_csv_chunk *chunk, struct fw_allocator *mem);
void fw_csv_chunk_clear(struct fw_csv_chunk *chunk); /* frees */

/* Takes the rows that start in [begin, limit); they may reach to `end`, where the text at hand ends. `whole` tells that
 * no text follows. marks: of all words of [0, end). Fails with FW_E_NOMEM only. */
FW_NODISCARD
enum fw_status fw_csv_tokenise(struct fw_csv_chunk *chunk, const char *text, const uint64_t *marks, size_t begin,
                               size_t limit, size_t end, bool whole, const struct fw_csv_syntax *syntax,
                               struct fw_error *err);

static inline bool fw_csv_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The field at a token as it stands: without blanks around it and without its quotes, doubled quotes still doubled. */
static inline struct fw_text fw_csv_raw_field(const char *text, const uint32_t *token)
{
    size_t begin = token[0] & FW_CSV_POSITION;
    size_t end = (token[1] & FW_CSV_POSITION) - 1;
    while (begin < end && fw_csv_is_blank(text[begin]))
        begin++;
    while (begin < end && fw_csv_is_blank(text[end - 1]))
        end--;
    size_t quotes = token[0] >> 31;
    return (struct fw_text){text + begin + quotes, end - begin - 2 * quotes};
}

/* Undoubles quotes in place; returns the length. */
size_t fw_csv_unescape(char *text, size_t length, char quote);

/* The field's value. Doubled quotes are undoubled in place, once: a token may be read this way a single time. */
static inline struct fw_text fw_csv_field(char *text, const uint32_t *token, char quote)
{
    struct fw_text field = fw_csv_raw_field(text, token);
    if (token[0] & FW_CSV_ESCAPED)
        field.length = fw_csv_unescape(text + (field.data - text), field.length, quote);
    return field;
}

#endif
