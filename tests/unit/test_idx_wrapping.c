/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests answers whose signature covers other elements than those that a reader reads: signature
 * wrapping, adapted to iDx. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/idx_attack.h"

#include <stdlib.h>
#include <string.h>

/* --- wrapping the outer signature ------------------------------------------------------------- */

/* The signed root moves into an Object of its signature. */
static char *
root_in_object(void)
{
    return attack_closed_with(
        attack_evil_body(),
        idx_replaced(attack_good_signature(), "</KeyInfo>",
                     scratch_text("</KeyInfo><Object>%s</Object>", attack_good_body())));
}

static char *
root_in_object_with_its_signature(void)
{
    return attack_closed_with(
        attack_evil_body(),
        idx_replaced(attack_good_signature(), "</KeyInfo>",
                     scratch_text("</KeyInfo><Object>%s</Object>", attack_good_root())));
}

static char *
root_in_extensions(void)
{
    return attack_closed_with(
        attack_evil_body(),
        scratch_text("<Extensions>%s</Extensions>%s", attack_good_body(), attack_good_signature()));
}

/* The signed message is whole, in the container of another. */
static char *
root_in_container(void)
{
    return idx_replaced(attack_evil_body(), "<container>",
                        scratch_text("<container>%s", attack_good_root()));
}

static char *
root_as_last_child(void)
{
    return attack_closed_with(attack_evil_body(), attack_good_root());
}

static char *
root_in_keyinfo(void)
{
    return attack_closed_with(attack_evil_body(),
                              idx_replaced(attack_good_signature(), "<KeyInfo>",
                                           scratch_text("<KeyInfo>%s", attack_good_root())));
}

static char *
other_root_around(void)
{
    return scratch_text("<Evil>%s</Evil>", attack_good_root());
}

static char *
signature_of_another_message(void)
{
    return attack_closed_with(attack_evil_body(), attack_good_signature());
}

static char *
second_signature_first(void)
{
    return idx_replaced(attack_closed_with(attack_good_body(), attack_good_signature()),
                        "<createDateTimestamp>",
                        scratch_text("%s<createDateTimestamp>", attack_good_signature()));
}

static char *
second_signature_last(void)
{
    return idx_replaced(attack_good_root(), ROOT_END,
                        scratch_text("%s" ROOT_END, attack_good_signature()));
}

static char *
signature_first(void)
{
    return idx_replaced(attack_good_body(), "<createDateTimestamp>",
                        scratch_text("%s<createDateTimestamp>", attack_good_signature()));
}

static char *
signature_in_transaction(void)
{
    return idx_replaced(attack_good_body(), "</Transaction>",
                        scratch_text("%s</Transaction>", attack_good_signature()));
}

static char *
element_after_signature(void)
{
    return idx_replaced(attack_good_root(), ROOT_END, "<x></x>" ROOT_END);
}

static char *
no_signature(void)
{
    return attack_good_body();
}

static char *
signature_in_another_namespace(void)
{
    return attack_closed_with(attack_good_body(),
                              idx_replaced(attack_good_signature(), NS_DS, NS_DS "x"));
}

/* The acquirer signs the response alone, and the attacker writes the rest. */
static char *
reference_to_the_response(void)
{
    struct signature_options options = {.uri = "#RES-" IDX_REFERENCE};
    char *response = idx_between(attack_good_body(), "<samlp:Response", "</samlp:Response>");

    return attack_closed_with(attack_good_body(),
                              scratch_keep(signer_sign(&idx_acquirer, response, &options)));
}

static char *
reference_by_xpointer(void)
{
    return attack_signed_with(&idx_acquirer, &(struct signature_options){.uri = "#xpointer(/)"});
}

static char *
reference_to_a_file(void)
{
    return attack_signed_with(&idx_acquirer,
                              &(struct signature_options){.uri = "file:///etc/hostname"});
}

static char *
reference_without_uri(void)
{
    char *signature = idx_replaced(attack_good_signature(), " URI=\"\"", "");

    return attack_closed_with(attack_good_body(), signature);
}

#define SECOND_REFERENCE                                                                           \
    "<Reference URI=\"#ID-42\"><Transforms>" SIGNER_TRANSFORM(SIGNER_ENVELOPED)                    \
        SIGNER_TRANSFORM(SIGNER_C14N) "</Transforms>"                                              \
                                      "<DigestMethod Algorithm=\"" NS_XENC                         \
                                      "sha256\"></DigestMethod>"                                   \
                                      "<DigestValue>AAAA</DigestValue></Reference>"

static char *
two_references(void)
{
    return attack_signed_with(&idx_acquirer, &(struct signature_options){.more = SECOND_REFERENCE});
}

static char *
reference_to_a_manifest(void)
{
    return attack_signed_with(
        &idx_acquirer,
        &(struct signature_options){.uri = "\" Type=\"http://www.w3.org/2000/09/xmldsig#Manifest"});
}

static char *
object_in_signature(void)
{
    return idx_replaced(attack_good_root(), "</KeyInfo></Signature>" ROOT_END,
                        "</KeyInfo><Object></Object></Signature>" ROOT_END);
}

static char *
text_in_signature(void)
{
    return idx_replaced(attack_good_root(), "</KeyInfo></Signature>" ROOT_END,
                        "</KeyInfo>x</Signature>" ROOT_END);
}

/* --- all of them
 * ----------------------------------------------------------------------------------- */

static const struct attack attacks[] = {
    ATTACK(root_in_object, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(root_in_object_with_its_signature, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(root_in_extensions, IDQ_SIGNATURE, BAD_VALUE),
    ATTACK(root_in_container, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(root_as_last_child, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(root_in_keyinfo, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(other_root_around, IDQ_REPLY, ANOTHER),
    ATTACK(signature_of_another_message, IDQ_SIGNATURE, BAD_VALUE),
    ATTACK(second_signature_first, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(second_signature_last, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(signature_first, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(signature_in_transaction, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(element_after_signature, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(no_signature, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(signature_in_another_namespace, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(reference_to_the_response, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(reference_by_xpointer, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(reference_to_a_file, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(reference_without_uri, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(two_references, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(reference_to_a_manifest, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(object_in_signature, IDQ_SIGNATURE, BAD_SHAPE),
    ATTACK(text_in_signature, IDQ_SIGNATURE, BAD_SHAPE),
};

ATTACK_NAMES;

TEST_CASE(NULL, .variant = attack_name, .setup = attack_begin);

TEST(is_refused)
{
    attack_must_fail(&attacks[runner_variant()]);
}

TEST_CASE("wrapped", .setup = attack_begin);

/* The parts that the attacks are made of are good ones. */
TEST(the_parts_are_good)
{
    ck_assert_int_eq(idx_read(attack_good_root()), 0);
    idx_result_wipe(&idx_result);
    ck_assert_int_eq(idx_read(attack_closed_with(attack_good_body(), attack_good_signature())), 0);
    idx_result_wipe(&idx_result);
    ck_assert_int_eq(idx_read(attack_signed_with(&idx_acquirer, NULL)), 0);
    idx_result_wipe(&idx_result);
    ck_assert_int_eq(idx_read(attack_with_assertion(attack_good_assertion())), 0);
    idx_result_wipe(&idx_result);
}

RUN_TESTS("idx_wrapping", idx_fixture_begin());
