/* SPDX-License-Identifier: BSD-3-Clause */
/* See wire_frame.h. Test code. */
#include "tests/fuzz/wire_frame.h"

#include "pam_idinqr/common/error.h"
#include "tests/fuzz/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

const int *
wire_frame_sockets(void)
{
    static int pair[2] = {-1, -1};

    if (pair[0] < 0)
        MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
    return pair;
}

int
wire_frame_receive(const uint8_t *bytes, size_t size, struct frame *ret_frame)
{
    const int *pair = wire_frame_sockets();
    int received;

    /* A frame without bytes is nothing, and reads as the end of the wire. */
    MUST(send(pair[1], bytes, size, MSG_NOSIGNAL) == (ssize_t)size);
    received = frame_receive(ret_frame, pair[0]);
    MUST(received == 1 || received == IDQ_AGENT || (received == 0 && size == 0));
    MUST(received != 1 || (ret_frame->size == size && size <= FRAME_MAX));
    /* All of it was taken, also what did not fit. */
    struct frame next;
    MUST(frame_receive(&next, pair[0]) == IDQ_SYSTEM && errno == EAGAIN);
    return received == 1;
}

uint8_t *
wire_frame_repair(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = target_copy(bytes, size);

    if (size >= FRAME_HEADER) {
        copy[0] = FRAME_VERSION;
        copy[2] = (uint8_t)((size - FRAME_HEADER) >> 8);
        copy[3] = (uint8_t)(size - FRAME_HEADER);
    }
    return copy;
}

void
wire_frame_free(uint8_t **bytes)
{
    free(*bytes);
    *bytes = NULL;
}

void
wire_frame_must_be_same(const struct frame *received, const struct frame *written)
{
    MUST(!written->broken && written->size == received->size);
    MUST(written->bytes[1] == received->bytes[1]);
    MUST(memcmp(written->bytes + FRAME_HEADER, received->bytes + FRAME_HEADER,
                received->size - FRAME_HEADER) == 0);
}
