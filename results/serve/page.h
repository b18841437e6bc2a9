/* What the pages of the dashboard share: the frame around them, their links, their words for times and states. A page
 * is one function in a file of its own, page_<name>.c; serve.c has the table of them.
 *
 * A page works without scripts: sorting and paging are links, filters are forms. The script (page_assets.c) only loads
 * the same page again while a study is running and puts the parts that have changed (fw_page_part) in the place of the
 * old ones. */
#ifndef FW_RESULTS_PAGE_H
#define FW_RESULTS_PAGE_H

#include "results/drawing/html.h"
#include "results/serve/request.h"
#include "results/store/store_copy.h"

/* A request and what it is answered from. All borrowed. */
struct fw_page {
    const struct fw_page_request *request;
    const struct fw_store_copy *copy;
    struct fw_buffer *out;
};

/* The pages. Each appends a whole document. FW_E_INPUT: what the request names is not there; other statuses as queries
 * have them (query.h). After a failure `out` holds a part of the document. */
enum fw_status fw_page_studies(const struct fw_page *page, struct fw_error *err);
enum fw_status fw_page_study(const struct fw_page *page, struct fw_error *err);
enum fw_status fw_page_trial(const struct fw_page *page, struct fw_error *err);
enum fw_status fw_page_report(const struct fw_page *page, struct fw_error *err);

/* The same as JSON; docs/serve.md lists the members. Bytes that are no UTF-8 become U+FFFD in its texts. */
void fw_page_json_text(struct fw_buffer *out, const char *text);
enum fw_status fw_page_api_studies(const struct fw_page *page, struct fw_error *err);
enum fw_status fw_page_api_study(const struct fw_page *page, struct fw_error *err);
enum fw_status fw_page_api_trials(const struct fw_page *page, struct fw_error *err);
enum fw_status fw_page_api_trial(const struct fw_page *page, struct fw_error *err);

/* A page that says why there is no other. Without a store. */
void fw_page_fault(struct fw_buffer *out, const char *title, const char *why);

/* Files that pages load; NULL: `kind` is none of them. The style goes behind that of html.h. */
const char *fw_page_asset(enum fw_page_kind kind, const char **type);

/* ---- the frame ---- */

/* The head, a line of links to where this page belongs, the main heading: title, and a name that may be anything or
 * NULL. study: NULL for none. live: the script keeps loading the page. */
void fw_page_begin(const struct fw_page *page, const char *title, const char *name, const struct fw_study_row *study,
                   bool live);
/* What the store was and when. */
void fw_page_end(const struct fw_page *page);

/* A part of the page that the script replaces when it has changed. id: letters. */
void fw_page_part_begin(struct fw_buffer *out, const char *id);
void fw_page_part_end(struct fw_buffer *out);

/* ---- pieces ---- */

/* The study of the request, from the copy's list. FW_E_INPUT: there is none. */
FW_NODISCARD
enum fw_status fw_page_find_study(const struct fw_study_row **out, const struct fw_page *page, struct fw_error *err);

/* href="..." for a request. */
void fw_page_href(struct fw_buffer *out, const struct fw_page_request *request);

/* The header of a column as a link that sorts by it, and by it the other way round when it is the one already. */
struct fw_page_column {
    const char *name;  /* in the address */
    const char *title; /* on the page */
    bool number;
    bool sorts;
};
void fw_page_table_begin(struct fw_buffer *out, const struct fw_page_column *columns, int n,
                         const struct fw_page_request *request, const char *caption);
void fw_page_table_end(struct fw_buffer *out);

/* A figure with what it is: a box in a row of such (fw_page_boxes_begin). note: NULL for none. */
void fw_page_boxes_begin(struct fw_buffer *out);
void fw_page_box(struct fw_buffer *out, const char *what, const char *figure, const char *note);
void fw_page_boxes_end(struct fw_buffer *out);

/* A study's status as a word with a colour. */
void fw_page_status(struct fw_buffer *out, const struct fw_study_row *study);

/* "12 s ago". Returns out. */
char *fw_page_ago(char out[48], int64_t utc_us);

/* "1 trial", "1,200 trials". Returns out. */
char *fw_page_count(char out[64], int64_t n, const char *one, const char *many);

/* Links to the pages before and after, where there are so many rows in all. */
void fw_page_pager(struct fw_buffer *out, const struct fw_page_request *request, int64_t n_rows);

#endif
