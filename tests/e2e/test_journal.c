/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs the real sudo and su on a machine with a journal. A login is one record there, and no line
 * in syslog. If the journal is missing or hangs, the login is one line in syslog. Needs root, for a
 * private machine (namespace.h). */
#include "pam_idinqr/common/array.h"
#include "tests/harness/desk.h"
#include "tests/harness/journald.h"
#include "tests/harness/journal_socket.h"
#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/session.h"
#include "tests/unit/manual_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOURNAL "/run/systemd/journal/socket"

static int
listen_as_journal(void)
{
    for (const char *const *dir =
             (const char *const[]){"/run/systemd", "/run/systemd/journal", NULL};
         *dir; dir++)
        ck_assert_int_eq(mkdir(*dir, 0755), 0);
    return journal_socket_listen(JOURNAL);
}

static void
open_desk(struct desk *desk)
{
    namespace_enter();
    desk_open(desk, (const char *const[]){"--enroll", "alice=anna", "--enroll", "bob=bram", NULL});
}

static void
must_have(const struct journal_record *record, const char *name, const char *wanted)
{
    const char *value = journal_record_value(record, name);

    ck_assert_msg(value && strcmp(value, wanted) == 0, "%s should be %s, and is %s", name, wanted,
                  value ? value : "not there");
}

static const struct {
    const char *service, *command, *account;
} hosts[] = {
    {"sudo", "sudo id -u", "alice"},
    {"su", "su -c 'id -u' bob", "bob"},
};

/* Makes this process's session alice's, unless it is another user's already: the login uid that the
 * record then has, "" for none. */
static void
begin_session(char ret_loginuid[12])
{
    int fd = open("/proc/self/loginuid", O_RDWR | O_CLOEXEC);
    char digits[12];
    ssize_t size;

    ck_assert_int_gt(snprintf(digits, sizeof digits, "%d", NAMESPACE_ALICE_UID), 0);
    if (fd >= 0 && write(fd, digits, strlen(digits)) < 0)
        ck_assert_int_eq(errno, EPERM);
    size = fd >= 0 ? pread(fd, ret_loginuid, 11, 0) : 0;
    ck_assert_int_ge(size, 0);
    ret_loginuid[size] = '\0';
    if (strcmp(ret_loginuid, "4294967295") == 0)
        ret_loginuid[0] = '\0';
    if (fd >= 0)
        close(fd);
}

TEST_CASE("login", .timeout_s = 90);

LOOP_TEST(a_login_is_one_record, ARRAY_LENGTH(hosts))
{
    const char *account = hosts[_i].account;
    DESK_AUTO desk;
    JOURNAL_RECORD_AUTO record = {0};
    JOURNAL_RECORD_AUTO another = {0};
    struct pty *terminal;
    char *station, uid[12], loginuid[12];
    int journal;

    open_desk(&desk);
    begin_session(loginuid);
    snprintf(uid, sizeof uid, "%d", NAMESPACE_ALICE_UID); /* who typed it */
    station = desk_setting(&desk, "station");
    journal = listen_as_journal();
    session_pam_service(&desk, hosts[_i].service, "");
    terminal = session_start("alice");
    session_type(terminal, hosts[_i].command);
    session_approve(&desk, terminal, strcmp(account, "alice") == 0 ? "anna" : "bram");
    ck_assert_int_eq(session_wait_status(terminal), 0);
    ck_assert_int_eq(journal_socket_take(journal, SESSION_WAIT_MS, &record), 1);
    must_have(&record, "IDINQR_OUTCOME", "verified");
    must_have(&record, "IDINQR_SERVICE", hosts[_i].service);
    must_have(&record, "IDINQR_ACCOUNT", account);
    must_have(&record, "IDINQR_STATION", station);
    must_have(&record, "SYSLOG_IDENTIFIER", hosts[_i].service);
    must_have(&record, "IDINQR_UID", uid);
    if (*loginuid)
        must_have(&record, "IDINQR_LOGINUID", loginuid);
    else
        ck_assert_ptr_null(journal_record_value(&record, "IDINQR_LOGINUID"));
    must_have(&record, "PRIORITY", "5");
    ck_assert_uint_eq(record.uid, 0);
    for (size_t i = 0; i < record.n_fields; i++)
        desk_must_not_leak(&desk, record.values[i]);
    ck_assert_int_eq(journal_socket_take(journal, 0, &another), 0);
    ck_assert_int_eq(namespace_log_count("outcome="), 0);
    pty_free(&terminal);
    close(journal);
}

enum absence { JOURNAL_GONE, JOURNAL_HANGS, ABSENCES };

LOOP_TEST(without_a_journal_it_is_one_line, ABSENCES)
{
    DESK_AUTO desk;
    struct pty *terminal;
    int journal;

    open_desk(&desk);
    journal = listen_as_journal();
    if (_i == JOURNAL_GONE)
        close(journal);
    else
        ck_assert_uint_ge(journal_socket_fill(JOURNAL), 1);
    session_pam_service(&desk, "sudo", "");
    terminal = session_start("alice");
    session_type(terminal, "sudo id -u");
    session_approve(&desk, terminal, "anna");
    ck_assert_int_eq(session_wait_status(terminal), 0);
    ck_assert_int_eq(session_wait_log("outcome=verified"), 1);
    pty_free(&terminal);
}

TEST_CASE("map", .timeout_s = 90);

/* Other administrators see who changed the map, and when. */
TEST(a_change_of_the_map_is_one_line)
{
    static const char hash[] = "idin1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const char *dir = scratch_dir("map"), *conf = scratch_path(dir, "idinqr.conf");

    namespace_enter();
    scratch_write(scratch_path(dir, "map"), 0600, scratch_text("alice %s\n", hash));
    scratch_write(conf, 0600,
                  scratch_text("provider = oidc-device\nmap = %s/map\n[oidc-device]\n"
                               "issuer = https://login.example\nclient_id = x\n"
                               "client_auth = none\n",
                               dir));
    ck_assert_int_eq(system(scratch_text("SUDO_USER=carol '" BUILD_DIR "/idinqr' --conf %s revoke "
                                         "--yes alice",
                                         conf)),
                     0);
    ck_assert(namespace_wait_log(
        scratch_text("idinqr: revoked account=alice identity=%s by=carol", hash), SESSION_WAIT_MS));
}

TEST_CASE("journald", .teardown = journal_stop, .timeout_s = 90);

/* The commands of pam_idinqr(8), with journald itself. With _UID=0, no line that a user wrote. */
TEST(what_journalctl_finds, .why_not = journal_why_not())
{
    DESK_AUTO desk;
    struct pty *terminal;
    char *lines, *roots;

    open_desk(&desk);
    journal_start();
    session_pam_service(&desk, "sudo", "");
    terminal = session_start("alice");
    session_type(terminal, "sudo true");
    session_approve(&desk, terminal, "anna");
    ck_assert_int_eq(session_wait_status(terminal), 0);
    pty_free(&terminal);
    journal_write(NAMESPACE_BOB_UID, "pam_idinqr(su:auth): outcome=verified session=0 service=su");
    lines = manual_output_of("journalctl --quiet --output=cat --since today "
                             "--grep 'pam_idinqr.*outcome='");
    roots = manual_output_of("journalctl --quiet --output=cat IDINQR_OUTCOME=verified _UID=0");
    ck_assert_msg(strstr(lines, "pam_idinqr(sudo:auth): outcome=verified ") &&
                      strstr(lines, "pam_idinqr(su:auth): outcome=verified "),
                  "%s", lines);
    ck_assert_msg(strncmp(roots, "pam_idinqr(sudo:auth): outcome=verified ", 40) == 0 &&
                      !strstr(roots, "pam_idinqr(su:auth)"),
                  "%s", roots);
}

static const char *
why_skip(void)
{
    const char *reason = session_why_not("/usr/bin/sudo");

    return reason ? reason : session_why_not("/bin/su");
}

RUN_TESTS("e2e_journal", why_skip());
