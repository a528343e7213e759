/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the public keys that an administrator pins for an OpenID provider, a JWK Set (RFC 7517).
 * Verifies the signatures of ID tokens with them (RFC 7515). Run by the agent. In a login the set
 * comes from the module, and is as trustworthy as its file. For agent_probe.c it is untrusted.
 * Header and signature are always untrusted.
 *
 * Only RS256, ES256 and EdDSA with Ed25519 are accepted. The header selects a key of the set by
 * `kid` and `alg`. A key in the header, or one that the header links to (`jwk`, `jku`, `x5c`,
 * `x5u`), is never used. */
#ifndef IDQ_AGENT_KEY_SET_H
#define IDQ_AGENT_KEY_SET_H

#include "pam_idinqr/wire/messages.h"

#include <jansson.h>
#include <stddef.h>

struct key_set;

/* Reads a JWK Set. Of keys for other uses or types it keeps only the name, so that the log can give
 * the right reason for refusing a token. Returns 0 or IDQ_SYSTEM. Returns IDQ_CONFIG with
 * *ret_trouble for the log (static) if the set is malformed, has no key for signatures, or has a
 * duplicate kid. The same holds if a key is malformed, weak or secret. */
int key_set_read(const char *text, size_t size, struct key_set **ret_set, const char **ret_trouble);

/* Finds the next key for signatures from *at, which begins at 0. Returns 1 with ret_key, 0 if there
 * are no more, or IDQ_REPLY for a key with numbers of more than KEY_NUMBER_MAX bytes. */
int key_set_next(const struct key_set *set, size_t *at, struct key_message *ret_key);

/* Returns NULL if the key that the header names is in the set, fits its alg, and verifies the
 * signature over `text`. Otherwise returns the reason for the log: static. */
const char *key_set_verify(const struct key_set *set, const json_t *header, const char *text,
                           size_t text_size, const void *signature, size_t signature_size);

/* Accepts a pointer to NULL, and sets it to NULL. */
void key_set_free(struct key_set **set);

#define KEY_SET_AUTO __attribute__((cleanup(key_set_free))) struct key_set

#endif
