/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr-relay check: finds what would fail. The administrator runs it, as root: it then becomes
 * the relay's user, so that it sees the files as the relay does. */
#include "pam_idinqr/relay/relay_check.h"

#include "pam_idinqr/agent/client_assertion.h"
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/relay/acquirer.h"
#include "pam_idinqr/relay/openid.h"
#include "pam_idinqr/relay/relay_command.h"
#include "pam_idinqr/relay/relay_keys.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RSA_BITS_MIN 2048
#define SOON_DAYS    30

static void
free_certificate(X509 **certificate)
{
    X509_free(*certificate);
}

static void
free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void
free_bio(BIO **bio)
{
    BIO_free(*bio);
}

#define CERTIFICATE_AUTO __attribute__((cleanup(free_certificate))) X509
#define KEY_AUTO         __attribute__((cleanup(free_key))) EVP_PKEY
#define BIO_AUTO         __attribute__((cleanup(free_bio))) BIO

/* --- the configuration ---------------------------------------------------------------------- */

/* A command mends the mode of a file, and the editor its content. */
static void
add_config(struct relay_check *check, const struct diag *diag)
{
    if (diag->cure || diag->error == EACCES)
        relay_check_add(check, RELAY_FINDING_FILE, NULL, diag->file, "%s: %s", diag->file,
                        diag->text);
    else
        relay_check_add(check, RELAY_FINDING_CONFIG, NULL, diag->file, "%s: %s", diag->file,
                        diag->text);
    check->findings[check->n_findings - 1].line = diag->line;
}

/* serve takes numeric addresses alone. */
static bool
is_loopback(const char *listen)
{
    return strncmp(listen, "127.", 4) == 0 || strncmp(listen, "[::1]:", 6) == 0;
}

static void
check_settings(struct relay_check *check)
{
    const struct relay_config *config = check->config;
    bool is_public = !is_loopback(config->listen);

    if (is_public && config->certificate_file[0] == '\0')
        relay_check_add(check, RELAY_FINDING_PLAIN_HTTP, &config->listen, "",
                        "%s is not on this machine alone, and there is no certificate_file",
                        config->listen);
    else if (is_public && config->behind_proxy)
        relay_check_add(check, RELAY_FINDING_PROXY_BYPASS, &config->behind_proxy, "",
                        "clients reach %s without the proxy", config->listen);
    if (config->metrics_listen[0] && !is_loopback(config->metrics_listen))
        relay_check_add(check, RELAY_FINDING_METRICS_OPEN, &config->metrics_listen, "",
                        "%s has no password, and is not on this machine alone",
                        config->metrics_listen);
    if (config->confirm == RELAY_CONFIRM_NONE)
        relay_check_add(check, RELAY_FINDING_CONFIRM_NONE, &config->confirm, "",
                        "a code that is photographed and approved elsewhere opens a login");
}

/* --- the state ------------------------------------------------------------------------------ */

/* Returns whether this process can go on with the rights of the relay. */
static bool
check_state(struct relay_check *check)
{
    const struct relay_config *config = check->config;
    char directory[PATH_MAX];
    struct stat status;
    struct diag diag;

    relay_state_directory(config, directory);
    if (stat(directory, &status) != 0)
        relay_check_add(check, RELAY_FINDING_STATE, &config->database, directory, "%s: %s",
                        directory, strerror(errno));
    else if (geteuid() != 0 && status.st_uid != geteuid())
        relay_check_add(check, RELAY_FINDING_STATE, &config->database, directory,
                        "%s belongs to uid %u: run this as root", directory,
                        (unsigned)status.st_uid);
    else if (status.st_uid == 0)
        relay_check_add(check, RELAY_FINDING_STATE, &config->database, directory,
                        "%s belongs to root, not to the relay's user", directory);
    else if (status.st_mode & (S_IWGRP | S_IWOTH))
        relay_check_add(check, RELAY_FINDING_STATE, &config->database, directory,
                        "%s can be written by others (mode %03o)", directory,
                        (unsigned)status.st_mode & 07777);
    else if (relay_become_owner(config, &diag) != 0)
        relay_check_add(check, RELAY_FINDING_STATE, &config->database, directory, "%s", diag.text);
    else if (access(directory, W_OK | X_OK) != 0)
        relay_check_add(check, RELAY_FINDING_STATE, &config->database, directory,
                        "%s cannot be written: %s", directory, strerror(errno));
    else
        return true;
    return false;
}

/* The jail lets the relay write and remove all files in the directory of its database. */
static void
check_reach(struct relay_check *check)
{
    const struct relay_config *config = check->config;
    const char *const keys[] = {config->map_key_file,
                                config->signing_key_file,
                                config->key_file,
                                config->acquirer.merchant_key_file,
                                config->acquirer.saml_key_file,
                                config->openid.client_key_file,
                                config->openid.decryption_key_file};
    char *directory = NULL, *slash, path[PATH_MAX];

    snprintf(path, sizeof path, "%s", config->database);
    slash = strrchr(path, '/');
    if (slash > path)
        *slash = '\0';
    if (!store_is_shared(config->database))
        directory = realpath(path, NULL);
    for (size_t i = 0; directory && i < ARRAY_LENGTH(keys); i++) {
        char *key = realpath(keys[i], NULL);
        size_t size = strlen(directory);
        if (key && strncmp(key, directory, size) == 0 && key[size] == '/')
            relay_check_add(check, RELAY_FINDING_KEYS_IN_REACH, &config->database, directory,
                            "the relay can overwrite and remove %s", key);
        free(key);
    }
    free(directory);
}

static void
count_desk(void *context, const struct store_desk *desk)
{
    *(unsigned *)context += desk->revoked_ms == 0;
}

static void
check_database(struct relay_check *check)
{
    const char *path = check->config->database;
    unsigned n_desks = 0;
    struct diag diag;

    /* The first desk makes a file. */
    if (store_is_shared(path) || access(path, F_OK) == 0) {
        if (store_open(path, &check->relay->store, &diag) != 0) {
            relay_check_add(check, diag.cure ? RELAY_FINDING_FILE : RELAY_FINDING_DATABASE,
                            &check->config->database, diag.file, "%s%s%s", diag.file,
                            diag.file[0] ? ": " : "", diag.text);
            check->findings[check->n_findings - 1].cure = diag.cure;
            return;
        }
        if (store_desk_each(check->relay->store, count_desk, &n_desks) != 0) {
            relay_check_add(check, RELAY_FINDING_DATABASE, &check->config->database, path, "%s",
                            store_error(check->relay->store));
            return;
        }
    }
    if (n_desks == 0)
        relay_check_add(check, RELAY_FINDING_DESKS, NULL, "", "there is no desk");
}

static void
check_keys(struct relay_check *check)
{
    struct diag diag;

    if (relay_keys_read(check->relay, &diag) != 0)
        relay_check_add(check,
                        diag.cure || diag.error == EACCES ? RELAY_FINDING_FILE : RELAY_FINDING_KEYS,
                        NULL, diag.file, "%s: %s", diag.file, diag.text);
}

/* --- certificates --------------------------------------------------------------------------- */

void
relay_check_dates(struct relay_check *check, const void *field, const char *object,
                  const X509 *certificate, enum relay_finding_kind ended,
                  enum relay_finding_kind soon)
{
    const ASN1_TIME *from = X509_get0_notBefore(certificate);
    const ASN1_TIME *until = X509_get0_notAfter(certificate);
    char day[40] = "a day that cannot be read";
    int days = 0, seconds = 0;
    struct tm parts;

    if (ASN1_TIME_to_tm(until, &parts) == 1)
        (void)strftime(day, sizeof day, "%Y-%m-%d", &parts);
    if (X509_cmp_current_time(from) >= 0)
        relay_check_add(check, ended, field, object, "%s: a certificate is not valid yet", object);
    else if (X509_cmp_current_time(until) <= 0)
        relay_check_add(check, ended, field, object, "%s: a certificate expired on %s", object,
                        day);
    else if (ASN1_TIME_diff(&days, &seconds, NULL, until) == 1 && days < SOON_DAYS)
        relay_check_add(check, soon, field, object, "%s: a certificate expires on %s", object, day);
}

/* Reads a file that a setting names. Returns false if it names no file, or with a finding. */
static bool
read_pem(struct relay_check *check, const char *const *field, enum trusted_file_use use,
         BIO **ret_bio, struct secret **ret_pem)
{
    struct diag diag;

    *ret_bio = NULL;
    if (relay_pem_read(*field, use, ret_pem, &diag) != 0) {
        relay_check_add(check, RELAY_FINDING_FILE, field, diag.file, "%s: %s", diag.file,
                        diag.text);
        return false;
    }
    if (*ret_pem)
        *ret_bio = BIO_new_mem_buf(secret_bytes(*ret_pem), (int)secret_size(*ret_pem));
    return *ret_bio != NULL;
}

/* Returns the first certificate of the file, and checks the dates of all. */
static X509 *
check_certificates(struct relay_check *check, const char *const *field,
                   enum relay_finding_kind ended, enum relay_finding_kind soon)
{
    SECRET_AUTO *pem = NULL;
    BIO_AUTO *bio = NULL;
    X509 *first = NULL, *next;

    if (!read_pem(check, field, TRUSTED_FILE_OPEN_TEXT, &bio, &pem))
        return NULL;
    while ((next = PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
        relay_check_dates(check, field, *field, next, ended, soon);
        if (first)
            X509_free(next);
        else
            first = next;
    }
    if (!first)
        relay_check_add(check, RELAY_FINDING_CERTIFICATE, field, *field,
                        "%s: has no certificate in PEM", *field);
    return first;
}

static EVP_PKEY *
read_key(struct relay_check *check, const char *const *field)
{
    SECRET_AUTO *pem = NULL;
    BIO_AUTO *bio = NULL;
    EVP_PKEY *key = NULL;

    if (read_pem(check, field, TRUSTED_FILE_SECRET, &bio, &pem)) {
        key = relay_pem_key(pem);
        if (!key)
            relay_check_add(check, RELAY_FINDING_KEY, field, *field,
                            "%s: is not a private key in PEM without a passphrase", *field);
    }
    return key;
}

static void
check_match(struct relay_check *check, const char *const *field, const X509 *certificate,
            const EVP_PKEY *key)
{
    if (certificate && key && X509_check_private_key(certificate, key) != 1)
        relay_check_add(check, RELAY_FINDING_KEY, field, *field,
                        "%s: is not the key of the certificate", *field);
}

static void
check_server_certificate(struct relay_check *check)
{
    const struct relay_config *config = check->config;
    CERTIFICATE_AUTO *certificate =
        check_certificates(check, &config->certificate_file, RELAY_FINDING_CERTIFICATE,
                           RELAY_FINDING_CERTIFICATE_SOON);
    KEY_AUTO *key = read_key(check, &config->key_file);
    unsigned char address[sizeof(struct in6_addr)];
    bool is_address = inet_pton(AF_INET, config->host, address) == 1 ||
                      inet_pton(AF_INET6, config->host, address) == 1;

    check_match(check, &config->key_file, certificate, key);
    if (certificate && (is_address ? X509_check_ip_asc(certificate, config->host, 0)
                                   : X509_check_host(certificate, config->host, 0, 0, NULL)) != 1)
        relay_check_add(check, RELAY_FINDING_CERTIFICATE_HOST, &config->certificate_file,
                        config->certificate_file, "%s: is not for %s", config->certificate_file,
                        config->host);
}

static void
check_rsa(struct relay_check *check, const char *const *field, const EVP_PKEY *key)
{
    if (key && (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA || EVP_PKEY_get_bits(key) < RSA_BITS_MIN))
        relay_check_add(check, RELAY_FINDING_KEY_WEAK, field, *field,
                        "%s: is not an RSA key of %d bits or more", *field, RSA_BITS_MIN);
}

static void
check_acquirer_files(struct relay_check *check)
{
    const struct acquirer_settings *settings = &check->config->acquirer;
    CERTIFICATE_AUTO *own =
        check_certificates(check, &settings->merchant_certificate_file, RELAY_FINDING_CERTIFICATE,
                           RELAY_FINDING_CERTIFICATE_SOON);
    struct diag diag;
    KEY_AUTO *key = read_key(check, &settings->merchant_key_file);
    KEY_AUTO *saml = read_key(check, &settings->saml_key_file);

    /* Pinned: an old one still verifies, but the acquirer will change it. */
    X509_free(check_certificates(check, &settings->certificate_file,
                                 RELAY_FINDING_ACQUIRER_CERTIFICATE,
                                 RELAY_FINDING_ACQUIRER_CERTIFICATE));
    X509_free(check_certificates(check, &settings->alternative_certificate_file,
                                 RELAY_FINDING_ACQUIRER_CERTIFICATE,
                                 RELAY_FINDING_ACQUIRER_CERTIFICATE));
    check_rsa(check, &settings->merchant_key_file, key);
    check_rsa(check, &settings->saml_key_file, saml);
    check_match(check, &settings->merchant_key_file, own, key);
    /* The ids, and all of this once more as serve does it. */
    if (acquirer_open(check->relay, &diag) != 0)
        relay_check_add(check, RELAY_FINDING_CONFIG, NULL, "", "[acquirer]: %s", diag.text);
}

/* A key of the section [openid]. */
static void
check_openid_key(struct relay_check *check, const char *const *field)
{
    SECRET_AUTO *pem = NULL;
    BIO_AUTO *bio = NULL;
    KEY_AUTO *key = NULL;
    KEY_AUTO *any = NULL;
    const char *trouble;

    if (!read_pem(check, field, TRUSTED_FILE_SECRET, &bio, &pem) ||
        client_key_read(secret_bytes(pem), &key, &trouble) == 0)
        return;
    any = relay_pem_key(pem);
    relay_check_add(check, any ? RELAY_FINDING_KEY_WEAK : RELAY_FINDING_KEY, field, *field,
                    "%s: %s", *field, trouble);
}

static void
check_openid_files(struct relay_check *check)
{
    struct diag diag;

    check_openid_key(check, &check->config->openid.client_key_file);
    check_openid_key(check, &check->config->openid.decryption_key_file);
    if (openid_open(check->relay, &diag) != 0)
        relay_check_add(check, RELAY_FINDING_CONFIG, NULL, "", "[openid]: %s", diag.text);
}

static void
check_files(struct relay_check *check)
{
    RELAY_CONFIG_AUTO *again = NULL;
    struct diag diag;

    /* Root could read it. */
    if (relay_config_load(check->conf, &again, &diag) != 0)
        add_config(check, &diag);
    check_keys(check);
    check_database(check);
    check_reach(check);
    check_server_certificate(check);
    if (check->config->upstream == RELAY_OPENID)
        check_openid_files(check);
    else if (check->config->upstream != RELAY_CM)
        check_acquirer_files(check);
    else if (acquirer_open(check->relay, &diag) != 0)
        relay_check_add(check, RELAY_FINDING_CONFIG, NULL, "", "[cm]: %s", diag.text);
}

static int
run(struct relay_check *check, bool is_offline)
{
    struct diag diag;

    if (relay_config_load(check->conf, &check->config, &diag) != 0) {
        add_config(check, &diag);
        return relay_check_print(check, stdout);
    }
    check->relay->config = check->config;
    relay_look_at_clock(check->relay);
    check_settings(check);
    if (check_state(check)) { /* else it is still root, who must not read answers of the network */
        check_files(check);
        if (!is_offline)
            relay_check_network(check);
    }
    return relay_check_print(check, stdout);
}

int
relay_command_check(const char *conf, int argc, char **argv)
{
    struct relay_check *check;
    bool is_offline = argc == 1 && strcmp(argv[0], "--offline") == 0;
    int state = RELAY_EXIT_MACHINE;

    if (argc > 0 && !is_offline) {
        relay_say("check takes --offline, or nothing");
        return RELAY_EXIT_MACHINE;
    }
    check = calloc(1, sizeof *check);
    if (check)
        check->relay = calloc(1, sizeof *check->relay);
    if (check && check->relay) {
        umask(077);
        check->conf = conf;
        state = run(check, is_offline);
        relay_close(&check->relay);
        if (check->config)
            relay_config_free(&check->config);
    } else {
        relay_say("out of memory");
    }
    free(check);
    return fflush(stdout) == 0 ? state : RELAY_EXIT_MACHINE;
}
