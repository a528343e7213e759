/* SPDX-License-Identifier: BSD-3-Clause */
/* What pam_sm_authenticate does, in the project's own terms. */
#ifndef IDQ_MODULE_AUTHENTICATE_H
#define IDQ_MODULE_AUTHENTICATE_H

#include <security/pam_modules.h>

/* One whole login, its line in the log included. IDQ_OK and nothing else lets the person in;
 * PAM_USER is then set, and was not changed when the host had set it. */
int authenticate(pam_handle_t *pamh, int argc, const char **argv);

#endif
