/* SPDX-License-Identifier: BSD-3-Clause */
/* An input taken apart, front to back, for targets that need more than one run of bytes. What is
 * not there reads as zero, so that every input means something. */
#ifndef IDQ_TESTS_FUZZ_INPUT_H
#define IDQ_TESTS_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>

struct input {
    const uint8_t *at;
    size_t left;
};

uint8_t input_u8(struct input *input);
uint16_t input_u16(struct input *input); /* big-endian */

/* The next `size` bytes, or as many as there are. Points into the input. */
const uint8_t *input_bytes(struct input *input, size_t size, size_t *ret_size);

/* Copies what stands before the next `end`, which is passed over, or all that is left; closed by a
 * zero byte, and cut to the capacity. Returns its length. */
size_t input_text(struct input *input, uint8_t end, char *ret_text, size_t capacity);

#endif
