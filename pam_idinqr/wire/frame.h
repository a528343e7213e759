/* SPDX-License-Identifier: BSD-3-Clause */
/* Builds, checks, sends and receives one frame of the wire. Both ends use it, and each byte that it
 * reads is untrusted. wire/PROTOCOL.md defines the format, and messages.h the fields. */
#ifndef IDQ_WIRE_FRAME_H
#define IDQ_WIRE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_VERSION  1
#define FRAME_MAX      8192
#define FRAME_HEADER   4
#define FRAME_BODY_MAX (FRAME_MAX - FRAME_HEADER)

/* A frame to write or read. Zero it with frame_begin or frame_receive, and wipe it with frame_wipe.
 */
struct frame {
    unsigned char bytes[FRAME_MAX];
    size_t size; /* with the header */
    size_t at;   /* the offset of the next field to read */
    /* A field did not fit, or was missing. It stays set, so one check at the end is enough. */
    int broken;
};

void frame_begin(struct frame *frame, uint8_t type);
void frame_put_u8(struct frame *frame, uint8_t value);
void frame_put_u32(struct frame *frame, uint32_t value);
void frame_put_bytes(struct frame *frame, const void *bytes, size_t size);
void frame_put_text(struct frame *frame, const char *text);

uint8_t frame_type(const struct frame *frame);
uint8_t frame_get_u8(struct frame *frame);
uint32_t frame_get_u32(struct frame *frame);
/* Points into the frame, until the frame is wiped. *ret_size is 0 on a broken frame. */
const unsigned char *frame_get_bytes(struct frame *frame, size_t *ret_size);
/* Copies a text of at most capacity-1 bytes, and adds a zero byte. A longer text, or one that
 * contains a zero byte, marks the frame broken. */
void frame_get_text(struct frame *frame, char *ret_text, size_t capacity);
/* Returns 0 if every field was present and no bytes are left, else -1. */
int frame_end(const struct frame *frame);

/* Checks the size, version and length of received bytes. Returns 0 or IDQ_AGENT. */
int frame_check(struct frame *frame);

/* Sends the whole frame, and waits if it must. Returns 0, or IDQ_AGENT if the frame is broken or
 * the peer has closed. */
int frame_send(struct frame *frame, int socket);

/* Receives one frame. Returns 1 with a checked frame, 0 if the peer closed, and IDQ_AGENT if the
 * bytes are not a frame. Never waits: without data it returns IDQ_SYSTEM with errno EAGAIN. */
int frame_receive(struct frame *frame, int socket);

void frame_wipe(struct frame *frame);

#define FRAME_AUTO __attribute__((cleanup(frame_wipe))) struct frame

#endif
