/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of idinqr-sandbox(1). */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/sandbox/options.h"
#include "tests/harness/runner.h"

#include <stdio.h>
#include <string.h>

#define ARGUMENTS_MAX 24

/* Parses a line, cut at its blanks; ret_options points into `line`. */
static enum options_result
parse(char *line, struct options *ret_options)
{
    char *arguments[ARGUMENTS_MAX + 1] = {(char[]){"idinqr-sandbox"}};
    int count = 1;

    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        arguments[count++] = word;
    return options_parse(count, arguments, ret_options);
}

TEST_CASE("options");

TEST(has_defaults)
{
    struct options options;

    ck_assert_int_eq(parse((char[]){""}, &options), OPTIONS_RUN);
    ck_assert_str_eq(options.listen, "127.0.0.1"); /* for this machine only */
    ck_assert_uint_eq(options.port, 0);
    ck_assert_str_eq(options.provider, "idin-qr");
    ck_assert_ptr_null(options.dir);
    ck_assert_ptr_null(options.agent);
    ck_assert_ptr_null(options.acquirer);
    ck_assert_ptr_null(options.auto_person);
    ck_assert_uint_eq(options.n_enrollments, 0);
    ck_assert_int_eq(options.public_key, 0);
    ck_assert(!options.is_relay && !options.asks_number);
}

/* Only a relay asks for the number. */
TEST(a_relay_and_its_number)
{
    struct options options;

    ck_assert_int_eq(parse((char[]){"--relay"}, &options), OPTIONS_RUN);
    ck_assert(options.is_relay && !options.asks_number);
    ck_assert_int_eq(parse((char[]){"--relay --confirm none"}, &options), OPTIONS_RUN);
    ck_assert(options.is_relay && !options.asks_number);
    ck_assert_int_eq(parse((char[]){"--confirm number"}, &options), OPTIONS_RUN);
    ck_assert(options.is_relay && options.asks_number);
}

TEST(a_qr_backend)
{
    struct options options;

    ck_assert_int_eq(parse((char[]){"--acquirer https://a.nl"}, &options), OPTIONS_RUN);
    ck_assert(!options.is_qr_backend && !options.is_cm);
    ck_assert_int_eq(parse((char[]){"--qr-backend --acquirer https://a.nl"}, &options),
                     OPTIONS_RUN);
    ck_assert(options.is_qr_backend);
    ck_assert_int_eq(parse((char[]){"--cm --acquirer https://a.nl"}, &options), OPTIONS_RUN);
    ck_assert(options.is_cm);
}

TEST(reads_options)
{
    char line[] = "--dir /d --listen ::1 --port 65535 --public-url https://desk.example:8443/ "
                  "--auto=anna@proef --enroll alice=anyone --enroll=bob=passer --fault busy-once "
                  "--provider signicat --public-key --acquirer https://127.0.0.1:8443";
    struct options options;

    ck_assert_int_eq(parse(line, &options), OPTIONS_RUN);
    ck_assert_str_eq(options.dir, "/d");
    ck_assert_str_eq(options.provider, "signicat");
    ck_assert_str_eq(options.acquirer, "https://127.0.0.1:8443");
    ck_assert_str_eq(options.listen, "::1");
    ck_assert_uint_eq(options.port, 65535);
    ck_assert_str_eq(options.public_url, "https://desk.example:8443");
    ck_assert_str_eq(options.auto_person->id, "anna");
    ck_assert_str_eq(options.auto_bank->id, "proef");
    ck_assert_uint_eq(options.n_enrollments, 2);
    ck_assert_str_eq(options.enrollments[0].account, "alice");
    ck_assert_ptr_null(options.enrollments[0].person);
    ck_assert_str_eq(options.enrollments[1].person->id, "passer");
    ck_assert_int_eq(fault_on(&options.faults, FAULT_BUSY_ONCE), 1);
    ck_assert_int_eq(fault_on(&options.faults, FAULT_NO_LONG_POLL), 0);
    ck_assert_int_eq(options.public_key, 1);
}

static const char *const wrong[] = {
    "x",
    "--no-such-option",
    "--port",
    "--port 65536",
    "--port -1",
    "--port 80x",
    "--listen localhost",
    "--public-url http://desk.example",
    "--public-url https://desk.example/path",
    "--public-url https://user@desk.example",
    "--auto nobody",
    "--auto anna@nowhere",
    "--enroll alice",
    "--enroll =anna",
    "--enroll alice=nobody",
    "--enroll alice=nobin",
    "--enroll alice=transient",
    "--agent idinqr-agent",
    "--fault no-such-fault",
    "--provider idin",
    "--confirm always",
    "--relay --provider signicat",
    "--provider oidc-device --confirm number",
    "--auto anna --confirm number",
    "--qr-backend",
    "--qr-backend --acquirer https://a.nl --relay",
    "--qr-backend --acquirer https://a.nl --public-key",
    "--qr-backend --acquirer https://a.nl --auto anna",
    "--cm",
    "--cm --acquirer https://a.nl --qr-backend",
};

LOOP_TEST(refuses, ARRAY_LENGTH(wrong))
{
    char line[64];
    struct options options = {.port = 4711};

    snprintf(line, sizeof line, "%s", wrong[_i]);
    ck_assert_int_eq(parse(line, &options), OPTIONS_WRONG);
    ck_assert_uint_eq(options.port, 4711);
}

RUN_TESTS("sandbox_options", NULL);
