/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks that the person is at this machine, for `require` in idinqr.conf. Pure. */
#ifndef IDQ_LOGIN_PLACE_H
#define IDQ_LOGIN_PLACE_H

#include "pam_idinqr/common/diag.h"

/* `require` is as in idinqr.conf: "any", or "local" and the serial lines that count as local.
 * `tty` and `rhost` are PAM_TTY (with or without /dev/) and PAM_RHOST, "" where the application set
 * none. Returns 0; or IDQ_NOT_LOCAL with ret_diag, unless the terminal is a virtual console or
 * one of the lines, and no other host is named. The names are trusted as far as the application
 * is: it sets both items itself. */
int place_check(const char *require, const char *tty, const char *rhost, struct diag *ret_diag);

#endif
