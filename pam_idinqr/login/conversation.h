/* SPDX-License-Identifier: BSD-3-Clause */
/* Shows texts to the person and asks for answers: through PAM's conversation in the module, through
 * the terminal in idinqr(1). */
#ifndef IDQ_LOGIN_CONVERSATION_H
#define IDQ_LOGIN_CONVERSATION_H

#include <stddef.h>

struct conversation {
    void *context;

    /* Shows a text of one or more lines, UTF-8, without a newline at its end. Returns 0 or
     * IDQ_CONV. */
    int (*show)(void *context, const char *text);

    /* Shows a prompt and reads a line, with echo. Returns 0, or IDQ_CONV, also if there is no
     * answer or it does not fit. */
    int (*ask)(void *context, const char *prompt, char *ret_line, size_t size);
};

/* Shows a formatted text of any length. Returns 0, IDQ_CONV or IDQ_SYSTEM. */
int conversation_show(const struct conversation *conversation, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
