/* SPDX-License-Identifier: BSD-3-Clause */
/* The administrator and a monitoring program run this: the command `status`. It reads the database,
 * which all relays share, and asks no relay. */
#include "pam_idinqr/relay/relay_command.h"

#include "pam_idinqr/common/error.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIME_SIZE  21
#define FAILED_MIN 3 /* logins, for CRITICAL */

struct status {
    struct store_desk *desks;
    size_t n_desks, n_room;
    bool is_short; /* of memory */
    uint64_t ends[STORE_STATES];
};

static void
take_desk(void *context, const struct store_desk *desk)
{
    struct status *status = context;

    if (status->n_desks == status->n_room) {
        size_t n_room = status->n_room > 0 ? 2 * status->n_room : 64;
        struct store_desk *more = reallocarray(status->desks, n_room, sizeof *more);
        if (!more) {
            status->is_short = true;
            return;
        }
        status->desks = more;
        status->n_room = n_room;
    }
    status->desks[status->n_desks++] = *desk;
}

/* The last contact first. */
static int
by_contact(const void *a, const void *b)
{
    const struct store_desk *left = a, *right = b;

    if (left->seen_ms != right->seen_ms)
        return left->seen_ms > right->seen_ms ? -1 : 1;
    return strcmp(left->name, right->name);
}

/* Of all states with the same word. Returns 0 for a word that an earlier state has. */
static bool
sum_of(const struct status *status, enum store_state state, uint64_t *ret_n)
{
    *ret_n = 0;
    for (enum store_state other = STORE_TAKEN; other < STORE_STATES; other++) {
        if (strcmp(relay_outcome(other), relay_outcome(state)) != 0)
            continue;
        if (other < state)
            return false;
        *ret_n += status->ends[other];
    }
    return true;
}

static const char *
time_of(int64_t at_ms, char ret_time[TIME_SIZE])
{
    time_t at = (time_t)(at_ms / 1000);
    struct tm parts;

    if (!gmtime_r(&at, &parts) || strftime(ret_time, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        ret_time[0] = '\0';
    return ret_time;
}

/* As a monitoring plugin. */
static int
state_of(const struct status *status)
{
    uint64_t n_failed = status->ends[STORE_FAILED], n_verified = status->ends[STORE_TAKEN];

    if (n_failed >= FAILED_MIN && n_verified == 0)
        return 2;
    return n_failed > n_verified ? 1 : 0;
}

static int
print_json(const struct status *status, const char *state)
{
    json_t *desks = json_array(), *ends = json_object();
    json_t *root =
        json_pack("{s:s, s:o*, s:o*}", "state", state, "desks", desks, "logins_last_hour", ends);
    char text[2][TIME_SIZE];
    int failed = !desks || !ends || !root;
    uint64_t n;

    for (size_t i = 0; i < status->n_desks; i++) {
        const struct store_desk *desk = &status->desks[i];
        failed |= json_array_append_new(
            desks,
            json_pack("{s:s, s:s, s:s?, s:s?, s:b}", "name", desk->name, "added",
                      time_of(desk->added_ms, text[0]), "last_contact",
                      desk->seen_ms ? time_of(desk->seen_ms, text[1]) : NULL, "version",
                      desk->version[0] ? desk->version : NULL, "revoked", desk->revoked_ms != 0));
    }
    for (enum store_state end = STORE_TAKEN; end < STORE_STATES; end++)
        if (sum_of(status, end, &n))
            failed |= json_object_set_new(ends, relay_outcome(end), json_integer((json_int_t)n));
    failed |= failed || json_dumpf(root, stdout, JSON_INDENT(2)) != 0 || putchar('\n') == EOF;
    json_decref(root);
    return failed ? -1 : 0;
}

static void
print_text(const struct status *status, const char *state)
{
    uint64_t n_ended = 0, n;
    char text[TIME_SIZE];

    for (enum store_state end = STORE_TAKEN; end < STORE_STATES; end++)
        n_ended += status->ends[end];
    printf("IDINQR-RELAY %s: %llu of %llu logins of the last hour verified\n", state,
           (unsigned long long)status->ends[STORE_TAKEN], (unsigned long long)n_ended);
    for (enum store_state end = STORE_TAKEN; end < STORE_STATES; end++)
        if (sum_of(status, end, &n))
            printf("%-32s %llu\n", relay_outcome(end), (unsigned long long)n);
    printf("\n%-32s %-20s  VERSION\n", "DESK", "LAST CONTACT");
    for (size_t i = 0; i < status->n_desks; i++) {
        const struct store_desk *desk = &status->desks[i];
        printf("%-32s %-20s  %s%s\n", desk->name,
               desk->seen_ms ? time_of(desk->seen_ms, text) : "never",
               desk->version[0] ? desk->version : "-", desk->revoked_ms ? "  revoked" : "");
    }
}

int
relay_command_status(const struct relay_config *config, int argc, char **argv)
{
    static const char *const words[2][3] = {{"OK", "WARNING", "CRITICAL"},
                                            {"ok", "warning", "critical"}};
    RELAY_AUTO *relay = NULL;
    struct status status = {.desks = NULL};
    struct diag diag;
    bool is_json = argc == 1 && strcmp(argv[0], "--json") == 0;
    int state;

    if (argc > 0 && !is_json) {
        relay_say("status takes --json, or nothing");
        return RELAY_EXIT_MACHINE;
    }
    if (relay_open(config, &relay, &diag) != 0)
        return relay_say_diag(&diag);
    if (store_desk_each(relay->store, take_desk, &status) != 0 ||
        store_outcome_count(relay->store, relay->wall_ms, status.ends) != 0) {
        relay_say("%s", store_error(relay->store));
        free(status.desks);
        return RELAY_EXIT_MACHINE;
    }
    if (status.n_desks > 0)
        qsort(status.desks, status.n_desks, sizeof *status.desks, by_contact);
    state = state_of(&status);
    if (is_json)
        status.is_short |= print_json(&status, words[1][state]) != 0;
    else
        print_text(&status, words[0][state]);
    free(status.desks);
    return !status.is_short && fflush(stdout) == 0 ? state : RELAY_EXIT_MACHINE;
}
