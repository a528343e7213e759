/* SPDX-License-Identifier: BSD-3-Clause */
/* The application and the agent run this, on a subject from the network. */
#include "pam_idinqr/common/subject.h"

#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/provider_table.h"

#include <stdbool.h>
#include <string.h>

#define BIN_LETTERS    2
#define BIN_CHARACTERS (BIN_LETTERS + 1024)

static bool
is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* With any text behind it: no bank's BIN starts with a country code "TR" and a bank "ANS", so
 * rejecting too much here locks no person out. */
bool
subject_is_transient(const char *subject)
{
    return strncmp(subject, "TRANS", 5) == 0;
}

int
subject_check_bin(const char *subject)
{
    size_t size = strlen(subject), n_characters = 0;

    if (size < BIN_LETTERS || !is_letter(subject[0]) || !is_letter(subject[1]) ||
        !characters_are_not_controls(subject, size))
        return IDQ_NO_SUBJECT;
    for (const char *p = subject; *p; p++)
        n_characters += (*p & 0xC0) != 0x80; /* each byte that starts a UTF-8 sequence */
    if (n_characters > BIN_CHARACTERS)
        return IDQ_NO_SUBJECT;
    return subject_is_transient(subject) ? IDQ_TRANSIENT : 0;
}

int
subject_check_claim(const char *subject)
{
    size_t size = strlen(subject);

    if (size == 0 || size > SUBJECT_MAX || !characters_are_not_controls(subject, size))
        return IDQ_NO_SUBJECT;
    return 0;
}

bool
subject_is_hash(const char *text, size_t size)
{
    const size_t prefix_size = sizeof IDENTITY_PREFIX - 1;

    if (size != IDENTITY_HASH_SIZE - 1 || memcmp(text, IDENTITY_PREFIX, prefix_size) != 0)
        return false;
    for (size_t i = prefix_size; i < size; i++)
        if (characters_base64_digit(text[i], "-_") < 0)
            return false;
    return true;
}

int
subject_check(const char *provider, const char *subject)
{
    const struct provider_description *description = provider_table_find(provider);

    if (!description)
        return IDQ_NO_SUBJECT;
    switch (description->subject) {
    case SUBJECT_BIN:
        return subject_check_bin(subject);
    case SUBJECT_CLAIM:
        return subject_check_claim(subject);
    }
    return IDQ_NO_SUBJECT;
}
