/* See signature.h. */
#include "pam_idinqr/agent/signature.h"

#include "pam_idinqr/common/characters.h"
#include "pam_idinqr/common/error.h"

#include <openssl/evp.h>
#include <string.h>

#define MAC_SIZE 32 /* bytes */

int
signature_read_key(const char *setting, const char *encoding, struct secret **ret_key)
{
    size_t length = strlen(setting);
    SECRET_AUTO *key = NULL;

    if (length == 0)
        return IDQ_CONFIG;
    if (strcmp(encoding, "text") == 0) {
        key = secret_copy(setting, length);
        if (!key)
            return IDQ_SYSTEM;
    } else if (strcmp(encoding, "hex") == 0) {
        if (length % 2 != 0)
            return IDQ_CONFIG;
        key = secret_new(length / 2);
        if (!key)
            return IDQ_SYSTEM;
        if (characters_read_hex(setting, (unsigned char *)secret_bytes(key), length / 2))
            return IDQ_CONFIG;
    } else {
        return IDQ_CONFIG;
    }
    *ret_key = key;
    key = NULL; /* handed over */
    return 0;
}

int
signature_check(struct secret *key, const void *body, size_t body_size, const char *header,
                int count)
{
    unsigned char claimed[MAC_SIZE], computed[MAC_SIZE];
    size_t computed_size = 0;
    int equal;

    if (count != 1 || strlen(header) != 2 * sizeof claimed ||
        characters_read_hex(header, claimed, sizeof claimed))
        return IDQ_SIGNATURE;
    if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, secret_bytes(key), secret_size(key), body,
                   body_size, computed, sizeof computed, &computed_size) ||
        computed_size != sizeof computed)
        return IDQ_SYSTEM;
    equal = secret_equal_bytes(claimed, computed, sizeof computed);
    /* A right signature of a body that was never sent is worth as much as the key, for that body.
     */
    secret_wipe(computed, sizeof computed);
    return equal ? 0 : IDQ_SIGNATURE;
}
