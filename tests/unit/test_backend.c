/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the code that all providers use for their backends: statuses and their log lines, hosts,
 * and any wait that a backend asks for. No network. Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/agent/backend.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"

#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct start_message start;
static struct provider_settings settings;
static struct wire wire;
static int module_end;
static struct provider_context context;
static struct backend backend;

static void
set_up(void)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    module_end = ends[0];
    wire = (struct wire){.socket = ends[1]};
    start = (struct start_message){.timeout_ms = 120000};
    context = (struct provider_context){
        .start = &start, .settings = &settings, .wire = &wire, .deadline_ms = clock_ms() + 120000};
    backend = (struct backend){.context = &context};
}

static void
tear_down(void)
{
    close(module_end);
    close(wire.socket);
}

/* Returns the next log line, or "" if no more was logged. */
static const char *
logged(void)
{
    static struct log_message log;
    struct frame frame;

    if (frame_receive(&frame, module_end) != 1)
        return "";
    ck_assert_int_eq(message_read_log(&frame, &log), 0);
    return log.line;
}

TEST_CASE("alike", .setup = set_up, .teardown = tear_down);

TEST(a_status_is_logged_when_it_changes)
{
    ck_assert_int_eq(backend_check_status(&backend, "status", 503, ""), IDQ_UNREACHABLE);
    ck_assert_str_eq(logged(), "status: HTTP status 503");
    ck_assert_int_eq(backend_check_status(&backend, "status", 503, ""), IDQ_UNREACHABLE);
    ck_assert_str_eq(logged(), "");
    ck_assert_int_eq(backend_check_status(&backend, "status", 429, "slow"), IDQ_BUSY);
    ck_assert_str_eq(logged(), "status: HTTP status 429, slow");
    ck_assert_int_eq(backend_check_status(&backend, "status", 200, ""), 0);
    ck_assert_str_eq(logged(), "");
    ck_assert_int_eq(backend_check_status(&backend, "status", 429, ""), IDQ_BUSY);
    ck_assert_str_eq(logged(), "status: HTTP status 429");
}

static const struct {
    const char *url, *hosts, *own_url;
    const char *line; /* "": allowed */
} places[] = {
    {"https://a.nl/x", "a.nl", NULL, ""},
    {"https://a.nl/x", "", "https://A.nl/y", ""},
    {"https://a.nl/x", "b.nl", "https://a.nl/", ""},
    {"https://b.nl/x", "b.nl", "https://a.nl/", ""},
    {"https://c.nl/x", "b.nl", "https://a.nl/", "code: c.nl, port 443, is not in qr_hosts"},
    {"https://a.nl:444/x", "a.nl", "https://a.nl/", "code: a.nl, port 444, is not in qr_hosts"},
    {"https://a.nl/x", "", NULL,
     "code: a.nl, port 443, is not where the backend is, and qr_hosts is not set"},
    {"http://a.nl/x", "a.nl", NULL, "code: not an https URL"},
    {"", "a.nl", NULL, "code: not an https URL"},
};

LOOP_TEST(where_a_code_may_lead, ARRAY_LENGTH(places))
{
    settings.qr_hosts = places[_i].hosts;
    ck_assert_int_eq(backend_check_host(&backend, "code", places[_i].url, places[_i].own_url),
                     places[_i].line[0] ? IDQ_HOST : 0);
    ck_assert_str_eq(logged(), places[_i].line);
}

/* Whatever a backend asks for, the next poll comes before the login's end, and is no overflow. */
TEST(the_next_poll)
{
    ck_assert_int_eq(backend_next_ms(&backend, -1000, -1), 0);
    ck_assert_int_eq(backend_next_ms(&backend, 0, 0), 0);
    ck_assert_int_eq(backend_next_ms(&backend, 3000, -1), 3000);
    ck_assert_int_eq(backend_next_ms(&backend, 3000, 2), 3000);
    ck_assert_int_eq(backend_next_ms(&backend, 3000, 4), 4000);
    ck_assert_int_le(backend_next_ms(&backend, 3000, INT_MAX), 120000);
    ck_assert_int_le(backend_next_ms(&backend, INT64_MAX, -1), 120000);
    context.deadline_ms = clock_ms() - 1;
    ck_assert_int_eq(backend_next_ms(&backend, 3000, 4), 0);
    ck_assert_int_eq(backend_request_ms(context.deadline_ms), 0);
    ck_assert_int_eq(backend_request_ms(INT64_MAX), BACKEND_REQUEST_MS);
}

/* Whether an error and a time to wait, until so many ms from now, are retried; and the error then.
 */
static const struct {
    int error, until_ms;
    long retry_after_s;
    bool cancelled, retries;
    int error_then;
} retries[] = {
    {IDQ_BUSY, 60000, -1, false, false, IDQ_BUSY},
    {IDQ_BUSY, 60000, 61, false, false, IDQ_BUSY},
    {IDQ_BUSY, 60000, INT_MAX, false, false, IDQ_BUSY},
    {IDQ_BUSY, -1, 0, false, false, IDQ_BUSY},
    {IDQ_BUSY, 60000, 5, true, false, IDQ_CANCELLED},
    {IDQ_BUSY, 60000, 0, false, true, IDQ_BUSY},
    {IDQ_REPLY, 60000, 0, false, false, IDQ_REPLY},
    {0, 60000, 0, false, false, 0},
};

LOOP_TEST(a_busy_backend, ARRAY_LENGTH(retries))
{
    int error = retries[_i].error;

    wire.cancelled = retries[_i].cancelled;
    ck_assert_int_eq(backend_retries(&backend, clock_ms() + retries[_i].until_ms,
                                     retries[_i].retry_after_s, &error),
                     retries[_i].retries);
    ck_assert_int_eq(error, retries[_i].error_then);
}

TEST(patience)
{
    context.deadline_ms = clock_ms() + 2000;
    ck_assert_int_eq(backend_patience_ms(&backend), context.deadline_ms);
    context.deadline_ms = INT64_MAX;
    ck_assert_int_le(backend_patience_ms(&backend), clock_ms() + 10000);
}

RUN_TESTS("backend", NULL);
