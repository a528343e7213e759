/* SPDX-License-Identifier: BSD-3-Clause */
/* See frame_delivery.h. */
#include "tests/unit/frame_delivery.h"

#include <check.h>
#include <string.h>

void
frame_deliver(struct frame *frame, size_t size)
{
    ck_assert_int_eq(frame->broken, 0);
    ck_assert_uint_le(size, sizeof frame->bytes);
    memset(frame->bytes + size, 0, sizeof frame->bytes - size);
    frame->size = size;
    frame->bytes[2] = (unsigned char)((size - FRAME_HEADER) >> 8);
    frame->bytes[3] = (unsigned char)(size - FRAME_HEADER);
    ck_assert_int_eq(frame_check(frame), 0);
}
