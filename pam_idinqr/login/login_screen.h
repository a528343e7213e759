/* SPDX-License-Identifier: BSD-3-Clause */
/* What a login has in front of its person: a code, how far it has come, the time that is left. Runs
 * in the host (often root) or in idinqr(1). The code is the agent's; whether it may be shown is
 * decided before (login.c). */
#ifndef IDQ_LOGIN_LOGIN_SCREEN_H
#define IDQ_LOGIN_LOGIN_SCREEN_H

#include "pam_idinqr/login/code_text.h"
#include "pam_idinqr/login/login.h"
#include "pam_idinqr/login/station.h"

_Static_assert(PAYLOAD_MAX <= QR_PAYLOAD_MAX, "each link that the wire carries has a code");

/* Set up by login_screen_begin; wiped by login_screen_end, as whoever has the link can use the
 * code. */
struct login_screen {
    const struct login *login;
    struct diag *diag;
    char station[STATION_SIZE];
    struct qr_message qr;
    struct qr_code code; /* of the link in qr */
    int is_scanned;
    unsigned status_rows; /* of the terminal, that the last status line took */
    unsigned prompt_rows; /* of the terminal, used by prompts from the last code on; 0: none yet */
};

/* `diag` is where it is said what the administrator should know of a code that cannot be shown.
 */
void login_screen_begin(struct login_screen *screen, const struct login *login, struct diag *diag);
void login_screen_end(struct login_screen *screen);

/* Where another code is to be put, which nobody has seen or scanned yet. */
struct qr_message *login_screen_next_code(struct login_screen *screen);

/* Encodes the link of that code, after it was checked: so the squares and the words say the same.
 * 0, or as qr_encode. */
int login_screen_encode(struct login_screen *screen);

/* The code with all its words, the time that is left among them. 0, or as the conversation or
 * code_text_compose. */
int login_screen_show_code(struct login_screen *screen, int left_ms);

/* The line under the code, in place of itself where the terminal can. The same. */
int login_screen_show_state(struct login_screen *screen, int left_ms);

/* For a host that shows a message only with a prompt: the next one, for code_text_free. 0, or as
 * prompt_make. */
int login_screen_make_prompt(struct login_screen *screen, int left_ms, char **ret_prompt);

#endif
