/* SPDX-License-Identifier: BSD-3-Clause */
/* A frame that was written, as it arrives at the other end: without a socket in between. Test code,
 * pure. */
#ifndef IDQ_TESTS_FRAME_DELIVERY_H
#define IDQ_TESTS_FRAME_DELIVERY_H

#include "pam_idinqr/wire/frame.h"

/* Truncates the frame to `size` bytes or pads it with zeros, sets the size in its header, and
 * prepares it for reading. A frame that is invalid or could not be written fails the running
 * test. */
void frame_deliver(struct frame *frame, size_t size);

#endif
