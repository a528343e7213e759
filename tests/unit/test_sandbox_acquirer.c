/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox as an acquirer. Each request is one of the relay's own code, and each answer must be
 * valid by the schemas of iDx and SAML, and have a signature that the command xmlsec1 verifies. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/relay/idx.h"
#include "pam_idinqr/sandbox/handlers.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/idx_fixture.h"
#include "tests/unit/sandbox_call.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REFERENCE "aReference1"
#define ENTRANCE  "anEntranceCode1"

static struct parties keys; /* of all tests */
static struct sandbox *sandbox;
static struct idx *idx;
static struct idx_failure failure;
static char *answer; /* the last one; kept */

static int64_t
now_ms(void)
{
    return (int64_t)time(NULL) * 1000;
}

static struct idx *
idx_of(const struct party *merchant)
{
    struct diag diag;
    struct idx *made = NULL;
    const struct idx_settings settings = {
        .merchant_id = "0050000001",
        .acquirer_id = "0050",
        .legal_id = "NL00ZZZ00000000",
        .return_url = "https://relay.example.nl/return",
        .service_id = IDX_BIN,
        .skew_s = 60,
        .merchant_key = scratch_keep(party_key_pem(merchant)),
        .merchant_certificate = scratch_keep(party_certificate_pem(merchant)),
        .routing_certificate = scratch_keep(party_certificate_pem(&sandbox->acquirer->acquirer)),
    };

    ck_assert_msg(idx_new(&settings, &made, &diag) == 0, "%s", diag.text);
    return made;
}

static void
setup(void)
{
    sandbox = sandbox_call_new(1000);
    sandbox->acquirer = &keys;
    idx = idx_of(&sandbox->acquirer->merchant);
}

static void
teardown(void)
{
    idx_free(&idx);
    sandbox->acquirer = NULL;
    sandbox_free(&sandbox);
}

/* Sends a message, which it frees. Checks and keeps the answer. */
static void
post(const char *path, char *xml)
{
    struct sandbox_answer reply;

    ck_assert_uint_eq(sandbox_call(sandbox,
                                   (struct http_request){.method = "POST",
                                                         .path = path,
                                                         .content_type = "text/xml; charset=utf-8",
                                                         .body = xml},
                                   &reply),
                      200);
    answer = scratch_text("%s", reply.reply.body);
    sandbox_answer_free(&reply);
    free(xml);
    if (!idx_vectors_why_not())
        idx_must_validate(answer, &sandbox->acquirer->acquirer);
}

static char *
transaction_request(const struct idx *by)
{
    const struct idx_request request = {.issuer = "TSTNNL22",
                                        .language = "nl",
                                        .entrance_code = ENTRANCE,
                                        .reference = REFERENCE,
                                        .expiry_s = 150};
    char *xml;
    size_t size;

    ck_assert_int_eq(idx_build_transaction(by, &request, now_ms(), &xml, &size), 0);
    return xml;
}

/* A transaction, and its code. */
static struct code *
begin(struct idx_started *ret_started)
{
    post(ACQUIRER_TRANSACTION_PATH, transaction_request(idx));
    ck_assert_msg(idx_read_transaction(idx, answer, strlen(answer), ret_started, &failure) == 0,
                  "%s", failure.reason);
    return codes_by_transaction(&sandbox->codes, ret_started->transaction);
}

static int
take(void *context, const char *id)
{
    (void)context, (void)id;
    return 0;
}

static enum idx_status
status_of(const char *transaction, struct idx_result *ret_result)
{
    const struct idx_asked asked = {.transaction = transaction,
                                    .reference = REFERENCE,
                                    .issuer = "TSTNNL22",
                                    .received_ms = now_ms(),
                                    .take_assertion = take};
    char *xml;
    size_t size;

    ck_assert_int_eq(idx_build_status(idx, transaction, now_ms(), &xml, &size), 0);
    post(ACQUIRER_STATUS_PATH, xml);
    ck_assert_msg(idx_read_status(idx, answer, strlen(answer), &asked, ret_result, &failure) == 0,
                  "%s", failure.reason);
    return ret_result->status;
}

static void
approve(struct code *code)
{
    struct visit *visit;

    ck_assert_int_eq(sandbox_scan(sandbox, code, &visit), 0);
    ck_assert_int_eq(code_choose_bank(&sandbox->codes, code, visit, code->issuer), 0);
    ck_assert_int_eq(code_choose_person(code, visit, person_find("anna")), 0);
    ck_assert_int_eq(code_approve(&sandbox->codes, code, visit), 0);
}

TEST_CASE("answers", .setup = setup, .teardown = teardown);

TEST(the_directory)
{
    struct idx_directory *directory;
    char *xml;
    size_t size;

    ck_assert_int_eq(idx_build_directory(idx, now_ms(), &xml, &size), 0);
    post(ACQUIRER_DIRECTORY_PATH, xml);
    ck_assert_msg(idx_read_directory(idx, answer, strlen(answer), &directory, &failure) == 0, "%s",
                  failure.reason);
    ck_assert_uint_eq(directory->n_issuers, 5);
    ck_assert_str_eq(directory->issuers[0].id, "TSTNNL22");
    free(directory);
}

TEST(a_transaction)
{
    struct idx_started started;
    struct code *code = begin(&started);

    ck_assert_int_eq(strncmp(started.url, SANDBOX_CALL_URL "/q/", strlen(SANDBOX_CALL_URL "/q/")),
                     0);
    ck_assert_str_eq(
        code->return_url,
        scratch_text("https://relay.example.nl/return?trxid=%s&ec=" ENTRANCE, started.transaction));
    ck_assert_int_eq(code->expires_ms, sandbox->codes.now_ms + 150000);
}

TEST(a_success_once)
{
    struct idx_started started;
    struct idx_result result = {.bin = NULL};
    char bin[PERSON_BIN_MAX + 1];

    approve(begin(&started));
    ck_assert_int_eq(status_of(started.transaction, &result), IDX_SUCCESS);
    ck_assert_int_eq(person_bin(person_find("anna"), bank_find("noord"), bin), 0);
    ck_assert_str_eq(secret_bytes(result.bin), bin);
    idx_result_wipe(&result);
    ck_assert_int_eq(status_of(started.transaction, &result), IDX_LATE);
}

TEST(a_success_too_late)
{
    struct idx_started started;
    struct idx_result result;

    approve(begin(&started));
    codes_tick(&sandbox->codes, sandbox->codes.now_ms + 30001);
    ck_assert_int_eq(status_of(started.transaction, &result), IDX_LATE);
}

static const struct {
    enum fault fault; /* FAULT_COUNT: none */
    enum code_status end;
    enum idx_status status;
} statuses[] = {
    {FAULT_COUNT, CODE_OPEN, IDX_OPEN},
    {FAULT_COUNT, CODE_EXPIRED, IDX_EXPIRED},
    {FAULT_COUNT, CODE_FAILURE, IDX_FAILED},
    {FAULT_COUNT, CODE_CANCELLED, IDX_CANCELLED},
    {FAULT_ACQUIRER_OPEN, CODE_EXPIRED, IDX_OPEN},
    {FAULT_ACQUIRER_PENDING, CODE_OPEN, IDX_PENDING},
};

LOOP_TEST(other_statuses, ARRAY_LENGTH(statuses))
{
    struct idx_started started;
    struct idx_result result;
    struct code *code = begin(&started);

    if (statuses[_i].end != CODE_OPEN)
        code_end(&sandbox->codes, code, statuses[_i].end);
    if (statuses[_i].fault != FAULT_COUNT)
        sandbox->faults.on[statuses[_i].fault] = 1;
    ck_assert_int_eq(status_of(started.transaction, &result), statuses[_i].status);
}

TEST(errors)
{
    struct idx_started started;

    sandbox->faults.on[FAULT_ACQUIRER_ERROR] = 1;
    post(ACQUIRER_TRANSACTION_PATH, transaction_request(idx));
    ck_assert_int_eq(idx_read_transaction(idx, answer, strlen(answer), &started, &failure),
                     IDQ_BANK_FAILED);
    ck_assert_ptr_nonnull(strstr(failure.reason, "reports SO1100: "));
    ck_assert_ptr_nonnull(strstr(failure.consumer_message, "The bank cannot help you now."));
}

TEST(another_keys_signature)
{
    struct idx_started started;
    struct sandbox_answer reply;
    char *xml = transaction_request(idx);

    sandbox->faults.on[FAULT_ACQUIRER_SIGNATURE_WRONG] = 1;
    sandbox_call(sandbox,
                 (struct http_request){.method = "POST",
                                       .path = ACQUIRER_TRANSACTION_PATH,
                                       .content_type = "text/xml",
                                       .body = xml},
                 &reply);
    ck_assert_int_eq(
        idx_read_transaction(idx, reply.reply.body, reply.reply.body_size, &started, &failure),
        IDQ_SIGNATURE);
    sandbox_answer_free(&reply);
    free(xml);
}

/* What is sent, and the code of the error. */
static void
must_be_refused(char *xml, const char *code)
{
    struct idx_started started;

    post(ACQUIRER_TRANSACTION_PATH, xml);
    ck_assert_int_eq(idx_read_transaction(idx, answer, strlen(answer), &started, &failure),
                     IDQ_BANK_FAILED);
    ck_assert_ptr_nonnull(strstr(failure.reason, scratch_text("reports %s: ", code)));
}

TEST_CASE("requests", .setup = setup, .teardown = teardown);

TEST(of_another_merchant)
{
    struct party other;
    IDX_AUTO *stranger = NULL;

    ck_assert_int_eq(party_new("Stranger", &other), 0);
    stranger = idx_of(&other);
    must_be_refused(transaction_request(stranger), "SE2700");
    party_free(&other);
}

static const struct {
    const char *from, *to, *code;
} changes[] = {
    {"TSTNNL22", "PRFBNL22", "SE2700"},
    {ENTRANCE, "anEntranceCode2", "SE2700"},
    {"<expirationPeriod>PT2M30S", "<expirationPeriod>PT5M", "SE2700"},
    {"return</merchantReturnURL>", "other</merchantReturnURL>", "SE2700"},
    {"<DigestValue>", "<DigestValue>AAAA", "SE2700"},
    {"<SignatureValue>", "<SignatureValue>AAAA", "SE2700"},
    {"<KeyName>", "<KeyName>A", "SE2700"},
    {"<Reference URI=\"\"", "<Reference URI=\"#a\"", "SE2700"},
    {"#rsa-sha256", "#rsa-sha1", "SE2700"},
    {"<Signature ", "<Signature2 ", "IX1100"}, /* no XML */
    {"AcquirerTrxReq", "AcquirerTrxReq2", "IX1100"},
    {"<AcquirerTrxReq", "<!DOCTYPE a [<!ENTITY b \"c\">]><AcquirerTrxReq", "IX1100"},
    {"Merchant-Acquirer/1.0.0", "Merchant-Acquirer/2.0.0", "IX1100"},
};

LOOP_TEST(that_were_changed, ARRAY_LENGTH(changes))
{
    char *xml = transaction_request(idx);
    char *changed = strdup(idx_replaced(xml, changes[_i].from, changes[_i].to));

    free(xml);
    must_be_refused(changed, changes[_i].code);
}

TEST(about_no_transaction)
{
    char *xml;
    size_t size;

    ck_assert_int_eq(idx_build_status(idx, "0050000000000000", now_ms(), &xml, &size), 0);
    post(ACQUIRER_STATUS_PATH, xml);
    ck_assert_ptr_nonnull(strstr(answer, "<errorCode>AP2600</errorCode>"));
}

TEST(to_a_sandbox_that_plays_none)
{
    struct sandbox_answer reply;
    char *xml = transaction_request(idx);

    sandbox->acquirer = NULL;
    ck_assert_uint_eq(sandbox_call(sandbox,
                                   (struct http_request){.method = "POST",
                                                         .path = ACQUIRER_TRANSACTION_PATH,
                                                         .content_type = "text/xml",
                                                         .body = xml},
                                   &reply),
                      404);
    sandbox_answer_free(&reply);
    free(xml);
}

static const char *
begin_all(void)
{
    bool is_ready = idx_init() == 0 && party_new("Acquirer", &keys.acquirer) == 0 &&
                    party_new("Bank", &keys.bank) == 0 &&
                    party_new("Merchant", &keys.merchant) == 0;

    return is_ready ? NULL : "libxml2, xmlsec or OpenSSL cannot be used";
}

RUN_TESTS("sandbox_acquirer", begin_all());
