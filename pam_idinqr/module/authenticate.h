/* SPDX-License-Identifier: BSD-3-Clause */
/* Implements pam_sm_authenticate with the project's own types and errors. */
#ifndef IDQ_MODULE_AUTHENTICATE_H
#define IDQ_MODULE_AUTHENTICATE_H

#include <security/pam_modules.h>

/* Runs one whole login and logs it. Only IDQ_OK lets the person in. PAM_USER is then set, and
 * unchanged if the application had set it. */
int authenticate(pam_handle_t *pamh, int argc, const char **argv);

#endif
