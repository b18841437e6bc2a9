#include "results/serve/page_trials.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "results/drawing/candidate_text.h"
#include "results/query/row_format.h"
#include "results/query/trial_table.h"
#include "results/report/report_text.h"

/* Columns of the table at most, and those of them that are the study's own metrics. */
#define COLUMNS_MOST 16
#define METRICS_MOST 6

/* Seconds that a question of a visitor may take. */
#define SECONDS_MOST 2.0

/* A question: what of the trials, in which order. */
struct question {
    struct fw_trial_columns known;
    struct fw_buffer order;
    const char *columns[COLUMNS_MOST];
    bool numbers[COLUMNS_MOST]; /* aligned right */
    int n_columns;
    struct fw_trial_table table;
    int64_t n_rows; /* in all */
};

static void add_column(struct question *q, const char *name, bool number)
{
    if (q->n_columns < COLUMNS_MOST && name != NULL) {
        q->numbers[q->n_columns] = number;
        q->columns[q->n_columns++] = name;
    }
}

static void choose_columns(struct question *q, const struct fw_page_request *request)
{
    int n_metrics = 0;
    bool has_sort = request->sort[0] == '\0';
    add_column(q, "number", true);
    add_column(q, "state", false);
    add_column(q, "objective", true);
    add_column(q, "gain", true);
    for (int64_t i = 0; i < q->known.n && n_metrics < METRICS_MOST; i++) {
        if (q->known.rows[i].kind == FW_COLUMN_METRIC) {
            add_column(q, q->known.rows[i].name, true);
            n_metrics++;
        }
    }
    add_column(q, "bytes", true);
    add_column(q, "seconds", true);
    for (int c = 0; c < q->n_columns; c++)
        has_sort = has_sort || strcmp(q->columns[c], request->sort) == 0;
    if (!has_sort && strcmp(request->sort, "candidate") != 0) /* what it is sorted by is seen */
        add_column(q, request->sort, false);
    add_column(q, "candidate", false);
}

/* Trials without the figure come last, equals by number; at first the latest are on top. */
static void choose_order(struct question *q, const struct fw_page_request *request)
{
    if (request->sort[0] == '\0') {
        fw_buffer_add_text(&q->order, "number DESC");
        return;
    }
    fw_sql_add_name(&q->order, request->sort);
    fw_buffer_add_text(&q->order, " IS NULL, ");
    fw_sql_add_name(&q->order, request->sort);
    fw_buffer_add_text(&q->order, request->falling ? " DESC, number" : ", number");
}

static enum fw_status prepare(struct question *q, const struct fw_page *page, const struct fw_study_row *study,
                              struct fw_error *err)
{
    const struct fw_page_request *request = page->request;
    memset(q, 0, sizeof *q);
    fw_buffer_init(&q->order, page->out->mem);
    FW_TRY(fw_trial_columns_read(&q->known, page->copy->store, study->id, false, err));
    choose_columns(q, request);
    choose_order(q, request);
    q->table = (struct fw_trial_table){.study = study->id,
                                       .where = request->where,
                                       .order = q->order.data,
                                       .columns = q->columns,
                                       .n_columns = q->n_columns,
                                       .limit = request->limit,
                                       .offset = (request->page - 1) * request->limit,
                                       .seconds = SECONDS_MOST,
                                       .known = &q->known};
    q->n_rows = study->n_trials;
    if (request->where[strspn(request->where, " \t\r\n")] == '\0')
        return fw_buffer_check(&q->order, err);
    return fw_trial_table_count(&q->n_rows, page->copy->store, &q->table, err);
}

static void clear(struct question *q)
{
    fw_trial_columns_clear(&q->known);
    fw_buffer_clear(&q->order);
}

/* ---- the page ---- */

static void add_form(struct fw_buffer *out, const struct fw_page_request *request)
{
    fw_buffer_addf(out,
                   "<form action=\"/study/%" PRId64 "\" method=\"get\" role=\"search\">\n<label class=\"wide\">Only "
                   "trials with <input type=\"text\" name=\"where\" maxlength=\"%d\" spellcheck=\"false\" "
                   "autocapitalize=\"off\" autocomplete=\"off\" placeholder=\"objective &gt; 0.8 and seconds &lt; 1\" "
                   "value=\"",
                   request->study, FW_REQUEST_WHERE_SIZE - 1);
    fw_html_text(out, request->where);
    fw_buffer_add_text(out, "\"/></label>\n");
    if (request->sort[0] != '\0') {
        fw_buffer_addf(out, "<input type=\"hidden\" name=\"sort\" value=\"%s", request->falling ? "-" : "+");
        fw_html_text(out, request->sort);
        fw_buffer_add_text(out, "\"/>\n");
    }
    fw_buffer_add_text(out, "<button>Filter</button>\n</form>\n");
}

static void add_text(struct fw_buffer *out, const char *text, int64_t most)
{
    fw_buffer_add_text(out, "<bdi>");
    fw_report_add_cut(out, text, most);
    fw_buffer_add_text(out, "</bdi>");
}

static void add_candidate(struct fw_buffer *out, const char *json)
{
    struct fw_buffer said;
    fw_buffer_init(&said, out->mem);
    fw_candidate_text(&said, json, false);
    out->failed = out->failed || said.failed;
    add_text(out, said.data != NULL ? said.data : "", 300);
    fw_buffer_clear(&said);
}

static void add_state(struct fw_buffer *out, const char *text)
{
    enum fw_trial_state state;
    if (fw_trial_state_from_name(&state, text))
        fw_buffer_addf(out, "<span class=\"state %s\">%s</span>", fw_trial_state_name(state),
                       fw_trial_state_name(state));
    else
        add_text(out, text, 100);
}

/* Five places, as everywhere; whole numbers (counts that a metric holds) have none, tiny ones three digits. */
static void add_figure(struct fw_buffer *out, double value)
{
    char text[32];
    if (value == floor(value) && fabs(value) < 1e15)
        fw_buffer_addf(out, "%.0f", value);
    else if (fabs(value) < 1e-4)
        fw_buffer_addf(out, "%.3g", value);
    else
        fw_buffer_add_text(out, fw_report_figure(text, value));
}

static void add_value(struct fw_buffer *out, int64_t study, const char *column, const struct fw_value *value)
{
    char text[32];
    if (value->type == FW_VALUE_NULL)
        fw_buffer_add_text(out, "-");
    else if (value->type == FW_VALUE_TEXT && strcmp(column, "candidate") == 0)
        add_candidate(out, value->text);
    else if (value->type == FW_VALUE_TEXT && strcmp(column, "state") == 0)
        add_state(out, value->text);
    else if (value->type == FW_VALUE_TEXT)
        add_text(out, value->text, 300);
    else if (value->type == FW_VALUE_INT && strcmp(column, "number") == 0)
        fw_buffer_addf(out, "<a href=\"/study/%" PRId64 "/trial/%" PRId64 "\">%" PRId64 "</a>", study, value->integer,
                       value->integer);
    else if (strcmp(column, "seconds") == 0)
        fw_buffer_add_text(out, fw_text_duration(text, fw_value_number(value)));
    else if (strcmp(column, "bytes") == 0)
        fw_buffer_add_text(out, fw_text_bytes(text, fw_value_number(value)));
    else if (value->type == FW_VALUE_INT)
        fw_buffer_addf(out, "%" PRId64, value->integer);
    else
        add_figure(out, value->real);
}

static void add_table(const struct fw_page *page, const struct question *q, const struct fw_rows *rows)
{
    char caption[64];
    struct fw_page_column columns[COLUMNS_MOST];
    struct fw_buffer *out = page->out;
    for (int c = 0; c < q->n_columns; c++)
        columns[c] = (struct fw_page_column){q->columns[c], q->columns[c], q->numbers[c], true};
    fw_page_table_begin(out, columns, q->n_columns, page->request,
                        fw_page_count(caption, q->n_rows, "trial", "trials"));
    for (int64_t r = 0; r < rows->n; r++) {
        fw_buffer_add_text(out, "<tr>");
        for (int c = 0; c < rows->n_columns; c++) {
            fw_buffer_add_text(out, q->numbers[c] ? "<td class=\"n\">" : "<td>");
            add_value(out, page->request->study, q->columns[c], fw_rows_cell(rows, r, c));
            fw_buffer_add_text(out, "</td>");
        }
        fw_buffer_add_text(out, "</tr>\n");
    }
    fw_page_table_end(out);
    fw_page_pager(out, page->request, q->n_rows);
}

static void add_fault(struct fw_buffer *out, const struct fw_error *err)
{
    fw_buffer_add_text(out, "<p class=\"warning\" role=\"alert\">");
    fw_html_text(out, err->message);
    fw_buffer_add_text(out, "</p>\n");
}

enum fw_status fw_page_trials_add(const struct fw_page *page, const struct fw_study_row *study, struct fw_error *err)
{
    struct question q;
    struct fw_rows rows;
    struct fw_buffer *out = page->out;
    fw_html_section(out, "trialsheading", "Trials");
    add_form(out, page->request);
    fw_page_part_begin(out, "trials");
    fw_rows_init(&rows, out->mem);
    enum fw_status status = prepare(&q, page, study, err);
    if (status == FW_OK)
        status = fw_trial_table_run(page->copy->store, &q.table, fw_rows_sink(&rows), err);
    if (status == FW_OK) {
        add_table(page, &q, &rows);
    } else if ((status == FW_E_INPUT || status == FW_E_BUDGET) && err != NULL) {
        add_fault(out, err);
        status = FW_OK;
    }
    fw_page_part_end(out);
    fw_rows_clear(&rows);
    clear(&q);
    return status;
}

/* ---- JSON ---- */

static enum fw_status add_bytes(void *self, const char *bytes, int64_t n, struct fw_error *err)
{
    fw_buffer_add(self, bytes, (size_t)n);
    return fw_buffer_check(self, err);
}

static enum fw_status write_rows(const struct fw_page *page, const struct question *q, struct fw_error *err)
{
    struct fw_row_writer *writer;
    struct fw_row_writer_options options = {.format = FW_ROWS_JSON};
    struct fw_text_sink to = {page->out, add_bytes};
    FW_TRY(fw_row_writer_create(&writer, &options, to, page->out->mem, err));
    enum fw_status status = fw_trial_table_run(page->copy->store, &q->table, fw_row_writer_sink(writer), err);
    fw_row_writer_destroy(writer);
    return status;
}

enum fw_status fw_page_api_trials(const struct fw_page *page, struct fw_error *err)
{
    struct question q;
    const struct fw_study_row *study;
    struct fw_buffer *out = page->out;
    FW_TRY(fw_page_find_study(&study, page, err));
    enum fw_status status = prepare(&q, page, study, err);
    if (status == FW_OK) {
        fw_buffer_add_text(out, "{\"study\":");
        fw_page_json_text(out, study->name);
        fw_buffer_addf(out, ",\"chosen\":%" PRId64 ",\"page\":%" PRId64 ",\"trials\":", q.n_rows, page->request->page);
        status = write_rows(page, &q, err);
        fw_buffer_add_text(out, "}\n");
    }
    if (status == FW_E_INPUT || status == FW_E_BUDGET)
        status = FW_E_ARG; /* the condition is wrong, not the study */
    clear(&q);
    return status;
}
