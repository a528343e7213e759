/* SPDX-License-Identifier: BSD-3-Clause */
/* Shows a login to its person: the code, the progress, the time that is left. Runs in the
 * application (often root) or in idinqr(1). The code is the agent's. login.c checks it before it is
 * shown. */
#ifndef IDQ_LOGIN_LOGIN_SCREEN_H
#define IDQ_LOGIN_LOGIN_SCREEN_H

#include "pam_idinqr/login/code_text.h"
#include "pam_idinqr/login/login.h"
#include "pam_idinqr/login/texts.h"

#include <stdbool.h>

_Static_assert(PAYLOAD_MAX <= QR_PAYLOAD_MAX, "each link that the wire carries has a code");

/* Set up by login_screen_begin. Wiped by login_screen_end, because the link lets anyone use the
 * code. */
struct login_screen {
    const struct login *login;
    struct diag *diag;
    char station[STATION_SIZE];
    struct qr_message qr;
    struct qr_code code; /* of the link in qr */
    bool is_scanned;
    bool is_contacting;   /* the line that says so is the last one on the screen */
    unsigned status_rows; /* rows of the terminal that the last status line took */
    /* rows of the terminal that prompts have used since the last code; 0: no prompt yet */
    unsigned prompt_rows;
};

/* `diag` receives a text for the administrator if a code cannot be shown. */
void login_screen_begin(struct login_screen *screen, const struct login *login, struct diag *diag);
void login_screen_end(struct login_screen *screen);

/* Returns the place for another code, which is neither shown nor scanned yet. */
struct qr_message *login_screen_next_code(struct login_screen *screen);

/* Encodes the link of that code after it was checked, so that drawing and words agree. Returns 0,
 * or an error of qr_encode. */
int login_screen_encode(struct login_screen *screen);

/* Shows who is contacted, for the code to replace. Only for a terminal that takes escapes. Returns
 * 0, or an error of the conversation. */
int login_screen_show_contacting(struct login_screen *screen);

/* Shows the code with all its words and the time that is left. Returns 0, or an error of the
 * conversation or code_text_compose. */
int login_screen_show_code(struct login_screen *screen, int left_ms);

/* Shows the line under the code, in its old place if the terminal allows it. Returns as above. */
int login_screen_show_state(struct login_screen *screen, int left_ms);

/* Replaces that line when the person has approved, and a number must be typed. Returns as above. */
int login_screen_show_approved(struct login_screen *screen);

/* For an application that shows a message only with a prompt: makes the next prompt, for
 * code_text_free. Returns 0, or an error of prompt_make. */
int login_screen_make_prompt(struct login_screen *screen, int left_ms, char **ret_prompt);

#endif
