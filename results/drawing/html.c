#include "results/drawing/html.h"

#include <assert.h>
#include <string.h>

#include "core/file.h"
#include "core/utf8.h"

/* Colours of series differ in lightness as well as in hue (after Okabe and Ito), and svg.c gives each a shape too. */
static const char style[] =
    ":root{color-scheme:light dark;--page:#fff;--ink:#1c1f23;--soft:#5d6670;--line:#d5dae0;--fill:#0072b2;"
    "--mark:#fff6d9;--s0:#0072b2;--s1:#c8500a;--s2:#008a63;--s3:#b5478c;--s4:#94700a;--s5:#6a45b8;--s6:#5d6670;"
    "--s7:#0a8f9c;--q0:#ddd6ae;--q1:#c5cc74;--q2:#7fbf6a;--q3:#35a58b;--q4:#2b7d91;--q5:#3d4f8c;--q6:#440154}\n"
    "@media (prefers-color-scheme:dark){:root{--page:#15181c;--ink:#e4e7eb;--soft:#9aa4af;--line:#39414a;"
    "--fill:#4da3dd;--mark:#332d17;--s0:#5fb0ee;--s1:#ff9055;--s2:#3ecf9f;--s3:#ee9fd0;--s4:#e3c04a;--s5:#b79cf5;"
    "--s6:#a9b2bc;--s7:#4fd6dd;--q0:#563a66;--q1:#5566a8;--q2:#3b86a0;--q3:#2fa38c;--q4:#62bf6a;--q5:#b2d44a;"
    "--q6:#fde725}}\n"
    "body{margin:0 auto;max-width:62rem;padding:1.5rem 1rem 3rem;background:var(--page);color:var(--ink);"
    "font:15px/1.5 system-ui,sans-serif;overflow-wrap:break-word}bdi,code{overflow-wrap:anywhere}\n"
    "h1{font-size:1.4rem;margin:0 0 .5rem}h2{font-size:1.1rem;margin:2rem 0 .4rem}\n"
    ".lead{font-size:1.1rem;margin:0 0 .5rem}.note{color:var(--soft);font-size:.87rem;margin:.3rem 0}\n"
    ".scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.87rem;width:100%}\n"
    "caption{text-align:left;color:var(--soft);padding-bottom:.3rem}\n"
    "th,td{text-align:left;vertical-align:top;padding:.25rem .7rem .25rem 0;border-bottom:1px solid var(--line)}\n"
    "th{color:var(--soft);font-weight:600;vertical-align:bottom}td{min-width:4rem}\n"
    ".n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}.marked td{background:var(--mark)}\n"
    "code{font:.87rem/1.45 ui-monospace,monospace;white-space:pre-wrap}\n"
    ".w{min-width:15rem}.plot{display:block;width:100%;min-width:42rem;max-width:60rem;height:auto}.small{display:"
    "block}\n"
    ".legend{list-style:none;display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;margin:.2rem 0;padding:0;font-size:.87rem}\n"
    ".legend svg{vertical-align:-3px;margin-right:.35rem}\n"
    "svg text{fill:var(--ink);font:12px system-ui,sans-serif}svg .tick{fill:var(--soft)}svg .end{text-anchor:end}\n"
    "svg .mid{text-anchor:middle}svg .halo{paint-order:stroke;stroke:var(--page);stroke-width:4px}\n"
    ".grid{stroke:var(--line);fill:none}.frame{stroke:var(--soft);fill:none}.steps{stroke:var(--soft);fill:none;"
    "stroke-width:1.5}\n"
    ".rule{stroke:var(--ink);stroke-dasharray:5 4;fill:none}.ring{stroke:var(--ink);fill:none;stroke-width:2}\n"
    ".curve{fill:none;stroke-width:2;stroke-linejoin:round}.mark{stroke:var(--page)}\n"
    ".kept{fill:var(--fill)}path.kept{stroke:var(--page);stroke-width:.6}.gone{stroke:var(--line);fill:none}\n"
    ".s0{--c:var(--s0)}.s1{--c:var(--s1)}.s2{--c:var(--s2)}.s3{--c:var(--s3)}.s4{--c:var(--s4)}.s5{--c:var(--s5)}"
    ".s6{--c:var(--s6)}.s7{--c:var(--s7)}.mark{fill:var(--c)}.curve{stroke:var(--c)}\n"
    ".gate{stroke:var(--fill);fill:none}.node{fill:var(--page);stroke:var(--fill);stroke-width:1.5}"
    ".shade{fill:var(--fill)}\n"
    ".said{border-left:3px solid var(--line);margin:0;padding:.1rem .7rem;white-space:pre-wrap}nav "
    "a{color:var(--fill);margin-right:.8rem}\n"
    ".dots{fill:none;stroke:var(--c);stroke-width:5;stroke-linecap:round}.dots.pale{stroke:var(--soft);stroke-width:4;"
    "opacity:.4}.dots.bad{stroke:var(--s1);stroke-width:4}\n"
    ".dots.quiet{stroke:var(--soft)}.branch{stroke:var(--line);stroke-width:1.5;fill:none}.branch.on{"
    "stroke:var(--fill);stroke-width:2}svg .on{font-weight:600}\n"
    ".thread{fill:none;stroke-width:1.2;opacity:.75}.thread.strong{stroke-width:4;opacity:1}"
    ".thread.key{stroke-width:4}\n"
    ".q0{stroke:var(--q0)}.q1{stroke:var(--q1)}.q2{stroke:var(--q2)}.q3{stroke:var(--q3)}.q4{stroke:var(--q4)}"
    ".q5{stroke:var(--q5)}.q6{stroke:var(--q6)}\n"
    ".curve.thin{stroke:var(--soft);stroke-width:1;opacity:.4}.curve.strong{stroke:var(--fill);stroke-width:2.5}\n"
    "@media print{.scroll{overflow:visible}}\n";

static const char *entity(uint32_t code)
{
    return code == '&'    ? "&amp;"
           : code == '<'  ? "&lt;"
           : code == '>'  ? "&gt;"
           : code == '"'  ? "&quot;"
           : code == '\'' ? "&#39;"
                          : NULL;
}

void fw_html_text(struct fw_buffer *out, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        uint32_t code = 0;
        int length = fw_utf8_next(&code, text, left);
        const char *escaped = length > 0 ? entity(code) : NULL;
        if (length == 0 || (length == 1 && fw_utf8_is_unsafe(code)))
            fw_buffer_addf(out, "\\x%02x", (unsigned char)*text);
        else if (escaped != NULL)
            fw_buffer_add_text(out, escaped);
        else if (fw_utf8_is_unsafe(code))
            fw_buffer_addf(out, "\\u{%04x}", code);
        else
            fw_buffer_add(out, text, (size_t)length);
        text += length > 0 ? length : 1;
        left -= length > 0 ? (size_t)length : 1;
    }
}

void fw_html_name(struct fw_buffer *out, const char *name)
{
    fw_buffer_add_text(out, "<bdi>");
    fw_html_text(out, name);
    fw_buffer_add_text(out, "</bdi>");
}

#define HEAD                                                                                                           \
    "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\"/>\n"  \
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"

void fw_html_begin(struct fw_buffer *out, const char *title)
{
    fw_buffer_add_text(out, HEAD "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                                 "'unsafe-inline'; base-uri 'none'; form-action 'none'\"/>\n<title>");
    fw_html_text(out, title);
    fw_buffer_add_text(out, "</title>\n<style>\n");
    fw_buffer_add_text(out, style);
    fw_buffer_add_text(out, "</style>\n</head>\n<body>\n<h1>");
    fw_html_text(out, title);
    fw_buffer_add_text(out, "</h1>\n");
}

void fw_html_begin_served(struct fw_buffer *out, const char *title, const char *name, const char *style_at,
                          const char *script_at)
{
    fw_buffer_addf(out,
                   HEAD "<link rel=\"stylesheet\" href=\"%s\"/>\n<link rel=\"icon\" href=\"/icon.svg\"/>\n"
                        "<script src=\"%s\" defer=\"defer\"></script>\n<title>",
                   style_at, script_at);
    if (name != NULL) {
        fw_html_text(out, name);
        fw_buffer_add_text(out, " - ");
    }
    fw_html_text(out, title);
    fw_buffer_add_text(out, " - fieldwise</title>\n</head>\n");
}

const char *fw_html_style(void)
{
    return style;
}

void fw_html_end(struct fw_buffer *out)
{
    fw_buffer_add_text(out, "</body>\n</html>\n");
}

void fw_html_heading(struct fw_buffer *out, const char *text)
{
    fw_buffer_add_text(out, "<h2>");
    fw_html_text(out, text);
    fw_buffer_add_text(out, "</h2>\n");
}

void fw_html_section(struct fw_buffer *out, const char *id, const char *text)
{
    fw_buffer_addf(out, "<h2 id=\"%s\">", id);
    fw_html_text(out, text);
    fw_buffer_add_text(out, "</h2>\n");
}

void fw_html_paragraph(struct fw_buffer *out, const char *css, const char *text)
{
    fw_buffer_add_text(out, "<p");
    if (css != NULL)
        fw_buffer_addf(out, " class=\"%s\"", css);
    fw_buffer_add_text(out, ">");
    fw_html_text(out, text);
    fw_buffer_add_text(out, "</p>\n");
}

/* ---- tables ---- */

static const char *aligned(const struct fw_html_table *table, int column)
{
    char mark = table->headers[column][0];
    return mark == '>' ? " class=\"n\"" : mark == '<' ? " class=\"w\"" : "";
}

void fw_html_table_begin(struct fw_html_table *table, struct fw_buffer *out, const char *const *headers, int n_columns,
                         const char *caption)
{
    assert(n_columns > 0);
    *table = (struct fw_html_table){.out = out, .headers = headers, .n_columns = n_columns};
    fw_buffer_add_text(out, "<div class=\"scroll\"><table>\n");
    if (caption != NULL) {
        fw_buffer_add_text(out, "<caption>");
        fw_html_text(out, caption);
        fw_buffer_add_text(out, "</caption>\n");
    }
    fw_buffer_add_text(out, "<thead><tr>");
    for (int i = 0; i < n_columns; i++) {
        fw_buffer_addf(out, "<th scope=\"col\"%s>", aligned(table, i));
        fw_html_text(out, headers[i] + (headers[i][0] == '>' || headers[i][0] == '<'));
        fw_buffer_add_text(out, "</th>");
    }
    fw_buffer_add_text(out, "</tr></thead>\n<tbody>\n");
}

void fw_html_table_mark(struct fw_html_table *table)
{
    assert(table->column == 0);
    table->marked = true;
}

void fw_html_cell_begin(struct fw_html_table *table)
{
    if (table->column == 0)
        fw_buffer_add_text(table->out, table->marked ? "<tr class=\"marked\">" : "<tr>");
    table->marked = false;
    fw_buffer_addf(table->out, "<td%s>", aligned(table, table->column));
}

void fw_html_cell_end(struct fw_html_table *table)
{
    fw_buffer_add_text(table->out, "</td>");
    if (++table->column == table->n_columns) {
        fw_buffer_add_text(table->out, "</tr>\n");
        table->column = 0;
    }
}

void fw_html_cell(struct fw_html_table *table, const char *text)
{
    fw_html_cell_begin(table);
    fw_html_text(table->out, text);
    fw_html_cell_end(table);
}

void fw_html_table_end(struct fw_html_table *table)
{
    assert(table->column == 0);
    fw_buffer_add_text(table->out, "</tbody></table></div>\n");
}

enum fw_status fw_html_save(const struct fw_buffer *out, const char *path, struct fw_error *err)
{
    struct fw_outfile file;
    FW_TRY(fw_buffer_check(out, err));
    FW_TRY(fw_outfile_open(&file, path, err));
    return fw_outfile_close(&file, fw_outfile_write(&file, out->data, (size_t)out->length, err), err);
}
