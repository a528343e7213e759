/* SPDX-License-Identifier: BSD-3-Clause */
/* The upstream `openid`: an OpenID provider with the code flow, as itsme. The relay runs it. It
 * shows the provider as the only bank of its list.
 *
 * No secret of a transaction is stored: state, nonce and the verifier of PKCE come from the map's
 * key. The code comes with the phone alone, and is sent once: a transaction that is asked again
 * has failed. */
#ifndef IDQ_RELAY_OPENID_H
#define IDQ_RELAY_OPENID_H

#include "pam_idinqr/relay/openid_messages.h"
#include "pam_idinqr/relay/relay.h"

/* Together they are shorter than RELAY_LEASE_MS. */
#define OPENID_TOKEN_MS 6000
#define OPENID_GET_MS   5000

#define OPENID_BANK "openid" /* its id in the list */

/* A code that is being exchanged. */
struct openid_call {
    struct relay *relay;
    struct relay_job *job; /* or NULL */
    struct store_trx trx;
    struct secret *token;     /* that has come, signed; or NULL */
    struct openid_call *next; /* of those that wait for keys */
};

/* relay->upstream_state */
struct openid {
    char return_url[IDX_URL_SIZE];
    EVP_PKEY *client_key;         /* or NULL */
    EVP_PKEY *decryption_key;     /* or NULL */
    struct secret *authorization; /* the header for client_secret_basic, or NULL */
    struct openid_provider provider;
    struct key_set *keys; /* or NULL */
    bool is_discovering, is_fetching_keys;
    int64_t discovery_ms; /* when to ask for it next */
    int64_t keys_ms;      /* when a token may ask for the keys again */
    struct openid_call *waiting;
};

extern const struct relay_upstream openid_upstream;

/* Reads the keys that the configuration names. Returns 0 with the relay's upstream_state, or an
 * error with ret_diag. */
int openid_open(struct relay *relay, struct diag *ret_diag);
void openid_close(struct relay *relay);

/* Sends a code to the token endpoint, as http_client_post. */
int openid_post_code(struct relay *relay, const char *code, const char *verifier,
                     http_client_done *done, void *context);

/* Asks for the provider's document and keys, if it is time. The store keeps the document, so that a
 * relay that has just started knows the provider. */
void openid_refresh(struct relay *relay, int64_t now_ms);

/* Asks for the keys, as a token names an unknown one: once a minute. Returns whether
 * openid_go_on is called for those that wait. */
bool openid_refresh_keys(struct relay *relay);

/* Ends the calls that have waited for keys. */
void openid_go_on(struct relay *relay);

#endif
