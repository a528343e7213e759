/* SPDX-License-Identifier: BSD-3-Clause */
/* See code_text_fixture.h. */
#include "tests/unit/code_text_fixture.h"

#include <check.h>
#include <string.h>

void
code_text_fixture_set_payload(struct code_text_fixture *fixture, size_t length)
{
    ck_assert_uint_lt(length, sizeof fixture->link);
    memset(fixture->link, 0, sizeof fixture->link);
    fixture->user_code[0] = '\0';
    strcpy(fixture->link, CODE_TEXT_FIXTURE_HOST);
    for (size_t i = strlen(fixture->link); i < length; i++)
        fixture->link[i] = (char)('a' + i * 7 % 26);
    ck_assert_int_eq(qr_encode(fixture->link, &fixture->code), 0);
}

void
code_text_fixture_begin(struct code_text_fixture *fixture)
{
    fixture->terminal = (struct terminal){.fd = 0,
                                          .rows = 50,
                                          .columns = 132,
                                          .is_utf8 = 1,
                                          .has_half_blocks = 1,
                                          .has_colors = 1,
                                          .takes_escapes = 1,
                                          .stop_key = STOP_KEY_CTRL_C};
    fixture->text = (struct code_text){.link = fixture->link,
                                       .code = &fixture->code,
                                       .user_code = fixture->user_code,
                                       .terminal = &fixture->terminal,
                                       .voice = &text_idin_voices[LANGUAGE_EN],
                                       .display = DISPLAY_AUTO,
                                       .station = "desk 3",
                                       .service = "sudo",
                                       .account = "alice",
                                       .left = "1:59"};
    code_text_fixture_set_payload(fixture, 56);
}

char *
code_text_fixture_message(const struct code_text_fixture *fixture, const struct code_layout *layout)
{
    char *made = code_text_make(&fixture->text, layout);

    ck_assert_ptr_nonnull(made);
    return made;
}
