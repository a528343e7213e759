/* SPDX-License-Identifier: BSD-3-Clause */
/* The public keys that an administrator pins for an OpenID provider: a JWK Set (RFC 7517), and the
 * signatures of ID tokens under it (RFC 7515). Run by the agent. For a login the set comes from
 * the module, and is as good as the file it stands in; for key_fetch.c it is untrusted, as header
 * and signature always are.
 *
 * RS256, ES256 and EdDSA with Ed25519 are known, and nothing else is accepted. The header chooses
 * among the keys of the set by `kid` and `alg`. A key that the header itself carries, or leads to
 * (`jwk`, `jku`, `x5c`, `x5u`), is never looked at. */
#ifndef IDQ_AGENT_KEY_SET_H
#define IDQ_AGENT_KEY_SET_H

#include "pam_idinqr/wire/messages.h"

#include <jansson.h>
#include <stddef.h>

struct key_set;

/* Reads a JWK Set. Keys for other uses or of other types are kept by name alone, so that a token
 * with one is refused with the right word. 0; or IDQ_CONFIG, with *ret_trouble for the log
 * (static): when the set is malformed, has no key for signatures, has two of one kid, or holds a
 * malformed, weak or secret key; or IDQ_SYSTEM. */
int key_set_read(const char *text, size_t size, struct key_set **ret_set, const char **ret_trouble);

/* The next key for signatures, from *at on, which begins at 0: 1 with ret_key; 0 when there is no
 * other; or IDQ_REPLY for one with numbers of more than KEY_NUMBER_MAX bytes. */
int key_set_next(const struct key_set *set, size_t *at, struct key_message *ret_key);

/* What is wrong with a signature over `text`, for the log: static. NULL when the key that the
 * header names is in the set, fits its alg, and verifies it. */
const char *key_set_verify(const struct key_set *set, const json_t *header, const char *text,
                           size_t text_size, const void *signature, size_t signature_size);

/* Accepts a pointer to NULL, and leaves one. */
void key_set_free(struct key_set **set);

#define KEY_SET_AUTO __attribute__((cleanup(key_set_free))) struct key_set

#endif
