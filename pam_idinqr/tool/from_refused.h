/* SPDX-License-Identifier: BSD-3-Clause */
/* An identity that was refused on this machine, chosen by the administrator. */
#ifndef IDQ_TOOL_FROM_REFUSED_H
#define IDQ_TOOL_FROM_REFUSED_H

#include "pam_idinqr/config/config.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/identity/map.h"
#include "pam_idinqr/wire/messages.h"

struct from_refused {
    char hash[IDENTITY_HASH_SIZE];
    char issuer[ISSUER_MAX + 1];    /* "" if the login did not say */
    char account[MAP_ACCOUNT_SIZE]; /* for which the login was, or MAP_NO_ACCOUNT */
};

/* Lists the recent refused identities of the configured provider and scope, whose login was for the
 * account or named none; with account NULL, all. Of more than one, the administrator chooses; then
 * prints when and where it was refused, and who asked for that login. With `yes` there must be one,
 * which root or the account's user asked for. An enum command_exit; errors go to stderr. */
int from_refused_choose(const struct config *config, const char *account, int yes,
                        struct from_refused *ret_chosen);

#endif
