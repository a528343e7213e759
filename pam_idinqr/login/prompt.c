/* SPDX-License-Identifier: BSD-3-Clause */
/* Every program that logs in runs this. */
#include "pam_idinqr/login/prompt.h"

#include "pam_idinqr/common/error.h"

#include <string.h>

/* Clients write text before a prompt, such as "(alice@desk) ", as long as the names are. */
#define ROWS_OF_CLIENT 1

int
prompt_make(const struct code_text *text, unsigned *rows, char **ret_prompt)
{
    struct code_text again = *text;
    struct code_layout layout;
    char question[200];
    unsigned rows_more;
    int result;

    text_copy(question, sizeof question, text->language, TEXT_NOT_YET, text->left);
    rows_more = code_text_rows(text->terminal, question) + ROWS_OF_CLIENT;
    if (*rows > 0 && *rows + rows_more <= text->terminal->rows) {
        *rows += rows_more;
        *ret_prompt = strdup(question);
        return *ret_prompt ? 0 : IDQ_SYSTEM;
    }
    /* One more question would scroll the code's first rows off the screen, and a partial code is
     * useless. The message begins with an empty line, which is the client's row. It is laid out
     * with the longer of its two last lines, so that the code looks the same each time. */
    again.is_again = 1;
    layout = code_text_layout(&again);
    again.is_again = *rows > 0;
    result = code_text_compose(&again, layout, ret_prompt);
    if (result == 0)
        *rows = code_text_rows(text->terminal, *ret_prompt);
    return result;
}
