/* SPDX-License-Identifier: BSD-3-Clause */
/* A socket whose other end says an input's frames, one at each wait for it, and then
 * ends: poll(2) is replaced by the linker (--wrap=poll). For the targets of the agent's helpers. */
#ifndef IDQ_TESTS_FUZZ_FED_SOCKET_H
#define IDQ_TESTS_FUZZ_FED_SOCKET_H

#include <stddef.h>
#include <stdint.h>

/* The input is one frame behind the other, cut where their headers say. Returns the end that is
 * fed, which does not block; fed_socket_end closes it. */
int fed_socket_begin(const uint8_t *data, size_t size);
void fed_socket_end(void);

#endif
