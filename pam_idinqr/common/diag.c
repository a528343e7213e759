/* SPDX-License-Identifier: BSD-3-Clause */
/* The application and idinqr(1) run this. */
#include "pam_idinqr/common/diag.h"

#include "pam_idinqr/common/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void
diag_set(struct diag *diag, const char *format, ...)
{
    int saved = errno;
    va_list arguments;

    va_start(arguments, format);
    if (vsnprintf(diag->text, sizeof diag->text, format, arguments) < 0)
        diag->text[0] = '\0';
    va_end(arguments);
    characters_make_loggable(diag->text);
    errno = saved;
}
