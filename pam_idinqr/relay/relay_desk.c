/* SPDX-License-Identifier: BSD-3-Clause */
/* The administrator runs this: the commands `desk` and `key`. */
#include "pam_idinqr/relay/relay_command.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/relay/qr_backend.h"
#include "pam_idinqr/relay/relay_keys.h"
#include "pam_idinqr/web/tokens.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TOKEN_BYTES 32
#define TOKEN_SIZE  (2 * TOKEN_BYTES + 1)

void
relay_say(const char *format, ...)
{
    va_list arguments;

    fputs("idinqr-relay: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

int
relay_say_diag(const struct diag *diag)
{
    char line[DIAG_LINE_SIZE];

    relay_say("%s", diag_format(diag, line));
    return RELAY_EXIT_MACHINE;
}

static void
directory_of(const char *file, char ret_directory[PATH_MAX])
{
    const char *slash = strrchr(file, '/');

    snprintf(ret_directory, PATH_MAX, "%.*s", slash > file ? (int)(slash - file) : 1, file);
}

/* Whether the directory is missing in one that is the relay's. It is never made in one of root's.
 */
static bool
is_to_be_made(const char *directory, char ret_above[PATH_MAX])
{
    struct stat status;

    directory_of(directory, ret_above);
    return access(directory, F_OK) != 0 && errno == ENOENT && stat(ret_above, &status) == 0 &&
           status.st_uid != 0 && (geteuid() == 0 || status.st_uid == geteuid());
}

void
relay_state_directory(const struct relay_config *config, char ret_directory[PATH_MAX])
{
    bool is_shared = store_is_shared(config->database);
    char above[PATH_MAX];

    directory_of(is_shared ? config->map_key_file : config->database, ret_directory);
    if (!is_shared && is_to_be_made(ret_directory, above))
        memcpy(ret_directory, above, PATH_MAX);
}

/* An error is the store's, which then finds no directory. */
static void
make_directory(const struct relay_config *config)
{
    char directory[PATH_MAX], above[PATH_MAX];

    directory_of(config->database, directory);
    if (!store_is_shared(config->database) && is_to_be_made(directory, above))
        (void)mkdir(directory, 0700);
}

int
relay_become_owner(const struct relay_config *config, struct diag *ret_diag)
{
    char directory[PATH_MAX];
    struct stat status;

    if (geteuid() != 0)
        return 0;
    relay_state_directory(config, directory);
    if (stat(directory, &status) != 0 ||
        (status.st_uid != 0 &&
         (setgroups(0, NULL) != 0 || setresgid(status.st_gid, status.st_gid, status.st_gid) != 0 ||
          setresuid(status.st_uid, status.st_uid, status.st_uid) != 0))) {
        diag_set_error(ret_diag, directory, errno);
        return IDQ_CONFIG;
    }
    return 0;
}

void
relay_close(struct relay **relay)
{
    if (!*relay)
        return;
    http_client_free(&(*relay)->client);
    if ((*relay)->upstream)
        (*relay)->upstream->close(*relay);
    qr_backend_close(*relay);
    relay_keys_free(*relay);
    store_close(&(*relay)->store);
    free((*relay)->banks);
    free(*relay);
    *relay = NULL;
}

int
relay_open(const struct relay_config *config, struct relay **ret_relay, struct diag *ret_diag)
{
    RELAY_AUTO *relay = calloc(1, sizeof *relay);

    if (!relay) {
        diag_set(ret_diag, "out of memory");
        return IDQ_SYSTEM;
    }
    relay->config = config;
    relay_look_at_clock(relay);
    umask(077);
    if (relay_become_owner(config, ret_diag) != 0 || relay_keys_read(relay, ret_diag) != 0)
        return IDQ_CONFIG;
    make_directory(config);
    if (store_open(config->database, &relay->store, ret_diag) != 0)
        return IDQ_CONFIG;
    *ret_relay = relay;
    relay = NULL; /* moved */
    return 0;
}

/* --- desks ---------------------------------------------------------------------------------- */

static int
new_token(char ret_token[TOKEN_SIZE])
{
    unsigned char bytes[TOKEN_BYTES];

    if (token_bytes(bytes, sizeof bytes) != 0)
        return IDQ_SYSTEM;
    characters_write_hex(bytes, sizeof bytes, ret_token);
    secret_wipe(bytes, sizeof bytes);
    return 0;
}

static bool
is_desk_name(const char *name)
{
    size_t size = strlen(name);

    return size > 0 && size < STORE_NAME_SIZE && name[0] != '-' &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* A whole idinqr.conf. */
static int
print_desk(const struct relay *relay, const char *name, const char *token)
{
    const struct relay_config *config = relay->config;
    const char *host = config->public_url + strlen("https://");
    const char *backend =
        config->upstream == RELAY_QR_BACKEND ? config->qr_backend.url + strlen("https://") : "";
    const char *at = config->upstream == RELAY_OPENID ? config->openid.name : NULL;
    char public_key[RELAY_PUBLIC_SIZE];
    struct diag diag;

    if (relay_keys_public(relay, public_key, &diag) != 0)
        return relay_say_diag(&diag);
    printf("# /etc/idinqr.conf of %s: chmod 0600\n"
           "provider = idin-qr\n"
           "station  = %s\n"
           "\n"
           "[idin-qr]\n"
           "qr_backend_url = https://%s/desk/v1/generate\n"
           "status_url     = https://%s/desk/v1/status\n"
           "cancel_url     = https://%s/desk/v1/cancel\n"
           "qr_hosts       = %s%s%.*s\n"
           "scope          = %s\n"
           "merchant_token = %s\n"
           "signing_key    = %s\n"
           "signing_key_encoding = ed25519\n"
           "relay          = yes\n"
           "%s%s%s",
           name, name, host, host, host, host, backend[0] ? " " : "", (int)strcspn(backend, "/?"),
           backend, config->scope, token, public_key, at ? "name           = " : "", at ? at : "",
           at ? "\n" : "");
    return fflush(stdout) == 0 ? EXIT_SUCCESS : RELAY_EXIT_MACHINE;
}

static void
print_row(void *context, const struct store_desk *desk)
{
    char day[11] = "", name[STORE_NAME_SIZE];
    time_t added = (time_t)(desk->added_ms / 1000);
    struct tm parts;

    (void)context;
    if (gmtime_r(&added, &parts))
        (void)strftime(day, sizeof day, "%Y-%m-%d", &parts);
    memcpy(name, desk->name, sizeof name);
    characters_make_loggable(name); /* the relay's user can write the database */
    printf("%-32s %s%s\n", name, day, desk->revoked_ms ? "  revoked" : "");
}

static int
change_desk(struct relay *relay, const char *verb, const char *name)
{
    struct store_desk desk = {.added_ms = relay->wall_ms};
    char token[TOKEN_SIZE] = "";
    bool is_done = false;
    int result = EXIT_SUCCESS, error = new_token(token);

    snprintf(desk.name, sizeof desk.name, "%s", name);
    relay_hash(token, desk.token_hash);
    if (error == 0 && strcmp(verb, "add") == 0)
        error = store_desk_add(relay->store, &desk, &is_done);
    else if (error == 0 && strcmp(verb, "rotate") == 0)
        error = store_desk_rotate(relay->store, name, desk.token_hash, &is_done);
    else if (error == 0)
        error = store_desk_revoke(relay->store, name, relay->wall_ms, &is_done);
    if (error != 0) {
        relay_say("%s", store_error(relay->store));
        result = RELAY_EXIT_MACHINE;
    } else if (!is_done) {
        relay_say(strcmp(verb, "add") == 0 ? "there is a desk %s already" : "there is no desk %s",
                  name);
        result = EXIT_FAILURE;
    } else if (strcmp(verb, "revoke") == 0) {
        printf("Revoked %s.\n", name);
    } else {
        result = print_desk(relay, name, token);
    }
    secret_wipe(token, sizeof token);
    return result;
}

int
relay_command_desk(const struct relay_config *config, int argc, char **argv)
{
    RELAY_AUTO *relay = NULL;
    struct diag diag;
    bool is_list = argc == 1 && strcmp(argv[0], "list") == 0;
    bool is_change = argc == 2 && (strcmp(argv[0], "add") == 0 || strcmp(argv[0], "rotate") == 0 ||
                                   strcmp(argv[0], "revoke") == 0);

    if (!is_list && !is_change) {
        relay_say("desk takes list, or add, rotate or revoke and a NAME");
        return RELAY_EXIT_USAGE;
    }
    if (is_change && !is_desk_name(argv[1])) {
        relay_say("the name of a desk has small letters, digits and hyphens");
        return RELAY_EXIT_USAGE;
    }
    if (relay_open(config, &relay, &diag) != 0)
        return relay_say_diag(&diag);
    if (is_change)
        return change_desk(relay, argv[0], argv[1]);
    if (store_desk_each(relay->store, print_row, NULL) != 0) {
        relay_say("%s", store_error(relay->store));
        return RELAY_EXIT_MACHINE;
    }
    return fflush(stdout) == 0 ? EXIT_SUCCESS : RELAY_EXIT_MACHINE;
}

int
relay_command_migrate(const struct relay_config *config, int argc, char **argv)
{
    const char *path = argc == 1 ? argv[0] : config->database;
    struct store_needs needs;
    struct diag diag;
    int version = 0;

    if (argc > 1)
        return RELAY_EXIT_USAGE;
    umask(077);
    if ((store_is_shared(path) ? store_read_uri(path, &needs, &diag)
                               : relay_become_owner(config, &diag)) != 0 ||
        store_migrate(path, &version, &diag) != 0)
        return relay_say_diag(&diag);
    printf("version = %d\n", version);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : RELAY_EXIT_MACHINE;
}

int
relay_command_key(const struct relay_config *config, int argc, char **argv)
{
    struct relay relay = {.config = config};
    char public_key[RELAY_PUBLIC_SIZE];
    bool is_next = argc == 1 && strcmp(argv[0], "next") == 0;
    bool is_switch = argc == 1 && strcmp(argv[0], "switch") == 0;
    struct diag diag;
    int n_made = 0, error;

    if (argc != 0 && !is_next && !is_switch)
        return RELAY_EXIT_USAGE;
    umask(077);
    error = relay_become_owner(config, &diag);
    if (!error)
        error =
            is_switch ? relay_keys_switch(config, &diag) : relay_keys_make(config, &n_made, &diag);
    if (!error && is_next)
        error = relay_keys_make_next(config, &diag);
    if (!error)
        error = relay_keys_read(&relay, &diag);
    if (!error)
        error = relay_keys_public(&relay, public_key, &diag);
    relay_keys_free(&relay);
    if (error)
        return relay_say_diag(&diag);
    if (n_made > 0)
        printf("Made: back up %s and %s.\n", config->map_key_file, config->signing_key_file);
    printf("signing_key = %s\n", public_key);
    if (is_switch)
        printf("The relay signs with it when it is started again.\n");
    return fflush(stdout) == 0 ? EXIT_SUCCESS : RELAY_EXIT_MACHINE;
}
