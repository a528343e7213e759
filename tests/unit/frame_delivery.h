/* SPDX-License-Identifier: BSD-3-Clause */
/* A frame that was written, as it arrives at the other end: without a socket in between. Test code,
 * pure. */
#ifndef IDQ_TESTS_FRAME_DELIVERY_H
#define IDQ_TESTS_FRAME_DELIVERY_H

#include "pam_idinqr/wire/frame.h"

/* Cuts it to `size` bytes, or makes it longer with zeros, with a header that says so, and makes it
 * ready to be read. A frame that could not be written or is none fails the running test. */
void frame_deliver(struct frame *frame, size_t size);

#endif
