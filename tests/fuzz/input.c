/* SPDX-License-Identifier: BSD-3-Clause */
/* See input.h. Test code. */
#include "tests/fuzz/input.h"

#include <string.h>

uint8_t
input_u8(struct input *input)
{
    if (input->left == 0)
        return 0;
    input->left--;
    return *input->at++;
}

uint16_t
input_u16(struct input *input)
{
    unsigned high = input_u8(input);

    return (uint16_t)(high << 8 | input_u8(input));
}

const uint8_t *
input_bytes(struct input *input, size_t size, size_t *ret_size)
{
    const uint8_t *bytes = input->at;

    *ret_size = size < input->left ? size : input->left;
    input->at += *ret_size;
    input->left -= *ret_size;
    return bytes;
}

size_t
input_text(struct input *input, uint8_t end, char *ret_text, size_t capacity)
{
    const uint8_t *found = input->left > 0 ? memchr(input->at, end, input->left) : NULL;
    size_t length = found ? (size_t)(found - input->at) : input->left, kept;
    const uint8_t *bytes = input_bytes(input, length, &length);

    kept = length < capacity ? length : capacity - 1;
    if (kept > 0)
        memcpy(ret_text, bytes, kept);
    ret_text[kept] = '\0';
    if (found)
        (void)input_u8(input);
    return kept;
}
