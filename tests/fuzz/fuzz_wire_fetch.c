/* SPDX-License-Identifier: BSD-3-Clause */
/* The frames between agent and fetch process, in both directions; the first byte says which. What
 * the agent takes for an answer keeps its bounds; what the fetch process takes for an order is just
 * what it would be if it were written again. */
#include "pam_idinqr/agent/fetch_request.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/wire/messages.h"
#include "tests/fuzz/fed_socket.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/wire_frame.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX 20000

static void
check_response(const struct fetch_response *response)
{
    MUST(response->status >= 100 && response->status <= 999);
    MUST(response->body && response->body_size <= ANSWER_MAX);
    MUST(response->body[response->body_size] == '\0');
    MUST(characters_are_visible_ascii(response->content_type, strlen(response->content_type)));
    MUST(strlen(response->signature) < sizeof response->signature);
    MUST(response->signature_count >= 0);
    MUST(response->retry_after_s >= -1 && response->retry_after_s <= INT_MAX);
}

/* What the agent hears behind READY, or READY itself first. */
static void
to_agent(const uint8_t *data, size_t size, int is_ready)
{
    struct wire wire = {.socket = wire_frame_sockets()[0], .ended = 1}; /* logs nothing */
    struct fetch fetch = {
        .wire = &wire, .socket = fed_socket_begin(data, size), .is_ready = is_ready};
    const struct fetch_request request = {.url = "https://backend.example/answer",
                                          .body = "{}",
                                          .body_size = 2,
                                          .content_type = "application/json",
                                          .authorization = "Bearer token",
                                          .max_size = ANSWER_MAX,
                                          .timeout_ms = 10000};
    struct fetch_response response = {0};
    int error;

    /* Until it is lost, which its end makes certain. */
    do {
        error = fetch_request(&fetch, &request, &response);
        MUST(error != IDQ_CANCELLED); /* no caller cancels */
        if (error == 0)
            check_response(&response);
        else
            MUST(target_is_zero(&response, sizeof response));
        MUST((error == IDQ_AGENT) == fetch.is_lost);
        response_free(&response);
    } while (!fetch.is_lost);
    fed_socket_end();
}

static void
read_setup(struct frame *frame)
{
    struct fetch_setup setup;
    FRAME_AUTO again;

    if (message_read_setup(frame, &setup) != 0)
        return;
    MUST(setup.n_ports <= FETCH_PORTS_MAX);
    for (size_t i = 0; i < setup.n_ports; i++)
        MUST(setup.ports[i] >= 1 && setup.ports[i] <= 65535);
    message_write_setup(&again, &setup);
    wire_frame_must_be_same(frame, &again);
}

static void
read_request(struct frame *frame, const struct wire *wire)
{
    struct request_message message;
    struct fetch_request *request = &message.request;
    char *authorization, *body;
    FRAME_AUTO again;

    if (message_read_request(frame, &message) != 0)
        return;
    MUST(request->timeout_ms > 0 && request->max_size <= PICTURE_MAX);
    MUST(message.authorization_size + request->body_size <= FETCH_SENT_MAX);
    authorization = malloc(message.authorization_size + 1);
    body = malloc(request->body_size + 1);
    MUST(authorization && body);
    /* Written again, it has an authorization of this length. */
    memset(authorization, 'a', message.authorization_size);
    authorization[message.authorization_size] = '\0';
    request->authorization = message.authorization_size > 0 ? authorization : NULL;
    message_write_request(&again, request);
    /* A request without a body is written without a content type. */
    if (request->body || message.content_type[0] == '\0')
        wire_frame_must_be_same(frame, &again);
    (void)wire_receive_parts(wire, body, request->body_size);
    free(body);
    free(authorization);
}

static void
to_fetch(const uint8_t *data, size_t size)
{
    struct wire wire = {.socket = fed_socket_begin(data, size)};
    FRAME_AUTO frame;

    frame_begin(&frame, 0);
    while (wire_receive(&wire, &frame) == 1) {
        if (frame_type(&frame) == MESSAGE_SETUP)
            read_setup(&frame);
        else if (frame_type(&frame) == MESSAGE_REQUEST)
            read_request(&frame, &wire);
        else if (frame_type(&frame) == MESSAGE_CANCEL)
            MUST((message_read_empty(&frame) == 0) == (frame.size == FRAME_HEADER));
    }
    fed_socket_end();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] % 2)
        to_agent(data + 1, size - 1, data[0] % 4 == 1);
    else
        to_fetch(data + 1, size - 1);
    return 0;
}
