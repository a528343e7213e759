/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the other answers of an acquirer: the directory, a transaction, an error; and times. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/idx_fixture.h"

#include <stdlib.h>
#include <string.h>

static char *
signed_by_acquirer(char *canonical)
{
    ck_assert_ptr_nonnull(canonical);
    return idx_signed(&idx_acquirer, scratch_keep(canonical));
}

TEST_CASE("directory", .setup = idx_fixture_reset);

static const struct answer_issuer issuers[] = {
    {"Nederland", "INGBNL2A", "Bank \"A\" & <Co>"},
    {"Nederland", "RABONL2UXXX", "Bank B"},
    {"Rom\xC3\xA2nia", "INGBRO2A", "Bank C"},
};

static char *
directory_body(void)
{
    return scratch_keep(
        answer_directory("1234", IDX_NOW, IDX_NOW - 86400000, issuers, ARRAY_LENGTH(issuers)));
}

static int
read_directory(const char *xml, struct idx_directory **ret_directory)
{
    return idx_read_directory(idx_here, xml, strlen(xml), ret_directory, &idx_failure);
}

TEST(a_list)
{
    struct idx_directory *directory = NULL;

    ck_assert_int_eq(read_directory(idx_signed(&idx_acquirer, directory_body()), &directory), 0);
    ck_assert_uint_eq(directory->n_issuers, ARRAY_LENGTH(issuers));
    for (size_t i = 0; i < ARRAY_LENGTH(issuers); i++) {
        ck_assert_str_eq(directory->issuers[i].id, issuers[i].id);
        ck_assert_str_eq(directory->issuers[i].name, issuers[i].name);
    }
    free(directory);
}

#define LONG_NAME "012345678901234567890123456789012345678901234567890123456789"

static const struct {
    const char *from, *to;
    int error;
} directory_edits[] = {
    {"<acquirerID>1234", "<acquirerID>1235", IDQ_REPLY},
    {"<issuerID>INGBNL2A", "<issuerID>INGBNL2", IDQ_REPLY},
    {"Bank B",
     "Bank\xE2\x80\xAE"
     "B",
     IDQ_REPLY}, /* right to left */
    {"Bank B", "", IDQ_REPLY},
    {"Bank B", LONG_NAME LONG_NAME LONG_NAME, IDQ_REPLY},
    {"Nederland", "", IDQ_REPLY},
    {"2027-01-14T", "2027-01-14 ", IDQ_REPLY},
    {"<Issuer>", "<Issuer></Issuer><Issuer>", IDQ_REPLY},
    {"<Country>", "<Country><countryNames>x</countryNames></Country><Country>", IDQ_REPLY},
    {"<Country>", "<Country></Country><Country>", IDQ_REPLY},
    {"<Country>", "<x></x><Country>", IDQ_REPLY},
    {"DirectoryRes ", "AcquirerStatusRes ", IDQ_REPLY},
};

LOOP_TEST(a_list_with_an_error, ARRAY_LENGTH(directory_edits))
{
    struct idx_directory *directory = NULL;
    char *body = idx_replaced(directory_body(), directory_edits[_i].from, directory_edits[_i].to);

    if (strstr(directory_edits[_i].to, "Status"))
        body = idx_replaced(body, "</DirectoryRes>", "</AcquirerStatusRes>");
    ck_assert_int_eq(read_directory(idx_signed(&idx_acquirer, body), &directory),
                     directory_edits[_i].error);
    ck_assert_ptr_null(directory);
    ck_assert_str_ne(idx_failure.reason, "");
}

TEST(an_empty_list)
{
    struct idx_directory *directory = NULL;
    char *body = directory_body();

    body = idx_replaced(body, idx_between(body, "<Country>", "</Country></Directory>"),
                        "</Directory>");
    ck_assert_int_eq(read_directory(idx_signed(&idx_acquirer, body), &directory), IDQ_REPLY);
    ck_assert_ptr_null(directory);
}

TEST(a_list_that_another_signed)
{
    struct idx_directory *directory = NULL;

    ck_assert_int_eq(read_directory(idx_signed(&idx_attacker, directory_body()), &directory),
                     IDQ_SIGNATURE);
    ck_assert_ptr_null(directory);
}

TEST_CASE("transaction", .setup = idx_fixture_reset);

static int
read_transaction(const char *url, const char *transaction, struct idx_started *ret_started)
{
    char *xml = signed_by_acquirer(answer_transaction("1234", IDX_NOW, url, transaction));

    return idx_read_transaction(idx_here, xml, strlen(xml), ret_started, &idx_failure);
}

TEST(a_start)
{
    struct idx_started started;

    ck_assert_int_eq(read_transaction("https://b.example/?a=1&b=2", IDX_TRANSACTION, &started), 0);
    ck_assert_str_eq(started.url, "https://b.example/?a=1&b=2");
    ck_assert_str_eq(started.transaction, IDX_TRANSACTION);
}

static const char *const urls[] = {
    "http://b.example/", "javascript:alert(1)", "//b.example/",    "https://a@b.example/", "",
    "https://",          "https://b.example/ ", "HTTPS//b.example"};

LOOP_TEST(another_address, ARRAY_LENGTH(urls))
{
    struct idx_started started = {.url = ""};

    ck_assert_int_eq(read_transaction(urls[_i], IDX_TRANSACTION, &started), IDQ_REPLY);
    ck_assert_str_eq(started.transaction, "");
}

static const char *const ids[] = {"123400000000004", "12340000000000420", "1234000000000a42",
                                  "1235000000000042", ""};

LOOP_TEST(another_id, ARRAY_LENGTH(ids))
{
    struct idx_started started = {.url = ""};

    ck_assert_int_eq(read_transaction("https://b.example/", ids[_i], &started), IDQ_REPLY);
    ck_assert_str_eq(started.url, "");
}

TEST_CASE("error", .setup = idx_fixture_reset);

#define WORDS "Kies een andere bank, \xE2\x82\xAC 0"

static char *
error_body(void)
{
    return scratch_keep(answer_error(
        IDX_NOW, "SO1100", "System <unavailable> \xE2\x82\xAC", WORDS,
        answer_response(IDX_NOW, IDX_REFERENCE, "1234", "Requester", "RequestUnsupported", NULL)));
}

static void
must_tell(int error)
{
    ck_assert_int_eq(error, IDQ_BANK_FAILED);
    ck_assert_str_eq(idx_failure.consumer_message, WORDS);
    ck_assert_str_eq(idx_failure.reason, "the acquirer reports SO1100: System <unavailable> ???; "
                                         "SAML Requester, RequestUnsupported");
}

/* In place of each answer. */
TEST(the_acquirers)
{
    char *xml = idx_signed(&idx_acquirer, error_body());
    struct idx_directory *directory;
    struct idx_started started;

    must_tell(idx_read_directory(idx_here, xml, strlen(xml), &directory, &idx_failure));
    must_tell(idx_read_transaction(idx_here, xml, strlen(xml), &started, &idx_failure));
    must_tell(idx_read(xml));
}

/* Another's words are not shown to the person. */
TEST(of_another)
{
    idx_must_be(idx_signed(&idx_attacker, error_body()), IDQ_SIGNATURE);
    ck_assert_str_eq(idx_failure.consumer_message, "");
    idx_must_be(error_body(), IDQ_SIGNATURE);
    ck_assert_str_eq(idx_failure.consumer_message, "");
}

static const struct {
    const char *from, *to;
} error_edits[] = {
    {"SO1100", "SO110"},
    {"SO1100", "so1100"},
    {"Kies", "K\xC2\x9Bs"}, /* a control character */
    {"Kies", "K\xE2\x80\xAEs"},
    {"<consumerMessage>", "<consumerMessage>x</consumerMessage><consumerMessage>"},
    {"<container>", "<container><x></x>"},
    {"samlp:Status>", "samlp:Statu>"},
    {"<errorMessage>", "<x></x><errorMessage>"},
};

LOOP_TEST(with_an_error, ARRAY_LENGTH(error_edits))
{
    char *body = idx_replaced(error_body(), error_edits[_i].from, error_edits[_i].to);

    if (strcmp(error_edits[_i].to, "samlp:Statu>") == 0)
        body = idx_replaced(body, "</samlp:Status>", "</samlp:Statu>");
    idx_must_be(idx_signed(&idx_acquirer, body), IDQ_REPLY);
    ck_assert_str_eq(idx_failure.consumer_message, "");
}

/* The longest texts of the schema, in the widest characters. */
TEST(with_long_texts)
{
    char words[512 * 4 + 1], *xml;

    for (size_t i = 0; i < 512; i++)
        memcpy(words + 4 * i, "\xF0\x9F\x92\xA1", 5);
    xml = signed_by_acquirer(answer_error(IDX_NOW, "SO1100", "x", words, NULL));
    idx_must_be(xml, IDQ_BANK_FAILED);
    ck_assert_str_eq(idx_failure.consumer_message, words);
}

TEST_CASE("time");

static const struct {
    const char *text;
    int64_t ms; /* -1: not a time */
} times[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"2027-01-15T08:00:00.123Z", IDX_NOW},
    {"2027-01-15T08:00:00.1234567Z", IDX_NOW},
    {"2027-01-15T08:00:00.1Z", IDX_NOW - 23},
    {"2024-02-29T23:59:59Z", 1709251199000},
    {"2023-02-29T23:59:59Z", -1},
    {"2023-13-01T00:00:00Z", -1},
    {"2023-00-01T00:00:00Z", -1},
    {"2023-01-32T00:00:00Z", -1},
    {"2023-01-01T24:00:00Z", -1},
    {"2023-01-01T00:60:00Z", -1},
    {"2023-01-01T00:00:60Z", -1},
    {"2023-01-01T00:00:00", -1},
    {"2023-01-01T00:00:00.Z", -1},
    {"2023-01-01T00:00:00,1Z", -1},
    {"2023-01-01T00:00:00+00:00", -1},
    {"2023-01-01T00:00:00Z ", -1},
    {" 2023-01-01T00:00:00Z", -1},
    {"2023-1-01T00:00:00.00Z", -1},
    {"2023-01-01 00:00:00Z", -1},
    {"+023-01-01T00:00:00Z", -1},
    {"2023-01- 1T00:00:00Z", -1},
    {"123456789", -1},
    {"", -1},
};

LOOP_TEST(in_text, ARRAY_LENGTH(times))
{
    int64_t ms = -1;
    int error = idx_time(times[_i].text, &ms);

    ck_assert_msg((error == 0) == (times[_i].ms >= 0), "%s", times[_i].text);
    ck_assert_int_eq(ms, times[_i].ms);
}

RUN_TESTS("idx_read", idx_fixture_begin());
