/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests answers that are signed by other algorithms and transforms than the protocol's, or by other
 * keys. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/idx_attack.h"

#include <stdlib.h>
#include <string.h>

/* --- other algorithms: signed so -------------------------------------------------------------- */

#define METHOD(name, algorithm)                                                                    \
    static char *name(void)                                                                        \
    {                                                                                              \
        return attack_signed_with(&idx_acquirer,                                                   \
                                  &(struct signature_options){.method = algorithm});               \
    }
METHOD(rsa_sha1, NS_DS "rsa-sha1")
METHOD(rsa_sha512, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512")
METHOD(rsa_pss, "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1")
METHOD(hmac_sha256, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
METHOD(method_none, "none")
METHOD(method_empty, "")
METHOD(method_with_blank, SIGNER_RSA_SHA256 " ")

#define DIGEST(name, algorithm)                                                                    \
    static char *name(void)                                                                        \
    {                                                                                              \
        return attack_signed_with(&idx_acquirer,                                                   \
                                  &(struct signature_options){.digest = algorithm});               \
    }
DIGEST(digest_sha1, NS_DS "sha1")
DIGEST(digest_sha512, NS_XENC "sha512")

#define C14N(name, algorithm)                                                                      \
    static char *name(void)                                                                        \
    {                                                                                              \
        return attack_signed_with(&idx_acquirer, &(struct signature_options){.c14n = algorithm});  \
    }
C14N(c14n_with_comments, SIGNER_C14N "WithComments")
C14N(c14n_inclusive, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315")

#define TRANSFORMS(name, list)                                                                     \
    static char *name(void)                                                                        \
    {                                                                                              \
        return attack_signed_with(&idx_acquirer, &(struct signature_options){.transforms = list}); \
    }
#define XPATH "http://www.w3.org/TR/1999/REC-xpath-19991116"
TRANSFORMS(transform_c14n_with_comments,
           SIGNER_TRANSFORM(SIGNER_ENVELOPED) SIGNER_TRANSFORM(SIGNER_C14N "WithComments"))
TRANSFORMS(transform_c14n_inclusive,
           SIGNER_TRANSFORM(SIGNER_ENVELOPED)
               SIGNER_TRANSFORM("http://www.w3.org/TR/2001/REC-xml-c14n-20010315"))
TRANSFORMS(transform_xpath,
           SIGNER_TRANSFORM(SIGNER_ENVELOPED) "<Transform Algorithm=\"" XPATH
                                              "\"><XPath>not(ancestor-or-self::x)</XPath>"
                                              "</Transform>" SIGNER_TRANSFORM(SIGNER_C14N))
TRANSFORMS(
    transform_xpath_in_place,
    "<Transform Algorithm=\"" XPATH "\"><XPath xmlns:dsig=\"" NS_DS
    "\">not(ancestor-or-self::dsig:Signature)</XPath></Transform>" SIGNER_TRANSFORM(SIGNER_C14N))
TRANSFORMS(transform_xslt, SIGNER_TRANSFORM(SIGNER_ENVELOPED)
                               SIGNER_TRANSFORM("http://www.w3.org/TR/1999/REC-xslt-19991116"))
TRANSFORMS(transform_base64, SIGNER_TRANSFORM(SIGNER_ENVELOPED) SIGNER_TRANSFORM(NS_DS "base64"))
TRANSFORMS(enveloped_twice, SIGNER_TRANSFORM(SIGNER_ENVELOPED) SIGNER_TRANSFORM(SIGNER_ENVELOPED))
TRANSFORMS(three_transforms, SIGNER_TRANSFORM(SIGNER_ENVELOPED) SIGNER_TRANSFORM(SIGNER_C14N)
                                 SIGNER_TRANSFORM(SIGNER_C14N))
TRANSFORMS(transforms_swapped, SIGNER_TRANSFORM(SIGNER_C14N) SIGNER_TRANSFORM(SIGNER_ENVELOPED))
TRANSFORMS(enveloped_alone, SIGNER_TRANSFORM(SIGNER_ENVELOPED))
TRANSFORMS(no_transforms, "")
TRANSFORMS(transform_with_prefixes,
           SIGNER_TRANSFORM(SIGNER_ENVELOPED) "<Transform Algorithm=\"" SIGNER_C14N
                                              "\"><InclusiveNamespaces xmlns=\"" SIGNER_C14N
                                              "\" PrefixList=\"a\"></InclusiveNamespaces>"
                                              "</Transform>")

static char *
hmac_of_one_bit(void)
{
    return attack_closed_with(
        attack_good_body(),
        idx_replaced(attack_good_signature(), "</SignatureMethod>",
                     "<HMACOutputLength>1</HMACOutputLength></SignatureMethod>"));
}

static char *
assertion_by_rsa_sha1(void)
{
    idx_story.signature = &(struct signature_options){.method = NS_DS "rsa-sha1"};
    return idx_story_message();
}

static char *
assertion_by_digest_sha1(void)
{
    idx_story.signature = &(struct signature_options){.digest = NS_DS "sha1"};
    return idx_story_message();
}

/* --- other keys
 * ----------------------------------------------------------------------------------- */

static char *
attackers_key(void)
{
    return attack_signed_with(&idx_attacker, NULL);
}

#define NAME_OF(party) scratch_text("<KeyName>%s</KeyName>", (party).name)

static char *
attackers_key_by_the_acquirers_name(void)
{
    return attack_signed_with(&idx_attacker,
                              &(struct signature_options){.key_info = NAME_OF(idx_acquirer)});
}

static char *
acquirers_key_by_another_name(void)
{
    return attack_signed_with(&idx_acquirer,
                              &(struct signature_options){.key_info = NAME_OF(idx_next_acquirer)});
}

static char *
banks_key(void)
{
    return attack_signed_with(&idx_bank, NULL);
}

static char *
acquirers_name_in_lower_case(void)
{
    char name[IDX_FINGERPRINT];

    for (size_t i = 0; i < sizeof name; i++)
        name[i] = (char)(idx_acquirer.name[i] | (idx_acquirer.name[i] >= 'A' ? 0x20 : 0));
    return attack_signed_with(
        &idx_acquirer,
        &(struct signature_options){.key_info = scratch_text("<KeyName>%s</KeyName>", name)});
}

/* The attacker's certificate, as the assertions carry theirs. */
static char *
attackers_certificate(void)
{
    return idx_between(attack_evil_assertion(), "<X509Data>", "</X509Data>");
}

static char *
embedded_certificate(void)
{
    return attack_signed_with(&idx_attacker,
                              &(struct signature_options){.key_info = attackers_certificate()});
}

static char *
embedded_certificate_with_the_acquirers_name(void)
{
    return attack_signed_with(
        &idx_attacker,
        &(struct signature_options){
            .key_info = scratch_text("%s%s", NAME_OF(idx_acquirer), attackers_certificate())});
}

#define KEY_VALUE                                                                                  \
    "<KeyValue><RSAKeyValue><Modulus>AQAB</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>"        \
    "</KeyValue>"

static char *
key_value(void)
{
    return attack_signed_with(&idx_attacker, &(struct signature_options){.key_info = KEY_VALUE});
}

static char *
key_value_with_the_acquirers_name(void)
{
    return attack_signed_with(&idx_acquirer,
                              &(struct signature_options){
                                  .key_info = scratch_text("%s" KEY_VALUE, NAME_OF(idx_acquirer))});
}

static char *
two_key_names(void)
{
    return attack_signed_with(
        &idx_attacker,
        &(struct signature_options){
            .key_info = scratch_text("%s%s", NAME_OF(idx_acquirer), NAME_OF(idx_attacker))});
}

static char *
retrieval_method(void)
{
    return attack_signed_with(
        &idx_attacker,
        &(struct signature_options){.key_info = "<RetrievalMethod URI=\"http://127.0.0.1/k\">"
                                                "</RetrievalMethod>"});
}

static char *
no_key_info(void)
{
    char *signature = attack_good_signature();

    return attack_closed_with(
        attack_good_body(),
        idx_replaced(signature, idx_between(signature, "<KeyInfo>", "</KeyInfo>"), ""));
}

/* --- all of them
 * ----------------------------------------------------------------------------------- */

static const struct attack attacks[] = {
    ATTACK(rsa_sha1, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(rsa_sha512, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(rsa_pss, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(hmac_sha256, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(hmac_of_one_bit, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(method_none, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(method_empty, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(method_with_blank, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(digest_sha1, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(digest_sha512, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(c14n_with_comments, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(c14n_inclusive, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(transform_c14n_with_comments, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(transform_c14n_inclusive, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(transform_xpath, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(transform_xpath_in_place, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(transform_xslt, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(transform_base64, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(enveloped_twice, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(three_transforms, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(transforms_swapped, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(enveloped_alone, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(no_transforms, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(transform_with_prefixes, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(assertion_by_rsa_sha1, IDQ_SIGNATURE, BAD_ASSERTION),
    ATTACK(assertion_by_digest_sha1, IDQ_SIGNATURE, BAD_ASSERTION),
    ATTACK(attackers_key, IDQ_SIGNATURE, UNKNOWN_KEY),
    ATTACK(attackers_key_by_the_acquirers_name, IDQ_SIGNATURE, BAD_VALUE),
    ATTACK(acquirers_key_by_another_name, IDQ_SIGNATURE, BAD_VALUE),
    ATTACK(banks_key, IDQ_SIGNATURE, UNKNOWN_KEY),
    ATTACK(acquirers_name_in_lower_case, IDQ_SIGNATURE, UNKNOWN_KEY),
    ATTACK(embedded_certificate, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(embedded_certificate_with_the_acquirers_name, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(key_value, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(key_value_with_the_acquirers_name, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(two_key_names, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(retrieval_method, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(no_key_info, IDQ_SIGNATURE, BAD_SHAPE),
};

ATTACK_NAMES;

TEST_CASE(NULL, .variant = attack_name, .setup = attack_begin);

TEST(is_refused)
{
    attack_must_fail(&attacks[runner_variant()]);
}

RUN_TESTS("idx_algorithms", idx_fixture_begin());
