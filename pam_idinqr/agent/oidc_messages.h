/* SPDX-License-Identifier: BSD-3-Clause */
/* The answers of an OpenID provider that speaks the device grant (RFC 8628), taken apart: the
 * discovery document, the device authorization, the token, errors. Pure. Answers are what a
 * verified TLS peer sent, and are distrusted still: every type, length and character is checked.
 * Members that are not named here are skipped. */
#ifndef IDQ_AGENT_OIDC_MESSAGES_H
#define IDQ_AGENT_OIDC_MESSAGES_H

#include "pam_idinqr/agent/id_token.h"
#include "pam_idinqr/common/https_url.h"

#define OIDC_DEVICE_CODE_MAX 2048 /* bytes */
#define OIDC_INTERVAL_MAX_S  60
#define OIDC_WORD_SIZE       48 /* an error's word, with the zero byte; a longer one is cut */

struct oidc_endpoints {
    char device_authorization[HTTPS_URL_MAX + 1]; /* https, at the issuer's port */
    char token[HTTPS_URL_MAX + 1];
};

#define OIDC_DISCOVERY_PATH     "/.well-known/openid-configuration"
#define OIDC_DISCOVERY_URL_SIZE (ISSUER_MAX + sizeof OIDC_DISCOVERY_PATH)

/* Where the document of an issuer is (OpenID Connect Discovery 4.1). 0; or IDQ_CONFIG, and
 * *ret_trouble is why, for the log: static. */
int oidc_discovery_url(const char *issuer, char ret_url[OIDC_DISCOVERY_URL_SIZE],
                       const char **ret_trouble);

/* The document of exactly this issuer. 0; IDQ_CONFIG when the provider has no device grant; or
 * IDQ_REPLY. ret_endpoints is untouched by an error. *ret_trouble is then why, for the log: static.
 */
int oidc_read_discovery(const char *body, size_t size, const char *issuer,
                        struct oidc_endpoints *ret_endpoints, const char **ret_trouble);

/* Where the issuer publishes its keys, from the same document: https, at the issuer's port. 0 or
 * IDQ_REPLY, as above. */
int oidc_read_jwks_uri(const char *body, size_t size, const char *issuer,
                       char ret_url[HTTPS_URL_MAX + 1], const char **ret_trouble);

struct oidc_device {
    char device_code[OIDC_DEVICE_CODE_MAX + 1]; /* a secret: whoever has it gets the token */
    char user_code[USER_CODE_MAX + 1];
    char url[PAYLOAD_MAX + 1]; /* with the user code in it, where the provider offers that; where it
                                  leads is for the caller to check */
    uint32_t expires_in_s;     /* 1 or more */
    int interval_s;            /* 0 to OIDC_INTERVAL_MAX_S */
};

/* 0 or IDQ_REPLY, as above; the caller wipes. */
int oidc_read_device(const char *body, size_t size, struct oidc_device *ret_device,
                     const char **ret_trouble);

/* A success of the token endpoint. Of its tokens only the ID token is read, and none is kept.
 * Returns as id_token_read does. */
int oidc_read_token(const char *body, size_t size, const struct id_token_terms *terms,
                    struct result_message *ret_result, const char **ret_trouble);

/* What an error of either endpoint means for the login. */
enum oidc_refusal {
    OIDC_NO_WORD,   /* the answer is not in the form of RFC 6749 5.2: its HTTP status is all it says
                     */
    OIDC_PENDING,   /* nobody has approved yet */
    OIDC_SLOW_DOWN, /* the same, and looks have to be further apart from now on */
    OIDC_DENIED,
    OIDC_EXPIRED,
    OIDC_CLIENT, /* we are not accepted, or not for this grant */
    OIDC_FAILED, /* anything else */
};

/* Its word, for the log, is copied to ret_word: printable ASCII, "" where there is none. Never its
 * error_description, which may say anything of anybody. */
enum oidc_refusal oidc_read_refusal(const char *body, size_t size, char ret_word[OIDC_WORD_SIZE]);

void oidc_device_wipe(struct oidc_device *device);

#define OIDC_DEVICE_AUTO __attribute__((cleanup(oidc_device_wipe))) struct oidc_device

#endif
