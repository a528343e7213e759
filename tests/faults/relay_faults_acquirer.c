/* SPDX-License-Identifier: BSD-3-Clause */
/* The acquirer does not start a transaction as it should. Nothing was begun for the person, who can
 * try again; each try reached the acquirer once at most, as it costs money. */
#include "pam_idinqr/common/array.h"
#include "tests/faults/fault.h"
#include "tests/faults/relay_fault.h"

#include <check.h>

#define NO_ANSWER .expected = {"open", 502, "Your bank or this service does not answer.", NULL}
/* libcurl's words, when the relay has had enough. */
#define TOO_LARGE                                                                                  \
    .expected = {"open", 502, "Your bank or this service does not answer.",                        \
                 "Failure writing output to destination"}
#define STRUCK(what)  .peer = {.at = PEER_GENERATE, .times = 1, .act = what}
#define ANSWERED(...) .peer = {.at = PEER_GENERATE, .times = 1, .answer = {__VA_ARGS__}}

/* From a code to the banks. Presses, and returns what the acquirer was asked by that. */
static int
press(const struct relay_fault *fault)
{
    int before = relay_server_count(relay_here, "transaction");

    relay_phone_to_banks(relay_phone, &relay_code);
    ck_assert_msg(phone_press(relay_phone, NULL) == fault->expected.status, "%ld %s\n%s",
                  phone_status(relay_phone), phone_text(relay_phone), relay_server_log(relay_here));
    relay_page_must_say(fault->expected.page);
    return relay_server_count(relay_here, "transaction") - before;
}

static void
finish(void)
{
    char number[7];

    ck_assert_int_eq(phone_follow(relay_phone, "Continue"), 200);
    relay_phone_at_bank(relay_phone, "anna", "approve");
    ck_assert_int_eq(relay_phone_return(relay_phone), 200);
    ck_assert_int_eq(phone_number(relay_phone, number), 0);
    relay_must_succeed(number);
    relay_status_must_be("expired"); /* it is taken */
}

/* `n_most`: how often the acquirer may have been asked. */
static void
run_with(const struct relay_fault *fault, int n_most)
{
    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &relay_code);
    ck_assert_int_le(press(fault), n_most);
    relay_status_must_be(fault->expected.desk);
    if (fault->expected.status != 200) {
        if (fault->is_refused || fault->peer.certificate || fault->peer.tls_version)
            between_begin(&(struct relay_fault){.name = "nothing"});
        ck_assert_int_eq(phone_follow(relay_phone, "Try again"), 200);
        ck_assert_int_eq(press(&(struct relay_fault){.expected = {NULL, 200, "Continue", NULL}}),
                         1);
    }
    finish();
}

void
relay_fault_start(const struct relay_fault *fault)
{
    run_with(fault, 1);
}

/* Not even a connection. */
void
relay_fault_start_unasked(const struct relay_fault *fault)
{
    run_with(fault, 0);
}

/* On a connection that was kept from the transaction before. libcurl would ask again. */
static void
run_kept(const struct relay_fault *fault)
{
    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &relay_code);
    ck_assert_int_eq(press(&(struct relay_fault){.expected = {NULL, 200, "Continue", NULL}}), 1);
    run_with(fault, 1);
}

static const struct relay_fault faults[] = {
    {.name = "acquirer", .broken = "nothing", .expected = {"pending", 200, "Continue", NULL}},
    {.name = "acquirer-refused",
     .broken = "nothing listens at the acquirer's address",
     .is_refused = 1,
     .run = relay_fault_start_unasked,
     NO_ANSWER},
    {.name = "acquirer-connect-reset",
     .broken = "the connection is reset at once",
     .peer = {.at = PEER_CONNECT, .times = 1, .act = PEER_RESET},
     .run = relay_fault_start_unasked,
     NO_ANSWER},
    {.name = "acquirer-connect-closed",
     .broken = "the connection is closed at once",
     .peer = {.at = PEER_CONNECT, .times = 1, .act = PEER_CLOSE},
     .run = relay_fault_start_unasked,
     NO_ANSWER},
    {.name = "acquirer-hello-reset",
     .broken = "a reset after the first words of TLS",
     .peer = {.at = PEER_HELLO, .times = 1, .act = PEER_RESET},
     .run = relay_fault_start_unasked,
     NO_ANSWER},
    {.name = "acquirer-no-tls",
     .broken = "another protocol answers the first words of TLS",
     .peer = {.at = PEER_HELLO, .times = 1, .act = PEER_ANSWER},
     .run = relay_fault_start_unasked,
     NO_ANSWER},
    {.name = "acquirer-reset",
     .broken = "a reset in place of an answer, when the transaction has begun",
     STRUCK(PEER_RESET),
     NO_ANSWER},
    {.name = "acquirer-closed",
     .broken = "an orderly end in place of an answer",
     STRUCK(PEER_CLOSE),
     NO_ANSWER},
    {.name = "acquirer-kept-reset",
     .broken = "a reset in place of an answer, on a connection that was kept",
     .peer = {.at = PEER_GENERATE, .skips = 1, .times = 1, .act = PEER_RESET},
     .run = run_kept,
     NO_ANSWER},
    {.name = "acquirer-kept-closed",
     .broken = "an end in place of an answer, on a connection that was kept",
     .peer = {.at = PEER_GENERATE, .skips = 1, .times = 1, .act = PEER_CLOSE},
     .run = run_kept,
     NO_ANSWER},
    {.name = "acquirer-head-reset",
     .broken = "a reset after half of the headers",
     STRUCK(PEER_RESET_IN_HEAD),
     NO_ANSWER},
    {.name = "acquirer-body-reset",
     .broken = "a reset after half of the answer",
     STRUCK(PEER_RESET_IN_BODY),
     NO_ANSWER},
    {.name = "acquirer-truncated",
     .broken = "half of the answer, and an orderly end",
     STRUCK(PEER_TRUNCATE),
     NO_ANSWER},
    {.name = "acquirer-short-length",
     .broken = "the length leaves out the last byte",
     STRUCK(PEER_SHORT_LENGTH),
     NO_ANSWER},
    {.name = "acquirer-chunks",
     .broken = "nothing: the answer comes in chunks of a byte",
     STRUCK(PEER_CHUNKS),
     .expected = {"pending", 200, "Continue", NULL}},
    {.name = "acquirer-chunk-garbage",
     .broken = "a chunk without a size",
     STRUCK(PEER_CHUNK_GARBAGE),
     NO_ANSWER},
    {.name = "acquirer-chunk-endless",
     .broken = "chunks without an end",
     STRUCK(PEER_CHUNK_ENDLESS),
     TOO_LARGE},
    {.name = "acquirer-huge", .broken = "100 MB", STRUCK(PEER_HUGE_BODY), TOO_LARGE},
    {.name = "acquirer-headers-endless",
     .broken = "headers without an end",
     STRUCK(PEER_HEADERS_ENDLESS),
     NO_ANSWER},
    {.name = "acquirer-twice",
     .broken = "two answers to one question: the second is not read",
     STRUCK(PEER_ANSWER_TWICE),
     .expected = {"pending", 200, "Continue", NULL}},
    {.name = "acquirer-no-type",
     .broken = "no Content-Type: the signature decides",
     ANSWERED(.content_type = ""),
     .expected = {"pending", 200, "Continue", NULL}},
    {.name = "acquirer-400", .broken = "400", ANSWERED(.status = "400 Bad Request"), NO_ANSWER},
    {.name = "acquirer-404", .broken = "404", ANSWERED(.status = "404 Not Found"), NO_ANSWER},
    {.name = "acquirer-500", .broken = "500", ANSWERED(.status = "500 Error"), NO_ANSWER},
    {.name = "acquirer-503",
     .broken = "503, with a time to come back",
     ANSWERED(.status = "503 Service Unavailable", .headers = "Retry-After: 1\r\n"),
     NO_ANSWER},
    {.name = "acquirer-redirect",
     .broken = "302 to another host",
     ANSWERED(.status = "302 Found", .headers = "Location: https://evil.example/\r\n"),
     NO_ANSWER},
    {.name = "acquirer-redirect-here",
     .broken = "307 to the same address, where an answer would come",
     ANSWERED(.status = "307 Temporary Redirect",
              .headers = "Location: $URL/acquirer/transaction\r\n"),
     NO_ANSWER},
    {.name = "acquirer-empty",
     .broken = "a body of a blank",
     ANSWERED(.body = " ", .body_size = 1),
     NO_ANSWER},
    {.name = "acquirer-html",
     .broken = "a page of a proxy, with 200",
     ANSWERED(.body = "<html><body>Welcome to the hotel</body></html>",
              .content_type = "text/html"),
     NO_ANSWER},
    {.name = "acquirer-half-xml",
     .broken = "XML without an end",
     ANSWERED(.body = "<AcquirerTrxRes><Issuer>"),
     NO_ANSWER},
    {.name = "acquirer-deep-xml",
     .broken = "a thousand elements in one another",
     ANSWERED(.body = THOUSAND("<a>")),
     NO_ANSWER},
};

const struct relay_fault_layer relay_layer_transaction = {
    .name = "transaction",
    .faults = faults,
    .n_faults = ARRAY_LENGTH(faults),
    .run = relay_fault_start,
    .options = {.general = "codes_per_desk = 0\ncodes_in_all = 0"},
    .peer = "acquirer"};

/* The relay waits 10 s. */
static const struct relay_fault slow_faults[] = {
    {.name = "acquirer-silent",
     .broken = "no answer, when the transaction has begun",
     STRUCK(PEER_SILENCE),
     NO_ANSWER},
    {.name = "acquirer-connect-silent",
     .broken = "a connection, and then nothing",
     .peer = {.at = PEER_CONNECT, .times = 1, .act = PEER_SILENCE},
     .run = relay_fault_start_unasked,
     NO_ANSWER},
    {.name = "acquirer-head-dribbles",
     .broken = "a byte of the headers now and then",
     STRUCK(PEER_DRIBBLE_HEAD),
     NO_ANSWER},
    {.name = "acquirer-body-dribbles",
     .broken = "a byte of the answer now and then",
     STRUCK(PEER_DRIBBLE_BODY),
     NO_ANSWER},
    {.name = "acquirer-continue-endless",
     .broken = "100 Continue, over and over",
     STRUCK(PEER_CONTINUE_ENDLESS),
     NO_ANSWER},
};

const struct relay_fault_layer relay_layer_transaction_slow = {.name = "transaction",
                                                               .faults = slow_faults,
                                                               .n_faults =
                                                                   ARRAY_LENGTH(slow_faults),
                                                               .run = relay_fault_start,
                                                               .peer = "acquirer",
                                                               .is_alone = 1};

static const struct relay_fault tls_faults[] = {
    {.name = "acquirer-certificate",
     .broken = "nothing: a certificate of the CA that the relay trusts",
     .peer = {.tls_version = TLS1_3_VERSION},
     .expected = {"pending", 200, "Continue", NULL}},
    {.name = "acquirer-certificate-expired",
     .broken = "the certificate expired yesterday",
     .peer = {.certificate = PEER_CERTIFICATE_EXPIRED},
     NO_ANSWER},
    {.name = "acquirer-certificate-not-yet",
     .broken = "the certificate is valid from tomorrow on",
     .peer = {.certificate = PEER_CERTIFICATE_NOT_YET},
     NO_ANSWER},
    {.name = "acquirer-certificate-self-signed",
     .broken = "the certificate signed itself",
     .peer = {.certificate = PEER_CERTIFICATE_SELF_SIGNED},
     NO_ANSWER},
    {.name = "acquirer-certificate-other-ca",
     .broken = "a CA of the same name, with another key, signed the certificate",
     .peer = {.certificate = PEER_CERTIFICATE_OTHER_CA},
     NO_ANSWER},
    {.name = "acquirer-certificate-other-host",
     .broken = "the certificate is for another host",
     .peer = {.certificate = PEER_CERTIFICATE_OTHER_HOST},
     NO_ANSWER},
    {.name = "acquirer-certificate-client",
     .broken = "the certificate is for clients only",
     .peer = {.certificate = PEER_CERTIFICATE_CLIENT},
     NO_ANSWER},
    {.name = "acquirer-tls-1.1",
     .broken = "the acquirer speaks TLS 1.1 alone",
     .peer = {.tls_version = TLS1_1_VERSION},
     NO_ANSWER},
};

static void
run_tls(const struct relay_fault *fault)
{
    run_with(fault, fault->expected.status == 200 ? 1 : 0);
}

const struct relay_fault_layer relay_layer_tls = {
    .name = "acquirer's tls",
    .faults = tls_faults,
    .n_faults = ARRAY_LENGTH(tls_faults),
    .run = run_tls,
    .options = {.general = "codes_per_desk = 0\ncodes_in_all = 0"},
    .peer = "acquirer"};

/* Answers that come well, and say something else. */
#define EDITED(from, to) .peer = {.at = PEER_GENERATE, .times = 1}, .cut = from, .put = to
#define ERROR(code)                                                                                \
    .peer = {.at = PEER_GENERATE, .times = 1}, .error = code,                                      \
    .expected = {"open", 502, "The bank says no.", code}

static const struct relay_fault answer_faults[] = {
    {.name = "answer-signed-otherwise",
     .broken = "nothing: the acquirer's next key signed",
     EDITED("0050", "0050"),
     .expected = {"pending", 200, "Continue", NULL}},
    {.name = "answer-unsigned",
     .broken = "no signature",
     EDITED("0050", "0050"),
     .is_unsigned = 1,
     NO_ANSWER},
    {.name = "answer-of-a-stranger",
     .broken = "a key signed that the relay does not know",
     EDITED("0050", "0050"),
     .is_signed_otherwise = 1,
     NO_ANSWER},
    {.name = "answer-other-acquirer",
     .broken = "the acquirerID of another acquirer",
     EDITED("<acquirerID>0050", "<acquirerID>0051"),
     NO_ANSWER},
    {.name = "answer-other-id",
     .broken = "a transactionID that another acquirer gives out",
     EDITED("<transactionID>0050", "<transactionID>0051"),
     NO_ANSWER},
    {.name = "answer-no-id",
     .broken = "no transactionID",
     EDITED("<transactionID>0050", "<transactionID>"),
     NO_ANSWER},
    {.name = "answer-url-without-tls",
     .broken = "the bank's page is one of http",
     EDITED("URL>https:", "URL>http:"),
     NO_ANSWER},
    {.name = "answer-url-script",
     .broken = "the bank's page is a script",
     EDITED("URL>https:", "URL>javascript:"),
     NO_ANSWER},
    {.name = "answer-other-version",
     .broken = "another version of the protocol",
     EDITED("version=\"1.0.0\"", "version=\"2.0.0\""),
     NO_ANSWER},
    {.name = "answer-other-product",
     .broken = "a message of another product",
     EDITED("NL:BVN:BankID:1.0", "NL:BVN:iDEAL:1.0"),
     NO_ANSWER},
    {.name = "error-IX1100", .broken = "an error: the XML is invalid", ERROR("IX1100")},
    {.name = "error-IX1600", .broken = "an error: a value is invalid", ERROR("IX1600")},
    {.name = "error-SO1000", .broken = "an error: a system fails", ERROR("SO1000")},
    {.name = "error-SO1100", .broken = "an error: the bank is not available", ERROR("SO1100")},
    {.name = "error-SO1200", .broken = "an error: the acquirer is busy", ERROR("SO1200")},
    {.name = "error-SO1400", .broken = "an error: maintenance", ERROR("SO1400")},
    {.name = "error-SE2000", .broken = "an error: authentication", ERROR("SE2000")},
    {.name = "error-SE2700", .broken = "an error: the signature", ERROR("SE2700")},
    {.name = "error-BR1200", .broken = "an error: the version", ERROR("BR1200")},
    {.name = "error-AP1100", .broken = "an error: the merchant is unknown", ERROR("AP1100")},
    {.name = "error-AP1200", .broken = "an error: the bank is unknown", ERROR("AP1200")},
    {.name = "error-AP2600", .broken = "an error: the transaction is unknown", ERROR("AP2600")},
    {.name = "error-unknown", .broken = "an error that no one knows", ERROR("ZZ9999")},
    {.name = "error-code-garbage",
     .broken = "an error with a wrong code: its words are not shown",
     .peer = {.at = PEER_GENERATE, .times = 1},
     .error = "E1",
     NO_ANSWER},
    {.name = "error-unsigned",
     .broken = "an error that no one signed: its words are not shown",
     .peer = {.at = PEER_GENERATE, .times = 1},
     .error = "SO1100",
     .is_unsigned = 1,
     NO_ANSWER},
};

const struct relay_fault_layer relay_layer_answer = {
    .name = "answer",
    .faults = answer_faults,
    .n_faults = ARRAY_LENGTH(answer_faults),
    .run = relay_fault_start,
    .options = {.general = "codes_per_desk = 0\ncodes_in_all = 0"},
    .peer = "acquirer"};
