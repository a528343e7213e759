/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent and the picture reader: real readers of real pictures, and readers that are stopped,
 * killed, or taken over. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/agent/picture_request.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/login/agent_watcher.h"
#include "pam_idinqr/wire/messages.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/fake_agents.h"
#include "tests/unit/helper_fixture.h"
#include "tests/unit/qr_png.h"
#include "tests/unit/diag_line.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define PAYLOAD "https://qrcode.idin.nl/q/Q2hlY2stbWUtb3V0ISE"

static char payload[PAYLOAD_MAX + 1];

static int
ask(const void *png, size_t size, int timeout_ms)
{
    return picture_request(&helper_fixture.wire, helper_fixture.agents_end, png, size, timeout_ms,
                           payload);
}

TEST_CASE("reader", .setup = helper_fixture_begin);

TEST(a_picture_is_read)
{
    const struct qr_png_options drawn = {.payload = PAYLOAD, .module_px = 10, .quiet = 4};
    size_t size;
    unsigned char *png = qr_png_make(&drawn, &size);
    pid_t reader = helper_fixture_start("idinqr-picture");

    ck_assert_int_eq(ask(png, size, HELPER_FIXTURE_LONG_MS), 0);
    ck_assert_str_eq(payload, PAYLOAD);
    ck_assert_int_eq(helper_fixture_wait(reader), 0);
    free(png);
}

/* More than the socket takes at once, up to the largest. */
LOOP_TEST(what_is_no_picture_is_refused, 4)
{
    static const size_t sizes[] = {1, 8000, 400000, PICTURE_MAX};
    char *bytes = calloc(1, PICTURE_MAX);
    pid_t reader = helper_fixture_start("idinqr-picture");

    ck_assert_ptr_nonnull(bytes);
    ck_assert_int_eq(ask(bytes, sizes[_i], HELPER_FIXTURE_LONG_MS), IDQ_PICTURE);
    ck_assert_int_eq(helper_fixture_wait(reader), 0);
    free(bytes);
}

TEST(no_bytes_are_no_picture)
{
    ck_assert_int_eq(ask("", 0, HELPER_FIXTURE_LONG_MS), IDQ_PICTURE);
}

/* It takes one picture, whole, and in this order. Anything else ends it, without an answer. */
static void
send_part(size_t size)
{
    static const char bytes[100];
    FRAME_AUTO frame;

    ck_assert_uint_eq(message_write_part(&frame, bytes, size), size);
    ck_assert_int_eq(frame_send(&frame, helper_fixture.agents_end), 0);
}

static void
send_size(size_t size)
{
    FRAME_AUTO frame;

    message_write_picture(&frame, size);
    ck_assert_int_eq(frame_send(&frame, helper_fixture.agents_end), 0);
}

static void
part_before_the_size(void)
{
    send_part(1);
}

static void
more_than_the_size(void)
{
    send_size(10);
    send_part(6);
    send_part(5);
}

static void
size_twice(void)
{
    send_size(10);
    send_size(10);
}

static void
size_of_nothing(void)
{
    send_size(0);
}

static void
size_that_is_too_large(void)
{
    send_size(PICTURE_MAX + 1);
}

static void (*const disorders[])(void) = {part_before_the_size, more_than_the_size, size_twice,
                                          size_of_nothing, size_that_is_too_large};

LOOP_TEST(frames_that_are_no_picture, ARRAY_LENGTH(disorders))
{
    struct pollfd answered = {.fd = helper_fixture.agents_end, .events = POLLIN};
    pid_t reader = helper_fixture_start("idinqr-picture");
    FRAME_AUTO frame;
    int status;

    disorders[_i]();
    status = helper_fixture_wait(reader);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 1, "%#x", (unsigned)status);
    ck_assert_int_eq(poll(&answered, 1, HELPER_FIXTURE_LONG_MS), 1);
    ck_assert_int_eq(frame_receive(&frame, helper_fixture.agents_end), 0);
}

TEST(a_reader_that_is_killed)
{
    pid_t reader = helper_fixture_start("idinqr-picture");

    ck_assert_int_eq(kill(reader, SIGKILL), 0);
    ck_assert_int_eq(WTERMSIG(helper_fixture_wait(reader)), SIGKILL);
    ck_assert_int_eq(ask("x", 1, HELPER_FIXTURE_LONG_MS), IDQ_AGENT);
    helper_fixture_must_log("the picture reader has ended before its answer (idinqr-picture)");
}

LOOP_TEST(a_reader_that_is_stopped, 2)
{
    char *bytes = calloc(1, PICTURE_MAX);
    pid_t reader = helper_fixture_start("idinqr-picture");

    ck_assert_ptr_nonnull(bytes);
    ck_assert_int_eq(kill(reader, SIGSTOP), 0);
    ck_assert_int_eq(ask(bytes, _i == 0 ? 1 : PICTURE_MAX, 50), IDQ_AGENT);
    helper_fixture_must_log("the picture reader does not answer (idinqr-picture)");
    ck_assert_int_eq(kill(reader, SIGKILL), 0);
    (void)helper_fixture_wait(reader);
    free(bytes);
}

TEST(the_module_leaves_meanwhile)
{
    ck_assert_int_eq(close(helper_fixture.module), 0);
    ck_assert_int_eq(ask("x", 1, HELPER_FIXTURE_LONG_MS), IDQ_CANCELLED);
}

/* --- a reader that was taken over -----------------------------------------------------
 */

static void
answer(int outcome, const char *text)
{
    FRAME_AUTO frame;

    frame_begin(&frame, MESSAGE_CODE);
    frame_put_u8(&frame, (uint8_t)-outcome);
    frame_put_text(&frame, text);
    ck_assert_int_eq(frame_send(&frame, helper_fixture.helpers_end), 0);
}

static void
log_often(void)
{
    FRAME_AUTO frame;

    message_write_log(&frame, LOG_NOTICE, "again");
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(frame_send(&frame, helper_fixture.helpers_end), 0);
}

static void
send_start(void)
{
    FRAME_AUTO frame;
    const struct start_message start = {.provider = "idin-qr"};

    message_write_start(&frame, &start);
    ck_assert_int_eq(frame_send(&frame, helper_fixture.helpers_end), 0);
}

static void
send_no_frame(void)
{
    ck_assert_int_eq(send(helper_fixture.helpers_end, "?", 1, 0), 1);
}

static void
send_payload_with_an_error(void)
{
    answer(IDQ_PICTURE, PAYLOAD);
}

static void
send_no_payload(void)
{
    answer(IDQ_OK, "");
}

static void
send_escape(void)
{
    answer(IDQ_OK, "https://qr.example/\033[2J");
}

static void
send_unknown_outcome(void)
{
    answer(-200, "");
}

static void (*const lies[])(void) = {
    log_often,       send_start,  send_no_frame,       send_payload_with_an_error,
    send_no_payload, send_escape, send_unknown_outcome};

static void *
lie_when_asked(void *number)
{
    struct pollfd asked = {.fd = helper_fixture.helpers_end, .events = POLLIN};

    ck_assert_int_eq(poll(&asked, 1, HELPER_FIXTURE_LONG_MS), 1);
    lies[*(const int *)number]();
    return NULL;
}

TEST_CASE("evil", .setup = helper_fixture_begin);

LOOP_TEST(a_reader_that_breaks_the_protocol, ARRAY_LENGTH(lies))
{
    pthread_t reader;

    ck_assert_int_eq(pthread_create(&reader, NULL, lie_when_asked, &_i), 0);
    ck_assert_int_eq(ask("x", 1, HELPER_FIXTURE_LONG_MS), IDQ_AGENT);
    ck_assert_int_eq(pthread_join(reader, NULL), 0);
    if (lies[_i] == log_often)
        for (int i = 0; i < 4; i++)
            helper_fixture_must_log("again");
    helper_fixture_must_log("the picture reader breaks the protocol (idinqr-picture)");
}

/* Of an earlier picture, for instance. */
TEST(an_answer_before_the_question)
{
    answer(IDQ_OK, PAYLOAD);
    ck_assert_int_eq(ask("x", 1, HELPER_FIXTURE_LONG_MS), IDQ_AGENT);
    helper_fixture_must_log("the picture reader breaks the protocol (idinqr-picture)");
}

/* It may say what is wrong with a picture, and not what is wrong with a person. */
LOOP_TEST(its_verdicts_are_of_pictures, 4)
{
    static const int outcomes[][2] = {{IDQ_PICTURE, IDQ_PICTURE},
                                      {IDQ_SYSTEM, IDQ_SYSTEM},
                                      {IDQ_REFUSED, IDQ_PICTURE},
                                      {IDQ_CANCELLED, IDQ_PICTURE}};
    struct code_message code = {.outcome = outcomes[_i][0]};
    FRAME_AUTO frame;
    pid_t reader = fork();

    ck_assert_int_ge(reader, 0);
    if (reader == 0) {
        struct pollfd asked = {.fd = helper_fixture.helpers_end, .events = POLLIN};
        message_write_code(&frame, &code);
        _exit(poll(&asked, 1, HELPER_FIXTURE_LONG_MS) == 1 &&
                      frame_send(&frame, helper_fixture.helpers_end) == 0
                  ? 0
                  : 1);
    }
    ck_assert_int_eq(ask("x", 1, HELPER_FIXTURE_LONG_MS), outcomes[_i][1]);
    ck_assert_int_eq(helper_fixture_wait(reader), 0);
}

/* --- the watcher ---------------------------------------------------------------------------------
 */

#define TEN_TIMES(text) text text text text text text text text text text

/* Starts a fake agent with a real reader. Returns the agent's path. */
static char *
start_agent(const char *words, struct agent_process *ret_agent)
{
    char *path = fake_agents_make(words), *picture;
    struct diag diag = {.text = ""};

    picture = scratch_text("%.*s/idinqr-picture", (int)(strrchr(path, '/') - path), path);
    ck_assert_msg(
        agent_process_start(&(struct agent_paths){path, NULL, picture}, ret_agent, &diag) == 0,
        "%s", diag_line(&diag));
    return path;
}

static void
must_say(struct agent_process *agent, const char *line)
{
    struct log_message log;
    FRAME_AUTO frame;

    fake_agents_await(agent);
    ck_assert_int_eq(frame_receive(&frame, agent->socket), 1);
    ck_assert_uint_eq(frame_type(&frame), MESSAGE_LOG);
    ck_assert_int_eq(message_read_log(&frame, &log), 0);
    ck_assert_str_eq(log.line, line);
}

TEST_CASE("watcher");

/* A reader for each code of a login, and no more. */
TEST(a_reader_for_each_picture)
{
    struct agent_process agent;

    start_agent(TEN_TIMES("picture+") "picture", &agent);
    for (int i = 0; i < AGENT_PICTURES_MAX; i++)
        must_say(&agent, "picture: bad-picture");
    must_say(&agent, "the picture reader has ended before its answer (idinqr-picture)");
    must_say(&agent, "picture: agent");
    fake_agents_end(&agent);
}

/* 'S': the reader waits, asleep, in its jail. */
static pid_t
reader_of(void)
{
    pid_t reader;

    while ((reader = processes_find(0, "idinqr-picture")) == 0)
        poll(NULL, 0, 1);
    ck_assert(processes_wait_state(reader, 'S', HELPER_FIXTURE_LONG_MS));
    return reader;
}

TEST(a_reader_that_dies_is_told_at_once)
{
    struct agent_process agent;
    char *agent_path;

    processes_begin();
    agent_path = start_agent("gate+picture", &agent);
    ck_assert_int_eq(kill(reader_of(), SIGKILL), 0);
    ck_assert(processes_wait_gone("idinqr-picture", HELPER_FIXTURE_LONG_MS));
    fake_agents_let_through(agent_path);
    must_say(&agent, "the picture reader has ended before its answer (idinqr-picture)");
    must_say(&agent, "picture: agent");
    fake_agents_end(&agent);
    processes_must_end(PROCESSES_LEAVE_MS);
}

/* However the login ends: nothing stays, though the reader is stopped. */
LOOP_TEST(a_stopped_reader_goes_with_the_login, 2)
{
    struct agent_process agent;
    struct diag diag = {.text = ""};

    processes_begin();
    start_agent(_i == 0 ? "wait" : "hang", &agent);
    ck_assert_int_eq(kill(reader_of(), SIGSTOP), 0);
    ck_assert_int_eq(agent_process_end(&agent, _i == 0 ? FAKE_AGENTS_LONG_MS : 10, &diag),
                     _i == 0 ? 0 : IDQ_AGENT);
    processes_must_end(PROCESSES_LEAVE_MS);
}

RUN_TESTS("picture_request", agent_user_why_not());
