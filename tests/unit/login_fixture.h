/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs one login against a fake agent, from the inputs that a test sets to the results that it
 * reads. Test code: runs as the user who runs the tests. */
#ifndef IDQ_TESTS_LOGIN_FIXTURE_H
#define IDQ_TESTS_LOGIN_FIXTURE_H

#include "pam_idinqr/login/login.h"
#include "tests/unit/scripted_conversation.h"

#include <signal.h>
#include <stdbool.h>

struct login_fixture {
    /* Set by the test, before the run: */
    struct scripted_conversation script;
    struct terminal terminal;
    const char *account;
    const char *drop_in; /* a further file of the configuration; NULL: none */
    enum application_kind kind;
    bool is_window;
    int tick_ms;
    int contact_ms;         /* 0: no line says who is contacted */
    struct wait *kept_wait; /* ended by the run, after what it checks */
    int leaves_stack;       /* 1: runs on the stack of stack_residue.h, for a search afterwards */
    int signal_with_log;    /* sent to the host with each line for its log; 0: none */

    /* Read by the test: */
    char *agent; /* its path, during the run */
    struct result_message result;
    struct diag diag;
    char log_lines[4096];
};

/* A host that shows everything, on a terminal that is large enough for any drawing and has no
 * descriptor; alice is who logs in. */
void login_fixture_begin(struct login_fixture *fixture);

/* A terminal that can do everything, with a descriptor that does not hang up. */
void login_fixture_set_terminal(struct login_fixture *fixture, unsigned rows, unsigned columns);

/* Runs a login with the agent of these words (fake_agents.h) and these lines of configuration:
 * login_run's outcome. What a login must never leave in its host, whatever its outcome, fails the
 * running test. */
int login_fixture_run(struct login_fixture *fixture, const char *words, const char *lines);

/* For script.on_show and on_ask: sends this process the signal that `user`, an int *, has. */
void login_fixture_send_signal(void *user, unsigned number);

/* Handles this signal, as a host would; and how many have been handled so far. */
void login_fixture_handle(int signal_number);
unsigned login_fixture_handled(void);

/* The signals that may end a login: what it then ends as, and whether the host gets the signal too.
 */
struct login_fixture_signal {
    int number, outcome, is_handed_back;
};

#define LOGIN_FIXTURE_SIGNALS 4
extern const struct login_fixture_signal login_fixture_signals[LOGIN_FIXTURE_SIGNALS];

#endif
