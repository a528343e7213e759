/* SPDX-License-Identifier: BSD-3-Clause */
/* The one table of errors. See error.h. */
#include "pam_idinqr/common/error.h"

#include <stddef.h>

static const struct {
    enum idq_error error;
    const char *word;
    const char *text;
} errors[] = {
    {IDQ_OK, "verified", "verified"},
    {IDQ_REFUSED, "refused", "refused at the bank"},
    {IDQ_EXPIRED, "expired", "the code was not used in time"},
    {IDQ_BANK_FAILED, "bank-failed", "the bank reports a failure"},
    {IDQ_NO_SUBJECT, "no-identity", "a success without a usable identity"},
    {IDQ_TRANSIENT, "transient-identity", "an identity that is good for one visit only"},
    {IDQ_WRONG_PERSON, "wrong-person", "an enrolled identity, of another account"},
    {IDQ_UNKNOWN_IDENTITY, "unknown-identity", "an identity that is not enrolled"},
    {IDQ_NOT_ENROLLED, "not-enrolled", "the account has no enrolled identity"},
    {IDQ_LOW_ASSURANCE, "low-assurance", "less assurance than the configuration asks for"},
    {IDQ_UNREACHABLE, "unreachable", "the QR backend does not answer"},
    {IDQ_TLS, "tls", "the QR backend's certificate does not hold"},
    {IDQ_SIGNATURE, "bad-signature", "an answer with a missing or wrong signature"},
    {IDQ_REPLY, "bad-reply", "an answer that the protocol does not know"},
    {IDQ_OTHER_CODE, "other-code", "an answer about another code or login"},
    {IDQ_PICTURE, "bad-picture", "the picture holds no usable QR code"},
    {IDQ_HOST, "host-not-allowed", "the code leads to a host that is not allowed"},
    {IDQ_MERCHANT, "merchant-rejected", "the QR backend rejects the merchant's credentials"},
    {IDQ_BUSY, "backend-busy", "the QR backend asks for less"},
    {IDQ_CLOCK, "wrong-clock", "the clock of this machine is wrong"},
    {IDQ_CONFIG, "configuration", "a mistake in the configuration"},
    {IDQ_MAP, "map", "the map or its key cannot be used"},
    {IDQ_AGENT, "agent", "the agent did not start, died, or broke the protocol"},
    {IDQ_SYSTEM, "system", "the system refused memory, a descriptor or a file"},
    {IDQ_NO_DISPLAY, "no-display", "there is no way to show a code here"},
    {IDQ_CONV, "conversation", "the conversation with the person failed"},
    {IDQ_LOCKED, "locked", "the map is being changed by someone else"},
    {IDQ_NOT_LOCAL, "not-local", "the login is not at this machine itself"},
    {IDQ_TRIES, "too-many-tries", "too many tries without success"},
    {IDQ_CANCELLED, "cancelled", "stopped by the person or the host"},
    {IDQ_HANGUP, "hangup", "the terminal is gone"},
    {IDQ_TIMEOUT, "timeout", "nobody approved in time"},
};

static const size_t n_errors = sizeof errors / sizeof errors[0];

const char *
error_word(enum idq_error error)
{
    for (size_t i = 0; i < n_errors; i++)
        if (errors[i].error == error)
            return errors[i].word;
    return "unknown";
}

const char *
error_text(enum idq_error error)
{
    for (size_t i = 0; i < n_errors; i++)
        if (errors[i].error == error)
            return errors[i].text;
    return "unknown error";
}

int
error_is_known(int number)
{
    for (size_t i = 0; i < n_errors; i++)
        if (errors[i].error == number)
            return 1;
    return 0;
}
