/* The page of all studies: find, sort. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/query/study_now.h"
#include "results/report/report_text.h"
#include "results/serve/page.h"

static const struct fw_page_column columns[] = {
    {"id", "no.", true, true},         {"name", "study", false, true},    {"driver", "driver", false, true},
    {"data", "data", false, true},     {"status", "status", false, true}, {"trials", "trials", true, true},
    {"metric", "metric", false, true}, {"best", "best", true, true},      {"started", "started", false, true},
    {"took", "took", true, true},
};

#define N_COLUMNS ((int)(sizeof columns / sizeof columns[0]))

/* What a study is sorted by: a number, or a text where there is one. */
struct key {
    const struct fw_study_row *study;
    const char *text;
    double number;
    bool falling;
};

static struct key key_of(const struct fw_study_row *study, const char *column)
{
    struct key key = {.study = study};
    if (strcmp(column, "name") == 0)
        key.text = study->name;
    else if (strcmp(column, "driver") == 0)
        key.text = study->driver;
    else if (strcmp(column, "data") == 0)
        key.text = study->data;
    else if (strcmp(column, "status") == 0)
        key.text = fw_study_now_status(study);
    else if (strcmp(column, "metric") == 0)
        key.text = study->objective;
    else if (strcmp(column, "trials") == 0)
        key.number = (double)study->n_trials;
    else if (strcmp(column, "best") == 0)
        key.number = study->best_objective;
    else if (strcmp(column, "started") == 0)
        key.number = (double)study->started_us;
    else if (strcmp(column, "took") == 0)
        key.number = fw_study_now_seconds(study);
    else
        key.number = (double)study->id;
    return key;
}

/* NaN comes last either way; equals by id. */
static int compare(const void *a, const void *b)
{
    const struct key *x = a;
    const struct key *y = b;
    int order = 0;
    if (x->text != NULL)
        order = strcmp(x->text, y->text);
    else if (isnan(x->number) || isnan(y->number))
        return (isnan(x->number) - isnan(y->number)) != 0
                   ? isnan(x->number) - isnan(y->number)
                   : (x->study->id > y->study->id) - (x->study->id < y->study->id);
    else
        order = (x->number > y->number) - (x->number < y->number);
    if (order != 0)
        return x->falling ? -order : order;
    return (x->study->id > y->study->id) - (x->study->id < y->study->id);
}

static bool has_tag(const struct fw_study_row *study, const char *tag)
{
    size_t length = strlen(tag);
    if (strchr(tag, ',') != NULL)
        return false; /* it would be two of them */
    for (const char *at = study->tags; at != NULL; at = strstr(at, ", ")) {
        at += strncmp(at, ", ", 2) == 0 ? 2 : 0;
        if (strncmp(at, tag, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

static bool is_wanted(const struct fw_study_row *study, const struct fw_page_request *request)
{
    if (study->archived_us != 0 && !request->archived)
        return false;
    if (request->tag[0] != '\0' && !has_tag(study, request->tag))
        return false;
    return request->find[0] == '\0' || strcasestr(study->name, request->find) != NULL ||
           strcasestr(study->driver, request->find) != NULL || strcasestr(study->data, request->find) != NULL;
}

static void add_form(struct fw_buffer *out, const struct fw_page_request *request)
{
    fw_buffer_add_text(out, "<form action=\"/\" method=\"get\" role=\"search\">\n<label>Name, driver or data <input "
                            "type=\"search\" name=\"find\" maxlength=\"200\" value=\"");
    fw_html_text(out, request->find);
    fw_buffer_add_text(out, "\"/></label>\n<label>Tag <input type=\"search\" name=\"tag\" maxlength=\"200\" "
                            "value=\"");
    fw_html_text(out, request->tag);
    fw_buffer_addf(out,
                   "\"/></label>\n<label class=\"tick\"><input type=\"checkbox\" name=\"archived\" value=\"1\"%s/> "
                   "archived ones too</label>\n",
                   request->archived ? " checked=\"checked\"" : "");
    if (request->sort[0] != '\0') {
        fw_buffer_addf(out, "<input type=\"hidden\" name=\"sort\" value=\"%s", request->falling ? "-" : "");
        fw_html_text(out, request->sort);
        fw_buffer_add_text(out, "\"/>");
    }
    fw_buffer_add_text(out, "<button>Find</button>\n</form>\n");
}

static void cell(struct fw_buffer *out, bool number, const char *text)
{
    fw_buffer_add_text(out, number ? "<td class=\"n\">" : "<td>");
    fw_buffer_add_text(out, number ? "" : "<bdi>");
    fw_report_add_cut(out, text, 200);
    fw_buffer_add_text(out, number ? "</td>" : "</bdi></td>");
}

/* Tags, and whether it is archived, below the name. */
static void add_mark(struct fw_buffer *out, const struct fw_study_row *study)
{
    bool archived = study->archived_us != 0;
    if (study->tags == NULL && !archived)
        return;
    fw_buffer_add_text(out, "<br/><span class=\"note\"><bdi>");
    fw_report_add_cut(out, study->tags != NULL ? study->tags : "", 200);
    fw_buffer_addf(out, "</bdi>%s%s</span>", study->tags != NULL && archived ? " " : "", archived ? "(archived)" : "");
}

static void add_row(struct fw_buffer *out, const struct fw_study_row *study)
{
    char text[48];
    fw_buffer_addf(out, "<tr><td class=\"n\">%" PRId64 "</td><td><a href=\"/study/%" PRId64 "\"><bdi>", study->id,
                   study->id);
    fw_report_add_cut(out, study->name, 200);
    fw_buffer_add_text(out, "</bdi></a>");
    add_mark(out, study);
    fw_buffer_add_text(out, "</td>");
    cell(out, false, study->driver);
    cell(out, false, study->data);
    fw_buffer_add_text(out, "<td>");
    fw_page_status(out, study);
    fw_buffer_add_text(out, "</td>");
    cell(out, true, fw_text_count(text, study->n_trials));
    cell(out, false, study->objective);
    cell(out, true, fw_report_figure(text, study->best_objective));
    fw_buffer_addf(out, "<td class=\"when\">%s</td>", fw_report_time(text, study->started_us));
    cell(out, true, fw_text_duration(text, fw_study_now_seconds(study)));
    fw_buffer_add_text(out, "</tr>\n");
}

/* The studies wanted, in order; *n_out of them. To be freed. */
static enum fw_status choose(struct key **out, int64_t *n_out, bool *live, const struct fw_page *page,
                             struct fw_error *err)
{
    const struct fw_study_list *studies = page->copy->studies;
    struct key *keys;
    FW_ALLOC(keys, page->out->mem, studies->n, "a list of studies", err);
    int64_t n = 0;
    *live = false;
    for (int64_t i = 0; i < studies->n; i++) {
        const struct fw_study_row *study = &studies->rows[i];
        if (!is_wanted(study, page->request))
            continue;
        keys[n] = key_of(study, page->request->sort);
        keys[n++].falling = page->request->falling || page->request->sort[0] == '\0'; /* the latest first */
        *live = *live || fw_study_now_runs(study);
    }
    qsort(keys, (size_t)n, sizeof *keys, compare);
    *out = keys;
    *n_out = n;
    return FW_OK;
}

enum fw_status fw_page_studies(const struct fw_page *page, struct fw_error *err)
{
    char caption[64];
    struct key *keys = NULL;
    int64_t n = 0;
    bool live = false;
    struct fw_buffer *out = page->out;
    int64_t from = (page->request->page - 1) * page->request->limit;
    enum fw_status status = choose(&keys, &n, &live, page, err);
    if (status == FW_OK) {
        fw_page_begin(page, "Studies", NULL, NULL, live);
        add_form(out, page->request);
        fw_page_part_begin(out, "studies");
        if (page->copy->studies->n == 0)
            fw_html_paragraph(out, NULL, "The store holds no studies yet: a search writes the first one.");
        fw_page_table_begin(out, columns, N_COLUMNS, page->request, fw_page_count(caption, n, "study", "studies"));
        for (int64_t i = from; i < n && i < from + page->request->limit; i++)
            add_row(out, keys[i].study);
        fw_page_table_end(out);
        fw_page_pager(out, page->request, n);
        fw_page_part_end(out);
        fw_page_end(page);
    }
    fw_free(out->mem, keys);
    return status;
}
