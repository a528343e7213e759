/* SPDX-License-Identifier: BSD-3-Clause */
/* See fed_socket.h. Test code. */
#include "tests/fuzz/fed_socket.h"

#include "pam_idinqr/wire/frame.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/wire_frame.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

int __wrap_poll(struct pollfd *ready, nfds_t n, int timeout_ms);

static struct {
    int ends[2]; /* what is fed, and what feeds */
    const uint8_t *next;
    size_t left;
} fed;

int
fed_socket_begin(const uint8_t *data, size_t size)
{
    MUST(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fed.ends) == 0);
    fed.next = data;
    fed.left = size;
    return fed.ends[0];
}

void
fed_socket_end(void)
{
    close(fed.ends[0]);
    close(fed.ends[1]);
}

/* So that what is said to it never fills it. */
static void
drain(void)
{
    char byte;

    while (recv(fed.ends[1], &byte, 1, MSG_DONTWAIT) > 0)
        continue;
}

static void
feed(void)
{
    size_t size = fed.left;

    if (size == 0) {
        (void)shutdown(fed.ends[1], SHUT_WR);
        return;
    }
    if (size >= FRAME_HEADER) {
        size_t whole = FRAME_HEADER + ((size_t)fed.next[2] << 8 | fed.next[3]);
        size = whole < size ? whole : size;
    }
    uint8_t *frame = wire_frame_repair(fed.next, size);
    MUST(send(fed.ends[1], frame, size, MSG_NOSIGNAL) == (ssize_t)size);
    wire_frame_free(&frame);
    fed.next += size;
    fed.left -= size;
}

int
__wrap_poll(struct pollfd *ready, nfds_t n, int timeout_ms)
{
    (void)timeout_ms;
    for (nfds_t i = 0; i < n; i++)
        ready[i].revents = 0;
    MUST(ready[0].fd == fed.ends[0]);
    drain();
    if (ready[0].events & POLLIN)
        feed();
    ready[0].revents = ready[0].events;
    return 1;
}
