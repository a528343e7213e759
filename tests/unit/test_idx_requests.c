/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the settings of a merchant, and the requests to its acquirer: what they say, by the schemas
 * of the protocol, and that another program verifies their signatures. The same of each answer that
 * the sandbox's acquirer makes. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/idx_fixture.h"
#include "tests/unit/token_keys.h"

#include <stdlib.h>
#include <string.h>

TEST_CASE("settings", .setup = idx_fixture_reset);

/* Sets one field, by its place, to a text that is wrong. */
#define PLACE(field) (offsetof(struct idx_settings, field))
static const struct {
    size_t place;
    const char *text;
    const char *reason;
} wrong[] = {
    {PLACE(merchant_id), "123456789", "merchant's id"},
    {PLACE(merchant_id), "1235567890", "merchant's id"},
    {PLACE(merchant_id), "123456789x", "merchant's id"},
    {PLACE(merchant_id), NULL, "merchant's id"},
    {PLACE(acquirer_id), "12345", "acquirer's id"},
    {PLACE(acquirer_id), NULL, "acquirer's id"},
    {PLACE(legal_id), "", "legal id"},
    {PLACE(legal_id), "NL00 ZZZ", "legal id"},
    {PLACE(legal_id), NULL, "legal id"},
    {PLACE(return_url), "http://relay.example.nl/", "return URL"},
    {PLACE(return_url), NULL, "return URL"},
    {PLACE(merchant_key), "", "merchant's key"},
    {PLACE(merchant_key), NULL, "merchant's key"},
    {PLACE(merchant_certificate), "", "merchant's certificate"},
    {PLACE(merchant_certificate), NULL, "merchant's certificate"},
    {PLACE(saml_key), "", "SAML key"},
    {PLACE(routing_certificate), "", "routing certificate"},
    {PLACE(routing_certificate), NULL, "routing certificate"},
    {PLACE(alternative_certificate), "", "alternative certificate"},
};

static void
must_be_wrong(const char *reason)
{
    struct diag diag = {.text = ""};
    struct idx *idx = NULL;

    ck_assert_int_eq(idx_new(&idx_settings, &idx, &diag), IDQ_CONFIG);
    ck_assert_ptr_null(idx);
    ck_assert_msg(strstr(diag.text, reason) != NULL, "%s in place of %s", diag.text, reason);
}

LOOP_TEST(a_wrong_text, ARRAY_LENGTH(wrong))
{
    *(const char **)(void *)((char *)&idx_settings + wrong[_i].place) = wrong[_i].text;
    must_be_wrong(wrong[_i].reason);
}

TEST(a_wrong_number)
{
    idx_settings.sub_id = 1000000;
    must_be_wrong("sub-id");
    idx_settings.sub_id = 999999;
    idx_settings.service_id = 0;
    must_be_wrong("service id");
    idx_settings.service_id = 65536;
    must_be_wrong("service id");
    idx_settings.service_id = IDX_BIN;
    idx_settings.skew_s = 61;
    must_be_wrong("60 seconds");
}

TEST(a_key_of_another_kind)
{
    TOKEN_KEY_AUTO *small = token_key_new("RS256", NULL, 1024);
    TOKEN_KEY_AUTO *curve = token_key_new("ES256", NULL, 0);
    TOKEN_KEY_AUTO *usual = token_key_new("RS256", NULL, 0);

    idx_settings.saml_key = token_key_pem(small, NULL);
    must_be_wrong("SAML key");
    idx_settings.saml_key = token_key_pem(curve, NULL);
    must_be_wrong("SAML key");
    idx_settings.saml_key = token_key_pem(usual, "passphrase"); /* nothing asks for it */
    must_be_wrong("SAML key");
    idx_settings.saml_key = token_key_pem(usual, NULL);
    idx_settings.merchant_key = token_key_pem(usual, NULL);
    must_be_wrong("merchant's certificate");
}

TEST_CASE("requests", .setup = idx_fixture_reset);

static struct idx_request
usual_request(void)
{
    return (struct idx_request){.issuer = IDX_ISSUER,
                                .language = "nl",
                                .entrance_code = "0123456789012345678901234567890123456789",
                                .reference = IDX_REFERENCE,
                                .expiry_s = 300};
}

static char *
build_transaction(const struct idx_request *request)
{
    char *xml = NULL;
    size_t size = 0;

    ck_assert_int_eq(idx_build_transaction(idx_here, request, IDX_NOW, &xml, &size), 0);
    ck_assert_uint_eq(strlen(xml), size);
    return scratch_keep(xml);
}

static char *
build_directory(void)
{
    char *xml = NULL;
    size_t size = 0;

    ck_assert_int_eq(idx_build_directory(idx_here, IDX_NOW, &xml, &size), 0);
    ck_assert_uint_eq(strlen(xml), size);
    return scratch_keep(xml);
}

static char *
build_status(void)
{
    char *xml = NULL;
    size_t size = 0;

    ck_assert_int_eq(idx_build_status(idx_here, IDX_TRANSACTION, IDX_NOW, &xml, &size), 0);
    ck_assert_uint_eq(strlen(xml), size);
    return scratch_keep(xml);
}

static void
must_have(const char *xml, const char *const *texts)
{
    for (; *texts; texts++)
        ck_assert_msg(strstr(xml, *texts) != NULL, "no %s in %s", *texts, xml);
}

#define MUST_HAVE(xml, ...) must_have(xml, (const char *const[]){__VA_ARGS__, NULL})

TEST(a_directory)
{
    idx_settings.sub_id = 7;
    idx_fixture_configure();
    MUST_HAVE(build_directory(),
              "<DirectoryReq xmlns=\"" NS_IDX "\" version=\"1.0.0\""
              " productID=\"NL:BVN:BankID:1.0\">",
              "<createDateTimestamp>2027-01-15T08:00:00.123Z</createDateTimestamp>",
              "<Merchant><merchantID>1234567890</merchantID><subID>7</subID></Merchant><Signature",
              scratch_text("<KeyName>%s</KeyName>", idx_merchant.name));
}

TEST(a_transaction)
{
    struct idx_request request = usual_request();

    MUST_HAVE(build_transaction(&request), "<Issuer><issuerID>INGBNL2A</issuerID></Issuer>",
              "<merchantReturnURL>https://relay.example.nl/return?a=1&amp;b=2</merchantReturnURL>",
              "<expirationPeriod>PT5M</expirationPeriod><language>nl</language>"
              "<entranceCode>0123456789012345678901234567890123456789</entranceCode>",
              "ID=\"" IDX_REFERENCE "\" Version=\"2.0\""
              " IssueInstant=\"2027-01-15T08:00:00.123Z\" ForceAuthn=\"true\" IsPassive=\"false\""
              " ProtocolBinding=\"nl:bvn:bankid:1.0:protocol:iDx\""
              " AssertionConsumerServiceURL=\"https://relay.example.nl/return?a=1&amp;b=2\""
              " AttributeConsumingServiceIndex=\"16384\"",
              "<saml:Issuer>1234567890</saml:Issuer><saml:Conditions/>",
              "<samlp:RequestedAuthnContext Comparison=\"minimum\"><saml:AuthnContextClassRef>"
              "nl:bvn:bankid:1.0:loa3</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>"
              "<samlp:Scoping/>");
    request.expiry_s = 90;
    MUST_HAVE(build_transaction(&request), "<expirationPeriod>PT1M30S</expirationPeriod>");
}

TEST(a_transaction_in_the_other_readings)
{
    struct idx_request request = usual_request();
    char *xml;

    idx_settings.with_consent = idx_settings.without_conditions = true;
    idx_settings.loa = "nl:bvn:bankid:1.0:loa4";
    idx_fixture_configure();
    xml = build_transaction(&request);
    MUST_HAVE(xml, "Consent=\"true\"", ":loa4<");
    ck_assert(!strstr(xml, "IsPassive") && !strstr(xml, "Conditions") && !strstr(xml, "Scoping"));
}

TEST(a_status)
{
    MUST_HAVE(build_status(), "<AcquirerStatusReq ",
              "</Merchant><Transaction><transactionID>" IDX_TRANSACTION "</transactionID>"
              "</Transaction><Signature");
}

static const struct idx_request bad_requests[] = {
    {"INGBNL2", "nl", "a", "R1", 300},
    {"ingbnl2a", "nl", "a", "R1", 300},
    {"INGBNL1A", "nl", "a", "R1", 300},
    {"INGBNL2O", "nl", "a", "R1", 300},
    {"INGBNL2AXX", "nl", "a", "R1", 300},
    {"INGBNL2A<", "nl", "a", "R1", 300},
    {"INGBNL2A", "n", "a", "R1", 300},
    {"INGBNL2A", "NL", "a", "R1", 300},
    {"INGBNL2A", "nld", "a", "R1", 300},
    {"INGBNL2A", "nl", "", "R1", 300},
    {"INGBNL2A", "nl", "a-b", "R1", 300},
    {"INGBNL2A", "nl", "a", "", 300},
    {"INGBNL2A", "nl", "a", "1R", 300},
    {"INGBNL2A", "nl", "a", "R-1", 300},
    {"INGBNL2A", "nl", "a", "R1", 59},
    {"INGBNL2A", "nl", "a", "R1", 301},
    {"INGBNL2A", "nl", "a", "R23456789012345678901234567890123456", 300},
    {"INGBNL2A", "nl", "01234567890123456789012345678901234567890", "R1", 300},
};

LOOP_TEST(a_bad_transaction, ARRAY_LENGTH(bad_requests))
{
    char *xml = NULL;
    size_t size;

    ck_assert_int_eq(idx_build_transaction(idx_here, &bad_requests[_i], IDX_NOW, &xml, &size),
                     IDQ_CONFIG);
    ck_assert_ptr_null(xml);
}

static const char *const bad_transactions[] = {"", "123400000000004", "12340000000000422",
                                               "123400000000004x", "<x/>"};

LOOP_TEST(a_bad_status, ARRAY_LENGTH(bad_transactions))
{
    char *xml = NULL;
    size_t size;

    ck_assert_int_eq(idx_build_status(idx_here, bad_transactions[_i], IDX_NOW, &xml, &size),
                     IDQ_CONFIG);
    ck_assert_ptr_null(xml);
}

TEST(a_time_before_1970_or_behind_9999)
{
    char *xml = NULL;
    size_t size;

    ck_assert_int_eq(idx_build_directory(idx_here, -1, &xml, &size), IDQ_CONFIG);
    ck_assert_int_eq(idx_build_directory(idx_here, INT64_MAX, &xml, &size), IDQ_CONFIG);
    ck_assert_ptr_null(xml);
}

TEST(a_code_is_random)
{
    char first[IDX_CODE_SIZE], second[IDX_CODE_SIZE], reference[IDX_REFERENCE_SIZE];
    struct idx_request request = usual_request();

    for (int i = 0; i < 200; i++) {
        ck_assert_int_eq(idx_new_code(first, sizeof first), 0);
        ck_assert_int_eq(idx_new_code(second, sizeof second), 0);
        ck_assert_int_eq(idx_new_code(reference, sizeof reference), 0);
        ck_assert_uint_eq(strlen(first), sizeof first - 1);
        ck_assert_uint_eq(strlen(reference), sizeof reference - 1);
        ck_assert_str_ne(first, second);
        request.entrance_code = first;
        request.reference = reference;
        if (i < 5)
            (void)build_transaction(&request);
        ck_assert(!strchr("0123456789", reference[0]));
    }
}

/* --- by other programs
 * ------------------------------------------------------------------------------ */

TEST_CASE("validated", .setup = idx_fixture_reset, .why_not = idx_vectors_why_not());

TEST(requests)
{
    struct idx_request request = usual_request();

    idx_must_validate(build_directory(), &idx_merchant);
    idx_must_validate(build_status(), &idx_merchant);
    idx_must_validate(build_transaction(&request), &idx_merchant);
    request.expiry_s = 61;
    idx_settings.with_consent = idx_settings.without_conditions = true;
    idx_fixture_configure();
    idx_must_validate(build_transaction(&request), &idx_merchant);
}

/* A changed request does not: the check is one. */
TEST(a_changed_request_is_not, .why_not = NULL)
{
    char *directory = scratch_dir("changed"), *message = scratch_path(directory, "message.xml");
    char *certificate = scratch_path(directory, "certificate.pem"), *said;

    scratch_write(message, 0600, idx_replaced(build_status(), IDX_TRANSACTION, "1234000000000043"));
    scratch_write(certificate, 0600, scratch_keep(party_certificate_pem(&idx_merchant)));
    said = idx_command(scratch_text("xmlsec1 --verify --pubkey-cert-pem:%s %s %s 2>&1",
                                    idx_merchant.name, certificate, message));
    ck_assert_msg(strstr(said, "FAIL") && !strstr(said, "status 0\n"), "%s", said);
}

static const struct answer_issuer issuers[] = {
    {"Nederland", "INGBNL2A", "Bank \"A\" & <Co>"},
    {"Nederland", "RABONL2UXXX", "Bank B"},
    {"Rom\xC3\xA2nia", "INGBRO2A", "Bank C"},
};

static char *
answer_of(char *canonical)
{
    ck_assert_ptr_nonnull(canonical);
    return idx_signed(&idx_acquirer, scratch_keep(canonical));
}

/* The bank's signature too, by the bank's certificate as the root of a chain. */
static void
must_verify_assertion(const char *xml)
{
    char *directory = scratch_dir("assertion"), *message = scratch_path(directory, "message.xml");
    char *certificate = scratch_path(directory, "bank.pem"), *said;

    scratch_write(message, 0600, xml);
    scratch_write(certificate, 0600, scratch_keep(party_certificate_pem(&idx_bank)));
    said = idx_command(scratch_text(
        "xmlsec1 --verify --trusted-pem %s --id-attr:ID " NS_SAML ":Assertion"
        " --node-xpath \"//*[local-name()='Assertion']/*[local-name()='Signature']\" %s 2>&1",
        certificate, message));
    ck_assert_msg(strncmp(said, "OK\n", 3) == 0 && strstr(said, "status 0\n"), "%s", said);
}

TEST(answers)
{
    char *success = idx_story_message();

    idx_must_validate(success, &idx_acquirer);
    must_verify_assertion(success);
    idx_must_validate(
        answer_of(answer_directory("1234", IDX_NOW, IDX_NOW - 1, issuers, ARRAY_LENGTH(issuers))),
        &idx_acquirer);
    idx_must_validate(answer_of(answer_transaction("1234", IDX_NOW, "https://b.example/?a=1&b=2",
                                                   IDX_TRANSACTION)),
                      &idx_acquirer);
    idx_must_validate(answer_of(answer_status("1234", IDX_NOW, IDX_TRANSACTION, "Open", NULL)),
                      &idx_acquirer);
    idx_story.has_assertion = false;
    idx_story.code = "Requester";
    idx_story.second_code = "RequestDenied";
    idx_must_validate(idx_story_message(), &idx_acquirer);
}

TEST(errors)
{
    idx_must_validate(answer_of(answer_error(IDX_NOW, "SO1100", "System <unavailable>",
                                             "Kies een andere bank", NULL)),
                      &idx_acquirer);
    idx_must_validate(
        answer_of(answer_error(IDX_NOW, "AP3000", "x", NULL,
                               answer_response(IDX_NOW, IDX_REFERENCE, "1234", "Requester",
                                               "RequestUnsupported", NULL))),
        &idx_acquirer);
    idx_must_validate(answer_of(answer_error(IDX_NOW, "AP3000", "x", "y",
                                             answer_response(IDX_NOW, IDX_REFERENCE, "1234",
                                                             "Responder", NULL, NULL))),
                      &idx_acquirer);
}

RUN_TESTS("idx_requests", idx_fixture_begin());
