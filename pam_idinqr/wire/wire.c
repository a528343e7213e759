/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent, the fetch process and the picture reader run this. Each byte that arrives is
 * untrusted. */
#include "pam_idinqr/wire/wire.h"

#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

bool
wire_is_at(int descriptor)
{
    int type = 0;
    socklen_t size = sizeof type;

    return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET;
}

static void
cancel(struct wire *wire)
{
    if (!wire->cancelled)
        wire->cancelled_ms = clock_ms();
    wire->cancelled = true;
}

/* Returns true if data or the end of the socket can be read, and false at the deadline. If poll()
 * fails, sets `cancelled`: the login ends, because it could not notice that the module closed. */
static bool
wait_readable(struct wire *wire, int64_t deadline_ms)
{
    struct pollfd readable = {.fd = wire->socket, .events = POLLIN};
    int n_ready;

    do
        n_ready = poll(&readable, 1, clock_left_ms(deadline_ms));
    while (n_ready < 0 && errno == EINTR);
    if (n_ready < 0)
        cancel(wire);
    return n_ready > 0;
}

int
wire_receive_start(struct wire *wire, int timeout_ms, struct start_message *ret_start)
{
    FRAME_AUTO frame;

    frame_begin(&frame, 0);
    if (wait_readable(wire, clock_ms() + timeout_ms) && frame_receive(&frame, wire->socket) == 1 &&
        (frame_type(&frame) == MESSAGE_START || frame_type(&frame) == MESSAGE_PROBE ||
         frame_type(&frame) == MESSAGE_KEYS) &&
        message_read_start(&frame, ret_start) == 0)
        return 0;
    cancel(wire);
    return IDQ_AGENT;
}

int
wire_receive_number(struct wire *wire, int64_t deadline_ms, char ret_number[NUMBER_SIZE])
{
    FRAME_AUTO frame;

    frame_begin(&frame, 0);
    if (!wire->cancelled && !wait_readable(wire, deadline_ms) && !wire->cancelled)
        return IDQ_TIMEOUT;
    if (!wire->cancelled && frame_receive(&frame, wire->socket) == 1 &&
        frame_type(&frame) == MESSAGE_NUMBER && message_read_number(&frame, ret_number) == 0)
        return 0;
    cancel(wire);
    return IDQ_CANCELLED;
}

int
wire_receive(const struct wire *wire, struct frame *ret_frame)
{
    struct pollfd readable = {.fd = wire->socket, .events = POLLIN};
    int received;

    while ((received = frame_receive(ret_frame, readable.fd)) == IDQ_SYSTEM &&
           (errno == EAGAIN || errno == EWOULDBLOCK))
        if (poll(&readable, 1, -1) < 0 && errno != EINTR)
            return IDQ_SYSTEM;
    return received;
}

int
wire_receive_parts(const struct wire *wire, void *ret_bytes, size_t size)
{
    unsigned char *next = ret_bytes;
    size_t part_size;
    const void *part;
    FRAME_AUTO frame;
    int received;

    frame_begin(&frame, 0);
    for (; size > 0; next += part_size, size -= part_size) {
        received = wire_receive(wire, &frame);
        if (received != 1)
            return received;
        if (frame_type(&frame) != MESSAGE_PART ||
            message_read_part(&frame, size, &part, &part_size) != 0)
            return IDQ_AGENT;
        memcpy(next, part, part_size);
    }
    return 1;
}

bool
wire_check(struct wire *wire)
{
    FRAME_AUTO frame;
    int received;

    if (wire->cancelled)
        return true;
    received = frame_receive(&frame, wire->socket);
    if (received == IDQ_SYSTEM && (errno == EAGAIN || errno == EWOULDBLOCK))
        return false;
    /* After START the module sends only a NUMBER that wire_receive_number waits for. The agent
     * sends only CANCEL while it waits for an answer. So any data here, and the end of the socket,
     * mean that the other end no longer waits. */
    cancel(wire);
    return true;
}

bool
wire_wait(struct wire *wire, int ms)
{
    int64_t deadline_ms = clock_ms() + ms;

    while (!wire_check(wire) && wait_readable(wire, deadline_ms))
        continue;
    return wire->cancelled;
}

void
wire_linger(const struct wire *wire, int ms)
{
    struct pollfd readable = {.fd = wire->socket, .events = POLLRDHUP};
    int64_t deadline_ms = clock_ms() + ms;

    while (poll(&readable, 1, clock_left_ms(deadline_ms)) < 0 && errno == EINTR)
        continue;
}

static void
send_frame(struct wire *wire, struct frame *frame)
{
    if (wire->cancelled || wire->ended)
        return;
    if (frame_send(frame, wire->socket))
        cancel(wire);
}

void
wire_send_qr(struct wire *wire, const struct qr_message *qr)
{
    FRAME_AUTO frame;

    message_write_qr(&frame, qr);
    send_frame(wire, &frame);
}

void
wire_send_state(struct wire *wire, enum login_state state)
{
    FRAME_AUTO frame;

    message_write_state(&frame, state);
    send_frame(wire, &frame);
}

void
wire_send_ask(struct wire *wire, unsigned tries_left, const char *transaction)
{
    FRAME_AUTO frame;

    message_write_ask(&frame, tries_left, transaction);
    send_frame(wire, &frame);
}

void
wire_send_result(struct wire *wire, const struct result_message *result)
{
    FRAME_AUTO frame;

    message_write_result(&frame, result);
    send_frame(wire, &frame);
    wire->ended = true;
}

void
wire_send_probed(struct wire *wire, int outcome)
{
    FRAME_AUTO frame;

    message_write_probed(&frame, outcome);
    send_frame(wire, &frame);
    wire->ended = true;
}

void
wire_send_key(struct wire *wire, const struct key_message *key)
{
    FRAME_AUTO frame;

    message_write_key(&frame, key);
    send_frame(wire, &frame);
}

void
wire_send_parts(struct wire *wire, const void *bytes, size_t size)
{
    const unsigned char *next = bytes;
    FRAME_AUTO frame;

    frame_begin(&frame, 0);
    while (size > 0 && !wire->cancelled) {
        size_t sent = message_write_part(&frame, next, size);
        send_frame(wire, &frame);
        next += sent;
        size -= sent;
    }
}

void
wire_log(struct wire *wire, int priority, const char *format, ...)
{
    FRAME_AUTO frame;
    char line[LOG_LINE_MAX + 1] = "";
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments); /* a long line is truncated */
    va_end(arguments);
    characters_make_loggable(line);
    message_write_log(&frame, priority, line);
    send_frame(wire, &frame);
}
