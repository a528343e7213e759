/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent's end of the wire, with the test as the module at the other end. */
#include "pam_idinqr/wire/wire.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define WAIT_MS 60000 /* far more than needed: only a failing test takes it */
#define MANY    1000  /* of polls that fail, when the next is one that does not */

static int module_end;
static struct wire wire;

static int poll_error; /* with which each poll fails, when it is not 0 */
static int n_failed_polls;

/* In libc's place. */
int
poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    int (*libcs)(struct pollfd *, nfds_t, int);

    if (poll_error != 0 && ++n_failed_polls < MANY) {
        errno = poll_error;
        return -1;
    }
    *(void **)&libcs = dlsym(RTLD_NEXT, "poll");
    return libcs(fds, n, timeout_ms);
}

static void
set_up(void)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    module_end = ends[0];
    wire = (struct wire){.socket = ends[1]};
}

static void
tear_down(void)
{
    close(module_end);
    close(wire.socket);
}

static void
say(void (*write)(struct frame *frame))
{
    FRAME_AUTO frame;

    write(&frame);
    ck_assert_int_eq(frame_send(&frame, module_end), 0);
}

static void
write_start(struct frame *frame)
{
    static const struct start_message start = {.provider = "idin-qr", .timeout_ms = 1234};

    message_write_start(frame, &start);
}

/* START's body under another name. */
static void
write_disguised_start(struct frame *frame)
{
    write_start(frame);
    frame->bytes[1] = MESSAGE_STATE;
}

/* Returns the type of the agent's next frame, or 0 if no frame has arrived. */
static int
hear(struct frame *ret_frame)
{
    int received = frame_receive(ret_frame, module_end);

    if (received == IDQ_SYSTEM)
        return 0;
    ck_assert_int_eq(received, 1);
    return frame_type(ret_frame);
}

TEST_CASE("hears", .setup = set_up, .teardown = tear_down);

TEST(start_is_read)
{
    START_AUTO start = {0};

    say(write_start);
    ck_assert_int_eq(wire_receive_start(&wire, WAIT_MS, &start), 0);
    ck_assert_str_eq(start.provider, "idin-qr");
    ck_assert_uint_eq(start.timeout_ms, 1234);
    ck_assert_int_eq(wire_check(&wire), 0);
}

TEST(anything_but_start_first_ends_it)
{
    START_AUTO start = {0};

    say(write_disguised_start);
    ck_assert_int_eq(wire_receive_start(&wire, WAIT_MS, &start), IDQ_AGENT);
    ck_assert_int_eq(wire.cancelled, 1);
    ck_assert_uint_eq(start.timeout_ms, 0);
}

TEST(no_start_in_time_ends_it)
{
    START_AUTO start = {0};

    ck_assert_int_eq(wire_receive_start(&wire, 0, &start), IDQ_AGENT);
    ck_assert_int_eq(wire.cancelled, 1);
}

TEST(closed_before_start_ends_it)
{
    START_AUTO start = {0};

    ck_assert_int_eq(shutdown(module_end, SHUT_RDWR), 0);
    ck_assert_int_eq(wire_receive_start(&wire, WAIT_MS, &start), IDQ_AGENT);
}

TEST(a_closed_half_is_noticed_and_remembered)
{
    ck_assert_int_eq(wire_check(&wire), 0);
    ck_assert_int_eq(wire_wait(&wire, 0), 0);
    ck_assert_int_eq(shutdown(module_end, SHUT_WR), 0);
    ck_assert_int_eq(wire_wait(&wire, WAIT_MS), 1);
    ck_assert_int_eq(wire_check(&wire), 1);
}

TEST(a_closed_end_is_a_cancel)
{
    ck_assert_int_eq(wire_check(&wire),
                     0); /* leaves EAGAIN behind, which must not be taken twice */
    ck_assert_int_eq(shutdown(module_end, SHUT_RDWR), 0);
    ck_assert_int_eq(wire_wait(&wire, WAIT_MS), 1);
}

TEST(a_broken_frame_is_a_cancel)
{
    ck_assert_int_eq(send(module_end, "zz", 2, 0), 2);
    ck_assert_int_eq(wire_check(&wire), 1);
}

TEST(a_second_start_is_a_cancel)
{
    say(write_start);
    ck_assert_int_eq(wire_check(&wire), 1);
}

static void
write_number(struct frame *frame)
{
    message_write_number(frame, "123456");
}

TEST(a_number_that_was_asked_for)
{
    char number[NUMBER_SIZE];

    say(write_number);
    ck_assert_int_eq(wire_receive_number(&wire, clock_ms() + WAIT_MS, number), 0);
    ck_assert_str_eq(number, "123456");
    ck_assert_int_eq(wire_check(&wire), 0);
    ck_assert_int_eq(wire_receive_number(&wire, clock_ms(), number), IDQ_TIMEOUT);
    ck_assert_int_eq(wire.cancelled, 0);
    say(write_number); /* for which nothing waits */
    ck_assert_int_eq(wire_check(&wire), 1);
    ck_assert_int_eq(wire_receive_number(&wire, clock_ms() + WAIT_MS, number), IDQ_CANCELLED);
}

/* NUMBER's body under another name. */
static void
write_disguised_number(struct frame *frame)
{
    write_number(frame);
    frame->bytes[1] = MESSAGE_STATE;
}

LOOP_TEST(anything_but_a_number_is_a_cancel, 4)
{
    char number[NUMBER_SIZE];

    switch (_i) {
    case 0:
        say(write_start);
        break;
    case 1:
        ck_assert_int_eq(send(module_end, "zz", 2, 0), 2);
        break;
    case 2:
        say(write_disguised_number);
        break;
    default:
        ck_assert_int_eq(shutdown(module_end, SHUT_WR), 0);
    }
    ck_assert_int_eq(wire_receive_number(&wire, clock_ms() + WAIT_MS, number), IDQ_CANCELLED);
    ck_assert_int_eq(wire.cancelled, 1);
}

/* An interrupted one is tried again; another would fail for ever. */
TEST(a_poll_that_fails_is_a_cancel)
{
    START_AUTO start = {0};

    say(write_start);
    poll_error = EINTR;
    ck_assert_int_eq(wire_receive_start(&wire, WAIT_MS, &start), 0);
    ck_assert_int_eq(n_failed_polls, MANY);
    poll_error = ENOMEM;
    n_failed_polls = 0;
    ck_assert_int_eq(wire_wait(&wire, WAIT_MS), 1);
    ck_assert_int_eq(n_failed_polls, 1);
    ck_assert_int_ne(wire.cancelled_ms, 0);
}

TEST_CASE("says", .setup = set_up, .teardown = tear_down);

TEST(log_lines_are_cut_and_printable)
{
    FRAME_AUTO frame;
    struct log_message log;
    char text[2 * LOG_LINE_MAX];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    wire_log(&wire, LOG_WARNING, "a\n\x1B%s", text);
    ck_assert_int_eq(hear(&frame), MESSAGE_LOG);
    /* Seen before the reader's own cleaning. */
    ck_assert_ptr_null(
        memchr(frame.bytes + FRAME_HEADER + 3, '\x1B', frame.size - FRAME_HEADER - 3));
    ck_assert_int_eq(message_read_log(&frame, &log), 0);
    ck_assert_int_eq(log.priority, LOG_WARNING);
    ck_assert_mem_eq(log.line, "a??xxx", 6);
    ck_assert_uint_eq(strlen(log.line), LOG_LINE_MAX);
}

TEST(nothing_is_said_after_a_result)
{
    FRAME_AUTO frame;
    RESULT_AUTO result = {.outcome = IDQ_EXPIRED};

    wire_send_state(&wire, STATE_SCANNED);
    ck_assert_int_eq(hear(&frame), MESSAGE_STATE);
    wire_send_result(&wire, &result);
    ck_assert_int_eq(hear(&frame), MESSAGE_RESULT);
    wire_log(&wire, LOG_WARNING, "late");
    wire_send_state(&wire, STATE_SCANNED);
    wire_send_result(&wire, &result);
    ck_assert_int_eq(hear(&frame), 0);
}

TEST(lingering_lets_the_module_read_the_result)
{
    FRAME_AUTO frame;
    RESULT_AUTO result = {.outcome = IDQ_AGENT};
    pid_t agent;

    say(write_start); /* and the agent never reads it */
    agent = fork();
    ck_assert_int_ge(agent, 0);
    if (agent == 0) {
        close(module_end);
        wire_send_result(&wire, &result);
        wire_linger(&wire, WAIT_MS);
        _exit(0);
    }
    close(wire.socket);
    wire.socket = -1; /* the child's alone */
    struct pollfd readable = {.fd = module_end, .events = POLLIN};
    ck_assert_int_eq(poll(&readable, 1, WAIT_MS), 1);
    ck_assert_int_eq(hear(&frame), MESSAGE_RESULT);
    ck_assert_int_eq(shutdown(module_end, SHUT_RDWR), 0);
    ck_assert_int_eq(waitpid(agent, NULL, 0), agent);
}

TEST(saying_something_to_nobody_is_a_cancel)
{
    ck_assert_int_eq(shutdown(module_end, SHUT_RDWR), 0);
    wire_log(&wire, LOG_WARNING, "to nobody");
    ck_assert_int_eq(wire.cancelled, 1);
}

RUN_TESTS("link", NULL);
