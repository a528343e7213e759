/* SPDX-License-Identifier: BSD-3-Clause */
/* pam_idinqr.so: the two functions that PAM calls. login, sudo, sshd and others load it, often as
 * root. Everything else is in the library, which the tests link too. This file translates its
 * errors to PAM's codes. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/module/authenticate.h"

#include <pthread.h>
#include <security/pam_modules.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The table of pam_idinqr(8) says how applications treat each code: AUTH_ERR may be retried,
 * CRED_UNAVAIL ends the login, and USER_UNKNOWN lets a stack continue with another method. */
static int
pam_code(int result)
{
    switch (result) {
    case IDQ_OK: /* the only success: see verdict() in authenticate.c */
        return PAM_SUCCESS;
    case IDQ_NOT_ENROLLED:
        return PAM_USER_UNKNOWN;
    case IDQ_NOT_YET_ENROLLED: /* only a stack that names this code goes on to a password */
        return PAM_CRED_INSUFFICIENT;
    case IDQ_CONV:
        return PAM_CONV_ERR;
    case IDQ_SIGNATURE: /* of the backend, but possibly forged */
    case IDQ_OTHER_CODE:
    case IDQ_HOST:
        return PAM_AUTH_ERR;
    default:
        break;
    }
    switch (error_class(result)) {
    case ERROR_PERSON:
        return PAM_AUTH_ERR;
    case ERROR_LEFT:
        return PAM_CRED_UNAVAIL;
    default:
        return PAM_AUTHINFO_UNAVAIL;
    }
}

/* Whether CRED_UNAVAIL would not end the login. shadow's login, alone, tries again: DECISIONS.md.
 */
static bool
is_login(pam_handle_t *pamh)
{
    const void *service = NULL;

    return pam_get_item(pamh, PAM_SERVICE, &service) == 0 && service &&
           strcmp(service, "login") == 0;
}

int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    int code, state;

    (void)flags;
    /* An application's thread that is canceled in here would leave the agent, its descriptors and
     * the secrets, because C has no cleanup for that. The cancel waits until the login has ended.
     */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    code = pam_code(authenticate(pamh, argc, argv));
    pthread_setcancelstate(state, NULL);
    return code == PAM_CRED_UNAVAIL && is_login(pamh) ? PAM_ABORT : code;
}

/* There are no credentials to set. Any other result breaks a stack with `sufficient`. */
int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)pamh, (void)flags, (void)argc, (void)argv;
    return pam_code(IDQ_OK);
}
