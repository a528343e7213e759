/* SPDX-License-Identifier: BSD-3-Clause */
/* Parses the answers of an OpenID provider with the device grant (RFC 8628): discovery document,
 * device authorization, token, errors. Pure. The peer was verified by TLS. Every type, length and
 * character is checked all the same. Unknown members are ignored. */
#ifndef IDQ_AGENT_OIDC_DEVICE_MESSAGES_H
#define IDQ_AGENT_OIDC_DEVICE_MESSAGES_H

#include "pam_idinqr/agent/id_token.h"
#include "pam_idinqr/common/https_url.h"

#define OIDC_DEVICE_CODE_MAX 2048 /* bytes */
#define OIDC_INTERVAL_MAX_S  86400
/* of an error code, with the zero byte; a longer one is truncated */
#define OIDC_WORD_SIZE 48

struct oidc_endpoints {
    char device_authorization[HTTPS_URL_MAX + 1]; /* https, at the issuer's port */
    char token[HTTPS_URL_MAX + 1];
};

#define OIDC_DISCOVERY_PATH     "/.well-known/openid-configuration"
#define OIDC_DISCOVERY_URL_SIZE (ISSUER_MAX + sizeof OIDC_DISCOVERY_PATH)

/* Builds the URL of an issuer's document (OpenID Connect Discovery 4.1). Returns 0, or IDQ_CONFIG
 * with the reason in *ret_trouble, for the log: static. */
int oidc_discovery_url(const char *issuer, char ret_url[OIDC_DISCOVERY_URL_SIZE],
                       const char **ret_trouble);

/* Reads the document, which must be of exactly this issuer. device_endpoint replaces the device
 * endpoint that it names, unless it is "". Returns 0, IDQ_CONFIG if there is no usable device
 * endpoint, or IDQ_REPLY. After an error ret_endpoints is unchanged, and *ret_trouble is the
 * reason, for the log: static. */
int oidc_read_discovery(const char *body, size_t size, const char *issuer,
                        const char *device_endpoint, struct oidc_endpoints *ret_endpoints,
                        const char **ret_trouble);

/* Reads the URL of the issuer's keys from the same document: https, at the issuer's port. Returns 0
 * or IDQ_REPLY, as above. */
int oidc_read_jwks_uri(const char *body, size_t size, const char *issuer,
                       char ret_url[HTTPS_URL_MAX + 1], const char **ret_trouble);

/* Returns the document, which the caller frees, or NULL with *ret_trouble. */
json_t *oidc_read_document(const char *body, size_t size, const char *issuer,
                           const char **ret_trouble);

/* Copies a member of it: https, at the issuer's port. Returns 0 or IDQ_REPLY. */
int oidc_read_endpoint(const json_t *object, const char *name, const char *issuer,
                       char ret_url[HTTPS_URL_MAX + 1]);

struct oidc_device {
    char device_code[OIDC_DEVICE_CODE_MAX + 1]; /* a secret: its owner gets the token */
    char user_code[USER_CODE_MAX + 1];
    /* With the user code, if the provider offers that. The caller checks its host. */
    char url[PAYLOAD_MAX + 1];
    uint32_t expires_in_s; /* 1 or more */
    int interval_s;        /* 0 to OIDC_INTERVAL_MAX_S */
};

/* Returns 0 or IDQ_REPLY, as above. The caller wipes. */
int oidc_read_device(const char *body, size_t size, struct oidc_device *ret_device,
                     const char **ret_trouble);

/* Reads a success of the token endpoint. Only the ID token is read, and no token is kept. Returns
 * as id_token_read does. */
int oidc_read_token(const char *body, size_t size, const struct id_token_terms *terms,
                    struct result_message *ret_result, const char **ret_trouble);

/* The meaning of an error of either endpoint. */
enum oidc_refusal {
    /* the answer is not in the form of RFC 6749 5.2: only its HTTP status is known */
    OIDC_NO_WORD,
    OIDC_PENDING,   /* not yet approved */
    OIDC_SLOW_DOWN, /* not yet approved, and polls must be further apart from now on */
    OIDC_DENIED,
    OIDC_EXPIRED,
    OIDC_CLIENT, /* the client is rejected, or not allowed to use this grant */
    OIDC_FAILED, /* any other error */
};

/* Copies the error code to ret_word, for the log: printable ASCII, or "". The error_description is
 * never copied, because it may contain personal data. */
enum oidc_refusal oidc_read_refusal(const char *body, size_t size, char ret_word[OIDC_WORD_SIZE]);

void oidc_device_wipe(struct oidc_device *device);

#define OIDC_DEVICE_AUTO __attribute__((cleanup(oidc_device_wipe))) struct oidc_device

#endif
