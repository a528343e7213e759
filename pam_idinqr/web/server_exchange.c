/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox and the relay run this on the network: one request, from its headers to its answer.
 */
#include "pam_idinqr/web/server_exchange.h"

#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/signature.h"
#include "pam_idinqr/web/server_reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#define TOGETHER_MS 100

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

/* Before the body is sent, which would only be thrown away. Closes the connection. */
static enum MHD_Result
refuse_body(struct exchange *exchange)
{
    struct http_reply reply = {.status = 413, .body = NULL};

    return server_reply_queue(exchange->server, exchange->connection, &reply);
}

/* microhttpd refuses a length that is no number. */
static bool
announces_too_much(struct MHD_Connection *connection)
{
    const char *size = value_of(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

    return strtoull(size, NULL, 10) > HTTP_BODY_MAX;
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
        .user_agent = value_of(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_USER_AGENT),
        .signature = "",
        .body = exchange->body ? exchange->body : "",
        .body_size = exchange->body_size,
        .now_ms = server_now_ms(),
        .hold_until_ms = exchange->hold_until_ms,
        .watched = exchange->watched,
        .is_private = exchange->is_private,
    };
    struct http_reply reply = {.body = NULL};
    const char *name = "*";
    enum MHD_Result result = MHD_NO;
    int outcome;

    MHD_get_connection_values(connection, MHD_HEADER_KIND, take_signature, &request);

    if (exchange->hold_until_ms > 0 && is_gone(connection))
        return MHD_NO;
    server_tick(server, request.now_ms);
    outcome = application->handle(application->context, &request, &reply, &name);
    if (outcome == HTTP_HOLD && server->is_stopping)
        return MHD_NO; /* it has come too late */
    if (outcome == HTTP_HOLD) {
        exchange->hold_until_ms = request.hold_until_ms;
        exchange->watched = request.watched;
        exchange->watched_before = *request.watched;
        exchange->name = name;
        hold(exchange);
        return MHD_YES;
    }
    if (outcome == HTTP_REPLY)
        result = server_reply_queue(server, connection, &reply);
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

    if (exchange->body_size + size > HTTP_BODY_MAX)
        return IDQ_REPLY; /* it was not announced, and there is no way to answer before its end */
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
enum MHD_Result
server_on_request(void *context, struct MHD_Connection *connection, const char *path,
                  const char *method, const char *version, const char *data, size_t *data_size,
                  void **exchange_slot)
{
    struct connection *waiting = connections_find(connection);
    struct exchange *exchange = *exchange_slot;

    (void)version;
    if (!exchange) {
        exchange = waiting ? calloc(1, sizeof *exchange) : NULL;
        if (!exchange)
            return MHD_NO;
        exchange->server = context;
        exchange->connection = connection;
        *exchange_slot = exchange;
        connections_wait(&exchange->server->connections, waiting, CONNECTION_BEGUN,
                         server_now_ms());
        return announces_too_much(connection) ? refuse_body(exchange) : MHD_YES;
    }
    if (*data_size == 0) {
        connections_wait(&exchange->server->connections, waiting, CONNECTION_SERVED, 0);
        return handle(exchange, method, path);
    }
    if (add_to_body(exchange, data, *data_size) != 0)
        return MHD_NO;
    *data_size = 0;
    return MHD_YES;
}

enum MHD_Result
server_on_private_request(void *context, struct MHD_Connection *connection, const char *path,
                          const char *method, const char *version, const char *data,
                          size_t *data_size, void **exchange_slot)
{
    bool is_new = !*exchange_slot;
    enum MHD_Result result = server_on_request(context, connection, path, method, version, data,
                                               data_size, exchange_slot);

    if (is_new && *exchange_slot)
        ((struct exchange *)*exchange_slot)->is_private = true;
    return result;
}

void
server_on_completed(void *context, struct MHD_Connection *connection, void **exchange_slot,
                    enum MHD_RequestTerminationCode why)
{
    struct exchange *exchange = *exchange_slot;
    struct server *server = context;

    (void)why;
    if (!exchange)
        return;
    connections_wait(&server->connections, connections_find(connection), CONNECTION_KEPT,
                     server_now_ms());
    free_body(exchange);
    free(exchange);
    *exchange_slot = NULL;
}
