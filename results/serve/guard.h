/* Which requests are answered at all. A socket on the loopback device is no boundary of its own: any page in a browser
 * on this machine can send requests to it, under a name that its owner points to 127.0.0.1 (DNS rebinding), or across
 * sites. Hence the Host header must name this machine and this port, and what another site embeds or fetches is
 * refused; a link that somebody follows is not. */
#ifndef FW_RESULTS_GUARD_H
#define FW_RESULTS_GUARD_H

#include "results/serve/http.h"

/* 200, or the code of the refusal with its reason in *why (static): 400, 403, 405, 421. */
int fw_guard_check(const struct fw_http_request *request, int port, const char **why);

/* Whether a Host header names this machine and the port: 127.0.0.1, localhost or [::1]. */
bool fw_guard_host(const char *host, int port);

#endif
