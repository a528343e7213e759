/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr log: the last logins of this machine, as its log has them. What strangers could have
 * written there is shown, and marked. */
#include "pam_idinqr/tool/attempt_log.h"
#include "pam_idinqr/tool/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NUMBER_USUAL 20

#define COLUMNS   7
#define TIME_SIZE sizeof "2026-11-22 16:00:00"

/* One row of the table; its texts are the attempt's, but for those that are made here. */
struct row {
    const char *cells[COLUMNS];
    char time[TIME_SIZE], outcome[40], identity[COMMAND_SHOWN_IDENTITY + 1];
};

/* How many --number asks for: 1 and more. -1 when it is no such number. */
static long
parse_number(const char *text)
{
    char *end;
    long number;

    if (!text)
        return NUMBER_USUAL;
    errno = 0;
    number = strtol(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && number >= 1 ? number : -1;
}

static void
write_time(int64_t time_s, int is_utc, char *ret_text, size_t size)
{
    time_t time = (time_t)time_s;
    struct tm parts;

    if (!(is_utc ? gmtime_r(&time, &parts) : localtime_r(&time, &parts)) ||
        strftime(ret_text, size, is_utc ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%d %H:%M:%S", &parts) == 0)
        snprintf(ret_text, size, "?");
}

static void
make_row(const struct attempt *attempt, struct row *ret_row)
{
    const char *const cells[COLUMNS] = {ret_row->time,    attempt->service,  attempt->account,
                                        ret_row->outcome, attempt->duration, ret_row->identity,
                                        attempt->station};

    write_time(attempt->time_s, 0, ret_row->time, sizeof ret_row->time);
    snprintf(ret_row->outcome, sizeof ret_row->outcome, "%s%s", attempt->outcome,
             attempt->is_roots ? "" : " *");
    snprintf(ret_row->identity, sizeof ret_row->identity, "%s", attempt->identity);
    for (size_t i = 0; i < COLUMNS; i++)
        ret_row->cells[i] = *cells[i] ? cells[i] : "-";
}

/* What an attempt has is printable ASCII: a byte a column. */
static void
print_row(const char *const *cells, const int *widths)
{
    for (size_t i = 0; i + 1 < COLUMNS; i++)
        printf("%-*s  ", widths[i], cells[i]);
    printf("%s\n", cells[COLUMNS - 1]);
}

static void
print_table(const struct attempt_log *log, size_t first)
{
    static const char *const titles[COLUMNS] = {"TIME",     "SERVICE",  "ACCOUNT", "OUTCOME",
                                                "DURATION", "IDENTITY", "STATION"};
    int widths[COLUMNS], is_anybodys = 0;
    struct row row;

    for (size_t i = 0; i < COLUMNS; i++)
        widths[i] = (int)strlen(titles[i]);
    for (size_t i = first; i < attempt_log_count(log); i++) {
        make_row(attempt_log_at(log, i), &row);
        for (size_t j = 0; j < COLUMNS; j++)
            if ((int)strlen(row.cells[j]) > widths[j])
                widths[j] = (int)strlen(row.cells[j]);
    }
    print_row(titles, widths);
    for (size_t i = first; i < attempt_log_count(log); i++) {
        make_row(attempt_log_at(log, i), &row);
        print_row(row.cells, widths);
        is_anybodys |= !attempt_log_at(log, i)->is_roots;
    }
    if (is_anybodys)
        puts("* Anybody on this machine could have written this into the log.");
}

static int
append_attempt(json_t *attempts, const struct attempt *attempt)
{
    char time[sizeof "2026-11-22T16:00:00Z"];

    write_time(attempt->time_s, 1, time, sizeof time);
    return json_array_append_new(
        attempts,
        json_pack(
            "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}",
            "time", time, "outcome", attempt->outcome, "session", attempt->session, "service",
            attempt->service, "account", attempt->account, "provider", attempt->provider,
            "duration", attempt->duration, "tty", attempt->tty, "rhost", attempt->rhost, "uid",
            attempt->uid, "loginuid", attempt->loginuid, "identity", attempt->identity, "issuer",
            attempt->issuer, "transaction", attempt->transaction, "station", attempt->station,
            "detail", attempt->detail, "by_root", attempt->is_roots));
}

static int
print_json(const struct attempt_log *log, size_t first)
{
    json_t *attempts = json_array();
    int failed = !attempts;

    for (size_t i = first; !failed && i < attempt_log_count(log); i++)
        failed = append_attempt(attempts, attempt_log_at(log, i)) != 0;
    if (!failed)
        return command_print_json(attempts);
    json_decref(attempts);
    return COMMAND_MACHINE;
}

int
command_log(const struct command_options *options, int argc, char **argv)
{
    ATTEMPT_LOG_AUTO *log = NULL;
    struct diag diag;
    long number = parse_number(options->number);
    size_t n, first;
    int result = COMMAND_DONE;

    (void)argv;
    if (argc != 0 || number < 0) {
        command_say(argc != 0 ? "log takes no argument" : "--number takes a number from 1 on");
        return COMMAND_USAGE;
    }
    if (attempt_log_read(0, &log, &diag) != 0) {
        command_say("%s", diag.text);
        if (geteuid() != 0)
            command_say("only root and the groups adm and systemd-journal may read the log");
        return COMMAND_MACHINE;
    }
    n = attempt_log_count(log);
    first = n > (size_t)number ? n - (size_t)number : 0;
    if (options->json)
        result = print_json(log, first);
    else if (n == 0)
        puts("Nobody has tried to log in with iDIN, as far back as the log goes.");
    else
        print_table(log, first);
    return command_finish_output(result, "the list of logins");
}
