/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the decryption of a subject, in answers that the acquirer and the bank have signed. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/idx_fixture.h"

#include <string.h>

TEST_CASE("decryption", .setup = idx_fixture_reset);

#define NAME_ID(inside) "<saml:NameID xmlns:saml=\"" NS_SAML "\">" inside "</saml:NameID>"

static const char *const plains[] = {
    "",
    "NLINGB3x4u89498qe4",
    NAME_ID(""),
    NAME_ID("<b>NLINGB3x4u89498qe4</b>"),
    NAME_ID("NLINGB3x4u<!-- -->89498qe4"),
    NAME_ID("NLINGB3x4u<?x?>89498qe4"),
    NAME_ID("&bin;"),
    "<!DOCTYPE a [<!ENTITY bin \"NLINGB3x4u89498qe4\">]>" NAME_ID("&bin;"),
    "<!DOCTYPE a>" NAME_ID("NLINGB3x4u89498qe4"),
    NAME_ID("NLINGB3x4u89498qe4") NAME_ID("NLINGB3x4u89498qe4"),
    "<NameID>NLINGB3x4u89498qe4</NameID>",
    "<saml:NameID>NLINGB3x4u89498qe4</saml:NameID>",
    "<NameID xmlns=\"urn:other\">NLINGB3x4u89498qe4</NameID>",
    "<saml:Attribute xmlns:saml=\"" NS_SAML "\">NLINGB3x4u89498qe4</saml:Attribute>",
    NAME_ID("NL\xFF\xFE"),
    NAME_ID("NL") "x",
};

/* One word and one reason for all: no sender learns what was wrong. */
static void
must_be_undecryptable(const char *message)
{
    idx_must_be(message, IDQ_REPLY);
    ck_assert_str_eq(idx_failure.reason, "the subject cannot be decrypted");
}

LOOP_TEST(of_another_text, ARRAY_LENGTH(plains))
{
    idx_story.statement.plain = plains[_i];
    must_be_undecryptable(idx_story_message());
}

/* As a byte, 256 is 0. */
static const int paddings[] = {256, 17, 32, 128, 255};

/* Without the blanks that such a count takes, the element would be whole. */
LOOP_TEST(with_wrong_padding, ARRAY_LENGTH(paddings))
{
    idx_story.statement.plain = scratch_text("%s%300s", NAME_ID("NLINGB3x4u89498qe4"), "");
    ck_assert_int_eq(idx_read(idx_story_message()), 0);
    idx_result_wipe(&idx_result);
    idx_story.statement.encryption = &(struct encryption_options){.padding = paddings[_i]};
    must_be_undecryptable(idx_story_message());
}

/* The count takes the end of the element with it. */
TEST(with_a_padding_too_long)
{
    idx_story.statement.encryption = &(struct encryption_options){.padding = 16};
    idx_story.statement.plain = NAME_ID("NLINGB3x4u89498qe41");
    ck_assert_uint_ne(strlen(idx_story.statement.plain) % 16, 0);
    must_be_undecryptable(idx_story_message());
}

TEST(with_a_key_in_pkcs1_padding)
{
    idx_story.statement.encryption = &(struct encryption_options){.pkcs1 = true};
    must_be_undecryptable(idx_story_message());
}

/* The bank signs each of these. */
static const struct {
    const char *from, *to;
} edits[] = {
    {"aes256-cbc", "aes128-cbc"},
    {"aes256-cbc", "tripledes-cbc"},
    {"http://www.w3.org/2001/04/xmlenc#aes256-cbc", "http://www.w3.org/2009/xmlenc11#aes256-gcm"},
    {"rsa-oaep-mgf1p", "rsa-1_5"},
    {"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", "http://www.w3.org/2009/xmlenc11#rsa-oaep"},
    {"xmldsig#sha1", "xmldsig#sha256"},
    {"<ds:DigestMethod", "<xenc:OAEPparams>AA==</xenc:OAEPparams><ds:DigestMethod"},
    {"</ds:DigestMethod>", "</ds:DigestMethod><ds:DigestMethod Algorithm=\"x\"></ds:DigestMethod>"},
    {"xmlenc#Element", "xmlenc#Content"},
    {" Type=\"http://www.w3.org/2001/04/xmlenc#Element\"", ""},
    {"Recipient=\"" IDX_LEGAL_ID, "Recipient=\"NL00ZZZ12345679"},
    {"<xenc:CipherValue>", "<xenc:CipherValue>A"},
    {"<xenc:CipherValue>", "<xenc:CipherValue>*"},
    {"<xenc:CipherValue>", "<xenc:CipherValue>AAAA"},
    {"<xenc:CipherValue>", "<xenc:CipherReference URI=\"file:///etc/passwd\">"
                           "</xenc:CipherReference><xenc:CipherValue>"},
    {"</xenc:EncryptedKey>", "</xenc:EncryptedKey><ds:RetrievalMethod URI=\"#k\">"
                             "</ds:RetrievalMethod>"},
    {"<xenc:EncryptedKey", "<ds:KeyName>k</ds:KeyName><xenc:EncryptedKey"},
    {"</xenc:EncryptedData>", "</xenc:EncryptedData><saml:x></saml:x>"},
};

LOOP_TEST(with_another_form, ARRAY_LENGTH(edits))
{
    idx_story.from = edits[_i].from;
    idx_story.to = edits[_i].to;
    must_be_undecryptable(idx_story_message());
}

TEST(with_a_key_in_pkcs1_padding_named_oaep)
{
    idx_story.statement.encryption = &(struct encryption_options){.pkcs1 = true};
    idx_story.from = "rsa-1_5";
    idx_story.to = "rsa-oaep-mgf1p";
    must_be_undecryptable(idx_story_message());
}

TEST(for_another_key)
{
    idx_story.statement.merchant = idx_attacker.key;
    must_be_undecryptable(idx_story_message());
}

RUN_TESTS("idx_decrypt", idx_fixture_begin());
