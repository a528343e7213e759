/* idinqr revoke: takes the lines of an account, of an identity, or of those whose time is over, out
 * of the map. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/identity/map_edit.h"
#include "pam_idinqr/tool/command.h"
#include "pam_idinqr/tool/console.h"

#include <stdio.h>
#include <string.h>

/* Which lines go: those of `whom`, an account, an identity or the beginning of one; or, when it is
 * NULL, those that ended before today. */
struct choice {
    const char *whom;
    char today[11];
};

static int
is_chosen(const struct choice *choice, const struct map_line *line)
{
    if (!choice->whom)
        return !map_line_is_current(line, choice->today);
    /* No account has the colon that every identity has. */
    return strcmp(line->account, choice->whom) == 0 ||
           (identity_is_beginning(choice->whom) &&
            strncmp(line->hash, choice->whom, strlen(choice->whom)) == 0);
}

/* COMMAND_REFUSED, in words, when the beginning of an identity means two. */
static int
check_one_identity(const struct choice *choice, const struct map *map)
{
    const char *first = NULL;

    for (size_t i = 0; choice->whom && strchr(choice->whom, ':') && i < map_count(map); i++) {
        const struct map_line *line = map_at(map, i);
        if (!is_chosen(choice, line))
            continue;
        if (first && strcmp(first, line->hash) != 0) {
            command_say("%s is the beginning of more than one identity, as %s and %s", choice->whom,
                        first, line->hash);
            return COMMAND_REFUSED;
        }
        first = line->hash;
    }
    return COMMAND_DONE;
}

/* Shows the lines, and notes that they go. How many, or an enum idq_error. */
static int
remove_chosen(const struct choice *choice, struct map_edit *edit)
{
    const struct map *map = map_edit_map(edit);
    int n_lines = 0;

    for (size_t i = 0; i < map_count(map); i++) {
        const struct map_line *line = map_at(map, i);
        if (!is_chosen(choice, line))
            continue;
        printf("%s  %s%s%s%s%s\n", line->account, line->hash, *line->expires ? "  until " : "",
               line->expires, *line->note ? "  " : "", line->note);
        if (map_edit_remove(edit, line->number) != 0)
            return IDQ_SYSTEM;
        n_lines++;
    }
    return n_lines;
}

/* Keeps the lock while it asks: the lines that were shown are the ones that go. */
static int
revoke(const struct choice *choice, const char *map_path, int is_sure)
{
    MAP_EDIT_AUTO *edit = NULL;
    struct problem problem = {"out of memory"};
    int n_lines, result = map_edit_begin(map_path, COMMAND_LOCK_WAIT_MS, &edit, &problem);

    if (result != 0) {
        command_say("%s", problem.text);
        return command_exit_for(result);
    }
    if (check_one_identity(choice, map_edit_map(edit)) != COMMAND_DONE)
        return COMMAND_REFUSED;
    n_lines = remove_chosen(choice, edit);
    if (n_lines == 0) {
        command_say("%s%s", choice->whom ? choice->whom : "nobody's time is over",
                    choice->whom ? " is no account or identity in the map" : "");
        return COMMAND_REFUSED;
    }
    if (n_lines > 0 && !is_sure && !console_confirm("Take these out of the map? [y/N] ")) {
        command_say("nothing was changed");
        return COMMAND_REFUSED;
    }
    result = n_lines > 0 ? map_edit_commit(edit, &problem) : n_lines;
    if (result != 0)
        command_say("%s", problem.text);
    else
        printf("Revoked: %d.\n", n_lines);
    return command_exit_for(result);
}

int
command_revoke(const struct command_options *options, int argc, char **argv)
{
    CONFIG_AUTO *config = NULL;
    struct choice choice = {.whom = options->expired ? NULL : argv[0]};
    int result;

    if (argc != (options->expired ? 0 : 1)) {
        command_say("revoke takes one ACCOUNT or IDENTITY, or --expired");
        return COMMAND_USAGE;
    }
    map_today(choice.today);
    result = command_load_config(options, &config);
    if (result != COMMAND_DONE)
        return result;
    return revoke(&choice, config_text(config, "map"), options->yes);
}
