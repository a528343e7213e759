/* SPDX-License-Identifier: BSD-3-Clause */
/* One frame of the wire as bytes, and its way over the socket. Used by both ends; whatever is read
 * is untrusted. The format is wire/PROTOCOL.md; what the fields mean is messages.h's. */
#ifndef IDQ_WIRE_FRAME_H
#define IDQ_WIRE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_VERSION  1
#define FRAME_MAX      8192
#define FRAME_HEADER   4
#define FRAME_BODY_MAX (FRAME_MAX - FRAME_HEADER)

/* A frame being written or read. Zero it with frame_begin or frame_receive; wipe it with
 * frame_wipe. */
struct frame {
    unsigned char bytes[FRAME_MAX];
    size_t size; /* header included */
    size_t at;   /* where the next field is read */
    int broken;  /* a field did not fit, or was not there; sticky, so that one test at the end is
                    enough */
};

void frame_begin(struct frame *frame, uint8_t type);
void frame_put_u8(struct frame *frame, uint8_t value);
void frame_put_u32(struct frame *frame, uint32_t value);
void frame_put_bytes(struct frame *frame, const void *bytes, size_t size);
void frame_put_text(struct frame *frame, const char *text);

uint8_t frame_type(const struct frame *frame);
uint8_t frame_get_u8(struct frame *frame);
uint32_t frame_get_u32(struct frame *frame);
/* Points into the frame; valid until it is wiped. *ret_size is 0 on a broken frame. */
const unsigned char *frame_get_bytes(struct frame *frame, size_t *ret_size);
/* Copies a text of at most capacity-1 bytes, closed by a zero byte; a longer one, or one with a
 * zero byte inside, breaks the frame. */
void frame_get_text(struct frame *frame, char *ret_text, size_t capacity);
/* 0 when every field was there and nothing is left over, else -1. */
int frame_end(const struct frame *frame);

/* Checks what arrived as a frame: its size, version and length. 0 or IDQ_AGENT. */
int frame_check(struct frame *frame);

/* Sends the frame whole, waiting if it must. 0, or IDQ_AGENT when it is broken or the peer is gone.
 */
int frame_send(struct frame *frame, int socket);

/* Takes one frame from the socket. 1 with a checked frame; 0 when the peer closed; IDQ_AGENT when
 * what came is no frame; does not wait on a socket with nothing to read: IDQ_SYSTEM, errno EAGAIN.
 */
int frame_receive(struct frame *frame, int socket);

void frame_wipe(struct frame *frame);

#define FRAME_AUTO __attribute__((cleanup(frame_wipe))) struct frame

#endif
