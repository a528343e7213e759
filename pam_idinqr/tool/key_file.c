/* SPDX-License-Identifier: BSD-3-Clause */
#include "pam_idinqr/tool/key_file.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/trusted_file.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/login/agent_start.h"
#include "pam_idinqr/tool/command.h"
#include "pam_idinqr/tool/console.h"
#include "pam_idinqr/tool/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sha256.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

const char *
key_file_alg(const struct key_message *key)
{
    static const char *const algs[] = {
        [KEY_RSA] = "RS256", [KEY_P256] = "ES256", [KEY_ED25519] = "EdDSA"};

    return algs[key->type];
}

/* The members that form the key, in the order of RFC 7638, 3.2, without blanks. */
static void
write_members(FILE *file, const struct key_message *key)
{
    switch (key->type) {
    case KEY_RSA:
        fprintf(file, "\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"", key->second, key->first);
        return;
    case KEY_P256:
        fprintf(file, "\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"", key->first,
                key->second);
        return;
    case KEY_ED25519:
        fprintf(file, "\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"", key->first);
        return;
    }
}

int
key_file_thumbprint(const struct key_message *key, char ret[KEY_FILE_THUMBPRINT_SIZE])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    SHA2_CTX hash;
    int failed = !file;

    if (file) {
        fputc('{', file);
        write_members(file, key);
        fputc('}', file);
        failed = fclose(file);
    }
    if (!failed) {
        SHA256Init(&hash);
        SHA256Update(&hash, (unsigned char *)text, size);
        SHA256Final(digest, &hash);
        (void)characters_write_base64url(digest, sizeof digest, ret);
    }
    free(text);
    return failed ? IDQ_SYSTEM : 0;
}

static void
write_kid(FILE *file, const char *kid)
{
    fputs(",\"kid\":\"", file);
    for (; *kid; kid++) {
        if (*kid == '"' || *kid == '\\')
            fputc('\\', file);
        fputc(*kid, file);
    }
    fputc('"', file);
}

char *
key_file_text(const struct key_message *keys, size_t n_keys)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    if (!file)
        return NULL;
    fputs("{\"keys\":[", file);
    for (size_t i = 0; i < n_keys; i++) {
        fputs(i > 0 ? ",\n{" : "\n{", file);
        write_members(file, &keys[i]);
        fprintf(file, ",\"alg\":\"%s\"", key_file_alg(&keys[i]));
        if (keys[i].kid[0])
            write_kid(file, keys[i].kid);
        fputc('}', file);
    }
    fputs("\n]}\n", file);
    if (fclose(file) == 0)
        return text;
    free(text);
    return NULL;
}

/* Writes all of it to the disk, readable by every user. Closes fd. */
static int
write_file(int fd, const char *text)
{
    int result = trusted_file_write(fd, text);

    if (result == 0)
        result = fchmod(fd, 0644);
    if (result == 0)
        result = fsync(fd);
    return close(fd) != 0 ? -1 : result;
}

int
key_file_write(const char *path, const char *text, struct diag *ret_diag)
{
    char new_path[PATH_MAX];
    int fd = -1;

    if (snprintf(new_path, sizeof new_path, "%s.XXXXXX", path) < (int)sizeof new_path)
        fd = mkostemp(new_path, O_CLOEXEC);
    if (fd < 0) {
        diag_set_error(ret_diag, path, errno);
        return IDQ_SYSTEM;
    }
    if (write_file(fd, text) != 0 || rename(new_path, path) != 0) {
        diag_set_error(ret_diag, path, errno);
        unlink(new_path);
        return IDQ_SYSTEM;
    }
    if (trusted_file_flush_directory(path) != 0) {
        diag_set_file(ret_diag, path, 0, "is changed, but a power cut might undo it: %s",
                      strerror(errno));
        return IDQ_SYSTEM;
    }
    return 0;
}

/* idinqr keys --fetch: fetches the OpenID provider's public keys through the agent (probe.h), shows
 * them, and writes jwks_file. The keys are only as trustworthy as TLS, so an administrator compares
 * them before they are pinned. */

static void
free_text(char **text)
{
    free(*text);
}

static void
free_keys(struct key_message **keys)
{
    free(*keys);
}

#define TEXT_AUTO __attribute__((cleanup(free_text))) char
#define KEYS_AUTO __attribute__((cleanup(free_keys))) struct key_message

/* Prints each key on a line. `old` is the text of the existing file, or "". */
static int
print_keys(const struct key_message *keys, size_t n_keys, const char *old)
{
    printf("%-7s %-6s %-43s %s\n", "", "ALG", "THUMBPRINT (RFC 7638)", "KID");
    for (size_t i = 0; i < n_keys; i++) {
        char thumbprint[KEY_FILE_THUMBPRINT_SIZE];
        if (key_file_thumbprint(&keys[i], thumbprint) != 0)
            return IDQ_SYSTEM;
        printf("%-7s %-6s %-43s %s\n", strstr(old, keys[i].first) ? "present" : "new",
               key_file_alg(&keys[i]), thumbprint, keys[i].kid);
    }
    return 0;
}

/* Writes keys that are new, if the administrator agrees. */
static int
replace(const struct command_options *options, const char *path, const char *text, const char *old)
{
    char question[PATH_MAX + 80];
    struct diag diag;

    if (strlen(text) > KEY_SET_MAX) {
        command_say("these keys take %zu bytes, and jwks_file may have %d", strlen(text),
                    KEY_SET_MAX);
        return COMMAND_MACHINE;
    }
    if (strcmp(old, text) == 0) {
        printf("%s has exactly these keys.\n", path);
        return COMMAND_DONE;
    }
    snprintf(question, sizeof question, "Compare them with the provider's. Write %s? [y/N] ", path);
    if (!options->yes && !console_confirm(question)) {
        command_say("nothing was changed");
        return COMMAND_REFUSED;
    }
    if (key_file_write(path, text, &diag) != 0) {
        command_say_diag(&diag);
        return COMMAND_MACHINE;
    }
    printf("Written: %s.\n", path);
    return COMMAND_DONE;
}

static int
fetch(const struct command_options *options, const struct config *config, const char *path)
{
    KEYS_AUTO *keys = calloc(KEY_SET_KEYS_MAX, sizeof *keys);
    TEXT_AUTO *text = NULL;
    char old[KEY_SET_MAX + 1], line[DIAG_LINE_SIZE];
    struct probe_report report;
    struct diag diag;
    size_t n_keys = 0;
    int result = keys ? probe_fetch_keys(config, keys, &n_keys, &report) : IDQ_SYSTEM;

    if (result != 0) {
        command_say("%s", keys && report.diag.text[0] ? diag_format(&report.diag, line)
                                                      : error_text(result));
        return command_exit_for(result);
    }
    if (agent_start_read_keys(path, old, &diag) != 0)
        old[0] = '\0'; /* it is replaced, valid or not */
    text = key_file_text(keys, n_keys);
    if (!text || print_keys(keys, n_keys, old) != 0) {
        command_say("out of memory");
        return COMMAND_MACHINE;
    }
    return replace(options, path, text, old);
}

int
command_keys(const struct command_options *options, int argc, char **argv)
{
    CONFIG_AUTO *config = NULL;
    const char *path;
    int result;

    (void)argv;
    if (argc > 0 || !options->fetch) {
        command_say("keys takes --fetch, and nothing else");
        return COMMAND_USAGE;
    }
    result = command_load_config(options, &config);
    if (result != COMMAND_DONE)
        return result;
    path = config->settings.oidc.jwks_file;
    if (path[0] == '\0') {
        command_say("jwks_file is not set for the provider %s", config->provider->name);
        return COMMAND_MACHINE;
    }
    return fetch(options, config, path);
}
