/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this when it starts, and to keep its state. See state_dir.h. */
#include "pam_idinqr/sandbox/state_dir.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/trusted_file.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/stat.h>

static int
open_temporary(struct state_dir *dir)
{
    const char *parent = getenv("TMPDIR");
    char path[PATH_MAX];

    if (!parent || parent[0] == '\0')
        parent = "/tmp";
    int size = snprintf(path, sizeof path, "%s/idinqr-sandbox.XXXXXX", parent);
    if (size >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return IDQ_SYSTEM;
    }
    if (!mkdtemp(path))
        return IDQ_SYSTEM;
    dir->is_temporary = true;
    /* chmod, because the umask must not keep the agent away from ca.pem. */
    return realpath(path, dir->path) && chmod(dir->path, 0711) == 0 ? 0 : IDQ_SYSTEM;
}

int
state_dir_open(const char *path, struct state_dir *ret_dir)
{
    *ret_dir = (struct state_dir){.is_temporary = false};
    if (!path)
        return open_temporary(ret_dir);
    if (mkdir(path, 0711) == 0) {
        if (chmod(path, 0711) != 0)
            return IDQ_SYSTEM;
    } else if (errno != EEXIST) {
        return IDQ_SYSTEM;
    }
    return realpath(path, ret_dir->path) ? 0 : IDQ_SYSTEM;
}

int
state_dir_path(const struct state_dir *dir, const char *name, char ret_path[PATH_MAX])
{
    if (snprintf(ret_path, PATH_MAX, "%s/%s", dir->path, name) < PATH_MAX)
        return 0;
    errno = ENAMETOOLONG;
    return IDQ_SYSTEM;
}

int
state_dir_write(const struct state_dir *dir, const char *name, mode_t mode, const char *text)
{
    char path[PATH_MAX], fresh[PATH_MAX];

    if (state_dir_path(dir, name, path) < 0)
        return IDQ_SYSTEM;
    if (snprintf(fresh, sizeof fresh, "%s.XXXXXX", path) >= (int)sizeof fresh) {
        errno = ENAMETOOLONG;
        return IDQ_SYSTEM;
    }
    int fd = mkstemp(fresh); /* 0600 until it is whole */
    if (fd < 0)
        return IDQ_SYSTEM;
    int error = trusted_file_write(fd, text) == 0 ? 0 : IDQ_SYSTEM;
    if (error == 0 && fchmod(fd, mode) != 0)
        error = IDQ_SYSTEM;
    if (close(fd) != 0)
        error = IDQ_SYSTEM;
    if (error == 0 && rename(fresh, path) != 0)
        error = IDQ_SYSTEM;
    if (error < 0) {
        int why = errno;
        unlink(fresh);
        errno = why;
    }
    return error;
}

void
state_dir_close(struct state_dir *dir)
{
    if (!dir->is_temporary || dir->path[0] == '\0')
        return;
    /* Nothing but plain files was ever put here, and only the owner can put more. */
    DIR *entries = opendir(dir->path);
    for (struct dirent *entry; entries && (entry = readdir(entries));)
        unlinkat(dirfd(entries), entry->d_name, 0);
    if (entries)
        closedir(entries);
    rmdir(dir->path);
    dir->path[0] = '\0';
}

#define SERIAL_BYTES 16

static void
free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void
free_certificate(X509 **certificate)
{
    X509_free(*certificate);
}

static void
free_bio(BIO **bio)
{
    BIO_free(*bio);
}

#define KEY_AUTO         __attribute__((cleanup(free_key))) EVP_PKEY
#define CERTIFICATE_AUTO __attribute__((cleanup(free_certificate))) X509
#define BIO_AUTO         __attribute__((cleanup(free_bio))) BIO

static int
add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    int added = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added ? 0 : IDQ_SYSTEM;
}

/* A certificate without extensions, not signed yet. `issuer` is NULL for one that signs itself. */
static X509 *
new_certificate(const char *common_name, EVP_PKEY *key, X509 *issuer)
{
    CERTIFICATE_AUTO *certificate = X509_new();
    unsigned char serial[SERIAL_BYTES];
    BIGNUM *number;

    if (!certificate || RAND_bytes(serial, sizeof serial) != 1)
        return NULL;
    serial[0] &= 0x7F; /* a serial number is positive */
    number = BN_bin2bn(serial, sizeof serial, NULL);
    X509_NAME *name = X509_get_subject_name(certificate);
    /* The validity begins a day ago, so that a client whose clock is slow can still connect. */
    int made = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) &&
               X509_set_version(certificate, X509_VERSION_3) &&
               X509_gmtime_adj(X509_getm_notBefore(certificate), -24 * 3600) &&
               X509_gmtime_adj(X509_getm_notAfter(certificate), CERTIFICATE_DAYS * 24 * 3600) &&
               X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                          (const unsigned char *)common_name, -1, -1, 0) &&
               X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer) : name) &&
               X509_set_pubkey(certificate, key);
    BN_free(number);
    if (!made)
        return NULL;
    X509 *result = certificate;
    certificate = NULL;
    return result;
}

static X509 *
make_ca(EVP_PKEY *key)
{
    CERTIFICATE_AUTO *ca = new_certificate("idinqr-sandbox CA (test only)", key, NULL);

    if (!ca || add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") < 0 ||
        add_extension(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign") < 0 ||
        add_extension(ca, ca, NID_subject_key_identifier, "hash") < 0 ||
        X509_sign(ca, key, EVP_sha256()) == 0)
        return NULL;
    X509 *result = ca;
    ca = NULL;
    return result;
}

/* Adds one host to a list of names as OpenSSL reads it; hosts are numeric addresses or host names,
 * without a character that means something in such a list. */
static int
add_host(char *names, size_t capacity, const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    bool is_address =
        inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
    size_t used = strlen(names);
    int size = snprintf(names + used, capacity - used, "%s%s:%s", used ? "," : "",
                        is_address ? "IP" : "DNS", host);

    return size > 0 && (size_t)size < capacity - used ? 0 : IDQ_SYSTEM;
}

static X509 *
make_server(EVP_PKEY *key, X509 *ca, EVP_PKEY *ca_key, const char *const *hosts)
{
    CERTIFICATE_AUTO *server = new_certificate("idinqr-sandbox", key, ca);
    char names[1024] = "";

    for (const char *const *always = (const char *const[]){"localhost", "127.0.0.1", "::1", NULL};
         *always; always++)
        if (add_host(names, sizeof names, *always) < 0)
            return NULL;
    for (; *hosts; hosts++)
        if (add_host(names, sizeof names, *hosts) < 0)
            return NULL;
    if (!server || add_extension(server, ca, NID_basic_constraints, "critical,CA:FALSE") < 0 ||
        add_extension(server, ca, NID_key_usage, "critical,digitalSignature") < 0 ||
        add_extension(server, ca, NID_ext_key_usage, "serverAuth") < 0 ||
        add_extension(server, ca, NID_subject_key_identifier, "hash") < 0 ||
        add_extension(server, ca, NID_authority_key_identifier, "keyid") < 0 ||
        add_extension(server, ca, NID_subject_alt_name, names) < 0 ||
        X509_sign(server, ca_key, EVP_sha256()) == 0)
        return NULL;
    X509 *result = server;
    server = NULL;
    return result;
}

/* The text of one certificate, or of one key when that is not NULL. NULL when memory is short. */
static char *
to_pem(X509 *certificate, EVP_PKEY *key)
{
    BIO_AUTO *bio = BIO_new(BIO_s_secmem());
    char *bytes, *text;
    int written = bio && (key ? PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)
                              : PEM_write_bio_X509(bio, certificate));
    long size = written ? BIO_get_mem_data(bio, &bytes) : 0;

    if (size <= 0)
        return NULL;
    text = malloc((size_t)size + 1);
    if (text) {
        memcpy(text, bytes, (size_t)size);
        text[size] = '\0';
    }
    return text;
}

int
certificates_make(const char *const *hosts, struct certificates *ret_certificates)
{
    KEY_AUTO *ca_key = EVP_EC_gen("P-256");
    KEY_AUTO *server_key = EVP_EC_gen("P-256");
    CERTIFICATE_AUTO *ca = ca_key ? make_ca(ca_key) : NULL;
    CERTIFICATE_AUTO *server = ca && server_key ? make_server(server_key, ca, ca_key, hosts) : NULL;
    CERTIFICATES_AUTO made = {.ca = NULL};

    if (!server)
        return IDQ_SYSTEM;
    made.ca = to_pem(ca, NULL);
    made.server = to_pem(server, NULL);
    made.server_key = to_pem(NULL, server_key);
    if (!made.ca || !made.server || !made.server_key)
        return IDQ_SYSTEM;
    *ret_certificates = made;
    made = (struct certificates){.ca = NULL};
    return 0;
}

void
certificates_free(struct certificates *certificates)
{
    if (certificates->server_key)
        secret_wipe(certificates->server_key, strlen(certificates->server_key));
    free(certificates->server_key);
    free(certificates->server);
    free(certificates->ca);
    *certificates = (struct certificates){.ca = NULL};
}
