/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox and the relay run this on the network. */
#include "pam_idinqr/web/server.h"

#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/signature.h"

#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTION_IDLE_S 60
#define TOGETHER_MS       100
#define TLS_PRIORITIES    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct server {
    struct MHD_Daemon *daemon;
    const struct server_application *application;
    int64_t now_ms;
    bool is_stopping;
    /* Requests that wait for something to change. The one whose time comes first is the first. */
    TAILQ_HEAD(held_list, exchange) held;
    uint64_t changes; /* the application's, when all of them were last looked at */
};

/* One request on its way. Made and freed at microhttpd's call. */
struct exchange {
    struct server *server;
    struct MHD_Connection *connection;
    TAILQ_ENTRY(exchange) held;
    int64_t hold_until_ms;
    const uint64_t *watched;
    uint64_t watched_before; /* what it was when the request was held */
    /* What has arrived. A larger one than HTTP_BODY_MAX is not kept. */
    char *body;
    size_t body_size;
    bool is_too_large;
};

int64_t
server_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const char *
value_of(struct MHD_Connection *connection, enum MHD_ValueKind kind, const char *name)
{
    const char *value = MHD_lookup_connection_value(connection, kind, name);

    return value ? value : "";
}

/* Each header is seen, as a second one makes both invalid. */
static enum MHD_Result
take_signature(void *request_, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct http_request *request = request_;

    (void)kind;
    if (strcasecmp(name, SIGNATURE_HEADER) == 0) {
        request->signature = value ? value : "";
        request->n_signatures++;
    }
    return MHD_YES;
}

/* Whether the other end is still there to be told something: what it never hears must not count as
 * told. */
static bool
is_gone(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct pollfd peer = {.fd = info ? info->connect_fd : -1, .events = POLLRDHUP};

    return poll(&peer, 1, 0) > 0 && (peer.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

/* What every answer says of the time. microhttpd would say it too, by the machine's clock. */
static enum MHD_Result
add_date(const struct server_application *application, struct MHD_Response *response)
{
    time_t now = (time_t)application->wall_clock_s(application->context);
    struct tm utc;
    char date[40];

    if (!gmtime_r(&now, &utc) ||
        strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &utc) == 0)
        return MHD_NO;
    return MHD_add_response_header(response, MHD_HTTP_HEADER_DATE, date);
}

static enum MHD_Result
queue_reply(const struct server_application *application, struct MHD_Connection *connection,
            struct http_reply *reply)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(reply->body_size, reply->body, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result = response ? add_date(application, response) : MHD_NO;

    for (size_t i = 0; result == MHD_YES && i < reply->n_headers; i++)
        result = MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
    if (result == MHD_YES)
        result = MHD_queue_response(connection, reply->status, response);
    MHD_destroy_response(response);
    return result;
}

/* A merchant token may be in it. */
static void
free_body(struct exchange *exchange)
{
    if (exchange->body)
        secret_wipe(exchange->body, exchange->body_size);
    free(exchange->body);
    exchange->body = NULL;
}

static void
tick(struct server *server, int64_t now_ms)
{
    server->now_ms = now_ms;
    server->application->tick(server->application->context, now_ms);
}

/* microhttpd looks at every suspended connection whenever one is resumed. So those of one moment
 * are resumed together: the time is rounded up. */
static void
hold(struct exchange *exchange)
{
    struct server *server = exchange->server;
    struct exchange *before = TAILQ_LAST(&server->held, held_list);

    if (exchange->hold_until_ms < INT64_MAX - TOGETHER_MS)
        exchange->hold_until_ms += TOGETHER_MS - 1 - (exchange->hold_until_ms - 1) % TOGETHER_MS;
    while (before && before->hold_until_ms > exchange->hold_until_ms)
        before = TAILQ_PREV(before, held_list, held);
    if (before)
        TAILQ_INSERT_AFTER(&server->held, before, exchange, held);
    else
        TAILQ_INSERT_HEAD(&server->held, exchange, held);
    MHD_suspend_connection(exchange->connection);
}

/* The method is whatever the client called it. */
static void
log_request(const char *program, const char *method, const char *name, unsigned status)
{
    char loggable[16];

    snprintf(loggable, sizeof loggable, "%s", method);
    characters_make_loggable(loggable);
    fprintf(stderr, "%s: %s %s %u\n", program, loggable, name, status);
}

/* The whole request is here: handles it, for the first time or again after it was held. MHD_NO
 * closes the connection without an answer. */
static enum MHD_Result
handle(struct exchange *exchange, const char *method, const char *path)
{
    struct server *server = exchange->server;
    const struct server_application *application = server->application;
    struct MHD_Connection *connection = exchange->connection;
    struct http_request request = {
        .method = method,
        .path = path,
        .language = value_of(connection, MHD_GET_ARGUMENT_KIND, "lang"),
        .account_id = value_of(connection, MHD_GET_ARGUMENT_KIND, "signicat-accountId"),
        .user_code = value_of(connection, MHD_GET_ARGUMENT_KIND, "user_code"),
        .transaction_id = value_of(connection, MHD_GET_ARGUMENT_KIND, "trxid"),
        .entrance_code = value_of(connection, MHD_GET_ARGUMENT_KIND, "ec"),
        .state = value_of(connection, MHD_GET_ARGUMENT_KIND, "state"),
        .code = value_of(connection, MHD_GET_ARGUMENT_KIND, "code"),
        .error = value_of(connection, MHD_GET_ARGUMENT_KIND, "error"),
        .iss = value_of(connection, MHD_GET_ARGUMENT_KIND, "iss"),
        .accept_language = value_of(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT_LANGUAGE),
        .content_type = value_of(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE),
        .authorization = value_of(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION),
        .signature = "",
        .body = exchange->body ? exchange->body : "",
        .body_size = exchange->body_size,
        .now_ms = server_now_ms(),
        .hold_until_ms = exchange->hold_until_ms,
        .watched = exchange->watched,
    };
    struct http_reply reply = {.body = NULL};
    const char *name = "*";
    enum MHD_Result result = MHD_NO;
    int outcome;

    MHD_get_connection_values(connection, MHD_HEADER_KIND, take_signature, &request);

    if (exchange->hold_until_ms > 0 && is_gone(connection))
        return MHD_NO;
    tick(server, request.now_ms);
    if (exchange->is_too_large)
        outcome = http_reply_copy(&reply, 413, "text/plain", "", 0);
    else
        outcome = application->handle(application->context, &request, &reply, &name);
    if (outcome == HTTP_HOLD && server->is_stopping)
        return MHD_NO; /* it has come too late */
    if (outcome == HTTP_HOLD) {
        exchange->hold_until_ms = request.hold_until_ms;
        exchange->watched = request.watched;
        exchange->watched_before = *request.watched;
        hold(exchange);
        return MHD_YES;
    }
    if (outcome == HTTP_REPLY)
        result = queue_reply(application, connection, &reply);
    if (application->name)
        log_request(application->name, method, name, outcome == HTTP_REPLY ? reply.status : 0);
    http_reply_free(&reply);
    return result;
}

/* Keeps no copy that is not wiped. */
static int
add_to_body(struct exchange *exchange, const char *data, size_t size)
{
    char *longer;

    exchange->is_too_large |= exchange->body_size + size > HTTP_BODY_MAX;
    if (exchange->is_too_large)
        return 0;
    longer = malloc(exchange->body_size + size + 1);
    if (!longer)
        return IDQ_SYSTEM;
    if (exchange->body)
        memcpy(longer, exchange->body, exchange->body_size);
    memcpy(longer + exchange->body_size, data, size);
    longer[exchange->body_size + size] = '\0';
    free_body(exchange);
    exchange->body = longer;
    exchange->body_size += size;
    return 0;
}

/* microhttpd calls this when the headers are there, for each piece of the body, and at its end. */
static enum MHD_Result
on_request(void *context, struct MHD_Connection *connection, const char *path, const char *method,
           const char *version, const char *data, size_t *data_size, void **exchange_slot)
{
    struct exchange *exchange = *exchange_slot;

    (void)version;
    if (!exchange) {
        exchange = calloc(1, sizeof *exchange);
        if (!exchange)
            return MHD_NO;
        exchange->server = context;
        exchange->connection = connection;
        *exchange_slot = exchange;
        return MHD_YES;
    }
    if (*data_size == 0)
        return handle(exchange, method, path);
    if (add_to_body(exchange, data, *data_size) != 0)
        return MHD_NO;
    *data_size = 0;
    return MHD_YES;
}

static void
on_completed(void *context, struct MHD_Connection *connection, void **exchange_slot,
             enum MHD_RequestTerminationCode why)
{
    struct exchange *exchange = *exchange_slot;

    (void)context;
    (void)connection;
    (void)why;
    if (!exchange)
        return;
    free_body(exchange);
    free(exchange);
    *exchange_slot = NULL;
}

/* Handles held requests again: those whose time has come, and those whose watched value has
 * changed. Not all of them at every change, because of 500 waiting people one moves at a time.
 * Looks at all of them only after a change: there may be thousands. Returns whether there are any:
 * microhttpd handles them at its next MHD_run, and does not wake up for it. */
static bool
resume_held(struct server *server)
{
    const uint64_t *changes = server->application->changes;
    bool has_changed = server->is_stopping || !changes || *changes != server->changes;
    bool has_resumed = false;
    struct exchange *exchange, *next;

    server->changes = changes ? *changes : 0;
    for (exchange = TAILQ_FIRST(&server->held); exchange; exchange = next) {
        bool is_over = server->is_stopping || exchange->hold_until_ms <= server->now_ms;

        next = TAILQ_NEXT(exchange, held);
        if (!is_over && !has_changed)
            break;
        if (!is_over && *exchange->watched == exchange->watched_before)
            continue;
        TAILQ_REMOVE(&server->held, exchange, held);
        MHD_resume_connection(exchange->connection);
        has_resumed = true;
    }
    return has_resumed;
}

/* Both have the same other options. */
#define FLAGS (MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME)
#define OPTIONS(server, socket)                                                                    \
    MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,             \
        MHD_OPTION_CONNECTION_LIMIT, (server)->application->connections_max,                       \
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTION_IDLE_S

static struct MHD_Daemon *
start_tls(struct server *server, int socket)
{
    return MHD_start_daemon(
        FLAGS | MHD_USE_TLS, 0, NULL, NULL, on_request, server, OPTIONS(server, socket),
        MHD_OPTION_HTTPS_MEM_CERT, server->application->certificate, MHD_OPTION_HTTPS_MEM_KEY,
        server->application->key, MHD_OPTION_HTTPS_PRIORITIES, TLS_PRIORITIES, MHD_OPTION_END);
}

static struct MHD_Daemon *
start_plain(struct server *server, int socket)
{
    return MHD_start_daemon(FLAGS, 0, NULL, NULL, on_request, server, OPTIONS(server, socket),
                            MHD_OPTION_END);
}

int
server_start(const struct server_application *application, int socket, struct server **ret_server)
{
    struct server *server = calloc(1, sizeof *server);

    if (server) {
        server->application = application;
        TAILQ_INIT(&server->held);
        server->daemon =
            application->certificate ? start_tls(server, socket) : start_plain(server, socket);
    }
    if (!server || !server->daemon) {
        close(socket);
        free(server);
        return IDQ_SYSTEM;
    }
    *ret_server = server;
    return 0;
}

/* How long there is nothing to do, for poll; -1: for ever. */
static int
idle_ms(const struct server *server)
{
    const struct exchange *held = TAILQ_FIRST(&server->held);
    int64_t next_ms = server->application->next_ms(server->application->context);
    unsigned MHD_LONG_LONG daemon_ms = 0;
    int64_t wait_ms;

    if (held && (next_ms < 0 || held->hold_until_ms < next_ms))
        next_ms = held->hold_until_ms;
    wait_ms = next_ms < 0 ? -1 : next_ms - server_now_ms();
    if (next_ms >= 0 && wait_ms < 0)
        wait_ms = 0;
    if (MHD_get_timeout(server->daemon, &daemon_ms) == MHD_YES &&
        (wait_ms < 0 || daemon_ms < (unsigned MHD_LONG_LONG)wait_ms))
        wait_ms = daemon_ms < INT_MAX ? (int64_t)daemon_ms : INT_MAX;
    return wait_ms > INT_MAX ? INT_MAX : (int)wait_ms;
}

int
server_run(struct server *server, int stop_fd)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    const struct server_application *application = server->application;
    struct pollfd fds[] = {{.fd = stop_fd, .events = POLLIN},
                           {.fd = info->epoll_fd, .events = POLLIN}};

    for (;;) {
        tick(server, server_now_ms());
        int wait_ms = resume_held(server) ? 0 : idle_ms(server);
        int ready = application->poll ? application->poll(application->context, fds, 2, wait_ms)
                                      : poll(fds, 2, wait_ms);
        if (ready < 0 && errno != EINTR)
            return IDQ_SYSTEM;
        if (fds[0].revents)
            return 0;
        MHD_run(server->daemon);
    }
}

void
server_stop(struct server **server)
{
    if (!*server)
        return;
    /* microhttpd must not be stopped while it has suspended connections. */
    (*server)->is_stopping = true;
    (*server)->application->stop((*server)->application->context);
    (void)resume_held(*server);
    MHD_run((*server)->daemon);
    MHD_stop_daemon((*server)->daemon);
    free(*server);
    *server = NULL;
}
