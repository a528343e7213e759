/* SPDX-License-Identifier: BSD-3-Clause */
/* Holds the only table of errors. The application, the agent and idinqr(1) run this. */
#include "pam_idinqr/common/error.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct entry {
    enum idq_error error;
    enum error_class class;
    const char *word;
    const char *text;
} errors[] = {
    {IDQ_OK, ERROR_PERSON, "verified", "verified"},
    {IDQ_REFUSED, ERROR_PERSON, "refused", "refused by the person"},
    {IDQ_EXPIRED, ERROR_PERSON, "expired", "the code expired before it was used"},
    {IDQ_BANK_FAILED, ERROR_PERSON, "bank-failed", "the provider reports a failure"},
    {IDQ_NO_SUBJECT, ERROR_PERSON, "no-identity", "the provider sent no usable identity"},
    {IDQ_TRANSIENT, ERROR_PERSON, "transient-identity", "the identity is valid for one visit only"},
    {IDQ_WRONG_PERSON, ERROR_PERSON, "wrong-person",
     "the identity is enrolled for another account"},
    {IDQ_UNKNOWN_IDENTITY, ERROR_PERSON, "unknown-identity", "the identity is not enrolled"},
    {IDQ_NOT_ENROLLED, ERROR_PERSON, "not-enrolled", "the account has no enrolled identity"},
    {IDQ_NOT_YET_ENROLLED, ERROR_PERSON, "not-enrolled-yet",
     "the account has no enrolled identity yet, and password_until has not passed"},
    {IDQ_LOW_ASSURANCE, ERROR_PERSON, "low-assurance",
     "the assurance is lower than the configuration requires"},
    {IDQ_WRONG_NUMBER, ERROR_PERSON, "wrong-number",
     "the number on the phone was not typed at the desk"},
    {IDQ_UNREACHABLE, ERROR_BACKEND, "unreachable", "the backend is unreachable"},
    {IDQ_TLS, ERROR_BACKEND, "tls", "certificate verification of the backend failed"},
    {IDQ_SIGNATURE, ERROR_BACKEND, "bad-signature",
     "the signature of an answer is missing or invalid"},
    {IDQ_REPLY, ERROR_BACKEND, "bad-reply", "an answer of the backend is invalid"},
    {IDQ_OTHER_CODE, ERROR_BACKEND, "other-code", "an answer is about another code or login"},
    {IDQ_PICTURE, ERROR_BACKEND, "bad-picture", "the picture has no usable QR code"},
    {IDQ_HOST, ERROR_BACKEND, "host-not-allowed", "the code leads to a host that is not allowed"},
    {IDQ_MERCHANT, ERROR_BACKEND, "merchant-rejected",
     "the backend rejects the credentials of this machine"},
    {IDQ_BUSY, ERROR_BACKEND, "backend-busy", "the backend is rate-limiting requests"},
    {IDQ_CLOCK, ERROR_BACKEND, "wrong-clock", "the clock of this machine is wrong"},
    {IDQ_CONFIG, ERROR_MACHINE, "configuration", "the configuration is invalid"},
    {IDQ_MAP, ERROR_MACHINE, "map", "the map or its key is unusable"},
    {IDQ_AGENT, ERROR_MACHINE, "agent", "the agent did not start, died, or broke the protocol"},
    {IDQ_SYSTEM, ERROR_MACHINE, "system", "the system refused memory, a descriptor or a file"},
    {IDQ_NO_DISPLAY, ERROR_MACHINE, "no-display", "no code can be shown here"},
    {IDQ_CONV, ERROR_LEFT, "conversation", "the conversation with the person failed"},
    {IDQ_LOCKED, ERROR_MACHINE, "locked", "another administrator is changing the map"},
    {IDQ_NOT_LOCAL, ERROR_MACHINE, "not-local", "the login is not local to this machine"},
    {IDQ_TRIES, ERROR_MACHINE, "too-many-tries", "too many tries without success"},
    {IDQ_NO_PROMPT, ERROR_MACHINE, "no-prompt",
     "the application cannot ask for the number on the phone"},
    {IDQ_CANCELLED, ERROR_LEFT, "cancelled", "stopped by the person or the application"},
    {IDQ_HANGUP, ERROR_LEFT, "hangup", "the terminal hung up"},
    {IDQ_TIMEOUT, ERROR_LEFT, "timeout", "timed out before an approval"},
};

static const size_t n_errors = ARRAY_LENGTH(errors);

/* Returns NULL for a number that is not in the table. */
static const struct entry *
find(int number)
{
    for (size_t i = 0; i < n_errors; i++)
        if (errors[i].error == number)
            return &errors[i];
    return NULL;
}

const char *
error_word(enum idq_error error)
{
    const struct entry *entry = find(error);

    return entry ? entry->word : "unknown";
}

const char *
error_text(enum idq_error error)
{
    const struct entry *entry = find(error);

    return entry ? entry->text : "unknown error";
}

enum error_class
error_class(enum idq_error error)
{
    const struct entry *entry = find(error);

    return entry ? entry->class : ERROR_MACHINE;
}

bool
error_is_known(int number)
{
    return find(number) != NULL;
}

void
diag_vset(struct diag *diag, const char *file, unsigned line, int error, const char *format,
          va_list arguments)
{
    (void)snprintf(diag->file, sizeof diag->file, "%s", file);
    diag->line = line;
    diag->error = error;
    diag->cure = NULL;
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
    if (diag->cure && size >= 0 && size < DIAG_LINE_SIZE)
        size = snprintf(ret_line + size, DIAG_LINE_SIZE - (size_t)size, "; to mend it: %s %s",
                        diag->cure, diag->file);
    if (size < 0)
        ret_line[0] = '\0';
    return ret_line;
}
