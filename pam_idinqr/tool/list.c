/* idinqr list: who is enrolled, as a table or as JSON. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/identity/map.h"
#include "pam_idinqr/tool/command.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static int
print_json(const struct map *map, const char *today)
{
    json_t *lines = json_array();
    int failed = !lines;

    for (size_t i = 0; !failed && i < map_count(map); i++) {
        const struct map_line *line = map_at(map, i);
        failed = json_array_append_new(
                     lines,
                     json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "account", line->account,
                               "identity", line->hash, "enrolled", line->enrolled, "by", line->by,
                               "issuer", line->issuer, "expires", line->expires, "note", line->note,
                               "current", map_line_is_current(line, today))) != 0;
    }
    failed = failed || json_dumpf(lines, stdout, JSON_INDENT(2)) != 0 || puts("") < 0;
    json_decref(lines);
    return failed ? COMMAND_MACHINE : COMMAND_DONE;
}

static void
print_table(const struct map *map, const char *today)
{
    const char *const format = "%-16s %-49s %-10s %-11s %-10s %s\n";

    if (map_count(map) == 0) {
        puts("Nobody is enrolled.");
        return;
    }
    printf(format, "ACCOUNT", "IDENTITY", "ENROLLED", "ISSUER", "EXPIRES", "NOTE");
    for (size_t i = 0; i < map_count(map); i++) {
        const struct map_line *line = map_at(map, i);
        printf(format, line->account, line->hash, line->enrolled, line->issuer,
               line->expires[0] == '\0'           ? "never"
               : map_line_is_current(line, today) ? line->expires
                                                  : "EXPIRED",
               line->note);
    }
}

int
command_list(const struct command_options *options, int argc, char **argv)
{
    CONFIG_AUTO *config = NULL;
    MAP_AUTO *map = NULL;
    struct problem problem;
    char today[11];
    int result;

    (void)argv;
    if (argc != 0) {
        command_say("list takes no argument");
        return COMMAND_USAGE;
    }
    result = command_load_config(options, &config);
    if (result != COMMAND_DONE)
        return result;
    if (map_read(config_text(config, "map"), &map, &problem) != 0 &&
        (errno != ENOENT || map_parse("", 0, "", &map, &problem) != 0)) {
        command_say("%s", problem.text);
        return COMMAND_MACHINE;
    }
    map_today(today);
    if (options->json)
        return print_json(map, today);
    print_table(map, today);
    return COMMAND_DONE;
}
