/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox and the relay run this on the network: the sockets, and the requests that wait. */
#include "pam_idinqr/web/server_exchange.h"

#include "pam_idinqr/common/error.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

int64_t
server_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
server_tick(struct server *server, int64_t now_ms)
{
    server->now_ms = now_ms;
    server->application->tick(server->application->context, now_ms);
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

unsigned
server_held(const struct server *server, const char *name)
{
    const struct exchange *exchange = TAILQ_FIRST(&server->held);
    unsigned n = 0;

    for (; exchange; exchange = TAILQ_NEXT(exchange, held))
        n += strcmp(exchange->name, name) == 0;
    return n;
}

/* Both have the same other options. */
#define FLAGS (MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME)
#define OPTIONS(server, socket)                                                                    \
    MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_NOTIFY_COMPLETED, server_on_completed, server,    \
        MHD_OPTION_NOTIFY_CONNECTION, connections_changed, &(server)->connections,                 \
        MHD_OPTION_CONNECTION_LIMIT, (server)->application->connections_max,                       \
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, (server)->application->connections_per_address,        \
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)CONNECTIONS_IDLE_S

static struct MHD_Daemon *
start_tls(struct server *server, int socket)
{
    return MHD_start_daemon(
        FLAGS | MHD_USE_TLS, 0, NULL, NULL, server_on_request, server, OPTIONS(server, socket),
        MHD_OPTION_HTTPS_MEM_CERT, server->application->certificate, MHD_OPTION_HTTPS_MEM_KEY,
        server->application->key, MHD_OPTION_HTTPS_PRIORITIES, TLS_PRIORITIES, MHD_OPTION_END);
}

static struct MHD_Daemon *
start_plain(struct server *server, int socket, MHD_AccessHandlerCallback on_any_request)
{
    return MHD_start_daemon(FLAGS, 0, NULL, NULL, on_any_request, server, OPTIONS(server, socket),
                            MHD_OPTION_END);
}

int
server_start(const struct server_application *application, int socket, struct server **ret_server)
{
    struct server *server = calloc(1, sizeof *server);

    if (server) {
        server->application = application;
        TAILQ_INIT(&server->held);
        connections_begin(&server->connections);
        server->daemon = application->certificate ? start_tls(server, socket)
                                                  : start_plain(server, socket, server_on_request);
    }
    if (!server || !server->daemon) {
        close(socket);
        free(server);
        return IDQ_SYSTEM;
    }
    *ret_server = server;
    return 0;
}

int
server_start_private(struct server *server, int socket)
{
    server->private_daemon = start_plain(server, socket, server_on_private_request);
    if (server->private_daemon)
        return 0;
    close(socket);
    return IDQ_SYSTEM;
}

/* How long there is nothing to do, for poll; -1: for ever. */
static int
idle_ms(const struct server *server)
{
    struct MHD_Daemon *const daemons[] = {server->daemon, server->private_daemon};
    const struct exchange *held = TAILQ_FIRST(&server->held);
    int64_t next_ms = server->application->next_ms(server->application->context);
    int64_t late_ms = connections_next_ms(&server->connections);
    unsigned MHD_LONG_LONG daemon_ms = 0;
    int64_t wait_ms;

    if (held && (next_ms < 0 || held->hold_until_ms < next_ms))
        next_ms = held->hold_until_ms;
    if (late_ms >= 0 && (next_ms < 0 || late_ms < next_ms))
        next_ms = late_ms;
    wait_ms = next_ms < 0 ? -1 : next_ms - server_now_ms();
    if (next_ms >= 0 && wait_ms < 0)
        wait_ms = 0;
    for (size_t i = 0; i < 2; i++)
        if (daemons[i] && MHD_get_timeout(daemons[i], &daemon_ms) == MHD_YES &&
            (wait_ms < 0 || daemon_ms < (unsigned MHD_LONG_LONG)wait_ms))
            wait_ms = daemon_ms < INT_MAX ? (int64_t)daemon_ms : INT_MAX;
    return wait_ms > INT_MAX ? INT_MAX : (int)wait_ms;
}

static int
epoll_fd(struct MHD_Daemon *daemon)
{
    return daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd : -1;
}

static void
run_daemons(struct server *server)
{
    MHD_run(server->daemon);
    if (server->private_daemon)
        MHD_run(server->private_daemon);
}

/* Waits for the network and the application, and handles what came. Returns 1 if stop_fd (-1:
 * never) can be read, 0, or IDQ_SYSTEM. */
static int
run_once(struct server *server, int stop_fd, int wait_ms)
{
    const struct server_application *application = server->application;
    struct pollfd fds[] = {{.fd = stop_fd, .events = POLLIN},
                           {.fd = epoll_fd(server->daemon), .events = POLLIN},
                           {.fd = epoll_fd(server->private_daemon), .events = POLLIN}};
    unsigned n_fds = server->private_daemon ? 3 : 2;
    int ready = application->poll ? application->poll(application->context, fds, n_fds, wait_ms)
                                  : poll(fds, n_fds, wait_ms);

    if (ready < 0 && errno != EINTR)
        return IDQ_SYSTEM;
    if (fds[0].revents)
        return 1;
    connections_shut_down(&server->connections, server_now_ms());
    run_daemons(server);
    return 0;
}

int
server_run(struct server *server, int stop_fd)
{
    int result = 0;

    while (result == 0) {
        server_tick(server, server_now_ms());
        result = run_once(server, stop_fd, resume_held(server) ? 0 : idle_ms(server));
    }
    return result < 0 ? result : 0;
}

/* Until no request is held. */
static void
drain(struct server *server)
{
    int64_t until_ms = server_now_ms() + server->application->drain_ms;
    int socket = MHD_quiesce_daemon(server->daemon);
    int result = 0;

    server->is_draining = true;
    if (socket >= 0)
        close(socket);
    while (result == 0) {
        int wait_ms = 0;
        server_tick(server, server_now_ms());
        if (!resume_held(server)) {
            int64_t left_ms = until_ms - server->now_ms;
            if (TAILQ_EMPTY(&server->held) || left_ms <= 0)
                return;
            wait_ms = idle_ms(server);
            wait_ms = wait_ms < 0 || wait_ms > left_ms ? (int)left_ms : wait_ms;
        }
        result = run_once(server, -1, wait_ms);
    }
}

void
server_stop(struct server **server)
{
    struct server *old = *server;

    if (!old)
        return;
    old->application->stop(old->application->context);
    if (old->application->drain_ms > 0)
        drain(old);
    /* microhttpd must not be stopped while it has suspended connections. */
    old->is_stopping = true;
    (void)resume_held(old);
    run_daemons(old);
    MHD_stop_daemon(old->daemon);
    if (old->private_daemon)
        MHD_stop_daemon(old->private_daemon);
    free(old);
    *server = NULL;
}
