/* SPDX-License-Identifier: BSD-3-Clause */
/* The real sshd, asked by the real ssh client: who gets in, and by which of its methods. Messages
 * are held back there until a prompt, so the code rides in one. Needs root, for a machine of its
 * own (namespace.h). */
#include "tests/harness/namespace.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/ssh_desk.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
must_not_be_in(const struct ssh_desk *desk)
{
    ck_assert_int_eq(session_wait_status(desk->terminal), 255);
    ck_assert(strstr(screen_text(pty_screen(desk->terminal)), "\nI am ") == NULL);
    processes_must_end(PROCESSES_LEAVE_MS);
}

TEST_CASE("persons", .timeout_s = 90);

/* The code scans from the client's own screen, and leads where the link does. */
TEST(test_right_person)
{
    SSH_DESK_AUTO desk = {0};

    ssh_desk_open(&desk, &(struct ssh_options){0});
    ssh_desk_enter_as(&desk, "alice");
    char *scanned = session_scan(desk.terminal), *link = ssh_desk_link(&desk);
    ck_assert_str_eq(scanned, link);
    pty_must_show(desk.terminal, "as alice (sshd)", SESSION_WAIT_MS);
    ssh_desk_approve(&desk, "anna");
    pty_type(desk.terminal, "\r");
    pty_must_show(desk.terminal, "\nI am alice\n", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(desk.terminal), 0);
    ck_assert_int_eq(session_wait_log("outcome=verified"), 1);
    session_wait_log("service=sshd account=alice ");
    ck_assert_int_eq(qr_backend_count(desk.desk.backend, "generate"), 1);
    processes_must_end(PROCESSES_LEAVE_MS);
}

/* sshd lets in the account that was asked for, whatever a module makes of PAM_USER; so only its own
 * people may succeed. */
TEST(test_wrong_person)
{
    SSH_DESK_AUTO desk = {0};

    ssh_desk_open(&desk, &(struct ssh_options){0});
    ssh_desk_enter_as(&desk, "alice");
    ssh_desk_approve(&desk, "bram");
    ssh_desk_read_reason(&desk, "but it does not open this account.");
    must_not_be_in(&desk);
    ck_assert_int_eq(session_wait_log("outcome=wrong-person"), 1);
    session_wait_log("service=sshd account=alice ");
}

/* A person with several accounts gets the one that the client asks for. */
TEST(test_person_with_two_accounts)
{
    static const char *const enrolled[] = {"--enroll", "alice=anna", "--enroll", "bob=anna", NULL};
    SSH_DESK_AUTO desk = {0};

    ssh_desk_open(&desk, &(struct ssh_options){.enrolled = enrolled});
    ssh_desk_enter_as(&desk, "bob");
    ssh_desk_approve(&desk, "anna");
    pty_type(desk.terminal, "\r");
    pty_must_show(desk.terminal, "\nI am bob\n", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(desk.terminal), 0);
    session_wait_log("service=sshd account=bob ");
}

TEST(test_account_without_identity)
{
    static const char *const enrolled[] = {"--enroll", "bob=bram", NULL};
    SSH_DESK_AUTO desk = {0};

    ssh_desk_open(&desk, &(struct ssh_options){.enrolled = enrolled});
    ssh_desk_enter(&desk, "LC_ALL=C.UTF-8", "alice");
    must_not_be_in(&desk);
    ck_assert_int_eq(session_wait_log("outcome=not-enrolled"), 1);
    ck_assert_int_eq(qr_backend_count(desk.desk.backend, "generate"), 0);
}

/* The client's three tries are three logins, each with a new code. */
TEST(test_three_tries)
{
    SSH_DESK_AUTO desk = {0};
    char *links[3];

    ssh_desk_open(&desk, &(struct ssh_options){.client = "NumberOfPasswordPrompts 3"});
    ssh_desk_enter_as(&desk, "alice");
    for (int i = 0; i < 3; i++) {
        ssh_desk_await_prompts(&desk, "then press Enter", i + 1);
        links[i] = ssh_desk_link(&desk);
        ssh_desk_refuse(&desk, "anna");
        ssh_desk_read_reason(&desk, "Nothing was opened.");
    }
    must_not_be_in(&desk);
    ck_assert_str_ne(links[0], links[1]);
    ck_assert_str_ne(links[1], links[2]);
    ck_assert(namespace_wait_log_times("outcome=refused", 3, SESSION_WAIT_MS));
    ck_assert_int_eq(session_wait_log("outcome=refused"), 3);
    ck_assert_int_eq(qr_backend_count(desk.desk.backend, "generate"), 3);
}

TEST(test_second_try_opens)
{
    SSH_DESK_AUTO desk = {0};

    ssh_desk_open(&desk, &(struct ssh_options){.client = "NumberOfPasswordPrompts 3"});
    ssh_desk_enter_as(&desk, "alice");
    ssh_desk_refuse(&desk, "anna");
    ssh_desk_read_reason(&desk, "Nothing was opened.");
    ssh_desk_await_prompts(&desk, "then press Enter", 2);
    ssh_desk_approve(&desk, "anna");
    pty_type(desk.terminal, "\r");
    pty_must_show(desk.terminal, "\nI am alice\n", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(desk.terminal), 0);
}

TEST_CASE("methods", .timeout_s = 90);

/* Method `password`: sshd answers no prompt but one for a password, so nothing can be shown. */
TEST(test_password_method)
{
    SSH_DESK_AUTO desk = {0};

    ssh_desk_open(&desk, &(struct ssh_options){
                             .sshd = "PasswordAuthentication yes\nKbdInteractiveAuthentication no",
                             .client = "PreferredAuthentications password",
                         });
    ssh_desk_enter(&desk, "LC_ALL=C.UTF-8", "alice");
    pty_must_show(desk.terminal, "alice@desk's password:", SESSION_WAIT_MS);
    pty_type(desk.terminal, "open sesame\r");
    pty_must_show(desk.terminal, "Permission denied", SESSION_WAIT_MS);
    must_not_be_in(&desk);
    ck_assert_int_eq(session_wait_log("outcome=conversation"), 1);
    char *log = namespace_log();
    ck_assert_msg(strstr(log, "sesame") == NULL, "%s", log);
    ck_assert(qr_backend_wait_event(desk.desk.backend, "cancel", 1, SESSION_WAIT_MS));
    ck_assert(!screen_shows(pty_screen(desk.terminal), "https://"));
}

static void
give_bob_a_key(void)
{
    ck_assert_int_eq(system("ssh-keygen -q -t ed25519 -N '' -f " SSH_DESK_KEY), 0);
    ck_assert_int_eq(chown(SSH_DESK_KEY, NAMESPACE_BOB_UID, NAMESPACE_BOB_UID), 0);
    ck_assert_int_eq(chmod(SSH_DESK_KEY ".pub", 0644), 0);
}

/* With a public key, sshd does not ask the module at all. */
TEST(test_public_key_method)
{
    SSH_DESK_AUTO desk = {0};

    ssh_desk_open(&desk, &(struct ssh_options){
                             .sshd = "PubkeyAuthentication yes\n"
                                     "AuthorizedKeysFile " SSH_DESK_KEY ".pub",
                             .client = "PreferredAuthentications publickey\n"
                                       "IdentityFile " SSH_DESK_KEY,
                         });
    give_bob_a_key();
    ssh_desk_enter(&desk, "LC_ALL=C.UTF-8", "alice");
    pty_must_show(desk.terminal, "\nI am alice\n", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(desk.terminal), 0);
    ck_assert_int_eq(qr_backend_count(desk.desk.backend, "generate"), 0);
    char *log = namespace_log();
    ck_assert_msg(strstr(log, "pam_idinqr") == NULL, "%s", log);
}

RUN_TESTS("sshd", ssh_desk_why_not());
