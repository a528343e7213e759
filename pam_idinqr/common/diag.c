/* SPDX-License-Identifier: BSD-3-Clause */
/* The application and idinqr(1) run this. */
#include "pam_idinqr/common/diag.h"

#include "pam_idinqr/common/text.h"

#include <stdio.h>
#include <string.h>

void
diag_vset(struct diag *diag, const char *file, unsigned line, int error, const char *format,
          va_list arguments)
{
    (void)snprintf(diag->file, sizeof diag->file, "%s", file);
    diag->line = line;
    diag->error = error;
    if (vsnprintf(diag->text, sizeof diag->text, format, arguments) < 0)
        diag->text[0] = '\0';
    characters_make_loggable(diag->file);
    characters_make_loggable(diag->text);
}

void
diag_set(struct diag *diag, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    diag_vset(diag, "", 0, 0, format, arguments);
    va_end(arguments);
}

void
diag_set_file(struct diag *diag, const char *file, unsigned line, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    diag_vset(diag, file, line, 0, format, arguments);
    va_end(arguments);
}

void
diag_set_error(struct diag *diag, const char *file, int error)
{
    diag_set_file(diag, file, 0, "%s", strerror(error));
    diag->error = error;
}

const char *
diag_format(const struct diag *diag, char ret_line[DIAG_LINE_SIZE])
{
    const char *text = diag->text;
    int size;

    if (text[0] == '\0' || diag->file[0] == '\0')
        size = snprintf(ret_line, DIAG_LINE_SIZE, "%s", text);
    else if (diag->line == 0)
        size = snprintf(ret_line, DIAG_LINE_SIZE, "%s: %s", diag->file, text);
    else
        size = snprintf(ret_line, DIAG_LINE_SIZE, "%s:%u: %s", diag->file, diag->line, text);
    if (size < 0)
        ret_line[0] = '\0';
    return ret_line;
}
