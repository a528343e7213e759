/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests that no browser makes, or that come at the wrong time. The login is as it was, and the
 * transactions at the acquirer are as many as they were. */
#include "pam_idinqr/common/array.h"
#include "tests/faults/fault.h"
#include "tests/faults/relay_fault.h"
#include "tests/harness/raw_request.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOON_MS    20000
#define LATE_MS    40000 /* less than a connection may be idle */
#define AT_ONCE_MS 5000  /* less than a request may take */
#define NEVER_MS   300   /* for an answer that must not come */

/* In a text, $PATH is the login's, $TRX and $EC are those of a return, $SIZE is that of the body.
 */
#define HEAD(method, path, more)                                                                   \
    method " " path " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" more
#define GET(path) .text = HEAD("GET", path, "\r\n")
#define POST(path, body)                                                                           \
    .text = HEAD("POST", path,                                                                     \
                 "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "             \
                 "$SIZE\r\n\r\n") body
#define DESK(path, body)                                                                           \
    .text =                                                                                        \
        HEAD("POST", path, "Content-Type: application/json\r\nContent-Length: $SIZE\r\n\r\n") body
#define ANSWERS(status, page)   .expected = {"open", status, page, NULL}
#define AT_NUMBER(status, page) .expected = {"number 3", status, page, NULL}
#define UNKNOWN                 "This page does not exist"

/* Puts what the login has into the row's text. Kept. */
static char *
fill(const struct relay_fault *fault)
{
    char *text = scratch_text("%s", fault->text), size[24];
    const char *url = phone_url(relay_phone), *trx = strstr(url, "trxid="),
               *ec = strstr(url, "ec=");
    const char *body;

    text = raw_request_fill(text, "$PATH", strstr(relay_code.link, "/L/"));
    if (strstr(text, "$TRX") || strstr(text, "$EC")) {
        ck_assert(trx && ec);
        text = raw_request_fill(text, "$TRX", scratch_text("%.16s", trx + 6));
        text =
            raw_request_fill(text, "$EC", scratch_text("%.*s", (int)strcspn(ec + 3, "&"), ec + 3));
    }
    body = strstr(text, "\r\n\r\n");
    snprintf(size, sizeof size, "%zu", body ? strlen(body + 4) : 0);
    return raw_request_fill(text, "$SIZE", size);
}

static void
must_answer(const struct relay_fault *fault, const char *answer)
{
    const char *status = strchr(answer, ' ');

    ck_assert_msg((fault->expected.status == 0 && !*answer) ||
                      (status && atol(status) == fault->expected.status &&
                       strstr(answer, fault->expected.page)),
                  "not %ld with %s: %s", fault->expected.status, fault->expected.page, answer);
    ck_assert_msg(!strstr(answer, "evil"), "the page repeats it: %s", answer);
}

static void
begin(const struct relay_fault *fault)
{
    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &relay_code);
    if (strncmp(fault->expected.desk, "number", 6) == 0)
        relay_phone_approve(relay_phone, &relay_code, NULL);
    else
        relay_phone_to_banks(relay_phone, &relay_code);
}

static void
run(const struct relay_fault *fault)
{
    int before;

    begin(fault);
    before = relay_server_count(relay_here, "transaction");
    must_answer(fault, raw_request_end(raw_request_begin(fill(fault)), SOON_MS));
    relay_status_must_be(fault->expected.desk);
    ck_assert_int_eq(relay_server_count(relay_here, "transaction"), before);
}

/* A request that does not go on: no answer comes, and the relay has time for others. */
static void
run_stalled(const struct relay_fault *fault)
{
    struct raw_request *stalled;

    begin(fault);
    stalled = raw_request_begin(fill(fault));
    relay_phone_to_banks(relay_phone, &relay_code);
    must_answer(fault, raw_request_end(stalled, NEVER_MS));
    relay_status_must_be(fault->expected.desk);
}

/* Never idle, and never whole. Meanwhile a client that keeps its connection, and a desk that waits,
 * are left alone. */
static void
run_trickle(const struct relay_fault *fault)
{
    const char *path, *page;
    struct raw_request *kept, *late;
    struct relay_wait desk;
    struct pollfd answer = {.events = POLLIN};

    begin(fault);
    relay_status_must_be(fault->expected.desk);
    path = strstr(relay_code.link, "/L/");
    kept = raw_request_begin(scratch_text("GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path));
    ck_assert(raw_request_is_answered(kept)); /* it has begun to wait before the late one */
    relay_code_status_begin(relay_here, &relay_code, 60, &desk);
    late = raw_request_begin(fill(fault));
    ck_assert_msg(raw_request_trickle(late, 'a', LATE_MS), "the connection lives on");
    raw_request_cut(late);
    answer.fd = desk.fd;
    ck_assert_int_eq(poll(&answer, 1, 0), 0);
    ck_assert(raw_request_send(kept, scratch_text(HEAD("GET", "%s", "\r\n"), path)));
    page = raw_request_end(kept, SOON_MS);
    ck_assert_msg(strstr(page, "HTTP/1.1 200") &&
                      strstr(strstr(page, "HTTP/1.1 200") + 1, "HTTP/1.1 200"),
                  "%s", page);
    relay_phone_to_bank(relay_phone, &relay_code);
    ck_assert_str_eq(relay_wait_end(&desk, SOON_MS), "pending");
}

/* Closed without an answer, long before the client is late. */
static void
run_closed(const struct relay_fault *fault)
{
    struct raw_request *request;

    begin(fault);
    request = raw_request_begin(fill(fault));
    ck_assert_msg(raw_request_closes(request, AT_ONCE_MS), "the connection lives on");
    raw_request_cut(request);
    relay_status_must_be(fault->expected.desk);
}

static void
run_cut(const struct relay_fault *fault)
{
    begin(fault);
    raw_request_cut(raw_request_begin(fill(fault)));
    relay_status_must_be(fault->expected.desk);
}

/* The phone goes on, and the row's request comes at the end. */
static void
run_after_end(const struct relay_fault *fault)
{
    char number[7];

    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &relay_code);
    relay_phone_approve(relay_phone, &relay_code, number);
    relay_must_succeed(number);
    must_answer(fault, raw_request_end(raw_request_begin(fill(fault)), SOON_MS));
    relay_status_must_be(fault->expected.desk);
}

/* Two phones press at once. */
static void
run_two(const struct relay_fault *fault)
{
    struct raw_request *first, *second;
    int before;
    char *answers[2];

    begin(fault);
    before = relay_server_count(relay_here, "transaction");
    first = raw_request_begin(fill(fault));
    second = raw_request_begin(fill(fault));
    answers[0] = raw_request_end(first, SOON_MS);
    answers[1] = raw_request_end(second, SOON_MS);
    for (int i = 0; i < 2; i++)
        ck_assert_msg(strstr(answers[i], "HTTP/1.1 200 ") || strstr(answers[i], "HTTP/1.1 503 "),
                      "%s", answers[i]);
    ck_assert_int_eq(relay_server_count(relay_here, "transaction") - before,
                     (strstr(answers[0], " 200 ") != NULL) + (strstr(answers[1], " 200 ") != NULL));
    relay_status_must_be(fault->expected.desk);
}

static void
end(void)
{
    char number[7];

    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &relay_code);
    relay_phone_approve(relay_phone, &relay_code, number);
    relay_must_succeed(number);
}

static const struct relay_fault faults[] = {
    {.name = "page", .broken = "nothing", GET("$PATH"), ANSWERS(200, "Testbank Noord")},
    {.name = "page-put",
     .broken = "PUT",
     .text = HEAD("PUT", "$PATH", "\r\n"),
     ANSWERS(405, "Allow: GET, POST")},
    {.name = "page-delete",
     .broken = "DELETE",
     .text = HEAD("DELETE", "$PATH", "\r\n"),
     ANSWERS(405, "Allow: GET, POST")},
    {.name = "page-head",
     .broken = "HEAD",
     .text = HEAD("HEAD", "$PATH", "\r\n"),
     ANSWERS(405, "Allow: GET, POST")},
    {.name = "page-no-method",
     .broken = "an unknown method",
     .text = HEAD("evil<script>", "$PATH", "\r\n"),
     ANSWERS(405, "Allow: GET, POST")},
    {.name = "desk-by-get",
     .broken = "GET where desks POST",
     GET("/desk/v1/status"),
     ANSWERS(405, "Allow: POST")},
    {.name = "page-other-host",
     .broken = "another host in Host: the page does not repeat it",
     .text = "GET $PATH HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
     ANSWERS(200, "Testbank Noord")},
    {.name = "page-absolute",
     .broken = "the URL of another host in the first line",
     .text = HEAD("GET", "https://evil.example$PATH", "\r\n"),
     ANSWERS(404, UNKNOWN)},
    {.name = "page-no-host",
     .broken = "no Host: the page needs none",
     .text = "GET $PATH HTTP/1.1\r\nConnection: close\r\n\r\n",
     ANSWERS(200, "Testbank Noord")},
    {.name = "no-http",
     .broken = "no HTTP",
     .text = "evil\r\n\r\n",
     .expected = {"open", 0, "", NULL}},
    {.name = "page-http-0.9",
     .broken = "a first line without a version",
     .text = "GET $PATH\r\n\r\n",
     ANSWERS(400, "")},
    {.name = "path-empty", .broken = "no login in the path", GET("/L/"), ANSWERS(404, UNKNOWN)},
    {.name = "path-long",
     .broken = "a path of a thousand letters",
     GET("/L/" THOUSAND("A")),
     ANSWERS(404, UNKNOWN)},
    {.name = "path-escapes",
     .broken = "escapes in the path: a slash, a zero byte",
     GET("/L/..%2f%00evil"),
     ANSWERS(404, UNKNOWN)},
    {.name = "path-sql", .broken = "SQL in the path", GET("/L/'or'1'='1"), ANSWERS(404, UNKNOWN)},
    {.name = "path-utf8",
     .broken = "bytes that are no text",
     GET("/L/\xff\xfe\xc0"),
     ANSWERS(404, UNKNOWN)},
    {.name = "path-lower",
     .broken = "the path in small letters, as no code has it",
     GET("/l/AAAA"),
     ANSWERS(404, UNKNOWN)},
    {.name = "language-garbage",
     .broken = "a language that is HTML",
     GET("$PATH?lang=%22evil"),
     ANSWERS(200, "Testbank Noord")},
    {.name = "accept-language-garbage",
     .broken = "an Accept-Language without sense",
     .text = HEAD("GET", "$PATH", "Accept-Language: ;;q=\xff,evil\r\n\r\n"),
     ANSWERS(200, "Testbank Noord")},
    {.name = "headers-large",
     .broken = "headers of 50 KB",
     .text = HEAD("GET", "$PATH", "X-A: ") TEN(THOUSAND("abcde")) "\r\n\r\n",
     ANSWERS(431, "")},
    {.name = "bank-none", .broken = "no bank", POST("$PATH", ""), ANSWERS(400, "Choose a bank")},
    {.name = "bank-unknown",
     .broken = "a bank that is not in the list",
     POST("$PATH", "bank=EVILNL22"),
     ANSWERS(400, "Choose a bank")},
    {.name = "bank-twice",
     .broken = "two banks",
     POST("$PATH", "bank=TSTNNL22&bank=TSTNNL22"),
     ANSWERS(400, "Choose a bank")},
    {.name = "bank-escape",
     .broken = "half an escape",
     POST("$PATH", "bank=TSTNNL2%3"),
     ANSWERS(400, "Choose a bank")},
    {.name = "bank-zero",
     .broken = "a zero byte behind the bank",
     POST("$PATH", "bank=TSTNNL22%00"),
     ANSWERS(400, "Choose a bank")},
    {.name = "bank-fields",
     .broken = "a thousand fields",
     POST("$PATH", THOUSAND("a=b&") "bank=TSTNNL22"),
     ANSWERS(400, "Choose a bank")},
    {.name = "bank-large",
     .broken = "a form of 20 KB",
     POST("$PATH", DEEP DEEP DEEP DEEP),
     ANSWERS(413, "")},
    {.name = "bank-large-announced",
     .broken = "a form of 10 GB, of which nothing comes",
     .text = HEAD("POST", "$PATH", "Content-Length: 10000000000\r\n\r\n"),
     ANSWERS(413, "")},
    {.name = "bank-large-chunks",
     .broken = "a form in chunks, 20 KB and no end",
     .text = HEAD("POST", "$PATH",
                  "Transfer-Encoding: chunked\r\n\r\n4e20\r\n" DEEP DEEP DEEP DEEP "\r\n1"),
     .run = run_closed,
     ANSWERS(0, "")},
    {.name = "bank-length-garbage",
     .broken = "a length that is no number",
     .text = HEAD("POST", "$PATH", "Content-Length: -1\r\n\r\nbank=TSTNNL22"),
     ANSWERS(400, "")},
    {.name = "bank-two-lengths",
     .broken = "a length, and chunks",
     .text = HEAD("POST", "$PATH",
                  "Content-Length: 13\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "zz\r\nbank=TSTNNL22"),
     ANSWERS(400, "")},
    {.name = "bank-cut-off",
     .broken = "the form is cut off, and the phone gone",
     .text = HEAD("POST", "$PATH", "Content-Length: 100\r\n\r\nbank=TSTNNL22"),
     .run = run_cut,
     ANSWERS(0, "")},
    {.name = "bank-slow",
     .broken = "the form does not go on",
     .text = HEAD("POST", "$PATH", "Content-Length: 100\r\n\r\nbank=TSTNNL22"),
     .run = run_stalled,
     ANSWERS(0, "")},
    {.name = "head-slow",
     .broken = "the headers do not go on",
     .text = "GET $PATH HTTP/1.1\r\nHo",
     .run = run_stalled,
     ANSWERS(0, "")},
    {.name = "bank-trickles",
     .broken = "the form goes on, a byte now and then",
     .text = HEAD("POST", "$PATH", "Content-Length: 10000\r\n\r\nbank=TSTNNL22"),
     .run = run_trickle,
     ANSWERS(0, "")},
    {.name = "head-trickles",
     .broken = "the headers go on, a byte now and then",
     .text = "GET $PATH HTTP/1.1\r\nHo",
     .run = run_trickle,
     ANSWERS(0, "")},
    {.name = "nothing-said",
     .broken = "a connection that says nothing",
     .text = "",
     .run = run_stalled,
     ANSWERS(0, "")},
    {.name = "bank-two-at-once",
     .broken = "two phones choose a bank at once",
     POST("$PATH", "bank=TSTNNL22"),
     .run = run_two,
     .expected = {"pending", 200, "", NULL}},
    {.name = "return-nothing",
     .broken = "a return without a transaction",
     GET("/return"),
     ANSWERS(404, UNKNOWN)},
    {.name = "return-ec-empty",
     .broken = "no entrance code",
     GET("/return?trxid=$TRX&ec="),
     AT_NUMBER(404, UNKNOWN)},
    {.name = "return-ec-short",
     .broken = "an entrance code that is too short",
     GET("/return?trxid=$TRX&ec=a"),
     AT_NUMBER(404, UNKNOWN)},
    {.name = "return-ec-longer",
     .broken = "the entrance code, and a letter",
     GET("/return?trxid=$TRX&ec=$ECa"),
     AT_NUMBER(404, UNKNOWN)},
    {.name = "return-ec-twice",
     .broken = "the entrance code twice, a wrong one first",
     GET("/return?trxid=$TRX&ec=a&ec=$EC"),
     AT_NUMBER(404, UNKNOWN)},
    {.name = "return-trx-garbage",
     .broken = "an unknown transaction",
     GET("/return?trxid=%22evil%00&ec=$EC"),
     AT_NUMBER(404, UNKNOWN)},
    {.name = "return-trx-long",
     .broken = "the transaction, and a digit",
     GET("/return?trxid=$TRX0&ec=$EC"),
     AT_NUMBER(404, UNKNOWN)},
    {.name = "return-again",
     .broken = "nothing: the page is opened again",
     GET("/return?trxid=$TRX&ec=$EC"),
     AT_NUMBER(200, "class=\"number\"")},
    {.name = "return-put",
     .broken = "PUT",
     .text = HEAD("PUT", "/return?trxid=$TRX&ec=$EC", "\r\n"),
     AT_NUMBER(405, "Allow: GET, POST")},
    {.name = "deny-no-answer",
     .broken = "a press of no button",
     POST("/return", "trxid=$TRX&ec=$EC"),
     AT_NUMBER(400, UNKNOWN)},
    {.name = "deny-other-answer",
     .broken = "a button that is not there",
     POST("/return", "trxid=$TRX&ec=$EC&answer=approve"),
     AT_NUMBER(400, UNKNOWN)},
    {.name = "deny-no-ec",
     .broken = "This was not me, without the entrance code",
     POST("/return", "trxid=$TRX&answer=deny"),
     AT_NUMBER(404, UNKNOWN)},
    {.name = "deny-ec-in-query",
     .broken = "the entrance code in the query alone",
     POST("/return?ec=$EC", "trxid=$TRX&answer=deny"),
     AT_NUMBER(404, UNKNOWN)},
    {.name = "bank-at-number",
     .broken = "a bank, when the number is asked for",
     POST("$PATH", "bank=TSTNNL22"),
     AT_NUMBER(409, "used up")},
    {.name = "return-after-end",
     .broken = "the page, when the desk has the identity",
     GET("/return?trxid=$TRX&ec=$EC"),
     .run = run_after_end,
     .expected = {"expired", 200, "Approved", NULL}},
    {.name = "deny-after-end",
     .broken = "This was not me, when the desk has the identity: logged",
     POST("/return", "trxid=$TRX&ec=$EC&answer=deny"),
     .run = run_after_end,
     .expected = {"expired", 200, "", "someone else, after the desk had the identity"}},
    {.name = "bank-after-end",
     .broken = "a bank, when the desk has the identity",
     POST("$PATH", "bank=TSTNNL22"),
     .run = run_after_end,
     .expected = {"expired", 200, "Approved", NULL}},
    {.name = "desk-no-token",
     .broken = "a phone asks as a desk",
     DESK("/desk/v1/status", "{}"),
     ANSWERS(401, "merchant_token")},
    {.name = "desk-token-object",
     .broken = "a token that is no text",
     DESK("/desk/v1/status", "{\"merchant_token\":{\"a\":1}}"),
     ANSWERS(401, "merchant_token")},
    {.name = "desk-type",
     .broken = "another Content-Type",
     POST("/desk/v1/status", "{}"),
     ANSWERS(415, "content-type")},
    {.name = "desk-deep-json",
     .broken = "5000 arrays in one another",
     DESK("/desk/v1/generate", DEEP),
     ANSWERS(400, "body")},
    {.name = "desk-qr-backend",
     .broken = "a call of a QR backend, which this relay does not have",
     DESK("/idinqr/v1/transaction", "{}"),
     ANSWERS(404, UNKNOWN)},
};

const struct relay_fault_layer relay_layer_phone = {
    .name = "phone",
    .faults = faults,
    .n_faults = ARRAY_LENGTH(faults),
    .run = run,
    .options = {.general = "codes_per_desk = 0\ncodes_in_all = 0"},
    .end = end};
