/* idinqr enroll: verifies somebody with a whole login and writes the line that lets them in. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/identity/map_edit.h"
#include "pam_idinqr/identity/map_key.h"
#include "pam_idinqr/tool/command.h"
#include "pam_idinqr/tool/console.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOCK_WAIT_MS 5000

/* Who is enrolling: for the record, so the user behind sudo where there is one. */
static const char *
administrator(void)
{
    const char *behind = getenv("SUDO_USER");
    const struct passwd *self = getpwuid(getuid());

    if (behind && map_is_account(behind))
        return behind;
    return self ? self->pw_name : "unknown";
}

/* What can be said before anybody scans anything. */
static int
check_arguments(const struct command_options *options, int argc, char **argv)
{
    if (argc != 1) {
        command_say("enroll takes one ACCOUNT");
        return COMMAND_USAGE;
    }
    if (!map_is_account(argv[0])) {
        command_say("%s cannot be the name of an account", argv[0]);
        return COMMAND_USAGE;
    }
    if (strchr(options->note, '"')) {
        command_say("a note cannot hold a quotation mark");
        return COMMAND_USAGE;
    }
    if (!getpwnam(argv[0])) {
        command_say("there is no account %s on this machine", argv[0]);
        return COMMAND_REFUSED;
    }
    return COMMAND_DONE;
}

static int
write_line(const char *path, const struct map_line *line)
{
    MAP_EDIT_AUTO *edit = NULL;
    struct problem problem;
    int result = map_edit_begin(path, LOCK_WAIT_MS, &edit, &problem);

    if (result == 0)
        result = map_edit_add(edit, line, &problem);
    if (result == 0)
        result = map_edit_commit(edit, &problem);
    if (result != 0)
        command_say("%s", problem.text);
    return command_exit_for(result);
}

/* An enrolment that cannot be written must fail before somebody has gone to their bank for it. */
static int
check_line(const char *path, const struct command_options *options, const char *account)
{
    char any_hash[IDENTITY_HASH_SIZE];
    struct map_line line = {.account = account,
                            .hash = any_hash,
                            .enrolled = "",
                            .by = "",
                            .issuer = "",
                            .expires = options->expires,
                            .note = options->note};
    MAP_EDIT_AUTO *edit = NULL;
    struct problem problem;

    snprintf(any_hash, sizeof any_hash, "%s%043d", IDENTITY_PREFIX, 0);
    if (map_edit_begin(path, LOCK_WAIT_MS, &edit, &problem) == 0 &&
        map_edit_add(edit, &line, &problem) == 0)
        return COMMAND_DONE;
    command_say("%s", problem.text);
    return COMMAND_MACHINE;
}

int
command_enroll(const struct command_options *options, int argc, char **argv)
{
    CONFIG_AUTO *config = NULL;
    SECRET_AUTO *key = NULL;
    RESULT_AUTO verified = {0};
    struct problem problem;
    char hash[IDENTITY_HASH_SIZE], today[11], question[400];
    int result = check_arguments(options, argc, argv);

    if (result == COMMAND_DONE)
        result = command_load_config(options, &config);
    if (result == COMMAND_DONE)
        result = check_line(config_text(config, "map"), options, argv[0]);
    if (result != COMMAND_DONE)
        return result;
    if (map_key_read_or_create(config_text(config, "key"), &key, &problem) != 0) {
        command_say("%s", problem.text);
        return COMMAND_MACHINE;
    }
    result = console_login(config, "enroll", argv[0], &verified);
    if (result != 0)
        return command_exit_for(result);
    if (identity_hash((const unsigned char *)secret_bytes(key), config_provider(config)->name,
                      config_scope(config), verified.subject, hash) != 0)
        return COMMAND_MACHINE;
    snprintf(question, sizeof question, "\nVerified by %s: %s\nLet this person in as %s? [y/N] ",
             verified.issuer[0] ? verified.issuer : "the bank", hash, argv[0]);
    if (!options->yes && !console_confirm(question)) {
        command_say("nothing was written");
        return COMMAND_REFUSED;
    }
    map_today(today);
    result = write_line(config_text(config, "map"), &(struct map_line){.account = argv[0],
                                                                       .hash = hash,
                                                                       .enrolled = today,
                                                                       .by = administrator(),
                                                                       .issuer = verified.issuer,
                                                                       .expires = options->expires,
                                                                       .note = options->note});
    if (result == COMMAND_DONE)
        printf("Enrolled %s for %s.\n", hash, argv[0]);
    return result;
}
