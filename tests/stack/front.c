/* SPDX-License-Identifier: BSD-3-Clause */
/* See front.h. One connection at a time. */
#include "tests/stack/front.h"

#include "tests/unit/peer_certificate.h"
#include "tests/unit/tls_server.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEAD_MAX    4096
#define MESSAGE_MAX (256 * 1024) /* more than a picture has */
#define RECORDS_MAX 16

struct record {
    char request[200]; /* its first line */
    char *answer;
    size_t size;
    int is_told;
};

static struct record records[RECORDS_MAX];
static size_t n_records;

static int
connect_to(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int backend = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (backend >= 0 && connect(backend, (struct sockaddr *)&address, sizeof address) == 0)
        return backend;
    close(backend);
    return -1;
}

/* Asks the backend, and keeps its answer. NULL when there is no backend any more. */
static const struct record *
ask_backend(unsigned port, const char *text, size_t size, const char *request)
{
    static char answer[MESSAGE_MAX];
    int backend = connect_to(port);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *tls = context ? SSL_new(context) : NULL;
    struct record *record = &records[n_records];

    if (!tls || n_records == RECORDS_MAX)
        _exit(1);
    if (backend >= 0) {
        if (!SSL_set_fd(tls, backend) || SSL_connect(tls) != 1 ||
            SSL_write(tls, text, (int)size) != (int)size)
            _exit(1);
        record->size = tls_server_read(tls, answer, sizeof answer);
        record->answer = malloc(record->size);
        if (record->size == 0 || !record->answer)
            _exit(1);
        memcpy(record->answer, answer, record->size);
        snprintf(record->request, sizeof record->request, "%s", request);
        n_records++;
        close(backend);
    }
    SSL_free(tls);
    SSL_CTX_free(context);
    return backend >= 0 ? record : NULL;
}

/* The recorded answers to the same request, one after the other. NULL past the last. */
static const struct record *
find_record(const char *request)
{
    for (size_t i = 0; i < n_records; i++)
        if (!records[i].is_told && strcmp(records[i].request, request) == 0) {
            records[i].is_told = 1;
            return &records[i];
        }
    return NULL;
}

/* Whether the connection goes on. */
static int
answer(SSL *client, unsigned port, const char *text, size_t size)
{
    char request[sizeof records[0].request];
    const struct record *record;

    snprintf(request, sizeof request, "%.*s", (int)strcspn(text, "\r"), text);
    record = ask_backend(port, text, size, request);
    if (!record)
        record = find_record(request);
    return record && SSL_write(client, record->answer, (int)record->size) == (int)record->size;
}

/* The port that a CONNECT names, or 0. */
static unsigned
take_connect(int client)
{
    char head[HEAD_MAX + 1] = "";
    static const char passed[] = "HTTP/1.1 200 OK\r\n\r\n";
    size_t size = 0;
    unsigned port;

    while (!strstr(head, "\r\n\r\n")) {
        ssize_t got = recv(client, head + size, HEAD_MAX - size, 0);
        if (got <= 0)
            return 0;
        size += (size_t)got;
        head[size] = '\0';
    }
    if (sscanf(head, "CONNECT %*[^:]:%u HTTP/1.1", &port) != 1 ||
        send(client, passed, strlen(passed), MSG_NOSIGNAL) < 0)
        return 0;
    return port;
}

static void
serve(SSL_CTX *context, int listener)
{
    static char text[MESSAGE_MAX];

    for (;;) {
        int client = accept(listener, NULL, NULL);
        SSL *tls = SSL_new(context);
        unsigned port;
        size_t size;

        if (client < 0 || !tls || !SSL_set_fd(tls, client))
            _exit(1);
        port = take_connect(client);
        if (port > 0 && SSL_accept(tls) == 1)
            while ((size = tls_server_read(tls, text, sizeof text)) > 0 &&
                   answer(tls, port, text, size))
                continue;
        SSL_free(tls);
        close(client);
    }
}

void
front_start(struct front *ret_front, const char *dir)
{
    SSL_CTX *context = tls_server_context(0);
    int listener = tls_server_listen(&ret_front->port);
    char pin[64];

    ck_assert_int_lt(snprintf(ret_front->ca_file, sizeof ret_front->ca_file, "%s/front.pem", dir),
                     (int)sizeof ret_front->ca_file);
    peer_certificate_make(PEER_CERTIFICATE_RIGHT, context, ret_front->ca_file, pin, sizeof pin);
    ret_front->pid = fork();
    ck_assert_int_ge(ret_front->pid, 0);
    if (ret_front->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_IGN);
        serve(context, listener);
    }
    close(listener);
    SSL_CTX_free(context);
}

void
front_stop(struct front *front)
{
    if (front->pid > 0) {
        kill(front->pid, SIGKILL);
        ck_assert_int_eq(waitpid(front->pid, NULL, 0), front->pid);
    }
    front->pid = 0;
}
