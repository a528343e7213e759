/* SPDX-License-Identifier: BSD-3-Clause */
/* Every process runs this: the module often as root. Each byte that it reads is untrusted. */
#include "pam_idinqr/wire/frame.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

void
frame_begin(struct frame *frame, uint8_t type)
{
    memset(frame, 0, sizeof *frame);
    frame->bytes[0] = FRAME_VERSION;
    frame->bytes[1] = type;
    frame->size = frame->at = FRAME_HEADER;
}

static void
put(struct frame *frame, const void *bytes, size_t size)
{
    if (frame->broken || size > FRAME_MAX - frame->size) {
        frame->broken = 1;
        return;
    }
    if (size > 0)
        memcpy(frame->bytes + frame->size, bytes, size);
    frame->size += size;
}

void
frame_put_u8(struct frame *frame, uint8_t value)
{
    put(frame, &value, 1);
}

static void
put_u16(struct frame *frame, uint16_t value)
{
    unsigned char bytes[] = {(unsigned char)(value >> 8), (unsigned char)value};

    put(frame, bytes, sizeof bytes);
}

void
frame_put_u32(struct frame *frame, uint32_t value)
{
    unsigned char bytes[] = {(unsigned char)(value >> 24), (unsigned char)(value >> 16),
                             (unsigned char)(value >> 8), (unsigned char)value};

    put(frame, bytes, sizeof bytes);
}

void
frame_put_bytes(struct frame *frame, const void *bytes, size_t size)
{
    if (size > FRAME_BODY_MAX) {
        frame->broken = 1;
        return;
    }
    put_u16(frame, (uint16_t)size);
    put(frame, bytes, size);
}

void
frame_put_text(struct frame *frame, const char *text)
{
    frame_put_bytes(frame, text, strlen(text));
}

uint8_t
frame_type(const struct frame *frame)
{
    return frame->bytes[1];
}

/* Returns the next `size` bytes. If they are missing, returns NULL and marks the frame broken. */
static const unsigned char *
take(struct frame *frame, size_t size)
{
    if (frame->broken || size > frame->size - frame->at) {
        frame->broken = 1;
        return NULL;
    }
    frame->at += size;
    return frame->bytes + frame->at - size;
}

uint8_t
frame_get_u8(struct frame *frame)
{
    const unsigned char *p = take(frame, 1);

    return p ? p[0] : 0;
}

uint32_t
frame_get_u32(struct frame *frame)
{
    const unsigned char *p = take(frame, 4);

    return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

const unsigned char *
frame_get_bytes(struct frame *frame, size_t *ret_size)
{
    const unsigned char *p = take(frame, 2);
    size_t size = p ? (size_t)p[0] << 8 | p[1] : 0;

    p = take(frame, size);
    *ret_size = p ? size : 0;
    return p;
}

void
frame_get_text(struct frame *frame, char *ret_text, size_t capacity)
{
    size_t size;
    const unsigned char *p = frame_get_bytes(frame, &size);

    ret_text[0] = '\0';
    if (!p)
        return;
    if (size >= capacity || memchr(p, 0, size)) {
        frame->broken = 1;
        return;
    }
    memcpy(ret_text, p, size);
    ret_text[size] = '\0';
}

int
frame_end(const struct frame *frame)
{
    return frame->broken || frame->at != frame->size ? -1 : 0;
}

int
frame_check(struct frame *frame)
{
    frame->at = FRAME_HEADER;
    frame->broken = 0;
    if (frame->size < FRAME_HEADER || frame->size > FRAME_MAX || frame->bytes[0] != FRAME_VERSION ||
        ((size_t)frame->bytes[2] << 8 | frame->bytes[3]) != frame->size - FRAME_HEADER) {
        frame->broken = 1;
        return IDQ_AGENT;
    }
    return 0;
}

int
frame_send(struct frame *frame, int socket)
{
    size_t body = frame->size - FRAME_HEADER;
    ssize_t sent;

    if (frame->broken)
        return IDQ_AGENT;
    frame->bytes[2] = (unsigned char)(body >> 8);
    frame->bytes[3] = (unsigned char)body;
    /* MSG_NOSIGNAL: SIGPIPE would reach the application. */
    do
        sent = send(socket, frame->bytes, frame->size, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)frame->size ? 0 : IDQ_AGENT;
}

int
frame_receive(struct frame *frame, int socket)
{
    /* MSG_TRUNC makes recv() return the real size of a frame that is too long for the buffer. */
    ssize_t size;
    int n_resets = 0;

    memset(frame, 0, sizeof *frame);
    /* If a peer closed with unread data of ours, one recv() fails first. The next recv() returns
     * the data that the peer sent before: its last message, a RESULT. */
    do
        size = recv(socket, frame->bytes, sizeof frame->bytes, MSG_DONTWAIT | MSG_TRUNC);
    while (size < 0 && (errno == EINTR || (errno == ECONNRESET && n_resets++ == 0)));
    if (size == 0 || (size < 0 && errno == ECONNRESET))
        return 0;
    if (size < 0)
        return IDQ_SYSTEM;
    frame->size = (size_t)size;
    return frame_check(frame) ? IDQ_AGENT : 1;
}

void
frame_wipe(struct frame *frame)
{
    secret_wipe(frame, sizeof *frame);
}
