/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay's two keys: the one that signs answers for desks (Ed25519), and the fleet's map key,
 * which makes an identity of a BIN. Files of the relay's user, made by `idinqr-relay key`. */
#ifndef IDQ_RELAY_RELAY_KEYS_H
#define IDQ_RELAY_RELAY_KEYS_H

#include "pam_idinqr/common/trusted_file.h"
#include "pam_idinqr/relay/relay.h"

#define RELAY_PUBLIC_SIZE (2 * 45) /* base64 of 32 bytes, twice */

/* Reads a PEM file. "" leaves NULL. Returns 0, or IDQ_CONFIG with ret_diag. */
int relay_pem_read(const char *path, enum trusted_file_use use, struct secret **ret_pem,
                   struct diag *ret_diag);

/* Returns a private key that the caller frees, or NULL. It never asks for a passphrase. */
EVP_PKEY *relay_pem_key(struct secret *pem);

/* Reads both keys into the relay. Returns 0, or IDQ_CONFIG with ret_diag. */
int relay_keys_read(struct relay *relay, struct diag *ret_diag);

/* Makes those that are missing, with mode 0600. Returns 0 with the number that was made, or
 * IDQ_CONFIG with ret_diag. */
int relay_keys_make(const struct relay_config *config, int *ret_made, struct diag *ret_diag);

/* Makes the next signing key, in the file .next beside it, unless there is one. Returns 0, or
 * IDQ_CONFIG with ret_diag. */
int relay_keys_make_next(const struct relay_config *config, struct diag *ret_diag);

/* Makes the next signing key the one that signs, from a relay's next start. The old one is removed.
 * Returns 0, or IDQ_CONFIG with ret_diag. */
int relay_keys_switch(const struct relay_config *config, struct diag *ret_diag);

/* Writes the public key as signing_key takes it, and after it that of the next key, if there is
 * one. Returns 0, or IDQ_CONFIG with ret_diag. */
int relay_keys_public(const struct relay *relay, char ret_text[RELAY_PUBLIC_SIZE],
                      struct diag *ret_diag);

/* Signs a body for x-idin-qr-hash: base64 of 64 bytes. Returns 0 or IDQ_SYSTEM. */
#define RELAY_SIGNATURE_SIZE 89
int relay_keys_sign(const struct relay *relay, const void *body, size_t size,
                    char ret_base64[RELAY_SIGNATURE_SIZE]);

void relay_keys_free(struct relay *relay);

#endif
