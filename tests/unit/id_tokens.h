/* SPDX-License-Identifier: BSD-3-Clause */
/* ID tokens of any kind, made of the text of their parts. Test code, pure. */
#ifndef IDQ_TESTS_ID_TOKENS_H
#define IDQ_TESTS_ID_TOKENS_H

#define ID_TOKEN_HEADER "{\"alg\":\"RS256\",\"kid\":\"1\"}"

/* "base64url(header).base64url(claims).c2lnbmF0dXJl"; valid until the next call. */
const char *id_token_of(const char *header, const char *claims);

/* The same of these claims: iss, aud, sub, with iat and exp now and an hour later; `more` (such as
 * ",\"acr\":\"x\"") stands behind them. */
const char *id_token_for(const char *issuer, const char *client_id, const char *sub,
                         const char *more);

#endif
