/* SPDX-License-Identifier: BSD-3-Clause */
/* See ssh_desk.h. */
#include "tests/harness/ssh_desk.h"

#include "tests/harness/deadline.h"
#include "tests/harness/namespace.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/scratch.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORT    2222
#define END_MS  60000
#define LOOK_MS 20

const char *
ssh_desk_why_not(void)
{
#ifdef SANITIZER
    return "a module with a sanitizer in it does not load into sshd";
#endif
    if (access("/usr/sbin/sshd", X_OK) != 0 || access("/usr/bin/ssh", X_OK) != 0)
        return "there is no sshd, or no ssh";
    return namespace_why_not();
}

int
ssh_desk_is_since_10_3(const char *program)
{
    char command[100], text[400] = "";
    int major = 0, minor = 0;

    snprintf(command, sizeof command, "%s -V 2>&1", program);
    FILE *output = popen(command, "re");
    ck_assert_ptr_nonnull(output);
    /* An old sshd does not know the question, and says what it is where it says so. */
    text[fread(text, 1, sizeof text - 1, output)] = '\0';
    pclose(output);
    const char *at = strstr(text, "OpenSSH_");
    ck_assert_msg(at != NULL && sscanf(at, "OpenSSH_%d.%d", &major, &minor) == 2, "%s: %s", command,
                  text);
    return major > 10 || (major == 10 && minor >= 3);
}

static int
is_listening(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int result = connect(fd, (const struct sockaddr *)&address, sizeof address);
    close(fd);
    return result == 0;
}

static const char *
text_or_none(const char *text)
{
    return text ? text : "";
}

/* Of what is there twice, either program takes the first. */
static void
configure(const struct ssh_options *options)
{
    char config[1200];

    snprintf(config, sizeof config,
             "%s\nPort %d\nListenAddress 127.0.0.1\nHostKey /etc/desk.key\nPidFile none\n"
             "UsePAM yes\nKbdInteractiveAuthentication yes\nPasswordAuthentication no\n"
             "PubkeyAuthentication no\nLoginGraceTime %d\nPrintMotd no\nPrintLastLog no\n",
             text_or_none(options->sshd), PORT, options->grace_s ? options->grace_s : 120);
    scratch_write("/etc/desk.sshd", 0600, config);
    snprintf(
        config, sizeof config,
        "%s\nHost desk\nHostName 127.0.0.1\nHostKeyAlias desk\nPort %d\nStrictHostKeyChecking no\n"
        "UserKnownHostsFile /dev/null\nGlobalKnownHostsFile /dev/null\nLogLevel ERROR\n"
        "PreferredAuthentications keyboard-interactive\nNumberOfPasswordPrompts 1\n",
        text_or_none(options->client), PORT);
    scratch_write("/etc/desk.conf", 0644, config);
}

static struct child *
sshd_start(void)
{
    static const char *const argv[] = {"/usr/sbin/sshd", "-D", "-e", "-f", "/etc/desk.sshd", NULL};
    struct deadline deadline = deadline_in(SESSION_WAIT_MS);

    ck_assert_int_eq(mkdir("/run/sshd", 0755), 0);
    ck_assert_int_eq(system("ssh-keygen -q -t ed25519 -N '' -f /etc/desk.key"), 0);
    struct child *sshd = child_start(argv, SSH_DESK_LOG);
    while (!is_listening()) {
        if (deadline_left(deadline, 1) == 0)
            ck_abort_msg("sshd does not listen:\n%s", scratch_read(SSH_DESK_LOG));
        poll(NULL, 0, LOOK_MS);
    }
    return sshd;
}

void
ssh_desk_open(struct ssh_desk *ret_desk, const struct ssh_options *options)
{
    static const char *const enrolled[] = {"--enroll", "alice=anna", "--enroll", "bob=bram", NULL};

    namespace_enter();
    namespace_enter_network();
    desk_open(&ret_desk->desk, options->enrolled ? options->enrolled : enrolled);
    if (options->conf)
        desk_configure(&ret_desk->desk, options->conf);
    session_pam_service(&ret_desk->desk, "sshd", text_or_none(options->module));
    configure(options);
    ret_desk->sshd = sshd_start();
    ret_desk->terminal =
        session_start_on("bob", options->rows ? options->rows : 50,
                         options->columns ? options->columns : 100, options->colors);
    processes_begin();
}

void
ssh_desk_close(struct ssh_desk *desk)
{
    pty_free(&desk->terminal);
    child_stop(&desk->sshd, END_MS);
    desk_close(&desk->desk);
}

void
ssh_desk_enter(const struct ssh_desk *desk, const char *environment, const char *account)
{
    char command[300];

    snprintf(command, sizeof command, "%s ssh -F /etc/desk.conf %s@desk 'echo I am $(id -un)'",
             environment, account);
    session_type(desk->terminal, command);
}

void
ssh_desk_enter_as(const struct ssh_desk *desk, const char *account)
{
    ssh_desk_enter(desk, "LC_ALL=C.UTF-8", account);
    ssh_desk_await_prompts(desk, "then press Enter", 1);
}

struct awaited {
    const struct ssh_desk *desk;
    const char *ending;
    int count;
};

static int
has_come(struct screen *screen, void *user)
{
    const struct awaited *awaited = user;
    size_t size;

    (void)screen; /* from which some have gone */
    return session_count(pty_output(awaited->desk->terminal, &size), awaited->ending) >=
           awaited->count;
}

void
ssh_desk_await_prompts(const struct ssh_desk *desk, const char *ending, int count)
{
    struct awaited awaited = {desk, ending, count};

    if (!pty_wait(desk->terminal, has_come, &awaited, SESSION_WAIT_MS))
        ck_abort_msg("not %d times: %s\n%s", count, ending,
                     screen_text(pty_screen(desk->terminal)));
}

char *
ssh_desk_link(const struct ssh_desk *desk)
{
    const char *screen = screen_text(pty_screen(desk->terminal)), *last = NULL;

    /* At the beginning of a row: the words around it name the host, too. */
    for (const char *at = screen; (at = strstr(at, "\n  https://")) != NULL; at++)
        last = at + 3;
    ck_assert_msg(last != NULL, "no link:\n%s", screen);
    return scratch_keep(strndup(last, strcspn(last, " \n")));
}

void
ssh_desk_read_reason(const struct ssh_desk *desk, const char *reason)
{
    static const char go_on[] = "Press Enter to go on.";
    size_t size;
    int n_before = session_count(pty_output(desk->terminal, &size), go_on);

    pty_type(desk->terminal, "\r");
    ssh_desk_await_prompts(desk, go_on, n_before + 1);
    pty_must_show(desk->terminal, reason, 0);
    pty_type(desk->terminal, "\r");
}

static void
decide(const struct ssh_desk *desk, const char *person,
       long (*how)(struct phone *phone, const char *url, const char *person))
{
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(desk->desk.backend), "en");
    char *link = ssh_desk_link(desk);

    ck_assert_msg(how(phone, link, person) == 200, "%s", phone_problem(phone));
    session_await_result();
}

void
ssh_desk_approve(const struct ssh_desk *desk, const char *person)
{
    decide(desk, person, phone_approve);
}

void
ssh_desk_refuse(const struct ssh_desk *desk, const char *person)
{
    decide(desk, person, phone_refuse);
}
