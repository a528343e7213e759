/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs an X server without a monitor (Xvfb), for programs that draw with real fonts. Its screen is
 * a file that a test can read at any time. Test code: runs as the user who runs the tests. The
 * server listens on a local socket only. An error fails the running test. */
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
