/* SPDX-License-Identifier: BSD-3-Clause */
/* A message with a code, for a login that can show everything: a test changes what it is about.
 * Test code. */
#ifndef IDQ_TESTS_CODE_TEXT_FIXTURE_H
#define IDQ_TESTS_CODE_TEXT_FIXTURE_H

#include "pam_idinqr/login/code_text.h"

#include <stddef.h>

#define CODE_TEXT_FIXTURE_HOST "https://qrcode.idin.nl/"

struct code_text_fixture {
    char link[QR_PAYLOAD_MAX + 1], user_code[33];
    struct qr_code code;
    struct terminal terminal;
    struct code_text text; /* of those */
};

/* A terminal of 50 rows of 132 that can do everything, a login of alice's on it, and a link of 56
 * characters, whose code has 33 modules. */
void code_text_fixture_begin(struct code_text_fixture *fixture);

/* A link of this length, and its code; no user code. */
void code_text_fixture_set_payload(struct code_text_fixture *fixture, size_t length);

/* Its text in this layout, for free(). */
char *code_text_fixture_message(const struct code_text_fixture *fixture,
                                const struct code_layout *layout);

#endif
