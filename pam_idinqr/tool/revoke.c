/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr revoke: removes the lines of an account, of an identity, or of all that have expired, from
 * the map. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/identity/map_edit.h"
#include "pam_idinqr/login/account.h"
#include "pam_idinqr/tool/command.h"
#include "pam_idinqr/tool/console.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
free_text(char **text)
{
    free(*text);
}

#define TEXT_AUTO __attribute__((cleanup(free_text))) char

/* The lines to remove: those of `target`, an account, an identity or the beginning of one. NULL:
 * those that ended before today. */
struct choice {
    const char *target;
    char today[11];
};

static bool
is_chosen(const struct choice *choice, const struct map_line *line)
{
    if (!choice->target)
        return !map_line_is_current(line, choice->today);
    /* Every identity has a colon, and no account has one. */
    return strcmp(line->account, choice->target) == 0 ||
           (identity_is_beginning(choice->target) &&
            strncmp(line->hash, choice->target, strlen(choice->target)) == 0);
}

/* Returns COMMAND_REFUSED with a message if the beginning matches two identities. */
static int
check_one_identity(const struct choice *choice, const struct map *map)
{
    const char *first = NULL;

    for (size_t i = 0; choice->target && strchr(choice->target, ':') && i < map_count(map); i++) {
        const struct map_line *line = map_at(map, i);
        if (!is_chosen(choice, line))
            continue;
        if (first && strcmp(first, line->hash) != 0) {
            command_say("%s is the beginning of more than one identity, as %s and %s",
                        choice->target, first, line->hash);
            return COMMAND_REFUSED;
        }
        first = line->hash;
    }
    return COMMAND_DONE;
}

/* Returns the lines as the administrator sees them, one below the other. The caller frees the text.
 * Returns NULL if memory is short. */
static char *
describe_chosen(const struct choice *choice, const struct map *map)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    bool is_lost = false;

    if (!stream)
        return NULL;
    for (size_t i = 0; i < map_count(map); i++) {
        const struct map_line *line = map_at(map, i);
        if (is_chosen(choice, line))
            /* Neither ferror nor fclose of glibc reports that memory was short. */
            is_lost |= fprintf(stream, "%s  %s%s%s%s%s\n", line->account, line->hash,
                               *line->expires ? "  until " : "", line->expires,
                               *line->note ? "  " : "", line->note) < 0;
    }
    if (fclose(stream) == 0 && !is_lost)
        return text;
    free(text);
    return NULL;
}

/* Returns COMMAND_DONE with the description of the lines, which the caller frees. It is empty if no
 * line has expired. Returns COMMAND_REFUSED with a message if a name matches no line, or the match
 * is ambiguous. */
static int
choose(const struct choice *choice, const struct map *map, char **ret_text)
{
    TEXT_AUTO *text = NULL;

    if (check_one_identity(choice, map) != COMMAND_DONE)
        return COMMAND_REFUSED;
    text = describe_chosen(choice, map);
    if (!text) {
        command_say("%s", error_text(IDQ_SYSTEM));
        return COMMAND_MACHINE;
    }
    if (*text == '\0' && choice->target) {
        command_say("%s is no account or identity in the map", choice->target);
        return COMMAND_REFUSED;
    }
    *ret_text = text;
    text = NULL; /* moved */
    return COMMAND_DONE;
}

/* Shows the lines and asks. Does not hold the lock, because the administrator may be away and
 * others may want to change the map. */
static int
confirm(const struct command_options *options, const struct choice *choice,
        const struct config *config, char **ret_shown)
{
    MAP_AUTO *map = NULL;
    int result = command_read_map(options, config, &map);

    if (result != COMMAND_DONE)
        return result;
    command_doubt_map(config);
    result = choose(choice, map, ret_shown);
    if (result != COMMAND_DONE)
        return result;
    if (**ret_shown == '\0') {
        puts("No line has expired.");
        return COMMAND_DONE;
    }
    fputs(*ret_shown, stdout);
    if (console_confirm("Take these out of the map? [y/N] "))
        return COMMAND_DONE;
    command_say("nothing was changed");
    return COMMAND_REFUSED;
}

static int
remove_chosen(const struct choice *choice, struct map_edit *edit)
{
    const struct map *map = map_edit_map(edit);
    int n_lines = 0;

    for (size_t i = 0; i < map_count(map); i++) {
        if (!is_chosen(choice, map_at(map, i)))
            continue;
        if (map_edit_remove(edit, map_at(map, i)->number) != 0)
            return IDQ_SYSTEM;
        n_lines++;
    }
    return n_lines;
}

/* Removes exactly the lines that were shown. `shown` is NULL if nothing was asked. */
static int
revoke_lines(const struct choice *choice, const char *map_path, const char *shown)
{
    MAP_EDIT_AUTO *edit = NULL;
    TEXT_AUTO *text = NULL;
    struct diag diag = {.text = "out of memory"};
    int n_lines, result = map_edit_begin(map_path, COMMAND_LOCK_WAIT_MS, &edit, &diag);

    if (result != 0) {
        command_say_diag(&diag);
        return command_exit_for(result);
    }
    result = choose(choice, map_edit_map(edit), &text);
    if (result != COMMAND_DONE)
        return result;
    if (!shown) {
        /* A job of every night has nothing to say on most. */
        if (*text == '\0')
            return COMMAND_DONE;
        fputs(text, stdout);
    } else if (strcmp(text, shown) != 0) {
        command_say("another administrator has just changed these lines; nothing was changed now");
        return COMMAND_REFUSED;
    }
    n_lines = remove_chosen(choice, edit);
    result = n_lines > 0 ? map_edit_commit(edit, &diag) : n_lines;
    if (result != 0)
        command_say_diag(&diag);
    for (size_t i = 0; map_edit_is_changed(edit) && i < map_count(map_edit_map(edit)); i++) {
        const struct map_line *line = map_at(map_edit_map(edit), i);
        if (is_chosen(choice, line))
            command_record("revoked", line->account, line->hash);
    }
    if (result != 0)
        return command_exit_for(result);
    printf("Revoked: %d.\n", n_lines);
    return command_exit_for(result);
}

int
command_revoke(const struct command_options *options, int argc, char **argv)
{
    CONFIG_AUTO *config = NULL;
    TEXT_AUTO *shown = NULL;
    struct choice choice = {.target = options->expired ? NULL : argv[0]};
    int result;

    if (argc != (options->expired ? 0 : 1)) {
        command_say("revoke takes one ACCOUNT or IDENTITY, or --expired");
        return COMMAND_USAGE;
    }
    map_today(choice.today);
    result = command_load_config(options, &config);
    if (result == COMMAND_DONE && !choice.target && account_is_rollout(config, choice.today)) {
        /* A line, even an expired one, keeps its account from a password. A job of every night has
         * nothing to say. */
        if (!options->yes)
            printf(
                "No line was removed: until %s (password_until), an account without a line may get "
                "in by a password.\n",
                config->password_until);
        return COMMAND_DONE;
    }
    if (result == COMMAND_DONE && !options->yes)
        result = confirm(options, &choice, config, &shown);
    if (result == COMMAND_DONE && !(shown && *shown == '\0'))
        result = revoke_lines(&choice, config->map, shown);
    if (result == COMMAND_DONE && account_is_rollout(config, choice.today))
        command_say("until %s (password_until), an account without a line may get in by a "
                    "password: chage -E 0 %s ends that",
                    config->password_until,
                    choice.target && !strchr(choice.target, ':') ? choice.target : "ACCOUNT");
    return result;
}
