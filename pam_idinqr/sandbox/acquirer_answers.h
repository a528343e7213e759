/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes the answers of an acquirer, and the assertions of a bank, in canonical XML. An answer
 * without its signature goes to signer_finish. Each function returns NULL if memory is short or
 * randomness fails. The caller frees the text. The sandbox and the tests run it. */
#ifndef IDQ_SANDBOX_ACQUIRER_ANSWERS_H
#define IDQ_SANDBOX_ACQUIRER_ANSWERS_H

#include "pam_idinqr/sandbox/acquirer_signer.h"

#include <stddef.h>
#include <stdint.h>

/* The times are milliseconds since 1970. */

struct answer_issuer {
    const char *country, *id, *name; /* those of one country stand together */
};

char *answer_directory(const char *acquirer_id, int64_t now_ms, int64_t changed_ms,
                       const struct answer_issuer *issuers, size_t n_issuers);

char *answer_transaction(const char *acquirer_id, int64_t now_ms, const char *url,
                         const char *transaction);

/* `response`: of answer_response, for a Success; else NULL. Frees it. */
char *answer_status(const char *acquirer_id, int64_t now_ms, const char *transaction,
                    const char *status, char *response);

/* `consumer_message` and `response` may be NULL. Frees the response. */
char *answer_error(int64_t now_ms, const char *code, const char *message,
                   const char *consumer_message, char *response);

/* SAML's Response. `code` and `second_code`: the last words of SAML's status, as "Requester" and
 * "RequestDenied". The second code of a Success is bankid's. The second code may be NULL, and the
 * assertion, which is freed. */
char *answer_response(int64_t now_ms, const char *reference, const char *issuer, const char *code,
                      const char *second_code, char *assertion);

struct bank_statement {
    const struct party *bank;
    EVP_PKEY *merchant; /* the key that the subject is encrypted for */
    const char *id;     /* of the assertion */
    const char *issuer; /* the bank's BIC */
    const char *legal_id, *loa, *service;
    const char *subject; /* the BIN */
    int64_t from_ms, end_ms;
    /* For tests; NULL: as the protocol says. */
    const char *plain; /* the element that is encrypted */
    const struct encryption_options *encryption;
};

/* An assertion without its signature, and with it. The second frees the first, which may be NULL.
 */
char *answer_assertion(const struct bank_statement *statement);
char *answer_sign_assertion(const struct party *bank, char *assertion,
                            const struct signature_options *options);

#endif
