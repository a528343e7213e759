/* SPDX-License-Identifier: BSD-3-Clause */
/* What monitoring asks the real relay: /healthz and /metrics, by curl, and what Prometheus' own
 * programs say of the answers. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/deadline.h"
#include "tests/harness/http_client.h"
#include "tests/harness/relay.h"
#include "tests/harness/relay_login.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/manual_text.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SOON_MS 20000
#define WAIT_S  60

/* Fails unless a page of metrics is as the text format and the conventions of names say. */
static const char linter[] =
    "import sys\n"
    "from prometheus_client.parser import text_string_to_metric_families as parse\n"
    "text = sys.stdin.read()\n"
    "assert text.endswith('\\n')\n"
    "families = list(parse(text))\n"
    "assert len(families) > 8\n"
    "seen = set()\n"
    "for family in families:\n"
    "    name = family.name\n"
    "    assert name.startswith('idinqr_relay_'), name\n"
    "    assert family.documentation, name\n"
    "    assert family.type in ('counter', 'gauge', 'histogram'), (name, family.type)\n"
    "    assert '# HELP ' + name in text and '# TYPE ' + name in text, name\n"
    "    assert not any(word in name for word in ('milli', '_ms', 'minutes')), name\n"
    "    assert family.samples, name\n"
    "    for sample in family.samples:\n"
    "        key = (sample.name, tuple(sorted(sample.labels.items())))\n"
    "        assert key not in seen, key\n"
    "        seen.add(key)\n"
    "        assert sample.value >= 0, key\n"
    "        assert family.type != 'counter' or sample.name.endswith('_total'), sample.name\n"
    "        assert family.type != 'gauge' or not sample.name.endswith('_total'), sample.name\n"
    "    if family.type == 'histogram':\n"
    "        assert name.endswith('_seconds'), name\n"
    "        last = {}\n"
    "        for sample in family.samples:\n"
    "            request = sample.labels['request']\n"
    "            if sample.name.endswith('_bucket'):\n"
    "                edge, n = last.get(request, (0.0, 0))\n"
    "                assert float(sample.labels['le']) > edge and sample.value >= n, sample\n"
    "                last[request] = (float(sample.labels['le']), sample.value)\n"
    "            elif sample.name.endswith('_count'):\n"
    "                assert last[request] == (float('inf'), sample.value), sample\n";

static unsigned metrics_port;
static int metrics_holder = -1;

static void
set_up(void)
{
    metrics_holder = relay_bind(0, &metrics_port);
    ck_assert_int_ge(metrics_holder, 0);
}

static void
tear_down(void)
{
    relay_login_end();
    close(metrics_holder);
}

/* Runs a command. Returns its output, kept, and fails the test if it fails. */
static char *
run(const char *command)
{
    char text[65536];
    FILE *output = popen(command, "re");

    ck_assert_ptr_nonnull(output);
    text[fread(text, 1, sizeof text - 1, output)] = '\0';
    ck_assert_msg(pclose(output) == 0, "%s: %s", command, text);
    return scratch_text("%s", text);
}

/* An answer with its status and headers. */
static char *
get(const char *path)
{
    return run(scratch_text("curl -sS -i --cacert '%s' 'https://127.0.0.1:%u%s'",
                            relay_server_ca_file(relay_here), relay_server_port(relay_here), path));
}

static char *
get_metrics(void)
{
    return run(scratch_text("curl -sS --fail http://127.0.0.1:%u/metrics", metrics_port));
}

static bool
is_answer(const char *answer, int status, const char *body)
{
    return strncmp(answer, scratch_text("HTTP/1.1 %d ", status), 13) == 0 &&
           strcmp(strstr(answer, "\r\n\r\n") + 4, body) == 0;
}

static void
must_become_ready(bool is_ready)
{
    struct deadline deadline = deadline_in(SOON_MS);
    char *answer;

    while (answer = get("/healthz/ready"),
           !is_answer(answer, is_ready ? 200 : 503, is_ready ? "ok\n" : "not ok\n")) {
        ck_assert_msg(deadline_left(deadline, 1) > 0, "%s", answer);
        poll(NULL, 0, 50);
    }
}

TEST_CASE("monitor", .setup = set_up, .teardown = tear_down, .timeout_s = 120);

TEST(healthy)
{
    static const char *const paths[] = {"/healthz/live", "/healthz/ready"};
    /* The Date, and what each answer has. */
    static const char *const headers[] = {"Date", "Cache-Control", "Content-Type", "Content-Length",
                                          "Connection"};

    relay_login_begin(NULL);
    must_become_ready(true);
    for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
        char *answer = get(paths[i]);
        ck_assert_msg(is_answer(answer, 200, "ok\n"), "%s", answer);
        ck_assert_ptr_nonnull(strstr(answer, "\r\nCache-Control: no-store\r\n"));
        for (char *line = strstr(answer, "\r\n") + 2; *line != '\r';
             line = strstr(line, "\r\n") + 2) {
            bool is_known = false;
            for (size_t k = 0; k < ARRAY_LENGTH(headers); k++)
                is_known = is_known || strncmp(line, headers[k], strlen(headers[k])) == 0;
            ck_assert_msg(is_known, "%s", line);
        }
    }
    ck_assert_ptr_nonnull(strstr(get("/metrics"), "HTTP/1.1 404 "));
    ck_assert_ptr_nonnull(strstr(get("/healthz"), "HTTP/1.1 404 "));
}

/* It lives, and can begin no login. */
TEST(no_list_of_banks)
{
    relay_login_begin_with_fault("acquirer-directory-garbage");
    for (int i = 0; i < 3; i++) {
        ck_assert(is_answer(get("/healthz/ready"), 503, "not ok\n"));
        ck_assert(is_answer(get("/healthz/live"), 200, "ok\n"));
    }
}

TEST(no_database)
{
    char *path, *away;

    relay_login_begin(NULL);
    must_become_ready(true);
    path = scratch_path(relay_server_dir(relay_here), "db/relay.db");
    away = scratch_text("%s.away", path);
    ck_assert_int_eq(rename(path, away), 0);
    must_become_ready(false);
    ck_assert(is_answer(get("/healthz/live"), 200, "ok\n"));
    ck_assert_int_eq(rename(away, path), 0);
    must_become_ready(true);
}

/* --- metrics --------------------------------------------------------------------------------- */

/* The value of a line. */
static double
value(const char *page, const char *name)
{
    const char *line = strstr(page, scratch_text("\nidinqr_relay_%s ", name));

    ck_assert_msg(line != NULL, "no %s in:\n%s", name, page);
    return strtod(line + strlen("\nidinqr_relay_") + strlen(name), NULL);
}

static void
must_be(const char *page, const char *name, double wanted)
{
    double is = value(page, name);

    ck_assert_msg(is == wanted, "%s is %g, not %g", name, is, wanted);
}

/* In the form of Prometheus, as its library reads it; and promtool, where it is installed. */
static void
lint(const char *page)
{
    static const char mark[] = "# TYPE idinqr_relay_";
    char *manual = manual_section("man/idinqr-relay.8", "MONITORING");
    char *dir = scratch_dir("lint"), *file = scratch_path(dir, "page"),
         *script = scratch_path(dir, "lint.py");

    scratch_write(file, 0600, page);
    scratch_write(script, 0600, linter);
    run(scratch_text("/usr/bin/python3 '%s' <'%s' 2>&1", script, file));
    run(scratch_text("! command -v promtool >'%s' || promtool check metrics <'%s' 2>&1",
                     scratch_path(dir, "where"), file));
    for (const char *at = page; (at = strstr(at, mark)); at += strlen(mark)) {
        const char *name = at + strlen(mark);
        ck_assert_msg(strstr(manual, scratch_text("%.*s", (int)strcspn(name, " "), name)) != NULL,
                      "the manual has no %.60s", name);
    }
}

static void
begin_with(const char *lines, const char *const *sandbox)
{
    relay_login_begin(&(struct relay_options){
        .general = scratch_text("metrics_listen = 127.0.0.1:%u\n%s", metrics_port, lines),
        .sandbox = sandbox,
    });
}

static void
cancel(const struct relay_code *code)
{
    json_t *answer = NULL;

    ck_assert_int_eq(relay_server_ask(relay_here, NULL, code->desk, "/desk/v1/cancel",
                                      json_pack("{s:s}", "qr_id", code->id), &answer),
                     200);
    json_decref(answer);
}

TEST(counts)
{
    const time_t before = time(NULL);
    struct relay_wait waits[2];
    struct relay_code code, none;
    char number[7], *page;

    begin_with("codes_per_desk = 3", NULL);
    relay_phone_approve(relay_phone, &relay_code, number);
    relay_must_succeed(number);
    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &code);
    cancel(&code);
    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &code);
    ck_assert_int_eq(relay_code_try(relay_here, 0, RELAY_LIFETIME_S, &none), 429);
    for (int i = 0; i < 2; i++)
        relay_code_status_begin(relay_here, &code, WAIT_S, &waits[i]);
    page = get_metrics();
    lint(page);
    must_be(page, "logins_total{outcome=\"verified\"}", 1);
    must_be(page, "logins_total{outcome=\"cancelled\"}", 1);
    must_be(page, "logins_total{outcome=\"refused\"}", 0);
    must_be(page, "codes_total", 3);
    must_be(page, "transactions_total", 1);
    must_be(page, "desks_waiting", 2);
    must_be(page, "phones_waiting", 0);
    must_be(page, "refused_by_limit_total{limit=\"codes_per_desk\"}", 1);
    must_be(page, "refused_by_limit_total{limit=\"codes_in_all\"}", 0);
    must_be(page, "http_requests_total{route=\"/desk/v1/generate\",code=\"2xx\"}", 3);
    must_be(page, "http_requests_total{route=\"/desk/v1/generate\",code=\"4xx\"}", 1);
    must_be(page, "upstream_errors_total{request=\"status\"}", 0);
    must_be(page, "upstream_request_duration_seconds_count{request=\"transaction\"}", 1);
    must_be(page, "upstream_request_duration_seconds_bucket{request=\"status\",le=\"+Inf\"}", 1);
    /* The relay waits no longer for an answer. */
    must_be(page, "upstream_request_duration_seconds_bucket{request=\"transaction\",le=\"10\"}", 1);
    must_be(page, "store_errors_total", 0);
    ck_assert(value(page, "upstream_request_duration_seconds_sum{request=\"transaction\"}") > 0);
    ck_assert(value(page, "directory_timestamp_seconds") >= (double)before);
    ck_assert(value(page, "certificate_expiry_timestamp_seconds{certificate=\"server\"}") >
              (double)before);
    ck_assert_ptr_null(strstr(page, "balie"));
    ck_assert_ptr_null(strstr(page, code.id));
    cancel(&code);
    for (int i = 0; i < 2; i++)
        ck_assert_str_eq(relay_wait_end(&waits[i], SOON_MS), "cancelled");
    must_be(get_metrics(), "desks_waiting", 0);
}

/* It says so on a connection that it has, and takes no other. A phone that waits for the acquirer
 * is served, and a desk is answered at once. */
TEST(a_relay_that_stops)
{
    struct deadline deadline = deadline_in(SOON_MS);
    struct relay_wait phone, desk;
    struct http_client *client;
    struct http_answer answer;
    char *url;

    begin_with("", (const char *const[]){"--fault", "acquirer-slow", NULL});
    url = scratch_text("https://127.0.0.1:%u/healthz/ready", relay_server_port(relay_here));
    client = http_client_new(relay_server_ca_file(relay_here), NULL);
    relay_status_must_be("open");
    relay_code_status_begin(relay_here, &relay_code, WAIT_S, &desk);
    relay_phone_to_banks(relay_phone, &relay_code);
    relay_phone_press_begin(relay_phone, &phone);
    while (value(get_metrics(), "phones_waiting") < 1)
        ck_assert_int_gt(deadline_left(deadline, 1), 0);
    ck_assert_int_eq(http_request(client, "GET", url, NULL, NULL, &answer), 1);
    ck_assert_int_eq(answer.status, 200);
    http_answer_free(&answer);
    relay_server_stop_begin(relay_here);
    ck_assert_int_eq(http_request(client, "GET", url, NULL, NULL, &answer), 1);
    ck_assert_int_eq(answer.status, 503);
    ck_assert_str_eq(answer.body, "not ok\n");
    http_answer_free(&answer);
    ck_assert_int_eq(http_request(client, "GET", url, NULL, NULL, &answer), 0);
    ck_assert_msg(strstr(answer.error, "connect to server") != NULL, "%s", answer.error);
    http_answer_free(&answer);
    ck_assert_str_eq(relay_wait_end(&desk, SOON_MS), "open");
    ck_assert_str_eq(relay_wait_end(&phone, SOON_MS), "200");
    relay_server_stop(relay_here);
    ck_assert_str_eq(relay_sql("SELECT state FROM login"), "1");
    http_client_free(&client);
    relay_server_start(relay_here);
}

/* Two words of the store are one for the log: both are counted below it. */
TEST(refused_twice)
{
    static const char *const page_name = "logins_total{outcome=\"refused\"}";
    char number[7];

    begin_with("", NULL);
    relay_phone_approve(relay_phone, &relay_code, number);
    ck_assert_int_eq(phone_press(relay_phone, "This was not me"), 410);
    must_be(get_metrics(), page_name, 1);
    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &relay_code);
    relay_phone_to_bank(relay_phone, &relay_code);
    relay_phone_at_bank(relay_phone, "anna", "refuse");
    ck_assert_int_eq(relay_phone_return(relay_phone), 410);
    must_be(get_metrics(), page_name, 2);
}

TEST(errors)
{
    char *page, *path, *away;
    struct relay_code none;

    begin_with("", (const char *const[]){"--fault", "acquirer-garbage", NULL});
    relay_phone_to_banks(relay_phone, &relay_code);
    ck_assert_int_eq(phone_press(relay_phone, NULL), 502);
    path = scratch_path(relay_server_dir(relay_here), "db/relay.db");
    away = scratch_text("%s.away", path);
    ck_assert_int_eq(rename(path, away), 0);
    ck_assert_int_eq(relay_code_try(relay_here, 0, RELAY_LIFETIME_S, &none), 503);
    ck_assert_int_eq(rename(away, path), 0);
    page = get_metrics();
    lint(page);
    must_be(page, "upstream_errors_total{request=\"transaction\"}", 1);
    must_be(page, "transactions_total", 0);
    ck_assert(value(page, "store_errors_total") >= 1);
    must_be(page, "http_requests_total{route=\"/desk/v1/generate\",code=\"5xx\"}", 1);
}

/* The separate socket has no other page. */
TEST(nothing_else_is_there)
{
    static const char *const paths[] = {"/healthz/live", "/desk/v1/status", "/return", "/L/A", "/"};
    char *output;

    begin_with("", NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(paths); i++)
        ck_assert_str_eq(
            run(scratch_text("curl -sS -o '%s' -w '%%{http_code}' http://127.0.0.1:%u%s",
                             scratch_path(relay_server_dir(relay_here), "page"), metrics_port,
                             paths[i])),
            "404");
    ck_assert_ptr_nonnull(strstr(get("/metrics"), "HTTP/1.1 404 "));
    /* `check` has nothing against an address of loopback. */
    ck_assert_int_eq(relay_server_command(
                         relay_here, (const char *const[]){"check", "--offline", NULL}, &output),
                     0);
}

/* --- status ---------------------------------------------------------------------------------- */

/* What jq gets from `status --json`, whose exit status must be this. Kept. */
static char *
status(int wanted, const char *filter)
{
    char *output, *file = scratch_path(scratch_dir("status"), "json");
    int is =
        relay_server_command(relay_here, (const char *const[]){"status", "--json", NULL}, &output);

    ck_assert_msg(is == wanted, "%d: %s", is, output);
    scratch_write(file, 0600, output);
    return run(scratch_text("jq -c '%s' '%s'", filter, file));
}

/* A request of balie-2 by a program of this name. */
static void
contact(const char *user_agent)
{
    const char *token = strstr(relay_server_desk_conf(relay_here, 1), "merchant_token = ") + 17;

    run(scratch_text("curl -sS --cacert '%s' -A '%s' -H 'Content-Type: application/json'"
                     " -d '{\"merchant_token\": \"%.64s\"}' https://127.0.0.1:%u/desk/v1/status",
                     relay_server_ca_file(relay_here), user_agent, token,
                     relay_server_port(relay_here)));
}

#define BALIE_2 ".desks[] | select(.name == \"balie-2\")"

TEST(status_of_desks)
{
    static const char *const others[][2] = {
        {"pam_idinqr/0.3.0~rc1+b-2", "\"0.3.0~rc1+b-2\"\n"},
        {"curl/8.0", "null\n"},
        {"pam_idinqr/0.3 x", "null\n"},
        {"pam_idinqr/123456789012345678901234567890123", "null\n"}};
    char *output, *seen;

    relay_login_begin(NULL);
    ck_assert_str_eq(status(0, "[.desks[].name], .state"), "[\"balie-1\",\"balie-2\"]\n\"ok\"\n");
    ck_assert_str_eq(status(0, BALIE_2 " | [.last_contact, .version, .revoked]"),
                     "[null,null,false]\n");
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
        (void)relay_sql("UPDATE desk SET seen_ms = 1000");
        contact(others[i][0]);
        ck_assert_str_eq(status(0, BALIE_2 " | .version"), others[i][1]);
    }
    /* The last contact first. Another one in the same minute is not written. */
    ck_assert_str_eq(status(0, "[.desks[].name]"), "[\"balie-2\",\"balie-1\"]\n");
    seen = status(0, BALIE_2 " | .last_contact | fromdate | (now - .) < 60");
    ck_assert_str_eq(seen, "true\n");
    seen = relay_sql("SELECT seen_ms FROM desk WHERE name = 'balie-2'");
    contact("pam_idinqr/0.4.0");
    ck_assert_str_eq(relay_sql("SELECT seen_ms FROM desk WHERE name = 'balie-2'"), seen);
    /* It may come from a clock that was ahead. */
    (void)relay_sql("UPDATE desk SET seen_ms = 9999999999999");
    contact("pam_idinqr/0.4.0");
    ck_assert_str_eq(status(0, BALIE_2 " | .version"), "\"0.4.0\"\n");
    ck_assert_int_eq(relay_server_command(relay_here,
                                          (const char *const[]){"desk", "revoke", "balie-2", NULL},
                                          &output),
                     0);
    ck_assert_str_eq(status(0, BALIE_2 " | .revoked"), "true\n");
    ck_assert_int_eq(
        relay_server_command(relay_here, (const char *const[]){"status", NULL}, &output), 0);
    ck_assert_msg(strstr(output, "Z  0.4.0  revoked\n") != NULL, "%s", output);
    ck_assert_ptr_nonnull(strstr(output, "IDINQR-RELAY OK: 0 of 0 logins"));
}

TEST(status_of_logins)
{
    char number[7], *output;

    relay_login_begin(NULL);
    relay_phone_approve(relay_phone, &relay_code, number);
    relay_must_succeed(number);
    for (int i = 0; i < 2; i++) {
        relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &relay_code);
        cancel(&relay_code);
    }
    ck_assert_str_eq(status(0, ".logins_last_hour | to_entries | map(select(.value > 0))"
                               " | from_entries"),
                     "{\"verified\":1,\"cancelled\":2}\n");
    ck_assert_str_eq(status(0, ".logins_last_hour | length"), "7\n");
    ck_assert_int_eq(
        relay_server_command(relay_here, (const char *const[]){"status", NULL}, &output), 0);
    ck_assert_msg(
        strncmp(output, "IDINQR-RELAY OK: 1 of 3 logins of the last hour verified\n", 57) == 0,
        "%s", output);
    (void)relay_sql("UPDATE outcome SET minute = minute - 59 WHERE state = 4");
    (void)relay_sql("UPDATE outcome SET minute = minute - 61 WHERE state = 5");
    ck_assert_str_eq(status(0, ".logins_last_hour | [.verified, .cancelled]"), "[1,0]\n");
}

/* As a monitoring plugin ends. */
TEST(status_of_failures)
{
    char *output;

    relay_login_begin(NULL);
    (void)relay_sql("INSERT INTO outcome SELECT strftime('%s') / 60, 9, 1");
    ck_assert_str_eq(status(1, ".state"), "\"warning\"\n");
    (void)relay_sql("UPDATE outcome SET n = 3");
    ck_assert_str_eq(status(2, ".state"), "\"critical\"\n");
    (void)relay_sql("INSERT INTO outcome SELECT strftime('%s') / 60, 4, 2");
    ck_assert_str_eq(status(1, ".logins_last_hour[\"bank-failed\"]"), "3\n");
    (void)relay_sql("UPDATE outcome SET n = 3");
    ck_assert_str_eq(status(0, ".state"), "\"ok\"\n");
    ck_assert_int_eq(
        relay_server_command(relay_here, (const char *const[]){"status", "--yaml", NULL}, &output),
        3);
    (void)relay_sql("DROP TABLE outcome");
    ck_assert_int_eq(
        relay_server_command(relay_here, (const char *const[]){"status", NULL}, &output), 3);
    ck_assert_str_eq(output, "");
}

RUN_TESTS("relay_monitor", NULL);
