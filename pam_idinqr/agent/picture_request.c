/* SPDX-License-Identifier: BSD-3-Clause */
/* See picture_request.h. Run by the agent, on a picture that nothing has vouched for. */
#include "pam_idinqr/agent/picture_request.h"

#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <syslog.h>

#define LOG_LINES_MAX 4 /* of one reader */

struct exchange {
    struct link *link;
    int socket;
    int64_t deadline_ms;
    int n_lines;
};

/* Waits until the socket is ready for this event. 0, IDQ_CANCELLED, IDQ_AGENT or IDQ_SYSTEM. */
static int
wait_for(const struct exchange *exchange, short event)
{
    struct pollfd ready[] = {{.fd = exchange->socket, .events = event},
                             {.fd = exchange->link->socket, .events = POLLIN}};
    int n;

    do {
        n = poll(ready, 2, clock_left_ms(exchange->deadline_ms));
        if (link_check(exchange->link))
            return IDQ_CANCELLED;
        if (n == 0) {
            link_log(exchange->link, LOG_ERR, "the picture reader does not answer");
            return IDQ_AGENT;
        }
    } while (n < 0 ? errno == EINTR : ready[0].revents == 0);
    return n < 0 ? IDQ_SYSTEM : 0;
}

static int
has_ended(const struct exchange *exchange)
{
    link_log(exchange->link, LOG_ERR, "the picture reader has ended before its answer");
    return IDQ_AGENT;
}

static int
send_whole(const struct exchange *exchange, struct frame *frame)
{
    int error;

    while (frame_send(frame, exchange->socket) != 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            return has_ended(exchange);
        error = wait_for(exchange, POLLOUT);
        if (error)
            return error;
    }
    return 0;
}

/* Before the question: an answer that is there already is to none. */
static int
check_silence(const struct exchange *exchange)
{
    FRAME_AUTO frame;
    int received = frame_receive(&frame, exchange->socket);

    if (received == 0)
        return has_ended(exchange);
    if (received == IDQ_SYSTEM && (errno == EAGAIN || errno == EWOULDBLOCK))
        return 0;
    link_log(exchange->link, LOG_ERR, "the picture reader breaks the protocol");
    return IDQ_AGENT;
}

static int
send_picture(const struct exchange *exchange, const unsigned char *png, size_t size)
{
    FRAME_AUTO frame;
    int error;

    message_write_picture(&frame, size);
    error = send_whole(exchange, &frame);
    while (!error && size > 0) {
        size_t sent = message_write_part(&frame, png, size);
        error = send_whole(exchange, &frame);
        png += sent;
        size -= sent;
    }
    return error;
}

/* One that repeats itself is not listened to. */
static int
pass_on(struct exchange *exchange, struct frame *frame)
{
    struct log_message log;

    if (message_read_log(frame, &log) != 0 || exchange->n_lines++ == LOG_LINES_MAX)
        return IDQ_AGENT;
    link_log(exchange->link, log.priority, "%s", log.line);
    return 0;
}

static int
receive_code(struct exchange *exchange, struct code_message *ret_code)
{
    FRAME_AUTO frame;

    frame_begin(&frame, 0);
    for (;;) {
        int received = frame_receive(&frame, exchange->socket);
        if (received == 0)
            return has_ended(exchange);
        if (received == IDQ_SYSTEM && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            int error = wait_for(exchange, POLLIN);
            if (error)
                return error;
            continue;
        }
        if (received == 1 && frame_type(&frame) == MESSAGE_LOG && pass_on(exchange, &frame) == 0)
            continue;
        if (received == 1 && frame_type(&frame) == MESSAGE_CODE &&
            message_read_code(&frame, ret_code) == 0)
            return 0;
        link_log(exchange->link, LOG_ERR, "the picture reader breaks the protocol");
        return IDQ_AGENT;
    }
}

int
picture_request(struct link *link, int socket, const void *png, size_t size, int timeout_ms,
                char ret_payload[PAYLOAD_MAX + 1])
{
    struct exchange exchange = {
        .link = link, .socket = socket, .deadline_ms = clock_ms() + timeout_ms};
    struct code_message code = {0};
    int error;

    if (size == 0)
        return IDQ_PICTURE; /* and no frame for it */
    error = check_silence(&exchange);
    if (!error)
        error = send_picture(&exchange, png, size);
    if (!error)
        error = receive_code(&exchange, &code);
    if (error)
        return error;
    memcpy(ret_payload, code.payload, sizeof code.payload);
    return code.outcome == IDQ_OK || code.outcome == IDQ_SYSTEM ? code.outcome : IDQ_PICTURE;
}
