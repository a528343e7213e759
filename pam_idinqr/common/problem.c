/* SPDX-License-Identifier: BSD-3-Clause */
/* See problem.h. */
#include "pam_idinqr/common/problem.h"

#include "pam_idinqr/common/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void
problem_set(struct problem *problem, const char *format, ...)
{
    int saved = errno;
    va_list arguments;

    va_start(arguments, format);
    if (vsnprintf(problem->text, sizeof problem->text, format, arguments) < 0)
        problem->text[0] = '\0';
    va_end(arguments);
    characters_make_loggable(problem->text);
    errno = saved;
}
