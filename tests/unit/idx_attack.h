/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs attacks on an answer that names a person: each is a text that an attacker made of it, and
 * must be refused by the check that is named. Where that makes the attack stronger, the acquirer or
 * the bank signs what the attacker wrote. Texts are kept (scratch.h). Test code. */
#ifndef IDQ_TESTS_IDX_ATTACK_H
#define IDQ_TESTS_IDX_ATTACK_H

#include "tests/unit/idx_fixture.h"

#define ROOT_BEGIN                                                                                 \
    "<AcquirerStatusRes xmlns=\"" NS_IDX "\" productID=\"NL:BVN:BankID:1.0\" version=\"1.0.0\">"
#define ROOT_END  "</AcquirerStatusRes>"
#define SIGNATURE "<Signature xmlns=\"" NS_DS "\">"

/* The checks that find most of them. */
#define BAD_SHAPE     "the answer is not signed as the protocol says"
#define BAD_VALUE     "the signature of the answer is invalid"
#define UNKNOWN_KEY   "the answer names a certificate that is not configured"
#define NOT_PLAIN     "the answer is not plain XML of an acceptable size"
#define ANOTHER       "the answer is another message"
#define BAD_STATUS    "the status is not as the protocol says"
#define BAD_ASSERTION "the signature of the assertion is invalid"

struct attack {
    const char *name;
    char *(*make)(void);
    int error;
    const char *reason;
};

#define ATTACK(function, error, reason)                                                            \
    {                                                                                              \
#function, function, error, reason                                                         \
    }

/* The file has an array `attacks`: for the variants of a case, one for each, named after it. */
#define ATTACK_NAMES                                                                               \
    static const char *attack_name(int i, const char **ret_why_not)                                \
    {                                                                                              \
        (void)ret_why_not;                                                                         \
        return (size_t)i < ARRAY_LENGTH(attacks) ? attacks[i].name : NULL;                         \
    }                                                                                              \
    struct attack

/* For a case's setup. */
void attack_begin(void);

void attack_must_fail(const struct attack *attack);

/* The bank's assertion; the acquirer's message without its signature, and with it as its root has
 * it; that signature. The same in all of a test. */
char *attack_good_assertion(void);
char *attack_good_body(void);
char *attack_good_root(void);
char *attack_good_signature(void);

/* A status that names the attacker, with an assertion that the attacker signed. */
char *attack_evil_body(void);
char *attack_evil_assertion(void);

/* A body with an assertion, or with none; and signed by the acquirer. */
char *attack_body_with(const char *assertion);
char *attack_with_assertion(const char *assertion);

/* A body with an element as the last child of its root. */
char *attack_closed_with(const char *body, const char *last);

/* The good body, signed by a party, whatever the options say. */
char *attack_signed_with(const struct party *party, const struct signature_options *options);

#endif
