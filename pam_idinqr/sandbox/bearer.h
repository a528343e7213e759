/* SPDX-License-Identifier: BSD-3-Clause */
/* Access tokens for Signicat's API: each says itself how long it is good for, and is signed, so
 * that nothing has to be kept. Pure, but for random bytes. */
#ifndef IDQ_SANDBOX_BEARER_H
#define IDQ_SANDBOX_BEARER_H

#include "pam_idinqr/sandbox/sandbox.h"

#define BEARER_SIZE 120 /* with the closing zero */

/* A token that is good until `expires_ms`, by the clock of the caller. 0 or IDQ_SYSTEM. */
int bearer_make(const struct sandbox *sandbox, int64_t expires_ms, char ret_token[BEARER_SIZE]);

/* Whether an Authorization header holds a token of this sandbox that is still good: 0; IDQ_REFUSED
 * when there is none or another's, IDQ_EXPIRED when its time is over. */
int bearer_check(const struct sandbox *sandbox, const char *authorization, int64_t now_ms);

#endif
