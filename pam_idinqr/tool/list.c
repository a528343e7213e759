/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr list: prints the enrolled identities, or the accounts without one, as text or as JSON. */
#include "pam_idinqr/tool/accounts.h"
#include "pam_idinqr/tool/command.h"

#include <stdbool.h>
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
    if (!failed)
        return command_print_json(lines);
    json_decref(lines);
    return COMMAND_MACHINE;
}

#define COLUMNS  7
#define DAY_SIZE sizeof "expired 2000-01-01"

/* One row of the table. Its texts are the map's, except for two that are made here. */
struct row {
    const char *cells[COLUMNS];
    char identity[COMMAND_SHOWN_IDENTITY + 1], day[DAY_SIZE];
};

static void
make_row(const struct map_line *line, const char *today, struct row *ret_row)
{
    snprintf(ret_row->identity, sizeof ret_row->identity, "%s", line->hash);
    snprintf(ret_row->day, sizeof ret_row->day, "%s%s",
             map_line_is_current(line, today) ? "" : "expired ",
             *line->expires ? line->expires : "never");
    memcpy(ret_row->cells,
           (const char *[COLUMNS]){line->account, ret_row->identity, line->enrolled, line->by,
                                   line->issuer, ret_row->day, line->note},
           sizeof ret_row->cells);
}

/* Characters, not bytes: the map is valid UTF-8. */
static int
width_of(const char *text)
{
    int width = 0;

    for (; *text; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

static void
print_row(const char *const *cells, const int *widths)
{
    int blanks = 0;

    for (size_t i = 0; i < COLUMNS; i++) {
        if (*cells[i])
            printf("%*s%s", blanks, "", cells[i]);
        blanks = (*cells[i] ? 0 : blanks) + widths[i] - width_of(cells[i]) + 2;
    }
    putchar('\n');
}

static void
print_table(const struct map *map, const char *today)
{
    static const char *const titles[COLUMNS] = {"ACCOUNT", "IDENTITY", "ENROLLED", "BY",
                                                "ISSUER",  "EXPIRES",  "NOTE"};
    int widths[COLUMNS];
    struct row row;

    if (map_count(map) == 0) {
        puts("No identity is enrolled.");
        return;
    }
    for (size_t i = 0; i < COLUMNS; i++)
        widths[i] = width_of(titles[i]);
    for (size_t i = 0; i < map_count(map); i++) {
        make_row(map_at(map, i), today, &row);
        for (size_t j = 0; j < COLUMNS; j++)
            if (width_of(row.cells[j]) > widths[j])
                widths[j] = width_of(row.cells[j]);
    }
    print_row(titles, widths);
    for (size_t i = 0; i < map_count(map); i++) {
        make_row(map_at(map, i), today, &row);
        print_row(row.cells, widths);
    }
}

/* Counts the accounts of people, and lists those without an enrollment. */
struct missing {
    struct accounts *accounts;
    const struct map *map;
    const char *today;
    json_t *names; /* NULL: they are printed */
    size_t n, n_people;
    bool is_short; /* of memory */
};

static void
take_person(void *context, const char *account)
{
    struct missing *missing = context;

    missing->n_people++;
    if (map_has_account(missing->map, account, missing->today))
        return;
    missing->n++;
    if (missing->names)
        missing->is_short |= json_array_append_new(missing->names, json_string(account)) != 0;
    else
        printf("%s%s\n", account,
               map_had_account(missing->map, account)               ? "  expired"
               : !accounts_has_password(missing->accounts, account) ? "  no password"
               : accounts_in_group(missing->accounts, ACCOUNTS_EMERGENCY_GROUP, account) > 0
                   ? "  in " ACCOUNTS_EMERGENCY_GROUP
                   : "");
}

static int
print_missing(const struct map *map, const char *today, bool is_json)
{
    ACCOUNTS_AUTO *accounts = accounts_read("");
    struct missing missing = {.accounts = accounts,
                              .map = map,
                              .today = today,
                              .names = is_json ? json_array() : NULL,
                              .is_short = !accounts};

    missing.is_short |= is_json && !missing.names;
    if (!missing.is_short)
        (void)accounts_each_person(accounts, take_person, &missing); /* fails below a root only */
    if (missing.is_short) {
        json_decref(missing.names);
        command_say("%s", error_text(IDQ_SYSTEM));
        return COMMAND_MACHINE;
    }
    if (is_json)
        return command_print_json(json_pack("{s:o, s:I}", "missing", missing.names, "accounts",
                                            (json_int_t)missing.n_people));
    printf("%zu of %zu accounts are not enrolled.\n", missing.n, missing.n_people);
    return COMMAND_DONE;
}

int
command_list(const struct command_options *options, int argc, char **argv)
{
    CONFIG_AUTO *config = NULL;
    MAP_AUTO *map = NULL;
    char today[11];
    int result;

    (void)argv;
    if (argc != 0) {
        command_say("list takes no argument");
        return COMMAND_USAGE;
    }
    result = command_load_config(options, &config);
    if (result == COMMAND_DONE)
        result = command_read_map(options, config, &map);
    if (result != COMMAND_DONE)
        return result;
    command_doubt_map(config);
    map_today(today);
    if (options->missing)
        result = print_missing(map, today, options->json);
    else if (options->json)
        result = print_json(map, today);
    else
        print_table(map, today);
    return command_finish_output(result, "the list");
}
