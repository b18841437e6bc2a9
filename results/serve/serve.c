#include "results/serve/serve.h"

#include <string.h>

#include "results/serve/guard.h"
#include "results/serve/http.h"
#include "results/serve/page.h"

#define HTML "text/html; charset=utf-8"
#define JSON "application/json"

/* What pages may do: load the script, the style and the icon from here, ask here, send forms here. */
#define OWN_POLICY                                                                                                     \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action "        \
    "'self'; base-uri 'none'; frame-ancestors 'none'"

/* A report is a page that could stand anywhere: its style is within it, and it has no script. */
#define REPORT_POLICY                                                                                                  \
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'none'; base-uri 'none'; "             \
    "frame-ancestors 'none'"

#define NO_POLICY "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"

struct fw_serve {
    struct fw_allocator *mem;
    struct fw_store_copier *copier;
    struct fw_http *http;
    int port;
};

static const struct {
    enum fw_page_kind kind;
    enum fw_status (*write)(const struct fw_page *page, struct fw_error *err);
    const char *type, *policy;
} pages[] = {
    {FW_PAGE_STUDIES, fw_page_studies, HTML, OWN_POLICY},
    {FW_PAGE_STUDY, fw_page_study, HTML, OWN_POLICY},
    {FW_PAGE_TRIAL, fw_page_trial, HTML, OWN_POLICY},
    {FW_PAGE_REPORT, fw_page_report, HTML, REPORT_POLICY},
    {FW_PAGE_API_STUDIES, fw_page_api_studies, JSON, NO_POLICY},
    {FW_PAGE_API_STUDY, fw_page_api_study, JSON, NO_POLICY},
    {FW_PAGE_API_TRIALS, fw_page_api_trials, JSON, NO_POLICY},
    {FW_PAGE_API_TRIAL, fw_page_api_trial, JSON, NO_POLICY},
};

#define N_PAGES ((int)(sizeof pages / sizeof pages[0]))

void fw_serve_options_init(struct fw_serve_options *options)
{
    *options = (struct fw_serve_options){
        .port = 8484,
        .store_bytes_most = 512 * FW_MIB,
        .request_seconds = 10,
        .answer_seconds = 30,
    };
}

/* ---- answers ---- */

static void refuse(struct fw_http_answer *answer, int code, const char *why)
{
    const char *title = code == 404   ? "Not here"
                        : code == 503 ? "The store cannot be read now"
                        : code >= 500 ? "That did not work"
                                      : "This cannot be answered";
    fw_buffer_clear(&answer->body);
    fw_buffer_init(&answer->body, answer->body.mem);
    answer->code = code;
    answer->type = HTML;
    answer->policy = OWN_POLICY;
    fw_page_fault(&answer->body, title, why);
}

/* The same for programs. */
static void refuse_json(struct fw_http_answer *answer, int code, const char *why)
{
    fw_buffer_clear(&answer->body);
    fw_buffer_init(&answer->body, answer->body.mem);
    answer->code = code;
    answer->type = JSON;
    answer->policy = NO_POLICY;
    fw_buffer_add_text(&answer->body, "{\"error\":");
    fw_page_json_text(&answer->body, why);
    fw_buffer_add_text(&answer->body, "}\n");
}

static int code_of(enum fw_status status)
{
    switch (status) {
    case FW_OK:
        return 200;
    case FW_E_INPUT:
        return 404;
    case FW_E_ARG:
        return 400;
    case FW_E_NOMEM:
    case FW_E_IO:
    case FW_E_CORRUPT:
    case FW_E_BUDGET:
    case FW_E_STOPPED:
        return 503;
    case FW_E_FAILED:
    case FW_E_NUMERIC:
        return 500;
    }
    return 500;
}

static bool answer_asset(struct fw_http_answer *answer, enum fw_page_kind kind)
{
    const char *text = fw_page_asset(kind, &answer->type);
    if (text == NULL)
        return false;
    answer->policy = NO_POLICY;
    if (kind == FW_PAGE_STYLE)
        fw_buffer_add_text(&answer->body, fw_html_style());
    fw_buffer_add_text(&answer->body, text);
    return true;
}

static void answer_page(struct fw_serve *serve, const struct fw_page_request *request, struct fw_http_answer *answer)
{
    struct fw_store_copy copy;
    struct fw_error err = {0};
    int i = 0;
    while (i < N_PAGES - 1 && pages[i].kind != request->kind)
        i++;
    bool is_json = strcmp(pages[i].type, JSON) == 0;
    answer->type = pages[i].type;
    answer->policy = pages[i].policy;
    enum fw_status status = fw_store_copy_take(&copy, serve->copier, &err);
    int code = status == FW_OK ? 200 : 503;
    if (status == FW_OK) {
        struct fw_page page = {request, &copy, &answer->body};
        status = pages[i].write(&page, &err);
        code = code_of(status);
        fw_store_copy_give(&copy);
    }
    if (answer->body.failed)
        code = 503;
    answer->code = code;
    if (code != 200)
        (is_json ? refuse_json : refuse)(answer, code,
                                         err.message[0] != '\0' ? err.message : "There is not enough memory.");
}

static void answer(void *self, const struct fw_http_request *asked, struct fw_http_answer *answer)
{
    struct fw_serve *serve = self;
    struct fw_page_request request;
    const char *why = NULL;
    int code = fw_guard_check(asked, serve->port, &why);
    if (code == 200)
        code = fw_page_request_parse(&request, asked->target, &why);
    if (code != 200)
        (strncmp(asked->target, "/api/", 5) == 0 ? refuse_json : refuse)(answer, code, why);
    else if (!answer_asset(answer, request.kind))
        answer_page(serve, &request, answer);
}

/* ---- from start to stop ---- */

enum fw_status fw_serve_start(struct fw_serve **out, const char *path, const struct fw_serve_options *options,
                              struct fw_error *err)
{
    struct fw_serve *serve;
    FW_ALLOC(serve, options->mem, 1, "a server", err);
    serve->mem = options->mem;
    struct fw_store_copier_options copier;
    fw_store_copier_options_init(&copier);
    copier.bytes_most = options->store_bytes_most;
    copier.mem = options->mem;
    struct fw_http_options http;
    fw_http_options_init(&http);
    http.port = options->port;
    http.request_seconds = options->request_seconds;
    http.answer_seconds = options->answer_seconds;
    http.mem = options->mem;
    http.answer = answer;
    http.self = serve;
    enum fw_status status = fw_store_copier_create(&serve->copier, path, &copier, err);
    if (status == FW_OK)
        status = fw_http_start(&serve->http, &http, err);
    if (status != FW_OK) {
        fw_serve_stop(serve);
        return status;
    }
    serve->port = fw_http_port(serve->http);
    *out = serve;
    return FW_OK;
}

int fw_serve_port(const struct fw_serve *serve)
{
    return serve->port;
}

void fw_serve_wait(struct fw_serve *serve, double seconds)
{
    fw_http_wait(serve->http, seconds);
}

void fw_serve_stop(struct fw_serve *serve)
{
    if (serve == NULL)
        return;
    fw_http_stop(serve->http);
    fw_store_copier_destroy(serve->copier);
    fw_free(serve->mem, serve);
}

void fw_serve_cost(struct fw_serve *serve, double *seconds, int64_t *n_copies)
{
    fw_store_copier_cost(serve->copier, seconds, n_copies);
}
