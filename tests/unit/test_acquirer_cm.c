/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the requests to CM.com, and what its answers are taken for. The fields are those of
 * CM.com's documentation. */
#include "pam_idinqr/relay/acquirer.h"

#include "pam_idinqr/common/array.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <jansson.h>

#define TOKEN     "00000000-0000-4000-8000-00000000c0de"
#define ID        "3645651845961623"
#define REFERENCE "7defa5c6-7651-45cd-9016-f9027dc4dda9"
#define BANK      "INGBNL2A"
#define BIN       "NLINGB3x4u89498qe4tqjvdaj0"

static const struct cm_settings settings = {.url = "https://cm.nl", .merchant_token = TOKEN};
static const struct acquirer acquirer = {.cm = &settings,
                                         .return_url = "https://desk.example.nl/return"};
static struct idx_failure failure;

/* Returns whether the request is this JSON object, in any order. Frees the text. */
static bool
is_request(int error, char *text, size_t size, const char *expected)
{
    json_t *request = error == 0 ? json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL) : NULL;
    json_t *other = json_loads(expected, 0, NULL);
    bool is_same = request && other && json_equal(request, other) && strlen(text) == size;

    json_decref(request);
    json_decref(other);
    acquirer_text_free(&text);
    return is_same;
}

TEST_CASE("requests");

/* No part of a person but the identity is asked for. */
TEST(requests)
{
    const struct idx_request request = {
        .issuer = BANK, .language = "nl", .entrance_code = "eC1", .reference = "unused"};
    const struct store_trx trx = {.id = ID, .reference = REFERENCE};
    char *text = NULL;
    size_t size = 0;
    int error = acquirer_cm.build_directory(&acquirer, 0, &text, &size);

    ck_assert(is_request(error, text, size, "{\"merchant_token\":\"" TOKEN "\"}"));
    error = acquirer_cm.build_transaction(&acquirer, &request, 0, &text, &size);
    ck_assert(is_request(error, text, size,
                         "{\"merchant_token\":\"" TOKEN "\",\"identity\":true,"
                         "\"issuer_id\":\"" BANK "\",\"entrance_code\":\"eC1\","
                         "\"merchant_return_url\":\"https://desk.example.nl/return\","
                         "\"language\":\"nl\"}"));
    error = acquirer_cm.build_status(&acquirer, &trx, 0, &text, &size);
    ck_assert(is_request(error, text, size,
                         "{\"merchant_token\":\"" TOKEN "\",\"transaction_id\":\"" ID "\","
                         "\"merchant_reference\":\"" REFERENCE "\"}"));
}

/* --- the list of banks ------------------------------------------------------------------------ */

TEST_CASE("directory");

#define LIST(issuers)    "[{\"country\":\"Nederland\",\"issuers\":[" issuers "]}]"
#define ISSUER(id, name) "{\"issuer_id\":\"" id "\",\"issuer_name\":\"" name "\"}"

TEST(banks_of_all_countries)
{
    static const char list[] =
        "[{\"country\":\"A\",\"issuers\":[" ISSUER("INGBNL2A", "I\xC3\x8BNG") "," ISSUER(
            "RABONL2UXXX", "Rabobank") "]},{\"country\":\"B\",\"issuers\":[" ISSUER("BUNQNL2A",
                                                                                    "bunq") "]}]";
    struct idx_directory *directory = NULL;

    ck_assert_int_eq(
        acquirer_cm.read_directory(&acquirer, list, strlen(list), &directory, &failure), 0);
    ck_assert_uint_eq(directory->n_issuers, 3);
    ck_assert_str_eq(directory->issuers[0].name, "I\xC3\x8BNG");
    ck_assert_str_eq(directory->issuers[1].id, "RABONL2UXXX");
    ck_assert_str_eq(directory->issuers[2].name, "bunq");
    free(directory);
}

#define NAME_140                                                                                   \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"                       \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const char *const no_lists[] = {
    "",
    "<html>",
    "{}",
    "[]",
    "[{\"country\":\"Nederland\"}]",
    LIST(""),
    LIST("1"),
    LIST(ISSUER("INGBNL2A", "ING")) "x",
    LIST(ISSUER("INGBNL2A", "ING") ",{\"issuer_id\":\"RABONL2U\"}"),
    LIST("{\"issuer_name\":\"ING\"}"),
    LIST(ISSUER("INGBNL2A", "")),
    LIST(ISSUER("INGBNL2A", "I\\nNG")),
    LIST(ISSUER("INGBNL2A", "I\xE2\x80\xAENG")),
    LIST(ISSUER("INGBNL2A", NAME_140 "a")),
    LIST(ISSUER("INGBNL2", "ING")),
    LIST(ISSUER("INGBNL2AXX", "ING")),
    LIST(ISSUER("INGBNL2AXXXX", "ING")),
    LIST(ISSUER("ingbnl2a", "ING")),
    LIST("{\"issuer_id\":\"INGBNL2A\",\"issuer_id\":\"INGBNL2A\",\"issuer_name\":\"ING\"}"),
};

LOOP_TEST(no_list, ARRAY_LENGTH(no_lists))
{
    struct idx_directory *directory = NULL;

    ck_assert_int_eq(acquirer_cm.read_directory(&acquirer, no_lists[_i], strlen(no_lists[_i]),
                                                &directory, &failure),
                     IDQ_REPLY);
    ck_assert_ptr_null(directory);
    ck_assert_str_ne(failure.reason, "");
}

TEST(the_longest_name)
{
    static const char list[] = LIST(ISSUER("INGBNL2A", NAME_140));
    struct idx_directory *directory = NULL;

    ck_assert_int_eq(
        acquirer_cm.read_directory(&acquirer, list, strlen(list), &directory, &failure), 0);
    free(directory);
}

/* --- a transaction ---------------------------------------------------------------------------- */

TEST_CASE("transaction");

static int
read_transaction(const char *body, struct store_trx *ret_trx, char ret_url[IDX_URL_SIZE])
{
    return acquirer_cm.read_transaction(&acquirer, body, strlen(body), ret_trx, ret_url, &failure);
}

#define STARTED(id, reference, url)                                                                \
    "{\"transaction_id\":" id ",\"merchant_reference\":" reference                                 \
    ",\"issuer_authentication_url\":" url "}"
#define REFERENCE_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

TEST(a_transaction_that_started)
{
    struct store_trx trx = {.id = ""};
    char url[IDX_URL_SIZE];

    ck_assert_int_eq(read_transaction(STARTED("\"" ID "\"", "\"" REFERENCE_63 "\"",
                                              "\"https:\\/\\/bank.nl\\/?a=b\""),
                                      &trx, url),
                     0);
    ck_assert_str_eq(trx.id, ID);
    ck_assert_str_eq(trx.reference, REFERENCE_63);
    ck_assert_str_eq(url, "https://bank.nl/?a=b");
}

static const char *const not_started[] = {
    "",
    "[]",
    "{\"message\":\"no\"}",
    STARTED("\"364565184596162\"", "\"r\"", "\"https://bank.nl/\""),
    STARTED("\"36456518459616230\"", "\"r\"", "\"https://bank.nl/\""),
    STARTED("\"364565184596162x\"", "\"r\"", "\"https://bank.nl/\""),
    STARTED(ID, "\"r\"", "\"https://bank.nl/\""), /* a number */
    STARTED("\"" ID "\"", "\"\"", "\"https://bank.nl/\""),
    STARTED("\"" ID "\"", "null", "\"https://bank.nl/\""),
    STARTED("\"" ID "\"", "\"a b\"", "\"https://bank.nl/\""),
    STARTED("\"" ID "\"", "\"" REFERENCE_63 "a\"", "\"https://bank.nl/\""),
    STARTED("\"" ID "\"", "\"r\"", "\"http://bank.nl/\""),
    STARTED("\"" ID "\"", "\"r\"", "\"javascript:alert(1)\""),
    STARTED("\"" ID "\"", "\"r\"", "\"https://a@bank.nl/\""),
    STARTED("\"" ID "\"", "\"r\"", "\"https://bank.nl/\",\"merchant_reference\":\"s\""),
};

LOOP_TEST(no_transaction, ARRAY_LENGTH(not_started))
{
    struct store_trx trx = {.id = "", .reference = "old"};
    char url[IDX_URL_SIZE] = "";

    ck_assert_int_eq(read_transaction(not_started[_i], &trx, url), IDQ_REPLY);
    ck_assert(trx.id[0] == '\0' && strcmp(trx.reference, "old") == 0 && url[0] == '\0');
    ck_assert_str_ne(failure.reason, "");
}

/* --- its status ------------------------------------------------------------------------------- */

TEST_CASE("status");

#define ANSWER(status, more) "{\"status\":\"" status "\",\"transaction_id\":\"" ID "\"" more "}"
#define OF_BANK              ",\"issuer_id\":\"" BANK "\""
#define WITH_BIN             ",\"bin\":\"" BIN "\""

static const struct {
    const char *body;
    int error;
    enum idx_status status;
} statuses[] = {
    {ANSWER("success", OF_BANK WITH_BIN), 0, IDX_SUCCESS},
    {ANSWER("success", OF_BANK WITH_BIN ",\"name\":{\"last_name\":\"Dijk\"},\"new\":[1]"), 0,
     IDX_SUCCESS},
    {ANSWER("success", OF_BANK ",\"notice\":\"late\",\"notice_code\":1"), 0, IDX_LATE},
    {ANSWER("success", OF_BANK ",\"bin\":null"), 0, IDX_LATE},
    {ANSWER("success", ""), 0, IDX_LATE},
    {ANSWER("cancelled", ""), 0, IDX_CANCELLED},
    {ANSWER("expired", OF_BANK), 0, IDX_EXPIRED},
    {ANSWER("failure", ""), 0, IDX_FAILED},
    {ANSWER("open", ",\"bin\":null"), 0, IDX_OPEN},
    {"", IDQ_REPLY, 0},
    {"<html>", IDQ_REPLY, 0},
    {"[" ANSWER("success", OF_BANK WITH_BIN) "]", IDQ_REPLY, 0},
    {ANSWER("success", OF_BANK WITH_BIN) "}", IDQ_REPLY, 0},
    {ANSWER("Success", OF_BANK WITH_BIN), IDQ_REPLY, 0},
    {ANSWER("pending", ""), IDQ_REPLY, 0},
    {ANSWER("", OF_BANK WITH_BIN), IDQ_REPLY, 0},
    {"{\"status\":1,\"transaction_id\":\"" ID "\"}", IDQ_REPLY, 0},
    {"{\"transaction_id\":\"" ID "\"" OF_BANK WITH_BIN "}", IDQ_REPLY, 0},
    {"{\"status\":\"success\"" OF_BANK WITH_BIN "}", IDQ_OTHER_CODE, 0},
    {"{\"status\":\"open\"}", IDQ_OTHER_CODE, 0},
    {"{\"status\":\"success\",\"transaction_id\":\"3645651845961624\"" OF_BANK WITH_BIN "}",
     IDQ_OTHER_CODE, 0},
    {"{\"status\":\"success\",\"transaction_id\":" ID OF_BANK WITH_BIN "}", IDQ_OTHER_CODE, 0},
    {ANSWER("success", WITH_BIN), IDQ_OTHER_CODE, 0},
    {ANSWER("success", ",\"issuer_id\":\"RABONL2U\"" WITH_BIN), IDQ_OTHER_CODE, 0},
    {ANSWER("success", ",\"issuer_id\":null" WITH_BIN), IDQ_OTHER_CODE, 0},
    {ANSWER("cancelled", OF_BANK WITH_BIN), IDQ_REPLY, 0},
    {ANSWER("open", OF_BANK ",\"bin\":\"\""), IDQ_REPLY, 0},
    {ANSWER("success", OF_BANK ",\"bin\":\"\""), IDQ_NO_SUBJECT, 0},
    {ANSWER("success", OF_BANK ",\"bin\":1"), IDQ_NO_SUBJECT, 0},
    {ANSWER("success", OF_BANK ",\"bin\":[\"" BIN "\"]"), IDQ_NO_SUBJECT, 0},
    {ANSWER("success", OF_BANK ",\"bin\":\"12\""), IDQ_NO_SUBJECT, 0},
    {ANSWER("success", OF_BANK ",\"bin\":\"NL\\n1\""), IDQ_NO_SUBJECT, 0},
    {ANSWER("success", OF_BANK ",\"bin\":\"TRANS12345\""), IDQ_TRANSIENT, 0},
    {ANSWER("success", OF_BANK WITH_BIN ",\"bin\":\"NLother\""), IDQ_REPLY, 0},
    {ANSWER("success", OF_BANK WITH_BIN ",\"status\":\"open\""), IDQ_REPLY, 0},
};

/* A reason never repeats what was answered. */
LOOP_TEST(of_a_transaction, ARRAY_LENGTH(statuses))
{
    const struct idx_asked asked = {.transaction = ID, .reference = REFERENCE, .issuer = BANK};
    struct idx_result result = {.bin = NULL};
    const char *body = statuses[_i].body;

    ck_assert_msg(acquirer_cm.read_status(&acquirer, body, strlen(body), &asked, &result,
                                          &failure) == statuses[_i].error,
                  "%s: %s", body, failure.reason);
    ck_assert_int_eq(result.status, statuses[_i].status);
    ck_assert_int_eq(result.bin != NULL, statuses[_i].status == IDX_SUCCESS);
    if (result.bin)
        ck_assert_str_eq(secret_bytes(result.bin), BIN);
    ck_assert_int_eq(failure.reason[0] != '\0', statuses[_i].error != 0);
    ck_assert_msg(!strstr(failure.reason, "NL") && !strstr(failure.reason, ID), "%s",
                  failure.reason);
    idx_result_wipe(&result);
}

RUN_TESTS("acquirer_cm", NULL);
