/* SPDX-License-Identifier: BSD-3-Clause */
/* pam_idinqr.so: the two functions that PAM calls. Loaded into login, sudo, sshd and others, often
 * as root. Everything else is in the library that the tests link too; here its errors become PAM's
 * codes. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/module/authenticate.h"

#include <pthread.h>
#include <security/pam_modules.h>
#include <stddef.h>

/* What the hosts make of each code is in the table of pam_idinqr(8): AUTH_ERR may be tried again,
 * ABORT ends it, and USER_UNKNOWN lets a stack go on to another way in. */
static int
pam_code(int result)
{
    switch (result) {
    case IDQ_OK: /* the only way in: see verdict() in authenticate.c */
        return PAM_SUCCESS;
    case IDQ_NOT_ENROLLED:
        return PAM_USER_UNKNOWN;
    case IDQ_CONV:
        return PAM_CONV_ERR;
    case IDQ_SIGNATURE: /* of the backend, but as a forger would have it */
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
        return PAM_ABORT;
    default:
        return PAM_AUTHINFO_UNAVAIL;
    }
}

int
pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    int result, state;

    (void)flags;
    /* A host's thread that is canceled in here would leave the agent, its descriptors and the
     * secrets: no cleanup of C's runs. The cancel waits until the login has ended. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    result = authenticate(pamh, argc, argv);
    pthread_setcancelstate(state, NULL);
    return pam_code(result);
}

/* There are no credentials to set. Any other answer breaks a stack with `sufficient`. */
int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
    (void)pamh, (void)flags, (void)argc, (void)argv;
    return pam_code(IDQ_OK);
}
