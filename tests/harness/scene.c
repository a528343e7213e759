/* SPDX-License-Identifier: BSD-3-Clause */
/* See scene.h. */
#include "tests/harness/scene.h"

#include "tests/harness/namespace.h"
#include "tests/harness/processes.h"

#include <check.h>

void
scene_open(struct scene *ret_scene, const struct scene_options *options)
{
    static const char *const alice_is_anna[] = {"--enroll", "alice=anna", NULL};

    namespace_enter();
    desk_open(&ret_scene->desk, options->sandbox ? options->sandbox : alice_is_anna);
    session_pam_service(&ret_scene->desk, options->service, options->module ? options->module : "");
    ret_scene->terminal = session_start(options->user);
    processes_begin();
    terminal_modes(ret_scene->terminal, &ret_scene->modes);
}

void
scene_close(struct scene *scene)
{
    terminal_free(&scene->terminal);
    desk_close(&scene->desk);
}

void
scene_must_be_as_before(const struct scene *scene)
{
    struct termios modes;

    terminal_modes(scene->terminal, &modes);
    ck_assert_mem_eq(&modes, &scene->modes, sizeof modes);
}

void
scene_backend_must_know(const struct scene *scene)
{
    ck_assert_msg(backend_wait_event(scene->desk.backend, "cancel", 1, SESSION_WAIT_MS),
                  "the backend was not told");
}
