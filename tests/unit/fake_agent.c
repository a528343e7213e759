/* SPDX-License-Identifier: BSD-3-Clause */
/* An agent that does as its file name says, word by word, with '+' between them: "start+qr+result".
 * For the tests of the module's side, which start it as they would the real one: its own user, the
 * wire as descriptor 0. fake_agents.h makes files of such names. */
#include "pam_idinqr/agent/picture_request.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/jail/jail.h"
#include "pam_idinqr/wire/messages.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <unistd.h>

#define WIRE 0

#define IDENTITY "idin1:0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcde" /* as a relay names one */

/* What this program cannot go on after; no test expects this exit code. */
static void
must(int condition)
{
    if (!condition)
        _exit(99);
}

static int
wait_readable(void)
{
    struct pollfd wire = {.fd = WIRE, .events = POLLIN};

    return poll(&wire, 1, -1);
}

static void
take_start(struct start_message *ret_start)
{
    FRAME_AUTO frame;

    must(wait_readable() == 1 && frame_receive(&frame, WIRE) == 1);
    must(frame_type(&frame) == MESSAGE_START || frame_type(&frame) == MESSAGE_PROBE ||
         frame_type(&frame) == MESSAGE_KEYS);
    must(message_read_start(&frame, ret_start) == 0);
}

/* Which the tests' person types. A module that has refused something sends none. */
static void
take_number(void)
{
    char number[NUMBER_SIZE];
    FRAME_AUTO frame;

    must(wait_readable() == 1);
    if (frame_receive(&frame, WIRE) == 0)
        _exit(0);
    must(frame_type(&frame) == MESSAGE_NUMBER && message_read_number(&frame, number) == 0);
    must(strcmp(number, "123456") == 0);
}

static const char *
setting_of(const struct start_message *start, const char *keyword)
{
    for (size_t i = 0; i < start->n_settings; i++)
        if (strcmp(start->settings[i].keyword, keyword) == 0)
            return start->settings[i].value;
    return "";
}

/* What START said, for the module's log. */
static void
send_echo(const struct start_message *start)
{
    FRAME_AUTO frame;
    char line[1024];

    snprintf(line, sizeof line,
             "provider=%s language=%s station=%s timeout=%u ca_file=%s n=%zu token=%s last=%s",
             start->provider, start->language, start->station, start->timeout_ms, start->ca_file,
             start->n_settings, setting_of(start, "merchant_token"),
             start->settings[start->n_settings - 1].keyword);
    message_write_log(&frame, LOG_NOTICE, line);
    must(frame_send(&frame, WIRE) == 0);
}

static void
write_qr(struct frame *frame, const char *payload, const char *user_code)
{
    struct qr_message qr = {.lifetime_s = 60};

    snprintf(qr.payload, sizeof qr.payload, "%s", payload);
    snprintf(qr.user_code, sizeof qr.user_code, "%s", user_code);
    message_write_qr(frame, &qr);
}

static void
write_result(struct frame *frame, int outcome, const char *subject)
{
    struct result_message result = {.outcome = outcome};

    strcpy(result.subject, subject);
    if (subject[0] != '\0') {
        strcpy(result.issuer, "TESTNL2A");
        strcpy(result.transaction, "1234567890123456");
    }
    message_write_result(frame, &result);
}

/* "qr-300": a code with a link of so many characters, which may be one too many for the wire. */
static int
write_long_qr(struct frame *frame, const char *word)
{
    char payload[PAYLOAD_MAX + 2] = "https://qr.example/", end;
    unsigned length;

    if (sscanf(word, "qr-%u%c", &length, &end) != 1 || length > PAYLOAD_MAX + 1)
        return 0;
    for (size_t i = strlen(payload); i < length; i++)
        payload[i] = (char)('a' + i * 7 % 26);
    frame_begin(frame, MESSAGE_QR);
    frame_put_text(frame, payload);
    frame_put_u32(frame, 60);
    frame_put_text(frame, "");
    return 1;
}

/* Sends one frame, valid or not. Returns 0 for an unknown word. */
static int
send_frame_for(const char *word)
{
    FRAME_AUTO frame;

    frame_begin(&frame, 77); /* "unknown" */
    if (strcmp(word, "qr") == 0 || strcmp(word, "qr-cut") == 0)
        write_qr(&frame, "https://qr.example/abc", "");
    else if (strcmp(word, "qr-user-code") == 0)
        write_qr(&frame, "https://qr.example/abc", "ABCD-EFGH");
    else if (strcmp(word, "qr-elsewhere") == 0)
        write_qr(&frame, "https://qr.example.net/abc", "");
    else if (strcmp(word, "qr-long") == 0)
        write_qr(&frame,
                 "https://qr.example/0123456789012345678901234567890123456789"
                 "012345678901234567890123456789012345678901234567890123456789",
                 "");
    else if (strcmp(word, "state") == 0)
        message_write_state(&frame, STATE_SCANNED);
    else if (strcmp(word, "result") == 0 || strcmp(word, "result-more") == 0)
        write_result(&frame, IDQ_OK, "NLTEST0123456789");
    else if (strcmp(word, "no-subject") == 0)
        write_result(&frame, IDQ_OK, "");
    else if (strcmp(word, "bad-subject") == 0)
        write_result(&frame, IDQ_OK, "12345");
    else if (strcmp(word, "transient") == 0)
        write_result(&frame, IDQ_OK, "TRANS12345678901234567890");
    else if (strcmp(word, "refused") == 0)
        write_result(&frame, IDQ_REFUSED, "");
    else if (strcmp(word, "refused-5678") == 0)
        message_write_result(
            &frame, &(struct result_message){.outcome = IDQ_REFUSED, .transaction = "5678"});
    else if (strcmp(word, "unreachable") == 0)
        write_result(&frame, IDQ_UNREACHABLE, "");
    else if (strncmp(word, "ask-", 4) == 0)
        message_write_ask(&frame, (unsigned)strtoul(word + 4, NULL, 10), "1234");
    else if (strcmp(word, "wrong-number") == 0)
        write_result(&frame, IDQ_WRONG_NUMBER, "");
    else if (strcmp(word, "identity") == 0)
        write_result(&frame, IDQ_OK, IDENTITY);
    else if (strcmp(word, "identity-more") == 0)
        write_result(&frame, IDQ_OK, IDENTITY "f");
    else if (strcmp(word, "warn") == 0)
        message_write_log(&frame, LOG_WARNING, "the backend is slow");
    else if (strcmp(word, "note") == 0)
        message_write_log(&frame, LOG_NOTICE, "a note");
    else if (strcmp(word, "key") == 0)
        message_write_key(&frame, &(struct key_message){.type = KEY_ED25519, .first = "AQ"});
    else if (strcmp(word, "keys") == 0) {
        for (int i = 0; i < KEY_SET_KEYS_MAX; i++) {
            message_write_key(&frame, &(struct key_message){.type = KEY_ED25519, .first = "AQ"});
            if (i > 0)
                (void)frame_send(&frame, WIRE);
        }
    } else if (strcmp(word, "bad-key") == 0)
        message_write_key(&frame, &(struct key_message){.type = KEY_ED25519, .first = "\""});
    else if (strcmp(word, "probed") == 0)
        message_write_probed(&frame, IDQ_OK);
    else if (strcmp(word, "flood") == 0) {
        for (int i = 0; i < 300; i++) {
            message_write_log(&frame, LOG_NOTICE, "a note");
            (void)frame_send(&frame, WIRE);
        }
    } else if (strcmp(word, "start-back") == 0)
        message_write_start(&frame, &(struct start_message){.provider = "idin-qr"});
    else if (!write_long_qr(&frame, word) && strcmp(word, "unknown") != 0)
        return 0;
    if (strcmp(word, "qr-cut") == 0)
        frame.size--;
    if (strcmp(word, "result-more") == 0)
        frame_put_u8(&frame, 0);
    /* A module that has refused something already takes no more. */
    (void)frame_send(&frame, WIRE);
    return 1;
}

/* How many capabilities this process has. Inheritable ones are none: they count with a program
 * whose file has the same. */
static int
count_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    int n = 0;

    must(syscall(SYS_capget, &header, data) == 0);
    for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        n += __builtin_popcount(data[i].effective) + __builtin_popcount(data[i].permitted);
    return n;
}

/* What a process can see of how it was started, a line each, as one datagram that is no frame. */
static void
send_report(int argc, char **argv)
{
    char text[4096] = "", directory[256], target[64];
    uid_t uid[3];
    gid_t gid[3];
    sigset_t blocked;
    int ignored = 0, tty = open("/dev/tty", O_RDWR);
    FILE *report = fmemopen(text, sizeof text, "w");

    must(report && tty < 0 && errno == ENXIO && getcwd(directory, sizeof directory));
    must(getresuid(&uid[0], &uid[1], &uid[2]) == 0 && getresgid(&gid[0], &gid[1], &gid[2]) == 0);
    fprintf(report, "argv=%d:%s\n", argc, argv[0]);
#ifdef COVERAGE /* which says to itself that it has begun */
    must(unsetenv("__LLVM_PROFILE_RT_INIT_ONCE") == 0);
#endif
    fprintf(report, "environment=%s\n", environ[0] ? environ[0] : "");
    fprintf(report, "uid=%u,%u,%u\n", uid[0], uid[1], uid[2]);
    fprintf(report, "gid=%u,%u,%u\n", gid[0], gid[1], gid[2]);
    fprintf(report, "groups=%d\n", getgroups(0, NULL));
    fprintf(report, "root-again=%d\n", seteuid(0) == 0 || setuid(0) == 0);
    fprintf(report, "capabilities=%d\n", count_capabilities());
    fprintf(report, "session=%s\n",
            getsid(0) == getppid() || getsid(0) == getpid() ? "own" : "the host's");
    fprintf(report, "directory=%s\n", directory);
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        ignored += sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
    }
    fprintf(report, "blocked=%d ignored=%d\n", !sigisemptyset(&blocked), ignored);
    fprintf(report, "descriptors=");
    for (int fd = 0; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            fprintf(report, "%d,", fd);
    for (int fd = 1; fd <= 2; fd++) {
        ssize_t size;
        snprintf(directory, sizeof directory, "/proc/self/fd/%d", fd);
        size = readlink(directory, target, sizeof target - 1);
        must(size > 0);
        target[size] = '\0';
        fprintf(report, "\n%d=%s", fd, target);
    }
    fputc('\n', report);
    must(fclose(report) == 0);
    must(send(WIRE, text, strlen(text), 0) == (ssize_t)strlen(text));
}

/* Until the test writes a byte into the FIFO beside this program: fake_agents_let_through. Its
 * other end may still be open from the gate before, which brings none. */
static void
wait_at_gate(const char *gate)
{
    ssize_t n_read = 0;
    char byte;

    while (n_read == 0) {
        int fd = open(gate, O_RDONLY | O_CLOEXEC);
        must(fd >= 0);
        n_read = read(fd, &byte, 1);
        close(fd);
    }
    must(n_read == 1);
}

/* Has something read that is no picture, and says what came of it. */
static void
ask_picture_reader(void)
{
    static struct wire wire = {.socket = WIRE};
    char payload[PAYLOAD_MAX + 1];

    wire_log(&wire, LOG_NOTICE, "picture: %s",
             error_word(picture_request(&wire, PICTURE_SOCKET, "no PNG", 6, 20000, payload)));
}

/* As the real agent does before it reads its first byte. */
static void
enter_jail(void)
{
    static struct wire wire = {.socket = WIRE};

    must(jail_begin() == 0 && jail_close(JAIL_AGENT, &wire) == 0);
}

static void
block_signals(void)
{
    sigset_t all;

    sigfillset(&all);
    must(sigprocmask(SIG_SETMASK, &all, NULL) == 0);
}

static void
hang(void)
{
    for (;;)
        pause();
}

int
main(int argc, char **argv)
{
    static struct start_message start;
    char path[1024], gate[1032], *words, *word;
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);

    must(size > 0);
    path[size] = '\0';
    words = strrchr(path, '/') + 1;
    snprintf(gate, sizeof gate, "%.*sgate", (int)(words - path), path);
    while ((word = strsep(&words, "+"))) {
        if (strcmp(word, "start") == 0)
            take_start(&start);
        else if (strcmp(word, "number") == 0)
            take_number();
        else if (strcmp(word, "echo") == 0)
            send_echo(&start);
        else if (strcmp(word, "report") == 0)
            send_report(argc, argv);
        else if (strcmp(word, "wait") == 0) /* for the end of the wire */
            must(wait_readable() == 1);
        else if (strcmp(word, "gate") == 0)
            wait_at_gate(gate);
        else if (strcmp(word, "hang") == 0)
            hang();
        else if (strcmp(word, "jail") == 0)
            enter_jail();
        else if (strcmp(word, "picture") == 0)
            ask_picture_reader();
        else if (strcmp(word, "block") == 0)
            block_signals();
        else if (strcmp(word, "trace") == 0)
            must(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
        else if (strcmp(word, "stop") == 0)
            raise(SIGSTOP);
        else if (strcmp(word, "term") == 0)
            raise(SIGTERM);
        else if (strcmp(word, "close") == 0)
            close(WIRE);
        else if (strncmp(word, "exit", 4) == 0)
            _exit((int)strtol(word + 4, NULL, 10));
        else
            must(send_frame_for(word));
    }
    return 0;
}
