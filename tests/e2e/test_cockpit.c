/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs cockpit's real session program as cockpit-ws does for a browser: a Basic authorization
 * first, then a challenge for each prompt. The program shows a message only with the next prompt,
 * so the code is part of a prompt. The test does not need cockpit-bridge, which the program would
 * run after the login. Needs root, for a private machine (namespace.h). */
#include "tests/harness/deadline.h"
#include "tests/harness/namespace.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/session.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SESSION   "/usr/lib/cockpit/cockpit-session"
#define LOG_FILE  "/var/log/cockpit-session" /* what it writes for the journal */
#define FRAME_MAX 65536

static const char *const enrolled[] = {"--enroll", "alice=anna", "--enroll", "bob=bram", NULL};

struct fixture {
    struct desk desk;
    int socket; /* cockpit-ws's end; -1 when it has closed it */
    pid_t pid;
    char *cookie, *nonce, *prompt; /* of the last challenge */
};

static void
hang_up(struct fixture *fixture)
{
    if (fixture->socket >= 0)
        close(fixture->socket);
    fixture->socket = -1;
}

static void
fixture_close(struct fixture *fixture)
{
    hang_up(fixture);
    free(fixture->cookie);
    free(fixture->nonce);
    free(fixture->prompt);
    desk_close(&fixture->desk);
}

#define FIXTURE_AUTO __attribute__((cleanup(fixture_close))) struct fixture

/* Reads exactly so many bytes. */
static void
read_bytes(const struct fixture *fixture, char *ret_bytes, size_t size)
{
    struct deadline deadline = deadline_in(SESSION_WAIT_MS);

    for (size_t done = 0; done < size;) {
        struct pollfd socket = {.fd = fixture->socket, .events = POLLIN};
        ssize_t got = poll(&socket, 1, deadline_left(deadline, SESSION_WAIT_MS)) == 1
                          ? read(fixture->socket, ret_bytes + done, size - done)
                          : 0;
        ck_assert_msg(got > 0, "cockpit-session says nothing:\n%s", scratch_read(LOG_FILE));
        done += (size_t)got;
    }
}

/* A message: its size in decimal, a newline, and JSON behind the empty name of a channel. */
static json_t *
read_message(const struct fixture *fixture)
{
    char size_text[8] = "", bytes[FRAME_MAX];
    json_error_t error;
    size_t n = 0;

    do
        read_bytes(fixture, &size_text[n], 1);
    while (size_text[n] != '\n' && ++n < sizeof size_text - 1);
    size_t size = strtoul(size_text, NULL, 10);
    ck_assert_uint_gt(size, 1);
    ck_assert_uint_lt(size, sizeof bytes);
    read_bytes(fixture, bytes, size);
    json_t *message = json_loadb(bytes + 1, size - 1, 0, &error);
    ck_assert_msg(bytes[0] == '\n' && message, "%.*s", (int)size, bytes);
    return message;
}

static char *
text_of(const json_t *message, const char *key)
{
    const char *text = json_string_value(json_object_get(message, key));

    return strdup(text ? text : "");
}

/* Answers the last challenge; cockpit-session compares the form to the byte. */
static void
answer(const struct fixture *fixture, const char *response)
{
    char *json, *frame;
    int size =
        asprintf(&json, "\n{\"command\":\"authorize\",\"cookie\":\"%s\",\"response\":\"%s\"}",
                 fixture->cookie, response);

    ck_assert_int_gt(size, 0);
    size = asprintf(&frame, "%d\n%s", size, json);
    ck_assert_int_gt(size, 0);
    ck_assert_int_eq(write(fixture->socket, frame, (size_t)size), size);
    free(frame);
    free(json);
}

/* "X-Conversation <nonce> <base64>": the next prompt. */
static void
read_prompt(struct fixture *fixture)
{
    json_t *message = read_message(fixture);
    char *challenge = text_of(message, "challenge"), *nonce = strchr(challenge, ' '),
         *base64 = nonce ? strchr(nonce + 1, ' ') : NULL;

    ck_assert_msg(base64 && strncmp(challenge, "X-Conversation ", 15) == 0, "%s", challenge);
    ck_assert(json_is_true(json_object_get(message, "echo")));
    *base64++ = '\0';
    free(fixture->cookie);
    free(fixture->nonce);
    free(fixture->prompt);
    fixture->cookie = text_of(message, "cookie");
    fixture->nonce = strdup(nonce + 1);
    fixture->prompt = calloc(1, strlen(base64) + 1);
    ck_assert_int_gt(EVP_DecodeBlock((unsigned char *)fixture->prompt, (unsigned char *)base64,
                                     (int)strlen(base64)),
                     0);
    free(challenge);
    json_decref(message);
}

/* Nothing typed, and the button pressed. */
static void
press_enter(const struct fixture *fixture)
{
    char *response;

    response = scratch_text("X-Conversation %s ", fixture->nonce);
    answer(fixture, response);
}

/* A browser asks to be let in as alice, and is shown the code. */
static void
start(struct fixture *fixture, const char *settings)
{
    int sockets[2];

    namespace_enter();
    desk_open(&fixture->desk, enrolled);
    desk_configure(&fixture->desk, settings);
    session_pam_service(&fixture->desk, "cockpit", "");
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
    processes_begin();
    fixture->pid = fork();
    ck_assert_int_ge(fixture->pid, 0);
    if (fixture->pid == 0) {
        int log = open(LOG_FILE, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (dup2(sockets[1], STDIN_FILENO) < 0 || dup2(sockets[1], STDOUT_FILENO) < 0 ||
            dup2(log, STDERR_FILENO) < 0 || setenv("COCKPIT_REMOTE_PEER", "192.0.2.7", 1) != 0)
            _exit(99);
        execl(SESSION, SESSION, "localhost", (char *)NULL);
        _exit(99);
    }
    close(sockets[1]);
    fixture->socket = sockets[0];
    json_t *message = read_message(fixture);
    fixture->cookie = text_of(message, "cookie");
    json_decref(message);
    answer(fixture, "Basic YWxpY2U6c2VjcmV0"); /* alice:secret */
    read_prompt(fixture);
}

static int
wait_end(const struct fixture *fixture)
{
    int status;

    ck_assert_int_eq(waitpid(fixture->pid, &status, 0), fixture->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The link under the code, which the code leads to. */
static char *
read_link(const struct fixture *fixture)
{
    const char *at = strstr(fixture->prompt, "https://");

    ck_assert_msg(at != NULL, "no link:\n%s", fixture->prompt);
    return strndup(at, strcspn(at, "\n"));
}

static void
approve(const struct fixture *fixture, const char *person)
{
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(fixture->desk.backend), "en");
    char *link = read_link(fixture);

    ck_assert_msg(phone_approve(phone, link, person) == 200, "%s", phone_problem(phone));
    free(link);
    session_await_result();
}

TEST_CASE("cockpit", .timeout_s = 90);

/* Too early once, and then approved. The minute that cockpit gives for an answer is what is said to
 * be left. */
TEST(test_right_person)
{
    FIXTURE_AUTO fixture = {.socket = -1};

    start(&fixture, "timeout = 900");
    char *link = read_link(&fixture), *scanned = desk_scan(fixture.prompt);
    ck_assert_str_eq(scanned, link);
    ck_assert_ptr_nonnull(strstr(fixture.prompt, "as alice (cockpit)"));
    ck_assert_ptr_nonnull(strstr(fixture.prompt, "then press Enter (0:55 left): "));
    press_enter(&fixture);
    read_prompt(&fixture);
    /* The code comes with it: a screen of 24 rows has no room for both prompts. */
    ck_assert_str_eq(strrchr(fixture.prompt, '\n'),
                     "\n  Not approved yet, 0:55 left. Press Enter once you have: ");
    char *again = desk_scan(fixture.prompt);
    ck_assert_str_eq(again, link);
    approve(&fixture, "anna");
    press_enter(&fixture);
    ck_assert_int_eq(session_wait_log("outcome=verified"), 1);
    session_wait_log("service=cockpit account=alice ");
    session_wait_log("rhost=192.0.2.7");
    hang_up(&fixture);
    (void)wait_end(&fixture); /* of a program that is there or not */
    processes_must_end(PROCESSES_LEAVE_MS);
    /* Messages go to the journal too, where no link may be. */
    char *log = scratch_read(LOG_FILE);
    ck_assert_msg(strstr(log, "https://") == NULL, "%s", log);
    free(link);
}

TEST(test_wrong_person)
{
    FIXTURE_AUTO fixture = {.socket = -1};

    start(&fixture, "");
    approve(&fixture, "bram");
    press_enter(&fixture);
    read_prompt(&fixture);
    ck_assert_str_eq(fixture.prompt,
                     "\n  Your identity was verified, but it does not open this account.\n"
                     "  Press Enter to go on. ");
    press_enter(&fixture);
    json_t *message = read_message(&fixture);
    char *problem = text_of(message, "problem");
    ck_assert_str_eq(problem, "authentication-failed");
    ck_assert_int_ne(wait_end(&fixture), 0);
    ck_assert_int_eq(session_wait_log("outcome=wrong-person"), 1);
    processes_must_end(PROCESSES_LEAVE_MS);
    free(problem);
    json_decref(message);
}

/* The browser goes, in the prompt or in the stretch of waiting behind it. */
LOOP_TEST(test_browser_goes, 2)
{
    FIXTURE_AUTO fixture = {.socket = -1};

    start(&fixture, "");
    ck_assert_int_gt(processes_find(0, "idinqr-agent"), 0);
    if (_i == 1)
        press_enter(&fixture);
    hang_up(&fixture);
    ck_assert_int_ne(wait_end(&fixture), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert(qr_backend_wait_event(fixture.desk.backend, "cancel", 1, SESSION_WAIT_MS));
    char *log = namespace_log();
    ck_assert_msg(strstr(log, "outcome=verified") == NULL, "%s", log);
}

RUN_TESTS("cockpit", session_why_not(SESSION));
