/* Pages of HTML for reports: one file that needs nothing else, no network and no scripts, light or dark as the reader
 * has it. Every text goes through fw_html_text, so that names of columns cannot become markup; the page forbids itself
 * scripts and loading all the same (content security policy). What is written is well-formed XML too.
 *
 *     struct fw_buffer out;
 *     fw_buffer_init(&out, mem);
 *     fw_html_begin(&out, "Sizes");
 *     fw_html_heading(&out, "Trials");
 *     struct fw_html_table table;
 *     fw_html_table_begin(&table, &out, (const char *const[]){"method", ">bytes"}, 2, NULL);
 *     fw_html_cell(&table, name);
 *     fw_html_cell(&table, "12");
 *     fw_html_table_end(&table);
 *     fw_html_end(&out);
 *     status = fw_html_save(&out, path, err);
 *
 * A refused allocation is noted in the buffer and told by fw_html_save. Pictures: svg.h. */
#ifndef FW_RESULTS_HTML_H
#define FW_RESULTS_HTML_H

#include "core/text.h"

/* Appends a text of any origin, good inside an element and inside an attribute in quotes. Markup is escaped; control
 * characters, invalid UTF-8 and marks that turn the direction of writing appear as \xNN or \u{NNNN}. */
void fw_html_text(struct fw_buffer *out, const char *text);

/* The same as an element whose direction of writing leaves the text around it alone: for names within a sentence. */
void fw_html_name(struct fw_buffer *out, const char *name);

/* A page and its main heading; the end of it. */
void fw_html_begin(struct fw_buffer *out, const char *title);
void fw_html_end(struct fw_buffer *out);

/* The head of a page of a server, which loads its style and its script from there; the body's tag comes next, and
 * fw_html_end ends it. What such a page may do is said by the server's headers. name: of any origin, set before the
 * title; NULL for none. style, script: addresses; fw_html_style is what the style has to begin with. */
void fw_html_begin_served(struct fw_buffer *out, const char *title, const char *name, const char *style,
                          const char *script);
const char *fw_html_style(void);

/* A heading of second order. */
void fw_html_heading(struct fw_buffer *out, const char *text);

/* The same as a place that links within the page lead to ("#id"). id: letters and digits. */
void fw_html_section(struct fw_buffer *out, const char *id, const char *text);

/* A paragraph. css: NULL, or a class of the page: "lead" large, "note" small and grey. */
void fw_html_paragraph(struct fw_buffer *out, const char *css, const char *text);

/* A table, filled cell by cell; after the last column a new row begins. It scrolls by itself where it is too wide. */
struct fw_html_table {
    struct fw_buffer *out;
    const char *const *headers; /* borrowed until the end; one that starts with '>' is aligned right, one with '<' has
                                   room for words; both without the mark */
    int n_columns, column;
    bool marked; /* the row to come stands out */
};

/* caption: NULL for none. */
void fw_html_table_begin(struct fw_html_table *table, struct fw_buffer *out, const char *const *headers, int n_columns,
                         const char *caption);
/* Lets the row that begins with the next cell stand out. */
void fw_html_table_mark(struct fw_html_table *table);
void fw_html_cell(struct fw_html_table *table, const char *text);
/* A cell of other things than text: what is appended to the buffer between the two. */
void fw_html_cell_begin(struct fw_html_table *table);
void fw_html_cell_end(struct fw_html_table *table);
void fw_html_table_end(struct fw_html_table *table); /* rows must be complete */

/* Writes the page to a file, whole or not at all. FW_E_NOMEM when an append was dropped; FW_E_IO. */
FW_NODISCARD
enum fw_status fw_html_save(const struct fw_buffer *out, const char *path, struct fw_error *err);

#endif
