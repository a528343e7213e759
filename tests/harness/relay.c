/* SPDX-License-Identifier: BSD-3-Clause */
/* See relay.h. */
#include "tests/harness/relay.h"

#include "tests/harness/deadline.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAIRS_MAX 16
#define HEAD_MAX  4096
#define WAIT_MS   60000 /* far more than needed: only a failing test takes it */

/* A client and the server that it was passed on to; a free slot has -1 twice. */
struct pair {
    int ends[2];
};

struct relay_process {
    enum relay_kind kind;
    unsigned port, to_port;
    int listener, control;
    struct pair pairs[PAIRS_MAX];
};

struct order {
    enum relay_loss how;
    int ms;
};

static struct sockaddr_in
loopback(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

int
relay_bind(unsigned port, unsigned *ret_port)
{
    struct sockaddr_in address = loopback(port);
    socklen_t size = sizeof address;
    int bound = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;

    if (bound < 0 || setsockopt(bound, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(bound, (struct sockaddr *)&address, size) != 0 ||
        getsockname(bound, (struct sockaddr *)&address, &size) != 0)
        return -1;
    *ret_port = ntohs(address.sin_port);
    return bound;
}

static int
listen_on(unsigned port)
{
    int listener = relay_bind(port, &port);

    return listener >= 0 && listen(listener, 16) == 0 ? listener : -1;
}

static int
connect_to(unsigned port)
{
    struct sockaddr_in address = loopback(port);
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (server >= 0 && connect(server, (struct sockaddr *)&address, sizeof address) != 0) {
        close(server);
        server = -1;
    }
    return server;
}

/* Reads a CONNECT, tells the test, and answers. The server's socket, or -1. */
static int
take_connect(const struct relay_process *process, int client)
{
    static const char refused[] = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
                      password[] = "HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
                                   "Content-Length: 0\r\n\r\n",
                      passed[] = "HTTP/1.1 200 OK\r\n\r\n";
    char head[HEAD_MAX + 1] = "", ignored[64];
    const char *answer = process->kind == RELAY_PROXY_REFUSES ? refused : password;
    size_t size = 0;
    unsigned port;
    int server = -1;

    while (!strstr(head, "\r\n\r\n")) {
        ssize_t got = recv(client, head + size, HEAD_MAX - size, 0);
        if (got <= 0)
            return -1;
        size += (size_t)got;
        head[size] = '\0';
    }
    if (send(process->control, head, size, MSG_NOSIGNAL) < 0)
        _exit(1);
    if (process->kind == RELAY_PROXY_SILENT) {
        while (recv(client, ignored, sizeof ignored, 0) > 0)
            continue;
        return -1;
    }
    if (process->kind == RELAY_PROXY && sscanf(head, "CONNECT %*[^:]:%u HTTP/1.1", &port) == 1) {
        server = connect_to(port);
        answer = server >= 0 ? passed : refused;
    }
    (void)send(client, answer, strlen(answer), MSG_NOSIGNAL);
    return server;
}

static void
take_client(struct relay_process *process)
{
    int client = accept(process->listener, NULL, NULL), server;
    struct pair *pair = process->pairs;

    if (client < 0)
        return;
    server =
        process->kind == RELAY_PORT ? connect_to(process->to_port) : take_connect(process, client);
    while (pair < process->pairs + PAIRS_MAX && pair->ends[0] >= 0)
        pair++;
    if (server < 0 || pair == process->pairs + PAIRS_MAX) {
        if (server >= 0)
            close(server);
        close(client);
        return;
    }
    *pair = (struct pair){{client, server}};
}

static void
close_pair(struct pair *pair, int with_reset)
{
    const struct linger none = {.l_onoff = with_reset};

    for (size_t i = 0; i < 2 && pair->ends[i] >= 0; i++) {
        setsockopt(pair->ends[i], SOL_SOCKET, SO_LINGER, &none, sizeof none);
        close(pair->ends[i]);
        pair->ends[i] = -1;
    }
}

/* What has come in at one end of a pair goes out at the other. */
static void
pass_on(struct pair *pair, size_t from)
{
    char bytes[16384];
    ssize_t size = recv(pair->ends[from], bytes, sizeof bytes, 0);

    for (ssize_t sent = 0; sent < size;) {
        ssize_t more =
            send(pair->ends[1 - from], bytes + sent, (size_t)(size - sent), MSG_NOSIGNAL);
        if (more <= 0)
            size = -1;
        sent += more;
    }
    if (size <= 0)
        close_pair(pair, size < 0);
}

static void
break_for_a_while(struct relay_process *process)
{
    struct order order;
    ssize_t size = recv(process->control, &order, sizeof order, 0);

    if (size != sizeof order)
        _exit(0); /* the test has ended */
    if (order.how == RELAY_REFUSED) {
        close(process->listener);
        for (size_t i = 0; i < PAIRS_MAX; i++)
            close_pair(&process->pairs[i], 1);
    }
    if (send(process->control, "", 1, MSG_NOSIGNAL) < 0)
        _exit(1);
    struct deadline deadline = deadline_in(order.ms);
    while (deadline_left(deadline, order.ms) > 0)
        poll(NULL, 0, deadline_left(deadline, order.ms));
    if (order.how == RELAY_REFUSED)
        process->listener = listen_on(process->port);
    if (process->listener < 0)
        _exit(1);
}

/* The child: never returns. */
static void
serve(struct relay_process *process)
{
    for (size_t i = 0; i < PAIRS_MAX; i++)
        process->pairs[i] = (struct pair){{-1, -1}};
    for (;;) {
        struct pollfd polled[2 + 2 * PAIRS_MAX] = {{.fd = process->control, .events = POLLIN},
                                                   {.fd = process->listener, .events = POLLIN}};

        for (size_t i = 0; i < 2 * PAIRS_MAX; i++)
            polled[2 + i] =
                (struct pollfd){.fd = process->pairs[i / 2].ends[i % 2], .events = POLLIN};
        if (poll(polled, 2 + 2 * PAIRS_MAX, -1) < 0)
            _exit(1);
        if (polled[0].revents) {
            break_for_a_while(process);
            continue;
        }
        for (size_t i = 0; i < 2 * PAIRS_MAX; i++)
            if (polled[2 + i].revents && process->pairs[i / 2].ends[i % 2] >= 0)
                pass_on(&process->pairs[i / 2], i % 2);
        if (polled[1].revents)
            take_client(process);
    }
}

void
relay_start(struct relay *ret_relay, enum relay_kind kind, unsigned to_port)
{
    struct relay_process process = {.kind = kind, .to_port = to_port};
    int ends[2], keeper;

    /* One socket that listens, and one that never does: it keeps the port from others meanwhile. */
    keeper = relay_bind(0, &process.port);
    process.listener = listen_on(process.port);
    ck_assert_int_ge(keeper, 0);
    ck_assert_int_ge(process.listener, 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    process.control = ends[1];
    *ret_relay = (struct relay){.port = process.port, .control = ends[0], .pid = fork()};
    ck_assert_int_ge(ret_relay->pid, 0);
    if (ret_relay->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        serve(&process);
    }
    close(keeper);
    close(process.listener);
    close(ends[1]);
}

/* The next packet that the relay has sent. */
static size_t
receive(const struct relay *relay, char *ret_bytes, size_t capacity)
{
    struct pollfd control = {.fd = relay->control, .events = POLLIN};
    ssize_t size;

    ck_assert_int_eq(poll(&control, 1, WAIT_MS), 1);
    size = recv(relay->control, ret_bytes, capacity, 0);
    ck_assert_int_gt(size, 0);
    return (size_t)size;
}

void
relay_break(struct relay *relay, enum relay_loss how, int ms)
{
    const struct order order = {how, ms};
    char broken[1];

    ck_assert_int_eq(send(relay->control, &order, sizeof order, MSG_NOSIGNAL), sizeof order);
    (void)receive(relay, broken, sizeof broken);
}

void
relay_head(struct relay *relay, char *ret_text, size_t capacity)
{
    size_t size = receive(relay, ret_text, capacity - 1);

    ret_text[size] = '\0';
}

void
relay_stop(struct relay *relay)
{
    if (relay->pid > 0) {
        kill(relay->pid, SIGKILL);
        ck_assert_int_eq(waitpid(relay->pid, NULL, 0), relay->pid);
        close(relay->control);
    }
    relay->pid = 0;
}
