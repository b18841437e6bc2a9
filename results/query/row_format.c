#include "results/query/row_format.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/json_text.h"
#include "core/shown.h"
#include "core/text_table.h"

/* Text is handed on in pieces of about this many bytes. */
#define PIECE (64 * 1024)

struct format {
    const char *name;
    void (*begin)(struct fw_row_writer *w);
    void (*row)(struct fw_row_writer *w, const struct fw_value *cells);
    void (*end)(struct fw_row_writer *w); /* NULL: nothing */
};

struct fw_row_writer {
    struct fw_row_writer_options options;
    const struct format *format;
    struct fw_text_sink to;
    struct fw_allocator *mem;
    struct fw_buffer text; /* not handed on yet */
    struct fw_rows names;  /* the names of the columns, and no rows */
    int64_t n;             /* rows so far */
    struct fw_text_table table;
    bool *seen; /* (n_columns) of a table: the column holds a value */
};

static struct fw_text text_of(const struct fw_value *value)
{
    return (struct fw_text){value->text, (size_t)value->length};
}

/* A number in its shortest form that reads back to the same bits. */
static void add_number(struct fw_buffer *out, const struct fw_value *value)
{
    char text[32];
    if (value->type == FW_VALUE_INT)
        fw_buffer_add(out, text, (size_t)snprintf(text, sizeof text, "%" PRId64, value->integer));
    else if (isinf(value->real))
        fw_buffer_add_text(out, value->real > 0 ? "inf" : "-inf");
    else
        fw_buffer_add(out, text, (size_t)fw_text_from_double(text, value->real));
}

void fw_row_format_csv_text(struct fw_buffer *out, struct fw_text text, bool spreadsheet)
{
    bool formula = spreadsheet && text.length > 0 && strchr("=+-@\t\r", text.data[0]) != NULL && text.data[0] != '\0';
    bool quoted = text.length == 0;
    for (size_t i = 0; i < text.length && !quoted; i++)
        quoted = text.data[i] == '"' || text.data[i] == ',' || text.data[i] == '\n' || text.data[i] == '\r';
    /* blanks at an end survive quotes only */
    quoted = quoted || text.data[0] == ' ' || text.data[text.length - 1] == ' ';
    fw_buffer_add_text(out, quoted ? "\"" : "");
    fw_buffer_add_text(out, formula ? "'" : "");
    while (quoted && text.length > 0) {
        const char *quote = memchr(text.data, '"', text.length);
        size_t n = quote != NULL ? (size_t)(quote - text.data) + 1 : text.length;
        fw_buffer_add(out, text.data, n);
        fw_buffer_add_text(out, quote != NULL ? "\"" : "");
        text = (struct fw_text){text.data + n, text.length - n};
    }
    fw_buffer_add(out, text.data, text.length);
    fw_buffer_add_text(out, quoted ? "\"" : "");
}

static void csv_row(struct fw_row_writer *w, const struct fw_value *cells)
{
    int n_columns = w->names.n_columns;
    for (int c = 0; c < n_columns; c++) {
        fw_buffer_add_text(&w->text, c > 0 ? "," : "");
        if (cells[c].type == FW_VALUE_TEXT)
            fw_row_format_csv_text(&w->text, text_of(&cells[c]), w->options.spreadsheet);
        else if (cells[c].type != FW_VALUE_NULL)
            add_number(&w->text, &cells[c]);
        else if (n_columns == 1)
            fw_buffer_add_text(&w->text, "\"\""); /* readers skip empty lines, and the row would be lost */
    }
    fw_buffer_add(&w->text, "\n", 1);
}

static void csv_begin(struct fw_row_writer *w)
{
    for (int c = 0; c < w->names.n_columns; c++) {
        fw_buffer_add_text(&w->text, c > 0 ? "," : "");
        fw_row_format_csv_text(&w->text, fw_text_of(w->names.names[c]), w->options.spreadsheet);
    }
    fw_buffer_add(&w->text, "\n", 1);
}

void fw_row_format_json_text(struct fw_buffer *out, struct fw_text text)
{
    struct fw_buffer valid;
    fw_buffer_init(&valid, out->mem);
    fw_shown_add_valid(&valid, text);
    fw_json_put_text(out, (struct fw_text){valid.data, (size_t)valid.length});
    out->failed = out->failed || valid.failed;
    fw_buffer_clear(&valid);
}

static void json_object(struct fw_row_writer *w, const struct fw_value *cells)
{
    fw_buffer_add(&w->text, "{", 1);
    for (int c = 0; c < w->names.n_columns; c++) {
        fw_buffer_add_text(&w->text, c > 0 ? ", " : "");
        fw_buffer_add_text(&w->text, w->names.names[c]); /* in quotes already, see json_names */
        fw_buffer_add(&w->text, ": ", 2);
        if (cells[c].type == FW_VALUE_NULL)
            fw_buffer_add_text(&w->text, "null");
        else if (cells[c].type == FW_VALUE_TEXT)
            fw_row_format_json_text(&w->text, text_of(&cells[c]));
        else if (cells[c].type == FW_VALUE_REAL && isinf(cells[c].real))
            fw_buffer_add_text(&w->text, cells[c].real > 0 ? "\"inf\"" : "\"-inf\"");
        else
            add_number(&w->text, &cells[c]);
    }
    fw_buffer_add(&w->text, "}", 1);
}

/* How many of the columns before this one have its name. */
static int same_before(const struct fw_rows *names, int column)
{
    int n = 0;
    for (int c = 0; c < column; c++)
        n += strcmp(names->names[c], names->names[column]) == 0;
    return n;
}

/* Turns the names of the columns into JSON texts, once for all rows, each different from the others. */
static void json_names(struct fw_row_writer *w)
{
    struct fw_rows *names = &w->names;
    bool refused = false;
    for (int c = names->n_columns - 1; c >= 0; c--) {
        int before = same_before(names, c);
        struct fw_buffer name;
        struct fw_buffer quoted;
        fw_buffer_init(&name, w->mem);
        fw_buffer_init(&quoted, w->mem);
        fw_buffer_add_text(&name, names->names[c]);
        if (before > 0)
            fw_buffer_addf(&name, "_%d", before + 1);
        fw_row_format_json_text(&quoted, (struct fw_text){name.data, (size_t)name.length});
        const char *text = fw_text_pool_add(&names->texts, quoted.data, &refused);
        names->names[c] = text != NULL ? text : "\"\"";
        w->text.failed = w->text.failed || name.failed || quoted.failed || refused;
        fw_buffer_clear(&quoted);
        fw_buffer_clear(&name);
    }
}

static void json_begin(struct fw_row_writer *w)
{
    json_names(w);
    fw_buffer_add(&w->text, "[", 1);
}

static void json_row(struct fw_row_writer *w, const struct fw_value *cells)
{
    fw_buffer_add_text(&w->text, w->n > 0 ? ",\n" : "\n");
    json_object(w, cells);
}

static void json_end(struct fw_row_writer *w)
{
    fw_buffer_add_text(&w->text, w->n > 0 ? "\n]\n" : "]\n");
}

static void jsonl_row(struct fw_row_writer *w, const struct fw_value *cells)
{
    json_object(w, cells);
    fw_buffer_add(&w->text, "\n", 1);
}

/* Whether a character that Markdown may take for markup needs a backslash there. An underscore within a word is none.
 */
static bool is_markup(struct fw_text text, size_t at)
{
    char c = text.data[at];
    if (c != '_')
        return strchr("\\`*[]|~$", c) != NULL && c != '\0';
    return at == 0 || at + 1 == text.length || text.data[at - 1] == ' ' || text.data[at + 1] == ' ';
}

void fw_row_format_markdown_text(struct fw_buffer *out, struct fw_text text)
{
    struct fw_buffer shown;
    fw_buffer_init(&shown, out->mem);
    fw_shown_add(&shown, text);
    struct fw_text safe = {shown.data, (size_t)shown.length};
    for (size_t i = 0; i < safe.length; i++) {
        char c = safe.data[i];
        if (c == '<')
            fw_buffer_add_text(out, "&lt;");
        else if (c == '>')
            fw_buffer_add_text(out, "&gt;");
        else if (c == '&')
            fw_buffer_add_text(out, "&amp;");
        else {
            fw_buffer_add(out, "\\", is_markup(safe, i) ? 1 : 0);
            fw_buffer_add(out, &c, 1);
        }
    }
    out->failed = out->failed || shown.failed;
    fw_buffer_clear(&shown);
}

/* The head, when the first row tells which columns hold numbers; NULL: there are no rows. */
static void markdown_head(struct fw_row_writer *w, const struct fw_value *first)
{
    for (int c = 0; c < w->names.n_columns; c++) {
        fw_buffer_add_text(&w->text, "| ");
        fw_row_format_markdown_text(&w->text, fw_text_of(w->names.names[c]));
        fw_buffer_add_text(&w->text, " ");
    }
    fw_buffer_add_text(&w->text, "|\n");
    for (int c = 0; c < w->names.n_columns; c++) {
        bool number = first != NULL && (first[c].type == FW_VALUE_INT || first[c].type == FW_VALUE_REAL);
        fw_buffer_add_text(&w->text, number ? "| ---: " : "| --- ");
    }
    fw_buffer_add_text(&w->text, "|\n");
}

static void markdown_row(struct fw_row_writer *w, const struct fw_value *cells)
{
    if (w->n == 0)
        markdown_head(w, cells);
    for (int c = 0; c < w->names.n_columns; c++) {
        fw_buffer_add_text(&w->text, "| ");
        if (cells[c].type == FW_VALUE_NULL)
            fw_buffer_add_text(&w->text, "-");
        else if (cells[c].type == FW_VALUE_TEXT)
            fw_row_format_markdown_text(&w->text, text_of(&cells[c]));
        else
            add_number(&w->text, &cells[c]);
        fw_buffer_add_text(&w->text, " ");
    }
    fw_buffer_add_text(&w->text, "|\n");
}

static void markdown_end(struct fw_row_writer *w)
{
    if (w->n == 0)
        markdown_head(w, NULL);
}

static void table_begin(struct fw_row_writer *w)
{
    int n_columns = w->names.n_columns;
    w->seen = fw_alloc_array(w->mem, n_columns, sizeof *w->seen);
    if (w->seen == NULL || fw_text_table_init(&w->table, n_columns, w->mem, NULL) != FW_OK) {
        w->text.failed = true;
        return;
    }
    for (int c = 0; c < n_columns; c++) {
        w->table.columns[c].right = true; /* until a text is seen */
        fw_text_table_add(&w->table, fw_text_of(w->names.names[c]));
    }
}

static void table_row(struct fw_row_writer *w, const struct fw_value *cells)
{
    for (int c = 0; c < w->names.n_columns; c++) {
        const struct fw_value *cell = &cells[c];
        char text[32];
        w->seen[c] = w->seen[c] || cell->type != FW_VALUE_NULL;
        if (cell->type == FW_VALUE_TEXT) {
            w->table.columns[c].right = false;
            fw_text_table_add(&w->table, text_of(cell));
            continue;
        }
        if (cell->type == FW_VALUE_NULL)
            strcpy(text, "-");
        else if (cell->type == FW_VALUE_INT)
            snprintf(text, sizeof text, "%" PRId64, cell->integer);
        else
            snprintf(text, sizeof text, "%.6g", cell->real);
        fw_text_table_add(&w->table, fw_text_of(text));
    }
}

static void table_end(struct fw_row_writer *w)
{
    for (int c = 0; c < w->names.n_columns; c++) {
        struct fw_text_column *column = &w->table.columns[c];
        column->right = column->right && w->seen[c];
        column->whole = column->right;
    }
    if (fw_text_table_measure(&w->table, w->options.width, NULL) != FW_OK) {
        w->text.failed = true;
        return;
    }
    for (int64_t r = 0; r < fw_text_table_rows(&w->table); r++)
        fw_text_table_line(&w->text, &w->table, r);
}

static const struct format formats[] = {
    [FW_ROWS_TABLE] = {"table", table_begin, table_row, table_end},
    [FW_ROWS_CSV] = {"csv", csv_begin, csv_row, NULL},
    [FW_ROWS_JSON] = {"json", json_begin, json_row, json_end},
    [FW_ROWS_JSONL] = {"jsonl", json_names, jsonl_row, NULL},
    [FW_ROWS_MARKDOWN] = {"markdown", NULL, markdown_row, markdown_end},
};

_Static_assert(sizeof formats / sizeof formats[0] == FW_ROWS_MARKDOWN + 1, "one entry a format");

bool fw_row_format_from_name(enum fw_row_format *out, const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(name, formats[i].name) == 0) {
            *out = (enum fw_row_format)i;
            return true;
        }
    }
    if (strcmp(name, "md") != 0)
        return false;
    *out = FW_ROWS_MARKDOWN;
    return true;
}

/* Hands the text on when it is long enough, or when all must go. */
static enum fw_status flush(struct fw_row_writer *w, bool all, struct fw_error *err)
{
    FW_TRY(fw_buffer_check(&w->text, err));
    if (w->text.length == 0 || (w->text.length < PIECE && !all))
        return FW_OK;
    FW_TRY(w->to.write(w->to.self, w->text.data, w->text.length, err));
    w->text.length = 0;
    return FW_OK;
}

static enum fw_status begin(void *self, const char *const *names, int n_columns, struct fw_error *err)
{
    struct fw_row_writer *w = self;
    struct fw_row_sink keep = fw_rows_sink(&w->names);
    FW_TRY(keep.begin(keep.self, names, n_columns, err));
    if (w->format->begin != NULL)
        w->format->begin(w);
    return flush(w, false, err);
}

static enum fw_status add_row(void *self, const struct fw_value *cells, struct fw_error *err)
{
    struct fw_row_writer *w = self;
    w->format->row(w, cells);
    w->n++;
    return flush(w, false, err);
}

static enum fw_status end(void *self, struct fw_error *err)
{
    struct fw_row_writer *w = self;
    if (w->format->end != NULL)
        w->format->end(w);
    return flush(w, true, err);
}

enum fw_status fw_row_writer_create(struct fw_row_writer **out, const struct fw_row_writer_options *options,
                                    struct fw_text_sink to, struct fw_allocator *mem, struct fw_error *err)
{
    struct fw_row_writer *writer;
    FW_ALLOC(writer, mem, 1, "a writer of rows", err);
    *writer = (struct fw_row_writer){
        .options = *options, .format = &formats[options->format], .to = to, .mem = mem, .table.text.mem = mem};
    fw_buffer_init(&writer->text, mem);
    fw_rows_init(&writer->names, mem);
    *out = writer;
    return FW_OK;
}

void fw_row_writer_destroy(struct fw_row_writer *writer)
{
    if (writer == NULL)
        return;
    fw_free(writer->mem, writer->seen);
    fw_text_table_clear(&writer->table);
    fw_rows_clear(&writer->names);
    fw_buffer_clear(&writer->text);
    fw_free(writer->mem, writer);
}

struct fw_row_sink fw_row_writer_sink(struct fw_row_writer *writer)
{
    return (struct fw_row_sink){.self = writer, .begin = begin, .row = add_row, .end = end};
}
