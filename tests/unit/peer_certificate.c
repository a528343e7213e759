/* SPDX-License-Identifier: BSD-3-Clause */
/* See peer_certificate.h. */
#include "tests/unit/peer_certificate.h"

#include "tests/unit/tls_server.h"

#include <check.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#define DAY_S (24L * 3600)

struct authority {
    EVP_PKEY *key;
    X509 *certificate;
};

static void
add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    ck_assert_ptr_nonnull(extension);
    ck_assert(X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
}

/* Without extensions, and not signed yet. */
static X509 *
new_certificate(const char *name, EVP_PKEY *key, long from_s, long to_s)
{
    static long serial = 1;
    X509 *certificate = X509_new();

    ck_assert_ptr_nonnull(certificate);
    ck_assert(X509_set_version(certificate, X509_VERSION_3));
    ck_assert(ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++));
    ck_assert_ptr_nonnull(X509_gmtime_adj(X509_getm_notBefore(certificate), from_s));
    ck_assert_ptr_nonnull(X509_gmtime_adj(X509_getm_notAfter(certificate), to_s));
    ck_assert(X509_set_pubkey(certificate, key));
    ck_assert(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                                         (const unsigned char *)name, -1, -1, 0));
    return certificate;
}

static struct authority
make_authority(void)
{
    struct authority made = {.key = EVP_EC_gen("P-256")};

    made.certificate = new_certificate("peer's CA", made.key, -DAY_S, DAY_S);
    ck_assert(X509_set_issuer_name(made.certificate, X509_get_subject_name(made.certificate)));
    add_extension(made.certificate, made.certificate, NID_basic_constraints, "critical,CA:TRUE");
    ck_assert_int_gt(X509_sign(made.certificate, made.key, EVP_sha256()), 0);
    return made;
}

static void
free_authority(struct authority *authority)
{
    X509_free(authority->certificate);
    EVP_PKEY_free(authority->key);
}

static void
write_ca(const struct authority *authority, const char *ca_file)
{
    FILE *file = fopen(ca_file, "we");

    ck_assert_ptr_nonnull(file);
    ck_assert(PEM_write_X509(file, authority->certificate));
    ck_assert_int_eq(fclose(file), 0);
}

void
peer_certificate_make(enum peer_certificate kind, SSL_CTX *context, const char *ca_file,
                      char *ret_pin, size_t capacity)
{
    long from_days = kind == PEER_CERTIFICATE_NOT_YET ? 1 : -2;
    long to_days = kind == PEER_CERTIFICATE_EXPIRED ? -1 : 30;
    struct authority trusted = make_authority(), other = make_authority(), itself;
    const struct authority *issuer = &trusted;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = new_certificate("peer", key, from_days * DAY_S, to_days * DAY_S);

    itself = (struct authority){.key = key, .certificate = certificate};
    if (kind == PEER_CERTIFICATE_OTHER_CA)
        issuer = &other;
    if (kind == PEER_CERTIFICATE_SELF_SIGNED)
        issuer = &itself;
    ck_assert(X509_set_issuer_name(certificate, X509_get_subject_name(issuer->certificate)));
    add_extension(certificate, issuer->certificate, NID_subject_alt_name,
                  kind == PEER_CERTIFICATE_OTHER_HOST ? "DNS:other.example,IP:127.0.0.2"
                                                      : "IP:127.0.0.1");
    if (kind == PEER_CERTIFICATE_CLIENT)
        add_extension(certificate, issuer->certificate, NID_ext_key_usage, "clientAuth");
    ck_assert_int_gt(X509_sign(certificate, issuer->key, EVP_sha256()), 0);
    ck_assert(SSL_CTX_use_certificate(context, certificate));
    ck_assert(SSL_CTX_use_PrivateKey(context, key));
    tls_server_pin(certificate, ret_pin, capacity);
    write_ca(&trusted, ca_file);
    X509_free(certificate);
    EVP_PKEY_free(key);
    free_authority(&trusted);
    free_authority(&other);
}
