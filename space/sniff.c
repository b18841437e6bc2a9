#include "space/sniff.h"

#include <stdlib.h>
#include <string.h>

#include "space/csv_marks.h"
#include "space/csv_tokens.h"
#include "space/dictionary.h"

#define SAMPLE_SIZE       (128 * FW_KIB)
#define SAMPLE_LIMIT      (256 * FW_MIB) /* of text in search of the first lines */
#define SAMPLE_LINES      4              /* that a sample holds at least, if there are as many */
#define ROWS_LOOKED_AT    1000
#define COLUMNS_LOOKED_AT 2000

/* A candidate, what became of the sample under it, and how well it fits. */
struct guess {
    char delimiter;
    int rank;        /* between equals the lower one wins */
    int64_t modal;   /* the commonest number of fields */
    double share;    /* of lines behind the preamble that have it */
    bool first_fits; /* the first line has it: there is no preamble */
};

struct sniffer {
    struct fw_allocator *mem;
    const char *name;
    const struct fw_table_options *options;
    char *text; /* a copy of the sample without its BOM, padded */
    size_t size;
    bool whole;
    uint64_t *marks;
    struct fw_csv_chunk chunk; /* the sample under the delimiter tried last */
};

static int64_t count_lines(const char *text, size_t size)
{
    int64_t n = 0;
    for (const char *at = text; (at = memchr(at, '\n', size - (size_t)(at - text))) != NULL; at++)
        n++;
    return n;
}

/* The first bytes, more of them while they hold too few lines. */
static enum fw_status take_sample(struct sniffer *sniffer, struct fw_stream *stream, bool *has_bom,
                                  struct fw_error *err)
{
    struct fw_text sample;
    size_t want = SAMPLE_SIZE;
    for (;; want *= 2) {
        FW_TRY(fw_stream_peek(&sample, &sniffer->whole, stream, want, err));
        if (sniffer->whole || want >= SAMPLE_LIMIT || count_lines(sample.data, sample.length) >= SAMPLE_LINES)
            break;
    }
    *has_bom = sample.length >= 3 && memcmp(sample.data, "\xef\xbb\xbf", 3) == 0;
    if (*has_bom) {
        sample.data += 3;
        sample.length -= 3;
    }
    sniffer->size = sample.length;
    sniffer->text = fw_alloc_array_raw(sniffer->mem, (int64_t)sample.length + FW_CSV_PADDING, 1);
    FW_ALLOC(sniffer->marks, sniffer->mem, (int64_t)(sample.length / 64 + 1), "a look at a file", err);
    if (sniffer->text == NULL)
        return fw_error_nomem(err, sniffer->mem, "a look at a file", (int64_t)sample.length, 1);
    memcpy(sniffer->text, sample.data, sample.length);
    memset(sniffer->text + sample.length, 0, FW_CSV_PADDING);
    if (memchr(sample.data, '\n', sample.length) == NULL) {
        const char *cr = memchr(sample.data, '\r', sample.length);
        if (cr != NULL && cr + 1 < sample.data + sample.length)
            return fw_error_set(err, FW_E_INPUT,
                                "%s: lines end in a carriage return alone; convert the file with tr '\\r' '\\n'",
                                sniffer->name);
    }
    return FW_OK;
}

/* Takes the sample apart under a delimiter; any number of fields will do. */
static enum fw_status try_delimiter(struct sniffer *sniffer, char delimiter, struct fw_error *err)
{
    const struct fw_csv_syntax syntax = {.delimiter = delimiter,
                                         .quote = sniffer->options->quote,
                                         .max_field = sniffer->options->max_field};
    fw_csv_marks(sniffer->marks, sniffer->text, (int64_t)((sniffer->size + 63) / 64), delimiter, syntax.quote);
    return fw_csv_tokenise(&sniffer->chunk, sniffer->text, sniffer->marks, 0, sniffer->size, sniffer->size,
                           sniffer->whole, &syntax, err);
}

static int64_t fields_of(const struct fw_csv_chunk *chunk, int64_t row)
{
    int64_t next = row + 1 < chunk->n_rows ? chunk->row_tokens[row + 1] : chunk->n_tokens;
    return next - chunk->row_tokens[row] - 1;
}

static int compare_counts(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The commonest number of fields among the first rows (between equals the larger) and how common it is. */
static void measure(struct guess *guess, const struct fw_csv_chunk *chunk)
{
    int64_t counts[ROWS_LOOKED_AT] = {0};
    int64_t n = chunk->n_rows < ROWS_LOOKED_AT ? chunk->n_rows : ROWS_LOOKED_AT;
    guess->modal = 0;
    guess->share = 0;
    guess->first_fits = false;
    if (n == 0)
        return;
    for (int64_t row = 0; row < n; row++)
        counts[row] = fields_of(chunk, row);
    qsort(counts, (size_t)n, sizeof counts[0], compare_counts);
    int64_t best = 0;
    for (int64_t begin = 0, end = 0; begin < n; begin = end) {
        while (end < n && counts[end] == counts[begin])
            end++;
        if (end - begin >= best) {
            best = end - begin;
            guess->modal = counts[begin];
        }
    }
    int64_t preamble = 0;
    while (guess->modal > 1 && preamble < n && fields_of(chunk, preamble) == 1)
        preamble++;
    guess->share = (double)best / (double)(n - preamble + chunk->n_faults);
    guess->first_fits = fields_of(chunk, 0) == guess->modal;
}

/* Whether `a` explains the sample better than `b`, which may be NULL. */
static bool is_better(const struct guess *a, const struct guess *b)
{
    if (a->modal < 2 || a->share < (a->delimiter == ' ' ? 0.95 : 0.7))
        return false;
    if (b == NULL)
        return true;
    if (a->share > b->share + 0.1 || b->share > a->share + 0.1)
        return a->share > b->share;
    if (a->rank != b->rank)
        return a->rank < b->rank;
    if (a->first_fits != b->first_fits)
        return a->first_fits;
    return a->modal > b->modal;
}

static enum fw_status choose_delimiter(struct guess *chosen, struct sniffer *sniffer, struct fw_error *err)
{
    static const struct guess candidates[] = {{.delimiter = '\t'},
                                              {.delimiter = ';'},
                                              {.delimiter = ','},
                                              {.delimiter = '|', .rank = 1},
                                              {.delimiter = ' ', .rank = 2}};
    const struct guess *best = NULL;
    struct guess guesses[sizeof candidates / sizeof candidates[0]];
    for (size_t i = 0; i < sizeof candidates / sizeof candidates[0] && sniffer->options->delimiter == '\0'; i++) {
        if (candidates[i].delimiter == sniffer->options->quote)
            continue;
        guesses[i] = candidates[i];
        FW_TRY(try_delimiter(sniffer, guesses[i].delimiter, err));
        measure(&guesses[i], &sniffer->chunk);
        if (is_better(&guesses[i], best))
            best = &guesses[i];
    }
    if (best != NULL)
        *chosen = *best;
    else
        chosen->delimiter = sniffer->options->delimiter != '\0' ? sniffer->options->delimiter : ',';
    FW_TRY(try_delimiter(sniffer, chosen->delimiter, err));
    measure(chosen, &sniffer->chunk);
    return FW_OK;
}

static struct fw_text cell(const struct sniffer *sniffer, int64_t row, int64_t column)
{
    const struct fw_csv_chunk *chunk = &sniffer->chunk;
    return fw_csv_raw_field(sniffer->text, chunk->tokens + chunk->row_tokens[row] + column);
}

static bool is_number(struct fw_text text)
{
    double value;
    return fw_text_to_double(text, &value);
}

/* What columns say about the first line: over numbers a name, over values like itself no name. */
struct votes {
    int64_t for_header, against;
};

static void ask_column(struct votes *votes, const struct sniffer *sniffer, int64_t first, int64_t n_rows,
                       int64_t n_fields, int64_t column, const struct fw_missing_set *missing)
{
    struct fw_text name = cell(sniffer, first, column);
    int64_t numbers = 0, others = 0, same = 0;
    for (int64_t row = first + 1; row < n_rows; row++) {
        if (fields_of(&sniffer->chunk, row) != n_fields)
            continue;
        struct fw_text value = cell(sniffer, row, column);
        if (fw_missing_set_has(missing, value))
            continue;
        bool number = is_number(value);
        numbers += number;
        others += !number;
        same += fw_text_equal(value, name);
    }
    votes->for_header += name.length > 0 && numbers > 0 && others == 0;
    votes->against += name.length > 0 && same > 0;
}

/* Of the cells in n_rows rows that are not empty: how many there are, how many distinct ones. */
static enum fw_status count_distinct(int64_t *distinct_out, int64_t *filled_out, const struct sniffer *sniffer,
                                     int64_t row, int64_t n_rows, int64_t n_fields, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct fw_dictionary *seen;
    FW_TRY(fw_dictionary_create(&seen, sniffer->mem, err));
    *filled_out = 0;
    for (int64_t r = row; r < row + n_rows; r++) {
        for (int64_t c = 0; c < n_fields && c < fields_of(&sniffer->chunk, r); c++) {
            uint32_t code;
            struct fw_text text = cell(sniffer, r, c);
            *filled_out += text.length > 0;
            FW_TRY_GOTO(fw_dictionary_add(&code, seen, text, 0, err), done);
        }
    }
    *distinct_out = fw_dictionary_size(seen) - 1;
done:
    fw_dictionary_destroy(seen);
    return status;
}

/* A first line of texts over texts, none of which comes again in its column: names, when they are distinct. A lone
 * column must show by repeating itself that its first value is another kind of thing. */
static enum fw_status guess_header_of_texts(bool *out, const struct sniffer *sniffer, int64_t first, int64_t n_rows,
                                            int64_t n_fields, struct fw_error *err)
{
    int64_t distinct, filled;
    if (n_fields > 1) {
        FW_TRY(count_distinct(&distinct, &filled, sniffer, first, 1, n_fields, err));
        *out = distinct == filled;
    } else {
        FW_TRY(count_distinct(&distinct, &filled, sniffer, first + 1, n_rows - first - 1, 1, err));
        *out = 2 * distinct <= filled && filled > 0;
    }
    return FW_OK;
}

static enum fw_status guess_header(bool *out, const struct sniffer *sniffer, int64_t first, int64_t n_fields,
                                   struct fw_error *err)
{
    struct fw_missing_set missing;
    FW_TRY(fw_missing_set_init(&missing, sniffer->options->missing, sniffer->options->n_missing, err));
    int64_t n_rows = sniffer->chunk.n_rows < first + ROWS_LOOKED_AT ? sniffer->chunk.n_rows : first + ROWS_LOOKED_AT;
    struct votes votes = {0};
    *out = false;
    for (int64_t c = 0; c < n_fields; c++) {
        struct fw_text name = cell(sniffer, first, c);
        if (is_number(name) || (name.length > 0 && fw_missing_set_has(&missing, name)))
            return FW_OK;
    }
    for (int64_t c = 0; c < n_fields && c < COLUMNS_LOOKED_AT; c++)
        ask_column(&votes, sniffer, first, n_rows, n_fields, c, &missing);
    if (votes.for_header != votes.against) {
        *out = votes.for_header > votes.against;
        return FW_OK;
    }
    if (votes.against > 0)
        return FW_OK;
    return guess_header_of_texts(out, sniffer, first, n_rows, n_fields, err);
}

/* Names from the options, from the header (empty ones become positions), or "1", "2", ... */
static enum fw_status make_names(struct fw_csv_layout *layout, struct sniffer *sniffer, int64_t header_row,
                                 struct fw_error *err)
{
    const struct fw_table_options *options = sniffer->options;
    if (options->names != NULL && options->n_names != layout->n_columns)
        return fw_error_set(err, FW_E_ARG, "%s: %lld names are given for %lld columns; give one name a column",
                            sniffer->name, (long long)options->n_names, (long long)layout->n_columns);
    for (int64_t c = 0; c < layout->n_columns; c++) {
        struct fw_text name = {NULL, 0};
        if (options->names != NULL)
            name = fw_text_of(options->names[c]);
        else if (layout->has_header)
            name = fw_csv_field(sniffer->text, sniffer->chunk.tokens + sniffer->chunk.row_tokens[header_row] + c,
                                options->quote);
        if (name.length == 0)
            fw_buffer_addf(&layout->names, "%lld", (long long)c + 1);
        fw_buffer_add(&layout->names, name.data, name.length);
        fw_buffer_add(&layout->names, "", 1);
    }
    return fw_buffer_check(&layout->names, err);
}

/* Where the rows begin: after the line on which the preamble or the header ends, or at the very beginning. */
static void place_body(struct fw_csv_layout *layout, const struct sniffer *sniffer, int64_t rows_before)
{
    const struct fw_csv_chunk *chunk = &sniffer->chunk;
    size_t start = 0;
    if (rows_before > 0) {
        int64_t end_token = rows_before < chunk->n_rows ? chunk->row_tokens[rows_before] : chunk->n_tokens;
        size_t row_end = (chunk->tokens[end_token - 1] & FW_CSV_POSITION) - 1;
        const char *newline = memchr(sniffer->text + row_end, '\n', sniffer->size - row_end);
        start = newline != NULL ? (size_t)(newline - sniffer->text) + 1 : sniffer->size;
    }
    layout->body_line = 1 + count_lines(sniffer->text, start);
    layout->body_start = start + (layout->has_bom ? 3 : 0);
}

static enum fw_status understand(struct fw_csv_layout *layout, struct sniffer *sniffer, struct fw_error *err)
{
    const struct fw_table_options *options = sniffer->options;
    const struct fw_csv_chunk *chunk = &sniffer->chunk;
    struct guess guess = {0};
    FW_TRY(choose_delimiter(&guess, sniffer, err));
    layout->delimiter = guess.delimiter;
    layout->n_columns = guess.modal > 0 ? guess.modal : 1;
    /* a fault before the first good row is the reader's to report: nothing may be left out around it */
    bool clean = chunk->n_rows > 0 && (chunk->n_faults == 0 || chunk->faults[0].line > chunk->row_lines[0]);
    if (!clean && options->header == FW_HEADER_YES && options->skip_bad_rows)
        return fw_error_set(err, FW_E_INPUT,
                            "%s: the header cannot be read, and it is no row to skip; repair its quotes",
                            sniffer->name);
    int64_t row = 0;
    while (clean && layout->n_columns > 1 && row < chunk->n_rows && fields_of(chunk, row) == 1)
        row++;
    layout->preamble_lines = row > 0 ? chunk->row_lines[row - 1] + 1 : 0;
    clean = clean && row < chunk->n_rows;
    int64_t n_fields = clean ? fields_of(chunk, row) : 0;
    if (options->header == FW_HEADER_YES)
        layout->has_header = clean;
    else if (options->header == FW_HEADER_AUTO && n_fields == layout->n_columns)
        FW_TRY(guess_header(&layout->has_header, sniffer, row, n_fields, err));
    if (layout->has_header && n_fields != layout->n_columns)
        return fw_error_set(err, FW_E_INPUT,
                            "%s:%lld: the header has %lld names, the rows below have %lld fields; repair the header, "
                            "or name the delimiter with --delimiter",
                            sniffer->name, (long long)chunk->row_lines[row] + 1, (long long)n_fields,
                            (long long)layout->n_columns);
    if (layout->n_columns > options->max_columns)
        return fw_error_set(err, FW_E_INPUT,
                            "%s: %lld columns, at most %lld are allowed; raise --max-columns if this is meant",
                            sniffer->name, (long long)layout->n_columns, (long long)options->max_columns);
    place_body(layout, sniffer, row + layout->has_header);
    return make_names(layout, sniffer, row, err);
}

static enum fw_status check_options(const struct fw_table_options *options, struct fw_error *err)
{
    char delimiter = options->delimiter;
    char quote = options->quote;
    if (delimiter == '\n' || delimiter == '\r' || quote == '\n' || quote == '\r')
        return fw_error_set(err, FW_E_ARG, "an end of line cannot be a delimiter or quote; give another character");
    if (quote == ' ' || quote == '\t')
        return fw_error_set(err, FW_E_ARG, "a blank cannot be a quote; give another character");
    if (delimiter != '\0' && delimiter == quote)
        return fw_error_set(err, FW_E_ARG, "'%c' cannot be both delimiter and quote; give another character",
                            delimiter);
    return FW_OK;
}

enum fw_status fw_csv_sniff(struct fw_csv_layout *layout, struct fw_stream *stream,
                            const struct fw_table_options *options, struct fw_allocator *mem, struct fw_error *err)
{
    enum fw_status status = FW_OK;
    struct sniffer sniffer = {.mem = mem, .name = fw_stream_name(stream), .options = options};
    memset(layout, 0, sizeof *layout);
    fw_buffer_init(&layout->names, mem);
    fw_csv_chunk_init(&sniffer.chunk, mem);
    FW_TRY_GOTO(check_options(options, err), done);
    FW_TRY_GOTO(take_sample(&sniffer, stream, &layout->has_bom, err), done);
    FW_TRY_GOTO(understand(layout, &sniffer, err), done);
done:
    fw_csv_chunk_clear(&sniffer.chunk);
    fw_free(mem, sniffer.marks);
    fw_free(mem, sniffer.text);
    return status;
}

void fw_csv_layout_clear(struct fw_csv_layout *layout)
{
    fw_buffer_clear(&layout->names);
}
