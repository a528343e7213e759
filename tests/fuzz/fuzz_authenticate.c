/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzzes a whole login: pam_sm_authenticate, with a real libpam, configuration, map, key and
 * terminal. The input says what the agent does, and which calls fail.
 *
 *     who, arguments, conversation    a byte each, see below
 *     alarm                           a byte: seconds that the host's alarm leaves; 0: it has none
 *     failures                        see failing_calls.h
 *     the rest                        the agent's script, see scripted_agent.h
 *
 * A login succeeds only with a verified identity of its account, and leaves nothing behind in the
 * host. The host handles the signals that the module watches. Otherwise a signal that comes after
 * the login would end the fuzzer. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/audit/journal.h"
#include "tests/fuzz/login/failing_calls.h"
#include "tests/fuzz/login/login_machine.h"
#include "tests/fuzz/login/scripted_agent.h"
#include "tests/fuzz/target.h"

#include <errno.h>
#include <fcntl.h>
#include <security/pam_appl.h>
#include <security/pam_modules.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define DESCRIPTORS 256

enum who { /* bits of the first byte; the lowest two are the account, the next two the service */
           WHO_TTY = 16,    /* the host names a terminal */
           WHO_NO_TTY = 32, /* it names a file that is not a terminal */
};

enum argument {
    ARGUMENT_DEBUG = 1,
    ARGUMENT_ENTER = 2,
    ARGUMENT_PLAIN = 4,
    ARGUMENT_DUTCH = 8,
    ARGUMENT_SHORT = 16,
    ARGUMENT_UNKNOWN = 32,
    WITH_JOURNAL = 64, /* none of the module's: the machine has a journal */
};

enum answer { ANSWER_FIRST, ANSWER_SECOND, ANSWER_EMPTY, ANSWER_NONE, ANSWER_FAILURE, ANSWERS };

static const char *const accounts[] = {NULL, "alice", "bob", "mallory"};

/* --- the host --- */

static unsigned n_audit_lines;
static int has_journal;

/* The journal's socket, the only one that the module sends to by a name. What it takes is as
 * strictly text as a line is, and takes that line's place. */
ssize_t __wrap_sendmsg(int socket, const struct msghdr *message, int flags);

ssize_t
__wrap_sendmsg(int socket, const struct msghdr *message, int flags)
{
    const struct sockaddr_un *address = message->msg_name;
    const char *record = message->msg_iov[0].iov_base;
    size_t size = message->msg_iov[0].iov_len;

    (void)socket;
    MUST(strcmp(address->sun_path, JOURNAL_SOCKET) == 0 && message->msg_iovlen == 1);
    MUST(flags & MSG_DONTWAIT);
    MUST(size > 0 && record[size - 1] == '\n');
    for (size_t i = 0; i < size; i++)
        MUST(record[i] == '\n' || (record[i] >= 0x20 && record[i] <= 0x7E));
    if (!has_journal) {
        errno = ENOENT;
        return -1;
    }
    n_audit_lines++;
    return (ssize_t)size;
}

void __wrap_pam_syslog(const pam_handle_t *pamh, int priority, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void
__wrap_pam_syslog(const pam_handle_t *pamh, int priority, const char *format, ...)
{
    char line[4096];
    va_list arguments;

    (void)pamh, (void)priority;
    va_start(arguments, format);
    MUST(vsnprintf(line, sizeof line, format, arguments) < (int)sizeof line);
    va_end(arguments);
    n_audit_lines += strncmp(line, "outcome=", 8) == 0;
    for (const char *p = line; *p; p++)
        MUST(*p >= 0x20 && *p <= 0x7E);
}

/* What goes to the person is text, and the escape sequences of the drawing. */
static void
check_message(const char *text)
{
    char *rest = strdup(text);

    MUST(rest);
    for (char *p = rest; *p; p++)
        if (*p == '\n' || *p == '\r' || *p == '\033')
            *p = ' ';
    MUST(characters_are_clean(rest, strlen(rest)));
    free(rest);
}

static int
is_blocked(int number)
{
    sigset_t mask;

    MUST(pthread_sigmask(SIG_SETMASK, NULL, &mask) == 0);
    return sigismember(&mask, number);
}

static int
converse(int n, const struct pam_message **messages, struct pam_response **ret_responses,
         void *context)
{
    enum answer answer = *(const enum answer *)context;
    static const char *const answers[] = {"1", "2", ""};
    int is_question = messages[0]->msg_style == PAM_PROMPT_ECHO_ON;

    /* In a prompt the host waits, and its signals are its own. */
    MUST(!is_question || !is_blocked(SIGINT));
    MUST(n == 1 && (is_question || messages[0]->msg_style == PAM_TEXT_INFO));
    failing_calls_hold(1);
    check_message(messages[0]->msg);
    *ret_responses = calloc(1, sizeof **ret_responses);
    MUST(*ret_responses);
    if (is_question && answer < ANSWER_NONE)
        (*ret_responses)->resp = strdup(answers[answer]);
    if (answer == ANSWER_FAILURE) {
        free(*ret_responses);
        *ret_responses = NULL;
    }
    failing_calls_hold(0);
    return answer == ANSWER_FAILURE ? PAM_CONV_ERR : PAM_SUCCESS;
}

static const int watched[] = {SIGINT, SIGQUIT, SIGHUP, SIGTERM};

#define N_WATCHED ARRAY_LENGTH(watched)

struct host_state {
    sigset_t mask;
    void (*handlers[N_WATCHED])(int);
    unsigned char is_open[DESCRIPTORS];
};

static void
handle(int number)
{
    (void)number;
}

static void
set_handlers(struct sigaction ret_before[N_WATCHED])
{
    const struct sigaction action = {.sa_handler = handle};

    for (size_t i = 0; i < N_WATCHED; i++)
        MUST(sigaction(watched[i], &action, &ret_before[i]) == 0);
}

static void
put_handlers_back(const struct sigaction before[N_WATCHED])
{
    for (size_t i = 0; i < N_WATCHED; i++)
        MUST(sigaction(watched[i], &before[i], NULL) == 0);
}

static void
look_at_host(struct host_state *ret_state)
{
    memset(ret_state, 0, sizeof *ret_state);
    MUST(pthread_sigmask(SIG_SETMASK, NULL, &ret_state->mask) == 0);
    for (size_t i = 0; i < N_WATCHED; i++) {
        struct sigaction action;
        MUST(sigaction(watched[i], NULL, &action) == 0);
        ret_state->handlers[i] = action.sa_handler;
    }
    for (int fd = 0; fd < DESCRIPTORS; fd++)
        ret_state->is_open[fd] = fcntl(fd, F_GETFD) >= 0;
}

/* --- the login --- */

struct login {
    unsigned who, arguments;
    enum answer answer;
    unsigned alarm_s, n_failures;
    const char *account; /* that the host names, or NULL */
    const char *service;
};

static int
authenticate_once(const struct login *login, pam_handle_t *pamh)
{
    static const char *const words[] = {"debug",       "prompt=enter", "display=plain",
                                        "language=nl", "timeout=20",   "unknown=1"};
    const char *arguments[8] = {login_machine()->conf};
    int n = 1;

    for (unsigned i = 0; i < ARRAY_LENGTH(words); i++)
        if (login->arguments >> i & 1)
            arguments[n++] = words[i];
    return pam_sm_authenticate(pamh, 0, n, arguments);
}

/* A login in which nothing goes wrong on this side of the wire. */
static int
is_sound(const struct login *login)
{
    int is_window = strcmp(login->service, "polkit-1") == 0; /* which shows no drawing */
    int is_seen = login->arguments & ARGUMENT_ENTER || strcmp(login->service, "sshd") == 0 ||
                  (!is_window && (login->who & WHO_TTY || login->arguments & ARGUMENT_PLAIN));

    return login->n_failures == 0 && login->alarm_s == 0 && is_seen &&
           !(login->arguments & ARGUMENT_UNKNOWN) && login->answer == ANSWER_FIRST;
}

/* Else nothing behind the start would be tried, and no input would show it. */
static int
must_start(const struct login *login)
{
    return is_sound(login) && (!login->account || strcmp(login->account, "mallory") != 0);
}

/* A login in which nothing goes wrong, so that a refusal would be the mistake. */
static int
must_succeed(const struct login *login, const struct scripted_agent *agent)
{
    if (!is_sound(login) || !agent->is_plain)
        return 0;
    return login->account ? login_machine_opens(agent->verified, login->account)
                          : agent->verified >= 0 && agent->verified < 3;
}

static void
judge(const struct login *login, const struct scripted_agent *agent, int result, const char *user)
{
    if (result == PAM_SUCCESS) {
        MUST(user && login_machine_opens(agent->verified, user));
        MUST(!login->account || strcmp(user, login->account) == 0);
        MUST(agent->n_after_result == 0 || login->n_failures > 0);
        MUST(login->answer != ANSWER_FAILURE && !(login->arguments & ARGUMENT_UNKNOWN));
    } else {
        MUST(login->account ? user && strcmp(user, login->account) == 0 : !user);
        MUST(result == PAM_AUTH_ERR || result == PAM_CRED_UNAVAIL || result == PAM_ABORT ||
             result == PAM_CONV_ERR || result == PAM_USER_UNKNOWN ||
             result == PAM_AUTHINFO_UNAVAIL);
    }
    MUST(result == PAM_SUCCESS || !must_succeed(login, agent));
    MUST(agent->is_started || !must_start(login));
    MUST(!agent->is_started || agent->is_killed);
    MUST(!agent->is_started || agent->is_reaped || login->n_failures > 0);
    MUST(n_audit_lines == 1);
}

static void
run(const struct login *login, struct input *script)
{
    enum answer answer = login->answer;
    const struct pam_conv conversation = {converse, &answer};
    struct scripted_agent agent;
    pam_handle_t *pamh = NULL;
    const void *user = NULL;
    int result;

    MUST(pam_start_confdir(login->service, login->account, &conversation, login_machine()->stacks,
                           &pamh) == PAM_SUCCESS);
    if (login->who & (WHO_TTY | WHO_NO_TTY))
        MUST(pam_set_item(pamh, PAM_TTY,
                          login->who & WHO_TTY ? login_machine()->tty : "../etc/passwd") ==
             PAM_SUCCESS);
    n_audit_lines = 0;
    has_journal = (login->arguments & WITH_JOURNAL) != 0;
    failing_calls_arm(script);
    struct login told = *login;
    told.n_failures = failing_calls_count();
    scripted_agent_begin(script, login->alarm_s);
    result = authenticate_once(login, pamh);
    agent = scripted_agent_end();
    failing_calls_disarm();
    MUST(failing_calls_mappings() == 0);
    MUST(pam_get_item(pamh, PAM_USER, &user) == PAM_SUCCESS);
    judge(&told, &agent, result, user);
    MUST(pam_end(pamh, result) == PAM_SUCCESS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct login login = {.who = input_u8(&input), .arguments = input_u8(&input)};
    struct host_state before, after;
    struct sigaction actions[N_WATCHED];

    (void)login_machine(); /* its descriptors are there before the first look */
    login.account = accounts[login.who & 3];
    login.service = login_machine_services[login.who >> 2 & 3];
    login.answer = input_u8(&input) % ANSWERS;
    login.alarm_s = input_u8(&input);
    set_handlers(actions);
    look_at_host(&before);
    run(&login, &input);
    look_at_host(&after);
    MUST(memcmp(&before, &after, sizeof before) == 0);
    put_handlers_back(actions);
    return 0;
}
