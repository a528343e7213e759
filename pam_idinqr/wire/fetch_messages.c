/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent and the fetch process run this, each on untrusted bytes from the other. */
#include "pam_idinqr/wire/fetch_messages.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/wiping_heap.h"
#include "pam_idinqr/wire/messages.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

void
message_write_setup(struct frame *frame, const struct fetch_setup *setup)
{
    frame_begin(frame, MESSAGE_SETUP);
    frame_put_text(frame, setup->ca_file);
    frame_put_text(frame, setup->pin_sha256);
    frame_put_text(frame, setup->proxy);
    frame_put_u8(frame, (uint8_t)setup->n_ports);
    for (size_t i = 0; i < setup->n_ports; i++)
        frame_put_u32(frame, setup->ports[i]);
}

int
message_read_setup(struct frame *frame, struct fetch_setup *ret_setup)
{
    bool is_valid = true;

    memset(ret_setup, 0, sizeof *ret_setup);
    frame_get_text(frame, ret_setup->ca_file, sizeof ret_setup->ca_file);
    frame_get_text(frame, ret_setup->pin_sha256, sizeof ret_setup->pin_sha256);
    frame_get_text(frame, ret_setup->proxy, sizeof ret_setup->proxy);
    ret_setup->n_ports = frame_get_u8(frame);
    if (ret_setup->n_ports > FETCH_PORTS_MAX)
        return IDQ_AGENT;
    for (size_t i = 0; i < ret_setup->n_ports; i++) {
        ret_setup->ports[i] = frame_get_u32(frame);
        is_valid &= ret_setup->ports[i] >= 1 && ret_setup->ports[i] <= 65535;
    }
    return frame_end(frame) == 0 && is_valid ? 0 : IDQ_AGENT;
}

static const char *
or_empty(const char *text)
{
    return text ? text : "";
}

void
message_write_request(struct frame *frame, const struct fetch_request *request)
{
    frame_begin(frame, MESSAGE_REQUEST);
    frame_put_text(frame, request->url);
    frame_put_u8(frame, request->body != NULL);
    frame_put_u32(frame, request->body ? (uint32_t)request->body_size : 0);
    frame_put_text(frame, request->body ? request->content_type : "");
    frame_put_u32(frame, request->authorization ? (uint32_t)strlen(request->authorization) : 0);
    frame_put_text(frame, or_empty(request->accept));
    frame_put_text(frame, or_empty(request->signature_name));
    frame_put_u32(frame, (uint32_t)request->max_size);
    frame_put_u32(frame, (uint32_t)request->timeout_ms);
}

static const char *
or_null(const char *text)
{
    return text[0] ? text : NULL;
}

int
message_read_request(struct frame *frame, struct request_message *ret_request)
{
    struct fetch_request *request = &ret_request->request;
    uint8_t has_body;
    uint32_t timeout_ms;

    memset(ret_request, 0, sizeof *ret_request);
    frame_get_text(frame, ret_request->url, sizeof ret_request->url);
    has_body = frame_get_u8(frame);
    request->body_size = frame_get_u32(frame);
    frame_get_text(frame, ret_request->content_type, sizeof ret_request->content_type);
    ret_request->authorization_size = frame_get_u32(frame);
    frame_get_text(frame, ret_request->accept, sizeof ret_request->accept);
    frame_get_text(frame, ret_request->signature_name, sizeof ret_request->signature_name);
    request->max_size = frame_get_u32(frame);
    timeout_ms = frame_get_u32(frame);
    if (frame_end(frame) != 0 || has_body > 1 || (!has_body && request->body_size > 0) ||
        ret_request->authorization_size > FETCH_SENT_MAX ||
        request->body_size > FETCH_SENT_MAX - ret_request->authorization_size ||
        request->max_size > PICTURE_MAX || timeout_ms == 0 || timeout_ms > INT_MAX)
        return IDQ_AGENT;
    request->url = ret_request->url;
    request->body = has_body ? "" : NULL;
    request->content_type = ret_request->content_type;
    request->accept = or_null(ret_request->accept);
    request->signature_name = or_null(ret_request->signature_name);
    request->timeout_ms = (int)timeout_ms;
    return 0;
}

void
message_write_empty(struct frame *frame, uint8_t type)
{
    frame_begin(frame, type);
}

int
message_read_empty(struct frame *frame)
{
    return frame_end(frame) == 0 ? 0 : IDQ_AGENT;
}

void
message_write_answer(struct frame *frame, int outcome, const struct fetch_response *response)
{
    static const struct fetch_response nothing = {.retry_after_s = -1};

    if (outcome)
        response = &nothing;
    frame_begin(frame, MESSAGE_ANSWER);
    frame_put_u8(frame, (uint8_t)-outcome);
    frame_put_u32(frame, (uint32_t)response->status);
    frame_put_u32(frame, (uint32_t)response->body_size);
    frame_put_text(frame, response->content_type);
    frame_put_text(frame, response->signature);
    frame_put_u32(frame, (uint32_t)response->signature_count);
    frame_put_u32(frame, (uint32_t)response->retry_after_s + 1);
    frame_put_u32(frame, (uint32_t)(int32_t)response->clock_ahead_s);
}

/* The errors that a request can end with. */
static bool
is_outcome(int outcome)
{
    static const int outcomes[] = {IDQ_OK,    IDQ_UNREACHABLE, IDQ_TLS,    IDQ_CLOCK,
                                   IDQ_REPLY, IDQ_CANCELLED,   IDQ_CONFIG, IDQ_SYSTEM};

    for (size_t i = 0; i < ARRAY_LENGTH(outcomes); i++)
        if (outcome == outcomes[i])
            return true;
    return false;
}

static bool
is_response(const struct fetch_response *response, size_t max_size)
{
    return response->status >= 100 && response->status <= 999 && response->body_size <= max_size &&
           characters_are_visible_ascii(response->content_type, strlen(response->content_type)) &&
           response->signature_count >= 0;
}

static bool
is_nothing(const struct fetch_response *response)
{
    return response->status == 0 && response->body_size == 0 && !response->content_type[0] &&
           !response->signature[0] && response->signature_count == 0 &&
           response->retry_after_s == -1 && response->clock_ahead_s == 0;
}

int
message_read_answer(struct frame *frame, size_t max_size, int *ret_outcome,
                    struct fetch_response *ret_response)
{
    struct fetch_response response = {0};
    int outcome = -(int)frame_get_u8(frame);
    uint32_t retry_after;

    response.status = frame_get_u32(frame);
    response.body_size = frame_get_u32(frame);
    frame_get_text(frame, response.content_type, sizeof response.content_type);
    frame_get_text(frame, response.signature, sizeof response.signature);
    response.signature_count = (int)frame_get_u32(frame);
    retry_after = frame_get_u32(frame);
    response.retry_after_s = (long)(int)(retry_after - 1);
    response.clock_ahead_s = (int32_t)frame_get_u32(frame);
    if (frame_end(frame) != 0 || !is_outcome(outcome) || retry_after > (uint32_t)INT_MAX + 1 ||
        !(outcome == IDQ_OK ? is_response(&response, max_size) : is_nothing(&response)))
        return IDQ_AGENT;
    *ret_outcome = outcome;
    *ret_response = response;
    if (outcome)
        ret_response->retry_after_s = 0; /* all zero, as before */
    return 0;
}

void
response_free(struct fetch_response *response)
{
    wiping_heap_free(response->body);
    secret_wipe(response, sizeof *response);
}
