/* SPDX-License-Identifier: BSD-3-Clause */
#include "pam_idinqr/agent/base64url.h"

#include "pam_idinqr/common/text.h"

struct secret *
base64url_decode(const char *text, size_t size)
{
    struct secret *bytes = size % 4 == 1 ? NULL : secret_new(size / 4 * 3 + size % 4 * 3 / 4);
    unsigned bits = 0, n_bits = 0;
    size_t used = 0;

    if (!bytes)
        return NULL;
    for (size_t i = 0; i < size; i++) {
        int value = characters_base64_digit(text[i], "-_");
        if (value < 0) {
            secret_free(&bytes);
            return NULL;
        }
        bits = (bits << 6 | (unsigned)value) & 0xFFFF;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            secret_bytes(bytes)[used++] = (char)(bits >> n_bits);
        }
    }
    if (bits & ((1u << n_bits) - 1))
        secret_free(&bytes);
    return bytes;
}
