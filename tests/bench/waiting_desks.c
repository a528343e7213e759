/* SPDX-License-Identifier: BSD-3-Clause */
/* See waiting_desks.h. */
#include "tests/bench/waiting_desks.h"

#include "tests/bench/moment.h"
#include "tests/harness/scratch.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_S      25 /* an agent's long_poll */
#define ANSWER_SIZE 2048
#define EVENT_MS    60000
#define READY       "ready"

struct event {
    int desk;
    int64_t at_ns;
    char status[16];
};

struct desk_connection {
    SSL *ssl;
    char *request;
    char answer[ANSWER_SIZE];
    size_t size;
};

/* --- the process of the desks --------------------------------------------------------------------
 */

_Noreturn static void
give_up(const char *what)
{
    fprintf(stderr, "waiting_desks: %s\n", what);
    _exit(1);
}

static void
tell(int events, int desk, const char *status)
{
    struct event event = {.desk = desk, .at_ns = moment_ns()};

    snprintf(event.status, sizeof event.status, "%s", status);
    if (write(events, &event, sizeof event) != sizeof event)
        give_up("nobody reads");
}

static char *
write_request(const struct relay_code *code, const char *token)
{
    char body[400];
    int size = snprintf(body, sizeof body,
                        "{\"merchant_token\":\"%s\",\"qr_id\":\"%s\",\"wait\":%d,\"nonce\":"
                        "\"" RELAY_NONCE "\"}",
                        token, code->id, WAIT_S);

    return scratch_text("POST /desk/v1/status HTTP/1.1\r\nHost: desk\r\nContent-Type: "
                        "application/json\r\nContent-Length: %d\r\n\r\n%s",
                        size, body);
}

static void
ask(struct desk_connection *connection)
{
    int size = (int)strlen(connection->request);

    connection->size = 0;
    if (SSL_write(connection->ssl, connection->request, size) != size)
        give_up("a request was not sent");
}

static void
begin_connection(SSL_CTX *context, unsigned port, struct desk_connection *connection)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;

    connection->ssl = SSL_new(context);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 || !connection->ssl ||
        SSL_set_fd(connection->ssl, fd) != 1 || SSL_connect(connection->ssl) != 1)
        give_up("no connection");
}

/* Whether the answer is there, whole. */
static bool
is_whole(const struct desk_connection *connection)
{
    const char *end = strstr(connection->answer, "\r\n\r\n"),
               *length = strcasestr(connection->answer, "\r\nContent-Length:");

    return end && length &&
           connection->size ==
               (size_t)(end + 4 - connection->answer) + strtoul(length + 17, NULL, 10);
}

static void
take_answer(struct desk_connection *connection, int desk, int events)
{
    char status[16] = "";
    const char *at = strstr(connection->answer, "\"status\":");

    if (strncmp(connection->answer, "HTTP/1.1 200", 12) != 0 || !at ||
        sscanf(at + 9, " \"%15[a-z-]", status) != 1)
        give_up(connection->answer);
    if (strcmp(status, "open") != 0)
        tell(events, desk, status);
    if (strcmp(status, "open") == 0 || strcmp(status, "pending") == 0 ||
        strcmp(status, "number") == 0)
        ask(connection);
}

static void
read_some(struct desk_connection *connection, int desk, int events)
{
    int got;

    do {
        got = SSL_read(connection->ssl, connection->answer + connection->size,
                       (int)(ANSWER_SIZE - 1 - connection->size));
        if (got <= 0)
            break;
        connection->size += (size_t)got;
        connection->answer[connection->size] = '\0';
        if (is_whole(connection))
            take_answer(connection, desk, events);
    } while (SSL_pending(connection->ssl) > 0);
    if (got <= 0 && SSL_get_error(connection->ssl, got) != SSL_ERROR_WANT_READ)
        give_up("the relay has closed a connection");
}

/* The child: never returns. */
static void
run(unsigned port, const struct relay_code *codes, char *const *tokens, int events)
{
    static struct desk_connection connections[WAITING_DESKS];
    struct epoll_event ready[64];
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    int set = epoll_create1(EPOLL_CLOEXEC);

    for (int i = 0; i < WAITING_DESKS; i++) {
        struct epoll_event wanted = {.events = EPOLLIN, .data.u32 = (uint32_t)i};

        begin_connection(context, port, &connections[i]);
        connections[i].request = write_request(&codes[i], tokens[codes[i].desk]);
        ask(&connections[i]);
        if (epoll_ctl(set, EPOLL_CTL_ADD, SSL_get_fd(connections[i].ssl), &wanted) != 0)
            give_up("epoll");
    }
    tell(events, 0, READY);
    for (;;) {
        int n = epoll_wait(set, ready, 64, -1);

        for (int i = 0; i < n; i++)
            read_some(&connections[ready[i].data.u32], (int)ready[i].data.u32, events);
    }
}

/* --- the bench -----------------------------------------------------------------------------------
 */

static char *
setting_of(const char *conf, const char *keyword)
{
    const char *line = strstr(conf, keyword), *value = line ? strchr(line, '=') : NULL;

    ck_assert_ptr_nonnull(value);
    value += 1 + strspn(value + 1, " ");
    return scratch_text("%.*s", (int)strcspn(value, "\n"), value);
}

/* In this process, for the desks alone: the relay raises its own. */
static void
raise_descriptors(void)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_gt(limit.rlim_cur, WAITING_DESKS + 100);
}

void
waiting_desks_begin(struct relay_server *server, const struct relay_code *codes,
                    struct waiting_desks *ret_desks)
{
    char *tokens[RELAY_DESKS];
    unsigned port = 0;
    json_t *answer;
    int ends[2];

    for (int i = 0; i < RELAY_DESKS; i++)
        tokens[i] = setting_of(relay_server_desk_conf(server, i), "merchant_token");
    ck_assert_int_eq(sscanf(setting_of(relay_server_desk_conf(server, 0), "status_url"),
                            "https://127.0.0.1:%u/", &port),
                     1);
    ck_assert_int_eq(pipe(ends), 0);
    ret_desks->pid = fork();
    ck_assert_int_ge(ret_desks->pid, 0);
    if (ret_desks->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_IGN);
        raise_descriptors();
        run(port, codes, tokens, ends[1]);
    }
    close(ends[1]);
    ret_desks->events = ends[0];
    waiting_desks_await(ret_desks, 0, READY);
    /* The relay has one thread: when it answers this, it has seen those. */
    ck_assert_int_eq(relay_server_ask(server, NULL, 0, "/desk/v1/status", json_object(), &answer),
                     404);
    json_decref(answer);
}

int64_t
waiting_desks_await(struct waiting_desks *desks, int desk, const char *status)
{
    struct pollfd events = {.fd = desks->events, .events = POLLIN};
    struct event event;

    do {
        ck_assert_int_eq(poll(&events, 1, EVENT_MS), 1);
        ck_assert_int_eq(read(desks->events, &event, sizeof event), sizeof event);
    } while (event.desk != desk || strcmp(event.status, status) != 0);
    return event.at_ns;
}

void
waiting_desks_end(struct waiting_desks *desks)
{
    ck_assert_int_eq(kill(desks->pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(desks->pid, NULL, 0), desks->pid);
    close(desks->events);
}
