/* SPDX-License-Identifier: BSD-3-Clause */
/* Parses the JSON of clients strictly, and names each missing, unknown or invalid field. The bytes
 * are untrusted. Pure. */
#ifndef IDQ_SANDBOX_FIELDS_H
#define IDQ_SANDBOX_FIELDS_H

#include "pam_idinqr/sandbox/codes.h"
#include "pam_idinqr/web/tokens.h"
#include "pam_idinqr/web/http.h"

#define MERCHANT_SIZE_MIN_PX 100
#define MERCHANT_SIZE_MAX_PX 2000
#define MERCHANT_WAIT_MAX_S  60

/* The fields of all requests of idin-qr together; each uses the ones it wants. */
struct idin_qr_fields {
    char merchant_token[TOKEN_UUID_SIZE];
    char qr_id[TOKEN_UUID_SIZE];
    char use_case[3];
    char nonce[CODE_NONCE_SIZE]; /* "" if absent */
    long merchant_sub_id;
    long size_px;
    long idin_service_id;
    long wait_s;
    int64_t expiration; /* seconds since 1970 */
    struct code_place place;
    char number[CODE_NUMBER_SIZE]; /* "" if absent */
};

/* Which fields a request has. */
enum merchant_request {
    MERCHANT_GENERATE,
    MERCHANT_STATUS,
    MERCHANT_CANCEL,
    MERCHANT_RELAY_GENERATE, /* of a desk with relay = yes: it also says what will be opened */
    MERCHANT_RELAY_STATUS,   /* the same: it may have the number that was typed */
};

/* Takes a body apart. 0, or IDQ_REPLY with what is wrong in *ret_field (a field's name, or "body")
 * and *ret_why (a few words); both static. */
int idin_qr_fields_read(enum merchant_request kind, const char *body, size_t size,
                        struct idin_qr_fields *ret_fields, const char **ret_field,
                        const char **ret_why);

#define SIGNICAT_LIFETIME_DEFAULT_S 1200
#define SIGNICAT_LIFETIME_MIN_S     300 /* what is less is raised to it, not refused */
#define SIGNICAT_LIFETIME_MAX_S     86400

/* The fields of a request for a session at Signicat. */
struct signicat_fields {
    char reference[CODE_REFERENCE_MAX + 1]; /* externalReference, or "" */
    int lifetime_s;
};

/* Takes a body apart. 0, or IDQ_REPLY with what is wrong in *ret_field (a field's name, as
 * "callbackUrls.success", or "body") and *ret_why (a few words); both static. */
int signicat_fields_read(const char *body, size_t size, struct signicat_fields *ret_fields,
                         const char **ret_field, const char **ret_why);

#endif
