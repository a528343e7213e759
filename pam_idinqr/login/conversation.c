/* SPDX-License-Identifier: BSD-3-Clause */
/* Every program that logs in runs this. */
#include "pam_idinqr/login/conversation.h"

#include "pam_idinqr/common/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int
conversation_show(const struct conversation *conversation, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    int size, result;

    va_start(arguments, format);
    size = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (size < 0)
        return IDQ_SYSTEM;
    result = conversation->show(conversation->context, text);
    free(text);
    return result;
}
