/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox and the relay run this, for clients that need prove nothing. */
#include "pam_idinqr/web/connections.h"

#include "pam_idinqr/web/server.h"

#include <stdlib.h>
#include <sys/socket.h>

#define REQUEST_MS 15000

void
connections_begin(struct connections *connections)
{
    for (int i = 0; i < CONNECTION_SERVED; i++)
        TAILQ_INIT(&connections->waiting[i]);
}

void
connections_wait(struct connections *connections, struct connection *connection,
                 enum connection_wait wait, int64_t now_ms)
{
    if (connection->wait == wait)
        return;
    if (connection->wait != CONNECTION_SERVED)
        TAILQ_REMOVE(&connections->waiting[connection->wait], connection, entry);
    connection->wait = wait;
    if (wait == CONNECTION_SERVED)
        return;
    connection->until_ms =
        now_ms + REQUEST_MS + (wait == CONNECTION_KEPT ? CONNECTIONS_IDLE_S * 1000 : 0);
    TAILQ_INSERT_TAIL(&connections->waiting[wait], connection, entry);
}

static struct connection *
add(struct connections *connections, int fd, int64_t now_ms)
{
    struct connection *connection = calloc(1, sizeof *connection);

    if (!connection)
        return NULL;
    connection->fd = fd;
    connection->wait = CONNECTION_SERVED;
    connections_wait(connections, connection, CONNECTION_BEGUN, now_ms);
    return connection;
}

static void
remove_one(struct connections *connections, struct connection *connection)
{
    if (connection)
        connections_wait(connections, connection, CONNECTION_SERVED, 0);
    free(connection);
}

struct connection *
connections_find(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

void
connections_changed(void *connections, struct MHD_Connection *connection, void **slot,
                    enum MHD_ConnectionNotificationCode what)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        remove_one(connections, *slot);
        *slot = NULL;
    } else if (info) {
        *slot = add(connections, info->connect_fd, server_now_ms());
        if (!*slot)
            (void)shutdown(info->connect_fd, SHUT_RDWR);
    }
}

void
connections_shut_down(struct connections *connections, int64_t now_ms)
{
    struct connection *connection;

    for (int i = 0; i < CONNECTION_SERVED; i++)
        while ((connection = TAILQ_FIRST(&connections->waiting[i])) &&
               connection->until_ms <= now_ms) {
            (void)shutdown(connection->fd, SHUT_RDWR);
            connections_wait(connections, connection, CONNECTION_SERVED, now_ms);
        }
}

int64_t
connections_next_ms(const struct connections *connections)
{
    int64_t next_ms = -1;

    for (int i = 0; i < CONNECTION_SERVED; i++) {
        const struct connection *first = TAILQ_FIRST(&connections->waiting[i]);
        if (first && (next_ms < 0 || first->until_ms < next_ms))
            next_ms = first->until_ms;
    }
    return next_ms;
}
