/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent runs this on bytes that may come from an attacker. */
#include "pam_idinqr/agent/fetch_request.h"

#include "pam_idinqr/agent/helper.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/provider_table.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/wiping_heap.h"

#include <stdbool.h>
#include <string.h>
#include <syslog.h>

#define READY_MS  10000 /* for the fetch process to load its libraries and enter its jail */
#define LATE_MS   1000  /* added to the timeout of the fetch process */
#define CANCEL_MS 500   /* for it to abandon a request */

/* Adds a port, unless it is in the list. Returns 0, or -1 if there are too many. */
static int
add_port(struct fetch_setup *setup, unsigned port)
{
    for (size_t i = 0; i < setup->n_ports; i++)
        if (setup->ports[i] == port)
            return 0;
    if (setup->n_ports == FETCH_PORTS_MAX)
        return -1;
    setup->ports[setup->n_ports++] = port;
    return 0;
}

/* A text that is not a URL, or has no host, is never requested. */
static int
add_ports_of(struct fetch_setup *setup, enum setting_kind kind, const char *value)
{
    struct https_url url;
    int found, error = 0;

    if (kind == SETTING_URL && https_url_parse(value, strlen(value), &url) == 0)
        return add_port(setup, url.port);
    while (!error && kind == SETTING_HOSTS && (found = https_url_next_host(&value, &url)) != 0)
        if (found > 0)
            error = add_port(setup, url.port);
    return error;
}

static int
add_ports(struct fetch_setup *setup, const struct start_message *start)
{
    const struct provider_description *provider = provider_table_find(start->provider);
    int error = 0;

    for (size_t i = 0; provider && i < start->n_settings; i++) {
        int found = setting_find(provider->settings, start->settings[i].keyword);
        if (found >= 0)
            error |= add_ports_of(setup, provider->settings[found].kind, start->settings[i].value);
    }
    return error;
}

static struct helper
helper_of(const struct fetch *fetch, int timeout_ms)
{
    return (struct helper){.name = "fetch process",
                           .program = "idinqr-fetch",
                           .wire = fetch->wire,
                           .socket = fetch->socket,
                           .deadline_ms = clock_ms() + timeout_ms};
}

static void
setup_wipe(struct fetch_setup *setup)
{
    secret_wipe(setup, sizeof *setup);
}

int
fetch_begin(struct fetch *ret_fetch, struct wire *wire, int socket,
            const struct start_message *start)
{
    __attribute__((cleanup(setup_wipe))) struct fetch_setup setup = {0}; /* a proxy's password */
    struct helper helper;
    FRAME_AUTO frame;

    frame_begin(&frame, 0);
    *ret_fetch = (struct fetch){.wire = wire, .socket = socket};
    if (copy_text(setup.ca_file, sizeof setup.ca_file, start->ca_file) != 0 ||
        copy_text(setup.pin_sha256, sizeof setup.pin_sha256, start->pin_sha256) != 0 ||
        copy_text(setup.proxy, sizeof setup.proxy, start->proxy) != 0 ||
        add_ports(&setup, start) != 0) {
        wire_log(wire, LOG_ERR, "the settings name more than %d ports", FETCH_PORTS_MAX);
        return IDQ_CONFIG;
    }
    helper = helper_of(ret_fetch, READY_MS);
    message_write_setup(&frame, &setup);
    return helper_send(&helper, &frame);
}

int
fetch_wait(struct fetch *fetch)
{
    struct helper helper = helper_of(fetch, READY_MS);
    FRAME_AUTO frame;
    int error;

    if (fetch->is_ready)
        return 0;
    frame_begin(&frame, 0);
    error = helper_receive(&helper, &frame);
    if (!error && (frame_type(&frame) != MESSAGE_READY || message_read_empty(&frame) != 0))
        error = helper_breaks_protocol(&helper);
    fetch->is_ready = !error;
    return error;
}

static int
send_request(struct helper *helper, const struct fetch_request *request)
{
    const char *authorization = request->authorization ? request->authorization : "";
    FRAME_AUTO frame;
    int error;

    message_write_request(&frame, request);
    error = helper_send(helper, &frame);
    if (!error)
        error = helper_send_parts(helper, authorization, strlen(authorization));
    return error || !request->body ? error
                                   : helper_send_parts(helper, request->body, request->body_size);
}

/* Receives the next frame. If the module has closed, cancels the request in the fetch process,
 * which still answers. */
static int
receive(struct helper *helper, bool *is_cancelled, struct frame *ret_frame)
{
    int error = helper_receive(helper, ret_frame);

    if (error != IDQ_CANCELLED)
        return error;
    *is_cancelled = true;
    helper->grace_ms = HELPER_UNCANCELLED;
    helper->deadline_ms = clock_ms() + CANCEL_MS;
    message_write_empty(ret_frame, MESSAGE_CANCEL);
    error = helper_send(helper, ret_frame);
    return error ? error : helper_receive(helper, ret_frame);
}

static int
receive_body(struct helper *helper, bool *is_cancelled, struct fetch_response *response)
{
    size_t part_size;
    const void *part;
    FRAME_AUTO frame;
    int error;

    frame_begin(&frame, 0);
    response->body = wiping_heap_calloc(1, response->body_size + 1);
    if (!response->body)
        return IDQ_SYSTEM;
    for (size_t at = 0; at < response->body_size; at += part_size) {
        error = receive(helper, is_cancelled, &frame);
        if (error)
            return error;
        if (frame_type(&frame) != MESSAGE_PART ||
            message_read_part(&frame, response->body_size - at, &part, &part_size) != 0)
            return helper_breaks_protocol(helper);
        memcpy(response->body + at, part, part_size);
    }
    return 0;
}

/* Returns 0 with the whole answer, whose outcome is in *ret_outcome. Otherwise the exchange has
 * failed. */
static int
receive_answer(struct helper *helper, size_t max_size, int *ret_outcome,
               struct fetch_response *ret_response)
{
    bool is_cancelled = false;
    int error;
    FRAME_AUTO frame;

    frame_begin(&frame, 0);
    error = receive(helper, &is_cancelled, &frame);
    if (error)
        return error;
    if (frame_type(&frame) != MESSAGE_ANSWER ||
        message_read_answer(&frame, max_size, ret_outcome, ret_response) != 0 ||
        (*ret_outcome == IDQ_CANCELLED && !is_cancelled))
        return helper_breaks_protocol(helper);
    if (*ret_outcome == IDQ_OK)
        error = receive_body(helper, &is_cancelled, ret_response);
    if (is_cancelled)
        *ret_outcome = IDQ_CANCELLED;
    return error;
}

int
fetch_request(struct fetch *fetch, const struct fetch_request *request,
              struct fetch_response *ret_response)
{
    /* A cancel gets no time beyond its timeout. */
    const int timeout_ms = request->timeout_ms + (request->uncancelled ? 0 : LATE_MS);
    struct helper helper = helper_of(fetch, timeout_ms);
    int outcome = IDQ_SYSTEM, error;

    memset(ret_response, 0, sizeof *ret_response);
    if (request->timeout_ms <= 0)
        return IDQ_UNREACHABLE;
    /* No request begins after a cancel, even with a grace period. */
    if (!request->uncancelled && wire_check(fetch->wire))
        return IDQ_CANCELLED;
    if (fetch->is_lost)
        return IDQ_AGENT;
    helper.grace_ms = request->uncancelled ? HELPER_UNCANCELLED : request->grace_ms;
    error = fetch->is_ready ? helper_check_silence(&helper) : 0;
    if (!error)
        error = send_request(&helper, request);
    /* If the module closes before that, no request has begun. */
    if (!error && !fetch->is_ready) {
        error = fetch_wait(fetch);
        helper.deadline_ms = clock_ms() + timeout_ms;
    }
    if (!error)
        error = receive_answer(&helper, request->max_size, &outcome, ret_response);
    fetch->is_lost = error != 0;
    if (error || outcome)
        response_free(ret_response);
    return error ? error : outcome;
}
