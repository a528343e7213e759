/* SPDX-License-Identifier: BSD-3-Clause */
/* Signs and encrypts as an acquirer and a bank do in iDx 1.0.0, with OpenSSL alone. It has no XML
 * library: the callers write canonical XML, so that the bytes of a text are what is signed. The
 * tests can ask for signatures and ciphertexts that the protocol forbids. The sandbox and the tests
 * run it, on their own input. */
#ifndef IDQ_SANDBOX_ACQUIRER_SIGNER_H
#define IDQ_SANDBOX_ACQUIRER_SIGNER_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#define SIGNER_C14N                 "http://www.w3.org/2001/10/xml-exc-c14n#"
#define SIGNER_RSA_SHA256           "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
#define SIGNER_ENVELOPED            "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
#define SIGNER_TRANSFORM(algorithm) "<Transform Algorithm=\"" algorithm "\"></Transform>"

/* A bank, an acquirer or a merchant: an RSA key and a certificate that it signed itself. */
struct party {
    EVP_PKEY *key;
    X509 *certificate;
    char name[41]; /* SHA-1 of the certificate in upper-case hex digits: a KeyName */
};

/* Returns 0 or IDQ_SYSTEM. */
int party_new(const char *common_name, struct party *ret_party);
void party_free(struct party *party);

/* All that the sandbox plays, and the merchant whose key it gives to the relay. */
struct parties {
    struct party acquirer, bank, merchant;
};

/* In PEM. The caller frees it. NULL if memory is short. */
char *party_key_pem(const struct party *party);
char *party_certificate_pem(const struct party *party);

/* NULL: as the protocol says. */
struct signature_options {
    const char *c14n, *method; /* algorithms; one with "sha1" in it signs so */
    const char *uri, *digest;  /* of the Reference */
    const char *transforms;    /* canonical XML */
    const char *more;          /* canonical XML behind the Reference */
    const char *key_info;      /* canonical XML; the KeyName */
};

/* Returns an element Signature over a canonical text, or NULL. The caller frees it. */
char *signer_sign(const struct party *party, const char *canonical,
                  const struct signature_options *options);

/* Returns the message with a signature as the last child of its root, or NULL. Frees `canonical`,
 * which may be NULL. */
char *signer_finish(const struct party *party, char *canonical);

struct encryption_options {
    bool pkcs1;          /* RSA with the padding of PKCS #1 v1.5 */
    bool without_digest; /* leave out the name of OAEP's digest */
    int padding;         /* the last byte of the plain text; 0: right */
};

/* Returns an EncryptedData of an element for a merchant, or NULL. The caller frees it. */
char *signer_encrypt(EVP_PKEY *merchant, const char *legal_id, const char *element,
                     const struct encryption_options *options);

/* Returns the text of an element in canonical XML, or NULL. The caller frees it. */
char *signer_escape(const char *text);

#endif
