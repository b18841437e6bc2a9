#include "results/serve/guard.h"

#include <stdio.h>
#include <string.h>

bool fw_guard_host(const char *host, int port)
{
    static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
    char text[64];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(text, sizeof text, "%s:%d", names[i], port);
        if (strcasecmp(host, text) == 0 || (port == 80 && strcasecmp(host, names[i]) == 0))
            return true;
    }
    return false;
}

/* Whether it is not another site's page that wants the answer. */
static bool is_own(const struct fw_http_request *request)
{
    const char *site = request->fetch_site;
    if (site == NULL || strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0)
        return true;
    return request->fetch_mode != NULL && strcmp(request->fetch_mode, "navigate") == 0 && request->fetch_dest != NULL &&
           strcmp(request->fetch_dest, "document") == 0;
}

int fw_guard_check(const struct fw_http_request *request, int port, const char **why)
{
    *why = "A request names its host once.";
    if (request->n_hosts != 1)
        return 400;
    *why = "This host is not served here: use 127.0.0.1 or localhost with the port that was printed.";
    if (!fw_guard_host(request->host, port))
        return 421;
    *why = "Nothing can be changed here: use GET.";
    if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0)
        return 405;
    *why = "A request has no body here.";
    if (request->has_body)
        return 400;
    *why = "Other sites may link here, and no more.";
    if (!is_own(request))
        return 403;
    *why = NULL;
    return 200;
}
