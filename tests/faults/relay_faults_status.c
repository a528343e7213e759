/* SPDX-License-Identifier: BSD-3-Clause */
/* The person has approved, and the acquirer does not say so as it should. Without an answer, the
 * login waits, and the relay asks once more when its lease is over. Any answer is the last one: a
 * wrong one ends the login. */
#include "pam_idinqr/common/array.h"
#include "tests/faults/fault.h"
#include "tests/faults/relay_fault.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <string.h>

#define SOON_MS 40000 /* after the lease */

#define STRUCK(what)     .peer = {.at = PEER_STATUS, .act = what}
#define ANSWERED(...)    .peer = {.at = PEER_STATUS, .answer = {__VA_ARGS__}}
#define EDITED(from, to) .peer = {.at = PEER_STATUS}, .cut = from, .put = to
#define WAITS            .expected = {"pending", 503, "Your bank or this service does not answer.", "status: "}
#define FAILS            .expected = {"failure", 410, "Your bank could not complete this", "status: "}
#define ERROR(code)                                                                                \
    .peer = {.at = PEER_STATUS}, .error = code,                                                    \
    .expected = {"failure", 410, "The bank says no.", code}

static void
approve(void)
{
    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &relay_code);
    relay_phone_to_bank(relay_phone, &relay_code);
    relay_phone_at_bank(relay_phone, "anna", "approve");
}

static void
come_back(const struct relay_fault *fault)
{
    ck_assert_msg(relay_phone_return(relay_phone) == fault->expected.status, "%ld %s\n%s",
                  phone_status(relay_phone), phone_text(relay_phone), relay_server_log(relay_here));
    relay_page_must_say(fault->expected.page);
}

static void
succeed(void)
{
    char number[7];

    ck_assert_int_eq(phone_number(relay_phone, number), 0);
    relay_must_succeed(number);
    relay_status_must_be("expired"); /* it is taken */
}

/* 2: never to be asked again. */
static void
transaction_must_be(const char *state)
{
    ck_assert_str_eq(
        relay_sql(scratch_text("SELECT state FROM trx WHERE login = '%s'", relay_code.id)), state);
}

void
relay_fault_return(const struct relay_fault *fault)
{
    if (fault->is_refused)
        between_begin(&(struct relay_fault){.name = "nothing"});
    approve();
    if (fault->is_refused)
        between_begin(fault);
    come_back(fault);
    if (fault->expected.status == 200) {
        succeed();
        return;
    }
    relay_status_must_be(fault->expected.desk);
    transaction_must_be(fault->expected.status == 503 ? "1" : "2");
    relay_status_must_be(fault->expected.desk);
}

void
relay_fault_return_end(void)
{
    between_begin(&(struct relay_fault){.name = "nothing"});
    approve();
    ck_assert_int_eq(relay_phone_return(relay_phone), 200);
    succeed();
}

static const struct relay_fault faults[] = {
    {.name = "status",
     .broken = "nothing",
     .expected = {"number 3", 200, "Type this number", NULL}},
    {.name = "status-chunks",
     .broken = "nothing: the answer comes in chunks of a byte",
     STRUCK(PEER_CHUNKS),
     .expected = {"number 3", 200, "Type this number", NULL}},
    {.name = "status-short-length",
     .broken = "the length leaves out the last byte",
     STRUCK(PEER_SHORT_LENGTH),
     FAILS},
    {.name = "status-html",
     .broken = "a page of a proxy, with 200",
     ANSWERED(.body = "<html><body>Welcome to the hotel</body></html>",
              .content_type = "text/html"),
     FAILS},
    {.name = "status-half-xml",
     .broken = "XML without an end",
     ANSWERED(.body = "<AcquirerStatusRes>"),
     FAILS},
    {.name = "status-unsigned",
     .broken = "no signature",
     EDITED("0050", "0050"),
     .is_unsigned = 1,
     FAILS},
    {.name = "status-of-a-stranger",
     .broken = "a key signed that the relay does not know",
     EDITED("0050", "0050"),
     .is_signed_otherwise = 1,
     FAILS},
    {.name = "status-other-id",
     .broken = "the answer is about another transaction",
     EDITED("<transactionID>0050", "<transactionID>0051"),
     FAILS},
    {.name = "status-other-reference",
     .broken = "the bank's answer is to another merchantReference",
     EDITED("InResponseTo=\"", "InResponseTo=\"X"),
     FAILS},
    {.name = "status-other-bank",
     .broken = "the answer of another bank",
     EDITED("<saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">TST",
            "<saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">EVL"),
     FAILS},
    {.name = "status-other-audience",
     .broken = "an assertion for another merchant, which breaks its signature",
     EDITED("<saml:Audience>NL00", "<saml:Audience>NL01"),
     FAILS},
    {.name = "status-low-assurance",
     .broken = "a lower level of assurance, which breaks the assertion's signature",
     EDITED(":loa3<", ":loa2<"),
     FAILS},
    {.name = "status-saml-failed",
     .broken = "SAML says Responder, and has an assertion all the same",
     EDITED("status:Success\"", "status:Responder\""),
     FAILS},
    {.name = "status-cancelled-with-identity",
     .broken = "the status is Cancelled, and there is an assertion all the same",
     EDITED("<status>Success", "<status>Cancelled"),
     FAILS},
    {.name = "status-unknown-word",
     .broken = "a status that the protocol does not have",
     EDITED("<status>Success", "<status>Accepted"),
     FAILS},
    {.name = "status-error-SO1100", .broken = "an error: the bank is down", ERROR("SO1100")},
    {.name = "status-error-AP2600", .broken = "an error: no such transaction", ERROR("AP2600")},
    {.name = "status-error-IX1100", .broken = "an error: the XML is invalid", ERROR("IX1100")},
    {.name = "status-error-unsigned",
     .broken = "an error that no one signed: its words are not shown",
     .peer = {.at = PEER_STATUS},
     .error = "SO1100",
     .is_unsigned = 1,
     FAILS},
};
const struct relay_fault_layer relay_layer_status = {
    .name = "status",
    .faults = faults,
    .n_faults = ARRAY_LENGTH(faults),
    .run = relay_fault_return,
    .options = {.general = "codes_per_desk = 0\ncodes_in_all = 0"},
    .peer = "acquirer",
    .end = relay_fault_return_end};

/* Apart from the others, as the relay may ask again for the transaction of a row before. */
static const struct relay_fault lost_faults[] = {
    {.name = "status-refused",
     .broken = "nothing listens when the status is asked for",
     .is_refused = 1,
     WAITS},
    {.name = "status-reset", .broken = "a reset in place of an answer", STRUCK(PEER_RESET), WAITS},
    {.name = "status-closed", .broken = "an end in place of an answer", STRUCK(PEER_CLOSE), WAITS},
    {.name = "status-head-reset",
     .broken = "a reset after half of the headers",
     STRUCK(PEER_RESET_IN_HEAD),
     WAITS},
    {.name = "status-body-reset",
     .broken = "a reset after half of the answer",
     STRUCK(PEER_RESET_IN_BODY),
     WAITS},
    {.name = "status-truncated",
     .broken = "half of the answer, and an orderly end",
     STRUCK(PEER_TRUNCATE),
     WAITS},
    {.name = "status-chunk-garbage",
     .broken = "a chunk without a size",
     STRUCK(PEER_CHUNK_GARBAGE),
     WAITS},
    {.name = "status-huge", .broken = "100 MB", STRUCK(PEER_HUGE_BODY), WAITS},
    {.name = "status-400", .broken = "400", ANSWERED(.status = "400 Bad Request"), WAITS},
    {.name = "status-500", .broken = "500", ANSWERED(.status = "500 Error"), WAITS},
    {.name = "status-redirect",
     .broken = "307 to the same address, where an answer would come",
     ANSWERED(.status = "307 Temporary Redirect", .headers = "Location: $URL/acquirer/status\r\n"),
     WAITS},
};
const struct relay_fault_layer relay_layer_status_lost = {
    .name = "status-lost",
    .faults = lost_faults,
    .n_faults = ARRAY_LENGTH(lost_faults),
    .run = relay_fault_return,
    .options = {.general = "codes_per_desk = 0\ncodes_in_all = 0"},
    .peer = "acquirer",
    .end = relay_fault_return_end};

/* The relay waits 10 s for an answer, and its lease lasts 12 s. Then it asks again. An acquirer
 * that has answered before gives the identity to no one then: the login has failed, in words. */
void
relay_fault_return_slow(const struct relay_fault *fault)
{
    struct relay_wait desk;
    int is_lost = strcmp(fault->expected.desk, "failure") == 0;

    if (fault->is_refused)
        between_begin(&(struct relay_fault){.name = "nothing"});
    approve();
    if (fault->is_refused)
        between_begin(fault);
    come_back(fault);
    relay_status_must_be("pending");
    relay_code_status_begin(relay_here, &relay_code, 60, &desk);
    if (fault->is_refused)
        between_begin(&(struct relay_fault){.name = "nothing"});
    ck_assert_str_eq(relay_wait_end(&desk, SOON_MS), fault->expected.desk);
    ck_assert_int_eq(phone_follow(relay_phone, "Try again"), is_lost ? 410 : 200);
    if (!is_lost)
        succeed();
}

#define ONCE(what) .peer = {.at = PEER_STATUS, .times = 1, .act = what}
#define THEN(word) .expected = {word, 503, "Your bank or this service does not answer.", "status: "}

static const struct relay_fault slow_faults[] = {
    {.name = "status-refused-once",
     .broken = "nothing listens when the status is asked for, until the lease is over",
     .is_refused = 1,
     THEN("number 3")},
    {.name = "status-lost-once",
     .broken = "the answer is lost, and the next one has no identity",
     ONCE(PEER_RESET),
     THEN("failure")},
    {.name = "status-silent", .broken = "no answer at first", ONCE(PEER_SILENCE), THEN("failure")},
    {.name = "status-head-dribbles",
     .broken = "a byte of the headers now and then, at first",
     ONCE(PEER_DRIBBLE_HEAD),
     THEN("failure")},
    {.name = "status-body-dribbles",
     .broken = "a byte of the answer now and then, at first",
     ONCE(PEER_DRIBBLE_BODY),
     THEN("failure")},
};

const struct relay_fault_layer relay_layer_status_slow = {.name = "status",
                                                          .faults = slow_faults,
                                                          .n_faults = ARRAY_LENGTH(slow_faults),
                                                          .run = relay_fault_return_slow,
                                                          .peer = "acquirer",
                                                          .is_alone = 1};
