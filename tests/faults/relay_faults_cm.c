/* SPDX-License-Identifier: BSD-3-Clause */
/* CM.com in place of the acquirer. Its answers have no signature, so TLS and what an answer repeats
 * decide. HTTP status 400 and 403 are its refusals; any other one is trouble on the way. */
#include "pam_idinqr/common/array.h"
#include "tests/faults/fault.h"
#include "tests/faults/relay_fault.h"
#include "tests/harness/relay_caller.h"

#include <check.h>
#include <openssl/ssl.h>
#include <string.h>

#define OPTIONS                                                                                    \
    .options = {.general = "codes_per_desk = 0\ncodes_in_all = 0", .cm = ""}, .peer = "cm"

/* Nothing that CM.com said, of which an error may repeat a request. */
static void
log_must_not_leak(void)
{
    const char *log = relay_server_log(relay_here);

    ck_assert_msg(!strstr(log, "secret words") &&
                      !strstr(log, relay_caller_setting("[cm] merchant_token")),
                  "%s", log);
}

static void
end(void)
{
    relay_fault_return_end();
    log_must_not_leak();
}

/* --- a transaction ---------------------------------------------------------------------------- */

#define BEGINS_NOT(why)  .expected = {"open", 502, "Your bank or this service does not answer.", why}
#define STRUCK(what)     .peer = {.at = PEER_GENERATE, .times = 1, .act = what}
#define ANSWERED(...)    .peer = {.at = PEER_GENERATE, .times = 1, .answer = {__VA_ARGS__}}
#define EDITED(from, to) .peer = {.at = PEER_GENERATE, .times = 1}, .cut = from, .put = to

static const struct relay_fault transaction_faults[] = {
    {.name = "cm", .broken = "nothing", .expected = {"pending", 200, "Continue", NULL}},
    {.name = "cm-chunks",
     .broken = "nothing: the answer comes in chunks of a byte",
     STRUCK(PEER_CHUNKS),
     .expected = {"pending", 200, "Continue", NULL}},
    {.name = "cm-no-type",
     .broken = "no Content-Type",
     ANSWERED(.content_type = ""),
     .expected = {"pending", 200, "Continue", NULL}},
    {.name = "cm-refused",
     .broken = "nothing listens at CM.com's address",
     .is_refused = 1,
     .run = relay_fault_start_unasked,
     BEGINS_NOT("transaction: ")},
    {.name = "cm-reset",
     .broken = "a reset in place of an answer, when the transaction has begun",
     STRUCK(PEER_RESET),
     BEGINS_NOT("transaction: ")},
    {.name = "cm-truncated",
     .broken = "half of the answer, and an orderly end",
     STRUCK(PEER_TRUNCATE),
     BEGINS_NOT("transaction: ")},
    {.name = "cm-short-length",
     .broken = "the length leaves out the last byte",
     STRUCK(PEER_SHORT_LENGTH),
     BEGINS_NOT("transaction_id is not 16 digits")},
    {.name = "cm-huge",
     .broken = "100 MB",
     STRUCK(PEER_HUGE_BODY),
     BEGINS_NOT("Failure writing output to destination")},
    {.name = "cm-400",
     .broken = "400, with a message that the log must not repeat",
     ANSWERED(.status = "400 Bad Request", .body = "{\"message\":\"secret words\"}"),
     BEGINS_NOT("HTTP status 400")},
    {.name = "cm-403",
     .broken = "403: the token is not known",
     ANSWERED(.status = "403 Forbidden", .body = "{\"message\":\"secret words\"}"),
     BEGINS_NOT("HTTP status 403")},
    {.name = "cm-500",
     .broken = "500",
     ANSWERED(.status = "500 Error", .body = "{\"message\":\"secret words\"}"),
     BEGINS_NOT("HTTP status 500")},
    {.name = "cm-503",
     .broken = "503",
     ANSWERED(.status = "503 Service Unavailable"),
     BEGINS_NOT("HTTP status 503")},
    {.name = "cm-redirect",
     .broken = "307 to the same address, where an answer would come",
     ANSWERED(.status = "307 Temporary Redirect",
              .headers = "Location: $URL/idin/v1.0/transaction\r\n"),
     BEGINS_NOT("HTTP status 307")},
    {.name = "cm-html",
     .broken = "a page of a proxy, with 200",
     ANSWERED(.body = "<html><body>Welcome to the hotel</body></html>",
              .content_type = "text/html"),
     BEGINS_NOT("transaction_id is not 16 digits")},
    {.name = "cm-array",
     .broken = "a list in place of an object",
     ANSWERED(.body = "[]"),
     BEGINS_NOT("transaction_id is not 16 digits")},
    {.name = "cm-deep",
     .broken = "a thousand lists in one another",
     ANSWERED(.body = THOUSAND("[")),
     BEGINS_NOT("transaction_id is not 16 digits")},
    {.name = "cm-error-with-200",
     .broken = "a message, with 200",
     ANSWERED(.body = "{\"message\":\"secret words\"}"),
     BEGINS_NOT("transaction_id is not 16 digits")},
    {.name = "cm-other-id",
     .broken = "a transaction_id of another form",
     EDITED("\"transaction_id\":\"0", "\"transaction_id\":\"x"),
     BEGINS_NOT("transaction_id is not 16 digits")},
    {.name = "cm-no-reference",
     .broken = "no merchant_reference",
     EDITED("\"merchant_reference\"", "\"merchantReference\""),
     BEGINS_NOT("merchant_reference is missing")},
    {.name = "cm-url-without-tls",
     .broken = "the bank's page is one of http",
     EDITED("_url\":\"https:", "_url\":\"http:"),
     BEGINS_NOT("is not an https URL")},
    {.name = "cm-url-script",
     .broken = "the bank's page is a script",
     EDITED("_url\":\"https:", "_url\":\"javascript:"),
     BEGINS_NOT("is not an https URL")},
    {.name = "cm-url-twice",
     .broken = "two addresses of the bank's page",
     EDITED(
         "\"issuer_authentication_url\"",
         "\"issuer_authentication_url\":\"https://evil.example/\",\"issuer_authentication_url\""),
     BEGINS_NOT("transaction_id is not 16 digits")},
};

const struct relay_fault_layer relay_layer_cm_transaction = {.name = "cm transaction",
                                                             .faults = transaction_faults,
                                                             .n_faults =
                                                                 ARRAY_LENGTH(transaction_faults),
                                                             .run = relay_fault_start,
                                                             .end = log_must_not_leak,
                                                             OPTIONS};

/* --- TLS, which is all that protects an answer ------------------------------------------------ */

static const struct relay_fault tls_faults[] = {
    {.name = "cm-certificate-expired",
     .broken = "the certificate expired yesterday",
     .peer = {.certificate = PEER_CERTIFICATE_EXPIRED},
     BEGINS_NOT("transaction: ")},
    {.name = "cm-certificate-self-signed",
     .broken = "the certificate signed itself",
     .peer = {.certificate = PEER_CERTIFICATE_SELF_SIGNED},
     BEGINS_NOT("transaction: ")},
    {.name = "cm-certificate-other-ca",
     .broken = "a CA of the same name, with another key, signed the certificate",
     .peer = {.certificate = PEER_CERTIFICATE_OTHER_CA},
     BEGINS_NOT("transaction: ")},
    {.name = "cm-certificate-other-host",
     .broken = "the certificate is for another host",
     .peer = {.certificate = PEER_CERTIFICATE_OTHER_HOST},
     BEGINS_NOT("transaction: ")},
    {.name = "cm-tls-1.1",
     .broken = "CM.com speaks TLS 1.1 alone",
     .peer = {.tls_version = TLS1_1_VERSION},
     BEGINS_NOT("transaction: ")},
};

const struct relay_fault_layer relay_layer_cm_tls = {.name = "cm tls",
                                                     .faults = tls_faults,
                                                     .n_faults = ARRAY_LENGTH(tls_faults),
                                                     .run = relay_fault_start_unasked,
                                                     OPTIONS};

/* --- the status ------------------------------------------------------------------------------- */

#undef STRUCK
#undef ANSWERED
#undef EDITED
#define STRUCK(what)     .peer = {.at = PEER_STATUS, .act = what}
#define ANSWERED(...)    .peer = {.at = PEER_STATUS, .answer = {__VA_ARGS__}}
#define EDITED(from, to) .peer = {.at = PEER_STATUS}, .cut = from, .put = to
#define OPENS            .expected = {"number 3", 200, "Type this number", NULL}
#define FAILS(why)       .expected = {"failure", 410, "Your bank could not complete this", why}
#define WAITS            .expected = {"pending", 503, "Your bank or this service does not answer.", "status: "}

static const struct relay_fault status_faults[] = {
    {.name = "cm-status", .broken = "nothing", OPENS},
    {.name = "cm-status-more",
     .broken = "nothing: parts of a person that no one asked for",
     EDITED("\"bin\"", "\"name\":{\"last_name\":\"Dijk\"},\"bin\""),
     OPENS},
    {.name = "cm-status-400",
     .broken = "400: the transaction is not known",
     ANSWERED(.status = "400 Bad Request", .body = "{\"message\":\"secret words\"}"),
     FAILS("status: the backend is unreachable: HTTP status 400")},
    {.name = "cm-status-403",
     .broken = "403: the token is not known",
     ANSWERED(.status = "403 Forbidden", .body = "{\"message\":\"secret words\"}"),
     FAILS("status: the backend is unreachable: HTTP status 403")},
    {.name = "cm-status-400-with-identity",
     .broken = "400, with the answer of a success",
     ANSWERED(.status = "400 Bad Request"),
     FAILS("HTTP status 400")},
    {.name = "cm-status-short-length",
     .broken = "the length leaves out the last byte",
     STRUCK(PEER_SHORT_LENGTH),
     FAILS("no status of the documentation")},
    {.name = "cm-status-html",
     .broken = "a page of a proxy, with 200",
     ANSWERED(.body = "<html><body>Welcome to the hotel</body></html>",
              .content_type = "text/html"),
     FAILS("no status of the documentation")},
    {.name = "cm-status-message",
     .broken = "a message, with 200",
     ANSWERED(.body = "{\"message\":\"secret words\"}"),
     FAILS("no status of the documentation")},
    {.name = "cm-status-other-id",
     .broken = "the answer is about another transaction",
     EDITED("\"transaction_id\":\"0050", "\"transaction_id\":\"0051"),
     FAILS("about another transaction")},
    {.name = "cm-status-no-id",
     .broken = "the answer is about no transaction",
     EDITED("\"transaction_id\"", "\"transactionID\""),
     FAILS("about another transaction")},
    {.name = "cm-status-other-bank",
     .broken = "the answer of another bank",
     EDITED("\"issuer_id\":\"TST", "\"issuer_id\":\"EVL"),
     FAILS("about another bank")},
    {.name = "cm-status-no-bank",
     .broken = "the answer of no bank",
     EDITED("\"issuer_id\"", "\"issuerID\""),
     FAILS("about another bank")},
    {.name = "cm-status-cancelled-with-identity",
     .broken = "the status is cancelled, and there is an identity all the same",
     EDITED("\"success\"", "\"cancelled\""),
     FAILS("do not agree")},
    {.name = "cm-status-unknown-word",
     .broken = "a status that CM.com does not document",
     EDITED("\"success\"", "\"accepted\""),
     FAILS("no status of the documentation")},
    {.name = "cm-status-twice",
     .broken = "two statuses",
     EDITED("\"bin\"", "\"status\":\"success\",\"bin\""),
     FAILS("no status of the documentation")},
    {.name = "cm-status-two-identities",
     .broken = "two identities",
     EDITED("\"bin\"", "\"bin\":\"NLother\",\"bin\""),
     FAILS("no status of the documentation")},
    {.name = "cm-status-late",
     .broken = "a success with a notice, and without the identity",
     EDITED("\"bin\"", "\"notice_code\":\"E1\",\"notice\""),
     FAILS(NULL)},
    {.name = "cm-status-transient",
     .broken = "an identity for one visit",
     EDITED("\"bin\":\"", "\"bin\":\"TRANS"),
     FAILS("is not an identity that stays the same")},
    {.name = "cm-status-bin-number",
     .broken = "an identity that is a number",
     EDITED("\"bin\":\"", "\"bin\":1,\"bon\":\""),
     FAILS("is not an identity that stays the same")},
};

const struct relay_fault_layer relay_layer_cm_status = {.name = "cm status",
                                                        .faults = status_faults,
                                                        .n_faults = ARRAY_LENGTH(status_faults),
                                                        .run = relay_fault_return,
                                                        .end = end,
                                                        OPTIONS};

static const struct relay_fault lost_faults[] = {
    {.name = "cm-status-refused",
     .broken = "nothing listens when the status is asked for",
     .is_refused = 1,
     WAITS},
    {.name = "cm-status-reset",
     .broken = "a reset in place of an answer",
     STRUCK(PEER_RESET),
     WAITS},
    {.name = "cm-status-truncated",
     .broken = "half of the answer, and an orderly end",
     STRUCK(PEER_TRUNCATE),
     WAITS},
    {.name = "cm-status-huge", .broken = "100 MB", STRUCK(PEER_HUGE_BODY), WAITS},
    {.name = "cm-status-401",
     .broken = "401, which a proxy may say",
     ANSWERED(.status = "401 Unauthorized"),
     WAITS},
    {.name = "cm-status-404",
     .broken = "404, which a proxy may say",
     ANSWERED(.status = "404 Not Found"),
     WAITS},
    {.name = "cm-status-500", .broken = "500", ANSWERED(.status = "500 Error"), WAITS},
    {.name = "cm-status-503",
     .broken = "503",
     ANSWERED(.status = "503 Service Unavailable"),
     WAITS},
    {.name = "cm-status-redirect",
     .broken = "307 to the same address, where an answer would come",
     ANSWERED(.status = "307 Temporary Redirect", .headers = "Location: $URL/idin/v1.0/status\r\n"),
     WAITS},
};

const struct relay_fault_layer relay_layer_cm_status_lost = {.name = "cm status-lost",
                                                             .faults = lost_faults,
                                                             .n_faults = ARRAY_LENGTH(lost_faults),
                                                             .run = relay_fault_return,
                                                             .end = end,
                                                             OPTIONS};

#define THEN(word) .expected = {word, 503, "Your bank or this service does not answer.", "status: "}

static const struct relay_fault slow_faults[] = {
    {.name = "cm-status-refused-once",
     .broken = "nothing listens when the status is asked for, until the lease is over",
     .is_refused = 1,
     THEN("number 3")},
    {.name = "cm-status-lost-once",
     .broken = "the answer is lost, and the next one has a notice and no identity",
     .peer = {.at = PEER_STATUS, .times = 1, .act = PEER_RESET},
     THEN("failure")},
};

const struct relay_fault_layer relay_layer_cm_status_slow = {.name = "cm status",
                                                             .faults = slow_faults,
                                                             .n_faults = ARRAY_LENGTH(slow_faults),
                                                             .run = relay_fault_return_slow,
                                                             .is_alone = 1,
                                                             OPTIONS};
