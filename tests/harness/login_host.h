/* SPDX-License-Identifier: BSD-3-Clause */
/* The two programs called login: shadow's, which Debian 12 has, and util-linux's, which most other
 * systems have (`make check` builds it: tests/e2e/build-util-linux-login). They treat signals,
 * retries and names differently, so a test runs over both. Test code: needs root (namespace.h).
 *
 * Trouble fails the running test. */
#ifndef IDQ_TESTS_LOGIN_HOST_H
#define IDQ_TESTS_LOGIN_HOST_H

struct login_host {
    const char *name;     /* "shadow", "util-linux" */
    int ignores_keys;     /* the signals of Ctrl-C and Ctrl-\, until there is a shell */
    int ends_on_conv_err; /* where the other one asks again */
};

/* Options of a TEST_CASE without a name: it is there for each login, and named after it. A missing
 * login is reported as skipped. */
#define LOGIN_HOSTS .variant = login_host_variant, .timeout_s = 120

const char *login_host_variant(int i, const char **ret_why_not);

/* For a test of another case: it is for the login of this name. */
void login_host_choose(const char *name);

/* The login that the running test is for. */
const struct login_host *login_host(void);

/* namespace_enter, with this login as /bin/login, which agetty runs too. LOGIN_RETRIES is 3, and
 * LOGIN_TIMEOUT longer than any test. */
void login_host_enter(void);

/* Sets a keyword in the private /etc/login.defs. */
void login_host_define(const char *keyword, int value);

#endif
