/* SPDX-License-Identifier: BSD-3-Clause */
/* The QR backend makes no code as it should: the desk gets none, and the next one that it asks for.
 * And calls of the QR backend that are not as they should be. */
#include "pam_idinqr/common/array.h"
#include "tests/faults/fault.h"
#include "tests/faults/relay_fault.h"
#include "tests/harness/raw_request.h"
#include "tests/harness/relay_caller.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define STRUCK(what)  .peer = {.at = PEER_GENERATE, .times = 1, .act = what}
#define ANSWERED(...) .peer = {.at = PEER_GENERATE, .times = 1, .answer = {__VA_ARGS__}}
#define SIGNED(how)   ANSWERED(.signing = how)
#define SAID(json)    ANSWERED(.body = json)
#define NO_CODE       .expected = {"HTTP 502", 0, NULL, "generate: "}
#define CODE          .expected = {"HTTP 200", 0, NULL, NULL}
#define QR_ID         "\"qr_id\":\"" PEER_QR_ID "\""
#define QR_URL        "\"qr_url\":\"https://127.0.0.1/1.png\""

static void
desk_must_get(const char *status)
{
    long got = relay_code_try(relay_here, 0, RELAY_LIFETIME_S, &relay_code);

    ck_assert_msg(strcmp(scratch_text("HTTP %ld", got), status) == 0, "HTTP %ld\n%s", got,
                  relay_server_log(relay_here));
}

static void
run(const struct relay_fault *fault)
{
    int before = relay_server_count(relay_here, "generate");

    desk_must_get(fault->expected.desk);
    ck_assert_int_le(relay_server_count(relay_here, "generate"), before + 1);
    if (fault->is_refused)
        between_begin(&(struct relay_fault){.name = "nothing"});
    desk_must_get("HTTP 200");
    relay_status_must_be("open");
}

/* The same id for two codes: no login may have another's. */
static void
run_again(const struct relay_fault *fault)
{
    desk_must_get("HTTP 200");
    desk_must_get(fault->expected.desk);
    relay_status_must_be("open");
}

static const struct relay_fault generate_faults[] = {
    {.name = "generate", .broken = "nothing", CODE},
    {.name = "generate-refused",
     .broken = "nothing listens at the QR backend's address",
     .is_refused = 1,
     NO_CODE},
    {.name = "generate-reset",
     .broken = "a reset in place of an answer",
     STRUCK(PEER_RESET),
     NO_CODE},
    {.name = "generate-closed",
     .broken = "an end in place of an answer",
     STRUCK(PEER_CLOSE),
     NO_CODE},
    {.name = "generate-truncated", .broken = "half of the answer", STRUCK(PEER_TRUNCATE), NO_CODE},
    {.name = "generate-huge", .broken = "100 MB", STRUCK(PEER_HUGE_BODY), NO_CODE},
    {.name = "generate-chunk-endless",
     .broken = "chunks without an end",
     STRUCK(PEER_CHUNK_ENDLESS),
     NO_CODE},
    {.name = "generate-401",
     .broken = "401: the merchant's token is not known",
     ANSWERED(.status = "401 Unauthorized", .body = "{}"),
     NO_CODE},
    {.name = "generate-429", .broken = "429", ANSWERED(.status = "429 Too Many Requests"), NO_CODE},
    {.name = "generate-500", .broken = "500", ANSWERED(.status = "500 Error"), NO_CODE},
    {.name = "generate-redirect",
     .broken = "307 to the same address",
     ANSWERED(.status = "307 Temporary Redirect",
              .headers = "Location: $URL/idin-qr/v1.1/generate\r\n"),
     NO_CODE},
    {.name = "generate-unsigned", .broken = "no hash", SIGNED(PEER_UNSIGNED), NO_CODE},
    {.name = "generate-hash-wrong",
     .broken = "one bit of the hash",
     SIGNED(PEER_SIGNED_WRONG),
     NO_CODE},
    {.name = "generate-hash-short",
     .broken = "a digit is missing",
     SIGNED(PEER_SIGNED_SHORT),
     NO_CODE},
    {.name = "generate-hash-twice",
     .broken = "the hash is there twice",
     SIGNED(PEER_SIGNED_TWICE),
     NO_CODE},
    {.name = "generate-hash-both",
     .broken = "a right and a wrong hash",
     SIGNED(PEER_SIGNED_BOTH),
     NO_CODE},
    {.name = "generate-hash-other-key",
     .broken = "the hash of another key",
     SIGNED(PEER_SIGNED_OTHER_KEY),
     NO_CODE},
    {.name = "generate-hash-other-body",
     .broken = "the hash of another answer",
     SIGNED(PEER_SIGNED_OTHER_BODY),
     NO_CODE},
    {.name = "generate-no-json", .broken = "no JSON", SAID("<html>"), NO_CODE},
    {.name = "generate-half-json", .broken = "JSON without an end", SAID("{" QR_ID), NO_CODE},
    {.name = "generate-array", .broken = "an array", SAID("[" QR_URL "]"), NO_CODE},
    {.name = "generate-no-id", .broken = "no qr_id", SAID("{" QR_URL "}"), NO_CODE},
    {.name = "generate-no-url", .broken = "no qr_url", SAID("{" QR_ID "}"), NO_CODE},
    {.name = "generate-id-number",
     .broken = "the qr_id is a number",
     SAID("{\"qr_id\":1," QR_URL "}"),
     NO_CODE},
    {.name = "generate-id-sql",
     .broken = "the qr_id is SQL of the same length",
     SAID("{\"qr_id\":\"'; DELETE FROM login WHERE 'a' = 'a'\"," QR_URL "}"),
     NO_CODE},
    {.name = "generate-id-twice",
     .broken = "two values of qr_id",
     SAID("{" QR_ID "," QR_ID "," QR_URL "}"),
     NO_CODE},
    {.name = "generate-url-without-tls",
     .broken = "the picture's address is one of http",
     SAID("{" QR_ID ",\"qr_url\":\"http://127.0.0.1/1.png\"}"),
     NO_CODE},
    {.name = "generate-url-long",
     .broken = "the picture's address has 1100 characters",
     SAID("{" QR_ID ",\"qr_url\":\"https://127.0.0.1/" THOUSAND("a") HUNDRED("a") "\"}"),
     NO_CODE},
    {.name = "generate-id-again",
     .broken = "the qr_id of a code that was made before",
     .peer = {.at = PEER_GENERATE, .times = 2, .answer = {.body = "{" QR_ID "," QR_URL "}"}},
     .run = run_again,
     .expected = {"HTTP 503", 0, NULL, "is in use"}},
};

static const char *const qr_backend[] = {"--qr-backend", NULL};

const struct relay_fault_layer relay_layer_generate = {
    .name = "generate",
    .faults = generate_faults,
    .n_faults = ARRAY_LENGTH(generate_faults),
    .run = run,
    .options = {.sandbox = qr_backend, .general = "codes_per_desk = 0\ncodes_in_all = 0"},
    .peer = "qr-backend"};

/* The relay waits 8 s. */
static const struct relay_fault slow_faults[] = {
    {.name = "generate-silent", .broken = "no answer", STRUCK(PEER_SILENCE), NO_CODE},
    {.name = "generate-dribbles",
     .broken = "a byte of the answer now and then",
     STRUCK(PEER_DRIBBLE_BODY),
     NO_CODE},
};

const struct relay_fault_layer relay_layer_generate_slow = {.name = "generate",
                                                            .faults = slow_faults,
                                                            .n_faults = ARRAY_LENGTH(slow_faults),
                                                            .run = run,
                                                            .options = {.sandbox = qr_backend},
                                                            .peer = "qr-backend",
                                                            .is_alone = 1};

/* --- calls: "PATH BODY". $ID is a code ----------------------------------------------------------
 */

#define TRANSACTION             "/idinqr/v1/transaction "
#define STATUS                  "/idinqr/v1/status "
#define BEGIN                   "{\"qr_id\":\"$ID\",\"issuer_id\":\"TSTNNL22\"}"
#define CALL(call, how)         .text = call, .hashes = how
#define NOT_BEGUN(status, word) .expected = {"open", status, word, NULL}
#define BAD_HASH                NOT_BEGUN(401, "\"signature\"")
#define BAD_FIELD               NOT_BEGUN(400, "\"request\"")

/* `how`: of the hash, r(ight), w(rong), e(mpty), s(hort) or u(pper case), at most two of them. */
static void
run_call(const struct relay_fault *fault)
{
    int before = relay_server_count(relay_here, "transaction");
    const char *body, *hashes[2] = {NULL, NULL};
    char *text, *answer;

    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &relay_code);
    text = raw_request_fill(fault->text, "$ID", relay_code.id);
    body = strchr(text, ' ') + 1;
    for (size_t i = 0; fault->hashes[i]; i++) {
        char hash[RELAY_CALLER_HASH_SIZE];
        relay_caller_hash(body, hash);
        if (fault->hashes[i] == 'w')
            hash[0] = hash[0] == '0' ? '1' : '0';
        if (fault->hashes[i] == 'e' || fault->hashes[i] == 's')
            hash[fault->hashes[i] == 'e' ? 0 : 62] = '\0';
        for (char *p = hash; fault->hashes[i] == 'u' && *p; p++)
            *p = (char)(*p >= 'a' ? *p - 'a' + 'A' : *p);
        hashes[i] = scratch_text("%s", hash);
    }
    answer = relay_caller_post(NULL, scratch_text("%.*s", (int)(body - text) - 1, text), body,
                               hashes[0], hashes[1]);
    ck_assert_msg(atol(answer) == fault->expected.status && strstr(answer, fault->expected.page),
                  "%s", answer);
    relay_status_must_be(fault->expected.desk);
    ck_assert_int_eq(relay_server_count(relay_here, "transaction") - before,
                     strcmp(fault->expected.desk, "pending") == 0);
}

static const struct relay_fault call_faults[] = {
    {.name = "call",
     .broken = "nothing",
     CALL(TRANSACTION BEGIN, "r"),
     .expected = {"pending", 200, "issuer_authentication_url", NULL}},
    {.name = "call-hash-upper",
     .broken = "nothing: the hash is in capitals",
     CALL(TRANSACTION BEGIN, "u"),
     .expected = {"pending", 200, "issuer_authentication_url", NULL}},
    {.name = "call-no-hash", .broken = "no hash", CALL(TRANSACTION BEGIN, ""), BAD_HASH},
    {.name = "call-hash-empty", .broken = "an empty hash", CALL(TRANSACTION BEGIN, "e"), BAD_HASH},
    {.name = "call-hash-wrong", .broken = "a wrong hash", CALL(TRANSACTION BEGIN, "w"), BAD_HASH},
    {.name = "call-hash-short",
     .broken = "half a byte less",
     CALL(TRANSACTION BEGIN, "s"),
     BAD_HASH},
    {.name = "call-hash-twice",
     .broken = "the hash is there twice",
     CALL(TRANSACTION BEGIN, "rr"),
     BAD_HASH},
    {.name = "call-hash-both",
     .broken = "a wrong hash, and a right one",
     CALL(TRANSACTION BEGIN, "wr"),
     BAD_HASH},
    {.name = "call-status-no-hash",
     .broken = "a question for the status without a hash",
     CALL(STATUS "{\"qr_id\":\"$ID\"}", ""),
     BAD_HASH},
    {.name = "call-no-json", .broken = "no JSON", CALL(TRANSACTION "qr_id=$ID", "r"), BAD_FIELD},
    {.name = "call-half-json",
     .broken = "cut off",
     CALL(TRANSACTION "{\"qr_id\":\"$ID", "r"),
     BAD_FIELD},
    {.name = "call-deep-json",
     .broken = "5000 arrays in one another",
     CALL(TRANSACTION DEEP, "r"),
     BAD_FIELD},
    {.name = "call-array", .broken = "an array", CALL(TRANSACTION "[" BEGIN "]", "r"), BAD_FIELD},
    {.name = "call-no-code",
     .broken = "no code",
     CALL(TRANSACTION "{\"issuer_id\":\"TSTNNL22\"}", "r"),
     BAD_FIELD},
    {.name = "call-no-bank",
     .broken = "no bank",
     CALL(TRANSACTION "{\"qr_id\":\"$ID\"}", "r"),
     BAD_FIELD},
    {.name = "call-code-number",
     .broken = "the code is a number",
     CALL(TRANSACTION "{\"qr_id\":1,\"issuer_id\":\"TSTNNL22\"}", "r"),
     BAD_FIELD},
    {.name = "call-code-long",
     .broken = "the code is too long",
     CALL(TRANSACTION "{\"qr_id\":\"$ID0\",\"issuer_id\":\"TSTNNL22\"}", "r"),
     BAD_FIELD},
    {.name = "call-code-unknown",
     .broken = "another code",
     CALL(TRANSACTION "{\"qr_id\":\"" PEER_QR_ID "\",\"issuer_id\":\"TSTNNL22\"}", "r"),
     NOT_BEGUN(404, "\"unknown\"")},
    {.name = "call-bank-lower",
     .broken = "the bank is no BIC",
     CALL(TRANSACTION "{\"qr_id\":\"$ID\",\"issuer_id\":\"tstnnl22\"}", "r"),
     BAD_FIELD},
    {.name = "call-bank-unknown",
     .broken = "a bank that the acquirer does not have",
     CALL(TRANSACTION "{\"qr_id\":\"$ID\",\"issuer_id\":\"EVILNL22\"}", "r"),
     NOT_BEGUN(502, "\"acquirer\"")},
    {.name = "call-bank-xml",
     .broken = "the bank is XML",
     CALL(TRANSACTION "{\"qr_id\":\"$ID\",\"issuer_id\":\"<a/>\"}", "r"),
     BAD_FIELD},
    {.name = "call-status-unknown",
     .broken = "a transaction that is not known",
     CALL(STATUS "{\"transaction_id\":\"0050000000000000\"}", "r"),
     NOT_BEGUN(404, "\"unknown\"")},
    {.name = "call-status-nothing",
     .broken = "a question about nothing",
     CALL(STATUS "{}", "r"),
     NOT_BEGUN(404, "\"unknown\"")},
    {.name = "call-large",
     .broken = "more than 16 KB",
     CALL(TRANSACTION BEGIN DEEP DEEP DEEP DEEP, "r"),
     NOT_BEGUN(413, "")},
    {.name = "call-elsewhere",
     .broken = "a path that is not there",
     CALL("/idinqr/v2/transaction " BEGIN, "r"),
     NOT_BEGUN(404, "")},
};

const struct relay_fault_layer relay_layer_call = {
    .name = "call",
    .faults = call_faults,
    .n_faults = ARRAY_LENGTH(call_faults),
    .run = run_call,
    .options = {.sandbox = qr_backend, .general = "codes_per_desk = 0\ncodes_in_all = 0"}};
