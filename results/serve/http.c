#include "results/serve/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"

/* Bytes that libmicrohttpd may use for a connection; a request that needs more is refused by it. */
#define CONNECTION_MEMORY (20 * 1024)

/* Bytes of a request line with all headers. */
#define REQUEST_BYTES 8192

/* Connections beyond the limit that are taken while others are being closed for them: those are there until their
 * threads have ended, which may take a while on a busy machine. */
#define MARGIN 192

#define STACK_BYTES (1024 * 1024)

enum phase { WAITING, ANSWERING, SENDING };

/* An open connection. */
struct guest {
    struct fw_http *http;
    int socket;
    enum phase phase;
    double since; /* fw_clock_seconds() when the phase began */
    bool cut;
    struct guest *next;
};

struct fw_http {
    struct fw_http_options options;
    struct MHD_Daemon *daemon;
    int port;
    pthread_mutex_t mutex; /* of the guests */
    struct guest *guests;
    int n_guests;
};

/* One request, from its first line to the end of the answer. */
struct exchange {
    struct fw_allocator *mem;
    char *target;
    bool begun; /* its headers were seen */
};

/* An answer's bytes, until they are sent. */
struct parcel {
    struct fw_allocator *mem;
    char *data;
};

void fw_http_options_init(struct fw_http_options *options)
{
    *options = (struct fw_http_options){.connections = 64, .request_seconds = 10, .answer_seconds = 30};
}

/* ---- who is there ---- */

static void cut(struct guest *guest)
{
    guest->cut = true;
    shutdown(guest->socket, SHUT_RDWR); /* the guest's thread wakes and closes */
}

/* Makes room when there are too many: the longest silent goes. With the mutex. */
static void make_room(struct fw_http *http)
{
    struct guest *oldest = NULL;
    int n_left = 0;
    for (struct guest *guest = http->guests; guest != NULL; guest = guest->next) {
        n_left += !guest->cut;
        if (!guest->cut && guest->phase == WAITING && (oldest == NULL || guest->since < oldest->since))
            oldest = guest;
    }
    if (n_left > http->options.connections && oldest != NULL)
        cut(oldest);
}

static void enter(struct fw_http *http, struct MHD_Connection *connection, void **context)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct guest *guest = fw_alloc_array(http->options.mem, 1, sizeof *guest);
    *context = guest;
    if (guest == NULL || info == NULL)
        return; /* it is served all the same, for as long as libmicrohttpd's own limit of time lets it */
    guest->http = http;
    guest->socket = info->connect_fd;
    guest->since = fw_clock_seconds();
    pthread_mutex_lock(&http->mutex);
    make_room(http);
    guest->next = http->guests;
    http->guests = guest;
    http->n_guests++;
    pthread_mutex_unlock(&http->mutex);
}

static void leave(struct fw_http *http, struct guest *guest)
{
    if (guest == NULL)
        return;
    pthread_mutex_lock(&http->mutex);
    for (struct guest **at = &http->guests; *at != NULL; at = &(*at)->next) {
        if (*at == guest) {
            *at = guest->next;
            http->n_guests--;
            break;
        }
    }
    pthread_mutex_unlock(&http->mutex);
    fw_free(http->options.mem, guest);
}

static void on_connection(void *self, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct fw_http *http = self;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        enter(http, connection, context);
        return;
    }
    leave(http, *context);
    *context = NULL;
}

static void set_phase(struct fw_http *http, struct MHD_Connection *connection, enum phase phase)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct guest *guest = info != NULL ? info->socket_context : NULL;
    if (guest == NULL)
        return;
    pthread_mutex_lock(&http->mutex);
    guest->phase = phase;
    guest->since = fw_clock_seconds();
    pthread_mutex_unlock(&http->mutex);
}

void fw_http_wait(struct fw_http *http, double seconds)
{
    struct timespec pause = {.tv_sec = (time_t)seconds};
    pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
    nanosleep(&pause, NULL);
    double now = fw_clock_seconds();
    pthread_mutex_lock(&http->mutex);
    for (struct guest *guest = http->guests; guest != NULL; guest = guest->next) {
        double most = guest->phase == WAITING ? http->options.request_seconds : http->options.answer_seconds;
        if (!guest->cut && guest->phase != ANSWERING && now - guest->since > most)
            cut(guest);
    }
    pthread_mutex_unlock(&http->mutex);
}

/* ---- requests and answers ---- */

/* Called with the first line as it was sent; what it returns is the exchange. */
static void *on_target(void *self, const char *target, struct MHD_Connection *connection)
{
    (void)connection;
    struct fw_http *http = self;
    struct exchange *exchange = fw_alloc_array(http->options.mem, 1, sizeof *exchange);
    if (exchange == NULL)
        return NULL;
    exchange->mem = http->options.mem;
    exchange->target = fw_strndup(exchange->mem, target, strlen(target));
    return exchange;
}

static void on_completed(void *self, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode how)
{
    (void)how;
    set_phase(self, connection, WAITING);
    struct exchange *exchange = *context;
    if (exchange == NULL)
        return;
    fw_free(exchange->mem, exchange->target);
    fw_free(exchange->mem, exchange);
    *context = NULL;
}

/* What of the headers is wanted, and how long they are. */
struct headers {
    struct fw_http_request *request;
    size_t bytes;
};

static enum MHD_Result on_header(void *self, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    struct headers *headers = self;
    struct fw_http_request *request = headers->request;
    struct {
        const char *name;
        const char **value;
    } wanted[] = {{"sec-fetch-site", &request->fetch_site},
                  {"sec-fetch-mode", &request->fetch_mode},
                  {"sec-fetch-dest", &request->fetch_dest}};
    value = value != NULL ? value : "";
    headers->bytes += strlen(name) + strlen(value) + 4;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (strcasecmp(name, wanted[i].name) == 0)
            *wanted[i].value = value;
    }
    if (strcasecmp(name, "host") == 0 && request->n_hosts++ == 0)
        request->host = value;
    if (strcasecmp(name, "transfer-encoding") == 0 ||
        (strcasecmp(name, "content-length") == 0 && strcmp(value, "0") != 0))
        request->has_body = true;
    return MHD_YES;
}

static void fail(struct fw_http_answer *answer, int code, const char *text)
{
    fw_buffer_clear(&answer->body);
    answer->code = code;
    answer->type = "text/plain; charset=utf-8";
    fw_buffer_add_text(&answer->body, text);
}

/* Frees what the answer was sent from. */
static void on_sent(void *self)
{
    struct parcel *parcel = self;
    fw_free(parcel->mem, parcel->data);
    fw_free(parcel->mem, parcel);
}

static void add_headers(struct MHD_Response *response, const struct fw_http_answer *answer)
{
    const char *const headers[][2] = {
        {"Content-Type", answer->type},
        {"Content-Security-Policy", answer->policy != NULL ? answer->policy : "default-src 'none'; sandbox"},
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cache-Control", "no-store"},
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        (void)MHD_add_response_header(response, headers[i][0], headers[i][1]);
    if (answer->code == MHD_HTTP_METHOD_NOT_ALLOWED)
        (void)MHD_add_response_header(response, "Allow", "GET, HEAD");
    if (answer->code >= 400 && answer->code != MHD_HTTP_NOT_FOUND)
        (void)MHD_add_response_header(response, "Connection", "close");
}

static enum MHD_Result send_answer(struct fw_http *http, struct MHD_Connection *connection,
                                   struct fw_http_answer *answer)
{
    struct parcel *parcel = fw_alloc_array(http->options.mem, 1, sizeof *parcel);
    if (parcel == NULL) {
        fw_buffer_clear(&answer->body);
        return MHD_NO; /* not even that: the connection is closed */
    }
    *parcel = (struct parcel){http->options.mem, answer->body.data};
    size_t length = (size_t)answer->body.length;
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback_cls(length, parcel->data, on_sent, parcel);
    if (response == NULL) {
        on_sent(parcel);
        return MHD_NO;
    }
    add_headers(response, answer);
    set_phase(http, connection, SENDING);
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)answer->code, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result on_request(void *self, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *n_data, void **context)
{
    (void)url, (void)version, (void)data, (void)n_data;
    struct fw_http *http = self;
    struct exchange *exchange = *context;
    struct fw_http_request request = {.method = method, .target = exchange != NULL ? exchange->target : NULL};
    struct headers headers = {&request, 0};
    struct fw_http_answer answer = {.code = MHD_HTTP_OK, .type = "text/plain; charset=utf-8"};
    fw_buffer_init(&answer.body, http->options.mem);
    MHD_get_connection_values(connection, MHD_HEADER_KIND, on_header, &headers);
    if (exchange != NULL && !exchange->begun && !request.has_body) {
        exchange->begun = true; /* the answer waits for the next call: one that comes early ends the connection */
        return MHD_YES;
    }
    set_phase(http, connection, ANSWERING);
    if (request.target == NULL)
        fail(&answer, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory\n");
    else if (headers.bytes + strlen(request.target) > REQUEST_BYTES)
        fail(&answer, MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE, "a request has 8 KiB at most\n");
    else
        http->options.answer(http->options.self, &request, &answer);
    if (answer.body.failed)
        fail(&answer, MHD_HTTP_SERVICE_UNAVAILABLE, "");
    return send_answer(http, connection, &answer);
}

/* ---- the daemon ---- */

/* A listening socket on the loopback device; *port is then what it listens at. */
static enum fw_status open_socket(int *out, int *port, struct fw_error *err)
{
    int one = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port)};
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fw_error_set(err, FW_E_IO, "cannot open a socket: %s", strerror(errno));
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, (const struct sockaddr *)&address, size) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        int cause = errno;
        close(fd);
        return fw_error_set(err, FW_E_IO,
                            "cannot listen at port %d of 127.0.0.1: %s; choose another with --port, or "
                            "any free one with --port 0",
                            *port, strerror(cause));
    }
    *port = ntohs(address.sin_port);
    *out = fd;
    return FW_OK;
}

static struct MHD_Daemon *start_daemon(struct fw_http *http, int fd)
{
    double slowest = http->options.request_seconds + http->options.answer_seconds;
    return MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
                                MHD_USE_ITC,
                            0, NULL, NULL, on_request, http, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK,
                            on_target, http, MHD_OPTION_NOTIFY_COMPLETED, on_completed, http,
                            MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)(http->options.connections + MARGIN), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            (size_t)CONNECTION_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)slowest + 1,
                            MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
                            MHD_OPTION_END);
}

enum fw_status fw_http_start(struct fw_http **out, const struct fw_http_options *options, struct fw_error *err)
{
    int port = options->port;
    int fd = -1;
    FW_TRY(open_socket(&fd, &port, err));
    struct fw_http *http = fw_alloc_array(options->mem, 1, sizeof *http);
    if (http == NULL) {
        close(fd);
        return fw_error_nomem(err, options->mem, "a server", 1, sizeof *http);
    }
    http->options = *options;
    http->port = port;
    pthread_mutex_init(&http->mutex, NULL);
    /* signals are for whoever waits in fw_http_wait: threads inherit what is blocked here */
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    http->daemon = start_daemon(http, fd);
    int cause = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (http->daemon == NULL) {
        close(fd);
        pthread_mutex_destroy(&http->mutex);
        fw_free(options->mem, http);
        return fw_error_set(err, FW_E_IO, "cannot start the server: %s", strerror(cause));
    }
    *out = http;
    return FW_OK;
}

int fw_http_port(const struct fw_http *http)
{
    return http->port;
}

void fw_http_stop(struct fw_http *http)
{
    if (http == NULL)
        return;
    MHD_stop_daemon(http->daemon);
    pthread_mutex_destroy(&http->mutex);
    fw_free(http->options.mem, http);
}
