/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests answers that the acquirer signs as they are, with an assertion that the bank did not sign,
 * or that is not at its place. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/idx_attack.h"

#include <stdlib.h>
#include <string.h>

/* --- wrapping the bank's signature: the acquirer signs all of it
 * ------------------------------------ */

static char *
assertion_swapped(void)
{
    return idx_replaced(attack_good_root(), attack_good_assertion(), attack_evil_assertion());
}

static char *
assertion_added_before(void)
{
    return attack_with_assertion(
        scratch_text("%s%s", attack_evil_assertion(), attack_good_assertion()));
}

static char *
assertion_added_after(void)
{
    return attack_with_assertion(
        scratch_text("%s%s", attack_good_assertion(), attack_evil_assertion()));
}

/* An assertion as a part of another one, which declares its namespace. */
static char *
inside(const char *assertion)
{
    return idx_replaced(assertion, " xmlns:saml=\"" NS_SAML "\"", "");
}

/* The attacker's assertion, with the bank's signature. */
static char *
with_signature(const char *signature)
{
    char *evil = attack_evil_assertion();

    return idx_replaced(evil, idx_between(evil, SIGNATURE, "</Signature>"), signature);
}

static char *
banks_signature(void)
{
    return idx_between(attack_good_assertion(), SIGNATURE, "</Signature>");
}

/* The bank's assertion without its signature. */
static char *
banks_assertion(void)
{
    char *assertion = attack_good_assertion();

    return idx_replaced(assertion, idx_between(assertion, SIGNATURE, "</Signature>"), "");
}

static char *
assertion_with_anothers_signature(void)
{
    return attack_with_assertion(with_signature(banks_signature()));
}

/* The signed one is in an Object of its signature, and has the ID that the signature names. */
static char *
assertion_in_object(void)
{
    char *signature =
        idx_replaced(banks_signature(), "</KeyInfo>",
                     scratch_text("</KeyInfo><Object>%s</Object>", inside(banks_assertion())));

    return attack_with_assertion(
        idx_replaced(with_signature(signature), "ID=\"ID-42\"", "ID=\"ID-43\""));
}

static char *
assertion_in_advice(void)
{
    char *evil = idx_replaced(attack_evil_assertion(), "<saml:Subject>",
                              scratch_text("<saml:Advice>%s</saml:Advice><saml:Subject>",
                                           inside(attack_good_assertion())));

    return attack_with_assertion(idx_replaced(evil, "ID=\"ID-42\"", "ID=\"ID-43\""));
}

static char *
assertion_in_signatures_keyinfo(void)
{
    return attack_with_assertion(with_signature(idx_replaced(
        banks_signature(), "<KeyInfo>", scratch_text("<KeyInfo>%s", inside(banks_assertion())))));
}

static char *
assertion_in_extensions(void)
{
    return idx_signed(&idx_acquirer,
                      idx_replaced(attack_good_body(), "<samlp:Status>",
                                   scratch_text("<samlp:Extensions>%s</samlp:Extensions>"
                                                "<samlp:Status>",
                                                attack_evil_assertion())));
}

static char *
assertion_in_status_detail(void)
{
    char *evil = attack_evil_assertion();

    idx_story.has_assertion = false;
    return idx_signed(&idx_acquirer,
                      idx_replaced(attack_body_with(NULL), "</samlp:Status>",
                                   scratch_text("<samlp:StatusDetail>%s</samlp:StatusDetail>"
                                                "</samlp:Status>",
                                                evil)));
}

static char *
assertions_reference_to_the_response(void)
{
    idx_story.signature = &(struct signature_options){.uri = "#RES-" IDX_REFERENCE};
    return idx_story_message();
}

static char *
assertions_reference_to_all(void)
{
    return attack_with_assertion(
        idx_replaced(attack_good_assertion(), "URI=\"#ID-42\"", "URI=\"\""));
}

static char *
id_of_two_elements(void)
{
    return idx_signed(&idx_acquirer, idx_replaced(attack_good_body(), "<samlp:Status>",
                                                  "<samlp:Status ID=\"ID-42\">"));
}

static char *
id_in_another_spelling(void)
{
    return idx_signed(&idx_acquirer, idx_replaced(attack_good_body(), "<samlp:Status>",
                                                  "<samlp:Status Id=\"ID-42\">"));
}

/* The parser itself knows this attribute as an ID. */
static char *
id_of_xml(void)
{
    return idx_signed(&idx_acquirer, idx_replaced(attack_good_body(), "<container>",
                                                  "<container xml:id=\"ID-42\">"));
}

static char *
assertion_unsigned(void)
{
    return attack_with_assertion(banks_assertion());
}

static char *
assertion_changed(void)
{
    return attack_with_assertion(idx_replaced(attack_good_assertion(), "08:00:30", "08:00:31"));
}

static char *
assertions_signature_in_subject(void)
{
    return attack_with_assertion(
        idx_replaced(banks_assertion(), "</saml:Subject>",
                     scratch_text("%s</saml:Subject>", banks_signature())));
}

static char *
assertion_of_a_short_key(void)
{
    EVP_PKEY *key = idx_bank.key;
    char *message;
    X509 *certificate = idx_bank.certificate, *other = X509_dup(certificate);

    idx_bank.key = EVP_RSA_gen(1024);
    ck_assert(X509_set_pubkey(other, idx_bank.key) == 1 &&
              X509_sign(other, idx_bank.key, EVP_sha256()) > 0);
    idx_bank.certificate = other;
    message = idx_story_message();
    EVP_PKEY_free(idx_bank.key);
    X509_free(other);
    idx_bank.key = key;
    idx_bank.certificate = certificate;
    return message;
}

/* --- all of them
 * ----------------------------------------------------------------------------------- */

static const struct attack attacks[] = {
    ATTACK(assertion_swapped, IDQ_SIGNATURE, BAD_VALUE),
    ATTACK(assertion_added_before, IDQ_REPLY, "the SAML response is not as the protocol says"),
    ATTACK(assertion_added_after, IDQ_REPLY, "the SAML response is not as the protocol says"),
    ATTACK(assertion_with_anothers_signature, IDQ_SIGNATURE, BAD_ASSERTION),
    ATTACK(assertion_in_object, IDQ_SIGNATURE, BAD_ASSERTION),
    ATTACK(assertion_in_advice, IDQ_REPLY, "the assertion is not as the protocol says"),
    ATTACK(assertion_in_signatures_keyinfo, IDQ_SIGNATURE, BAD_ASSERTION),
    ATTACK(assertion_in_extensions, IDQ_REPLY, "the SAML response is not as the protocol says"),
    ATTACK(assertions_reference_to_the_response, IDQ_SIGNATURE, BAD_ASSERTION),
    ATTACK(assertions_reference_to_all, IDQ_SIGNATURE, BAD_ASSERTION),
    ATTACK(id_of_two_elements, IDQ_SIGNATURE, BAD_ASSERTION),
    ATTACK(id_in_another_spelling, IDQ_SIGNATURE, BAD_ASSERTION),
    ATTACK(id_of_xml, IDQ_SIGNATURE, BAD_ASSERTION),
    ATTACK(assertion_unsigned, IDQ_REPLY, "the assertion is not as the protocol says"),
    ATTACK(assertion_changed, IDQ_SIGNATURE, BAD_ASSERTION),
    ATTACK(assertions_signature_in_subject, IDQ_REPLY, "the assertion is not as the protocol says"),
    ATTACK(assertion_of_a_short_key, IDQ_SIGNATURE, BAD_ASSERTION),
};

ATTACK_NAMES;

TEST_CASE(NULL, .variant = attack_name, .setup = attack_begin);

TEST(is_refused)
{
    attack_must_fail(&attacks[runner_variant()]);
}

TEST_CASE("wrapped", .setup = attack_begin);

/* It is no assertion of the response: the answer has none. */
TEST(in_a_detail_of_the_status)
{
    ck_assert_int_eq(idx_read(assertion_in_status_detail()), 0);
    ck_assert_int_eq(idx_result.status, IDX_LATE);
    ck_assert_ptr_null(idx_result.bin);
}

RUN_TESTS("idx_assertion", idx_fixture_begin());
