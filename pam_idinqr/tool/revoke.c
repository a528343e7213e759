/* idinqr revoke: takes the lines of an account, or of an identity, out of the map. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/identity/map_edit.h"
#include "pam_idinqr/tool/command.h"
#include "pam_idinqr/tool/console.h"

#include <stdio.h>
#include <string.h>

#define LOCK_WAIT_MS 5000

int
command_revoke(const struct command_options *options, int argc, char **argv)
{
    CONFIG_AUTO *config = NULL;
    MAP_EDIT_AUTO *edit = NULL;
    struct problem problem = {"out of memory"};
    const struct map *map;
    size_t n_lines = 0;
    int result;

    if (argc != 1) {
        command_say("revoke takes one ACCOUNT or IDENTITY");
        return COMMAND_USAGE;
    }
    result = command_load_config(options, &config);
    if (result != COMMAND_DONE)
        return result;
    result = map_edit_begin(config_text(config, "map"), LOCK_WAIT_MS, &edit, &problem);
    map = result == 0 ? map_edit_map(edit) : NULL;
    for (size_t i = 0; result == 0 && i < map_count(map); i++) {
        const struct map_line *line = map_at(map, i);
        if (strcmp(line->account, argv[0]) != 0 && strcmp(line->hash, argv[0]) != 0)
            continue;
        printf("%s  %s  %s\n", line->account, line->hash, line->note);
        result = map_edit_remove(edit, line->number);
        n_lines++;
    }
    if (result == 0 && n_lines == 0) {
        command_say("%s is no account or identity in the map", argv[0]);
        return COMMAND_REFUSED;
    }
    if (result == 0 && !options->yes && !console_confirm("Take these out of the map? [y/N] ")) {
        command_say("nothing was changed");
        return COMMAND_REFUSED;
    }
    if (result == 0)
        result = map_edit_commit(edit, &problem);
    if (result != 0)
        command_say("%s", problem.text);
    else
        printf("Revoked: %zu.\n", n_lines);
    return command_exit_for(result);
}
