/* See code_text_scene.h. */
#include "tests/unit/code_text_scene.h"

#include "pam_idinqr/agent/matrix.h"

#include <check.h>
#include <string.h>

void
code_text_scene_set_payload(struct code_text_scene *scene, size_t length)
{
    struct qr_message *qr = &scene->qr;

    memset(qr, 0, sizeof *qr);
    qr->lifetime_s = 60;
    strcpy(qr->payload, CODE_TEXT_SCENE_HOST);
    for (size_t i = strlen(qr->payload); i < length; i++)
        qr->payload[i] = (char)('a' + i * 7 % 26);
    ck_assert_int_eq(matrix_make(qr), 0);
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
    scene->text = (struct code_text){.qr = &scene->qr,
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
