/* SPDX-License-Identifier: BSD-3-Clause */
/* Builds the message that shows a code: chooses the drawing and layout for this terminal, and adds
 * the words around it. Pure except for the memory of the text, which is wiped when it is freed. */
#ifndef IDQ_LOGIN_CODE_TEXT_H
#define IDQ_LOGIN_CODE_TEXT_H

#include "pam_idinqr/config/config.h"
#include "pam_idinqr/login/terminal.h"
#include "pam_idinqr/login/texts.h"
#include "pam_idinqr/qr/drawing.h"

#include <stdbool.h>

struct code_text {
    const char *link;                /* for the phone */
    const struct qr_code *code;      /* of that link */
    const char *user_code;           /* to compare or type on the phone; "": no code */
    const struct terminal *terminal; /* fd -1: an application without a terminal, such as sshd */
    const struct text_voice *voice;
    enum config_display display;
    bool inverted;
    const char *station, *service;
    const char *account; /* NULL if the identity selects it */
    const char *left;    /* the time that is left, "1:59" */
    const char *before;  /* an escape sequence in front of the message; NULL: none */
    /* ends in a prompt for Enter; escape sequences do not reach the terminal */
    bool is_prompt;
    bool is_again;   /* a prompt that was answered too early */
    size_t size_max; /* bytes of one message that the application shows; 0: no limit */
};

struct code_layout {
    enum drawing_mode mode;
    unsigned quiet;  /* light modules around the code */
    bool has_blank;  /* an empty line first */
    bool has_check;  /* the line that says what to check */
    const char *why; /* for `idinqr show`: a few words of English. Static. */
    /* Without a drawing: the terminal that would have one. 0 by 0 if no size would do. */
    struct drawing_size needed;
};

/* Returns what a drawing is on this terminal: a Linux console has its own form of half blocks, and
 * of cells. */
enum drawing_mode code_text_mode(const struct terminal *terminal, enum drawing_mode mode);

/* The chosen drawing and the reason. */
struct code_layout code_text_layout(const struct code_text *text);

/* Returns the rows that the lines of a text take on a terminal, from the first column. Every
 * character counts as one column. */
unsigned code_text_rows(const struct terminal *terminal, const char *lines);

/* Returns the line under a code: what the login waits for, and the key that stops it, if any. Takes
 * the time that is left. */
enum text_id code_text_state(const struct terminal *terminal, bool is_scanned);

/* Returns the whole message without a newline at its end, for code_text_free. Returns NULL if
 * memory is short. */
char *code_text_make(const struct code_text *text, const struct code_layout *layout);

/* Builds the message within text->size_max. A message that is longer omits the line that says what
 * to check, which the link shows too. Returns 0, IDQ_SYSTEM, or IDQ_NO_DISPLAY if it is still too
 * long, because a truncated link is useless. */
int code_text_compose(const struct code_text *text, struct code_layout layout, char **ret_message);

/* Wipes, frees and sets the pointer to NULL, because the link lets anyone use the code. Accepts a
 * pointer to NULL. */
void code_text_free(char **message);

#define CODE_TEXT_AUTO __attribute__((cleanup(code_text_free))) char

#endif
