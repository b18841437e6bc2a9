#include "results/serve/request.h"

#include <string.h>

/* ---- paths ---- */

/* A path, with '#' for a number: first the study's, then the trial's. */
static const struct {
    const char *pattern;
    enum fw_page_kind kind;
} paths[] = {
    {"/", FW_PAGE_STUDIES},
    {"/study/#", FW_PAGE_STUDY},
    {"/study/#/trial/#", FW_PAGE_TRIAL},
    {"/study/#/report", FW_PAGE_REPORT},
    {"/api/studies", FW_PAGE_API_STUDIES},
    {"/api/study/#", FW_PAGE_API_STUDY},
    {"/api/study/#/trials", FW_PAGE_API_TRIALS},
    {"/api/study/#/trial/#", FW_PAGE_API_TRIAL},
    {"/style.css", FW_PAGE_STYLE},
    {"/script.js", FW_PAGE_SCRIPT},
    {"/icon.svg", FW_PAGE_ICON},
    {"/favicon.ico", FW_PAGE_ICON}, /* what browsers ask for by themselves */
};

#define N_PATHS (sizeof paths / sizeof paths[0])

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Whether a path is a pattern; its numbers go to numbers[2]. */
static bool match(const char *pattern, const char *path, size_t n, int64_t numbers[2])
{
    size_t at = 0;
    int n_numbers = 0;
    numbers[0] = 0;
    numbers[1] = 0;
    for (; *pattern != '\0'; pattern++) {
        if (*pattern != '#') {
            if (at == n || path[at++] != *pattern)
                return false;
            continue;
        }
        size_t start = at;
        while (at < n && is_digit(path[at]))
            at++;
        struct fw_text digits = {path + start, at - start};
        if (digits.length == 0 || digits.data[0] == '0' || !fw_text_to_int(digits, &numbers[n_numbers++]))
            return false;
    }
    return at == n;
}

/* ---- queries ---- */

static int hex(char c)
{
    return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes %41 and '+'; false for what is no such text, holds a NUL, or does not fit. */
static bool decode(char *out, size_t size, const char *text, size_t n)
{
    size_t length = 0;
    for (size_t i = 0; i < n; i++) {
        char c = text[i] == '+' ? ' ' : text[i];
        if (c == '%') {
            if (n - i < 3 || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0)
                return false;
            c = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
            i += 2;
        }
        if (c == '\0' || length + 1 >= size)
            return false;
        out[length++] = c;
    }
    out[length] = '\0';
    return true;
}

/* A whole number from 1 to most. */
static bool to_count(int64_t *out, const char *text, int64_t most)
{
    return fw_text_to_int(fw_text_of(text), out) && *out >= 1 && *out <= most;
}

/* One name=value of the query. */
static bool take(struct fw_page_request *out, const char *name, const char *value, unsigned *seen)
{
    static const char *const names[] = {"where", "find", "tag", "sort", "archived", "page", "limit"};
    size_t which = 0;
    while (which < sizeof names / sizeof names[0] && strcmp(names[which], name) != 0)
        which++;
    if (which == sizeof names / sizeof names[0] || (*seen & (1U << which)) != 0)
        return false;
    *seen |= 1U << which;
    switch (which) {
    case 0:
        memcpy(out->where, value, strlen(value) + 1);
        return true;
    case 1:
    case 2:
    case 3: {
        char *to = which == 1 ? out->find : which == 2 ? out->tag : out->sort;
        if (which == 3) {
            out->falling = value[0] == '-' && value[1] != '\0';
            value += value[0] == '-' || value[0] == '+';
        }
        if (strlen(value) >= FW_REQUEST_NAME_SIZE)
            return false;
        memcpy(to, value, strlen(value) + 1);
        return true;
    }
    case 4:
        out->archived = strcmp(value, "1") == 0;
        return out->archived || strcmp(value, "0") == 0 || value[0] == '\0';
    case 5:
        return to_count(&out->page, value, INT64_C(1000000000));
    default:
        return to_count(&out->limit, value, 1000);
    }
}

static bool parse_query(struct fw_page_request *out, const char *query)
{
    unsigned seen = 0;
    while (*query != '\0') {
        size_t length = strcspn(query, "&");
        size_t name_length = strcspn(query, "=&");
        char name[16];
        char value[FW_REQUEST_WHERE_SIZE];
        size_t skip = name_length < length ? name_length + 1 : name_length;
        if (!decode(name, sizeof name, query, name_length) ||
            !decode(value, sizeof value, query + skip, length - skip) || !take(out, name, value, &seen))
            return false;
        query += length + (query[length] == '&');
    }
    return true;
}

int fw_page_request_parse(struct fw_page_request *out, const char *target, const char **why)
{
    int64_t numbers[2];
    memset(out, 0, sizeof *out);
    out->page = 1;
    out->limit = FW_REQUEST_LIMIT;
    *why = "There is no such page.";
    if (strlen(target) > FW_REQUEST_TARGET_MOST) {
        *why = "The address is too long.";
        return 414;
    }
    size_t length = strcspn(target, "?");
    size_t i = 0;
    while (i < N_PATHS && !match(paths[i].pattern, target, length, numbers))
        i++;
    if (i == N_PATHS)
        return 404;
    out->kind = paths[i].kind;
    out->study = numbers[0];
    out->trial = numbers[1];
    *why = "The address is wrong behind its '?': it takes where, find, tag, sort, archived, page and limit, each once.";
    return target[length] == '?' && !parse_query(out, target + length + 1) ? 400 : 200;
}

/* ---- links ---- */

static void put_encoded(struct fw_buffer *out, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    for (; *text != '\0'; text++) {
        if (strchr(plain, *text) != NULL)
            fw_buffer_add(out, text, 1);
        else
            fw_buffer_addf(out, "%%%02X", (unsigned char)*text);
    }
}

static void put_text(struct fw_buffer *out, char *before, const char *name, const char *sign, const char *value)
{
    if (value[0] == '\0')
        return;
    fw_buffer_addf(out, "%c%s=%s", *before, name, sign);
    put_encoded(out, value);
    *before = '&';
}

void fw_page_request_write(struct fw_buffer *out, const struct fw_page_request *request)
{
    char before = '?';
    int64_t numbers[2] = {request->study, request->trial};
    int n_numbers = 0;
    size_t which = 0;
    while (paths[which].kind != request->kind)
        which++;
    for (const char *c = paths[which].pattern; *c != '\0'; c++) {
        if (*c == '#')
            fw_buffer_addf(out, "%lld", (long long)numbers[n_numbers++]);
        else
            fw_buffer_add(out, c, 1);
    }
    put_text(out, &before, "where", "", request->where);
    put_text(out, &before, "find", "", request->find);
    put_text(out, &before, "tag", "", request->tag);
    bool has_sign = request->sort[0] == '-' || request->sort[0] == '+';
    put_text(out, &before, "sort", request->falling ? "-" : has_sign ? "%2B" : "", request->sort);
    put_text(out, &before, "archived", "", request->archived ? "1" : "");
    if (request->page > 1) {
        fw_buffer_addf(out, "%cpage=%lld", before, (long long)request->page);
        before = '&';
    }
    if (request->limit != FW_REQUEST_LIMIT)
        fw_buffer_addf(out, "%climit=%lld", before, (long long)request->limit);
}
