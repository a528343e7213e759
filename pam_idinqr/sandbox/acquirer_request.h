/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the requests of a merchant in iDx 1.0.0. The sandbox runs it on the bytes of any client. It
 * verifies the signature by libxml2's canonical XML and OpenSSL alone, so the relay's signatures
 * are checked by other code than made them. */
#ifndef IDQ_SANDBOX_ACQUIRER_REQUEST_H
#define IDQ_SANDBOX_ACQUIRER_REQUEST_H

#include "pam_idinqr/sandbox/acquirer_signer.h"

#include <stddef.h>

enum acquirer_request_kind {
    ACQUIRER_DIRECTORY,
    ACQUIRER_TRANSACTION,
    ACQUIRER_STATUS,
};

/* Texts; those that the kind does not have are "". */
struct acquirer_request {
    char merchant_id[11];
    char issuer[12];      /* a BIC */
    char return_url[513]; /* merchantReturnURL */
    char entrance_code[41];
    char language[3];
    char reference[36]; /* merchantReference: the ID of the AuthnRequest */
    char transaction[17];
    int expiry_s;
};

/* 0, or IDQ_REPLY for a message of another form, or IDQ_SIGNATURE if the merchant did not sign it;
 * then *ret_why says why. Static. */
int acquirer_request_read(enum acquirer_request_kind kind, const char *xml, size_t size,
                          const struct party *merchant, struct acquirer_request *ret_request,
                          const char **ret_why);

#endif
