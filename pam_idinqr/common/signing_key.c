/* SPDX-License-Identifier: BSD-3-Clause */
#include "pam_idinqr/common/signing_key.h"

#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"

#include <string.h>

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
    key = NULL; /* handed over */
    return 0;
}

static int
read_public(const char *setting, struct secret **ret_key)
{
    unsigned char bytes[SIGNING_KEY_PUBLIC_SIZE];
    struct secret *key;

    if (characters_read_base64(setting, bytes, sizeof bytes))
        return IDQ_CONFIG;
    key = secret_copy(bytes, sizeof bytes);
    if (!key)
        return IDQ_SYSTEM;
    *ret_key = key;
    return 0;
}

int
signing_key_read(const char *setting, const char *encoding, struct secret **ret_key)
{
    struct secret *key;

    if (setting[0] == '\0')
        return IDQ_CONFIG;
    if (strcmp(encoding, SIGNING_KEY_PUBLIC) == 0)
        return read_public(setting, ret_key);
    if (strcmp(encoding, "hex") == 0)
        return read_hex(setting, ret_key);
    if (strcmp(encoding, "text") != 0)
        return IDQ_CONFIG;
    key = secret_copy(setting, strlen(setting));
    if (!key)
        return IDQ_SYSTEM;
    *ret_key = key;
    return 0;
}
