/* SPDX-License-Identifier: BSD-3-Clause */
/* Plays a merchant with keys made at run time, its acquirer, and a bank: for the tests of
 * relay/idx.h. Trouble fails the running test. Test code. */
#ifndef IDQ_TESTS_IDX_FIXTURE_H
#define IDQ_TESTS_IDX_FIXTURE_H

#include "pam_idinqr/relay/idx_parts.h"
#include "pam_idinqr/sandbox/acquirer_answers.h"

#define IDX_NOW         1800000000123 /* 2027-01-15T08:00:00.123Z */
#define IDX_TRANSACTION "1234000000000042"
#define IDX_REFERENCE   "R4mZ0000000000000000000000000000042"
#define IDX_LEGAL_ID    "NL00ZZZ12345678"
#define IDX_ISSUER      "INGBNL2A"
#define IDX_SUBJECT     "NLINGB3x4u89498qe4"

/* The keys, made once a program, and the merchant. */
extern struct party idx_acquirer, idx_next_acquirer, idx_bank, idx_merchant, idx_saml, idx_attacker;
extern struct idx_settings idx_settings;
extern struct idx *idx_here; /* of the settings, as idx_fixture_reset found them */

/* What the acquirer's status says. The test may spoil each field. */
extern struct idx_story {
    struct bank_statement statement;
    const char *acquirer_id, *transaction, *reference, *status, *code, *second_code;
    const struct signature_options *signature; /* of the assertion */
    const char *from, *to; /* a text of the assertion that is replaced before the bank signs */
    const char *assertion; /* signed, in place of the story's */
    bool has_response, has_assertion;
} idx_story;
extern struct idx_asked idx_asked;
extern struct idx_result idx_result;
extern struct idx_failure idx_failure;
extern unsigned idx_n_taken; /* assertions */

/* For RUN_TESTS, in place of a reason to skip: prepares the libraries and the keys. */
const char *idx_fixture_begin(void);

/* For a case's setup: a story without a fault. */
void idx_fixture_reset(void);

/* The settings in a new idx_here. */
void idx_fixture_configure(void);

/* The story's parts, kept (scratch.h): without its signature, and with it. */
char *idx_story_assertion(void);
char *idx_story_body(void);
char *idx_story_message(void);

/* Signs canonical XML. Kept. */
char *idx_signed(const struct party *party, const char *canonical);

/* Reads a status into the variables above. After an error, they must be as before. */
int idx_read(const char *xml);

/* Fails the running test unless this error, and a reason, is the result. */
void idx_must_be(const char *xml, int error);

/* Texts, kept. `from` must be there; the first one is replaced. idx_between: from the first `begin`
 * to the end of the next `end`. */
char *idx_replaced(const char *text, const char *from, const char *to);
char *idx_between(const char *text, const char *begin, const char *end);

/* Runs a shell command. Returns its output with its exit status in the last line, kept. */
char *idx_command(const char *command);

/* The directory of the official messages, and the reason to skip what needs them, or NULL. */
const char *idx_vectors(void);
const char *idx_vectors_why_not(void);

/* A file in it, kept. */
char *idx_vector(const char *name);

/* Fails the running test unless a message is valid by the schemas, and its signature by xmlsec1. */
void idx_must_validate(const char *xml, const struct party *signer);

#endif
