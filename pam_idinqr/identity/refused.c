/* SPDX-License-Identifier: BSD-3-Clause */
#include "pam_idinqr/identity/refused.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/identity/map_edit.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#define TIME_SIZE sizeof "2026-11-22T16:00:00Z"

/* Times of this form are compared as texts. Without a clock, every line is too old. */
static void
write_time(time_t time, char ret_text[TIME_SIZE])
{
    struct tm parts;

    if (!gmtime_r(&time, &parts) ||
        strftime(ret_text, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts) != TIME_SIZE - 1)
        memcpy(ret_text, "9999-12-31T00:00:00Z", TIME_SIZE);
}

bool
refused_is_recent(const struct map_line *line)
{
    char oldest[TIME_SIZE];

    write_time(time(NULL) - (time_t)REFUSED_HOURS * 3600, oldest);
    return strcmp(line->refused, oldest) >= 0;
}

/* Notes the removals that make room for the new line. */
static int
remove_old(struct map_edit *edit, const struct map_line *new_line)
{
    const struct map *map = map_edit_map(edit);
    size_t n_kept = 1; /* the new line */
    int result = 0;

    for (size_t i = map_count(map); result == 0 && i > 0; i--) {
        const struct map_line *line = map_at(map, i - 1);
        bool is_same = strcmp(line->account, new_line->account) == 0 &&
                       strcmp(line->hash, new_line->hash) == 0;
        if (is_same || n_kept == REFUSED_MOST || !refused_is_recent(line))
            result = map_edit_remove(edit, line->number);
        else
            n_kept++;
    }
    return result;
}

static int
add(const char *path, const struct map_line *line, int wait_ms, struct diag *diag)
{
    MAP_EDIT_AUTO *edit = NULL;
    char now[TIME_SIZE];
    struct map_line new_line = *line;
    int result = map_edit_begin_kind(MAP_OF_REFUSED, path, wait_ms, &edit, diag);

    if (result != 0)
        return result;
    write_time(time(NULL), now);
    new_line.refused = now;
    if (remove_old(edit, line) != 0) {
        diag_set_error(diag, path, ENOMEM);
        return IDQ_MAP;
    }
    result = map_edit_add(edit, &new_line, diag);
    return result == 0 ? map_edit_commit(edit, diag) : result;
}

/* The user who typed su may have limited the size of files (ulimit -f). The signal for that would
 * end the application: it is blocked here, and taken if it came from this write. */
int
refused_add(const char *path, const struct map_line *line, int wait_ms, struct diag *ret_diag)
{
    const struct timespec now = {0};
    sigset_t too_large, before, pending;
    int result;

    sigemptyset(&too_large);
    sigaddset(&too_large, SIGXFSZ);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &too_large, &before);
    result = add(path, line, wait_ms, ret_diag);
    if (!sigismember(&pending, SIGXFSZ))
        (void)sigtimedwait(&too_large, NULL, &now);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

int
refused_read(const char *path, struct map **ret_map, struct diag *ret_diag)
{
    int result = map_read_kind(MAP_OF_REFUSED, path, ret_map, ret_diag);

    if (result != 0 && ret_diag->error == ENOENT)
        result = map_parse_kind(MAP_OF_REFUSED, "", 0, path, ret_map, ret_diag);
    return result;
}

int
refused_remove(const char *path, const char *hash, const char *account, int wait_ms,
               struct diag *ret_diag)
{
    MAP_EDIT_AUTO *edit = NULL;
    int result = map_edit_begin_kind(MAP_OF_REFUSED, path, wait_ms, &edit, ret_diag);
    bool is_changed = false;

    for (size_t i = 0; result == 0 && i < map_count(map_edit_map(edit)); i++) {
        const struct map_line *line = map_at(map_edit_map(edit), i);
        if (strcmp(line->hash, hash) != 0 ||
            (strcmp(line->account, account) != 0 && strcmp(line->account, MAP_NO_ACCOUNT) != 0))
            continue;
        is_changed = true;
        if (map_edit_remove(edit, line->number) != 0) {
            diag_set_error(ret_diag, path, ENOMEM);
            result = IDQ_MAP;
        }
    }
    return result == 0 && is_changed ? map_edit_commit(edit, ret_diag) : result;
}
