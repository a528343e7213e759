/* SPDX-License-Identifier: BSD-3-Clause */
/* See peer.h. One connection at a time: a client that has given one up is noticed by its end. */
#include "tests/faults/peer.h"

#include "pam_idinqr/common/array.h"
#include "tests/faults/peer_dialect.h"
#include "tests/faults/peer_reply.h"
#include "tests/harness/processes.h"
#include "tests/harness/relay.h"
#include "tests/harness/scratch.h"
#include "tests/unit/tls_server.h"

#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUEST_MAX 16384
#define DRIBBLE_MS  300
#define BLOCK_SIZE  16384
#define WAITING     16

struct qr_backend_process {
    struct peer *peer;
    const struct peer_script *script;
    struct peer_answer answer; /* the script's */
    const struct peer_person *person;
    pid_t host; /* whose agent it is */
    SSL_CTX *context;
    int n_seen, n_struck;
    size_t n_words; /* of the statuses, told so far */
};

struct connection {
    SSL *tls;
    int descriptor;
};

static int
strikes(struct qr_backend_process *process, enum peer_stage stage)
{
    const struct peer_script *script = process->script;

    if (script->at != stage || process->n_seen++ < script->skips ||
        (script->times > 0 && process->n_struck >= script->times))
        return 0;
    process->n_struck++;
    return 1;
}

/* The status that is due. */
static const char *
word_now(const struct qr_backend_process *process)
{
    const char *const *words =
        process->script->words[0] ? process->script->words : process->peer->dialect->usual_words;
    size_t last = 0;

    while (last < 3 && words[last + 1])
        last++;
    return words[process->n_words < last ? process->n_words : last];
}

/* Whether the client is still there after a while. */
static int
is_there_after(const struct connection *connection, int ms)
{
    struct pollfd client = {.fd = connection->descriptor, .events = POLLRDHUP};

    return poll(&client, 1, ms) == 0;
}

static void
wait_for_end(const struct connection *connection)
{
    char bytes[512];

    while (recv(connection->descriptor, bytes, sizeof bytes, 0) > 0)
        continue;
}

static void
reset(const struct connection *connection)
{
    const struct linger none = {.l_onoff = 1};

    setsockopt(connection->descriptor, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

static void
signal_program(const struct qr_backend_process *process, const char *name, int number)
{
    pid_t pid = processes_find_below(process->host, name);

    if (pid == 0 || kill(pid, number) != 0)
        fprintf(stderr, "peer: there is no %s\n", name); /* the login then goes another way */
}

static int
write_all(const struct connection *connection, const char *bytes, size_t size)
{
    return size == 0 || SSL_write(connection->tls, bytes, (int)size) > 0;
}

static void
dribble(const struct connection *connection, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!write_all(connection, bytes + i, 1) || !is_there_after(connection, DRIBBLE_MS))
            return;
}

static void
flood(const struct connection *connection, const char *pattern)
{
    static char block[BLOCK_SIZE];
    size_t size = 0, one = strlen(pattern);

    for (; size + one <= sizeof block; size += one)
        memcpy(block + size, pattern, one);
    while (write_all(connection, block, size))
        continue;
}

/* Whether the connection goes on. */
static int
deliver(const struct qr_backend_process *process, const struct connection *connection,
        const struct peer_reply *reply, enum peer_act act)
{
    const size_t head = reply->head_size, body = reply->size - reply->head_size;

    switch (act) {
    case PEER_KILL_READER:
    case PEER_STOP_READER:
        signal_program(process, "idinqr-picture", act == PEER_KILL_READER ? SIGKILL : SIGSTOP);
        return write_all(connection, reply->bytes, reply->size);
    case PEER_ANSWER:
    case PEER_CHUNKS:
    case PEER_CHUNK_GARBAGE:
    case PEER_SHORT_LENGTH:
        return write_all(connection, reply->bytes, reply->size);
    case PEER_ANSWER_TWICE:
        return write_all(connection, reply->bytes, reply->size) &&
               write_all(connection, reply->bytes, reply->size);
    case PEER_RESET:
        reset(connection);
        return 0;
    case PEER_CLOSE:
        SSL_shutdown(connection->tls);
        return 0;
    case PEER_SILENCE:
        wait_for_end(connection);
        return 0;
    case PEER_RESET_IN_HEAD:
    case PEER_RESET_IN_BODY:
        /* What is on its way would be lost with the reset. */
        if (write_all(connection, reply->bytes,
                      act == PEER_RESET_IN_HEAD ? head / 2 : head + body / 2))
            (void)is_there_after(connection, DRIBBLE_MS);
        reset(connection);
        return 0;
    case PEER_TRUNCATE:
        if (write_all(connection, reply->bytes, head + body / 2))
            SSL_shutdown(connection->tls);
        return 0;
    case PEER_DRIBBLE_HEAD:
        dribble(connection, reply->bytes, reply->size);
        return 0;
    case PEER_DRIBBLE_BODY:
        if (write_all(connection, reply->bytes, head))
            dribble(connection, reply->bytes + head, body);
        return 0;
    case PEER_CHUNK_ENDLESS:
        if (write_all(connection, reply->bytes, head))
            flood(connection, "8\r\n12345678\r\n");
        return 0;
    case PEER_HUGE_BODY:
        if (write_all(connection, reply->bytes, head))
            flood(connection, "12345678");
        return 0;
    case PEER_HEADERS_ENDLESS:
        if (write_all(connection, reply->bytes, head - 2))
            flood(connection, "X-Flood: 12345678\r\n");
        return 0;
    case PEER_CONTINUE_ENDLESS:
        flood(connection, "HTTP/1.1 100 Continue\r\n\r\n");
        return 0;
    case PEER_KILL_AGENT:
    case PEER_STOP_AGENT:
        signal_program(process, "idinqr-agent", act == PEER_KILL_AGENT ? SIGKILL : SIGSTOP);
        wait_for_end(connection);
        return 0;
    case PEER_KILL_FETCH:
    case PEER_STOP_FETCH:
        signal_program(process, "idinqr-fetch", act == PEER_KILL_FETCH ? SIGKILL : SIGSTOP);
        wait_for_end(connection);
        return 0;
    }
    return 0;
}

static enum peer_stage
stage_of(const struct qr_backend_process *process, const char *request)
{
    enum peer_stage stage = peer_dialect_stage(process->peer->dialect, request);

    if (stage == PEER_STATUS && strcmp(word_now(process), process->peer->dialect->success) == 0)
        return PEER_SUCCESS;
    if (stage == PEER_STATUS && strcmp(word_now(process), "number") == 0)
        return PEER_NUMBER;
    return stage; /* PEER_NOWHERE: a cancel, or an unexpected request */
}

/* Keeps what the login calls itself: the answers have to repeat it. */
static void
note_reference(struct peer *peer, const char *request)
{
    static const char *const members[] = {"\"externalReference\":\"", "\"nonce\":\""};

    for (size_t i = 0; i < ARRAY_LENGTH(members); i++) {
        const char *at = strstr(request, members[i]);
        if (!at)
            continue;
        at += strlen(members[i]);
        snprintf(peer->reference, sizeof peer->reference, "%.*s", (int)strcspn(at, "\""), at);
    }
    const char *at = strstr(request, members[1]), *end = strrchr(request, '}');
    if (at && end && strstr(at, "\"station\":"))
        snprintf(peer->repeated, sizeof peer->repeated, "%.*s", (int)(end - at), at);
}

/* Whether the connection goes on. */
static int
answer(struct qr_backend_process *process, const struct connection *connection, const char *request)
{
    static const struct peer_answer right, unknown = {.status = "404 Not Found", .body = "{}"};
    enum peer_stage stage = stage_of(process, request);
    note_reference(process->peer, request);
    int is_struck = stage != PEER_NOWHERE && strikes(process, stage);
    enum peer_act act = is_struck ? process->script->act : PEER_ANSWER;
    struct peer_answer told = is_struck ? process->answer : stage == PEER_NOWHERE ? unknown : right;
    if (process->script->ask && stage != PEER_NOWHERE)
        process->script->ask(stage, request, is_struck, &told);
    struct peer_reply reply =
        peer_reply_make(process->peer, process->person, stage, word_now(process), &told, act);
    int goes_on = deliver(process, connection, &reply, act);

    if (!is_struck && stage >= PEER_STATUS)
        process->n_words++;
    free(reply.bytes);
    return goes_on;
}

/* What goes wrong before there is TLS. */
static void
act_early(const struct qr_backend_process *process, const struct connection *connection)
{
    static const struct peer_reply nothing;
    char hello[16];

    if (process->script->at == PEER_HELLO)
        (void)recv(connection->descriptor, hello, sizeof hello, MSG_PEEK);
    if (process->script->act == PEER_ANSWER)
        (void)send(connection->descriptor, "220 smtp.example ESMTP\r\n", 24, MSG_NOSIGNAL);
    else if (process->script->act != PEER_CLOSE)
        (void)deliver(process, connection, &nothing, process->script->act);
}

static void
serve(struct qr_backend_process *process, int listener)
{
    static char text[REQUEST_MAX];

    for (;;) {
        struct connection connection = {.tls = SSL_new(process->context),
                                        .descriptor = accept(listener, NULL, NULL)};

        if (!connection.tls || connection.descriptor < 0 ||
            !SSL_set_fd(connection.tls, connection.descriptor))
            _exit(1);
        if (strikes(process, PEER_CONNECT) || strikes(process, PEER_HELLO))
            act_early(process, &connection);
        else if (SSL_accept(connection.tls) == 1)
            while (tls_server_read(connection.tls, text, sizeof text) > 0 &&
                   answer(process, &connection, text))
                continue;
        SSL_free(connection.tls);
        close(connection.descriptor);
    }
}

static int
listen_at(unsigned port, unsigned *ret_port)
{
    int listener = port ? relay_bind(port, ret_port) : tls_server_listen(ret_port);

    ck_assert_int_eq(listen(listener, WAITING), 0);
    return listener;
}

static void
take_certificate(const struct peer_script *script, SSL_CTX *context, struct peer *peer)
{
    if (!script->tls_dir) {
        peer_certificate_make(script->certificate, context, peer->ca_file, peer->pin,
                              sizeof peer->pin);
        return;
    }
    ck_assert_int_eq(
        SSL_CTX_use_certificate_chain_file(context, scratch_path(script->tls_dir, "tls.pem")), 1);
    ck_assert_int_eq(SSL_CTX_use_PrivateKey_file(context, scratch_path(script->tls_dir, "tls.key"),
                                                 SSL_FILETYPE_PEM),
                     1);
}

void
peer_start(struct peer *ret_peer, const char *provider, const struct peer_script *script,
           const struct peer_person *person, const char *dir)
{
    SSL_CTX *context = tls_server_context(script->tls_version);
    struct qr_backend_process process = {.peer = ret_peer,
                                         .script = script,
                                         .answer = script->answer,
                                         .person = person,
                                         .host = getpid(),
                                         .context = context};
    int listener = listen_at(script->port, &ret_peer->port);

    ret_peer->dialect = peer_dialect_find(provider);
    ck_assert_int_lt(snprintf(ret_peer->ca_file, sizeof ret_peer->ca_file, "%s/peer.pem", dir),
                     (int)sizeof ret_peer->ca_file);
    take_certificate(script, context, ret_peer);
    peer_reply_prepare(ret_peer, person, &process.answer);
    ret_peer->pid = fork();
    ck_assert_int_ge(ret_peer->pid, 0);
    if (ret_peer->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_IGN);
        serve(&process, listener);
    }
    close(listener);
    SSL_CTX_free(context);
    if (process.answer.draw)
        free((void *)(uintptr_t)process.answer.body);
}

void
peer_stop(struct peer *peer)
{
    if (peer->pid > 0) {
        kill(peer->pid, SIGKILL);
        ck_assert_int_eq(waitpid(peer->pid, NULL, 0), peer->pid);
    }
    peer->pid = 0;
}
