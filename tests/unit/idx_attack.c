/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/idx_attack.h"

#include "tests/harness/scratch.h"

#include <check.h>
#include <string.h>

#define EVIL_SUBJECT "NLEVIL0000000000001"

static char *assertion_of_test, *body_of_test; /* each text is made once: ciphertexts are random */

void
attack_begin(void)
{
    idx_fixture_reset();
    assertion_of_test = body_of_test = NULL;
}

char *
attack_good_assertion(void)
{
    if (!assertion_of_test)
        assertion_of_test = idx_story_assertion();
    return assertion_of_test;
}

char *
attack_body_with(const char *assertion)
{
    idx_story.assertion = assertion;
    return idx_story_body();
}

char *
attack_good_body(void)
{
    if (!body_of_test)
        body_of_test = attack_body_with(attack_good_assertion());
    return body_of_test;
}

char *
attack_evil_body(void)
{
    struct bank_statement good = idx_story.statement;
    char *assertion;

    idx_story.statement.bank = &idx_attacker;
    idx_story.statement.subject = EVIL_SUBJECT;
    assertion = idx_story_assertion();
    idx_story.statement = good;
    return attack_body_with(assertion);
}

char *
attack_evil_assertion(void)
{
    return idx_between(attack_evil_body(), "<saml:Assertion", "</saml:Assertion>");
}

char *
attack_good_root(void)
{
    return idx_replaced(idx_signed(&idx_acquirer, attack_good_body()),
                        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "");
}

char *
attack_good_signature(void)
{
    char *root = attack_good_root(), *last = NULL;

    for (char *at = root; (at = strstr(at, SIGNATURE)) != NULL; at++)
        last = at;
    return idx_between(last, SIGNATURE, "</Signature>");
}

char *
attack_closed_with(const char *body, const char *last)
{
    return idx_replaced(body, ROOT_END, scratch_text("%s" ROOT_END, last));
}

char *
attack_signed_with(const struct party *party, const struct signature_options *options)
{
    char *body = attack_good_body();
    char *signature = signer_sign(party, body, options);

    ck_assert_ptr_nonnull(signature);
    return attack_closed_with(body, scratch_keep(signature));
}

char *
attack_with_assertion(const char *assertion)
{
    return idx_signed(&idx_acquirer, attack_body_with(assertion));
}

void
attack_must_fail(const struct attack *attack)
{
    idx_must_be(attack->make(), attack->error);
    ck_assert_str_eq(idx_failure.reason, attack->reason);
    /* Only the decryption comes behind the ID of the assertion. */
    ck_assert_uint_eq(idx_n_taken, strstr(attack->reason, "decrypted") != NULL);
}
