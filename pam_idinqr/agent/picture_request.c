/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent runs this on a picture without a verified signature. */
#include "pam_idinqr/agent/picture_request.h"

#include "pam_idinqr/agent/helper.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"

#include <poll.h>
#include <string.h>
#include <syslog.h>

static int
send_picture(struct helper *reader, const void *png, size_t size)
{
    FRAME_AUTO frame;
    int error;

    message_write_picture(&frame, size);
    error = helper_send(reader, &frame);
    return error ? error : helper_send_parts(reader, png, size);
}

static int
receive_code(struct helper *reader, struct code_message *ret_code)
{
    FRAME_AUTO frame;
    int error = helper_receive(reader, &frame);

    if (!error && (frame_type(&frame) != MESSAGE_CODE || message_read_code(&frame, ret_code) != 0))
        error = helper_breaks_protocol(reader);
    return error;
}

bool
picture_has_reader(int socket)
{
    struct pollfd end = {.fd = socket};

    return poll(&end, 1, 0) != 1 || !(end.revents & POLLNVAL);
}

int
picture_request(struct wire *wire, int socket, const void *png, size_t size, int timeout_ms,
                char ret_payload[PAYLOAD_MAX + 1])
{
    struct helper reader = {.name = "picture reader",
                            .program = "idinqr-picture",
                            .wire = wire,
                            .socket = socket,
                            .deadline_ms = clock_ms() + timeout_ms};
    struct code_message code = {0};
    int error;

    if (size == 0)
        return IDQ_PICTURE; /* and has no frame for it */
    if (!picture_has_reader(socket)) {
        wire_log(wire, LOG_ERR, "the backend sent a picture, and idinqr-picture is not installed");
        return IDQ_AGENT;
    }
    error = helper_check_silence(&reader);
    if (!error)
        error = send_picture(&reader, png, size);
    if (!error)
        error = receive_code(&reader, &code);
    if (error)
        return error;
    memcpy(ret_payload, code.payload, sizeof code.payload);
    return code.outcome == IDQ_OK || code.outcome == IDQ_SYSTEM ? code.outcome : IDQ_PICTURE;
}
