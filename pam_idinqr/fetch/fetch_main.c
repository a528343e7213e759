/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr-fetch: the only process of the project that uses the network. The module's watcher starts
 * it as the agent's user, with its socket to the agent as descriptor 0 and no other descriptor. It
 * sees requests and answers, and has no key that signs an answer. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/wiping_heap.h"
#include "pam_idinqr/fetch/jail_rules.h"
#include "pam_idinqr/fetch/transport.h"
#include "pam_idinqr/jail/jail.h"
#include "pam_idinqr/wire/messages.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Returns 1 with the PARTs that follow a REQUEST, 0 if the agent has exited, or an error. */
static int
receive_rest(const struct wire *wire, struct request_message *message, struct secret **ret_sent)
{
    struct fetch_request *request = &message->request;
    size_t behind = message->authorization_size + 1; /* the offset of the body */
    int received = 1;
    char *sent;

    *ret_sent = secret_new(behind + request->body_size);
    if (!*ret_sent)
        return IDQ_SYSTEM;
    sent = secret_bytes(*ret_sent);
    if (message->authorization_size > 0) {
        received = wire_receive_parts(wire, sent, message->authorization_size);
        request->authorization = sent;
    }
    if (received == 1 && request->body) {
        received = wire_receive_parts(wire, sent + behind, request->body_size);
        request->body = sent + behind;
    }
    return received;
}

/* Returns 1, 0 if the agent has exited, or an error. */
static int
answer(struct transport *transport, struct wire *wire, struct frame *frame)
{
    struct request_message message;
    RESPONSE_AUTO response = {0};
    SECRET_AUTO *sent = NULL;
    int outcome, received;

    if (message_read_request(frame, &message) != 0)
        return IDQ_AGENT;
    received = receive_rest(wire, &message, &sent);
    if (received != 1)
        return received;
    outcome = transport_request(transport, &message.request, &response);
    secret_wipe(&message, sizeof message);
    wire->cancelled = 0; /* by CANCEL, or because the agent has exited: then sending fails */
    message_write_answer(frame, outcome, &response);
    if (frame_send(frame, wire->socket) != 0)
        return 0;
    if (!outcome)
        wire_send_parts(wire, response.body, response.body_size);
    return !wire->cancelled;
}

/* Runs the requests one by one. Returns 0 if the agent has exited, or an error. */
static int
serve(struct wire *wire)
{
    struct transport *transport = NULL;
    static struct fetch_setup setup;
    int received;
    FRAME_AUTO frame;

    received = wire_receive(wire, &frame);
    if (received != 1)
        return received;
    if (frame_type(&frame) != MESSAGE_SETUP || message_read_setup(&frame, &setup) != 0)
        return IDQ_AGENT;
    if (jail_narrow(wire, &setup) != 0)
        return IDQ_SYSTEM;
    transport = transport_new(&setup, wire);
    if (!transport)
        return IDQ_SYSTEM;
    message_write_empty(&frame, MESSAGE_READY);
    if (frame_send(&frame, wire->socket) != 0)
        received = 0;
    while (received == 1 && (received = wire_receive(wire, &frame)) == 1) {
        if (frame_type(&frame) == MESSAGE_REQUEST)
            received = answer(transport, wire, &frame);
        /* A CANCEL that arrived after the answer. */
        else if (frame_type(&frame) != MESSAGE_CANCEL || message_read_empty(&frame) != 0)
            received = IDQ_AGENT;
    }
    transport_free(&transport);
    secret_wipe(&setup, sizeof setup);
    return received;
}

/* Before any library has allocated memory. */
static int
set_up_libraries(void)
{
    return wiping_heap_give_openssl() != 0 ||
                   curl_global_init_mem(CURL_GLOBAL_DEFAULT, wiping_heap_malloc, wiping_heap_free,
                                        wiping_heap_realloc, wiping_heap_strdup,
                                        wiping_heap_calloc) != CURLE_OK
               ? IDQ_SYSTEM
               : 0;
}

/* Returns an exit status. A separate function, so that its stack frame is wiped. */
static __attribute__((noinline)) int
run(void)
{
    static struct wire wire = {.socket = STDIN_FILENO};

    if (!wire_is_at(wire.socket)) {
        fputs("idinqr-fetch is started by pam_idinqr and by idinqr(1), never by hand.\n", stderr);
        return 2;
    }
    (void)prctl(PR_SET_NAME, "idinqr-fetch", 0, 0, 0);
    if (jail_begin() != 0 || set_up_libraries() != 0 || jail_close(JAIL_FETCH, &wire) != 0)
        return EXIT_FAILURE;
    return serve(&wire) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(void)
{
    int status = run();

    secret_wipe_stack();
    _exit(status); /* as the agent does */
}
