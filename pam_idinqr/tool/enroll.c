/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr enroll: verifies a person with a complete login, or takes a refused identity, and writes
 * the line that lets the person in. */
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/identity/map_edit.h"
#include "pam_idinqr/identity/map_key.h"
#include "pam_idinqr/identity/refused.h"
#include "pam_idinqr/login/account.h"
#include "pam_idinqr/tool/command.h"
#include "pam_idinqr/tool/console.h"
#include "pam_idinqr/tool/from_refused.h"

#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The person to enroll, and the account. */
struct enrollment {
    const struct command_options *options;
    const struct config *config;
    const char *map_path, *account;
    struct from_refused refused; /* with --from-refused */
    char hash[IDENTITY_HASH_SIZE];
    char fingerprint[IDENTITY_FINGERPRINT_SIZE]; /* of the key; "" if it made no hash */
    char issuer[ISSUER_MAX + 1];
    char today[11];
    struct map *map;              /* as it was at the question to the administrator */
    const struct map_line *shown; /* its existing line; NULL: no line */
};

static void
free_map(struct enrollment *enrollment)
{
    map_free(&enrollment->map);
}

static int
check_options(const struct command_options *options)
{
    char today[11];

    map_today(today);
    if (options->note &&
        (strchr(options->note, '"') || !characters_are_clean(options->note, strlen(options->note))))
        command_say("a note is one line of text without a quotation mark");
    else if (!options->expires || strcmp(options->expires, "never") == 0)
        return COMMAND_DONE;
    else if (!characters_are_in_calendar(options->expires))
        command_say("--expires takes a day, as 2027-06-30, or never");
    else if (strcmp(options->expires, today) < 0)
        command_say("--expires takes a day to come; %s has passed", options->expires);
    else
        return COMMAND_DONE;
    return COMMAND_USAGE;
}

static int
check_exists(const char *account)
{
    if (getpwnam(account))
        return COMMAND_DONE;
    command_say("there is no account %s on this machine", account);
    return COMMAND_REFUSED;
}

/* Checks all that can be checked before the scan. */
static int
check_arguments(const struct command_options *options, int argc, char **argv)
{
    if (argc != 1 && (argc != 0 || !options->from_refused)) {
        command_say("enroll takes one ACCOUNT");
        return COMMAND_USAGE;
    }
    if (argc == 1 && !map_is_account(argv[0])) {
        command_say("%s cannot be the name of an account", argv[0]);
        return COMMAND_USAGE;
    }
    if (check_options(options) != COMMAND_DONE)
        return COMMAND_USAGE;
    return argc == 1 ? check_exists(argv[0]) : COMMAND_DONE;
}

/* Returns the account's line with this identity, expired or not, or map_count. */
static size_t
find_line(const struct map *map, const struct enrollment *enrollment)
{
    size_t i = 0;

    while (i < map_count(map) && (strcmp(map_at(map, i)->account, enrollment->account) != 0 ||
                                  strcmp(map_at(map, i)->hash, enrollment->hash) != 0))
        i++;
    return i;
}

/* Makes the new line of the map. `old` is NULL if there is no old line. */
static struct map_line
wanted_line(const struct enrollment *enrollment, const struct map_line *old)
{
    static const struct map_line empty = {.issuer = "", .expires = "", .note = ""};
    const char *expires = enrollment->options->expires, *note = enrollment->options->note;

    if (!old)
        old = &empty;
    if (!expires)
        expires = old->expires;
    else if (strcmp(expires, "never") == 0)
        expires = "";
    return (struct map_line){
        .account = enrollment->account,
        .hash = enrollment->hash,
        .enrolled = enrollment->today,
        .by = command_administrator(),
        .issuer = enrollment->issuer[0] == '\0' ? old->issuer : enrollment->issuer,
        .expires = expires,
        .note = note ? note : old->note,
    };
}

/* An enrollment that cannot be written must fail before the person goes to the bank. */
static int
check_line(struct enrollment *enrollment)
{
    MAP_EDIT_AUTO *edit = NULL;
    struct diag diag;
    struct map_line line;

    snprintf(enrollment->hash, sizeof enrollment->hash, "%s%043d", IDENTITY_PREFIX, 0);
    line = wanted_line(enrollment, NULL);
    if (map_edit_begin(enrollment->map_path, COMMAND_LOCK_WAIT_MS, &edit, &diag) == 0 &&
        map_edit_add(edit, &line, &diag) == 0)
        return COMMAND_DONE;
    command_say_diag(&diag);
    return COMMAND_MACHINE;
}

static const char *
or_none(const char *text)
{
    return *text ? text : "none";
}

/* For an identity that is already enrolled for this account. Returns COMMAND_DONE if there is
 * something to change, which the administrator has seen. */
static int
show_change(const struct enrollment *enrollment)
{
    const struct map_line *old = enrollment->shown;
    const struct map_line line = wanted_line(enrollment, old);
    bool is_current = map_line_is_current(old, enrollment->today);

    if (strcmp(line.expires, old->expires) == 0 && strcmp(line.note, old->note) == 0) {
        command_say("%s is enrolled for %s already%s%s%s; --expires DAY changes until when",
                    old->hash, old->account, *old->expires ? ", until " : "", old->expires,
                    is_current ? "" : ", which has passed");
        return COMMAND_REFUSED;
    }
    printf("\n%s is enrolled for %s already, with last day: %s%s.\nLast day from now on: %s.\n",
           old->hash, old->account, or_none(old->expires), is_current ? "" : " (passed)",
           or_none(line.expires));
    if (strcmp(line.note, old->note) != 0)
        printf("Note until now: %s\nNote from now on: %s\n", or_none(old->note),
               or_none(line.note));
    return COMMAND_DONE;
}

/* Shows the identity's other accounts. Shows the account's other identities too, perhaps of an
 * earlier account with this name that was deleted. */
static void
show_others(const struct enrollment *enrollment)
{
    for (size_t i = 0; i < map_count(enrollment->map); i++) {
        const struct map_line *line = map_at(enrollment->map, i);
        bool is_account = strcmp(line->account, enrollment->account) == 0;
        bool is_identity = strcmp(line->hash, enrollment->hash) == 0;
        if (is_account == is_identity || !map_line_is_current(line, enrollment->today))
            continue;
        if (is_identity)
            printf("This identity also opens the account %s.\n", line->account);
        else
            printf("The account %s is also opened by %.*s, enrolled: %s, note: %s.\n",
                   line->account, COMMAND_SHOWN_IDENTITY, line->hash, or_none(line->enrolled),
                   or_none(line->note));
    }
}

/* Asks without the lock, because an administrator may take time to check a passport. */
static int
confirm(struct enrollment *enrollment)
{
    char question[MAP_ACCOUNT_SIZE + 40];
    size_t i;

    if (command_read_map(enrollment->options, enrollment->config, &enrollment->map) != COMMAND_DONE)
        return COMMAND_MACHINE;
    i = find_line(enrollment->map, enrollment);
    if (i < map_count(enrollment->map)) {
        enrollment->shown = map_at(enrollment->map, i);
        if (show_change(enrollment) != COMMAND_DONE)
            return COMMAND_REFUSED;
    }
    show_others(enrollment);
    snprintf(question, sizeof question, "Let this person in as %s? [y/N] ", enrollment->account);
    if (!enrollment->options->yes && !console_confirm(question)) {
        command_say("nothing was written");
        return COMMAND_REFUSED;
    }
    return COMMAND_DONE;
}

/* Returns whether the line, or its absence, is still as the administrator saw it. */
static bool
is_as_shown(const struct map_line *shown, const struct map_line *line)
{
    if (!shown || !line)
        return !shown && !line;
    return strcmp(shown->expires, line->expires) == 0 && strcmp(shown->note, line->note) == 0;
}

/* Writes exactly the confirmed line: another administrator may have changed the map since. */
static int
write_line(const struct enrollment *enrollment)
{
    const struct config *config = enrollment->config;
    MAP_EDIT_AUTO *edit = NULL;
    struct diag diag;
    struct map_line line;
    const struct map_line *old = NULL;
    size_t i;
    int result = map_edit_begin(enrollment->map_path, COMMAND_LOCK_WAIT_MS, &edit, &diag);

    if (result == 0) {
        map_edit_set_origin(edit, config->provider->name, config->scope);
        map_edit_set_fingerprint(edit, enrollment->fingerprint);
        i = find_line(map_edit_map(edit), enrollment);
        if (i < map_count(map_edit_map(edit)))
            old = map_at(map_edit_map(edit), i);
        if (!is_as_shown(enrollment->shown, old)) {
            command_say("another administrator has just changed this line; nothing was written");
            return COMMAND_REFUSED;
        }
        line = wanted_line(enrollment, old);
        result = old ? map_edit_replace(edit, i, &line, &diag) : map_edit_add(edit, &line, &diag);
    }
    if (result == 0)
        result = map_edit_commit(edit, &diag);
    if (result != 0)
        command_say_diag(&diag);
    if (edit && map_edit_is_changed(edit))
        command_record(old ? "changed" : "enrolled", enrollment->account, enrollment->hash);
    return command_exit_for(result);
}

/* The first map, without a line: from now on, a missing map was lost. */
static int
make_map(const char *path, struct secret *key, struct diag *diag)
{
    MAP_EDIT_AUTO *edit = NULL;
    char fingerprint[IDENTITY_FINGERPRINT_SIZE];

    if (map_edit_begin(path, COMMAND_LOCK_WAIT_MS, &edit, diag) != 0)
        return IDQ_MAP;
    identity_fingerprint((const unsigned char *)secret_bytes(key), fingerprint);
    map_edit_set_fingerprint(edit, fingerprint);
    return map_edit_commit(edit, diag);
}

/* Makes the key for the first person, and says so. The lines of a map need the key that they were
 * made with: beside another one, they would open nothing any more. */
static int
read_or_create_key(const struct command_options *options, const struct config *config,
                   struct secret **ret_key)
{
    MAP_AUTO *map = NULL;
    SECRET_AUTO *old = NULL;
    struct diag diag;
    bool is_new = map_key_read(config->key, &old, &diag) != 0 && diag.error == ENOENT;
    int result;

    if (command_read_map(options, config, &map) != COMMAND_DONE)
        return COMMAND_MACHINE;
    if (is_new && map_count(map) > 0) {
        (void)config_doubt_path(config, "key", &diag);
        command_say_diag(&diag);
        return COMMAND_MACHINE;
    }
    /* The administrator decides: with its new line, the map no longer looks lost. */
    if (!is_new && map_key_has_lost_map(config->key, map, config->map, &diag))
        command_say_diag(&diag);
    /* It also removes what a killed run has left. */
    result = map_key_read_or_create(config->key, ret_key, &diag);
    if (result == 0)
        result = map_key_check(*ret_key, config->key, map, &diag);
    if (result == 0 && is_new)
        result = make_map(config->map, *ret_key, &diag);
    if (result != 0) {
        command_say_diag(&diag);
        return COMMAND_MACHINE;
    }
    if (is_new)
        printf("The key %s is new. Back it up, and the map after each change:\n"
               "without either, everyone has to enroll again.\n",
               config->key);
    return COMMAND_DONE;
}

/* Verifies the identity by a login at the bank. */
static int
verify(struct enrollment *enrollment)
{
    const struct config *config = enrollment->config;
    SECRET_AUTO *key = NULL;
    RESULT_AUTO verified = {0};
    int result;

    bool needs_key = account_needs_key(config);

    if (needs_key && read_or_create_key(enrollment->options, config, &key) != COMMAND_DONE)
        return COMMAND_MACHINE;
    result = console_login(config, "enroll", enrollment->account, &verified);
    if (result != 0)
        return command_exit_for(result);
    if (account_hash(config, key, verified.subject, enrollment->hash) != 0)
        return COMMAND_MACHINE;
    if (needs_key)
        identity_fingerprint((const unsigned char *)secret_bytes(key), enrollment->fingerprint);
    snprintf(enrollment->issuer, sizeof enrollment->issuer, "%s", verified.issuer);
    printf("\nVerified by %s: %s\n", verified.issuer[0] ? verified.issuer : "the bank",
           enrollment->hash);
    return COMMAND_DONE;
}

/* Takes the identity from the file of refused identities. */
static int
take_refused(struct enrollment *enrollment)
{
    struct from_refused *refused = &enrollment->refused;
    int result = from_refused_choose(enrollment->config, enrollment->account,
                                     enrollment->options->yes, refused);

    if (result != COMMAND_DONE)
        return result;
    memcpy(enrollment->hash, refused->hash, sizeof enrollment->hash);
    memcpy(enrollment->issuer, refused->issuer, sizeof enrollment->issuer);
    if (enrollment->account)
        return COMMAND_DONE;
    enrollment->account = refused->account;
    return check_exists(refused->account);
}

/* The line is in the map now, so a kill in between leaves an entry too many, not one too few. */
static int
forget_refused(const struct enrollment *enrollment)
{
    char line[DIAG_LINE_SIZE];
    struct diag diag;

    if (refused_remove(enrollment->config->refused_file, enrollment->hash, enrollment->account,
                       COMMAND_LOCK_WAIT_MS, &diag) == 0)
        return COMMAND_DONE;
    command_say("the identity is enrolled, but also still among the refused: %s",
                diag_format(&diag, line));
    return COMMAND_MACHINE;
}

/* A map without a trace of an enrollment is new or was lost. During a rollout, it would let those
 * in by a password who were enrolled before. */
static int
confirm_first(const struct enrollment *enrollment)
{
    MAP_AUTO *map = NULL;

    if (!account_is_rollout(enrollment->config, enrollment->today))
        return COMMAND_DONE;
    if (command_read_map(enrollment->options, enrollment->config, &map) != COMMAND_DONE)
        return COMMAND_MACHINE;
    if (map_count(map) > 0 || map_fingerprint(map)[0] != '\0' || map_origin_at(map, 0))
        return COMMAND_DONE;
    if (enrollment->options->yes)
        command_say("without --yes, this asks whether the map is new, or was lost");
    else if (console_confirm("No one is enrolled here, and password_until lets all others in by a "
                             "password.\nIf the map was lost, restore it and its key first. "
                             "Is it new? [y/N] "))
        return COMMAND_DONE;
    command_say("nothing was written");
    return COMMAND_REFUSED;
}

static int
identify(struct enrollment *enrollment)
{
    int result = confirm_first(enrollment);

    if (result != COMMAND_DONE)
        return result;
    command_warn_of_map(enrollment->config);

    if (enrollment->options->from_refused)
        return take_refused(enrollment);
    result = check_line(enrollment);
    return result == COMMAND_DONE ? verify(enrollment) : result;
}

int
command_enroll(const struct command_options *options, int argc, char **argv)
{
    CONFIG_AUTO *config = NULL;
    __attribute__((cleanup(free_map))) struct enrollment enrollment = {.options = options};
    int result = check_arguments(options, argc, argv);

    if (result == COMMAND_DONE)
        result = command_load_config(options, &config);
    if (result != COMMAND_DONE)
        return result;
    enrollment.config = config;
    enrollment.account = argc > 0 ? argv[0] : NULL;
    enrollment.map_path = config->map;
    map_today(enrollment.today);
    result = identify(&enrollment);
    if (result == COMMAND_DONE)
        result = confirm(&enrollment);
    if (result == COMMAND_DONE)
        result = write_line(&enrollment);
    if (result != COMMAND_DONE)
        return result;
    printf("%s %s for %s.\n", enrollment.shown ? "Changed" : "Enrolled", enrollment.hash,
           enrollment.account);
    return options->from_refused ? forget_refused(&enrollment) : COMMAND_DONE;
}
