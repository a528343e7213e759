/* SPDX-License-Identifier: BSD-3-Clause */
/* How often the polled providers poll their backend, against a clock that only moves while they
 * wait: polls are counted, and no time is measured. Stands in for agent/fetch_request.c and
 * common/clock.c. */
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/wiping_heap.h"
#include "tests/harness/runner.h"
#include "tests/unit/provider_fixture.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ISSUER "https://id.example.nl"

static struct {
    int64_t now_ms, scanned_ms, approved_ms; /* when the person does that */
    int64_t earliest_ms;                     /* before which OpenID's provider wants no poll */
    int interval_s;                          /* that it has told us */
    int answer_ms;                           /* that a poll takes */
    int n_polls;
    int slow_down_at; /* the number of the poll that is answered so; 0: none */
    char reference[33];
} world;

int64_t
clock_ms(void)
{
    return world.now_ms;
}

int
clock_left_ms(int64_t deadline_ms)
{
    int64_t left_ms = deadline_ms - world.now_ms;

    return left_ms <= 0 ? 0 : left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}

static void
answer(struct fetch_response *response, long status, const char *body)
{
    response->status = status;
    response->retry_after_s = -1;
    strcpy(response->content_type, "application/json");
    response->body = wiping_heap_strdup(body);
    ck_assert_ptr_nonnull(response->body);
    response->body_size = strlen(body);
}

static void
answer_session(struct fetch_response *response, const char *members)
{
    char body[512];

    snprintf(body, sizeof body, "{\"id\":\"abc\",\"externalReference\":\"%s\"%s}", world.reference,
             members);
    answer(response, 200, body);
}

static void
poll_at_session(struct fetch_response *response)
{
    world.n_polls++;
    world.now_ms += world.answer_ms;
    answer_session(response, world.now_ms >= world.approved_ms
                                 ? ",\"status\":\"SUCCESS\",\"provider\":\"idin\","
                                   "\"subject\":{\"idpId\":\"NLTEST1\"}"
                             : world.now_ms >= world.scanned_ms ? ",\"status\":\"WAITING_FOR_USER\""
                                                                : ",\"status\":\"CREATED\"");
}

/* A provider that is as strict as RFC 8628 3.5 lets it be. */
static void
poll_at_device(struct fetch_response *response)
{
    ck_assert_msg(world.now_ms >= world.earliest_ms, "poll %d came too early", world.n_polls + 1);
    if (++world.n_polls == world.slow_down_at)
        world.interval_s += 5;
    world.now_ms += world.answer_ms;
    world.earliest_ms = world.now_ms + world.interval_s * 1000;
    answer(response, 400,
           world.n_polls == world.slow_down_at ? "{\"error\":\"slow_down\"}"
           : world.now_ms >= world.approved_ms ? "{\"error\":\"access_denied\"}"
                                               : "{\"error\":\"authorization_pending\"}");
}

int
fetch_request(struct fetch *fetch, const struct fetch_request *request,
              struct fetch_response *ret_response)
{
    const char *key = "\"externalReference\":\"", *path = strchr(request->url + 8, '/');
    char body[400];

    (void)fetch;
    memset(ret_response, 0, sizeof *ret_response);
    if (strcmp(path, "/api-token") == 0) {
        answer(ret_response, 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\"}");
    } else if (strcmp(path, "/api/sessions") == 0) {
        const char *found = strstr(request->body, key);
        ck_assert_ptr_nonnull(found);
        snprintf(world.reference, sizeof world.reference, "%s", found + strlen(key));
        answer_session(ret_response, ",\"status\":\"CREATED\",\"authenticationUrl\":"
                                     "\"https://login.example.nl/q\"");
    } else if (strcmp(path, "/api/sessions/abc") == 0) {
        poll_at_session(ret_response);
    } else if (strcmp(path, "/device") == 0) {
        snprintf(body, sizeof body,
                 "{\"device_code\":\"d\",\"user_code\":\"BCDF\",\"verification_uri\":"
                 "\"https://login.example.nl/q\",\"expires_in\":600,\"interval\":%d}",
                 world.interval_s);
        world.earliest_ms = world.now_ms + world.interval_s * 1000;
        answer(ret_response, 200, body);
    } else if (strcmp(path, "/token") == 0) {
        poll_at_device(ret_response);
    } else {
        answer(ret_response, 200,
               "{\"issuer\":\"" ISSUER "\",\"device_authorization_endpoint\":\"" ISSUER
               "/device\",\"token_endpoint\":\"" ISSUER "/token\"}");
    }
    return 0;
}

/* A login of ten minutes. */
static void
begin(const struct provider *provider)
{
    memset(&world, 0, sizeof world);
    world.now_ms = 1000000;
    world.scanned_ms = world.approved_ms = INT64_MAX;
    world.interval_s = 5;
    provider_fixture_begin(provider);
    provider_fixture.context.deadline_ms = world.now_ms + 600000;
    provider_fixture_set("client_id", "desk");
    provider_fixture_set("client_secret", "secret");
    provider_fixture_set("qr_hosts", "login.example.nl");
    provider_fixture_set("poll_interval", "3");
}

static void
begin_signicat(void)
{
    begin(&provider_signicat);
    provider_fixture_set("requested_loa", "substantial");
    provider_fixture_set("token_url", "https://api.example/api-token");
    provider_fixture_set("api_url", "https://api.example/api");
    provider_fixture_set("callback_url", "https://desk.example.nl/");
}

static void
begin_openid(void)
{
    begin(&provider_oidc_device);
    provider_fixture_set("client_auth", "client_secret_basic");
    provider_fixture_set("issuer", ISSUER);
}

/* A login as the agent runs it, for this long or until it is over: how often it polls in each
 * minute. */
static void
log_in(int n_minutes, int *ret_polls)
{
    int64_t begin_ms = world.now_ms;
    int next_ms;

    memset(ret_polls, 0, (size_t)n_minutes * sizeof *ret_polls);
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_int_eq(world.n_polls, 0);
    next_ms = provider_fixture.first_ms;
    for (;;) {
        ck_assert_int_gt(next_ms, 0);
        world.now_ms += next_ms;
        if (world.now_ms > begin_ms + n_minutes * 60000)
            break;
        ret_polls[(world.now_ms - begin_ms - 1) / 60000]++;
        ck_assert_int_eq(provider_fixture_poll(), 0);
        if (provider_fixture.status.state == PROVIDER_DONE)
            break;
        next_ms = provider_fixture.status.next_ms;
    }
}

TEST_CASE("signicat", .setup = begin_signicat, .teardown = provider_fixture_end);

/* Often while the answer is near, and not for ever. */
TEST(signicat_is_looked_at_more_often_after_the_scan)
{
    int polls[4];

    world.scanned_ms = world.now_ms + 60000;
    log_in(4, polls);
    ck_assert_int_eq(polls[0], 20);
    ck_assert_int_eq(polls[1], 60);
    ck_assert_int_eq(polls[2], 20);
    ck_assert_int_eq(polls[3], 20);
}

/* The first poll after the approval is the last one, and comes within a second of it. */
TEST(signicat_is_not_looked_at_again)
{
    int polls[1];

    world.scanned_ms = world.now_ms + 10000;
    world.approved_ms = world.now_ms + 30500;
    log_in(1, polls);
    ck_assert_int_eq(polls[0], 4 + 19); /* at 3, 6, 9, 12; then at 13 to 31 */
    ck_assert_int_eq(world.now_ms, world.approved_ms + 500);
}

/* An answer that takes its time is no reason to wait longer for the next. */
TEST(signicat_is_looked_at_from_question_to_question)
{
    int polls[1];

    world.answer_ms = 700;
    log_in(1, polls);
    ck_assert_int_eq(polls[0], 20);
}

TEST_CASE("openid", .setup = begin_openid, .teardown = provider_fixture_end);

/* An OpenID provider does not report a scan. It sets the minimum interval, so the agent never polls
 * more often than that. */
LOOP_TEST(openid_is_looked_at_as_often_as_it_allows, 5)
{
    static const struct {
        const char *poll_interval;
        int interval_s, n_polls;
    } rows[] = {{"1", 5, 12}, {"1", 2, 30}, {"3", 2, 20}, {"1", 0, 60}, {"1", 60, 1}};
    int polls[2];

    provider_fixture_set("poll_interval", rows[_i].poll_interval);
    world.interval_s = rows[_i].interval_s;
    log_in(2, polls);
    ck_assert_int_eq(polls[0], rows[_i].n_polls);
    ck_assert_int_eq(polls[1], rows[_i].n_polls);
}

/* Who counts from its answer on finds no poll too early. */
TEST(openid_is_looked_at_from_answer_to_question)
{
    int polls[1];

    world.answer_ms = 1000;
    log_in(1, polls);
    ck_assert_int_eq(polls[0], 10); /* at 5, then 6 s apart */
}

TEST(openid_may_slow_us_down)
{
    int polls[1];

    world.interval_s = 2;
    provider_fixture_set("poll_interval", "1");
    world.slow_down_at = 1;
    log_in(1, polls);
    ck_assert_int_eq(polls[0], 1 + 8); /* at 2; then 7 s apart */
}

TEST(openid_is_not_looked_at_again)
{
    int polls[1];

    world.approved_ms = world.now_ms + 12000;
    log_in(1, polls);
    ck_assert_int_eq(polls[0], 3);
    ck_assert_int_eq(world.now_ms, world.approved_ms + 3000);
}

RUN_TESTS("poll_intervals", NULL);
