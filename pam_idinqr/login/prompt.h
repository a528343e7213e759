/* SPDX-License-Identifier: BSD-3-Clause */
/* Builds the prompts for an application that shows a message only with a prompt: the code, and,
 * after an early Enter, a short question or the code again. Pure except for the memory of the text.
 */
#ifndef IDQ_LOGIN_PROMPT_H
#define IDQ_LOGIN_PROMPT_H

#include "pam_idinqr/login/code_text.h"

/* Makes the next prompt of a login, for code_text_free. Returns 0, or an error of
 * code_text_compose. *rows is kept between the prompts of one code: 0 for the first, then the rows
 * of the terminal that prompts have used since that code. The last code always stays on the screen
 * as a whole. */
int prompt_make(const struct code_text *text, unsigned *rows, char **ret_prompt);

#endif
