/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this. */
#include "pam_idinqr/sandbox/acquirer_signer.h"

#include "pam_idinqr/common/error.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_DS      "http://www.w3.org/2000/09/xmldsig#"
#define NS_XENC    "http://www.w3.org/2001/04/xmlenc#"
#define KEY_SIZE   32
#define BLOCK_SIZE 16
#define RSA_MAX    512 /* bytes */
#define YEAR_S     31536000L

#define TEXT_AUTO __attribute__((cleanup(free_text))) char

static void
free_text(char **text)
{
    free(*text);
}

/* --- parties ---------------------------------------------------------------------------------- */

static X509 *
certify(EVP_PKEY *key, const char *common_name)
{
    X509 *certificate = X509_new();
    X509_NAME *name = certificate ? X509_get_subject_name(certificate) : NULL;

    if (name &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name,
                                   -1, -1, 0) == 1 &&
        X509_set_issuer_name(certificate, name) == 1 && X509_set_version(certificate, 2) == 1 &&
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1 &&
        X509_gmtime_adj(X509_getm_notBefore(certificate), -YEAR_S) &&
        X509_gmtime_adj(X509_getm_notAfter(certificate), YEAR_S) &&
        X509_set_pubkey(certificate, key) == 1 && X509_sign(certificate, key, EVP_sha256()) > 0)
        return certificate;
    X509_free(certificate);
    return NULL;
}

int
party_new(const char *common_name, struct party *ret_party)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    struct party party = {.key = EVP_RSA_gen(2048)};

    if (party.key)
        party.certificate = certify(party.key, common_name);
    if (!party.certificate || X509_digest(party.certificate, EVP_sha1(), hash, &size) != 1) {
        party_free(&party);
        return IDQ_SYSTEM;
    }
    for (unsigned i = 0; i < size; i++)
        snprintf(party.name + (size_t)2 * i, 3, "%02X", hash[i]);
    *ret_party = party;
    return 0;
}

void
party_free(struct party *party)
{
    EVP_PKEY_free(party->key);
    X509_free(party->certificate);
    memset(party, 0, sizeof *party);
}

/* Frees the memory. */
static char *
text_of(BIO *memory)
{
    char *bytes;
    long size = BIO_get_mem_data(memory, &bytes);
    char *text = strndup(bytes, (size_t)size);

    BIO_free(memory);
    return text;
}

char *
party_key_pem(const struct party *party)
{
    BIO *memory = BIO_new(BIO_s_mem());

    if (memory && PEM_write_bio_PrivateKey(memory, party->key, NULL, NULL, 0, NULL, NULL) == 1)
        return text_of(memory);
    BIO_free(memory);
    return NULL;
}

char *
party_certificate_pem(const struct party *party)
{
    BIO *memory = BIO_new(BIO_s_mem());

    if (memory && PEM_write_bio_X509(memory, party->certificate) == 1)
        return text_of(memory);
    BIO_free(memory);
    return NULL;
}

/* --- signatures ------------------------------------------------------------------------------- */

static char *
base64(const unsigned char *bytes, size_t size)
{
    char *text = malloc(size / 3 * 4 + 5);

    if (text)
        EVP_EncodeBlock((unsigned char *)text, bytes, (int)size);
    return text;
}

static const EVP_MD *
digest_of(const char *algorithm)
{
    return strstr(algorithm, "sha1") ? EVP_sha1() : EVP_sha256();
}

static char *
digest(const char *text, const EVP_MD *method)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;

    if (EVP_Digest(text, strlen(text), hash, &size, method, NULL) != 1)
        return NULL;
    return base64(hash, size);
}

static char *
sign(EVP_PKEY *key, const char *text, const EVP_MD *method)
{
    unsigned char bytes[RSA_MAX];
    size_t size = sizeof bytes;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_made =
        context && EVP_DigestSignInit(context, NULL, method, NULL, key) == 1 &&
        EVP_DigestSign(context, bytes, &size, (const unsigned char *)text, strlen(text)) == 1;

    EVP_MD_CTX_free(context);
    return is_made ? base64(bytes, size) : NULL;
}

static const char *
or_default(const char *text, const char *fallback)
{
    return text ? text : fallback;
}

char *
signer_sign(const struct party *party, const char *canonical,
            const struct signature_options *options)
{
    static const struct signature_options none;
    const struct signature_options *wish = options ? options : &none;
    const char *method = or_default(wish->method, SIGNER_RSA_SHA256);
    const char *hash = or_default(wish->digest, NS_XENC "sha256");
    TEXT_AUTO *value = digest(canonical, digest_of(hash));
    TEXT_AUTO *name = NULL;
    TEXT_AUTO *inner = NULL;
    TEXT_AUTO *info = NULL;
    TEXT_AUTO *signature = NULL;
    char *element = NULL;

    if (!value || asprintf(&name, "<KeyName>%s</KeyName>", party->name) < 0)
        return NULL;
    if (asprintf(&inner,
                 "<CanonicalizationMethod Algorithm=\"%s\"></CanonicalizationMethod>"
                 "<SignatureMethod Algorithm=\"%s\"></SignatureMethod>"
                 "<Reference URI=\"%s\"><Transforms>%s</Transforms>"
                 "<DigestMethod Algorithm=\"%s\"></DigestMethod>"
                 "<DigestValue>%s</DigestValue></Reference>%s",
                 or_default(wish->c14n, SIGNER_C14N), method, or_default(wish->uri, ""),
                 or_default(wish->transforms,
                            SIGNER_TRANSFORM(SIGNER_ENVELOPED) SIGNER_TRANSFORM(SIGNER_C14N)),
                 hash, value, or_default(wish->more, "")) < 0)
        return NULL;
    /* Canonical by itself, SignedInfo declares the namespace that it has from Signature. */
    if (asprintf(&info, "<SignedInfo xmlns=\"" NS_DS "\">%s</SignedInfo>", inner) < 0)
        return NULL;
    signature = sign(party->key, info, digest_of(method));
    if (!signature || asprintf(&element,
                               "<Signature xmlns=\"" NS_DS "\"><SignedInfo>%s</SignedInfo>"
                               "<SignatureValue>%s</SignatureValue>"
                               "<KeyInfo>%s</KeyInfo></Signature>",
                               inner, signature, or_default(wish->key_info, name)) < 0)
        return NULL;
    return element;
}

char *
signer_finish(const struct party *party, char *canonical)
{
    TEXT_AUTO *text = canonical;
    TEXT_AUTO *signature = text ? signer_sign(party, text, NULL) : NULL;
    const char *end = text ? strrchr(text, '<') : NULL;
    char *message = NULL;

    if (!signature || !end ||
        asprintf(&message, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n%.*s%s%s",
                 (int)(end - text), text, signature, end) < 0)
        return NULL;
    return message;
}

/* --- encryption ------------------------------------------------------------------------------- */

static char *
wrap(EVP_PKEY *merchant, const unsigned char key[KEY_SIZE], bool pkcs1)
{
    unsigned char bytes[RSA_MAX];
    size_t size = sizeof bytes;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(merchant, NULL);
    /* Without more words, OAEP and its MGF1 use SHA-1. */
    bool is_made = context && EVP_PKEY_encrypt_init(context) == 1 &&
                   EVP_PKEY_CTX_set_rsa_padding(context, pkcs1 ? RSA_PKCS1_PADDING
                                                               : RSA_PKCS1_OAEP_PADDING) == 1 &&
                   EVP_PKEY_encrypt(context, bytes, &size, key, KEY_SIZE) == 1;

    EVP_PKEY_CTX_free(context);
    return is_made ? base64(bytes, size) : NULL;
}

/* The IV, and the text with random padding: the last byte has the count. */
static char *
encipher(const unsigned char key[KEY_SIZE], const char *element, int last_byte)
{
    size_t length = strlen(element), padding = BLOCK_SIZE - length % BLOCK_SIZE;
    size_t size = length + padding;
    unsigned char *plain = malloc(size), *bytes = malloc(BLOCK_SIZE + size);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int written = 0;
    char *text = NULL;

    if (plain && bytes && context && RAND_bytes(bytes, BLOCK_SIZE) == 1 &&
        RAND_bytes(plain + length, (int)padding) == 1) {
        memcpy(plain, element, length);
        plain[size - 1] = (unsigned char)(last_byte ? last_byte : (int)padding);
        if (EVP_EncryptInit_ex2(context, EVP_aes_256_cbc(), key, bytes, NULL) == 1 &&
            EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
            EVP_EncryptUpdate(context, bytes + BLOCK_SIZE, &written, plain, (int)size) == 1 &&
            (size_t)written == size)
            text = base64(bytes, BLOCK_SIZE + size);
    }
    EVP_CIPHER_CTX_free(context);
    free(plain);
    free(bytes);
    return text;
}

char *
signer_encrypt(EVP_PKEY *merchant, const char *legal_id, const char *element,
               const struct encryption_options *options)
{
    static const struct encryption_options none;
    const struct encryption_options *wish = options ? options : &none;
    unsigned char key[KEY_SIZE];
    TEXT_AUTO *wrapped = NULL;
    TEXT_AUTO *text = NULL;
    char *encrypted = NULL;

    if (RAND_bytes(key, sizeof key) != 1)
        return NULL;
    wrapped = wrap(merchant, key, wish->pkcs1);
    text = encipher(key, element, wish->padding);
    if (!wrapped || !text ||
        asprintf(&encrypted,
                 "<xenc:EncryptedData xmlns:xenc=\"" NS_XENC "\" Type=\"" NS_XENC "Element\">"
                 "<xenc:EncryptionMethod Algorithm=\"" NS_XENC "aes256-cbc\">"
                 "</xenc:EncryptionMethod><ds:KeyInfo xmlns:ds=\"" NS_DS "\">"
                 "<xenc:EncryptedKey Recipient=\"%s\"><xenc:EncryptionMethod Algorithm=\"" NS_XENC
                 "%s\">%s</xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>%s"
                 "</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo>"
                 "<xenc:CipherData><xenc:CipherValue>%s</xenc:CipherValue></xenc:CipherData>"
                 "</xenc:EncryptedData>",
                 legal_id, wish->pkcs1 ? "rsa-1_5" : "rsa-oaep-mgf1p",
                 wish->pkcs1 || wish->without_digest ? ""
                                                     : "<ds:DigestMethod Algorithm=\"" NS_DS
                                                       "sha1\"></ds:DigestMethod>",
                 wrapped, text) < 0)
        return NULL;
    return encrypted;
}

char *
signer_escape(const char *text)
{
    char *escaped = malloc(strlen(text) * 6 + 1), *to = escaped;

    if (!escaped)
        return NULL;
    for (; *text; text++) {
        const char *reference = *text == '&'    ? "&amp;"
                                : *text == '<'  ? "&lt;"
                                : *text == '>'  ? "&gt;"
                                : *text == '\r' ? "&#xD;"
                                                : NULL;
        if (reference)
            to = stpcpy(to, reference);
        else
            *to++ = *text;
    }
    *to = '\0';
    return escaped;
}
