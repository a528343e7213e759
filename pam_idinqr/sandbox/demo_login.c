/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr-demo-login PAM-DIRECTORY USER: ends with 0 if the login opened, and with 3 if the person
 * did not want or manage it. Runs the service "demo" of a private PAM stack on this terminal, as
 * the smallest possible login program. demo.sh runs it, with any user's rights. It trusts its
 * arguments. */
#include <security/pam_appl.h>
#include <security/pam_misc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define EXIT_REFUSED 3

/* Whether it is a person's answer. The module has said it in words, and PAM's are of no use:
 * "Authentication service cannot retrieve user credentials" is a Ctrl-C. */
static bool
is_refusal(int result)
{
    return result == PAM_AUTH_ERR || result == PAM_CRED_UNAVAIL || result == PAM_USER_UNKNOWN;
}

int
main(int argc, char **argv)
{
    const struct pam_conv conversation = {misc_conv, NULL};
    const char *tty = ttyname(STDIN_FILENO);
    pam_handle_t *pamh = NULL;
    int result;

    if (argc != 3) {
        fputs("usage: idinqr-demo-login PAM-DIRECTORY USER\n", stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0); /* into a pipe too: the code is awaited there */
    result = pam_start_confdir("demo", argv[2], &conversation, argv[1], &pamh);
    if (result != PAM_SUCCESS) {
        fputs("idinqr-demo-login: PAM does not start\n", stderr);
        return EXIT_FAILURE;
    }
    if (tty)
        result = pam_set_item(pamh, PAM_TTY, tty);
    if (result == PAM_SUCCESS)
        result = pam_authenticate(pamh, 0);
    if (result == PAM_SUCCESS)
        result = pam_acct_mgmt(pamh, 0);
    if (is_refusal(result))
        puts("\nThe login stayed closed.");
    else
        printf("\nThe login %s: %s.\n", result == PAM_SUCCESS ? "opened" : "stayed closed",
               pam_strerror(pamh, result));
    pam_end(pamh, result);
    if (is_refusal(result))
        return EXIT_REFUSED;
    return result == PAM_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE;
}
