/* SPDX-License-Identifier: BSD-3-Clause */
/* An X server without a monitor (Xvfb), for programs that draw with real fonts: its screen is a
 * file, which is looked at as often as wanted. Test code: runs as whoever runs the tests; the
 * server listens on a local socket only. Trouble fails the running test. */
#ifndef IDQ_TESTS_FRAMEBUFFER_H
#define IDQ_TESTS_FRAMEBUFFER_H

#include "tests/harness/camera.h"

struct framebuffer;

/* Starts the server, and says in DISPLAY where it is, for programs that are started. */
struct framebuffer *framebuffer_start(void);

/* Accepts a pointer to NULL, and leaves one. */
void framebuffer_stop(struct framebuffer **framebuffer);

/* What is on it now; freed by the caller. */
struct picture *framebuffer_picture(const struct framebuffer *framebuffer);

#define FRAMEBUFFER_AUTO __attribute__((cleanup(framebuffer_stop))) struct framebuffer

#endif
