#include "support/web.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "support/test_main.h"

static struct fw_serve *serve;
static pthread_t keeper;
static atomic_bool ended;

static void *keep_time(void *self)
{
    (void)self;
    while (!atomic_load(&ended))
        fw_serve_wait(serve, 0.02);
    return NULL;
}

void web_start(const char *store, const struct fw_serve_options *options)
{
    struct fw_serve_options chosen;
    fw_serve_options_init(&chosen);
    if (options != NULL)
        chosen = *options;
    chosen.port = 0;
    ck_ok(fw_serve_start(&serve, store, &chosen, err));
    atomic_store(&ended, false);
    ck_assert_int_eq(pthread_create(&keeper, NULL, keep_time, NULL), 0);
}

void web_stop(void)
{
    atomic_store(&ended, true);
    pthread_join(keeper, NULL);
    fw_serve_stop(serve);
    serve = NULL;
}

int web_port(void)
{
    return fw_serve_port(serve);
}

int web_connect(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)web_port())};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = 5};
    ck_assert_int_ge(fd, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* All that comes until the end. */
static char *read_all(int fd, size_t *n)
{
    size_t capacity = 1 << 16;
    char *text = malloc(capacity);
    ssize_t got;
    *n = 0;
    ck_assert_ptr_nonnull(text);
    while ((got = recv(fd, text + *n, capacity - *n - 1, 0)) > 0) {
        *n += (size_t)got;
        if (capacity - *n < 4096) {
            capacity *= 2;
            text = realloc(text, capacity);
            ck_assert_ptr_nonnull(text);
        }
    }
    text[*n] = '\0';
    return text;
}

struct web_answer web_raw(const char *bytes, size_t n)
{
    struct web_answer answer = {0};
    size_t size = 0;
    int fd = web_connect();
    for (size_t sent = 0; sent < n;) {
        ssize_t got = send(fd, bytes + sent, n - sent, MSG_NOSIGNAL);
        if (got <= 0)
            break; /* it has heard enough */
        sent += (size_t)got;
    }
    answer.head = read_all(fd, &size);
    close(fd);
    answer.body = strstr(answer.head, "\r\n\r\n");
    if (answer.body != NULL) {
        *answer.body = '\0';
        answer.body += 4;
        answer.size = size - (size_t)(answer.body - answer.head);
        sscanf(answer.head, "HTTP/%*d.%*d %d", &answer.code);
    } else {
        answer.body = answer.head + size;
    }
    return answer;
}

struct web_answer web_ask(const char *line, const char *headers)
{
    size_t size = strlen(line) + strlen(headers) + 128;
    char *bytes = malloc(size);
    ck_assert_ptr_nonnull(bytes);
    int n = snprintf(bytes, size, "%s\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\n%s\r\n", line, web_port(), headers);
    struct web_answer answer = web_raw(bytes, (size_t)n);
    free(bytes);
    return answer;
}

struct web_answer web_get(const char *target)
{
    size_t size = strlen(target) + 32;
    char *line = malloc(size);
    ck_assert_ptr_nonnull(line);
    snprintf(line, size, "GET %s HTTP/1.1", target);
    struct web_answer answer = web_ask(line, "");
    free(line);
    return answer;
}

void web_answer_clear(struct web_answer *answer)
{
    free(answer->head);
    *answer = (struct web_answer){0};
}
