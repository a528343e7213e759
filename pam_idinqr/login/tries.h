/* SPDX-License-Identifier: BSD-3-Clause */
/* Limits how many codes are requested without success, because each may cost the merchant money.
 * Counts over all applications of this machine, in one file that only root can open. Runs in the
 * application. */
#ifndef IDQ_LOGIN_TRIES_H
#define IDQ_LOGIN_TRIES_H

#include "pam_idinqr/config/config.h"
#include "pam_idinqr/common/error.h"

#include <stdbool.h>

/* Counts a try for the account. NULL: the identity will select it, and only the total counts.
 * Logins from another host have separate counters, so they cannot use up the tries of a desk.
 * Returns 0, or IDQ_TRIES if a limit is reached, with its keyword in ret_diag, and nothing counted.
 * Returns IDQ_SYSTEM with ret_diag if the file is unusable. An application without root's rights
 * cannot open the file, and is not counted. */
int tries_take(const struct config *config, const char *account, bool is_remote,
               struct diag *ret_diag);

/* Returns as tries_take of a local login would, without a try, and without making the file. If its
 * directory is missing, the error in ret_diag is ENOENT. */
int tries_check(const struct config *config, const char *account, struct diag *ret_diag);

/* Takes one try back after a success, or if no code was made. The arguments are those of
 * tries_take. */
void tries_give_back(const struct config *config, const char *account, bool is_remote);

#endif
