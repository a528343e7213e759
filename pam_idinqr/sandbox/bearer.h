/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes and checks access tokens for Signicat's API. Each contains its expiry and is signed, so the
 * sandbox stores none. Pure except for random bytes. */
#ifndef IDQ_SANDBOX_BEARER_H
#define IDQ_SANDBOX_BEARER_H

#include "pam_idinqr/sandbox/sandbox.h"

#define BEARER_SIZE 120 /* with the closing zero */

/* A token that is good until `expires_ms`, by the clock of the caller. 0 or IDQ_SYSTEM. */
int bearer_make(const struct sandbox *sandbox, int64_t expires_ms, char ret_token[BEARER_SIZE]);

/* Checks an Authorization header for a token of this sandbox. Returns 0, IDQ_EXPIRED if the token
 * has expired, or IDQ_REFUSED if it is missing or another server's. */
int bearer_check(const struct sandbox *sandbox, const char *authorization, int64_t now_ms);

#endif
