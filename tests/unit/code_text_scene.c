/* SPDX-License-Identifier: BSD-3-Clause */
/* See code_text_scene.h. */
#include "tests/unit/code_text_scene.h"

#include <check.h>
#include <string.h>

void
code_text_scene_set_payload(struct code_text_scene *scene, size_t length)
{
    ck_assert_uint_lt(length, sizeof scene->link);
    memset(scene->link, 0, sizeof scene->link);
    scene->user_code[0] = '\0';
    strcpy(scene->link, CODE_TEXT_SCENE_HOST);
    for (size_t i = strlen(scene->link); i < length; i++)
        scene->link[i] = (char)('a' + i * 7 % 26);
    ck_assert_int_eq(qr_encode(scene->link, &scene->code), 0);
}

void
code_text_scene_begin(struct code_text_scene *scene)
{
    scene->terminal = (struct terminal){.fd = 0,
                                        .rows = 50,
                                        .columns = 132,
                                        .is_utf8 = 1,
                                        .has_half_blocks = 1,
                                        .has_colours = 1,
                                        .takes_escapes = 1,
                                        .stop_key = STOP_KEY_CTRL_C};
    scene->text = (struct code_text){.link = scene->link,
                                     .code = &scene->code,
                                     .user_code = scene->user_code,
                                     .terminal = &scene->terminal,
                                     .language = LANGUAGE_EN,
                                     .display = "auto",
                                     .station = "desk 3",
                                     .service = "sudo",
                                     .account = "alice",
                                     .left = "1:59"};
    code_text_scene_set_payload(scene, 56);
}

char *
code_text_scene_message(const struct code_text_scene *scene, const struct code_layout *layout)
{
    char *made = code_text_make(&scene->text, layout);

    ck_assert_ptr_nonnull(made);
    return made;
}
