/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes a configuration for tests. Test code: runs as the user who runs the tests. */
#ifndef IDQ_TESTS_SAMPLE_CONFIG_H
#define IDQ_TESTS_SAMPLE_CONFIG_H

#include "pam_idinqr/config/config.h"

/* Writes DIR/idinqr.conf with all that must be in one (codes may lead to qr.example; the scope is
 * status.example), the map, key and file of tries in DIR, and `lines` above its section; reads it.
 * Freed by the caller. A mistake fails the running test. */
struct config *sample_config(const char *dir, const char *lines);

#endif
