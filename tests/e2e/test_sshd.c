/* The real sshd, asked by the real ssh client: messages are held back there until a prompt, so the
 * code rides in one. Both run on a loopback of their own, where nothing but this test listens.
 * Needs root, for a machine of its own (namespace.h). */
#include "tests/harness/child.h"
#include "tests/harness/deadline.h"
#include "tests/harness/namespace.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/session.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORT     2222
#define END_MS   10000 /* for all of ours to be gone: a stretch of waiting, a prompt, a farewell */
#define GRACE_S  120
#define LOOK_MS  20
#define COMMAND  "echo \"I am $(id -un)\""
#define SSH_AS_C "LC_ALL=C ssh -F /etc/desk.conf alice@desk '" COMMAND "'"
#define SSH      "LC_ALL=C.UTF-8 ssh -F /etc/desk.conf alice@desk '" COMMAND "'"

static const char *const enrolled[] = {"--enroll", "alice=anna", "--enroll", "bob=bram", NULL};

struct scene {
    struct desk desk;
    struct child *sshd;
    struct terminal *terminal;
};

static void
scene_close(struct scene *scene)
{
    terminal_free(&scene->terminal);
    child_stop(&scene->sshd, END_MS);
    desk_close(&scene->desk);
}

#define SCENE_AUTO __attribute__((cleanup(scene_close))) struct scene

/* A network that has a loopback and nothing else. */
static void
enter_network(void)
{
    struct ifreq interface = {.ifr_name = "lo"};
    int any = -1;

    ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
    any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(any, 0);
    interface.ifr_flags = IFF_UP | IFF_RUNNING;
    ck_assert_int_eq(ioctl(any, SIOCSIFFLAGS, &interface), 0);
    close(any);
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

static struct child *
sshd_start(int grace_s)
{
    static const char *const argv[] = {"/usr/sbin/sshd", "-D", "-e", "-f", "/etc/desk.sshd", NULL};
    struct deadline deadline = deadline_in(SESSION_WAIT_MS);
    char config[600];

    snprintf(config, sizeof config,
             "Port %d\nListenAddress 127.0.0.1\nHostKey /etc/desk.key\nPidFile none\n"
             "UsePAM yes\nKbdInteractiveAuthentication yes\nPasswordAuthentication no\n"
             "PubkeyAuthentication no\nLoginGraceTime %d\nPrintMotd no\nPrintLastLog no\n",
             PORT, grace_s);
    scratch_write("/etc/desk.sshd", 0600, config);
    snprintf(config, sizeof config,
             "Host desk\nHostName 127.0.0.1\nPort %d\nStrictHostKeyChecking no\n"
             "UserKnownHostsFile /dev/null\nGlobalKnownHostsFile /dev/null\nLogLevel ERROR\n"
             "PreferredAuthentications keyboard-interactive\nNumberOfPasswordPrompts 1\n",
             PORT);
    scratch_write("/etc/desk.conf", 0644, config);
    ck_assert_int_eq(mkdir("/run/sshd", 0755), 0);
    ck_assert_int_eq(system("ssh-keygen -q -t ed25519 -N '' -f /etc/desk.key"), 0);
    struct child *sshd = child_start(argv, "/var/log/sshd");
    while (!is_listening()) {
        if (deadline_left(deadline, 1) == 0)
            ck_abort_msg("sshd does not listen:\n%s", scratch_read("/var/log/sshd"));
        poll(NULL, 0, LOOK_MS);
    }
    return sshd;
}

/* Bob's shell, in which a client asks to be let in as alice. */
static void
start(struct scene *ret_scene, const char *command, int grace_s)
{
    namespace_enter();
    enter_network();
    desk_open(&ret_scene->desk, enrolled);
    session_pam_service(&ret_scene->desk, "sshd", "");
    ret_scene->sshd = sshd_start(grace_s);
    ret_scene->terminal = session_start("bob");
    processes_begin();
    session_type(ret_scene->terminal, command);
    terminal_must_show(ret_scene->terminal, "then press Enter", SESSION_WAIT_MS);
}

/* The link under the code, as a person would type it over. */
static char *
read_link(struct terminal *terminal)
{
    const char *screen = screen_text(terminal_screen(terminal)), *at = strstr(screen, "https://");

    ck_assert_msg(at != NULL, "no link:\n%s", screen);
    return strndup(at, strcspn(at, " \n"));
}

static void
approve(const struct scene *scene, const char *person)
{
    PHONE_AUTO *phone = phone_new(backend_ca_file(scene->desk.backend), "en");
    char *link = read_link(scene->terminal);

    ck_assert_msg(phone_approve(phone, link, person) == 200, "%s", phone_problem(phone));
    free(link);
    /* The agent has the answer, and so will the module once Enter is pressed. */
    ck_assert(backend_wait_event(scene->desk.backend, "delivered", 1, SESSION_WAIT_MS));
}

/* In UTF-8 the code scans from the client's own screen, and leads where the link does. */
START_TEST(test_right_person)
{
    SCENE_AUTO scene = {0};

    start(&scene, SSH, GRACE_S);
    char *scanned = session_scan(scene.terminal), *link = read_link(scene.terminal);
    ck_assert_str_eq(scanned, link);
    terminal_must_show(scene.terminal, "as alice (sshd)", SESSION_WAIT_MS);
    approve(&scene, "anna");
    terminal_type(scene.terminal, "\r");
    terminal_must_show(scene.terminal, "I am alice", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(scene.terminal), 0);
    ck_assert_int_eq(session_wait_log("outcome=verified"), 1);
    session_wait_log("service=sshd account=alice ");
    ck_assert_int_eq(backend_count(scene.desk.backend, "generate"), 1);
    processes_must_end(END_MS);
    free(scanned);
    free(link);
}
END_TEST

/* A client in the C locale turns each byte of the code into digits; the link stays readable. */
START_TEST(test_c_locale)
{
    SCENE_AUTO scene = {0};

    start(&scene, SSH_AS_C, GRACE_S);
    ck_assert(screen_shows(terminal_screen(scene.terminal), "\\342\\226\\210"));
    approve(&scene, "anna");
    terminal_type(scene.terminal, "\r");
    terminal_must_show(scene.terminal, "I am alice", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(scene.terminal), 0);
}
END_TEST

/* Enter comes too early: nothing is lost, and nobody is let in. */
START_TEST(test_enter_too_early)
{
    SCENE_AUTO scene = {0};

    start(&scene, SSH, GRACE_S);
    terminal_type(scene.terminal, "\r");
    terminal_must_show(scene.terminal, "Not approved yet", SESSION_WAIT_MS);
    char *again = session_scan(scene.terminal); /* the code is still on the screen */
    approve(&scene, "anna");
    terminal_type(scene.terminal, "\r");
    terminal_must_show(scene.terminal, "I am alice", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(scene.terminal), 0);
    ck_assert_int_eq(backend_count(scene.desk.backend, "generate"), 1);
    free(again);
}
END_TEST

/* sshd lets in the account that was asked for, so only its own people may. */
START_TEST(test_wrong_person)
{
    SCENE_AUTO scene = {0};

    start(&scene, SSH, GRACE_S);
    approve(&scene, "bram");
    terminal_type(scene.terminal, "\r");
    ck_assert_int_eq(session_wait_status(scene.terminal), 255);
    ck_assert(strstr(screen_text(terminal_screen(scene.terminal)), "\nI am ") == NULL);
    ck_assert_int_eq(session_wait_log("outcome=wrong-person"), 1);
    session_wait_log("service=sshd account=alice ");
    processes_must_end(END_MS);
}
END_TEST

/* The client dies in the prompt, or in the stretch of waiting after it. */
START_TEST(test_client_dies)
{
    SCENE_AUTO scene = {0};

    start(&scene, SSH, GRACE_S);
    pid_t client = processes_find(terminal_pid(scene.terminal), "ssh");
    ck_assert_int_gt(client, 0);
    ck_assert_int_gt(processes_find(0, "idinqr-agent"), 0);
    if (_i == 1)
        terminal_type(scene.terminal, "\r");
    ck_assert_int_eq(kill(client, SIGKILL), 0);
    ck_assert_int_eq(session_wait_status(scene.terminal), 128 + SIGKILL);
    processes_must_end(END_MS);
    ck_assert(backend_wait_event(scene.desk.backend, "cancel", 1, SESSION_WAIT_MS));
    char *log = namespace_log();
    ck_assert_msg(strstr(log, "outcome=verified") == NULL, "%s", log);
    free(log);
}
END_TEST

/* sshd has waited long enough. The client, in a prompt, does not look whether it is still
 * connected; all of the server's has ended by then. */
START_TEST(test_grace_time)
{
    SCENE_AUTO scene = {0};

    start(&scene, SSH, 4);
    ck_assert_int_gt(processes_find(0, "idinqr-agent"), 0);
    ck_assert(backend_wait_event(scene.desk.backend, "cancel", 1, SESSION_WAIT_MS));
    ck_assert(processes_wait_gone("idinqr-agent", END_MS));
    ck_assert(processes_wait_gone("sshd", END_MS));
    terminal_type(scene.terminal, "\r");
    ck_assert_int_eq(session_wait_status(scene.terminal), 255);
    processes_must_end(END_MS);
    ck_assert_int_eq(backend_count(scene.desk.backend, "generate"), 1);
}
END_TEST

static Suite *
suite(void)
{
    Suite *suite = suite_create("sshd");
    TCase *login = tcase_create("login"), *leaving = tcase_create("leaving");

    tcase_set_timeout(login, 90);
    tcase_add_test(login, test_right_person);
    tcase_add_test(login, test_c_locale);
    tcase_add_test(login, test_enter_too_early);
    tcase_add_test(login, test_wrong_person);
    suite_add_tcase(suite, login);
    tcase_set_timeout(leaving, 90);
    tcase_add_loop_test(leaving, test_client_dies, 0, 2);
    tcase_add_test(leaving, test_grace_time);
    suite_add_tcase(suite, leaving);
    return suite;
}

static const char *
why_skip(void)
{
#ifdef SANITIZER
    return "a module with a sanitizer in it does not load into sshd";
#endif
    if (access("/usr/sbin/sshd", X_OK) != 0 || access("/usr/bin/ssh", X_OK) != 0)
        return "there is no sshd, or no ssh";
    return namespace_why_not();
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "sshd", suite, why_skip);
}
