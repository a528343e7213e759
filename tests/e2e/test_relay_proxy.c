/* SPDX-License-Identifier: BSD-3-Clause */
/* Two real relays behind Debian's haproxy or nginx, by the examples that are shipped: desk and
 * phone ask the proxy alone. Needs root, as the proxies do. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/deadline.h"
#include "tests/harness/http_client.h"
#include "tests/harness/postgres.h"
#include "tests/harness/proxy.h"
#include "tests/harness/raw_request.h"
#include "tests/harness/relay_login.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/manual_text.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define SOON_MS 20000 /* far below WAIT_S: a relay has woken the desk */
#define WAIT_S  60
#define CLIENTS 3

static struct postgres_server *database;
static struct relay_server *other; /* the second relay */
static struct proxy *proxy;

static const char *
variant(int i, const char **ret_why_not)
{
    if (i == PROXIES)
        return NULL;
    *ret_why_not = proxy_why_not(PROXY_NAMES[i]);
    return PROXY_NAMES[i];
}

static void
set_up(void)
{
    database = postgres_server_new();
    proxy = proxy_new(PROXY_NAMES[runner_variant()]);
    relay_here = relay_server_new(
        &(struct relay_options){.database = postgres_tcp_uri(database, POSTGRES_RELAY),
                                .general = "behind_proxy = yes",
                                .proxy_port = proxy_port(proxy)});
    other = relay_server_new_beside(relay_here);
    relay_phone = relay_server_phone(relay_here);
}

/* Starts the proxy, and asks it for a code. */
static void
begin(unsigned clients_most)
{
    proxy_start(proxy, relay_here, other, clients_most);
    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &relay_code);
}

static void
tear_down(void)
{
    proxy_free(&proxy);
    relay_server_free(&other);
    relay_login_end();
    postgres_server_free(&database);
}

TEST_CASE(NULL, .variant = variant, .setup = set_up, .teardown = tear_down, .timeout_s = 180);

TEST(a_login)
{
    struct relay_wait wait;
    char number[7];

    begin(0);
    ck_assert_ptr_nonnull(
        strstr(relay_code.link, scratch_text("HTTPS://127.0.0.1:%u/L/", proxy_port(proxy))));
    relay_status_must_be("open");
    relay_code_status_begin(relay_here, &relay_code, WAIT_S, &wait);
    relay_phone_to_bank(relay_phone, &relay_code);
    ck_assert_str_eq(relay_wait_end(&wait, SOON_MS), "pending");
    relay_phone_at_bank(relay_phone, "anna", "approve");
    ck_assert_int_eq(relay_phone_return(relay_phone), 200);
    ck_assert_ptr_nonnull(
        strstr(phone_url(relay_phone), scratch_text("127.0.0.1:%u/return?", proxy_port(proxy))));
    ck_assert_int_eq(phone_number(relay_phone, number), 0);
    relay_must_succeed(number);
    relay_status_must_be("expired"); /* once */
}

/* By the command of the manual. */
static void
wait_until_ready(const struct relay_server *server)
{
    char *text = strstr(manual_section("man/idinqr-relay.8", "FROM ONE DESK TO 200"),
                        ".Ss Certificates and updates\n");
    char *command = manual_between(text, ".Bd -literal\n", "\n.Ed");

    command = raw_request_fill(command, "\\e\n", " ");
    command = raw_request_fill(command, "desk.example.nl", "localhost");
    command = raw_request_fill(command, "8443", scratch_text("%u", relay_server_port(server)));
    command = raw_request_fill(command, "192.0.2.11", "127.0.0.1");
    ck_assert_int_eq(setenv("CURL_CA_BUNDLE", relay_server_ca_file(server), 1), 0);
    ck_assert_msg(system(scratch_text("test \"$(%s)\" = ok", command)) == 0, "%s", command);
}

/* Relays are updated one after the other. The desk that waits is answered by the one that stops. */
TEST(relays_are_stopped_in_turn)
{
    struct relay_server *const relays[] = {relay_here, other};
    struct relay_wait wait;
    char number[7];

    begin(0);
    relay_phone_to_bank(relay_phone, &relay_code);
    relay_status_must_be("pending");
    relay_code_status_begin(relay_here, &relay_code, WAIT_S, &wait);
    for (size_t i = 0; i < ARRAY_LENGTH(relays); i++) {
        relay_server_stop(relays[i]);
        relay_status_must_be("pending"); /* at the one that is left */
        if (i == 0) {
            relay_phone_at_bank(relay_phone, "anna", "approve");
            relay_server_start(relays[i]);
            wait_until_ready(relays[i]);
        }
    }
    ck_assert_str_eq(relay_wait_end(&wait, SOON_MS), "pending");
    ck_assert_int_eq(relay_phone_return(relay_phone), 200);
    ck_assert_int_eq(phone_number(relay_phone, number), 0);
    relay_must_succeed(number);
    relay_server_start(other);
    ck_assert_int_eq(relay_server_count(relay_here, "transaction-status"), 1);
}

static long
get(const char *path)
{
    struct http_client *client = http_client_new(relay_server_ca_file(relay_here), NULL);
    char *url = scratch_text("https://127.0.0.1:%u%s", proxy_port(proxy), path);
    HTTP_ANSWER_AUTO answer = {0};

    (void)http_request(client, "GET", url, NULL, NULL, &answer);
    http_client_free(&client);
    return answer.status;
}

static void
log_must_not_have(const char *secret)
{
    ck_assert_msg(strlen(secret) >= 6, "%s", secret);
    ck_assert_msg(strstr(proxy_log(proxy), secret) == NULL, "%s is in:\n%s", secret,
                  proxy_log(proxy));
}

/* Neither of requests with an answer, nor of those that no relay answers. */
TEST(no_log_has_a_path_or_a_query)
{
    const char *path, *query;

    begin(0);
    path = strstr(relay_code.link, "/L/") + 3;
    relay_phone_to_bank(relay_phone, &relay_code);
    relay_phone_at_bank(relay_phone, "anna", "approve");
    ck_assert_int_eq(relay_phone_return(relay_phone), 200);
    query = scratch_text("%s", strchr(phone_url(relay_phone), '?') + 1);
    ck_assert_int_eq(get("/return?trxid=0123456789abcdef"), 404);
    relay_server_stop(relay_here);
    relay_server_stop(other);
    ck_assert_int_ge(get("/return?code=s3cret-s3cret"), 502);
    ck_assert_int_ge(get(scratch_text("/L/%s", path)), 502);
    relay_server_start(relay_here);
    relay_server_start(other);
    proxy_stop(proxy); /* all is written */
    ck_assert_ptr_nonnull(strstr(proxy_log(proxy), proxy_is_haproxy(proxy) ? " 503 " : " 502 "));
    log_must_not_have(path);
    log_must_not_have(query);
    log_must_not_have("0123456789abcdef");
    log_must_not_have("s3cret");
}

/* A client has no more connections than the example allows, here fewer. haproxy counts also the one
 * that the desk keeps. */
TEST(a_client_that_asks_too_much)
{
    struct raw_request *requests[CLIENTS];
    struct deadline deadline = deadline_in(SOON_MS);

    begin(CLIENTS + proxy_is_haproxy(proxy));
    for (int i = 0; i < CLIENTS; i++)
        requests[i] = raw_request_begin("POST /desk/v1/status HTTP/1.1\r\nHost: desk\r\n"
                                        "Content-Type: application/json\r\n"
                                        "Content-Length: 100\r\n\r\n");
    ck_assert_int_eq(get("/healthz/live"), proxy_is_haproxy(proxy) ? 0 : 429);
    for (int i = 0; i < CLIENTS; i++)
        raw_request_cut(requests[i]);
    while (get("/healthz/live") != 200) {
        ck_assert_int_gt(deadline_left(deadline, 1), 0);
        poll(NULL, 0, 20);
    }
}

RUN_TESTS("relay_proxy", postgres_why_not());
