/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the status of a transaction: the answers that name a person, and those that the acquirer
 * and the bank have signed, and that are about another person, time, merchant or service. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/idx_fixture.h"

#include <string.h>

TEST_CASE("success", .setup = idx_fixture_reset);

static void
must_succeed(const char *xml)
{
    ck_assert_msg(idx_read(xml) == 0, "%s", idx_failure.reason);
    ck_assert_int_eq(idx_result.status, IDX_SUCCESS);
    ck_assert_str_eq(secret_bytes(idx_result.bin), IDX_SUBJECT);
    ck_assert_uint_eq(idx_n_taken, 1);
    idx_result_wipe(&idx_result);
    ck_assert_ptr_null(idx_result.bin);
}

TEST(a_person)
{
    must_succeed(idx_story_message());
}

TEST(by_the_alternative_certificate)
{
    must_succeed(idx_signed(&idx_next_acquirer, idx_story_body()));
    idx_settings.alternative_certificate = NULL;
    idx_fixture_configure();
    idx_must_be(idx_signed(&idx_next_acquirer, idx_story_body()), IDQ_SIGNATURE);
}

TEST(with_the_merchants_key_for_saml)
{
    idx_settings.saml_key = NULL;
    idx_fixture_configure();
    idx_must_be(idx_story_message(), IDQ_REPLY);
    idx_n_taken = 0;
    idx_story.statement.merchant = idx_merchant.key;
    must_succeed(idx_story_message());
}

TEST(without_the_name_of_oaeps_digest)
{
    idx_story.statement.encryption = &(struct encryption_options){.without_digest = true};
    must_succeed(idx_story_message());
}

TEST(with_other_prefixes)
{
    char *body = idx_story_body();

    body = idx_replaced(body, "<AcquirerStatusRes xmlns=", "<a:AcquirerStatusRes xmlns:a=");
    for (const char *const *name =
             (const char *const[]){"createDateTimestamp", "Acquirer", "acquirerID", "Transaction",
                                   "transactionID", "status", "statusDateTimestamp", "container",
                                   NULL};
         *name; name++) {
        body = idx_replaced(body, scratch_text("<%s>", *name), scratch_text("<a:%s>", *name));
        body = idx_replaced(body, scratch_text("</%s>", *name), scratch_text("</a:%s>", *name));
    }
    body = idx_replaced(body, "</AcquirerStatusRes>", "</a:AcquirerStatusRes>");
    must_succeed(idx_signed(&idx_acquirer, body));
}

/* They have no meaning for the signature, and none for the reader. */
TEST(with_comments_between_elements_and_cdata)
{
    char *message = idx_replaced(idx_story_message(), "<Transaction>", "<!-- a --><Transaction>");

    message = idx_replaced(message, "<status>Success", "<status><![CDATA[Succ]]>ess");
    must_succeed(message);
}

TEST(with_a_byte_order_mark)
{
    must_succeed(scratch_text("\xEF\xBB\xBF%s", idx_story_message()));
}

#define PREFIXES(list)                                                                             \
    SIGNER_TRANSFORM(SIGNER_ENVELOPED)                                                             \
    "<Transform Algorithm=\"" SIGNER_C14N "\"><InclusiveNamespaces xmlns=\"" SIGNER_C14N           \
    "\" PrefixList=\"" list "\"></InclusiveNamespaces></Transform>"

/* As some banks write it. */
TEST(with_prefixes_in_the_banks_transform)
{
    idx_story.signature = &(struct signature_options){.transforms = PREFIXES("saml")};
    must_succeed(idx_story_message());
}

TEST(at_the_first_and_the_last_moment)
{
    idx_asked.received_ms = IDX_NOW - 10000;
    must_succeed(idx_story_message());
    idx_n_taken = 0;
    idx_asked.received_ms = IDX_NOW + 30000 + 9999;
    must_succeed(idx_story_message());
}

static const struct {
    const char *word;
    enum idx_status status;
} words[] = {{"Open", IDX_OPEN},
             {"Pending", IDX_PENDING},
             {"Cancelled", IDX_CANCELLED},
             {"Expired", IDX_EXPIRED},
             {"Failure", IDX_FAILED}};

LOOP_TEST(another_status, ARRAY_LENGTH(words))
{
    idx_story.status = words[_i].word;
    idx_story.has_response = false;
    ck_assert_int_eq(idx_read(idx_story_message()), 0);
    ck_assert_int_eq(idx_result.status, words[_i].status);
    ck_assert_ptr_null(idx_result.bin);
    ck_assert_uint_eq(idx_n_taken, 0);
}

/* As an acquirer answers 30 seconds after the return, and in both ways that are known. */
TEST(late)
{
    idx_story.has_assertion = false;
    idx_story.code = "Requester";
    idx_story.second_code = "RequestDenied";
    ck_assert_int_eq(idx_read(idx_story_message()), 0);
    ck_assert_int_eq(idx_result.status, IDX_LATE);
    ck_assert_ptr_null(idx_result.bin);
    idx_story.code = idx_story.second_code = "Success";
    ck_assert_int_eq(idx_read(idx_story_message()), 0);
    ck_assert_int_eq(idx_result.status, IDX_LATE);
    ck_assert_ptr_null(idx_result.bin);
}

TEST_CASE("refused", .setup = idx_fixture_reset);

/* A late answer of another login says nothing about ours. */
TEST(late_for_another_request)
{
    idx_story.has_assertion = false;
    idx_story.reference = "R2";
    idx_must_be(idx_story_message(), IDQ_OTHER_CODE);
}

TEST(a_container_with_another_status)
{
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        idx_story.status = words[i].word;
        idx_must_be(idx_story_message(), IDQ_REPLY);
    }
    ck_assert_uint_eq(idx_n_taken, 0);
}

TEST(a_success_without_a_container)
{
    idx_story.has_response = false;
    idx_must_be(idx_story_message(), IDQ_REPLY);
}

static const char *const no_words[] = {"success", "SUCCESS", "Success ", "", "Suc", "Okay"};

LOOP_TEST(an_unknown_status, ARRAY_LENGTH(no_words))
{
    idx_story.status = no_words[_i];
    idx_must_be(idx_story_message(), IDQ_REPLY);
}

TEST(another_transaction)
{
    idx_story.transaction = "1234000000000043";
    idx_must_be(idx_story_message(), IDQ_OTHER_CODE);
}

TEST(a_transaction_of_another_acquirer)
{
    idx_story.transaction = idx_asked.transaction = "1235000000000042";
    idx_must_be(idx_story_message(), IDQ_REPLY);
    idx_settings.any_transaction = true;
    idx_fixture_configure();
    ck_assert_int_eq(idx_read(idx_story_message()), 0);
    idx_result_wipe(&idx_result);
}

TEST(another_acquirer)
{
    idx_story.acquirer_id = "1235";
    idx_must_be(idx_story_message(), IDQ_REPLY);
}

TEST(another_request)
{
    idx_story.reference = "R4mZ0000000000000000000000000000043";
    idx_must_be(idx_story_message(), IDQ_OTHER_CODE);
}

TEST(another_merchant)
{
    idx_story.statement.legal_id = "NL00ZZZ12345679";
    idx_must_be(idx_story_message(), IDQ_OTHER_CODE);
}

TEST(another_bank)
{
    idx_story.statement.issuer = "RABONL2U";
    idx_must_be(idx_story_message(), IDQ_OTHER_CODE);
}

static const char *const other_loas[] = {"nl:bvn:bankid:1.0:loa2", "nl:bvn:bankid:1.0:loa33",
                                         "nl:bvn:bankid:1.0:loa", "loa3"};

LOOP_TEST(another_level, ARRAY_LENGTH(other_loas))
{
    idx_story.statement.loa = other_loas[_i];
    idx_must_be(idx_story_message(), IDQ_LOW_ASSURANCE);
}

static const char *const other_services[] = {"4096", "16385", "016384", "16384 ", "1638", "20480"};

LOOP_TEST(another_service, ARRAY_LENGTH(other_services))
{
    idx_story.statement.service = other_services[_i];
    idx_must_be(idx_story_message(), IDQ_REPLY);
}

TEST(too_early)
{
    idx_asked.received_ms = IDX_NOW - 10001;
    idx_must_be(idx_story_message(), IDQ_CLOCK);
}

TEST(too_late)
{
    idx_asked.received_ms = IDX_NOW + 30000 + 10000;
    idx_must_be(idx_story_message(), IDQ_CLOCK);
}

static const struct {
    const char *subject;
    int error;
} subjects[] = {
    {"TRANS0123456789", IDQ_TRANSIENT},
    {"TRANS", IDQ_TRANSIENT},
    {"N1", IDQ_NO_SUBJECT},
    {" NLINGB3x4u89498qe4", IDQ_NO_SUBJECT},
    {"NL\tX", IDQ_NO_SUBJECT},
    {"NL\xC2\x85", IDQ_NO_SUBJECT},
};

LOOP_TEST(another_subject, ARRAY_LENGTH(subjects))
{
    idx_story.statement.subject = subjects[_i].subject;
    idx_must_be(idx_story_message(), subjects[_i].error);
}

TEST(a_used_assertion)
{
    static char used[] = "ID-42";

    idx_asked.context = used;
    idx_must_be(idx_story_message(), IDQ_OTHER_CODE);
    ck_assert_str_eq(idx_failure.reason, "the assertion was used before");
    idx_story.statement.id = "ID-43";
    ck_assert_int_eq(idx_read(idx_story_message()), 0);
    idx_result_wipe(&idx_result);
}

TEST(an_assertion_that_cannot_be_remembered)
{
    static char nothing[] = "";

    idx_asked.context = nothing;
    idx_must_be(idx_story_message(), IDQ_SYSTEM);
    ck_assert_str_eq(idx_failure.reason, "the assertion cannot be remembered");
}

/* The bank signs the assertion as it is; the acquirer signs the rest. */
static const struct {
    const char *code, *second_code;
} codes[] = {{"Requester", "RequestDenied"},
             {"Responder", NULL},
             {"Success", NULL},
             {"Success", "AuthnFailed"},
             {"Requester", "Success"}};

LOOP_TEST(an_assertion_without_a_success, ARRAY_LENGTH(codes))
{
    idx_story.code = codes[_i].code;
    idx_story.second_code = codes[_i].second_code;
    idx_must_be(idx_story_message(), IDQ_REPLY);
    ck_assert_uint_eq(idx_n_taken, 0);
}

/* The bank signs each of these, and the acquirer the rest. */
static const struct {
    const char *from, *to;
    int error;
} assertions[] = {
    {"<saml:Audience>" IDX_LEGAL_ID, "<saml:Audience>NL00<!-- -->ZZZ12345678", IDQ_SIGNATURE},
    {"</saml:Audience>", "</saml:Audience><saml:Audience>x</saml:Audience>", IDQ_REPLY},
    {"<saml:AudienceRestriction><saml:Audience>" IDX_LEGAL_ID "</saml:Audience>"
     "</saml:AudienceRestriction>",
     "", IDQ_REPLY},
    {"</saml:AudienceRestriction>",
     "</saml:AudienceRestriction><saml:AudienceRestriction>"
     "<saml:Audience>x</saml:Audience></saml:AudienceRestriction>",
     IDQ_REPLY},
    {" NotBefore=\"2027-01-15T08:00:00.123Z\"", "", IDQ_CLOCK},
    {" NotOnOrAfter=\"2027-01-15T08:00:30.123Z\"", "", IDQ_CLOCK},
    {"NotOnOrAfter=\"2027-01-15T08:00:30.123Z\"", "NotOnOrAfter=\"2027-01-15T08:00:30.123\"",
     IDQ_CLOCK},
    {"<saml:OneTimeUse></saml:OneTimeUse>", "<saml:ProxyRestriction></saml:ProxyRestriction>",
     IDQ_REPLY},
    {"Version=\"2.0\"", "Version=\"2.1\"", IDQ_REPLY},
    {"<saml:AuthenticatingAuthority>",
     "<saml:AuthenticatingAuthority>RABONL2U</saml:AuthenticatingAuthority>"
     "<saml:AuthenticatingAuthority>",
     IDQ_REPLY},
    {"<saml:AttributeStatement>",
     "<saml:AttributeStatement><saml:Attribute Name=\"urn:nl:bvn:bankid:1.0:bankid."
     "deliveredserviceid\"><saml:AttributeValue>16384</saml:AttributeValue></saml:Attribute>",
     IDQ_REPLY},
    {"bankid.deliveredserviceid", "bankid.deliveredservice", IDQ_REPLY},
    {"<saml:AttributeValue>",
     "<saml:AttributeValue>4096</saml:AttributeValue><saml:AttributeValue>", IDQ_REPLY},
    {"<saml:Subject>", "<saml:Subject><saml:NameID>NLINGB3x4u89498qe4</saml:NameID>", IDQ_REPLY},
    {"<saml:Subject>", "<saml:Advice></saml:Advice><saml:Subject>", IDQ_REPLY},
    {"ID=\"ID-42\"", "ID=\"4-ID\"", IDQ_SIGNATURE},
    {"ID=\"ID-42\"", "ID=\"a&quot;b\"", IDQ_SIGNATURE},
};

LOOP_TEST(an_assertion_that_says_otherwise, ARRAY_LENGTH(assertions))
{
    idx_story.from = assertions[_i].from;
    idx_story.to = assertions[_i].to;
    idx_must_be(idx_story_message(), assertions[_i].error);
    ck_assert_uint_eq(idx_n_taken, 0);
}

/* The second code is bankid's Success. */
TEST(an_assertion_with_a_first_code_of_failure)
{
    char *body = idx_replaced(idx_story_body(), "status:Success\"><samlp:StatusCode",
                              "status:Responder\"><samlp:StatusCode");

    idx_must_be(idx_signed(&idx_acquirer, body), IDQ_REPLY);
    ck_assert_uint_eq(idx_n_taken, 0);
}

RUN_TESTS("idx_status", idx_fixture_begin());
