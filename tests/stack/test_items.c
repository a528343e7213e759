/* SPDX-License-Identifier: BSD-3-Clause */
/* What a host says of a login, and what a person says to it: what comes of it when the host says
 * something else while it is spoken to, or cannot be asked; and that an answer stays nowhere.
 * Through the real libpam and the real module, with agents that would let everybody in. Needs no
 * rights. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/runner.h"
#include "tests/harness/syslog_capture.h"
#include "tests/stack/fake_desk.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int item_that_fails; /* 0: none */

/* In libpam's place, for the module and for libpam itself: the dynamic linker prefers a program's.
 */
int
pam_get_item(const pam_handle_t *pamh, int type, const void **ret_item)
{
    int (*libpams)(const pam_handle_t *, int, const void **);

    *(void **)&libpams = dlsym(RTLD_NEXT, "pam_get_item");
    return type == item_that_fails ? PAM_BUF_ERR : libpams(pamh, type, ret_item);
}

/* The login uid as the kernel says it, when it is not NULL; "" for a kernel that keeps none. */
static const char *loginuid;

/* In libc's place, for the module too. */
int
open(const char *path, int flags, ...)
{
    int (*libcs)(const char *, int, ...);
    va_list rest;
    mode_t mode;
    int ends[2];

    *(void **)&libcs = dlsym(RTLD_NEXT, "open");
    va_start(rest, flags);
    mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    if (!loginuid || strcmp(path, "/proc/self/loginuid") != 0)
        return libcs(path, flags, mode);
    if (*loginuid == '\0') {
        errno = ENOENT;
        return -1;
    }
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], loginuid, strlen(loginuid)), (ssize_t)strlen(loginuid));
    close(ends[1]);
    return ends[0];
}

static void
must_log(const char *words)
{
    char *log = syslog_capture_text();

    ck_assert_msg(strstr(log, words) != NULL, "no '%s' in:\n%s", words, log);
}

struct change {
    pam_handle_t *pamh;
    int type;
    const char *value;
};

/* While the code is shown. A host on a pipe may die of the sentence: the log has the login by then.
 */
static int
change(const struct login_message *message, void *user)
{
    const struct change *change = user;

    if (strstr(message->text, "https://"))
        ck_assert_int_eq(pam_set_item(change->pamh, change->type, change->value), PAM_SUCCESS);
    else
        must_log(" outcome=");
    return PAM_SUCCESS;
}

TEST_CASE("host");

/* The verified identity opens alice's account, and no other. */
LOOP_TEST(an_account_that_is_changed_meanwhile_is_not_opened, 4)
{
    static const char *const others[] = {"bob", "root", "", NULL};
    struct change to_other = {.type = PAM_USER, .value = others[_i]};
    LOGIN_STACK_AUTO *stack = login_stack_new();
    FAKE_DESK_AUTO desk;

    fake_desk_open(&desk, "start+qr+result", "alice", "display = half");
    login_stack_on_message(stack, change, &to_other);
    to_other.pamh = fake_desk_start(&desk, stack, "desk", "alice", "none");
    ck_assert_int_eq(login_stack_authenticate(stack, 0), PAM_AUTHINFO_UNAVAIL);
    must_log("outcome=system ");
    must_log(" account=alice ");
    must_log(" detail=\"the application opens another account than the verified one\"");
}

static const struct {
    int type;
    const char *as_it_was; /* in the log */
} items[] = {
    {PAM_SERVICE, " service=desk "},
    {PAM_USER, " account=alice "},
    {PAM_TTY, " tty=none "},
    {PAM_RHOST, " rhost=first.example "},
};

LOOP_TEST(the_log_is_about_the_login_that_was_asked_for, ARRAY_LENGTH(items))
{
    struct change to_other = {.type = items[_i].type, .value = "changed"};
    LOGIN_STACK_AUTO *stack = login_stack_new();
    FAKE_DESK_AUTO desk;

    fake_desk_open(&desk, "start+qr+refused", "alice", "display = half");
    login_stack_on_message(stack, change, &to_other);
    to_other.pamh = fake_desk_start(&desk, stack, "desk", "alice", "none");
    ck_assert_int_eq(pam_set_item(to_other.pamh, PAM_RHOST, "first.example"), PAM_SUCCESS);
    ck_assert_int_eq(login_stack_authenticate(stack, 0), PAM_AUTH_ERR);
    must_log(items[_i].as_it_was);
}

static const struct {
    const char *loginuid, *logged;
} askers[] = {
    {"1001", " loginuid=1001 "},
    {"0", " loginuid=0 "},
    {"4294967294", " loginuid=4294967294 "},
    {"4294967295", NULL}, /* unset */
    {"", NULL},
    {"10 account=x", " loginuid=10 "},
    {"x", NULL},
};

LOOP_TEST(the_log_says_who_asked, ARRAY_LENGTH(askers))
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    FAKE_DESK_AUTO desk;
    char uid[40], *log;

    fake_desk_open(&desk, "start+qr+refused", "alice", "display = half");
    fake_desk_start(&desk, stack, "desk", "alice", "none");
    loginuid = askers[_i].loginuid;
    ck_assert_int_eq(login_stack_authenticate(stack, 0), PAM_AUTH_ERR);
    loginuid = NULL;
    snprintf(uid, sizeof uid, " uid=%u ", (unsigned)getuid());
    must_log(uid);
    log = syslog_capture_text();
    if (askers[_i].logged)
        must_log(askers[_i].logged);
    else
        ck_assert_msg(!strstr(log, "loginuid"), "%s", log);
}

/* An account that was named must not pass for none, which the identity would choose. */
LOOP_TEST(a_host_that_cannot_be_asked, ARRAY_LENGTH(items))
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    FAKE_DESK_AUTO desk;

    fake_desk_open(&desk, "start+qr+result", getpwuid(getuid())->pw_name, "display = half");
    fake_desk_start(&desk, stack, "desk", "alice", "none");
    item_that_fails = items[_i].type;
    ck_assert_int_eq(login_stack_authenticate(stack, 0), PAM_AUTHINFO_UNAVAIL);
    item_that_fails = 0;
    must_log("outcome=system ");
    ck_assert_str_eq(login_stack_user(stack), "alice");
}

#ifndef SANITIZER /* which replaces free() */
/* A password that is typed out of habit, where the code's prompt or the question for an account
 * takes a line: longer than what the module has room for, and shorter. */
#define TOO_LONG FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY
/* The longest that the prompt's answer may be, and one byte more. */
#define FOUR_HUNDRED_EIGHTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY FORTY
#define LONGEST             FOUR_HUNDRED_EIGHTY "correct-horse-battery-staple-01"
#define FORTY               "correct-horse-battery-staple-0123456789-"

static const struct {
    const char *account, *words, *lines, *typed;
    int pam_code;
} habits[] = {
    {"alice", "start+qr+gate+result", "prompt = enter", "correct-horse", PAM_SUCCESS},
    {"alice", "start+qr+gate+result", "prompt = enter", LONGEST, PAM_SUCCESS},
    {"alice", "start+qr+gate+result", "prompt = enter", LONGEST "2", PAM_CONV_ERR},
    {"alice", "start+qr+gate+result", "prompt = enter", TOO_LONG, PAM_CONV_ERR},
    {NULL, "start+qr+result", "display = half", "correct-horse", PAM_CONV_ERR},
    {NULL, "start+qr+result", "display = half", TOO_LONG, PAM_CONV_ERR},
};

static char beginning[8]; /* of what is typed; "": nothing is looked for */
static unsigned n_freed_as_typed;

extern void __libc_free(void *block);

/* In libc's place: what is given back with the password still in it. */
void
free(void *block)
{
    n_freed_as_typed += block && beginning[0] && malloc_usable_size(block) > sizeof beginning &&
                        memcmp(block, beginning, sizeof beginning) == 0;
    __libc_free(block);
}

TEST_CASE("person");

LOOP_TEST(a_password_that_is_typed_by_habit_is_wiped, ARRAY_LENGTH(habits))
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    FAKE_DESK_AUTO desk;

    fake_desk_open(&desk, habits[_i].words, habits[_i].account ? habits[_i].account : "daemon",
                   habits[_i].lines);
    if (!habits[_i].account)
        fake_desk_enroll(&desk, "bin");
    login_stack_on_message(stack, strstr(habits[_i].words, "gate") ? fake_desk_let_through : NULL,
                           &desk);
    fake_desk_start(&desk, stack, "desk", habits[_i].account, "none");
    for (int i = 0; i < 3; i++)
        login_stack_answer(stack, habits[_i].typed);
    memcpy(beginning, habits[_i].typed, sizeof beginning);
    ck_assert_int_eq(login_stack_authenticate(stack, 0), habits[_i].pam_code);
    beginning[0] = '\0';
    ck_assert_uint_eq(n_freed_as_typed, 0);
}
#else
TEST(a_password_that_is_typed_by_habit_is_wiped, .why_not = "a sanitizer has a free() of its own")
{
}
#endif

RUN_TESTS("items", agent_user_why_not());
