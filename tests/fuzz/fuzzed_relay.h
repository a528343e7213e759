/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay for a fuzz target: its handlers, with a database of this process, two desks, and one
 * login. The acquirer and the QR backend answer when the target says so. */
#ifndef IDQ_TESTS_FUZZ_FUZZED_RELAY_H
#define IDQ_TESTS_FUZZ_FUZZED_RELAY_H

#include "pam_idinqr/relay/relay.h"

#define FUZZED_TOKEN       "the token of balie-1" /* whose login it is */
#define FUZZED_OTHER_TOKEN "the token of balie-2"
#define FUZZED_TRX         "0050000000000001"
#define FUZZED_TRX_NEXT    "0050000000000002" /* of the next transaction */
#define FUZZED_ENTRANCE    "0123456789abcdef0123456789abcdef01234567"
#define FUZZED_IDENTITY    "idin1:0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcde"
#define FUZZED_HMAC_KEY    "a-key-of-thirty-two-bytes-or-more" /* of the QR backend */

/* As if no input had been before. `where` the login is: 'o', no phone has chosen a bank; 'p', one
 * is at the bank; 's', the identity is there; any other, and it needs a number if that is asked
 * for. */
struct relay *fuzzed_relay_begin(uint8_t where, bool has_qr_backend, bool needs_number,
                                 const struct store_login **ret_login);

/* In the place of http_client_post. */
int fuzzed_relay_post(const struct http_client_request *request, http_client_done *done,
                      void *context);

/* Ends what the relay has asked: a transaction starts, or has an identity, or the QR backend says
 * this, with its hash. Returns false if nothing was asked. */
bool fuzzed_relay_answer(const char *said);

#endif
