/* SPDX-License-Identifier: BSD-3-Clause */
/* Shows texts to the person and asks for answers: through PAM's conversation in the module, through
 * the terminal in idinqr(1). */
#ifndef IDQ_LOGIN_CONVERSATION_H
#define IDQ_LOGIN_CONVERSATION_H

#include "pam_idinqr/login/code_text.h"
#include "pam_idinqr/login/terminal.h"
#include "pam_idinqr/login/texts.h"
#include "pam_idinqr/wire/messages.h"

#include <stdbool.h>
#include <stddef.h>

struct conversation {
    void *context;

    /* Shows a text of one or more lines, UTF-8, without a newline at its end. Returns 0 or
     * IDQ_CONV. */
    int (*show)(void *context, const char *text);

    /* Shows a prompt and reads a line, with echo. Returns 0, or IDQ_CONV, also if there is no
     * answer or it does not fit. */
    int (*ask)(void *context, const char *prompt, char *ret_line, size_t size);

    unsigned columns; /* of the terminal that shows the texts; 0: not known */
};

/* Shows a formatted text of any length, wrapped at those columns. Returns 0, IDQ_CONV or
 * IDQ_SYSTEM. */
int conversation_show(const struct conversation *conversation, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Builds the prompts for an application that shows a message only with a prompt: the code, and,
 * after an early Enter, a short question or the code again. Pure except for the memory of the text.
 */

/* Makes the next prompt of a login, for code_text_free. Returns 0, or an error of
 * code_text_compose. *rows is kept between the prompts of one code: 0 for the first, then the rows
 * of the terminal that prompts have used since that code. The last code always stays on the screen
 * as a whole. */
int prompt_make(const struct code_text *text, unsigned *rows, char **ret_prompt);

/* Asks for the number that the phone shows after the approval. Blanks in it are accepted. Any other
 * answer is asked again, and costs no try. `is_again`: the last number was wrong. Returns 0 with
 * the digits, or IDQ_CANCELLED for an empty answer. Returns IDQ_CONV, or IDQ_WRONG_NUMBER if no
 * answer is a number: some applications answer by themselves. */
int number_ask(const struct conversation *conversation, const struct text_voice *voice,
               unsigned tries_left, bool is_again, char ret_number[NUMBER_SIZE]);

/* Shows the idle screen of a console that asks for no name: the module uses no network until a
 * person presses Enter. Runs in the application (often root). Typed input is discarded, not read.
 */

#define IDLE_FOR_EVER 0

/* Shows that Enter gives a code, and waits for a line, whatever it contains. The end of input
 * counts as one. Waits at most limit_ms, or IDLE_FOR_EVER. Returns 0 after Enter or the limit, else
 * IDQ_CANCELLED, IDQ_HANGUP, IDQ_CONV or IDQ_SYSTEM. The application's alarm is left alone: it ends
 * the application here, as it would in the application's prompt. */
int idle_wait(const struct terminal *terminal, const struct conversation *conversation,
              const struct text_voice *voice, const char *station, long limit_ms);

#endif
