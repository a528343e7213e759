/* SPDX-License-Identifier: BSD-3-Clause */
/* Every program that logs in runs this, often as root, on a subject from the agent. */
#include "pam_idinqr/login/account.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/identity/map_key.h"

#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHOICES_MAX 9 /* accounts of one identity that one digit can select */
#define ANSWERS_MAX 3 /* to the question for an account */

bool
account_needs_key(const struct config *config)
{
    return !config->settings.idin_qr.is_relay;
}

int
account_hash(const struct config *config, struct secret *key, const char *subject,
             char ret_hash[IDENTITY_HASH_SIZE])
{
    if (account_needs_key(config))
        return identity_hash((const unsigned char *)secret_bytes(key), config->provider->name,
                             config->scope, subject, ret_hash);
    memcpy(ret_hash, subject, IDENTITY_HASH_SIZE);
    return 0;
}

/* Reads the key, and checks that the map was made with it. */
static int
read_key(struct account_gate *gate, struct diag *diag)
{
    const char *path = gate->config->key;
    int result;

    if (!account_needs_key(gate->config))
        return 0;
    result = map_key_read(path, &gate->key, diag);
    if (result != 0 && diag->error == ENOENT)
        (void)config_doubt_path(gate->config, "key", diag);
    return result == 0 ? map_key_check(gate->key, path, gate->map, diag) : result;
}

static bool
has_current_line(const struct map *map, const char *today)
{
    for (size_t i = 0; i < map_count(map); i++)
        if (map_line_is_current(map_at(map, i), today))
            return true;
    return false;
}

/* Looks the account up among the users of this machine. Returns 0 if it exists, with whether that
 * is its own name, or ENOENT, or the error of a database that does not answer. */
static int
look_up(const char *account, bool *ret_is_own_name)
{
    char buffer[4096];
    struct passwd entry, *found = NULL;
    int error = getpwnam_r(account, &entry, buffer, sizeof buffer, &found);

    *ret_is_own_name = error == 0 && found && strcmp(found->pw_name, account) == 0;
    if ((error == 0 && found) || error == ERANGE)
        return 0; /* ERANGE: the account exists, and its entry is larger than the buffer */
    /* Some name services return an error for an unknown name (getpwnam_r(3)). */
    return error == 0 || error == ESRCH || error == EBADF || error == EPERM ? ENOENT : error;
}

bool
account_is_rollout(const struct config *config, const char *today)
{
    return strcmp(today, config->password_until) <= 0;
}

/* The account has no current line, or there is no map. During a rollout, most accounts have none
 * yet. One whose line has expired is not among them. Nor is another spelling of a name, which some
 * name services accept: the map has people under their accounts' own names. A missing map, or an
 * empty one beside a key, says nothing about anyone. */
static int
refuse_not_enrolled(const struct account_gate *gate, struct diag *diag)
{
    const struct config *config = gate->config;
    bool may_be_new = gate->account && account_is_rollout(config, gate->today), is_own_name;
    const struct map_line *line =
        gate->map && gate->account ? map_had_account(gate->map, gate->account) : NULL;
    bool is_lost = account_needs_key(config) &&
                   map_key_has_lost_map(config->key, gate->map, config->map, diag);
    int error;

    if (!gate->map && !is_lost && may_be_new)
        diag_set_file(diag, config->map, 0, "%s", ACCOUNT_MAP_MISSING);
    if (!gate->map)
        (void)config_doubt_path(config, "map", diag);
    if (is_lost)
        return may_be_new ? IDQ_MAP : IDQ_NOT_ENROLLED;
    if (line)
        diag_set_file(diag, config->map, line->number,
                      "the last day of %s, %s, has passed: idinqr enroll %s", line->account,
                      line->expires, line->account);
    if (line || !may_be_new)
        return IDQ_NOT_ENROLLED;
    if (!gate->map)
        return IDQ_MAP;
    error = look_up(gate->account, &is_own_name);
    if (error != 0 && error != ENOENT) { /* not named: some people type a password as a name */
        diag_set(diag, "the account cannot be looked up among the users of this machine: %s",
                 strerror(error));
        return IDQ_SYSTEM;
    }
    return error == ENOENT || is_own_name ? IDQ_NOT_YET_ENROLLED : IDQ_NOT_ENROLLED;
}

int
account_gate_open(struct account_gate *gate, const struct config *config, const char *account,
                  struct diag *ret_diag)
{
    bool is_enrolled;
    int result;

    *gate = (struct account_gate){.config = config, .account = account};
    map_today(gate->today);
    if (map_read(config->map, &gate->map, ret_diag) != 0)
        return ret_diag->error == ENOENT ? refuse_not_enrolled(gate, ret_diag) : IDQ_MAP;
    is_enrolled = account ? map_has_account(gate->map, account, gate->today)
                          : has_current_line(gate->map, gate->today);
    if (!is_enrolled)
        return refuse_not_enrolled(gate, ret_diag);
    result = read_key(gate, ret_diag);
    account_gate_close(gate);
    return result;
}

int
account_gate_identify(struct account_gate *gate, const char *subject,
                      char ret_hash[IDENTITY_HASH_SIZE], struct diag *ret_diag)
{
    int result;

    ret_hash[0] = '\0';
    account_gate_close(gate);
    result = map_read(gate->config->map, &gate->map, ret_diag);
    if (result != 0 && ret_diag->error == ENOENT)
        result = map_parse("", 0, gate->config->map, &gate->map, ret_diag);
    if (result == 0)
        result = read_key(gate, ret_diag);
    if (result != 0)
        return result;
    map_today(gate->today);
    return account_hash(gate->config, gate->key, subject, ret_hash);
}

/* Asks for a number from 1 to n. An invalid answer selects no account: the question repeats. */
static int
ask_which(const char *const *accounts, size_t n, const struct conversation *conversation,
          const struct text_voice *voice, size_t *ret_choice)
{
    char text[80], last[8], answer[16];
    int result;

    text_copy(text, sizeof text, voice, TEXT_WHICH_ACCOUNT, NULL);
    result = conversation_show(conversation, "  %s", text);
    for (size_t i = 0; result == 0 && i < n; i++)
        result = conversation_show(conversation, "    %zu  %s", i + 1, accounts[i]);
    if (result != 0)
        return result;
    snprintf(last, sizeof last, "%zu", n);
    text_copy(text, sizeof text, voice, TEXT_ACCOUNT_PROMPT, last);
    for (int i = 0; i < ANSWERS_MAX; i++) {
        if (conversation->ask(conversation->context, text, answer, sizeof answer) != 0)
            return IDQ_CONV;
        if (answer[0] >= '1' && answer[0] <= '0' + (int)n && answer[1] == '\0') {
            *ret_choice = (size_t)(answer[0] - '1');
            return 0;
        }
        secret_wipe(answer, sizeof answer); /* some people type a password here by habit */
    }
    return IDQ_CONV;
}

/* Checks that the account exists. Machines may share a map, which then names accounts of other
 * machines. Returns 0, IDQ_MAP, or IDQ_SYSTEM if the user database does not answer. */
static int
check_is_local(const char *account, struct diag *diag)
{
    bool is_own_name;
    int error = look_up(account, &is_own_name);

    if (error == 0)
        return 0;
    if (error == ENOENT) {
        diag_set(diag, "account %s of the map does not exist on this machine", account);
        return IDQ_MAP;
    }
    diag_set(diag, "account %s cannot be looked up among the users of this machine: %s", account,
             strerror(error));
    return IDQ_SYSTEM;
}

static int
choose(const struct account_gate *gate, const char *hash, const struct conversation *conversation,
       const struct text_voice *voice, char ret_chosen[MAP_ACCOUNT_SIZE], struct diag *diag)
{
    const char *accounts[CHOICES_MAX];
    size_t n = map_accounts_of(gate->map, hash, gate->today, accounts, CHOICES_MAX), choice = 0;
    int result = 0;

    if (n == 0)
        return IDQ_UNKNOWN_IDENTITY;
    if (n > CHOICES_MAX)
        n = CHOICES_MAX;
    if (n > 1)
        result = ask_which(accounts, n, conversation, voice, &choice);
    if (result == 0)
        result = check_is_local(accounts[choice], diag);
    if (result == 0)
        snprintf(ret_chosen, MAP_ACCOUNT_SIZE, "%s", accounts[choice]);
    return result;
}

int
account_gate_admit(struct account_gate *gate, const char *subject,
                   const struct conversation *conversation, const struct text_voice *voice,
                   char ret_account[MAP_ACCOUNT_SIZE], char ret_hash[IDENTITY_HASH_SIZE],
                   struct diag *ret_diag)
{
    const char *account = gate->account;
    char chosen[MAP_ACCOUNT_SIZE];
    int result;

    ret_account[0] = '\0';
    result = account_gate_identify(gate, subject, ret_hash, ret_diag);
    if (result == 0 && !account) {
        result = choose(gate, ret_hash, conversation, voice, chosen, ret_diag);
        account = chosen;
        /* The question may have stayed open for longer than the code. */
        if (result == 0)
            result = account_gate_identify(gate, subject, ret_hash, ret_diag);
    }
    if (result == 0)
        result = map_check(gate->map, account, ret_hash, gate->today);
    if (result == 0)
        snprintf(ret_account, MAP_ACCOUNT_SIZE, "%s", account);
    if (result == IDQ_UNKNOWN_IDENTITY)
        (void)account_explain_unknown(gate->config, gate->map, ret_diag);
    return result;
}

bool
account_lacks_origin(const struct map *map)
{
    return map_count(map) > 0 && !map_origin_at(map, 0);
}

bool
account_explain_map(const struct config *config, const struct map *map, struct diag *ret_diag)
{
    const char *provider = config->provider->name, *other, *file;
    const struct setting *setting;
    char origin[MAP_ORIGIN_SIZE];
    size_t size = (size_t)snprintf(origin, sizeof origin, "%s ", provider), i;
    bool has_provider = false;
    unsigned line;

    snprintf(origin + size, sizeof origin - size, "%s", config->scope);
    for (i = 0; (other = map_origin_at(map, i)); i++) {
        if (strcmp(other, origin) == 0)
            return false;
        has_provider |= strncmp(other, origin, size) == 0;
    }
    if (account_lacks_origin(map) || i == MAP_ORIGINS_MAX || map_count(map) == 0)
        return false;
    setting = config_origin_setting(config, has_provider);
    file = config_place(config, setting, &line);
    diag_set_file(ret_diag, file[0] ? file : config->map, file[0] ? line : 0,
                  "%s: %s has the identities of %s, not of %s: set it back, or enroll everyone "
                  "again",
                  setting->keyword, config->map, map_origin_at(map, 0), origin);
    return true;
}

bool
account_explain_unknown(const struct config *config, const struct map *map, struct diag *ret_diag)
{
    if (account_explain_map(config, map, ret_diag))
        return true;
    if (!account_lacks_origin(map))
        return false;
    diag_set_file(ret_diag, config->map, 0,
                  "does not say of which provider and scope its identities are: was one changed?");
    return true;
}

void
account_gate_close(struct account_gate *gate)
{
    map_free(&gate->map);
    secret_free(&gate->key);
}
