/* The line about a login: its fields and their order, and what strangers put into them. */
#include "pam_idinqr/module/audit.h"
#include "tests/harness/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH "idin1:0123456789012345678901234567890123456789012"

START_TEST(all_fields_in_their_order)
{
    const struct audit audit = {
        .session = "0123456789abcdef",
        .service = "sudo",
        .account = "alice",
        .tty = "/dev/pts/3",
        .rhost = "desk.example",
        .provider = "idin-qr",
        .hash = HASH,
        .transaction = "1234567890123456",
        .outcome = IDQ_WRONG_PERSON,
        .duration_ms = 12345,
        .detail = "the backend is slow",
    };
    char line[AUDIT_LINE_SIZE];

    audit_format(&audit, line, sizeof line);
    ck_assert_str_eq(line, "outcome=wrong-person session=0123456789abcdef service=sudo "
                           "account=alice provider=idin-qr duration=12.3s tty=/dev/pts/3 "
                           "rhost=desk.example identity=" HASH " transaction=1234567890123456 "
                           "detail=\"the backend is slow\"");
}
END_TEST

START_TEST(before_a_prompt_there_is_no_outcome)
{
    const struct audit audit = {.session = "0123456789abcdef",
                                .service = "sshd",
                                .account = "alice",
                                .tty = "ssh",
                                .rhost = "desk.example",
                                .provider = "idin-qr",
                                .is_asking = 1};
    char line[AUDIT_LINE_SIZE];

    audit_format(&audit, line, sizeof line);
    ck_assert_str_eq(line, "asking session=0123456789abcdef service=sshd account=alice "
                           "provider=idin-qr tty=ssh rhost=desk.example");
}
END_TEST

START_TEST(what_is_not_known_is_left_out)
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
END_TEST

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

START_TEST(a_stranger_adds_no_field)
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

    if (asprintf(&expected,
                 "outcome=verified session=s service=sshd account=%s duration=0.0s tty=%s "
                 "rhost=%s transaction=%s",
                 shown, shown, shown, shown) < 0)
        ck_abort_msg("no memory");
    audit_format(&audit, line, sizeof line);
    ck_assert_str_eq(line, expected);
    free(expected);
}
END_TEST

START_TEST(a_detail_ends_where_it_ends)
{
    const struct audit audit = {.session = "s",
                                .detail = "a \"quote\" outcome=verified\n\033[1m\" rhost=x"};
    char line[AUDIT_LINE_SIZE];

    audit_format(&audit, line, sizeof line);
    ck_assert_str_eq(line, "outcome=verified session=s duration=0.0s "
                           "detail=\"a ?quote? outcome=verified??[1m? rhost=x\"");
}
END_TEST

static const char *
of_length(char *text, size_t length)
{
    memset(text, 'x', length);
    text[length] = '\0';
    return text;
}

START_TEST(a_long_value_pushes_nothing_out)
{
    char text[10001], line[AUDIT_LINE_SIZE];
    const char *ends[] = {" provider=idin-qr ", " tty=x",        " rhost=x",
                          " identity=" HASH,    " transaction=", " detail=\"x"};
    struct audit audit = {.session = "0123456789abcdef",
                          .outcome = IDQ_UNKNOWN_IDENTITY,
                          .provider = "idin-qr",
                          .hash = HASH,
                          .duration_ms = 899999};

    audit.service = audit.account = audit.tty = audit.rhost = audit.detail =
        of_length(text, sizeof text - 1);
    audit.transaction = "1234567890123456789012345678901234567890123456789012345678901234";
    audit_format(&audit, line, sizeof line);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        ck_assert_msg(strstr(line, ends[i]) != NULL, "%s is not in %s", ends[i], line);
    ck_assert_int_eq(line[strlen(line) - 1], '"');
    ck_assert_uint_lt(strlen(line), sizeof line - 1);
}
END_TEST

START_TEST(a_value_is_cut_at_255_bytes)
{
    char text[300], line[AUDIT_LINE_SIZE];
    const struct audit audit = {.session = "s", .account = text};

    for (size_t length = 254; length <= 257; length++) {
        of_length(text, length);
        audit_format(&audit, line, sizeof line);
        ck_assert_uint_eq(strspn(strstr(line, "account=") + 8, "x"), length < 255 ? length : 255);
    }
}
END_TEST

START_TEST(no_line_is_too_short)
{
    const struct audit audit = {.session = "0123456789abcdef",
                                .service = "sudo",
                                .account = "alice",
                                .detail = "\"quoted\" detail"};
    char whole[AUDIT_LINE_SIZE];

    audit_format(&audit, whole, sizeof whole);
    for (size_t size = 1; size <= strlen(whole) + 1; size++) {
        /* On the heap, where one byte too many does not go unseen. */
        char *line = malloc(size);
        ck_assert_ptr_nonnull(line);
        audit_format(&audit, line, size);
        ck_assert_uint_eq(strlen(line), size - 1);
        ck_assert_int_eq(strncmp(line, whole, size - 1), 0);
        free(line);
    }
}
END_TEST

START_TEST(sessions_differ)
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
END_TEST

static Suite *
audit_suite(void)
{
    Suite *suite = suite_create("audit");
    TCase *line = tcase_create("line");

    tcase_add_test(line, all_fields_in_their_order);
    tcase_add_test(line, before_a_prompt_there_is_no_outcome);
    tcase_add_test(line, what_is_not_known_is_left_out);
    tcase_add_loop_test(line, a_stranger_adds_no_field, 0,
                        (int)(sizeof hostile / sizeof hostile[0]));
    tcase_add_test(line, a_detail_ends_where_it_ends);
    tcase_add_test(line, a_long_value_pushes_nothing_out);
    tcase_add_test(line, a_value_is_cut_at_255_bytes);
    tcase_add_test(line, no_line_is_too_short);
    tcase_add_test(line, sessions_differ);
    suite_add_tcase(suite, line);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "audit", audit_suite, NULL);
}
