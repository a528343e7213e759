/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent runs this on bytes that may come from an attacker. */
#include "pam_idinqr/agent/helper.h"

#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <syslog.h>

#define LOG_LINES_MAX 4 /* of log lines in one exchange */

/* Returns the time that is left for the exchange. It is shorter if the module has closed. */
static int
left_ms(const struct helper *helper)
{
    int ms = clock_left_ms(helper->deadline_ms), grace_ms;

    if (helper->grace_ms == HELPER_UNCANCELLED || !wire_check(helper->wire))
        return ms;
    grace_ms = clock_left_ms(helper->wire->cancelled_ms + helper->grace_ms);
    return grace_ms < ms ? grace_ms : ms;
}

static void
log_failure(const struct helper *helper, const char *failure)
{
    wire_log(helper->wire, LOG_ERR, "the %s %s (%s)", helper->name, failure, helper->program);
}

/* Polls the socket for this event. */
static int
wait_for(const struct helper *helper, short event)
{
    struct pollfd ready[] = {{.fd = helper->socket, .events = event}, {.events = POLLIN}};
    int ms, n;

    for (;;) {
        ms = left_ms(helper);
        if (ms == 0 && helper->wire->cancelled && helper->grace_ms != HELPER_UNCANCELLED)
            return IDQ_CANCELLED;
        if (ms == 0) {
            log_failure(helper, "does not answer");
            return IDQ_AGENT;
        }
        /* The socket of a canceled link stays readable. Polling it again would be a busy loop. */
        ready[1].fd = helper->grace_ms == HELPER_UNCANCELLED || helper->wire->cancelled
                          ? -1
                          : helper->wire->socket;
        n = poll(ready, 2, ms);
        if (n < 0 && errno != EINTR)
            return IDQ_SYSTEM;
        if (n > 0 && ready[0].revents != 0)
            return 0;
    }
}

int
helper_breaks_protocol(const struct helper *helper)
{
    log_failure(helper, "breaks the protocol");
    return IDQ_AGENT;
}

/* A helper that floods the log is cut off. */
static int
pass_on(struct helper *helper, struct frame *frame)
{
    struct log_message log;

    if (frame_type(frame) != MESSAGE_LOG || message_read_log(frame, &log) != 0 ||
        helper->n_lines++ == LOG_LINES_MAX)
        return IDQ_AGENT;
    wire_log(helper->wire, log.priority, "%s", log.line);
    return 0;
}

/* Its last log lines may give the reason. */
static int
has_ended(struct helper *helper)
{
    FRAME_AUTO frame;

    while (frame_receive(&frame, helper->socket) == 1 && pass_on(helper, &frame) == 0)
        continue;
    log_failure(helper, "has ended before its answer");
    return IDQ_AGENT;
}

static bool
would_block(int received)
{
    return received == IDQ_SYSTEM && (errno == EAGAIN || errno == EWOULDBLOCK);
}

int
helper_check_silence(struct helper *helper)
{
    FRAME_AUTO frame;
    int received;

    while ((received = frame_receive(&frame, helper->socket)) == 1 && pass_on(helper, &frame) == 0)
        continue;
    if (received == 0)
        return has_ended(helper);
    return would_block(received) ? 0 : helper_breaks_protocol(helper);
}

int
helper_send(struct helper *helper, struct frame *frame)
{
    int error;

    while (frame_send(frame, helper->socket) != 0) {
        if (frame->broken)
            return IDQ_SYSTEM;
        if (errno != EAGAIN && errno != EWOULDBLOCK)
            return has_ended(helper);
        error = wait_for(helper, POLLOUT);
        if (error)
            return error;
    }
    return 0;
}

int
helper_send_parts(struct helper *helper, const void *bytes, size_t size)
{
    const unsigned char *next = bytes;
    FRAME_AUTO frame;
    int error = 0;

    frame_begin(&frame, 0);
    while (!error && size > 0) {
        size_t sent = message_write_part(&frame, next, size);
        error = helper_send(helper, &frame);
        next += sent;
        size -= sent;
    }
    return error;
}

int
helper_receive(struct helper *helper, struct frame *ret_frame)
{
    int received, error;

    for (;;) {
        received = frame_receive(ret_frame, helper->socket);
        if (received == 1 && frame_type(ret_frame) != MESSAGE_LOG)
            return 0;
        if (received == 0)
            return has_ended(helper);
        if (would_block(received)) {
            error = wait_for(helper, POLLIN);
            if (error)
                return error;
        } else if (received != 1 || pass_on(helper, ret_frame) != 0)
            return helper_breaks_protocol(helper);
    }
}
