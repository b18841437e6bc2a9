#include "results/serve/page.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "results/query/study_now.h"
#include "results/report/report_text.h"

/* ---- the frame ---- */

static void begin(struct fw_buffer *out, const char *title, const char *name, bool live)
{
    fw_html_begin_served(out, title, name, "/style.css", "/script.js");
    fw_buffer_addf(out, "<body%s>\n", live ? " data-live=\"1\"" : "");
}

static void add_heading(struct fw_buffer *out, const char *title, const char *name)
{
    fw_buffer_add_text(out, "<main>\n<h1>");
    fw_html_text(out, title);
    if (name != NULL) {
        fw_buffer_add_text(out, " ");
        fw_html_name(out, name);
    }
    fw_buffer_add_text(out, "</h1>\n");
}

void fw_page_begin(const struct fw_page *page, const char *title, const char *name, const struct fw_study_row *study,
                   bool live)
{
    struct fw_buffer *out = page->out;
    begin(out, title, name, live);
    fw_buffer_add_text(out, "<header><nav aria-label=\"Where this page belongs\">");
    if (page->request->kind == FW_PAGE_STUDIES)
        fw_buffer_add_text(out, "<span>fieldwise</span>");
    else
        fw_buffer_add_text(out, "<a href=\"/\">Studies</a>");
    if (study != NULL && page->request->kind != FW_PAGE_STUDY) {
        fw_buffer_addf(out, "<a href=\"/study/%lld\">Study ", (long long)study->id);
        fw_html_name(out, study->name);
        fw_buffer_add_text(out, "</a>");
    }
    fw_buffer_add_text(out, "</nav><p id=\"lost\" class=\"warning\" role=\"status\" hidden=\"hidden\">No answer from "
                            "fieldwise: what is shown may be old.</p></header>\n");
    add_heading(out, title, name);
}

void fw_page_end(const struct fw_page *page)
{
    char time[40];
    struct fw_buffer *out = page->out;
    fw_buffer_add_text(out, "</main>\n<footer>");
    fw_page_part_begin(out, "asof");
    fw_buffer_add_text(out, "<p class=\"note\">");
    fw_html_name(out, fw_store_path(page->copy->store));
    fw_buffer_addf(out, " as of %s%s</p>", fw_report_time(time, page->copy->as_of_us),
                   page->copy->locked ? ": another process has kept it locked since" : "");
    fw_page_part_end(out);
    fw_buffer_add_text(out, "</footer>\n");
    fw_html_end(out);
}

void fw_page_fault(struct fw_buffer *out, const char *title, const char *why)
{
    begin(out, title, NULL, false);
    fw_buffer_add_text(out, "<header><nav aria-label=\"Where this page belongs\"><a href=\"/\">Studies</a></nav>"
                            "</header>\n");
    add_heading(out, title, NULL);
    fw_html_paragraph(out, NULL, why);
    fw_buffer_add_text(out, "</main>\n");
    fw_html_end(out);
}

void fw_page_part_begin(struct fw_buffer *out, const char *id)
{
    fw_buffer_addf(out, "<div id=\"%s\" data-part=\"1\">\n", id);
}

void fw_page_part_end(struct fw_buffer *out)
{
    fw_buffer_add_text(out, "</div>\n");
}

/* ---- pieces ---- */

enum fw_status fw_page_find_study(const struct fw_study_row **out, const struct fw_page *page, struct fw_error *err)
{
    const struct fw_study_list *studies = page->copy->studies;
    for (int64_t i = 0; i < studies->n; i++) {
        if (studies->rows[i].id == page->request->study) {
            *out = &studies->rows[i];
            return FW_OK;
        }
    }
    return fw_error_set(err, FW_E_INPUT, "The store has no study of number %lld.", (long long)page->request->study);
}

void fw_page_href(struct fw_buffer *out, const struct fw_page_request *request)
{
    struct fw_buffer target;
    fw_buffer_init(&target, out->mem);
    fw_page_request_write(&target, request);
    fw_buffer_add_text(out, "href=\"");
    fw_html_text(out, target.data != NULL ? target.data : "");
    fw_buffer_add_text(out, "\"");
    out->failed = out->failed || target.failed;
    fw_buffer_clear(&target);
}

static void add_sorter(struct fw_buffer *out, const struct fw_page_column *column,
                       const struct fw_page_request *request)
{
    struct fw_page_request to = *request;
    bool sorted = strcmp(request->sort, column->name) == 0;
    snprintf(to.sort, sizeof to.sort, "%s", column->name);
    to.falling = sorted && !request->falling;
    to.page = 1;
    fw_buffer_add_text(out, "<a ");
    fw_page_href(out, &to);
    fw_buffer_add_text(out, ">");
    fw_html_text(out, column->title);
    fw_buffer_addf(out, "%s</a>", !sorted ? "" : request->falling ? "&#160;▼" : "&#160;▲");
}

void fw_page_table_begin(struct fw_buffer *out, const struct fw_page_column *columns, int n,
                         const struct fw_page_request *request, const char *caption)
{
    fw_buffer_add_text(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    fw_html_text(out, caption);
    fw_buffer_add_text(out, "\"><table>\n<caption>");
    fw_html_text(out, caption);
    fw_buffer_add_text(out, "</caption>\n<thead><tr>");
    for (int i = 0; i < n; i++) {
        bool sorted = columns[i].sorts && strcmp(request->sort, columns[i].name) == 0;
        fw_buffer_addf(out, "<th scope=\"col\"%s%s>", columns[i].number ? " class=\"n\"" : "",
                       !sorted            ? ""
                       : request->falling ? " aria-sort=\"descending\""
                                          : " aria-sort=\"ascending\"");
        if (columns[i].sorts)
            add_sorter(out, &columns[i], request);
        else
            fw_html_text(out, columns[i].title);
        fw_buffer_add_text(out, "</th>");
    }
    fw_buffer_add_text(out, "</tr></thead>\n<tbody>\n");
}

void fw_page_table_end(struct fw_buffer *out)
{
    fw_buffer_add_text(out, "</tbody></table></div>\n");
}

void fw_page_boxes_begin(struct fw_buffer *out)
{
    fw_buffer_add_text(out, "<dl class=\"boxes\">\n");
}

void fw_page_box(struct fw_buffer *out, const char *what, const char *figure, const char *note)
{
    fw_buffer_add_text(out, "<div><dt>");
    fw_html_text(out, what);
    fw_buffer_add_text(out, "</dt><dd>");
    fw_html_text(out, figure);
    fw_buffer_add_text(out, "</dd>");
    if (note != NULL) {
        fw_buffer_add_text(out, "<dd class=\"note\">");
        fw_html_text(out, note);
        fw_buffer_add_text(out, "</dd>");
    }
    fw_buffer_add_text(out, "</div>\n");
}

void fw_page_boxes_end(struct fw_buffer *out)
{
    fw_buffer_add_text(out, "</dl>\n");
}

void fw_page_status(struct fw_buffer *out, const struct fw_study_row *study)
{
    const char *status = fw_study_now_status(study); /* one of ours */
    fw_buffer_addf(out, "<span class=\"state %s\">%s</span>", status, status);
}

char *fw_page_ago(char out[48], int64_t utc_us)
{
    char text[32];
    double seconds = 1e-6 * ((double)fw_clock_utc_us() - (double)utc_us);
    if (utc_us == 0)
        snprintf(out, 48, "-");
    else if (seconds < 86400)
        snprintf(out, 48, "%s ago", fw_text_duration(text, seconds < 0 ? 0 : seconds < 10 ? (int)seconds : seconds));
    else
        snprintf(out, 48, "%.0f days ago", seconds / 86400);
    return out;
}

char *fw_page_count(char out[64], int64_t n, const char *one, const char *many)
{
    char text[32];
    snprintf(out, 64, "%s %.24s", fw_text_count(text, n), n == 1 ? one : many);
    return out;
}

static void add_turn(struct fw_buffer *out, const struct fw_page_request *request, int64_t to, const char *text)
{
    struct fw_page_request there = *request;
    there.page = to;
    fw_buffer_add_text(out, "<a ");
    fw_page_href(out, &there);
    fw_buffer_addf(out, ">%s</a>", text);
}

void fw_page_pager(struct fw_buffer *out, const struct fw_page_request *request, int64_t n_rows)
{
    char texts[2][32];
    int64_t n_pages = (n_rows + request->limit - 1) / request->limit;
    if (n_pages < 2)
        return;
    fw_buffer_add_text(out, "<nav class=\"pager\" aria-label=\"Pages\">");
    if (request->page > 1) {
        add_turn(out, request, 1, "First");
        add_turn(out, request, request->page - 1 < n_pages ? request->page - 1 : n_pages, "Before");
    }
    fw_buffer_addf(out, "<span>Page %s of %s</span>", fw_text_count(texts[0], request->page),
                   fw_text_count(texts[1], n_pages));
    if (request->page < n_pages) {
        add_turn(out, request, request->page + 1, "Next");
        add_turn(out, request, n_pages, "Last");
    }
    fw_buffer_add_text(out, "</nav>\n");
}
