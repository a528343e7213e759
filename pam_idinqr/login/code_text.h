/* SPDX-License-Identifier: BSD-3-Clause */
/* The message that shows a code: which drawing fits this terminal, in which layout, and the words
 * around it. Pure but for the memory of the text, which nothing is left of when it is freed. */
#ifndef IDQ_LOGIN_CODE_TEXT_H
#define IDQ_LOGIN_CODE_TEXT_H

#include "pam_idinqr/login/terminal.h"
#include "pam_idinqr/login/texts.h"
#include "pam_idinqr/qr/drawing.h"

struct code_text {
    const char *link;                /* for the phone */
    const struct qr_code *code;      /* of that link */
    const char *user_code;           /* to be compared or typed on the phone; "" for none */
    const struct terminal *terminal; /* fd -1: a host without one, such as sshd */
    enum text_language language;
    const char *display; /* as in idinqr.conf: auto, or a mode */
    int inverted;
    const char *station, *service;
    const char *account; /* NULL when the identity chooses it */
    const char *left;    /* the time that is left, "1:59" */
    int is_prompt;       /* ends in a prompt for Enter; no escape sequence gets through */
    int is_again;        /* a prompt that was answered too early */
    size_t size_max;     /* bytes that the host shows of one message; 0: as many as there are */
};

struct code_layout {
    enum drawing_mode mode;
    unsigned quiet;  /* light modules around the code */
    int has_blank;   /* an empty line first */
    int has_check;   /* the line that says what to check */
    const char *why; /* for `idinqr show`: a few words of English. Static. */
};

/* What is drawn, and why. */
struct code_layout code_text_layout(const struct code_text *text);

/* The rows that the lines of a text take on a terminal, when it begins in the first column; every
 * character counts as one column. */
unsigned code_text_rows(const struct terminal *terminal, const char *lines);

/* The line under a code: what is waited for, and which key stops it where there is one. Takes the
 * time that is left. */
enum text_id code_text_state(const struct terminal *terminal, int is_scanned);

/* The whole message, for code_text_free; without a newline at its end. NULL when memory is short.
 */
char *code_text_make(const struct code_text *text, const struct code_layout *layout);

/* The same, within text->size_max: a message that is longer loses the line that says what to check,
 * which the link says too. 0; IDQ_SYSTEM; or IDQ_NO_DISPLAY where it does not fit even so, as half
 * a link leads nowhere. */
int code_text_compose(const struct code_text *text, struct code_layout layout, char **ret_message);

/* Wipes, frees and sets the pointer to NULL: whoever has the link can use the code. Accepts a
 * pointer to NULL. */
void code_text_free(char **message);

#define CODE_TEXT_AUTO __attribute__((cleanup(code_text_free))) char

#endif
