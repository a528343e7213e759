/* SPDX-License-Identifier: BSD-3-Clause */
/* The prompts of a host that shows a message only together with one: the code, and after an Enter
 * that came too early a short question or the code again. Pure but for the memory of the text. */
#ifndef IDQ_LOGIN_PROMPT_H
#define IDQ_LOGIN_PROMPT_H

#include "pam_idinqr/login/code_text.h"

/* The next prompt of a login, for code_text_free; 0, or as code_text_compose. *rows is kept between
 * the prompts about one code: 0 for the first of them, then the rows of the terminal that the
 * prompts have used from that code on. Whatever is asked, the last code is on the screen as a
 * whole. */
int prompt_make(const struct code_text *text, unsigned *rows, char **ret_prompt);

#endif
