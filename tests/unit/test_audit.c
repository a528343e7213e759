/* SPDX-License-Identifier: BSD-3-Clause */
/* The line about a login, and its record in the journal: the fields and their order, and what
 * strangers put into them. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/audit/audit.h"
#include "tests/harness/journal_socket.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define HASH "idin1:0123456789012345678901234567890123456789012"

/* A login of which everything is known. */
static const struct audit whole = {
    .session = "0123456789abcdef",
    .service = "sudo",
    .account = "alice",
    .tty = "/dev/pts/3",
    .rhost = "desk.example",
    .uid = "1001",
    .loginuid = "1002",
    .provider = "idin-qr",
    .hash = HASH,
    .issuer = "INGBNL2A",
    .transaction = "1234567890123456",
    .station = "Balie 3",
    .outcome = IDQ_WRONG_PERSON,
    .duration_ms = 12345,
    .detail = "the backend is slow",
};

TEST_CASE("line");

TEST(all_fields_in_their_order)
{
    char line[AUDIT_LINE_SIZE];

    audit_format(&whole, line, sizeof line);
    ck_assert_str_eq(line, "outcome=wrong-person session=0123456789abcdef service=sudo "
                           "account=alice provider=idin-qr duration=12.3s tty=/dev/pts/3 "
                           "rhost=desk.example uid=1001 loginuid=1002 identity=" HASH
                           " issuer=INGBNL2A transaction=1234567890123456 station=\"Balie 3\" "
                           "detail=\"the backend is slow\"");
}

TEST(before_a_prompt_there_is_no_outcome)
{
    const struct audit audit = {.session = "0123456789abcdef",
                                .service = "sshd",
                                .account = "alice",
                                .tty = "ssh",
                                .rhost = "desk.example",
                                .provider = "idin-qr",
                                .station = "balie-3",
                                .is_asking = 1};
    char line[AUDIT_LINE_SIZE];

    audit_format(&audit, line, sizeof line);
    ck_assert_str_eq(line, "asking session=0123456789abcdef service=sshd account=alice "
                           "provider=idin-qr tty=ssh rhost=desk.example station=\"balie-3\"");
}

TEST(what_is_not_known_is_left_out)
{
    const struct audit audit = {.session = "0123456789abcdef",
                                .service = "login",
                                .account = NULL,
                                .tty = "",
                                .rhost = NULL,
                                .provider = "",
                                .hash = "",
                                .transaction = "",
                                .detail = ""};
    char line[AUDIT_LINE_SIZE];

    audit_format(&audit, line, sizeof line);
    ck_assert_str_eq(line, "outcome=verified session=0123456789abcdef service=login duration=0.0s");
}

static const struct {
    const char *account, *shown;
} hostile[] = {
    {"a b", "a?b"},
    {"alice outcome=verified", "alice?outcome?verified"},
    {"alice\toutcome=verified", "alice?outcome?verified"},
    {"x\"y", "x?y"},
    {"\"", "?"},
    {"x\nFeb 1 host sshd: outcome=verified", "x?Feb?1?host?sshd:?outcome?verified"},
    {"\r\n", "??"},
    {"\033[2J\033]0;x\007", "?[2J?]0;x?"},
    {"Zo\xc3\xab", "Zo??"},
    {"\xff\xfe\x80", "???"},
    {"\xc2\xa0\xe2\x80\xa8", "?????"}, /* a blank and an end of line, for some who read it */
    {"%s%n", "%s%n"},
    {"\x7f", "?"},
};

LOOP_TEST(a_stranger_adds_no_field, ARRAY_LENGTH(hostile))
{
    const char *text = hostile[_i].account;
    const struct audit audit = {.session = "s",
                                .service = "sshd",
                                .account = text,
                                .tty = text,
                                .rhost = text,
                                .transaction = text};
    const char *shown = hostile[_i].shown;
    char line[AUDIT_LINE_SIZE], *expected;

    expected =
        scratch_text("outcome=verified session=s service=sshd account=%s duration=0.0s tty=%s "
                     "rhost=%s transaction=%s",
                     shown, shown, shown, shown);
    audit_format(&audit, line, sizeof line);
    ck_assert_str_eq(line, expected);
}

TEST(a_detail_ends_where_it_ends)
{
    const struct audit audit = {.session = "s",
                                .station = "a = \"b\"\n\033\xc3\xab",
                                .detail = "a \"quote\" outcome=verified\n\033[1m\" rhost=x"};
    char line[AUDIT_LINE_SIZE];

    audit_format(&audit, line, sizeof line);
    ck_assert_str_eq(line,
                     "outcome=verified session=s duration=0.0s "
                     "station=\"a = ?b?????\" detail=\"a ?quote? outcome=verified??[1m? rhost=x\"");
}

static const char *
of_length(char *text, size_t length)
{
    memset(text, 'x', length);
    text[length] = '\0';
    return text;
}

TEST(a_long_value_pushes_nothing_out)
{
    char text[10001], line[AUDIT_LINE_SIZE];
    const char *ends[] = {" provider=idin-qr ", " tty=x",        " rhost=x",       " issuer=x",
                          (" identity=" HASH),  " transaction=", " station=\"xxx", " detail=\"x"};
    struct audit audit = {.session = "0123456789abcdef",
                          .outcome = IDQ_UNKNOWN_IDENTITY,
                          .provider = "idin-qr",
                          .hash = HASH,
                          .duration_ms = 899999};

    audit.service = audit.account = audit.tty = audit.rhost = audit.issuer = audit.detail =
        of_length(text, sizeof text - 1);
    audit.uid = audit.loginuid = "4294967294";
    audit.station = text + sizeof text - 64; /* as many as the setting may have */
    audit.transaction = "1234567890123456789012345678901234567890123456789012345678901234";
    audit_format(&audit, line, sizeof line);
    for (size_t i = 0; i < ARRAY_LENGTH(ends); i++)
        ck_assert_msg(strstr(line, ends[i]) != NULL, "%s is not in %s", ends[i], line);
    ck_assert_int_eq(line[strlen(line) - 1], '"');
    ck_assert_uint_lt(strlen(line), sizeof line - 1);
}

TEST(a_value_is_cut_at_255_bytes)
{
    char text[300], line[AUDIT_LINE_SIZE];
    const struct audit audit = {.session = "s", .account = text};

    for (size_t length = 254; length <= 257; length++) {
        of_length(text, length);
        audit_format(&audit, line, sizeof line);
        ck_assert_uint_eq(strspn(strstr(line, "account=") + 8, "x"), length < 255 ? length : 255);
    }
}

TEST(no_line_is_too_short)
{
    const struct audit audit = {.session = "0123456789abcdef",
                                .service = "sudo",
                                .account = "alice",
                                .detail = "\"quoted\" detail"};
    char all[AUDIT_LINE_SIZE];

    audit_format(&audit, all, sizeof all);
    for (size_t size = 1; size <= strlen(all) + 1; size++) {
        /* On the heap, where one byte too many does not go unseen. */
        char *line = malloc(size);
        ck_assert_ptr_nonnull(line);
        audit_format(&audit, line, size);
        ck_assert_uint_eq(strlen(line), size - 1);
        ck_assert_int_eq(strncmp(line, all, size - 1), 0);
        free(line);
    }
}

TEST(sessions_differ)
{
    char sessions[100][AUDIT_SESSION_SIZE];

    for (size_t i = 0; i < 100; i++) {
        audit_new_session(sessions[i]);
        ck_assert_uint_eq(strlen(sessions[i]), 16);
        ck_assert_uint_eq(strspn(sessions[i], "0123456789abcdef"), 16);
        for (size_t j = 0; j < i; j++)
            ck_assert_str_ne(sessions[i], sessions[j]);
    }
}

/* --- the journal's record -----------------------------------------------------------------------
 */

/* Sends it, and takes it again. */
static struct journal_record
recorded(const struct audit *audit, int priority)
{
    char *dir = scratch_dir("journal"), *path = scratch_path(dir, "socket");
    int fd = journal_socket_listen(path);
    struct journal_record record;

    ck_assert_int_eq(audit_to_journal(audit, priority, path), 0);
    ck_assert_int_eq(journal_socket_take(fd, 1000, &record), 1);
    close(fd);
    return record;
}

static void
must_have(const struct journal_record *record, const char *name, const char *wanted)
{
    const char *value = journal_record_value(record, name);

    ck_assert_msg(value && strcmp(value, wanted) == 0, "%s should be %s, and is %s", name, wanted,
                  value ? value : "not there");
}

TEST_CASE("record");

TEST(a_record_has_all_fields)
{
    char line[AUDIT_LINE_SIZE], message[AUDIT_LINE_SIZE + 40], pid[20];
    const char *const wanted[][2] = {
        {"MESSAGE", message},
        {"PRIORITY", "4"},
        {"SYSLOG_FACILITY", "10"},
        {"SYSLOG_IDENTIFIER", program_invocation_short_name},
        {"SYSLOG_PID", pid},
        {"IDINQR_OUTCOME", "wrong-person"},
        {"IDINQR_SESSION", "0123456789abcdef"},
        {"IDINQR_SERVICE", "sudo"},
        {"IDINQR_ACCOUNT", "alice"},
        {"IDINQR_PROVIDER", "idin-qr"},
        {"IDINQR_DURATION_MS", "12345"},
        {"IDINQR_TTY", "/dev/pts/3"},
        {"IDINQR_RHOST", "desk.example"},
        {"IDINQR_UID", "1001"},
        {"IDINQR_LOGINUID", "1002"},
        {"IDINQR_IDENTITY", HASH},
        {"IDINQR_ISSUER", "INGBNL2A"},
        {"IDINQR_TRANSACTION", "1234567890123456"},
        {"IDINQR_STATION", "Balie 3"},
        {"IDINQR_DETAIL", "the backend is slow"},
    };
    JOURNAL_RECORD_AUTO record = recorded(&whole, LOG_WARNING);

    audit_format(&whole, line, sizeof line);
    snprintf(message, sizeof message, "pam_idinqr(sudo:auth): %s", line);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++)
        must_have(&record, wanted[i][0], wanted[i][1]);
    ck_assert_uint_eq(record.n_fields, ARRAY_LENGTH(wanted));
}

TEST(a_record_leaves_out_what_is_not_known)
{
    const struct audit audit = {.session = "s", .account = NULL, .tty = ""};
    JOURNAL_RECORD_AUTO record = recorded(&audit, LOG_NOTICE);

    must_have(&record, "MESSAGE", "pam_idinqr(:auth): outcome=verified session=s duration=0.0s");
    must_have(&record, "PRIORITY", "5");
    must_have(&record, "IDINQR_DURATION_MS", "0");
    ck_assert_uint_eq(record.n_fields, 5 + 3);
}

/* The program's name is a stranger's too: a setuid program is started as anything. */
TEST(a_stranger_adds_nothing_to_a_record)
{
    static char program[] = "x\nIDINQR_OUTCOME=verified\n\033[1m";
    const struct audit audit = {.session = "s",
                                .service = "x\nPRIORITY=0",
                                .account = "alice\nIDINQR_OUTCOME=verified\n",
                                .tty = "\xc3\xab \033[2J\x7f",
                                .rhost = "a b=\"c\"",
                                .outcome = IDQ_REFUSED};
    JOURNAL_RECORD_AUTO record = {0};

    program_invocation_short_name = program;
    record = recorded(&audit, LOG_WARNING);
    must_have(&record, "SYSLOG_IDENTIFIER", "x?IDINQR_OUTCOME=verified??[1m");
    must_have(&record, "PRIORITY", "4");
    must_have(&record, "IDINQR_OUTCOME", "refused");
    must_have(&record, "IDINQR_SERVICE", "x?PRIORITY=0");
    must_have(&record, "IDINQR_ACCOUNT", "alice?IDINQR_OUTCOME=verified?");
    must_have(&record, "IDINQR_TTY", "?? ?[2J?");
    must_have(&record, "IDINQR_RHOST", "a b=\"c\"");
    must_have(&record, "MESSAGE",
              "pam_idinqr(x?PRIORITY=0:auth): outcome=refused session=s service=x?PRIORITY?0 "
              "account=alice?IDINQR_OUTCOME?verified? duration=0.0s tty=????[2J? rhost=a?b??c?");
}

TEST(the_largest_record_fits)
{
    char text[10001];
    struct audit audit = {.session = "0123456789abcdef", .duration_ms = INT64_MAX};
    JOURNAL_RECORD_AUTO record = {0};

    audit.service = audit.account = audit.tty = audit.rhost = audit.detail = audit.provider =
        audit.hash = audit.issuer = audit.transaction = audit.station = audit.uid = audit.loginuid =
            of_length(text, sizeof text - 1);
    record = recorded(&audit, LOG_WARNING);
    ck_assert_uint_eq(strlen(journal_record_value(&record, "IDINQR_ACCOUNT")), 255);
    ck_assert_uint_eq(strlen(journal_record_value(&record, "IDINQR_DETAIL")), 511);
}

RUN_TESTS("audit", NULL);
