/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this when it starts. */
#include "pam_idinqr/sandbox/settings_file.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/trusted_file.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/signing_key.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/sandbox/handlers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How idinqr.conf begins: by it a later start knows its own directory. */
#define FIRST_LINE "# Written by idinqr-sandbox(1) at its start."

#define CONF_FILE "idinqr.conf"

/* What qr_hosts is to hold: the URL without its scheme. */
static const char *
host_and_port(const char *url)
{
    return url + strlen("https://");
}

/* With a public key, nothing of the private one. */
static void
write_idin_qr(const struct sandbox *sandbox, const struct state_dir *dir, FILE *file)
{
    bool is_public = sandbox->public_key[0] != '\0';
    char key_hex[2 * SANDBOX_SIGNING_KEY + 1];

    (void)dir;
    characters_write_hex(sandbox->signing_key, sizeof sandbox->signing_key, key_hex);
    fprintf(file,
            "qr_backend_url = %s" IDIN_QR_GENERATE_PATH "\n"
            "merchant_token = %s\n"
            "merchant_sub_id = 0\n"
            "signing_key = %s\n"
            "signing_key_encoding = %s\n"
            "status_url = %s" IDIN_QR_STATUS_PATH "\n"
            "cancel_url = %s" IDIN_QR_CANCEL_PATH "\n"
            "long_poll = 25\n"
            "poll_interval = 1\n",
            sandbox->base_url, sandbox->merchant_token, is_public ? sandbox->public_key : key_hex,
            is_public ? "ed25519" : "hex", sandbox->base_url, sandbox->base_url);
    if (sandbox->is_relay)
        fprintf(file, "relay = yes\n");
    secret_wipe(key_hex, sizeof key_hex);
}

static void
write_signicat(const struct sandbox *sandbox, const struct state_dir *dir, FILE *file)
{
    (void)dir;
    fprintf(file,
            "token_url = %s" SIGNICAT_TOKEN_PATH "\n"
            "api_url = %s" SIGNICAT_API_PATH "\n"
            "account_id = %s\n"
            "client_id = %s\n"
            "client_secret = %s\n"
            "callback_url = %s/\n"
            "poll_interval = 1\n",
            sandbox->base_url, sandbox->base_url, sandbox->account_id, sandbox->client_id,
            sandbox->client_secret, sandbox->public_url);
}

static void
write_oidc_device(const struct sandbox *sandbox, const struct state_dir *dir, FILE *file)
{
    fprintf(file,
            "issuer = %s\n"
            "client_id = %s\n"
            "client_secret = %s\n"
            "required_acr = " SANDBOX_LEVEL_OF_ASSURANCE "\n"
            "jwks_file = %s/" SETTINGS_JWKS_FILE "\n",
            sandbox->base_url, sandbox->client_id, sandbox->client_secret, dir->path);
}

/* The section of each provider, but for qr_hosts, which all of them have. */
static const struct {
    const char *name;
    void (*write)(const struct sandbox *sandbox, const struct state_dir *dir, FILE *file);
} providers[] = {
    {SETTINGS_PROVIDER, write_idin_qr},
    {"signicat", write_signicat},
    {"oidc-device", write_oidc_device},
};

const char *
settings_file_provider(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(providers); i++)
        if (strcmp(providers[i].name, name) == 0)
            return providers[i].name;
    return NULL;
}

static void
write_section(const struct sandbox *sandbox, const struct state_dir *dir, const char *provider,
              FILE *file)
{
    fprintf(file, "\n[%s]\nqr_hosts = %s\n", provider, host_and_port(sandbox->public_url));
    for (size_t i = 0; i < ARRAY_LENGTH(providers); i++)
        if (strcmp(providers[i].name, provider) == 0)
            providers[i].write(sandbox, dir, file);
}

static int
write_keys(const struct sandbox *sandbox, const struct state_dir *dir)
{
    json_t *keys = token_signer_keys(sandbox->signer);
    char *text = keys ? json_dumps(keys, JSON_COMPACT) : NULL;
    int error = text ? state_dir_write(dir, SETTINGS_JWKS_FILE, 0644, text) : IDQ_SYSTEM;

    free(text);
    json_decref(keys);
    return error;
}

static bool
is_ours(const char *path)
{
    char line[sizeof FIRST_LINE - 1];
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool is = file >= 0 && read(file, line, sizeof line) == (ssize_t)sizeof line &&
              memcmp(line, FIRST_LINE, sizeof line) == 0;

    if (file >= 0)
        close(file);
    return is;
}

int
settings_file_check_dir(const struct state_dir *dir, struct diag *ret_diag)
{
    static const char *const names[] = {CONF_FILE,         CONF_FILE ".d",    SETTINGS_CA_FILE,
                                        SETTINGS_MAP_FILE, SETTINGS_KEY_FILE, SETTINGS_RELAY_KEY,
                                        SETTINGS_JWKS_FILE};
    char path[PATH_MAX], closed[PATH_MAX];
    struct stat status;

    diag_set_file(ret_diag, dir->path, 0, "the path is too long");
    if (state_dir_path(dir, CONF_FILE, path) < 0)
        return IDQ_CONFIG;
    if (geteuid() == 0 && !trusted_file_is_within_reach(path, 0, closed)) {
        diag_set(ret_diag,
                 "the agent's user cannot search %s, and so not read ca.pem: choose another "
                 "directory for --dir",
                 closed);
        return IDQ_CONFIG;
    }
    if (is_ours(path))
        return 0;
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        if (state_dir_path(dir, names[i], path) < 0)
            return IDQ_CONFIG;
        if (lstat(path, &status) == 0 || errno != ENOENT) {
            diag_set(ret_diag,
                     "%s was not made by idinqr-sandbox: choose another directory for --dir", path);
            return IDQ_CONFIG;
        }
    }
    return 0;
}

int
settings_file_write(const struct sandbox *sandbox, const struct state_dir *dir,
                    const char *provider, const char *agent)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    if (!file)
        return IDQ_SYSTEM;
    fprintf(file,
            FIRST_LINE " The QR backend is a sandbox: whoever can "
                       "open\n"
                       "# its pages can be any of its test persons.\n"
                       "provider = %s\n"
                       "tries_per_account = 0\n"
                       "tries_in_all = 0\n"
                       "station = " SANDBOX_MERCHANT ", balie 3\n"
                       "map = %s/" SETTINGS_MAP_FILE "\n"
                       "key = %s/" SETTINGS_KEY_FILE "\n"
                       "refused_file = %s/idinqr.refused\n"
                       "ca_file = %s/" SETTINGS_CA_FILE "\n",
            provider, dir->path, dir->path, dir->path, dir->path);
    if (agent)
        fprintf(file, "agent = %s\n", agent);
    write_section(sandbox, dir, provider, file);

    int error = fclose(file) == 0 ? state_dir_write(dir, CONF_FILE, 0600, text) : IDQ_SYSTEM;
    if (text)
        secret_wipe(text, size);
    free(text);
    return error ? error : write_keys(sandbox, dir);
}
