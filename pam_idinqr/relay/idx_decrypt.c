/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this, on parts of a message whose signatures are verified. Not by xmlsec: its
 * decryption follows KeyInfo, replaces nodes of the verified tree, and fails in many ways that a
 * sender could tell apart. The profile has one algorithm for each step. */
#include "pam_idinqr/relay/idx_parts.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/subject.h"

#include <openssl/rsa.h>
#include <string.h>

#define AES_KEY_SIZE 32
#define BLOCK_SIZE   16

/* OAEP's digest is SHA-1 where it is not named. */
static bool
is_oaep(const xmlNode *method)
{
    xmlNode *digest;
    const struct idx_child children[] = {{IDX_OPTIONAL, NS_DS, "DigestMethod", &digest}};

    return idx_is_algorithm(method, NS_XENC "rsa-oaep-mgf1p") &&
           idx_children(method, children, ARRAY_LENGTH(children)) == 0 &&
           (!digest || (idx_is_algorithm(digest, NS_DS "sha1") && idx_is_empty(digest)));
}

/* The bytes of a CipherData, or NULL. */
static struct secret *
cipher_bytes(const xmlNode *data)
{
    xmlNode *value;
    const struct idx_child children[] = {{IDX_ONE, NS_XENC, "CipherValue", &value}};

    return idx_children(data, children, ARRAY_LENGTH(children)) == 0 ? idx_base64(value) : NULL;
}

static bool
unwrap(EVP_PKEY *key, struct secret *wrapped, unsigned char ret_key[AES_KEY_SIZE])
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    size_t size = (size_t)EVP_PKEY_get_size(key);
    SECRET_AUTO *plain = secret_new(size);
    bool is_unwrapped =
        context && plain && EVP_PKEY_decrypt_init(context) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
        EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha1()) == 1 &&
        EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha1()) == 1 &&
        EVP_PKEY_decrypt(context, (unsigned char *)secret_bytes(plain), &size,
                         (unsigned char *)secret_bytes(wrapped), secret_size(wrapped)) == 1 &&
        size == AES_KEY_SIZE;

    if (is_unwrapped)
        memcpy(ret_key, secret_bytes(plain), AES_KEY_SIZE);
    EVP_PKEY_CTX_free(context);
    return is_unwrapped;
}

/* Decrypts in place. The first block is the IV. XML Encryption's padding: the last byte is the
 * count, and the others are any. */
static bool
decipher(struct secret *text, const unsigned char key[AES_KEY_SIZE], struct secret **ret_plain)
{
    unsigned char *bytes = (unsigned char *)secret_bytes(text);
    size_t size = secret_size(text);
    EVP_CIPHER_CTX *context;
    struct secret *plain = NULL;
    int first = 0, last = 0;

    if (size < 2 * (size_t)BLOCK_SIZE || size % BLOCK_SIZE != 0)
        return false;
    size -= BLOCK_SIZE;
    context = EVP_CIPHER_CTX_new();
    plain = secret_new(size);
    bool is_plain =
        context && plain &&
        EVP_DecryptInit_ex2(context, EVP_aes_256_cbc(), key, bytes, NULL) == 1 &&
        EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
        EVP_DecryptUpdate(context, (unsigned char *)secret_bytes(plain), &first, bytes + BLOCK_SIZE,
                          (int)size) == 1 &&
        EVP_DecryptFinal_ex(context, (unsigned char *)secret_bytes(plain) + first, &last) == 1 &&
        (size_t)first + (size_t)last == size;
    EVP_CIPHER_CTX_free(context);
    size_t padding = is_plain ? (unsigned char)secret_bytes(plain)[size - 1] : 0;
    if (padding < 1 || padding > BLOCK_SIZE) {
        secret_free(&plain);
        return false;
    }
    secret_truncate(plain, size - padding);
    *ret_plain = plain;
    return true;
}

int
idx_decrypt(const struct idx *idx, const xmlNode *encrypted, struct secret **ret_plain)
{
    unsigned char key[AES_KEY_SIZE];
    xmlNode *method, *info, *data, *wrapped, *key_method, *key_data;
    const struct idx_child children[] = {{IDX_ONE, NS_XENC, "EncryptionMethod", &method},
                                         {IDX_ONE, NS_DS, "KeyInfo", &info},
                                         {IDX_ONE, NS_XENC, "CipherData", &data}};
    const struct idx_child of_info[] = {{IDX_ONE, NS_XENC, "EncryptedKey", &wrapped}};
    const struct idx_child of_key[] = {{IDX_ONE, NS_XENC, "EncryptionMethod", &key_method},
                                       {IDX_ONE, NS_XENC, "CipherData", &key_data}};

    if (!idx_has_only(encrypted, "Type") ||
        !idx_attribute_is(encrypted, "Type", NS_XENC "Element") ||
        idx_children(encrypted, children, ARRAY_LENGTH(children)) != 0 ||
        !idx_is_algorithm(method, NS_XENC "aes256-cbc") || !idx_is_empty(method) ||
        idx_children(info, of_info, ARRAY_LENGTH(of_info)) != 0 ||
        idx_children(wrapped, of_key, ARRAY_LENGTH(of_key)) != 0 || !is_oaep(key_method))
        return IDQ_REPLY;
    if (wrapped->properties && (!idx_has_only(wrapped, "Recipient") ||
                                !idx_attribute_is(wrapped, "Recipient", idx->settings.legal_id)))
        return IDQ_REPLY;
    SECRET_AUTO *key_bytes = cipher_bytes(key_data);
    SECRET_AUTO *text = cipher_bytes(data);
    bool is_plain = key_bytes && text && unwrap(idx->saml_key, key_bytes, key) &&
                    decipher(text, key, ret_plain);
    secret_wipe(key, sizeof key);
    return is_plain ? 0 : IDQ_REPLY;
}

int
idx_decrypt_bin(const struct idx *idx, const xmlNode *encrypted_id, struct secret **ret_bin)
{
    char subject[SUBJECT_MAX + 1];
    xmlNode *encrypted;
    const struct idx_child children[] = {{IDX_ONE, NS_XENC, "EncryptedData", &encrypted}};
    SECRET_AUTO *plain = NULL;
    int error = IDQ_REPLY;

    if (idx_children(encrypted_id, children, ARRAY_LENGTH(children)) != 0 ||
        idx_decrypt(idx, encrypted, &plain) != 0)
        return IDQ_REPLY;
    DOC_AUTO *doc = idx_parse(secret_bytes(plain), secret_size(plain));
    const xmlNode *name_id = doc ? xmlDocGetRootElement(doc) : NULL;
    if (idx_is(name_id, NS_SAML, "NameID") && idx_text(name_id, subject, sizeof subject) == 0)
        error = subject_check_bin(subject);
    if (error == 0) {
        *ret_bin = secret_copy(subject, strlen(subject));
        error = *ret_bin ? 0 : IDQ_SYSTEM;
    }
    secret_wipe(subject, sizeof subject);
    return error;
}
