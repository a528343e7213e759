/* SPDX-License-Identifier: BSD-3-Clause */
#include "pam_idinqr/common/signing_key.h"

#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"

#include <stdbool.h>
#include <string.h>

#define PUBLIC_LENGTH 44 /* of base64 */

static int
read_hex(const char *setting, struct secret **ret_key)
{
    size_t length = strlen(setting);
    SECRET_AUTO *key = NULL;

    if (length % 2 != 0)
        return IDQ_CONFIG;
    key = secret_new(length / 2);
    if (!key)
        return IDQ_SYSTEM;
    if (characters_read_hex(setting, (unsigned char *)secret_bytes(key), length / 2))
        return IDQ_CONFIG;
    *ret_key = key;
    key = NULL; /* moved */
    return 0;
}

static int
read_text(const char *setting, struct secret **ret_key)
{
    *ret_key = secret_copy(setting, strlen(setting));
    return *ret_key ? 0 : IDQ_SYSTEM;
}

static int
read_public(const char *setting, struct secret **ret_key)
{
    unsigned char bytes[2 * SIGNING_KEY_PUBLIC_SIZE];
    const char *comma = strchrnul(setting, ',');
    char first[PUBLIC_LENGTH + 1] = "";
    bool is_one = *comma == '\0';

    if ((size_t)(comma - setting) > PUBLIC_LENGTH)
        return IDQ_CONFIG;
    memcpy(first, setting, (size_t)(comma - setting));
    if (characters_read_base64(first, bytes, SIGNING_KEY_PUBLIC_SIZE) ||
        (!is_one && characters_read_base64(comma + 1, bytes + SIGNING_KEY_PUBLIC_SIZE,
                                           SIGNING_KEY_PUBLIC_SIZE)))
        return IDQ_CONFIG;
    *ret_key = secret_copy(bytes, is_one ? SIGNING_KEY_PUBLIC_SIZE : sizeof bytes);
    return *ret_key ? 0 : IDQ_SYSTEM;
}

int
signing_key_read(const char *setting, enum signing_key_encoding encoding, struct secret **ret_key)
{
    if (setting[0] == '\0')
        return IDQ_CONFIG;
    switch (encoding) {
    case SIGNING_KEY_TEXT:
        return read_text(setting, ret_key);
    case SIGNING_KEY_HEX:
        return read_hex(setting, ret_key);
    case SIGNING_KEY_ED25519:
        return read_public(setting, ret_key);
    }
    return IDQ_CONFIG;
}
