/* What a request asks for, read from its target ("/study/3?sort=bytes&page=2"). Nothing that is sent is taken for a
 * name of a file or of a table: a path is one of a fixed few, with numbers in it.
 *
 *     /                          the studies            ?tag= find= sort= archived=
 *     /study/3                   a study and its trials ?where= sort= page=
 *     /study/3/trial/7           a trial
 *     /study/3/report            its report
 *     /api/studies, /api/study/3, /api/study/3/trials, /api/study/3/trial/7     the same as JSON
 *     /style.css, /script.js, /icon.svg, /favicon.ico
 *
 * Plain values, nothing to free. */
#ifndef FW_RESULTS_REQUEST_H
#define FW_RESULTS_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"

enum fw_page_kind {
    FW_PAGE_STUDIES,
    FW_PAGE_STUDY,
    FW_PAGE_TRIAL,
    FW_PAGE_REPORT,
    FW_PAGE_API_STUDIES,
    FW_PAGE_API_STUDY,
    FW_PAGE_API_TRIALS,
    FW_PAGE_API_TRIAL,
    FW_PAGE_STYLE,
    FW_PAGE_SCRIPT,
    FW_PAGE_ICON
};

#define FW_REQUEST_TARGET_MOST 6000
#define FW_REQUEST_WHERE_SIZE  2048
#define FW_REQUEST_NAME_SIZE   512

struct fw_page_request {
    enum fw_page_kind kind;
    int64_t study, trial;              /* from 1; 0 where the path has none */
    char where[FW_REQUEST_WHERE_SIZE]; /* a condition in SQL by whoever asks: to be trusted by nobody */
    char find[FW_REQUEST_NAME_SIZE];   /* a part of a study's name, driver or data */
    char tag[FW_REQUEST_NAME_SIZE];
    char sort[FW_REQUEST_NAME_SIZE]; /* column; "" where it was not said */
    bool falling;                    /* sort=-column; a sign of +, or none, is for rising */
    bool archived;                   /* those too */
    int64_t page;                    /* from 1 */
    int64_t limit;                   /* rows; 1 to 1000 */
};

#define FW_REQUEST_LIMIT 50

/* Reads a target. Returns 200, or the code of the answer with its reason in *why (static): 404 for a path that there
 * is not, 400 for a query that is wrong, 414 for a target that is too long. */
int fw_page_request_parse(struct fw_page_request *out, const char *target, const char **why);

/* Appends the target that leads there, for links (to go through fw_html_text). What is as by default is left out. */
void fw_page_request_write(struct fw_buffer *out, const struct fw_page_request *request);

#endif
