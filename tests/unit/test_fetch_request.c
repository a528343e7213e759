/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent and the fetch process: the real one before a real TLS server, and ones that are
 * stopped, killed, or taken over. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/agent/fetch_request.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/wire/messages.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/helper_fixture.h"
#include "tests/unit/tls_peer.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

static struct start_message start;
static struct fetch fetch;
static struct fetch_response response;

static void
connect_fetch(void)
{
    helper_fixture_connect();
    fetch = (struct fetch){
        .wire = &helper_fixture.wire, .socket = helper_fixture.agents_end, .is_ready = 1};
}

static void
set_up(void)
{
    helper_fixture_begin();
    connect_fetch();
    start = (struct start_message){.provider = "idin-qr", .timeout_ms = HELPER_FIXTURE_LONG_MS};
}

static void
set(const char *keyword, const char *value)
{
    strcpy(start.settings[start.n_settings].keyword, keyword);
    strcpy(start.settings[start.n_settings++].value, value);
}

static int
ask_as(struct fetch_request request)
{
    request.url = request.url ? request.url : "https://backend.example/";
    request.timeout_ms = request.timeout_ms ? request.timeout_ms : HELPER_FIXTURE_LONG_MS;
    request.max_size = request.max_size ? request.max_size : 1000;
    return fetch_request(&fetch, &request, &response);
}

static int
ask(void)
{
    return ask_as((struct fetch_request){.url = NULL});
}

/* --- a fetch process that is played -------------------------------------------------------------
 */

static int
begin(void)
{
    return fetch_begin(&fetch, &helper_fixture.wire, helper_fixture.agents_end, &start);
}

/* What it hears. */
static void
take(enum message_type type, struct frame *ret_frame)
{
    struct pollfd asked = {.fd = helper_fixture.helpers_end, .events = POLLIN};

    ck_assert_int_eq(poll(&asked, 1, HELPER_FIXTURE_LONG_MS), 1);
    ck_assert_int_eq(frame_receive(ret_frame, helper_fixture.helpers_end), 1);
    ck_assert_uint_eq(frame_type(ret_frame), type);
}

TEST_CASE("played", .setup = set_up);

TEST(what_a_setup_says)
{
    struct fetch_setup setup;
    FRAME_AUTO frame;

    set("qr_backend_url", "https://backend.example/generate");
    set("merchant_token", "https://backend.example:4/"); /* no URL, whatever it looks like */
    set("status_url", "https://desk.example:8443/status");
    set("cancel_url", "");
    set("qr_hosts", "qr.example:8444, [::1]:8443 not-a-host: qr.example");
    strcpy(start.ca_file, "/etc/ca.pem");
    strcpy(start.pin_sha256, "sha256//x");
    strcpy(start.proxy, "http://proxy.example:3128");
    ck_assert_int_eq(begin(), 0);
    take(MESSAGE_SETUP, &frame);
    ck_assert_int_eq(message_read_setup(&frame, &setup), 0);
    ck_assert_str_eq(setup.ca_file, start.ca_file);
    ck_assert_str_eq(setup.pin_sha256, start.pin_sha256);
    ck_assert_str_eq(setup.proxy, start.proxy);
    ck_assert_uint_eq(setup.n_ports, 3);
    ck_assert_uint_eq(setup.ports[0], 443);
    ck_assert_uint_eq(setup.ports[1], 8443);
    ck_assert_uint_eq(setup.ports[2], 8444);
}

TEST(more_ports_than_a_desk_has)
{
    char hosts[1000] = "";

    for (int i = 0; i <= FETCH_PORTS_MAX; i++)
        sprintf(hosts + strlen(hosts), "qr.example:%d ", 1000 + i);
    set("qr_hosts", hosts);
    ck_assert_int_eq(begin(), IDQ_CONFIG);
    helper_fixture_must_log("the settings name more than 32 ports");
}

LOOP_TEST(one_that_does_not_begin, 2)
{
    FRAME_AUTO frame;

    message_write_log(&frame, LOG_ERR, "the reason");
    ck_assert_int_eq(frame_send(&frame, helper_fixture.helpers_end), 0);
    message_write_empty(&frame, MESSAGE_CANCEL);
    ck_assert_int_eq(_i == 0 ? close(helper_fixture.helpers_end)
                             : frame_send(&frame, helper_fixture.helpers_end),
                     0);
    ck_assert_int_eq(begin(), _i == 0 ? IDQ_AGENT : 0);
    ck_assert(_i == 0 || ask() == IDQ_AGENT);
    helper_fixture_must_log("the reason");
    helper_fixture_must_log(_i == 0 ? "the fetch process has ended before its answer (idinqr-fetch)"
                                    : "the fetch process breaks the protocol (idinqr-fetch)");
}

/* An answer as message_write_answer would not write it. */
struct answer {
    int outcome;
    uint32_t status, size;
    const char *content_type, *signature;
    uint32_t signature_count, retry_after, clock_ahead;
};

static const struct answer right = {0, 200, 2, "application/json", "abc", 1, 0, 0};

static void
send_answer(const struct answer *answer)
{
    FRAME_AUTO frame;

    frame_begin(&frame, MESSAGE_ANSWER);
    frame_put_u8(&frame, (uint8_t)-answer->outcome);
    frame_put_u32(&frame, answer->status);
    frame_put_u32(&frame, answer->size);
    frame_put_text(&frame, answer->content_type);
    frame_put_text(&frame, answer->signature);
    frame_put_u32(&frame, answer->signature_count);
    frame_put_u32(&frame, answer->retry_after);
    frame_put_u32(&frame, answer->clock_ahead);
    ck_assert_int_eq(frame_send(&frame, helper_fixture.helpers_end), 0);
}

static void
send_part(const char *bytes, size_t size)
{
    FRAME_AUTO frame;

    ck_assert_uint_eq(message_write_part(&frame, bytes, size), size);
    ck_assert_int_eq(frame_send(&frame, helper_fixture.helpers_end), 0);
}

static void *
answer_rightly(void *unused)
{
    struct answer answer = right;
    FRAME_AUTO frame;

    take(MESSAGE_REQUEST, &frame);
    answer.retry_after = 8;
    answer.clock_ahead = (uint32_t)-3;
    send_answer(&answer);
    send_part("{", 1);
    send_part("}", 1);
    return unused;
}

static void
with_fetch(void *(*function)(void *), void *argument, int expected, struct fetch_request request)
{
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, function, argument), 0);
    ck_assert_int_eq(ask_as(request), expected);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

TEST(an_answer_is_taken_whole)
{
    with_fetch(answer_rightly, NULL, 0, (struct fetch_request){.url = NULL});
    ck_assert_int_eq(response.status, 200);
    ck_assert_str_eq(response.body, "{}");
    ck_assert_uint_eq(response.body_size, 2);
    ck_assert_str_eq(response.content_type, "application/json");
    ck_assert_str_eq(response.signature, "abc");
    ck_assert_int_eq(response.signature_count, 1);
    ck_assert_int_eq(response.retry_after_s, 7);
    ck_assert_int_eq(response.clock_ahead_s, -3);
    response_free(&response);
}

static const struct answer lies[] = {
    {-200, 0, 0, "", "", 0, 0, 0},                          /* no such error */
    {IDQ_AGENT, 0, 0, "", "", 0, 0, 0},                     /* none that a request can have */
    {IDQ_REFUSED, 0, 0, "", "", 0, 0, 0},                   /* as the backend alone may say */
    {IDQ_CANCELLED, 0, 0, "", "", 0, 0, 0},                 /* the agent did not cancel */
    {IDQ_UNREACHABLE, 200, 0, "", "", 0, 0, 0},             /* an answer, and none */
    {IDQ_UNREACHABLE, 0, 2, "", "", 0, 0, 0},               /* the same */
    {0, 99, 2, "application/json", "", 0, 0, 0},            /* no status */
    {0, 1000, 2, "application/json", "", 0, 0, 0},          /* no status */
    {0, 200, 1001, "application/json", "", 0, 0, 0},        /* more than was asked for */
    {0, 200, 2, "application/json; a=b", "", 0, 0, 0},      /* a media type, and more */
    {0, 200, 2, "application/json", "", 0xFFFFFFFF, 0, 0},  /* below none */
    {0, 200, 2, "application/json", "", 0, 0x80000001U, 0}, /* beyond all numbers */
};

static void *
lie(void *number)
{
    FRAME_AUTO frame;

    take(MESSAGE_REQUEST, &frame);
    send_answer(&lies[*(const int *)number]);
    return NULL;
}

static void
must_be_lost(void)
{
    helper_fixture_must_log("the fetch process breaks the protocol (idinqr-fetch)");
    ck_assert_ptr_null(response.body);
    ck_assert_int_eq(ask(), IDQ_AGENT); /* it is not asked any more */
    ck_assert_int_eq(fetch.is_lost, 1);
}

LOOP_TEST(answers_that_cannot_be, ARRAY_LENGTH(lies))
{
    with_fetch(lie, &_i, IDQ_AGENT, (struct fetch_request){.url = NULL});
    must_be_lost();
}

static void
send_part_first(void)
{
    send_part("{}", 2);
}

static void
send_too_long_a_part(void)
{
    send_answer(&right);
    send_part("{}}", 3);
}

static void
send_answer_twice(void)
{
    send_answer(&right);
    send_answer(&right);
}

static void
send_empty_part(void)
{
    send_answer(&right);
    send_part("", 0);
}

static void
send_no_frame(void)
{
    ck_assert_int_eq(send(helper_fixture.helpers_end, "?", 1, 0), 1);
}

static void
send_result(void)
{
    const struct result_message result = {.subject = "NLTEST1"};
    FRAME_AUTO frame;

    message_write_result(&frame, &result);
    ck_assert_int_eq(frame_send(&frame, helper_fixture.helpers_end), 0);
}

static void
log_often(void)
{
    FRAME_AUTO frame;

    message_write_log(&frame, LOG_NOTICE, "again");
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(frame_send(&frame, helper_fixture.helpers_end), 0);
}

static void (*const disorders[])(void) = {send_part_first, send_too_long_a_part, send_answer_twice,
                                          send_empty_part, send_no_frame,        send_result,
                                          log_often};

static void *
be_disorderly(void *number)
{
    FRAME_AUTO frame;

    take(MESSAGE_REQUEST, &frame);
    disorders[*(const int *)number]();
    return NULL;
}

LOOP_TEST(frames_out_of_turn, ARRAY_LENGTH(disorders))
{
    with_fetch(be_disorderly, &_i, IDQ_AGENT, (struct fetch_request){.url = NULL});
    if (disorders[_i] == log_often)
        for (int i = 0; i < 4; i++)
            helper_fixture_must_log("again");
    must_be_lost();
}

/* Recorded at another login, for instance. */
TEST(an_answer_before_the_question)
{
    send_answer(&right);
    send_part("{}", 2);
    ck_assert_int_eq(ask(), IDQ_AGENT);
    must_be_lost();
}

/* It has the time of the request, and a second. */
TEST(one_that_does_not_answer)
{
    ck_assert_int_eq(ask_as((struct fetch_request){.timeout_ms = 50}), IDQ_AGENT);
    helper_fixture_must_log("the fetch process does not answer (idinqr-fetch)");
    ck_assert_int_eq(ask(), IDQ_AGENT);
}

static void
send_empty(uint8_t type)
{
    FRAME_AUTO frame;

    message_write_empty(&frame, type);
    ck_assert_int_eq(frame_send(&frame, helper_fixture.helpers_end), 0);
}

static void *
load_slowly(void *unused)
{
    FRAME_AUTO frame;

    take(MESSAGE_SETUP, &frame);
    take(MESSAGE_REQUEST, &frame);
    ck_assert_int_eq(poll(NULL, 0, 1200), 0); /* behind the time of this request, and a second */
    send_empty(MESSAGE_READY);
    send_answer(&right);
    send_part("{}", 2);
    return unused;
}

TEST(to_load_takes_no_time_from_the_first_request)
{
    ck_assert_int_eq(begin(), 0);
    with_fetch(load_slowly, NULL, 0, (struct fetch_request){.timeout_ms = 50});
    ck_assert_int_eq(fetch_wait(&fetch), 0);
    response_free(&response);
}

static void *
leave_before_it_is_ready(void *unused)
{
    FRAME_AUTO frame;

    take(MESSAGE_SETUP, &frame);
    take(MESSAGE_REQUEST, &frame);
    ck_assert_int_eq(shutdown(helper_fixture.module, SHUT_WR), 0);
    return unused;
}

/* It finds the agent gone before it begins, so that there is nothing to cancel. */
TEST(the_module_leaves_before_it_is_ready)
{
    ck_assert_int_eq(begin(), 0);
    with_fetch(leave_before_it_is_ready, NULL, IDQ_CANCELLED,
               (struct fetch_request){.grace_ms = HELPER_FIXTURE_LONG_MS});
    ck_assert_int_eq(ask_as((struct fetch_request){.uncancelled = true}), IDQ_AGENT);
}

LOOP_TEST(it_is_waited_for_alone, 2)
{
    ck_assert_int_eq(begin(), 0);
    send_empty(_i == 0 ? MESSAGE_READY : MESSAGE_CANCEL);
    ck_assert_int_eq(fetch_wait(&fetch), _i == 0 ? 0 : IDQ_AGENT);
    ck_assert_int_eq(fetch.is_ready, _i == 0);
}

TEST(no_time_is_no_request)
{
    struct pollfd asked = {.fd = helper_fixture.helpers_end, .events = POLLIN};

    ck_assert_int_eq(ask_as((struct fetch_request){.timeout_ms = -1}), IDQ_UNREACHABLE);
    ck_assert_int_eq(poll(&asked, 1, 0), 0);
}

static void *
leave_and_be_silent(void *unused)
{
    FRAME_AUTO frame;

    take(MESSAGE_REQUEST, &frame);
    ck_assert_int_eq(shutdown(helper_fixture.module, SHUT_WR), 0);
    take(MESSAGE_CANCEL, &frame);
    ck_assert_int_eq(message_read_empty(&frame), 0);
    return unused;
}

/* Then nothing that comes later can be told from an answer to this question. */
TEST(one_that_does_not_hear_a_cancel)
{
    with_fetch(leave_and_be_silent, NULL, IDQ_AGENT, (struct fetch_request){.url = NULL});
    ck_assert_int_eq(ask_as((struct fetch_request){.uncancelled = true}), IDQ_AGENT);
    ck_assert_int_eq(fetch.is_lost, 1);
}

static void *
leave_and_answer_all_the_same(void *unused)
{
    FRAME_AUTO frame;

    take(MESSAGE_REQUEST, &frame);
    send_answer(&right);
    send_part("{", 1);
    ck_assert_int_eq(shutdown(helper_fixture.module, SHUT_WR), 0);
    take(MESSAGE_CANCEL, &frame);
    send_part("}", 1);
    take(MESSAGE_REQUEST, &frame);
    send_answer(&right);
    send_part("[]", 2);
    return unused;
}

/* The answer and the cancel have met on the way. */
TEST(a_cancel_that_comes_too_late)
{
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, leave_and_answer_all_the_same, NULL), 0);
    ck_assert_int_eq(ask(), IDQ_CANCELLED);
    ck_assert_ptr_null(response.body);
    ck_assert_int_eq(ask(), IDQ_CANCELLED);
    ck_assert_int_eq(ask_as((struct fetch_request){.uncancelled = true}), 0);
    ck_assert_str_eq(response.body, "[]");
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    response_free(&response);
}

/* --- the real one -------------------------------------------------------------------------------
 */

static struct tls_peer peer;
static char url[100];
static pid_t real;

static void
start_real(void)
{
    real = helper_fixture_start("idinqr-fetch");
}

static void
begin_real(const char *const answers[], size_t n)
{
    char *dir = scratch_dir("peer");

    tls_peer_start(&peer, dir, answers, n, 0);
    connect_fetch(); /* once more: the peer has copies of the ends */
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", peer.port);
    set("status_url", url);
    strcpy(start.ca_file, peer.ca_file);
    start_real();
    ck_assert_int_eq(fetch_begin(&fetch, &helper_fixture.wire, helper_fixture.agents_end, &start),
                     0);
}

#define BEGIN_REAL(...)                                                                            \
    static const char *const answers[] = {__VA_ARGS__};                                            \
    begin_real(answers, ARRAY_LENGTH(answers))

static int
end_of_real(void)
{
    close(helper_fixture.agents_end);
    int status = helper_fixture_wait(real);
    tls_peer_stop(&peer);
    return status;
}

/* The module leaves when the question is at the backend; then a held answer goes. */
static void *
leave_when_asked(void *unused)
{
    char text[8192];
    int connection;

    tls_peer_request(&peer, text, sizeof text, &connection);
    ck_assert_int_eq(shutdown(helper_fixture.module, SHUT_WR), 0);
    tls_peer_release(&peer);
    return unused;
}

TEST_CASE("program", .setup = set_up);

TEST(a_question_goes_out_as_it_was_asked)
{
    char *authorization = malloc(16001), *body = malloc(40000), *text = malloc(65536);
    int connection;

    BEGIN_REAL(TLS_PEER_OK "Content-Type: Text/Plain\r\nx-sig: abc\r\n\r\nok");
    memset(authorization, 'a', 16000);
    authorization[16000] = '\0';
    memset(body, 'b', 40000);
    ck_assert_int_eq(ask_as((struct fetch_request){.url = url,
                                                   .body = body,
                                                   .body_size = 40000,
                                                   .content_type = "text/x",
                                                   .accept = "text/plain",
                                                   .authorization = authorization,
                                                   .signature_name = "x-sig"}),
                     0);
    ck_assert_str_eq(response.body, "ok");
    ck_assert_str_eq(response.content_type, "text/plain");
    ck_assert_str_eq(response.signature, "abc");
    tls_peer_request(&peer, text, 65536, &connection);
    ck_assert_mem_eq(text, "POST / HTTP/1.1\r\n", 17);
    ck_assert_ptr_nonnull(strstr(text, "\r\nContent-Type: text/x\r\n"));
    ck_assert_ptr_nonnull(strstr(text, "\r\nAccept: text/plain\r\n"));
    ck_assert_uint_eq(strspn(strstr(text, "Authorization: ") + 15, "a"), 16000);
    ck_assert_uint_eq(strlen(strstr(text, "\r\n\r\n") + 4), 40000);
    ck_assert_int_eq(end_of_real(), 0);
    response_free(&response);
    free(text);
    free(body);
    free(authorization);
}

TEST(an_answer_of_the_largest_size)
{
    char *answer = malloc(PICTURE_MAX + 200);
    int head = sprintf(answer, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", PICTURE_MAX);

    memset(answer + head, 'x', PICTURE_MAX);
    answer[head + PICTURE_MAX] = '\0';
    begin_real((const char *const[]){answer}, 1);
    ck_assert_int_eq(ask_as((struct fetch_request){.url = url, .max_size = PICTURE_MAX}), 0);
    ck_assert_uint_eq(response.body_size, PICTURE_MAX);
    ck_assert_uint_eq(strspn(response.body, "x"), PICTURE_MAX);
    ck_assert_int_eq(end_of_real(), 0);
    response_free(&response);
    free(answer);
}

TEST(failures_have_their_names)
{
    BEGIN_REAL(TLS_PEER_HANGUP, "hello\r\n\r\n");
    ck_assert_int_eq(ask_as((struct fetch_request){.url = url}), IDQ_UNREACHABLE);
    ck_assert_int_eq(ask_as((struct fetch_request){.url = url}), IDQ_REPLY);
    ck_assert_int_eq(ask_as((struct fetch_request){.url = "http://127.0.0.1/"}), IDQ_CONFIG);
    ck_assert_int_eq(fetch.is_lost, 0);
    ck_assert_int_eq(end_of_real(), 0);
}

/* What is cancelled ends at once; the cancel itself is still told, by the same connection or not.
 */
TEST(the_module_leaves_meanwhile)
{
    pthread_t thread;

    BEGIN_REAL(TLS_PEER_SILENCE, TLS_PEER_OK "\r\n{}");
    ck_assert_int_eq(pthread_create(&thread, NULL, leave_when_asked, NULL), 0);
    ck_assert_int_eq(ask_as((struct fetch_request){.url = url}), IDQ_CANCELLED);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(ask_as((struct fetch_request){.url = url, .grace_ms = HELPER_FIXTURE_LONG_MS}),
                     IDQ_CANCELLED);
    ck_assert_int_eq(ask_as((struct fetch_request){.url = url, .uncancelled = true}), 0);
    ck_assert_int_eq(end_of_real(), 0);
    response_free(&response);
}

TEST(a_request_with_grace_is_finished)
{
    pthread_t thread;

    BEGIN_REAL(TLS_PEER_HELD TLS_PEER_OK "\r\n{}");
    ck_assert_int_eq(pthread_create(&thread, NULL, leave_when_asked, NULL), 0);
    ck_assert_int_eq(ask_as((struct fetch_request){.url = url, .grace_ms = HELPER_FIXTURE_LONG_MS}),
                     0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(end_of_real(), 0);
    response_free(&response);
}

TEST(grace_has_an_end)
{
    pthread_t thread;

    BEGIN_REAL(TLS_PEER_SILENCE);
    ck_assert_int_eq(pthread_create(&thread, NULL, leave_when_asked, NULL), 0);
    ck_assert_int_eq(ask_as((struct fetch_request){.url = url, .grace_ms = 200}), IDQ_CANCELLED);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(end_of_real(), 0);
}

LOOP_TEST(it_is_killed_or_stopped, 2)
{
    BEGIN_REAL(TLS_PEER_OK "\r\n{}");
    ck_assert_int_eq(ask_as((struct fetch_request){.url = url}), 0);
    response_free(&response);
    ck_assert_int_eq(kill(real, _i == 0 ? SIGKILL : SIGSTOP), 0);
    ck_assert_int_eq(ask_as((struct fetch_request){.url = url, .timeout_ms = 50}), IDQ_AGENT);
    helper_fixture_must_log(_i == 0 ? "the fetch process has ended before its answer (idinqr-fetch)"
                                    : "the fetch process does not answer (idinqr-fetch)");
    ck_assert_int_eq(kill(real, SIGKILL), 0);
    ck_assert_int_eq(WTERMSIG(end_of_real()), SIGKILL);
}

/* --- what it does not take from an agent ---------------------------------------------------- */

static void
send_to_real(struct frame *frame)
{
    ck_assert_int_eq(frame_send(frame, helper_fixture.agents_end), 0);
}

static void
ask_before_the_setup(struct frame *frame)
{
    const struct fetch_request request = {
        .url = "https://127.0.0.1/", .max_size = 1, .timeout_ms = 1};

    message_write_request(frame, &request);
    send_to_real(frame);
}

static void
no_port(struct frame *frame)
{
    const struct fetch_setup setup = {.n_ports = 1, .ports = {65536}};

    message_write_setup(frame, &setup);
    send_to_real(frame);
}

static void
more_ports_than_there_may_be(struct frame *frame)
{
    frame_begin(frame, MESSAGE_SETUP);
    for (int i = 0; i < 3; i++)
        frame_put_text(frame, "");
    frame_put_u8(frame, FETCH_PORTS_MAX + 1);
    for (int i = 0; i <= FETCH_PORTS_MAX; i++)
        frame_put_u32(frame, 443);
    send_to_real(frame);
}

static void
a_setup_by_another_name(struct frame *frame)
{
    const struct fetch_setup setup = {.n_ports = 1, .ports = {443}};

    message_write_setup(frame, &setup);
    frame->bytes[1] = MESSAGE_PROBE;
    send_to_real(frame);
}

static void
too_much_to_send(struct frame *frame)
{
    const struct fetch_setup setup = {.n_ports = 1, .ports = {443}};
    const struct fetch_request request = {.url = "https://127.0.0.1/",
                                          .body = "",
                                          .body_size = FETCH_SENT_MAX + 1,
                                          .content_type = "",
                                          .max_size = 1,
                                          .timeout_ms = 1};

    message_write_setup(frame, &setup);
    send_to_real(frame);
    message_write_request(frame, &request);
    send_to_real(frame);
}

/* Both frames are queued when the fetch process starts. The agent's end is closed, so the fetch
 * process exits without a connection. */
TEST(an_agent_that_has_ended)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct pollfd asked = {.fd = listener, .events = POLLIN};
    FRAME_AUTO frame;

    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    const struct fetch_setup setup = {.n_ports = 1, .ports = {ntohs(address.sin_port)}};
    const struct fetch_request request = {
        .url = url, .max_size = 1, .timeout_ms = HELPER_FIXTURE_LONG_MS};
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", ntohs(address.sin_port));
    message_write_setup(&frame, &setup);
    send_to_real(&frame);
    message_write_request(&frame, &request);
    send_to_real(&frame);
    ck_assert_int_eq(close(helper_fixture.agents_end), 0);
    start_real();
    int status = helper_fixture_wait(real);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%#x", (unsigned)status);
    ck_assert_int_eq(poll(&asked, 1, 0), 0);
}

static void (*const mistakes[])(struct frame *frame) = {ask_before_the_setup, no_port,
                                                        more_ports_than_there_may_be,
                                                        a_setup_by_another_name, too_much_to_send};

LOOP_TEST(an_agent_that_breaks_the_protocol, ARRAY_LENGTH(mistakes))
{
    FRAME_AUTO frame;
    int status;

    start_real();
    mistakes[_i](&frame);
    status = helper_fixture_wait(real);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 1, "%#x", (unsigned)status);
}

RUN_TESTS("fetch_request", NULL);
