/* SPDX-License-Identifier: BSD-3-Clause */
/* An identity that was turned away as unknown on this machine, found again by its hash. */
#ifndef IDQ_TOOL_FROM_LOG_H
#define IDQ_TOOL_FROM_LOG_H

#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/wire/messages.h"

#define FROM_LOG_HOURS 24 /* how long ago it may have been */

struct from_log {
    char hash[IDENTITY_HASH_SIZE];
    char issuer[ISSUER_MAX + 1]; /* "" where the log does not say */
    int is_roots;           /* else anybody on this machine may have written what the log says */
    int is_of_another_user; /* neither root nor the account's own user asked for the login */
};

/* Looks for the one unknown identity of the last FROM_LOG_HOURS that begins so (see
 * identity_is_beginning), by this provider, to enroll it for the account. Prints on stdout when and
 * where it was seen, and who asked for that login. An enum command_exit; errors go to stderr. */
int from_log_find(const char *beginning, const char *provider, const char *account,
                  struct from_log *ret_found);

#endif
