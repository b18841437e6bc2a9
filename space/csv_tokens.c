#include "space/csv_tokens.h"

#include <string.h>

/* Where the walk over the text stands. */
struct scan {
    struct fw_csv_chunk *chunk;
    const struct fw_csv_syntax *syntax;
    const char *text;
    const uint64_t *marks;
    size_t limit, end;
    bool whole;
    size_t word;   /* of the marks */
    uint64_t bits; /* of that word, not yet looked at */
    uint32_t line; /* from the chunk's first */
    /* the row */
    size_t row_start;
    int64_t row_token; /* index of its first token */
    uint32_t row_line;
    int64_t faults_before; /* it began */
    bool faulty;
    /* the quoted field, while inside one */
    bool in_quotes;
    size_t quote_at;
    uint32_t quote_line;
    size_t escaped_until; /* marks before this are the second half of a doubled quote */
};

#define EXCERPT 40 /* bytes of a faulty text that are shown */

/* What the walk does next. */
enum step { GO_ON, FINISHED };

void fw_csv_chunk_init(struct fw_csv_chunk *chunk, struct fw_allocator *mem)
{
    memset(chunk, 0, sizeof *chunk);
    chunk->mem = mem;
}

void fw_csv_chunk_clear(struct fw_csv_chunk *chunk)
{
    fw_free(chunk->mem, chunk->row_tokens);
    fw_free(chunk->mem, chunk->row_lines);
    fw_free(chunk->mem, chunk->tokens);
    fw_csv_chunk_init(chunk, chunk->mem);
}

size_t fw_csv_unescape(char *text, size_t length, char quote)
{
    size_t to = 0;
    for (size_t from = 0; from < length; from++) {
        text[to++] = text[from];
        from += text[from] == quote && from + 1 < length && text[from + 1] == quote;
    }
    return to;
}

/* Room for all that one word of marks can bring: each newline ends a row (a token and a row) and starts the next. */
static inline enum fw_status reserve_word(struct fw_csv_chunk *chunk, struct fw_error *err)
{
    if (chunk->token_capacity - chunk->n_tokens < 132)
        FW_TRY(fw_reserve(chunk->mem, &chunk->tokens, &chunk->token_capacity, chunk->n_tokens + 132,
                          sizeof *chunk->tokens, err));
    if (chunk->line_capacity - chunk->n_rows < 66)
        FW_TRY(fw_reserve(chunk->mem, &chunk->row_lines, &chunk->line_capacity, chunk->n_rows + 66,
                          sizeof *chunk->row_lines, err));
    if (chunk->first_capacity - chunk->n_rows < 66)
        FW_TRY(fw_reserve(chunk->mem, &chunk->row_tokens, &chunk->first_capacity, chunk->n_rows + 66,
                          sizeof *chunk->row_tokens, err));
    return FW_OK;
}

/* Sets the walk on the marks from `position` on. */
static void seek(struct scan *scan, size_t position)
{
    scan->word = position / 64;
    scan->bits = position < scan->end ? scan->marks[scan->word] & (~UINT64_C(0) << (position % 64)) : 0;
}

static void start_row(struct scan *scan, size_t position)
{
    struct fw_csv_chunk *chunk = scan->chunk;
    scan->row_start = position;
    scan->row_token = chunk->n_tokens;
    scan->row_line = scan->line;
    scan->faults_before = chunk->n_faults;
    scan->faulty = false;
    chunk->tokens[chunk->n_tokens++] = (uint32_t)position;
}

/* Notes the first fault of a row. */
static void add_fault(struct scan *scan, enum fw_csv_fault_kind kind, uint32_t line, int64_t column, size_t position)
{
    struct fw_csv_chunk *chunk = scan->chunk;
    if (scan->faulty)
        return;
    scan->faulty = true;
    if (chunk->n_faults < FW_CSV_FAULTS_KEPT) {
        size_t length = scan->end - position < EXCERPT ? scan->end - position : EXCERPT;
        const char *newline = memchr(scan->text + position, '\n', length);
        if (newline != NULL)
            length = (size_t)(newline - (scan->text + position));
        chunk->faults[chunk->n_faults] = (struct fw_csv_fault){
            .kind = kind,
            .line = line,
            .column = column,
            .n_fields = chunk->n_tokens - scan->row_token - 1,
            .position = (uint32_t)position,
            .length = (uint32_t)length,
        };
    }
    chunk->n_faults++;
}

static inline int64_t current_column(const struct scan *scan)
{
    return scan->chunk->n_tokens - scan->row_token - 1;
}

static bool is_blank_line(const struct scan *scan, size_t row_end)
{
    const uint32_t *token = scan->chunk->tokens + scan->row_token;
    if (*token & FW_CSV_QUOTED)
        return false;
    size_t start = scan->row_start;
    while (start < row_end && fw_csv_is_blank(scan->text[start]))
        start++;
    return start == row_end;
}

static void check_lengths(struct scan *scan, int64_t n_fields)
{
    const uint32_t *tokens = scan->chunk->tokens + scan->row_token;
    for (int64_t c = 0; c < n_fields; c++) {
        struct fw_text field = fw_csv_raw_field(scan->text, tokens + c);
        if (field.length > scan->syntax->max_field) {
            add_fault(scan, FW_CSV_TOO_LONG, scan->row_line, c, (size_t)(field.data - scan->text));
            return;
        }
    }
}

/* Ends a row at a newline or at the end of the text: keeps it, or takes its tokens back. */
static void finish_row(struct scan *scan, size_t row_end)
{
    struct fw_csv_chunk *chunk = scan->chunk;
    if (row_end > scan->row_start && scan->text[row_end - 1] == '\r') {
        row_end--;
        chunk->has_crlf = true;
    }
    int64_t n_fields = chunk->n_tokens - scan->row_token;
    int64_t expected = scan->syntax->n_columns;
    chunk->tokens[chunk->n_tokens++] = (uint32_t)row_end + 1;
    bool skipped = n_fields == 1 && expected != 1 && is_blank_line(scan, row_end);
    if (!skipped && expected != 0 && n_fields != expected) {
        bool few = n_fields < expected;
        int64_t column = few ? n_fields - 1 : expected;
        size_t position = chunk->tokens[scan->row_token + column] & FW_CSV_POSITION;
        add_fault(scan, few ? FW_CSV_TOO_FEW : FW_CSV_TOO_MANY, scan->row_line, column, position);
    }
    if (!skipped && row_end - scan->row_start > scan->syntax->max_field)
        check_lengths(scan, n_fields);
    if (skipped || scan->faulty) {
        chunk->n_tokens = scan->row_token;
        return;
    }
    chunk->row_lines[chunk->n_rows] = scan->row_line;
    chunk->row_tokens[chunk->n_rows] = (uint32_t)scan->row_token;
    chunk->n_rows++;
}

/* Leaves the walk: all rows up to `next` are taken. */
static enum step finish(struct scan *scan, size_t next, uint32_t n_lines)
{
    scan->chunk->next = next;
    scan->chunk->n_lines = n_lines;
    return FINISHED;
}

/* The row does not end in the text at hand: it is as if it had not begun. */
static enum step leave_incomplete(struct scan *scan)
{
    struct fw_csv_chunk *chunk = scan->chunk;
    chunk->n_tokens = scan->row_token;
    chunk->n_faults = scan->faults_before;
    chunk->incomplete = true;
    return finish(scan, scan->row_start, scan->row_line);
}

static enum step next_row(struct scan *scan, size_t position)
{
    if (position >= scan->limit)
        return finish(scan, position, scan->line);
    start_row(scan, position);
    return GO_ON;
}

/* After a fault in quoting: drops the row and goes on behind the line on which the faulty field began. */
static enum step recover(struct scan *scan)
{
    const char *newline = memchr(scan->text + scan->quote_at, '\n', scan->end - scan->quote_at);
    if (newline == NULL && !scan->whole)
        return leave_incomplete(scan);
    scan->chunk->n_tokens = scan->row_token;
    scan->in_quotes = false;
    scan->line = scan->quote_line;
    if (newline == NULL)
        return finish(scan, scan->end, scan->line);
    scan->line++;
    size_t position = (size_t)(newline - scan->text) + 1;
    seek(scan, position);
    return next_row(scan, position);
}

/* Whether the quoted field has become too long without its end; notes the fault. */
static bool is_endless(struct scan *scan, size_t position)
{
    if (position - scan->quote_at - 1 <= scan->syntax->max_field)
        return false;
    add_fault(scan, FW_CSV_ENDLESS, scan->quote_line, current_column(scan), scan->quote_at);
    return true;
}

/* A quote inside quotes: the first half of a doubled one, or the end of the field. */
static enum step meet_inner_quote(struct scan *scan, size_t position)
{
    const char *text = scan->text;
    char quote = scan->syntax->quote;
    size_t after = position + 1;
    if (after < scan->end && text[after] == quote) {
        scan->chunk->tokens[scan->chunk->n_tokens - 1] |= FW_CSV_ESCAPED;
        scan->escaped_until = after + 1;
        return GO_ON;
    }
    char delimiter = scan->syntax->delimiter;
    while (after < scan->end && fw_csv_is_blank(text[after]) && text[after] != delimiter)
        after++;
    bool line_end_follows =
        after < scan->end && text[after] == '\r' && (after + 1 < scan->end ? text[after + 1] == '\n' : scan->whole);
    if (after == scan->end || (text[after] == '\r' && after + 1 == scan->end)) {
        if (!scan->whole)
            return leave_incomplete(scan);
    } else if (text[after] != delimiter && text[after] != '\n' && !line_end_follows) {
        /* a message must not depend on where the text at hand happens to end */
        bool excerpt_is_cut = scan->end - after < EXCERPT && memchr(text + after, '\n', scan->end - after) == NULL;
        if (excerpt_is_cut && !scan->whole)
            return leave_incomplete(scan);
        add_fault(scan, FW_CSV_JUNK, scan->line, current_column(scan), after);
        return recover(scan);
    }
    scan->in_quotes = false;
    return GO_ON;
}

static enum step meet_in_quotes(struct scan *scan, size_t position)
{
    char c = scan->text[position];
    if (position < scan->escaped_until)
        return GO_ON;
    if (is_endless(scan, position))
        return recover(scan);
    if (c == '\n')
        scan->line++;
    else if (c == '\0')
        add_fault(scan, FW_CSV_NUL, scan->line, current_column(scan), position);
    else if (c == scan->syntax->quote)
        return meet_inner_quote(scan, position);
    return GO_ON;
}

/* A quote outside of quotes opens a field when only blanks stand before it. */
static void meet_outer_quote(struct scan *scan, size_t position)
{
    uint32_t *token = &scan->chunk->tokens[scan->chunk->n_tokens - 1];
    size_t start = *token & FW_CSV_POSITION;
    while (start < position && fw_csv_is_blank(scan->text[start]))
        start++;
    if (start != position)
        return;
    *token |= FW_CSV_QUOTED;
    scan->in_quotes = true;
    scan->quote_at = position;
    scan->quote_line = scan->line;
    scan->escaped_until = 0;
}

/* A newline, a quote or a NUL outside of quotes. */
static enum step meet_outside(struct scan *scan, size_t position)
{
    char c = scan->text[position];
    if (c == '\n') {
        scan->line++;
        finish_row(scan, position);
        return next_row(scan, position + 1);
    }
    if (c == '\0')
        add_fault(scan, FW_CSV_NUL, scan->line, current_column(scan), position);
    else
        meet_outer_quote(scan, position);
    return GO_ON;
}

/* No marks are left. */
static enum step meet_end(struct scan *scan)
{
    if (scan->in_quotes && is_endless(scan, scan->end))
        return recover(scan);
    if (!scan->whole) {
        leave_incomplete(scan);
        scan->chunk->incomplete = scan->row_start < scan->end;
        return FINISHED;
    }
    if (scan->in_quotes) {
        add_fault(scan, FW_CSV_UNCLOSED, scan->quote_line, current_column(scan), scan->quote_at);
        return recover(scan);
    }
    if (scan->row_start < scan->end)
        finish_row(scan, scan->end);
    else
        scan->chunk->n_tokens = scan->row_token;
    return finish(scan, scan->end, scan->line);
}

/* Looks at every mark in turn. Delimiters outside of quotes, nearly all marks of most files, take the short way. */
static enum fw_status walk(struct scan *scan, struct fw_error *err)
{
    struct fw_csv_chunk *chunk = scan->chunk;
    const char delimiter = scan->syntax->delimiter;
    enum step step = GO_ON;
    while (step == GO_ON) {
        FW_TRY(reserve_word(chunk, err));
        size_t position = scan->end;
        while (scan->bits != 0) {
            position = scan->word * 64 + (size_t)__builtin_ctzll(scan->bits);
            scan->bits &= scan->bits - 1;
            if (position >= scan->end)
                break;
            if (!scan->in_quotes && scan->text[position] == delimiter) {
                chunk->tokens[chunk->n_tokens++] = (uint32_t)position + 1;
                continue;
            }
            size_t word = scan->word;
            step = scan->in_quotes ? meet_in_quotes(scan, position) : meet_outside(scan, position);
            if (step == FINISHED || scan->word != word)
                break; /* done, or set back by a recovery: room must be made anew */
        }
        if (step == FINISHED)
            break;
        if (scan->bits != 0 && position < scan->end)
            continue;
        if (scan->bits == 0 && (scan->word + 1) * 64 < scan->end)
            scan->bits = scan->marks[++scan->word];
        else
            step = meet_end(scan);
    }
    return FW_OK;
}

enum fw_status fw_csv_tokenise(struct fw_csv_chunk *chunk, const char *text, const uint64_t *marks, size_t begin,
                               size_t limit, size_t end, bool whole, const struct fw_csv_syntax *syntax,
                               struct fw_error *err)
{
    chunk->n_tokens = chunk->n_rows = chunk->n_faults = chunk->n_lines = 0;
    chunk->incomplete = chunk->has_crlf = false;
    chunk->begin = chunk->next = begin;
    if (begin >= limit)
        return FW_OK;
    struct scan scan = {
        .chunk = chunk, .syntax = syntax, .text = text, .marks = marks, .limit = limit, .end = end, .whole = whole};
    FW_TRY(reserve_word(chunk, err));
    start_row(&scan, begin);
    seek(&scan, begin);
    return walk(&scan, err);
}
