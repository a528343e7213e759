/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the parser of Signicat's sessions: which login a session belongs to, how it ended, and who
 * was verified. Valid responses are also checked against a schema, so that they are realistic.
 * Pure. Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/agent/signicat_messages.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/signicat_schema.h"

#include <stdio.h>
#include <string.h>

#define ID        "fb432801-66f6-6141-9835-e2a3b42e2e35"
#define REFERENCE "0123456789abcdef0123456789abcdef"
#define URL       "https://desk.example.nl/broker/login?messageId=21b064c3"
#define OWNED     "{\"id\":\"" ID "\",\"externalReference\":\"" REFERENCE "\""
#define CREATED   OWNED ",\"status\":\"CREATED\",\"authenticationUrl\":\"" URL "\""
#define SUCCESS   ",\"status\":\"SUCCESS\",\"provider\":\"idin\",\"subject\":"

static struct signicat_terms
sample_terms(void)
{
    return (struct signicat_terms){
        .id = ID, .reference = REFERENCE, .requested_loa = LOA_SUBSTANTIAL};
}

/* The terms have no session id yet, as before the response to POST /sessions. */
static int
read_created(const char *body, struct signicat_terms *ret_terms, char *ret_url)
{
    *ret_terms = sample_terms();
    ret_terms->id[0] = '\0';
    ret_url[0] = '\0';
    return signicat_read_created(body, strlen(body), ret_terms, ret_url);
}

TEST_CASE("made");

TEST(created)
{
    static const char *const bodies[] = {
        CREATED "}",
        CREATED ",\"accountId\":\"a-sdge-x\",\"flow\":\"redirect\",\"allowedProviders\":[\"idin\"],"
                "\"requestedAttributes\":[\"idpId\"],\"sessionLifetime\":300,\"language\":\"nl\","
                "\"callbackUrls\":{\"success\":\"https://a.nl/?sessionId=x\"},"
                "\"expiresAt\":\"2026-11-22T12:46:07.1061872+00:00\",\"requestedLoa\":\"low\"}",
        CREATED ",\"provider\":null}",
        CREATED ",\"provider\":\"idin\",\"subject\":null,\"error\":null}",
        OWNED ",\"status\":\"WAITING_FOR_USER\",\"authenticationUrl\":\"" URL "\"}",
    };
    struct signicat_terms terms;
    char url[PAYLOAD_MAX + 1];

    for (size_t i = 0; i < ARRAY_LENGTH(bodies); i++) {
        signicat_schema_must_allow("signicat-session", bodies[i]);
        ck_assert_int_eq(read_created(bodies[i], &terms, url), 0);
        ck_assert_str_eq(terms.id, ID);
        ck_assert_str_eq(url, URL);
    }
}

/* What is ours can be cancelled; what is not must not be. */
TEST(created_refused)
{
    static const struct {
        const char *body, *id;
        int error;
    } rows[] = {
        {"", "", IDQ_REPLY},
        {"[]", "", IDQ_REPLY},
        {"{\"id\":1}", "", IDQ_REPLY},
        {"{\"externalReference\":\"" REFERENCE "\"}", "", IDQ_REPLY},
        {"{\"id\":\"" ID "\"}", "", IDQ_OTHER_CODE},
        {"{\"id\":\"" ID "\",\"externalReference\":null}", "", IDQ_OTHER_CODE},
        {"{\"id\":\"" ID "\",\"externalReference\":\"0123456789abcdef0123456789abcdee\"}", "",
         IDQ_OTHER_CODE},
        {"{\"id\":\"" ID "\",\"externalReference\":\"" REFERENCE "0\"}", "", IDQ_OTHER_CODE},
        {"{\"id\":\"a/../b\",\"externalReference\":\"" REFERENCE "\"}", "", IDQ_REPLY},
        {"{\"id\":\"a?b\",\"externalReference\":\"" REFERENCE "\"}", "", IDQ_REPLY},
        {"{\"id\":\"a%2fb\",\"externalReference\":\"" REFERENCE "\"}", "", IDQ_REPLY},
        {"{\"id\":\".\",\"externalReference\":\"" REFERENCE "\"}", "", IDQ_REPLY},
        {"{\"id\":\"\",\"externalReference\":\"" REFERENCE "\"}", "", IDQ_REPLY},
        {"{\"id\":\"" ID ID "\",\"externalReference\":\"" REFERENCE "\"}", "", IDQ_REPLY},
        {OWNED "}", ID, IDQ_REPLY},
        {OWNED ",\"status\":\"CREATED\"}", ID, IDQ_REPLY},
        {OWNED ",\"status\":\"CREATED\",\"authenticationUrl\":\"\"}", ID, IDQ_REPLY},
        {OWNED ",\"status\":\"CREATED\",\"authenticationUrl\":\"https://a.nl/ b\"}", ID, IDQ_REPLY},
        {OWNED ",\"authenticationUrl\":\"" URL "\"}", ID, IDQ_REPLY},
        {OWNED ",\"status\":\"SUCCESS\",\"authenticationUrl\":\"" URL "\"}", ID, IDQ_REPLY},
        {OWNED ",\"status\":\"EXPIRED\",\"authenticationUrl\":\"" URL "\"}", ID, IDQ_REPLY},
        {OWNED ",\"status\":\"NEW\",\"authenticationUrl\":\"" URL "\"}", ID, IDQ_REPLY},
        {CREATED ",\"provider\":\"mitid\"}", ID, IDQ_REPLY},
        {CREATED ",\"provider\":1}", ID, IDQ_REPLY},
    };
    struct signicat_terms terms;
    char url[PAYLOAD_MAX + 1];

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        int error = read_created(rows[i].body, &terms, url);
        ck_assert_msg(error == rows[i].error, "%d from %s", error, rows[i].body);
        ck_assert_msg(strcmp(terms.id, rows[i].id) == 0, "%s of %s", terms.id, rows[i].body);
        ck_assert_str_eq(url, "");
    }
}

static int
read_session(const char *members, struct provider_status *ret_status, char *ret_trouble)
{
    static char body[16384];
    const struct signicat_terms terms = sample_terms();
    int size = snprintf(body, sizeof body, OWNED "%s}", members);

    ck_assert_int_lt(size, (int)sizeof body);
    return signicat_read_session(body, (size_t)size, &terms, ret_status, ret_trouble);
}

/* An ending, and that nothing of the person is in one that is no success. */
static void
must_end_as(const char *members, int outcome, const char *trouble)
{
    struct provider_status status;
    char found[SIGNICAT_TROUBLE_SIZE];

    ck_assert_msg(read_session(members, &status, found) == 0, "refused: %s", members);
    ck_assert_int_eq(status.state, PROVIDER_DONE);
    ck_assert_msg(status.result.outcome == outcome, "%d from %s", status.result.outcome, members);
    ck_assert_str_eq(found, trouble);
    if (outcome) {
        ck_assert_str_eq(status.result.subject, "");
        ck_assert_str_eq(status.result.loa, "");
        ck_assert_str_eq(status.result.transaction, "");
    }
}

TEST_CASE("asked");

TEST(states)
{
    struct provider_status status;
    char trouble[SIGNICAT_TROUBLE_SIZE];

    signicat_schema_must_allow("signicat-session", OWNED ",\"status\":\"WAITING_FOR_USER\"}");
    ck_assert_int_eq(read_session(",\"status\":\"CREATED\"", &status, trouble), 0);
    ck_assert_int_eq(status.state, PROVIDER_OPEN);
    ck_assert_int_eq(status.was_scanned, 0);
    ck_assert_int_eq(
        read_session(",\"status\":\"WAITING_FOR_USER\",\"provider\":\"idin\"", &status, trouble),
        0);
    ck_assert_int_eq(status.state, PROVIDER_SCANNED);
    ck_assert_int_eq(status.was_scanned, 1);
    must_end_as(",\"status\":\"ABORT\"", IDQ_REFUSED, "");
    must_end_as(",\"status\":\"CANCELLED\",\"subject\":{\"idpId\":\"NLTEST1\"}", IDQ_REFUSED, "");
    must_end_as(",\"status\":\"EXPIRED\"", IDQ_EXPIRED, "");
    must_end_as(",\"status\":\"INVALID\"", IDQ_BANK_FAILED, "");
    must_end_as(",\"status\":\"ERROR\"", IDQ_BANK_FAILED, "");
}

TEST(errors_are_logged_without_details)
{
    signicat_schema_must_allow(
        "signicat-session",
        OWNED ",\"status\":\"ERROR\",\"error\":{\"type\":\"https://a\",\"title\":\"t\","
              "\"code\":\"c\",\"detail\":\"d\"}}");
    must_end_as(",\"status\":\"ERROR\",\"error\":{\"title\":\"Bank failed\",\"code\":\"E-7\","
                "\"detail\":\"J. Jansen\"}",
                IDQ_BANK_FAILED, "Bank failed (E-7)");
    must_end_as(",\"status\":\"ERROR\",\"error\":{\"code\":\"E-7\"}", IDQ_BANK_FAILED, "E-7");
    must_end_as(",\"status\":\"ERROR\",\"error\":{\"title\":\"a\\n\\u001b[2J\xC3\xA9\",\"code\":7}",
                IDQ_BANK_FAILED, "a??[2J??");
    must_end_as(",\"status\":\"ERROR\",\"error\":\"J. Jansen\"", IDQ_BANK_FAILED, "");
    must_end_as(SUCCESS "{\"idpId\":\"NLTEST1\"},\"error\":{\"title\":\"Bank failed\"}",
                IDQ_BANK_FAILED, "Bank failed");
    must_end_as(SUCCESS "{\"idpId\":\"NLTEST1\"},\"error\":\"x\"", IDQ_BANK_FAILED, "");
    must_end_as(",\"status\":\"ERROR\",\"error\":null", IDQ_BANK_FAILED, "");
    must_end_as(
        ",\"status\":\"ERROR\",\"error\":{\"title\":\"0123456789012345678901234567890123456"
        "789012345678901234567890123456789012345678901234567890123456789\",\"code\":"
        "\"0123456789012345678901234567890123456789X\"}",
        IDQ_BANK_FAILED,
        "01234567890123456789012345678901234567890123456789012345678901234567890123456789012"
        "34567890123456789 (0123456789012345678901234567890123456789)");
}

TEST(success)
{
    static const char *const loas[] = {
        "",
        ",\"loa\":null",
        ",\"loa\":\"substantial\"",
        ",\"loa\":\"high\"",
        ",\"loa\":\"nl:bvn:bankid:1.0:loa3\"",
    };
    struct provider_status status;
    char members[512], body[1024], trouble[SIGNICAT_TROUBLE_SIZE];

    for (size_t i = 0; i < ARRAY_LENGTH(loas); i++) {
        snprintf(members, sizeof members,
                 SUCCESS "{\"id\":\"opuc4kyFUWPk=\",\"idpId\":\"NLRABO\xC3\xA9 1\","
                         "\"name\":\"J. Jansen\"}%s",
                 loas[i]);
        snprintf(body, sizeof body, OWNED "%s}", members);
        signicat_schema_must_allow("signicat-session", body);
        ck_assert_int_eq(read_session(members, &status, trouble), 0);
        ck_assert_int_eq(status.state, PROVIDER_DONE);
        ck_assert_int_eq(status.result.outcome, 0);
        ck_assert_str_eq(status.result.subject, "NLRABO\xC3\xA9 1");
        ck_assert_str_eq(status.result.issuer, "");
        ck_assert_str_eq(status.result.transaction, ID);
        ck_assert_str_eq(trouble, "");
    }
    ck_assert_str_eq(status.result.loa, "nl:bvn:bankid:1.0:loa3");
}

TEST(a_level_of_assurance_that_is_too_low)
{
    static const char too_low[] = "a level of assurance below requested_loa";

    must_end_as(SUCCESS "{\"idpId\":\"NLTEST1\"},\"loa\":\"low\"", IDQ_LOW_ASSURANCE, too_low);
    must_end_as(SUCCESS "{\"idpId\":\"NLTEST1\",\"loa\":\"low\"}", IDQ_LOW_ASSURANCE, too_low);
    must_end_as(SUCCESS "{\"idpId\":\"NLTEST1\",\"loa\":\"high\"},\"loa\":\"low\"",
                IDQ_LOW_ASSURANCE, too_low);
    must_end_as(SUCCESS "{\"idpId\":\"NLTEST1\"},\"loa\":\"Substantial\"", IDQ_LOW_ASSURANCE,
                too_low);
    must_end_as(SUCCESS "{\"idpId\":\"NLTEST1\"},\"loa\":\"enormous\"", IDQ_LOW_ASSURANCE, too_low);
}

TEST(success_without_an_identity)
{
    char members[12000];
    size_t used;

    must_end_as(",\"status\":\"SUCCESS\",\"provider\":\"idin\"", IDQ_NO_SUBJECT, "");
    must_end_as(SUCCESS "null", IDQ_NO_SUBJECT, "");
    must_end_as(SUCCESS "{}", IDQ_NO_SUBJECT, "");
    must_end_as(SUCCESS "\"NLTEST1\"", IDQ_NO_SUBJECT, "");
    must_end_as(SUCCESS "[{\"idpId\":\"NLTEST1\"}]", IDQ_NO_SUBJECT, "");
    must_end_as(SUCCESS "{\"id\":\"NLTEST1\"}", IDQ_NO_SUBJECT, "");
    must_end_as(SUCCESS "{\"idpId\":\"\"}", IDQ_NO_SUBJECT, "");
    must_end_as(SUCCESS "{\"idpId\":null}", IDQ_NO_SUBJECT, "");
    must_end_as(SUCCESS "{\"idpId\":1}", IDQ_NO_SUBJECT, "");
    must_end_as(SUCCESS "{\"idpId\":[\"NLTEST1\"]}", IDQ_NO_SUBJECT, "");
    must_end_as(SUCCESS "{\"idpId\":\"9578-6000-4\"}", IDQ_NO_SUBJECT, "");
    must_end_as(SUCCESS "{\"idpId\":\"NL\\u0085\"}", IDQ_NO_SUBJECT, "");
    must_end_as(SUCCESS "{\"idpId\":\"TRANSabc\",\"loa\":\"high\"}", IDQ_TRANSIENT, "");
    must_end_as(SUCCESS "{\"name\":\"J.\"},\"idpId\":\"NLTEST1\"", IDQ_NO_SUBJECT, "");
    /* More than the whole result holds. */
    used = (size_t)snprintf(members, sizeof members, SUCCESS "{\"idpId\":\"");
    memset(members + used, 'N', 2 * sizeof(struct provider_status));
    strcpy(members + used + 2 * sizeof(struct provider_status), "\"}");
    must_end_as(members, IDQ_NO_SUBJECT, "");
}

TEST(longest_identity)
{
    char members[8192] = SUCCESS "{\"idpId\":\"NL";
    struct provider_status status;
    char trouble[SIGNICAT_TROUBLE_SIZE];

    for (int i = 0; i < 1024; i++)
        strcat(members, "\xF0\x9F\x8F\xA6");
    strcat(members, "\"}");
    ck_assert_int_eq(read_session(members, &status, trouble), 0);
    ck_assert_int_eq(status.result.outcome, 0);
    ck_assert_uint_eq(strlen(status.result.subject), 2 + 4 * 1024);
}

TEST(sessions_refused)
{
    static const struct {
        const char *members;
        int error;
    } rows[] = {
        {"", IDQ_REPLY},
        {",\"status\":1", IDQ_REPLY},
        {",\"status\":\"\"", IDQ_REPLY},
        {",\"status\":\"SUCCESS\",\"status\":\"SUCCESS\"", IDQ_REPLY},
        {",\"status\":\"success\",\"provider\":\"idin\",\"subject\":{\"idpId\":\"NLTEST1\"}",
         IDQ_BANK_FAILED},
        {",\"status\":\"DONE\",\"provider\":\"idin\",\"subject\":{\"idpId\":\"NLTEST1\"}",
         IDQ_BANK_FAILED},
        {",\"status\":\"SUCCESS\",\"subject\":{\"idpId\":\"NLTEST1\"}", IDQ_REPLY},
        {",\"status\":\"SUCCESS\",\"provider\":null,\"subject\":{\"idpId\":\"NLTEST1\"}",
         IDQ_REPLY},
        {",\"status\":\"SUCCESS\",\"provider\":\"mitid\",\"subject\":{\"idpId\":\"NLTEST1\"}",
         IDQ_REPLY},
        {",\"status\":\"SUCCESS\",\"provider\":\"idin2\",\"subject\":{\"idpId\":\"NLTEST1\"}",
         IDQ_REPLY},
        {",\"status\":\"SUCCESS\",\"provider\":\"idin\\u0000\",\"subject\":{\"idpId\":\"NLT1\"}",
         IDQ_REPLY},
        {",\"status\":\"WAITING_FOR_USER\",\"provider\":\"mitid\"", IDQ_REPLY},
        {SUCCESS "{\"idpId\":\"NLTEST1\"},\"loa\":3", IDQ_REPLY},
        {SUCCESS "{\"idpId\":\"NLTEST1\",\"loa\":3},\"loa\":\"high\"", IDQ_REPLY},
        {SUCCESS "{\"idpId\":\"NLTEST1\",\"idpId\":\"NLTEST2\"}", IDQ_REPLY},
    };
    struct provider_status status;
    char trouble[SIGNICAT_TROUBLE_SIZE];

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        int error = read_session(rows[i].members, &status, trouble);
        ck_assert_msg(error == rows[i].error, "%d from %s", error, rows[i].members);
        ck_assert_int_ne(status.state, PROVIDER_DONE);
        ck_assert_str_eq(status.result.subject, "");
        ck_assert_str_eq(status.result.loa, "");
    }
}

TEST(another_session)
{
    static const struct {
        const char *body;
        int error;
    } rows[] = {
        {"{\"id\":\"fb432801-66f6-6141-9835-e2a3b42e2e36\",\"externalReference\":\"" REFERENCE
         "\"" SUCCESS "{\"idpId\":\"NLTEST1\"}}",
         IDQ_OTHER_CODE},
        {"{\"id\":\"FB432801-66F6-6141-9835-E2A3B42E2E35\",\"externalReference\":\"" REFERENCE
         "\"" SUCCESS "{\"idpId\":\"NLTEST1\"}}",
         IDQ_OTHER_CODE},
        {"{\"id\":\"" ID "\",\"externalReference\":\"another\"" SUCCESS "{\"idpId\":\"NLTEST1\"}}",
         IDQ_OTHER_CODE},
        {"{\"id\":\"" ID "\"" SUCCESS "{\"idpId\":\"NLTEST1\"}}", IDQ_OTHER_CODE},
        {"{\"externalReference\":\"" REFERENCE "\"" SUCCESS "{\"idpId\":\"NLTEST1\"}}", IDQ_REPLY},
        {"null", IDQ_REPLY},
    };
    const struct signicat_terms terms = sample_terms();
    struct provider_status status;
    char trouble[SIGNICAT_TROUBLE_SIZE];

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        ck_assert_int_eq(
            signicat_read_session(rows[i].body, strlen(rows[i].body), &terms, &status, trouble),
            rows[i].error);
        ck_assert_str_eq(status.result.subject, "");
        ck_assert_str_eq(trouble, "");
    }
}

RUN_TESTS("signicat_messages_session", NULL);
