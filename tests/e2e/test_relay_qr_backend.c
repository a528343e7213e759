/* SPDX-License-Identifier: BSD-3-Clause */
/* The real relay behind a QR backend, which the sandbox plays with acquirer and bank: how a login
 * ends, and which calls of the QR backend are refused. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/picture/picture.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/http_client.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/relay_caller.h"
#include "tests/harness/relay_login.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/syslog_capture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRANSACTION "/idinqr/v1/transaction"
#define STATUS      "/idinqr/v1/status"
#define EITHER      "/idinqr/v1"
#define BANK        "TSTNNL22"
#define BODY_MAX    16384
#define STARTED     "\"issuer_authentication_url\""
#define SOON_MS     15000

static struct http_client *caller; /* the QR backend, where the test is that itself */

static void
end(void)
{
    http_client_free(&caller);
    relay_login_end();
}

TEST_CASE("outcomes", .teardown = end, .timeout_s = 120);

/* --- as a desk and a phone -------------------------------------------------------------------- */

static void
begin_with(const char *qr_backend, const char *const *sandbox)
{
    relay_login_begin(&(struct relay_options){.sandbox = sandbox, .qr_backend = qr_backend});
    caller = http_client_new(relay_server_ca_file(relay_here), NULL);
}

static void
begin(void)
{
    begin_with("", (const char *const[]){"--qr-backend", NULL});
}

static void
begin_with_fault(const char *fault, const char *qr_backend)
{
    begin_with(qr_backend, (const char *const[]){"--qr-backend", "--fault", fault, NULL});
}

/* What the picture of this code leads to. Kept. */
static char *
link_of(const struct relay_code *code)
{
    HTTP_ANSWER_AUTO answer = {0};
    char link[300];

    ck_assert_int_eq(http_request(caller, "GET", code->link, NULL, NULL, &answer), 1);
    ck_assert_int_eq(picture_read(answer.body, answer.size, link, sizeof link), 0);
    return scratch_text("%s", link);
}

/* From the code to the bank's page. Returns the address of the QR backend's page. Kept. */
static char *
to_bank_from(const char *link)
{
    char *page;

    if (phone_open(relay_phone, link) != 200 || phone_choose(relay_phone, "noord") != 0 ||
        phone_press(relay_phone, NULL) != 200)
        ck_abort_msg("%s\n%ld %s", phone_problem(relay_phone), phone_status(relay_phone),
                     phone_text(relay_phone));
    relay_page_must_say("To your bank");
    page = scratch_text("%s", phone_url(relay_phone));
    ck_assert_int_eq(relay_phone_return(relay_phone), 200); /* follows its link */
    return page;
}

static char *
to_bank(void)
{
    return to_bank_from(link_of(&relay_code));
}

/* --- as the QR backend ------------------------------------------------------------------------ */

static void
must_answer(const char *answer, const char *status, const char *text)
{
    ck_assert_msg(strncmp(answer, status, 3) == 0 && strstr(answer, text) != NULL,
                  "not %s with %s: %s\n%s", status, text, answer, relay_server_log(relay_here));
}

/* A Transaction call for the code. Kept. */
static char *
transaction(void)
{
    return scratch_text("{\"qr_id\": \"%s\", \"issuer_id\": \"" BANK "\"}", relay_code.id);
}

/* The transaction of an answer that started one. Kept. */
static char *
id_of(const char *answer)
{
    json_t *root = json_loads(answer + 4, JSON_REJECT_DUPLICATES, NULL);
    const char *id = json_string_value(json_object_get(root, "transaction_id"));
    char *copy;

    must_answer(answer, "200", STARTED);
    ck_assert_msg(id && strlen(id) == 16 && json_object_size(root) == 2, "%s", answer);
    copy = scratch_text("%s", id);
    json_decref(root);
    return copy;
}

static int
n_transactions(void)
{
    return relay_server_count(relay_here, "transaction");
}

/* What the QR backend is told, of a transaction, or for "" of the code. */
static void
word_must_be(const char *id, const char *word)
{
    char *about = id[0] ? scratch_text("{\"transaction_id\": \"%s\"}", id)
                        : scratch_text("{\"qr_id\": \"%s\"}", relay_code.id);
    char *answer = relay_caller_call(STATUS, about);
    json_t *root = json_loads(answer + 4, JSON_REJECT_DUPLICATES, NULL);
    const char *told = json_string_value(json_object_get(root, "status"));
    const char *trx = json_string_value(json_object_get(root, "transaction_id"));

    ck_assert_msg(told && strcmp(told, word) == 0, "not %s: %s", word, answer);
    ck_assert_msg(json_object_size(root) == (trx ? 2 : 1), "personal data? %s", answer);
    ck_assert(id[0] == '\0' || strcmp(trx, id) == 0);
    json_decref(root);
}

/* --- outcomes ----------------------------------------------------------------------------------
 */

TEST(a_login)
{
    char number[7], *page;

    begin();
    relay_status_must_be("open");
    word_must_be("", "open");
    page = to_bank();
    relay_status_must_be("pending");
    word_must_be("", "pending");
    relay_phone_at_bank(relay_phone, "anna", "approve");
    ck_assert_int_eq(relay_server_count(relay_here, "transaction-status"), 0);
    ck_assert_int_eq(relay_phone_return(relay_phone), 200);
    relay_page_must_say("You are logging in at Balie 1");
    ck_assert_int_eq(phone_number(relay_phone, number), 0);
    word_must_be("", "success");
    relay_must_succeed(number);
    word_must_be("", "success");
    ck_assert_int_eq(phone_open(relay_phone, page), 200); /* the QR backend has asked, too */
    relay_page_must_say("Approved");
    ck_assert_int_eq(n_transactions(), 1);
    ck_assert_int_eq(relay_server_count(relay_here, "transaction-status"), 1);
    relay_log_must_say("outcome=verified");
    ck_assert_ptr_null(strstr(relay_server_log(relay_here), "refused a call"));
}

/* A status of the acquirer, the desk's word, and the QR backend's. */
static const struct {
    const char *fault, *status, *word;
} outcomes[] = {
    {"status-expired", "expired", "expired"},       {"status-failure", "failure", "failure"},
    {"status-cancelled", "cancelled", "cancelled"}, {"acquirer-pending", "failure", "failure"},
    {"acquirer-late", "failure", "failure"},        {"acquirer-status-error", "failure", "failure"},
    {"acquirer-open", "open", "failure"},
};

LOOP_TEST(statuses_of_the_acquirer, ARRAY_LENGTH(outcomes))
{
    PHONE_AUTO *other = NULL;
    char *id, *bank;

    begin_with_fault(outcomes[_i].fault, "");
    if (strncmp(outcomes[_i].fault, "acquirer", 8) != 0) { /* the fault ends a scanned code */
        char *answer = relay_caller_call(TRANSACTION, transaction());
        json_t *root = json_loads(answer + 4, 0, NULL);
        id = id_of(answer);
        bank = scratch_text("%s",
                            json_string_value(json_object_get(root, "issuer_authentication_url")));
        json_decref(root);
        ck_assert_int_eq(phone_open(relay_phone, bank), 200);
        relay_phone_return(relay_phone);
        word_must_be(id, outcomes[_i].word);
    } else {
        char *page = to_bank();
        relay_phone_at_bank(relay_phone, "anna", "approve");
        relay_phone_return(relay_phone);
        other = relay_server_phone(relay_here);
        ck_assert_int_eq(phone_open(other, page), 502); /* word: failure */
    }
    relay_status_must_be(outcomes[_i].status);
    ck_assert_int_eq(n_transactions(), 1);
}

TEST(refused_at_the_bank)
{
    char *page;

    begin();
    page = to_bank();
    relay_phone_at_bank(relay_phone, "anna", "refuse");
    ck_assert_int_eq(relay_phone_return(relay_phone), 410);
    relay_status_must_be("cancelled");
    word_must_be("", "cancelled");
    ck_assert_int_eq(phone_open(relay_phone, page), 200);
    relay_page_must_say("Refused");
}

/* The QR backend has no call for it: the desk waits on. */
TEST(stopped_at_the_list_of_banks)
{
    begin();
    ck_assert_int_eq(phone_open(relay_phone, link_of(&relay_code)), 200);
    ck_assert_int_eq(phone_press(relay_phone, "Stop"), 200);
    relay_page_must_say("Refused");
    ck_assert_int_eq(n_transactions(), 0);
    relay_status_must_be("open");
}

/* The first success counts, and the other phone's transaction has failed. */
TEST(two_phones)
{
    PHONE_AUTO *second = NULL;
    char number[7], *page, *other;

    begin();
    page = to_bank();
    second = relay_phone;
    relay_phone = relay_server_phone(relay_here);
    other = to_bank();
    relay_phone_at_bank(relay_phone, "bram", "approve");
    ck_assert_int_eq(relay_phone_return(relay_phone), 200);
    ck_assert_int_eq(phone_number(relay_phone, number), 0);
    relay_phone_at_bank(second, "anna", "approve");
    ck_assert_int_eq(relay_phone_return(second), 409);
    relay_must_succeed(number);
    ck_assert_int_eq(phone_open(relay_phone, other), 200);
    relay_page_must_say("Approved");
    ck_assert_int_eq(phone_open(relay_phone, page), 502); /* word: failure */
    ck_assert_int_eq(n_transactions(), 2);
}

/* One phone refuses, and the other one is still at the bank. */
TEST(one_of_two_phones_refuses)
{
    PHONE_AUTO *second = NULL;
    char *page;

    begin();
    page = to_bank();
    relay_phone_at_bank(relay_phone, "anna", "refuse");
    second = relay_phone;
    relay_phone = relay_server_phone(relay_here);
    to_bank();
    relay_phone_return(second);
    relay_status_must_be("pending");
    word_must_be("", "pending");
    ck_assert_int_eq(phone_open(second, page), 502); /* word: failure */
}

TEST(not_me)
{
    begin();
    to_bank();
    relay_phone_at_bank(relay_phone, "anna", "approve");
    ck_assert_int_eq(relay_phone_return(relay_phone), 200);
    ck_assert_int_eq(phone_press(relay_phone, "This was not me"), 410);
    word_must_be("", "cancelled");
    relay_status_must_be("cancelled");
}

/* The desk gets no code. */
static const struct {
    const char *fault, *log;
} no_codes[] = {
    {"generate-signature-wrong", "generate: "},
    {"generate-signature-missing", "generate: "},
};

LOOP_TEST(no_code, ARRAY_LENGTH(no_codes))
{
    begin();
    http_client_free(&caller);
    relay_login_end();
    relay_here = relay_server_new(&(struct relay_options){
        .sandbox = (const char *const[]){"--qr-backend", "--fault", no_codes[_i].fault, NULL}});
    ck_assert_int_eq(relay_code_try(relay_here, 0, RELAY_LIFETIME_S, &relay_code), 502);
    relay_log_must_say(no_codes[_i].log);
    relay_log_must_say("x-idin-qr-hash");
}

/* The configuration of a desk names the host of the pictures, too. */
TEST(a_desk)
{
    const char *url, *host;
    char *output;

    begin();
    url = relay_caller_setting("url");
    host = scratch_text("%.*s", (int)strcspn(url + 8, "/"), url + 8);
    ck_assert_int_eq(relay_server_command(relay_here,
                                          (const char *const[]){"desk", "add", "balie-9", NULL},
                                          &output),
                     0);
    ck_assert_ptr_nonnull(strstr(
        output, scratch_text("qr_hosts       = %s %s\n", relay_caller_setting("listen"), host)));
}

/* --- calls -------------------------------------------------------------------------------------
 */

TEST_CASE("calls", .teardown = end, .timeout_s = 120);

TEST(a_replay)
{
    char hash[RELAY_CALLER_HASH_SIZE], *body, *id;

    begin();
    body = transaction();
    relay_caller_hash(body, hash);
    id = id_of(relay_caller_post(NULL, TRANSACTION, body, hash, NULL));
    /* As it was recorded: each is a scan of the code, and there are four. */
    for (int i = 1; i < 4; i++)
        ck_assert_str_ne(id_of(relay_caller_post(NULL, TRANSACTION, body, hash, NULL)), id);
    must_answer(relay_caller_post(NULL, TRANSACTION, body, hash, NULL), "409", "\"used\"");
    must_answer(relay_caller_post(NULL, EITHER, body, hash, NULL), "409", "\"used\"");
    ck_assert_int_eq(n_transactions(), 4);
    relay_status_must_be("pending");
    word_must_be(id, "pending");
}

TEST(a_replay_after_the_end)
{
    char *body, number[7];

    begin();
    body = transaction();
    to_bank();
    relay_phone_at_bank(relay_phone, "anna", "approve");
    ck_assert_int_eq(relay_phone_return(relay_phone), 200);
    ck_assert_int_eq(phone_number(relay_phone, number), 0);
    must_answer(relay_caller_call(TRANSACTION, body), "410", "\"expired\"");
    relay_must_succeed(number);
    must_answer(relay_caller_call(TRANSACTION, body), "410", "\"expired\"");
    ck_assert_int_eq(n_transactions(), 1);
}

TEST(a_code_that_the_desk_cancelled)
{
    json_t *answer;

    begin();
    ck_assert_int_eq(relay_server_ask(relay_here, NULL, 0, "/desk/v1/cancel",
                                      json_pack("{s:s}", "qr_id", relay_code.id), &answer),
                     200);
    json_decref(answer);
    must_answer(relay_caller_call(TRANSACTION, transaction()), "410", "\"expired\"");
    word_must_be("", "cancelled");
    ck_assert_int_eq(n_transactions(), 0);
}

TEST(an_expired_code)
{
    struct relay_wait wait;

    begin();
    relay_code_generate(relay_here, 0, 3, &relay_code);
    /* Too short for a transaction from the start. */
    must_answer(relay_caller_call(TRANSACTION, transaction()), "410", "\"expired\"");
    relay_status_must_be("open");
    relay_code_status_begin(relay_here, &relay_code, 60, &wait);
    ck_assert_str_eq(relay_wait_end(&wait, 20000), "expired");
    must_answer(relay_caller_call(TRANSACTION, transaction()), "410", "\"expired\"");
    word_must_be("", "expired");
    ck_assert_int_eq(n_transactions(), 0);
}

TEST(wrong_hashes)
{
    char hash[RELAY_CALLER_HASH_SIZE], other[RELAY_CALLER_HASH_SIZE], *body, *changed;

    begin();
    body = transaction();
    relay_caller_hash(body, hash);
    snprintf(other, sizeof other, "%c%s", hash[0] == '0' ? '1' : '0', hash + 1);
    changed = scratch_text("%s", body);
    changed[strlen(changed) - 3]++; /* another bank */
    const struct {
        const char *body, *first, *second;
    } rows[] = {
        {body, NULL, NULL},
        {body, "", NULL},
        {body, other, NULL},
        {body, hash, hash},
        {body, other, hash},
        {body, hash, other},
        {body, hash, ""},
        {body, hash + 2, NULL},
        {changed, hash, NULL},
        {"{", hash, NULL},
        {"", hash, NULL},
        {scratch_text("%s ", body), hash, NULL},
        {body, scratch_text("%s00", hash), NULL},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        must_answer(
            relay_caller_post(NULL, TRANSACTION, rows[i].body, rows[i].first, rows[i].second),
            "401", "\"signature\"");
        must_answer(relay_caller_post(NULL, STATUS, rows[i].body, rows[i].first, rows[i].second),
                    "401", "\"signature\"");
    }
    ck_assert_int_eq(n_transactions(), 0);
    relay_status_must_be("open");
    for (char *p = hash; *p; p++)
        *p = (char)(*p >= 'a' ? *p - 'a' + 'A' : *p);
    must_answer(relay_caller_post(NULL, TRANSACTION, body, hash, NULL), "200", STARTED);
}

TEST(one_url)
{
    char *id, *both;

    begin();
    id = id_of(relay_caller_call(EITHER, transaction()));
    must_answer(relay_caller_call(EITHER, scratch_text("{\"transaction_id\": \"%s\"}", id)), "200",
                "pending");
    must_answer(relay_caller_call(EITHER, scratch_text("{\"qr_id\": \"%s\"}", relay_code.id)),
                "200", "pending");
    /* It has a transaction, so it starts none. */
    both =
        scratch_text("{\"transaction_id\": \"%s\", \"qr_id\": \"%s\", \"issuer_id\": \"" BANK "\"}",
                     id, relay_code.id);
    must_answer(relay_caller_call(EITHER, both), "200", "pending");
    ck_assert_int_eq(n_transactions(), 1);
}

static const char *const paths[] = {TRANSACTION, STATUS, EITHER};

TEST(other_methods)
{
    static const char *const methods[] = {"GET", "PUT", "DELETE"};

    begin();
    for (size_t i = 0; i < ARRAY_LENGTH(paths) * ARRAY_LENGTH(methods); i++) {
        HTTP_ANSWER_AUTO answer = {0};
        char *url = scratch_text("%s%s", relay_caller_setting("public_url"),
                                 paths[i % ARRAY_LENGTH(paths)]);
        ck_assert_int_eq(
            http_request(caller, methods[i / ARRAY_LENGTH(paths)], url, NULL, NULL, &answer), 1);
        ck_assert_int_eq(answer.status, 405);
    }
}

/* Without a QR backend there is nothing at these paths. */
TEST(another_upstream)
{
    relay_login_begin(NULL);
    caller = http_client_new(relay_server_ca_file(relay_here), NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(paths); i++)
        must_answer(relay_caller_post(NULL, paths[i], transaction(), "00", NULL), "404", "");
}

TEST(sizes)
{
    char *large, *body, *answer;

    begin();
    body = transaction();
    large = scratch_text("%-*s", BODY_MAX, body);
    must_answer(relay_caller_call(TRANSACTION, large), "200", STARTED);
    answer = relay_caller_call(TRANSACTION, scratch_text("%-*s", BODY_MAX + 1, body));
    must_answer(answer, "413", "");
    ck_assert_int_eq(n_transactions(), 1);
}

/* CODE is the qr_id. */
static const struct {
    const char *body, *status;
} fields[] = {
    {"{\"qrId\": \"CODE\", \"issuer\": \"" BANK "\"}", "200"},
    {"{\"qr_id\": \"CODE\", \"qrId\": \"CODE\", \"issuerID\": \"" BANK "\", \"more\": [7]}", "200"},
    {"{\"qr_id\": null, \"qrId\": \"CODE\", \"issuer_id\": \"" BANK "\"}", "200"},
    {"{\"qr_id\": \"CODE\", \"qrId\": \"CODe\", \"issuer_id\": \"" BANK "\"}", "400"},
    {"{\"qr_id\": \"CODE\", \"issuer_id\": \"" BANK "\", \"issuer\": \"TSTZNL22\"}", "400"},
    {"{\"qr_id\": \"CODE\", \"issuer_id\": \"" BANK "\", \"issuer\": \"\"}", "400"},
    {"{\"qr_id\": \"CODE\", \"issuer_id\": \"" BANK "\", \"issuer\": {\"a\": 1}}", "400"},
    {"{\"qr_id\": 7, \"issuer_id\": \"" BANK "\"}", "400"},
    {"{\"qr_id\": \"CODE\", \"qr_id\": \"CODE\", \"issuer_id\": \"" BANK "\"}", "400"},
    {"{\"qr_id\": \"CODE\"}", "400"},
    {"{\"issuer_id\": \"" BANK "\"}", "400"},
    {"{\"qr_id\": \"CODE\", \"issuer_id\": \"tstnnl22\"}", "400"},
    {"{\"qr_id\": \"CODE\", \"issuer_id\": \"TSTNNL22XXXX\"}", "400"},
    {"{\"qr_id\": \"CODE \\u0000\", \"issuer_id\": \"" BANK "\"}", "400"},
    {"{\"qr_id\": \"6f2b6c1e-0f7e-4b0e-9a3e-0123456789ab\", \"issuer_id\": \"" BANK "\"}", "404"},
    {"{\"qr_id\": \"CODE\", \"issuer_id\": \"NONENL2X\"}", "502"},
    {"[\"CODE\", \"" BANK "\"]", "400"},
    {"{\"qr_id\": \"CODE\", \"issuer_id\": \"" BANK "\"} {}", "400"},
    {"\"CODE\"", "400"},
};

LOOP_TEST(fields_of_a_transaction, ARRAY_LENGTH(fields))
{
    char body[300] = "";

    begin();
    for (const char *p = fields[_i].body; *p; p++)
        if (strncmp(p, "CODE", 4) == 0) {
            strcat(body, relay_code.id);
            p += 3;
        } else {
            strncat(body, p, 1);
        }
    must_answer(relay_caller_call(TRANSACTION, body), fields[_i].status, "");
    ck_assert_int_eq(n_transactions(), fields[_i].status[0] == '2' ? 1 : 0);
}

TEST(fields_of_a_status)
{
    const char *other = "6f2b6c1e-0f7e-4b0e-9a3e-0123456789ab";
    char *id, *first;

    begin();
    id = id_of(relay_caller_call(TRANSACTION, transaction()));
    must_answer(relay_caller_call(STATUS, scratch_text("{\"trxid\": \"%s\", \"qrId\": \"%s\"}", id,
                                                       relay_code.id)),
                "200", "\"pending\"");
    must_answer(
        relay_caller_call(STATUS, scratch_text("{\"trxid\": \"%s\", \"qrId\": \"%s\"}", id, other)),
        "404", "\"unknown\"");
    must_answer(relay_caller_call(STATUS, "{\"trxid\": \"0050000000000000\"}"), "404",
                "\"unknown\"");
    must_answer(relay_caller_call(STATUS, scratch_text("{\"qr_id\": \"%s\"}", other)), "404",
                "\"unknown\"");
    must_answer(relay_caller_call(STATUS, "{}"), "404", "\"unknown\"");
    must_answer(relay_caller_call(STATUS, scratch_text("{\"trxid\": \"%s0\"}", id)), "400",
                "\"request\"");
    /* A transaction of the code before is not this code's. */
    first = relay_code.id[0] ? scratch_text("%s", relay_code.id) : NULL;
    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &relay_code);
    ck_assert_str_ne(relay_code.id, first);
    must_answer(
        relay_caller_call(STATUS, scratch_text("{\"transaction_id\": \"%s\", \"qr_id\": \"%s\"}",
                                               id, relay_code.id)),
        "404", "\"unknown\"");
}

TEST(names_and_words_of_the_configuration)
{
    char *answer;

    begin_with("qr_id_names = code\n"
               "issuer_names = bank  bic\n"
               "transaction_id_names = trx\n"
               "status_words = O P S F E C\n"
               "error_body = {'error': {'nr': '$code', 'texts': ['$message']}, 'v': 1}",
               (const char *const[]){"--qr-backend", NULL});
    must_answer(relay_caller_call(TRANSACTION, transaction()), "400",
                "{\"error\":{\"nr\":\"request\",\"texts\":"
                "[\"it names no code or no issuer\"]},"
                "\"v\":1}");
    answer = relay_caller_call(
        TRANSACTION, scratch_text("{\"code\": \"%s\", \"bic\": \"" BANK "\"}", relay_code.id));
    must_answer(relay_caller_call(STATUS, scratch_text("{\"trx\": \"%s\"}", id_of(answer))), "200",
                "\"status\":\"P\"");
}

/* Lines that anybody can cause would push the records out of the log. */
TEST(strangers)
{
    int n = 0;

    begin();
    for (int i = 0; i < 20; i++)
        must_answer(relay_caller_post(caller, TRANSACTION, transaction(), "", NULL), "401",
                    "\"signature\"");
    for (const char *at = relay_server_log(relay_here); (at = strstr(at, "refused a call")); at++)
        n++;
    ck_assert_int_eq(n, 1);
}

/* --- limits ----------------------------------------------------------------------------------- */

TEST_CASE("limits", .teardown = end, .timeout_s = 120);

static void
begin_slow(const char *general)
{
    relay_login_begin(&(struct relay_options){
        .sandbox = (const char *const[]){"--qr-backend", "--fault", "generate-slow", NULL},
        .qr_backend = "",
        .general = general});
}

/* A desk that asks for many codes at once. */
TEST(a_code_that_is_being_made_counts)
{
    struct relay_wait first;
    struct relay_code other;

    begin_slow("codes_per_desk = 2");
    relay_code_generate_begin(relay_here, 0, &first);
    ck_assert_int_eq(relay_code_try(relay_here, 0, RELAY_LIFETIME_S, &other), 429);
    ck_assert_str_eq(relay_sql("SELECT count(*) FROM login"), "1");
    ck_assert_str_eq(relay_wait_end(&first, SOON_MS), "200");
    ck_assert_str_eq(relay_sql("SELECT count(*) FROM login"), "2");
    relay_code_generate(relay_here, 1, RELAY_LIFETIME_S, &other);
}

/* The QR backend has made it all the same. */
TEST(a_code_that_no_desk_waits_for_counts)
{
    struct relay_wait first;
    struct relay_code other;
    int status;

    begin_slow("codes_per_desk = 2");
    relay_code_generate_begin(relay_here, 0, &first);
    ck_assert_int_eq(kill(first.pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(first.pid, &status, 0), first.pid);
    relay_wait_sql("SELECT 1 FROM (SELECT count(*) AS n FROM login) WHERE n = 2");
    ck_assert_int_eq(relay_code_try(relay_here, 0, RELAY_LIFETIME_S, &other), 429);
}

/* --- the acquirer ------------------------------------------------------------------------------
 */

TEST_CASE("acquirer", .teardown = end, .timeout_s = 120);

/* The QR backend and a person wait. */
TEST(a_silent_acquirer)
{
    begin_with_fault("acquirer-silent", "transaction_timeout = 1");
    must_answer(relay_caller_call(TRANSACTION, transaction()), "502", "\"acquirer\"");
    word_must_be("", "open");
}

TEST(words_of_the_acquirer)
{
    begin_with_fault("acquirer-error",
                     "error_body = {'code': '$code', 'show': '$consumer_message'}");
    must_answer(relay_caller_call(TRANSACTION, transaction()), "502",
                "{\"code\":\"acquirer\",\"show\":\"The bank cannot help you now. ");
    must_answer(relay_caller_call(STATUS, "{}"), "404", "\"show\":\"\"");
}

/* The same call comes twice at once. */
TEST(a_call_during_a_call)
{
    char byte, hash[RELAY_CALLER_HASH_SIZE], *body;
    int ends[2], status;
    pid_t pid;

    begin_with_fault("acquirer-silent", "transaction_timeout = 30");
    body = transaction();
    relay_caller_hash(body, hash);
    ck_assert_int_eq(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        http_client_free(&caller);
        caller = http_client_new(relay_server_ca_file(relay_here), NULL);
        http_client_tell_sent(caller, ends[1]);
        relay_caller_post(caller, TRANSACTION, body, hash, NULL);
        _exit(0);
    }
    ck_assert_int_eq(read(ends[0], &byte, 1), 1);
    /* The relay has one thread: when it answers this, it has seen that. */
    word_must_be("", "open");
    must_answer(relay_caller_call(TRANSACTION, body), "429", "\"busy\"");
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    close(ends[0]);
    close(ends[1]);
}

/* The phone comes back to the QR backend first, and that asks. */
TEST(a_status_that_is_the_return)
{
    char number[7], *page, *id;

    begin_with("status_is_return = yes", (const char *const[]){"--qr-backend", NULL});
    page = to_bank();
    relay_phone_at_bank(relay_phone, "anna", "approve");
    PHONE_AUTO *other = relay_server_phone(relay_here);
    ck_assert_int_eq(phone_open(other, page), 200);
    ck_assert_ptr_nonnull(strstr(phone_text(other), "Approved"));
    ck_assert_int_eq(relay_server_count(relay_here, "transaction-status"), 1);
    relay_status_must_be("number 3");
    ck_assert_int_eq(relay_phone_return(relay_phone), 200);
    ck_assert_int_eq(phone_number(relay_phone, number), 0);
    relay_must_succeed(number);
    ck_assert_int_eq(relay_server_count(relay_here, "transaction-status"), 1);
    /* It asks about a transaction, and not for every call about the code. */
    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &relay_code);
    id = id_of(relay_caller_call(TRANSACTION, transaction()));
    word_must_be("", "pending");
    ck_assert_int_eq(relay_server_count(relay_here, "transaction-status"), 1);
    word_must_be(id, "failure"); /* open at the bank: it is asked once only */
    word_must_be(id, "failure");
    ck_assert_int_eq(relay_server_count(relay_here, "transaction-status"), 2);
}

/* --- the module as the desk ---------------------------------------------------------------------
 */

TEST_CASE("module", .teardown = end, .timeout_s = 120);

/* anna, as the relay knows her. Kept. */
static char *
anna(void)
{
    char number[7], *status;

    to_bank();
    relay_phone_at_bank(relay_phone, "anna", "approve");
    ck_assert_int_eq(relay_phone_return(relay_phone), 200);
    ck_assert_int_eq(phone_number(relay_phone, number), 0);
    status = relay_code_status(relay_here, &relay_code, 0, number);
    ck_assert_int_eq(strncmp(status, "success idin1:", 14), 0);
    return status + strlen("success ");
}

/* Approves when the code is shown, and types the number. */
static int
on_message(const struct login_message *message, void *stack)
{
    char number[7];

    if (strstr(message->text, "Number on your phone: ")) {
        ck_assert_int_eq(phone_number(relay_phone, number), 0);
        login_stack_answer(stack, number);
    } else if (strstr(message->text, "Scan this code")) {
        to_bank_from(desk_scan(message->text));
        relay_phone_at_bank(relay_phone, "anna", "approve");
        ck_assert_int_eq(relay_phone_return(relay_phone), 200);
        relay_page_must_say("alice");
    }
    return PAM_SUCCESS;
}

/* With the picture reader, which this desk needs; and without it. */
LOOP_TEST(a_login_by_the_module, 2)
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    char *dir = scratch_dir("desk"), *agent = desk_copy_agent(), *output, *hash;
    char *conf = scratch_path(dir, "idinqr.conf"), *map = scratch_path(dir, "idinqr.map");
    char *ca_file = scratch_path(dir, "ca.pem"), *refused = scratch_path(dir, "idinqr.refused");
    char *module = desk_copy_program(BUILD_DIR "/pam_idinqr.so", dir, "pam_idinqr.so", 0755);
    int result;

    begin();
    hash = anna();
    ck_assert_int_eq(relay_server_command(relay_here,
                                          (const char *const[]){"desk", "add", "balie-9", NULL},
                                          &output),
                     0);
    scratch_write(ca_file, 0644, scratch_read(relay_server_ca_file(relay_here)));
    scratch_write(map, 0600, scratch_text("alice %s enrolled=2026-11-22 by=root\n", hash));
    scratch_write(
        conf, 0600,
        scratch_text("tries_per_account = 0\ntries_in_all = 0\nagent = %s\nca_file = %s\nmap = %s\n"
                     "refused_file = %s\n%s",
                     agent, ca_file, map, refused, output));
    if (_i == 1)
        ck_assert_int_eq(
            unlink(scratch_text("%.*s/idinqr-picture", (int)(strrchr(agent, '/') - agent), agent)),
            0);
    login_stack_service(
        stack, "sudo",
        scratch_text("auth required %s conf=%s display=half language=en\n", module, conf));
    login_stack_on_message(stack, on_message, stack);
    pam_handle_t *pamh = login_stack_start(stack, "sudo", "alice");
    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    syslog_capture_clear();
    result = login_stack_authenticate(stack, 0);
    ck_assert_msg((result == PAM_SUCCESS) == (_i == 0), "%s\n%s", syslog_capture_text(),
                  relay_server_log(relay_here));
    if (_i == 0) {
        relay_log_must_say("desk=balie-9");
    } else {
        ck_assert_msg(strstr(syslog_capture_text(), "idinqr-picture") != NULL, "%s",
                      syslog_capture_text());
    }
    ck_assert_int_eq(n_transactions(), _i == 0 ? 2 : 1);
}

RUN_TESTS("relay_qr_backend", agent_user_why_not());
