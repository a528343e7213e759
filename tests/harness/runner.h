/* SPDX-License-Identifier: BSD-3-Clause */
/* What every test program's main is: runs one suite of Check and reports in TAP, the format that
 * Automake's tap-driver.sh counts and a person can read. Test code: runs as whoever runs the tests.
 *
 *     prog             runs everything
 *     prog TEST_CASE   runs the test case of that name (suite's tcase_create) alone
 *
 * CK_FORK=no runs a test in the program's own process, for a debugger. A test has 60 s unless its
 * case or CK_DEFAULT_TIMEOUT says otherwise, and CK_TIMEOUT_MULTIPLIER (3) times as long. */
#ifndef IDQ_TESTS_RUNNER_H
#define IDQ_TESTS_RUNNER_H

#include <check.h>

/* why_skip (or NULL) returns a reason not to run anything, or NULL: the whole program is then
 * reported as one skip. Returns main's exit status: 0 when the TAP on stdout is complete, whatever
 * the tests said (tap-driver.sh counts a failure from its line, and another status as one error
 * more); 1 when the harness itself failed or no test ran; 2 on a wrong command line.
 *
 * What tests print on stdout goes to stderr. Processes that a test left behind are killed and named
 * in a "#" line, and its files (scratch.h) are removed. */
int runner_main(int argc, char **argv, const char *name, Suite *(*suite)(void),
                const char *(*why_skip)(void));

/* For `suite`: reports what it left out, a test case's name or one test's ("case:test"), and why.
 * Neither text is copied. */
void runner_skip(const char *what, const char *why);

#endif
