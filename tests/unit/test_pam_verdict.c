/* SPDX-License-Identifier: BSD-3-Clause */
/* Compares pam_verdict.h with the real libpam. Each line of a random stack has pam_debug, which
 * returns the result in its arguments. libpam runs the stack, the code under test evaluates it, and
 * both verdicts must be the same. Needs no privileges. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/pamconf/pam_verdict.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_STACKS 1500

static const char *const answers[] = {"success",          "success",      "auth_err",
                                      "authinfo_unavail", "user_unknown", "ignore",
                                      "new_authtok_reqd", "perm_denied"};
static const char *const controls[] = {
    "required",
    "requisite",
    "sufficient",
    "optional",
    "[success=1 default=ignore]",
    "[success=2 default=bad]",
    "[success=ok default=1]",
    "[success=done default=die]",
    "[default=ok]",
    "[success=ok default=ignore]",
    "[success=ignore default=reset]",
    "[success=reset default=ignore]",
    "[success=ok new_authtok_reqd=ok ignore=ignore default=bad]",
    "[default=done]",
    "[success=3 default=2]",
    "[ignore=ok default=ignore]",
    "[succeed=ok]",
};

/* The same stacks each time, so that one that fails can be looked at. */
static unsigned seed;

static unsigned
any(unsigned n)
{
    seed = seed * 1103515245 + 12345;
    return (seed >> 16) % n;
}

#define ANY(list) list[any(ARRAY_LENGTH(list))]

static void
write_lines(FILE *stream, const char *inner)
{
    for (unsigned i = 0, n = 1 + any(5); i < n; i++) {
        if (inner && any(4) == 0)
            fprintf(stream, "auth %s %s\n", any(2) ? "include" : "substack", inner);
        else
            fprintf(stream, "auth %s pam_debug.so auth=%s\n", ANY(controls), ANY(answers));
    }
}

static char *
make_text(const char *inner)
{
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(stream);
    write_lines(stream, inner);
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

/* What pam_debug was told to answer. */
static uint32_t
told(const void *context, const struct pam_line *line)
{
    static const struct {
        const char *word;
        int code;
    } codes[] = {{"auth=success", PAM_SUCCESS},
                 {"auth=auth_err", PAM_AUTH_ERR},
                 {"auth=authinfo_unavail", PAM_AUTHINFO_UNAVAIL},
                 {"auth=user_unknown", PAM_USER_UNKNOWN},
                 {"auth=ignore", PAM_IGNORE},
                 {"auth=new_authtok_reqd", PAM_NEW_AUTHTOK_REQD},
                 {"auth=perm_denied", PAM_PERM_DENIED}};

    (void)context;
    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++)
        if (strcmp(line->arguments[0], codes[i].word) == 0)
            return UINT32_C(1) << codes[i].code;
    ck_abort_msg("%s", line->arguments[0]);
}

/* Runs them in libpam, follows them here, and compares. 1 when they open. */
static int
must_be_the_same(const char *outer, const char *inner, const char *innermost,
                 struct login_stack *stack)
{
    char *path = scratch_path(login_stack_dir(stack), "outer");
    PAM_STACK_AUTO lines;
    int opens, really;

    login_stack_service(stack, "outer", outer);
    login_stack_service(stack, "inner", inner);
    login_stack_service(stack, "innermost", innermost);
    ck_assert_int_eq(pam_stack_read("", path, "auth", &lines), 0);
    opens = pam_verdict_may_open(&lines, told, NULL);
    really = pam_authenticate(login_stack_start(stack, "outer", "alice"), 0) == PAM_SUCCESS;
    ck_assert_msg(opens == really,
                  "this %s, and was taken for the other:\n%s-- inner\n%s"
                  "-- innermost\n%s",
                  really ? "opens" : "does not open", outer, inner, innermost);
    return really;
}

TEST_CASE("libpam");

TEST(the_same_as_libpam)
{
    int n_open = 0;

    for (unsigned i = 0; i < N_STACKS; i++) {
        struct login_stack *stack = login_stack_new();
        /* By absolute paths: libpam looks for what is included in /etc/pam.d, whatever directory
         * it was given. */
        char *inner_path = scratch_path(login_stack_dir(stack), "inner"),
             *innermost_path = scratch_path(login_stack_dir(stack), "innermost");
        char *outer, *inner, *innermost;
        seed = i;
        innermost = make_text(NULL);
        inner = make_text(innermost_path);
        outer = make_text(inner_path);
        n_open += must_be_the_same(outer, inner, innermost, stack);
        login_stack_free(&stack);
        free(outer);
        free(inner);
        free(innermost);
    }
    /* A test of refusals alone would say little. */
    ck_assert_int_gt(n_open, N_STACKS / 10);
    ck_assert_int_lt(n_open, N_STACKS - N_STACKS / 10);
}

/* What a substack that takes its own words back leaves of those before it. */
LOOP_TEST(a_reset_goes_back_to_the_beginning_of_its_substack, 3)
{
    static const char *const before[] = {"success", "auth_err", "ignore"};
    struct login_stack *stack = login_stack_new();
    char *outer;

    outer = scratch_text("auth required pam_debug.so auth=%s\nauth substack %s/inner\n"
                         "auth optional pam_debug.so auth=ignore\n",
                         before[_i], login_stack_dir(stack));
    ck_assert_int_eq(must_be_the_same(outer,
                                      "auth required pam_debug.so auth=perm_denied\n"
                                      "auth [success=reset] pam_debug.so auth=success\n",
                                      "", stack),
                     _i == 0);
    login_stack_free(&stack);
}

static const struct {
    const char *line;
    enum pam_module_kind kind;
} kinds[] = {
    {"auth required pam_krb5.so", PAM_MODULE_REMOTE},
    {"auth required pam_ldap.so", PAM_MODULE_REMOTE},
    {"auth required pam_radius_auth.so", PAM_MODULE_REMOTE},
    {"auth required pam_sss.so", PAM_MODULE_REMOTE},
    {"auth required pam_winbind.so", PAM_MODULE_REMOTE},
    {"auth required pam_unix.so", PAM_MODULE_VERIFIES},
    {"auth required pam_wheel.so", PAM_MODULE_GATE},
    {"auth required pam_wheel.so group=trust", PAM_MODULE_GATE},
    {"auth required pam_wheel.so use_uid trust", PAM_MODULE_SELECTS},
    {"auth required pam_succeed_if.so user ingroup trust", PAM_MODULE_SELECTS},
    {"auth required pam_idinqr.so", PAM_MODULE_IDINQR},
    {"auth required pam_idinqr_more.so", PAM_MODULE_VERIFIES},
};

LOOP_TEST(what_a_module_is, ARRAY_LENGTH(kinds))
{
    struct login_stack *stack = login_stack_new();
    char *path = scratch_path(login_stack_dir(stack), "one"), *text;
    PAM_STACK_AUTO lines;

    text = scratch_text("%s\n", kinds[_i].line);
    scratch_write(path, 0600, text);
    ck_assert_int_eq(pam_stack_read("", path, "auth", &lines), 0);
    ck_assert_uint_eq(lines.n, 1);
    ck_assert_int_eq(pam_module_kind_of(&lines.lines[0]), kinds[_i].kind);
    login_stack_free(&stack);
}

RUN_TESTS("pam_verdict", NULL);
