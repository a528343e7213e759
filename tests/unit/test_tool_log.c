/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr log: what it shows of a file and of the journal, how it marks what anybody could have
 * written, and what it says when it can read nothing. On a private machine; needs root. */
#include "tests/harness/desk.h"
#include "tests/harness/journald.h"
#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/session.h"
#include "tests/unit/manual_text.h"
#include "tests/unit/tool_run.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HASH "idin1:0123456789012345678901234567890123456789012"

static const char auth_log[] =
    "2026-11-22T16:00:00+01:00 desk sudo[1]: pam_idinqr(sudo:auth): outcome=verified "
    "session=0123456789abcdef service=sudo account=alice provider=idin-qr duration=12.3s "
    "tty=/dev/pts/1 uid=0 loginuid=1001 identity=" HASH " issuer=INGBNL2A station=\"Balie 3\"\n"
    "2026-11-22T16:01:00+01:00 desk sshd[2]: Accepted password for bob\n"
    "2026-11-22T16:02:00+01:00 desk sshd[3]: pam_idinqr(sshd:auth): outcome=not-enrolled "
    "session=1123456789abcdef service=sshd account=a-long-name duration=0.0s\n"
    "2026-11-22T16:03:00+01:00 desk login[4]: pam_idinqr(login:auth): outcome=timeout "
    "session=2123456789abcdef service=login provider=idin-qr duration=120.0s "
    "station=\"Balie 3\" detail=\"nobody came\"\n";

static void
enter(void)
{
    namespace_enter();
    ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
}

/* A line of the table, its blanks as they are: cells stand under their titles. */
START_TEST(a_table_of_a_file)
{
    scratch_write("/var/log/auth.log", 0640, auth_log);
    OUTPUT_AUTO all = RUN(NULL, "", "log");
    OUTPUT_AUTO last = RUN(NULL, "", "log", "--number", "1");

    ck_assert_int_eq(all.status, 0);
    ck_assert_str_eq(all.out,
                     "TIME                 SERVICE  ACCOUNT      OUTCOME         DURATION  "
                     "IDENTITY            STATION\n"
                     "2026-11-22 15:00:00  sudo     alice        verified *      12.3s     "
                     "idin1:012345678901  Balie 3\n"
                     "2026-11-22 15:02:00  sshd     a-long-name  not-enrolled *  0.0s      "
                     "-                   -\n"
                     "2026-11-22 15:03:00  login    -            timeout *       120.0s    "
                     "-                   Balie 3\n"
                     "* Anybody on this machine could have written this into the log.\n");
    ck_assert_str_eq(last.out,
                     "TIME                 SERVICE  ACCOUNT  OUTCOME    DURATION  IDENTITY  "
                     "STATION\n"
                     "2026-11-22 15:03:00  login    -        timeout *  120.0s    -         "
                     "Balie 3\n"
                     "* Anybody on this machine could have written this into the log.\n");
}
END_TEST

static const char *
text_of(json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "no text";
}

START_TEST(all_fields_for_a_script)
{
    json_t *attempts, *first, *last;

    scratch_write("/var/log/auth.log", 0640, auth_log);
    OUTPUT_AUTO output = RUN(NULL, "", "log", "--json");
    ck_assert_int_eq(output.status, 0);
    attempts = json_loads(output.out, 0, NULL);
    ck_assert_uint_eq(json_array_size(attempts), 3);
    first = json_array_get(attempts, 0);
    last = json_array_get(attempts, 2);
    ck_assert_uint_eq(json_object_size(first), 17);
    ck_assert_str_eq(text_of(first, "time"), "2026-11-22T15:00:00Z");
    ck_assert_str_eq(text_of(first, "outcome"), "verified");
    ck_assert_str_eq(text_of(first, "session"), "0123456789abcdef");
    ck_assert_str_eq(text_of(first, "service"), "sudo");
    ck_assert_str_eq(text_of(first, "account"), "alice");
    ck_assert_str_eq(text_of(first, "provider"), "idin-qr");
    ck_assert_str_eq(text_of(first, "duration"), "12.3s");
    ck_assert_str_eq(text_of(first, "tty"), "/dev/pts/1");
    ck_assert_str_eq(text_of(first, "rhost"), "");
    ck_assert_str_eq(text_of(first, "uid"), "0");
    ck_assert_str_eq(text_of(first, "loginuid"), "1001");
    ck_assert_str_eq(text_of(first, "identity"), HASH);
    ck_assert_str_eq(text_of(first, "issuer"), "INGBNL2A");
    ck_assert_str_eq(text_of(first, "transaction"), "");
    ck_assert_str_eq(text_of(first, "station"), "Balie 3");
    ck_assert_str_eq(text_of(last, "detail"), "nobody came");
    ck_assert(json_is_false(json_object_get(first, "by_root")));
    json_decref(attempts);
}
END_TEST

/* The journal, by its own daemon, from the module in the real sudo. */
START_TEST(a_login_as_the_journal_has_it)
{
    DESK_AUTO desk;
    struct pty *terminal;
    json_t *attempts, *attempt;
    char *found;

    journal_start();
    desk_open(&desk, (const char *const[]){"--enroll", "alice=anna", NULL});
    session_pam_service(&desk, "sudo", "");
    terminal = session_start("alice");
    session_type(terminal, "sudo true");
    session_approve(&desk, terminal, "anna");
    ck_assert_int_eq(session_wait_status(terminal), 0);
    pty_free(&terminal);
    journal_write(NAMESPACE_BOB_UID, "pam_idinqr(su:auth): outcome=verified session=0 service=su");
    found = manual_output_of("/usr/bin/journalctl --quiet --output=cat IDINQR_OUTCOME=verified "
                             "IDINQR_ACCOUNT=alice _UID=0 SYSLOG_IDENTIFIER=sudo");
    ck_assert_msg(strncmp(found, "pam_idinqr(sudo:auth): outcome=verified session=", 48) == 0, "%s",
                  found);
    free(found);
    OUTPUT_AUTO table = RUN(NULL, "", "log");
    OUTPUT_AUTO output = RUN(NULL, "", "log", "--json");
    ck_assert_msg(strstr(table.out, "sudo     alice    verified    "), "%s", table.out);
    ck_assert_msg(strstr(table.out, "su       -        verified *  "), "%s", table.out);
    attempts = json_loads(output.out, 0, NULL);
    ck_assert_msg(json_array_size(attempts) == 2, "%s%s", output.out, output.err);
    attempt = json_array_get(attempts, 0);
    ck_assert_str_eq(text_of(attempt, "outcome"), "verified");
    ck_assert_str_eq(text_of(attempt, "account"), "alice");
    ck_assert_str_eq(text_of(attempt, "station"), "Sandbox");
    ck_assert(json_is_true(json_object_get(attempt, "by_root")));
    ck_assert(json_is_false(json_object_get(json_array_get(attempts, 1), "by_root")));
    json_decref(attempts);
}
END_TEST

/* A shell of bob's, who is in no group, and what it shows. */
START_TEST(somebody_who_may_read_nothing)
{
    char *dir = scratch_dir("bin"), *program = desk_copy_program(TOOL, dir, "idinqr", 0755),
         *command;
    struct pty *terminal;

    scratch_write("/var/log/auth.log", 0640, auth_log);
    ck_assert_int_gt(asprintf(&command, "%s log", program), 0);
    terminal = session_start("bob");
    session_type(terminal, command);
    ck_assert_int_eq(session_wait_status(terminal), 3);
    pty_must_show(terminal, "idinqr: /var/log/auth.log: Permission denied", SESSION_WAIT_MS);
    pty_must_show(terminal, "idinqr: only root and the groups adm and systemd-journal may read",
                  SESSION_WAIT_MS);
    pty_free(&terminal);
    free(command);
    free(program);
    free(dir);
}
END_TEST

START_TEST(a_log_without_logins)
{
    scratch_write("/var/log/auth.log", 0640, "2026-11-22T16:00:00+01:00 desk su[1]: hello\n");
    OUTPUT_AUTO table = RUN(NULL, "", "log");
    OUTPUT_AUTO json = RUN(NULL, "", "log", "--json");

    tool_must_say(&table, 0, "Nobody has tried", "");
    tool_must_say(&json, 0, "[]\n", "");
}
END_TEST

START_TEST(no_log)
{
    OUTPUT_AUTO none = RUN(NULL, "", "log");

    tool_must_say(&none, 3, "", "idinqr: this machine has neither a journal nor");
}
END_TEST

static const char *const wrong_numbers[] = {"0",  "-1", "+1", "",
                                            " 1", "1x", "x",  "99999999999999999999"};

START_TEST(a_number_is_one)
{
    OUTPUT_AUTO output = RUN(NULL, "", "log", "--number", wrong_numbers[_i]);

    tool_must_say(&output, 2, "", "idinqr: --number takes a number from 1 on\n");
}
END_TEST

START_TEST(log_takes_no_argument)
{
    OUTPUT_AUTO output = RUN(NULL, "", "log", "alice");

    tool_must_say(&output, 2, "", "idinqr: log takes no argument\n");
}
END_TEST

static void
leave(void)
{
    journal_stop();
}

static const char *
why_not_sudos_journal(void)
{
#ifdef SANITIZER
    return "a module with a sanitizer in it does not load into sudo";
#else
    return journal_why_not();
#endif
}

static Suite *
tool_log_suite(void)
{
    Suite *suite = suite_create("tool_log");
    TCase *files = tcase_create("files"), *journal = tcase_create("journal"),
          *words = tcase_create("words");

    tcase_add_checked_fixture(files, enter, NULL);
    tcase_add_test(files, a_table_of_a_file);
    tcase_add_test(files, all_fields_for_a_script);
    tcase_add_test(files, a_log_without_logins);
    tcase_add_test(files, no_log);
    tcase_add_test(files, somebody_who_may_read_nothing);
    suite_add_tcase(suite, files);
    tcase_add_checked_fixture(journal, enter, leave);
    tcase_set_timeout(journal, 90);
    if (why_not_sudos_journal())
        runner_skip("journal", why_not_sudos_journal());
    else
        tcase_add_test(journal, a_login_as_the_journal_has_it);
    suite_add_tcase(suite, journal);
    tcase_add_loop_test(words, a_number_is_one, 0,
                        (int)(sizeof wrong_numbers / sizeof wrong_numbers[0]));
    tcase_add_test(words, log_takes_no_argument);
    suite_add_tcase(suite, words);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "tool_log", tool_log_suite, namespace_why_not);
}
