/* SPDX-License-Identifier: BSD-3-Clause */
/* See scripted_agent.h. Test code. */
#include "tests/fuzz/login/scripted_agent.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/wire/messages.h"
#include "tests/fuzz/login/failing_calls.h"
#include "tests/fuzz/target.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define FAKE_PID         0x3FFFFFFF /* more than any kernel gives */
#define PLAIN_STEPS_MOST 10         /* of an agent that does not go on and on */

const char *const scripted_agent_subjects[AGENT_SUBJECTS] = {
    "NLBANKalice0123456789", "NLBANKbob9876543210", "NLBANKboth5555555555", "NLBANKnobody000000"};

static struct {
    struct scripted_agent agent;
    struct input *script;
    int is_on, pair[2], wire, is_hung_up, result_sent, exit_code;
    unsigned alarm_s, n_steps;
    int64_t now_ms, silent_until_ms;
} play = {.wire = -1};

void
scripted_agent_begin(struct input *script, unsigned alarm_s)
{
    memset(&play, 0, sizeof play);
    play.agent.verified = -1;
    play.agent.is_plain = 1;
    play.script = script;
    play.alarm_s = alarm_s;
    play.pair[0] = play.pair[1] = play.wire = -1;
    play.now_ms = 1000000;
    play.is_on = 1;
}

static void
end(void)
{
    if (play.wire >= 0)
        close(play.wire);
    play.wire = -1;
    play.agent.is_ended = 1;
}

struct scripted_agent
scripted_agent_end(void)
{
    end();
    play.is_on = 0;
    return play.agent;
}

/* --- what it says --- */

/* Sends what may be no frame at all, and notes what an honest reader would make of it. */
static void
send_bytes(const void *bytes, size_t size)
{
    FRAME_AUTO frame;
    struct qr_message qr;
    RESULT_AUTO result = {0};

    if (send(play.wire, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)size)
        return; /* the module has left */
    play.agent.n_after_result += play.result_sent;
    frame_begin(&frame, 0);
    frame.size = size;
    if (size > FRAME_MAX)
        return;
    memcpy(frame.bytes, bytes, size);
    if (frame_check(&frame) != 0)
        return;
    if (frame_type(&frame) == MESSAGE_QR && message_read_qr(&frame, &qr) == 0) {
        play.agent.qr_sent |= !play.result_sent;
    } else if (frame_type(&frame) == MESSAGE_RESULT) {
        if (message_read_result(&frame, &result) == 0 && result.outcome == IDQ_OK &&
            play.agent.qr_sent && !play.result_sent)
            for (int i = 0; i < AGENT_SUBJECTS; i++)
                if (strcmp(result.subject, scripted_agent_subjects[i]) == 0)
                    play.agent.verified = i;
        play.result_sent = 1;
    }
}

static void
send_frame(struct frame *frame)
{
    MUST(!frame->broken);
    frame->bytes[2] = (unsigned char)((frame->size - FRAME_HEADER) >> 8);
    frame->bytes[3] = (unsigned char)(frame->size - FRAME_HEADER);
    send_bytes(frame->bytes, frame->size);
}

static void
send_qr(const char *payload)
{
    struct qr_message qr = {.lifetime_s = 60};
    FRAME_AUTO frame;

    strcpy(qr.payload, payload);
    message_write_qr(&frame, &qr);
    send_frame(&frame);
}

static void
send_result(int outcome, const char *subject)
{
    struct result_message result = {.outcome = outcome};
    FRAME_AUTO frame;

    strcpy(result.subject, subject);
    if (outcome == IDQ_OK)
        strcpy(result.transaction, "1234567890123456");
    message_write_result(&frame, &result);
    send_frame(&frame);
}

/* Bytes of the input, as they are or with a frame's header before them. */
static void
send_input(int has_header)
{
    uint8_t type = has_header ? input_u8(play.script) : 0;
    size_t size = input_u16(play.script);
    const uint8_t *bytes = input_bytes(play.script, size, &size);
    FRAME_AUTO frame;

    if (!has_header) {
        if (size > 0)
            send_bytes(bytes, size);
        return;
    }
    frame_begin(&frame, type);
    frame.size += size < FRAME_BODY_MAX ? size : FRAME_BODY_MAX;
    memcpy(frame.bytes + FRAME_HEADER, bytes ? bytes : (const uint8_t *)"",
           frame.size - FRAME_HEADER);
    send_frame(&frame);
}

/* START is read before the first code is asked for; an agent that ends before that leaves it. */
static void
read_start(void)
{
    START_AUTO start;
    FRAME_AUTO frame;

    if (frame_receive(&frame, play.wire) != 1)
        return;
    MUST(frame_type(&frame) == MESSAGE_START && message_read_start(&frame, &start) == 0);
    MUST(strcmp(start.provider, "idin-qr") == 0);
}

static void
take_step(void)
{
    static const int signals[] = {SIGINT, SIGQUIT, SIGHUP, SIGTERM};
    enum agent_step step = input_u8(play.script) % STEPS;
    FRAME_AUTO frame;

    play.agent.is_plain &= ++play.n_steps <= PLAIN_STEPS_MOST;
    play.agent.is_plain &= step <= STEP_QR || step == STEP_STATE || step == STEP_VERIFIED;
    play.agent.is_plain &= step == STEP_END || !play.result_sent;
    switch (step) {
    case STEP_QR:
        read_start();
        send_qr("https://qr.example/0123456789");
        break;
    case STEP_QR_HOST:
        send_qr("https://qr.example.net/0123456");
        break;
    case STEP_STATE:
        play.agent.is_plain &= play.agent.qr_sent;
        message_write_state(&frame, STATE_SCANNED);
        send_frame(&frame);
        break;
    case STEP_LOG:
        message_write_log(&frame, input_u8(play.script), "a line\nof the agent");
        send_frame(&frame);
        break;
    case STEP_VERIFIED:
        play.agent.is_plain &= play.agent.qr_sent;
        send_result(IDQ_OK, scripted_agent_subjects[input_u8(play.script) % AGENT_SUBJECTS]);
        break;
    case STEP_FAILED:
        send_result(-(int)input_u8(play.script), "");
        break;
    case STEP_FRAME:
        send_input(0);
        break;
    case STEP_BODY:
        send_input(1);
        break;
    case STEP_WAIT:
        play.silent_until_ms = play.now_ms + 1000 * input_u8(play.script);
        break;
    case STEP_SIGNAL:
        MUST(pthread_kill(pthread_self(), signals[input_u8(play.script) % 4]) == 0);
        break;
    case STEP_HANG_UP:
        play.is_hung_up = 1;
        break;
    case STEP_HANG:
        play.silent_until_ms = INT64_MAX;
        break;
    case STEP_EXIT_CODE:
        play.exit_code = input_u8(play.script);
        break;
    case STEP_END:
    case STEPS:
        end();
        break;
    }
    if (play.script->left == 0 && play.silent_until_ms <= play.now_ms)
        end();
}

/* --- what the module sees of it --- */

long __wrap_syscall(long number, ...);
int __real_socketpair(int domain, int type, int protocol, int pair[2]);
int __wrap_socketpair(int domain, int type, int protocol, int pair[2]);
int __real_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int __real_kill(pid_t pid, int number);
int __wrap_kill(pid_t pid, int number);
pid_t __real_waitpid(pid_t pid, int *status, int options);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);
int __real_clock_gettime(clockid_t clock, struct timespec *ret_now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_now);
int __real_getitimer(__itimer_which_t which, struct itimerval *ret_timer);
int __wrap_getitimer(__itimer_which_t which, struct itimerval *ret_timer);

int
__wrap_socketpair(int domain, int type, int protocol, int pair[2])
{
    int result;

    if (failing_calls_now(CALL_SOCKETPAIR))
        return -1;
    result = __real_socketpair(domain, type, protocol, pair);
    if (result == 0 && play.is_on)
        memcpy(play.pair, pair, sizeof play.pair);
    return result;
}

/* Only clone(2) is called this way in the host; the others belong to the child that is not made. */
long
__wrap_syscall(long number, ...)
{
    MUST(play.is_on && number == SYS_clone);
    if (failing_calls_now(CALL_CLONE))
        return -1;
    MUST(!play.agent.is_started && play.pair[1] >= 0);
    play.wire = fcntl(play.pair[1], F_DUPFD_CLOEXEC, 200);
    MUST(play.wire >= 0);
    play.agent.is_started = 1;
    return FAKE_PID;
}

static int
look(struct pollfd *fds, nfds_t n)
{
    int n_ready = __real_poll(fds, n, 0);

    for (nfds_t i = 0; play.is_hung_up && i < n; i++)
        if (fds[i].fd >= 0 && fds[i].fd == failing_calls_terminal() && !fds[i].revents) {
            fds[i].revents = POLLHUP;
            n_ready++;
        }
    return n_ready;
}

int
__wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
    int n_ready;

    if (!play.is_on)
        return __real_poll(fds, n, timeout_ms);
    if (failing_calls_now(CALL_POLL)) {
        play.now_ms++; /* else a program that tries again until a deadline would never get there */
        return -1;
    }
    failing_calls_hold(1);
    n_ready = look(fds, n);
    while (n_ready == 0 && timeout_ms > 0 && play.wire >= 0 &&
           play.now_ms >= play.silent_until_ms) {
        take_step();
        n_ready = look(fds, n);
    }
    failing_calls_hold(0);
    MUST(timeout_ms >= 0);
    if (n_ready != 0 || timeout_ms == 0)
        return n_ready;
    if (play.wire >= 0 && play.silent_until_ms < play.now_ms + timeout_ms)
        play.now_ms = play.silent_until_ms; /* the next step comes sooner */
    else
        play.now_ms += timeout_ms;
    return 0;
}

int
__wrap_kill(pid_t pid, int number)
{
    if (!play.is_on)
        return __real_kill(pid, number);
    if (pid == FAKE_PID) {
        MUST(number == SIGKILL && !play.agent.is_reaped);
        play.agent.is_killed = 1;
        end();
        return 0;
    }
    MUST(pid == getpid() && (number == SIGHUP || number == SIGTERM) && !play.agent.handed_back);
    play.agent.handed_back = number;
    return 0;
}

pid_t
__wrap_waitpid(pid_t pid, int *status, int options)
{
    if (!play.is_on)
        return __real_waitpid(pid, status, options);
    if (failing_calls_now(CALL_WAITPID))
        return -1;
    MUST(pid == FAKE_PID && options == __WALL && !play.agent.is_reaped);
    play.agent.is_reaped = 1;
    *status = play.exit_code << 8;
    return pid;
}

int
__wrap_clock_gettime(clockid_t clock, struct timespec *ret_now)
{
    if (!play.is_on || clock != CLOCK_BOOTTIME)
        return __real_clock_gettime(clock, ret_now);
    *ret_now = (struct timespec){play.now_ms / 1000, play.now_ms % 1000 * 1000000};
    return 0;
}

/* The module gets the input's alarm: the real one is the fuzzer's. */
int
__wrap_getitimer(__itimer_which_t which, struct itimerval *ret_timer)
{
    if (!play.is_on)
        return __real_getitimer(which, ret_timer);
    *ret_timer = (struct itimerval){.it_value.tv_sec = play.alarm_s};
    return 0;
}
