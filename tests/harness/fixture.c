/* SPDX-License-Identifier: BSD-3-Clause */
/* See fixture.h. */
#include "tests/harness/fixture.h"

#include "tests/harness/namespace.h"
#include "tests/harness/processes.h"

#include <check.h>

void
fixture_open(struct fixture *ret_fixture, const struct fixture_options *options)
{
    static const char *const alice_is_anna[] = {"--enroll", "alice=anna", NULL};

    namespace_enter();
    desk_open(&ret_fixture->desk, options->sandbox ? options->sandbox : alice_is_anna);
    session_pam_service(&ret_fixture->desk, options->service,
                        options->module ? options->module : "");
    ret_fixture->terminal = session_start(options->user);
    processes_begin();
    pty_modes(ret_fixture->terminal, &ret_fixture->modes);
}

void
fixture_close(struct fixture *fixture)
{
    pty_free(&fixture->terminal);
    desk_close(&fixture->desk);
}

void
fixture_must_be_as_before(const struct fixture *fixture)
{
    struct termios modes;

    pty_modes(fixture->terminal, &modes);
    ck_assert_mem_eq(&modes, &fixture->modes, sizeof modes);
}

void
fixture_backend_must_know(const struct fixture *fixture)
{
    ck_assert_msg(qr_backend_wait_event(fixture->desk.backend, "cancel", 1, SESSION_WAIT_MS),
                  "the backend was not told");
}
