/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames of the wire out of an input's bytes, for the targets of its two directions. */
#ifndef IDQ_TESTS_FUZZ_WIRE_FRAME_H
#define IDQ_TESTS_FUZZ_WIRE_FRAME_H

#include "pam_idinqr/wire/frame.h"

/* The bytes as one frame through a socket, as they would come. 1 with a frame that passed
 * frame_check, else 0. */
int wire_frame_receive(const uint8_t *bytes, size_t size, struct frame *ret_frame);

/* A copy in which version and length are right: else nearly every input would end at these. */
uint8_t *wire_frame_repair(const uint8_t *bytes, size_t size);
void wire_frame_free(uint8_t **bytes);

/* A socket pair as the module makes it, kept for the life of the process. */
const int *wire_frame_sockets(void);

/* Fails the target unless both are the same bytes, once sent. */
void wire_frame_must_be_same(const struct frame *received, const struct frame *written);

#endif
